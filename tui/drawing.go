package tui

import (
	"strings"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// drawing is what panes need while they draw: where colours and glyphs come
// from, what is being looked at, and memory to build rows in.
type drawing struct {
	theme       *themes.Theme
	glyphs      *glyphs
	focus       paneID
	snapshot    *history.Snapshot
	checking    bool // somebody judges signatures
	status      []bus.Status
	emptyStream string // what an empty stream says
	line        line
}

// palette is that of a row of a pane.
func (d *drawing) palette(selected bool, pane paneID) *themes.Palette {
	switch {
	case !selected:
		return d.theme.Palette()
	case d.focus == pane:
		return d.theme.On(themes.Selection)
	}
	return d.theme.On(themes.SelectionUnfocused)
}

// marker is the first cell of a row: where the cursor is, also for those who
// see no colours.
func (d *drawing) marker(selected bool) string {
	if selected {
		return d.glyphs.cursor
	}
	return " "
}

func (d *drawing) endpoint(source bus.SourceID) string {
	if i := int(source) - 1; i >= 0 && i < len(d.status) {
		return d.status[i].Endpoint
	}
	return ""
}

// hint is a row that says why there is nothing.
func (d *drawing) hint(w int, text string) string {
	d.line.reset(w, d.theme.Palette())
	d.line.gap(2)
	d.line.safe(themes.Dim, safe(text), d.line.room())
	return d.line.done()
}

func (d *drawing) blank(w int) string {
	d.line.reset(w, d.theme.Palette())
	return d.line.done()
}

// leastColumns is the narrowest pane that anything is drawn in.
const leastColumns = 8

// box draws a border around the inside of a pane. title is ours and name is
// the message's; note stands at the right end of the upper border.
func (d *drawing) box(r rect, focused bool, title string, name render.Safe, note string, inside func(w, h int) []string) []string {
	out := make([]string, 0, r.h)
	if r.w < leastColumns { // nothing can be said in there
		for range r.h {
			out = append(out, d.blank(r.w))
		}
		return out
	}
	if r.h < 5 { // a border would leave nothing to see
		out = append(out, inside(r.w, r.h)...)
		for len(out) < r.h {
			out = append(out, d.blank(r.w))
		}
		return out[:r.h]
	}
	border := themes.Border
	if focused {
		border = themes.BorderFocus
	}
	g := d.glyphs
	w := r.w - 2
	l := &d.line

	l.reset(r.w, d.theme.Palette())
	l.put(border, g.topLeft+g.horizontal)
	heading := themes.Dim
	if focused {
		heading = themes.Title
	}
	l.put(heading, " "+title+" ")
	if name != "" && l.room() > 12 {
		l.safe(themes.Accent, name, min(render.Cells(name), l.room()-8))
		l.put(border, " ")
	}
	if n := len([]rune(note)); note != "" && n+6 <= l.room() {
		l.put(border, strings.Repeat(g.horizontal, l.room()-n-4))
		l.put(themes.Dim, " "+note+" ")
	}
	l.put(border, strings.Repeat(g.horizontal, max(l.room()-1, 0)))
	l.put(border, g.topRight)
	out = append(out, l.done())

	rows := inside(w, r.h-2)
	side := d.theme.SGR(border) + g.vertical
	for i := range r.h - 2 {
		row := ""
		if i < len(rows) {
			row = rows[i]
		} else {
			row = d.blank(w)
		}
		out = append(out, side+row+side+themes.Reset)
	}

	l.reset(r.w, d.theme.Palette())
	l.put(border, g.bottomLeft+strings.Repeat(g.horizontal, w)+g.bottomRight)
	return append(out, l.done())
}
