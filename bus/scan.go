package bus

import (
	"encoding/binary"
	"math/bits"
)

// scanner walks over one JSON text. Its methods return false when the text is
// not JSON, with the reason in code and the place in i.
type scanner struct {
	b      []byte
	i      int
	code   ProblemCode
	high   bool // a byte outside ASCII was seen
	spaced bool // whitespace between tokens was seen
	depth  int
	kind   [MaxDepth/64 + 1]uint64 // one bit per open level: set for an object
}

func (s *scanner) fail() bool {
	if s.code == ProblemNone {
		s.code = ProblemJSON
	}
	return false
}

func (s *scanner) problem() Problem {
	return Problem{Code: s.code, Offset: uint32(s.i)}
}

// peek is the byte at the cursor, or 0 at the end; 0 is no token of JSON.
func (s *scanner) peek() byte {
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// end wants nothing but whitespace up to the end of the text.
func (s *scanner) end() bool {
	s.space()
	if s.i == len(s.b) {
		return true
	}
	return s.fail()
}

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\t', '\n', '\r':
			s.spaced = true
			s.i++
		default:
			return
		}
	}
}

func (s *scanner) push(object bool) bool {
	if s.depth >= MaxDepth {
		s.code = ProblemDepth
		return false
	}
	word, bit := s.depth/64, uint64(1)<<(s.depth%64)
	if object {
		s.kind[word] |= bit
	} else {
		s.kind[word] &^= bit
	}
	s.depth++
	return true
}

func (s *scanner) pop() { s.depth-- }

func (s *scanner) inObject() bool {
	d := s.depth - 1
	return s.kind[d/64]&(1<<(d%64)) != 0
}

// value reads one value of any kind. It keeps its own stack, so depth costs no
// call frames.
func (s *scanner) value() bool {
	base := s.depth
	for {
		// A value starts here.
		switch c := s.peek(); c {
		case '{':
			if !s.push(true) {
				return false
			}
			s.i++
			s.space()
			if s.peek() == '}' {
				s.i++
				s.pop()
				break
			}
			if !s.key() {
				return false
			}
			continue
		case '[':
			if !s.push(false) {
				return false
			}
			s.i++
			s.space()
			if s.peek() == ']' {
				s.i++
				s.pop()
				break
			}
			continue
		case '"':
			if _, ok := s.text(); !ok {
				return false
			}
		case 't':
			if !s.word("true") {
				return false
			}
		case 'f':
			if !s.word("false") {
				return false
			}
		case 'n':
			if !s.word("null") {
				return false
			}
		case 'N':
			if !s.word("NaN") {
				return false
			}
		case 'I':
			if !s.word("Infinity") {
				return false
			}
		default:
			if !s.number() {
				return false
			}
		}
		// A value ended here: close what ends with it, go on with what follows.
		for {
			if s.depth == base {
				return true
			}
			s.space()
			c := s.peek()
			if c == ',' {
				s.i++
				s.space()
				if s.inObject() && !s.key() {
					return false
				}
				break
			}
			if s.inObject() && c == '}' || !s.inObject() && c == ']' {
				s.i++
				s.pop()
				continue
			}
			return s.fail()
		}
	}
}

// key reads a member's name and colon, up to its value.
func (s *scanner) key() bool {
	if s.peek() != '"' {
		return s.fail()
	}
	if _, ok := s.text(); !ok {
		return false
	}
	s.space()
	if s.peek() != ':' {
		return s.fail()
	}
	s.i++
	s.space()
	return true
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return s.fail()
	}
	s.i += len(w)
	return true
}

// number reads a number as JSON and CPython write them.
func (s *scanner) number() bool {
	start := s.i
	if s.peek() == '-' {
		s.i++
		if s.peek() == 'I' {
			return s.word("Infinity")
		}
	}
	switch c := s.peek(); {
	case c == '0':
		s.i++
	case c >= '1' && c <= '9':
		s.digits()
	default:
		return s.fail()
	}
	if s.peek() == '.' {
		s.i++
		if !s.digits() {
			return s.fail()
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.i++
		if c := s.peek(); c == '+' || c == '-' {
			s.i++
		}
		if !s.digits() {
			return s.fail()
		}
	}
	if s.i-start > MaxDigits {
		s.code = ProblemNumber
		s.i = start
		return false
	}
	return true
}

func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > start
}

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// text reads a string, the cursor being on its opening quote. Most bytes of an
// envelope are inside strings (certificates, signatures, logs), so eight at a
// time are looked at: the loop stops at the first quote, backslash or control
// character.
func (s *scanner) text() (Span, bool) {
	b := s.b
	i := s.i + 1
	span := Span{Start: uint32(i)}
	for {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			quote := w ^ lowBits*'"'
			slash := w ^ lowBits*'\\'
			// The classic test for a zero byte, and for a byte below 0x20. Each
			// may mark bytes above the first true one wrongly, never below it,
			// and only the lowest mark is used.
			stop := (quote - lowBits) &^ quote
			stop |= (slash - lowBits) &^ slash
			stop |= (w - lowBits*0x20) &^ w
			stop &= highBits
			if w&highBits != 0 {
				s.high = true
			}
			if stop != 0 {
				i += bits.TrailingZeros64(stop) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			s.i = len(b)
			return span, s.fail()
		}
		switch c := b[i]; {
		case c == '"':
			span.End = uint32(i)
			s.i = i + 1
			return span, true
		case c == '\\':
			span.Escaped = true
			if i+1 >= len(b) {
				s.i = len(b)
				return span, s.fail()
			}
			switch b[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			default:
				if _, ok := UnicodeEscape(b[i:]); !ok {
					s.i = i
					return span, s.fail()
				}
				i += 6
			}
		case c < 0x20:
			s.i = i
			return span, s.fail()
		default:
			if c >= 0x80 {
				s.high = true
			}
			i++
		}
	}
}
