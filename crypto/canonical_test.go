package crypto

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// canonicalCases are texts and what CPython makes of them. An empty result
// means that it refuses the text.
var canonicalCases = []struct{ name, in, want string }{
	{"float", `1.0`, `1.0`},
	{"float with zeros at the end", `1.50`, `1.5`},
	{"exponent that is written out", `1e5`, `100000.0`},
	{"largest that is written out", `1e15`, `1000000000000000.0`},
	{"first with an exponent", `1E+16`, `1e+16`},
	{"rounds up to an exponent", `9999999999999999.0`, `1e+16`},
	{"large", `1e22`, `1e+22`},
	{"last small one without an exponent", `0.0001`, `0.0001`},
	{"small", `1e-5`, `1e-05`},
	{"small, in the fast path", `0.00001`, `1e-05`},
	{"small, with many digits", `0.00012345678`, `0.00012345678`},
	{"zeros only", `0.000`, `0.0`},
	{"negative zero, an integer", `-0`, `0`},
	{"negative zero, a float", `-0.0`, `-0.0`},
	{"negative zero, with an exponent", `-0e5`, `-0.0`},
	{"more digits than a float has", `123456789.123456789`, `123456789.12345679`},
	{"integer no float has", `9007199254740993.0`, `9007199254740992.0`},
	{"time stamp", `1504643075.123456`, `1504643075.123456`},
	{"above 2^52", `4503599627370497.5`, `4503599627370498.0`},
	{"above 2^51", `2251799813685249.3`, `2251799813685249.5`},
	{"large integer", `123456789012345678901234567890`, `123456789012345678901234567890`},
	{"most digits of an integer", `-` + strings.Repeat("9", MaxDigits), `-` + strings.Repeat("9", MaxDigits)},
	{"too many digits of an integer", strings.Repeat("9", MaxDigits+1), ``},
	{"many digits of a float", strings.Repeat("9", MaxDigits+1) + `.0`, `Infinity`},
	{"infinite", `1e400`, `Infinity`},
	{"minus infinite", `-1e400`, `-Infinity`},
	{"words", `[NaN,Infinity,-Infinity,true,false,null]`, `[NaN,Infinity,-Infinity,true,false,null]`},
	{"zeros and an exponent that meet", `0.` + strings.Repeat("0", 200000) + `1e200001`, `1.0`},
	{"zeros before the point", `1` + strings.Repeat("0", 200000) + `.0e-200000`, `1.0`},
	{"half, decided by a late digit", `1.00000000000000011102230246251565404236316680908203125` + strings.Repeat("0", 900) + `1`, `1.0000000000000002`},
	{"half to even", `1.00000000000000011102230246251565404236316680908203125` + strings.Repeat("0", 900), `1.0`},
	{"exponent beyond any integer", `1e99999999999999999999999`, `Infinity`},
	{"exponent beyond any integer, below", `-1.5e-99999999999999999999999999999999999999999999999999`, `-0.0`},
	{"zero with any exponent", `0.0e99999999999999999999999999999999999999999999999999`, `0.0`},
	{"smallest", `4.9406564584124654e-324`, `5e-324`},
	{"exponent with zeros", `1e+00022`, `1e+22`},

	{"duplicate", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
	{"duplicate, in order", `{"a":1,"a":2}`, `{"a":2}`},
	{"duplicate by an escape", `{"a":1,"\u0061":2}`, `{"a":2}`},
	{"duplicate by a pair of escapes", `{"😀":1,"\ud83d\ude00":2,"\uD83D\uDE00":3}`, `{"\ud83d\ude00":3}`},
	{"duplicate objects", `{"b":{"z":1,"y":{"d":1,"c":2}},"a":[],"b":{"x":{"b":1,"a":2}}}`, `{"a":[],"b":{"x":{"a":2,"b":1}}}`},
	{"order of code points", `{"😀":1,"\uffff":2,"é":3,"z":4,"\ud800":5,"\udfff":6}`,
		`{"z":4,"\u00e9":3,"\ud800":5,"\udfff":6,"\uffff":2,"\ud83d\ude00":1}`},
	{"order, in its escaped form", `{"z":4,"\u00e9":3,"\ud800":5,"\udfff":6,"\uffff":2,"\ud83d\ude00":1}`,
		`{"z":4,"\u00e9":3,"\ud800":5,"\udfff":6,"\uffff":2,"\ud83d\ude00":1}`},
	{"order of short escapes", `{"\\":1,"\"":2,"\n":3,"":4,"a":5}`, `{"":4,"\n":3,"\"":2,"\\":1,"a":5}`},
	{"order of a prefix", `{"\u00e9a":1,"\u00e9":2}`, `{"\u00e9":2,"\u00e9a":1}`},
	{"canonical inside of what is not", `{"b":[{"a":1,"b":{"c":[]}},{"d":{}}],"a":[{"b":2,"a":{"y":1,"x":2}},{"c":3}]}`,
		`{"a":[{"a":{"x":2,"y":1},"b":2},{"c":3}],"b":[{"a":1,"b":{"c":[]}},{"d":{}}]}`},

	{"accent", `"é"`, `"\u00e9"`},
	{"capital hexadecimal", `"\u00E9"`, `"\u00e9"`},
	{"outside the basic plane", `"😀"`, `"\ud83d\ude00"`},
	{"lone surrogates", `"\ud800\uDFFFx\udc00\ud83d\ud83d\ude00"`, `"\ud800\udfffx\udc00\ud83d\ud83d\ude00"`},
	{"escaped surrogate beside raw text", `"\ud83d😀\ude00é"`, `"\ud83d\ud83d\ude00\ude00\u00e9"`},
	{"delete", "\"\x7f\"", `"\u007f"`},
	{"slash", `"/\/"`, `"//"`},
	{"HTML", `"<>&'"`, `"<>&'"`},
	{"short escapes", `"\b\f\n\r\t\"\\"`, `"\b\f\n\r\t\"\\"`},
	{"short escapes in long", `"\u0008\u000c\u000a\u000d\u0009\u0022\u005c\u002f\u0041\u007e"`, `"\b\f\n\r\t\"\\/A~"`},
	{"control characters", `"\u0000\u001F\u000b"`, `"\u0000\u001f\u000b"`},
	{"line separators", "\"\u2028\ufeff\"", `"\u2028\ufeff"`},

	{"whitespace", " \t\r\n{ \"b\" : [ 1 , { } , [ ] ] , \"a\" : \"x y\" } \n", `{"a":"x y","b":[1,{},[]]}`},
	{"newline at the end", "{\"a\":1}\n", `{"a":1}`},
	{"empty object", `{ }`, `{}`},
	{"most levels", strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth), strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth)},
	{"too many levels", strings.Repeat("[", MaxDepth+1) + strings.Repeat("]", MaxDepth+1), ``},

	{"nothing", ``, ``},
	{"byte order mark", "\ufeff1", ``},
	{"other spaces", "\u00a01", ``},
	{"form feed", "\f1", ``},
	{"NUL", "1\x00", ``},
	{"not UTF-8", "\"\xff\"", ``},
	{"surrogate in UTF-8", "\"\xed\xa0\x80\"", ``},
	{"cut in a character", "\"\xc3", ``},
}

