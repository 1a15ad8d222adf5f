package zmq

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

// A PING is answered while the subscriber's own messages wait, and heartbeats
// find a subscriber that is gone.
func TestPublisherHeartbeats(t *testing.T) {
	leavesNothing(t)
	var events eventLog
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{
		Report:   events.add,
		Timeouts: Timeouts{PingAfter: 20 * time.Millisecond, DeadAfter: 60 * time.Millisecond},
	})
	peer := dialRaw(t, p.Endpoint())
	peer.subscribe(t, 1)
	if err := peer.send(rawCommand("PING", "\x00\x00abc")); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for {
		flags, body, err := peer.readFrame()
		if err != nil {
			break
		}
		seen[fmt.Sprintf("%d %s", flags, body)] = true
	}
	if len(seen) != 2 || !seen["4 \x04PONGabc"] || !seen["4 \x04PING\x00\x00"] {
		t.Errorf("%v", seen)
	}
	eventually(t, "event", func() bool { return events.count(bus.EventPeerGone) == 1 })
	if e := events.of(bus.EventPeerGone)[0]; !errors.Is(e.Err, ErrSilent) {
		t.Errorf("gone: %v", e.Err)
	}
}

// A peer that takes nothing is given up after the write timeout, and its PINGs
// do not stop us from reading that it has left.
func TestPublisherGivesUpAStalledPeer(t *testing.T) {
	leavesNothing(t)
	var events eventLog
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{
		Report:        events.add,
		HighWaterMark: -1, MaxQueueBytes: 1 << 40,
		Timeouts: Timeouts{Write: 50 * time.Millisecond},
	})
	peer := dialRaw(t, p.Endpoint())
	peer.subscribe(t, 0, "")
	waitSubscribers(t, p, 1)
	body := make([]byte, 1<<20)
	for range 50 { // of it no socket buffers that much
		p.Send([]byte("t"), body)
	}
	if err := peer.send(slices.Repeat(rawCommand("PING", "\x00\x00"), 100)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "given up", func() bool { return events.count(bus.EventPeerGone) == 1 })
	if e := events.of(bus.EventPeerGone)[0]; !errors.Is(e.Err, ErrStalled) || e.Err.Error() != "peer has taken nothing for 50ms" {
		t.Errorf("gone: %v", e.Err)
	}
	if p.Dropped() == 0 {
		t.Error("what was queued for it was not counted")
	}
}

// Whatever connects, the publisher goes on, and says why it refused.
func TestPublisherOutlivesHostilePeers(t *testing.T) {
	leavesNothing(t)
	var events eventLog
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{
		Report:   events.add,
		Limits:   Limits{MaxPending: 8},
		Timeouts: Timeouts{Handshake: patience},
	})
	honest := dialRaw(t, p.Endpoint())
	honest.subscribe(t, 0, "t")
	waitSubscribers(t, p, 1) // else the flood could push it out before its handshake is done
	for range 40 {
		dialRaw(t, p.Endpoint()) // and says nothing
	}
	eventually(t, "silent ones pushed out", func() bool { return events.count(bus.EventRejected) >= 32 })
	for _, row := range hostilePublishers {
		if peer := dialRaw(t, p.Endpoint()); row.script(peer) != nil {
			peer.Close()
		}
	}
	tooMany := dialRaw(t, p.Endpoint())
	tooMany.subscribe(t, 0)
	for i := range maxPrefixes + 1 {
		if tooMany.send(rawFrame(0, fmt.Appendf(nil, "\x01%d", i))) != nil {
			break
		}
	}
	eventually(t, "the greedy one refused", func() bool {
		return slices.ContainsFunc(events.of(bus.EventPeerGone), func(e bus.Event) bool { return errors.Is(e.Err, ErrLimit) })
	})
	if !slices.ContainsFunc(events.of(bus.EventRejected), func(e bus.Event) bool { return errors.Is(e.Err, ErrWrongPeer) }) {
		t.Errorf("nobody was told to be of the wrong kind")
	}
	waitSubscribers(t, p, 1)
	p.Send([]byte("t"), []byte("still here"))
	honest.wantMessage(t, "t", "still here")
}

