package trust

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/crypto"
	"fedmsg-tui/internal/testca"
)

var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // also where a bubble's clock begins

func authority(name string, serial int64) *testca.Authority {
	return testca.New(testca.Subject{Name: name, Serial: serial, From: start.AddDate(-1, 0, 0), To: start.AddDate(40, 0, 0)}, testca.Key(2048))
}

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	// As programs do it that want nobody to see half of a file.
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	return path
}

func says(t *testing.T, s *Store, parts ...string) {
	t.Helper()
	text := strings.Join(s.Problems(), "\n")
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in %q", part, text)
		}
	}
	if len(parts) == 0 && text != "" {
		t.Errorf("problems: %s", text)
	}
}

func TestFilesAreReadAgainWhenTheyChange(t *testing.T) {
	dir := t.TempDir()
	ca := authority("one", 1)
	two := authority("two", 2)
	now := start
	caPath := write(t, filepath.Join(dir, "ca"), ca.PEM)
	crlPath := write(t, filepath.Join(dir, "crl"), ca.List(start, start.AddDate(0, 1, 0)))
	s := New(Options{CA: caPath, CRL: crlPath, Now: func() time.Time { return now }})
	if s.Trust().Ready() {
		t.Error("ready before anything was read")
	}
	load := func(want bool) {
		t.Helper()
		before := s.Trust()
		if got := s.Load(context.Background()); got != want {
			t.Errorf("changed: %v", got)
		}
		if (s.Trust() != before) != want {
			t.Error("what is trusted was exchanged, or not, against what Load says")
		}
	}
	load(true)
	says(t, s)
	load(false)

	write(t, caPath, append(bytes.Clone(ca.PEM), two.PEM...))
	load(true)
	if n := len(s.Trust().Anchors()); n != 2 {
		t.Errorf("%d CAs", n)
	}
	says(t, s, "holds no revocation list of the CA two")

	if err := os.Remove(crlPath); err != nil {
		t.Fatal(err)
	}
	load(true)
	says(t, s, "could not be read again: no such file or directory; the copy from before is used")
	if !s.Facts()[1].Kept || len(s.Trust().Lists()) != 1 {
		t.Error("the list from before is not used")
	}
	load(false)
	write(t, crlPath, ca.List(start, start.AddDate(0, 1, 0), 7))
	load(true)
	write(t, caPath, ca.PEM)
	load(true)
	says(t, s)
	if l := s.Trust().Lists(); len(l) != 1 || l[0].Revoked != 1 {
		t.Errorf("lists %+v", l)
	}
	write(t, crlPath, nil)
	load(true)
	says(t, s, "could not be read again: it is empty; the copy from before is used")
	if os.Getuid() != 0 { // root reads what nobody may
		write(t, crlPath, ca.List(start, start.AddDate(0, 1, 0), 7))
		load(true)
		if err := os.Chmod(crlPath, 0); err != nil {
			t.Fatal(err)
		}
		load(true)
		says(t, s, "permission denied")
	}
	write(t, caPath, nil)
	load(true)
	says(t, s, "the CA "+caPath+" could not be read again: it is empty")
	if !s.Trust().Ready() {
		t.Error("the CA from before is not used")
	}
	write(t, caPath, []byte("garbage"))
	load(true)
	says(t, s, "no certificate is in it")

	now = start.AddDate(50, 0, 0)
	write(t, caPath, ca.PEM)
	write(t, crlPath, ca.List(start, start.AddDate(0, 1, 0)))
	load(true)
	says(t, s, "the CA one expired on 2040-01-01", "expired on 2000-02-01")
}

func TestWhatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ring := write(t, filepath.Join(dir, "ring"), []byte("no keys"))
	for path, why := range map[string]string{pipe: "not a regular file", dir: "not a regular file",
		filepath.Join(dir, "missing"): "no such file", "http://127.0.0.1:1/ca.crt": "no such file"} {
		s := New(Options{CA: path, Keyrings: []string{ring}})
		s.Load(context.Background())
		if s.Trust().Ready() {
			t.Errorf("%s is trusted", path)
		}
		says(t, s, "the CA "+path+" cannot be used", why, "the keyring "+ring+" cannot be used")
	}
}

