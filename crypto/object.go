package crypto

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"slices"
)

// ErrNotObject is said of a text that is JSON, and no object.
var ErrNotObject = errors.New("JSON, but not an object")

// object is a JSON object taken apart at its top level. Members are in
// canonical order, and each name is there once: of those written twice the
// last one counts. It may be used again and again, and keeps its memory; what
// it returned is valid until the next read, and refers to the text read.
type object struct {
	raw       []byte
	members   []member
	canonical bool // raw as a whole is canonical
	repeated  bool // some object in raw has a name more than once

	nodes   []jsonNode  // the objects in raw that are not canonical, as they start
	entries []jsonEntry // the members of closed objects, in their order
	pending []jsonEntry // the members of open objects
	names   []byte      // names that are written with escapes, decoded
}

// member is one member of an object.
type member struct {
	name       []byte // decoded; WTF-8 where it has lone surrogates
	start, end int    // raw from the opening quote of the name to the end of the value
	value      []byte // as written, without surrounding whitespace
	canonical  bool   // raw[start:end] is what appendMember would append
	entry      uint32 // its index in entries
}

// jsonEntry is a member as it is recorded: places in raw, or in names for an
// escaped name.
type jsonEntry struct {
	head          uint64 // see headOf
	name, nameEnd uint32
	start, keyEnd uint32 // the name in its quotes, as written
	value, end    uint32
	node          uint32 // the first object that starts in the value
	flags         uint8
}

const (
	nameDecoded = 1 << iota // name and nameEnd are places in names
	keyOdd                  // the name as written is not canonical
	valueOdd                // neither is the value
	keySpaced               // there is whitespace between them
)

// jsonNode is one recorded object. A canonical one is copied as it stands, so
// nothing that is inside of it is recorded.
type jsonNode struct {
	first, last uint32 // its entries
	end         uint32 // the end in raw
	next        uint32 // the first object that starts behind it
	odd         bool
}

// read takes a text apart. The error is a *JSONError, or ErrNotObject.
func (o *object) read(raw []byte) error {
	o.reset(raw)
	s := jsonScanner{b: raw, strict: true, keep: 1, into: o}
	o.canonical = s.text()
	if s.what == "" && !o.canonical {
		o.reset(raw)
		s = jsonScanner{b: raw, keep: math.MaxInt, into: o}
		s.text()
	}
	if s.what != "" {
		o.reset(nil)
		return s.err()
	}
	start := jsonScanner{b: raw}
	if start.next() != '{' {
		o.reset(nil)
		return ErrNotObject
	}
	for i := o.nodes[0].first; i < o.nodes[0].last; i++ {
		e := &o.entries[i]
		o.members = append(o.members, member{
			name:      o.nameOf(e),
			start:     int(e.start),
			end:       int(e.end),
			value:     raw[e.value:e.end:e.end],
			canonical: e.flags&(keyOdd|valueOdd|keySpaced) == 0,
			entry:     i,
		})
	}
	return nil
}

// reset makes o ready for a text. Memory that an unusually large text took is
// not kept.
func (o *object) reset(raw []byte) {
	o.raw, o.canonical, o.repeated = raw, false, false
	o.members = emptied(o.members)
	o.nodes = emptied(o.nodes)
	o.entries, o.pending = emptied(o.entries), emptied(o.pending)
	o.names = emptied(o.names)
}

const keptElements = 8192

func emptied[T any](list []T) []T {
	if cap(list) > keptElements {
		return nil
	}
	return list[:0]
}

