package client_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/zmq"
)

func settingsFor(addresses ...string) *config.Settings {
	s := &config.Settings{}
	for _, a := range addresses {
		s.Endpoints = append(s.Endpoints, config.Endpoint{Name: "test", Address: a, Written: a})
	}
	return s
}

func publisher(t *testing.T, ctx context.Context) *zmq.Publisher {
	t.Helper()
	p, err := zmq.Listen(ctx, "tcp://127.0.0.1:*", zmq.PublisherOptions{Block: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close(context.Background()) })
	return p
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func envelope(topic string, i int) []byte {
	return fmt.Appendf(nil, `{"i":%d,"msg":{},"topic":%q}`, i, topic)
}

// settled waits until no more goroutines run than before.
func settled(t *testing.T, before int) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("%d goroutines instead of %d:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}

func TestTailYieldsScannedMessagesInOrder(t *testing.T) {
	ctx := limited(t)
	p := publisher(t, ctx)
	before := runtime.NumGoroutine()
	c, err := client.New(settingsFor(p.Endpoint()))
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan error, 1)
	go func() {
		err := p.WaitSubscriber(ctx, "org.x")
		for i := range 2000 {
			p.Send([]byte("org.x"), envelope("org.x", i))
			if i == 999 {
				p.Send([]byte("org.broken"), []byte("{"))
			}
		}
		sent <- err
	}()
	next, broken := 0, 0
	for m, err := range c.Tail(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if m.Malformed() {
			if next != 1000 || m.Problem.Code != bus.ProblemJSON {
				t.Errorf("after %d: %v", next, m.Problem)
			}
			broken++
			continue
		}
		if m.Head.I != int64(next) || m.EnvelopeTopic() != "org.x" {
			t.Fatalf("message %d has i %d, topic %q", next, m.Head.I, m.EnvelopeTopic())
		}
		if next++; next == 2000 {
			break
		}
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if broken != 1 {
		t.Errorf("%d malformed messages instead of one", broken)
	}
	if s := c.Status()[0]; s.Received != 2001 || s.State != bus.StateStopped {
		t.Errorf("status %+v", s)
	}
	if err := p.Close(ctx); err != nil && !errors.Is(err, zmq.ErrUnconfirmed) {
		t.Error(err)
	}
	settled(t, before)
}

func TestTailTellsOfLossesAndGoesOn(t *testing.T) {
	ctx := limited(t)
	p := publisher(t, ctx)
	endpoint := p.Endpoint()
	backoff := zmq.Backoff{Min: time.Millisecond, Max: 5 * time.Millisecond}
	c, err := client.New(settingsFor(endpoint), client.WithZMQ(zmq.SourceOptions{Backoff: backoff}))
	if err != nil {
		t.Fatal(err)
	}
	send := func(p *zmq.Publisher, i int) {
		if err := p.WaitSubscriber(ctx, "org.x"); err != nil {
			t.Error(err)
		}
		p.Send([]byte("org.x"), envelope("org.x", i))
	}
	go send(p, 1)
	var got []string
	for m, err := range c.Tail(ctx) {
		var lost *client.SourceError
		switch {
		case errors.As(err, &lost):
			got = append(got, "lost")
			if lost.Event.Endpoint != endpoint || lost.Unwrap() == nil {
				t.Errorf("lost %+v", lost.Event)
			}
			if len(got) == 2 { // the publisher comes back
				again, err := zmq.Listen(ctx, endpoint, zmq.PublisherOptions{})
				if err != nil {
					t.Fatal(err)
				}
				defer again.Close(ctx)
				go send(again, 2)
			}
			continue
		case err != nil:
			t.Fatal(err)
		}
		got = append(got, fmt.Sprint(m.Head.I))
		if m.Head.I == 2 {
			break
		}
		_ = p.Close(ctx)
	}
	// A refused attempt may be told between the loss and the return.
	if text := strings.Join(got, " "); !strings.HasPrefix(text, "1 lost") || !strings.HasSuffix(text, " 2") {
		t.Errorf("saw %q", text)
	}
}

func TestNewExplains(t *testing.T) {
	if _, err := client.New(&config.Settings{}); !errors.Is(err, client.ErrNothingConfigured) {
		t.Errorf("nothing configured: %v", err)
	}
	if _, err := client.New(settingsFor("pgm://x")); err == nil || !strings.Contains(err.Error(), "pgm") {
		t.Errorf("unknown transport: %v", err)
	}
}

func TestSameAddressIsReadOnce(t *testing.T) {
	c, err := client.New(settingsFor("tcp://127.0.0.1:1", "tcp://127.0.0.1:2", "tcp://127.0.0.1:1"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Status()); n != 2 {
		t.Errorf("%d sources", n)
	}
}

func TestRunEndsWithTheContext(t *testing.T) {
	before := runtime.NumGoroutine()
	c, err := client.New(settingsFor("tcp://127.0.0.1:1", "tcp://no-such-host.invalid:9940"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Run(ctx, func([]bus.Message) bool { return true }); err != nil {
		t.Error(err)
	}
	settled(t, before)
}

// finite is a source that ends by itself.
type finite struct {
	messages int
	err      error
}

func (f *finite) Endpoint() string   { return "finite" }
func (f *finite) Status() bus.Status { return bus.Status{Endpoint: "finite"} }
func (f *finite) Run(_ context.Context, sink bus.Sink) error {
	for i := range f.messages {
		sink.Deliver([]bus.Message{{Frames: [][]byte{[]byte("t"), envelope("t", i)}}})
	}
	return f.err
}

func TestRunTellsWhySourcesEnded(t *testing.T) {
	broken := errors.New("broken")
	var ended []bus.Event
	c := client.FromSources([]bus.Source{&finite{messages: 300}, &finite{messages: 1, err: broken}},
		client.OnEvent(func(e bus.Event) { ended = append(ended, e) }))
	got := 0
	err := c.Run(limited(t), func(batch []bus.Message) bool { got += len(batch); return true })
	if !errors.Is(err, broken) || got != 301 {
		t.Errorf("%d messages, %v", got, err)
	}
	if len(ended) != 1 || ended[0].Source != 2 || ended[0].Kind != bus.EventEnded {
		t.Errorf("events %+v", ended)
	}
}

// counting hands over large messages until it is told to end.
type counting struct {
	bytes    int
	accepted atomic.Int64
}

func (c *counting) Endpoint() string   { return "counting" }
func (c *counting) Status() bus.Status { return bus.Status{} }
func (c *counting) Run(_ context.Context, sink bus.Sink) error {
	for sink.Deliver([]bus.Message{{Frames: [][]byte{nil, make([]byte, c.bytes)}}}) {
		c.accepted.Add(1)
	}
	return nil
}

// A consumer that stands still costs megabytes, however large the messages are.
func TestQueueIsBoundedInBytes(t *testing.T) {
	for _, megabytes := range []int{1, 3, 15} {
		synctest.Test(t, func(t *testing.T) {
			source := &counting{bytes: megabytes << 20}
			ctx, cancel := context.WithCancel(t.Context())
			release, done := make(chan struct{}), make(chan error, 1)
			go func() {
				done <- client.FromSources([]bus.Source{source}).Run(ctx, func([]bus.Message) bool { <-release; return true })
			}()
			synctest.Wait()
			// One that is larger than the queue is taken alone.
			if n := source.accepted.Load(); n != int64(max(8/megabytes, 1)) {
				t.Errorf("%d messages of %d MiB were taken", n, megabytes)
			}
			cancel()
			close(release)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// flaky reports a loss between any two messages, as an endpoint that is away
// does beside one that delivers.
type flaky struct {
	finite
	reasons []string
}

func (f *flaky) Run(_ context.Context, sink bus.Sink) error {
	for i, reason := range f.reasons {
		sink.Report(bus.Event{Source: 1, Endpoint: "away", Kind: bus.EventLost, Err: errors.New(reason)})
		sink.Deliver([]bus.Message{{Source: 2, Frames: [][]byte{[]byte("t"), envelope("t", i)}}})
	}
	return nil
}

func TestTailTellsEachReasonOnce(t *testing.T) {
	source := &flaky{reasons: []string{"refused", "refused", "refused", "no such host", "no such host", "refused"}}
	var told []string
	messages := 0
	for _, err := range client.FromSources([]bus.Source{source, &finite{}}).Tail(limited(t)) {
		var lost *client.SourceError
		if errors.As(err, &lost) {
			told = append(told, lost.Event.Err.Error())
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		messages++
	}
	if want := []string{"refused", "no such host", "refused"}; messages != 6 || !slices.Equal(told, want) {
		t.Errorf("%d messages, told %q", messages, told)
	}
}
