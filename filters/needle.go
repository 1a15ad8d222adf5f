package filters

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

// needle is a text to be found in others. Without a capital letter in it, case
// does not matter.
//
// Looking for it means looking for its rarest byte, which the processor can do
// for 32 bytes at a time, and comparing the rest where that is found.
type needle struct {
	bytes []byte // as it is compared: folded when fold is set
	fold  bool
	ascii bool // has no byte of a longer character
	plain bool // only characters that isPlain
	rare  int  // which of bytes is looked for, unless fold is set and ascii is not
	// anchor is the rarest plain byte, or 0 when there is none: a text in which
	// it is not has not the needle either.
	anchor byte
}

// isPlain reports whether a character is printable ASCII that JSON never has to
// escape, though it may.
func isPlain(r rune) bool {
	return r >= ' ' && r < 0x7f && r != '"' && r != '\\' && r != '/'
}

func newNeedle(words string) needle {
	n := needle{fold: strings.IndexFunc(words, unicode.IsUpper) < 0, ascii: true, plain: true}
	for _, r := range words {
		if n.fold {
			r = foldRune(r)
		}
		n.bytes = utf8.AppendRune(n.bytes, r)
		n.ascii = n.ascii && r < utf8.RuneSelf
		if !isPlain(r) {
			n.plain = false
		} else if n.anchor == 0 || n.common(byte(r)) < n.common(n.anchor) {
			n.anchor = byte(r)
		}
	}
	for i := range n.bytes {
		if n.common(n.bytes[i]) < n.common(n.bytes[n.rare]) {
			n.rare = i
		}
	}
	return n
}

// mayBeIn is false when b cannot contain the needle, because its anchor is not
// there. It holds for a body with escapes, too, as long as none of them is of a
// plain character.
func (n *needle) mayBeIn(b []byte) bool {
	c := n.anchor
	return c == 0 || bytes.IndexByte(b, c) >= 0 || n.hasUpper(c) && bytes.IndexByte(b, upper(c)) >= 0
}

// hasUpper reports whether a byte of the needle also stands for its upper case.
func (n *needle) hasUpper(c byte) bool { return n.fold && c >= 'a' && c <= 'z' }

func upper(c byte) byte { return c - 'a' + 'A' }

// foldRune is the one form of a letter that stands for all its cases. ASCII
// letters are only equal to each other, so that a needle of them can be looked
// for byte by byte: the Kelvin sign is not a k.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(foldByte(byte(r)))
	}
	if lower := unicode.ToLower(r); lower >= utf8.RuneSelf {
		return lower
	}
	return r
}

func foldByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// byFrequency are the bytes of message bodies, the most frequent first. What is
// not there is rare.
const byFrequency = ` "e,:ta0on1irs2l-c3d54_.6p78u9mh/gbfy{}vwk[]x\jqzASECTFDPRIONMLBUHGKVWXYJQZ=()#@+`

var frequency = func() (table [256]int) {
	for i := range len(byFrequency) {
		table[byFrequency[i]] = len(byFrequency) - i
	}
	return table
}()

// common is how often a byte of the needle is met, in all its cases.
func (n *needle) common(c byte) int {
	if n.hasUpper(c) {
		return frequency[c] + frequency[upper(c)]
	}
	return frequency[c]
}

// in reports whether b contains the needle.
func (n *needle) in(b []byte) bool { return n.find(b, false) }

// find reports whether b contains the needle; with escapes set, b is JSON and
// what begins inside an escape does not count.
func (n *needle) find(b []byte, escapes bool) bool {
	if n.fold && !n.ascii {
		return n.findFolded(b)
	}
	c := n.bytes[n.rare]
	if n.findByte(b, c, escapes) {
		return true
	}
	return n.hasUpper(c) && n.findByte(b, upper(c), escapes)
}

// findByte looks for the needle where the byte c stands in for its rarest.
func (n *needle) findByte(b []byte, c byte, escapes bool) bool {
	// The byte cannot stand nearer to the ends than it does in the needle.
	at, end := n.rare, len(b)-len(n.bytes)+n.rare+1
	for misses := 0; at < end; at++ {
		k := bytes.IndexByte(b[at:end], c)
		if k < 0 {
			return false
		}
		at += k
		start := at - n.rare
		if n.equal(b[start:start+len(n.bytes)]) && !(escapes && insideEscape(b, start)) {
			return true
		}
		if misses++; misses >= maxMisses && !n.fold && !escapes {
			// What is rare elsewhere is frequent here.
			return bytes.Contains(b[start+1:], n.bytes)
		}
	}
	return false
}

// maxMisses is when looking for the rarest byte is given up in one text.
const maxMisses = 16

func (n *needle) equal(b []byte) bool {
	if !n.fold {
		return bytes.Equal(b, n.bytes)
	}
	for i, c := range b {
		if foldByte(c) != n.bytes[i] {
			return false
		}
	}
	return true
}

// findFolded compares letter by letter, for needles with letters outside ASCII,
// whose cases may differ in length. It goes from one place where the first
// letter may be to the next.
func (n *needle) findFolded(b []byte) bool {
	if indexHigh(b) < 0 || !n.mayBeIn(b) {
		return false
	}
	first := n.bytes[0]
	if first >= utf8.RuneSelf {
		return n.startsAtAny(b, indexHigh)
	}
	// One case after the other: looking for the nearer of the two each time
	// would go through all of b again and again for the one that is not there.
	return n.startsAtAny(b, func(b []byte) int { return bytes.IndexByte(b, first) }) ||
		n.hasUpper(first) && n.startsAtAny(b, func(b []byte) int { return bytes.IndexByte(b, upper(first)) })
}

// startsAtAny tries the places that index finds.
func (n *needle) startsAtAny(b []byte, index func([]byte) int) bool {
	for {
		at := index(b)
		if at < 0 {
			return false
		}
		b = b[at:]
		if n.startsFolded(b) {
			return true
		}
		_, size := utf8.DecodeRune(b)
		b = b[size:]
	}
}

// indexHigh is where the first byte outside ASCII is.
func indexHigh(b []byte) int {
	const highBits = 0x8080808080808080
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if high := binary.LittleEndian.Uint64(b[i:]) & highBits; high != 0 {
			return i + bits.TrailingZeros64(high)/8
		}
	}
	for ; i < len(b); i++ {
		if b[i] >= utf8.RuneSelf {
			return i
		}
	}
	return -1
}

func (n *needle) startsFolded(b []byte) bool {
	for rest := n.bytes; len(rest) > 0; {
		want, wantSize := utf8.DecodeRune(rest)
		r, size := utf8.DecodeRune(b)
		if size == 0 || r == utf8.RuneError && size == 1 || foldRune(r) != want {
			return false
		}
		b, rest = b[size:], rest[wantSize:]
	}
	return true
}
