package zmq

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

// patience bounds every wait of these tests. It is only spent when they fail.
const patience = 20 * time.Second

// eventually waits until done says so.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(2 * time.Millisecond)
	defer ticker.Stop()
	giveUp := time.After(patience)
	for !done() {
		select {
		case <-ticker.C:
		case <-giveUp:
			stacks := make([]byte, 1<<20)
			t.Logf("%s", stacks[:runtime.Stack(stacks, true)])
			t.Fatalf("waited %v in vain: %s", patience, what)
		}
	}
}

// leavesNothing fails the test when it leaves goroutines behind. It must be
// called first, so that it looks last.
func leavesNothing(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		eventually(t, "goroutines that were left behind", func() bool { return runtime.NumGoroutine() <= before })
	})
}

// collector is a sink that keeps everything.
type collector struct {
	mu       sync.Mutex
	messages []bus.Message
	batches  []int
	events   []bus.Event
	full     bool // refuse batches
}

func (c *collector) Deliver(batch []bus.Message) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full {
		return false
	}
	c.messages = append(c.messages, batch...)
	c.batches = append(c.batches, len(batch))
	return true
}

func (c *collector) Report(e bus.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, e)
}

func (c *collector) received() []bus.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.messages)
}

func (c *collector) reported(kind bus.EventKind) []bus.Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []bus.Event
	for _, e := range c.events {
		if e.Kind == kind {
			all = append(all, e)
		}
	}
	return all
}

func (c *collector) waitMessages(t testing.TB, n int) []bus.Message {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages", n), func() bool { return len(c.received()) >= n })
	return c.received()
}

func (c *collector) waitEvents(t testing.TB, kind bus.EventKind, n int) []bus.Event {
	t.Helper()
	eventually(t, fmt.Sprintf("%d events %q", n, kind), func() bool { return len(c.reported(kind)) >= n })
	return c.reported(kind)
}

// quick are options for tests: they come back fast.
func quick() SourceOptions {
	return SourceOptions{Backoff: Backoff{Min: time.Millisecond, Max: 20 * time.Millisecond, MaxProtocol: 20 * time.Millisecond}}
}

// startSource runs a source until the test ends and then checks that Run
// returns without an error.
func startSource(t testing.TB, endpoint string, options SourceOptions) (*Source, *collector) {
	t.Helper()
	source, err := NewSource(1, endpoint, options)
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{}
	runSource(t, source, c)
	return source, c
}

func runSource(t testing.TB, source *Source, sink bus.Sink) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- source.Run(ctx, sink) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			t.Error("Run does not return")
		}
		if state := source.Status().State; state != bus.StateStopped {
			t.Errorf("state after Run is %q", state)
		}
	})
}

// unusedEndpoint is one at which nothing listens.
func unusedEndpoint(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	return "tcp://" + ln.Addr().String()
}

// listenRaw serves connections with script until the test ends. Script errors
// are the peer's own business: it talks to somebody who may hang up.
func listenRaw(t testing.TB, script func(n int, c *rawPeer) error) (endpoint string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	all.Go(func() {
		for n := 0; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			all.Go(func() {
				defer conn.Close()
				script(n, &rawPeer{conn})
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		mu.Lock()
		for conn := range open {
			conn.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return "tcp://" + ln.Addr().String()
}

// dialRaw connects to an endpoint of ours.
func dialRaw(t testing.TB, endpoint string) *rawPeer {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return &rawPeer{conn}
}

// rawPeer speaks ZMTP byte by byte.
type rawPeer struct{ net.Conn }

// greeting3 is a whole greeting of ZMTP 3.
func greeting3(minor byte, mechanism string) []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10], g[11] = 0xff, 0x7f, 3, minor
	copy(g[12:], mechanism)
	return g
}

func readyCommand(socket string) []byte {
	body := []byte("\x05READY\x0bSocket-Type")
	body = binary.BigEndian.AppendUint32(body, uint32(len(socket)))
	body = append(body, socket...)
	return append(body, "\x08Identity\x00\x00\x00\x00"...)
}

// rawFrame is one frame with its header.
func rawFrame(flags byte, body []byte) []byte {
	if len(body) <= 255 {
		return append([]byte{flags, byte(len(body))}, body...)
	}
	frame := binary.BigEndian.AppendUint64([]byte{flags | flagLong}, uint64(len(body)))
	return append(frame, body...)
}

func rawMessage(frames ...string) []byte {
	var all []byte
	for i, frame := range frames {
		flags := byte(flagMore)
		if i == len(frames)-1 {
			flags = 0
		}
		all = append(all, rawFrame(flags, []byte(frame))...)
	}
	return all
}

func rawCommand(name, body string) []byte {
	return rawFrame(flagCommand, append(append([]byte{byte(len(name))}, name...), body...))
}

func (p *rawPeer) send(parts ...[]byte) error {
	_, err := p.Write(slices.Concat(parts...))
	return err
}

// readFrame reads a short or long frame.
func (p *rawPeer) readFrame() (flags byte, body []byte, err error) {
	header := make([]byte, 9)
	if _, err := io.ReadFull(p, header[:2]); err != nil {
		return 0, nil, err
	}
	size := uint64(header[1])
	if header[0]&flagLong != 0 {
		if _, err := io.ReadFull(p, header[2:]); err != nil {
			return 0, nil, err
		}
		size = binary.BigEndian.Uint64(header[1:])
	}
	if size > 1<<24 {
		return 0, nil, fmt.Errorf("frame of %d bytes", size)
	}
	body = make([]byte, size)
	_, err = io.ReadFull(p, body)
	return header[0], body, err
}

// handshake speaks ZMTP 3.minor up to the first message. With a publisher's
// socket type it also waits for the first subscription.
func (p *rawPeer) handshake(minor byte, socket string) error {
	if err := p.send(greeting3(minor, "NULL")); err != nil {
		return err
	}
	theirs := make([]byte, 64)
	if _, err := io.ReadFull(p, theirs); err != nil {
		return err
	}
	if err := p.send(rawFrame(flagCommand, readyCommand(socket))); err != nil {
		return err
	}
	flags, body, err := p.readFrame()
	if err != nil {
		return err
	}
	if flags != flagCommand || !strings.HasPrefix(string(body), "\x05READY") {
		return fmt.Errorf("%02x %q where READY was due", flags, body)
	}
	if socket == "PUB" || socket == "XPUB" {
		if _, body, err = p.readFrame(); err == nil && (len(body) == 0 || body[0] != 1) {
			err = fmt.Errorf("%q where a subscription was due", body)
		}
	}
	return err
}

// untilClosed waits for the other side to hang up.
func (p *rawPeer) untilClosed() error {
	_, err := io.Copy(io.Discard, p)
	if err == nil {
		err = errors.New("closed")
	}
	return err
}
