package zmq

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

// startPublisher listens until the test ends; most tests close it themselves.
func startPublisher(t testing.TB, endpoint string, options PublisherOptions) *Publisher {
	t.Helper()
	p, err := Listen(context.Background(), endpoint, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		p.Close(ctx)
	})
	return p
}

func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func waitSubscribers(t testing.TB, p *Publisher, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d subscribers", n), func() bool { return p.Subscribers() == n })
}

// sendNumbered sends n messages and returns what testdata/peer.py makes of
// them when all arrive in order.
func sendNumbered(p *Publisher, topic string, n, size int) (digest string) {
	h := sha256.New()
	for i := range n {
		body := append(fmt.Appendf(nil, "%d ", i), strings.Repeat("x", size)...)
		h.Write([]byte(topic))
		h.Write(body)
		p.Send([]byte(topic), body)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestPublisherFeedsLibzmqSubscribers(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	p := startPublisher(t, "tcp://127.0.0.1:*", PublisherOptions{})
	const subscribers = 10
	for i := range subscribers {
		peer.ask("open sub RCVHWM=0")
		peer.ask("subscribe %d org.", i)
		peer.ask("connect %d %s", i, p.Endpoint())
	}
	waitSubscribers(t, p, subscribers)
	if queued := p.Send([]byte("com.unwanted"), []byte("x")); queued != 0 {
		t.Errorf("an unwanted message was queued %d times", queued)
	}
	want := "org.x " + sendNumbered(p, "org.x", 5000, 1200)
	for i := range subscribers {
		if got := peer.ask("receive %d 5000", i); got != want {
			t.Errorf("subscriber %d received %s, want %s", i, got, want)
		}
	}
	for _, peer := range p.Peers() {
		if peer.Sent != 5000 || peer.Dropped != 0 || peer.Queued != 0 || peer.Prefixes != 1 || peer.Version != "3.1" {
			t.Errorf("%+v", peer)
		}
	}
	if err := p.Close(soon(t)); err != nil {
		t.Errorf("Close: %v", err)
	}
	if p.Dropped() != 0 {
		t.Errorf("%d dropped", p.Dropped())
	}
}

// Close returns when libzmq has read everything, however much was queued.
func TestCloseLosesNothing(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{HighWaterMark: -1})
	peer.ask("open sub RCVHWM=0")
	peer.ask("subscribe 0")
	peer.ask("connect 0 %s", p.Endpoint())
	if err := p.WaitSubscriber(soon(t), "t"); err != nil {
		t.Fatal(err)
	}
	want := "t " + sendNumbered(p, "t", 20_000, 1000)
	if err := p.Close(soon(t)); err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := peer.ask("receive 0 20000"); got != want {
		t.Errorf("received %s, want %s", got, want)
	}
	if err := p.Close(soon(t)); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if n := p.Send([]byte("t"), []byte("late")); n != 0 {
		t.Errorf("queued after Close: %d", n)
	}
	if err := p.Publish(soon(t), bus.Outgoing{Topic: "t"}); !errors.Is(err, ErrClosed) {
		t.Errorf("Publish after Close: %v", err)
	}
	if err := p.WaitSubscriber(soon(t), "t"); !errors.Is(err, ErrClosed) {
		t.Errorf("WaitSubscriber after Close: %v", err)
	}
}

// A one-shot publisher that connects to a relay, as fedmsg-logger does.
func TestConnectedPublisherReachesABoundLibzmqSubscriber(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	peer.ask("open sub RCVHWM=0")
	peer.ask("subscribe 0")
	endpoint := peer.ask("bind 0 tcp://127.0.0.1:*")
	// A libzmq socket that listens subscribes only while its owner is in one of
	// its calls.
	peer.tell("receive 0 20")
	for i := range 20 {
		p, err := Connect(context.Background(), endpoint, PublisherOptions{})
		if err != nil {
			t.Fatal(err)
		}
		topic := fmt.Sprintf("shot.%d", i)
		if err := p.WaitSubscriber(soon(t), topic); err != nil {
			t.Fatal(err)
		}
		if err := p.Publish(soon(t), bus.Outgoing{Topic: topic, Envelope: []byte(`{}`)}); err != nil {
			t.Fatal(err)
		}
		if err := p.Close(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
	if got := peer.answer("receive"); strings.Count(got, "shot.") != 20 {
		t.Errorf("received %s", got)
	}
}

func TestConnectedPublisherReconnects(t *testing.T) {
	leavesNothing(t)
	peer := startLibzmq(t)
	endpoint := unusedEndpoint(t)
	var events eventLog
	p, err := Connect(context.Background(), endpoint, PublisherOptions{
		Backoff: Backoff{Min: time.Millisecond, Max: 10 * time.Millisecond},
		Report:  events.add,
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "refused", func() bool { return events.count(bus.EventLost) > 1 })
	if err := p.Publish(soon(t), bus.Outgoing{Topic: "t"}); !errors.Is(err, ErrNoSubscriber) ||
		!errors.Is(err, syscall.ECONNREFUSED) || !strings.Contains(err.Error(), "refused: nothing listens on") {
		t.Errorf("Publish: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := p.WaitSubscriber(ctx, "t"); !errors.Is(err, ErrNoSubscriber) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("WaitSubscriber: %v", err)
	}
	for life := range 2 {
		peer.ask("open sub")
		peer.ask("subscribe %d", life)
		peer.ask("bind %d %s", life, endpoint)
		peer.tell("receive %d 1", life)
		if err := p.WaitSubscriber(soon(t), "t"); err != nil {
			t.Fatal(err)
		}
		if err := p.Publish(soon(t), bus.Outgoing{Topic: "t", Envelope: []byte("e")}); err != nil {
			t.Fatal(err)
		}
		peer.answer("receive")
		peer.ask("close %d", life)
		eventually(t, "gone", func() bool { return p.Subscribers() == 0 })
	}
	if err := p.Close(soon(t)); err != nil {
		t.Errorf("Close: %v", err)
	}
}

type eventLog struct {
	mu  sync.Mutex
	all []bus.Event
}

func (l *eventLog) add(e bus.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, e)
}

func (l *eventLog) of(kind bus.EventKind) []bus.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	var some []bus.Event
	for _, e := range l.all {
		if e.Kind == kind {
			some = append(some, e)
		}
	}
	return some
}

func (l *eventLog) count(kind bus.EventKind) int { return len(l.of(kind)) }

// subscribe makes a raw peer a subscriber.
func (p *rawPeer) subscribe(t testing.TB, minor byte, prefixes ...string) {
	t.Helper()
	if err := p.handshake(minor, "SUB"); err != nil {
		t.Fatal(err)
	}
	for _, prefix := range prefixes {
		if err := p.send(rawFrame(0, []byte("\x01"+prefix))); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *rawPeer) wantMessage(t testing.TB, frames ...string) {
	t.Helper()
	for i, want := range frames {
		flags, body, err := p.readFrame()
		if err != nil {
			t.Fatal(err)
		}
		more := flags&flagMore != 0
		if string(body) != want || more != (i < len(frames)-1) {
			t.Fatalf("frame %d: %.80q, more %v; want %.80q", i, body, more, want)
		}
	}
}

// A stopped subscriber fills its own queue and nothing else.
func TestStalledSubscriberHurtsOnlyItself(t *testing.T) {
	leavesNothing(t)
	stalled, honest := startLibzmq(t), startLibzmq(t)
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{HighWaterMark: 500})
	stalled.ask("open sub")
	stalled.ask("subscribe 0")
	stalled.ask("connect 0 %s", p.Endpoint())
	waitSubscribers(t, p, 1)
	if err := syscall.Kill(stalled.pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	honest.ask("open sub RCVHWM=0")
	honest.ask("subscribe 0")
	honest.ask("connect 0 %s", p.Endpoint())
	waitSubscribers(t, p, 2)

	// Rounds small enough for any queue, until the stalled one has overflowed.
	body := []byte(strings.Repeat("x", 10_000))
	sent := 0
	for p.Dropped() < 1000 {
		for range 100 {
			p.Send([]byte("t"), body)
		}
		sent += 100
		eventually(t, "the honest one has taken its share", func() bool { return p.Peers()[1].Sent == uint64(sent) })
		if sent > 1_000_000 {
			t.Fatal("the stalled subscriber takes everything")
		}
	}
	honest.ask("receive 0 %d", sent)
	peers := p.Peers()
	if peers[1].Dropped != 0 || peers[0].Dropped != p.Dropped() {
		t.Errorf("dropped: %d in all, %+v", p.Dropped(), peers)
	}
	if peers[0].Queued != 500 || peers[0].Sent+peers[0].Dropped+500 > uint64(sent) {
		t.Errorf("of %d: %+v", sent, peers[0])
	}

	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	err := p.Close(ctx)
	var unconfirmed *UnconfirmedError
	if !errors.As(err, &unconfirmed) || !errors.Is(err, ErrUnconfirmed) {
		t.Fatalf("Close: %v", err)
	}
	if unconfirmed.Subscribers != 2 || unconfirmed.Unconfirmed != 1 || unconfirmed.Unwritten < 500 {
		t.Errorf("Close: %+v", unconfirmed)
	}
}

// Every message that was wanted is either sent or counted as dropped, also
// when the queue is bounded by bytes and the subscriber leaves.
func TestDropsAreCounted(t *testing.T) {
	leavesNothing(t)
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{HighWaterMark: -1, MaxQueueBytes: 1 << 20})
	peer := dialRaw(t, p.Endpoint())
	if err := peer.Conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	peer.subscribe(t, 0, "t")
	waitSubscribers(t, p, 1)
	body := make([]byte, 50_000)
	wanted, queued := uint64(0), uint64(0)
	// Until the sockets take nothing more: nothing is written while very many
	// are dropped.
	for written, since := uint64(0), uint64(0); p.Dropped()-since < 20_000; {
		wanted++
		queued += uint64(p.Send([]byte("t"), body))
		if now := p.Peers()[0].Sent; now != written {
			written, since = now, p.Dropped()
		}
	}
	if p.Dropped() != wanted-queued {
		t.Errorf("%d wanted, %d queued, %d dropped", wanted, queued, p.Dropped())
	}
	if n := p.Peers()[0].Queued; n > 1<<20/50_000 {
		t.Errorf("%d messages of 50 kB are queued, more than a MiB", n)
	}
	if err := p.Publish(soon(t), bus.Outgoing{Topic: "t", Envelope: body}); err != nil && !errors.Is(err, ErrQueueFull) {
		t.Errorf("Publish: %v", err)
	}
	before := p.Peers()[0]
	peer.Close()
	eventually(t, "gone", func() bool { return p.Subscribers() == 0 })
	// A message or two may still have found room in a socket.
	if p.Dropped() == before.Dropped {
		t.Errorf("%d dropped after the subscriber left; before: %+v", p.Dropped(), before)
	}
}

// With Block a slow subscriber loses nothing.
func TestBlockingPublisherWaits(t *testing.T) {
	leavesNothing(t)
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{HighWaterMark: 3, Block: true})
	peer := dialRaw(t, p.Endpoint())
	peer.subscribe(t, 0, "t")
	waitSubscribers(t, p, 1)
	const n = 150
	body := strings.Repeat("x", 100_000) // far more in all than sockets buffer
	sent := make(chan int)
	go func() {
		queued := 0
		for range n {
			queued += p.Send([]byte("t"), []byte(body))
		}
		sent <- queued
	}()
	for range n {
		peer.wantMessage(t, "t", body)
	}
	if queued := <-sent; queued != n || p.Dropped() != 0 {
		t.Errorf("%d queued, %d dropped", queued, p.Dropped())
	}

	// Nobody reads any more: Publish gives up when its context ends, Send when
	// the publisher is closed.
	fill := func() error {
		for {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			err := p.Publish(ctx, bus.Outgoing{Topic: "t", Envelope: []byte(body)})
			cancel()
			if err != nil && (errors.Is(err, ErrQueueFull) || !errors.Is(err, context.DeadlineExceeded)) {
				return err // and not only slow to begin
			}
		}
	}
	if err := fill(); !errors.Is(err, ErrQueueFull) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Publish: %v", err)
	}
	go func() { sent <- p.Send([]byte("t"), []byte("x")) }()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Close(ctx); !errors.Is(err, ErrUnconfirmed) {
		t.Errorf("Close: %v", err)
	}
	if queued := <-sent; queued != 0 {
		t.Errorf("Send: %d", queued)
	}
}

func TestPublisherFollowsSubscriptions(t *testing.T) {
	leavesNothing(t)
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{})
	peer := dialRaw(t, p.Endpoint())
	peer.subscribe(t, 1, "a")
	// Junk that is none of a subscriber's business, then the commands of ZMTP
	// 3.1, long and short, twice and cancelled once, then old ones.
	long := strings.Repeat("l", 300)
	if err := peer.send(
		slices.Concat(slices.Repeat([][]byte{rawMessage("xyz")}, 50)...), rawMessage(""), rawMessage("\x01z", "two frames"),
		rawCommand("SUBSCRIBE", "b"), rawCommand("SUBSCRIBE", "b"), rawCommand("CANCEL", "b"), rawCommand("SUBSCRIBE", long),
		rawFrame(0, []byte("\x00a")), rawCommand("SUBSCRIBE", "last"),
	); err != nil {
		t.Fatal(err)
	}
	if err := p.WaitSubscriber(soon(t), "last"); err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string]int{"a": 0, "b": 1, "bc": 1, long: 1, long[1:]: 0, "z": 0, "xyz": 0, "last": 1} {
		if got := p.Send([]byte(topic)); got != want {
			t.Errorf("%.10q queued %d times, want %d", topic, got, want)
		}
	}
	if got := p.Peers()[0].Prefixes; got != 3 {
		t.Errorf("%d prefixes", got)
	}
	peer.Close()
	eventually(t, "gone", func() bool { return len(p.Peers()) == 0 })
}

func TestPublisherSendsAnyFrames(t *testing.T) {
	leavesNothing(t)
	p := startPublisher(t, "tcp://127.0.0.1:0", PublisherOptions{})
	peer := dialRaw(t, p.Endpoint())
	peer.subscribe(t, 0, "")
	waitSubscribers(t, p, 1)
	long := strings.Repeat("y", 70_000)
	p.Send([]byte("one"))
	p.Send([]byte("a"), []byte("b"), []byte("c"))
	p.Send(nil, nil)
	p.Send([]byte("t"), []byte(long))
	if n := p.Send(); n != 0 {
		t.Errorf("a message without frames was queued %d times", n)
	}
	peer.wantMessage(t, "one")
	peer.wantMessage(t, "a", "b", "c")
	peer.wantMessage(t, "", "")
	peer.wantMessage(t, "t", long)
	if err := p.Publish(soon(t), bus.Outgoing{Topic: "topic", Envelope: []byte("{}")}); err != nil {
		t.Error(err)
	}
	peer.wantMessage(t, "topic", "{}")
}
