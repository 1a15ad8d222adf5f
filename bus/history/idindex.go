package history

import (
	"bytes"
	"hash/maphash"

	"fedmsg-tui/bus"
)

// idIndex finds the row of a msg_id among the rows kept: an open-addressing
// table of 8 bytes a row, keyed by 32 bits of a seeded hash. It does not hold
// the ids: a hit is compared with the bytes of its row. The seed is random, so
// nobody can choose ids that fall together.
//
// A slot is the tag (never 0, so an empty slot is 0) and the low half of the
// row's number; the upper half follows from the rows kept being fewer than
// 2^32, which rowBytes ensures for any memory a machine has.
type idIndex struct {
	slots []uint64
	count int
}

const minSlots = 1024

func slotOf(tag uint32, row Row) uint64 { return uint64(tag)<<32 | uint64(uint32(row)) }

// home is where a tag belongs in the table: its upper bits, the number of slots
// being a power of two of at most 32 bits.
func (x *idIndex) home(tag uint32) int {
	return int(uint64(tag) * uint64(len(x.slots)) >> 32)
}

func (x *idIndex) next(i int) int { return (i + 1) & (len(x.slots) - 1) }

func (x *idIndex) insert(tag uint32, row Row) {
	if 4*(x.count+1) > 3*len(x.slots) {
		x.grow()
	}
	x.place(slotOf(tag, row))
	x.count++
}

func (x *idIndex) place(slot uint64) {
	i := x.home(uint32(slot >> 32))
	for x.slots[i] != 0 {
		i = x.next(i)
	}
	x.slots[i] = slot
}

func (x *idIndex) grow() {
	old := x.slots
	x.slots = make([]uint64, max(2*len(old), minSlots))
	for _, slot := range old {
		if slot != 0 {
			x.place(slot)
		}
	}
}

// remove takes out what insert put in. The slots behind move up, so that no
// search stops early at the hole.
func (x *idIndex) remove(tag uint32, row Row) {
	if len(x.slots) == 0 {
		return
	}
	want := slotOf(tag, row)
	i := x.home(tag)
	for x.slots[i] != want {
		if x.slots[i] == 0 {
			return
		}
		i = x.next(i)
	}
	x.count--
	for j := x.next(i); x.slots[j] != 0; j = x.next(j) {
		// The entry at j may fill the hole at i unless its home lies behind
		// the hole, cyclically in (i, j].
		home := x.home(uint32(x.slots[j] >> 32))
		if (j-home)&(len(x.slots)-1) >= (j-i)&(len(x.slots)-1) {
			x.slots[i] = x.slots[j]
			i = j
		}
	}
	x.slots[i] = 0
}

// tagOf hashes a normalised id. 0 is kept for "none".
func (h *History) tagOf(id []byte) uint32 {
	return max(uint32(maphash.Bytes(h.seed, id)>>32), 1)
}

// keptWithID finds the row kept that has this id. The caller holds mu.
func (h *History) keptWithID(tag uint32, id []byte) (*chunk, int) {
	x := &h.ids
	if x.count == 0 {
		return nil, 0
	}
	oldest := h.chunks[0].first
	for i := x.home(tag); x.slots[i] != 0; i = x.next(i) {
		if uint32(x.slots[i]>>32) != tag {
			continue
		}
		row := oldest + Row(uint32(x.slots[i])-uint32(oldest))
		c, k := locate(h.chunks, h.end, row)
		if c == nil {
			continue
		}
		raw, escaped := c.msgID(k)
		if bytes.Equal(id, normalText(raw, escaped)) {
			return c, k
		}
	}
	return nil, 0
}

// SameID reports whether two decoded msg_ids are those of one message. fedmsg
// puts the year before a UUID (fedmsg/core.py, publish), fedora-messaging does
// not, and the bridges between them add or leave out the year: so of ids with
// that exact shape only the UUID counts.
func SameID(a, b string) bool {
	return bytes.Equal(withoutYear([]byte(a)), withoutYear([]byte(b)))
}

// yearAndUUID is the length of "2026-" and a UUID.
const yearAndUUID = 5 + 36

func withoutYear(id []byte) []byte {
	if len(id) != yearAndUUID || id[4] != '-' {
		return id
	}
	for _, c := range id[:4] {
		if c < '0' || c > '9' {
			return id
		}
	}
	return id[5:]
}

// normalID is what of an id counts.
func normalID(span bus.Span, envelope []byte) []byte {
	return normalText(span.Raw(envelope), span.Escaped)
}

func normalText(raw []byte, escaped bool) []byte {
	if escaped {
		raw = bus.AppendUnquoted(nil, raw)
	}
	return withoutYear(raw)
}
