package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// frame is a screen under construction: one string of exactly w cells a row.
// Rows are written left to right; what is laid over them is spliced in.
type frame struct {
	w    int
	rows []string
}

func newFrame(w, h int) *frame {
	f := &frame{w: w, rows: make([]string, h)}
	blank := strings.Repeat(" ", max(w, 0))
	for i := range f.rows {
		f.rows[i] = blank
	}
	return f
}

// place lays lines over the frame with their upper left corner at x, y. Each
// line must be exactly w cells wide; what does not fit is left out.
func (f *frame) place(x, y, w int, lines []string) {
	for i, line := range lines {
		row := y + i
		if row < 0 || row >= len(f.rows) || x >= f.w || w <= 0 {
			continue
		}
		if x == 0 && w == f.w {
			f.rows[row] = line
			continue
		}
		under := f.rows[row]
		// Cutting keeps styles: the right part starts with what was in force. A
		// wide character that is cut through leaves a cell, which is blanked.
		left, right := ansi.TruncateWc(under, x, ""), ansi.TruncateLeftWc(under, x+w, "")
		rest := max(f.w-x-w, 0)
		if ansi.StringWidthWc(right) > rest {
			right = ansi.TruncateLeftWc(under, x+w+1, "")
		}
		f.rows[row] = left + "\x1b[m" + blanks(x-ansi.StringWidthWc(left)) + line + "\x1b[m" +
			blanks(rest-ansi.StringWidthWc(right)) + right
	}
}

func blanks(n int) string { return strings.Repeat(" ", max(n, 0)) }

func (f *frame) String() string { return strings.Join(f.rows, "\n") }
