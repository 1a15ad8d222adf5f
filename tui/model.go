package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
	"fedmsg-tui/filters"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// Model is the explorer. It is the program's only tea.Model, and only the
// program's event loop touches it.
type Model struct {
	session *Session
	options Options
	keys    *keymap

	w, h         int
	layout       layout
	mode         layoutMode
	zoom         bool
	growX, growY int
	focus        paneID
	before       paneID // where the focus was, for panes that open as drawers

	topics  *topicsPane
	stream  *streamPane
	message *messagePane
	sources *sourcesPane
	events  *eventsPane
	filter  filterBar
	overlay overlay // what takes the keyboard, or nil
	guide   *guide

	prefix string // first key of a two-key sequence
	notice string // what the last key did, or why it did nothing

	draw     drawing
	snapshot *history.Snapshot
	result   *filters.Result
	// What was shown when the view froze, and by which query.
	frozenResult *filters.Result
	frozenQuery  *filters.Query
	verdicts     [crypto.Classes]uint64 // at most as many as the snapshot has rows
	rates        rates
	counted      int // topics that the tree has seen
	dark         bool
	focused      bool // the terminal has the focus, or does not tell
	view         string
	dirty        bool
}

// tickMsg asks for a look at what has arrived.
type tickMsg time.Time

// Content is drawn this often, which reads as live and leaves the processor to
// the bus. Keys are answered at once, whatever this says.
const (
	tickEvery      = 100 * time.Millisecond
	tickUnfocused  = 500 * time.Millisecond
	messageSettles = time.Second // a message that following chose is left on screen this long
)

// NewModel makes the explorer of a session. The session must have started.
func NewModel(session *Session, options Options) (*Model, error) {
	m := &Model{
		session: session, options: options, keys: newKeymap(), focus: paneStream, before: paneStream,
		topics: newTopicsPane(), stream: newStreamPane(),
		message: &messagePane{options: render.Options{ASCII: options.ASCII}, explain: session.explain},
		sources: &sourcesPane{}, events: &eventsPane{},
		dark: true, focused: true, dirty: true,
	}
	if options.Guide {
		m.guide = newGuide()
	}
	m.draw.glyphs = glyphsFor(options.ASCII)
	m.draw.line.tail = m.draw.glyphs.ellipsis
	if err := m.setTheme(); err != nil {
		return nil, err
	}
	m.filter.start(session, options.Filter)
	m.refresh(session.now())
	return m, nil
}

func (m *Model) setTheme() error {
	theme, err := themes.Get(themeName(m.options.Theme), m.dark)
	if err != nil {
		return err
	}
	m.draw.theme = theme
	return nil
}

// Init starts the clock and asks the terminal for its background.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(m.tick(), tea.RequestBackgroundColor)
}

func (m *Model) tick() tea.Cmd {
	every := tickEvery
	if !m.focused {
		every = tickUnfocused
	}
	return tea.Tick(every, func(t time.Time) tea.Msg { return tickMsg(t) })
}

// Update handles one event. It never waits for anything.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tickMsg:
		m.refresh(time.Time(msg))
		return m, m.tick()
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		m.relayout()
	case tea.BackgroundColorMsg:
		if m.dark != msg.IsDark() {
			m.dark = msg.IsDark()
			// The theme was there before; only its dark or light half changes.
			if err := m.setTheme(); err != nil {
				m.notice = err.Error()
			}
			m.dirty = true
		}
	case tea.FocusMsg:
		m.focused = true
	case tea.BlurMsg:
		m.focused = false
	case tea.ResumeMsg:
		m.dirty = true
	case tea.PasteMsg:
		if m.overlay != nil {
			m.overlay.paste(m, msg.Content)
			m.dirty = true
		}
	case tea.KeyPressMsg:
		m.dirty = true
		return m, m.key(msg)
	}
	return m, nil
}

// key sends a key to what has the keyboard: an overlay, or the table of actions.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	m.notice = ""
	key := msg.String()
	if m.overlay != nil {
		// These two work everywhere, whatever has the keyboard.
		if key != "ctrl+c" && key != "ctrl+z" {
			return m.overlay.key(m, msg)
		}
	}
	if m.prefix != "" {
		prefix := m.prefix
		m.prefix = ""
		switch key {
		case "esc":
			return nil
		case "ctrl+c", "ctrl+z": // these leave from anywhere
		default:
			key = prefix + " " + key
		}
	} else if m.keys.prefixes[key] && m.keys.byKey[m.focus][key] == nil {
		m.prefix = key
		return nil
	}
	a := m.keys.byKey[m.focus][key]
	if a == nil {
		m.notify(key + " does nothing here; ? shows every key")
		return nil
	}
	return m.run(a)
}

// run calls an action, or says why it cannot be called.
func (m *Model) run(a *action) tea.Cmd {
	if a.disabled != nil {
		if why := a.disabled(m); why != "" {
			m.notice = a.long + ": " + why
			return nil
		}
	}
	cmd := a.run(m)
	if m.guide != nil {
		m.guide.done(a.id)
	}
	m.look()
	m.sync(m.session.now())
	return cmd
}

