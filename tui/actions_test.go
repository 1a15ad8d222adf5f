package tui

import (
	"slices"
	"testing"
)

func TestNoKeyHasTwoMeaningsInAPane(t *testing.T) {
	for p := range paneCount {
		seen := map[string]string{}
		for _, a := range actions() {
			if a.where&p.scope() == 0 {
				continue
			}
			for _, key := range a.keys {
				if other := seen[key]; other != "" {
					t.Errorf("%s: %q is both %s and %s", paneTitles[p], key, other, a.id)
				}
				seen[key] = a.id
			}
		}
		// A key that begins a sequence cannot do something by itself.
		for key := range seen {
			if len(key) > 2 && key[1] == ' ' {
				if other := seen[key[:1]]; other != "" {
					t.Errorf("%s: %q hides %q", paneTitles[p], other, key)
				}
			}
		}
	}
}

func TestActionsAreComplete(t *testing.T) {
	ids := map[string]bool{}
	for _, a := range actions() {
		if a.id == "" || a.long == "" || a.run == nil || a.where == 0 || len(a.keys) == 0 {
			t.Errorf("%+v lacks something", a)
		}
		if ids[a.id] {
			t.Errorf("two actions are called %s", a.id)
		}
		ids[a.id] = true
		if scopeNames[a.where] == "" {
			t.Errorf("%s: no name for where it works", a.id)
		}
	}
	for _, step := range newGuide().steps {
		if !ids[step.action] {
			t.Errorf("the guide names %s, which is no action", step.action)
		}
	}
}

// Terminals and multiplexers take these keys for themselves, or cannot tell
// them from others: ctrl+i is tab, ctrl+m enter, ctrl+[ esc, ctrl+h backspace.
func TestKeysReachUs(t *testing.T) {
	taken := []string{"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+["}
	for _, a := range actions() {
		for _, key := range a.keys {
			if slices.Contains(taken, key) {
				t.Errorf("%s: %s never arrives", a.id, key)
			}
		}
		if len(a.keys) == 1 && len(a.keys[0]) > 1 && a.keys[0][0] == 'f' {
			t.Errorf("%s: only on a function key", a.id)
		}
	}
}
