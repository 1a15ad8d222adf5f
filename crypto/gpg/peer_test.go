package gpg

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gpgHome is a home of the real GnuPG, with an agent of its own.
type gpgHome struct {
	t   *testing.T
	dir string
}

func newHome(t *testing.T) *gpgHome {
	t.Helper()
	if _, err := exec.LookPath("gpg"); err != nil {
		if os.Getenv("FEDMSG_TUI_PEERS") == "require" {
			t.Fatal("gpg is required and not here")
		}
		t.Skip("gpg is not here")
	}
	// A short path: the agent's socket is in it.
	dir, err := os.MkdirTemp("/tmp", "fmgpg")
	if err != nil {
		t.Fatal(err)
	}
	h := &gpgHome{t, dir}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, "gpgconf", "--homedir", dir, "--kill", "gpg-agent")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("stop the agent: %v: %s", err, out)
		}
		os.RemoveAll(dir)
	})
	return h
}

// try runs gpg, and gives what it printed and its status lines.
func (h *gpgHome) try(stdin []byte, args ...string) (out []byte, status string, err error) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	all := append([]string{
		"--homedir", h.dir, "--batch", "--no-tty", "--yes", "--status-fd", "2", "--pinentry-mode", "loopback",
	}, args...)
	cmd := exec.CommandContext(ctx, "gpg", all...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GNUPGHOME="+h.dir)
	cmd.WaitDelay = time.Second
	var stderr bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(stdin), &stderr
	out, err = cmd.Output()
	return out, stderr.String(), err
}

func (h *gpgHome) run(stdin string, args ...string) []byte {
	h.t.Helper()
	out, status, err := h.try([]byte(stdin), args...)
	if err != nil {
		h.t.Fatalf("gpg %q: %v\n%s", args, err, status)
	}
	return out
}

// generate makes a key, and gives its fingerprint.
func (h *gpgHome) generate(uid, algo, usage, expire string, more ...string) string {
	h.t.Helper()
	pass := []string{"--passphrase", ""}
	h.run("", append(append(pass, more...), "--quick-generate-key", uid, algo, usage, expire)...)
	for line := range strings.Lines(string(h.run("", "--with-colons", "--list-keys", "="+uid))) {
		if f := strings.Split(line, ":"); f[0] == "fpr" {
			return f[9]
		}
	}
	h.t.Fatal("no key was made")
	return ""
}

func (h *gpgHome) file(name string, b []byte) string {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		h.t.Fatal(err)
	}
	return path
}

// ring reads the home's own keybox.
func (h *gpgHome) ring() *Keyring {
	h.t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.dir, "pubring.kbx"))
	if err != nil {
		h.t.Fatal(err)
	}
	ring, skipped, err := ReadKeyring(raw)
	if err != nil || len(skipped) > 0 {
		h.t.Fatalf("read pubring.kbx: %v, %q", err, skipped)
	}
	return ring
}

func (h *gpgHome) keyFiles() [][]byte {
	h.t.Helper()
	names, err := filepath.Glob(filepath.Join(h.dir, "private-keys-v1.d", "*.key"))
	if err != nil || len(names) == 0 {
		h.t.Fatalf("no key files: %v", err)
	}
	var files [][]byte
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			h.t.Fatal(err)
		}
		files = append(files, b)
	}
	return files
}

// accepts has gpg check a signature that was made here.
func (h *gpgHome) accepts(signed, blob []byte, print string) {
	h.t.Helper()
	_, status, err := h.try(nil, "--verify", h.file("sig", blob), h.file("text", signed))
	if err != nil || !strings.Contains(status, "GOODSIG") || !strings.Contains(status, "VALIDSIG "+print) {
		h.t.Errorf("gpg refuses a signature by %s: %v\n%s", print, err, status)
	}
}