// refresh looks at what has arrived since the last time.
func (m *Model) refresh(now time.Time) {
	// Events first: the rows that they name are then in the snapshot.
	m.events.update(&m.session.log)
	m.look()
	snapshot := m.snapshot
	m.draw.status = m.session.status()
	m.draw.checking = m.session.checking() != nil
	m.sources.unchecked = m.sources.unchecked[:0]
	for i := range m.draw.status {
		m.sources.unchecked = append(m.sources.unchecked, m.session.unchecked(bus.SourceID(i+1)))
	}
	// A new topic has its row at once; the numbers of known ones can wait.
	due := m.rates.due(now)
	if due || snapshot.Topics() != m.counted {
		m.counted = snapshot.Topics()
		m.countTopics(snapshot)
		if p, ok := m.overlay.(*picker); ok {
			p.refresh(m)
		}
	}
	if due {
		seconds := m.rates.sample(now, snapshot.Counts())
		m.topics.tree.sample(seconds)
		m.sources.sample(m.draw.status, seconds)
	}
	m.sync(now)
	m.dirty = true
}

// look takes the newest result of the filter, and then the history: in this
// order every row that the result names is in the snapshot, or was evicted.
func (m *Model) look() {
	m.result = m.filter.result()
	m.verdicts = m.session.history.Verdicts()
	if j := m.session.checking(); j != nil {
		m.verdicts[crypto.ClassPending] = uint64(j.Backlog())
	}
	old := m.snapshot
	m.snapshot = m.session.history.Snapshot()
	m.draw.snapshot = m.snapshot
	if old != nil {
		old.Close()
	}
}

// sync brings the panes up to what the model knows: after a look at the bus,
// and after a key.
func (m *Model) sync(now time.Time) {
	m.stream.update(m.order(), m.snapshot.End())
	m.showMessage(now)
	m.draw.focus = m.focus
	m.draw.emptyStream = m.emptyStream()
	if j := m.session.checking(); j != nil {
		j.Want(m.stream.visible())
	}
}

// order is what the stream shows: what passes the filter; while the view is
// frozen, what passed it then, unless the reader has changed it.
func (m *Model) order() history.Order {
	if m.stream.frozen && m.frozenQuery == m.filter.query && m.stream.frozenEnd > m.snapshot.First() {
		return m.frozenResult
	}
	return m.result
}

// showMessage lets the message pane show the row under the stream's cursor. What
// is being read stays, whatever arrives, is filtered or evicted; what following
// has put there stays for a moment, so that it can be read at all.
func (m *Model) showMessage(now time.Time) {
	_, checks := m.overlay.(*signaturePanel)
	if m.message.shown && (m.focus == paneMessage || checks) {
		m.message.show(m.snapshot, m.message.row, now)
		return
	}
	if m.stream.size() == 0 {
		// Nothing is chosen, unless what was chosen has been evicted, or the
		// filter has only begun to look.
		if m.message.shown {
			m.message.show(m.snapshot, m.message.row, now)
			m.message.shown = m.message.gone || !m.result.Done
		}
		return
	}
	row := m.stream.order.Row(m.stream.at())
	unfiltered := m.filter.off || m.filter.text == ""
	switch {
	case unfiltered && !m.stream.following && m.snapshot.Has(m.stream.cursor):
		row = m.stream.cursor // also in the moment before the result knows it
	case !m.message.shown:
	case m.stream.cursor < m.snapshot.First() && m.stream.cursor == m.message.row:
		row = m.message.row // evicted under the cursor: our copy is all there is
	case m.stream.following && row != m.message.row:
		_, passes := m.stream.order.Find(m.message.row)
		if passes && now.Sub(m.message.chosen) < messageSettles {
			row = m.message.row
		}
	}
	m.message.show(m.snapshot, row, now)
}

func (m *Model) countTopics(snapshot *history.Snapshot) {
	for t := range snapshot.TopicTotals() {
		switch {
		case t.ID == history.Overflow:
			m.topics.tree.setOther(uint32(t.ID), "(other topics)", &t.Totals)
		case t.Name == "":
			m.topics.tree.setOther(uint32(t.ID), "(no topic)", &t.Totals)
		default:
			m.topics.tree.set(uint32(t.ID), t.Name, &t.Totals)
		}
	}
}

// emptyStream says why the stream is empty.
func (m *Model) emptyStream() string {
	filtered := !m.filter.off && m.filter.text != ""
	switch {
	case m.stream.frozen && m.stream.frozenEnd <= m.snapshot.First() && m.snapshot.First() > 0:
		return "all that was frozen was given up: older than the memory budget; space lets the view go on"
	case m.stream.frozen && m.order().Len() > 0:
		return "all there is came after the view was frozen; space lets it go on"
	case !m.result.Done:
		return "looking for messages that pass the filter"
	case filtered && m.snapshot.Len() > 0:
		return "no message passes the filter; F switches it off"
	}
	connected := 0
	for _, s := range m.draw.status {
		if s.State.Connected() {
			connected++
		}
	}
	switch {
	case len(m.draw.status) == 0:
		return "no source"
	case connected == 0:
		return "not connected yet; g c shows the sources and why"
	}
	return "connected; waiting for the first message"
}

func (m *Model) relayout() {
	m.growX = clamp(m.growX, -m.w/4, m.w/2)
	m.growY = clamp(m.growY, -m.h/3, m.h/3)
	m.layout = arrange(m.w, m.h, m.mode, m.focus, m.zoom, m.growX, m.growY)
	m.draw.focus = m.focus
	m.dirty = true
}

// notify shows a sentence in the status row until the next key.
func (m *Model) notify(text string) { m.notice = text }

// safe is the sanitiser, for the little texts of the frame.
func safe(s string) render.Safe { return render.Sanitize(s, 400) }
