package zmq

import (
	"bytes"
	"fmt"

	"github.com/go-zeromq/zmq4"
)

const (
	greetingBytes  = 64
	signatureBytes = 10
	mechanismAt    = 12
	serverFlagAt   = 32
)

// socketTypes are the socket types by their number in ZMTP 2.0 (RFC 15/ZMTP,
// section "Socket Type"), which is also the number of libzmq's constants.
var socketTypes = [...]zmq4.SocketType{zmq4.Pair, zmq4.Pub, zmq4.Sub, zmq4.Req, zmq4.Rep,
	zmq4.Dealer, zmq4.Router, zmq4.Pull, zmq4.Push, zmq4.XPub, zmq4.XSub}

// greet exchanges greetings. ours is the 64 bytes that zmq4 wants to send.
// Afterwards the peer's are in prefix, for zmq4 to read, and known to be good.
//
// Both sides send in steps, so that each can fall back to what the other
// speaks: ten bytes of signature, then the major version, then the rest.
func (w *wire) greet(ours []byte) error {
	if len(ours) != greetingBytes {
		return fmt.Errorf("a greeting of %d bytes to send, not %d", len(ours), greetingBytes)
	}
	// To a peer of ZMTP 1.0 the signature reads as the header of an empty
	// identity if its ninth byte is 1 (libzmq does the same); a zero would make
	// it hang up before we know who it is.
	signature := bytes.Clone(ours[:signatureBytes])
	signature[8] = 1
	if _, err := w.line.Write(signature); err != nil {
		return fmt.Errorf("sending our signature: %w", err)
	}
	if err := w.checkSignature(); err != nil {
		return err
	}
	if _, err := w.line.Write(ours[signatureBytes : signatureBytes+1]); err != nil {
		return fmt.Errorf("sending our version: %w", err)
	}
	theirs, err := w.peek(signatureBytes + 1)
	if err != nil {
		return fmt.Errorf("reading the peer's version: %w", err)
	}
	switch w.major = theirs[signatureBytes]; w.major {
	case 0:
		return tellZMTP1()
	case 1: // the revision that ZMTP 2.0 announces
		return w.greetV2(ours)
	case 2:
		return tell(ErrNotZeroMQ, nil, "peer announces ZMTP revision 2, which does not exist")
	}
	if _, err := w.line.Write(ours[signatureBytes+1:]); err != nil {
		return fmt.Errorf("sending our greeting: %w", err)
	}
	if theirs, err = w.peek(greetingBytes); err != nil {
		return fmt.Errorf("reading the peer's greeting: %w", err)
	}
	w.minor = theirs[signatureBytes+1]
	mechanism, _, _ := bytes.Cut(theirs[mechanismAt:serverFlagAt], []byte{0})
	if string(mechanism) != string(zmq4.NullSecurity) {
		return tell(ErrSecurity, nil, "peer demands %.20q security; only NULL is supported", mechanism)
	}
	if theirs[serverFlagAt] > 1 {
		return tell(ErrNotZeroMQ, nil, "peer breaks the protocol: as-server flag %d", theirs[serverFlagAt])
	}
	w.prefix = bytes.Clone(theirs)
	w.silence.answers = w.major > 3 || w.minor >= 1
	_, err = w.in.Discard(greetingBytes)
	return err
}

// checkSignature looks at the first bytes of the peer without consuming them.
func (w *wire) checkSignature() error {
	if _, err := w.peek(1); err != nil {
		return fmt.Errorf("reading the peer's signature: %w", err)
	}
	// What came in the same packet helps to tell who it is.
	first, err := w.peek(min(w.in.Buffered(), 16))
	if err != nil {
		return err
	}
	if first[0] != 0xff {
		return tellStranger(first)
	}
	theirs, err := w.peek(signatureBytes)
	if err != nil {
		return fmt.Errorf("reading the peer's signature: %w", err)
	}
	if theirs[9]&1 == 0 { // the flags of a long identity of ZMTP 1.0
		return tellZMTP1()
	}
	if theirs[9] != 0x7f {
		return tellStranger(theirs)
	}
	return nil
}

// greetV2 finishes the greeting with a peer of ZMTP 2.0 (libzmq 3.x, RFC 15).
// It sends no mechanism and no READY, but its socket type and identity; zmq4
// gets a ZMTP 3.0 greeting in its place, and nullSecurity leaves out READY.
func (w *wire) greetV2(ours []byte) error {
	w.v2 = true
	w.major, w.minor = 2, 0
	var number byte
	for i, t := range socketTypes {
		if t == w.role {
			number = byte(i)
		}
	}
	// Socket type and an empty identity frame.
	if _, err := w.line.Write([]byte{number, 0, 0}); err != nil {
		return fmt.Errorf("sending our socket type: %w", err)
	}
	if _, err := w.in.Discard(signatureBytes + 1); err != nil {
		return err
	}
	theirs, err := w.peek(3)
	if err != nil {
		return fmt.Errorf("reading the peer's socket type: %w", err)
	}
	if theirs[1] != 0 {
		return tell(ErrNotZeroMQ, nil, "peer breaks the protocol: identity with flags 0x%02x", theirs[1])
	}
	w.v2Socket = theirs[0]
	identityBytes := int(theirs[2])
	if _, err := w.in.Discard(3 + identityBytes); err != nil {
		return fmt.Errorf("reading the peer's identity: %w", err)
	}
	w.prefix = bytes.Clone(ours)
	return nil
}

func tellZMTP1() error {
	return tell(ErrZMTP1, nil, "peer speaks ZMTP 1.0 (libzmq 2.x), which is too old; it needs libzmq 3 or later")
}

// tellStranger puts into words what the first bytes of a peer are, when they
// are no signature.
func tellStranger(first []byte) error {
	// ZMTP 1.0 begins with its identity, as a frame: length, flags, text.
	if first[0] > 0 && (len(first) == 1 && first[0] == 1 || len(first) > 1 && first[1] == 0) {
		return tellZMTP1()
	}
	for _, known := range []struct{ start, name string }{
		{"HTTP/", "HTTP"}, {"GET ", "HTTP"}, {"POST ", "HTTP"}, {"HEAD ", "HTTP"}, {"SSH-", "SSH"},
		{"AMQP", "AMQP"}, {"\x15\x03", "TLS"}, {"\x16\x03", "TLS"}, {"220 ", "SMTP or FTP"}, {"-ERR", "Redis"},
	} {
		if bytes.HasPrefix(first, []byte(known.start)) {
			return tell(ErrNotZeroMQ, nil, "peer speaks %s, not ZeroMQ (first bytes %q)", known.name, first)
		}
	}
	return tell(ErrNotZeroMQ, nil, "peer does not speak ZeroMQ (first bytes %q)", first)
}
