package zmq

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

func texts(messages []bus.Message) []string {
	var all []string
	for _, m := range messages {
		var frames []string
		for _, frame := range m.Frames {
			frames = append(frames, string(frame))
		}
		all = append(all, strings.Join(frames, "|"))
	}
	return all
}

func TestSourceReceivesFromLibzmq(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	peer.ask("open xpub")
	endpoint := peer.ask("bind 0 tcp://127.0.0.1:*")
	source, c := startSource(t, endpoint, quick())
	if got := peer.ask("awaitsub 0"); got != "01" {
		t.Fatalf("subscription %q", got)
	}
	peer.ask("send 0 org.example.a 5000 1200")
	messages := c.waitMessages(t, 5000)
	for i, m := range messages {
		if want := fmt.Sprintf("%d ", i); string(m.Topic()) != "org.example.a" || !strings.HasPrefix(string(m.Envelope()), want) {
			t.Fatalf("message %d is %q %.10q", i, m.Topic(), m.Envelope())
		}
		if m.Source != 1 || m.Origin != bus.Live || m.ReceivedUnixNano == 0 || m.Malformed() {
			t.Fatalf("message %d: %+v", i, m)
		}
	}
	status := source.Status()
	if status.State != bus.StateUp || status.Transport != "zmq 3.1" || status.Peers != 1 ||
		status.Connects != 1 || status.Received != 5000 || status.Bytes < 5000*1200 {
		t.Errorf("status %+v", status)
	}
	if e := c.reported(bus.EventConnected); len(e) != 1 || e[0].Text != "ZMTP 3.1" || e[0].Source != 1 {
		t.Errorf("events %+v", e)
	}
}

// A publisher that is not there yet, that comes, dies and returns.
func TestSourceFollowsAPublisherThatDiesAndReturns(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	endpoint := unusedEndpoint(t)
	source, c := startSource(t, endpoint, quick())
	lost := c.waitEvents(t, bus.EventLost, 3)[0]
	if want := "refused: nothing listens on " + endpoint; lost.Err.Error() != want {
		t.Errorf("lost: %q, want %q", lost.Err, want)
	}
	if status := source.Status(); status.State != bus.StateNever || status.Err == nil || status.Attempts < 3 {
		t.Errorf("status before the publisher: %+v", status)
	}
	for life := range 3 {
		peer.ask("open xpub")
		peer.ask("bind %d %s", life, endpoint)
		if got := peer.ask("awaitsub %d", life); got != "01" {
			t.Fatalf("subscription %q", got)
		}
		peer.ask("send %d life.%d 10 100", life, life)
		c.waitMessages(t, 10*(life+1))
		if status := source.Status(); status.State != bus.StateUp || status.Connects != uint64(life+1) || status.Err != nil {
			t.Errorf("status in life %d: %+v", life, status)
		}
		before := len(c.reported(bus.EventLost))
		peer.ask("close %d", life)
		c.waitEvents(t, bus.EventLost, before+1)
		if status := source.Status(); status.State != bus.StateRetrying || status.Peers != 0 || status.Err == nil {
			t.Errorf("status after life %d: %+v", life, status)
		}
	}
	if n := len(c.received()); n != 30 {
		t.Errorf("%d messages, want 30", n)
	}
}

// Each endpoint is followed by itself: when one returns the other has neither
// gained nor lost a connection.
func TestSourcesOfSeveralEndpointsAreIndependent(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	var endpoints [2]string
	var sources [2]*Source
	var sinks [2]*collector
	for i := range endpoints {
		peer.ask("open xpub")
		endpoints[i] = peer.ask("bind %d tcp://127.0.0.1:*", i)
		sources[i], sinks[i] = startSource(t, endpoints[i], quick())
		peer.ask("awaitsub %d", i)
		peer.ask("send %d first 1 10", i)
		sinks[i].waitMessages(t, 1)
	}
	peer.ask("close 0")
	sinks[0].waitEvents(t, bus.EventLost, 1)
	peer.ask("send 1 second 1 10")
	sinks[1].waitMessages(t, 2)
	peer.ask("open xpub")
	peer.ask("bind 2 %s", endpoints[0])
	peer.ask("awaitsub 2")
	peer.ask("send 2 third 1 10")
	peer.ask("send 1 third 1 10")
	if got := texts(sinks[0].waitMessages(t, 2)); len(got) != 2 || !strings.HasPrefix(got[1], "third|") {
		t.Errorf("first endpoint: %q", got)
	}
	if got := texts(sinks[1].waitMessages(t, 3)); len(got) != 3 {
		t.Errorf("second endpoint: %q", got)
	}
	if c := sources[1].Status().Connects; c != 1 {
		t.Errorf("the second endpoint was connected %d times", c)
	}
}

