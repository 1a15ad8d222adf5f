package cli

import (
	"bufio"
	"io"
	"sync"
	"time"
)

// flushEvery bounds how long a printed line may wait in our buffer.
const flushEvery = 50 * time.Millisecond

// flushing buffers output and writes it out at the latest after flushEvery:
// a flood is written in large pieces, a lone message is seen at once.
type flushing struct {
	mu    sync.Mutex
	w     *bufio.Writer
	last  time.Time
	err   error // of a flush by the timer, told by the next call
	dirty bool
	timer *time.Timer
}

func newFlushing(w io.Writer) *flushing {
	f := &flushing{w: bufio.NewWriterSize(w, 256<<10)}
	f.timer = time.AfterFunc(flushEvery, f.expire)
	f.timer.Stop()
	return f
}

// write buffers b.
func (f *flushing) write(b []byte) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.err
	}
	if !f.dirty {
		f.dirty = true
		f.timer.Reset(flushEvery)
	}
	_, f.err = f.w.Write(b)
	return f.err
}

// tick is called between batches: what was buffered when the previous batch is
// long ago goes out now, without waiting for the timer.
func (f *flushing) tick() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); f.dirty && now.Sub(f.last) > flushEvery {
		f.last = now
		f.flush()
	}
	return f.err
}

func (f *flushing) expire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dirty {
		f.flush()
	}
}

func (f *flushing) flush() {
	f.dirty = false
	if err := f.w.Flush(); f.err == nil {
		f.err = err
	}
}

// close writes the rest. A timer that fires afterwards finds nothing to do.
func (f *flushing) close() error {
	f.timer.Stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flush()
	return f.err
}
