package render

import (
	"unicode/utf8"
)

// reprCells is the number of characters that repr writes for r, quotes aside.
func reprCells(r rune) int {
	switch {
	case r == '\\' || r == '\n' || r == '\r' || r == '\t':
		return 2
	case r >= 0x20 && r < 0x7f:
		return 1
	case r < 0xa0:
		return 4 // \x1b
	case shownByPython(r):
		return 1
	case r < 0x100:
		return 4
	case r < 0x10000:
		return 6
	}
	return 10
}

// shownByPython reports whether repr shows a character beyond ASCII as it is.
// Python does for what Unicode calls printable; we do for what is safe on a
// terminal, which is nearly all of that. Combining marks are escaped: what they
// would combine with may be a quote.
func shownByPython(r rune) bool {
	class := classOf(r)
	return (class == classNarrow || class == classWide) && !isPythonSpace(r)
}

// appendReprRune writes one character inside quotes.
func appendReprRune(dst []byte, r rune, quote byte) []byte {
	switch {
	case r == '\\' || r == rune(quote):
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r >= 0x20 && r < 0x7f:
		return append(dst, byte(r))
	case r >= 0xa0 && shownByPython(r):
		return utf8.AppendRune(dst, r)
	case r < 0x100:
		return append(dst, '\\', 'x', lowerHex[r>>4&15], lowerHex[r&15])
	case r < 0x10000:
		return appendU(dst, r)
	}
	dst = append(dst, '\\', 'U')
	for shift := 28; shift >= 0; shift -= 4 {
		dst = append(dst, lowerHex[r>>shift&15])
	}
	return dst
}

// measure adds up what repr needs for a text, in parts.
type measure struct {
	cells   int // without the quotes around, and without escaping inner ones
	singles int
	doubles bool
}

func (m *measure) add(r rune) {
	m.cells += reprCells(r)
	switch r {
	case '\'':
		m.singles++
	case '"':
		m.doubles = true
	}
}

func (m measure) and(o measure) measure {
	return measure{m.cells + o.cells, m.singles + o.singles, m.doubles || o.doubles}
}

// quote is the one that repr takes: single ones, unless that would mean to
// escape and double ones would not.
func (m measure) quote() byte {
	if m.singles > 0 && !m.doubles {
		return '"'
	}
	return '\''
}

// width is the number of characters of the repr.
func (m measure) width() int {
	if m.quote() == '\'' {
		return m.cells + m.singles + 2
	}
	return m.cells + 2
}

func measured(inside []byte) (m measure) {
	for len(inside) > 0 {
		r, n := nextRune(inside)
		m.add(r)
		inside = inside[n:]
	}
	return m
}

// reprText writes a string, given as the inside of the JSON string; false means
// that it would pass the limit.
func (p *pythonText) reprText(inside []byte) bool {
	if p.limit > 0 && p.used+len(inside)/12 > p.limit {
		return false // a character takes at most 12 bytes of JSON: do not measure what cannot fit
	}
	m := measured(inside)
	p.used += m.width()
	if p.limit > 0 && p.used > p.limit {
		return false
	}
	p.quoted(inside, m)
	return true
}

func (p *pythonText) quoted(inside []byte, m measure) {
	quote := m.quote()
	p.dst = append(p.dst, quote)
	for len(inside) > 0 {
		r, n := nextRune(inside)
		p.dst = appendReprRune(p.dst, r, quote)
		inside = inside[n:]
	}
	p.dst = append(p.dst, quote)
}

// prettyText writes a string that is too long for its line in parts: a part for
// each line of the text, and lines that are still too long broken behind the
// spaces between words. Parts stand below each other, as Python joins adjacent
// strings; outside of any container they are put into parentheses.
func (p *pythonText) prettyText(inside []byte, indent, allow, level int) {
	if len(inside) == 0 {
		p.dst = append(p.dst, "''"...)
		return
	}
	start := len(p.dst)
	if level == 0 {
		indent++
		allow++
		p.dst = append(p.dst, '(')
	}
	room := p.width - indent
	parts := 0
	part := func(text []byte, m measure) {
		if parts++; parts > 1 {
			p.dst = append(p.dst, '\n')
			p.dst = appendSpaces(p.dst, indent)
		}
		p.quoted(text, m)
	}
	rest := inside
	for len(rest) > 0 {
		n := lineLen(rest)
		text, last := rest[:n], n == len(rest)
		rest = rest[n:]
		lineRoom := room
		if last {
			lineRoom -= allow
		}
		if m := measured(text); m.width() <= lineRoom {
			part(text, m)
			continue
		}
		// Words, each with the space behind it, as many as fit in a part.
		var sum measure
		begin, end := 0, 0
		for end < len(text) {
			word := wordLen(text[end:])
			m := measured(text[end : end+word])
			wordRoom := room
			if last && end+word == len(text) {
				wordRoom -= allow
			}
			if joined := sum.and(m); joined.width() > wordRoom {
				if end > begin {
					part(text[begin:end], sum)
				}
				begin, sum = end, m
			} else {
				sum = joined
			}
			end += word
		}
		part(text[begin:end], sum)
	}
	switch {
	case parts == 1 && level == 0:
		// One part needs no parentheses.
		p.dst = p.dst[:start]
		p.quoted(inside, measured(inside))
	case level == 0:
		p.dst = append(p.dst, ')')
	}
}

// lineLen is the length of the first line of a text with its end, by the line
// ends that Python's str.splitlines knows.
func lineLen(inside []byte) int {
	for i := 0; i < len(inside); {
		r, n := nextRune(inside[i:])
		i += n
		switch r {
		case '\r':
			if i < len(inside) {
				if next, n := nextRune(inside[i:]); next == '\n' {
					i += n
				}
			}
			return i
		case '\n', '\v', '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029:
			return i
		}
	}
	return len(inside)
}

// wordLen is the length of the first word and the white space behind it.
func wordLen(inside []byte) int {
	i, space := 0, false
	for i < len(inside) {
		r, n := nextRune(inside[i:])
		if isPythonSpace(r) {
			space = true
		} else if space {
			return i
		}
		i += n
	}
	return i
}

// isPythonSpace is what \s matches in Python.
func isPythonSpace(r rune) bool {
	switch {
	case r >= '\t' && r <= '\r', r >= 0x1c && r <= 0x20, r == 0x85, r == 0xa0, r == 0x1680,
		r >= 0x2000 && r <= 0x200a, r == 0x2028, r == 0x2029, r == 0x202f, r == 0x205f, r == 0x3000:
		return true
	}
	return false
}
