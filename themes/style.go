package themes

import (
	"fmt"
	"strconv"
	"strings"
)

// Attributes are the ways other than colour in which text can stand out.
type Attributes uint8

// The attributes that terminals have had for decades.
const (
	Bold Attributes = 1 << iota
	FaintText
	Italic
	Underline
	Reverse
	Strike
)

var attributeWords = [...]struct {
	word string
	bit  Attributes
	code string // of SGR, ECMA-48 8.3.117
}{
	{"bold", Bold, "1"}, {"faint", FaintText, "2"}, {"italic", Italic, "3"},
	{"underline", Underline, "4"}, {"reverse", Reverse, "7"}, {"strike", Strike, "9"},
}

// Style is how a role looks.
type Style struct {
	Fg, Bg Colour
	Attrs  Attributes
}

// String is the style as theme files write it.
func (s Style) String() string {
	var words []string
	if !s.Fg.IsDefault() {
		words = append(words, s.Fg.String())
	}
	if !s.Bg.IsDefault() {
		words = append(words, "on", s.Bg.String())
	}
	for _, a := range attributeWords {
		if s.Attrs&a.bit != 0 {
			words = append(words, a.word)
		}
	}
	if words == nil {
		return "default"
	}
	return strings.Join(words, " ")
}

// parseStyle reads "colour on colour attribute…", each part optional. A colour
// may be one of the names that the theme file defines.
func parseStyle(text string, named map[string]Colour) (Style, error) {
	var s Style
	words := strings.Fields(text)
next:
	for i := 0; i < len(words); i++ {
		for _, a := range attributeWords {
			if words[i] == a.word {
				s.Attrs |= a.bit
				continue next
			}
		}
		place := &s.Fg
		if words[i] == "on" {
			if i++; i == len(words) {
				return Style{}, fmt.Errorf("style %q ends where a background was expected", text)
			}
			place = &s.Bg
		}
		colour, known := named[words[i]]
		if !known {
			var err error
			if colour, err = parseColour(words[i]); err != nil {
				return Style{}, fmt.Errorf("style %q: %w", text, err)
			}
		}
		*place = colour
	}
	return s, nil
}

// sgr is the sequence that switches to the style, whatever was on before.
func (s Style) sgr() string {
	b := []byte("\x1b[0")
	for _, a := range attributeWords {
		if s.Attrs&a.bit != 0 {
			b = append(b, ';')
			b = append(b, a.code...)
		}
	}
	b = s.Fg.appendCode(b, 30)
	b = s.Bg.appendCode(b, 40)
	return string(append(b, 'm'))
}

// appendCode appends the SGR parameters of a colour; base is 30 for the
// foreground and 40 for the background.
func (c Colour) appendCode(b []byte, base int64) []byte {
	switch c.kind {
	case colourIndexed:
		b = append(b, ';')
		if c.index < 8 {
			return strconv.AppendInt(b, base+int64(c.index), 10)
		}
		return strconv.AppendInt(b, base+60+int64(c.index-8), 10)
	case colourRGB:
		b = append(b, ';')
		b = strconv.AppendInt(b, base+8, 10)
		b = append(b, ";2"...)
		for _, v := range [...]uint8{c.R, c.G, c.B} {
			b = append(b, ';')
			b = strconv.AppendInt(b, int64(v), 10)
		}
	}
	return b
}

// over is the style drawn on a surface: it takes the surface's background,
// unless it has one of its own, and is made readable there.
func (s Style) over(surface Style, contrast float64) Style {
	if surface.Attrs&Reverse != 0 {
		// A reversed row has one pair of colours. What is reversed by itself
		// must stay visible on it.
		if s.Attrs&Reverse != 0 || !s.Bg.IsDefault() {
			s.Attrs |= Underline | Bold
		}
		return Style{Fg: surface.Fg, Bg: surface.Bg, Attrs: s.Attrs&^FaintText | surface.Attrs}
	}
	s.Attrs |= surface.Attrs
	if s.Bg.IsDefault() {
		s.Bg = surface.Bg
	}
	if s.Fg.IsDefault() {
		s.Fg = surface.Fg
	}
	s.Fg = s.Fg.readable(s.Bg, contrast)
	return s
}