// find is the member of a name, or nil.
func (o *object) find(name string) *member {
	low, high := 0, len(o.members)
	for low < high {
		middle := (low + high) / 2
		if string(o.members[middle].name) < name {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low < len(o.members) && string(o.members[low].name) == name {
		return &o.members[low]
	}
	return nil
}

// appendMember appends a member canonically: "name":value.
func (o *object) appendMember(dst []byte, m *member) []byte {
	if m.canonical {
		return append(dst, o.raw[m.start:m.end]...)
	}
	return o.appendEntry(dst, &o.entries[m.entry])
}

// appendValue appends the value of a member canonically.
func (o *object) appendValue(dst []byte, m *member) []byte {
	return o.appendEntryValue(dst, &o.entries[m.entry])
}

func (o *object) nameOf(e *jsonEntry) []byte {
	if e.flags&nameDecoded != 0 {
		return o.names[e.name:e.nameEnd:e.nameEnd]
	}
	return o.raw[e.name:e.nameEnd:e.nameEnd]
}

// open starts recording an object, whose entries will be those of o.pending from
// base on.
func (o *object) open() (index, base int) {
	o.nodes = append(o.nodes, jsonNode{first: uint32(len(o.entries))})
	return len(o.nodes) - 1, len(o.pending)
}

func (o *object) record(name jsonKey, oddKey, spaced bool, value, end int, oddValue bool, child int) {
	o.pending = append(o.pending, jsonEntry{})
	e := &o.pending[len(o.pending)-1]
	e.head = name.head
	e.name, e.nameEnd = uint32(name.start), uint32(name.end)
	e.start, e.keyEnd = uint32(name.start-1), uint32(name.end+1)
	e.value, e.end = uint32(value), uint32(end)
	e.node = uint32(child)
	if name.escaped {
		start := len(o.names)
		o.names = appendDecoded(o.names, o.raw[name.start:name.end])
		e.head = headOf(o.names, start, len(o.names))
		e.name, e.nameEnd = uint32(start), uint32(len(o.names))
		e.flags |= nameDecoded
	}
	if oddKey {
		e.flags |= keyOdd
	}
	if oddValue {
		e.flags |= valueOdd
	}
	if spaced {
		e.flags |= keySpaced
	}
}

// close ends the recording of an object. The objects inside of it are closed,
// so what is open from base on is its own.
func (o *object) close(index, base, end int, odd, sorted bool) {
	n := &o.nodes[index]
	n.end, n.odd = uint32(end), odd
	own := o.pending[base:]
	o.pending = o.pending[:base]
	if !odd && index > 0 {
		o.entries, o.nodes = o.entries[:n.first], o.nodes[:index+1]
	} else {
		n.first = uint32(len(o.entries))
		if sorted {
			o.entries = append(o.entries, own...)
		} else {
			o.appendSorted(own)
		}
	}
	n.last, n.next = uint32(len(o.entries)), uint32(len(o.nodes))
}

// appendSorted appends entries by their names, and of one name the last.
func (o *object) appendSorted(own []jsonEntry) {
	// Objects are small: sorting places by insertion, and moving each entry
	// once, beats sorting the entries.
	var space [32]uint8
	if len(own) > len(space) {
		slices.SortFunc(own, func(a, b jsonEntry) int { return o.compare(&a, &b) })
		for i := range own {
			if i+1 == len(own) || !o.sameName(&own[i], &own[i+1]) {
				o.entries = append(o.entries, own[i])
			} else {
				o.repeated = true
			}
		}
		return
	}
	order := space[:len(own)]
	for i := range own {
		at := i
		for at > 0 && o.compare(&own[i], &own[order[at-1]]) < 0 {
			order[at] = order[at-1]
			at--
		}
		order[at] = uint8(i)
	}
	for i, at := range order {
		if i+1 == len(order) || !o.sameName(&own[at], &own[order[i+1]]) {
			o.entries = append(o.entries, own[at])
		} else {
			o.repeated = true
		}
	}
}

func (o *object) sameName(a, b *jsonEntry) bool {
	return a.head == b.head && bytes.Equal(o.nameOf(a), o.nameOf(b))
}

// compare orders entries by their names, and those of one name as they were
// written.
func (o *object) compare(a, b *jsonEntry) int {
	if a.head != b.head {
		return cmp.Compare(a.head, b.head)
	}
	if c := bytes.Compare(o.nameOf(a), o.nameOf(b)); c != 0 {
		return c
	}
	return cmp.Compare(a.start, b.start)
}
