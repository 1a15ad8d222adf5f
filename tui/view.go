package tui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/bus"
	"fedmsg-tui/themes"
)

// View is the screen. Bubble Tea asks for it after every event; nothing is
// drawn again unless something may have changed.
func (m *Model) View() tea.View {
	if m.dirty && m.w > 0 && m.h > 0 {
		m.view = m.screen()
		m.dirty = false
	}
	v := tea.NewView(m.view)
	v.AltScreen = true
	v.ReportFocus = true
	v.WindowTitle = "fedmsg-tui " + m.options.Title
	return v
}

// screen draws everything.
func (m *Model) screen() string {
	f := newFrame(m.w, m.h)
	f.place(0, 0, m.w, []string{m.header()})
	if m.h > 2 {
		f.place(0, 1, m.w, []string{m.filter.line(&m.draw, m.w, m.result)})
	}
	m.panes(f)
	if m.layout.status {
		f.place(0, m.h-2, m.w, []string{m.statusLine()})
	}
	if m.h > 3 {
		f.place(0, m.h-1, m.w, []string{m.footer()})
	}
	if m.overlay != nil {
		m.overlay.draw(m, f)
	}
	return f.String()
}

// panes draws all panes that have a place. Those that stand side by side are
// joined row by row, a drawer is laid over them.
func (m *Model) panes(f *frame) {
	type drawn struct {
		rect
		lines []string
	}
	var base []drawn
	var over *drawn
	body := rect{0, 2, m.w, 0}
	for p := range paneCount {
		r := m.layout.panes[p]
		if r.empty() {
			continue
		}
		d := drawn{r, m.pane(p, r)}
		if p == m.focus && m.isDrawer(p) {
			over = &d
			continue
		}
		base = append(base, d)
		body.h = max(body.h, r.y+r.h-body.y)
	}
	slices.SortFunc(base, func(a, b drawn) int { return a.x - b.x })
	var b strings.Builder
	for y := body.y; y < min(body.y+body.h, m.h); y++ {
		b.Reset()
		x := 0
		for i := range base {
			d := &base[i]
			if y < d.y || y >= d.y+d.h || d.x != x {
				continue
			}
			b.WriteString(d.lines[y-d.y])
			x += d.w
		}
		if x == m.w {
			f.rows[y] = b.String()
		}
	}
	if over != nil {
		f.place(over.x, over.y, over.w, over.lines)
	}
}

// isDrawer reports whether a pane lies over others.
func (m *Model) isDrawer(p paneID) bool {
	if m.layout.tabs || m.zoom {
		return false
	}
	r := m.layout.panes[p]
	for q := range paneCount {
		o := m.layout.panes[q]
		if q != p && !o.empty() && r.x < o.x+o.w && o.x < r.x+r.w && r.y < o.y+o.h && o.y < r.y+r.h {
			return true
		}
	}
	return false
}

// pane draws one pane with its border.
func (m *Model) pane(p paneID, r rect) []string {
	d := &m.draw
	focused := p == m.focus
	title := paneTitles[p]
	if p <= paneMessage {
		title = fmt.Sprintf("%d %s", p+1, title)
	}
	switch p {
	case paneTopics:
		return d.box(r, focused, title, "", m.topics.summary(), func(w, h int) []string { return m.topics.lines(d, w, h) })
	case paneStream:
		return d.box(r, focused, title, "", m.streamNote(), func(w, h int) []string { return m.stream.lines(d, w, h) })
	case paneMessage:
		return d.box(r, focused, title, m.message.title(), m.message.view(), func(w, h int) []string { return m.message.lines(d, w, h) })
	case paneSources:
		return d.box(r, focused, title, "", m.sourcesNote(), func(w, h int) []string { return m.sources.lines(d, w, h, m.session.now()) })
	}
	return d.box(r, focused, title, "", "newest first", func(w, h int) []string { return m.events.lines(d, w, h) })
}

func (m *Model) streamNote() string {
	size := m.stream.size()
	note := "empty"
	if size > 0 {
		note = grouped(uint64(m.stream.at()+1)) + "/" + grouped(uint64(size))
	}
	switch {
	case m.stream.frozen:
		return note + " frozen"
	case m.stream.following:
		return note + " following"
	}
	return note
}

func (m *Model) sourcesNote() string {
	up := 0
	for _, s := range m.draw.status {
		if s.State.Connected() {
			up++
		}
	}
	return fmt.Sprintf("%d of %d up", up, len(m.draw.status))
}

// books are the session's counters: those of the filter's result, which was
// computed at one moment of the history, and what the sources lost.
func (m *Model) books() bus.Books {
	b := m.result.Books
	for _, s := range m.draw.status {
		b.Dropped += s.Dropped
	}
	return b
}

