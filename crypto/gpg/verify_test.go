package gpg

import (
	"bytes"
	"crypto/elliptic"
	"crypto/sha256"
	"hash"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

const text = `{"n":1}`

func wantState(t *testing.T, ring *Keyring, blob []byte, want State, reason string) Result {
	t.Helper()
	r := ring.Verify([]byte(text), blob, testNow)
	if r.State != want || !strings.Contains(r.Reason, reason) {
		t.Errorf("%v: %s; want %v: %s", r.State, r.Reason, want, reason)
	}
	return r
}

func TestVerifyBlob(t *testing.T) {
	a, b, stranger := newTestKey(t, "a", testBorn), newTestKey(t, "b", testBorn), newTestKey(t, "c", testBorn)
	ring := mustRing(t, a.simple(t, "A <a@x>"), b.simple(t, "B <b@x>"))
	good := a.over(t, text, spec{})
	bad := b.over(t, "other", spec{})
	body := good[2:]
	for _, c := range []struct {
		name   string
		blob   []byte
		state  State
		reason string
	}{
		{"good", good, Good, "Ed25519 and SHA256"},
		{"two good", join(good, b.over(t, text, spec{})), Good, ""},
		{"bad", bad, BadSignature, "does not match"},
		{"good and bad", join(good, bad), BadSignature, ""},
		{"bad and good", join(bad, good), BadSignature, ""},
		{"unknown", stranger.over(t, text, spec{}), NoKey, "not in the keyring"},
		{"good and unknown", join(good, stranger.over(t, text, spec{})), NoKey, ""},
		{"unknown and bad", join(stranger.over(t, text, spec{}), bad), BadSignature, ""},
		{"new format", newPacket(tagSignature, body), Good, ""},
		{"by fingerprint alone", a.over(t, text, spec{noIssuer: true, hashed: [][]byte{sub(33, append([]byte{4}, a.pub.print[:]...)...)}}), Good, ""},
		{"unknown fingerprint, known id", a.over(t, text, spec{unhashed: [][]byte{sub(33, append([]byte{4}, stranger.pub.print[:]...)...)}}), Good, ""},
		{"names no key", a.over(t, text, spec{noIssuer: true}), NoKey, "does not say by which key"},
		{"names another key", a.over(t, text, spec{noIssuer: true, unhashed: [][]byte{sub(16, b.pub.print[12:]...)}}), BadSignature, ""},
		{"text", a.over(t, text, spec{kind: typeText}), Good, ""},
		{"empty", nil, Malformed, "is empty"},
		{"one byte", []byte{0x88}, Malformed, "middle of a packet"},
		{"cut", good[:len(good)-1], Malformed, "middle of a packet"},
		{"garbage after it", append(bytes.Clone(good), 0), Malformed, "not made of OpenPGP packets"},
		{"garbage before it", append([]byte{0}, good...), Malformed, "not made of"},
		{"in its packet", newPacket(tagSignature, append(bytes.Clone(body), 0)), Malformed, "follows the signature"},
		{"literal data", join(newPacket(11, []byte("b\x00\x00\x00\x00\x00hello")), good), Malformed, "type 11"},
		{"a key after it", join(good, a.key()), Malformed, "type 6"},
		{"a marker after it", join(good, newPacket(10, []byte("PGP"))), Malformed, "type 10"},
		{"armour", []byte("-----BEGIN PGP SIGNATURE-----\n\niQ==\n-----END PGP SIGNATURE-----\n"), Malformed, "armoured text"},
		{"clear-signed", []byte("-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\nx\n"), Malformed, "armoured text"},
		{"17 signatures", bytes.Repeat(good, 17), Malformed, "more than 16"},
		{"16 signatures", bytes.Repeat(good, 16), Good, ""},
		{"too long", bytes.Repeat(good, 1000), Malformed, "more than 65536"},
		{"standalone", a.over(t, text, spec{kind: 2}), Malformed, "type 0x02"},
		{"revocation", a.over(t, text, spec{kind: typeKeyRevoked}), Malformed, "type 0x20"},
		{"no time", a.over(t, text, spec{noTime: true}), Malformed, "when it was made"},
		{"MD5", a.over(t, text, spec{digest: digestMD5}), WeakDigest, "MD5"},
		{"unknown digest", a.over(t, text, spec{digest: 12}), Unsupported, "digest algorithm 12"},
		{"RIPEMD160", a.over(t, text, spec{digest: digestRIPEMD160}), Good, "RIPEMD160"},
		{"SHA1", a.over(t, text, spec{digest: digestSHA1}), Good, "SHA1"},
		{"SHA224", a.over(t, text, spec{digest: 11}), Good, "SHA224"},
		{"critical", a.over(t, text, spec{hashed: [][]byte{sub(0x80 | 99)}}), BadSignature, "subpacket 99"},
		{"critical notation", a.over(t, text, spec{hashed: [][]byte{sub(0x80|20, make([]byte, 8)...)}}), BadSignature, "subpacket 20"},
		{"notation", a.over(t, text, spec{hashed: [][]byte{sub(20, make([]byte, 8)...)}}), Good, ""},
		{"critical, not signed over", a.over(t, text, spec{unhashed: [][]byte{sub(0x80 | 99)}}), Good, ""},
		{"critical and known", a.over(t, text, spec{hashed: [][]byte{sub(0x80|28, 'x')}}), Good, ""},
		{"other algorithm", newPacket(tagSignature, append(append([]byte{4, 0, byte(pgp.PubKeyAlgoRSA), 8, 0, 6, 5, 2, 0x5f, 0x60, 0, 0, 0, 10, 9, 16}, a.pub.print[12:]...), 0, 0, 0, 1, 1)), BadSignature, "another algorithm"},
		{"unknown algorithm", newPacket(tagSignature, []byte{4, 0, 99, 8, 0, 0, 0, 0, 0, 0}), Unsupported, "algorithm 99"},
		{"version 6", newPacket(tagSignature, []byte{6, 0, 27, 8}), Unsupported, "version 6"},
		{"version 6 and bad", join(newPacket(tagSignature, []byte{6, 0, 27, 8}), bad), BadSignature, ""},
		{"empty packet", newPacket(tagSignature, nil), Malformed, ""},
	} {
		t.Run(c.name, func(t *testing.T) { wantState(t, ring, c.blob, c.state, c.reason) })
	}
	var none *Keyring
	wantState(t, none, good, NoKey, "")
	wantState(t, &Keyring{}, good, NoKey, "")
	if r := ring.Verify([]byte("{}"), nil, testNow); r.State != Malformed || (Result{}).State.Good() {
		t.Error("the zero state is good")
	}
}

func TestVerifyTimes(t *testing.T) {
	at := func(days int) uint32 { return testBorn + uint32(days)*86400 }
	k := newTestKey(t, "timed", at(1))
	id := "T <t@x>"
	until10 := spec{at: at(1), hashed: [][]byte{sub(27, 2), subTime(9, 9*86400)}}
	ring := mustRing(t, k.key(), userPacket(id), k.certify(t, k, id, until10))
	for _, c := range []struct {
		name        string
		signed, now uint32
		lifetime    uint32
		state       State
		expired     uint32
	}{
		{"good", at(2), at(3), 0, Good, 0},
		{"before the key", at(0), at(3), 0, KeyExpiredBefore, 0},
		{"with the key", at(1), at(3), 0, Good, 0},
		{"key expired since", at(9), at(11), 0, GoodKeyExpired, at(10)},
		{"in the key's last second", at(10), at(10) + 1, 0, GoodKeyExpired, at(10)},
		{"the key's last second", at(10), at(10), 0, Good, 0},
		{"after the key", at(10) + 1, at(12), 0, KeyExpiredBefore, at(10)},
		{"ends later", at(2), at(3), 2 * 86400, Good, 0},
		{"ended", at(2), at(4), 2 * 86400, SignatureExpired, at(4)},
		{"ended, key too", at(2), at(20), 2 * 86400, SignatureExpired, at(4)},
		{"clock ahead", at(3) + 600, at(3), 0, Good, 0},
		{"future", at(3) + 601, at(3), 0, NotYetValid, 0},
	} {
		s := spec{at: c.signed}
		if c.lifetime != 0 {
			s.hashed = [][]byte{subTime(3, c.lifetime)}
		}
		r := ring.Verify([]byte(text), k.over(t, text, s), time.Unix(int64(c.now), 0))
		if r.State != c.state || r.ExpiredAt != seconds(int64(c.expired)) || r.SignedAt.Unix() != int64(c.signed) {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

func TestVerifyAlgorithms(t *testing.T) {
	weak := big.NewInt(0).Lsh(big.NewInt(1), 1022)
	weak.Add(weak, big.NewInt(1))
	for _, c := range []struct {
		name string
		key  *testKey
	}{
		{"Ed25519", newTestKey(t, "x", testBorn)},
		{"Ed25519 of RFC 9580", newTestKeyOf(t, "x", testBorn, pgp.PubKeyAlgoEd25519)},
		{"P-256", newTestECDSA(t, elliptic.P256(), oidP256)},
		{"P-384", newTestECDSA(t, elliptic.P384(), oidP384)},
		{"P-521", newTestECDSA(t, elliptic.P521(), oidP521)},
		{"RSA", newTestRSA(t, 1024)},
	} {
		id := c.name + " <k@x>"
		ring := mustRing(t, c.key.key(), userPacket(id), c.key.certify(t, c.key, id, spec{digest: digestSHA512}))
		for digest, d := range digests {
			want := Good
			if c.key.pub.algorithm() != "RSA" && c.key.pub.algorithm() != "Ed25519" && d.Size()*8 < min(c.key.pub.bits, 512) {
				want = WeakDigest // as gpg has it
			}
			wantState(t, ring, c.key.over(t, text, spec{digest: digest}), want, "")
			if want == Good {
				wantState(t, ring, c.key.over(t, text+" ", spec{digest: digest}), BadSignature, "")
			}
		}
	}
	short := &testKey{pub: mustKey(t, rsaBody(weak, big.NewInt(65537)))}
	ring := mustRing(t, short.key())
	r := wantState(t, ring, short.over(t, text, spec{}), WeakKey, "RSA key of 1023 bits")
	if f := ring.Keys(testNow); r.UserID != "" || f[0].Signs || f[0].WhyNot == "" {
		t.Errorf("%+v", f)
	}
	// A short key in the ring spoils no other signature that it adopts.
	k := newTestKey(t, "k", testBorn)
	ring = mustRing(t, join(short.key(), short.subkey(t, k, spec{hashed: [][]byte{sub(27, 2)}})), k.simple(t, "K"))
	wantState(t, ring, k.over(t, text, spec{}), Good, "")
}

// PGP made these, and GnuPG long ago. The library does not know them.
func TestVersion3(t *testing.T) {
	trailer := []byte{typeBinary, 0x5f, 0x5e, 0, 0}
	k := newTestKey(t, "old", 0x5f5d0000)
	sum := sha256.Sum256(append([]byte(text), trailer...))
	body := join([]byte{3, 5}, trailer, k.pub.print[12:], []byte{byte(pgp.PubKeyAlgoEdDSA), digestSHA256}, sum[:2])
	made := signaturePacket(join(body, k.values(t, digestSHA256, sum[:])))
	wantState(t, mustRing(t, k.simple(t, "O")), made, Unsupported, "version 3 is not supported")
}

func TestVerifyConcurrently(t *testing.T) {
	a := newTestKey(t, "a", testBorn)
	ring := mustRing(t, a.simple(t, "A"))
	good, bad := a.over(t, text, spec{}), a.over(t, "x", spec{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if ring.Verify([]byte(text), good, testNow).State != Good || ring.Verify([]byte(text), bad, testNow).State != BadSignature {
					t.Error("wrong state")
				}
				ring.Keys(testNow)
			}
		})
	}
	wg.Wait()
}

func TestHashText(t *testing.T) {
	for in, want := range map[string]string{
		"":                 "",
		"a":                "a",
		"a\nb":             "a\r\nb",
		"a\r\nb\r\n":       "a\r\nb\r\n",
		"a\r\r\n\n b \n":   "a\r\n\r\n b \r\n",
		"a\rb\r":           "a\rb",
		"\n":               "\r\n",
		"trailing \t\nx\r": "trailing \t\r\nx",
	} {
		got := recorder{Buffer: new(bytes.Buffer)}
		hashText(got, []byte(in))
		if got.String() != want {
			t.Errorf("%q: %q, want %q", in, got.String(), want)
		}
	}
}

// recorder is a hash that keeps what it is given, and has any sum.
type recorder struct {
	*bytes.Buffer
	hash.Hash
	sum []byte
}

func (r recorder) Write(p []byte) (int, error) { return r.Buffer.Write(p) }
func (r recorder) Sum(b []byte) []byte         { return append(b, r.sum...) }
func (r recorder) Reset()                      {}

func TestStates(t *testing.T) {
	seen := make(map[string]bool)
	for s := range stateCount + 1 {
		if s.String() == "" || seen[s.String()] || s.Good() != (s == Good || s == GoodKeyExpired) {
			t.Errorf("state %d: %q", s, s)
		}
		seen[s.String()] = true
	}
}
