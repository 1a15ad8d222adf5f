package bus

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `{"i":17,"msg":{"a":[1,2.5,{"b":null}]},"msg_id":"2026-7f3e51c0-8a0e-4e21-9f7b-000000000001",` +
	`"seq_id":4220,"timestamp":1795437003,"topic":"org.fedoraproject.prod.git.receive","username":"apache"}`

func scanned(t *testing.T, topic, envelope string) Message {
	t.Helper()
	m := Message{Frames: [][]byte{[]byte(topic), []byte(envelope)}}
	m.Scan()
	return m
}

func TestScanReadsHeadFields(t *testing.T) {
	m := scanned(t, "org.fedoraproject.prod.git.receive", sample)
	if m.Malformed() {
		t.Fatalf("malformed: %s", m.Problem.Reason())
	}
	if got := m.EnvelopeTopic(); got != "org.fedoraproject.prod.git.receive" {
		t.Errorf("topic %q", got)
	}
	if got := m.MsgID(); got != "2026-7f3e51c0-8a0e-4e21-9f7b-000000000001" {
		t.Errorf("msg_id %q", got)
	}
	if m.Username() != "apache" || m.Head.I != 17 || m.Head.SeqID != 4220 {
		t.Errorf("username %q, i %d, seq_id %d", m.Username(), m.Head.I, m.Head.SeqID)
	}
	if m.Head.SentUnixNano != 1795437003e9 {
		t.Errorf("sent %d", m.Head.SentUnixNano)
	}
	if got := string(m.Envelope()[m.Head.MsgStart:m.Head.MsgEnd]); got != `{"a":[1,2.5,{"b":null}]}` {
		t.Errorf("msg %s", got)
	}
	want := FieldTopic | FieldMsg | FieldMsgID | FieldTimestamp | FieldI | FieldUsername | FieldSeqID | Compact
	if m.Head.Fields != want {
		t.Errorf("fields %b, want %b", m.Head.Fields, want)
	}
	if m.Head.Signed() {
		t.Error("an unsigned envelope is taken for a signed one")
	}
}

func TestScanIsTolerant(t *testing.T) {
	cases := []struct {
		name, envelope string
		has, hasNot    Fields
	}{
		{"body is a list", `{"topic":"t","msg":[1]}`, FieldMsg, OddTypes},
		{"body is text", `{"topic":"t","msg":"x"}`, FieldMsg, OddTypes},
		{"no id, no counter", `{"topic":"t","msg":{}}`, FieldTopic, FieldMsgID | FieldI},
		{"null username", `{"topic":"t","username":null}`, FieldTopic | OddTypes, FieldUsername},
		{"float timestamp", `{"topic":"t","timestamp":1344352929.415939}`, FieldTimestamp, OddTypes},
		{"text timestamp", `{"topic":"t","timestamp":"now"}`, OddTypes, FieldTimestamp},
		{"unknown keys", `{"topic":"t","agent_name":"x","users":[]}`, FieldTopic, OddTypes},
		{"negative seq_id", `{"topic":"t","seq_id":-1}`, OddTypes, FieldSeqID},
		{"seq_id beyond 64 bits", `{"topic":"t","seq_id":18446744073709551616}`, OddTypes, FieldSeqID},
		{"float i", `{"topic":"t","i":1.0}`, OddTypes, FieldI},
		{"NaN and Infinity", `{"topic":"t","msg":[NaN,Infinity,-Infinity]}`, FieldMsg, 0},
		{"lone surrogate", `{"topic":"t","msg":"\ud800"}`, FieldMsg, 0},
		{"whitespace", ` { "topic" : "t" } `, FieldTopic, Compact},
		{"null certificate", `{"topic":"t","certificate":null}`, FieldTopic, FieldCertificate},
		{"a later wrong duplicate wins", `{"topic":"t","i":1,"i":"x"}`, OddTypes, FieldI},
		{"empty object", `{}`, Compact, FieldTopic},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := scanned(t, "t", c.envelope)
			if m.Malformed() {
				t.Fatalf("malformed: %s", m.Problem.Reason())
			}
			if !m.Head.Has(c.has) || m.Head.Fields&c.hasNot != 0 {
				t.Errorf("fields %b, want %b and not %b", m.Head.Fields, c.has, c.hasNot)
			}
		})
	}
}

func TestScanLastDuplicateKeyWins(t *testing.T) {
	m := scanned(t, "b", `{"topic":"a","to\u0070ic":"b"}`)
	if got := m.EnvelopeTopic(); got != "b" {
		t.Errorf("topic %q, want the last one, written with an escape", got)
	}
	if m.Head.Fields&TopicDiffers != 0 {
		t.Error("topic said to differ")
	}
}

