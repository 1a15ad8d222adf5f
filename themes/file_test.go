package themes

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/chroma/v2"
)

func TestGet(t *testing.T) {
	for _, c := range []struct {
		name string
		dark bool
		want string
	}{
		{"auto", true, "fedmsg-dark"}, {"auto", false, "fedmsg-light"}, {"", false, "fedmsg-light"},
		{"fedmsg", true, "fedmsg-dark"}, {"fedmsg-dark", false, "fedmsg-dark"}, {"Color-Blind", false, "colour-blind-light"},
		{"high-contrast", true, "high-contrast-dark"}, {"mono", true, "mono"}, {"monokai", true, "monokai"}, {"Modus-Vivendi", true, "modus-vivendi"},
	} {
		if got := get(t, c.name, c.dark); got.Name() != c.want {
			t.Errorf("%q for dark %v is %s, want %s", c.name, c.dark, got.Name(), c.want)
		}
	}
	for name, hint := range map[string]string{
		"fedmsg-drak": "did you mean fedmsg-dark", "monokia": "monokai", "contrast": "high-contrast-dark", "terminal": "terminal16",
	} {
		if _, err := Get(name, true); err == nil || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q: %v, want a hint at %s", name, err, hint)
		}
	}
	for _, name := range []string{"zzzzzzzzzz", "../file", "builtin/mono", strings.Repeat("x", 1000)} {
		if _, err := Get(name, true); err == nil || strings.Contains(err.Error(), "did you mean") {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	names := Names()
	if names[0] != Auto || len(names) < 60 || !slices.Contains(names, "mono") || !slices.Contains(names, "github-dark") {
		t.Errorf("names: %v", names)
	}
}

func TestParse(t *testing.T) {
	theme, err := Parse([]byte(`
name = "harbour"
base = "fedmsg-light"
background = "#ffffff"
[colours]
sea = "#005f87"
[tokens]
topic = "sea bold"
who = "#eee"           # not readable on white
sig-invalid = "white on red reverse"
selection = "on #dde"
[syntax]
NameTag = "sea italic"
`))
	if err != nil {
		t.Fatal(err)
	}
	if theme.Name() != "harbour" || theme.Dark() {
		t.Errorf("name %s, dark %v", theme.Name(), theme.Dark())
	}
	if got := theme.SGR(Topic); got != "\x1b[0;1;38;2;0;95;135;48;2;255;255;255m" {
		t.Errorf("topic: %q", got)
	}
	if got := theme.SGR(SigInvalid); got != "\x1b[0;7;37;41m" {
		t.Errorf("sig-invalid: %q", got)
	}
	if got := theme.Style(Who).Fg; Contrast(got, RGB(255, 255, 255)) < 4.5 {
		t.Errorf("who is left unreadable: %v", got)
	}
	if got := theme.On(Selection).Chroma(chroma.NameTag); !strings.HasPrefix(got, "\x1b[0;3;38;2;0;95;135;48;2;221;221;238m") {
		t.Errorf("a key in a selected row: %q", got)
	}
	if got := get(t, "fedmsg-light", false).SGR(Warning); !strings.Contains(got, "38;2;122;86;0") || !strings.Contains(theme.SGR(Warning), "38;2;122;86;0") {
		t.Error("what the file does not say does not come from its base")
	}
	small, err := Parse([]byte("name = \"small\"\n[tokens]\nwarning = \"#ff0 bold\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	if small.SGR(SigCaveat) != small.SGR(Warning) || small.SGR(Topic) != small.SGR(Text) {
		t.Error("a role that is not named does not look like the one it belongs to")
	}
	if small.On(Selection).SGR(Text) != "\x1b[0;7m" {
		t.Errorf("a theme without a selection: %q", small.On(Selection).SGR(Text))
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``:                                  "name is missing",
		`name = 5`:                          "reading a theme file",
		"name = \"x\"\ncolor = 1":           "not a setting",
		"name = \"x\"\nbase = \"fedmgs\"":   "fedmsg",
		"name = \"x\"\nbackground = \"no\"": `colour "no"`,
		"name = \"x\"\n[tokens]\ntopik = \"red\"":       "did you mean topic",
		"name = \"x\"\n[tokens]\ntopic = \"redd\"":      `colour "redd"`,
		"name = \"x\"\n[tokens]\ntopic = \"red on\"":    "ends where a background",
		"name = \"x\"\n[tokens]\ntopic = \"#12345\"":    "#rrggbb",
		"name = \"x\"\n[syntax]\nNameTagg = \"red\"":    "did you mean NameTag",
		"name = \"x\"\n[colours]\nsea = \"\\u001b[2J\"": `\x1b[2J`,
		strings.Repeat("#", MaxFileBytes+1):             "more than",
	} {
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		} else if strings.ContainsAny(err.Error(), "\x1b\x07") {
			t.Errorf("%.60q: the error has control characters", text)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("name = \"x\"\nbase = \"mono\"\n[tokens]\ntopic = \"#fff on black bold\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		theme, err := Parse(text)
		if err != nil {
			return
		}
		for _, token := range Tokens() {
			parseSGR(t, theme.On(Selection).SGR(token))
		}
	})
}
