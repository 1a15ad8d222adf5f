package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// signedBus is the demo's bus and where its trust is.
func signedBus(t *testing.T, args ...string) (endpoints []string, ca, crl string) {
	t.Helper()
	b := start(t, home(t), binary, append([]string{"demo", "--serve"}, args...)...)
	t.Cleanup(func() { _ = b.cmd.Process.Signal(os.Interrupt) })
	var said struct {
		Endpoints []string
		CA, CRL   string
	}
	if err := json.Unmarshal([]byte(b.line(t)), &said); err != nil {
		t.Fatal(err)
	}
	// The bus takes its files with it when it ends, after its last message.
	copied := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		path = filepath.Join(t.TempDir(), filepath.Base(path))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return said.Endpoints, copied(said.CA), copied(said.CRL)
}

// A stream with forgeries in it: --verdicts says what each message is,
// --validate prints the good ones alone and warns of the others, and verify
// says of the same envelopes what tail said.
func TestTailTellsForgeries(t *testing.T) {
	const count = "4000"
	endpoints, ca, crl := signedBus(t, "--rate", "2000", "--count", count)
	all := run(t, append(endpointFlags(endpoints), "tail", "--ca", ca, "--crl", crl, "--verdicts", "--count", count, "--timeout", "4s")...)
	counts := map[string]int{}
	var envelopes strings.Builder
	for line := range strings.Lines(all.out) {
		// The envelope is as received, with NaN in it, so not Go's JSON.
		text, envelope, found := strings.Cut(strings.TrimSuffix(line, "}\n"), `,"envelope":`)
		var verdict struct{ Class, Code, Reason string }
		if err := json.Unmarshal([]byte(strings.TrimPrefix(text, `{"verdict":`)), &verdict); err != nil || !found || verdict.Reason == "" {
			t.Fatalf("%v: %.200s", err, line)
		}
		counts[verdict.Code]++
		envelopes.WriteString(envelope + "\n")
	}
	for _, code := range []string{"ok", "nopolicy", "repaired", "unsigned", "bad", "untrusted", "revoked", "no-key"} {
		// Without the demo's policy nothing is nopolicy; without its keyring
		// GnuPG's signatures are no-key.
		if want := code != "nopolicy"; (counts[code] > 0) != want {
			t.Errorf("%d of the code %s: %v\n%s", counts[code], code, counts, all.err)
		}
	}
	file := filepath.Join(t.TempDir(), "envelopes.jsonl")
	if err := os.WriteFile(file, []byte(envelopes.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	again := map[string]int{}
	for line := range strings.Lines(run(t, "verify", "--ca", ca, "--crl", crl, "--format", "json", file).out) {
		var v struct{ Code string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		again[v.Code]++
	}
	// A frame whose topic differs is nowhere in the envelope.
	for code, n := range counts {
		if code != "envelope" && again[code] < n {
			t.Errorf("verify says %s of %d, tail of %d", code, again[code], n)
		}
	}
}

func TestTailValidates(t *testing.T) {
	endpoints, ca, crl := signedBus(t, "--rate", "2000", "--count", "3000")
	got := run(t, append(endpointFlags(endpoints), "tail", "--ca", ca, "--crl", crl, "--validate", "--timeout", "3s")...)
	for line := range strings.Lines(got.out) {
		if code := strings.Fields(line)[2]; code != "ok" && code != "repaired" && code != "expired-since" && code != "stale-crl" {
			t.Fatalf("%s is printed: %s", code, line)
		}
	}
	var received, printed, hidden, malformed, dropped int
	for line := range strings.Lines(got.err) {
		_, _ = fmt.Sscanf(line, "received %d, printed %d, hidden %d, malformed %d, dropped %d", &received, &printed, &hidden, &malformed, &dropped)
	}
	if received != 3000 || printed+hidden+malformed != received || printed == 0 || hidden == 0 || printed != strings.Count(got.out, "\n") {
		t.Errorf("received %d, printed %d, hidden %d, malformed %d:\n%s", received, printed, hidden, malformed, got.err)
	}
	for _, part := range []string{"not printed: bad: ", "not printed: unsigned: ", "not printed because of their signature: "} {
		if !strings.Contains(got.err, part) {
			t.Errorf("no %q in %s", part, got.err)
		}
	}
}

// Files that cannot be used are said, and make nothing forged.
func TestTailWithoutUsableTrust(t *testing.T) {
	endpoints, ca, _ := signedBus(t, "--rate", "500")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code string
		says string
	}{
		"CA is missing": {[]string{"--ca", empty + ".not"}, "no-ca", "no such file"},
		"CA is empty":   {[]string{"--ca", empty}, "no-ca", "is empty"},
		"CRL is empty":  {[]string{"--ca", ca, "--crl", empty}, "no-crl", "is empty"},
	} {
		got := run(t, append(endpointFlags(endpoints), append([]string{"tail", "--verdicts", "--filter", "sig:unknown -sig:no-key", "--count", "20", "--timeout", "20s"}, c.args...)...)...)
		if got.code != 0 || strings.Count(got.out, `"code":"`+c.code+`"`) == 0 || !strings.Contains(got.err, c.says) {
			t.Errorf("%s: status %d, %.300s\n%s", name, got.code, got.out, got.err)
		}
	}
}

// The folder of the demo's trust goes away with it, however it ends.
func TestDemoCleansUp(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, os.Kill} {
		cmd := exec.Command(binary, "demo", "--serve")
		cmd.Env = home(t)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var said struct{ CA string }
		if err := json.NewDecoder(out).Decode(&said); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(filepath.Dir(said.CA)); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the folder of the CA: %v, %v", info, err)
		}
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		limit := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // by a signal, or in order
		limit.Stop()
		_, err = os.Stat(filepath.Dir(said.CA))
		if gone := os.IsNotExist(err); gone != (signal == os.Interrupt) {
			t.Errorf("after %v: %v", signal, err)
		}
		if err := os.RemoveAll(filepath.Dir(said.CA)); err != nil {
			t.Error(err)
		}
	}
}

// What the explorer shows of signatures.
func TestExplorerShowsSignatures(t *testing.T) {
	m := openTmux(t, 120, 40)
	m.typed(binary + " demo --no-guide --rate 200")
	m.keys("Enter")
	m.waitFor("LIVE follow", "sig ", " ok ", " fix ", " bod ", " uns ")
	m.typed("f")
	m.typed("sig:invalid")
	m.keys("Enter")
	m.wait(func(s string) bool { return strings.Contains(s, "✗ ") && !strings.Contains(s, "✓ ok ") }, "only what is invalid")
	m.typed("E")
	m.typed("s")
	m.waitFor("1 fields", "class", "invalid; filters: sig:")
	m.typed("c")
	m.wait(func(s string) bool {
		return strings.Contains(s, "common name") || strings.Contains(s, "no certificate")
	}, "the certificate")
	m.escape()
	m.typed("gc")
	m.waitFor("SIG", "off")
	m.escape()
	m.typed("q")
	m.waitFor("received ")
	m.restored()
}