func TestSourceSubscribesToPrefixes(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	peer.ask("open xpub")
	endpoint := peer.ask("bind 0 tcp://127.0.0.1:*")
	options := quick()
	options.Prefixes = []string{"org.b", "org.a.", "org.b"}
	_, c := startSource(t, endpoint, options)
	got := []string{peer.ask("awaitsub 0"), peer.ask("awaitsub 0")}
	if want := []string{fmt.Sprintf("01%x", "org.a."), fmt.Sprintf("01%x", "org.b")}; !slices.Equal(got, want) {
		t.Errorf("subscriptions %q, want %q", got, want)
	}
	for _, topic := range []string{"org.a", "org.a.x", "org.bee", "com.a.x", "org.b"} {
		peer.ask("send 0 %s 1 1", topic)
	}
	got = texts(c.waitMessages(t, 3))
	if want := []string{"org.a.x|0 x", "org.bee|0 x", "org.b|0 x"}; !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
}

// Any number of frames is a message; whether it is a good one is not decided
// here.
func TestSourceDeliversAnyFrames(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	peer.ask("open xpub")
	_, c := startSource(t, peer.ask("bind 0 tcp://127.0.0.1:*"), quick())
	peer.ask("awaitsub 0")
	peer.ask("sendhex 0 61")
	peer.ask("sendhex 0 61 62 63")
	peer.ask("sendhex 0 -")
	peer.ask("sendhex 0 - -")
	peer.ask("sendhex 0 61 -")
	messages := c.waitMessages(t, 5)
	if got, want := texts(messages), []string{"a", "a|b|c", "", "|", "a|"}; !slices.Equal(got, want) {
		t.Errorf("received %q, want %q", got, want)
	}
	for i, code := range []bus.ProblemCode{bus.ProblemFrames, bus.ProblemFrames, bus.ProblemFrames, bus.ProblemEmpty, bus.ProblemEmpty} {
		if messages[i].Problem.Code != bus.ProblemNone {
			t.Errorf("message %d came with problem %v", i, messages[i].Problem)
		}
		messages[i].Scan()
		if messages[i].Problem.Code != code {
			t.Errorf("message %d: problem %v, want %v", i, messages[i].Problem.Code, code)
		}
	}
}

func TestSourceOverOtherTransports(t *testing.T) {
	for name, bind := range map[string]string{
		"ipc":          "ipc://" + filepath.Join(t.TempDir(), "bus.sock"),
		"abstract ipc": fmt.Sprintf("ipc://@fedmsg-tui-test-%d", os.Getpid()),
		"IPv6":         "tcp://[::1]:*",
	} {
		t.Run(name, func(t *testing.T) {
			leavesNothing(t)
			peer := startLibzmq(t)
			peer.ask("open xpub IPV6=1")
			peer.tell("bind 0 %s", bind)
			if !peer.lines.Scan() || strings.HasPrefix(peer.lines.Text(), "error:") {
				if name == "IPv6" {
					t.Skip("no IPv6 on this machine: " + peer.lines.Text())
				}
				t.Fatal(peer.lines.Text())
			}
			endpoint := peer.lines.Text()
			if name == "abstract ipc" {
				endpoint = bind
			}
			_, c := startSource(t, endpoint, quick())
			peer.ask("awaitsub 0")
			peer.ask("send 0 t 1 0")
			if got := texts(c.waitMessages(t, 1)); got[0] != "t|0 " {
				t.Errorf("received %q", got)
			}
		})
	}
}

// One read's worth of messages is one batch, split at 256, and a message that
// is still under way holds back none of those before it.
func TestSourceBatches(t *testing.T) {
	leavesNothing(t)
	endpoint := listenRaw(t, func(_ int, p *rawPeer) error {
		if err := p.handshake(0, "PUB"); err != nil {
			return err
		}
		if err := p.send(bytes.Repeat(rawMessage("t", "b"), 600), rawMessage("t", "half of")[:7]); err != nil {
			return err
		}
		return p.untilClosed()
	})
	_, c := startSource(t, endpoint, quick())
	messages := c.waitMessages(t, 600)
	c.mu.Lock()
	defer c.mu.Unlock()
	if largest := slices.Max(c.batches); largest != 256 {
		t.Errorf("largest batch %d, want 256: %d", largest, c.batches)
	}
	at := 0
	for _, n := range c.batches {
		for i := range n {
			if messages[at+i].ReceivedUnixNano != messages[at].ReceivedUnixNano {
				t.Fatalf("messages %d and %d of one batch have different times", at, at+i)
			}
		}
		at += n
	}
}

