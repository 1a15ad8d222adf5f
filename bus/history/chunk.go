package history

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"fedmsg-tui/bus"
)

// chunk is a run of rows with their bytes. One writer at a time fills it from
// the front; what is below a published end never changes again (but for the
// late column), so readers need no lock.
//
// Positions are offsets into arena. The bytes of a row are its frames one
// behind the other from start; of a malformed row, whose frames may be any
// number, a trailer follows that says what they were.
type chunk struct {
	first Row
	block block

	late                         []atomic.Uint64
	received, sent, counter      []int64
	seq                          []uint64
	start, topicEnd, envelopeEnd []uint32
	bodyStart, bodyEnd           []uint32
	idStart, idEnd               []uint32 // of a malformed row: where its trailer starts and ends
	idTag                        []uint32 // 0: not in the index of ids
	fields                       []bus.Fields
	topic                        []TopicID
	user                         []UserID
	source                       []bus.SourceID
	origin                       []bus.Origin
	problem                      []bus.ProblemCode
	quirks                       []quirk
	arena                        []byte

	lateRevision atomic.Uint64
	refs         atomic.Int32 // lists that hold this chunk

	// Only the writer looks at these while the chunk is the newest; afterwards
	// they do not change any more.
	rows, used            int
	wellFormed, malformed int
}

// rowBytes is what the columns of one row take.
const rowBytes = 8*5 + 4*9 + 2*3 + 3

// quirk are bits about the text of a row.
type quirk uint8

const (
	escapesBits quirk = 0b11 // Escapes of the body
	idEscaped   quirk = 1 << 2
)

// trailerHead is the size of a trailer without its frame lengths.
const trailerHead = 12

// blockBytes is the size of the block for a chunk.
func blockBytes(rows, arenaBytes int) int { return rows*rowBytes + arenaBytes }

// newChunk makes a chunk of a block of blockBytes, which need not be zero: put
// writes every column of its row but the late one, which is cleared here.
func newChunk(first Row, b block, rows, arenaBytes int) *chunk {
	c := &chunk{first: first, block: b}
	m := c.block.bytes
	c.late = carve[atomic.Uint64](&m, rows)
	c.received = carve[int64](&m, rows)
	c.sent = carve[int64](&m, rows)
	c.counter = carve[int64](&m, rows)
	c.seq = carve[uint64](&m, rows)
	for _, column := range []*[]uint32{&c.start, &c.topicEnd, &c.envelopeEnd, &c.bodyStart, &c.bodyEnd, &c.idStart, &c.idEnd, &c.idTag} {
		*column = carve[uint32](&m, rows)
	}
	c.fields = carve[bus.Fields](&m, rows)
	c.topic = carve[TopicID](&m, rows)
	c.user = carve[UserID](&m, rows)
	c.source = carve[bus.SourceID](&m, rows)
	c.origin = carve[bus.Origin](&m, rows)
	c.problem = carve[bus.ProblemCode](&m, rows)
	c.quirks = carve[quirk](&m, rows)
	c.arena = m[:arenaBytes]
	clear(c.late)
	return c
}

// needBytes is what a message takes in an arena.
func needBytes(m *bus.Message) uint64 {
	var n uint64
	for _, frame := range m.Frames {
		n += uint64(len(frame))
	}
	if m.Malformed() {
		n += trailerHead + 4*uint64(len(m.Frames))
	}
	return n
}

// room reports whether a message of that many bytes fits.
func (c *chunk) room(need int) bool {
	return c.rows < len(c.received) && need <= len(c.arena)-c.used
}

