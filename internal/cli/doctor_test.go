package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/crypto/trust"
	"fedmsg-tui/internal/testca"
)

// Each case is a folder with a CA, a list and a signer's files, whose ends are
// given in days from now.
func TestDoctor(t *testing.T) {
	now := time.Now()
	in := func(days int) time.Time { return now.Add(time.Duration(days)*24*time.Hour + time.Hour) }
	signed := func(name string, days int) *testca.Authority {
		return testca.New(testca.Subject{Name: name, Serial: 7, From: now.AddDate(-1, 0, 0), To: in(days)}, testca.Key(1024))
	}
	for name, c := range map[string]struct {
		ca, crl, cert int
		mode          os.FileMode
		status        int
		says          []string
	}{
		"all well":        {100, 100, 100, 0o600, 0, []string{"CA, serial 7, RSA of 1024 bits, SHA256-RSA, until", "for 100 days", "made 100 days ago"}},
		"CA ends soon":    {29, 100, 100, 0o600, 0, []string{"warn  CA", "in 29 days; renew it"}},
		"CA has ended":    {-3, 100, 100, 0o600, 1, []string{"BAD   CA", "expired on"}},
		"list ends soon":  {100, 10, 100, 0o600, 0, []string{"warn  revocations", "in 10 days"}},
		"list has ended":  {100, -3, 100, 0o600, 1, []string{"BAD   revocations"}},
		"ends soon":       {100, 100, 5, 0o600, 0, []string{"warn  certificate", "app01, serial 7", "in 5 days"}},
		"has ended":       {100, 100, -5, 0o600, 1, []string{"BAD   certificate"}},
		"key for all":     {100, 100, 100, 0o644, 1, []string{"BAD   key", "can be read by everybody on this machine (mode 0644): chmod o-r"}},
		"key is not read": {100, 100, 100, 0, 0, []string{"warn  certificate", "app01.key: no such file"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(name string, content []byte, mode os.FileMode) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, content, mode); err != nil {
					t.Fatal(err)
				}
				return path
			}
			ca, crl := write("ca.crt", signed("CA", c.ca).PEM, 0o644), write("crl.pem", signed("CA", 100).List(now.AddDate(0, 0, -100), in(c.crl)), 0o644)
			write("app01.crt", signed("app01", c.cert).PEM, 0o644)
			if c.mode != 0 {
				write("app01.key", signed("app01", c.cert).KeyPEM(), c.mode)
			}
			settings := write("settings.py", fmt.Appendf(nil, "config = {'ssldir': %q, 'certnames': {'shell.app01': 'app01', 'app.app01': 'app01'}}\n", dir), 0o644)
			status, out, errs := ran(t, "", "doctor", "--ca", ca, "--crl", crl, "--endpoint", "tcp://127.0.0.1:9", "--fedmsg-config", settings)
			if status != c.status {
				t.Errorf("status %d, want %d\n%s%s", status, c.status, out, errs)
			}
			for _, part := range c.says {
				if !strings.Contains(out, part) {
					t.Errorf("no %q in\n%s", part, out)
				}
			}
			if strings.Count(out, "app01, serial") > 1 || strings.Contains(out, "PRIVATE") {
				t.Errorf("too much is said:\n%s", out)
			}
		})
	}
}

func TestDoctorConnects(t *testing.T) {
	status, out, _ := ran(t, "", "doctor", "--online", "--endpoint", "tcp://127.0.0.1:1")
	if status != 1 || !strings.Contains(out, "BAD   endpoint") || !strings.Contains(out, "nothing listens") {
		t.Errorf("status %d\n%s", status, out)
	}
}

// Without the network nothing is wrong with what would have to be fetched.
func TestDoctorOffline(t *testing.T) {
	status, out, errs := ran(t, "", "doctor", "--ca", "https://me:hunter2@127.0.0.1:1/ca.crt?token=hunter2", "--endpoint", "tcp://127.0.0.1:9")
	if status != 0 || strings.Contains(out, "BAD") || !strings.Contains(out, "not fetched; --online does") || strings.Contains(out+errs, "hunter2") {
		t.Errorf("status %d\n%s%s", status, out, errs)
	}
}

// slowly answers after a while.
type slowly time.Duration

func (d slowly) RoundTrip(*http.Request) (*http.Response, error) {
	time.Sleep(time.Duration(d))
	return nil, errors.New("nobody answers")
}

func TestSlowFetchesAreSaid(t *testing.T) {
	for took, says := range map[time.Duration]string{patientFetch / 30: "", 20 * time.Second: "fetching https://one.test/ca takes long"} {
		synctest.Test(t, func(t *testing.T) {
			var said bytes.Buffer
			loadTrust(context.Background(), trust.New(trust.Options{CA: "https://one.test/ca", Client: &http.Client{Transport: slowly(took)}}), &said)
			if !strings.Contains(said.String(), says) || says == "" && said.Len() > 0 {
				t.Errorf("after %v: %q", took, said.String())
			}
		})
	}
}
