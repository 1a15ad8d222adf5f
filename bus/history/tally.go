package history

import "sync/atomic"

// Totals are all-time numbers of one topic or one source. They are counted
// beside the rows, so eviction does not change them and reading them costs no
// snapshot; taken while messages arrive, the four may be a message apart.
type Totals struct {
	Messages             uint64 // received, duplicates and malformed ones included
	Bytes                uint64 // of all frames
	Problems             uint64 // malformed messages among them
	LastReceivedUnixNano int64  // 0 when there was none
}

// tally is Totals while being counted. Only the writer adds; anyone reads.
type tally struct {
	messages, bytes, problems atomic.Uint64
	last                      atomic.Int64
}

const tallyPageSize = 256

// tallies has a tally per 16-bit id, in pages that are made when first needed
// and never move.
type tallies struct {
	pages [1 << 16 / tallyPageSize]atomic.Pointer[[tallyPageSize]tally]
}

// add counts one message. Only one writer at a time may call it.
func (t *tallies) add(id uint16, size uint64, malformed bool, receivedUnixNano int64) {
	slot := &t.pages[id/tallyPageSize]
	page := slot.Load()
	if page == nil {
		page = new([tallyPageSize]tally)
		slot.Store(page)
	}
	one := &page[id%tallyPageSize]
	one.messages.Add(1)
	one.bytes.Add(size)
	if malformed {
		one.problems.Add(1)
	}
	if receivedUnixNano > one.last.Load() {
		one.last.Store(receivedUnixNano)
	}
}

func (t *tallies) totals(id uint16) Totals {
	page := t.pages[id/tallyPageSize].Load()
	if page == nil {
		return Totals{}
	}
	one := &page[id%tallyPageSize]
	return Totals{
		Messages:             one.messages.Load(),
		Bytes:                one.bytes.Load(),
		Problems:             one.problems.Load(),
		LastReceivedUnixNano: one.last.Load(),
	}
}