func TestPeerBothWays(t *testing.T) {
	h := newHome(t)
	primary := map[string]string{
		"rsa":     h.generate("Rsa <rsa@x.org>", "rsa2048", "default", "never"),
		"ed25519": h.generate("Ed <ed@x.org>", "ed25519", "sign", "never"),
		"p384":    h.generate("Nist <nist@x.org>", "nistp384", "sign", "never"),
		"dsa":     h.generate("Dsa <dsa@x.org>", "dsa1024", "sign", "never"),
		"sub":     h.generate("Sub <sub@x.org>", "rsa2048", "cert", "never"),
	}
	h.run("", "--passphrase", "", "--quick-add-key", primary["sub"], "ed25519", "sign", "never")
	h.run("", "--passphrase", "", "--quick-add-uid", primary["rsa"], "Another Name <other@x.org>")
	text := []byte("{\"a\":1}\nsecond line \r\nlast")
	ring := h.ring()
	exported, skipped, err := ReadKeyring(h.run("", "--export"))
	if err != nil || len(skipped) > 0 || exported.Len() != 5 {
		t.Fatalf("export: %d keys, %v %q", exported.Len(), err, skipped)
	}
	armored, skipped, err := ReadKeyring(h.run("", "--armor", "--export"))
	if err != nil || len(skipped) > 0 || armored.Len() != 5 || ring.Len() != 5 {
		t.Fatalf("armoured: %d keys, keybox: %d, %v %q", armored.Len(), ring.Len(), err, skipped)
	}
	for name, print := range primary {
		for _, opts := range [][]string{nil, {"--textmode"}, {"--digest-algo", "SHA1"}, {"--digest-algo", "RIPEMD160"}, {"--digest-algo", "SHA512"}} {
			if name == "p384" && len(opts) == 2 && opts[1] != "SHA512" {
				continue // gpg does not make these
			}
			args := append([]string{"-u", print, "-o", "-"}, opts...)
			blob := h.run(string(text), append(args, "--detach-sign")...)
			for _, ring := range []*Keyring{ring, exported, armored} {
				r := ring.Verify(text, blob, time.Now())
				if r.State != Good || r.Primary != print {
					t.Errorf("%s %q: %+v", name, opts, r)
				}
				if r := ring.Verify(append([]byte("x"), text...), blob, time.Now()); r.State != BadSignature {
					t.Errorf("%s %q, other text: %+v", name, opts, r)
				}
			}
		}
	}

	fromFiles, err := SecretKeyFiles(ring, h.keyFiles())
	if err != nil {
		t.Fatal(err)
	}
	fromExport, err := ReadSecretKeys(h.run("", "--passphrase", "", "--export-secret-keys"))
	if err != nil {
		t.Fatal(err)
	}
	fromArmor, err := ReadSecretKeys(h.run("", "--passphrase", "", "--armor", "--export-secret-keys"))
	if err != nil {
		t.Fatal(err)
	}
	for source, keys := range map[string]*SecretKeys{"key files": fromFiles, "export": fromExport, "armour": fromArmor} {
		for _, which := range []string{"rsa@x.org", "<ED@x.org>", primary["ed25519"], "0x" + primary["rsa"][24:], "=Nist <nist@x.org>", "sub@", "other@x"} {
			s, err := keys.Signer(which, time.Now())
			if err != nil {
				t.Errorf("%s: %v", source, err)
				continue
			}
			blob, err := s.Sign(text, time.Now())
			if err != nil {
				t.Errorf("%s: %v", source, err)
				continue
			}
			h.accepts(text, blob, s.Fingerprint())
			if r := ring.Verify(text, blob, time.Now()); r.State != Good || r.KeyID != s.KeyID() || r.UserID != s.UserID() {
				t.Errorf("%s, %s: %+v", source, which, r)
			}
		}
		if _, err := keys.Signer("dsa@x.org", time.Now()); err == nil || !strings.Contains(err.Error(), "DSA") {
			t.Errorf("%s, DSA: %v", source, err)
		}
		if _, err := keys.Signer(primary["sub"]+"!", time.Now()); err == nil || !strings.Contains(err.Error(), "not meant for signing") {
			t.Errorf("%s, exactly the primary key: %v", source, err)
		}
		if _, err := keys.Signer("x.org", time.Now()); err == nil || !strings.Contains(err.Error(), "fits several") {
			t.Errorf("%s, several: %v", source, err)
		}
		if _, err := keys.Signer("nobody", time.Now()); err == nil || !strings.Contains(err.Error(), "ed@x.org") {
			t.Errorf("%s, none: %v", source, err)
		}
		noSecrets(t, keys)
	}

	// A home on a card, or with the primary key kept elsewhere.
	stub, err := ReadSecretKeys(h.run("", "--passphrase", "", "--export-secret-subkeys", primary["sub"]))
	if err != nil {
		t.Fatal(err)
	}
	if s, err := stub.Signer("", time.Now()); err != nil || s.key.sub == nil {
		t.Errorf("subkey alone: %v", err)
	}
	_, err = ReadSecretKeys(h.run("", "--passphrase", "", "--export-secret-subkeys", primary["ed25519"]))
	if err == nil || !strings.Contains(err.Error(), "exported without it") {
		t.Errorf("stub: %v", err)
	}
}

