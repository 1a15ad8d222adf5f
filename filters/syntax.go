package filters

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// SyntaxError says what is wrong with the text of a filter, and where.
type SyntaxError struct {
	Offset, Length int    // bytes of the text; Length may be 0 at its end
	Message        string // what is wrong, without a capital or a full stop
	Hint           string // what to do about it, or ""
	// Incomplete: the text breaks off, and may be right once there is more.
	Incomplete bool

	text string
}

func (e *SyntaxError) Error() string {
	column := utf8.RuneCountInString(e.text[:min(e.Offset, len(e.text))]) + 1
	s := fmt.Sprintf("filter, column %d: %s", column, e.Message)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Caret shows the text and, on a second line, what is wrong with it marked by
// carets. Characters that cannot be printed are shown as question marks.
func (e *SyntaxError) Caret() string {
	var line, marks strings.Builder
	end := e.Offset + max(e.Length, 1)
	for at, r := range e.text {
		cells := cellsOf(r)
		if r == utf8.RuneError || !unicode.IsPrint(r) && r != ' ' {
			r, cells = '?', 1
		}
		line.WriteRune(r)
		mark := " "
		if at >= e.Offset && at < end {
			mark = "^"
		}
		marks.WriteString(strings.Repeat(mark, cells))
	}
	if e.Offset >= len(e.text) {
		marks.WriteByte('^')
	}
	return line.String() + "\n" + strings.TrimRight(marks.String(), " ")
}

// cellsOf is how many columns a terminal gives to a printable rune.
func cellsOf(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// didYouMean is the known word nearest to what was typed, or "" when none is
// near.
func didYouMean(typed string, known []string) string {
	best, bestDistance := "", max(len(typed)/3, 1)+1
	if len(typed) > 40 {
		return ""
	}
	for _, word := range known {
		if d := editDistance(strings.ToLower(typed), word); d < bestDistance {
			best, bestDistance = word, d
		}
	}
	return best
}

// editDistance is how many letters have to be added, left out, replaced or
// swapped with their neighbour to make b of a (the restricted
// Damerau-Levenshtein distance).
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(last[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
