package render

import (
	"encoding/binary"
	"math/bits"

	"fedmsg-tui/bus"
)

// kind says what a line of an indexed JSON text holds.
type kind uint8

const (
	kindString kind = iota
	kindInteger
	kindFloat
	kindConstant // true, false, null, NaN, Infinity
	kindObject   // the opening of an object that has members
	kindArray
	kindEmptyObject // nothing but space inside
	kindEmptyArray
	kindObjectEnd
	kindArrayEnd
	kindBroken // text that is not JSON
	kindHex    // bytes
	kindRest   // says how much is not shown
)

const (
	flagComma      uint8 = 1 << iota // a comma follows
	flagKeyEscaped                   // the key has backslashes or bytes outside printable ASCII
	flagEscaped                      // the same for the value, if it is a string
	flagExpanded                     // a long value is shown whole
	flagDropped                      // a later member has the same key
)

// line is one value of a JSON text, or the end of an object or array. It holds
// no pointers and points into the text by offsets. A document is the lines in
// the order of the text, so that a subtree is a range of lines.
type line struct {
	key        uint32 // opening quote of the key; 0 for none, since 0 is never a key
	start, end uint32 // the value; for an opening or closing line its bracket
	link       uint32 // last line of the subtree that starts here
	parent     uint32 // opening line of the object or array around; the root is its own
	depth      uint16
	kind       kind
	flags      uint8
}

// indexer builds the lines of a JSON text.
type indexer struct {
	b     []byte
	i     int
	lines []line
	limit int
}

// index reads JSON as CPython's json module accepts it, in one pass and without
// decoding anything, up to limit lines. It returns the lines and how far it
// came; done says that this was the whole text and all of it JSON. When it was
// not, containers that were not closed reach to the last line.
func (x *indexer) index() (read int, done bool) {
	done = x.value()
	if done {
		x.space()
		done = x.i == len(x.b)
	}
	// Every container that is still open ends with the last line.
	if n := len(x.lines); n > 0 {
		last := uint32(n - 1)
		open := last
		if k := x.lines[last].kind; k != kindObject && k != kindArray {
			open = x.lines[last].parent
		}
		for {
			if l := &x.lines[open]; (l.kind == kindObject || l.kind == kindArray) && l.link == unclosed {
				l.link = last
			}
			if x.lines[open].parent == open {
				break
			}
			open = x.lines[open].parent
		}
	}
	return x.i, done
}

// unclosed is the link of a container whose end has not been seen.
const unclosed = 1<<32 - 1

// value reads the root value. The stack is the chain of parents, so depth costs
// no call frames.
func (x *indexer) value() bool {
	x.space()
	var (
		parent   uint32
		depth    uint16
		key      uint32
		keyFlags uint8
		object   bool // the container being read is an object
	)
	for {
		// A value starts here.
		if len(x.lines) >= x.limit {
			return false
		}
		at := uint32(len(x.lines))
		if depth == 0 {
			parent = at
		}
		l := line{key: key, start: uint32(x.i), link: at, parent: parent, depth: depth, flags: keyFlags}
		opened := false
		switch c := x.peek(); c {
		case '{', '[':
			l.kind = kindArray
			closing := byte(']')
			if c == '{' {
				l.kind, closing = kindObject, '}'
			}
			x.i++
			inside := x.i
			x.space()
			if x.peek() == closing {
				x.i++
				l.kind += kindEmptyObject - kindObject
				break
			}
			if int(depth)+1 > bus.MaxDepth {
				x.i = inside - 1
				return false
			}
			x.lines = append(x.lines, line{key: key, start: l.start, end: uint32(inside), link: unclosed,
				parent: parent, depth: depth, kind: l.kind, flags: keyFlags})
			parent, object, opened = at, c == '{', true
			depth++
		case '"':
			end, plain := stringEnd(x.b, x.i)
			if end < 0 {
				return false
			}
			x.i = end
			l.kind = kindString
			if !plain {
				l.flags |= flagEscaped
			}
		case 't', 'f', 'n', 'N', 'I':
			l.kind = kindConstant
			if !x.word() {
				return false
			}
		default:
			var ok bool
			if l.kind, ok = x.number(); !ok {
				return false
			}
		}
		if !opened {
			l.end = uint32(x.i)
			x.lines = append(x.lines, l)
		}
		// After a value: close what ends with it, up to the next value.
		for !opened {
			if depth == 0 {
				return true
			}
			x.space()
			switch c := x.peek(); {
			case c == ',':
				x.lines[len(x.lines)-1].flags |= flagComma
				x.i++
				x.space()
			case c == '}' && object, c == ']' && !object:
				if len(x.lines) >= x.limit {
					return false
				}
				end := uint32(len(x.lines))
				depth--
				opening := &x.lines[parent]
				opening.link = end
				x.lines = append(x.lines, line{start: uint32(x.i), end: uint32(x.i + 1), link: end,
					parent: x.lines[parent].parent, depth: depth, kind: x.lines[parent].kind + kindObjectEnd - kindObject})
				x.i++
				if depth > 0 {
					parent = x.lines[parent].parent
					object = x.lines[parent].kind == kindObject
				}
				continue
			default:
				return false
			}
			break
		}
		key, keyFlags = 0, 0
		if object {
			key = uint32(x.i)
			if x.peek() != '"' {
				return false
			}
			end, plain := stringEnd(x.b, x.i)
			if end < 0 {
				return false
			}
			if !plain {
				keyFlags = flagKeyEscaped
			}
			x.i = end
			x.space()
			if x.peek() != ':' {
				x.i = int(key)
				return false
			}
			x.i++
			x.space()
		}
	}
}

