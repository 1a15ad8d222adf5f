package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"fedmsg-tui/crypto"
	"fedmsg-tui/internal/testca"
)

// signing is a CA of now, which signs itself.
var signing = sync.OnceValue(func() (out struct {
	ca     []byte
	signer *crypto.X509Signer
}) {
	ca := testca.New(testca.Subject{Name: "git01", Serial: 1, From: time.Now().AddDate(0, 0, -1), To: time.Now().AddDate(1, 0, 0)}, testca.Key(1024))
	signer, err := crypto.NewX509Signer(ca.PEM, ca.KeyPEM())
	if err != nil {
		panic(err)
	}
	out.ca, out.signer = ca.PEM, signer
	return out
})

func signedLine(t *testing.T, i int) string {
	t.Helper()
	line, err := signing().signer.Sign(fmt.Appendf(nil, `{"i":%d,"msg":{"n":1},"msg_id":"2026-%d","timestamp":%d,"topic":"a.b.prod.c"}`, i, i, time.Now().Unix()))
	if err != nil {
		t.Fatal(err)
	}
	return string(line) + "\n"
}

// ran runs the program with nothing of this machine's settings.
func ran(t *testing.T, in string, args ...string) (code int, out, errs string) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	t.Setenv("XDG_CACHE_HOME", home)
	t.Setenv("FEDMSG_CONFIG", writeFile(t, "empty.py", "config = {}\n"))
	var o, e bytes.Buffer
	code = run(context.Background(), args, streams{strings.NewReader(in), &o, &e})
	return code, o.String(), e.String()
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// verdictJSON is a line of verify --format json.
type verdictJSON struct {
	Line                               int
	MsgID                              string `json:"msg_id"`
	Topic, Class, Code, Signer, Reason string
	Repairs                            []string
	Steps                              []struct{ Step, Result, Note string }
}

func TestVerdictJSON(t *testing.T) {
	v := crypto.Verdict{MsgID: "a\"b", Topic: "t\u202e\x9b\xff<", Code: crypto.Repaired, Signer: "bödhi", Reason: "because\n", Repairs: []string{"one", "two"},
		Steps: []crypto.Step{{Name: "fields", Result: crypto.StepOK, Note: "note"}, {Name: "chain", Result: crypto.StepNotReached}}}
	for _, line := range []int{0, 7} {
		text := appendVerdictJSON(nil, line, &v)
		var got verdictJSON
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		want := verdictJSON{Line: line, MsgID: v.MsgID, Topic: "t\u202e\ufffd\ufffd<", Class: "caveat", Code: "repaired", Signer: v.Signer, Reason: v.Reason, Repairs: v.Repairs}
		steps := got.Steps
		got.Steps = nil
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		if len(steps) != 2 || steps[0].Note != "note" || steps[1].Result != "not reached" {
			t.Errorf("steps %+v", steps)
		}
		if strings.ContainsAny(string(text), "\u202e\u009b") || strings.Count(string(text), "\n") != 1 {
			t.Errorf("%q", text)
		}
	}
}

