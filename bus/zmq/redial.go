package zmq

import (
	"context"
	"math/rand/v2"
	"net"
	"time"
)

// pause is the state of a Backoff.
type pause struct {
	Backoff
	failures int
}

// after is how long to wait after a link that lived for lived, 0 when it never
// came about, has ended with err.
func (p *pause) after(err error, lived time.Duration) time.Duration {
	if lived >= p.ResetAfter {
		p.failures = 0
	}
	limit := p.Max
	if lasting(err) {
		limit = p.MaxProtocol
	}
	wait := p.Min
	for range p.failures {
		if wait >= limit {
			break
		}
		wait *= 2
	}
	wait = max(min(wait, limit), 1)
	p.failures++
	// A publisher that returns is not met by all its subscribers at once.
	return wait/2 + rand.N(wait-wait/2) + 1
}

// redialer keeps one endpoint connected. Its functions are called from the
// goroutine that calls run, in this order for every attempt: trying; then, when
// the handshake is done, live; then, unless it is over, lost.
type redialer struct {
	endpoint Endpoint
	options  linkOptions
	backoff  Backoff
	dial     func(ctx context.Context, network, address string) (net.Conn, error)

	trying func()
	// live uses the link until it ends and says why. It closes the link.
	live func(*link) error
	// lost says whether to go on, after wait.
	lost func(err error, wait time.Duration) bool
}

// run returns when ctx ends or lost says so.
func (r *redialer) run(ctx context.Context) {
	pause := pause{Backoff: r.backoff}
	for ctx.Err() == nil {
		r.trying()
		var lived time.Duration
		link, err := r.connect(ctx)
		if err == nil {
			began := time.Now()
			err = r.live(link)
			lived = time.Since(began)
		}
		if ctx.Err() != nil {
			return
		}
		wait := pause.after(err, lived)
		if !r.lost(err, wait) || !sleep(ctx, wait) {
			return
		}
	}
}

// connect dials once. Names are looked up anew each time, so that a publisher
// that moves to another machine is found there.
func (r *redialer) connect(ctx context.Context) (*link, error) {
	network, address, err := r.endpoint.dialAddress()
	if err != nil {
		return nil, err
	}
	dialCtx, cancel := context.WithTimeout(ctx, r.options.timeouts.Dial)
	defer cancel()
	conn, err := r.dial(dialCtx, network, address)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, tellDial(r.endpoint.String(), r.options.timeouts.Dial, err)
	}
	return openLink(ctx, conn, r.options)
}

// sleep reports whether the time passed before ctx ended.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
