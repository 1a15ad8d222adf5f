package tui

import "fedmsg-tui/crypto"

// glyphs are the characters that are not letters. All of them take exactly one
// cell in every terminal, CJK ones too; only the borders may look wider there,
// and --ascii avoids all doubt.
type glyphs struct {
	horizontal, vertical                           string
	topLeft, topRight, bottomLeft, bottomRight     string
	open, closed, leaf                             string
	ok, caveat, pending, unsigned, unknown, denied string
	invalid, broker, changed                       string
	replayed, archive, file, own                   string
	ellipsis                                       string
	spark                                          []string // from nothing to much
	cursor                                         string
	rule                                           string
}

var unicodeGlyphs = glyphs{
	horizontal: "─", vertical: "│", topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘",
	open: "▾", closed: "▸", leaf: " ",
	ok: "✓", caveat: "~", pending: ".", unsigned: "-", unknown: "?", denied: "!", invalid: "✗", broker: "=", changed: "↯",
	replayed: "↺", archive: "a", file: "f", own: "»",
	ellipsis: "…",
	spark:    []string{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇"},
	cursor:   "▌", rule: "╌",
}

var asciiGlyphs = glyphs{
	horizontal: "-", vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+",
	open: "v", closed: ">", leaf: " ",
	ok: "+", caveat: "~", pending: ".", unsigned: "-", unknown: "?", denied: "!", invalid: "x", broker: "=", changed: "*",
	replayed: "r", archive: "a", file: "f", own: ">",
	ellipsis: "~",
	spark:    []string{" ", ".", ".", ":", ":", "+", "*", "#"},
	cursor:   ">", rule: "-",
}

func glyphsFor(ascii bool) *glyphs {
	if ascii {
		return &asciiGlyphs
	}
	return &unicodeGlyphs
}

// class is the glyph of a class of signatures.
func (g *glyphs) class(c crypto.Class) string {
	switch c {
	case crypto.ClassOK:
		return g.ok
	case crypto.ClassCaveat:
		return g.caveat
	case crypto.ClassBroker:
		return g.broker
	case crypto.ClassNone:
		return g.unsigned
	case crypto.ClassUnknown:
		return g.unknown
	case crypto.ClassDenied:
		return g.denied
	case crypto.ClassInvalid:
		return g.invalid
	}
	return g.pending
}

// sparkline draws samples against their own maximum, the newest at the right.
func (g *glyphs) sparkline(samples []float32, width int) string {
	if len(samples) > width {
		samples = samples[len(samples)-width:]
	}
	var top float32
	for _, s := range samples {
		top = max(top, s)
	}
	out := make([]byte, 0, 3*width)
	for range width - len(samples) {
		out = append(out, ' ')
	}
	steps := len(g.spark) - 1
	for _, s := range samples {
		i := 0
		if s > 0 && top > 0 {
			i = max(1, int(s/top*float32(steps)+0.5))
		}
		out = append(out, g.spark[i]...)
	}
	return string(out)
}
