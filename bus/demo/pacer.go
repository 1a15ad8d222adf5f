package demo

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// slice is the shortest pause between two looks at the clock: at high rates
	// messages leave in small groups, once in a slice.
	slice = time.Millisecond
	// maxCatchUp bounds how much is made up for after a stall. What is beyond it
	// is given up: script time then falls behind, and subscribers are not
	// flooded.
	maxCatchUp = 250 * time.Millisecond
)

// pacer sends the messages of a script when they are due.
type pacer struct {
	script *Script
	// rates holds a new rate, at most one. It takes effect at once: the message
	// that is waited for is sent without delay.
	rates chan float64
	// send hands over one message. It may block, which stalls the script.
	send func(context.Context, Emission) error
	// givenUp is the script time lost to stalls, in nanoseconds.
	givenUp atomic.Int64
}

// run sends until the script ends, ctx ends or send fails. Script time 0 is
// now.
func (p *pacer) run(ctx context.Context) error {
	began := time.Now()
	for e := range p.script.All() {
		for {
			late := time.Since(began) - e.At
			if late >= 0 {
				if late > maxCatchUp {
					p.givenUp.Add(int64(late - maxCatchUp))
					began = began.Add(late - maxCatchUp)
				}
				break
			}
			timer := time.NewTimer(max(-late, slice))
			select {
			case <-timer.C:
			case rate := <-p.rates:
				timer.Stop()
				p.script.SetRate(rate)
				began = time.Now().Add(-e.At)
			case <-ctx.Done():
				timer.Stop()
				return nil
			}
		}
		// Under load the loop above never waits, so it would never see these.
		select {
		case rate := <-p.rates:
			p.script.SetRate(rate)
		case <-ctx.Done():
			return nil
		default:
		}
		if err := p.send(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
