package zmq

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"github.com/go-zeromq/zmq4"
)

// Flags of a frame (RFC 23/ZMTP, section "Framing"). ZMTP 2.0 has the first
// two, ZMTP 3 all three; the others must be zero.
const (
	flagMore    = 1 << 0
	flagLong    = 1 << 1
	flagCommand = 1 << 2
)

type phase uint8

const (
	phaseGreeting  phase = iota // signatures and versions
	phaseHandshake              // READY commands
	phaseTraffic                // messages and heartbeats
)

// wire is the net.Conn that zmq4.Conn works on. It passes on only what is safe
// for zmq4 to decode: greetings of a version that it knows, and frames whose
// headers have been checked against the limits before anything is allocated
// for them. Commands of the traffic phase are dealt with here and never seen
// by zmq4, but for subscriptions, which are turned into the messages that ZMTP
// 3.0 used for them.
//
// Like line, it is read by one goroutine and written by one.
type wire struct {
	*line
	limits Limits
	role   zmq4.SocketType
	phase  phase

	// Reading. Bytes in prefix come before those in in; it is only ever filled
	// between two messages.
	in     *bufio.Reader
	prefix []byte
	left   uint64 // bytes of the frame being passed on, header included
	// The message so far; inMessage is set from its first header to its last
	// byte.
	inMessage    bool
	lastFrame    bool
	messageBytes uint64
	frames       int

	// Writing.
	out *bufio.Writer
	// pong answers a PING. It must not block for long: it is called while
	// reading.
	pong func(context []byte) error

	// What the peer announced.
	major, minor byte
	v2           bool // ZMTP 2.0, without commands
	v2Socket     byte // its socket type then
}

func newWire(l *line, role zmq4.SocketType, limits Limits, readBytes, writeBytes int) *wire {
	return &wire{
		line:   l,
		limits: limits,
		role:   role,
		in:     bufio.NewReaderSize(l, readBytes),
		out:    bufio.NewWriterSize(l, writeBytes),
	}
}

// Read serves zmq4. It never returns bytes of two frames at once, which zmq4
// never asks for either.
func (w *wire) Read(p []byte) (int, error) {
	for w.left == 0 {
		if len(w.prefix) > 0 {
			n := copy(p, w.prefix)
			w.prefix = w.prefix[n:]
			return n, nil
		}
		if w.lastFrame {
			w.endMessage()
		}
		if err := w.nextFrame(); err != nil {
			return 0, w.cut(err)
		}
	}
	if uint64(len(p)) > w.left {
		p = p[:w.left]
	}
	n, err := w.in.Read(p)
	w.left -= uint64(n)
	return n, w.cut(err)
}

// cut tells an end between two messages from one in the middle of one.
func (w *wire) cut(err error) error {
	if err == io.EOF && (w.left > 0 || w.inMessage) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (w *wire) endMessage() {
	w.inMessage, w.lastFrame = false, false
	w.messageBytes, w.frames = 0, 0
}

// nextFrame looks at the next header without consuming it. It either sets left,
// so that the frame is passed on, or deals with a command.
func (w *wire) nextFrame() error {
	header, err := w.peek(2)
	if err != nil {
		return err
	}
	flags, size, headerBytes := header[0], uint64(header[1]), 2
	if flags&flagLong != 0 {
		if header, err = w.peek(9); err != nil {
			return err
		}
		size, headerBytes = binary.BigEndian.Uint64(header[1:]), 9
	}
	command := flags&flagCommand != 0
	if flags&^(flagMore|flagLong|flagCommand) != 0 || command && (flags&flagMore != 0 || w.v2) {
		return tell(ErrNotZeroMQ, nil, "peer breaks the protocol: frame with flags 0x%02x", flags)
	}
	if command || w.phase != phaseTraffic {
		if size > handshakeLimitBytes {
			return &LimitError{"command", size, handshakeLimitBytes}
		}
	}
	if command && w.phase == phaseTraffic {
		return w.command(headerBytes, int(size))
	}
	if limit := uint64(w.limits.MaxFrameBytes); size > limit {
		return &LimitError{"frame", size, limit}
	}
	// size is small here, so this cannot overflow.
	if limit := uint64(w.limits.MaxMessageBytes); w.messageBytes+size > limit {
		return &LimitError{"message", w.messageBytes + size, limit}
	}
	if w.frames >= w.limits.MaxFrames {
		return &LimitError{"frames", uint64(w.frames) + 1, uint64(w.limits.MaxFrames)}
	}
	w.inMessage = true
	w.lastFrame = flags&flagMore == 0
	w.messageBytes += size
	w.frames++
	w.left = uint64(headerBytes) + size
	return nil
}

// peek returns the next n bytes, fewer than the buffer holds, without
// consuming them.
func (w *wire) peek(n int) ([]byte, error) {
	b, err := w.in.Peek(n)
	if err == io.EOF && len(b) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// Write serves zmq4, in Open and in SendMsg. Nothing leaves before flush.
func (w *wire) Write(p []byte) (int, error) {
	if w.phase == phaseGreeting {
		if err := w.greet(p); err != nil {
			return 0, err
		}
		w.phase = phaseHandshake
		return len(p), nil
	}
	return w.out.Write(p)
}

func (w *wire) flush() error { return w.out.Flush() }

// limitOf finds the LimitError behind what zmq4 made of it.
func limitOf(err error) (*LimitError, bool) {
	var limit *LimitError
	ok := errors.As(err, &limit)
	return limit, ok
}
