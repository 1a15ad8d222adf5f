package cli

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// flushEvery bounds how long a printed line may wait in our buffer.
	flushEvery = 50 * time.Millisecond
	// flushBytes is when the buffer is written out in any case.
	flushBytes = 256 << 10
	// pieceBytes is how much is written at once: each piece that is taken is a
	// sign of life of a slow reader.
	pieceBytes = 32 << 10
)

// flushing buffers output and writes it out at the latest after flushEvery:
// a flood is written in large pieces, a lone message is seen at once.
//
// Lines are appended to the buffer itself, between begin and end, so that an
// envelope is copied once between the socket and standard output.
type flushing struct {
	w     io.Writer
	mu    sync.Mutex
	buf   []byte
	err   error // of a flush by the timer, told by the next call
	armed bool  // the timer runs
	timer *time.Timer

	writing atomic.Bool  // a write is under way
	moved   atomic.Int64 // when the output last took something, in nanoseconds since 1970
}

func newFlushing(w io.Writer) *flushing {
	f := &flushing{w: w, buf: make([]byte, 0, flushBytes+64<<10)}
	f.moved.Store(time.Now().UnixNano())
	f.timer = time.AfterFunc(time.Hour, f.expire)
	f.timer.Stop()
	return f
}

// begin gives the buffer to append to. Until end is called nothing is flushed
// by the timer, which waits for the lock.
func (f *flushing) begin() []byte {
	f.mu.Lock()
	return f.buf
}

// end takes the buffer back, with what was appended.
func (f *flushing) end(buf []byte) error {
	defer f.mu.Unlock()
	f.buf = buf
	if len(f.buf) >= flushBytes {
		f.flush()
	}
	if len(f.buf) > 0 && !f.armed {
		f.armed = true
		f.timer.Reset(flushEvery)
	}
	return f.err
}

// full reports whether the buffer should be taken back to be written.
func full(buf []byte) bool { return len(buf) >= flushBytes }

func (f *flushing) expire() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.armed = false
	f.flush()
}

func (f *flushing) flush() {
	if len(f.buf) == 0 || f.err != nil {
		return
	}
	f.writing.Store(true)
	for rest := f.buf; len(rest) > 0 && f.err == nil; {
		piece := rest[:min(len(rest), pieceBytes)]
		_, f.err = f.w.Write(piece)
		rest = rest[len(piece):]
		f.moved.Store(time.Now().UnixNano())
	}
	f.writing.Store(false)
	f.buf = f.buf[:0]
}

// held is for how long a write has been waiting for the reader; 0 when none is.
func (f *flushing) held() time.Duration {
	if !f.writing.Load() {
		return 0
	}
	return time.Since(time.Unix(0, f.moved.Load()))
}

// close writes the rest. A timer that fires afterwards finds nothing to do.
func (f *flushing) close() error {
	f.timer.Stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.flush()
	return f.err
}
