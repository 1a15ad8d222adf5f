package history

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"fedmsg-tui/bus"
)

// Options say how much is kept. The zero value is good for an explorer.
type Options struct {
	// BudgetBytes bounds what is kept: bytes of messages, columns and names.
	// 0 means DefaultBudgetBytes.
	BudgetBytes int64
	// MergeDuplicates counts a well-formed message whose msg_id is that of a
	// row still kept, and which says nothing that the row does not say (see
	// isCopy), instead of giving it a row of its own. Ids that differ only by
	// the year in front (see [SameID]) are the same. The message that came
	// first is kept; of the others nothing but their number is.
	MergeDuplicates bool
	// ChunkRows and ChunkBytes are the size of a chunk. ChunkBytes 0 means a
	// sixteenth of the budget, between 64 KiB and 4 MiB; a larger message has a
	// chunk of its own. ChunkRows 0 means one per 256 of these bytes, at most
	// 4,096; more than 65,536 are never in a chunk.
	ChunkRows, ChunkBytes int
	// MaxNames and MaxNamesBytes bound each of the three tables of names,
	// topics, users and signers; 0 means 65,535 (which is also the most) and
	// 8 MiB, or an eighth of the budget when that is less: names are never
	// given up.
	MaxNames, MaxNamesBytes int
}

// What Options mean when they say nothing.
const (
	DefaultBudgetBytes = 256 << 20

	defaultChunkRows  = 4096
	maxChunkRows      = 1 << 16
	minChunkBytes     = 64 << 10
	maxChunkBytes     = 4 << 20
	defaultNames      = int(Overflow)
	defaultNamesBytes = 8 << 20

	// maxMessageBytes is the largest message whose bytes are kept: positions in
	// a chunk have 32 bits. Every transport refuses frames long before.
	maxMessageBytes = 1 << 30
)

func (o Options) filled() Options {
	if o.BudgetBytes <= 0 {
		o.BudgetBytes = DefaultBudgetBytes
	}
	if o.ChunkBytes <= 0 {
		o.ChunkBytes = int(min(max(o.BudgetBytes/16, minChunkBytes), maxChunkBytes))
	}
	o.ChunkBytes = min(o.ChunkBytes, maxMessageBytes)
	if o.ChunkRows <= 0 {
		o.ChunkRows = min(max(o.ChunkBytes/256, 1), defaultChunkRows)
	}
	o.ChunkRows = min(o.ChunkRows, maxChunkRows)
	if o.MaxNames <= 0 || o.MaxNames > defaultNames {
		o.MaxNames = defaultNames
	}
	if o.MaxNamesBytes <= 0 {
		o.MaxNamesBytes = int(min(defaultNamesBytes, o.BudgetBytes/8))
	}
	return o
}

// History is everything received that is still kept. All methods may be called
// from any goroutine. Make one with [New].
type History struct {
	options Options
	seed    maphash.Seed

	current      atomic.Pointer[edition]
	lateRevision atomic.Uint64
	open         atomic.Int64 // snapshots not yet closed
	blocks       blocks
	watchers     watchers // for editions
	lateWatchers watchers // for late columns
	signers      signers

	topicTallies   tallies        // by TopicID
	sourceTallies  tallies        // by bus.SourceID
	topicVerdicts  verdictTallies // by TopicID
	sourceVerdicts verdictTallies // by bus.SourceID
	verdicts       verdictTally   // of all

	mu     sync.Mutex // one writer at a time; guards all below
	closed bool
	chunks []*chunk // the kept ones, oldest first
	list   *list    // the published ones; differs from chunks only inside add
	stale  bool     // chunks is not what list holds
	end    Row
	used   int64 // of the budget
	counts Counts
	topics names
	users  names
	ids    idIndex

	signersCounted int64 // bytes of the signers' names that used has
}

// New makes an empty history.
func New(options Options) *History {
	h := &History{options: options.filled(), seed: maphash.MakeSeed()}
	h.blocks.usualBytes = blockBytes(h.options.ChunkRows, h.options.ChunkBytes)
	h.topics = newNames(h.options.MaxNames, h.options.MaxNamesBytes)
	h.users = newNames(h.options.MaxNames, h.options.MaxNamesBytes)
	h.signers.init(h.options.MaxNames, h.options.MaxNamesBytes)
	h.list = h.newList(nil)
	h.current.Store(&edition{list: h.list, topics: h.topics.texts, users: h.users.texts})
	return h
}

// Appended says what became of a batch: its messages have the rows from First
// up to, not including, End, in their order, but for the Duplicates that were
// merged into earlier rows.
type Appended struct {
	First, End Row
	Duplicates int
}

// Append takes messages, which must have been scanned, and copies their bytes:
// the batch is the caller's again when it returns. Rows of one batch are
// contiguous also when several callers append at once. After Close it does
// nothing.
func (h *History) Append(batch []bus.Message) Appended {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return Appended{First: h.end, End: h.end}
	}
	first, duplicates := h.end, h.counts.Duplicates
	for i := range batch {
		h.add(&batch[i])
	}
	h.publish()
	return Appended{First: first, End: h.end, Duplicates: int(h.counts.Duplicates - duplicates)}
}

