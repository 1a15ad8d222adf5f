package tui

import (
	"context"
	"errors"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/filters"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// filterBar is the filter that is applied, and the row that shows it. The last
// good filter stays applied until another good one replaces it.
type filterBar struct {
	session *Session
	text    string          // of the filter as typed; kept while it is switched off
	applied *filters.Filter // what text says
	off     bool
	query   *filters.Query
	past    []string // texts that were applied, newest last
}

// keptFilters bounds the history of filters.
const keptFilters = 200

func (b *filterBar) start(session *Session, f *filters.Filter) {
	b.session = session
	if f == nil {
		f = &filters.Filter{}
	}
	b.text, b.applied = f.String(), f
	b.remember(b.text)
	b.run(f)
}

// apply makes text the filter. An error leaves everything as it was.
func (b *filterBar) apply(text string) error {
	f, err := filters.Parse(text)
	if err != nil {
		return err
	}
	b.text, b.applied, b.off = text, f, false
	b.remember(text)
	b.stop()
	b.run(f)
	return nil
}

func (b *filterBar) remember(text string) {
	if text == "" {
		return
	}
	for i, old := range b.past {
		if old == text {
			b.past = append(b.past[:i], b.past[i+1:]...)
			break
		}
	}
	b.past = append(b.past, text)
	if len(b.past) > keptFilters {
		b.past = b.past[1:]
	}
}

// switchOff switches the filter off, and on again.
func (b *filterBar) switchOff() {
	b.off = !b.off
	b.stop()
	if b.off {
		b.run(&filters.Filter{})
	} else {
		b.run(b.applied)
	}
}

// run starts looking; it goes on until stop, which waits for it.
func (b *filterBar) run(f *filters.Filter) {
	b.query = filters.Start(context.Background(), b.session.history, f, filters.QueryOptions{})
}

func (b *filterBar) stop() { b.query.Stop() }

// result is what has been found so far; it is never nil.
func (b *filterBar) result() *filters.Result { return b.query.Result() }

// line draws the bar while it is not being edited.
func (b *filterBar) line(d *drawing, w int, result *filters.Result) string {
	l := &d.line
	l.reset(w, d.theme.Palette())
	l.put(themes.Dim, " filter> ")
	right := ""
	switch {
	case b.text == "":
	case b.off:
		right = "off (F switches it on)"
	case !result.Done:
		right = fmt.Sprintf("checking %d%%", percent(result.ScannedRows, result.TotalRows))
	default:
		right = "ok"
	}
	if right != "" && !b.off {
		// Of all rows kept, malformed ones too: what the stream shows.
		right += fmt.Sprintf("   %s of %s", grouped(uint64(result.Len())), grouped(result.TotalRows))
	}
	room := max(l.room()-len(right)-2, 0)
	switch {
	case b.text == "":
		l.field(themes.Faint, "none: f to filter, i and x to keep or drop what is under the cursor", room)
	case b.off:
		l.safe(themes.Faint, safe(b.text), room)
	default:
		l.safe(themes.Text, safe(b.text), room)
	}
	l.gap(1)
	l.put(themes.Dim, right)
	return l.done()
}

func percent(part, whole uint64) uint64 {
	if whole == 0 {
		return 100
	}
	return part * 100 / whole
}

// filterEdit is the bar while it is being edited.
type filterEdit struct {
	input input
	at    int    // place in the history of filters; len: the text being typed
	typed string // what was being typed when the history was entered
}

func (m *Model) editFilter() tea.Cmd {
	e := &filterEdit{at: len(m.filter.past)}
	e.input.set(m.filter.text)
	m.overlay = e
	return nil
}

func (e *filterEdit) key(m *Model, msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc":
		m.overlay = nil
	case "enter":
		if err := m.filter.apply(e.input.text()); err != nil {
			return nil // the bar says what is wrong; the text stays to be mended
		}
		m.overlay = nil
		m.look()
		m.sync(m.session.now())
	case "up", "ctrl+r", "ctrl+p":
		e.step(m, -1)
	case "down", "ctrl+n":
		e.step(m, 1)
	default:
		e.input.key(msg)
	}
	return nil
}

