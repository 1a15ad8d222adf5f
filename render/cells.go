package render

import "unicode/utf8"

// cellClass says how a rune is shown.
type cellClass uint8

// The classes of the table in cells_table.go, two bits each.
const (
	classEscape cellClass = iota // never shown as it is
	classNarrow                  // one cell
	classWide                    // two cells
	classMark                    // no cell of its own: combines with the rune before
)

// maxMarks is the number of combining marks that one character may carry. More
// of them stack up into the rows above and below.
const maxMarks = 3

// classOf looks a rune up. The table says nothing about ASCII: callers deal
// with it before.
func classOf(r rune) cellClass {
	if uint32(r) > utf8.MaxRune {
		return classEscape
	}
	page := int(cellIndex[r>>8])
	at := page<<6 | int(r&0xff)>>2
	return cellClass(cellPages[at]>>(uint(r)&3*2)) & 3
}

// Cells counts the cells that a safe text takes.
func Cells(s Safe) int {
	cells := 0
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			cells++
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(string(s[i:]))
		cells += classOf(r).cells()
		i += n
	}
	return cells
}

// cells is the width of a rune of the class, as it is.
func (c cellClass) cells() int {
	switch c {
	case classNarrow:
		return 1
	case classWide:
		return 2
	}
	return 0
}
