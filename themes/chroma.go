package themes

import (
	"github.com/alecthomas/chroma/v2"
)

// FromChroma makes a theme of a syntax style. Such a style knows nothing of
// roles, so each role takes the colour of the first of a list of token types
// that has one; and many styles are made for web pages, so contrast is forced.
// Backgrounds of single entries are not taken over: several styles mark
// inserted and deleted text with backgrounds that nothing is readable on.
func FromChroma(style *chroma.Style) *Theme {
	t := &Theme{
		name:   style.Name,
		dark:   style.Mode() == chroma.Dark,
		syntax: make(map[chroma.TokenType]Style, len(chroma.StandardTypes)),
	}
	background := style.Get(chroma.Background)
	t.window = Style{Fg: fromChroma(background.Colour), Bg: fromChroma(background.Background)}
	if !t.window.Bg.IsRGB() {
		t.window.Bg = RGB(0xff, 0xff, 0xff)
		if t.dark {
			t.window.Bg = RGB(0, 0, 0)
		}
	}
	if !t.window.Fg.IsRGB() {
		t.window.Fg = fromChroma(style.Get(chroma.Text).Colour)
	}
	if !t.window.Fg.IsRGB() {
		t.window.Fg = t.window.Bg.readable(t.window.Bg, 12)
	}
	t.window.Fg = t.window.Fg.readable(t.window.Bg, Text.MinContrast())
	for token := range chroma.StandardTypes {
		t.syntax[token] = entryStyle(style.Get(token))
	}
	t.syntax[chroma.Error] = Style{Fg: t.syntax[chroma.GenericError].Fg, Attrs: Underline}

	var named [tokenCount]bool
	set := func(token Token, s Style) { t.tokens[token], named[token] = s, true }
	plain := style.Get(chroma.Text).Colour
	// first is the colour of the first type that differs from plain text.
	first := func(types ...chroma.TokenType) Style {
		for _, tt := range types {
			if e := style.Get(tt); e.Colour.IsSet() && e.Colour != plain {
				s := entryStyle(e)
				s.Attrs = 0
				return s
			}
		}
		return Style{Fg: t.window.Fg}
	}
	with := func(s Style, attrs Attributes) Style { s.Attrs |= attrs; return s }

	dim := first(chroma.Comment, chroma.CommentSingle, chroma.LineNumbers)
	accent := first(chroma.Keyword, chroma.NameTag, chroma.NameFunction)
	warning := first(chroma.LiteralNumber, chroma.LiteralString, chroma.KeywordConstant)
	wrong := first(chroma.GenericError, chroma.GenericDeleted, chroma.Error, chroma.NameException)
	set(Text, Style{})
	set(Dim, dim)
	set(Border, first(chroma.LineNumbers, chroma.Comment, chroma.Punctuation))
	set(Title, with(first(chroma.GenericHeading, chroma.NameClass), Bold))
	set(Accent, accent)
	set(BorderFocus, accent)
	set(Key, with(accent, Bold))
	set(Topic, first(chroma.NameAttribute, chroma.NameFunction, chroma.NameTag))
	set(Who, first(chroma.NameClass, chroma.NameVariable, chroma.NameBuiltin))
	set(Number, first(chroma.LiteralNumber))
	set(Warning, warning)
	set(Error, with(wrong, Bold))
	set(SigOK, Style{})
	set(SigDenied, with(warning, Bold))
	set(SigInvalid, with(wrong, Bold|Reverse))
	set(Escaped, with(first(chroma.LiteralStringEscape, chroma.LiteralStringOther), Underline))
	t.syntax[chroma.LiteralStringEscape] = t.tokens[Escaped]
	set(Match, Style{Fg: t.window.Bg, Bg: warning.Fg.readable(t.window.Bg, 4.5)})
	set(MatchCurrent, Style{Fg: t.window.Bg, Bg: accent.Fg.readable(t.window.Bg, 4.5), Attrs: Bold})

	selection := fromChroma(style.Get(chroma.LineHighlight).Background)
	if !selection.IsRGB() || Contrast(selection, t.window.Bg) < 1.15 {
		selection = t.window.Bg.mix(t.window.Fg, 0.2)
	}
	set(Selection, Style{Bg: selection})
	set(SelectionUnfocused, Style{Bg: t.window.Bg.mix(selection, 0.5)})
	set(Header, Style{Bg: t.window.Bg.mix(t.window.Fg, 0.08)})
	return t.finish(named)
}

func entryStyle(e chroma.StyleEntry) Style {
	s := Style{Fg: fromChroma(e.Colour)}
	for _, a := range []struct {
		set chroma.Trilean
		bit Attributes
	}{{e.Bold, Bold}, {e.Italic, Italic}, {e.Underline, Underline}} {
		if a.set == chroma.Yes {
			s.Attrs |= a.bit
		}
	}
	return s
}

func fromChroma(c chroma.Colour) Colour {
	if !c.IsSet() {
		return Colour{}
	}
	return RGB(c.Red(), c.Green(), c.Blue())
}