func TestCanonical(t *testing.T) {
	for _, c := range canonicalCases {
		t.Run(c.name, func(t *testing.T) {
			checkCanonical(t, []byte(c.in), []byte(c.want), c.want == "")
		})
	}
}

// checkCanonical holds all forms of the result against what is wanted.
func checkCanonical(t *testing.T, in, want []byte, refused bool) {
	t.Helper()
	before := string(in)
	got, err := Canonical(in)
	var refusal *JSONError
	switch {
	case refused && err == nil:
		t.Errorf("%.200q: %.200q, and Python refuses it", in, got)
	case refused && !errors.As(err, &refusal):
		t.Errorf("%.200q: the error is %T", in, err)
	case refused && (refusal.Offset < 0 || refusal.Offset > len(in) || refusal.What == ""):
		t.Errorf("%.200q: %v", in, err)
	case !refused && err != nil:
		t.Errorf("%.200q: %v", in, err)
	case !refused && !bytes.Equal(got, want):
		t.Errorf("%.200q\n got %.200q\nwant %.200q", in, got, want)
	}
	checkObject(t, in, want, refused)
	if string(in) != before {
		t.Errorf("%.200q: became %.200q", before, in)
	}
	if err != nil {
		return
	}
	again, err := Canonical(got)
	if err != nil || !bytes.Equal(again, got) || !sameSlice(again, got) {
		t.Errorf("%.200q: canonical is %.200q, and of that %.200q, %v", in, got, again, err)
	}
	if bytes.Equal(in, got) != sameSlice(in, got) {
		t.Errorf("%.200q is canonical, and was not seen to be", in)
	}
}

func sameSlice(a, b []byte) bool {
	return len(a) == len(b) && unsafe.SliceData(a) == unsafe.SliceData(b)
}

