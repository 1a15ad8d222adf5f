package themes

import (
	"github.com/alecthomas/chroma/v2"
)

// Reset ends all styles. It belongs at the end of a row.
const Reset = "\x1b[m"

// Theme is a finished set of styles.
type Theme struct {
	name     string
	dark     bool
	window   Style // default foreground and background
	tokens   [tokenCount]Style
	syntax   map[chroma.TokenType]Style
	base     *Palette
	surfaces [tokenCount]*Palette // nil for what is not a surface
}

// Name is the name that Get takes.
func (t *Theme) Name() string { return t.name }

// Dark reports whether the theme is meant for a dark background.
func (t *Theme) Dark() bool { return t.dark }

// Window is the default foreground and background. Both are the terminal's own
// in themes that leave its background alone.
func (t *Theme) Window() (fg, bg Colour) { return t.window.Fg, t.window.Bg }

// Style is the style of a role on the window's background.
func (t *Theme) Style(token Token) Style { return t.base.Style(token) }

// SGR is the sequence that switches to a role on the window's background.
func (t *Theme) SGR(token Token) string { return t.base.SGR(token) }

// Chroma is the sequence that switches to a syntax token on the window's
// background.
func (t *Theme) Chroma(token chroma.TokenType) string { return t.base.Chroma(token) }

// Palette is the palette of the window's background.
func (t *Theme) Palette() *Palette { return t.base }

// On is the palette of a surface: Selection, SelectionUnfocused or Header. For
// any other token it is the window's palette.
func (t *Theme) On(surface Token) *Palette {
	if surface < tokenCount && t.surfaces[surface] != nil {
		return t.surfaces[surface]
	}
	return t.base
}

// Palette holds the sequences of all roles for one background. A Palette never
// changes.
type Palette struct {
	styles [tokenCount]Style
	sgr    [tokenCount]string
	syntax map[chroma.TokenType]string
}

// Style is the style of a role here.
func (p *Palette) Style(token Token) Style {
	if token >= tokenCount {
		token = Text
	}
	return p.styles[token]
}

// SGR is the sequence that switches to a role.
func (p *Palette) SGR(token Token) string {
	if token >= tokenCount {
		token = Text
	}
	return p.sgr[token]
}

// Chroma is the sequence that switches to a syntax token. A type without a
// style of its own has that of its sub-category, of its category, or of text.
func (p *Palette) Chroma(token chroma.TokenType) string {
	if s, ok := p.syntax[token]; ok {
		return s
	}
	return p.sgr[Text]
}

// finish computes every sequence. named says which tokens the theme's author
// gave a style; the others take that of their parent.
func (t *Theme) finish(named [tokenCount]bool) *Theme {
	for token := range tokenCount {
		if !named[token] {
			from := token.parent()
			for !named[from] && from != Text {
				from = from.parent()
			}
			if from == Text && (token.surface() || !named[Text]) {
				t.tokens[token] = Style{}
			} else {
				t.tokens[token] = t.tokens[from]
			}
		}
	}
	if t.tokens[Selection] == (Style{}) {
		t.tokens[Selection] = Style{Attrs: Reverse}
	}
	if !named[SelectionUnfocused] {
		t.tokens[SelectionUnfocused] = Style{Bg: t.tokens[Selection].Bg, Attrs: t.tokens[Selection].Attrs}
	}
	if !named[Header] {
		t.tokens[Header] = Style{}
	}
	t.base = t.palette(t.window)
	for token := range tokenCount {
		if token.surface() {
			t.surfaces[token] = t.palette(t.tokens[token].onWindow(t.window))
		}
	}
	return t
}

// onWindow fills in what a surface leaves open. A foreground of the surface is
// for plain text; parts with a colour of their own keep it.
func (s Style) onWindow(window Style) Style {
	if s.Bg.IsDefault() {
		s.Bg = window.Bg
	}
	if s.Fg.IsDefault() {
		s.Fg = window.Fg
	}
	return s
}

func (t *Theme) palette(surface Style) *Palette {
	p := &Palette{syntax: make(map[chroma.TokenType]string, len(chroma.StandardTypes))}
	for token := range tokenCount {
		style := t.tokens[token]
		if token == Text && surface.Fg != t.window.Fg {
			style.Fg = surface.Fg // a surface may have a colour for plain text
		}
		p.styles[token] = style.over(surface, token.MinContrast())
		p.sgr[token] = p.styles[token].sgr()
	}
	for token := range chroma.StandardTypes {
		for _, from := range [...]chroma.TokenType{token, token.SubCategory(), token.Category()} {
			if style, ok := t.syntax[from]; ok {
				p.syntax[token] = style.over(surface, syntaxContrast(token)).sgr()
				break
			}
		}
	}
	return p
}

// syntaxContrast is the contrast that a syntax token needs. Punctuation and
// comments step back, but are read.
func syntaxContrast(token chroma.TokenType) float64 {
	switch token {
	case chroma.Punctuation, chroma.LineNumbers, chroma.TextWhitespace:
		return 3
	}
	return 4.5
}
