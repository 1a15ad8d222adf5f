package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zeromq/zmq4"

	"fedmsg-tui/bus"
)

// PublisherOptions say how much a [Publisher] holds for slow subscribers. The
// zero value is right for a bus.
type PublisherOptions struct {
	// HighWaterMark bounds the messages that wait for one subscriber, 10,000.
	// Negative: only MaxQueueBytes counts.
	HighWaterMark int
	// MaxQueueBytes bounds the bytes of these messages, 64 MiB. A message that
	// is larger waits alone.
	MaxQueueBytes int64
	// Block makes Send and Publish wait for room in every queue instead of
	// dropping. The slowest subscriber then sets the pace of all: right for
	// feeding a file to known readers, wrong for a bus.
	Block bool
	// Report is told about subscribers that come, go and are refused, and in
	// Connect about lost connections. It is called from several goroutines and
	// must not block. Nil: nobody is told.
	Report func(bus.Event)

	// Limits of what subscribers send, which is only ever subscriptions: here
	// MaxFrameBytes and MaxMessageBytes default to 16 KiB.
	Limits   Limits
	Timeouts Timeouts
	Backoff  Backoff // for Connect
}

func (o PublisherOptions) withDefaults() PublisherOptions {
	orDefault(&o.HighWaterMark, 10_000)
	orDefault(&o.MaxQueueBytes, 64<<20)
	orDefault(&o.Limits.MaxFrameBytes, handshakeLimitBytes)
	orDefault(&o.Limits.MaxMessageBytes, handshakeLimitBytes)
	o.HighWaterMark = max(o.HighWaterMark, 0)
	o.Limits = o.Limits.withDefaults()
	o.Timeouts = o.Timeouts.withDefaults()
	o.Backoff = o.Backoff.withDefaults()
	return o
}

// Publisher sends messages to all who subscribe to them. Each subscriber has a
// queue and a writing goroutine of its own, so one that is slow, stopped or
// hostile costs the others nothing; when its queue is full, messages to it are
// dropped and counted. It is a [bus.Publisher]. Its methods may be called from
// several goroutines.
type Publisher struct {
	endpoint string // where we listen, or what we dial
	options  PublisherOptions

	life   context.Context // its end closes all links
	kill   context.CancelFunc
	intake context.Context // its end stops accepting and dialling
	stop   context.CancelFunc
	done   chan struct{} // closed when all goroutines have ended

	received atomic.Uint64 // bytes
	// list is what Send goes through, without a lock; it is replaced, never
	// changed, under mu.
	list atomic.Pointer[[]*subscriber]

	mu      sync.Mutex
	closing bool
	changed chan struct{} // closed and replaced when a subscription changes
	lastErr error         // why we are not connected, in Connect
	dropped uint64        // messages, of subscribers that have left
	end     UnconfirmedError
}

var _ bus.Publisher = (*Publisher)(nil)

// Listen binds endpoint and takes in subscribers until Close is called or ctx
// ends; the latter loses what is queued. Port 0 or * lets the system choose
// one: see [Publisher.Endpoint].
func Listen(ctx context.Context, endpoint string, options PublisherOptions) (*Publisher, error) {
	parsed, err := ParseEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	ln, err := listen(ctx, parsed)
	if err != nil {
		return nil, err
	}
	p := newPublisher(ctx, parsed.bound(ln.Addr()).String(), options)
	a := acceptor{listener: ln, options: p.linkOptions()}
	a.live = func(l *link) {
		p.report(bus.Event{Kind: bus.EventConnected, Text: fmt.Sprintf("ZMTP %s, peer %s", l.version(), l.remote)})
		err := p.serve(l)
		p.report(bus.Event{Kind: bus.EventPeerGone, Err: err, Text: l.remote})
	}
	a.rejected = func(remote string, err error) {
		if p.intake.Err() == nil {
			p.report(bus.Event{Kind: bus.EventRejected, Err: err, Text: remote})
		}
	}
	go func() {
		defer p.ended()
		a.run(p.intake)
	}()
	return p, nil
}

