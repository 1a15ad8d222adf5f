package render

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"fedmsg-tui/bus"
)

func message(t testing.TB, topic, envelope string) *bus.Message {
	t.Helper()
	m := &bus.Message{Frames: [][]byte{[]byte(topic), []byte(envelope)}}
	m.Scan()
	return m
}

// TestSummariesOfRealMessages counts how often we name the person and the
// package that fedmsg's own descriptions of real messages name. The floors are
// what was reached; they may only rise.
func TestSummariesOfRealMessages(t *testing.T) {
	type expected struct {
		Usernames []string `json:"usernames"`
		Packages  []string `json:"packages"`
		Subtitle  string   `json:"subti"`
	}
	var people, named, packages, told, empty int
	for _, c := range vectors[struct {
		ID, Topic string
		Expected  expected
		Msg       json.RawMessage
	}](t, "meta.jsonl") {
		s := SummaryOf(message(t, c.Topic, string(c.Msg)), 200)
		if s.What == "" {
			empty++
		}
		miss := ""
		if len(c.Expected.Usernames) > 0 {
			people++
			if slices.Contains(c.Expected.Usernames, string(s.Who)) {
				named++
			} else {
				miss += " WHO"
			}
		}
		if len(c.Expected.Packages) > 0 {
			packages++
			if slices.ContainsFunc(c.Expected.Packages, func(p string) bool { return strings.Contains(string(s.What), p) }) {
				told++
			} else {
				miss += " THING"
			}
		}
		if os.Getenv("SHOW_SUMMARIES") == "all" || os.Getenv("SHOW_SUMMARIES") != "" && miss != "" {
			t.Logf("%s\n  %s | %s |%s\n  %v %v %s", c.Topic, s.Who, s.What, miss, c.Expected.Usernames, c.Expected.Packages, c.Expected.Subtitle)
		}
	}
	if named < 178 || told < 55 || empty > 0 {
		t.Errorf("who: %d of %d, thing: %d of %d, nothing to say: %d; it was better", named, people, told, packages, empty)
	}
	t.Logf("who: %d of %d, thing: %d of %d, nothing to say: %d", named, people, told, packages, empty)
}

func TestSummaryOf(t *testing.T) {
	cases := []struct {
		topic, envelope string
		who, what       string
	}{
		{"org.fedoraproject.prod.buildsys.build.state.change",
			`{"msg":{"old":0,"name":"kernel","attribute":"state","version":"6.9.1","release":"1.fc41","new":1,"owner":"ralph","build_id":1},"username":"apache"}`,
			"ralph", "kernel-6.9.1-1.fc41 build complete"},
		{"org.fedoraproject.prod.git.receive", string(sample),
			"ralph", "kernel (f41) receive: Rebase to 6.9.1"},
		{"org.fedoraproject.prod.bodhi.update.request.testing",
			`{"msg":{"agent":"lmacken","update":{"alias":"FEDORA-1","builds":[{"nvr":"a-1-1"},{"nvr":"b-1-1"},{"nvr":"c-1-1"}],"user":{"name":"bob"}}}}`,
			"lmacken", "a-1-1 +2 update request testing"},
		{"io.pagure.prod.pagure.issue.new",
			`{"msg":{"project":{"user":{"fullname":"P C","name":"other"},"id":7,"name":"foo"},"issue":{"title":"it breaks","id":4,"user":{"name":"pingou"}},"agent":"pingou"}}`,
			"pingou", "foo#4 issue new: it breaks"},
		{"org.fedoraproject.prod.koschei.package.state.change", `{"msg":{"name":"rnv","old":"ok","new":"failing","repo":"f22"}}`,
			"", "rnv package failing"},
		{"org.release-monitoring.prod.anitya.project.map.new", `{"msg":{"message":{"agent":"http://ralph.id.fedoraproject.org/","project":"arrow"}}}`,
			"ralph", "arrow project map new"},
		{"org.fedoraproject.prod.logger.log", `{"msg":{"log":"\n first line\nsecond"},"username":"root"}`, "root", "log: first line"},
		{"a.b.c.d", `{"msg":{"user":"\u001b[31m\u202eevil","package":"p\u0000q"}}`, `␛[31m\u202eevil`, "p␀q b c d"},
		{"t", `{"msg":"just a text"}`, "", "t: just a text"},
		{"t", `{"msg":[1,2]}`, "", "t"},
		{"t", `{}`, "", "t"},
		{"t", `{`, "", "malformed: envelope is not JSON (byte 1)"},
	}
	for _, c := range cases {
		m := message(t, c.topic, c.envelope)
		got := SummaryOf(m, 200)
		if string(got.Who) != c.who || string(got.What) != c.what {
			t.Errorf("%s\n got %q | %q\nwant %q | %q", c.topic, got.Who, got.What, c.who, c.what)
		}
		line := strings.TrimLeft(c.who+" "+c.what, " ")
		if got := string(AppendSummary([]byte("> "), m, 200)); got != "> "+line {
			t.Errorf("%s: line %q, want %q", c.topic, got, line)
		}
		who, what := AppendParts(nil, nil, m, 3, 6)
		if Cells(Safe(who)) > 3 || Cells(Safe(what)) > 6 {
			t.Errorf("%s: %q | %q is too wide", c.topic, who, what)
		}
	}
}

// TestSummaryIsBounded summarises bodies that are large, deep or broken.
func TestSummaryIsBounded(t *testing.T) {
	for _, body := range []string{
		strings.Repeat("[", 500) + strings.Repeat("]", 500),
		`{"log":"` + strings.Repeat("x", 1<<20) + `","agent":"too late"}`,
		`{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":{"i":{"agent":"deep"}}}}}}}}},"user":"ralph"}`,
		`{"packages":[` + strings.Repeat(`"p",`, 5000) + `"q"]}`,
	} {
		s := SummaryOf(message(t, "a.b.prod.c.d", `{"msg":`+body+`}`), 60)
		if Cells(s.Who) > 60 || Cells(s.What) > 60 || s.What == "" {
			t.Errorf("%.40s: %+v", body, s)
		}
	}
}

func FuzzSummary(f *testing.F) {
	f.Add("a.b.prod.c.d", []byte(`{"msg":{"user":{"name":"x"},"builds":[{"nvr":"a-1-2"}]}}`))
	f.Add("t", []byte(`{"msg":{"name":"n","version":"1","release":"2","status":3}}`))
	f.Fuzz(func(t *testing.T, topic string, envelope []byte) {
		m := &bus.Message{Frames: [][]byte{[]byte(topic), envelope}}
		m.Scan()
		s := SummaryOf(m, 30)
		for _, part := range []Safe{s.Who, s.What} {
			if why := unsafe(string(part)); why != "" || Cells(part) > 30 {
				t.Fatalf("%q: %q is %d cells, %s", envelope, part, Cells(part), why)
			}
		}
		gather(envelope, 0, len(envelope)) // also of what is no JSON
	})
}

func BenchmarkSummary(b *testing.B) {
	m := message(b, "org.fedoraproject.prod.git.receive", string(sample))
	b.Run("AppendSummary", func(b *testing.B) {
		var dst []byte
		b.ReportAllocs()
		for b.Loop() {
			dst = AppendSummary(dst[:0], m, 120)
		}
	})
	b.Run("SummaryOf", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			SummaryOf(m, 120)
		}
	})
}
