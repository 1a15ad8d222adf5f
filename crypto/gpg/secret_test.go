package gpg

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"

	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

// noSecrets prints keys in all ways there are: nothing long comes out.
func noSecrets(t *testing.T, keys *SecretKeys) {
	t.Helper()
	s := &Signer{}
	for _, k := range keys.keys {
		if k.sign != nil {
			s = &Signer{k.signingKey, "x", k.sign}
		}
	}
	long := regexp.MustCompile(`[0-9A-Fa-f]{41}|\d{21}|\[(\d+[ ,]+){8}`)
	for _, v := range []any{keys, *keys, s, *s, struct{ S *Signer }{s}, keys.keys} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
			if got := fmt.Sprintf(verb, v); long.MatchString(got) {
				t.Errorf("%s of %T shows something: %s", verb, v, got)
			}
		}
		if b, err := json.Marshal(v); err == nil && long.Match(b) {
			t.Errorf("JSON of %T shows something: %s", v, b)
		}
	}
}

// atom writes the canonical form.
func atom(b []byte) string { return fmt.Sprintf("%d:%s", len(b), b) }

func edFile(point, seed []byte) string {
	return "(11:private-key(3:ecc(5:curve7:Ed25519)(5:flags5:eddsa)(1:q" + atom(append([]byte{0x40}, point...)) + ")(1:d" + atom(seed) + ")))"
}

func edAdvanced(point, seed []byte) string {
	return "Created: 20240101T000000\nKey: (private-key (ecc (curve Ed25519)(flags eddsa)(q\n  #40" + hex.EncodeToString(point) + "#)(d #" + hex.EncodeToString(seed[:10]) + "\n " + hex.EncodeToString(seed[10:]) + "#)))\nToken: (x)\n"
}

