package filters

import (
	"strings"
	"testing"
)

func TestKeepOnly(t *testing.T) {
	for _, c := range []struct{ text, term, want string }{
		{"", "topic:a", "topic:a"},
		{"kernel", "topic:a", "kernel topic:a"},
		{"topic:b", "topic:a", "topic:a"},
		{"topic:b,c mod:x", "topic:a", "mod:x topic:a"},
		{"topic:a kernel", "topic:a", "topic:a kernel"},
		{"topic:a topic:a", "topic:a", "topic:a"},
		{"-topic:a", "topic:a", "topic:a"},
		{"-topic:a,b", "topic:a", "-topic:b topic:a"},
		{"-topic:b", "topic:a", "-topic:b topic:a"},
		{"a OR b", "topic:x", "(a OR b) topic:x"},
		{"(a OR topic:b) c", "topic:x", "(a OR topic:b) c topic:x"},
		{`  "two  words"   x `, "mod:y", `"two  words" x mod:y`},
		{"x", "y", "x y"},
		{"-x", "x", "x"},
		{"broken (", "topic:a", "broken ("},
		{"x", "broken (", "x"},
		{"x", "", "x"},
	} {
		if got := KeepOnly(c.text, c.term); got != c.want {
			t.Errorf("KeepOnly(%q, %q) = %q, want %q", c.text, c.term, got, c.want)
		}
	}
}

func TestDrop(t *testing.T) {
	for _, c := range []struct{ text, term, want string }{
		{"", "topic:a", "-topic:a"},
		{"kernel", "topic:a", "kernel -topic:a"},
		{"-topic:b", "topic:a", "-topic:b,a"},
		{"-topic:a,b x", "topic:a", "-topic:a,b x"},
		{"topic:a", "topic:a", "-topic:a"},
		{"topic:a,b", "topic:b", "topic:a"},
		{"topic:a*,ab", "topic:ab", "topic:a* -topic:ab"},
		{"topic:b.a,a", "topic:a", "topic:b.a -topic:a"},
		{"topic:a*", "topic:ab", "topic:a* -topic:ab"},
		{"topic:a,b,c", "topic:b,x", "topic:a,c"},
		{"mod:a", "topic:a", "mod:a -topic:a"},
		{"a OR b", "topic:x", "(a OR b) -topic:x"},
		{"x", "x", "-x"},
		{"-x", "x", "-x"},
		{"x", "-y", "x y"},
		{"x", "a OR b", "x -(a OR b)"},
		{"broken (", "topic:a", "broken ("},
	} {
		if got := Drop(c.text, c.term); got != c.want {
			t.Errorf("Drop(%q, %q) = %q, want %q", c.text, c.term, got, c.want)
		}
	}
}

// TestEditsDoWhatTheySay: whatever the filter was, after Drop nothing of the
// term passes, and after KeepOnly nothing else.
func TestEditsDoWhatTheySay(t *testing.T) {
	random, messages := randomSource()
	for range 300 {
		text := randomFilter(random, 3)
		for _, term := range []string{"topic:git*", "topic:heartbeat", "mod:bodhi", "kernel", "is:malformed"} {
			wanted := must(t, term)
			kept, dropped := must(t, KeepOnly(text, term)), must(t, Drop(text, term))
			for i := range messages {
				m := &messages[i]
				if !wanted.MatchMessage(m) && kept.MatchMessage(m) {
					t.Fatalf("%q keeping only %s is %q and passes %q", text, term, kept, m.Frames)
				}
				if wanted.MatchMessage(m) && dropped.MatchMessage(m) {
					t.Fatalf("%q dropping %s is %q and passes %q", text, term, dropped, m.Frames)
				}
			}
		}
	}
}

func TestTerms(t *testing.T) {
	for _, topic := range []string{"org.fedoraproject.prod.git.receive", "a b", `a"b\c`, "a*b", "a,b", "-x", "(x)", "\x1b[31m", "日本"} {
		term, ok := TopicTerm(topic)
		if !ok {
			t.Errorf("%q cannot be written", topic)
			continue
		}
		f := must(t, term)
		for other, want := range map[string]bool{topic: true, "x." + topic: true, topic + "x": false, "a.b": false, "axb": false} {
			m := message(other, "{}")
			if f.MatchMessage(&m) != want {
				t.Errorf("%s on %q is %v", term, other, !want)
			}
		}
	}
	for _, topic := range []string{"", "a\xff"} {
		if term, ok := TopicTerm(topic); ok {
			t.Errorf("%q is %s", topic, term)
		}
	}
	if term, ok := SubtreeTerm("org.fedoraproject.prod.git"); !ok || term != "topic:org.fedoraproject.prod.git,org.fedoraproject.prod.git.*" {
		t.Error(term, ok)
	}
	if term, ok := SubtreeTerm(`a b*`); !ok || term != `topic:"a b\*","a b\*.*"` {
		t.Error(term, ok)
	}
	if term, ok := SubtreeTerm(""); ok {
		t.Error(term, "finds all there is, but nothing was named")
	}
	if _, ok := TopicTerm(strings.Repeat("a", MaxBytes)); ok {
		t.Error("a term longer than a filter may be")
	}
	if term, ok := ServiceTerm("org.fedoraproject.prod.git.receive"); !ok || term != "mod:git" {
		t.Error(term, ok)
	}
}
