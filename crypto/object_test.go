package crypto

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// checkObject holds what is read of an object against its canonical text.
func checkObject(t *testing.T, in, want []byte, refused bool) {
	t.Helper()
	var o object
	err := o.read(in)
	var refusal *JSONError
	if refused {
		if !errors.As(err, &refusal) {
			t.Errorf("%.200q: reading an object: %v", in, err)
		}
		return
	}
	if want[0] != '{' {
		if err != ErrNotObject {
			t.Errorf("%.200q: reading an object: %v", in, err)
		}
		return
	}
	if err != nil {
		t.Errorf("%.200q: reading an object: %v", in, err)
		return
	}
	if o.canonical != bytes.Equal(in, want) {
		t.Errorf("%.200q: canonical is %v", in, o.canonical)
	}
	whole := []byte{'{'}
	for i := range o.members {
		m := &o.members[i]
		if i > 0 {
			whole = append(whole, ',')
			if bytes.Compare(o.members[i-1].name, m.name) >= 0 {
				t.Errorf("%.200q: %q before %q", in, o.members[i-1].name, m.name)
			}
		}
		start := len(whole)
		whole = o.appendMember(whole, m)
		if asWritten := bytes.Equal(in[m.start:m.end], whole[start:]); asWritten != m.canonical {
			t.Errorf("%.200q: %q: canonical is %v", in, m.name, m.canonical)
		}
		parts := append(appendCanonicalKey(nil, m.name), ':')
		if parts = o.appendValue(parts, m); !bytes.Equal(parts, whole[start:]) {
			t.Errorf("%.200q: member %q, in parts %q", in, whole[start:], parts)
		}
		if value, err := Canonical(m.value); err != nil || !bytes.HasSuffix(whole, value) || !bytes.HasSuffix(in[m.start:m.end], m.value) {
			t.Errorf("%.200q: %q has the value %q: %q, %v", in, m.name, m.value, value, err)
		}
		if name, ok := decodeString(whole[start : start+bytes.Index(whole[start:], []byte(`":`))+1]); ok && name != string(m.name) {
			t.Errorf("%.200q: name %q, decoded %q", in, m.name, name)
		}
		if o.find(string(m.name)) != m {
			t.Errorf("%.200q: %q is not found", in, m.name)
		}
	}
	if whole = append(whole, '}'); !bytes.Equal(whole, want) {
		t.Errorf("%.200q: members are\n     %.200q\nwant %.200q", in, whole, want)
	}
}

func TestObjectRead(t *testing.T) {
	var o object
	for _, c := range []struct{ name, in, members string }{
		{"empty", `{}`, ``},
		{"canonical", `{"a":1,"b":{"c":[1]}}`, `a 1-6=1 c|b 7-20={"c":[1]} c`},
		{"unsorted", `{"b":1,"a":2}`, `a 7-12=2 c|b 1-6=1 c`},
		{"spaced", ` { "b" : 1 , "a":2 } `, `a 13-18=2 c|b 3-10=1 -`},
		{"value not canonical", `{"a":1.50,"b":[ ],"c":"\/"}`, `a 1-9=1.50 -|b 10-17=[ ] -|c 18-26="\/" -`},
		{"name not canonical", `{"\u0061":1,"é":2}`, "a 1-11=1 -|é 12-18=2 -"},
		{"escaped name, canonical", `{"\u00e9":1,"\ud83d\ude00":2}`, "é 1-11=1 c|😀 12-28=2 c"},
		{"lone surrogate", `{"\ud800":1}`, "\xed\xa0\x80 1-11=1 c"},
		{"last one wins", `{"a":1,"b":2,"a":{"z":1,"y":2}}`, `a 13-30={"z":1,"y":2} -|b 7-12=2 c`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := o.read([]byte(c.in)); err != nil {
				t.Fatal(err)
			}
			var members []string
			for _, m := range o.members {
				state := " -"
				if m.canonical {
					state = " c"
				}
				place, _ := json.Marshal([2]int{m.start, m.end})
				members = append(members, string(m.name)+" "+strings.NewReplacer("[", "", "]", "", ",", "-").Replace(string(place))+"="+string(m.value)+state)
			}
			if got := strings.Join(members, "|"); got != c.members {
				t.Errorf("%s\n got %s\nwant %s", c.in, got, c.members)
			}
			if o.find("no such") != nil || o.find("") != nil || o.find("zz") != nil {
				t.Error("found what is not there")
			}
		})
	}
}

