package render

import (
	"math"
	"strconv"

	"github.com/alecthomas/chroma/v2"
)

// AppendLine draws a line in exactly width cells, starting xOffset cells into
// it, padded with spaces in the style of chroma.Text, with an ellipsis in the
// last cell if it goes on behind. A line that does not exist is blank. The last
// style stays switched on.
func (d *Document) AppendLine(dst []byte, line, xOffset, width int, style Styler) []byte {
	if width <= 0 {
		return dst
	}
	w := newWriter(dst, width)
	w.skip = max(xOffset, 0)
	d.draw(&w, line, style)
	dst, cells := w.finish()
	if style != nil && cells < width {
		if text := style(chroma.Text); text != w.drawn {
			dst = append(dst, text...)
		}
	}
	return appendSpaces(dst, width-cells)
}

// Cells is the width of a line, as far as scrolling sideways may go.
func (d *Document) Cells(line int) int {
	w := newWriter(nil, 0)
	w.skip = math.MaxInt
	d.draw(&w, line, nil)
	return math.MaxInt - w.skip
}

// drawing is a writer with the caller's styles.
type drawing struct {
	*writer
	styler Styler
}

// token chooses the style of what follows. Once the line is full, the style
// stays that of the place where it was cut, for the ellipsis.
func (p drawing) token(t chroma.TokenType) {
	if p.styler != nil && !p.full {
		p.style = p.styler(t)
	}
}

// put writes our own text, which is printable ASCII.
func (p drawing) put(t chroma.TokenType, text string) {
	p.token(t)
	p.ascii([]byte(text))
}

func (d *Document) draw(w *writer, at int, style Styler) {
	if at < 0 || at >= len(d.lines) {
		return
	}
	if d.opts.ASCII {
		w.ellipsis = ASCIIEllipsis
	}
	p := drawing{w, style}
	if style != nil {
		p.escapeStyle = style(chroma.LiteralStringEscape)
	}
	l := d.lines[at]
	if d.hex {
		d.drawHex(p, l)
		return
	}
	p.token(chroma.Text)
	for n := int(l.depth) * indentCells; n > 0 && !p.full; n -= len(spaces) {
		p.ascii([]byte(spaces[:min(n, len(spaces))]))
	}
	if l.key != 0 {
		end, _ := stringEnd(d.raw, int(l.key))
		p.token(chroma.NameTag)
		p.quoted(d.raw[l.key:end], l.flags&flagKeyEscaped == 0)
		p.put(chroma.Punctuation, ":")
		p.put(chroma.Text, " ")
	}
	d.drawValue(p, l)
	if l.flags&flagComma != 0 {
		p.put(chroma.Punctuation, ",")
	}
}

func (d *Document) drawValue(p drawing, l line) {
	text := d.raw[l.start:l.end]
	p.token(l.kind.token())
	switch l.kind {
	case kindString:
		d.drawString(p, l, text)
	case kindEmptyObject:
		p.ascii([]byte("{}"))
	case kindEmptyArray:
		p.ascii([]byte("[]"))
	case kindBroken:
		for len(text) > 0 && !p.full {
			text = p.next(text)
		}
	case kindRest:
		p.ascii([]byte(size(len(text)) + " more, not shown"))
	default: // numbers, constants, brackets: ASCII, or they would be broken
		p.ascii(text)
	}
}

// drawString writes a string, or its beginning and its size.
func (d *Document) drawString(p drawing, l line, text []byte) {
	plain := l.flags&flagEscaped == 0
	shown := d.shown(l)
	if shown == len(text) {
		p.quoted(text, plain)
		return
	}
	// Cut in front of what would not be whole.
	n := wholeRunes(text, shown)
	if !plain {
		n = wholeEscapes(text, n)
	}
	p.quoted(text[:n], plain)
	if d.opts.ASCII {
		p.ascii([]byte(ASCIIEllipsis))
	} else {
		p.rune('…') // the rune of Ellipsis
	}
	p.ascii([]byte{'"'})
	p.put(chroma.CommentSingle, " "+size(len(text)-2))
}

// wholeEscapes is the largest offset up to n, behind the opening quote of a
// string, that cuts no escape. It looks back over the backslashes in front of
// n: an escape starts at a backslash that no other one escapes.
func wholeEscapes(text []byte, n int) int {
	for at := max(1, n-11); at < n; at++ {
		if text[at] != '\\' {
			continue
		}
		before := 0
		for at-before > 1 && text[at-before-1] == '\\' {
			before++
		}
		if before%2 == 1 {
			continue // the second of a pair: no start
		}
		if _, length := escapedRune(text[at:]); length > 0 && at+length > n {
			return at
		}
	}
	return n
}

// quoted writes a JSON string as it stands in the text, or its beginning, with
// one exception: an escape that stands for a character that may be shown is
// shown as that character.
func (p drawing) quoted(text []byte, plain bool) {
	if plain {
		p.ascii(text[:p.reach(len(text))])
		return
	}
	for len(text) > 0 && !p.full {
		run := printableRun(text[:p.reach(len(text))])
		for i := range run {
			if text[i] == '\\' {
				run = i
				break
			}
		}
		if run > 0 {
			p.ascii(text[:run])
			text = text[run:]
			continue
		}
		r, n := escapedRune(text)
		switch {
		case n == 0: // not an escape; a lone backslash is one in a cut text
			text = p.next1(text)
			continue
		case n == 2:
			p.ascii(text[:2])
		case r >= 0x20 && r < 0x7f:
			if r == '"' || r == '\\' {
				p.ascii(text[:n]) // would end the string, or start an escape
			} else {
				p.ascii([]byte{byte(r)})
			}
		case r < 0xa0 || !p.rune(r):
			p.special(text[:n], n)
		}
		text = text[n:]
	}
}

// next1 is next for text that may start with a backslash.
func (w *writer) next1(text []byte) []byte {
	if text[0] == '\\' {
		w.ascii(text[:1])
		return text[1:]
	}
	return w.next(text)
}

// size is a number of bytes for people.
func size(n int) string {
	switch {
	case n < 1<<10:
		return strconv.Itoa(n) + " B"
	case n < 1<<20:
		return strconv.FormatFloat(float64(n)/(1<<10), 'f', 1, 64) + " KiB"
	}
	return strconv.FormatFloat(float64(n)/(1<<20), 'f', 1, 64) + " MiB"
}