func TestKeyringOfAHome(t *testing.T) {
	home := t.TempDir()
	if got := keyringFile(home); got != filepath.Join(home, "pubring.kbx") {
		t.Error(got)
	}
	write(t, filepath.Join(home, "pubring.gpg"), nil)
	write(t, filepath.Join(home, "pubring.kbx"), []byte("x"))
	if got := keyringFile(home); got != filepath.Join(home, "pubring.kbx") {
		t.Errorf("an empty pubring.gpg wins: %s", got)
	}
	write(t, filepath.Join(home, "pubring.gpg"), []byte("x"))
	if got := keyringFile(home); got != filepath.Join(home, "pubring.gpg") {
		t.Error(got)
	}
}

// server answers with a text, or an error of HTTP, and counts.
type server struct {
	*httptest.Server
	asked  atomic.Int64
	answer atomic.Pointer[[]byte] // nil: an error
}

func serve(t *testing.T) *server {
	s := &server{}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		switch text := s.answer.Load(); {
		case r.URL.Path == "/away":
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
		case text == nil:
			http.Error(w, "down", http.StatusServiceUnavailable)
		default:
			w.Write(*text)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func TestFetching(t *testing.T) {
	ca := authority("one", 1)
	crl := ca.List(start, start.AddDate(0, 1, 0))
	web := serve(t)
	web.answer.Store(&ca.PEM)
	caPath := write(t, filepath.Join(t.TempDir(), "ca"), ca.PEM)
	cache := t.TempDir()
	now := start
	open := func() *Store {
		s := New(Options{CA: caPath, CRL: web.URL + "/crl.pem", CacheDir: cache, Client: web.Client(), Now: func() time.Time { return now }})
		s.pause = time.Millisecond
		return s
	}
	web.answer.Store(nil)
	s := open()
	s.Load(context.Background())
	says(t, s, "the server answered 503")
	if web.asked.Load() != fetchTries {
		t.Errorf("asked %d times", web.asked.Load())
	}
	// It is asked again after a while, not at once.
	web.answer.Store(&crl)
	if s.Load(context.Background()) {
		t.Error("asked again at once")
	}
	now = now.Add(retryEvery)
	if !s.Load(context.Background()) {
		t.Error("not asked again")
	}
	says(t, s)
	fetched := now

	// Another program, soon after: the copy is young. With no server at all.
	web.answer.Store(nil)
	s = open()
	if asked := web.asked.Load(); !s.Load(context.Background()) || web.asked.Load() != asked {
		t.Error("the young copy was not used")
	}
	// os sets the time of the copy, not our clock.
	if err := os.Chtimes(s.cacheFile(web.URL+"/crl.pem"), fetched, fetched); err != nil {
		t.Fatal(err)
	}
	now = fetched.Add(2 * crlEvery)
	s = open()
	s.Load(context.Background())
	if says(t, s); len(s.Trust().Lists()) != 1 || s.Facts()[1].Kept || s.Facts()[1].Err == nil {
		t.Error("a copy of two hours is not used, or is called old")
	}
	now = fetched.Add(keptAfter)
	s.Load(context.Background())
	says(t, s, "could not be read again", "503")
	if len(s.Trust().Lists()) != 1 || !s.Facts()[1].Kept {
		t.Error("the old copy is not used")
	}
	// Out of date, it is the last one that was known.
	now = start.AddDate(0, 2, 0)
	v := crypto.NewVerifier(crypto.Options{Trust: s.Trust(), Now: func() time.Time { return now }})
	signer, err := crypto.NewX509Signer(ca.PEM, ca.KeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	message, err := signer.Sign([]byte(`{"msg":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := v.Judge(crypto.Subject{Envelope: message}); got.Code != crypto.StaleCRL {
		t.Errorf("%v: %s", got.Code, got.Reason)
	}
	if files, _ := os.ReadDir(cache); len(files) != 1 {
		t.Errorf("%d files in the cache", len(files))
	}
}

func TestFetchingKeepsToHTTPS(t *testing.T) {
	web := serve(t)
	for _, c := range []struct{ url, says string }{
		{web.URL + "/away", "leads away from https"},
		{strings.Replace(web.URL, "https://", "https://me:hunter2@", 1) + "/x", "503"},
		{strings.Replace(web.URL, "https://", "https://hunter2@", 1) + "/x?a=1&token=hunter2#hunter2", "503"},
		{"https://127.0.0.1:1/ca", "refused"},
	} {
		s := New(Options{CA: c.url, Client: web.Client()})
		s.pause = time.Millisecond
		s.Load(context.Background())
		says(t, s, c.says)
		if text := strings.Join(s.Problems(), " "); strings.Contains(text, "hunter2") || strings.Contains(s.Facts()[0].Name, "hunter2") {
			t.Errorf("a password is shown: %s", text)
		}
	}
}

// A cache that nobody can write to is said, and nothing else is wrong with it.
func TestCacheThatCannotBeWritten(t *testing.T) {
	ca := authority("one", 1)
	web := serve(t)
	web.answer.Store(&ca.PEM)
	file := write(t, filepath.Join(t.TempDir(), "file"), nil)
	s := New(Options{CA: web.URL + "/ca.crt", CacheDir: filepath.Join(file, "cache"), Client: web.Client()})
	s.Load(context.Background())
	says(t, s, "the copy of "+web.URL+"/ca.crt cannot be kept: not a directory")
	if !s.Trust().Ready() {
		t.Error("the CA is not used")
	}
}

// transport answers after a while.
type transport time.Duration

func (d transport) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(time.Duration(d)):
		return nil, errors.New("nobody answers")
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// A server that does not answer holds up neither the next, nor who gives up.
func TestFetchesDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{CA: "https://one.test/ca", CRL: "https://two.test/crl", Client: &http.Client{Transport: transport(10 * time.Second)}})
		began := time.Now()
		s.Load(context.Background())
		if took := time.Since(began); took != 3*10*time.Second+fetchPause+2*fetchPause {
			t.Errorf("took %v", took)
		}
		says(t, s, "nobody answers")
		s = New(Options{CA: "https://one.test/ca", Client: &http.Client{Transport: transport(time.Hour)}})
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		began = time.Now()
		if s.Load(ctx); time.Since(began) != time.Second {
			t.Errorf("giving up took %v", time.Since(began))
		}
	})
}

// Watch notices a change within a moment, and ends with its context.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		ca := authority("one", 1)
		crlPath := write(t, filepath.Join(dir, "crl"), ca.List(start, start.Add(10*time.Minute)))
		s := New(Options{CA: write(t, filepath.Join(dir, "ca"), ca.PEM), CRL: crlPath})
		ctx, cancel := context.WithCancel(context.Background())
		var changes, others atomic.Int64
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.Watch(ctx, func(values bool) {
				if values {
					changes.Add(1)
				} else {
					others.Add(1)
				}
			})
		}()
		time.Sleep(10 * WatchEvery)
		synctest.Wait()
		if n := changes.Load(); n != 1 || !s.Trust().Ready() {
			t.Errorf("%d changes at the start", n)
		}
		write(t, crlPath, ca.List(start, start.Add(10*time.Minute), 5))
		time.Sleep(WatchEvery)
		synctest.Wait()
		if n := changes.Load(); n != 2 {
			t.Errorf("%d changes after one", n)
		}
		// A list goes out of date by itself: nothing is to be exchanged, but there
		// is something to say.
		if n := others.Load(); n != 0 {
			t.Errorf("%d times something else was said", n)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if changes.Load() != 2 || others.Load() != 1 {
			t.Errorf("%d changes and %d other things after the list went out of date", changes.Load(), others.Load())
		}
		says(t, s, "expired on 2000-01-01")
		cancel()
		<-done
	})
}

func TestLoadX509Signer(t *testing.T) {
	dir := t.TempDir()
	git := authority("git01", 3)
	keyPEM := git.KeyPEM()
	write(t, filepath.Join(dir, "git01.crt"), git.PEM)
	if _, _, err := LoadX509Signer(dir, "git01"); err == nil || !strings.Contains(err.Error(), "git01.key: no such file") {
		t.Errorf("without a key: %v", err)
	}
	key := write(t, filepath.Join(dir, "git01.key"), keyPEM)
	for mode, want := range map[os.FileMode]string{0o600: "", 0o640: "", 0o644: "can be read by everybody", 0o620: "can be replaced"} {
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		s, warnings, err := LoadX509Signer(dir, "git01")
		if err != nil || s.Name() != "git01" || (len(warnings) > 0) != (want != "") || !strings.Contains(strings.Join(warnings, ""), want) {
			t.Errorf("mode %o: %v, %q, %v", mode, s, warnings, err)
		}
	}
	write(t, key, []byte("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n"))
	if _, _, err := LoadX509Signer(dir, "git01"); err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("a damaged key: %v", err)
	}
}
