package history

import (
	"slices"
	"sync/atomic"
	"time"

	"fedmsg-tui/bus"
)

// Snapshot is history at one moment. What its methods return that is not a
// copy (slices, and anything made of them) points into history's memory: it is
// valid until Close, may not be written to, and must be copied to be kept.
// Strings are copies.
//
// Methods may be called by several goroutines, but not at the same time as
// Close. A method called after Close panics: it is a mistake of the program,
// and the memory may be gone. A snapshot that nobody closes keeps the memory of
// its rows for good.
type Snapshot struct {
	history *History
	edition *edition
	closed  atomic.Bool
}

// Snapshot is history now. It never waits and costs the same however much is
// kept. Close it soon: until then the rows it sees are not given back.
func (h *History) Snapshot() *Snapshot {
	s := &Snapshot{history: h, edition: h.pinned()}
	h.open.Add(1)
	return s
}

// Close lets go of the rows. Closing twice is harmless.
func (s *Snapshot) Close() {
	if s.closed.Swap(true) {
		return
	}
	s.history.open.Add(-1)
	s.edition.list.unpin()
}

func (s *Snapshot) view() *edition {
	if s.closed.Load() {
		panic("history: a snapshot was used after Close")
	}
	return s.edition
}

func (s *Snapshot) at(row Row) (*chunk, int) {
	e := s.view()
	return locate(e.list.chunks, e.end, row)
}

// Revision grows with every change of the rows or the counts.
func (s *Snapshot) Revision() uint64 { return s.view().revision }

// LateRevision is history's late revision now, not when the snapshot was made.
func (s *Snapshot) LateRevision() uint64 { return s.history.LateRevision() }

// First is the oldest row kept, or End when there is none.
func (s *Snapshot) First() Row { return s.view().first() }

// End is the number that the next row will have.
func (s *Snapshot) End() Row { return s.view().end }

// Len is the number of rows kept.
func (s *Snapshot) Len() int { return int(s.End() - s.First()) }

// Arrival is the order of receipt of the rows kept.
func (s *Snapshot) Arrival() Arrival { return Arrival{First: s.First(), End: s.End()} }

// Counts are the books of this moment.
func (s *Snapshot) Counts() Counts { return s.view().counts }

// Has reports whether a row is kept.
func (s *Snapshot) Has(row Row) bool {
	c, _ := s.at(row)
	return c != nil
}

// Meta is what the columns say about a row.
type Meta struct {
	Row              Row
	ReceivedUnixNano int64 // our clock
	SentUnixNano     int64 // the sender's; only with bus.FieldTimestamp
	I                int64 // only with bus.FieldI
	SeqID            uint64
	Fields           bus.Fields
	Topic            TopicID
	User             UserID
	Source           bus.SourceID
	Origin           bus.Origin
	Problem          bus.ProblemCode
	Bytes            int // of all frames
}

// Has reports whether all of the given fields were read.
func (m Meta) Has(f bus.Fields) bool { return m.Fields&f == f }

// Malformed reports whether the row could not be read as an envelope.
func (m Meta) Malformed() bool { return m.Problem != bus.ProblemNone }

// Received is the time of receipt.
func (m Meta) Received() time.Time { return time.Unix(0, m.ReceivedUnixNano) }

// Meta is what the columns say about a row; false when it is not kept.
func (s *Snapshot) Meta(row Row) (Meta, bool) {
	c, i := s.at(row)
	if c == nil {
		return Meta{}, false
	}
	return Meta{
		Row:              row,
		ReceivedUnixNano: c.received[i],
		SentUnixNano:     c.sent[i],
		I:                c.counter[i],
		SeqID:            c.seq[i],
		Fields:           c.fields[i],
		Topic:            c.topic[i],
		User:             c.user[i],
		Source:           c.source[i],
		Origin:           c.origin[i],
		Problem:          c.problem[i],
		Bytes:            int(c.endOf(i) - c.start[i]),
	}, true
}

// Topic is the topic frame of a row, unsanitised; "" when the row has none or
// is not kept.
func (s *Snapshot) Topic(row Row) string {
	c, i := s.at(row)
	if c == nil {
		return ""
	}
	if id := c.topic[i]; id != Overflow {
		return s.edition.topics[id]
	}
	return string(c.topicBytes(i))
}

// Username is the decoded username of a row, or "".
func (s *Snapshot) Username(row Row) string {
	c, i := s.at(row)
	if c == nil {
		return ""
	}
	if id := c.user[i]; id != Overflow {
		return s.edition.users[id]
	}
	m := s.message(c, i)
	return m.Username()
}

// MsgID is the decoded msg_id of a row, or "".
func (s *Snapshot) MsgID(row Row) string {
	c, i := s.at(row)
	if c == nil {
		return ""
	}
	raw, escaped := c.msgID(i)
	if escaped {
		raw = bus.AppendUnquoted(nil, raw)
	}
	return string(raw)
}

// Envelope is the second frame of a row, or nothing.
func (s *Snapshot) Envelope(row Row) []byte {
	c, i := s.at(row)
	if c == nil {
		return nil
	}
	return c.envelope(i)
}

// Body is the part of a row that a text search looks through: see [BodyOf].
func (s *Snapshot) Body(row Row) []byte {
	c, i := s.at(row)
	if c == nil {
		return nil
	}
	return c.body(i)
}

// Frames are all frames of a row as they were received.
func (s *Snapshot) Frames(row Row) [][]byte {
	c, i := s.at(row)
	if c == nil {
		return nil
	}
	return c.frames(i)
}

// Problem says what is wrong with a row; its zero value says nothing is.
func (s *Snapshot) Problem(row Row) bus.Problem {
	c, i := s.at(row)
	if c == nil {
		return bus.Problem{}
	}
	return c.problemOf(i)
}

// Late is what is known about a row by now; false when it is not in the
// snapshot.
func (s *Snapshot) Late(row Row) (Late, bool) {
	c, i := s.at(row)
	if c == nil {
		return Late{}, false
	}
	return unpackLate(c.late[i].Load()), true
}

// Message is a copy of a row as the message it was, which stays valid after
// Close; false when the row is not kept.
func (s *Snapshot) Message(row Row) (bus.Message, bool) {
	c, i := s.at(row)
	if c == nil {
		return bus.Message{}, false
	}
	m := s.message(c, i)
	bytes := slices.Clone(c.arena[c.start[i]:c.endOf(i)])
	for k, frame := range m.Frames {
		n := len(frame)
		m.Frames[k], bytes = bytes[:n:n], bytes[n:]
	}
	return m, true
}

// message is a row as a message whose frames are history's memory. Head is read
// again, which gives what it gave before; of a message that a transport
// refused, Head was empty.
func (s *Snapshot) message(c *chunk, i int) bus.Message {
	m := bus.Message{
		Frames:           c.frames(i),
		ReceivedUnixNano: c.received[i],
		Source:           c.source[i],
		Origin:           c.origin[i],
	}
	m.Scan()
	if p := c.problemOf(i); m.Problem != p {
		m.Head, m.Problem = bus.Head{}, p
	}
	return m
}