// header is the first row: which bus, in which state, how fast, and the books.
// What does not fit is left out from the right.
func (m *Model) header() string {
	l := &m.draw.line
	l.reset(m.w, m.draw.theme.On(themes.Header))
	l.gap(1)
	if m.w >= mediumColumns { // below, what is counted matters more than what this is
		l.put(themes.Title, "fedmsg-tui ")
	}
	l.text(m.environmentToken(), safe(m.options.Title))
	l.gap(2)
	switch {
	case m.stream.frozen:
		l.put(themes.Frozen, "FROZEN")
		l.put(themes.Frozen, fmt.Sprintf(" +%s new", grouped(uint64(m.stream.newer))))
	case m.connected():
		l.put(themes.Live, "LIVE")
	default:
		l.put(themes.Warning, "NOT CONNECTED")
	}
	if m.stream.following && !m.stream.frozen {
		l.put(themes.Dim, " follow")
	}
	if m.layout.tabs {
		l.gap(1)
		for p := paneTopics; p <= paneMessage; p++ {
			token := themes.Dim
			if p == m.focus {
				token = themes.Accent
			}
			l.put(token, fmt.Sprintf("%d ", p+1))
		}
	}
	b := m.books()
	type counter struct {
		name  string
		value string
		token themes.Token
		show  bool
	}
	loud := func(n uint64, t themes.Token) themes.Token {
		if n > 0 {
			return t
		}
		return themes.Dim
	}
	filtered := m.filter.text != "" && !m.filter.off
	all := []counter{
		{"seen", grouped(b.Received), themes.Number, true},
		{"drop", grouped(b.Dropped), loud(b.Dropped, themes.Error), true},
		{"malformed", grouped(b.Malformed), loud(b.Malformed, themes.Error), true},
	}
	rest := []counter{
		{"shown", grouped(b.Shown), themes.Number, filtered},
		{"hidden", grouped(b.Hidden), themes.Number, filtered},
		{"evicted", grouped(b.Evicted), themes.Number, true},
		{"dup", grouped(b.Duplicates), themes.Number, b.Duplicates > 0 || m.w >= wideColumns},
		{"mem", sizeText(m.snapshot.Counts().UsedBytes), themes.Number, true},
	}
	counts := m.verdicts
	wanted := 0 // cells of all counters
	for _, c := range append(slices.Clone(all), rest...) {
		if c.show {
			wanted += len(c.name) + len(c.value) + 3
		}
	}
	wanted += classCells(&counts)
	// The sparkline takes what the counters leave.
	rate := rateText(m.rates.now) + "/s"
	if l.room() > len(rate)+2 {
		l.gap(2)
		l.put(themes.Number, rate)
	}
	if spark := min(l.room()-wanted-2, 16); spark >= 4 {
		l.gap(1)
		l.put(themes.Sparkline, m.draw.glyphs.sparkline(m.rates.spark[:], spark))
	}
	draw := func(counters []counter) {
		for _, c := range counters {
			if !c.show {
				continue
			}
			if l.room() < len(c.name)+len(c.value)+4 {
				break // never a small number in the place of a large one
			}
			l.gap(2)
			l.put(themes.Dim, c.name+" ")
			l.put(c.token, c.value)
		}
	}
	draw(all)
	if classCells(&counts) > 0 && l.room() > 8 {
		l.gap(1)
		classCounts(l, m.draw.glyphs, &counts)
	}
	draw(rest)
	return l.done()
}

func (m *Model) connected() bool {
	for _, s := range m.draw.status {
		if s.State.Connected() {
			return true
		}
	}
	return false
}

// environmentToken is the colour of the environment that most messages are of.
func (m *Model) environmentToken() themes.Token {
	var most *topicNode
	for _, n := range m.topics.tree.root.children {
		if most == nil || n.total > most.total {
			most = n
		}
	}
	if most == nil {
		return themes.EnvOther
	}
	return themes.EnvironmentToken(bus.EnvironmentClass(most.name[strings.LastIndexByte(most.name, '.')+1:]))
}

// statusLine is the row above the keys: what the last key did, else the guide,
// else the newest event.
func (m *Model) statusLine() string {
	d := &m.draw
	l := &d.line
	l.reset(m.w, d.theme.Palette())
	l.gap(1)
	switch {
	case m.notice != "":
		l.safe(themes.Accent, safe(m.notice), l.room())
	case m.prefix != "":
		l.put(themes.Key, m.prefix)
		l.put(themes.Dim, " then: ")
		for i := range m.keys.actions {
			a := &m.keys.actions[i]
			for _, key := range a.keys {
				if rest, ok := strings.CutPrefix(key, m.prefix+" "); ok && a.where&m.focus.scope() != 0 {
					l.put(themes.Key, rest)
					l.put(themes.Text, " "+a.id+"  ")
				}
			}
		}
	case m.guide != nil && !m.guide.over() && m.overlay == nil:
		l.put(themes.Accent, m.guide.progress()+" ")
		l.safe(themes.Text, safe(m.guide.text()), l.room())
	case len(m.events.events) > 0:
		m.events.events[0].draw(l, d.glyphs, 0)
	}
	return l.done()
}

// footer is the keys of the pane that has the keyboard, from the table.
func (m *Model) footer() string {
	d := &m.draw
	l := &d.line
	l.reset(m.w, d.theme.Palette())
	l.gap(1)
	if m.overlay != nil {
		l.safe(themes.Dim, safe(m.overlay.hint()), l.room())
		return l.done()
	}
	help := "? all keys"
	if m.w < narrowColumns {
		l.put(themes.Key, "?")
		l.put(themes.Dim, " keys")
		return l.done()
	}
	for i := range m.keys.actions {
		a := &m.keys.actions[i]
		if a.short == "" || a.id == "help" || a.where&m.focus.scope() == 0 {
			continue
		}
		if l.room() < len(a.keys[0])+len(a.short)+4+len(help) {
			break
		}
		key := themes.Key
		if a.disabled != nil && a.disabled(m) != "" {
			key = themes.Faint
		}
		l.put(key, a.keys[0])
		l.put(themes.Dim, " "+a.short+"   ")
	}
	l.put(themes.Key, "?")
	l.put(themes.Dim, " all keys")
	return l.done()
}
