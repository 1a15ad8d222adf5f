package themes

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/alecthomas/chroma/v2"
)

// get is a theme that must exist.
func get(t testing.TB, name string, dark bool) *Theme {
	t.Helper()
	theme, err := Get(name, dark)
	if err != nil {
		t.Fatal(err)
	}
	return theme
}

// parseSGR reads back what a terminal would make of a sequence.
func parseSGR(t *testing.T, sequence string) Style {
	t.Helper()
	body, ok := strings.CutPrefix(sequence, "\x1b[0")
	if ok {
		body, ok = strings.CutSuffix(body, "m")
	}
	if !ok {
		t.Fatalf("%q does not start by resetting", sequence)
	}
	var s Style
	var codes []int
	for part := range strings.SplitSeq(strings.TrimPrefix(body, ";"), ";") {
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil {
			t.Fatalf("%q: %v", sequence, err)
		}
		codes = append(codes, n)
	}
	for len(codes) > 0 {
		c := codes[0]
		switch {
		case (c == 38 || c == 48) && len(codes) >= 5 && codes[1] == 2:
			colour := RGB(uint8(codes[2]), uint8(codes[3]), uint8(codes[4]))
			if c == 38 {
				s.Fg = colour
			} else {
				s.Bg = colour
			}
			codes = codes[4:]
		case c >= 30 && c < 38:
			s.Fg = Indexed(uint8(c - 30))
		case c >= 90 && c < 98:
			s.Fg = Indexed(uint8(c - 90 + 8))
		case c >= 40 && c < 48:
			s.Bg = Indexed(uint8(c - 40))
		case c >= 100 && c < 108:
			s.Bg = Indexed(uint8(c - 100 + 8))
		default:
			i := slices.IndexFunc(attributeWords[:], func(a struct {
				word string
				bit  Attributes
				code string
			}) bool {
				return a.code == strconv.Itoa(c)
			})
			if i < 0 {
				t.Fatalf("%q: code %d", sequence, c)
			}
			s.Attrs |= attributeWords[i].bit
		}
		codes = codes[1:]
	}
	return s
}

// allThemes are all themes, in the variants that exist.
var allThemes = sync.OnceValues(func() ([]*Theme, error) {
	var all []*Theme
	for _, name := range Names() {
		for _, dark := range []bool{true, false} {
			theme, err := Get(name, dark)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(all, func(o *Theme) bool { return o.Name() == theme.Name() }) {
				all = append(all, theme)
			}
		}
	}
	return all, nil
})