func TestPeerStates(t *testing.T) {
	h := newHome(t)
	text := []byte(`{"a":1}`)
	sign := func(print string, opts ...string) []byte {
		return h.run(string(text), append(opts, "-u", print, "-o", "-", "--detach-sign")...)
	}
	check := func(what string, blob []byte, want State, gpgSays string) Result {
		t.Helper()
		r := h.ring().Verify(text, blob, time.Now())
		if r.State != want {
			t.Errorf("%s: %v (%s), want %v", what, r.State, r.Reason, want)
		}
		if _, status, _ := h.try(nil, "--verify", h.file("sig", blob), h.file("text", text)); !strings.Contains(status, gpgSays) {
			t.Errorf("%s: gpg does not say %s:\n%s", what, gpgSays, status)
		}
		return r
	}

	expired := h.generate("Expired <e@x.org>", "ed25519", "sign", "1y", "--faked-system-time", "20200101T000000")
	r := check("expired", sign(expired, "--faked-system-time", "20200601T000000"), GoodKeyExpired, "EXPKEYSIG")
	if r.ExpiredAt.Year() != 2020 || r.SignedAt.Month() != time.June {
		t.Errorf("%+v", r)
	}
	// gpg signs only with a key that it thinks to be valid: the key is longer
	// lived for the moment of signing, which the other ring does not know.
	before := h.ring()
	h.run("", "--passphrase", "", "--quick-set-expire", expired, "0")
	late := sign(expired)
	if r := before.Verify(text, late, time.Now()); r.State != KeyExpiredBefore {
		t.Errorf("after expiry: %+v", r)
	}
	check("prolonged", late, Good, "GOODSIG")

	ended := sign(expired, "--default-sig-expire", "1d", "--faked-system-time", "20200601T000000")
	if r := check("ended", ended, SignatureExpired, "EXPSIG"); r.ExpiredAt.Day() != 2 {
		t.Errorf("%+v", r)
	}
	check("future", sign(expired, "--faked-system-time", fmt.Sprintf("%d0101T000000", time.Now().Year()+3)), NotYetValid, "")

	revoked := h.generate("Revoked <r@x.org>", "ed25519", "sign", "never")
	blob := sign(revoked)
	check("not yet revoked", blob, Good, "GOODSIG")
	cert, err := os.ReadFile(filepath.Join(h.dir, "openpgp-revocs.d", revoked+".rev"))
	if err != nil {
		t.Fatal(err)
	}
	cert = bytes.ReplaceAll(cert, []byte(":-----"), []byte("-----"))
	plain, _, err := ReadKeyring(h.run("", "--export", revoked))
	if err != nil {
		t.Fatal(err)
	}
	h.run(string(cert), "--import")
	if r := check("revoked", blob, KeyRevoked, "REVKEYSIG"); r.RevokedAt.IsZero() {
		t.Errorf("%+v", r)
	}
	if r := Join(plain, h.ring()).Verify(text, blob, time.Now()); r.State != KeyRevoked {
		t.Errorf("joined: %+v", r)
	}

	// A subkey revoked with gpg's own dialogue.
	main := h.generate("Main <m@x.org>", "ed25519", "cert", "never")
	h.run("", "--passphrase", "", "--quick-add-key", main, "ed25519", "sign", "never")
	blob = sign(main)
	check("subkey", blob, Good, "GOODSIG")
	h.run("key 1\nrevkey\ny\n2\nlost\n\ny\nsave\n", "--passphrase", "", "--command-fd", "0", "--no-batch", "--edit-key", main)
	if r := check("subkey revoked", blob, KeyRevoked, "REVKEYSIG"); !strings.Contains(r.Reason, "lost") {
		t.Errorf("%+v", r)
	}
	_, err = SecretKeyFiles(h.ring(), h.keyFiles())
	if err != nil {
		t.Error(err)
	}
}

func TestPeerPassphrase(t *testing.T) {
	h := newHome(t)
	h.run("", "--passphrase", "open sesame", "--quick-generate-key", "Locked <l@x.org>", "ed25519", "sign", "never")
	_, err := SecretKeyFiles(h.ring(), h.keyFiles())
	if err == nil || !strings.Contains(err.Error(), "protected with a passphrase") || !strings.Contains(err.Error(), "l@x.org") {
		t.Errorf("key file: %v", err)
	}
	_, err = ReadSecretKeys(h.run("", "--passphrase", "open sesame", "--export-secret-keys"))
	if err == nil || !strings.Contains(err.Error(), "protected with a passphrase") {
		t.Errorf("export: %v", err)
	}
	open := h.generate("Open <o@x.org>", "rsa1024", "sign", "never")
	keys, err := SecretKeyFiles(h.ring(), h.keyFiles())
	if err != nil {
		t.Fatal(err)
	}
	if s, err := keys.Signer("", time.Now()); err != nil || s.Fingerprint() != open {
		t.Errorf("the key that can sign: %v %v", s, err)
	}
	if _, err := keys.Signer("l@x.org", time.Now()); err == nil || !strings.Contains(err.Error(), "passphrase") {
		t.Errorf("the key that cannot: %v", err)
	}
}
