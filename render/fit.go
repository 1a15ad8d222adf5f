package render

import "unicode/utf8"

// AppendFit appends s in exactly width cells: padded with spaces, or cut with
// an Ellipsis in the last cell.
func AppendFit(dst []byte, s Safe, width int) []byte {
	return AppendCut(dst, s, 0, width, Ellipsis)
}

// AppendWindow appends the cells of s from offset on, in exactly width cells.
// A wide character that the left edge cuts in two leaves a space. If text goes
// on behind the right edge, the last cell is an Ellipsis.
func AppendWindow(dst []byte, s Safe, offset, width int) []byte {
	return AppendCut(dst, s, offset, width, Ellipsis)
}

// AppendCut is AppendWindow with another ellipsis, of one cell:
// ASCIIEllipsis on terminals that have nothing else.
func AppendCut(dst []byte, s Safe, offset, width int, ellipsis Safe) []byte {
	if width <= 0 {
		return dst
	}
	if offset == 0 && len(s) <= width && printable(string(s)) {
		return appendSpaces(append(dst, s...), width-len(s))
	}
	col := 0  // of the next rune, counted from the start of s
	used := 0 // cells written
	fitLen, fitUsed := len(dst), 0
	for i := 0; i < len(s); {
		r, n, cells := rune(s[i]), 1, 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(string(s[i:]))
			cells = classOf(r).cells()
		}
		switch {
		case col < offset:
			if over := col + cells - offset; over > 0 {
				dst = appendSpaces(dst, min(over, width))
				used += min(over, width)
			}
		case cells == 0 && used == 0:
			// The character that this mark belongs to is outside.
		case used+cells > width:
			dst = append(dst[:fitLen], ellipsis...)
			return appendSpaces(dst, width-fitUsed-1)
		default:
			dst = append(dst, s[i:i+n]...)
			used += cells
		}
		if used < width {
			fitLen, fitUsed = len(dst), used
		}
		col += cells
		i += n
	}
	return appendSpaces(dst, width-used)
}

const spaces = "                                                                "

func appendSpaces(dst []byte, n int) []byte {
	for n > len(spaces) {
		dst = append(dst, spaces...)
		n -= len(spaces)
	}
	if n > 0 {
		dst = append(dst, spaces[:n]...)
	}
	return dst
}
