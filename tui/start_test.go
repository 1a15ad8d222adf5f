package tui

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// press sends keys to a model that has no program around it.
func pressAll(t *testing.T, m tea.Model, keys ...string) (last tea.Cmd) {
	t.Helper()
	for _, k := range keys {
		msg := tea.KeyPressMsg{Text: k, Code: []rune(k)[0]}
		switch k {
		case "enter":
			msg = tea.KeyPressMsg{Code: tea.KeyEnter}
		case "esc":
			msg = tea.KeyPressMsg{Code: tea.KeyEscape}
		case "space":
			msg = tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
		}
		_, last = m.Update(msg)
	}
	return last
}

func TestStartPage(t *testing.T) {
	bad := errors.New("no port: write tcp://HOST:PORT")
	check := func(endpoint string) error {
		if endpoint != "tcp://h:1" {
			return bad
		}
		return nil
	}
	for name, c := range map[string]struct {
		keys     []string
		finished bool
		choice   Choice
		says     string
	}{
		"first":         {nil, false, Choice{}, "No endpoint is configured"},
		"demo":          {[]string{"d"}, true, Choice{Demo: true}, ""},
		"demo, enter":   {[]string{"enter"}, true, Choice{Demo: true}, ""},
		"endpoint":      {[]string{"j", "enter", "h", ":", "1", "enter"}, true, Choice{Endpoint: "tcp://h:1"}, ""},
		"bad endpoint":  {[]string{"e", "h", "enter"}, false, Choice{}, "no port"},
		"typing q":      {[]string{"e", "q"}, false, Choice{}, "tcp://q"},
		"thought again": {[]string{"e", "esc", "d"}, true, Choice{Demo: true}, ""},
		"left":          {[]string{"q"}, false, Choice{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := newStartPage(Options{}, check)
			if err != nil {
				t.Fatal(err)
			}
			p.Update(resized(80, 24))
			pressAll(t, p, c.keys...)
			if p.finished != c.finished || p.choice != c.choice {
				t.Errorf("finished %v with %+v", p.finished, p.choice)
			}
			view := p.View().Content
			for i, row := range strings.Split(view, "\n") {
				if cellsOf(row) != 80 {
					t.Errorf("row %d has %d cells", i, cellsOf(row))
				}
			}
			if !strings.Contains(view, c.says) {
				t.Errorf("does not say %q", c.says)
			}
		})
	}
}
