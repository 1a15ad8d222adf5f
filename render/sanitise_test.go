package render

import (
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

func safe(src string, maxCells int) (string, int) {
	out, cells := AppendSafe(nil, []byte(src), maxCells)
	return string(out), cells
}

func TestAppendSafe(t *testing.T) {
	cases := []struct {
		name, src string
		max       int
		want      string
		cells     int
	}{
		{"empty", "", 10, "", 0},
		{"plain", "kernel-6.9.1", 20, "kernel-6.9.1", 12},
		{"plain fills exactly", "kernel", 6, "kernel", 6},
		{"plain is cut", "kernel-6.9.1", 6, "kerne…", 6},
		{"one cell", "kernel", 1, "…", 1},
		{"one cell, one character", "k", 1, "k", 1},
		{"no cell", "kernel", 0, "", 0},
		{"no limit", strings.Repeat("x", 500), NoLimit, strings.Repeat("x", 500), 500},
		{"wide", "日本語", 6, "日本語", 6},
		{"wide is cut", "日本語", 5, "日本…", 5},
		{"wide is cut, one cell stays free", "日本語", 4, "日…", 3},
		{"first wide does not fit", "日本", 1, "…", 1},
		{"controls", "a\x1b[31m\tb\x00\r\n\x7f", NoLimit, "a␛[31m␉b␀␍␊␡", 12},
		{"C1", "a\u009b31m", NoLimit, `a\u009b31m`, 10},
		{"bidi", "a\u202eb", NoLimit, `a\u202eb`, 8},
		{"bidi does not fit", "ab\u202ec", 7, "ab…", 3},
		{"zero width", "a\u200bb\ufeff", NoLimit, `a\u200bb\ufeff`, 14},
		{"tag", "\U000e0041", NoLimit, `\u{e0041}`, 9},
		{"private plane", "\U0010ffff", NoLimit, `\u{10ffff}`, 10},
		{"not UTF-8", "a\xff\xc3(", NoLimit, `a\xff\xc3(`, 10},
		{"surrogate in UTF-8", "\xed\xa0\x80", NoLimit, `\xed\xa0\x80`, 12},
		{"replacement character", "\ufffd", NoLimit, "\ufffd", 1},
		{"mark", "e\u0301x", NoLimit, "e\u0301x", 2},
		{"mark fits in the last cell", "e\u0301", 1, "e\u0301", 1},
		{"mark first", "\u0301e", NoLimit, `\u0301e`, 7},
		{"mark on an escape", "\u202e\u0301", NoLimit, `\u202e\u0301`, 12},
		{"many marks", "e\u0301\u0301\u0301\u0301", NoLimit, "e\u0301\u0301\u0301\\u0301", 7},
		{"virama joins consonants", "क्ष", NoLimit, `क\u094dष`, 8},
		{"joined emoji", "👩\u200d💻", NoLimit, `👩\u200d💻`, 10},
		{"emoji selector", "❤\ufe0f", NoLimit, `❤\ufe0f`, 7},
		{"emoji", "🎉 done", NoLimit, "🎉 done", 7},
		{"flag", "🇩🇪", NoLimit, `\u{1f1e9}\u{1f1ea}`, 18},
		{"letters of other scripts", "héllo Привет שלום", NoLimit, "héllo Привет שלום", 17},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, cells := safe(c.src, c.max)
			if got != c.want || cells != c.cells {
				t.Errorf("%q in %d: %q (%d cells), want %q (%d)", c.src, c.max, got, cells, c.want, c.cells)
			}
			if s := Sanitize(c.src, c.max); string(s) != c.want {
				t.Errorf("Sanitize: %q, want %q", s, c.want)
			}
			if got := Cells(Safe(got)); got != c.cells {
				t.Errorf("Cells: %d, want %d", got, c.cells)
			}
			if kept, _ := AppendSafe([]byte("before "), []byte(c.src), c.max); string(kept) != "before "+c.want {
				t.Errorf("what was there before has changed: %q", kept)
			}
		})
	}
}

