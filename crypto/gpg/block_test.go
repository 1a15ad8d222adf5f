package gpg

import (
	"bytes"
	"fmt"
	"hash"
	"math/big"
	"strings"
	"testing"
	"time"

	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

var (
	forSigning  = sub(27, 0x02)
	forCerts    = sub(27, 0x01)
	forSecrets  = sub(27, 0x0c)
	signAndCert = sub(27, 0x03)
)

func TestSubkeys(t *testing.T) {
	k, sk, other := newTestKey(t, "main", testBorn), newTestKey(t, "sub", testBorn+10), newTestKey(t, "other", testBorn)
	main := join(k.key(), userPacket("M"), k.certify(t, k, "M", spec{hashed: [][]byte{forCerts}}))
	back := k.back(t, sk, spec{})
	bound := k.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{back}})
	revoked := func(reason byte, text string) []byte {
		return oldPacket(tagSignature, k.body(t, spec{kind: typeSubkeyRevoked, at: testSign + 5, hashed: [][]byte{sub(29, append([]byte{reason}, text...)...)}}, k.hashed(sk)))
	}
	blob := sk.over(t, text, spec{})
	nested := back
	for range 200 {
		nested = sub(32, sk.body(t, spec{kind: typeBack, unhashed: [][]byte{nested}}, k.hashed(sk))...)
		if len(nested) > maxArea-1000 {
			break
		}
	}
	for _, c := range []struct {
		name   string
		sub    []byte
		state  State
		reason string
	}{
		{"bound", bound, Good, ""},
		{"back signature signed over", k.subkey(t, sk, spec{hashed: [][]byte{forSigning, back}}), Good, ""},
		{"back signature among nonsense", k.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{sub(32, 9, 9), back}}), Good, ""},
		{"no back signature", k.subkey(t, sk, spec{hashed: [][]byte{forSigning}}), KeyNotForSigning, "never agreed"},
		{"back signature by the primary key", k.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{sub(32, k.body(t, spec{kind: typeBack}, k.hashed(sk))...)}}), KeyNotForSigning, "never agreed"},
		{"back signature for another", k.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{other.back(t, sk, spec{})}}), KeyNotForSigning, "never agreed"},
		{"back signature of another type", k.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{sub(32, sk.body(t, spec{kind: typeBinding}, k.hashed(sk))...)}}), KeyNotForSigning, "never agreed"},
		{"back signature with MD5", k.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{k.back(t, sk, spec{digest: digestMD5})}}), KeyNotForSigning, "never agreed"},
		{"back signature expired", k.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{k.back(t, sk, spec{hashed: [][]byte{subTime(3, 10)}})}}), KeyNotForSigning, "never agreed"},
		{"back signature nested", k.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{nested}}), Good, ""},
		{"not for signing", k.subkey(t, sk, spec{hashed: [][]byte{forSecrets}, unhashed: [][]byte{back}}), KeyNotForSigning, "not meant for signing"},
		{"no flags", k.subkey(t, sk, spec{unhashed: [][]byte{back}}), KeyNotForSigning, "not meant for signing"},
		{"flags not signed over", k.subkey(t, sk, spec{unhashed: [][]byte{forSigning, back}}), KeyNotForSigning, "not meant for signing"},
		{"binding expired", k.subkey(t, sk, spec{hashed: [][]byte{forSigning, subTime(3, 10)}, unhashed: [][]byte{back}}), KeyNotForSigning, "does not vouch"},
		{"newer binding takes it back", join(bound, k.subkey(t, sk, spec{at: testSign + 1, hashed: [][]byte{forSecrets}})), KeyNotForSigning, "not meant"},
		{"older binding does not", join(bound, k.subkey(t, sk, spec{at: testSign - 1, hashed: [][]byte{forSecrets}})), Good, ""},
		{"not bound", oldPacket(tagPublicSubkey, sk.pub.body), KeyNotForSigning, "does not vouch"},
		{"bound by another", join(oldPacket(tagPublicSubkey, sk.pub.body), oldPacket(tagSignature, other.body(t, spec{kind: typeBinding, hashed: [][]byte{forSigning}, unhashed: [][]byte{back}}, k.hashed(sk)))), KeyNotForSigning, "does not vouch"},
		{"bound by itself", join(oldPacket(tagPublicSubkey, sk.pub.body), oldPacket(tagSignature, sk.body(t, spec{kind: typeBinding, noIssuer: true, hashed: [][]byte{forSigning}, unhashed: [][]byte{back, sub(16, k.pub.print[12:]...)}}, k.hashed(sk)))), KeyNotForSigning, "does not vouch"},
		{"expired since", k.subkey(t, sk, spec{hashed: [][]byte{forSigning, subTime(9, 2000)}, unhashed: [][]byte{back}}), GoodKeyExpired, ""},
		{"expired before", k.subkey(t, sk, spec{hashed: [][]byte{forSigning, subTime(9, 500)}, unhashed: [][]byte{back}}), KeyExpiredBefore, ""},
		{"revoked", join(bound, revoked(2, "lost")), KeyRevoked, "compromised: lost"},
		{"revoked, bound again", join(bound, revoked(1, ""), oldPacket(tagSignature, k.body(t, spec{kind: typeBinding, at: testSign + 50, hashed: [][]byte{forSigning}, unhashed: [][]byte{back}}, k.hashed(sk)))), KeyRevoked, "superseded"},
		{"key revoked at its end", join(bound, k.aboutKey(t, spec{kind: typeKeyRevoked})), KeyRevoked, ""},
		{"revoked by another", join(bound, oldPacket(tagSignature, other.body(t, spec{kind: typeSubkeyRevoked}, k.hashed(sk)))), Good, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := wantState(t, mustRing(t, main, c.sub), blob, c.state, c.reason)
			if r.Primary != k.pub.print.String() || r.Fingerprint != sk.pub.print.String() || r.UserID != "M" {
				t.Errorf("%+v", r)
			}
			if c.state == KeyRevoked && r.RevokedAt.IsZero() {
				t.Error("no time of revocation")
			}
		})
	}
	wantState(t, mustRing(t, main, bound), k.over(t, text, spec{}), KeyNotForSigning, "not meant")
}

