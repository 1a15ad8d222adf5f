package history

import (
	"sync"
	"sync/atomic"
)

// watchers wakes those who wait for a change, all at once and without knowing
// them. As long as nobody waits, waking costs one load.
type watchers struct {
	waiting atomic.Bool
	mu      sync.Mutex
	changed chan struct{} // closed at the next change; nil when nobody waits
}

// wait is a channel that the next change closes.
func (w *watchers) wait() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.changed == nil {
		w.changed = make(chan struct{})
	}
	w.waiting.Store(true)
	return w.changed
}

func (w *watchers) wake() {
	if !w.waiting.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting.Store(false)
	if w.changed != nil {
		close(w.changed)
		w.changed = nil
	}
}

// Changed is a channel that is closed when there is something newer than a
// revision ([Snapshot.Revision]): at once, if there is already. Late columns do
// not count: see [History.LateChanged].
//
// It first asks to be woken and then compares, the writer first publishes and
// then wakes; so a change between a caller's look at history and its call here
// is either found by the comparison or wakes it.
func (h *History) Changed(revision uint64) <-chan struct{} {
	changed := h.watchers.wait()
	if h.current.Load().revision != revision {
		return atOnce
	}
	return changed
}

// LateChanged is Changed for late columns: a channel that is closed when there
// is a change newer than a late revision. The revision is to be taken before
// the columns are looked at.
func (h *History) LateChanged(revision uint64) <-chan struct{} {
	changed := h.lateWatchers.wait()
	if h.lateRevision.Load() != revision {
		return atOnce
	}
	return changed
}

// atOnce is a channel that is closed.
var atOnce = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()
