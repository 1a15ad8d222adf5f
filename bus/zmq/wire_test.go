package zmq

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"
)

// tape is a connection whose other side has said everything already, and does
// not listen.
type tape struct {
	net.Conn
	said io.Reader
}

func (c *tape) Read(p []byte) (int, error)       { return c.said.Read(p) }
func (c *tape) Write(p []byte) (int, error)      { return len(p), nil }
func (c *tape) Close() error                     { return nil }
func (c *tape) RemoteAddr() net.Addr             { return nil }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// peerHello is the handshake of a publisher.
func peerHello(minor byte) []byte {
	return slices.Concat(greeting3(minor, "NULL"), rawFrame(flagCommand, readyCommand("PUB")))
}

func fuzzLink(t testing.TB, said []byte, limits Limits) *link {
	l, err := openLink(t.Context(), &tape{said: bytes.NewReader(said)}, linkOptions{
		role: zmq4.Sub, limits: limits, timeouts: Timeouts{}.withDefaults(),
		readBytes: 4 << 10, writeBytes: 512, received: new(atomic.Uint64),
	})
	if err != nil {
		t.Fatal(err)
	}
	l.writeFromReader()
	return l
}

func allocatedBytes(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Whatever bytes a peer sends, before, in or after the handshake: no panic, an
// end, and nothing beyond the limits, neither delivered nor asked for.
func FuzzLink(f *testing.F) {
	f.Add(byte(0), []byte{})
	f.Add(byte(0), []byte("\x01\x00"))
	f.Add(byte(0), []byte("HTTP/1.1 400 Bad Request\r\n"))
	f.Add(byte(0), append([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x01\x01\x00\x03abc"), rawMessage("t", "b")...))
	f.Add(byte(0), append(peerHello(1), rawMessage("t", "b")...))
	for _, row := range hostilePublishers {
		// Record what the script would send; what it reads is a good subscriber.
		var said bytes.Buffer
		row.script(&rawPeer{&recorder{answers: bytes.NewReader(slices.Concat(
			greeting3(0, "NULL"), rawFrame(flagCommand, readyCommand("SUB")), rawMessage("\x01"))), said: &said}})
		f.Add(byte(0), said.Bytes())
		if after, ok := bytes.CutPrefix(said.Bytes(), peerHello(0)); ok {
			f.Add(byte(1), after)
		}
	}
	f.Add(byte(1), slices.Concat(rawCommand("PING", "\x00\x00ctx"), rawCommand("SUBSCRIBE", "x"), rawFrame(flagMore, []byte("t")),
		rawCommand("PING", ""), rawFrame(0, make([]byte, 300)), rawMessage("")))
	limits := Limits{MaxFrameBytes: 1000, MaxMessageBytes: 2000, MaxFrames: 5}.withDefaults()
	f.Fuzz(func(t *testing.T, start byte, said []byte) {
		if start%2 == 1 { // straight to the messages
			said = append(peerHello(start>>1&1), said...)
		}
		l, err := openLink(t.Context(), &tape{said: bytes.NewReader(said)}, linkOptions{
			role: zmq4.Sub, limits: limits, timeouts: Timeouts{}.withDefaults(),
			readBytes: 512, writeBytes: 512, received: new(atomic.Uint64),
		})
		if err != nil {
			if start%2 == 1 {
				t.Fatalf("an honest handshake failed: %v", err)
			}
			return
		}
		l.writeFromReader()
		total := 0
		for {
			message, err := l.conn.RecvMsg()
			size := 0
			for _, frame := range message.Frames {
				if len(frame) > 1000 {
					t.Fatalf("a frame of %d bytes", len(frame))
				}
				size += len(frame)
			}
			if total += size; size > 2000 || len(message.Frames) > 5 || total > len(said) {
				t.Fatalf("%d frames of %d bytes, %d in all", len(message.Frames), size, total)
			}
			if err != nil {
				return
			}
			if message.Type != zmq4.UsrMsg || len(message.Frames) == 0 {
				t.Fatalf("a command reached zmq4: %+v", message)
			}
		}
	})
}

// recorder lets a script of rawPeer run without a peer.
type recorder struct {
	net.Conn
	answers io.Reader
	said    *bytes.Buffer
}

func (r *recorder) Read(p []byte) (int, error)  { return r.answers.Read(p) }
func (r *recorder) Write(p []byte) (int, error) { return r.said.Write(p) }
func (r *recorder) Close() error                { return nil }

// The outbox alone: order, bounds, and every message either taken or counted.
func TestOutbox(t *testing.T) {
	message := func(b byte, size int) zmq4.Msg { return zmq4.NewMsg(bytes.Repeat([]byte{b}, size)) }
	o := newOutbox(3, 100)
	for i, row := range []struct {
		size int
		want bool
	}{{500, true}, {1, false}} { // an empty queue takes anything
		if got := o.put(message('a', row.size), int64(row.size)); got != row.want {
			t.Errorf("put %d: %v", i, got)
		}
	}
	taken, _, more := o.take(nil)
	if len(taken) != 1 || !more {
		t.Errorf("took %d, more %v", len(taken), more)
	}
	for i, want := range []bool{true, true, true, false} {
		if got := o.put(message(byte(i), 10), 10); got != want {
			t.Errorf("put %d of 10 bytes: %v", i, got)
		}
	}
	o.putCommand(command{ping: true})
	taken, commands, _ := o.take(nil)
	if len(taken) != 3 || taken[2].Frames[0][0] != 2 || len(commands) != 1 || !commands[0].ping {
		t.Errorf("took %d and %v", len(taken), commands)
	}
	for range 20 {
		o.putCommand(command{})
	}
	if _, commands, _ = o.take(nil); len(commands) != maxCommands {
		t.Errorf("%d commands", len(commands))
	}
	o.put(message('x', 60), 60)
	if o.put(message('x', 60), 60) {
		t.Error("more bytes than allowed")
	}
	if queued, dropped := o.counts(); queued != 1 || dropped != 3 {
		t.Errorf("%d queued, %d dropped", queued, dropped)
	}
	o.finish()
	if o.put(message('x', 1), 1) {
		t.Error("put after finish")
	}
	if taken, _, more = o.take(nil); len(taken) != 1 || more {
		t.Errorf("took %d, more %v", len(taken), more)
	}
	o.abandon(2)
	if _, dropped := o.counts(); dropped != 5 {
		t.Errorf("%d dropped", dropped)
	}
}

// Many senders, one writer, a queue that is always nearly full.
func TestOutboxKeepsOrderAndCounts(t *testing.T) {
	const senders, each = 4, 5000
	o := newOutbox(7, 1<<20)
	var put atomic.Int64
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		done := make(chan struct{})
		for s := range senders {
			go func() {
				defer func() { done <- struct{}{} }()
				for i := range each {
					m := zmq4.NewMsg([]byte{byte(s), byte(i >> 8), byte(i)})
					if s%2 == 0 {
						if o.putWaiting(t.Context(), m, 3) {
							put.Add(1)
						}
					} else if o.put(m, 3) {
						put.Add(1)
					}
				}
			}()
		}
		for range senders {
			<-done
		}
		o.finish()
	}()
	last := map[byte]int{}
	var got int64
	buffer := make([]zmq4.Msg, 0, takeMessages)
	for more := true; more; {
		var taken []zmq4.Msg
		taken, _, more = o.take(buffer)
		for _, m := range taken {
			b := m.Frames[0]
			i := int(b[1])<<8 | int(b[2]) + 1
			if i <= last[b[0]] {
				t.Fatalf("sender %d: %d after %d", b[0], i, last[b[0]])
			}
			last[b[0]] = i
			got++
		}
	}
	<-finished
	if got != put.Load() || last[0] != each || last[2] != each {
		t.Errorf("%d put, %d taken, last %v", put.Load(), got, last)
	}
	if _, dropped := o.counts(); int64(dropped) != senders*each-got {
		t.Errorf("%d dropped, %d missing", dropped, senders*each-got)
	}
}

// A waiting sender goes on when the subscriber leaves.
func TestOutboxReleasesWaitingSenders(t *testing.T) {
	for _, release := range []func(*outbox){(*outbox).finish, func(o *outbox) { o.abandon(0) }} {
		o := newOutbox(1, 1<<20)
		o.put(zmq4.NewMsg(nil), 0)
		sent := make(chan bool)
		go func() { sent <- o.putWaiting(t.Context(), zmq4.NewMsg(nil), 0) }()
		eventually(t, "a sender waits", func() bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			return o.room != nil
		})
		release(o)
		if <-sent {
			t.Error("queued for nobody")
		}
	}
}

func TestLimitErrorsReadWell(t *testing.T) {
	for _, row := range []struct {
		err  error
		want string
	}{
		{&LimitError{"frame", 20, 10}, "frame of 20 bytes, more than the 10 allowed"},
		{&LimitError{"frames", 65, 64}, "message of more than 64 frames"},
	} {
		if row.err.Error() != row.want || !errors.Is(row.err, ErrLimit) {
			t.Errorf("%q, want %q", row.err, row.want)
		}
	}
}
