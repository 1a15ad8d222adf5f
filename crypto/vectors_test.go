package crypto

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fedmsg-tui/crypto/gpg"
)

// vectors are golden data beside the working copy: verdicts of Python fedmsg,
// and real messages.
const vectors = "../../shared/vectors"

func vectorLines(t *testing.T, name string) [][]byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(vectors, name))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the golden data %s are not there", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	var lines [][]byte
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, 16<<20)
	for s.Scan() {
		lines = append(lines, bytes.Clone(s.Bytes()))
	}
	if s.Err() != nil || len(lines) == 0 {
		t.Fatalf("%s: %d lines, %v", name, len(lines), s.Err())
	}
	return lines
}

func readMaterial(t *testing.T, path string) Material {
	t.Helper()
	if path == "" {
		return Material{}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Material{Name: filepath.Base(path), Text: text}
}

// stricter are cases where this program says no and Python yes, each with the
// reason that it must give.
var stricter = map[string]Code{"weak-rsa768": WeakKey}

func TestX509Vectors(t *testing.T) {
	for _, line := range vectorLines(t, "x509/messages.jsonl") {
		var c struct {
			ID, Class, Wire, Reason string
			Valid                   bool
			Config                  struct {
				CA       string                     `json:"ca"`
				CRL      string                     `json:"crl"`
				Policy   map[string]json.RawMessage `json:"routing_policy"`
				Nitpicky bool                       `json:"routing_nitpicky"`
				Backends []string                   `json:"crypto_validate_backends"`
			}
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.ID, func(t *testing.T) {
			policy := map[string][]string{}
			for topic, raw := range c.Config.Policy {
				var names []string
				if json.Unmarshal(raw, &names) != nil {
					var name string
					if err := json.Unmarshal(raw, &name); err != nil {
						t.Fatal(err)
					}
					names = []string{name}
				}
				policy[topic] = names
			}
			crlPath := ""
			if c.Config.CRL != "" {
				crlPath = filepath.Join(vectors, "x509/certs", c.Config.CRL)
			}
			v := NewVerifier(Options{
				Trust: NewTrust(TrustOptions{FirstOnly: true,
					CA:  readMaterial(t, filepath.Join(vectors, "x509/certs", c.Config.CA)),
					CRL: readMaterial(t, crlPath)}),
				Policy: policy, Nitpicky: c.Config.Nitpicky, Backends: c.Config.Backends, Strict: true,
			})
			got := v.Judge(Subject{Envelope: []byte(c.Wire)})
			want := c.Valid
			if code, ok := stricter[c.ID]; ok {
				if got.Code != code {
					t.Errorf("%v, want %v: %s", got.Code, code, got.Reason)
				}
				want = false
			}
			if got.Class().Good() != want {
				t.Errorf("%v (%s), but valid is %v: %s", got.Code, got.Reason, c.Valid, c.Reason)
			}
			if c.Class == "forgery" && got.Class() != ClassInvalid {
				t.Errorf("a forgery is %v: %s", got.Code, got.Reason)
			}
			code, _ := v.Code(Subject{Envelope: []byte(c.Wire)})
			if code != got.Code {
				t.Errorf("without reasons it is %v, with reasons %v", code, got.Code)
			}
			t.Logf("%-8v %-13v %s | %s", got.Class(), got.Code, got.Reason, c.Reason)
		})
	}
}

func TestGPGVectors(t *testing.T) {
	lines := vectorLines(t, "gpg/messages.jsonl")
	for _, file := range []string{"pubring.gpg", "pubring.asc"} {
		ring, _, err := gpg.ReadKeyring(readMaterial(t, filepath.Join(vectors, "gpg", file)).Text)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			var c struct {
				ID, Wire, Reason string
				Valid            bool
			}
			if err := json.Unmarshal(line, &c); err != nil {
				t.Fatal(err)
			}
			for _, strict := range []bool{false, true} {
				v := NewVerifier(Options{Keyring: ring, Backends: []string{"gpg"}, Strict: strict})
				got := v.Judge(Subject{Envelope: []byte(c.Wire)})
				if got.Class().Good() != c.Valid {
					t.Errorf("%s: %v (%s), but valid is %v: %s", c.ID, got.Code, got.Reason, c.Valid, c.Reason)
				}
				if got.Class() == ClassOK {
					t.Errorf("%s: a GnuPG signature covers the body alone and is never ok", c.ID)
				}
			}
		}
	}
}

