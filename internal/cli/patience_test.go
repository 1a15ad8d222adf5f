package cli

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// gate is an output that takes a piece whenever it is let.
type gate struct{ let chan struct{} }

func (g *gate) Write(p []byte) (int, error) {
	<-g.let
	return len(p), nil
}

func TestPatienceDoesNotCountASlowOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{make(chan struct{})}
		out := newFlushing(g)
		var gaveUp atomic.Bool
		p := newPatience(2*time.Second, out, func() { gaveUp.Store(true) })
		defer p.stop()
		if err := out.end(append(out.begin(), "a line\n"...)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // the output takes nothing
		if gaveUp.Load() {
			t.Fatal("gave up while the output was blocked")
		}
		g.let <- struct{}{}
		time.Sleep(time.Second)
		p.again() // a message
		time.Sleep(1900 * time.Millisecond)
		if gaveUp.Load() {
			t.Error("gave up too early")
		}
		time.Sleep(3 * time.Second)
		if !gaveUp.Load() || !p.over() {
			t.Error("never gave up")
		}
		if err := out.close(); err != nil {
			t.Error(err)
		}
	})
}

func TestStallIsToldFromSlowness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{make(chan struct{})}
		out := newFlushing(g)
		ctx, cancel := context.WithCancel(t.Context())
		var stalled atomic.Bool
		ended := watchStall(ctx, out, func() { stalled.Store(true) })
		if err := out.end(append(out.begin(), make([]byte, 10*pieceBytes-1)...)[:200<<10]); err != nil {
			t.Fatal(err)
		}
		cancel()
		pieces := (200<<10 + pieceBytes - 1) / pieceBytes
		for range pieces - 1 { // slow, but alive
			time.Sleep(2 * time.Second)
			g.let <- struct{}{}
		}
		synctest.Wait()
		if stalled.Load() {
			t.Error("a slow output was taken for a dead one")
		}
		time.Sleep(2 * stallTimeout)
		if !stalled.Load() {
			t.Error("a dead output was waited for")
		}
		g.let <- struct{}{}
		ended()
		if err := out.close(); err != nil {
			t.Error(err)
		}
	})
}