func TestAppendSafeMarked(t *testing.T) {
	cases := []struct {
		src  string
		max  int
		want string
	}{
		{"plain", 10, "plain"},
		{"a\x1b\x1bb", 10, "a<␛␛>b"},
		{"\x1b", 10, "<␛>"},
		{"a\u202ebcd", 8, `a<\u202e>…`},
		{"a\u202e\u202e", 8, `a<\u202e>…`},
		{"a\u202e", 3, "a…"},
	}
	for _, c := range cases {
		if got, _ := AppendSafeMarked(nil, []byte(c.src), c.max, "<", ">"); string(got) != c.want {
			t.Errorf("%q in %d: %q, want %q", c.src, c.max, got, c.want)
		}
	}
}

// unsafe names what is wrong with text that claims to be safe.
func unsafe(s string) string {
	if !utf8.ValidString(s) {
		return "not UTF-8"
	}
	for _, r := range s {
		switch {
		case unicode.IsControl(r):
			return "a control character"
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Bidi_Control, r):
			return "a format character"
		case unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return "a line separator"
		case unicode.Is(unicode.Variation_Selector, r):
			return "a variation selector"
		case unicode.Is(unicode.Co, r), !unicode.IsGraphic(r):
			return "a character without a glyph"
		}
	}
	return ""
}

// TestEveryRune shows each code point alone and between letters.
func TestEveryRune(t *testing.T) {
	asItIs := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		for _, src := range [...]string{string(r), "a" + string(r) + "b"} {
			out, cells := safe(src, NoLimit)
			if printable(out) && cells == len(out) {
				continue // an escape; ASCII has no other width
			}
			if why := unsafe(out); why != "" {
				t.Fatalf("%U is shown as %q: %s", r, out, why)
			}
			if a, b := ansi.StringWidthWc(out), ansi.StringWidth(out); a != cells || b != cells {
				t.Fatalf("%U is shown as %q in %d cells, a terminal takes %d or %d", r, out, cells, a, b)
			}
			if out == src {
				asItIs++
			}
		}
	}
	if asItIs/2 < 140_000 {
		t.Errorf("only %d runes are shown as they are: the table is too strict", asItIs/2)
	}
	t.Logf("%d runes are shown as they are between letters or alone", asItIs/2)
}

// TestSequences puts runes together that join, in ways that nobody writes.
func TestSequences(t *testing.T) {
	var plain, marks, escapes []rune
	for r := rune(0xa0); r <= unicode.MaxRune; r++ {
		switch classOf(r) {
		case classNarrow, classWide:
			plain = append(plain, r)
		case classMark:
			marks = append(marks, r)
		default:
			if unicode.IsGraphic(r) || r < 0x3000 || r >= 0xfe00 && r <= 0x10000 || r >= 0x1f000 && r < 0x1fb00 {
				escapes = append(escapes, r)
			}
		}
	}
	t.Logf("%d plain, %d marks, %d escaped that could do harm", len(plain), len(marks), len(escapes))
	rng := rand.New(rand.NewPCG(1, 2))
	rounds := 200_000
	if n, err := strconv.Atoi(os.Getenv("SEQUENCES")); err == nil {
		rounds = n // a longer run by hand, of other sequences
		rng = rand.New(rand.NewPCG(uint64(n), 2))
	}
	var src []rune
	for range rounds {
		src = src[:0]
		script := plain[rng.IntN(len(plain))] &^ 0x7f // neighbours of one script join more
		for range 2 + rng.IntN(5) {
			switch rng.IntN(8) {
			case 0, 1:
				src = append(src, marks[rng.IntN(len(marks))])
			case 2:
				src = append(src, escapes[rng.IntN(len(escapes))])
			case 3:
				src = append(src, rune(rng.IntN(0x80)))
			case 4, 5:
				src = append(src, script+rune(rng.IntN(0x80)))
			default:
				src = append(src, plain[rng.IntN(len(plain))])
			}
		}
		limit := rng.IntN(24)
		out, cells := safe(string(src), limit)
		if why := unsafe(out); why != "" {
			t.Fatalf("%U is shown as %q: %s", src, out, why)
		}
		if a, b := ansi.StringWidthWc(out), ansi.StringWidth(out); a != cells || b != cells || cells > limit {
			t.Fatalf("%U in %d is shown as %q (%U) in %d cells, a terminal takes %d or %d", src, limit, out, []rune(out), cells, a, b)
		}
	}
}

