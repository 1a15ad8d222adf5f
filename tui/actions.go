package tui

import (
	tea "charm.land/bubbletea/v2"
)

// scope is where an action can be called: in one or more panes, or in all.
type scope uint8

const (
	inTopics scope = 1 << iota
	inStream
	inMessage
	inSources
	inEvents
	everywhere = inTopics | inStream | inMessage | inSources | inEvents
)

func (p paneID) scope() scope { return 1 << p }

// action is one thing a reader can do. The table of them drives dispatch, the
// footer, the help and the generated documents, so none of these can disagree.
type action struct {
	id    string   // stable name, for scripts and tests
	keys  []string // as Bubble Tea spells them; the first one is shown; "g e" is g, then e
	where scope
	short string // for the footer: one or two words; "" keeps it out of there
	long  string // for the help: what it does, a sentence without a full stop
	run   func(*Model) tea.Cmd
	// disabled says why the action cannot be called now; nil or "" when it can.
	disabled func(*Model) string
}

// actions is every action, in the order of the help. It is built by a function
// because the actions call the model's methods, which look into the table.
func actions() []action {
	return []action{
		{id: "down", keys: []string{"j", "down"}, where: everywhere, long: "move down", run: moveBy(1)},
		{id: "up", keys: []string{"k", "up"}, where: everywhere, long: "move up", run: moveBy(-1)},
		{id: "half-page-down", keys: []string{"ctrl+d"}, where: everywhere, long: "move half a page down", run: movePages(1, 2)},
		{id: "half-page-up", keys: []string{"ctrl+u"}, where: everywhere, long: "move half a page up", run: movePages(-1, 2)},
		{id: "page-down", keys: []string{"pgdown"}, where: everywhere, long: "move a page down", run: movePages(1, 1)},
		{id: "page-up", keys: []string{"pgup"}, where: everywhere, long: "move a page up", run: movePages(-1, 1)},
		{id: "first", keys: []string{"g g", "home"}, where: everywhere, long: "go to the first row", run: moveBy(-farAway)},
		{id: "last", keys: []string{"G", "end"}, where: everywhere &^ inStream, long: "go to the last row", run: moveBy(farAway)},
		{id: "follow", keys: []string{"G", "end"}, where: inStream, short: "follow", long: "go to the newest message and follow the bus", run: (*Model).follow},
		{id: "left", keys: []string{"h", "left"}, where: everywhere, long: "close the branch or go to its parent; elsewhere scroll left", run: sideways(-1)},
		{id: "right", keys: []string{"l", "right"}, where: everywhere, long: "open the branch or go to its first child; elsewhere scroll right", run: sideways(1)},

		{id: "open", keys: []string{"enter"}, where: inStream, short: "open", long: "read the message", run: (*Model).openMessage},
		{id: "open-branch", keys: []string{"enter"}, where: inTopics, short: "open", long: "open or close the branch", run: (*Model).toggleBranch},
		{id: "open-event", keys: []string{"enter"}, where: inEvents, short: "go there", long: "go to the message that the event is about", run: (*Model).openEvent},
		{id: "expand", keys: []string{"enter"}, where: inMessage, short: "expand", long: "show the long value under the cursor in full, or cut it again; h and l scroll it", run: (*Model).toggleExpand},
		{id: "back", keys: []string{"esc"}, where: everywhere, long: "one step back: close what is open, leave zoom, return to the stream", run: (*Model).back},

		{id: "filter", keys: []string{"f"}, where: everywhere, short: "filter", long: "edit the filter", run: (*Model).editFilter},
		{id: "filter-switch", keys: []string{"F"}, where: everywhere, long: "switch the filter off and on again", run: (*Model).switchFilter, disabled: needsFilter},
		{id: "keep", keys: []string{"i"}, where: inTopics | inStream, short: "keep", long: "keep only what is under the cursor: a topic of the tree; of a message its topic, service, signature state or signer", run: (*Model).keepOnly, disabled: needsRow},
		{id: "drop", keys: []string{"x"}, where: inTopics | inStream, short: "drop", long: "drop what is under the cursor: a topic of the tree; of a message its topic, service, signature state or signer", run: (*Model).drop, disabled: needsRow},
		{id: "clear-filter", keys: []string{"Z"}, where: everywhere &^ inMessage, long: "remove the filter", run: (*Model).clearFilter, disabled: needsFilter},
		{id: "jump-topic", keys: []string{"t"}, where: everywhere, short: "topic", long: "jump to a topic by typing a part of it", run: (*Model).jumpTopic},

		{id: "freeze", keys: []string{"space"}, where: inStream, short: "freeze", long: "freeze the view, or let it go on; messages are received all the time", run: (*Model).freeze},
		{id: "next-problem", keys: []string{"e"}, where: inStream | inMessage, short: "problem", long: "go to the next problem, and on from the first: a malformed message, or one whose signature is invalid or denied", run: (*Model).nextProblem},
		{id: "previous-problem", keys: []string{"E"}, where: inStream | inMessage, long: "go to the previous problem, and on from the last", run: (*Model).previousProblem},
		{id: "next-message", keys: []string{"]"}, where: inMessage, short: "next", long: "read the next message", run: (*Model).nextMessage},
		{id: "previous-message", keys: []string{"["}, where: inMessage, short: "previous", long: "read the previous message", run: (*Model).previousMessage},
		{id: "signature", keys: []string{"s"}, where: inStream | inMessage, short: "signature", long: "show how the signature was checked, step by step; c there shows the certificate", run: (*Model).showSignature, disabled: needsMessage},
		{id: "checking", keys: []string{"v"}, where: inSources, short: "checking", long: "switch the checking of signatures off or on for this source", run: (*Model).switchChecking, disabled: needsChecking},
		{id: "view", keys: []string{"v"}, where: inMessage, short: "view", long: "show the message as JSON or as bytes", run: (*Model).switchView},

		{id: "next-pane", keys: []string{"tab"}, where: everywhere, short: "pane", long: "go to the next pane", run: stepPane(1)},
		{id: "previous-pane", keys: []string{"shift+tab"}, where: everywhere, long: "go to the previous pane", run: stepPane(-1)},
		{id: "topics", keys: []string{"1", "g t"}, where: everywhere, long: "go to the topics", run: toPane(paneTopics)},
		{id: "stream", keys: []string{"2", "g s"}, where: everywhere, long: "go to the stream", run: toPane(paneStream)},
		{id: "message", keys: []string{"3", "g m"}, where: everywhere, long: "go to the message", run: toPane(paneMessage)},
		{id: "sources", keys: []string{"g c"}, where: everywhere, long: "show the sources: endpoints and how they are doing", run: toPane(paneSources)},
		{id: "events", keys: []string{"g e"}, where: everywhere, long: "show the events: connections, losses, malformed messages, signatures whose state changed", run: toPane(paneEvents)},
		{id: "zoom", keys: []string{"z"}, where: everywhere, short: "zoom", long: "let the pane fill the screen, or shrink it again", run: (*Model).switchZoom},
		{id: "layout", keys: []string{"L"}, where: everywhere, long: "next layout: auto, stream only, stream and message, all, wide", run: (*Model).nextLayout},
		{id: "narrower", keys: []string{"<"}, where: everywhere, long: "make the left column narrower", run: resize(-4, 0)},
		{id: "wider", keys: []string{">"}, where: everywhere, long: "make the left column wider", run: resize(4, 0)},
		{id: "higher", keys: []string{"+"}, where: everywhere, long: "make the stream higher", run: resize(0, 2)},
		{id: "lower", keys: []string{"_"}, where: everywhere, long: "make the stream lower", run: resize(0, -2)},

		{id: "help", keys: []string{"?", "f1"}, where: everywhere, short: "all keys", long: "show every key; type to search, enter runs", run: (*Model).showHelp},
		{id: "suspend", keys: []string{"ctrl+z"}, where: everywhere, long: "suspend the program; fg brings it back", run: func(*Model) tea.Cmd { return tea.Suspend }},
		{id: "quit", keys: []string{"q"}, where: everywhere, long: "leave the pane, and from the stream the program", run: (*Model).quit},
		{id: "quit-now", keys: []string{"ctrl+c"}, where: everywhere, long: "leave the program at once", run: func(*Model) tea.Cmd { return tea.Quit }},
	}
}