// Connect dials a subscriber that listens, a relay mostly, and dials it again
// whenever it is lost, until Close is called or ctx ends. It returns at once;
// [Publisher.WaitSubscriber] says when messages will arrive.
func Connect(ctx context.Context, endpoint string, options PublisherOptions) (*Publisher, error) {
	parsed, err := ParseEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	if _, _, err := parsed.dialAddress(); err != nil {
		return nil, err
	}
	p := newPublisher(ctx, parsed.String(), options)
	r := redialer{
		endpoint: parsed,
		options:  p.linkOptions(),
		backoff:  p.options.Backoff,
		dial:     (&net.Dialer{}).DialContext,
		trying:   func() {},
	}
	r.live = func(l *link) error {
		p.mu.Lock()
		p.lastErr = nil
		p.mu.Unlock()
		p.report(bus.Event{Kind: bus.EventConnected, Text: "ZMTP " + l.version()})
		return p.serve(l)
	}
	r.lost = func(err error, wait time.Duration) bool {
		p.mu.Lock()
		p.lastErr = err
		p.mu.Unlock()
		p.report(bus.Event{Kind: bus.EventLost, Err: err, Wait: wait})
		return true
	}
	go func() {
		defer p.ended()
		r.run(p.intake)
	}()
	return p, nil
}

func newPublisher(ctx context.Context, endpoint string, options PublisherOptions) *Publisher {
	p := &Publisher{
		endpoint: endpoint,
		options:  options.withDefaults(),
		done:     make(chan struct{}),
		changed:  make(chan struct{}),
	}
	p.life, p.kill = context.WithCancel(ctx)
	p.intake, p.stop = context.WithCancel(p.life)
	p.list.Store(new([]*subscriber))
	return p
}

func (p *Publisher) linkOptions() linkOptions {
	return linkOptions{
		role:       zmq4.Pub,
		limits:     p.options.Limits,
		timeouts:   p.options.Timeouts,
		readBytes:  4 << 10,
		writeBytes: 64 << 10,
		received:   &p.received,
	}
}

// ended is called when the goroutines that feed the publisher have ended.
func (p *Publisher) ended() {
	p.kill() // frees the contexts
	close(p.done)
}

// Endpoint is where subscribers find the publisher, with the port that the
// system chose; or what was given to Connect.
func (p *Publisher) Endpoint() string { return p.endpoint }

// Send queues one message of any number of frames for every subscriber that
// wants it, and returns for how many. The first frame is the topic. It never
// blocks unless Block is set. Neither frames nor their bytes may be changed
// afterwards.
func (p *Publisher) Send(frames ...[]byte) (queued int) {
	queued, _ = p.send(p.life, frames)
	return queued
}

func (p *Publisher) send(ctx context.Context, frames [][]byte) (queued, wanted int) {
	if len(frames) == 0 || p.life.Err() != nil {
		return 0, 0
	}
	message := zmq4.NewMsgFrom(frames...)
	size := sizeBytes(message)
	for _, s := range *p.list.Load() {
		if !s.wants.Load().matches(frames[0]) {
			continue
		}
		wanted++
		if p.options.Block {
			if s.box.putWaiting(ctx, message, size) {
				queued++
			}
		} else if s.box.put(message, size) {
			queued++
		}
	}
	return queued, wanted
}