// peek is the byte at the cursor, or 0 at the end; 0 is no token of JSON.
func (x *indexer) peek() byte {
	if x.i < len(x.b) {
		return x.b[x.i]
	}
	return 0
}

func (x *indexer) space() {
	for x.i < len(x.b) && isSpace(x.b[x.i]) {
		x.i++
	}
}

func isSpace(c byte) bool {
	return c == ' ' || c == '\n' || c == '\t' || c == '\r'
}

var constants = [...]string{"true", "false", "null", "NaN", "Infinity"}

func (x *indexer) word() bool {
	for _, w := range constants {
		if len(x.b)-x.i >= len(w) && string(x.b[x.i:x.i+len(w)]) == w {
			x.i += len(w)
			return true
		}
	}
	return false
}

// number reads a number; -Infinity is a constant. On failure the cursor has not
// moved.
func (x *indexer) number() (kind, bool) {
	start := x.i
	end, k := numberEnd(x.b, start)
	if end < 0 || end-start > bus.MaxDigits {
		return 0, false
	}
	x.i = end
	return k, true
}

// numberEnd is the end of the number that starts at i, or -1.
func numberEnd(b []byte, i int) (int, kind) {
	k := kindInteger
	digits := func() bool {
		start := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(b) && b[i] == '-' {
		i++
		if len(b)-i >= 8 && string(b[i:i+8]) == "Infinity" {
			return i + 8, kindConstant
		}
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return -1, 0
	}
	if i < len(b) && b[i] == '.' {
		k = kindFloat
		i++
		if !digits() {
			return -1, 0
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		k = kindFloat
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return -1, 0
		}
	}
	return i, k
}

// stringEnd is the offset behind the string whose opening quote is at i, or -1
// when it does not end, or holds a control character or a broken escape. plain
// says that it is printable ASCII without backslashes.
func stringEnd(b []byte, i int) (end int, plain bool) {
	plain = true
	i++
	for {
		for i+8 <= len(b) {
			w := binary.LittleEndian.Uint64(b[i:])
			quote := w ^ ones*'"'
			slash := w ^ ones*'\\'
			// As in printableRun: only the lowest mark is used, and it is right.
			stop := ((quote - ones) | (slash - ones) | (w - ones*0x20) | (w + ones) | w) & highs
			if stop != 0 {
				i += bits.TrailingZeros64(stop) / 8
				break
			}
			i += 8
		}
		if i >= len(b) {
			return -1, false
		}
		switch c := b[i]; {
		case c == '"':
			return i + 1, plain
		case c == '\\':
			plain = false
			n := escapeLen(b[i:])
			if n == 0 {
				return -1, false
			}
			i += n
		case c < 0x20:
			return -1, false
		case c >= 0x7f:
			plain = false
			i++
		default:
			i++
		}
	}
}
