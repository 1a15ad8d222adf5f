package demo

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"fedmsg-tui/crypto"
)

// folders lists what buses have left in the folder for temporary files, which
// is the test's own.
func folders(t *testing.T) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestBusPublishesWhatJudgesIt(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b := serve(t, ServeOptions{Script: Options{Seed: 31, RatePerSecond: 2000, Count: 800}, WaitSubscribers: 1, Signed: true})
	for _, path := range []string{b.CA(), b.CRL(), b.Keyring()} {
		if info, err := os.Stat(path); err != nil || !filepath.IsAbs(path) || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", path, info, err)
		}
	}
	dir := filepath.Dir(b.CA())
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info, err)
	}
	said := b.Announcement()
	if said.CA == nil || *said.CA != b.CA() || said.CRL == nil || *said.CRL != b.CRL() {
		t.Errorf("announced: %+v", said)
	}
	l := subscribe(t, b.Endpoints())
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	l.until(t, "end", func(l *listener) bool { return l.total >= 800 })
	// The script is over, and who is looking at it can still judge.
	r := newReceiver(t, b.files, time.Now())
	codes := make(map[crypto.Code]int)
	for i := range Sockets() {
		for _, m := range l.from(i + 1) {
			if m.Scan(); m.Malformed() {
				continue
			}
			v := r.judge(Emission{Frames: m.Frames})
			codes[v.Code]++
		}
	}
	if codes[crypto.OK] == 0 || codes[crypto.Repaired] == 0 || codes[crypto.NoPolicy] == 0 || codes[crypto.BodyOnly] == 0 || codes[crypto.Unsigned] == 0 {
		t.Errorf("found: %v", codes)
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if left := folders(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBusRevokesACertificate(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b := serve(t, ServeOptions{Script: Options{Seed: 32, RatePerSecond: 0.001, Start: defaultStart}, Signed: true})
	r := newReceiver(t, b.files, defaultStart)
	script := NewScript(Options{Seed: 32, Tame: true, Authority: b.files.authority})
	script.clock.set(0)
	e := script.from(revokedService, KindAmbience)
	if v := r.judge(e); v.Code != crypto.OK {
		t.Errorf("at first: %s (%s)", v.Code, v.Reason)
	}
	later := Emission{Socket: SocketFedora, Frames: e.Frames, At: revokedAt}
	// The pacer waits for minutes at this rate, so it does not send meanwhile.
	if err := b.send(t.Context(), later); err != nil {
		t.Fatal(err)
	}
	r.now = defaultStart.Add(revokedAt)
	if !r.store.Load(t.Context()) {
		t.Fatal("the file is the same")
	}
	r.verifier.Use(r.store.Trust(), r.store.Keyring())
	if v := r.judge(e); v.Code != crypto.Revoked {
		t.Errorf("later: %s (%s)", v.Code, v.Reason)
	}
}

func TestFilesEndWithTheBus(t *testing.T) {
	t.Run("cancelled", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		b, err := Serve(ctx, ServeOptions{Signed: true})
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := b.Wait(); err != nil {
			t.Error(err)
		}
		if left := folders(t); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	t.Run("port is taken", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir())
		taken, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer taken.Close()
		_, port, _ := net.SplitHostPort(taken.Addr().String())
		n, err := strconv.Atoi(port)
		if err != nil || n > 65000 {
			t.Skip("no such ports: ", port)
		}
		if b, err := Serve(t.Context(), ServeOptions{Port: n, Signed: true}); err == nil {
			b.Close()
			t.Fatal("two listen on one port")
		}
		if left := folders(t); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	t.Run("no folder", func(t *testing.T) {
		t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
		if b, err := Serve(t.Context(), ServeOptions{Signed: true}); err == nil {
			b.Close()
			t.Fatal("it has no place for its files")
		}
	})
}

func TestUnsignedBusHasNoFiles(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b := serve(t, ServeOptions{})
	said := b.Announcement()
	if said.CA != nil || said.CRL != nil || b.CA() != "" || b.CRL() != "" || b.Keyring() != "" || b.Policy() != nil || len(folders(t)) > 0 {
		t.Errorf("%+v, %q, %v", said, b.CA(), b.Policy())
	}
}
