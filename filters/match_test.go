package filters

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
)

func must(t testing.TB, text string) *Filter {
	t.Helper()
	f, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func message(frames ...string) bus.Message {
	m := bus.Message{Source: 1}
	for _, frame := range frames {
		m.Frames = append(m.Frames, []byte(frame))
	}
	m.Scan()
	return m
}

func TestTopicGlobs(t *testing.T) {
	const (
		git       = "org.fedoraproject.prod.git.receive"
		github    = "org.fedoraproject.stg.github.issue.comment"
		bodhi     = "org.fedoraproject.prod.bodhi.update.comment"
		heartbeat = "org.fedoraproject.dev.moksha.heartbeat"
	)
	for _, c := range []struct {
		glob     string
		yes, not []string
	}{
		{"git.receive", []string{git, "git.receive"}, []string{github, "xgit.receive", git + ".x"}},
		{"git*", []string{git, github}, []string{bodhi}},
		{"bodhi*", []string{bodhi}, []string{git}},
		{"bodhi.*", []string{bodhi}, []string{"a.bodhi"}},
		{"odhi*", nil, []string{bodhi}},
		{"*odhi*", []string{bodhi}, []string{git}},
		{"*.heartbeat", []string{heartbeat}, []string{bodhi, "heartbeat"}},
		{"heartbeat", []string{heartbeat, "heartbeat"}, []string{bodhi}},
		{git, []string{git}, []string{"x" + git, git + "x", github}},
		{"org.fedoraproject*", []string{git, github, bodhi, heartbeat}, []string{"org.debian.dev.x"}},
		{"org.*.comment", []string{github, bodhi}, []string{git}},
		{"bodhi*comment", []string{bodhi}, []string{github}},
		{"comment", []string{github, bodhi}, []string{git, "nocomment"}},
		{"update*update", nil, []string{bodhi, "update"}},
		{"*", []string{git, ""}, nil},
		{"**", []string{git, ""}, nil},
		{"a*a*a", []string{"aaa", "x.a.a.a"}, []string{"a.a", "xa.a.a"}},
	} {
		for i, topics := range [][]string{c.not, c.yes} {
			for _, topic := range topics {
				m := message(topic, `{}`)
				if got := must(t, "topic:"+c.glob).MatchMessage(&m); got != (i == 1) {
					t.Errorf("topic:%s on %q is %v", c.glob, topic, got)
				}
			}
		}
	}
}

// TestGlobAgainstBacktracking compares with the plainest matcher there is.
func TestGlobAgainstBacktracking(t *testing.T) {
	var whole func(glob, s string) bool
	whole = func(glob, s string) bool {
		switch {
		case glob == "":
			return s == ""
		case glob[0] == '*':
			return whole(glob[1:], s) || s != "" && whole(glob, s[1:])
		}
		return s != "" && s[0] == glob[0] && whole(glob[1:], s[1:])
	}
	random := rand.New(rand.NewPCG(1, 1))
	text := func(letters string, n int) string {
		b := make([]byte, random.IntN(n))
		for i := range b {
			b[i] = letters[random.IntN(len(letters))]
		}
		return string(b)
	}
	for range 50_000 {
		g, topic := text("ab.*", 8), text("ab.", 12)
		want := false
		for at := range len(topic) + 1 {
			want = want || (at == 0 || topic[at-1] == '.') && whole(g, topic[at:])
		}
		one := newGlob(strings.Split(g, "*"))
		if got := one.match([]byte(topic)); got != want {
			t.Fatalf("%q on %q is %v", g, topic, got)
		}
		if got := one.matchWhole([]byte(topic)); got != whole(g, topic) {
			t.Fatalf("%q on all of %q is %v", g, topic, got)
		}
	}
}

func TestFields(t *testing.T) {
	m := message("org.debian.production.dak.upload", `{"msg":{}}`)
	m.Origin = bus.Replayed
	bad := message("org.fedoraproject.stg.git.receive", `]`)
	for text, want := range map[string][2]bool{
		"":                        {true, true},
		"mod:dak":                 {true, false},
		"mod:d*,x":                {true, false},
		"mod:upload":              {false, false},
		"env:prod":                {true, false},
		"env:production":          {true, false},
		"env:stg,dev":             {false, true},
		"env:staging":             {false, true},
		"is:malformed":            {false, true},
		"-is:malformed":           {true, false},
		"is:replayed":             {true, false},
		"is:live,replayed":        {true, true},
		"is:own":                  {false, false},
		"is:replayed env:prod":    {true, false},
		"is:replayed (mod:git|x)": {false, false},
		"is:malformed | mod:dak":  {true, true},
	} {
		f := must(t, text)
		if got := [2]bool{f.MatchMessage(&m), f.MatchMessage(&bad)}; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestTexts(t *testing.T) {
	for _, c := range []struct {
		filter, body string
		want         bool
	}{
		{`kernel`, `{"name":"Kernel-6.9"}`, true},
		{`Kernel`, `{"name":"kernel-6.9"}`, false},
		{`Kernel`, `{"name":"Kernel-6.9"}`, true},
		{`kernel`, `{"name":"kerne l"}`, false},
		{`"two words"`, `"two words"`, true},
		{`"two words"`, `"two  words"`, false},
		{`two words`, `"words, two"`, true},
		{`é`, `"caf\u00e9"`, true},
		{`é`, `"CAF\u00C9"`, true},
		{`é`, `"CAFÉ"`, true},
		{`É`, `"café"`, false},
		{`日本`, `"\u65e5\u672c"`, true},
		{`😀`, `"\ud83d\ude00"`, true},
		{`ad`, `"x\ud83d\ude00"`, false},
		{`nx`, `"\nx"`, false},
		{`nx`, `"\\nx"`, true},
		{`x`, `"\nx"`, true},
		{`"\u{a}x"`, `"\nx"`, true},
		{`ab`, `"\u0061b"`, true},
		{`"say \"hi\""`, `"say \"hi\""`, true},
		{`"\"owner\":\"kevin\""`, `{"owner":"kevin"}`, true},
		{`a/b`, `"a\/b"`, true},
		{`a/b`, `"a/b"`, true},
		{`"\\"`, `"a\\b"`, true},
		{`"\\"`, `"a\nb"`, false},
		{`k`, "\"\u212a\"", false}, // the Kelvin sign
		{`ék`, "\"k é\u212a\"", false},
		{`bodhi`, `"no"`, true}, // in the topic
		{`sigx`, `"no"`, false}, // in the envelope, not in the body
		{`*`, `"a*b"`, true},
		{`a*b`, `"axb"`, false},
	} {
		m := message("org.fedoraproject.prod.bodhi.update", `{"msg":`+c.body+`,"signature":"sigx"}`)
		if m.Malformed() {
			t.Fatal(c.body, m.Problem)
		}
		if got := must(t, c.filter).MatchMessage(&m); got != c.want {
			t.Errorf("%s on %s is %v", c.filter, c.body, got)
		}
	}
	noMsg := message("t", `{"body":{"a":"kernel"}}`)
	bad := message("t", `kernel \u0061bc`, "more")
	for m, text := range map[*bus.Message]string{&noMsg: "kernel", &bad: "more -abc"} {
		if !must(t, text).MatchMessage(m) {
			t.Errorf("%s does not find %q", text, m.Frames)
		}
	}
}

// FuzzText compares the search with decoding everything first.
func FuzzText(f *testing.F) {
	for _, seed := range [][2]string{{"abc", `xAbC`}, {"ad", `\ud83d\ude00`}, {"é", `\u00C9 É`}, {"nn", `\\nn\nn`}, {"A/b", `A\/b`}, {"eee", strings.Repeat("e e", 40) + "eee"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, words, inside string) {
		m := message("", `{"msg":"`+inside+`"}`)
		pattern := pattern{words}
		filter, err := Parse(pattern.write(""))
		if m.Malformed() || err != nil || pattern.text() != words || strings.ContainsRune(words, unicode.ReplacementChar) {
			return
		}
		decoded := string(bus.AppendUnquoted(nil, []byte(`"`+inside+`"`)))
		needle := words
		if strings.IndexFunc(words, unicode.IsUpper) < 0 {
			decoded, needle = strings.Map(foldRune, decoded), strings.Map(foldRune, words)
		}
		if want, got := strings.Contains(decoded, needle), filter.MatchMessage(&m); got != want {
			t.Errorf("%q in %q is %v, want %v", words, inside, got, want)
		}
		agree(t, filter, []bus.Message{m, m})
	})
}

// agree checks that rows pass as messages do, however they are scanned.
func agree(t *testing.T, f *Filter, messages []bus.Message) {
	t.Helper()
	h := history.New(history.Options{ChunkRows: 70, ChunkBytes: 16 << 10, MaxNames: 9})
	defer h.Close()
	h.Append(messages)
	judge(h, messages)
	s := h.Snapshot()
	defer s.Close()
	if f.Empty() {
		return
	}
	a := newAnswers(f)
	a.learn(s)
	one := scan{answers: a}
	for k := range s.Chunks() {
		chunk := s.Chunk(k)
		whole := one.rows(chunk, 0, chunk.Len())
		half := one.rows(chunk, chunk.Len()/2, chunk.Len())
		half.add(one.rows(chunk, 0, chunk.Len()/2))
		for i := range chunk.Len() {
			m := &messages[int(chunk.First())+i]
			as := judged(m, int(chunk.First())+i)
			want := f.match(as)
			if as.marks == 0 && f.MatchJudged(m, as.code, as.signer) != want || as.code == crypto.Pending && as.marks == 0 && f.MatchMessage(m) != want {
				t.Errorf("%s: message %q is judged in different ways", f, m.Frames)
			}
			if whole.has(i) != want || half.has(i) != want {
				t.Errorf("%s: message %q %v, as a row %v, in halves %v", f, m.Frames, want, whole.has(i), half.has(i))
			}
		}
	}
	if one.taken != 0 {
		t.Errorf("%s: %d sets were not given back", f, one.taken)
	}
}

// randomMessages have every shape that a filter distinguishes.
func randomMessages(random *rand.Rand, n int) []bus.Message {
	words := []string{"kernel", "Kernel", "systemd", "é", `\u00e9`, `\n`, `\\`, `\u0041`, "日本", "x", "rpm-build", `\ud83d\ude00`}
	services := []string{"git", "bodhi", "github", "buildsys", "heartbeat"}
	out := make([]bus.Message, n)
	for i := range out {
		var body bytes.Buffer
		for range random.IntN(6) {
			body.WriteString(words[random.IntN(len(words))])
		}
		topic := "org.fedoraproject." + []string{"prod", "stg", "dev"}[random.IntN(3)] + "." +
			services[random.IntN(len(services))] + []string{"", ".receive", ".x.y"}[random.IntN(3)]
		switch random.IntN(12) {
		case 0:
			out[i] = message(topic, body.String())
		case 1:
			out[i] = message(topic)
		case 2:
			out[i] = message(topic, "a", body.String())
		case 3:
			out[i] = message("\xff"+topic, `{"msg":"`+body.String()+`"}`)
		default:
			out[i] = message(topic, `{"msg":"`+body.String()+`","msg_id":"kernel"}`)
		}
		out[i].Origin = bus.Origin(random.IntN(6))
	}
	return out
}

// randomFilter is a filter of any shape.
func randomFilter(random *rand.Rand, depth int) string {
	leaves := []string{"topic:git*", "topic:*.receive,heartbeat", "mod:bodhi", "mod:*t", "env:prod", "env:stg,dev", "is:malformed",
		"is:live,own", "kernel", "Kernel", "é", "rpm-build", `"\\"`, "a", "topic:*",
		"sig:ok,bad", "sig:pending", "sig:invalid", "sig:caveat,none", "cn:koji-*", `cn:"odd name"`, "cn:*", "is:changed", "is:changed,malformed"}
	if depth == 0 || random.IntN(3) == 0 {
		return leaves[random.IntN(len(leaves))]
	}
	a, b := randomFilter(random, depth-1), randomFilter(random, depth-1)
	switch random.IntN(4) {
	case 0:
		return "-(" + a + ")"
	case 1:
		return "(" + a + " OR " + b + ")"
	case 2:
		return fmt.Sprintf("(%s OR %s OR %s)", a, b, leaves[random.IntN(len(leaves))])
	}
	return a + " " + b
}

func TestRowsAndMessagesAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	messages := randomMessages(random, 400)
	for range 300 {
		agree(t, must(t, randomFilter(random, 4)), messages)
	}
}

// TestFusedFiltersAgree compares compiled filters with the tree taken literally.
func TestFusedFiltersAgree(t *testing.T) {
	var literal func(n *node, m subject) bool
	literal = func(n *node, m subject) bool {
		switch n.op {
		case opAll:
			for _, kid := range n.kids {
				if !literal(kid, m) {
					return false
				}
			}
			return true
		case opAny:
			for _, kid := range n.kids {
				if literal(kid, m) {
					return true
				}
			}
			return false
		case opNot:
			return !literal(n.kids[0], m)
		}
		return compile(n).message(m)
	}
	random := rand.New(rand.NewPCG(8, 8))
	messages := randomMessages(random, 100)
	for range 500 {
		f := must(t, randomFilter(random, 4))
		for i := range messages {
			m := judged(&messages[i], i)
			if got, want := f.match(m), literal(f.tree, m); got != want {
				t.Fatalf("%s on %q is %v", f, messages[i].Frames, got)
			}
		}
	}
}

func TestInsideEscape(t *testing.T) {
	for _, text := range []string{`a\nb`, `a\\nb`, `a\\\nb`, `\ud83d\ude00ad`, `\\u0041`, `\"\\\"x`, `\u00e9\n`} {
		var whole string
		if err := json.Unmarshal([]byte(`"`+text+`"`), &whole); err != nil {
			t.Fatal(err)
		}
		inside := make([]bool, len(text))
		for i := 0; i < len(text); i++ {
			if text[i] == '\\' {
				n := 1
				if text[i+1] == 'u' {
					n = 5
				}
				for k := 1; k <= n; k++ {
					inside[i+k] = true
				}
				i += n
			}
		}
		for i := range text {
			if text[i] == '\\' {
				continue // a needle without backslashes does not begin here
			}
			if got := insideEscape([]byte(text), i); got != inside[i] {
				t.Errorf("%s at %d: %v", text, i, got)
			}
		}
	}
}

func randomSource() (*rand.Rand, []bus.Message) {
	random := rand.New(rand.NewPCG(9, 9))
	return random, randomMessages(random, 100)
}
