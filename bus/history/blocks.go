package history

import "sync/atomic"

// blocks hands out memory for chunks and takes it back. Once the budget is
// reached, each new chunk follows an eviction: keeping one spare block then
// saves unmapping, mapping and above all the faults of a thousand fresh pages,
// which cost several times what copying the messages does.
type blocks struct {
	usualBytes int // only blocks of this size are kept as a spare
	spare      atomic.Pointer[block]
	noReuse    atomic.Bool
	heldBytes  atomic.Int64 // of all blocks not given back, the spare too
	notFreed   atomic.Int64 // blocks the system did not take back
}

// take is a block of that size, with anything in it.
func (b *blocks) take(sizeBytes int) block {
	if sizeBytes == b.usualBytes {
		if spare := b.spare.Swap(nil); spare != nil {
			return *spare
		}
	}
	fresh := newBlock(sizeBytes)
	b.heldBytes.Add(int64(len(fresh.bytes)))
	return fresh
}

// giveBack takes a block that nobody can reach any more: its chunk has left
// history, and no list that a snapshot pins holds it.
func (b *blocks) giveBack(old block) {
	old.retire()
	if len(old.bytes) == b.usualBytes && !b.noReuse.Load() && b.spare.CompareAndSwap(nil, &old) {
		if b.noReuse.Load() {
			// Close ran between the two looks and has dropped the spare before
			// ours was there; nobody will come again to drop it.
			b.dropSpare()
		}
		return
	}
	b.free(old)
}

// stopReuse gives back the spare, and every block from now on.
func (b *blocks) stopReuse() {
	b.noReuse.Store(true)
	b.dropSpare()
}

func (b *blocks) dropSpare() {
	if spare := b.spare.Swap(nil); spare != nil {
		b.free(*spare)
	}
}

func (b *blocks) free(old block) {
	size := int64(len(old.bytes))
	if err := old.free(); err != nil {
		// All that can be done is to know it: the memory stays counted.
		b.notFreed.Add(1)
		return
	}
	b.heldBytes.Add(-size)
}
