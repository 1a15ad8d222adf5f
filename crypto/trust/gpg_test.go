package trust

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fedmsg-tui/crypto"
)

// A GnuPG home as gpg makes it: what is signed with its keys is checked with
// its keyring.
func TestGnuPGHome(t *testing.T) {
	program, err := exec.LookPath("gpg")
	if err != nil {
		if os.Getenv("FEDMSG_TUI_PEERS") == "require" {
			t.Fatal("gpg is missing")
		}
		t.Skip("gpg is missing")
	}
	home, err := os.MkdirTemp("/tmp", "fedmsg") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.Command("gpgconf", "--homedir", home, "--kill", "gpg-agent").Run() // it may have ended
		os.RemoveAll(home)
	})
	gpgRun := func(args ...string) []byte {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, program, append([]string{"--homedir", home, "--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)...).Output()
		if err != nil {
			t.Fatalf("gpg %v: %v", args, err)
		}
		return out
	}
	gpgRun("--quick-gen-key", "one@example.org", "rsa2048", "sign", "never")
	gpgRun("--quick-gen-key", "two@example.org", "ed25519", "sign", "never")
	exported := filepath.Join(t.TempDir(), "secret.asc")
	if err := os.WriteFile(exported, gpgRun("--armor", "--export-secret-keys"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := New(Options{Keyrings: []string{home}})
	s.Load(context.Background())
	says(t, s)
	if n := s.Keyring().Len(); n != 2 {
		t.Fatalf("%d keys", n)
	}
	v := crypto.NewVerifier(crypto.Options{Keyring: s.Keyring()})
	for _, path := range []string{home, exported} {
		for _, who := range []string{"one@example.org", "two@example.org"} {
			signer, warnings, err := LoadGPGSigner(path, who)
			if err != nil {
				t.Fatal(err)
			}
			if exposed := strings.Contains(strings.Join(warnings, ""), "can be read by everybody"); exposed != (path == exported) {
				t.Errorf("%s: warnings %q", path, warnings)
			}
			message, err := signer.Sign([]byte(`{"msg":{"n":1.0},"topic":"t"}`))
			if err != nil {
				t.Fatal(err)
			}
			if got := v.Judge(crypto.Subject{Envelope: message}); got.Code != crypto.BodyOnly || !strings.Contains(got.Signer, who) {
				t.Errorf("%s as %s: %v by %q, %s", path, who, got.Code, got.Signer, got.Reason)
			}
		}
	}
	if _, _, err := LoadGPGSigner(home, "nobody@example.org"); err == nil {
		t.Error("a key that is not there signs")
	}
	if _, _, err := LoadGPGSigner(t.TempDir(), ""); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("an empty home: %v", err)
	}
}
