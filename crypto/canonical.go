package crypto

import (
	"fmt"
	"math"
	"slices"
	"sync"
)

// Bounds of the JSON that is read. Python's own bounds are those of its stack,
// and of its integers.
const (
	MaxText   = 64 << 20 // bytes
	MaxDepth  = 512      // levels of objects and arrays
	MaxDigits = 4300     // digits of an integer
	// MaxMembers bounds what is remembered of a text that is not canonical: a
	// member of five bytes takes forty to be put in its place.
	MaxMembers = 1 << 20
	// MaxExtremes bounds the floats whose exponent is written with three digits
	// or more: each takes as long as a kilobyte of text.
	MaxExtremes = 512
)

const (
	tooDeep = "nested deeper than 512 levels"
	tooMany = "more than 1,048,576 members of objects"

	tooExtreme = "more than 512 numbers with exponents of three digits"
)

// JSONError says where a text is not JSON as CPython's json module reads it,
// or is beyond the bounds.
type JSONError struct {
	Offset int // of the byte where reading stopped
	What   string
}

func (e *JSONError) Error() string { return fmt.Sprintf("%s (byte %d)", e.What, e.Offset) }

// Canonical is the text that fedmsg signs: exactly what CPython makes of raw,
// taken as UTF-8, with
//
//	json.dumps(json.loads(text), sort_keys=True, separators=(',', ':'))
//
// A text that is canonical already is returned as it is: the result shares its
// memory then. The error is a *JSONError.
func Canonical(raw []byte) ([]byte, error) {
	s := jsonScanner{b: raw, strict: true}
	if s.text() {
		return raw, nil
	}
	if s.what != "" {
		return nil, s.err()
	}
	return appendCanonicalValue(nil, raw)
}

// objectPool keeps the memory of those that record what is not canonical.
var objectPool = sync.Pool{New: func() any { return new(object) }}

// appendCanonicalValue appends a JSON text canonically; whitespace around it
// is left out. On an error nothing is appended.
func appendCanonicalValue(dst, raw []byte) ([]byte, error) {
	o := objectPool.Get().(*object)
	o.reset(raw)
	s := jsonScanner{b: raw, keep: math.MaxInt, into: o}
	var err error
	if s.text() {
		s.i, s.extremes = 0, math.MinInt // they have been counted
		s.next()
		dst = slices.Grow(dst, len(raw)+len(raw)/8)
		dst, _ = o.appendFrom(dst, &s, 0)
	} else {
		err = s.err()
	}
	o.reset(nil)
	objectPool.Put(o)
	return dst, err
}

// appendEntry appends a recorded member canonically.
func (o *object) appendEntry(dst []byte, e *jsonEntry) []byte {
	if e.flags&keyOdd != 0 {
		dst = appendCanonicalText(dst, o.raw[e.start+1:e.keyEnd-1])
	} else {
		dst = append(dst, o.raw[e.start:e.keyEnd]...)
	}
	return o.appendEntryValue(append(dst, ':'), e)
}

func (o *object) appendEntryValue(dst []byte, e *jsonEntry) []byte {
	if e.flags&valueOdd == 0 {
		return append(dst, o.raw[e.value:e.end]...)
	}
	s := jsonScanner{b: o.raw, i: int(e.value), extremes: math.MinInt} // they have been counted
	dst, _ = o.appendFrom(dst, &s, int(e.node))
	return dst
}

// appendFrom appends the value at the scanner's cursor, and moves it behind
// the value. All objects in the text are recorded; index is the one that starts
// next, and the result the one that starts next behind the value. Members are
// found by what was recorded, whatever their order, so each part of the text
// is looked at once more, and not once for every level.
func (o *object) appendFrom(dst []byte, s *jsonScanner, index int) ([]byte, int) {
	start := s.i
	switch s.b[start] {
	case '{':
		n := &o.nodes[index]
		s.i = int(n.end)
		if !n.odd {
			return append(dst, s.b[start:s.i]...), int(n.next)
		}
		dst = append(dst, '{')
		for i := range o.entries[n.first:n.last] {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = o.appendEntry(dst, &o.entries[int(n.first)+i])
		}
		return append(dst, '}'), int(n.next)
	case '[':
		dst = append(dst, '[')
		s.i++
		if s.next() != ']' {
			for {
				dst, index = o.appendFrom(dst, s, index)
				if s.next() == ']' {
					break
				}
				dst = append(dst, ',')
				s.i++
				s.next()
			}
		}
		s.i++
		return append(dst, ']'), index
	case '"':
		s.odd = false
		s.quoted()
		if s.odd {
			return appendCanonicalText(dst, s.b[start+1:s.i-1]), index
		}
	default:
		s.odd = false
		s.value(0) // a number or a word: nothing that has a depth
		if s.odd {
			return appendNumber(dst, s.b[start:s.i]), index
		}
	}
	return append(dst, s.b[start:s.i]...), index
}