// An attacker puts somebody's signing subkey, or primary key, under a key of
// his own, to be taken for the one who signed.
func TestCrossCertification(t *testing.T) {
	victim, sk, attacker := newTestKey(t, "victim", testBorn), newTestKey(t, "sub", testBorn), newTestKey(t, "attacker", testBorn)
	honest := join(victim.simple(t, "V"), victim.subkey(t, sk, spec{hashed: [][]byte{forSigning}, unhashed: [][]byte{victim.back(t, sk, spec{})}}))
	stolen := sub(32, sk.body(t, spec{kind: typeBack}, victim.hashed(sk))...) // the real one, copied
	hostile := attacker.simple(t, "Attacker")
	for _, adopted := range []*testKey{sk, victim} {
		hostile = join(hostile, attacker.subkey(t, adopted, spec{at: testSign + 9, hashed: [][]byte{forSigning}, unhashed: [][]byte{stolen}}))
	}
	hostile = join(hostile, oldPacket(tagSignature, attacker.body(t, spec{kind: typeSubkeyRevoked}, attacker.hashed(victim))))
	for name, ring := range map[string]*Keyring{
		"honest first":  mustRing(t, honest, hostile),
		"hostile first": mustRing(t, hostile, honest),
		"joined":        Join(mustRing(t, hostile), nil, mustRing(t, honest)),
	} {
		for _, signer := range []*testKey{sk, victim} {
			r := ring.Verify([]byte(text), signer.over(t, text, spec{}), testNow)
			if r.State != Good || r.UserID != "V" || r.Primary != victim.pub.print.String() {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}
	for _, signer := range []*testKey{sk, victim} {
		if r := mustRing(t, hostile).Verify([]byte(text), signer.over(t, text, spec{}), testNow); r.State.Good() {
			t.Errorf("alone: %+v", r)
		}
	}
}

func TestPrimaryKey(t *testing.T) {
	k, other := newTestKey(t, "p", testBorn), newTestKey(t, "o", testBorn)
	cert := func(id string, s spec) []byte { return join(userPacket(id), k.certify(t, k, id, s)) }
	revoke := func(by *testKey, at uint32, b ...byte) []byte {
		return oldPacket(tagSignature, by.body(t, spec{kind: typeKeyRevoked, at: at, hashed: [][]byte{sub(29, b...)}}, k.hashed()))
	}
	for _, c := range []struct {
		name  string
		parts []byte
		state State
		user  string
	}{
		{"no flags", cert("A", spec{}), Good, "A"},
		{"no user id, a direct signature", k.aboutKey(t, spec{kind: typeDirect}), Good, ""},
		{"direct flags go first", join(k.aboutKey(t, spec{kind: typeDirect, hashed: [][]byte{forCerts}}), cert("A", spec{hashed: [][]byte{forSigning}})), KeyNotForSigning, "A"},
		{"flags of the newest user id", join(cert("A", spec{at: testSign + 1, hashed: [][]byte{forCerts}}), cert("B", spec{hashed: [][]byte{signAndCert}})), KeyNotForSigning, "A"},
		{"newest self-signature", join(cert("A", spec{hashed: [][]byte{forCerts}}), k.certify(t, k, "A", spec{at: testSign + 1, hashed: [][]byte{signAndCert}})), Good, "A"},
		{"newest one expired", join(cert("A", spec{hashed: [][]byte{signAndCert}}), k.certify(t, k, "A", spec{at: testSign + 1, hashed: [][]byte{forCerts, subTime(3, 10)}})), Good, "A"},
		{"newest user id is primary", join(cert("A", spec{}), cert("B", spec{at: testSign + 1})), Good, "B"},
		{"marked as primary", join(cert("A", spec{at: testSign - 1, hashed: [][]byte{sub(25, 1)}}), cert("B", spec{at: testSign + 1})), Good, "A"},
		{"user id revoked", join(cert("A", spec{at: testSign + 1}), k.certify(t, k, "A", spec{kind: typeCertRevoked, at: testSign + 2}), cert("B", spec{})), Good, "B"},
		{"user id revoked and back", join(cert("A", spec{}), k.certify(t, k, "A", spec{kind: typeCertRevoked, at: testSign + 2}), k.certify(t, k, "A", spec{at: testSign + 3})), Good, "A"},
		{"user id not signed", join(userPacket("Mallory"), cert("A", spec{})), Good, "A"},
		{"user id signed by another", join(userPacket("Mallory"), other.certify(t, k, "Mallory", spec{at: testSign + 9}), cert("A", spec{})), Good, "A"},
		{"another's signature in its name", join(userPacket("Mallory"), other.certify(t, k, "Mallory", spec{at: testSign + 9, noIssuer: true, unhashed: [][]byte{sub(16, k.pub.print[12:]...)}}), cert("A", spec{})), Good, "A"},
		{"signature over another user id", join(userPacket("Mallory"), k.certify(t, k, "A", spec{at: testSign + 9}), cert("A", spec{})), Good, "A"},
		{"self-signature with MD5", join(userPacket("B"), k.certify(t, k, "B", spec{at: testSign + 9, digest: digestMD5}), cert("A", spec{})), Good, "A"},
		{"self-signature with SHA1", cert("A", spec{digest: digestSHA1}), Good, "A"},
		{"self-signature before the key", join(cert("B", spec{at: testBorn - 1, hashed: [][]byte{sub(25, 1)}}), cert("A", spec{})), Good, "A"},
		{"self-signature with a critical part", join(cert("B", spec{hashed: [][]byte{sub(25, 1), sub(0x80 | 99)}}), cert("A", spec{})), Good, "A"},
		{"the same user id twice", join(cert("A", spec{hashed: [][]byte{signAndCert}}), cert("A", spec{at: testSign + 1, hashed: [][]byte{forCerts}})), KeyNotForSigning, "A"},
		{"user id too long", join(cert(strings.Repeat("x", maxUserID+1), spec{at: testSign + 1}), cert("A", spec{})), Good, "A"},
		{"a photo is no name", join(newPacket(tagUserAttr, []byte{1, 2}), cert("A", spec{})), Good, "A"},
		{"trust packets and others", join(newPacket(12, []byte{1}), cert("A", spec{}), newPacket(12, nil), newPacket(60, []byte("?"))), Good, "A"},
		{"revoked", join(revoke(k, testSign, 0), cert("A", spec{at: testSign + 9})), KeyRevoked, "A"},
		{"revoked in the future", join(revoke(k, testSign+1_000_000, 3), cert("A", spec{})), KeyRevoked, "A"},
		{"revoked by another", join(revoke(other, testSign, 0), cert("A", spec{})), Good, "A"},
		{"revocation that does not match", join(oldPacket(tagSignature, k.body(t, spec{kind: typeKeyRevoked}, other.hashed())), cert("A", spec{})), Good, "A"},
		{"only revoked", revoke(k, testSign, 2), KeyRevoked, ""},
		{"expired before", cert("A", spec{hashed: [][]byte{subTime(9, 10)}}), KeyExpiredBefore, "A"},
		{"expired since", cert("A", spec{hashed: [][]byte{subTime(9, 5000)}}), GoodKeyExpired, "A"},
		{"expiry taken off", join(cert("A", spec{hashed: [][]byte{subTime(9, 10)}}), k.certify(t, k, "A", spec{at: testSign + 1})), Good, "A"},
		{"a direct expiry goes first", join(k.aboutKey(t, spec{kind: typeDirect, hashed: [][]byte{subTime(9, 10)}}), cert("A", spec{hashed: [][]byte{subTime(9, 5000)}})), KeyExpiredBefore, "A"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := wantState(t, mustRing(t, k.key(), c.parts), k.over(t, text, spec{}), c.state, "")
			if r.UserID != c.user {
				t.Errorf("user id %q, want %q", r.UserID, c.user)
			}
			// Reading a key twice says no more than reading it once.
			twice := mustRing(t, k.key(), c.parts, k.key(), c.parts)
			if again := wantState(t, twice, k.over(t, text, spec{}), c.state, ""); twice.Len() != 1 || again != r {
				t.Errorf("twice: %d keys, %+v", twice.Len(), again)
			}
		})
	}
}

func TestSkipped(t *testing.T) {
	k, b := newTestKey(t, "k", testBorn), newTestKey(t, "b", testBorn)
	good := k.simple(t, "K")
	many := make([][]byte, 0, maxSelfSignatures+2)
	many = append(many, b.key(), userPacket("B"))
	for i := range maxSelfSignatures + 1 {
		many = append(many, oldPacket(tagSignature, b.body(t, spec{at: testSign + uint32(i), kind: typeCertHigh}, func(hash.Hash) {})))
	}
	big1 := new(big.Int).Lsh(big.NewInt(1), maxRSABits)
	big1.Add(big1, big.NewInt(1))
	n := new(big.Int).Lsh(big.NewInt(1), 2047)
	n.Add(n, big.NewInt(1))
	key := func(body []byte) []byte { return join(oldPacket(tagPublicKey, body), userPacket("X")) }
	for _, c := range []struct {
		name, want string
		raw        []byte
	}{
		{"version 3", "version 3", key([]byte{3, 0, 0, 0, 0, 0, 0, 1})},
		{"version 6", "version 6", key([]byte{6, 0, 0, 0, 0, 27})},
		{"unknown algorithm", "algorithm 99", key(keyBody(1, 99))},
		{"encryption", "cannot sign", key(keyBody(1, 16, mpi([]byte{5})))},
		{"empty", "middle of a packet", key(nil)},
		{"cut", "middle of a packet", key(k.pub.body[:20])},
		{"more than a key", "follows the key", key(append(bytes.Clone(k.pub.body), 1))},
		{"unknown curve", "elliptic curve", key(keyBody(1, pgp.PubKeyAlgoECDSA, []byte{2, 1, 2}, mpi([]byte{4})))},
		{"unknown curve of EdDSA", "elliptic curve", key(keyBody(1, pgp.PubKeyAlgoEdDSA, []byte{2, 1, 2}, mpi([]byte{4})))},
		{"not on the curve", "not on its curve", key(keyBody(1, pgp.PubKeyAlgoECDSA, []byte{8}, oidP256, mpi(append([]byte{4}, bytes.Repeat([]byte{1}, 64)...))))},
		{"short point", "not one of Ed25519", key(keyBody(1, pgp.PubKeyAlgoEdDSA, []byte{9}, oidEd25519, mpi([]byte{0x40, 1})))},
		{"RSA too long", "16385 bits", key(rsaBody(big1, big.NewInt(3)))},
		{"RSA exponent 1", "exponent", key(rsaBody(n, big.NewInt(1)))},
		{"RSA exponent even", "exponent", key(rsaBody(n, big.NewInt(4)))},
		{"RSA exponent huge", "exponent", key(rsaBody(n, n))},
		{"RSA even", "even", key(rsaBody(new(big.Int).Lsh(big.NewInt(1), 2047), big.NewInt(3)))},
		{"RSA nothing", "even", key(rsaBody(new(big.Int), big.NewInt(3)))},
		{"DSA too long", "more than 4096", key(keyBody(1, pgp.PubKeyAlgoDSA, mpi(big1.Bytes()), mpi([]byte{3}), mpi([]byte{3}), mpi([]byte{3})))},
		{"DSA even", "not those of a DSA key", key(keyBody(1, pgp.PubKeyAlgoDSA, mpi([]byte{4}), mpi([]byte{0x81}), mpi([]byte{3}), mpi([]byte{3})))},
		{"DSA range", "out of range", key(keyBody(1, pgp.PubKeyAlgoDSA, mpi([]byte{0x83}), mpi([]byte{0x81}), mpi([]byte{1}), mpi([]byte{3})))},
		{"not signed by itself", "no valid signature by itself", join(b.key(), userPacket("B"), k.certify(t, b, "B", spec{}))},
		{"secret", "a secret key, where this file is of public ones", oldPacket(tagSecretKey, k.pub.body)},
		{"too many signatures", "more than 1024 signatures", join(many...)},
		{"too many user ids", "more than 1024 user ids", join(b.key(), bytes.Repeat(userPacket("B"), maxUsers+1))},
		{"too many subkeys", "more than 256 subkeys", join(b.key(), bytes.Repeat(oldPacket(tagPublicSubkey, k.pub.body), maxSubkeys+1))},
		{"partial length", "no definite length", []byte{0xc6, 0xe1, 0, 0}},
		{"indeterminate length", "no definite length", []byte{0x9b, 4}},
		{"huge length", "middle of a packet", []byte{0xc6, 0xff, 0xff, 0xff, 0xff, 0xff, 4}},
		{"garbage", "not made of OpenPGP packets", []byte("hello")},
	} {
		t.Run(c.name, func(t *testing.T) {
			ring, skipped, err := ReadKeyring(join(good, c.raw))
			if err != nil || ring.Len() != 1 || len(skipped) != 1 || !strings.Contains(skipped[0], c.want) {
				t.Errorf("after a good key: %d keys, %q, %v", ring.Len(), skipped, err)
			}
			ring, _, err = ReadKeyring(c.raw)
			if err == nil || ring != nil {
				t.Errorf("alone: %v, %v", ring, err)
			}
		})
	}
	withSub := join(good, oldPacket(tagPublicSubkey, keyBody(1, 99)), oldPacket(tagPublicSubkey, keyBody(1, 18)))
	if ring, skipped, err := ReadKeyring(withSub); err != nil || ring.Len() != 1 || len(skipped) != 1 || !strings.Contains(skipped[0], "subkey") {
		t.Errorf("subkeys: %q %v", skipped, err)
	}
	_, skipped, err := ReadKeyring(join(good, bytes.Repeat(key(keyBody(1, 99)), 300)))
	if err != nil || len(skipped) != maxProblems+1 || skipped[maxProblems] != "and 200 more" {
		t.Errorf("%d sentences, %v", len(skipped), err)
	}
}

func TestJoin(t *testing.T) {
	k, b := newTestKey(t, "k", testBorn), newTestKey(t, "b", testBorn)
	plain := mustRing(t, k.simple(t, "K"))
	revoked := mustRing(t, k.key(), k.aboutKey(t, spec{kind: typeKeyRevoked, hashed: [][]byte{sub(29, append([]byte{0}, "gone"...)...)}}), b.simple(t, "B"))
	blob := k.over(t, text, spec{})
	for _, ring := range []*Keyring{Join(plain, revoked), Join(revoked, plain), Join(revoked, plain, revoked)} {
		if ring.Len() != 2 {
			t.Errorf("%d keys", ring.Len())
		}
		r := wantState(t, ring, blob, KeyRevoked, "gone")
		if r.UserID != "K" {
			t.Errorf("%+v", r)
		}
	}
	wantState(t, plain, blob, Good, "") // it is still what it was
	if Join().Len() != 0 || (*Keyring)(nil).Len() != 0 || (*Keyring)(nil).Keys(time.Now()) != nil {
		t.Error("empty rings")
	}
}

func TestTooManyKeys(t *testing.T) {
	var raw bytes.Buffer
	seen := 0
	for i := range maxKeys + 1 {
		// Short keys cost nothing to read: nothing is checked of them.
		n := new(big.Int).SetInt64(int64(2*i + 3))
		raw.Write(oldPacket(tagPublicKey, rsaBody(n, big.NewInt(3))))
		seen++
	}
	if _, _, err := ReadKeyring(raw.Bytes()); err == nil || !strings.Contains(err.Error(), fmt.Sprint(maxKeys)) {
		t.Errorf("%d keys: %v", seen, err)
	}
	if _, _, err := ReadKeyring(make([]byte, maxKeyring+1)); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Error(err)
	}
}
