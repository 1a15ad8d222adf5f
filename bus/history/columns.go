package history

import "fedmsg-tui/bus"

// Chunk is a run of rows of a snapshot with its columns, for those who go
// through many rows: filters, timelines, exports. Slices have one value per row
// of the chunk, in order; they point into history's memory, like everything a
// snapshot returns. A chunk's first row identifies it: no two chunks share one,
// and only the newest chunk of history ever gets more rows.
type Chunk struct {
	c       *chunk
	n       int
	newest  bool
	signers *signers
}

// Chunks is the number of chunks.
func (s *Snapshot) Chunks() int { return len(s.view().list.chunks) }

// Chunk is the k-th chunk, oldest first, 0 <= k < Chunks.
func (s *Snapshot) Chunk(k int) Chunk {
	e := s.view()
	c := e.list.chunks[k]
	return Chunk{
		c:       c,
		n:       int(e.chunkEnd(k) - c.first),
		newest:  k == len(e.list.chunks)-1,
		signers: &s.history.signers,
	}
}

// First is the number of the chunk's first row.
func (k Chunk) First() Row { return k.c.first }

// Len is the number of rows, at most 65,536.
func (k Chunk) Len() int { return k.n }

// Newest reports whether it was the newest chunk, which may get more rows.
func (k Chunk) Newest() bool { return k.newest }

// AllWellFormed reports whether it is known that no row is malformed, which it
// is not of the newest chunk: the writer may be counting there.
func (k Chunk) AllWellFormed() bool { return !k.newest && k.c.malformed == 0 }

// TopicIDs are the topics.
func (k Chunk) TopicIDs() []TopicID { return k.c.topic[:k.n] }

// UserIDs are the usernames.
func (k Chunk) UserIDs() []UserID { return k.c.user[:k.n] }

// Sources are where the messages came from.
func (k Chunk) Sources() []bus.SourceID { return k.c.source[:k.n] }

// Origins are the ways by which they came.
func (k Chunk) Origins() []bus.Origin { return k.c.origin[:k.n] }

// Problems are 0 for well-formed rows.
func (k Chunk) Problems() []bus.ProblemCode { return k.c.problem[:k.n] }

// Fields are what was read of the envelopes.
func (k Chunk) Fields() []bus.Fields { return k.c.fields[:k.n] }

// ReceivedUnixNano are the times of receipt.
func (k Chunk) ReceivedUnixNano() []int64 { return k.c.received[:k.n] }

// SentUnixNano are the senders' times, where bus.FieldTimestamp is set.
func (k Chunk) SentUnixNano() []int64 { return k.c.sent[:k.n] }

// SeqIDs are the sequence ids, where bus.FieldSeqID is set.
func (k Chunk) SeqIDs() []uint64 { return k.c.seq[:k.n] }

// Counters are the publishers' counters "i", where bus.FieldI is set.
func (k Chunk) Counters() []int64 { return k.c.counter[:k.n] }

// Topic is the topic frame of the i-th row, for rows whose id is Overflow.
func (k Chunk) Topic(i int) []byte { return k.c.topicBytes(i) }

// Envelope is the second frame of the i-th row.
func (k Chunk) Envelope(i int) []byte { return k.c.envelope(i) }

// Body is the part of the i-th row that a text search looks through.
func (k Chunk) Body(i int) []byte { return k.c.body(i) }

// Escapes says which escapes that part has.
func (k Chunk) Escapes(i int) Escapes { return Escapes(k.c.quirks[i] & escapesBits) }

// Late is what is known about the i-th row by now.
func (k Chunk) Late(i int) Late { return unpackLate(k.c.late[i].Load()) }

// SignerName is the name of an id, unsanitised; "" for 0 and for Overflow.
func (k Chunk) SignerName(id SignerID) string { return k.signers.name(id) }

// LateRevision grows with every change to a late column of this chunk. Take
// it before reading the columns.
func (k Chunk) LateRevision() uint64 { return k.c.lateRevision.Load() }
