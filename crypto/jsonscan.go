package crypto

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// jsonScanner walks over one JSON text as CPython's json module reads it, and
// finds out on the way whether the text is canonical. Its methods return false
// when they stopped: with a reason in what when the text is not JSON, without
// one when it is not canonical and the scanner is strict.
type jsonScanner struct {
	b    []byte
	i    int
	what string
	odd  bool // what was read since this was last cleared is not canonical
	// strict stops at the first thing that is not canonical.
	strict bool
	// Objects at a depth below keep are recorded in into. The recording of a
	// nested object makes sense only where the scanner is not strict.
	keep int
	into *object
	// extremes counts numbers that take long to read.
	extremes int
}

func (s *jsonScanner) fail(what string) bool {
	s.what = what
	return false
}

func (s *jsonScanner) failAt(i int, what string) bool {
	s.i = i
	return s.fail(what)
}

func (s *jsonScanner) err() error { return &JSONError{Offset: s.i, What: s.what} }

// text reads the whole text: one value, and whitespace around it.
func (s *jsonScanner) text() bool {
	if len(s.b) > MaxText {
		return s.failAt(MaxText, "longer than 64 MiB")
	}
	s.next()
	if s.odd && s.strict {
		return false
	}
	if !s.value(0) {
		return false
	}
	s.next()
	if s.i < len(s.b) {
		return s.fail("something follows the value")
	}
	return !s.odd || !s.strict
}

// next skips whitespace and is the byte there, or 0 at the end; 0 is no token
// of JSON.
func (s *jsonScanner) next() byte {
	if s.i < len(s.b) {
		if c := s.b[s.i]; c > ' ' {
			return c
		}
	}
	return s.space()
}

func (s *jsonScanner) space() byte {
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.odd = true
		default:
			return c
		}
	}
	return 0
}

// value reads one value that starts at the cursor.
func (s *jsonScanner) value(depth int) bool {
	if s.i >= len(s.b) {
		return s.fail("a value is missing")
	}
	switch s.b[s.i] {
	case '"':
		_, ok := s.quoted()
		return ok
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	case 'N':
		return s.word("NaN")
	case 'I':
		return s.word("Infinity")
	}
	return s.number()
}

func (s *jsonScanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return s.fail("a value is wanted")
	}
	s.i += len(w)
	return true
}

// array reads an array. Recursion is bounded by MaxDepth.
func (s *jsonScanner) array(depth int) bool {
	if depth >= MaxDepth {
		return s.fail(tooDeep)
	}
	s.i++
	if s.next() == ']' {
		s.i++
		return true
	}
	for {
		if !s.value(depth + 1) {
			return false
		}
		switch s.next() {
		case ',':
			s.i++
		case ']':
			s.i++
			return true
		default:
			return s.fail(`"," or "]" is wanted`)
		}
		s.next()
		if s.odd && s.strict {
			return false
		}
	}
}

// jsonKey is the name of a member as written, without its quotes.
type jsonKey struct {
	start, end int
	head       uint64 // see headOf; of no use when the name is escaped
	escaped    bool
}

// headOf is the first eight bytes of a name as a number, with zeros for those
// that it does not have. Where the heads of two names differ they are in the
// order of the names; where not, the names must be compared.
func headOf(b []byte, start, end int) uint64 {
	if start+8 > len(b) {
		var short [8]byte
		copy(short[:], b[start:end])
		return binary.BigEndian.Uint64(short[:])
	}
	head := binary.BigEndian.Uint64(b[start:])
	if n := end - start; n < 8 {
		head &^= ^uint64(0) >> (n * 8)
	}
	return head
}

