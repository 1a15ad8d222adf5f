package zmq

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

func longHeader(flags byte, size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags | flagLong}, size)
}

// hostilePublishers are all the ways in which the other end of a connection
// can fail to be an honest publisher. The connection is held until we hang up,
// unless script returns an error.
var hostilePublishers = []struct {
	name   string
	script func(p *rawPeer) error
	kind   error
	words  string
	// What must be delivered of the hostile connection, and with which problem.
	delivered []string
	problem   bus.Problem
}{
	{name: "closes at once", kind: ErrPeerClosed, words: "by the peer",
		script: func(p *rawPeer) error { return p.Close() }},
	{name: "says nothing", kind: ErrHandshakeTimeout, words: "handshake not answered in 100ms",
		script: func(*rawPeer) error { return nil }},
	{name: "says half a signature", kind: ErrHandshakeTimeout,
		script: func(p *rawPeer) error { return p.send([]byte("\xff\x00\x00")) }},
	{name: "greets and says nothing more", kind: ErrHandshakeTimeout,
		script: func(p *rawPeer) error { return p.send(greeting3(0, "NULL")) }},
	{name: "is an SSH server", kind: ErrNotZeroMQ, words: `speaks SSH, not ZeroMQ (first bytes "SSH-2.0-OpenSSH_")`,
		script: func(p *rawPeer) error { return p.send([]byte("SSH-2.0-OpenSSH_9.2p1\r\n")) }},
	{name: "is an HTTP server", kind: ErrNotZeroMQ, words: "speaks HTTP, not ZeroMQ",
		script: func(p *rawPeer) error { return p.send([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }},
	{name: "is an AMQP broker", kind: ErrNotZeroMQ, words: "speaks AMQP, not ZeroMQ",
		script: func(p *rawPeer) error { return p.send([]byte("AMQP\x00\x00\x09\x01")) }},
	{name: "sends garbage", kind: ErrNotZeroMQ, words: "does not speak ZeroMQ",
		script: func(p *rawPeer) error { return p.send(bytes.Repeat([]byte("garbage\x1b[2J"), 100)) }},
	{name: "garbage that begins well", kind: ErrNotZeroMQ,
		script: func(p *rawPeer) error { return p.send(bytes.Repeat([]byte{0xff}, 100)) }},
	{name: "is libzmq 2.x", kind: ErrZMTP1, words: "ZMTP 1.0",
		script: func(p *rawPeer) error { return p.send([]byte{1, 0}) }},
	{name: "is libzmq 2.x with an identity", kind: ErrZMTP1,
		script: func(p *rawPeer) error { return p.send([]byte("\x06\x00named")) }},
	{name: "is libzmq 2.x with a long identity", kind: ErrZMTP1,
		script: func(p *rawPeer) error {
			return p.send([]byte("\xff\x00\x00\x00\x00\x00\x00\x01\x2c\x00"), make([]byte, 299))
		}},
	{name: "announces ZMTP 1.0 after a signature", kind: ErrZMTP1,
		script: func(p *rawPeer) error { return p.send([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x00")) }},
	{name: "announces a revision that is none", kind: ErrNotZeroMQ,
		script: func(p *rawPeer) error { return p.send([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x02")) }},
	{name: "wants CURVE", kind: ErrSecurity, words: `demands "CURVE" security`,
		script: func(p *rawPeer) error { return p.send(greeting3(0, "CURVE")) }},
	{name: "breaks the as-server flag", kind: ErrNotZeroMQ,
		script: func(p *rawPeer) error {
			g := greeting3(0, "NULL")
			g[32] = 9
			return p.send(g)
		}},
	{name: "is a subscriber", kind: ErrWrongPeer, words: `"SUB" socket; a SUB socket talks to PUB or XPUB`,
		script: afterGreeting(rawFrame(flagCommand, readyCommand("SUB")))},
	{name: "is a socket zmq4 does not know", kind: ErrWrongPeer,
		script: afterGreeting(rawFrame(flagCommand, readyCommand("STREAM")))},
	{name: "is a socket nobody knows", kind: ErrWrongPeer,
		script: afterGreeting(rawFrame(flagCommand, readyCommand("\x1b[31mFOO")))},
	{name: "says READY without a type", kind: ErrNotZeroMQ, words: "without a socket type",
		script: afterGreeting(rawCommand("READY", ""))},
	{name: "cuts a property after its name", kind: ErrNotZeroMQ,
		script: afterGreeting(rawCommand("READY", "\x0bSocket-Type\x00"))},
	{name: "cuts a property in its name", kind: ErrNotZeroMQ,
		script: afterGreeting(rawCommand("READY", "\xffSocket"))},
	{name: "has a property of 4 GiB", kind: ErrNotZeroMQ,
		script: afterGreeting(rawCommand("READY", "\x0bSocket-Type\xff\xff\xff\xff"))},
	{name: "has a property without a name", kind: ErrNotZeroMQ,
		script: afterGreeting(rawCommand("READY", "\x00\x00\x00\x00\x01x"))},
	{name: "says ERROR in the handshake", kind: ErrRejected, words: `rejected us: "go away"`,
		script: afterGreeting(rawCommand("ERROR", "\x07go away"))},
	{name: "says HELLO", kind: ErrNotZeroMQ, words: `"HELLO" where READY was due`,
		script: afterGreeting(rawCommand("HELLO", ""))},
	{name: "sends a message before READY", script: afterGreeting(rawMessage("a", "b"))},
	{name: "sends an empty command before READY", script: afterGreeting(rawFrame(flagCommand, nil))},
	{name: "sends a READY of 2^62 bytes", kind: ErrLimit,
		script: afterGreeting(longHeader(flagCommand, 1<<62))},
	{name: "sends a READY of 20 KB", kind: ErrLimit,
		script: afterGreeting(rawFrame(flagCommand, make([]byte, 20<<10)))},

	{name: "is cut off in a body", kind: ErrCut, words: "cut off in the middle of a message", delivered: []string{"t|one"},
		script: afterHandshake(true, rawMessage("t", "one"), rawMessage("t", "")[:3], longHeader(0, 5000), []byte("abc"))},
	{name: "is cut off after a header", kind: ErrCut, delivered: []string{"t|one"},
		script: afterHandshake(true, rawMessage("t", "one"), rawMessage("t", "")[:3], longHeader(0, 5000))},
	{name: "is cut off in a header", kind: ErrCut, delivered: []string{"t|one"},
		script: afterHandshake(true, rawMessage("t", "one"), []byte{flagMore})},
	{name: "is cut off in a long header", kind: ErrCut, delivered: []string{"t|one"},
		script: afterHandshake(true, rawMessage("t", "one"), longHeader(0, 5000)[:5])},
	{name: "is cut off between frames", kind: ErrCut, delivered: []string{"t|one"},
		script: afterHandshake(true, rawMessage("t", "one"), rawFrame(flagMore, []byte("t")))},
	{name: "is cut off in a command", kind: ErrCut, delivered: []string{"t|one"},
		script: afterHandshake(true, rawMessage("t", "one"), rawCommand("PING", "\x00\x00")[:4])},
	{name: "leaves between messages", kind: ErrPeerClosed, delivered: []string{"t|one"},
		script: afterHandshake(true, rawMessage("t", "one"))},
	{name: "resets the connection", kind: ErrPeerClosed,
		script: func(p *rawPeer) error {
			if err := p.handshake(0, "PUB"); err != nil {
				return err
			}
			if tcp, ok := p.Conn.(*net.TCPConn); ok {
				if err := tcp.SetLinger(0); err != nil {
					return err
				}
			}
			return p.Close()
		}},
	{name: "sends a frame of 2^62 bytes", kind: ErrLimit, words: "frame of 4611686018427387904 bytes, more than the 16777216 allowed",
		delivered: []string{"t|one", "t"}, problem: bus.Problem{Code: bus.ProblemSize, Count: 1<<32 - 1},
		script: afterHandshake(false, rawMessage("t", "one"), rawFrame(flagMore, []byte("t")), longHeader(0, 1<<62))},
	{name: "sends a frame of 2^64-1 bytes", kind: ErrLimit,
		delivered: []string{""}, problem: bus.Problem{Code: bus.ProblemSize, Count: 1<<32 - 1},
		script: afterHandshake(false, longHeader(0, 1<<64-1))},
	{name: "sends a frame of 64 GiB", kind: ErrLimit,
		delivered: []string{"t"}, problem: bus.Problem{Code: bus.ProblemSize, Count: 1<<32 - 1},
		script: afterHandshake(false, rawFrame(flagMore, []byte("t")), longHeader(0, 64<<30), []byte("xxx"))},
	{name: "sends a frame of a byte too many", kind: ErrLimit,
		delivered: []string{"t"}, problem: bus.Problem{Code: bus.ProblemSize, Count: 16<<20 + 1},
		script: afterHandshake(false, rawFrame(flagMore, []byte("t")), longHeader(0, 16<<20+1))},
	{name: "sends frames without end", kind: ErrLimit, words: "more than 64 frames",
		delivered: []string{strings.Repeat("|", 63)}, problem: bus.Problem{Code: bus.ProblemFrames, Count: 65},
		script: afterHandshake(false, bytes.Repeat(rawFrame(flagMore, nil), 1000))},
	{name: "sends a command of 2^40 bytes", kind: ErrLimit, words: "command of 1099511627776 bytes",
		script: afterHandshake(false, longHeader(flagCommand, 1<<40))},
	{name: "uses reserved flags", kind: ErrNotZeroMQ, words: "flags 0xf8",
		script: afterHandshake(false, []byte("\xf8\x01z"))},
	{name: "sends a command with more to follow", kind: ErrNotZeroMQ,
		script: afterHandshake(false, rawFrame(flagCommand|flagMore, []byte("\x04PONG")))},
	{name: "sends an empty command", kind: ErrNotZeroMQ, words: "command without a name",
		script: afterHandshake(false, rawFrame(flagCommand, nil))},
	{name: "sends a command with a cut name", kind: ErrNotZeroMQ,
		script: afterHandshake(false, rawFrame(flagCommand, []byte("\x09PING")))},
	{name: "says ERROR later on", kind: ErrRejected, words: `"too late"`,
		script: afterHandshake(false, rawCommand("ERROR", "\x08too late"))},
	{name: "subscribes in the middle of a message", kind: ErrNotZeroMQ,
		script: afterHandshake(false, rawFrame(flagMore, []byte("t")), rawCommand("SUBSCRIBE", "x"))},
}

func afterGreeting(parts ...[]byte) func(*rawPeer) error {
	return func(p *rawPeer) error {
		return p.send(append([][]byte{greeting3(0, "NULL")}, parts...)...)
	}
}

func afterHandshake(hangUp bool, parts ...[]byte) func(*rawPeer) error {
	return func(p *rawPeer) error {
		if err := p.handshake(0, "PUB"); err != nil {
			return err
		}
		if err := p.send(parts...); err != nil || !hangUp {
			return err
		}
		return errors.New("enough")
	}
}

// Whatever the first connection is, its end is told for what it is, what came
// whole is kept, and the second connection, an honest one, brings messages.
func TestSourceOutlivesHostilePublishers(t *testing.T) {
	for _, row := range hostilePublishers {
		t.Run(row.name, func(t *testing.T) {
			leavesNothing(t)
			endpoint := listenRaw(t, func(n int, p *rawPeer) error {
				if n > 0 {
					if err := p.handshake(0, "PUB"); err != nil {
						return err
					}
					if err := p.send(rawMessage("t", "honest")); err != nil {
						return err
					}
				} else if err := row.script(p); err != nil {
					return err
				}
				return p.untilClosed()
			})
			options := quick()
			options.Timeouts.Handshake = 100 * time.Millisecond
			if row.kind != ErrHandshakeTimeout {
				options.Timeouts.Handshake = patience
			}
			source, c := startSource(t, endpoint, options)
			lost := c.waitEvents(t, bus.EventLost, 1)[0]
			if row.kind != nil && !errors.Is(lost.Err, row.kind) {
				t.Errorf("lost: %v (%[1]T), want %q", lost.Err, row.kind)
			}
			if !strings.Contains(lost.Err.Error(), row.words) {
				t.Errorf("lost: %q, want %q in it", lost.Err, row.words)
			}
			if strings.ContainsAny(lost.Err.Error(), "\x1b\r\n") {
				t.Errorf("lost: control characters of the peer in %q", lost.Err)
			}
			if lost.Wait <= 0 || lost.Wait > 20*time.Millisecond {
				t.Errorf("lost: wait %v", lost.Wait)
			}
			messages := c.waitMessages(t, len(row.delivered)+1)
			got := texts(messages)
			want := append(append([]string(nil), row.delivered...), "t|honest")
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Fatalf("delivered %q, want %q", got, want)
			}
			if n := len(row.delivered); n > 0 && messages[n-1].Problem != row.problem {
				t.Errorf("problem %+v, want %+v", messages[n-1].Problem, row.problem)
			}
			if p := messages[len(messages)-1].Problem; p != (bus.Problem{}) {
				t.Errorf("the honest message has a problem: %+v", p)
			}
			if status := source.Status(); status.State != bus.StateUp || status.Err != nil || status.Attempts != 2 {
				t.Errorf("status %+v", status)
			}
		})
	}
}

// A message whose frames are each within the limit, but not together.
func TestSourceBoundsWholeMessages(t *testing.T) {
	leavesNothing(t)
	endpoint := listenRaw(t, func(_ int, p *rawPeer) error {
		if err := p.handshake(0, "PUB"); err != nil {
			return err
		}
		frame := strings.Repeat("x", 1000)
		if err := p.send(rawMessage("t", frame), rawMessage("t", frame, frame)); err != nil {
			return err
		}
		return p.untilClosed()
	})
	options := quick()
	options.Limits = Limits{MaxFrameBytes: 1000, MaxMessageBytes: 1500}
	options.Backoff = Backoff{Min: time.Hour, MaxProtocol: time.Hour}
	source, c := startSource(t, endpoint, options)
	lost := c.waitEvents(t, bus.EventLost, 1)[0]
	var limit *LimitError
	if !errors.As(lost.Err, &limit) || *limit != (LimitError{"message", 2001, 1500}) {
		t.Errorf("lost: %v", lost.Err)
	}
	messages := c.waitMessages(t, 2)
	if len(messages[1].Frames) != 2 || messages[1].Problem != (bus.Problem{Code: bus.ProblemSize, Count: 2001}) {
		t.Errorf("%d frames, problem %+v", len(messages[1].Frames), messages[1].Problem)
	}
	if status := source.Status(); status.State != bus.StateRetrying || !errors.Is(status.Err, ErrLimit) ||
		status.NextTry.IsZero() || status.Received != 2 {
		t.Errorf("status %+v", status)
	}
}
