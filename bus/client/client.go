package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/zmq"
)

// ErrNothingConfigured says that the settings name no endpoint to listen to.
var ErrNothingConfigured = errors.New("no endpoint is configured")

// Client is a set of sources that are read together. Make one with [New] or
// [FromSources]; it reads once, in Run or in Tail.
type Client struct {
	sources []bus.Source
	onEvent func(bus.Event)
}

// Option changes how a client reads.
type Option func(*options)

type options struct {
	onEvent func(bus.Event)
	zmq     zmq.SourceOptions
}

// OnEvent has f called for everything that happens to a source: connected,
// lost, retrying. Calls come from several goroutines, one at a time for each
// source, and hold the source up while they last.
func OnEvent(f func(bus.Event)) Option { return func(o *options) { o.onEvent = f } }

// WithZMQ sets the options of all ZeroMQ sources; their Prefixes come from the
// settings, unless given here.
func WithZMQ(opts zmq.SourceOptions) Option { return func(o *options) { o.zmq = opts } }

// New makes a source for each endpoint of the settings. No connection is made
// before Run or Tail. It fails when nothing is configured, and when an
// endpoint's address cannot be understood.
func New(settings *config.Settings, opts ...Option) (*Client, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if len(settings.Endpoints) == 0 {
		return nil, ErrNothingConfigured
	}
	if o.zmq.Prefixes == nil {
		o.zmq.Prefixes = settings.Topics
	}
	c := &Client{onEvent: o.onEvent}
	seen := map[string]bool{}
	for _, endpoint := range settings.Endpoints {
		if seen[endpoint.Address] {
			continue // several names may share an address: one connection is enough
		}
		seen[endpoint.Address] = true
		source, err := zmq.NewSource(bus.SourceID(len(c.sources)+1), endpoint.Address, o.zmq)
		if err != nil {
			return nil, fmt.Errorf("endpoint %s of %s: %w", endpoint.Address, endpoint.Name, err)
		}
		c.sources = append(c.sources, source)
	}
	return c, nil
}

// FromSources makes a client of sources that are there already. Their ids must
// be 1, 2, 3, … in this order.
func FromSources(sources []bus.Source, opts ...Option) *Client {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return &Client{sources: sources, onEvent: o.onEvent}
}

// Status is a snapshot of all sources, in the order of their ids.
func (c *Client) Status() []bus.Status {
	all := make([]bus.Status, len(c.sources))
	for i, source := range c.sources {
		all[i] = source.Status()
	}
	return all
}

// Run reads all sources until ctx ends, all of them have ended, or take
// returns false. It calls take with batches of scanned messages, one call at a
// time; take owns the batch. Within a source the order is that of receipt.
//
// It returns nil when ctx ended or take had enough, and else the errors of the
// sources that ended by themselves, joined.
func (c *Client) Run(ctx context.Context, take func(batch []bus.Message) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := &pump{ctx: ctx, batches: make(chan []bus.Message, queuedBatches), onEvent: c.onEvent,
		room: semaphore.NewWeighted(queuedBytes)}

	errs := make([]error, len(c.sources))
	var readers sync.WaitGroup
	for i, source := range c.sources {
		readers.Go(func() {
			if err := source.Run(ctx, p); err != nil {
				errs[i] = err
				p.Report(bus.Event{At: time.Now(), Source: bus.SourceID(i + 1),
					Endpoint: source.Endpoint(), Kind: bus.EventEnded, Err: err})
			}
		})
	}
	// The channel is closed only after every reader has ended, so none of them
	// can send on a closed channel, and what they sent before is still taken.
	closed := make(chan struct{})
	go func() {
		readers.Wait()
		close(p.batches)
		close(closed)
	}()

	enough := false
	for batch := range p.batches {
		bytes := weight(batch)
		if enough {
			p.room.Release(bytes)
			continue // empty the queue, so that readers notice the end
		}
		for i := range batch {
			if !batch[i].Malformed() {
				batch[i].Scan()
			}
		}
		if !take(batch) {
			enough = true
			cancel()
		}
		p.room.Release(bytes)
	}
	<-closed
	if enough || ctx.Err() != nil {
		return nil
	}
	return errors.Join(errs...)
}

// The queue between reading and scanning is bounded twice: in batches, of at
// most 256 messages each, and in bytes, as a message can have megabytes. One
// that is larger than the queue waits until it is alone.
const (
	queuedBatches = 32
	queuedBytes   = 8 << 20
)

// weight is what a batch takes of the queue's bytes.
func weight(batch []bus.Message) int64 {
	n := 0
	for i := range batch {
		for _, frame := range batch[i].Frames {
			n += len(frame)
		}
	}
	return int64(min(n, queuedBytes))
}

// pump joins the sources. Reading and scanning run in different goroutines,
// so that a single fast endpoint keeps two cores busy.
type pump struct {
	ctx     context.Context
	batches chan []bus.Message
	room    *semaphore.Weighted // bytes
	onEvent func(bus.Event)
}

func (p *pump) Deliver(batch []bus.Message) bool {
	bytes := weight(batch)
	if p.room.Acquire(p.ctx, bytes) != nil {
		return false
	}
	// A ready receiver must not win over an ended context by chance for long:
	// the sources look at the context themselves between batches.
	select {
	case p.batches <- batch:
		return true
	case <-p.ctx.Done():
		p.room.Release(bytes)
		return false
	}
}

func (p *pump) Report(event bus.Event) {
	if p.onEvent != nil {
		p.onEvent(event)
	}
}
