package gpg

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/big"
	"testing"
	"time"
)

// Made keys: what gpg would refuse to make.

const (
	testBorn = uint32(1_600_000_000)
	testSign = testBorn + 1000
)

var testNow = time.Unix(int64(testBorn)+100_000, 0)

// testKey is a key with its secret part.
type testKey struct {
	pub  *publicKey
	sign signFunc
}

func mustKey(t testing.TB, body []byte) *publicKey {
	t.Helper()
	pub, rest, err := parsePublicKey(body)
	if err != nil || len(rest) > 0 {
		t.Fatalf("parse made key: %v, %d bytes left", err, len(rest))
	}
	return pub
}

func keyBody(created uint32, algo byte, material ...[]byte) []byte {
	b := append(binary.BigEndian.AppendUint32([]byte{4}, created), algo)
	return append(b, bytes.Join(material, nil)...)
}

func mpi(b []byte) []byte { return appendMPI(nil, b) }

// newTestKey makes an Ed25519 key: always the same one of a name.
func newTestKey(t testing.TB, name string, created uint32) *testKey {
	t.Helper()
	return newTestKeyOf(t, name, created, algoEdDSA)
}

func newTestKeyOf(t testing.TB, name string, created uint32, algo byte) *testKey {
	t.Helper()
	seed := sha256.Sum256([]byte(name))
	key := ed25519.NewKeyFromSeed(seed[:])
	point := key.Public().(ed25519.PublicKey)
	body := keyBody(created, algo, point)
	if algo == algoEdDSA {
		body = keyBody(created, algo, []byte{byte(len(oidEd25519))}, oidEd25519, mpi(append([]byte{ed25519Point}, point...)))
	}
	pub := mustKey(t, body)
	sign, why := newSign(pub, [][]byte{seed[:]})
	if sign == nil {
		t.Fatal(why)
	}
	return &testKey{pub, sign}
}

func newTestECDSA(t testing.TB, curve elliptic.Curve) *testKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range nistCurves {
		if c.curve == curve {
			pub := mustKey(t, keyBody(testBorn, algoECDSA, []byte{byte(len(c.oid))}, c.oid, mpi(point)))
			sign, why := newSign(pub, [][]byte{secret})
			if sign == nil {
				t.Fatal(why)
			}
			return &testKey{pub, sign}
		}
	}
	t.Fatal("unknown curve")
	return nil
}

func newTestRSA(t testing.TB, bits int) *testKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	pub := mustKey(t, rsaBody(key.N, big.NewInt(int64(key.E))))
	return &testKey{pub, func(digest byte, sum []byte) ([2][]byte, error) {
		hash, sum := pkcs1Digest(digest, sum)
		s, err := rsa.SignPKCS1v15(rand.Reader, key, hash, sum)
		return [2][]byte{s}, err
	}}
}

func rsaBody(n, e *big.Int) []byte {
	return keyBody(testBorn, algoRSA, mpi(n.Bytes()), mpi(e.Bytes()))
}

// oldPacket writes a packet with a length of four bytes in the old format.
func oldPacket(tag byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0x80 | tag<<2 | 2}, uint32(len(body))), body...)
}

// newPacket writes a packet in the new format.
func newPacket(tag byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0xc0 | tag, 0xff}, uint32(len(body))), body...)
}

func sub(kind byte, body ...byte) []byte {
	if n := len(body) + 1; n >= 192 {
		return append(binary.BigEndian.AppendUint32([]byte{0xff}, uint32(n)), append([]byte{kind}, body...)...)
	}
	return append([]byte{byte(len(body) + 1), kind}, body...)
}

func subTime(kind byte, at uint32) []byte {
	return sub(kind, binary.BigEndian.AppendUint32(nil, at)...)
}

// spec is a signature to make; what is zero is as usual.
type spec struct {
	kind     byte
	at       uint32
	digest   byte
	hashed   [][]byte
	unhashed [][]byte
	noIssuer bool
	noTime   bool
}

