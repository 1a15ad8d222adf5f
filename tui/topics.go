package tui

import (
	"strings"

	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// topicsPane shows the tree of topics.
type topicsPane struct {
	tree   *topicTree
	cursor *topicNode // the node, not its row: branches open and topics appear above it
	top    int        // first row on screen
}

func newTopicsPane() *topicsPane { return &topicsPane{tree: newTopicTree()} }

// selected is the node under the cursor: the first row until the reader has
// moved it.
func (p *topicsPane) selected() *topicNode {
	if p.cursor == nil {
		if rows := p.tree.rows(); len(rows) > 0 {
			return rows[0]
		}
	}
	return p.cursor
}

// row is the place of the cursor. A node whose branch was closed gives its
// place to the nearest one above that has a row.
func (p *topicsPane) row() int {
	rows := p.tree.rows()
	for n := p.cursor; n != nil && n.depth >= 0; n = n.parent {
		for i, r := range rows {
			if r == n {
				p.cursor = n
				return i
			}
		}
	}
	return 0
}

func (p *topicsPane) move(by int) {
	rows := p.tree.rows()
	if len(rows) == 0 {
		return
	}
	p.cursor = rows[clamp(p.row()+by, 0, len(rows)-1)]
}

// toggle opens or closes the branch under the cursor.
func (p *topicsPane) toggle() {
	if n := p.selected(); n != nil {
		p.tree.setOpen(n, !n.open)
	}
}

// left closes the branch, or goes to the parent.
func (p *topicsPane) left() {
	n := p.selected()
	switch {
	case n == nil:
	case n.open && len(n.children) > 0:
		p.tree.setOpen(n, false)
	case n.parent != nil && n.parent.depth >= 0:
		p.cursor = n.parent
	}
}

// right opens the branch, or goes to its first child.
func (p *topicsPane) right() {
	n := p.selected()
	switch {
	case n == nil || len(n.children) == 0:
	case !n.open:
		p.tree.setOpen(n, true)
	default:
		p.cursor = n.children[0]
	}
}

func (p *topicsPane) goTo(n *topicNode) {
	p.tree.reveal(n)
	p.cursor = n
}

// lines draws the pane's inside: a heading and the rows that fit.
func (p *topicsPane) lines(d *drawing, w, h int) []string {
	rows := p.tree.rows()
	out := make([]string, 0, h)
	l := &d.line
	const rateWidth = 5
	totalWidth := 7
	spark := 0
	switch {
	case w >= 60:
		spark = sparkSamples
	case w >= 46:
		spark = 6
	}
	problems := 0 // wide enough for a number; else there is a mark
	if w >= 34 {
		problems, totalWidth = 5, 6
	}
	name := w - rateWidth - totalWidth - spark - problems
	if problems == 0 {
		name -= 2 // a mark where there were problems
	}
	if spark > 0 {
		name--
	}
	if name < 12 { // too narrow for numbers
		name = w
	}
	l.reset(w, d.theme.Palette())
	l.field(themes.Dim, " NAME", name)
	if name < w {
		l.right(themes.Dim, "/s", rateWidth)
		if spark > 0 {
			l.gap(1)
			l.field(themes.Dim, "RATE", spark)
		}
		l.right(themes.Dim, "TOTAL", totalWidth)
		if problems > 0 {
			l.right(themes.Dim, "PROB", problems)
		}
	}
	if h > 2 {
		out = append(out, l.done())
		h--
	}
	foot := 0 // the row about the signatures of what is under the cursor
	if h > 5 {
		foot = 1
		h--
	}
	at := p.row()
	p.top = scrollTo(p.top, at, h, len(rows))
	for i := p.top; i < min(len(rows), p.top+h); i++ {
		n := rows[i]
		l.reset(w, d.palette(i == at, paneTopics))
		mark := d.glyphs.leaf
		if len(n.children) > 0 {
			mark = d.glyphs.closed
			if n.open {
				mark = d.glyphs.open
			}
		}
		indent := 2*n.depth + 3
		l.put(themes.Accent, d.marker(i == at))
		l.put(themes.Dim, strings.Repeat(" ", min(2*n.depth, name/2))+mark+" ")
		token := themes.Topic
		if len(n.children) > 0 {
			token = themes.Text
		}
		room := name - min(indent, name/2+3)
		text := safe(n.text())
		if n.depth == 0 && render.Cells(text) > room {
			// Its end, the environment, says more than its beginning.
			if _, rest, ok := strings.Cut(n.text(), "."); ok {
				text = safe(d.glyphs.ellipsis + rest)
			}
		}
		l.safe(token, text, room)
		if name < w {
			rate := themes.Number
			if n.rate == 0 {
				rate = themes.Faint
			}
			l.right(rate, rateText(n.rate), rateWidth)
			if spark > 0 {
				l.gap(1)
				l.put(themes.Sparkline, d.glyphs.sparkline(n.spark[:], spark))
			}
			total := grouped(n.total)
			if len(total) >= totalWidth {
				total = short(n.total)
			}
			l.right(themes.Number, total, totalWidth)
			if problems == 0 && n.problems > 0 {
				l.put(themes.Error, " "+d.glyphs.invalid)
			}
			if problems > 0 {
				text := ""
				if n.problems > 0 {
					text = short(n.problems)
				}
				l.right(themes.Error, text, problems)
			}
		}
		out = append(out, l.done())
	}
	if len(rows) == 0 && h > 0 {
		out = append(out, d.hint(w, "no topic yet"))
	}
	if foot > 0 {
		for len(out) < h+1 {
			out = append(out, d.blank(w))
		}
		l.reset(w, d.theme.Palette())
		if n := p.selected(); n != nil {
			classCounts(l, d.glyphs, &n.verdicts)
		}
		out = append(out, l.done())
	}
	return out
}

func (p *topicsPane) summary() string {
	n := 0
	for range p.tree.all {
		n++
	}
	if n == 1 {
		return "1 topic"
	}
	return grouped(uint64(n)) + " topics"
}

// scrollTo moves a window of h rows over size rows as little as needed to show
// row at.
func scrollTo(top, at, h, size int) int {
	if h <= 0 {
		return 0
	}
	top = min(top, at)
	top = max(top, at-h+1)
	return clamp(top, 0, max(size-h, 0))
}
