package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2"
)

func TestAppendIndentedAsPython(t *testing.T) {
	for _, c := range vectors[struct{ ID, Wire, Pretty string }](t, "pretty_json.jsonl") {
		got, err := AppendIndented([]byte("> "), []byte(c.Wire), 2)
		if err != nil {
			t.Errorf("%s: %v", c.ID, err)
			continue
		}
		if string(got) != "> "+c.Pretty {
			t.Errorf("%s: %q\n got %q\nwant %q", c.ID, c.Wire, got[2:], c.Pretty)
		}
	}
}

// The expected texts are what CPython 3.11 writes for json.dumps(value, indent=2).
func TestAppendIndented(t *testing.T) {
	cases := []struct{ wire, want string }{
		{`{}`, `{}`},
		{`{"a":[],"b":{ }}`, "{\n  \"a\": [],\n  \"b\": {}\n}"},
		{`[1,[2]]`, "[\n  1,\n  [\n    2\n  ]\n]"},
		{`{"a":1,"b":2,"a":{"x":1,"x":2}}`, "{\n  \"a\": {\n    \"x\": 2\n  },\n  \"b\": 2\n}"},
		{`{"a":1,"\u0061":2,"b":3}`, "{\n  \"a\": 2,\n  \"b\": 3\n}"},
		{"\"\x7f\u00e9\u202e\U0001f600\\/\\u00E9\\ud800\"", `"\u007f\u00e9\u202e\ud83d\ude00/\u00e9\ud800"`},
		{`1e5`, `100000.0`},
		{`1E+16`, `1e+16`},
		{`1e15`, `1000000000000000.0`},
		{`0.0001`, `0.0001`},
		{`1e-5`, `1e-05`},
		{`-0`, `0`},
		{`-0.0`, `-0.0`},
		{`1e400`, `Infinity`},
		{`-1e400`, `-Infinity`},
		{`123456789.123456789`, `123456789.12345679`},
		{`-Infinity`, `-Infinity`},
		{`NaN`, `NaN`},
		{`123456789012345678901234567890`, `123456789012345678901234567890`},
	}
	for _, c := range cases {
		got, err := AppendIndented(nil, []byte(c.wire), 2)
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q, %v; want %q", c.wire, got, err, c.want)
		}
	}
	many := `{"k0":0`
	for i := range 60 {
		many += fmt.Sprintf(`,"k%d":%d`, i%50, i)
	}
	got, err := AppendIndented(nil, []byte(many+"}"), 0)
	if err != nil || strings.Count(string(got), ":") != 50 || !strings.HasPrefix(string(got), "{\n\"k0\": 50,\n\"k1\": 51,") {
		t.Errorf("equal keys in a large object: %s, %v", got, err)
	}
}

func TestAppendIndentedRefuses(t *testing.T) {
	for _, bad := range []string{``, ` `, `{`, `{"a"}`, `[1,]`, `{"a":1,}`, `"a`, "\"\n\"", `01`, `1.`, `tru`, `{} x`, `"\x"`, `[1}`, `{"a":1]`,
		strings.Repeat("[", 600) + strings.Repeat("]", 600)} {
		got, err := AppendIndented([]byte("kept"), []byte(bad), 2)
		if err == nil || string(got) != "kept" {
			t.Errorf("%.20q: %q, %v", bad, got, err)
		}
	}
}

func TestIndentedColours(t *testing.T) {
	style := func(token chroma.TokenType) string { return "<" + token.String() + ">" }
	got, err := Indented{Indent: 1, OmitCredentials: true, Style: style}.Append(nil,
		[]byte(`{"signature":"s","a":[1,2.5],"certificate":"c","m":{"signature":null}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		`<Punctuation>{`,
		` <NameTag>"a"<Punctuation>: [`,
		`  <LiteralNumberInteger>1<Punctuation>,`,
		`  <LiteralNumberFloat>2.5`,
		` <Punctuation>],`,
		` <NameTag>"m"<Punctuation>: {`,
		`  <NameTag>"signature"<Punctuation>: <KeywordConstant>null`,
		` <Punctuation>}`,
		`<Punctuation>}`,
	}, "\x1b[m\n") + "\x1b[m"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func FuzzAppendIndented(f *testing.F) {
	for _, s := range []string{`{"a":[1,2.50,"\u00e9"],"b":null}`, `[[],{}]`, `{"a":1,"a":2}`, `"\ud800\udc00"`, `[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := AppendIndented(nil, text, 2)
		if err != nil {
			return
		}
		for _, c := range got {
			if c != '\n' && (c < 0x20 || c >= 0x7f) {
				t.Fatalf("%q gives %q, which is not printable ASCII", text, got)
			}
		}
		// Written again, it stays as it is: order, digits, escapes.
		again, err := AppendIndented(nil, got, 2)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q, written again: %q, %v", got, again, err)
		}
	})
}

// sample is an envelope as they are: 1.6 KB, signed, with a nested body.
var sample = []byte(`{"certificate":"` + strings.Repeat("LS0tLS1CRUdJTiBD", 40) + `\n","crypto":"x509","i":17,"msg":{"agent":"ralph",` +
	`"commit":{"branch":"f41","email":"user@example.org","message":"Rebase to 6.9.1 \u2013 second try\n\nResolves: rhbz#2345678","name":"Ralph Bean",` +
	`"repo":"kernel","rev":"9f31c0d2a7","seen":false,"stats":{"files":{"kernel.spec":{"additions":12,"deletions":3,"lines":15},` +
	`"sources":{"additions":1,"deletions":1,"lines":2}},"total":{"additions":13,"deletions":4,"files":2,"lines":17}},` +
	`"summary":"Rebase to 6.9.1","username":"ralph"}},"msg_id":"2026-7f3e51c0-8a0e-4e21-9f7b-000000000001",` +
	`"signature":"` + strings.Repeat("Qk9vb29", 24) + `\n","timestamp":1795437003,"topic":"org.fedoraproject.prod.git.receive","username":"apache"}`)

func BenchmarkAppendIndented(b *testing.B) {
	style := func(chroma.TokenType) string { return "\x1b[0;38;2;127;180;255m" }
	for _, c := range []struct {
		name string
		form Indented
	}{{"Plain", Indented{Indent: 2}}, {"Coloured", Indented{Indent: 2, OmitCredentials: true, Style: style}}} {
		b.Run(c.name, func(b *testing.B) {
			var dst []byte
			b.SetBytes(int64(len(sample)))
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = c.form.Append(dst[:0], sample)
			}
		})
	}
	b.Run("EncodingJSON", func(b *testing.B) {
		var dst bytes.Buffer
		b.SetBytes(int64(len(sample)))
		for b.Loop() {
			dst.Reset()
			if err := json.Indent(&dst, sample, "", "  "); err != nil {
				b.Fatal(err)
			}
		}
	})
}