// body makes the body of a signature packet.
func (k *testKey) body(t testing.TB, s spec, subject func(h hash.Hash)) []byte {
	t.Helper()
	if s.at == 0 {
		s.at = testSign
	}
	if s.digest == 0 {
		s.digest = digestSHA256
	}
	var hashed, unhashed []byte
	if !s.noTime {
		hashed = subTime(2, s.at)
	}
	hashed = append(hashed, bytes.Join(s.hashed, nil)...)
	if !s.noIssuer {
		unhashed = sub(16, k.pub.print[12:]...)
	}
	unhashed = append(unhashed, bytes.Join(s.unhashed, nil)...)
	body, trailer := signatureHead([]byte{4, s.kind, k.pub.algo, s.digest}, hashed)
	sum := (&signature{digest: s.digest, trailer: trailer}).sum(subject)
	if sum == nil {
		sum = make([]byte, crypto.MD5.Size()) // not computed here: nothing matches
	}
	values, err := k.sign(digestSHA256, sum)
	if digests[s.digest].hash != 0 {
		values, err = k.sign(s.digest, sum)
	}
	if err != nil {
		t.Fatal(err)
	}
	body = binary.BigEndian.AppendUint16(body, uint16(len(unhashed)))
	body = append(append(body, unhashed...), sum[:2]...)
	return appendValues(body, k.pub.algo, values)
}

// over is a detached signature.
func (k *testKey) over(t testing.TB, text string, s spec) []byte {
	t.Helper()
	return signaturePacket(k.body(t, s, func(h hash.Hash) {
		if s.kind == typeText {
			hashText(h, []byte(text))
			return
		}
		h.Write([]byte(text))
	}))
}

func (k *testKey) key() []byte { return oldPacket(tagPublicKey, k.pub.body) }

func userPacket(id string) []byte { return newPacket(tagUserID, []byte(id)) }

// certify is a signature of about's user id.
func (k *testKey) certify(t testing.TB, about *testKey, id string, s spec) []byte {
	t.Helper()
	if s.kind == 0 {
		s.kind = typeCertHigh
	}
	return oldPacket(tagSignature, k.body(t, s, func(h hash.Hash) {
		about.pub.hashInto(h)
		n := len(id)
		h.Write([]byte{0xb4, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		h.Write([]byte(id))
	}))
}

// aboutKey is a signature of the key over itself.
func (k *testKey) aboutKey(t testing.TB, s spec) []byte {
	t.Helper()
	return oldPacket(tagSignature, k.body(t, s, k.hashed()))
}

func (k *testKey) hashed(more ...*testKey) func(hash.Hash) {
	return func(h hash.Hash) {
		for _, k := range append([]*testKey{k}, more...) {
			k.pub.hashInto(h)
		}
	}
}

// subkey is a subkey with its binding, which has s's subpackets.
func (k *testKey) subkey(t testing.TB, sk *testKey, s spec) []byte {
	t.Helper()
	s.kind = typeBinding
	binding := k.body(t, s, k.hashed(sk))
	return append(oldPacket(tagPublicSubkey, sk.pub.body), oldPacket(tagSignature, binding)...)
}

// back is the subpacket with sk's word that it belongs to k.
func (k *testKey) back(t testing.TB, sk *testKey, s spec) []byte {
	t.Helper()
	s.kind = typeBack
	return sub(32, sk.body(t, s, k.hashed(sk))...)
}

// simple is a key with one user id that may sign.
func (k *testKey) simple(t testing.TB, id string) []byte {
	t.Helper()
	return join(k.key(), userPacket(id), k.certify(t, k, id, spec{hashed: [][]byte{sub(27, 0x03)}}))
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func mustRing(t testing.TB, raw ...[]byte) *Keyring {
	t.Helper()
	ring, skipped, err := ReadKeyring(join(raw...))
	if err != nil || len(skipped) > 0 {
		t.Fatalf("read made keyring: %v %q", err, skipped)
	}
	return ring
}
