package demo

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

func TestGarbageIsNotAPublisher(t *testing.T) {
	for name, behaviour := range map[string]Garbage{
		"bytes": GarbageBytes, "frame": GarbageFrame, "http": GarbageHTTP, "hang up": GarbageHangUp,
	} {
		t.Run(name, func(t *testing.T) {
			g, err := ListenGarbage(t.Context(), behaviour)
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			// A good bus beside it, which must not notice.
			b := serve(t, ServeOptions{Script: Options{RatePerSecond: 1000}})
			l := subscribe(t, append(b.Endpoints(), g.Endpoint()))
			l.until(t, "lost connection", func(l *listener) bool { return l.events[bus.EventLost] > 0 && l.total > 100 })
			// A frame that is too large is told as a message that is malformed,
			// without bytes; nothing else is a message at all.
			for _, m := range l.from(len(Sockets()) + 1) {
				if behaviour != GarbageFrame || m.Problem.Code != bus.ProblemSize || len(m.Frames) > 0 {
					t.Errorf("a message was made of garbage: %q (%s)", m.Frames, m.Problem.Reason())
				}
			}
			if g.Connections() == 0 {
				t.Error("nobody connected")
			}
		})
	}
}

func TestGarbageOnTheWire(t *testing.T) {
	read := func(t *testing.T, behaviour Garbage, say string, limit int64) []byte {
		g, err := ListenGarbage(t.Context(), behaviour)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		c, err := net.Dial("tcp", strings.TrimPrefix(g.Endpoint(), "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(c, say); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.LimitReader(c, limit))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := read(t, GarbageHTTP, "", 1<<20); !bytes.HasPrefix(got, []byte("HTTP/1.1 400 ")) {
		t.Errorf("not HTTP: %q", got)
	}
	if got := read(t, GarbageBytes, "", 100_000); len(got) != 100_000 || bytes.Count(got, []byte{0}) > 10_000 {
		t.Errorf("%d bytes, %d of them 0", len(got), bytes.Count(got, []byte{0}))
	}
	greeting := string(publisherGreeting())
	got := read(t, GarbageFrame, greeting+"\x00\x01\x01", int64(len(greeting))+9)
	if string(got[:len(greeting)]) != greeting || string(got[len(greeting):]) != "\x02\x40\x00\x00\x00\x00\x00\x00\x00" {
		t.Errorf("after the greeting: %q", got[len(greeting):])
	}
}

func TestGarbageEndsWithItsConnections(t *testing.T) {
	g, err := ListenGarbage(t.Context(), GarbageSilence)
	if err != nil {
		t.Fatal(err)
	}
	var victims []net.Conn
	for range maxVictims + 5 {
		c, err := net.Dial("tcp", strings.TrimPrefix(g.Endpoint(), "tcp://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		victims = append(victims, c)
	}
	g.Close() // returns only when nothing of it runs
	for _, c := range victims {
		c.SetDeadline(time.Now().Add(patience))
		if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil {
			t.Error("silence was broken")
		} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Error("a connection was left open")
		}
	}
}