func TestObjectReadRefuses(t *testing.T) {
	var o object
	if err := o.read([]byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{`[]`, ` [{"a":1}] `, `"{}"`, `1`, `null`, `[ {"b":1, "a":2} ]`} {
		if err := o.read([]byte(in)); err != ErrNotObject || len(o.members) > 0 || o.find("a") != nil || o.canonical {
			t.Errorf("%s: %v, members %v", in, err, o.members)
		}
	}
	for _, in := range []string{``, `{`, `{"a":1,"a"}`, `{} x`, `[`} {
		var refusal *JSONError
		if err := o.read([]byte(in)); !errors.As(err, &refusal) || len(o.members) > 0 {
			t.Errorf("%s: %v, members %v", in, err, o.members)
		}
	}
}

func TestObjectReadDoesNotAllocate(t *testing.T) {
	in := benchmarkEnvelope(t)
	spaced := spacedEnvelope(t)
	var o object
	space := make([]byte, 0, 4096)
	for _, raw := range [][]byte{in, spaced} {
		allocations := testing.AllocsPerRun(100, func() {
			if o.read(raw) != nil {
				t.Fatal("not read")
			}
			dst := append(space, '{')
			for i := range o.members {
				dst = o.appendMember(dst, &o.members[i])
			}
		})
		if allocations != 0 {
			t.Errorf("%v allocations for %.60s", allocations, raw)
		}
	}
}

func TestObjectDecodeString(t *testing.T) {
	for in, want := range map[string]string{
		`""`: "", `"plain"`: "plain", `"\"\\\/\b\f\n\r\t"`: "\"\\/\b\f\n\r\t", `"\u00e9é\ud83d\ude00"`: "éé😀",
		`"\ud800"`: "\xed\xa0\x80", `"\udfffx"`: "\xed\xbf\xbfx", `"\ud83d\ud83d\ude00"`: "\xed\xa0\xbd😀", `"\uD83d\uDe00"`: "😀",
	} {
		if got, ok := decodeString([]byte(in)); !ok || got != want {
			t.Errorf("%s: %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, in := range []string{``, `"`, `1`, `null`, `{"a":1}`, `"a`, `"a"b"`, `"\"`, `"\x"`, "\"\n\"", ` "a"`, `"a" `, "\"\xff\""} {
		if got, ok := decodeString([]byte(in)); ok {
			t.Errorf("%s is taken for the text %q", in, got)
		}
	}
}

func TestObjectAppendCanonicalKey(t *testing.T) {
	for in, want := range map[string]string{
		"":      `""`,
		"topic": `"topic"`, "a\"\\/\b\f\n\r\t\x00\x1f\x7f~": `"a\"\\/\b\f\n\r\t\u0000\u001f\u007f~"`, "é😀": `"\u00e9\ud83d\ude00"`,
		"\xed\xa0\x80x\xed\xbf\xbf": `"\ud800x\udfff"`, "\xff": `"\ufffd"`, "\xed": `"\ufffd"`, "\ufffd": `"\ufffd"`,
	} {
		if got := string(appendCanonicalKey(nil, []byte(in))); got != want {
			t.Errorf("%q: %s, want %s", in, got, want)
		}
	}
}

func TestObjectAppendCanonicalValue(t *testing.T) {
	if got, err := appendCanonicalValue([]byte("x"), []byte(` [1.50, {"b":1,"a":"é"}] `)); err != nil || string(got) != `x[1.5,{"a":"\u00e9","b":1}]` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := appendCanonicalValue([]byte("x"), []byte(`[1 2]`)); err == nil || string(got) != `x` {
		t.Errorf("%s, %v", got, err)
	}
}

// benchmarkEnvelope is a signed envelope as fedmsg sends it, of the size that
// was usual for those that are signed with short keys.
func benchmarkEnvelope(t testing.TB) []byte {
	t.Helper()
	in := envelopeText()
	if got, err := Canonical(in); err != nil || !sameSlice(got, in) {
		t.Fatalf("the envelope is not canonical: %v", err)
	}
	return in
}

func envelopeText() []byte {
	armour := func(n int) string {
		text := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x5a, 0x11, 0xc7, 0x80, 0x3e}, n/5+1)[:n])
		var lines strings.Builder
		for ; len(text) > 76; text = text[76:] {
			lines.WriteString(text[:76] + `\n`)
		}
		return lines.String() + text + `\n`
	}
	return []byte(`{"certificate":"` + armour(300) + `","crypto":"x509","i":17,"msg":{"agent":"ralph","build":{"epoch":null,` +
		`"id":607658,"nvr":"gstreamer1-plugins-base-1.4.5-1.fc21","tags":["f21","f21-updates-candidate"]},"cost":2.5,` +
		`"instance":"primary","method":"buildArch","new":1,"owner":"kalev","summary":"caf\u00e9 \u2014 a new \"upstream\" release",` +
		`"task":{"children":[],"ok":true,"weight":1.75}},"msg_id":"2017-7f3e51c0-8a0e-4e21-9f7b-000000000001",` +
		`"signature":"` + armour(128) + `","timestamp":1504643075.0,"topic":"org.fedoraproject.prod.buildsys.task.state.change","username":"apache"}`)
}

// spacedEnvelope is the same envelope as a relay sends it on: with Python's
// own separators, and in the order in which its dict happened to be.
func spacedEnvelope(t testing.TB) []byte {
	t.Helper()
	var o object
	if err := o.read(benchmarkEnvelope(t)); err != nil {
		t.Fatal(err)
	}
	out := []byte{'{'}
	for _, name := range []string{"username", "i", "timestamp", "msg_id", "crypto", "topic", "signature", "msg", "certificate"} {
		m := o.find(name)
		value := string(m.value)
		if name == "msg" {
			value = strings.NewReplacer(`":`, `": `, `,"`, `, "`).Replace(value)
			value = strings.Replace(value, `"agent": "ralph", `, "", 1)
			value = strings.TrimSuffix(value, "}") + `, "agent": "ralph"}`
		}
		out = append(out, `"`+name+`": `+value+`, `...)
	}
	return append(out[:len(out)-2], '}')
}

func BenchmarkCanonicalAlready(b *testing.B) {
	in := benchmarkEnvelope(b)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		Canonical(in)
	}
}

func BenchmarkCanonicalSpaced(b *testing.B) {
	in := spacedEnvelope(b)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		Canonical(in)
	}
}

func BenchmarkObjectRead(b *testing.B) {
	for name, in := range map[string][]byte{"already": benchmarkEnvelope(b), "spaced": spacedEnvelope(b)} {
		b.Run(name, func(b *testing.B) {
			var o object
			space := make([]byte, 0, 4096)
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				o.read(in)
				dst := append(space, '{')
				for i := range o.members {
					dst = o.appendMember(dst, &o.members[i])
				}
			}
		})
	}
}
