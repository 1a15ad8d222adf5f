package render

import (
	"math"
	"unicode/utf8"
)

// writer is where text becomes safe cells: it appends what may be shown, and
// visible escapes for the rest, within a window of cells and in a style.
//
// The window starts skip cells into the text and is limit cells wide. The
// writer never writes a character in parts: one that the left edge cuts leaves
// spaces, and one that the right edge cuts is left out, with what is behind it,
// in favour of an ellipsis.
type writer struct {
	dst   []byte
	skip  int // cells still to be left out on the left
	cells int // cells written
	limit int
	full  bool // something did not fit on the right

	// Where to cut if an ellipsis is needed: the last end of a character that
	// leaves a cell free.
	cutLen, cutCells int
	cutDrawn         string

	base  bool // the last thing shown is a character that may carry marks
	marks int  // the marks it carries

	// Sequences: what the next text should have, and what was written last. A
	// style is only written when text follows that needs it.
	style, drawn string
	escapeStyle  string
	ellipsis     string
}

// newWriter is a writer that appends to dst; a negative limit is none.
func newWriter(dst []byte, limit int) writer {
	if limit < 0 {
		limit = math.MaxInt
	}
	return writer{dst: dst, limit: limit, cutLen: len(dst), ellipsis: Ellipsis}
}

// next writes one run of printable ASCII or one rune, and returns the rest.
func (w *writer) next(src []byte) []byte {
	if n := printableRun(src[:w.reach(len(src))]); n > 0 {
		w.ascii(src[:n])
		return src[n:]
	}
	r, n := utf8.DecodeRune(src)
	if r == utf8.RuneError && n <= 1 {
		w.invalid(src[0])
		return src[1:]
	}
	if r < utf8.RuneSelf || !w.rune(r) { // ASCII that is not printable ends a run
		w.escaped(r)
	}
	return src[n:]
}

// reach is how many of n bytes it can make sense to look at: those left out on
// the left, those that fit, and one more to know that something was cut.
func (w *writer) reach(n int) int {
	if room := w.limit - w.cells; room < n-w.skip {
		return w.skip + room + 1
	}
	return n
}

// ascii writes printable ASCII, which is one cell a byte. Like rune and special
// it does nothing more once something did not fit.
func (w *writer) ascii(run []byte) {
	if w.full {
		return
	}
	w.base, w.marks = true, 0
	if w.skip > 0 {
		left := min(w.skip, len(run))
		w.skip -= left
		if run = run[left:]; len(run) == 0 {
			return
		}
	}
	room := w.limit - w.cells
	if len(run) < room {
		w.switchTo(w.style)
		w.dst = append(w.dst, run...)
		w.cells += len(run)
		w.cutHere()
		return
	}
	if room > 0 {
		w.switchTo(w.style)
		w.cutLen, w.cutCells, w.cutDrawn = len(w.dst)+room-1, w.cells+room-1, w.drawn
		w.dst = append(w.dst, run[:room]...)
		w.cells += room
	}
	w.full = len(run) > room
}

// rune writes a rune as it is, if it may be shown so, and reports whether it
// may. Below 0x80, r must be printable.
func (w *writer) rune(r rune) bool {
	class := classNarrow
	if r >= utf8.RuneSelf {
		class = classOf(r)
	}
	if class == classEscape || class == classMark && (!w.base || w.marks >= maxMarks) {
		return false
	}
	if w.full {
		return true
	}
	if class == classMark {
		w.marks++
		if w.skip == 0 && w.cells > 0 { // else its character is outside
			w.dst = utf8.AppendRune(w.dst, r)
			w.cutHere()
		}
		return true
	}
	cells := class.cells()
	w.base, w.marks = true, 0
	if w.skip > 0 {
		w.leaveOut(cells)
		return true
	}
	if w.cells+cells > w.limit {
		w.full = true
		return true
	}
	w.switchTo(w.style)
	w.dst = utf8.AppendRune(w.dst, r)
	w.cells += cells
	w.cutHere()
	return true
}

// leaveOut takes cells off what is left of the window. What reaches into it
// leaves spaces there, that carry no marks.
func (w *writer) leaveOut(cells int) {
	over := cells - w.skip
	w.skip = max(0, -over)
	if over <= 0 {
		return
	}
	w.base = false
	over = min(over, w.limit-w.cells)
	w.switchTo(w.style)
	w.dst = appendSpaces(w.dst, over)
	w.cells += over
	w.cutHere()
}

// escaped writes a rune in its visible form.
func (w *writer) escaped(r rune) {
	var form [12]byte
	b, cells := appendEscape(form[:0], r)
	w.special(b, cells)
}

// invalid writes a byte that is not UTF-8.
func (w *writer) invalid(c byte) {
	form := [4]byte{'\\', 'x', lowerHex[c>>4], lowerHex[c&15]}
	w.special(form[:], len(form))
}

// special writes a form that stands for something else, in the style of
// escapes. Like a character it is written whole or not at all.
func (w *writer) special(form []byte, cells int) {
	if w.full {
		return
	}
	w.base, w.marks = false, 0
	if w.skip > 0 {
		w.leaveOut(cells)
		return
	}
	if w.cells+cells > w.limit {
		w.full = true
		return
	}
	w.switchTo(w.escapeStyle)
	w.dst = append(w.dst, form...)
	w.cells += cells
	w.cutHere()
}

// cutHere remembers the end as a place to cut, if a cell is left.
func (w *writer) cutHere() {
	if w.cells < w.limit {
		w.cutLen, w.cutCells, w.cutDrawn = len(w.dst), w.cells, w.drawn
	}
}

func (w *writer) switchTo(style string) {
	if w.drawn != style {
		w.dst = append(w.dst, style...)
		w.drawn = style
	}
}

// finish puts the ellipsis where something was cut, and goes back to the style
// that is wanted now.
func (w *writer) finish() ([]byte, int) {
	if w.full && w.limit > 0 {
		w.dst, w.cells, w.drawn = w.dst[:w.cutLen], w.cutCells, w.cutDrawn
		w.switchTo(w.style)
		w.dst = append(w.dst, w.ellipsis...)
		w.cells++
	}
	w.switchTo(w.style)
	return w.dst, w.cells
}
