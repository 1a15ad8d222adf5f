package history

import (
	"sync/atomic"

	"fedmsg-tui/crypto"
)

// Totals are all-time numbers of one topic or one source. They are counted
// beside the rows, so eviction does not change them and reading them costs no
// snapshot; taken while messages arrive, they may be a message apart.
type Totals struct {
	Messages uint64 // received, duplicates and malformed ones included
	Bytes    uint64 // of all frames
	// Malformed messages among them: those are never judged.
	Malformed uint64
	// Verdicts are the messages that were judged, by class, each by its last
	// verdict; duplicates that were merged into a row are not judged. Pending
	// is always 0: see [History.Verdicts].
	Verdicts             [crypto.Classes]uint64
	LastReceivedUnixNano int64 // 0 when there was none

	// Problems is what a reader should be led to: messages that are malformed
	// or whose signature is denied or invalid.
	Problems uint64
}

// totals puts together what the appender and the judges count.
func totals(t *tallies, v *verdictTallies, id uint16) Totals {
	all := t.totals(id)
	all.Verdicts = v.load(id)
	all.Problems = all.Malformed
	for class, n := range all.Verdicts {
		if crypto.Class(class).Problem() {
			all.Problems += n
		}
	}
	return all
}

// tally is what the appender counts. Only it adds; anyone reads.
type tally struct {
	messages, bytes, malformed atomic.Uint64
	last                       atomic.Int64
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
		one.malformed.Add(1)
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
		Malformed:            one.malformed.Load(),
		LastReceivedUnixNano: one.last.Load(),
	}
}

// verdictTally is what judges count, by class. It has the size of a cache line
// and is kept apart from tally, so that judges do not slow the appender down.
type verdictTally [crypto.Classes]atomic.Uint64

func (v *verdictTally) load() (numbers [crypto.Classes]uint64) {
	for class := range v {
		numbers[class] = v[class].Load()
	}
	return numbers
}

// verdictTallies has a verdictTally per 16-bit id, as tallies has. Any number
// of judges count at the same time.
type verdictTallies struct {
	pages [1 << 16 / tallyPageSize]atomic.Pointer[[tallyPageSize]verdictTally]
}

// of is the tally of an id. Of two judges that both miss a page, one makes it
// and the other finds it: a plain store would lose what was counted in between.
func (t *verdictTallies) of(id uint16) *verdictTally {
	slot := &t.pages[id/tallyPageSize]
	page := slot.Load()
	if page == nil {
		slot.CompareAndSwap(nil, new([tallyPageSize]verdictTally))
		page = slot.Load()
	}
	return &page[id%tallyPageSize]
}

func (t *verdictTallies) load(id uint16) [crypto.Classes]uint64 {
	page := t.pages[id/tallyPageSize].Load()
	if page == nil {
		return [crypto.Classes]uint64{}
	}
	return page[id%tallyPageSize].load()
}