func TestVerify(t *testing.T) {
	ca := writeFile(t, "ca.crt", string(signing().ca))
	good := signedLine(t, 1)
	bad := strings.Replace(good, `"n":1`, `"n":2`, 1)
	stored := `{"seq_id":4,` + good[1:]
	unsigned := `{"msg":{},"topic":"a.b.prod.c"}` + "\n"
	record := `{"body":{},"headers":{},"id":"x","topic":"t"}` + "\n"
	allow := writeFile(t, "allow.json", `{"a.b.prod.c":["git01"]}`)
	deny := writeFile(t, "deny.json", `{"routing_policy":{"a.b.prod.c":"somebody"}}`)
	nitpicky := writeFile(t, "nitpicky.json", `{"routing_policy":{},"routing_nitpicky":true}`)
	for name, c := range map[string]struct {
		in    string
		args  []string
		code  int
		codes []string
		errs  string
	}{
		"good":              {good, []string{"--ca", ca}, 0, []string{"ok"}, "judged 1, ok 1"},
		"nothing":           {"", []string{"--ca", ca}, 0, nil, "judged 0"},
		"empty lines":       {"\n" + good + " \n\n", []string{"--ca", ca}, 0, []string{"ok"}, ""},
		"without an end":    {strings.TrimSpace(good), []string{"--ca", ca}, 0, []string{"ok"}, ""},
		"with CRLF":         {strings.TrimSpace(good) + "\r\n", []string{"--ca", ca}, 0, []string{"ok"}, ""},
		"caveat and broker": {stored + record, []string{"--ca", ca}, 0, []string{"repaired", "broker"}, ""},
		"strict":            {stored + good, []string{"--ca", ca, "--strict"}, 1, []string{"bad", "ok"}, ""},
		"forged":            {good + bad, []string{"--ca", ca}, 1, []string{"ok", "bad"}, ""},
		"unsigned":          {unsigned, []string{"--ca", ca}, 1, []string{"unsigned"}, ""},
		"no CA":             {good, nil, 3, []string{"no-ca"}, ""},
		"no CA, and forged": {good + bad, nil, 1, []string{"no-ca", "bad"}, ""},
		"CA is missing":     {good, []string{"--ca", ca + ".not"}, 3, []string{"no-ca"}, "no such file"},
		"CRL is missing":    {good, []string{"--ca", ca, "--crl", ca + ".not"}, 3, []string{"no-crl"}, "no such file"},
		"CRL is empty":      {good, []string{"--ca", ca, "--crl", writeFile(t, "e", "")}, 3, []string{"no-crl"}, "is empty"},
		"allowed":           {good, []string{"--ca", ca, "--policy", allow, "--nitpicky"}, 0, []string{"ok"}, ""},
		"denied":            {good, []string{"--ca", ca, "--policy", deny}, 1, []string{"policy"}, ""},
		"nitpicky":          {good, []string{"--ca", ca, "--policy", nitpicky}, 1, []string{"policy"}, ""},
		"backends":          {good, []string{"--ca", ca, "--backends", "gpg"}, 3, []string{"no-backend"}, ""},
		"at a time":         {good, []string{"--ca", ca, "--at", "2001-01-01"}, 1, []string{"expired"}, ""},
		"when sent":         {good, []string{"--ca", ca, "--at", "sent"}, 0, []string{"ok"}, ""},
		"afresh":            {good + good, []string{"--ca", ca, "--no-cache"}, 0, []string{"ok", "ok"}, ""},
		"garbage":           {"garbage\n[1]\n" + good, []string{"--ca", ca}, 1, []string{"malformed", "malformed", "ok"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := ran(t, c.in, append([]string{"verify"}, c.args...)...)
			var codes []string
			for line := range strings.Lines(out) {
				codes = append(codes, strings.Fields(line)[2])
			}
			if code != c.code || fmt.Sprint(codes) != fmt.Sprint(c.codes) || !strings.Contains(errs, c.errs) {
				t.Errorf("status %d, %v, want %d, %v, %q\n%s%s", code, codes, c.code, c.codes, c.errs, out, errs)
			}
			code, out, _ = ran(t, c.in, append([]string{"verify", "--format", "json"}, c.args...)...)
			codes = nil
			for line := range strings.Lines(out) {
				var v verdictJSON
				if err := json.Unmarshal([]byte(line), &v); err != nil {
					t.Fatalf("%v: %s", err, line)
				}
				codes = append(codes, v.Code)
				if v.Line < 1 || v.Class == "" || v.Reason == "" || v.Steps == nil {
					t.Errorf("something is missing: %s", line)
				}
			}
			if code != c.code || fmt.Sprint(codes) != fmt.Sprint(c.codes) {
				t.Errorf("as JSON: status %d, %v", code, codes)
			}
		})
	}
}

func TestVerifyKeepsTheOrder(t *testing.T) {
	ca := writeFile(t, "ca.crt", string(signing().ca))
	var in strings.Builder
	const n = 3*linesTogether + 7
	for i := range n {
		if i%3 == 0 {
			in.WriteString(signedLine(t, i))
		} else {
			fmt.Fprintf(&in, `{"msg_id":"2026-%d"}`+"\n", i)
		}
	}
	file := writeFile(t, "messages.jsonl", in.String())
	code, out, errs := ran(t, "", "verify", "--format", "json", "--ca", ca, file, file)
	if code != 1 {
		t.Fatalf("status %d: %s", code, errs)
	}
	i := 0
	for line := range strings.Lines(out) {
		var v verdictJSON
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("2026-%d", i%n); v.MsgID != want || v.Line != i%n+1 || (v.Code == "ok") != (i%n%3 == 0) {
			t.Fatalf("%d: %+v", i, v)
		}
		i++
	}
	if i != 2*n {
		t.Errorf("%d verdicts of %d", i, 2*n)
	}
}

