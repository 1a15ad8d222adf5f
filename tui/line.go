package tui

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"

	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// line builds one row of exactly width cells out of coloured parts.
type line struct {
	buf   []byte
	width int
	used  int
	pal   *themes.Palette
	tail  string // drawn at the end of a part that was cut
}

// reset starts a new row in the same memory.
func (l *line) reset(width int, pal *themes.Palette) {
	l.buf = l.buf[:0]
	l.width, l.used, l.pal = width, 0, pal
}

// room is how many cells are left.
func (l *line) room() int { return l.width - l.used }

// style switches to a role without drawing.
func (l *line) style(t themes.Token) { l.buf = append(l.buf, l.pal.SGR(t)...) }

// put draws text of our own, all of whose characters take one cell, and cuts
// it at the end of the row.
func (l *line) put(t themes.Token, text string) {
	l.style(t)
	l.plain(text)
}

func (l *line) plain(text string) {
	n := utf8.RuneCountInString(text)
	if n > l.room() {
		text, n = firstRunes(text, l.room()), max(l.room(), 0)
	}
	l.buf = append(l.buf, text...)
	l.used += n
}

// field draws text of our own in exactly width cells, cut or padded.
func (l *line) field(t themes.Token, text string, width int) {
	width = min(width, l.room())
	if width <= 0 {
		return
	}
	n := utf8.RuneCountInString(text)
	if n > width {
		text = firstRunes(text, width-1) + l.tail
		n = width
	}
	l.put(t, text)
	l.blank(width - n)
}

// right draws text of our own at the right end of width cells.
func (l *line) right(t themes.Token, text string, width int) {
	width = min(width, l.room())
	if n := utf8.RuneCountInString(text); n < width {
		l.style(t)
		l.blank(width - n)
	}
	l.put(t, text)
}

// safe draws sanitised text in exactly width cells.
func (l *line) safe(t themes.Token, text render.Safe, width int) {
	width = min(width, l.room())
	if width <= 0 {
		return
	}
	l.style(t)
	from := len(l.buf)
	l.buf = render.AppendFit(l.buf, text, width)
	if l.tail != render.Ellipsis && render.Cells(text) > width { // --ascii
		if at := bytes.LastIndex(l.buf[from:], []byte(render.Ellipsis)); at >= 0 {
			l.buf = slices.Replace(l.buf, from+at, from+at+len(render.Ellipsis), []byte(l.tail)...)
		}
	}
	l.used += width
}

// text draws sanitised text without padding, cut at the end of the row.
func (l *line) text(t themes.Token, text render.Safe) {
	l.safe(t, text, render.Cells(text))
}

// blank draws n spaces in whatever style is on.
func (l *line) blank(n int) {
	n = min(n, l.room())
	for range n {
		l.buf = append(l.buf, ' ')
	}
	if n > 0 {
		l.used += n
	}
}

// gap draws n spaces as plain text.
func (l *line) gap(n int) {
	l.style(themes.Text)
	l.blank(n)
}

// done fills the row and returns it.
func (l *line) done() string {
	if l.room() > 0 {
		l.style(themes.Text)
		l.blank(l.room())
	}
	return string(append(l.buf, themes.Reset...))
}

func firstRunes(s string, n int) string {
	if n <= 0 {
		return ""
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// grouped writes a number with thousands separators.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	if len(s) <= 3 {
		return s
	}
	out := make([]byte, 0, len(s)+len(s)/3)
	for i, c := range []byte(s) {
		if i > 0 && (len(s)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, c)
	}
	return string(out)
}

// short writes a number in at most five characters.
func short(n uint64) string {
	switch {
	case n < 10_000:
		return strconv.FormatUint(n, 10)
	case n < 10_000_000:
		return strconv.FormatUint(n/1000, 10) + "k"
	case n < 10_000_000_000:
		return strconv.FormatUint(n/1_000_000, 10) + "M"
	}
	return strconv.FormatUint(n/1_000_000_000, 10) + "G"
}

// rateText writes messages per second in at most five characters.
func rateText(r float64) string {
	switch {
	case r <= 0:
		return "0"
	case r < 0.05:
		return "<0.1"
	case r < 100:
		return strconv.FormatFloat(r, 'f', 1, 64)
	}
	return short(uint64(r + 0.5))
}

// sizeText writes a number of bytes.
func sizeText(n int64) string {
	switch {
	case n < 1<<10:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " KiB"
	case n < 10<<20:
		return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
	case n < 1<<30:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	}
	return strconv.FormatFloat(float64(n)/(1<<30), 'f', 1, 64) + " GiB"
}
