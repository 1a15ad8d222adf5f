package crypto

import (
	"bytes"
	"context"
	stdbase64 "encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedmsg-tui/crypto/gpg"
)

// peer skips where a program is missing, or fails where it must be there.
func peer(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("FEDMSG_TUI_PEERS") == "require" {
		t.Fatalf("%s is missing", name)
	}
	t.Skipf("%s is missing", name)
	return ""
}

func run(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var envelopes = []string{
	`{"topic": "org.fedoraproject.dev.test.hello", "msg": {"text": "héllo", "n": 1.0, "big": 12345678901234567890, "deep": [null, true]}, "timestamp": 1767225600, "msg_id": "2026-1", "i": 1, "username": "me"}`,
	`{"i":1,"msg":{"n":1.5},"msg_id":"2026-1","timestamp":1767225600,"topic":"t","username":"apache"}`,
	`{"msg":[],"signature":"old","certificate":"old","crypto":"gpg"}`,
	`{"zz":1}`,
}

// What X509Signer makes has the form that fedmsg gives it, and OpenSSL accepts
// the signature over the canonical text.
func TestOpenSSLAcceptsWhatIsSigned(t *testing.T) {
	openssl := peer(t, "openssl")
	p := thePKI()
	_, certPEM := p.leaf("git-git01.example.org", nil)
	s, err := NewX509Signer(certPEM, p.keyPEM())
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != "git-git01.example.org" {
		t.Errorf("name %q", s.Name())
	}
	dir := t.TempDir()
	cert := write(t, filepath.Join(dir, "cert"), certPEM)
	key := filepath.Join(dir, "public")
	run(t, nil, openssl, "x509", "-in", cert, "-pubkey", "-noout", "-out", key)
	for _, envelope := range envelopes {
		out := signed(t, s, envelope)
		again, err := Canonical(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("not canonical: %s", out)
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(out, &fields); err != nil {
			t.Fatal(err)
		}
		var certificate, signature, scheme string
		for name, into := range map[string]*string{"certificate": &certificate, "signature": &signature, "crypto": &scheme} {
			if err := json.Unmarshal(fields[name], into); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if scheme != "x509" {
			t.Errorf("crypto %q", scheme)
		}
		for name, text := range map[string]string{"certificate": certificate, "signature": signature} {
			lines := strings.SplitAfter(text, "\n")
			if lines[len(lines)-1] != "" {
				t.Errorf("%s does not end with a line end", name)
			}
			for i, line := range lines[:len(lines)-1] {
				if n := len(line) - 1; n > 76 || n != 76 && i != len(lines)-2 {
					t.Errorf("%s: line %d has %d characters", name, i, n)
				}
			}
		}
		if pemText, err := stdbase64.StdEncoding.DecodeString(certificate); err != nil || !bytes.Equal(pemText, certPEM) {
			t.Errorf("the certificate is not base64 of the PEM text (%v)", err)
		}
		delete(fields, "certificate")
		delete(fields, "signature")
		text, err := json.Marshal(fields) // sorted, and compact; values are as they were
		if err != nil {
			t.Fatal(err)
		}
		if text, err = Canonical(text); err != nil {
			t.Fatal(err)
		}
		bytesOf, err := stdbase64.StdEncoding.DecodeString(signature)
		if err != nil {
			t.Fatal(err)
		}
		got := run(t, nil, openssl, "dgst", "-sha1", "-verify", key,
			"-signature", write(t, filepath.Join(dir, "sig"), bytesOf), write(t, filepath.Join(dir, "text"), text))
		if strings.TrimSpace(got) != "Verified OK" {
			t.Errorf("openssl: %s", got)
		}
	}
}

// A message that OpenSSL signed is accepted.
func TestWhatOpenSSLSignsIsAccepted(t *testing.T) {
	openssl := peer(t, "openssl")
	p := thePKI()
	_, certPEM := p.leaf("git01", nil)
	dir := t.TempDir()
	text, err := Canonical([]byte(`{"crypto":"x509",` + envelopes[1][1:]))
	if err != nil {
		t.Fatal(err)
	}
	sig := filepath.Join(dir, "sig")
	run(t, nil, openssl, "dgst", "-sha1", "-sign", write(t, filepath.Join(dir, "key"), p.keyPEM()), "-out", sig, write(t, filepath.Join(dir, "text"), text))
	signature, err := os.ReadFile(sig)
	if err != nil {
		t.Fatal(err)
	}
	message := fmt.Sprintf(`{"certificate":%q,"signature":%q,%s`,
		stdbase64.StdEncoding.EncodeToString(certPEM), stdbase64.StdEncoding.EncodeToString(signature), text[1:])
	got := NewVerifier(Options{Trust: p.trust(Material{}), Now: at(start)}).Judge(Subject{Envelope: []byte(message)})
	if got.Code != OK {
		t.Errorf("%v: %s", got.Code, got.Reason)
	}
}

func TestSignerRefuses(t *testing.T) {
	p := thePKI()
	_, good := p.leaf("git01", nil)
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, Bytes: []byte("secret")})
	for name, c := range map[string]struct {
		cert, key []byte
		says      string
	}{
		"no certificate":      {nil, p.keyPEM(), "is not PEM text"},
		"no key":              {good, good, "no private key is in the key file"},
		"damaged key":         {good, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: []byte("secret-bytes")}), "cannot be read"},
		"key with passphrase": {good, encrypted, "has a passphrase"},
		"key of another":      {p.caPEM, p.keyPEM(), "is not that of the certificate"},
	} {
		_, err := NewX509Signer(c.cert, c.key)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := p.signer(t, "git01", nil)
	for _, bad := range []string{"", "[]", `{"a":`, `"text"`} {
		if out, err := s.Sign([]byte(bad)); err == nil {
			t.Errorf("%q was signed: %s", bad, out)
		}
	}
}

