package tui

import (
	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
)

func (m *Model) move(by int) {
	switch m.focus {
	case paneTopics:
		m.topics.move(by)
	case paneStream:
		m.stream.move(by)
	case paneMessage:
		m.message.move(by)
	case paneSources:
		m.sources.move(by, len(m.draw.status))
	case paneEvents:
		m.events.move(by)
	}
}

func (m *Model) sideways(step int) {
	switch m.focus {
	case paneTopics:
		if step < 0 {
			m.topics.left()
		} else {
			m.topics.right()
		}
	case paneMessage:
		m.message.sideways(step)
	case paneEvents:
		m.events.x = clamp(m.events.x+8*step, 0, 400)
	}
}

func (m *Model) follow() tea.Cmd {
	m.stream.follow()
	return nil
}

func (m *Model) freeze() tea.Cmd {
	// What is on screen stays, not what the filter has yet to look at.
	end := m.snapshot.End()
	if n := m.stream.size(); n > 0 && !m.stream.frozen {
		end = m.stream.order.Row(n-1) + 1
	}
	m.stream.freeze(end)
	m.frozenResult, m.frozenQuery = m.result, m.filter.query
	return nil
}

func (m *Model) openMessage() tea.Cmd {
	if m.stream.size() == 0 {
		return nil
	}
	// Reading is not following: the row stays.
	m.read(m.stream.order.Row(m.stream.at()))
	m.focusOn(paneMessage)
	return nil
}

func (m *Model) toggleBranch() tea.Cmd {
	m.topics.toggle()
	return nil
}

func (m *Model) toggleExpand() tea.Cmd {
	if m.message.shown {
		m.message.toggleExpand()
	}
	return nil
}

func (m *Model) switchView() tea.Cmd {
	if m.message.shown {
		m.message.switchView()
	}
	return nil
}

func (m *Model) nextMessage() tea.Cmd     { return m.stepMessage(1) }
func (m *Model) previousMessage() tea.Cmd { return m.stepMessage(-1) }

// stepMessage reads the message before or after the one that is being read.
func (m *Model) stepMessage(step int) tea.Cmd {
	order := m.stream.order
	if order.Len() == 0 || !m.message.shown {
		return nil
	}
	at, exact := order.Find(m.message.row)
	if !exact && step > 0 {
		step = 0 // what stands there now is the next one
	}
	switch at += step; {
	case at < 0:
		m.notify("this is the first message")
	case at >= order.Len():
		m.notify("this is the newest message")
	default:
		m.read(order.Row(at))
	}
	return nil
}

// read puts the stream's cursor on a row, and the message pane too.
func (m *Model) read(row history.Row) {
	m.stream.goTo(row)
	m.message.show(m.snapshot, row, m.session.now())
}

func (m *Model) openEvent() tea.Cmd {
	e, ok := m.events.selected()
	switch {
	case !ok || !e.hasRow:
		m.notify("there is no single row for this event")
	case e.row < m.snapshot.First():
		m.notify("that message was given up: older than the memory budget")
	default:
		m.goToRow(e.row)
	}
	return nil
}

// goToRow goes to a row, wherever it is: a frozen view goes on if it has to,
// and a message that the filter hides is shown in the message pane alone.
func (m *Model) goToRow(row history.Row) {
	if m.stream.frozen && row >= m.stream.frozenEnd {
		m.stream.frozen = false
		m.notify("the view goes on: that message is newer than the frozen one")
	}
	m.look()
	m.stream.update(m.order(), m.snapshot.End())
	m.read(row)
	_, exact := m.stream.order.Find(row)
	// Without a filter a row that is not there yet comes within a moment.
	if exact || m.filter.off || m.filter.text == "" {
		m.focusOn(paneStream)
		return
	}
	m.focusOn(paneMessage)
	m.notify("the stream does not show this message: the filter hides it; F switches the filter off")
}

func (m *Model) nextProblem() tea.Cmd     { return m.stepProblem(1) }
func (m *Model) previousProblem() tea.Cmd { return m.stepProblem(-1) }

// stepProblem goes to the nearest row with a problem in a direction, among the
// rows that the stream shows, and on from the other end when there is none: one
// who follows the newest message has all problems behind him. A problem is a
// message that is malformed, or whose signature is invalid or denied.
func (m *Model) stepProblem(step int) tea.Cmd {
	order, n := m.stream.order, m.stream.size()
	from := m.stream.cursor
	if m.focus == paneMessage && m.message.shown {
		from = m.message.row
	}
	at, exact := order.Find(from)
	if !exact && step > 0 {
		at-- // what stands there now is behind it already
	}
	for i := 1; i <= n; i++ {
		k := ((at+i*step)%n + n) % n
		row := order.Row(k)
		if !m.problem(row) {
			continue
		}
		switch {
		case k == at && exact:
			m.notify("this is the only problem")
		case step > 0 && k < at:
			m.notify("no problem after this one: went on from the first")
		case step < 0 && k >= at && !(exact && k == at):
			m.notify("no problem before this one: went on from the last")
		}
		m.read(row)
		return nil
	}
	m.notify("there is no problem among the messages that are shown")
	return nil
}

// problem reports whether a reader should be led to a row.
func (m *Model) problem(row history.Row) bool {
	if m.snapshot.Problem(row).Code != bus.ProblemNone {
		return true
	}
	late, ok := m.snapshot.Late(row)
	return ok && late.Verdict.Class().Problem()
}

// switchChecking switches the checking of signatures off or on for the source
// under the cursor.
func (m *Model) switchChecking() tea.Cmd {
	j := m.session.checking()
	i := m.sources.cursor
	if j == nil || i >= len(m.draw.status) {
		return nil
	}
	source := bus.SourceID(i + 1)
	off := !j.Off(source)
	j.SetOff(source, off)
	what := "signatures are checked"
	if off {
		what = "signatures are not checked any more"
	}
	endpoint := m.draw.status[i].Endpoint
	m.session.log.add(loggedEvent{at: m.session.now(), where: endpoint, what: what + "; v in the sources switches it"})
	m.notify(endpoint + ": " + what)
	return nil
}

func (m *Model) stepPane(step int) {
	at := int(m.focus)
	for range paneCount {
		at = (at + step + int(paneCount)) % int(paneCount)
		p := paneID(at)
		if !m.layout.panes[p].empty() || m.layout.tabs && p <= paneMessage {
			m.focusOn(p)
			return
		}
	}
}

func (m *Model) focusOn(p paneID) {
	if p == m.focus {
		return
	}
	m.before = m.focus
	m.focus = p
	m.relayout()
}

// back is esc: one step out of whatever is open.
func (m *Model) back() tea.Cmd {
	switch {
	case m.zoom:
		m.zoom = false
		m.relayout()
	case m.focus != paneStream:
		m.focusOn(paneStream)
	}
	return nil
}

// quit is q: out of a pane, and from the stream out of the program.
func (m *Model) quit() tea.Cmd {
	if m.focus != paneStream || m.zoom {
		return m.back()
	}
	return tea.Quit
}

func (m *Model) switchZoom() tea.Cmd {
	m.zoom = !m.zoom
	m.relayout()
	return nil
}

func (m *Model) nextLayout() tea.Cmd {
	m.mode = (m.mode + 1) % layoutModes
	m.relayout()
	m.notify("layout: " + layoutNames[m.mode])
	return nil
}