// Publish queues one message and returns nil when at least one subscriber's
// queue has taken it. Otherwise it is [ErrNoSubscriber], [ErrQueueFull] or
// [ErrClosed]. Only with Block set does it wait, for as long as ctx allows.
func (p *Publisher) Publish(ctx context.Context, message bus.Outgoing) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("publishing to %s: %w", p.endpoint, err)
	}
	queued, wanted := p.send(ctx, [][]byte{[]byte(message.Topic), message.Envelope})
	if queued > 0 {
		return nil
	}
	p.mu.Lock()
	closing, lastErr := p.closing || p.life.Err() != nil, p.lastErr
	p.mu.Unlock()
	switch {
	case closing:
		return fmt.Errorf("publishing to %s: %w", p.endpoint, ErrClosed)
	case wanted > 0 && ctx.Err() != nil:
		return fmt.Errorf("publishing to %s: %w, and %w", p.endpoint, ErrQueueFull, ctx.Err())
	case wanted > 0:
		return fmt.Errorf("publishing to %s: %w", p.endpoint, ErrQueueFull)
	}
	return tellNoSubscriber(p.endpoint, message.Topic, lastErr, nil)
}

// tellNoSubscriber says that nobody wants topic: because the connection failed
// with lastErr, or in spite of waiting until ctxErr, where these are not nil.
func tellNoSubscriber(endpoint, topic string, lastErr, ctxErr error) error {
	words := fmt.Sprintf("nobody at %s subscribes to %q", endpoint, topic)
	if lastErr != nil {
		words += ": " + lastErr.Error()
	}
	return tell(ErrNoSubscriber, errors.Join(lastErr, ctxErr), "%s", words)
}

// WaitSubscriber waits until somebody wants messages of topic. A message that
// is sent before may find nobody: subscriptions take a moment to arrive.
func (p *Publisher) WaitSubscriber(ctx context.Context, topic string) error {
	for {
		// Taken before looking, so that a change after the look is not missed.
		p.mu.Lock()
		changed, closing := p.changed, p.closing
		p.mu.Unlock()
		if closing {
			return fmt.Errorf("waiting for a subscriber to %q at %s: %w", topic, p.endpoint, ErrClosed)
		}
		for _, s := range *p.list.Load() {
			if s.wants.Load().matches([]byte(topic)) {
				return nil
			}
		}
		select {
		case <-changed:
		case <-p.done:
			return fmt.Errorf("waiting for a subscriber to %q at %s: %w", topic, p.endpoint, ErrClosed)
		case <-ctx.Done():
			p.mu.Lock()
			lastErr := p.lastErr
			p.mu.Unlock()
			return tellNoSubscriber(p.endpoint, topic, lastErr, ctx.Err())
		}
	}
}

// Subscribers counts those that have subscribed to anything.
func (p *Publisher) Subscribers() int {
	n := 0
	for _, s := range *p.list.Load() {
		if len(*s.wants.Load()) > 0 {
			n++
		}
	}
	return n
}

// Dropped counts messages that a subscriber wanted and that were not written
// to it: because its queue was full, or because it left before its turn.
func (p *Publisher) Dropped() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := p.dropped
	for _, s := range *p.list.Load() {
		_, dropped := s.box.counts()
		total += dropped
	}
	return total
}

// Peer is what a publisher knows about one subscriber.
type Peer struct {
	Remote   string // its address
	Version  string // of its protocol, "3.1"
	Prefixes int    // topic prefixes it wants, those within others left out
	Queued   int    // messages that wait for it
	Sent     uint64 // messages written to it
	Dropped  uint64 // messages it wanted and was not sent
}

// Peers lists the connected subscribers, the oldest first.
func (p *Publisher) Peers() []Peer {
	var all []Peer
	for _, s := range *p.list.Load() {
		queued, dropped := s.box.counts()
		all = append(all, Peer{
			Remote:   s.link.remote,
			Version:  s.link.version(),
			Prefixes: len(*s.wants.Load()),
			Queued:   queued,
			Sent:     s.sent.Load(),
			Dropped:  dropped,
		})
	}
	return all
}

func (p *Publisher) report(e bus.Event) {
	if p.options.Report != nil {
		e.At, e.Endpoint = time.Now(), p.endpoint
		p.options.Report(e)
	}
}
