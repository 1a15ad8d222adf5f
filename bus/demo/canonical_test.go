package demo

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// recoded is JSON written again with sorted keys and tight, in ASCII.
func recoded(t *testing.T, envelope []byte) []byte {
	t.Helper()
	v, err := decode(envelope)
	if err != nil {
		t.Fatalf("%v in %.200s", err, envelope)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	// What encoding/json leaves as UTF-8 is written in escapes, and what it
	// escapes in its own way likewise: texts only, so no token changes.
	var ascii []byte
	for _, r := range strings.TrimSuffix(out.String(), "\n") {
		if r < 0x7f {
			ascii = append(ascii, byte(r))
		} else {
			ascii = appendText(ascii, string(r))
		}
	}
	return ascii
}

func TestEverydayEnvelopesAreCanonical(t *testing.T) {
	for _, e := range oneLoop(t, Options{Seed: 13, RatePerSecond: 20}) {
		if !everydayKind(e.Kind) || e.Kind == KindBurst {
			continue
		}
		if want := recoded(t, e.Frames[1]); !bytes.Equal(e.Frames[1], want) {
			t.Fatalf("%s: not canonical\n got %s\nwant %s", e.Kind, e.Frames[1], want)
		}
	}
}

// pythonDumps reads lines of JSON and writes each as fedmsg does
// (fedmsg/encoding/__init__.py).
const pythonDumps = `
import json, sys
for line in sys.stdin.buffer:
    value = json.loads(line.decode('utf-8'))
    sys.stdout.write(json.dumps(value, sort_keys=True, separators=(',', ':')) + '\n')
`

func TestCanonicalKindsAreWhatPythonWrites(t *testing.T) {
	const python = "/usr/bin/python3"
	if _, err := os.Stat(python); err != nil {
		if os.Getenv("FEDMSG_TUI_PEERS") == "require" {
			t.Fatal(err)
		}
		t.Skip("no Python to compare with: ", err)
	}
	var ours [][]byte
	seen := make(map[Kind]bool)
	for _, e := range oneLoop(t, Options{Seed: 14, RatePerSecond: 10}) {
		if e.Kind.Canonical() && (e.Kind != KindBurst || !seen[KindBurst]) {
			ours = append(ours, e.Frames[1])
			seen[e.Kind] = true
		}
	}
	for _, kind := range []Kind{"hostile: lone surrogates", "odd: NaN and Infinity", "odd: huge numbers", "hostile: body of 1 MiB", "hostile: C1 controls"} {
		if !seen[kind] {
			t.Errorf("nothing of kind %q is compared", kind)
		}
	}
	command := exec.CommandContext(t.Context(), python, "-c", pythonDumps)
	command.Stdin = bytes.NewReader(append(bytes.Join(ours, []byte("\n")), '\n'))
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.Bytes())
	}
	theirs := bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
	if len(theirs) != len(ours) {
		t.Fatalf("%d lines for %d envelopes", len(theirs), len(ours))
	}
	for i := range ours {
		if !bytes.Equal(ours[i], theirs[i]) {
			t.Errorf("not as Python writes it\n ours %.400s\n Python %.400s", ours[i], theirs[i])
		}
	}
}

func TestTextIsEscapedAsPythonDoes(t *testing.T) {
	for text, want := range map[string]string{
		"plain ~!":              "plain ~!",
		"\"\\/":                 `\"\\/`,
		"\b\f\n\r\t":            `\b\f\n\r\t`,
		"\x00\x1b\x1f\x7f":      `\u0000\u001b\u001f\u007f`,
		"<>&'":                  `<>&'`,
		"é\u2028\uffff":         `\u00e9\u2028\uffff`,
		"😀\U0010ffff\U00010000": `\ud83d\ude00\udbff\udfff\ud800\udc00`,
	} {
		if got := inside(text); got != want {
			t.Errorf("%q is written %s, want %s", text, got, want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add("é😀\x7f\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		written := inside(text)
		if i := strings.IndexFunc(written, func(r rune) bool { return r < ' ' || r > '~' }); i >= 0 {
			t.Fatalf("%q is written %q", text, written)
		}
		var back string
		if err := json.Unmarshal([]byte(`"`+written+`"`), &back); err != nil || back != text {
			t.Fatalf("%q is read back as %q, %v", text, back, err)
		}
	})
}

func TestBodiesAreAllUsed(t *testing.T) {
	used := make(map[*body]bool)
	s := NewScript(Options{})
	for _, steps := range append(s.plots, s.ambience, s.beats, s.rebuild, s.spoken) {
		for _, st := range steps {
			used[st.body] = true
		}
	}
	for name, b := range bodies() {
		if !used[b] {
			t.Errorf("body %s is part of no story", name)
		}
	}
}

func TestServicesAllSpeak(t *testing.T) {
	spoke := make(map[string]bool)
	for _, e := range oneLoop(t, Options{Seed: 15}) {
		spoke[e.Service] = true
		if !slices.Contains(Sockets(), e.Socket) {
			t.Fatalf("%s sends on socket %q", e.Service, e.Socket)
		}
	}
	for _, v := range services {
		if !spoke[v.name] {
			t.Errorf("%s has said nothing in one loop", v.name)
		}
	}
}

func TestTemplates(t *testing.T) {
	parts := map[string]any{"part": map[string]any{"b": true, "a": nil}, "round": "@round"}
	sc := NewScript(Options{}).solo
	sc.pkg = pack{name: "mossgrep"}
	sc.new = "null"
	for text, want := range map[string]string{
		`{}`:                              `{}`,
		`{"b":[1,2.50,[]],"a":"é"}`:       `{"a":"\u00e9","b":[1,2.50,[]]}`,
		`"${pkg}"`:                        `"mossgrep"`,
		`["a ${pkg} b ${pkg}",1]`:         `["a mossgrep b mossgrep",1]`,
		`{"x":"${#new}","y":"${new}"}`:    `{"x":null,"y":"null"}`,
		`{"p":"@part"}`:                   `{"p":{"a":null,"b":true}}`,
		`["${7..7}","${#7..7}","${é|é}"]`: `["7",7,"\u00e9"]`,
		`"${nothing}"`:                    `error`,
		`"${pkg"`:                         `error`,
		`"${#pkg} and more"`:              `error`,
		`"${5..1}"`:                       `error`,
		`"${a..b}"`:                       `error`,
		`"@nowhere"`:                      `error`,
		`"@round"`:                        `error`,
	} {
		v, err := decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		got := "error"
		if b, err := newBody(v, parts); err == nil {
			got = string(b.fill(nil, sc))
		}
		if got != want {
			t.Errorf("%s is filled as %s, want %s", text, got, want)
		}
	}
}

func TestStepsAreChecked(t *testing.T) {
	processes := NewScript(Options{}).processes
	for _, line := range []string{"koji", "nobody buildsys.tag", "koji no.such.topic", "koji buildsys.tag colour=red", "koji buildsys.tag body=nothing"} {
		if steps, err := newSteps(line, KindStory, processes); err == nil {
			t.Errorf("%q is read as %v", line, steps)
		}
	}
}
