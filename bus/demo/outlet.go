package demo

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/bus/zmq"
)

const (
	// farewell bounds how long a socket that goes away on purpose takes to
	// write what is queued.
	farewell = time.Second
	// rebindPause is between two attempts to get an old port back.
	rebindPause = 50 * time.Millisecond
	// reunion bounds the wait for subscribers of a socket that came back.
	reunion = 5 * time.Second
)

var errAway = errors.New("it is away already")

// outlet is a publisher socket that can go away and come back at the same
// port.
type outlet struct {
	name     string
	endpoint string
	options  zmq.PublisherOptions
	// awaited is how many subscribers it waits for when it comes back.
	awaited int

	unheard atomic.Uint64 // messages that no subscriber took
	past    atomic.Uint64 // messages dropped by publishers that are gone

	mu        sync.Mutex
	publisher *zmq.Publisher // nil while away
	back      chan struct{}  // closed when the publisher is there again
	closed    bool           // it will not come back
}

// newOutlet binds endpoint. The publisher does not end with ctx, so that it can
// still write what is queued; close ends it.
func newOutlet(ctx context.Context, name, endpoint string, options zmq.PublisherOptions) (*outlet, error) {
	p, err := zmq.Listen(context.WithoutCancel(ctx), endpoint, options)
	if err != nil {
		return nil, fmt.Errorf("demo bus, socket %s: %w", name, err)
	}
	return &outlet{name: name, endpoint: p.Endpoint(), options: options, publisher: p}, nil
}

// current is the publisher, or nil and what is closed when there is one again.
func (o *outlet) current() (*zmq.Publisher, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.publisher, o.back
}

// send hands a message to all who subscribe to it. While the socket is away the
// message is lost or, with wait set, held back until ctx ends.
func (o *outlet) send(ctx context.Context, frames [][]byte, wait bool) {
	var tried *zmq.Publisher
	for ctx.Err() == nil {
		p, back := o.current()
		if p == nil && wait {
			select {
			case <-back:
			case <-ctx.Done():
			}
			continue
		}
		if p == nil || p == tried {
			break
		}
		if p.Send(frames...) > 0 {
			return
		}
		if !wait {
			break
		}
		// Nobody took it. That is so too when the publisher was closed between
		// our look and the sending; then there will be another one.
		tried = p
	}
	o.unheard.Add(1)
}

// takeAway unbinds the socket for a while and returns what does the rest: it
// says goodbye, waits, binds the same port and returns when the socket is back,
// or when ctx has ended and it will never be. The caller must run it.
func (o *outlet) takeAway(ctx context.Context, away time.Duration) (comeBack func(), err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.publisher == nil || o.closed {
		return nil, fmt.Errorf("demo bus, taking socket %s away: %w", o.name, errAway)
	}
	old, back, until := o.publisher, make(chan struct{}), time.Now().Add(away)
	o.publisher, o.back = nil, back
	return func() {
		goodbye, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		// That somebody was too slow for the goodbye is what happens when a
		// service dies; the publisher has counted what they lost.
		_ = old.Close(goodbye)
		o.past.Add(old.Dropped())
		for wait := time.Until(until); ; wait = rebindPause {
			if !pause(ctx, wait) {
				return
			}
			fresh, err := zmq.Listen(context.WithoutCancel(ctx), o.endpoint, o.options)
			if err != nil {
				continue // somebody else may have the port for a moment
			}
			waiting, stop := context.WithTimeout(ctx, reunion)
			await(waiting, func() bool { return fresh.Subscribers() >= o.awaited })
			stop()
			o.mu.Lock()
			closed := o.closed
			if !closed {
				o.publisher = fresh
			}
			o.mu.Unlock()
			if closed { // while we were binding: nobody else would close it
				_ = fresh.Close(goodbye)
				o.past.Add(fresh.Dropped())
			}
			close(back)
			return
		}
	}, nil
}

// close writes what is queued, bounded by ctx, and unbinds the socket.
func (o *outlet) close(ctx context.Context) error {
	o.mu.Lock()
	p := o.publisher
	o.publisher, o.closed = nil, true
	o.mu.Unlock()
	if p == nil {
		return nil
	}
	err := p.Close(ctx)
	o.past.Add(p.Dropped())
	if err != nil {
		return fmt.Errorf("demo bus, socket %s: %w", o.name, err)
	}
	return nil
}

func (o *outlet) subscribers() int {
	p, _ := o.current()
	if p == nil {
		return 0
	}
	return p.Subscribers()
}

func (o *outlet) dropped() uint64 {
	p, _ := o.current()
	if p == nil {
		return o.past.Load()
	}
	return o.past.Load() + p.Dropped()
}

// pause waits, and returns false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// await waits until it is so, and returns false when ctx ended first. It looks
// again and again: a publisher can tell when a topic finds a subscriber, but
// not when it has some number of them.
func await(ctx context.Context, isSo func() bool) bool {
	for !isSo() {
		if !pause(ctx, 5*time.Millisecond) {
			return false
		}
	}
	return true
}