func TestVerifyUsage(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"time":          {[]string{"--at", "yesterday"}, 2, "is no time"},
		"format":        {[]string{"--format", "xml"}, 2, "text or json"},
		"backend":       {[]string{"--backends", "x509,pgp"}, 2, `"pgp" is neither`},
		"policy":        {[]string{"--policy", "/nonexistent"}, 1, "read the routing policy /nonexistent: no such file"},
		"policy's form": {[]string{"--policy", writeFile(t, "p", `{"a":[1]}`)}, 1, `what it says of "a" is not a list of names`},
		"no policy":     {[]string{"--policy", "/dev/zero"}, 1, "longer than"},
		"policy's text": {[]string{"--policy", writeFile(t, "p", `[`)}, 1, "not a JSON object"},
		"file":          {[]string{"/nonexistent"}, 1, "read /nonexistent: no such file"},
		"folder":        {[]string{"/"}, 1, "read /: is a directory"},
		"both":          {[]string{"--validate", "--no-validate"}, 2, "exclude each other"},
	} {
		code, out, errs := ran(t, "", append([]string{"verify"}, c.args...)...)
		if code != c.code || !strings.Contains(errs, c.says) || out != "" || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: status %d, want %d and %q:\n%s%s", name, code, c.code, c.says, out, errs)
		}
	}
}

// A line that nobody should send is one verdict, and hostile text cannot reach
// the terminal.
func TestVerifyHostile(t *testing.T) {
	long := `{"msg":"` + strings.Repeat("x", 3<<20) + `"}` + "\n"
	escapes := `{"topic":"a\u001b[31m\u009b\u202e","msg_id":"\u001b]0;x\u0007","crypto":"\u001b[2J","signature":"x"}` + "\n"
	for _, format := range []string{"text", "json"} {
		_, out, _ := ran(t, long+escapes+strings.Repeat("[", 1<<20)+"\n", "verify", "--format", format)
		if strings.Count(out, "\n") != 3 {
			t.Errorf("%d lines", strings.Count(out, "\n"))
		}
		for _, r := range out {
			if r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == 0x202e {
				t.Errorf("%s: %q reaches the terminal", format, r)
			}
		}
	}
}

// Who asks verify to end while it waits for input is obeyed at once, and has the
// verdicts of all that was read.
func TestVerifyEndsWhileItWaits(t *testing.T) {
	t.Setenv("FEDMSG_CONFIG", writeFile(t, "empty.py", "config = {}\n"))
	in, send := io.Pipe()
	out, printed := io.Pipe()
	defer send.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		ended <- run(ctx, []string{"verify"}, streams{in, printed, &errs})
		printed.Close()
	}()
	go io.WriteString(send, `{"msg_id":"2026-1"}`+"\n"+`{"msg_id":`)
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, "2026-1") {
		t.Fatalf("%q, %v", line, err)
	}
	cancel() // no more input comes, and nobody closes it
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	<-ended
	if strings.Contains(string(rest), "2026-1") || !strings.Contains(errs.String(), "judged ") {
		t.Errorf("%s%s", rest, errs.String())
	}
}

// A policy by a file does not lift what the settings demand.
func TestVerifyPolicyKeepsNitpicky(t *testing.T) {
	settings := writeFile(t, "strict.py", "config = {'routing_nitpicky': True}\n")
	policy := writeFile(t, "policy.json", `{"x.y.prod.z":["git01"]}`)
	ca := writeFile(t, "ca.crt", string(signing().ca))
	code, out, errs := ran(t, signedLine(t, 1), "verify", "--fedmsg-config", settings, "--ca", ca, "--policy", policy)
	if code != 1 || !strings.Contains(out, "policy") {
		t.Errorf("status %d: %s%s", code, out, errs)
	}
}