// put stores a message in the next row, which the caller has made room for and
// publishes afterwards.
func (c *chunk) put(m *bus.Message, topic TopicID, user UserID, tag uint32) {
	i := c.rows
	c.start[i] = uint32(c.used)
	at := c.used
	ends := [2]int{at, at}
	for k, frame := range m.Frames {
		at += copy(c.arena[at:], frame)
		if k < 2 {
			ends[k], ends[1] = at, at
		}
	}
	c.topicEnd[i], c.envelopeEnd[i] = uint32(ends[0]), uint32(ends[1])
	c.received[i], c.sent[i] = m.ReceivedUnixNano, m.Head.SentUnixNano
	c.counter[i], c.seq[i] = m.Head.I, m.Head.SeqID
	c.fields[i] = m.Head.Fields
	c.topic[i], c.user[i], c.source[i] = topic, user, m.Source
	c.origin[i], c.problem[i] = m.Origin, m.Problem.Code
	c.idTag[i] = tag

	c.idStart[i], c.idEnd[i] = uint32(at), uint32(at)
	if m.Malformed() {
		c.quirks[i] = 0
		c.bodyStart[i], c.bodyEnd[i] = uint32(ends[0]), uint32(at)
		at = c.putTrailer(at, m)
		c.idEnd[i] = uint32(at)
		c.malformed++
	} else {
		envelope := uint32(ends[0])
		from, to := bodySpan(m)
		c.bodyStart[i], c.bodyEnd[i] = envelope+from, envelope+to
		q := quirk(EscapesIn(m.Envelope()[from:to]))
		if m.Head.Has(bus.FieldMsgID) && int(m.Head.MsgID.End) <= len(m.Envelope()) {
			c.idStart[i], c.idEnd[i] = envelope+m.Head.MsgID.Start, envelope+m.Head.MsgID.End
			if m.Head.MsgID.Escaped {
				q |= idEscaped
			}
		}
		c.quirks[i] = q
		c.wellFormed++
	}
	c.used = at
	c.rows++
}

func (c *chunk) putTrailer(at int, m *bus.Message) int {
	t := c.arena[at:at]
	t = binary.LittleEndian.AppendUint32(t, m.Problem.Offset)
	t = binary.LittleEndian.AppendUint32(t, m.Problem.Count)
	t = binary.LittleEndian.AppendUint32(t, uint32(len(m.Frames)))
	for _, frame := range m.Frames {
		t = binary.LittleEndian.AppendUint32(t, uint32(len(frame)))
	}
	return at + len(t)
}

// seal gives back what no row took of the block, when that is worth a system
// call. The writer calls it when the chunk gets no more rows; nobody reads
// behind the last row.
func (c *chunk) seal() {
	if len(c.arena)-c.used >= trimBytes {
		c.block.trim(len(c.block.bytes) - len(c.arena) + c.used)
	}
}

// trimBytes of unused memory are left alone.
const trimBytes = 256 << 10

// usedBytes is what the chunk counts against the budget.
func (c *chunk) usedBytes() int { return c.used + c.rows*rowBytes }

// frames are the frames of row i as they were received.
func (c *chunk) frames(i int) [][]byte {
	if c.problem[i] == bus.ProblemNone {
		return [][]byte{c.topicBytes(i), c.envelope(i)}
	}
	lengths := c.arena[c.idStart[i]+trailerHead : c.idEnd[i]]
	out := make([][]byte, 0, len(lengths)/4)
	at := c.start[i]
	for ; len(lengths) > 0; lengths = lengths[4:] {
		end := at + binary.LittleEndian.Uint32(lengths)
		out = append(out, c.arena[at:end:end])
		at = end
	}
	return out
}

func (c *chunk) problemOf(i int) bus.Problem {
	if c.problem[i] == bus.ProblemNone {
		return bus.Problem{}
	}
	t := c.arena[c.idStart[i]:c.idEnd[i]]
	return bus.Problem{
		Code:   c.problem[i],
		Offset: binary.LittleEndian.Uint32(t),
		Count:  binary.LittleEndian.Uint32(t[4:]),
	}
}

func (c *chunk) topicBytes(i int) []byte { return c.arena[c.start[i]:c.topicEnd[i]:c.topicEnd[i]] }
func (c *chunk) envelope(i int) []byte {
	return c.arena[c.topicEnd[i]:c.envelopeEnd[i]:c.envelopeEnd[i]]
}
func (c *chunk) body(i int) []byte { return c.arena[c.bodyStart[i]:c.bodyEnd[i]:c.bodyEnd[i]] }

// endOf is the end of the frames of row i.
func (c *chunk) endOf(i int) uint32 {
	if c.problem[i] != bus.ProblemNone {
		return c.idStart[i]
	}
	return c.envelopeEnd[i]
}

// msgID is the id of row i as written, and whether it has escapes.
func (c *chunk) msgID(i int) (raw []byte, escaped bool) {
	if c.problem[i] != bus.ProblemNone {
		return nil, false
	}
	return c.arena[c.idStart[i]:c.idEnd[i]:c.idEnd[i]], c.quirks[i]&idEscaped != 0
}

// A column of atomics is carved like any other, so it must be as large.
var _ [8]struct{} = [unsafe.Sizeof(atomic.Uint64{})]struct{}{}