// ZMTP 2.0 as libzmq 3.x speaks it, in both roles.
func TestZMTP2(t *testing.T) {
	leavesNothing(t)
	greet := func(peer *rawPeer, socket byte) error {
		if err := peer.send([]byte("\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f"), []byte{1, socket}, []byte("\x00\x03abc")); err != nil {
			return err
		}
		ours := make([]byte, 14)
		if _, err := peer.Read(ours[:10]); err != nil {
			return err
		}
		for n := 10; n < len(ours); {
			k, err := peer.Read(ours[n:])
			if err != nil {
				return err
			}
			n += k
		}
		if want := map[byte]byte{1: 2, 2: 1}[socket]; string(ours) != "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03"+string([]byte{want, 0, 0}) {
			return fmt.Errorf("greeted with %q", ours)
		}
		return nil
	}
	trouble := make(chan error, 1)
	endpoint := listenRaw(t, func(_ int, peer *rawPeer) error {
		err := greet(peer, 1)
		if err == nil {
			var body []byte
			if _, body, err = peer.readFrame(); err == nil && string(body) != "\x01org." {
				err = fmt.Errorf("subscription %q", body)
			}
		}
		trouble <- err
		if err := peer.send(rawMessage("org.a", "from the past"), rawFrame(flagCommand, []byte("\x04PING"))); err != nil {
			return err
		}
		return peer.untilClosed()
	})
	options := quick()
	options.Prefixes = []string{"org."}
	options.Backoff = Backoff{Min: time.Hour, MaxProtocol: time.Hour}
	source, c := startSource(t, endpoint, options)
	if err := <-trouble; err != nil {
		t.Fatal(err)
	}
	if got := texts(c.waitMessages(t, 1)); got[0] != "org.a|from the past" {
		t.Errorf("received %q", got)
	}
	// There are no commands in ZMTP 2.0.
	if e := c.waitEvents(t, bus.EventLost, 1)[0]; !errors.Is(e.Err, ErrNotZeroMQ) {
		t.Errorf("lost: %v", e.Err)
	}
	if got := source.Status().Transport; got != "zmq 2.0" {
		t.Errorf("transport %q", got)
	}

	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{})
	peer := dialRaw(t, p.Endpoint())
	if err := greet(peer, 2); err != nil {
		t.Fatal(err)
	}
	if err := peer.send(rawFrame(0, []byte("\x01org."))); err != nil {
		t.Fatal(err)
	}
	if err := p.WaitSubscriber(soon(t), "org.b"); err != nil {
		t.Fatal(err)
	}
	p.Send([]byte("org.b"), []byte("to the past"))
	peer.wantMessage(t, "org.b", "to the past")
}

func TestPublisherAndSourceOverEveryTransport(t *testing.T) {
	for name, endpoint := range map[string]string{
		"IPv4":         "tcp://127.0.0.1:0",
		"IPv6":         "tcp://[::1]:0",
		"localhost":    "tcp://localhost:*",
		"everywhere":   "tcp://*:0",
		"ipc":          "ipc://" + filepath.Join(t.TempDir(), "bus.sock"),
		"abstract ipc": fmt.Sprintf("ipc://@fedmsg-tui-pub-%d", os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			leavesNothing(t)
			p, err := Listen(context.Background(), endpoint, PublisherOptions{})
			if errors.Is(err, syscall.EADDRNOTAVAIL) && name == "IPv6" {
				t.Skip("no IPv6 on this machine")
			}
			if err != nil {
				t.Fatal(err)
			}
			_, c := startSource(t, p.Endpoint(), quick())
			if err := p.WaitSubscriber(soon(t), "t"); err != nil {
				t.Fatal(err)
			}
			for i := range 1000 {
				p.Send([]byte("t"), fmt.Append(nil, i))
			}
			if err := p.Close(soon(t)); err != nil {
				t.Errorf("Close: %v", err)
			}
			// Closing means that it was read: nothing is on its way any more.
			for i, text := range texts(c.waitMessages(t, 1000)) {
				if text != fmt.Sprintf("t|%d", i) {
					t.Fatalf("message %d: %q", i, text)
				}
			}
			if _, err := Listen(t.Context(), "tcp://"+"[::1", PublisherOptions{}); !errors.Is(err, ErrEndpoint) {
				t.Errorf("Listen: %v", err)
			}
		})
	}
}

func TestPublisherCannotListen(t *testing.T) {
	leavesNothing(t)
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{})
	if _, err := Listen(t.Context(), p.Endpoint(), PublisherOptions{}); !errors.Is(err, ErrListen) ||
		!strings.Contains(err.Error(), "address in use") {
		t.Errorf("Listen: %v", err)
	}
	if _, err := Connect(t.Context(), "tcp://127.0.0.1:0", PublisherOptions{}); !errors.Is(err, ErrEndpoint) {
		t.Errorf("Connect: %v", err)
	}
}

// The context of Listen ends everything, without a Close.
func TestPublisherEndsWithItsContext(t *testing.T) {
	leavesNothing(t)
	ctx, cancel := context.WithCancel(context.Background())
	p, err := Listen(ctx, "tcp://127.0.0.1:0", PublisherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	peer := dialRaw(t, p.Endpoint())
	peer.subscribe(t, 0, "")
	waitSubscribers(t, p, 1)
	cancel()
	if err := p.Publish(soon(t), bus.Outgoing{Topic: "t"}); !errors.Is(err, ErrClosed) {
		t.Errorf("Publish: %v", err)
	}
	peer.untilClosed()
	waitSubscribers(t, p, 0)
	if err := p.Close(soon(t)); err != nil {
		t.Errorf("Close: %v", err)
	}
}
