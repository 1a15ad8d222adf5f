package zmq

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-zeromq/zmq4"
)

// nullSecurity is the NULL mechanism for one wire. Unlike zmq4's own it checks
// what the peer says before zmq4 looks at it: zmq4 trusts the lengths inside
// READY and panics on socket types that it does not know.
type nullSecurity struct{ wire *wire }

// Type makes zmq4 take its fast path, which copies nothing.
func (nullSecurity) Type() zmq4.SecurityType { return zmq4.NullSecurity }

func (s nullSecurity) Handshake(conn *zmq4.Conn, _ bool) error {
	w := s.wire
	if w.v2 {
		if int(w.v2Socket) >= len(socketTypes) {
			return tell(ErrNotZeroMQ, nil, "peer breaks the protocol: socket type %d", w.v2Socket)
		}
		return s.accept(conn, string(socketTypes[w.v2Socket]))
	}
	ours, err := conn.Meta.MarshalZMTP()
	if err != nil {
		return fmt.Errorf("encoding READY: %w", err)
	}
	if err := conn.SendCmd(zmq4.CmdReady, ours); err != nil {
		return fmt.Errorf("sending READY: %w", err)
	}
	if err := w.flush(); err != nil {
		return fmt.Errorf("sending READY: %w", err)
	}
	theirs, err := conn.RecvCmd()
	if err != nil {
		return fmt.Errorf("reading READY: %w", err)
	}
	switch theirs.Name {
	case zmq4.CmdReady:
	case zmq4.CmdError:
		return tellRejected(theirs.Body)
	default:
		return tell(ErrNotZeroMQ, nil, "peer breaks the protocol: %.20q where READY was due", theirs.Name)
	}
	socket, err := readySocketType(theirs.Body)
	if err != nil {
		return err
	}
	return s.accept(conn, socket)
}

// accept hands the peer's socket type to zmq4 when it can talk to ours.
func (s nullSecurity) accept(conn *zmq4.Conn, socket string) error {
	wanted := []zmq4.SocketType{zmq4.Sub, zmq4.XSub}
	if s.wire.role == zmq4.Sub {
		wanted = []zmq4.SocketType{zmq4.Pub, zmq4.XPub}
	}
	if !slices.Contains(wanted, zmq4.SocketType(socket)) {
		return tell(ErrWrongPeer, nil, "peer is a %.20q socket; a %s socket talks to %s or %s",
			socket, s.wire.role, wanted[0], wanted[1])
	}
	conn.Peer.Meta["Socket-Type"] = socket
	return nil
}

// readySocketType reads the properties of a READY command: name length (1),
// name, value length (4), value (RFC 23/ZMTP, section "The NULL Security
// Mechanism"). Names are compared without case. The body is at most
// handshakeLimitBytes long.
func readySocketType(body []byte) (string, error) {
	socket := ""
	for len(body) > 0 {
		nameBytes := int(body[0])
		body = body[1:]
		if nameBytes == 0 || len(body) < nameBytes+4 {
			return "", tell(ErrNotZeroMQ, nil, "peer breaks the protocol: READY with a broken property")
		}
		name := string(body[:nameBytes])
		valueBytes := uint64(binary.BigEndian.Uint32(body[nameBytes:]))
		body = body[nameBytes+4:]
		if uint64(len(body)) < valueBytes {
			return "", tell(ErrNotZeroMQ, nil, "peer breaks the protocol: READY with a broken property")
		}
		if strings.EqualFold(name, "Socket-Type") {
			socket = string(body[:valueBytes])
		}
		body = body[valueBytes:]
	}
	if socket == "" {
		return "", tell(ErrNotZeroMQ, nil, "peer breaks the protocol: READY without a socket type")
	}
	return socket, nil
}

// Encrypt and Decrypt copy, as NULL does.
func (nullSecurity) Encrypt(w io.Writer, data []byte) (int, error) { return w.Write(data) }

// Decrypt is never called for NULL.
func (nullSecurity) Decrypt(w io.Writer, data []byte) (int, error) { return w.Write(data) }
