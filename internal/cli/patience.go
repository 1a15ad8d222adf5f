package cli

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/bus"
)

// tailBooks are the counters of tail. They are read by whoever ends it.
type tailBooks struct {
	received, printed, hidden, malformed atomic.Uint64
}

func (b *tailBooks) print(w io.Writer, sources []bus.Status) {
	var dropped uint64
	for _, s := range sources {
		dropped += s.Dropped
	}
	fmt.Fprintf(w, "received %d, printed %d, hidden %d, malformed %d, dropped %d\n",
		b.received.Load(), b.printed.Load(), b.hidden.Load(), b.malformed.Load(), dropped)
}

// patience ends a wait for messages after a time without one. While the output
// is slow to take what was printed, the wait is not for messages, and does not
// count.
type patience struct {
	limit   time.Duration // 0: for ever
	out     *flushing
	timer   *time.Timer
	expired atomic.Bool
	end     func()
}

func newPatience(limit time.Duration, out *flushing, end func()) *patience {
	p := &patience{limit: limit, out: out, end: end}
	if limit > 0 {
		p.timer = time.AfterFunc(limit, p.expire)
	}
	return p
}

// again begins a new wait.
func (p *patience) again() {
	if p.timer != nil {
		p.timer.Reset(p.limit)
	}
}

func (p *patience) expire() {
	since := time.Since(time.Unix(0, p.out.moved.Load()))
	if p.out.writing.Load() || since < p.limit {
		// Held up by the output until just now: the wait begins with it.
		p.timer.Reset(max(p.limit-since, p.limit/10, time.Millisecond))
		return
	}
	p.expired.Store(true)
	p.end()
}

// over reports whether the wait ended in vain.
func (p *patience) over() bool { return p.expired.Load() }

func (p *patience) stop() {
	if p.timer != nil {
		p.timer.Stop()
	}
}

// stallTimeout is how long an output that takes nothing may hold up the end.
const stallTimeout = 3 * time.Second

// watchStall calls giveUp when ctx has ended and a write to out then makes no
// progress for stallTimeout: a blocked write cannot be called back. An output
// that is only slow is waited for. The function that it returns ends the watch
// and waits for it.
func watchStall(ctx context.Context, out *flushing, giveUp func()) (ended func()) {
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-done:
			return
		case <-ctx.Done():
		}
		ticks := time.NewTicker(stallTimeout / 30)
		defer ticks.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticks.C:
				if out.held() >= stallTimeout {
					giveUp()
					return
				}
			}
		}
	})
	return func() {
		close(done)
		watching.Wait()
	}
}
