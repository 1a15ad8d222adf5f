package zmq

import (
	"encoding/binary"
	"fmt"
	"io"
)

// maxPingContextBytes is what a PING may ask to be sent back (RFC 37/ZMTP,
// section "Connection Heartbeating").
const maxPingContextBytes = 16

// command reads a command of the traffic phase and deals with it.
func (w *wire) command(headerBytes, size int) error {
	if _, err := w.in.Discard(headerBytes); err != nil {
		return err
	}
	frame := make([]byte, size) // at most handshakeLimitBytes
	if _, err := io.ReadFull(w.in, frame); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return err
	}
	if size == 0 || int(frame[0]) > size-1 {
		return tell(ErrNotZeroMQ, nil, "peer breaks the protocol: command without a name")
	}
	name, body := string(frame[1:1+frame[0]]), frame[1+frame[0]:]
	switch name {
	case "PING":
		// libzmq sends its PING when its timer says so, also between the
		// frames of a message (stream_engine_base.cpp, timer_event).
		w.silence.answers = true
		context := body[min(2, len(body)):] // after the time to live
		return w.pong(context[:min(maxPingContextBytes, len(context))])
	case "SUBSCRIBE", "CANCEL":
		if w.inMessage {
			return tell(ErrNotZeroMQ, nil, "peer breaks the protocol: %s in the middle of a message", name)
		}
		w.prefix = appendSubscription(nil, name == "SUBSCRIBE", body)
	case "ERROR":
		return tellRejected(body)
	}
	return nil // PONG, and what later versions may add
}

// appendSubscription appends the message by which ZMTP 3.0 subscribes.
func appendSubscription(dst []byte, subscribe bool, prefix []byte) []byte {
	if size := 1 + len(prefix); size <= 255 {
		dst = append(dst, 0, byte(size))
	} else {
		dst = append(dst, flagLong)
		dst = binary.BigEndian.AppendUint64(dst, uint64(size))
	}
	if subscribe {
		dst = append(dst, 1)
	} else {
		dst = append(dst, 0)
	}
	return append(dst, prefix...)
}

// tellRejected puts an ERROR command into words: its body is a length and that
// much text.
func tellRejected(body []byte) error {
	why := body
	if len(body) > 0 {
		why = body[1:]
	}
	return tell(ErrRejected, nil, "peer rejected us: %.120q", why)
}

// sendCommand writes a command and flushes. Names and bodies are ours and short.
func (w *wire) sendCommand(name string, body []byte) error {
	frame := make([]byte, 0, 3+len(name)+len(body))
	frame = append(frame, flagCommand, byte(1+len(name)+len(body)), byte(len(name)))
	frame = append(frame, name...)
	frame = append(frame, body...)
	if _, err := w.out.Write(frame); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	if err := w.flush(); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}

func (w *wire) sendPong(context []byte) error { return w.sendCommand("PONG", context) }

// sendPing writes a PING with a time to live of 0, which is none. With any
// other libzmq would hang up on us when we send nothing for that long
// (stream_engine_base.cpp, process_heartbeat_message), and we have nothing to
// send once the peer is busy again.
func (w *wire) sendPing() error {
	if err := w.sendCommand("PING", []byte{0, 0}); err != nil {
		return err
	}
	w.silence.pinged()
	return nil
}