// A field that was written twice, the last time as something else than it should
// be, is as if it were not there: nothing of the first is left.
func TestScanForgetsEarlierDuplicates(t *testing.T) {
	for _, name := range []string{"topic", "msg_id", "username", "crypto"} {
		h, problem := ScanEnvelope(fmt.Appendf(nil, `{"%s":"first","%s":null}`, name, name))
		if problem.Code != ProblemNone || h.Topic != (Span{}) || h.MsgID != (Span{}) || h.Username != (Span{}) || h.Crypto != (Span{}) {
			t.Errorf("%s: %+v %+v", name, h, problem)
		}
	}
	for _, name := range []string{"timestamp", "i", "seq_id"} {
		h, problem := ScanEnvelope(fmt.Appendf(nil, `{"%s":7,"%s":"x"}`, name, name))
		if problem.Code != ProblemNone || h.SentUnixNano != 0 || h.I != 0 || h.SeqID != 0 {
			t.Errorf("%s: %+v %+v", name, h, problem)
		}
	}
}

func TestScanComparesTopics(t *testing.T) {
	for envelope, differs := range map[string]bool{
		`{"topic":"org.x"}`: false, `{"topic":"org.y"}`: true, `{"topic":"org.\u0078"}`: false, `{"msg":1}`: false,
	} {
		m := scanned(t, "org.x", envelope)
		if got := m.Head.Fields&TopicDiffers != 0; got != differs {
			t.Errorf("%s: differs = %v", envelope, got)
		}
	}
}

func TestScanProblems(t *testing.T) {
	deep := strings.Repeat("[", 100000)
	cases := []struct {
		name     string
		envelope string
		code     ProblemCode
		offset   uint32
	}{
		{"empty", "", ProblemEmpty, 0},
		{"not JSON", "hello", ProblemJSON, 0},
		{"a list", "[1,2]", ProblemNotObject, 0},
		{"a string", `"x"`, ProblemNotObject, 0},
		{"cut in a string", `{"topic":"o`, ProblemJSON, 11},
		{"cut after a colon", `{"topic":`, ProblemJSON, 9},
		{"two values", `{} {}`, ProblemJSON, 3},
		{"comma at the end", `{"a":1,}`, ProblemJSON, 7},
		{"leading zero", `{"a":01}`, ProblemJSON, 6},
		{"no digits", `{"a":-}`, ProblemJSON, 6},
		{"raw control character", "{\"a\":\"x\ny\"}", ProblemJSON, 7},
		{"bad escape", `{"a":"\x"}`, ProblemJSON, 6},
		{"bad unicode escape", `{"a":"\u00g0"}`, ProblemJSON, 6},
		{"wrong brackets", `{"a":[1}`, ProblemJSON, 7},
		{"not UTF-8", "{\"a\":\"x\xff\"}", ProblemUTF8, 7},
		{"not UTF-8, outside a string", "\xff\xfe", ProblemUTF8, 0},
		{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", ProblemUTF8, 6},
		{"deep", `{"a":` + deep, ProblemDepth, 5 + MaxDepth - 1},
		{"deep list", deep, ProblemDepth, MaxDepth},
		{"long number", `{"a":` + strings.Repeat("1", MaxDigits+1) + `}`, ProblemNumber, 5},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := scanned(t, "t", c.envelope)
			if m.Problem.Code != c.code || m.Problem.Offset != c.offset {
				t.Errorf("got %v at %d, want %v at %d", m.Problem.Code, m.Problem.Offset, c.code, c.offset)
			}
			if m.Problem.Reason() == "" {
				t.Error("no reason in words")
			}
		})
	}
	if m := scanned(t, "t", `{"a":`+strings.Repeat("[", MaxDepth-1)+strings.Repeat("]", MaxDepth-1)+`}`); m.Malformed() {
		t.Errorf("%d levels refused: %s", MaxDepth, m.Problem.Reason())
	}
}

func TestScanFrames(t *testing.T) {
	for n := range 5 {
		m := Message{Frames: make([][]byte, n)}
		for i := range m.Frames {
			m.Frames[i] = []byte(`{}`)
		}
		m.Scan()
		if (n == 2) == m.Malformed() {
			t.Errorf("%d frames: malformed = %v", n, m.Malformed())
		}
		if n != 2 && m.Problem.Code != ProblemFrames {
			t.Errorf("%d frames: %v", n, m.Problem.Code)
		}
	}
	m := scanned(t, "org.\xff", "{}")
	if m.Problem != (Problem{Code: ProblemTopicUTF8, Offset: 4}) {
		t.Errorf("topic not UTF-8: %+v", m.Problem)
	}
}

func TestSentTime(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "1": 1e9, "1344352929.415939": 1344352929415939000, "1.0000000019": 1000000001,
		"-1": -1e9, "1e3": 1000e9, "1.5e1": 15e9, "9200000000": 9200000000e9,
	} {
		m := scanned(t, "t", `{"timestamp":`+text+`}`)
		if !m.Head.Has(FieldTimestamp) || m.Head.SentUnixNano != want {
			t.Errorf("%s: %d, want %d", text, m.Head.SentUnixNano, want)
		}
	}
	for _, text := range []string{"9300000000", "1e300", "123456789012345678901234567890"} {
		m := scanned(t, "t", `{"timestamp":`+text+`}`)
		if m.Malformed() || m.Head.Has(FieldTimestamp) {
			t.Errorf("%s: %+v", text, m.Head)
		}
	}
}