// object reads an object, and records it where it is to be kept.
func (s *jsonScanner) object(depth int) bool {
	if depth >= MaxDepth {
		return s.fail(tooDeep)
	}
	node, base := -1, 0
	if depth < s.keep {
		node, base = s.into.open()
	}
	// odd is what is known of this object; s.odd is used for its parts, and
	// has what surrounds the object when it is left.
	outer, odd, sorted := s.odd, false, true
	s.odd = false
	var previous jsonKey
	s.i++
	if s.next() == '}' {
		s.i++
		return s.leave(node, base, outer, s.odd, true)
	}
	for first := true; ; first = false {
		if s.i >= len(s.b) || s.b[s.i] != '"' {
			return s.fail("the name of a member is wanted")
		}
		odd = odd || s.odd
		s.odd = false
		name := jsonKey{start: s.i + 1}
		var ok bool
		if name.escaped, ok = s.quoted(); !ok {
			return false
		}
		name.end = s.i - 1
		name.head = headOf(s.b, name.start, name.end)
		if !first && sorted && !s.ascends(&previous, &name) {
			sorted = false
		}
		previous = name
		keyOdd := s.odd
		s.odd = false
		if s.next() != ':' {
			return s.fail(`":" is wanted`)
		}
		s.i++
		s.next()
		spaced := s.odd
		if s.strict && (odd || keyOdd || spaced || !sorted) {
			return false
		}
		s.odd = false
		start, child := s.i, 0
		if node >= 0 {
			child = len(s.into.nodes)
		}
		if !s.value(depth + 1) {
			return false
		}
		if node >= 0 {
			if len(s.into.pending)+len(s.into.entries) >= MaxMembers {
				return s.fail(tooMany)
			}
			s.into.record(name, keyOdd, spaced, start, s.i, s.odd, child)
		}
		odd = odd || keyOdd || spaced || s.odd
		s.odd = false
		switch s.next() {
		case ',':
			s.i++
		case '}':
			s.i++
			return s.leave(node, base, outer, odd || s.odd || !sorted, sorted)
		default:
			return s.fail(`"," or "}" is wanted`)
		}
		s.next()
	}
}

// leave ends an object after its last brace.
func (s *jsonScanner) leave(node, base int, outer, odd, sorted bool) bool {
	if node >= 0 {
		s.into.close(node, base, s.i, odd, sorted)
	}
	s.odd = outer || odd
	return !s.strict || !s.odd
}

// ascends reports whether b comes after a in the order of Python's strings,
// which is that of code points: for UTF-8 that of its bytes.
func (s *jsonScanner) ascends(a, b *jsonKey) bool {
	escaped := a.escaped || b.escaped
	if a.head != b.head && !escaped {
		return a.head < b.head
	}
	x, y := s.b[a.start:a.end], s.b[b.start:b.end]
	if escaped {
		return compareEscaped(x, y) < 0
	}
	return string(x) < string(y)
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// stops marks the top bits of those bytes of w that do not stand for themselves
// inside a canonical string. It may mark bytes above the first true one
// wrongly, never below it: only the lowest mark is of use. The classic tests
// for a byte that is zero, or less than another, are good for bytes below 0x80
// alone, and all others are marked anyway.
func stops(w uint64) uint64 {
	quote := (w ^ lowBits*'"') - lowBits
	slash := (w ^ lowBits*'\\') - lowBits
	return (quote | slash | (w - lowBits*0x20) | (w + lowBits) | w) & highBits
}

// plainEnd is the index of the first byte from i on that does not stand for
// itself inside a canonical string, or len(b): a quote, a backslash, or
// something outside space..~. Most bytes of an envelope are inside strings
// (certificates, signatures, logs), so eight at a time are looked at.
func plainEnd(b []byte, i int) int {
	for ; i+16 <= len(b); i += 16 {
		w := b[i : i+16 : i+16]
		if stop := stops(binary.LittleEndian.Uint64(w)); stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
		if stop := stops(binary.LittleEndian.Uint64(w[8:])); stop != 0 {
			return i + 8 + bits.TrailingZeros64(stop)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			break
		}
	}
	return i
}

// quoted reads a string, the cursor being on its opening quote.
func (s *jsonScanner) quoted() (escaped, ok bool) {
	b := s.b
	i := s.i + 1
	for {
		i = plainEnd(b, i)
		if i >= len(b) {
			return escaped, s.failAt(len(b), "a string does not end")
		}
		switch c := b[i]; {
		case c == '"':
			s.i = i + 1
			return escaped, true
		case c == '\\':
			escaped = true
			size, canonical := jsonEscape(b[i:])
			if size == 0 {
				return escaped, s.failAt(i, "an unknown escape")
			}
			if !canonical {
				s.odd = true
			}
			i += size
		case c < 0x20:
			return escaped, s.failAt(i, "a control character in a string")
		case c == 0x7f:
			s.odd = true
			i++
		default:
			s.odd = true
			r, size := utf8.DecodeRune(b[i:])
			if r == utf8.RuneError && size == 1 {
				return escaped, s.failAt(i, "not UTF-8")
			}
			for i += size; i < len(b) && b[i] >= utf8.RuneSelf; i += size {
				if r, size = utf8.DecodeRune(b[i:]); r == utf8.RuneError && size == 1 {
					return escaped, s.failAt(i, "not UTF-8")
				}
			}
		}
	}
}
