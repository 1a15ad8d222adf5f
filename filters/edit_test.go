package filters

import (
	"strings"
	"testing"

	"fedmsg-tui/crypto"
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
		{"sig:ok,invalid mod:x", "sig:bad", "mod:x sig:bad"},
		{"-sig:ok,invalid", "sig:bad", "-sig:ok sig:bad"},
		{"-sig:invalid", "sig:bad", "sig:bad"},
		{"-sig:bad", "sig:invalid", "-sig:bad sig:invalid"},
		{"-env:production", "env:prod", "env:prod"},
		{"-is:malformed", "is:live", "-is:malformed is:live"},
		{"cn:a", "cn:b", "cn:b"},
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
		{"sig:ok,bad", "sig:bad", "sig:ok"},
		{"sig:ok,bad,revoked", "sig:invalid", "sig:ok"},
		{"sig:bad,invalid", "sig:bad", "sig:invalid -sig:bad"},
		{"sig:caveat", "sig:repaired", "sig:caveat -sig:repaired"},
		{"-sig:ok", "sig:bad", "-sig:ok,bad"},
		{"env:prod,production,stg", "env:prod", "env:stg"},
		{"is:malformed,live", "is:malformed", "is:live -is:malformed"},
		{"cn:a,b", "cn:a", "cn:b"},
		{"", "cn:a", "-cn:a"},
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
		for _, term := range []string{"topic:git*", "topic:heartbeat", "mod:bodhi", "kernel", "is:malformed", "is:live", "env:production", "sig:bad", "sig:invalid", "sig:pending", "cn:bodhi.example.org"} {
			wanted := must(t, term)
			kept, dropped := must(t, KeepOnly(text, term)), must(t, Drop(text, term))
			for i := range messages {
				m := judged(&messages[i], i)
				if !wanted.match(m) && kept.match(m) {
					t.Fatalf("%q keeping only %s is %q and passes %q", text, term, kept, m.Frames)
				}
				if wanted.match(m) && dropped.match(m) {
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
	for _, name := range []string{"koji-x86-01.example.org", "Ralph Bean <ralph@example.org>", "a*b", `a"b\c`, "-x", "\x1b[31m", "日本"} {
		term, ok := SignerTerm(name)
		if !ok {
			t.Errorf("%q cannot be written", name)
			continue
		}
		f, m := must(t, term), message("t", "{}")
		for other, want := range map[string]bool{name: true, "x." + name: false, name + "x": false, "": false, "axb": false} {
			if f.MatchJudged(&m, crypto.OK, other) != want {
				t.Errorf("%s on %q is %v", term, other, !want)
			}
		}
	}
	for _, name := range []string{"", "a\xff", strings.Repeat("a", MaxBytes)} {
		if term, ok := SignerTerm(name); ok {
			t.Errorf("%q is %s", name, term)
		}
	}
	for code := range crypto.Code(crypto.Codes) {
		f, m := must(t, SigTerm(code)), message("t", "{}")
		for other := range crypto.Code(crypto.Codes) {
			if f.MatchJudged(&m, other, "") != (other == code) {
				t.Errorf("%s on %s is wrong", f, other)
			}
		}
	}
	if term, ok := ServiceTerm("org.fedoraproject.prod.git.receive"); !ok || term != "mod:git" {
		t.Error(term, ok)
	}
}