func TestAppendUnquoted(t *testing.T) {
	for in, want := range map[string]string{
		`plain`: "plain", `\"\\\/\b\f\n\r\t`: "\"\\/\b\f\n\r\t", `\u00e9`: "é", `\ud83d\ude00`: "😀",
		`\ud800`: "\xed\xa0\x80", `\udfff`: "\xed\xbf\xbf", `\ud800\u0041`: "\xed\xa0\x80A", `\ud83d\ud83d\ude00`: "\xed\xa0\xbd😀",
		`\u00E9\uFFFF`: "é\uffff", `\`: `\`, `\u12`: `\u12`, "é": "é",
	} {
		if got := string(AppendUnquoted(nil, []byte(in))); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	m := Message{Frames: [][]byte{[]byte("org.fedoraproject.prod.git.receive"), []byte(sample)}}
	if n := testing.AllocsPerRun(100, m.Scan); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// vectors opens a file of the golden data that lives beside a working copy of
// this repository; a test that needs it is skipped where it is absent.
func vectors(t *testing.T, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "shared", "vectors", name))
	if err != nil {
		t.Skipf("no golden data beside this repository: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestScanAcceptsWhatPythonAccepts(t *testing.T) {
	lines := bufio.NewScanner(vectors(t, "canonical_json.jsonl"))
	lines.Buffer(nil, 64<<20)
	seen := 0
	for lines.Scan() {
		var c struct {
			ID      string  `json:"id"`
			Wire    *string `json:"wire"`
			WireB64 []byte  `json:"wire_b64"`
			Error   bool    `json:"error"`
			Limit   bool    `json:"interpreter_limit"`
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		// A lone surrogate in the test's own JSON cannot pass through a Go
		// string; such cases are tested above.
		if c.Limit || bytes.Contains(lines.Bytes(), []byte(`"\ud`)) {
			continue
		}
		text := c.WireB64
		if c.Wire != nil {
			text = []byte(*c.Wire)
		}
		_, p := ScanEnvelope(text)
		rejected := p.Code != ProblemNone && p.Code != ProblemNotObject
		if rejected != c.Error && p.Code != ProblemDepth && p.Code != ProblemNumber {
			t.Errorf("%s: %.80q: problem %v, Python rejects: %v", c.ID, text, p.Reason(), c.Error)
		}
		seen++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if seen < 300 {
		t.Errorf("only %d cases looked at", seen)
	}
}

func FuzzScanEnvelope(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte(`{"to\u0070ic":"a","msg":[NaN,-Infinity,1e5,"\ud800"]}`))
	f.Add([]byte(`[[[[{"a":"\xff`))
	f.Add([]byte(`{"timestamp":1.5e300,"seq_id":18446744073709551616}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, p := ScanEnvelope(b)
		// What the standard library takes for JSON, we do too, but for depth
		// and digits, where we are stricter, and bytes that are not UTF-8,
		// which it does not look at.
		if json.Valid(b) {
			switch p.Code {
			case ProblemNone, ProblemNotObject, ProblemDepth, ProblemNumber, ProblemUTF8:
			default:
				t.Fatalf("%q is JSON, but: %s", b, p.Reason())
			}
		} else if (p.Code == ProblemNone || p.Code == ProblemNotObject) && !bytes.Contains(b, []byte("NaN")) && !bytes.Contains(b, []byte("Infinity")) {
			t.Fatalf("%q is not JSON, but passed", b)
		}
		if p.Code != ProblemNone {
			return
		}
		var top map[string]json.RawMessage
		if json.Unmarshal(b, &top) != nil {
			return // NaN and such
		}
		if h.Has(FieldMsg) && !bytes.ContainsAny(b, "\\") {
			if want, got := top["msg"], b[h.MsgStart:h.MsgEnd]; !bytes.Equal(bytes.TrimSpace(want), got) {
				t.Fatalf("msg %q, want %q", got, want)
			}
		}
		for _, span := range []Span{h.Topic, h.MsgID, h.Username, h.Crypto} {
			_ = span.Text(b)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	for _, size := range []int{150, 1200, 16 << 10} {
		body := fmt.Sprintf(`{"i":17,"msg":{"text":"%s","n":[1,2,3,{"x":null}]},"msg_id":"2026-7f3e51c0-8a0e-4e21-9f7b-000000000001","timestamp":1795437003,"topic":"org.fedoraproject.prod.git.receive","username":"apache"}`, "")
		filler := strings.Repeat(`","k1":"value one","k2":[1,2,3],"k3":{"a":true,"b":"some longer text here"},"z":"`, max(0, (size-len(body))/83)+0)
		body = strings.Replace(body, `"text":""`, `"text":"`+filler+`"`, 1)
		m := Message{Frames: [][]byte{[]byte("org.fedoraproject.prod.git.receive"), []byte(body)}}
		b.Run(fmt.Sprint(len(body)), func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				m.Scan()
			}
			if m.Malformed() {
				b.Fatal(m.Problem.Reason())
			}
		})
	}
}