func TestArchiveVectors(t *testing.T) {
	trust := func(t *testing.T) *Trust {
		return NewTrust(TrustOptions{FirstOnly: true, CA: readMaterial(t, filepath.Join(vectors, "x509/certs/ca.crt")),
			CRL: readMaterial(t, filepath.Join(vectors, "x509/certs/crl.pem"))})
	}
	// What fedmsg's repair cannot undo and this one can, and what cannot be
	// undone but is an archive's copy.
	mild := map[string]Code{
		"bus": OK, "dg-headers-full": Repaired, "dg-headers-signed": Altered, "dg-only-name": Bad, "dg-only-version": Bad,
		"dg-float-ts-signed": Altered, "dg-ts-string-float": Altered, "dg-ts-null": Altered, "dg-username-null": Repaired,
		"dg-cert-null": Unsigned, "dg-sourcename-signed": OK,
	}
	for _, line := range vectorLines(t, "datagrepper_fix.jsonl") {
		var c struct {
			ID, Wire, What string
			Fixed          *string
			Before         any `json:"valid_before"`
			After          any `json:"valid_after"`
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		strict := NewVerifier(Options{Trust: trust(t), Strict: true})
		if got := strict.Judge(Subject{Envelope: []byte(c.Wire)}); got.Class().Good() != (c.Before == true) {
			t.Errorf("%s as received: %v (%s), but it is %v: %s", c.ID, got.Code, got.Reason, c.Before, c.What)
		}
		if c.Fixed != nil {
			if got := strict.Judge(Subject{Envelope: []byte(*c.Fixed)}); got.Class().Good() != (c.After == true) {
				t.Errorf("%s repaired: %v (%s), but it is %v: %s", c.ID, got.Code, got.Reason, c.After, c.What)
			}
		}
		want, ok := mild[c.ID]
		if !ok {
			want = Repaired
		}
		if got := NewVerifier(Options{Trust: trust(t)}).Judge(Subject{Envelope: []byte(c.Wire)}); got.Code != want {
			t.Errorf("%s: %v (%s), want %v: %s", c.ID, got.Code, got.Reason, want, c.What)
		}
	}
}

func TestRealVectors(t *testing.T) {
	lines := vectorLines(t, "real/signed.jsonl") // skips where there are none
	newer := readMaterial(t, filepath.Join(vectors, "real/fedora_ca_2022.crt"))
	older := readMaterial(t, filepath.Join(vectors, "real/fedora_ca_2012.crt"))
	june := At{Time: time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC)}
	now := func() time.Time { return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC) }
	for _, line := range lines {
		var c struct {
			ID, Wire, CN, Normalization string
			Canonical                   string
			Cert                        struct {
				NotAfter time.Time `json:"not_after"`
			}
			NormalizedWire string                     `json:"normalized_wire"`
			Validate       map[string]json.RawMessage `json:"fedmsg_validate"`
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		judge := func(ca Material, wire string, strict bool, at At) Verdict {
			return NewVerifier(Options{Trust: NewTrust(TrustOptions{CA: ca}), Strict: strict, At: at, Now: now}).
				Judge(Subject{Envelope: []byte(wire)})
		}
		// As Python says, in the strict way.
		for name, ca := range map[string]Material{"now_ca2022": newer, "now_ca2012": older, "t20230601_ca2022": newer} {
			at := At{}
			if name == "t20230601_ca2022" {
				at = june
			}
			var want struct {
				AsIs bool `json:"as_is"`
			}
			if err := json.Unmarshal(c.Validate[name], &want); err != nil {
				t.Fatal(err)
			}
			if got := judge(ca, c.Wire, true, at); got.Class().Good() != want.AsIs {
				t.Errorf("%s %s: %v (%s), want %v", c.ID, name, got.Code, got.Reason, want.AsIs)
			}
			if name == "now_ca2012" {
				continue
			}
			var normalized bool
			if err := json.Unmarshal(c.Validate["normalized_"+name], &normalized); err != nil {
				t.Fatal(err)
			}
			if got := judge(ca, c.NormalizedWire, true, at); got.Class().Good() != normalized {
				t.Errorf("%s normalised, %s: %v (%s), want %v", c.ID, name, got.Code, got.Reason, normalized)
			}
		}
		// In the usual way each of them is good, and says what had to be undone.
		for _, ca := range []Material{newer, older} {
			got := judge(ca, c.Wire, false, At{})
			if !got.Class().Good() || got.Signer != c.CN {
				t.Errorf("%s with %s: %v by %q (%s), want good by %q", c.ID, ca.Name, got.Code, got.Signer, got.Reason, c.CN)
			}
			if (len(got.Repairs) > 0) != (c.Normalization != "none") {
				t.Errorf("%s: repairs %q, but the normalisation is %s", c.ID, got.Repairs, c.Normalization)
			}
			expired := c.Cert.NotAfter.Before(now()) || ca.Name == older.Name
			if (got.Code == ExpiredSince) != expired {
				t.Errorf("%s with %s: %v, certificate until %v", c.ID, ca.Name, got.Code, c.Cert.NotAfter)
			}
			if got := judge(ca, c.Wire, false, At{Sent: true}); got.Code != OK && got.Code != Repaired {
				t.Errorf("%s with %s, when sent: %v (%s)", c.ID, ca.Name, got.Code, got.Reason)
			}
		}
		var o object
		if err := o.read([]byte(c.NormalizedWire)); err != nil {
			t.Fatal(err)
		}
		if got := string((&form{}).appendSigned(nil, &o)); got != c.Canonical {
			t.Errorf("%s: signed text\n%s\nwant\n%s", c.ID, got, c.Canonical)
		}
	}
	for _, line := range vectorLines(t, "real/broken.jsonl") {
		var c struct{ ID, Wire string }
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		for _, at := range []At{{}, {Sent: true}, june} {
			got := NewVerifier(Options{Trust: NewTrust(TrustOptions{CA: newer}), At: at}).Judge(Subject{Envelope: []byte(c.Wire)})
			if got.Class().Good() {
				t.Errorf("%s: %v (%s), but it was edited", c.ID, got.Code, got.Reason)
			}
		}
	}
}