// farAway is more rows than any list has.
const farAway = 1 << 40

func needsFilter(m *Model) string {
	if m.filter.text == "" {
		return "there is no filter"
	}
	return ""
}

func needsMessage(m *Model) string {
	if !m.message.shown {
		return "no message is chosen"
	}
	return ""
}

func needsChecking(m *Model) string {
	switch {
	case len(m.draw.status) == 0:
		return "there is no source"
	case m.session.checking() == nil:
		return "nothing is checked in this session"
	}
	return ""
}

func needsRow(m *Model) string {
	if m.focus == paneTopics {
		if m.topics.selected() == nil {
			return "there is no topic"
		}
		return ""
	}
	if m.stream.size() == 0 {
		return "there is no message"
	}
	return ""
}

func moveBy(rows int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.move(rows); return nil }
}

func movePages(pages, part int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		m.move(pages * max(1, (m.layout.panes[m.focus].h-2)/part))
		return nil
	}
}

func sideways(step int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.sideways(step); return nil }
}

func stepPane(step int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.stepPane(step); return nil }
}

func toPane(pane paneID) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.focusOn(pane); return nil }
}

func resize(x, y int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd { m.growX += x; m.growY += y; m.relayout(); return nil }
}

// keymap finds actions by key.
type keymap struct {
	actions  []action
	byKey    [paneCount]map[string]*action
	prefixes map[string]bool // first keys of two-key sequences
}

func newKeymap() *keymap {
	k := &keymap{actions: actions(), prefixes: map[string]bool{}}
	for p := range paneCount {
		k.byKey[p] = map[string]*action{}
	}
	for i := range k.actions {
		a := &k.actions[i]
		for _, key := range a.keys {
			if len(key) > 2 && key[1] == ' ' {
				k.prefixes[key[:1]] = true
			}
			for p := range paneCount {
				if a.where&p.scope() != 0 {
					k.byKey[p][key] = a
				}
			}
		}
	}
	return k
}