// add makes one message a row, or a copy of a row.
func (h *History) add(m *bus.Message) {
	need := needBytes(m)
	var refused bus.Message
	if need > maxMessageBytes {
		// Its size is all that can be kept of it.
		refused = *m
		refused.Frames, refused.Head = nil, bus.Head{}
		refused.Problem = bus.Problem{Code: bus.ProblemSize, Count: uint32(min(need, 1<<32-1))}
		m, need = &refused, trailerHead
	}
	malformed := m.Malformed()
	var size uint64
	for _, frame := range m.Frames {
		size += uint64(len(frame))
	}
	topic := TopicID(h.intern(&h.topics, m.Topic()))
	h.topicTallies.add(uint16(topic), size, malformed, m.ReceivedUnixNano)
	h.sourceTallies.add(uint16(m.Source), size, malformed, m.ReceivedUnixNano)
	h.counts.Received++
	h.counts.ReceivedBytes += size

	var tag uint32
	switch {
	case malformed:
		h.counts.Malformed++
		h.counts.KeptMalformed++
	case h.options.MergeDuplicates && m.Head.Has(bus.FieldMsgID):
		id := normalID(m.Head.MsgID, m.Envelope())
		tag = h.tagOf(id)
		if c, i := h.keptWithID(tag, id); c != nil {
			if c.isCopy(i, m) {
				h.counts.Duplicates++
				h.addCopy(c, i)
				return
			}
			// Only the first row with an id is in the index: a flood of
			// different messages with one id cannot make searching slow.
			tag = 0
		}
		fallthrough
	default:
		h.counts.Kept++
	}

	user := UserID(h.internSpan(&h.users, m.Head.Username, m.Envelope()))
	c := h.chunkFor(int(need))
	c.put(m, topic, user, tag)
	if tag != 0 {
		h.ids.insert(tag, h.end)
	}
	h.end++
	h.used += int64(need) + rowBytes
	h.countSigners()
	h.evict()
	if h.stale {
		// Publish as soon as the set of chunks changed, not at the end of the
		// batch: what was evicted is then really given back, however large the
		// batch is.
		h.publish()
	}
}

// chunkFor is the newest chunk when it has room, else a new one.
func (h *History) chunkFor(need int) *chunk {
	if n := len(h.chunks); n > 0 && h.chunks[n-1].room(need) {
		return h.chunks[n-1]
	}
	rows, size := h.options.ChunkRows, h.options.ChunkBytes
	if need > size {
		rows, size = 1, need
	}
	if n := len(h.chunks); n > 0 {
		h.chunks[n-1].seal()
	}
	c := newChunk(h.end, h.blocks.take(blockBytes(rows, size)), rows, size)
	h.chunks = append(h.chunks, c)
	h.stale = true
	return c
}

// evict gives up the oldest chunks until the budget is kept, but never the
// newest chunk.
func (h *History) evict() {
	gone := 0
	for h.used > h.options.BudgetBytes && gone < len(h.chunks)-1 {
		c := h.chunks[gone]
		for i := range c.rows {
			if tag := c.idTag[i]; tag != 0 {
				h.ids.remove(tag, c.first+Row(i))
			}
		}
		h.used -= int64(c.usedBytes())
		h.counts.Kept -= uint64(c.wellFormed)
		h.counts.Evicted += uint64(c.wellFormed)
		h.counts.KeptMalformed -= uint64(c.malformed)
		gone++
	}
	if gone > 0 {
		// A new slice: the old one would keep the evicted chunks reachable.
		h.chunks = append([]*chunk(nil), h.chunks[gone:]...)
		h.stale = true
	}
}

// intern is the id of a name; a new one counts against the budget.
func (h *History) intern(table *names, text []byte) uint16 {
	before := table.usedBytes
	id := table.id(text)
	h.used += int64(table.usedBytes - before)
	return id
}

func (h *History) internSpan(table *names, span bus.Span, envelope []byte) uint16 {
	if span.Escaped {
		return h.intern(table, []byte(span.Text(envelope)))
	}
	return h.intern(table, span.Raw(envelope))
}

// Close gives up all rows. Snapshots that are open stay valid until they are
// closed too. It is meant for the end of a session, after the last Append.
func (h *History) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	h.counts.Evicted += h.counts.Kept
	h.counts.Kept, h.counts.KeptMalformed = 0, 0
	h.chunks, h.ids = nil, idIndex{}
	h.used = int64(h.topics.usedBytes+h.users.usedBytes) + h.signersCounted
	h.stale = true
	h.blocks.stopReuse()
	h.publish()
}

// MappedBytes is the memory mapped for chunks: kept ones, those that only open
// snapshots still pin, and one spare. Pages of a chunk that no message reached
// are counted here but take no memory yet.
func (h *History) MappedBytes() int64 { return h.blocks.heldBytes.Load() }

// OpenSnapshots is how many snapshots have not been closed: a number that only
// grows is a leak.
func (h *History) OpenSnapshots() int64 { return h.open.Load() }

// FailedFrees is how many blocks the system refused to take back; anything but
// 0 is worth a line in a report.
func (h *History) FailedFrees() int64 { return h.blocks.notFreed.Load() }