func TestSecretKeyFiles(t *testing.T) {
	k := newTestKey(t, "k", testBorn)
	seed := sha256.Sum256([]byte("k"))
	point := pointOf("k")
	ring := mustRing(t, k.simple(t, "K <k@x>"))
	private, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	r := &testKey{mustKey(t, rsaBody(private.N, big.NewInt(65537))), private}
	number := func(name string, n *big.Int) string {
		return "(1:" + name + atom(append([]byte{0}, n.Bytes()...)) + ")"
	}
	rsaFile := "(11:private-key(3:rsa" + number("n", private.N) + number("e", big.NewInt(65537)) + number("d", private.D) + number("p", private.Primes[0]) + number("q", private.Primes[1]) + number("u", big.NewInt(1)) + ")(7:comment1:x))"
	ring = Join(ring, mustRing(t, r.simple(t, "R <r@x>")))
	other := sha256.Sum256([]byte("other"))
	for _, c := range []struct {
		name, file, want string
	}{
		{"canonical", edFile(point, seed[:]), ""},
		{"canonical with a sign byte", edFile(point, append([]byte{0}, seed[:]...)), ""},
		{"advanced", edAdvanced(point, seed[:]), ""},
		{"advanced, CR LF", strings.ReplaceAll(edAdvanced(point, seed[:]), "\n", "\r\n"), ""},
		{"RSA", rsaFile, ""},
		{"protected", strings.Replace(edFile(point, seed[:]), "11:private-key", "21:protected-private-key", 1), "protected with a passphrase"},
		{"on a card", strings.Replace(edFile(point, seed[:]), "11:private-key", "20:shadowed-private-key", 1), "smart card"},
		{"of another key", edFile(other[:], seed[:]), "none belongs"},
		{"does not fit", edFile(point, other[:]), "does not belong to its public one"},
		{"RSA does not fit", strings.Replace(rsaFile, "1:d", "1:x", 1), "part of the private key is missing"},
		{"too long", edFile(point, append([]byte{1}, seed[:]...)), "damaged"},
		{"nothing secret", strings.Replace(edFile(point, seed[:]), "1:d", "1:x", 1), "is missing"},
		{"public key", "(10:public-key(3:rsa))", "not a private key"},
		{"no key in it", "(11:private-key)", "damaged"},
		{"unknown algorithm", "(11:private-key(3:xyz))", "algorithm is not known"},
		{"empty", "", "not a key file"},
		{"PEM", "-----BEGIN PRIVATE KEY-----\n", "not a key file"},
		{"cut", edFile(point, seed[:])[:60], "damaged"},
		{"atom too long", "(2147483647:x)", "damaged"},
		{"atom far too long", "(99999999999999999999999:x)", "damaged"},
		{"negative", "(-1:x)", "damaged"},
		{"deep", strings.Repeat("(", 100) + strings.Repeat(")", 100), "damaged"},
		{"many", "(" + strings.Repeat("()", 5000) + ")", "damaged"},
		{"bad hex", "Key: (private-key (ecc (q #4x#)))", "damaged"},
		{"bad base64", "Key: (private-key (ecc (q |*|)))", "damaged"},
		{"open hex", "Key: (private-key (ecc (q #40", "damaged"},
		{"open string", `Key: (private-key "a\`, "damaged"},
		{"too large", strings.Repeat(" ", maxKeyFile+1), "more than"},
	} {
		keys, err := SecretKeyFiles(ring, [][]byte{[]byte(c.file)})
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			noSecrets(t, keys)
			s, err := keys.Signer("", testNow)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			blob, err := s.Sign([]byte(text), testNow)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			wantState(t, ring, blob, Good, "")
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
			continue
		}
		for _, secret := range []string{string(seed[:]), hex.EncodeToString(seed[:4]), private.D.String()} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("%s: the error shows the key", c.name)
			}
		}
	}
	if _, err := SecretKeyFiles(nil, nil); err == nil {
		t.Error("no files are no error")
	}
	if f, err := readKeyFile([]byte(rsaFile)); err != nil || fmt.Sprintf("%v %#v", f, f) != "key file key file" {
		t.Error("a key file can be printed")
	}
	// One that is damaged does not keep another from use.
	if _, err := SecretKeyFiles(ring, [][]byte{nil, []byte("(("), []byte(rsaFile)}); err != nil {
		t.Error(err)
	}
}

// secretPacket is k's packet with a secret part.
func secretPacket(tag byte, k *testKey, rest ...[]byte) []byte {
	return newPacket(tag, join(append([][]byte{k.pub.body}, rest...)...))
}

func plain(secret []byte) []byte {
	sum := uint16(0)
	for _, b := range secret {
		sum += uint16(b)
	}
	return append(append([]byte{0}, secret...), byte(sum>>8), byte(sum))
}

func TestReadSecretKeys(t *testing.T) {
	k, v27 := newTestKey(t, "k", testBorn), newTestKeyOf(t, "k", testBorn, pgp.PubKeyAlgoEd25519)
	seed := sha256.Sum256([]byte("k"))
	other := sha256.Sum256([]byte("other"))
	self := func(k *testKey) []byte { return k.simple(t, "K <k@x>")[len(k.key()):] }
	for _, c := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"plain", join(secretPacket(tagSecretKey, k, plain(mpi(seed[:]))), self(k)), ""},
		{"of RFC 9580", join(secretPacket(tagSecretKey, v27, plain(seed[:])), self(v27)), ""},
		{"twice, once as a stub", join(secretPacket(tagSecretKey, k), self(k), secretPacket(tagSecretKey, k, plain(mpi(seed[:]))), self(k)), ""},
		{"wrong sum", join(secretPacket(tagSecretKey, k, append(plain(mpi(seed[:])), 0)), self(k)), "damaged"},
		{"cut", join(secretPacket(tagSecretKey, k, []byte{0}), self(k)), "damaged"},
		{"too much", join(secretPacket(tagSecretKey, k, plain(append(mpi(seed[:]), 1, 2, 3))), self(k)), "damaged"},
		{"another's", join(secretPacket(tagSecretKey, k, plain(mpi(other[:]))), self(k)), "does not belong"},
		{"nothing", join(secretPacket(tagSecretKey, k), self(k)), "not in the file"},
		{"protected", join(secretPacket(tagSecretKey, k, []byte{254, 7, 3, 8}, seed[:]), self(k)), "protected with a passphrase"},
		{"protected, of old", join(secretPacket(tagSecretKey, k, []byte{3}, seed[:]), self(k)), "protected with a passphrase"},
		{"stub", join(secretPacket(tagSecretKey, k, []byte{255, 0, 101, 0, 'G', 'N', 'U', 1}), self(k)), "exported without it"},
		{"card", join(secretPacket(tagSecretKey, k, []byte{255, 0, 101, 0, 'G', 'N', 'U', 2, 0}), self(k)), "smart card"},
		{"public", k.simple(t, "K"), "a public key, where this file is of secret ones"},
		{"keybox", keybox(k.simple(t, "K")), "public keys only"},
		{"empty", nil, "no secret key"},
		{"text", []byte("hello"), "not made of OpenPGP"},
	} {
		keys, err := ReadSecretKeys(c.raw)
		if c.want != "" {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
			}
			continue
		}
		if err != nil || keys.Len() != 1 {
			t.Errorf("%s: %d keys, %v", c.name, keys.Len(), err)
			continue
		}
		noSecrets(t, keys)
		s, err := keys.Signer("k@x", testNow)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%v %#v", s, s); got != fmt.Sprintf("signer %[1]s (K <k@x>) signer %[1]s (K <k@x>)", s.KeyID()) {
			t.Errorf("%s: printed as %s", c.name, got)
		}
	}
}

func TestSignerChoice(t *testing.T) {
	k, old, young := newTestKey(t, "k", testBorn), newTestKey(t, "old", testBorn+1), newTestKey(t, "young", testBorn+2)
	raw := join(secretPacket(tagSecretKey, k, plain(mpi(seedOf("k")))), k.simple(t, "K")[len(k.key()):])
	for name, sk := range map[string]*testKey{"old": old, "young": young} {
		packets := k.subkey(t, sk, spec{hashed: [][]byte{forSigning, subTime(9, map[string]uint32{"old": 200_000, "young": 100_000}[name])}, unhashed: [][]byte{k.back(t, sk, spec{})}})
		raw = join(raw, secretPacket(tagSecretSubkey, sk, plain(mpi(seedOf(name)))), packets[len(oldPacket(tagPublicSubkey, sk.pub.body)):])
	}
	keys, err := ReadSecretKeys(raw)
	if err != nil {
		t.Fatal(err)
	}
	at := func(after int64) time.Time { return time.Unix(int64(testBorn)+after, 0) }
	for _, c := range []struct {
		which string
		at    time.Time
		want  *testKey
	}{
		{"", at(2000), young},
		{"K", at(2000), young},
		{old.pub.print.String(), at(2000), young}, // as gpg: the key is meant
		{old.pub.print.String() + "!", at(2000), old},
		{"0x" + old.pub.print.String()[32:] + "!", at(2000), old},
		{k.pub.print.String()[24:] + "!", at(2000), k},
		{"", at(150_000), old},
		{"", at(250_000), k},
	} {
		s, err := keys.Signer(c.which, c.at)
		if err != nil || s.Fingerprint() != c.want.pub.print.String() {
			t.Errorf("%q: %v, %v", c.which, s, err)
			continue
		}
		if blob, err := s.Sign([]byte(text), c.at); err != nil {
			t.Errorf("%q: %v", c.which, err)
		} else if r := mustRing(t, publicOf(t, raw)).Verify([]byte(text), blob, c.at); r.State != Good {
			t.Errorf("%q: %+v", c.which, r)
		}
	}
	for which, want := range map[string]string{young.pub.print.String() + "!": "expired on", "nobody": "none fits"} {
		if _, err := keys.Signer(which, at(150_000)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", which, err, want)
		}
	}
	if _, err := keys.Signer("", at(-10)); err == nil || !strings.Contains(err.Error(), "made later") {
		t.Errorf("before the key: %v", err)
	}
	s, err := keys.Signer("", at(2000))
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []time.Time{at(100_003), {}, time.Unix(1<<32, 0)} {
		if _, err := s.Sign(nil, when); err == nil {
			t.Errorf("signs at %v", when)
		}
	}
	var none *Signer
	var noKeys *SecretKeys
	if _, err := none.Sign(nil, testNow); err == nil || none.String() != "no signer" || noKeys.Len() != 0 {
		t.Error("nil signs")
	}
	if _, err := noKeys.Signer("", testNow); err == nil {
		t.Error("nil has a signer")
	}
}

// publicOf is the public part of secret keys.
func publicOf(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for len(raw) > 0 {
		p, rest, err := nextPacket(raw)
		if err != nil {
			t.Fatal(err)
		}
		if tag, ok := map[byte]byte{tagSecretKey: tagPublicKey, tagSecretSubkey: tagPublicSubkey}[p.tag]; ok {
			pub, _, err := parsePublicKey(p.body)
			if err != nil {
				t.Fatal(err)
			}
			p = rawPacket{tag, pub.body}
		}
		out.Write(oldPacket(p.tag, p.body))
		raw = rest
	}
	return out.Bytes()
}
