package history

import (
	"slices"
	"sync/atomic"
)

// edition is one published state: which chunks are kept, up to which row, and
// the counters of that moment. It is immutable. Editions follow each other by
// one atomic pointer, so a reader sees all of a batch or nothing of it (a batch
// that opens a new chunk is published in parts, each of whole messages).
type edition struct {
	revision      uint64
	list          *list
	end           Row
	counts        Counts
	topics, users []string // texts by id
}

// first is the oldest row kept.
func (e *edition) first() Row {
	if len(e.list.chunks) == 0 {
		return e.end
	}
	return e.list.chunks[0].first
}

// chunkEnd is the end of the rows of the k-th chunk. Chunks have no holes
// between them; of the newest one the edition knows the end, not the chunk: the
// writer may be filling it at this moment.
func (e *edition) chunkEnd(k int) Row {
	if k+1 < len(e.list.chunks) {
		return e.list.chunks[k+1].first
	}
	return e.end
}

// list is a set of chunks that is pinned as a whole, so that a snapshot costs
// one increment however many chunks there are. Consecutive editions share a
// list until the set of chunks changes.
type list struct {
	history *History
	chunks  []*chunk
	pins    atomic.Int64 // history's own, while it is current, and one per snapshot
}

// newList makes a list with one pin, the caller's.
func (h *History) newList(chunks []*chunk) *list {
	l := &list{history: h, chunks: slices.Clone(chunks)}
	l.pins.Store(1)
	for _, c := range l.chunks {
		c.refs.Add(1)
	}
	return l
}

// pin adds a pin unless the list has none left. The interleaving that this
// prevents:
//
//	reader                          writer
//	loads edition 7 (list A)
//	                                publishes edition 8 (list B)
//	                                drops its pin of A, the last one
//	                                A's evicted chunk is unmapped
//	adds a pin to A
//
// A plain increment would now let the reader look at unmapped memory. With the
// compare-and-swap it finds 0 pins, which is final (a list is never revived),
// and loads the current edition again.
func (l *list) pin() bool {
	for {
		n := l.pins.Load()
		if n == 0 {
			return false
		}
		if l.pins.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// unpin drops a pin; with the last one, chunks that no other list holds are
// given back. Chunks that are still kept are held by the current list: the
// writer makes it, with a reference to each of its chunks, before it drops its
// pin of the one before.
func (l *list) unpin() {
	if l.pins.Add(-1) > 0 {
		return
	}
	for _, c := range l.chunks {
		if c.refs.Add(-1) > 0 {
			continue
		}
		l.history.blocks.giveBack(c.block)
	}
}

// publish makes the present state the one that readers see. The caller holds
// mu.
func (h *History) publish() {
	old := h.current.Load()
	e := &edition{
		revision: old.revision + 1,
		end:      h.end,
		counts:   h.counts,
		topics:   h.topics.texts,
		users:    h.users.texts,
	}
	e.counts.UsedBytes = h.used
	if h.stale {
		h.list = h.newList(h.chunks)
		h.stale = false
	}
	e.list = h.list
	h.current.Store(e)
	if old.list != e.list {
		// Only now: a reader that fails to pin the old list must find the new
		// one when it looks again.
		old.list.unpin()
	}
	h.watchers.wake()
}

// pinned is the current edition with a pin on its list, which the caller drops.
func (h *History) pinned() *edition {
	for {
		// A failed pin means that a newer edition has been published since it
		// was loaded, so this ends as soon as the writer pauses for a moment.
		if e := h.current.Load(); e.list.pin() {
			return e
		}
	}
}

// locate finds the chunk and index of a row among chunks in ascending order
// whose last one ends at end.
func locate(chunks []*chunk, end, row Row) (c *chunk, i int) {
	k := locateChunk(chunks, end, row)
	if k < 0 {
		return nil, 0
	}
	return chunks[k], int(row - chunks[k].first)
}

// locateChunk is which of the chunks has a row; -1 when none has.
func locateChunk(chunks []*chunk, end, row Row) int {
	if len(chunks) == 0 || row < chunks[0].first || row >= end {
		return -1
	}
	lo, hi := 0, len(chunks)
	for hi-lo > 1 {
		if mid := int(uint(lo+hi) / 2); chunks[mid].first <= row {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}
