package filters

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestCanonicalText(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"  ", ""},
		{"kernel", "kernel"},
		{"topic:bodhi*", "topic:bodhi*"},
		{"topic:bodhi*,git.receive", "topic:bodhi*,git.receive"},
		{` topic:a   "two words" `, `topic:a "two words"`},
		{"a AND b & c d", "a b c d"},
		{"a | b OR c", "a OR b OR c"},
		{"a b | c d", "a b OR c d"},
		{"a (b | c) d", "a (b OR c) d"},
		{"(a b) c", "a b c"},
		{"((a))", "a"},
		{"(a | b) | c", "a OR b OR c"},
		{"-a", "-a"},
		{"!a NOT b", "-a -b"},
		{"--a", "a"},
		{"-(-a)", "a"},
		{"-(a b)", "-(a b)"},
		{"-(a OR b) c", "-(a OR b) c"},
		{"NOT (a OR b)", "-(a OR b)"},
		{`"quoted"`, "quoted"},
		{`"OR"`, `"OR"`},
		{`or`, `or`},
		{`"-a"`, `"-a"`},
		{`"a:b"`, `"a:b"`},
		{`"12:30"`, `12:30`},
		{`"a,b"`, `a,b`},
		{`topic:"a,b"`, `topic:"a,b"`},
		{`topic:"a b"`, `topic:"a b"`},
		{`"say \"hi\" \\ \u{1b}[31m"`, `"say \"hi\" \\ \u{1b}[31m"`},
		{`"\u{e9}"`, `é`},
		{`topic:"a\*b"`, `topic:"a\*b"`},
		{`topic:"a*b"`, `topic:a*b`},
		{`"@mine"`, `"@mine"`},
		{`.fc41`, `.fc41`},
		{`is:malformed -is:live`, `is:malformed -is:live`},
		{`env:prod,stg mod:git`, `env:prod,stg mod:git`},
		{`sig:invalid,"expired-since" -cn:"koji-*",*.org`, `sig:invalid,expired-since -cn:koji-*,*.org`},
		{"x\ty\nz", "x y z"},
		{`C:\x`, ""}, // an unknown field: see TestSyntaxErrors
	} {
		f, err := Parse(c.text)
		if err != nil {
			if c.want == "" && c.text != "" {
				continue
			}
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if got := f.String(); got != c.want {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
		if again, err := Parse(f.String()); err != nil || again.String() != f.String() {
			t.Errorf("%q: %q does not come back", c.text, f)
		}
	}
	if !(&Filter{}).Empty() || (&Filter{}).String() != "" {
		t.Error("the zero filter is not the empty one")
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct {
		text, marked, message, hint string
		incomplete                  bool
	}{
		{"topci:bodhi", "topci", `no field "topci"`, "did you mean topic?", false},
		{"a user:x", "user", `no field "user"`, "known are topic, mod, env, is, sig, cn;", false},
		{"a sgi:bad", "sgi", `no field "sgi"`, "did you mean sig?", false},
		{"sig:invald", "invald", `sig cannot be "invald"`, "did you mean invalid? (one of pending, ok,", false},
		{"sig:ok,expired-sinc", "expired-sinc", `sig cannot be "expired-sinc"`, "did you mean expired-since?", false},
		{"sig:*", "*", `sig cannot be "*"`, "one of pending, ok,", false},
		{"sig:OK", "OK", `sig cannot be "OK"`, "did you mean ok?", false},
		{"cn:", "", "needs a value", "cn:koji*", true},
		{"is:change", "change", `is cannot be "change"`, "did you mean changed?", false},
		{"http://x", "http", `no field "http"`, "in quotes", false},
		{"topic=x", "=", "with a colon", "topic:bodhi*", false},
		{"mod!=x", "!=", "with a colon", "-mod:bodhi", false},
		{"topic:", "", "needs a value", "topic:bodhi*", true},
		{"topic: x", "", "needs a value", "", false},
		{"topic:a,", "", "needs a value", "", true},
		{"topic:a, b", "", "needs a value", "", false},
		{"topic:,a", "", "needs a value", "", false},
		{"is:malfromed", "malfromed", `is cannot be "malfromed"`, "did you mean malformed?", false},
		{"env:qa", "qa", `env cannot be "qa"`, "one of prod, stg, dev", false},
		{`a "b`, `"`, "not closed", "", true},
		{`""`, `""`, "nothing between the quotes", "", true},
		{`"a"b`, "b", "ends at its second quote", "", false},
		{`a"b"`, `"`, "in the middle of a word", "in quotes", false},
		{`"\d"`, `\d`, "unknown escape", `\u{e9}`, false},
		{`"\u{110000}"`, `\u`, "unknown escape", "", false},
		{`"\u{d800}"`, `\u`, "unknown escape", "", false},
		{"(a", "(", "not closed", "", true},
		{"a)", ")", "no opening parenthesis", "", false},
		{"()", "()", "nothing between", "", false},
		{"( )", "( )", "nothing between", "", false},
		{"a OR", "", "missing at the end", "", true},
		{"OR a", "OR", "missing here", "", false},
		{"a AND OR b", "OR", "missing here", "", false},
		{"(a OR) b", ")", "missing before the parenthesis", "", false},
		{"-", "-", "excludes what stands directly behind it", "", true},
		{"a - b", "-", "excludes what stands directly behind it", "", false},
		{"NOT", "", "missing at the end", "", true},
		{"@mine", "@mine", "no meaning in this version", "quotes", false},
		{".msg.x:1", ".msg.x:1", "no meaning in this version", "quotes", false},
		{"a\xffb", "\xff", "not UTF-8", "", false},
		{"\ufffd\xff", "\xff", "not UTF-8", "", false},
		{strings.Repeat("a", MaxBytes+1), "", "at most 4096 bytes", "", false},
		{strings.Repeat("a ", MaxTerms+1), "a", "at most 256 terms", "", false},
		{"topic:" + strings.Repeat("a,", MaxTerms) + "a", "a", "at most 256 terms", "", false},
		{strings.Repeat("(", 65) + "a" + strings.Repeat(")", 65), "(", "more than 64", "", false},
	} {
		_, err := Parse(c.text)
		var e *SyntaxError
		if !errors.As(err, &e) {
			t.Errorf("%.40q: %v", c.text, err)
			continue
		}
		marked := ""
		if e.Offset+e.Length <= len(c.text) {
			marked = c.text[e.Offset : e.Offset+e.Length]
		}
		if marked != c.marked || !strings.Contains(e.Message, c.message) || !strings.Contains(e.Hint, c.hint) {
			t.Errorf("%.40q: %q marked, %q; %q", c.text, marked, e.Message, e.Hint)
		}
		// Too long a text is not cured by more.
		if e.Incomplete != c.incomplete && len(c.text) < 400 {
			t.Errorf("%.40q: incomplete %v", c.text, e.Incomplete)
		}
	}
}

func TestCaret(t *testing.T) {
	for _, c := range []struct{ text, caret, message string }{
		{"a topci:b", "a topci:b\n  ^^^^^", `filter, column 3: there is no field "topci"; did you mean topic?`},
		{"日本 is:x", "日本 is:x\n        ^", "filter, column 7: "},
		{"e\u0301 is:x", "e\u0301 is:x\n     ^", "filter, column 7: "},
		{"a\x1b is:x", "a? is:x\n      ^", "filter, column 7: "},
		{"a OR", "a OR\n    ^", "filter, column 5: something is missing"},
	} {
		_, err := Parse(c.text)
		var e *SyntaxError
		if !errors.As(err, &e) {
			t.Fatalf("%q: %v", c.text, err)
		}
		if got := e.Caret(); got != c.caret {
			t.Errorf("%q:\n%s\nwant\n%s", c.text, got, c.caret)
		}
		if !strings.HasPrefix(e.Error(), c.message) {
			t.Errorf("%q: %s", c.text, e)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	words := []string{"topic", "malformed", "production", "is"}
	for typed, want := range map[string]string{
		"tpic": "topic", "TOPIC": "topic", "toipc": "topic", "malfored": "malformed", "prodution": "production",
		"it": "is", "xyz": "", "": "", strings.Repeat("x", 100): "",
	} {
		if got := didYouMean(typed, words); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`topic:bodhi* -topic:a,"b c" (mod:git OR env:prod) "te\"xt" is:live`, `-(-(a|b)) & NOT !c`, `"\u{1f600}\*" a*b`,
		"topic:\"a\\*b*c\"", "@x", ".msg.a:1", "a \"", "12:30", "--a", "日本", "(((((",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := Parse(text)
		if err != nil {
			var e *SyntaxError
			if !errors.As(err, &e) {
				t.Fatalf("%q: an error of type %T", text, err)
			}
			if e.Message == "" || e.Offset < 0 || e.Length < 0 || e.Offset > len(text) || e.Offset+e.Length > max(len(text), e.Offset) {
				t.Errorf("%q: %+v", text, e)
			}
			if e.Caret() == "" || e.Error() == "" {
				t.Errorf("%q: no words for it", text)
			}
			return
		}
		canonical := filter.String()
		for _, r := range canonical {
			if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x202e {
				t.Errorf("%q: control character in %q", text, canonical)
			}
		}
		again, err := Parse(canonical)
		if err != nil {
			// Escapes may make the canonical text longer than a filter may be.
			if len(canonical) <= MaxBytes {
				t.Fatalf("%q: %q: %v", text, canonical, err)
			}
			return
		}
		if again.String() != canonical || shape(again.tree) != shape(filter.tree) {
			t.Errorf("%q: %q, then %q", text, canonical, again)
		}
		for _, term := range []string{"topic:x", `"y z"`} {
			for _, edited := range []string{KeepOnly(text, term), Drop(text, term)} {
				if _, err := Parse(edited); err != nil {
					t.Errorf("%q edited with %q is %q: %v", text, term, edited, err)
				}
			}
		}
	})
}

// shape is a tree without its places in the text.
func shape(n *node) string {
	if n == nil {
		return ""
	}
	s := fmt.Sprintf("%d%q(", n.op, n.values)
	if n.field != nil {
		s += n.field.name
	}
	for _, kid := range n.kids {
		s += shape(kid) + " "
	}
	return s + ")"
}