func FuzzSanitise(f *testing.F) {
	for _, s := range []string{"", "plain", "\x1b]0;t\a", "a\u202e\u0301", "日本語", "\xff\xfe", "क्ष", "e\u0301\u0301\u0301\u0301"} {
		f.Add([]byte(s), 7, 3)
	}
	f.Fuzz(func(t *testing.T, src []byte, limit, offset int) {
		limit, offset = limit&0x3f, offset&0x1f
		out, cells := AppendSafe(nil, src, limit)
		if why := unsafe(string(out)); why != "" {
			t.Fatalf("%q is shown as %q: %s", src, out, why)
		}
		if a, b := ansi.StringWidthWc(string(out)), ansi.StringWidth(string(out)); a != cells || b != cells || cells > limit {
			t.Fatalf("%q in %d is shown as %q in %d cells, a terminal takes %d or %d", src, limit, out, cells, a, b)
		}
		whole, _ := AppendSafe(nil, src, NoLimit)
		row := AppendWindow(nil, Safe(whole), offset, limit)
		if a, b := ansi.StringWidthWc(string(row)), ansi.StringWidth(string(row)); a != limit || b != limit {
			t.Fatalf("%q from %d in %d is %q: %d or %d cells", whole, offset, limit, row, a, b)
		}
		if why := unsafe(string(row)); why != "" {
			t.Fatalf("%q from %d: %s", whole, offset, why)
		}
	})
}

func TestAppendWindow(t *testing.T) {
	cases := []struct {
		s             Safe
		offset, width int
		want          string
	}{
		{"kernel", 0, 8, "kernel  "},
		{"kernel", 0, 6, "kernel"},
		{"kernel", 0, 5, "kern…"},
		{"kernel", 2, 4, "rnel"},
		{"kernel", 2, 3, "rn…"},
		{"kernel", 9, 3, "   "},
		{"kernel", 0, 0, ""},
		{"日本語", 0, 6, "日本語"},
		{"日本語", 1, 5, " 本語"},
		{"日本語", 2, 3, "本…"},
		{"日本語", 2, 2, "… "},
		{"日本語", 3, 1, "…"},
		{"e\u0301x", 1, 3, "x  "},
		{"e\u0301x", 0, 2, "e\u0301x"},
		{"e\u0301xy", 0, 2, "e\u0301…"},
	}
	for _, c := range cases {
		if got := string(AppendWindow(nil, c.s, c.offset, c.width)); got != c.want {
			t.Errorf("%q from %d in %d: %q, want %q", c.s, c.offset, c.width, got, c.want)
		}
	}
	if got := string(AppendCut(nil, "kernel", 1, 3, ASCIIEllipsis)); got != "er~" {
		t.Errorf("cut in ASCII: %q", got)
	}
	long := Safe(strings.Repeat("ab", 200))
	if got := string(AppendFit(nil, long, 300)); got != string(long[:299])+"…" {
		t.Errorf("a long cut is wrong: %q", got)
	}
	if got := string(AppendFit(nil, "x", 300)); got != "x"+strings.Repeat(" ", 299) {
		t.Errorf("a long padding is wrong: %q", got)
	}
}

func BenchmarkAppendSafe(b *testing.B) {
	ascii := strings.Repeat(`{"name":"kernel","version":"6.9.1","user":"ralph"},`, 30)
	for _, c := range []struct {
		name, src string
		max       int
	}{
		{"ASCII160", ascii[:160], 160},
		{"ASCII1200", ascii[:1200], NoLimit},
		{"ASCII1200in80", ascii[:1200], 80},
		{"CJK110", strings.Repeat("日本語テキスト 漢字", 6), 160},
		{"Hostile", strings.Repeat("\x1b[31m\u202e", 20), 160},
	} {
		b.Run(c.name, func(b *testing.B) {
			src, dst := []byte(c.src), make([]byte, 0, 4096)
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				dst, _ = AppendSafe(dst[:0], src, c.max)
			}
		})
	}
}
