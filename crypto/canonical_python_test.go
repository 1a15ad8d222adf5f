package crypto

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pythonJSON is one CPython that is asked again and again (see
// testdata/canonical.py). An answer that does not come in time is an error.
type pythonJSON struct {
	in, out *os.File
}

func startPythonJSON(t testing.TB) *pythonJSON {
	t.Helper()
	interpreter := "/usr/bin/python3"
	if _, err := os.Stat(interpreter); err != nil {
		if interpreter, err = exec.LookPath("python3"); err != nil {
			if os.Getenv("FEDMSG_TUI_PEERS") == "require" {
				t.Fatal("python3 is required, and not installed")
			}
			t.Skip("python3 is not installed")
		}
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(interpreter, "-I", "testdata/canonical.py")
	command.Stdin, command.Stdout, command.Stderr = theirIn, theirOut, os.Stderr
	err = command.Start()
	theirIn.Close()
	theirOut.Close()
	t.Cleanup(func() {
		in.Close()
		out.Close()
		if command.Process != nil {
			command.Process.Kill()
			command.Wait()
		}
	})
	if err != nil {
		t.Fatalf("starting %s: %v", interpreter, err)
	}
	return &pythonJSON{in, out}
}

// ask is the letter of the answer, and the canonical text.
func (p *pythonJSON) ask(text []byte) (letter byte, canonical []byte, err error) {
	deadline := time.Now().Add(time.Minute)
	question := append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
	var head [5]byte
	if err := errors.Join(p.in.SetWriteDeadline(deadline), p.out.SetReadDeadline(deadline)); err != nil {
		return 0, nil, err
	}
	if _, err := p.in.Write(question); err != nil {
		return 0, nil, err
	}
	if _, err := io.ReadFull(p.out, head[:]); err != nil {
		return 0, nil, err
	}
	canonical = make([]byte, binary.BigEndian.Uint32(head[1:]))
	_, err = io.ReadFull(p.out, canonical)
	return head[0], canonical, err
}

// compare holds what we make of a text against what Python makes of it, and
// reports whether Python read it.
func (p *pythonJSON) compare(t *testing.T, text []byte) bool {
	t.Helper()
	letter, want, err := p.ask(text)
	if err != nil {
		t.Fatalf("asking python: %v", err)
	}
	if letter == 'r' {
		return false
	}
	var refusal *JSONError
	if _, err := Canonical(text); letter == 'y' && errors.As(err, &refusal) && refusal.What == tooDeep {
		return false
	}
	checkCanonical(t, text, want, letter == 'n')
	return letter == 'y'
}

func FuzzCanonical(f *testing.F) {
	for _, c := range canonicalCases {
		if len(c.in) < 300 {
			f.Add([]byte(c.in))
		}
	}
	f.Add(envelopeText())
	f.Add([]byte(`{"b": [1, {"d": 1.50, "c": {"\u00E9": null, "": "\/"}}], "a": -1E400}`))
	python := startPythonJSON(f) // one for each process of the fuzzer
	f.Fuzz(func(t *testing.T, text []byte) {
		python.compare(t, text)
	})
}

func TestCanonicalAgainstPython(t *testing.T) {
	python := startPythonJSON(t)
	random := &randomJSON{Rand: rand.New(rand.NewPCG(1, 2))}
	read := 0
	const texts = 4000
	for i := range texts {
		random.text = random.text[:0]
		random.value(1 + i%5)
		random.text = append(random.text, random.space()...)
		text := random.text
		if i%3 == 0 {
			text = random.mutated(text)
		}
		if python.compare(t, text) {
			read++
		}
	}
	t.Logf("python read %d of %d texts", read, texts)
	if read < texts/2 {
		t.Errorf("python read only %d of %d texts", read, texts)
	}
}

func TestCanonicalFloatsAgainstPython(t *testing.T) {
	python := startPythonJSON(t)
	random := &randomJSON{Rand: rand.New(rand.NewPCG(3, 4))}
	var text []byte
	add := func(x float64, format byte, precision int) {
		text = strconv.AppendFloat(append(text, ','), x, format, precision, 64)
	}
	for e := -1074; e < 1024; e++ {
		x := math.Ldexp(1, e)
		for _, y := range []float64{math.Nextafter(x, 0), x, math.Nextafter(x, math.Inf(1))} {
			add(y, 'e', 16)
			add(y, 'e', 17)
			add(y, 'e', -1)
		}
	}
	for e := -330; e < 312; e++ {
		for _, digits := range []string{"1", "9.5", "9.999999999999999", "9999999999999999.9", "4503599627370495.9", "0.000123456789", "17976931348623157"} {
			text = fmt.Appendf(text, ",%se%d", digits, e)
		}
	}
	for range 8000 {
		text = append(append(text, ','), random.number()...)
	}
	numbers := strings.Split(string(text[1:]), ",")
	for some := range slices.Chunk(numbers, MaxExtremes) {
		if !python.compare(t, []byte("["+strings.Join(some, ",")+"]")) {
			t.Error("python did not read the numbers")
		}
	}
	// One by one: that each is seen to be canonical or not to be.
	for _, number := range numbers {
		got, err := Canonical([]byte(number))
		again, errAgain := Canonical(got)
		if err != nil || errAgain != nil || !sameSlice(got, again) {
			t.Errorf("%s: %s, %v, and of that %s, %v", number, got, err, again, errAgain)
		}
	}
}

// randomJSON writes texts that are JSON, with whatever is allowed.
type randomJSON struct {
	*rand.Rand
	text []byte
}

func (r *randomJSON) pick(list ...string) string { return list[r.IntN(len(list))] }

func (r *randomJSON) space() string {
	return r.pick("", "", "", "", "", "", " ", "\n", "\t ", "\r\n")
}

func (r *randomJSON) value(depth int) {
	r.text = append(r.text, r.space()...)
	kind := r.IntN(8)
	if depth <= 0 {
		kind = 4 + r.IntN(4)
	}
	switch {
	case kind < 3:
		r.text = append(r.text, '{')
		members := r.IntN(6)
		if r.IntN(8) == 0 {
			members, depth = 20+r.IntN(40), 1
		}
		for i := range members {
			if i > 0 {
				r.text = append(r.text, ',')
			}
			r.text = append(r.text, r.space()+r.quoted(3)+r.space()+":"...)
			r.value(depth - 1)
			r.text = append(r.text, r.space()...)
		}
		r.text = append(r.text, '}')
	case kind < 4:
		r.text = append(r.text, '[')
		for i := range r.IntN(5) {
			if i > 0 {
				r.text = append(r.text, ',')
			}
			r.value(depth - 1)
			r.text = append(r.text, r.space()...)
		}
		r.text = append(r.text, ']')
	case kind < 5:
		r.text = append(r.text, r.pick("true", "false", "null", "NaN", "Infinity", "-Infinity")...)
	case kind < 6:
		r.text = append(r.text, r.number()...)
	default:
		r.text = append(r.text, r.quoted(24)...)
	}
}

func (r *randomJSON) quoted(most int) string {
	text := `"`
	for range r.IntN(most + 1) {
		switch r.IntN(12) {
		case 0:
			text += `\` + r.pick(`"`, `\`, "/", "b", "f", "n", "r", "t")
		case 1:
			text += fmt.Sprintf(r.pick(`\u%04x`, `\u%04X`), r.IntN(0x100))
		case 2:
			text += fmt.Sprintf(r.pick(`\u%04x`, `\u%04X`), 0xd700+r.IntN(0xa00))
		case 3:
			text += fmt.Sprintf(`\u%04x\u%04x`, 0xd800+r.IntN(0x400), 0xdc00+r.IntN(0x400))
		case 4:
			text += string(rune(0x7f + r.IntN(0x800)))
		case 5:
			text += string(rune(0xe000 + r.IntN(0x2000)))
		case 6:
			text += string(rune(0x10000 + r.IntN(0x100000)))
		default:
			text += r.pick("a", "b", "c", "~", "/", "<", "}", ":", " ", "abcdefgh")
		}
	}
	return text + `"`
}

func (r *randomJSON) number() string {
	x := math.Float64frombits(r.Uint64())
	if math.IsNaN(x) || math.IsInf(x, 0) {
		x = 0
	}
	switch r.IntN(8) {
	case 0:
		return strconv.FormatInt(r.Int64()>>r.IntN(64)-1<<r.IntN(40), 10)
	case 1:
		return strconv.FormatFloat(x, 'e', r.IntN(25), 64)
	case 2:
		return strconv.FormatFloat(x, 'e', -1, 64)
	case 3:
		return strconv.FormatFloat(x, 'E', r.IntN(40), 64)
	case 4:
		return strconv.FormatFloat(r.NormFloat64()*math.Pow10(r.IntN(24)-6), 'f', 1+r.IntN(20), 64)
	case 5:
		return strconv.FormatFloat(r.NormFloat64()*math.Pow10(r.IntN(24)-6), 'f', 1+r.IntN(4), 64)
	case 6:
		return fmt.Sprintf("%d.%06d", r.IntN(5e9), r.IntN(1e6))
	}
	return r.pick("0", "-0", "-0.0", "0.0", "1.0", "1e5", "1E-5", "1e16", "1e400", "-1e400", "1e-400", "0.0001", "0.00001", "9999999999999999.0")
}

// mutated is the text with some bytes changed, dropped, doubled or added.
func (r *randomJSON) mutated(text []byte) []byte {
	text = append([]byte(nil), text...)
	for range 1 + r.IntN(3) {
		if len(text) == 0 {
			break
		}
		i := r.IntN(len(text))
		switch r.IntN(4) {
		case 0:
			text[i] = byte(r.IntN(256))
		case 1:
			text = append(text[:i], text[i+1:]...)
		case 2:
			text = append(text[:i+1], text[i:]...)
		case 3:
			text[i] = r.pick(`"`, `\`, "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", " ")[0]
		}
	}
	return text
}
