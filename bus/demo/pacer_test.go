package demo

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// counted is a pacer whose messages are counted instead of sent.
func counted(opts Options) (*pacer, *int) {
	n := 0
	return &pacer{
		script: NewScript(opts),
		rates:  make(chan float64, 1),
		send:   func(context.Context, Emission) error { n++; return nil },
	}, &n
}

func TestPacerKeepsTheRate(t *testing.T) {
	const length = 4 * time.Second
	for _, rate := range []float64{0.5, 1, 40, 5000, 50_000} {
		synctest.Test(t, func(t *testing.T) {
			p, n := counted(Options{RatePerSecond: rate, Tame: true})
			ctx, cancel := context.WithTimeout(t.Context(), length)
			defer cancel()
			if err := p.run(ctx); err != nil {
				t.Fatal(err)
			}
			// A slice of the clock at the end may not have been sent yet.
			want := length.Seconds() * rate
			if got := float64(*n); got > want+1 || got < want-1-rate*slice.Seconds() {
				t.Errorf("rate %v: %v messages in %v", rate, got, length)
			}
			if p.givenUp.Load() != 0 {
				t.Errorf("rate %v: time was given up", rate)
			}
		})
	}
}

func TestPacerSendsWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		p, _ := counted(Options{RatePerSecond: 200, Count: 1000})
		p.send = func(_ context.Context, e Emission) error {
			if late := time.Since(began) - e.At; late < 0 || late > slice {
				t.Errorf("message for %v sent %v late", e.At, late)
			}
			return nil
		}
		if err := p.run(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPacerTakesANewRateAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := counted(Options{RatePerSecond: 0.01, Tame: true})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		time.AfterFunc(time.Second, func() { p.rates <- 1000 })
		if err := p.run(ctx); err != nil {
			t.Fatal(err)
		}
		// The message that was waited for, and 1,000 a second from then on.
		if *n < 3990 || *n > 4001 {
			t.Errorf("%d messages", *n)
		}
	})
}

func TestPacerMakesUpForAStallWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := counted(Options{RatePerSecond: 1000, Tame: true})
		count := p.send
		p.send = func(ctx context.Context, e Emission) error {
			if *n == 1000 {
				time.Sleep(3 * time.Second)
			}
			return count(ctx, e)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := p.run(ctx); err != nil {
			t.Fatal(err)
		}
		want := 1000 * (10*time.Second - 3*time.Second + maxCatchUp).Seconds()
		if got := float64(*n); got < want-5 || got > want+5 {
			t.Errorf("%v messages in 10 s with a stall of 3 s, want %v", got, want)
		}
		if lost := time.Duration(p.givenUp.Load()); lost < 3*time.Second-maxCatchUp-2*slice || lost > 3*time.Second {
			t.Errorf("%v was given up", lost)
		}
	})
}

func TestPacerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, n := counted(Options{RatePerSecond: 100, Count: 150})
		began := time.Now()
		if err := p.run(t.Context()); err != nil || *n != 150 {
			t.Errorf("%d messages, %v", *n, err)
		}
		if took := time.Since(began); took < 1490*time.Millisecond || took > 1502*time.Millisecond {
			t.Errorf("150 messages at 100/s took %v", took)
		}

		p, n = counted(Options{})
		broken := errors.New("socket broke")
		p.send = func(context.Context, Emission) error { *n++; return broken }
		if err := p.run(t.Context()); !errors.Is(err, broken) || *n != 1 {
			t.Errorf("%v after %d messages", err, *n)
		}
	})
}
