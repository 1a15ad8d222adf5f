package gpg

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const vectors = "../../../shared/vectors/gpg"

func vector(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors, name))
	if os.IsNotExist(err) {
		t.Skip("the golden vectors are not here: " + vectors)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// stateOf is what gpg's status lines say.
func stateOf(status []string) State {
	worst := Good
	for _, line := range status {
		word, _, _ := strings.Cut(line, " ")
		if s, ok := map[string]State{
			"BADSIG": BadSignature, "NO_PUBKEY": NoKey, "REVKEYSIG": KeyRevoked,
			"EXPSIG": SignatureExpired, "EXPKEYSIG": GoodKeyExpired, "NODATA": Malformed,
		}[word]; ok {
			worst = min(worst, s)
		}
	}
	return worst
}

func TestGoldenVectors(t *testing.T) {
	now := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	for _, file := range []string{"pubring.asc", "pubring.gpg"} {
		ring, skipped, err := ReadKeyring(vector(t, file))
		if err != nil || len(skipped) > 0 || ring.Len() != 9 {
			t.Fatalf("%s: %d keys, skipped %q, error %v", file, ring.Len(), skipped, err)
		}
		count := 0
		for line := range strings.Lines(string(vector(t, "messages.jsonl"))) {
			var c struct {
				ID, Wire string
				Valid    bool
				GPG      *struct{ Status []string }
			}
			var wire struct {
				Msg       json.RawMessage // is canonical in all of them
				Signature *string
			}
			if err := json.Unmarshal([]byte(line), &c); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal([]byte(c.Wire), &wire); err != nil {
				t.Fatal(err)
			}
			count++
			var blob []byte
			if wire.Signature != nil {
				if blob, err = base64.StdEncoding.DecodeString(*wire.Signature); err != nil {
					t.Fatal(err)
				}
			}
			r := ring.Verify(wire.Msg, blob, now)
			if r.State.Good() != c.Valid || r.Reason == "" {
				t.Errorf("%s %s: %v (%s), want valid %v", file, c.ID, r.State, r.Reason, c.Valid)
			}
			want := Malformed
			if c.GPG != nil {
				want = stateOf(c.GPG.Status)
			}
			switch c.ID {
			case "sig-md5":
				want = WeakDigest
			case "sig-clearsigned":
				want = Malformed
			}
			if r.State != want {
				t.Errorf("%s %s: %v (%s), want %v", file, c.ID, r.State, r.Reason, want)
			}
			if r.State.Good() && (r.UserID == "" || r.SignedAt.IsZero() || len(r.Primary) != 40) {
				t.Errorf("%s %s: incomplete %+v", file, c.ID, r)
			}
		}
		if count < 30 {
			t.Errorf("only %d vectors", count)
		}
	}
}

func TestGoldenKeys(t *testing.T) {
	var named map[string]string
	if err := json.Unmarshal(vector(t, "keys.json"), &named); err != nil {
		t.Fatal(err)
	}
	ring, _, err := ReadKeyring(vector(t, "pubring.gpg"))
	if err != nil {
		t.Fatal(err)
	}
	unknown, _, err := ReadKeyring(vector(t, "unknown.asc"))
	if err != nil {
		t.Fatal(err)
	}
	facts := make(map[string]KeyFacts)
	for _, f := range Join(ring, unknown).Keys(time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)) {
		facts[f.Fingerprint] = f
	}
	for name, print := range named {
		f, ok := facts[print]
		if !ok || f.UserID == "" {
			t.Errorf("%s: %+v", name, f)
		}
		want := map[string]string{
			"dsa": "DSA", "nistp256": "ECDSA P-256", "ed25519": "Ed25519", "utf8": "Ed25519",
		}[name]
		if want == "" {
			want = "RSA"
		}
		if f.Algorithm != want || f.Revoked != (name == "revoked") || f.Expires.IsZero() != (name != "expired") || f.Signs != (name != "subkey") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if s := facts[named["subkey"]].Subkeys; len(s) != 1 || !s[0].Signs || s[0].Algorithm != "Ed25519" {
		t.Errorf("subkeys: %+v", s)
	}
	if f := facts[named["utf8"]]; f.UserID != "Zoë Ünïcode <zoe@example.org>" {
		t.Errorf("user id %q", f.UserID)
	}
}
