package render

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// Safe is text that may be drawn: one line, no control characters, nothing
// invisible, nothing that reorders what is around it, and a width that every
// terminal agrees on. Only this package makes Safe from text of a message; a
// conversion elsewhere is for constants of our own.
type Safe string

// NoLimit as a number of cells means: all of it.
const NoLimit = -1

// What stands where text was cut off. Both take one cell.
const (
	Ellipsis      = "…"
	ASCIIEllipsis = "~"
)

// AppendSafe appends src, made safe, in at most maxCells cells (NoLimit: all),
// and returns the number of cells used. Where something had to be left out, the
// last cell is an Ellipsis. It reads no more of src than fits.
//
//   - Control characters are shown as their pictures (␛ for ESC, ␊ for a line
//     feed), or as \u0085 where there is none.
//   - What is invisible, reorders text, has no glyph, or has a width that
//     terminals disagree on is shown as \u202e or \u{e0041}.
//   - Bytes that are not UTF-8 are shown as \xff.
//   - A character carries at most three combining marks; others, and those
//     without a character before them, are shown as \u0301.
func AppendSafe(dst, src []byte, maxCells int) (out []byte, cells int) {
	return AppendSafeMarked(dst, src, maxCells, "", "")
}

// AppendSafeMarked is AppendSafe with open written before, and closing after,
// each run of escapes: sequences that switch a style on and off.
func AppendSafeMarked(dst, src []byte, maxCells int, open, closing string) (out []byte, cells int) {
	w := newWriter(dst, maxCells)
	w.style, w.drawn, w.escapeStyle = closing, closing, open
	for len(src) > 0 && !w.full {
		src = w.next(src)
	}
	return w.finish()
}

// Sanitize is AppendSafe for strings.
func Sanitize(src string, maxCells int) Safe {
	if printable(src) && (maxCells < 0 || len(src) <= maxCells) {
		return Safe(src)
	}
	room := len(src)
	if maxCells >= 0 {
		room = min(room, 4*maxCells)
	}
	out, _ := AppendSafe(make([]byte, 0, room), []byte(src), maxCells)
	return Safe(out)
}

// printable reports whether all of s is printable ASCII.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

const lowerHex = "0123456789abcdef"

// appendEscape appends the visible form of a rune and returns its cells.
func appendEscape(dst []byte, r rune) ([]byte, int) {
	start := len(dst)
	switch {
	case r >= 0 && r < 0x20:
		return utf8.AppendRune(dst, 0x2400+r), 1 // the picture of the control
	case r == 0x7f:
		return utf8.AppendRune(dst, 0x2421), 1
	case r <= 0xffff:
		dst = append(dst, '\\', 'u', lowerHex[r>>12&15], lowerHex[r>>8&15], lowerHex[r>>4&15], lowerHex[r&15])
	default:
		dst = append(dst, '\\', 'u', '{')
		for shift := 20; shift >= 0; shift -= 4 {
			if digit := r >> shift; digit != 0 {
				dst = append(dst, lowerHex[digit&15])
			}
		}
		dst = append(dst, '}')
	}
	return dst, len(dst) - start
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// printableRun is the length of the printable ASCII that b starts with. Eight
// bytes are looked at together: one is out of range when subtracting 0x20
// borrows, when adding 1 carries into the top bit (0x7f), or when the top bit
// is set already. Each test may mark bytes above the first true one wrongly,
// never below it, and only the lowest mark is used.
func printableRun(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		stop := ((w - ones*0x20) | (w + ones) | w) & highs
		if stop != 0 {
			return i + bits.TrailingZeros64(stop)/8
		}
	}
	for i < len(b) && b[i] >= 0x20 && b[i] < 0x7f {
		i++
	}
	return i
}