func TestSourceEndsWhenTheSinkTakesNoMore(t *testing.T) {
	for _, bind := range []bool{false, true} {
		t.Run(fmt.Sprintf("bind=%v", bind), func(t *testing.T) {
			leavesNothing(t)
			options := quick()
			options.Bind = bind
			script := func(_ int, p *rawPeer) error {
				if err := p.handshake(0, "PUB"); err != nil {
					return err
				}
				if err := p.send(rawMessage("t", "one")); err != nil {
					return err
				}
				return p.untilClosed()
			}
			endpoint := "tcp://127.0.0.1:0"
			if !bind {
				endpoint = listenRaw(t, script)
			}
			source, err := NewSource(1, endpoint, options)
			if err != nil {
				t.Fatal(err)
			}
			c := &collector{full: true}
			done := make(chan error, 1)
			go func() { done <- source.Run(t.Context(), c) }()
			if bind {
				eventually(t, "listening", func() bool { return source.BoundEndpoint() != "" })
				script(0, dialRaw(t, source.BoundEndpoint()))
			}
			select {
			case err := <-done:
				if err != nil {
					t.Errorf("Run: %v", err)
				}
			case <-time.After(patience):
				t.Fatal("Run does not end")
			}
			if s := source.Status(); s.Dropped != 1 || s.Received != 0 || s.State != bus.StateStopped {
				t.Errorf("status %+v", s)
			}
			if err := source.Run(t.Context(), c); err == nil {
				t.Error("a second Run was allowed")
			}
		})
	}
}

func TestSourceAnswersPing(t *testing.T) {
	leavesNothing(t)
	answers := make(chan string, 4)
	endpoint := listenRaw(t, func(_ int, p *rawPeer) error {
		if err := p.handshake(0, "PUB"); err != nil {
			return err
		}
		long := strings.Repeat("c", 40)
		if err := p.send(
			rawCommand("PING", "\x00\x64context"),
			rawFrame(flagMore, []byte("t")), rawCommand("PING", "\x00\x00"), rawFrame(0, []byte("b")), // as libzmq may
			rawCommand("PING", ""),
			rawCommand("PING", "\x00\x00"+long),
			rawCommand("PONG", "never asked for"), rawCommand("FUTURE", "unknown"),
			rawMessage("t", "after"),
		); err != nil {
			return err
		}
		for range 4 {
			flags, body, err := p.readFrame()
			if err != nil {
				return err
			}
			answers <- fmt.Sprintf("%d %s", flags, body)
		}
		return p.untilClosed()
	})
	source, c := startSource(t, endpoint, quick())
	for _, want := range []string{"4 \x04PONGcontext", "4 \x04PONG", "4 \x04PONG", "4 \x04PONGcccccccccccccccc"} {
		if got := <-answers; got != want {
			t.Errorf("answer %q, want %q", got, want)
		}
	}
	if got := texts(c.waitMessages(t, 2)); !slices.Equal(got, []string{"t|b", "t|after"}) {
		t.Errorf("received %q", got)
	}
	if n := source.Status().Connects; n != 1 {
		t.Errorf("%d connections", n)
	}
}

// libzmq throws out peers that do not answer its heartbeats.
func TestSourceKeepsLibzmqWithHeartbeats(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	peer.ask("open xpub HEARTBEAT_IVL=20 HEARTBEAT_TIMEOUT=100 HEARTBEAT_TTL=200")
	endpoint := peer.ask("bind 0 tcp://127.0.0.1:*")
	options := quick()
	options.Timeouts = Timeouts{PingAfter: 30 * time.Millisecond, DeadAfter: patience}
	source, c := startSource(t, endpoint, options)
	peer.ask("awaitsub 0")
	if got := peer.ask("poll 0 800"); got != "nothing" {
		t.Fatalf("poll: %s", got) // an end of the subscription: we were thrown out
	}
	peer.ask("send 0 t 1 0")
	c.waitMessages(t, 1)
	if n := source.Status().Connects; n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestSourceFindsAHalfOpenPeer(t *testing.T) {
	leavesNothing(t)
	pings := make(chan string, 100)
	endpoint := listenRaw(t, func(_ int, p *rawPeer) error {
		if err := p.handshake(1, "PUB"); err != nil {
			return err
		}
		for {
			flags, body, err := p.readFrame() // and never an answer
			if err != nil {
				return err
			}
			pings <- fmt.Sprintf("%d %s", flags, body)
		}
	})
	options := quick()
	options.Timeouts = Timeouts{PingAfter: 10 * time.Millisecond, DeadAfter: 50 * time.Millisecond}
	_, c := startSource(t, endpoint, options)
	lost := c.waitEvents(t, bus.EventLost, 1)[0]
	if !errors.Is(lost.Err, ErrSilent) || lost.Err.Error() != "no answer to a PING, nothing received for 50ms" {
		t.Errorf("lost: %v", lost.Err)
	}
	if got := <-pings; got != "4 \x04PING\x00\x00" {
		t.Errorf("%q", got)
	}
	if n := len(c.waitEvents(t, bus.EventConnected, 2)); n < 2 {
		t.Errorf("%d connections", n)
	}
}
