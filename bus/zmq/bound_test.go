package zmq

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fedmsg-tui/bus"
)

func TestBoundSourceTakesManyLibzmqPublishers(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	options := quick()
	options.Bind = true
	source, c := startSource(t, "tcp://127.0.0.1:*", options)
	note := c.waitEvents(t, bus.EventNote, 1)[0]
	endpoint := source.BoundEndpoint()
	if note.Text != "listening on "+endpoint || !strings.HasPrefix(endpoint, "tcp://127.0.0.1:") {
		t.Fatalf("note %q, bound %q", note.Text, endpoint)
	}
	if s := source.Status(); s.State != bus.StateListening || s.Peers != 0 {
		t.Errorf("status %+v", s)
	}
	const publishers, each = 10, 200
	for i := range publishers {
		peer.ask("open xpub")
		peer.ask("connect %d %s", i, endpoint)
	}
	for i := range publishers {
		peer.ask("awaitsub %d", i)
		peer.ask("send %d pub.%d %d 300", i, i, each)
	}
	next := map[string]int{}
	for _, m := range c.waitMessages(t, publishers*each) {
		topic := string(m.Topic())
		if want := fmt.Sprintf("%d ", next[topic]); !strings.HasPrefix(string(m.Envelope()), want) {
			t.Fatalf("%s: %.10q, want %q", topic, m.Envelope(), want)
		}
		next[topic]++
	}
	if len(next) != publishers {
		t.Errorf("messages of %d publishers", len(next))
	}
	if s := source.Status(); s.State != bus.StateUp || s.Peers != publishers || s.Connects != publishers {
		t.Errorf("status %+v", s)
	}
	for i := range publishers {
		peer.ask("close %d", i)
	}
	c.waitEvents(t, bus.EventPeerGone, publishers)
	eventually(t, "no peers", func() bool { return source.Status().Peers == 0 })
	if s := source.Status(); s.State != bus.StateListening {
		t.Errorf("status %+v", s)
	}
}

// A relay's inbound socket must survive whatever connects to it, and honest
// publishers must not wait for the others.
func TestBoundSourceOutlivesHostilePeers(t *testing.T) {
	leavesNothing(t)
	options := quick()
	options.Bind = true
	options.Limits.MaxPending = 4
	options.Timeouts.Handshake = patience
	source, c := startSource(t, "tcp://127.0.0.1:0", options)
	eventually(t, "listening", func() bool { return source.BoundEndpoint() != "" })
	endpoint := source.BoundEndpoint()

	honest := dialRaw(t, endpoint)
	if err := honest.handshake(0, "PUB"); err != nil {
		t.Fatal(err)
	}
	c.waitEvents(t, bus.EventConnected, 1)
	// More silent clients than may wait at once.
	silent := make([]*rawPeer, 10)
	for i := range silent {
		silent[i] = dialRaw(t, endpoint)
	}
	for _, e := range c.waitEvents(t, bus.EventRejected, 6) {
		if !errors.Is(e.Err, ErrPushedOut) {
			t.Errorf("rejected: %v", e.Err)
		}
	}
	for _, p := range silent {
		p.Close()
	}
	expected := len(silent)
	for _, row := range hostilePublishers {
		if row.kind == ErrHandshakeTimeout {
			continue
		}
		if p := dialRaw(t, endpoint); row.script(p) != nil {
			p.Close()
		}
		expected++
	}
	eventually(t, "all of them gone", func() bool {
		return len(c.reported(bus.EventPeerGone))+len(c.reported(bus.EventRejected)) == expected
	})
	late := dialRaw(t, endpoint)
	if err := late.handshake(0, "XPUB"); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*rawPeer{honest, late} {
		if err := p.send(rawMessage("t", "honest")); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "both honest messages", func() bool {
		n := 0
		for _, text := range texts(c.received()) {
			if text == "t|honest" {
				n++
			}
		}
		return n == 2
	})
}

func TestBoundSourceLimitsPeers(t *testing.T) {
	leavesNothing(t)
	options := quick()
	options.Bind = true
	options.Limits.MaxPeers = 2
	source, c := startSource(t, "tcp://127.0.0.1:0", options)
	eventually(t, "listening", func() bool { return source.BoundEndpoint() != "" })
	peers := make([]*rawPeer, 3)
	for i := range peers {
		peers[i] = dialRaw(t, source.BoundEndpoint())
		if err := peers[i].handshake(0, "PUB"); err != nil && i < 2 {
			t.Fatal(err)
		}
	}
	if e := c.waitEvents(t, bus.EventRejected, 1)[0]; !errors.Is(e.Err, ErrTooManyPeers) {
		t.Errorf("rejected: %v", e.Err)
	}
	peers[0].Close()
	c.waitEvents(t, bus.EventPeerGone, 1)
	eventually(t, "room for another", func() bool {
		p := dialRaw(t, source.BoundEndpoint())
		return p.handshake(0, "PUB") == nil
	})
}

func TestSourceCannotListen(t *testing.T) {
	leavesNothing(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	endpoint := "tcp://" + ln.Addr().String()
	source, err := NewSource(3, endpoint, SourceOptions{Bind: true})
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{}
	err = source.Run(t.Context(), c)
	if !errors.Is(err, ErrListen) || !strings.HasPrefix(err.Error(), "cannot listen on "+endpoint+": address in use") {
		t.Errorf("Run: %v", err)
	}
	if e := c.reported(bus.EventEnded); len(e) != 1 || !errors.Is(e[0].Err, ErrListen) {
		t.Errorf("events %+v", e)
	}
	if s := source.Status(); s.State != bus.StateStopped || !errors.Is(s.Err, ErrListen) {
		t.Errorf("status %+v", s)
	}
}

// A file that a crashed listener left behind is taken over; one that is in use
// is not, nor one that is no socket.
func TestSourceTakesOverAnAbandonedSocketFile(t *testing.T) {
	leavesNothing(t)
	folder := t.TempDir()
	abandoned := filepath.Join(folder, "abandoned")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: abandoned, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	ln.SetUnlinkOnClose(false)
	ln.Close()
	options := quick()
	options.Bind = true
	source, _ := startSource(t, "ipc://"+abandoned, options)
	eventually(t, "listening", func() bool { return source.BoundEndpoint() == "ipc://"+abandoned })

	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{abandoned, file} {
		other, err := NewSource(2, "ipc://"+path, options)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Run(t.Context(), &collector{}); !errors.Is(err, ErrListen) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "precious" {
		t.Errorf("file: %q %v", got, err)
	}
}
