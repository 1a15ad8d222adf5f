package tui

import (
	"fmt"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// showHelp lists every action that can be called here, and runs the chosen one.
func (m *Model) showHelp() tea.Cmd {
	var items []pickerItem
	for i := range m.keys.actions {
		a := &m.keys.actions[i]
		if a.where&m.focus.scope() == 0 {
			continue
		}
		it := pickerItem{left: strings.Join(a.keys, " "), right: a.long,
			run: func(m *Model) tea.Cmd { return m.run(a) }}
		if a.disabled != nil {
			it.disabled = a.disabled(m)
		}
		items = append(items, it)
	}
	m.overlay = newPicker("keys in "+strings.ToLower(paneTitles[m.focus])+": type words, or @ and a key", items)
	return nil
}

// jumpTopic lists all topics and goes to the chosen one in the tree.
func (m *Model) jumpTopic() tea.Cmd {
	p := newPicker("jump to a topic", topicItems(m))
	p.again = topicItems
	m.overlay = p
	return nil
}

func topicItems(m *Model) []pickerItem {
	var items []pickerItem
	for n := range m.topics.tree.all {
		items = append(items, pickerItem{left: grouped(n.total), right: n.path, run: func(m *Model) tea.Cmd {
			m.topics.goTo(n)
			m.focusOn(paneTopics)
			return nil
		}})
	}
	return items
}

var scopeNames = map[scope]string{
	everywhere: "everywhere", everywhere &^ inStream: "all but stream", everywhere &^ inMessage: "all but message",
	inStream: "stream", inTopics: "topics", inMessage: "message", inEvents: "events", inSources: "sources",
	inTopics | inStream: "topics, stream", inStream | inMessage: "stream, message",
}

// WriteKeys lists the keys as text.
func WriteKeys(w io.Writer) error {
	for _, a := range actions() {
		if _, err := fmt.Fprintf(w, "%-18s %-16s %s\n", strings.Join(a.keys, ", "), scopeNames[a.where], a.long); err != nil {
			return err
		}
	}
	return nil
}

// WriteKeysMarkdown writes the page docs/keys.md.
func WriteKeysMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Keys\n\nWritten by `fedmsg-tui keys --markdown`; change `tui/actions.go` instead.\n" +
		"\"g e\" means g, then e. In the program `?` shows the same list, searchable.\n\n" +
		"| key | where | does | name |\n| --- | --- | --- | --- |\n")
	for _, a := range actions() {
		keys := make([]string, len(a.keys))
		for i, k := range a.keys {
			keys[i] = "`" + k + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.Join(keys, " "), scopeNames[a.where], a.long, a.id)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
