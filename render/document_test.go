package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2"
	"github.com/charmbracelet/x/ansi"
)

// drawn is a document's lines as they are seen, without the padding.
func drawn(d *Document, width int) []string {
	var lines []string
	for i := range d.Len() {
		lines = append(lines, strings.TrimRight(string(d.AppendLine(nil, i, 0, width, nil)), " "))
	}
	return lines
}

func TestDocumentLines(t *testing.T) {
	cases := []struct {
		name, raw string
		want      []string
	}{
		{"scalars", `[1, -2.5e3, "x", true, null, NaN, -Infinity, {}, [ ]]`, []string{
			"[", "  1,", "  -2.5e3,", `  "x",`, "  true,", "  null,", "  NaN,", "  -Infinity,", "  {},", "  []", "]"}},
		{"nested", `{"a":{"b":[1,{"c":2}]},"d":""}`, []string{
			"{", `  "a": {`, `    "b": [`, "      1,", "      {", `        "c": 2`, "      }", "    ]", "  },", `  "d": ""`, "}"}},
		{"root string", ` "x" `, []string{`"x"`}},
		{"escapes are decoded", `["\u00e9\u65e5\ud83c\udf89 \u003ca\u003e \u0022 \u005c \n \/ \""]`, []string{
			"[", `  "é日🎉 <a> \u0022 \u005c \n \/ \""`, "]"}},
		{"dangerous escapes stay", `["\u001b[31m \u009b \u202E \ud800 \udb40\udc41 \u0301 e\u0301 क\u094dष"]`, []string{
			"[", `  "\u001b[31m \u009b \u202E \ud800 \udb40\udc41 ` + "\u0301" + ` e` + "\u0301" + ` क\u094dष"`, "]"}},
		{"dangerous characters", "[\"\u202e \x7f \xff\"]", []string{"[", `  "\u202e ␡ \xff"`, "]"}},
		{"keys too", "{\"\u202e\\u00e9\":1}", []string{"{", `  "\u202eé": 1`, "}"}},
		{"broken in the middle", "{\"a\":1,\"b\":oops}\nmore\x1b", []string{"{", `  "a": 1,`, "oops}", "more␛"}},
		{"not JSON", "hello\nworld", []string{"hello", "world"}},
		{"truncated string", `{"a":"never ends`, []string{"{", `"never ends`}},
		{"text behind", `{} x`, []string{"{}", "x"}},
		{"wrong bracket", `[1}`, []string{"[", "  1", "}"}},
		{"empty", "", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := drawn(NewDocument([]byte(c.raw), Options{}), 80)
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestDocumentCutsLongStrings(t *testing.T) {
	raw := []byte(`{"certificate":"` + strings.Repeat("LS0t", 500) + `","msg":{"certificate":"` + strings.Repeat("x", 100) +
		`","log":"` + strings.Repeat("é", 40) + `\u00e9` + strings.Repeat("y", 3000000) + `"}}`)
	d := NewDocument(raw, Options{LongBytes: 84})
	got := drawn(d, 120)
	want := []string{
		"{",
		`  "certificate": "LS0tLS0tLS0tLS0tLS0tLS0…" 2.0 KiB,`,
		`  "msg": {`,
		`    "certificate": "` + strings.Repeat("x", 83) + `…" 100 B,`,
		`    "log": "` + strings.Repeat("é", 40) + `…" 2.9 MiB`,
		"  }",
		"}",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d.Cut(0) || !d.Cut(1) || !d.Cut(4) || d.Cut(99) {
		t.Error("Cut does not say which lines are cut")
	}
	d.SetExpanded(4, true)
	if d.Cut(4) || d.Cells(4) != 4+7+1+40+1+3000000+1 {
		t.Errorf("expanded: cut %v, %d cells", d.Cut(4), d.Cells(4))
	}
	line := string(d.AppendLine(nil, 4, d.Cells(4)-5, 10, nil))
	if line != `yyyy"     ` {
		t.Errorf("the end of the expanded line is %q", line)
	}
	d.SetExpanded(4, false)
	if !d.Cut(4) {
		t.Error("a line cannot be cut again")
	}
	if got := drawn(NewDocument(raw, Options{LongBytes: 84, ASCII: true}), 120)[1]; got != `  "certificate": "LS0tLS0tLS0tLS0tLS0tLS0~" 2.0 KiB,` {
		t.Errorf("ASCII: %s", got)
	}
	if d := NewDocument(raw, Options{LongBytes: -1}); d.Cut(1) || d.Cut(4) {
		t.Error("strings are cut although none should be")
	}
}

// TestCutKeepsEscapesWhole cuts at every place of a string of escapes.
func TestCutKeepsEscapesWhole(t *testing.T) {
	raw := []byte(`"a\\\\\"\u00e9\ud83c\udf89\\u00e9é🎉\n\\\u202e\\\\` + strings.Repeat("z", 40) + `"`)
	for limit := 1; limit < len(raw); limit++ {
		got := drawn(NewDocument(raw, Options{LongBytes: limit}), 200)[0]
		inside, _, found := strings.Cut(strings.TrimPrefix(got, `"`), "…\"")
		if !found {
			t.Fatalf("%d: %s is not cut", limit, got)
		}
		whole := drawn(NewDocument(raw, Options{LongBytes: -1}), 200)[0]
		if limit > 0 && !strings.HasPrefix(whole, `"`+inside) {
			t.Errorf("%d: %s is no beginning of %s", limit, inside, whole)
		}
		if slashes := len(inside) - len(strings.TrimRight(inside, `\`)); slashes%2 == 1 {
			t.Errorf("%d: %s ends in half an escape", limit, inside)
		}
	}
}

func TestDocumentNavigation(t *testing.T) {
	d := NewDocument([]byte(`{"msg":{"commit":{"branch":"f41"},"odd key":[1,[2,3],{"x":null}],"":0,"\u00e9":1,"2x":2},"i":1}`), Options{})
	want := []struct {
		path       string
		end, depth int
		value      string
	}{
		{".", 22, 0, ""},
		{".msg", 20, 1, ""},
		{".msg.commit", 4, 2, `{"branch":"f41"}`},
		{".msg.commit.branch", 3, 3, `"f41"`},
		{".msg.commit", 4, 2, ""},
		{`.msg["odd key"]`, 16, 2, `[1,[2,3],{"x":null}]`},
		{`.msg["odd key"][0]`, 6, 3, "1"},
		{`.msg["odd key"][1]`, 10, 3, "[2,3]"},
		{`.msg["odd key"][1][0]`, 8, 4, "2"},
		{`.msg["odd key"][1][1]`, 9, 4, "3"},
		{`.msg["odd key"][1]`, 10, 3, ""},
		{`.msg["odd key"][2]`, 13, 3, `{"x":null}`},
		{`.msg["odd key"][2].x`, 12, 4, "null"},
		{`.msg["odd key"][2]`, 13, 3, ""},
		{`.msg["odd key"]`, 14, 2, ""},
		{`.msg[""]`, 15, 2, "0"},
		{`.msg["\u00e9"]`, 16, 2, "1"},
		{`.msg["2x"]`, 17, 2, "2"},
		{".msg", 18, 1, ""},
		{".i", 19, 1, "1"},
		{".", 20, 0, ""},
	}
	want[0].end, want[1].end, want[5].end = 20, 18, 14
	if d.Len() != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", d.Len(), len(want), strings.Join(drawn(d, 80), "\n"))
	}
	for i, w := range want {
		if got := d.Path(i); got != w.path {
			t.Errorf("line %d: path %s, want %s", i, got, w.path)
		}
		if d.End(i) != w.end || d.Depth(i) != w.depth {
			t.Errorf("line %d (%s): end %d, depth %d; want %d, %d", i, w.path, d.End(i), d.Depth(i), w.end, w.depth)
		}
		if w.value != "" && string(d.Value(i)) != w.value {
			t.Errorf("line %d (%s): value %s, want %s", i, w.path, d.Value(i), w.value)
		}
	}
	if d.Parent(0) != -1 || d.Parent(3) != 2 || d.Parent(4) != 1 || d.Parent(19) != 0 {
		t.Errorf("parents: %d %d %d %d", d.Parent(0), d.Parent(3), d.Parent(4), d.Parent(19))
	}
	if d.Key(3) != "branch" || d.Key(16) != "é" || d.Key(6) != "" {
		t.Errorf("keys: %q %q %q", d.Key(3), d.Key(16), d.Key(6))
	}
	array := NewDocument([]byte(`[[5]]`), Options{})
	if got := array.Path(2); got != ".[0][0]" {
		t.Errorf("path in a root array: %s", got)
	}
}

func TestDocumentIsBounded(t *testing.T) {
	deep := strings.Repeat("[", 2000)
	d := NewDocument([]byte(deep), Options{})
	if d.Depth(d.Len()-2) > 512 || d.Len() > 520 {
		t.Errorf("%d lines, depth %d", d.Len(), d.Depth(d.Len()-2))
	}
	many := []byte("[" + strings.Repeat("0,", 5000) + "0]")
	d = NewDocument(many, Options{MaxLines: 100})
	if d.Len() != 101 || d.End(0) < 99 {
		t.Errorf("%d lines, the array ends at %d", d.Len(), d.End(0))
	}
	if got := drawn(d, 40)[100]; got != "9.6 KiB more, not shown" {
		t.Errorf("the rest is told as %q", got)
	}
	if d.Path(100) != "" || d.End(100) != 100 {
		t.Error("the line about the rest has a place in the text")
	}
	blob := NewDocument(bytes.Repeat([]byte{0xff}, 5000), Options{})
	if blob.Len() != 5 {
		t.Errorf("5000 bytes without a line end take %d lines", blob.Len())
	}
}

func TestAppendLineStyles(t *testing.T) {
	style := func(token chroma.TokenType) string { return "<" + token.String() + ">" }
	d := NewDocument([]byte(`{"a\u202e":"x\u202ey","n":[1,2.5,null,oops`), Options{})
	want := []string{
		"<Punctuation>{<Text>" + strings.Repeat(" ", 29),
		`<Text>  <NameTag>"a<LiteralStringEscape>\u202e<NameTag>"<Punctuation>:<Text> <LiteralStringDouble>"x<LiteralStringEscape>\u202e<LiteralStringDouble>y"<Punctuation>,<Text>      `,
		`<Text>  <NameTag>"n"<Punctuation>:<Text> <Punctuation>[<Text>` + strings.Repeat(" ", 22),
		`<Text>    <LiteralNumberInteger>1<Punctuation>,<Text>` + strings.Repeat(" ", 24),
		`<Text>    <LiteralNumberFloat>2.5<Punctuation>,<Text>` + strings.Repeat(" ", 22),
		`<Text>    <KeywordConstant>null<Punctuation>,<Text>` + strings.Repeat(" ", 21),
		`<Error>oops<Text>` + strings.Repeat(" ", 26),
	}
	for i, w := range want {
		if got := string(d.AppendLine(nil, i, 0, 30, style)); got != w {
			t.Errorf("line %d\n got %s\nwant %s", i, got, w)
		}
	}
	if got := string(d.AppendLine(nil, 1, 4, 8, style)); got != `<LiteralStringEscape>\u202e<NameTag>"<Punctuation><Text>…` {
		t.Errorf("a window: %s", got)
	}
	if got := string(d.AppendLine(nil, 99, 0, 4, style)); got != "<Text>    " {
		t.Errorf("a line that is not there: %q", got)
	}
}

// TestAppendLineWindow takes random windows of random documents: exactly as
// wide as asked for, safe, and a part of the whole line.
func TestAppendLineWindow(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"plain ", "é", "日本", `\u00e9`, `\ud83c\udf89`, `\u202e`, "\u202e", `\n`, `\"`, "\xff", "e\u0301", "क्ष", `\\`, "🎉", "\x7f"}
	for range 400 {
		var text strings.Builder
		for range rng.IntN(30) {
			text.WriteString(pieces[rng.IntN(len(pieces))])
		}
		raw := fmt.Sprintf(`{"%s":["%s",{"k":12.5}]}`, text.String(), text.String())
		d := NewDocument([]byte(raw), Options{LongBytes: rng.IntN(60) - 1})
		for i := range d.Len() {
			cells := d.Cells(i)
			whole := string(d.AppendLine(nil, i, 0, cells+3, nil))
			if ansi.StringWidth(whole) != cells+3 || !strings.HasSuffix(whole, "   ") {
				t.Fatalf("%s: line %d has %d cells: %q", raw, i, cells, whole)
			}
			for range 8 {
				offset, width := rng.IntN(cells+4), 1+rng.IntN(30)
				got := string(d.AppendLine(nil, i, offset, width, nil))
				if a, b := ansi.StringWidth(got), ansi.StringWidthWc(got); a != width || b != width {
					t.Fatalf("%s: line %d from %d in %d is %q: %d or %d cells", raw, i, offset, width, got, a, b)
				}
				if why := unsafe(got); why != "" {
					t.Fatalf("%s: line %d: %q: %s", raw, i, got, why)
				}
				if cut := strings.Contains(got, "…") && !strings.Contains(whole, "…"); cut != (cells > offset+width) && !strings.Contains(whole, "…") {
					t.Fatalf("%s: line %d of %d cells from %d in %d is %q", raw, i, cells, offset, width, got)
				}
			}
		}
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"a":[1,"\u202e\ud800",{}],"a":null}`), 3, 20)
	f.Add([]byte("{\"a\": \"\xff\x1b\" x"), 0, 5)
	f.Add([]byte(`[[[[`), 1, 4)
	f.Fuzz(func(t *testing.T, raw []byte, offset, width int) {
		offset, width = offset&0x3f, width&0x3f
		for _, d := range []*Document{NewDocument(raw, Options{MaxLines: 50, LongBytes: 16}), NewHex(raw, Options{MaxLines: 50})} {
			for i := range d.Len() {
				line := string(d.AppendLine(nil, i, offset, width, nil))
				if w := ansi.StringWidth(line); w != width {
					t.Fatalf("%q: line %d is %d cells wide, not %d: %q", raw, i, w, width, line)
				}
				if why := unsafe(line); why != "" {
					t.Fatalf("%q: line %d: %q: %s", raw, i, line, why)
				}
				if end := d.End(i); end < i || end >= d.Len() {
					t.Fatalf("%q: line %d ends at %d of %d", raw, i, end, d.Len())
				}
				if why := unsafe(d.Path(i)); why != "" {
					t.Fatalf("%q: path of line %d: %s", raw, i, why)
				}
				d.Value(i)
				d.Parent(i)
				d.Key(i)
			}
		}
		// What encoding/json takes is whole here, too.
		if json.Valid(raw) && len(raw) < 1000 {
			for _, l := range NewDocument(raw, Options{}).lines {
				if l.kind == kindBroken || l.kind == kindRest {
					t.Fatalf("%q is JSON, but not here", raw)
				}
			}
		}
	})
}

func TestHex(t *testing.T) {
	d := NewHex([]byte("hello \x00\x1b\xff world, and on"), Options{})
	want := []string{
		"00000000  68 65 6c 6c 6f 20 00 1b  ff 20 77 6f 72 6c 64 2c  hello ... world,",
		"00000010  20 61 6e 64 20 6f 6e                               and on",
	}
	if got := drawn(d, 100); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d := NewHex(make([]byte, 1000), Options{MaxLines: 3}); d.Len() != 4 || drawn(d, 80)[3] != "952 B more, not shown" {
		t.Errorf("bounded: %q", drawn(d, 80))
	}
}

func TestLexer(t *testing.T) {
	for _, text := range []string{
		`{"a": [1, 2.5, "x", true, {}, [ ]]} `, ` [] `, `"x"`, "{\"a\":1,\n oops", "", "  ", `{"a"`, "hello\nworld", `{"a":1}}`,
	} {
		it, err := Lexer().Tokenise(nil, text)
		if err != nil {
			t.Fatal(err)
		}
		var joined string
		for _, token := range it.Tokens() {
			joined += token.Value
		}
		if joined != text {
			t.Errorf("%q: the tokens are %q", text, joined)
		}
	}
	it, err := Lexer().Tokenise(nil, "{\"a\": [1, -2.5],\t\"b\":null} x")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, token := range it.Tokens() {
		if token.Type != chroma.TextWhitespace {
			got = append(got, token.Type.String()+" "+token.Value)
		}
	}
	want := `Punctuation {|NameTag "a"|Punctuation :|Punctuation [|LiteralNumberInteger 1|Punctuation ,|LiteralNumberFloat -2.5|` +
		`Punctuation ]|Punctuation ,|NameTag "b"|Punctuation :|KeywordConstant null|Punctuation }|Error x`
	if strings.Join(got, "|") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), want)
	}
	if Lexer().AnalyseText(`{"a":1}`) != 1 || Lexer().AnalyseText("hello") != 0 {
		t.Error("AnalyseText takes text for JSON, or the other way round")
	}
}

// large is a message of about 5 MB.
func large() []byte {
	var b bytes.Buffer
	b.WriteString(`{"topic":"org.fedoraproject.prod.pungi.compose.images","msg":[`)
	for i := 0; b.Len() < 5_000_000; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"path":"Everything/x86_64/os/Packages/k/kernel-%d.rpm","size":%d,"checksums":{"sha256":"%064x"},"bootable":false,"arch":"x86_64"}`, i, i*4096, i)
	}
	b.WriteString("]}")
	return b.Bytes()
}

func BenchmarkDocument(b *testing.B) {
	big := large()
	for _, c := range []struct {
		name string
		raw  []byte
	}{{"1600B", sample}, {"5MB", big}} {
		b.Run("New/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.raw)))
			b.ReportAllocs()
			for b.Loop() {
				NewDocument(c.raw, Options{})
			}
		})
		b.Run("EncodingJSONIndent/"+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.raw)))
			var dst bytes.Buffer
			for b.Loop() {
				dst.Reset()
				if err := json.Indent(&dst, c.raw, "", "  "); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	style := func(chroma.TokenType) string { return "\x1b[0;38;2;127;180;255m" }
	d := NewDocument(sample, Options{})
	b.Run("AppendLine", func(b *testing.B) {
		var dst []byte
		i := 0
		for b.Loop() {
			dst = d.AppendLine(dst[:0], i, 0, 100, style)
			i = (i + 1) % d.Len()
		}
	})
	hostile := NewDocument([]byte(`["`+strings.Repeat(`\u202e日\n`, 5000)+`"]`), Options{LongBytes: -1})
	b.Run("AppendLineHostile", func(b *testing.B) {
		var dst []byte
		for b.Loop() {
			dst = hostile.AppendLine(dst[:0], 1, 0, 100, style)
		}
	})
}