func every(t *testing.T) []*Theme {
	t.Helper()
	all, err := allThemes()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestContrast reads every sequence of every theme as a terminal would, and
// computes the contrast of what comes out.
func TestContrast(t *testing.T) {
	pairs := 0
	for _, theme := range every(t) {
		fg, bg := theme.Window()
		check := func(where, sequence string, want float64) {
			s := parseSGR(t, sequence)
			if s.Fg.IsDefault() {
				s.Fg = fg
			}
			if s.Bg.IsDefault() {
				s.Bg = bg
			}
			if !s.Fg.IsRGB() || !s.Bg.IsRGB() {
				return // the terminal's own colours: not ours to know
			}
			pairs++
			if c := Contrast(s.Fg, s.Bg); c < want-1e-9 {
				t.Errorf("%s: %s: contrast %.2f of %v on %v, want %.1f", theme.Name(), where, c, s.Fg, s.Bg, want)
			}
		}
		for _, surface := range []Token{Text, Selection, SelectionUnfocused, Header} {
			p := theme.On(surface)
			for _, token := range Tokens() {
				check(fmt.Sprintf("%v on %v", token, surface), p.SGR(token), token.MinContrast())
			}
			for token := range chroma.StandardTypes {
				check(fmt.Sprintf("%v on %v", token, surface), p.Chroma(token), syntaxContrast(token))
			}
		}
	}
	if pairs < 10_000 {
		t.Errorf("only %d pairs were looked at", pairs)
	}
	t.Logf("%d pairs", pairs)
}

// TestOwnThemesNeedNoHelp: the colours written in our own themes are readable
// on their window as they are, and in the high-contrast pair by WCAG's AAA.
func TestOwnThemesNeedNoHelp(t *testing.T) {
	for _, name := range Builtin() {
		theme := get(t, name, true)
		fg, bg := theme.Window()
		if !bg.IsRGB() {
			continue
		}
		for _, token := range Tokens() {
			want := token.MinContrast()
			if strings.HasPrefix(name, "high-contrast") && want > 3 {
				want = 7
			}
			s := theme.tokens[token]
			if s.Fg.IsDefault() {
				s.Fg = fg
			}
			if s.Bg.IsDefault() {
				s.Bg = bg
			}
			if c := Contrast(s.Fg, s.Bg); c < want {
				t.Errorf("%s: %v: contrast %.2f of %v on %v, want %.1f", name, token, c, s.Fg, s.Bg, want)
			}
		}
	}
}

// TestSelectionIsVisible: a selected row differs from its neighbours, in every
// theme, and keeps its background through all parts.
func TestSelectionIsVisible(t *testing.T) {
	for _, theme := range every(t) {
		_, bg := theme.Window()
		row := parseSGR(t, theme.On(Selection).SGR(Text))
		plain := parseSGR(t, theme.SGR(Text))
		if row == plain {
			t.Errorf("%s: a selected row looks like any other", theme.Name())
		}
		if row.Bg.IsRGB() && Contrast(row.Bg, bg) < 1.1 {
			t.Errorf("%s: selection %v on %v cannot be seen", theme.Name(), row.Bg, bg)
		}
		for _, token := range Tokens() {
			part := parseSGR(t, theme.On(Selection).SGR(token))
			own := theme.tokens[token]
			if own.Bg.IsDefault() && own.Attrs&Reverse == 0 && (part.Bg != row.Bg || part.Attrs&Reverse != row.Attrs&Reverse) {
				t.Errorf("%s: %v breaks the selected row: %v in a row of %v", theme.Name(), token, part, row)
			}
		}
	}
}

// hue is the hue of a colour in degrees, and how strong it is.
func hue(c Colour) (degrees, strength float64) {
	r, g, b := float64(c.R), float64(c.G), float64(c.B)
	high, low := max(r, g, b), min(r, g, b)
	span := high - low
	if span == 0 {
		return 0, 0
	}
	switch high {
	case r:
		degrees = math.Mod((g-b)/span+6, 6) * 60
	case g:
		degrees = ((b-r)/span + 2) * 60
	default:
		degrees = ((r-g)/span + 4) * 60
	}
	return degrees, span / high
}

// TestStatesAvoidGreen: no state of our own themes is green, so that none is
// told by green against red; and a good signature is plain text.
func TestStatesAvoidGreen(t *testing.T) {
	states := []Token{Live, Frozen, Warning, Error, Gap, Lost, Replayed, Own, SigOK, SigCaveat, SigPending, SigNone, SigUnknown, SigDenied, SigInvalid, EnvProd, EnvStg, EnvDev}
	for _, name := range Builtin() {
		theme := get(t, name, true)
		for _, token := range states {
			for _, c := range []Colour{theme.Style(token).Fg, theme.Style(token).Bg} {
				if degrees, strength := hue(c); c.IsRGB() && strength > 0.25 && degrees > 75 && degrees < 170 {
					t.Errorf("%s: %v is green (%v)", name, token, c)
				}
				if c == Indexed(2) || c == Indexed(10) {
					t.Errorf("%s: %v is the terminal's green", name, token)
				}
			}
		}
		if theme.SGR(SigOK) != theme.SGR(Text) {
			t.Errorf("%s: a good signature shouts", name)
		}
		for _, pair := range [][2]Token{{SigInvalid, SigOK}, {SigInvalid, SigCaveat}, {SigInvalid, SigDenied}, {Error, Text}, {Escaped, Text}, {Match, Text}, {Match, MatchCurrent}, {BorderFocus, Border}} {
			if theme.SGR(pair[0]) == theme.SGR(pair[1]) {
				t.Errorf("%s: %v looks like %v", name, pair[0], pair[1])
			}
		}
	}
}

// TestColourBlindPair: under the common forms of colour blindness the states
// that matter stay apart. The matrices are those of Viénot, Brettel and Mollon
// (1999) for linear RGB.
func TestColourBlindPair(t *testing.T) {
	linear := func(v uint8) float64 { return math.Pow(float64(v)/255, 2.2) }
	seen := map[string][3][3]float64{
		"protanopia":   {{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}},
		"deuteranopia": {{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}},
	}
	for _, name := range []string{"colour-blind-dark", "colour-blind-light", "fedmsg-dark", "fedmsg-light"} {
		theme := get(t, name, true)
		for form, m := range seen {
			see := func(token Token) [3]float64 {
				s := theme.Style(token)
				c := s.Fg
				if _, bg := theme.Window(); s.Bg != bg && s.Bg.IsRGB() {
					c = s.Bg // a block of colour: that is what one sees
				}
				in := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
				var out [3]float64
				for i := range out {
					for j := range in {
						out[i] += m[i][j] * in[j]
					}
					out[i] = math.Pow(max(0, out[i]), 1/2.2)
				}
				return out
			}
			for _, pair := range [][2]Token{{SigOK, SigInvalid}, {SigOK, SigDenied}, {Live, Frozen}, {Live, Error}, {EnvProd, EnvDev}, {EnvStg, EnvDev}} {
				a, b := see(pair[0]), see(pair[1])
				if d := math.Sqrt((a[0]-b[0])*(a[0]-b[0]) + (a[1]-b[1])*(a[1]-b[1]) + (a[2]-b[2])*(a[2]-b[2])); d < 0.2 {
					t.Errorf("%s, %s: %v and %v are the same (%.2f)", name, form, pair[0], pair[1], d)
				}
			}
		}
	}
}

func TestNoColours(t *testing.T) {
	mono := get(t, "mono", true)
	for _, surface := range []Token{Text, Selection, SelectionUnfocused, Header} {
		for _, token := range Tokens() {
			if s := parseSGR(t, mono.On(surface).SGR(token)); !s.Fg.IsDefault() || !s.Bg.IsDefault() {
				t.Errorf("mono: %v on %v has a colour", token, surface)
			}
		}
	}
	for _, dark := range []bool{true, false} {
		theme := get(t, "terminal16", dark)
		if theme.Dark() != dark {
			t.Errorf("terminal16 for a dark background %v is %s", dark, theme.Name())
		}
		if fg, bg := theme.Window(); !fg.IsDefault() || !bg.IsDefault() {
			t.Error("terminal16 paints the window")
		}
		for _, token := range Tokens() {
			if s := theme.Style(token); s.Fg.IsRGB() || s.Bg.IsRGB() {
				t.Errorf("terminal16: %v is not one of the terminal's colours", token)
			}
		}
	}
}

func TestStyleText(t *testing.T) {
	for _, text := range []string{"default", "#102030 on #405060 bold italic", "bright-red on black reverse", "on #000000", "faint strike underline"} {
		s, err := parseStyle(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseStyle(s.String(), nil)
		if err != nil || again != s {
			t.Errorf("%q is %v, read again %v (%v)", text, s, again, err)
		}
	}
}

func TestTokens(t *testing.T) {
	seen := map[string]bool{}
	for _, token := range Tokens() {
		name := token.String()
		if name == "" || name == "unknown" || seen[name] {
			t.Errorf("token %d is called %q", token, name)
		}
		seen[name] = true
		if back, ok := TokenNamed(name); !ok || back != token {
			t.Errorf("%q is not found by its name", name)
		}
		// Every chain of stand-ins ends with text.
		for steps := 0; token != Text; steps++ {
			if token = token.parent(); steps > int(tokenCount) {
				t.Fatalf("%q has no end of stand-ins", name)
			}
		}
	}
	theme := get(t, "fedmsg-dark", true)
	if theme.SGR(tokenCount) != theme.SGR(Text) || theme.On(200) != theme.Palette() {
		t.Error("a token that does not exist is not text")
	}
	for environment, want := range map[string]Token{"prod": EnvProd, "stg": EnvStg, "dev": EnvDev, "": EnvOther, "x": EnvOther} {
		if got := EnvironmentToken(environment); got != want {
			t.Errorf("%s is %v", environment, got)
		}
	}
	if theme.Chroma(chroma.LiteralStringDouble) != theme.Chroma(chroma.LiteralString) || theme.Chroma(chroma.Text) != theme.SGR(Text) {
		t.Error("a syntax token without a style of its own does not look like its category")
	}
}

func BenchmarkTheme(b *testing.B) {
	b.Run("Get", func(b *testing.B) {
		for b.Loop() {
			get(b, "auto", true)
		}
	})
	theme := get(b, "auto", true)
	b.Run("SGR", func(b *testing.B) {
		for b.Loop() {
			theme.SGR(Topic)
		}
	})
	b.Run("Chroma", func(b *testing.B) {
		for b.Loop() {
			theme.Chroma(chroma.LiteralStringDouble)
		}
	})
}
