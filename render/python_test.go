package render

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

// TestAsPprint compares with CPython's pprint; testdata/pprint_cases.py wrote the
// cases.
func TestAsPprint(t *testing.T) {
	path := "testdata/pprint_cases.jsonl"
	if other := os.Getenv("PPRINT_CASES"); other != "" {
		path = other // a longer run of the same script
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	n := 0
	for ; lines.Scan(); n++ {
		var c struct {
			Wire, Pretty, Repr string
			Width              int
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		tree, err := plant([]byte(c.Wire))
		if err != nil {
			t.Fatalf("%s: %v", c.Wire, err)
		}
		p := pythonText{tree: tree, width: c.Width, sort: true}
		p.pretty(0, 0, 0, 0)
		if string(p.dst) != c.Pretty {
			t.Errorf("%s in %d\n got %s\nwant %s", c.Wire, c.Width, p.dst, c.Pretty)
		}
		p = pythonText{tree: tree}
		p.repr(0)
		if string(p.dst) != c.Repr {
			t.Errorf("%s\n got %s\nwant %s", c.Wire, p.dst, c.Repr)
		}
		tree.fell()
	}
	if err := lines.Err(); err != nil || n == 0 {
		t.Fatalf("%d cases, %v", n, err)
	}
}

func TestAppendPython(t *testing.T) {
	envelope := `{"topic":"org.fedoraproject.prod.git.receive","timestamp":1795437003.75,"signature":"c2ln","certificate":"Y2VydA==",` +
		`"crypto":"x509","msg":{"signature":"kept","timestamp":5,"log":"\u001b[2J\u202e"},"i":1}`
	got, err := AppendPython(nil, []byte(envelope), 80, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	want := `{'crypto': 'x509',
 'i': 1,
 'msg': {'log': '\x1b[2J\u202e', 'signature': 'kept', 'timestamp': 5},
 'timestamp': 'Mon Nov 23 12:30:03 2026',
 'topic': 'org.fedoraproject.prod.git.receive'}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, c := range []struct{ envelope, want string }{
		{`{"timestamp":"soon"}`, `{'timestamp': 'soon'}`},
		{`{"timestamp":1e300}`, `{'timestamp': 1e+300}`},
		{`{"timestamp":NaN}`, `{'timestamp': nan}`},
		{`{"timestamp":null,"signature":""}`, `{'timestamp': None}`},
		{`[{"timestamp":1}]`, `[{'timestamp': 1}]`},
		{`{"signature":1}`, `{}`},
	} {
		if got, err := AppendPython(nil, []byte(c.envelope), 80, time.UTC); err != nil || string(got) != c.want {
			t.Errorf("%s: %s, %v; want %s", c.envelope, got, err, c.want)
		}
	}
	if got, err := AppendPython([]byte("kept"), []byte("{"), 80, nil); err == nil || string(got) != "kept" {
		t.Errorf("half an envelope: %q, %v", got, err)
	}
}

func FuzzAppendPython(f *testing.F) {
	f.Add([]byte(`{"timestamp":1,"a":["it's",null],"b":{"c":1.5}}`), 80)
	f.Add([]byte(`{"log":"one two\nthree \u202e\u0301"}`), 12)
	f.Fuzz(func(t *testing.T, text []byte, width int) {
		got, err := AppendPython(nil, text, width&0xff-8, time.UTC)
		if err != nil {
			return
		}
		for line := range strings.SplitSeq(string(got), "\n") {
			if why := unsafe(line); why != "" {
				t.Fatalf("%q gives %q: %s", text, line, why)
			}
		}
	})
}

func TestQuery(t *testing.T) {
	envelope := `{"topic":"a.b","i":7,"msg":{"ok":true,"no":null,"n":1e5,"t":"it's é \u001b","l":[1,{"a":"b"}],"d":{"z":1,"a":"x"},"x":1,"x":2,"e.f":3,"\u0067":4}}`
	for _, c := range []struct{ paths, want string }{
		{"topic", "a.b"},
		{"topic,i", "a.b, 7"},
		{"msg.ok,msg.no,msg.n", "True, None, 100000.0"},
		{"msg.t", "it's é \x1b"},
		{"msg.l", "[1, {'a': 'b'}]"},
		{"msg.d", "{'z': 1, 'a': 'x'}"},
		{"msg.l.1.a", "b"},
		{"msg.l.5, msg.l.-1, msg.l.x", "None, None, None"},
		{"msg.x", "2"},
		{"msg.g", "4"},
		{"gone,topic.more,", "None, None, None"},
	} {
		if got, err := Query([]byte(envelope), strings.Split(c.paths, ",")); err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.paths, got, err, c.want)
		}
	}
	if _, err := Query([]byte(`{"a":`), []string{"a"}); err == nil {
		t.Error("half an envelope answers a query")
	}
}

func compactOf(t testing.TB, envelope string) *bus.Message {
	t.Helper()
	m := &bus.Message{Frames: [][]byte{[]byte("t"), []byte(envelope)}}
	m.Scan()
	return m
}

func TestAppendCompact(t *testing.T) {
	for _, c := range []struct{ wire, compact, visible string }{
		{`{"a":1.50,"b":"x  y"}`, `{"a":1.50,"b":"x  y"}`, `{"a":1.50,"b":"x  y"}`},
		{"{ \"a\" : [ 1e5 ,\n\t\"\\u00E9 \\\" \" ] }\r\n", `{"a":[1e5,"\u00E9 \" "]}`, `{"a":[1e5,"\u00E9 \" "]}`},
		{`{"a":"é日\u202e"}`, `{"a":"é日\u202e"}`, `{"a":"é日\u202e"}`},
		{"{\"a\":\"\u009b\u202e\x7f\U000e0041\u0301e\u0301\"}", "{\"a\":\"\u009b\u202e\x7f\U000e0041\u0301e\u0301\"}",
			"{\"a\":\"\\u009b\\u202e\\u007f\\udb40\\udc41\\u0301e\u0301\"}"},
	} {
		m := compactOf(t, c.wire)
		if got := string(AppendCompact([]byte("> "), m)); got != "> "+c.compact {
			t.Errorf("%q: %q, want %q", c.wire, got, c.compact)
		}
		got := string(AppendCompactVisible([]byte("> "), m))
		if got != "> "+c.visible {
			t.Errorf("%q: visible %q, want %q", c.wire, got, c.visible)
		}
		if why := unsafe(got); why != "" {
			t.Errorf("%q: visible %q: %s", c.wire, got, why)
		}
		var a, b any
		if json.Unmarshal([]byte(c.wire), &a) != nil || json.Unmarshal([]byte(got[2:]), &b) != nil || !jsonEqual(a, b) {
			t.Errorf("%q and %q are not the same value", c.wire, got[2:])
		}
	}
}

func jsonEqual(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func BenchmarkAppendCompact(b *testing.B) {
	spaced, err := AppendIndented(nil, sample, 1)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		wire []byte
	}{{"Compact", sample}, {"Spaced", spaced}} {
		b.Run(c.name, func(b *testing.B) {
			m := compactOf(b, string(c.wire))
			var dst []byte
			b.SetBytes(int64(len(c.wire)))
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendCompact(dst[:0], m)
			}
		})
	}
}

func BenchmarkAppendPython(b *testing.B) {
	var dst []byte
	b.SetBytes(int64(len(sample)))
	b.ReportAllocs()
	for b.Loop() {
		dst, _ = AppendPython(dst[:0], sample, 80, time.UTC)
	}
}