func TestCanonicalErrors(t *testing.T) {
	for _, c := range []struct {
		name, in string
		offset   int
		what     string
	}{
		{"empty", ``, 0, "a value is missing"},
		{"spaces only", `  `, 2, "a value is missing"},
		{"no value", `{"a":}`, 5, "a value is wanted"},
		{"cut after a colon", `{"a":`, 5, "a value is missing"},
		{"no name", `{"a":1,}`, 7, "the name of a member is wanted"},
		{"no colon", `{"a" 1}`, 5, `":" is wanted`},
		{"no comma in an object", `{"a":1 "b":2}`, 7, `"," or "}" is wanted`},
		{"no comma in an array", `[1 2]`, 3, `"," or "]" is wanted`},
		{"comma at the end", `[1,]`, 3, "a value is wanted"},
		{"wrong bracket", `[1}`, 2, `"," or "]" is wanted`},
		{"two values", `{} {}`, 3, "something follows the value"},
		{"cut in a string", `{"a":"x`, 7, "a string does not end"},
		{"cut in an escape", `"\`, 1, "an unknown escape"},
		{"unknown escape", `"a\x"`, 2, "an unknown escape"},
		{"broken escape", `"\u00g0"`, 1, "an unknown escape"},
		{"control character", "\"a\n\"", 2, "a control character in a string"},
		{"not UTF-8", "\"abc\xc3\"", 4, "not UTF-8"},
		{"zero in front", `[01]`, 2, "a number starts with 0"},
		{"no digits after the point", `1.`, 2, "digits are wanted"},
		{"no digits in the exponent", `1e+`, 3, "digits are wanted"},
		{"minus alone", `-`, 1, "a value is wanted"},
		{"plus", `+1`, 0, "a value is wanted"},
		{"wrong word", `nul`, 0, "a value is wanted"},
		{"minus NaN", `-NaN`, 1, "a value is wanted"},
		{"not canonical, and wrong behind", `{"b":1,"a":[1 }`, 14, `"," or "]" is wanted`},
		{"long integer", `[` + strings.Repeat("1", MaxDigits+1) + `]`, 1, "an integer of more than 4300 digits"},
		{"deep arrays", strings.Repeat("[", 100000), MaxDepth, tooDeep},
		{"many members", "{" + strings.Repeat(`"":1,`, MaxMembers+9) + `"":1 }`, 1 + 5*MaxMembers + 4, tooMany},
		{"extreme floats", "[" + strings.Repeat("5e-324,", MaxExtremes+1) + "1]", 1 + 7*MaxExtremes, tooExtreme},
		{"deep objects", strings.Repeat(`{"a":`, 100000), 5 * MaxDepth, tooDeep},
		{"deep objects, spaced", strings.Repeat(`{"a": `, 100000), 6 * MaxDepth, tooDeep},
		{"long", strings.Repeat(" ", MaxText+1), MaxText, "longer than 64 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Canonical([]byte(c.in))
			if want := (JSONError{c.offset, c.what}); got != nil || err == nil || *err.(*JSONError) != want {
				t.Errorf("%.40q, %v, want %v", got, err, &want)
			}
		})
	}
}

// An unsorted object at every level must not cost a copy of what is inside of
// it at every level: this would take minutes.
func TestCanonicalOfDeepUnsorted(t *testing.T) {
	in := strings.Repeat(`{"b":0,"a":`, MaxDepth-1) + `["é","` + strings.Repeat("x", 16<<20) + `"]` + strings.Repeat("}", MaxDepth-1)
	got, err := Canonical([]byte(in))
	if err != nil || !strings.HasSuffix(string(got), `xxx"]`+strings.Repeat(`,"b":0}`, MaxDepth-1)) || len(got) != len(in)+4 {
		t.Errorf("%v, %d bytes of %d", err, len(got), len(in))
	}
}

func TestCanonicalVectors(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "shared", "vectors", "canonical_json.jsonl"))
	if err != nil {
		t.Skipf("no golden data beside this repository: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	seen := 0
	for lines.Scan() {
		var c struct {
			ID        string          `json:"id"`
			Wire      json.RawMessage `json:"wire"`
			WireB64   []byte          `json:"wire_b64"`
			Canonical string          `json:"canonical"`
			Error     bool            `json:"error"`
			Limit     bool            `json:"interpreter_limit"`
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		in := c.WireB64
		if c.Wire != nil {
			text, ok := decodeString(c.Wire)
			if !ok {
				t.Fatalf("%s: wire is %.100s", c.ID, c.Wire)
			}
			in = []byte(text)
		}
		if got, err := Canonical(in); c.Limit {
			t.Logf("%s: %d bytes, %v", c.ID, len(got), err)
			continue
		}
		t.Run(c.ID, func(t *testing.T) { checkCanonical(t, in, []byte(c.Canonical), c.Error) })
		seen++
	}
	if err := lines.Err(); err != nil || seen < 380 {
		t.Errorf("%d cases, %v", seen, err)
	}
}

func TestCanonicalInputIsReturned(t *testing.T) {
	for _, in := range [][]byte{
		benchmarkEnvelope(t),
		[]byte(`{"":4,"\n":3,"\"":2,"\\":1,"a":1504643075.123456,"\u00e9":[1.5,-1e-07,{"a":-Infinity}]}`),
		[]byte(`"x"`),
		[]byte(`-17`),
		[]byte(`0.25`),
	} {
		var got []byte
		var err error
		allocations := testing.AllocsPerRun(100, func() { got, err = Canonical(in) })
		if err != nil || !sameSlice(got, in) || allocations != 0 {
			t.Errorf("%.100s: %.100s, %v, %v allocations", in, got, err, allocations)
		}
	}
}