// However a signer is printed, the key is not.
func TestSignersKeepTheirKeys(t *testing.T) {
	p := thePKI()
	s := p.signer(t, "git01", nil)
	secret := p.key.D.String()
	hexSecret := p.key.D.Text(16)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, value := range []any{s, *s, []any{s}, struct{ S *X509Signer }{s}} {
			text := fmt.Sprintf(verb, value)
			if strings.Contains(text, secret[:40]) || strings.Contains(strings.ToLower(text), hexSecret[:40]) {
				t.Errorf("%s of %T shows the key", verb, value)
			}
		}
	}
	if text, _ := json.Marshal([]any{s}); strings.Contains(string(text), secret[:40]) {
		t.Error("as JSON it shows the key")
	}
}

// gpg accepts what GPGSigner signs, over the canonical body alone, and what gpg
// signs is accepted here.
func TestGnuPGAcceptsWhatIsSigned(t *testing.T) {
	program := peer(t, "gpg")
	// A home has a socket in it, whose path must be short.
	dir, err := os.MkdirTemp("/tmp", "fedmsg")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"GNUPGHOME=" + dir}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", dir, "--kill", "gpg-agent").Run() // it may have ended
		os.RemoveAll(dir)
	})
	gpgRun := func(args ...string) string {
		return run(t, env, program, append([]string{"--batch", "--no-tty"}, args...)...)
	}
	gpgRun("--passphrase", "", "--pinentry-mode", "loopback", "--quick-gen-key", "Tester <tester@example.org>", "ed25519", "sign", "never")
	public, err := exec.Command(program, "--homedir", dir, "--export").Output()
	if err != nil {
		t.Fatal(err)
	}
	exported, err := exec.Command(program, "--homedir", dir, "--batch", "--pinentry-mode", "loopback", "--passphrase", "", "--export-secret-keys").Output()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := gpg.ReadSecretKeys(exported)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := keys.Signer("tester@example.org", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ring, _, err := gpg.ReadKeyring(public)
	if err != nil {
		t.Fatal(err)
	}
	v := NewVerifier(Options{Keyring: ring})
	s := NewGPGSigner(signer, nil)
	for _, envelope := range envelopes[:3] {
		out := signed(t, s, envelope)
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(out, &fields); err != nil {
			t.Fatal(err)
		}
		var field string
		if err := json.Unmarshal(fields["signature"], &field); err != nil || strings.Contains(field, "\n") || fields["certificate"] != nil {
			t.Errorf("signature %q, certificate %s (%v)", field, fields["certificate"], err)
		}
		signature, err := stdbase64.StdEncoding.DecodeString(field)
		if err != nil {
			t.Fatal(err)
		}
		body, err := Canonical(fields["msg"])
		if err != nil {
			t.Fatal(err)
		}
		gpgRun("--verify", write(t, filepath.Join(dir, "x.sig"), signature), write(t, filepath.Join(dir, "x"), body))
		if got := v.Judge(Subject{Envelope: out}); got.Code != BodyOnly || !strings.Contains(got.Reason, "not covered") || !strings.Contains(got.Signer, "tester@example.org") {
			t.Errorf("%v by %q: %s", got.Code, got.Signer, got.Reason)
		}
		// Topic, id and time are not covered; the body is.
		loose := bytes.Replace(out, []byte(`"timestamp":1767225600`), []byte(`"timestamp":1`), 1)
		if code, _ := v.Code(Subject{Envelope: loose}); code != BodyOnly {
			t.Errorf("with another time: %v", code)
		}
	}
	body := write(t, filepath.Join(dir, "y"), []byte(`{"n":1.5}`))
	gpgRun("--pinentry-mode", "loopback", "--passphrase", "", "--output", body+".sig", "--detach-sign", body)
	signature, err := os.ReadFile(body + ".sig")
	if err != nil {
		t.Fatal(err)
	}
	message := func(n string) Subject {
		return Subject{Envelope: fmt.Appendf(nil, `{"msg":{"n": %s},"signature":%q}`, n, stdbase64.StdEncoding.EncodeToString(signature))}
	}
	if got := v.Judge(message("1.50")); got.Code != BodyOnly {
		t.Errorf("signed by gpg: %v, %s", got.Code, got.Reason)
	}
	if got := v.Judge(message("1.51")); got.Code != Bad {
		t.Errorf("another body: %v, %s", got.Code, got.Reason)
	}
}

func TestCertificateName(t *testing.T) {
	names := map[string]string{"bodhi.app01": "bodhi-app01.example.org", "shell.app01": "shell-app01.example.org", "evil": "../../etc/x"}
	for _, c := range []struct {
		choice CertificateChoice
		want   string
		says   string
	}{
		{CertificateChoice{CertNames: names, Name: "bodhi.app01"}, "bodhi-app01.example.org", ""},
		{CertificateChoice{CertNames: names, CertPrefix: "bodhi", Name: "x", Hostname: "app01.example.org"}, "bodhi-app01.example.org", ""},
		{CertificateChoice{CertNames: names, Hostname: "app01"}, "shell-app01.example.org", ""},
		{CertificateChoice{CertNames: names, Hostname: "app02"}, "", "shell.app02: certnames knows bodhi.app01"},
		{CertificateChoice{CertNames: names, Name: "evil"}, "", "cannot be the name of a file"},
		{CertificateChoice{Name: "x"}, "", "certnames is empty"},
	} {
		got, err := CertificateName(c.choice)
		if got != c.want || (err != nil) != (c.says != "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %q, %v", c.choice, got, err)
		}
	}
}