// step goes through the filters that were applied before.
func (e *filterEdit) step(m *Model, by int) {
	past := m.filter.past
	if e.at == len(past) {
		e.typed = e.input.text()
	}
	e.at = clamp(e.at+by, 0, len(past))
	if e.at == len(past) {
		e.input.set(e.typed)
	} else {
		e.input.set(past[e.at])
	}
}

func (e *filterEdit) paste(_ *Model, text string) { e.input.insert(text) }

func (e *filterEdit) draw(m *Model, f *frame) {
	l := &m.draw.line
	_, err := filters.Parse(e.input.text())
	right, token := "ok", themes.Live
	if err != nil {
		right, token = "error", themes.Error
	}
	l.reset(m.w, m.draw.theme.Palette())
	l.put(themes.Accent, " filter> ")
	e.input.draw(l, themes.Input, l.room()-len(right)-2)
	l.gap(1)
	l.put(token, right)
	rows := []string{l.done()}
	if err != nil {
		l.reset(m.w, m.draw.theme.On(themes.Header))
		var syntax *filters.SyntaxError
		column := 9
		if errors.As(err, &syntax) && syntax.Offset < m.w-12 {
			before := e.input.text()[:min(syntax.Offset, len(e.input.text()))]
			column += render.Cells(render.Sanitize(before, render.NoLimit))
		}
		l.gap(min(column, max(m.w-20, 0)))
		l.put(themes.Error, "^ ")
		text := err.Error()
		if syntax != nil {
			text = syntax.Message
			if syntax.Hint != "" {
				text += "; " + syntax.Hint
			}
		}
		if m.w-column < 40 { // no room beside the mark: start at the left
			l.reset(m.w, m.draw.theme.On(themes.Header))
			l.gap(1)
		}
		l.safe(themes.Error, safe(text), l.room())
		rows = append(rows, l.done())
	}
	f.place(0, 1, m.w, rows)
}

func (e *filterEdit) hint() string {
	return "enter apply   esc cancel   up earlier filters   topic:git.* -topic:x word \"two words\""
}

func (m *Model) switchFilter() tea.Cmd {
	m.filter.switchOff()
	return nil
}

func (m *Model) clearFilter() tea.Cmd {
	if err := m.filter.apply(""); err != nil {
		m.notify(err.Error())
	}
	return nil
}

func (m *Model) keepOnly() tea.Cmd { return m.narrow("keep only", filters.KeepOnly) }
func (m *Model) drop() tea.Cmd     { return m.narrow("drop", filters.Drop) }

// narrow changes the filter by what is under the cursor: at once in the tree,
// after a choice in the stream.
func (m *Model) narrow(verb string, edit func(text, term string) string) tea.Cmd {
	change := func(term string) {
		if err := m.filter.apply(edit(m.filter.text, term)); err != nil {
			m.notify(err.Error())
			return
		}
		m.notify(verb + " " + term)
		m.look()
		m.sync(m.session.now())
	}
	const unwritable = "no filter can be written for this"
	if m.focus == paneTopics {
		if term, ok := m.topics.selected().term(); ok {
			change(term)
		} else {
			m.notify(unwritable)
		}
		return nil
	}
	meta, ok := m.snapshot.Meta(m.stream.order.Row(m.stream.at()))
	if !ok {
		m.notify("that message was given up")
		return nil
	}
	topic := m.snapshot.Topic(meta.Row)
	c := &choice{question: verb}
	if term, ok := filters.TopicTerm(topic); ok {
		c.options = append(c.options, choiceOption{"t", term, func(*Model) { change(term) }})
	}
	if term, ok := filters.ServiceTerm(topic); ok {
		c.options = append(c.options, choiceOption{"s", term, func(*Model) { change(term) }})
	}
	if late, ok := m.snapshot.Late(meta.Row); ok && !meta.Malformed() {
		term := filters.SigTerm(late.Verdict)
		c.options = append(c.options, choiceOption{"g", term, func(*Model) { change(term) }})
		if term, ok := filters.SignerTerm(m.snapshot.Signer(meta.Row)); ok {
			c.options = append(c.options, choiceOption{"c", term, func(*Model) { change(term) }})
		}
	}
	if len(c.options) == 0 {
		m.notify(unwritable)
		return nil
	}
	m.overlay = c
	return nil
}
