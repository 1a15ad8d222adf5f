package gpg

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	_ "crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"math/big"
	"testing"
	"time"

	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Made keys: what gpg would refuse to make, and the library too. They sign with
// the standard library, and write their packets here.

const (
	testBorn = uint32(1_600_000_000)
	testSign = testBorn + 1000
)

var testNow = time.Unix(int64(testBorn)+100_000, 0)

var (
	oidEd25519 = []byte{0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01}
	oidP256    = []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}
	oidP384    = []byte{0x2b, 0x81, 0x04, 0x00, 0x22}
	oidP521    = []byte{0x2b, 0x81, 0x04, 0x00, 0x23}
)

// testKey is a key with its secret part.
type testKey struct {
	pub    *publicKey
	secret crypto.Signer
}

func mustKey(t testing.TB, body []byte) *publicKey {
	t.Helper()
	pub, rest, err := parsePublicKey(body)
	if err != nil || len(rest) > 0 {
		t.Fatalf("parse made key: %v, %d bytes left", err, len(rest))
	}
	return pub
}

func keyBody(created uint32, algo pgp.PublicKeyAlgorithm, material ...[]byte) []byte {
	b := append(binary.BigEndian.AppendUint32([]byte{4}, created), byte(algo))
	return append(b, bytes.Join(material, nil)...)
}

func mpi(b []byte) []byte { return appendMPI(nil, b) }

// newTestKey makes an Ed25519 key: always the same one of a name.
func newTestKey(t testing.TB, name string, created uint32) *testKey {
	t.Helper()
	return newTestKeyOf(t, name, created, pgp.PubKeyAlgoEdDSA)
}

func newTestKeyOf(t testing.TB, name string, created uint32, algo pgp.PublicKeyAlgorithm) *testKey {
	t.Helper()
	key := ed25519.NewKeyFromSeed(seedOf(name))
	body := keyBody(created, algo, pointOf(name))
	if algo == pgp.PubKeyAlgoEdDSA {
		body = keyBody(created, algo, []byte{byte(len(oidEd25519))}, oidEd25519, mpi(append([]byte{0x40}, pointOf(name)...)))
	}
	return &testKey{mustKey(t, body), key}
}

func seedOf(name string) []byte {
	seed := sha256.Sum256([]byte(name))
	return seed[:]
}

func pointOf(name string) []byte {
	return ed25519.NewKeyFromSeed(seedOf(name)).Public().(ed25519.PublicKey)
}

func newTestECDSA(t testing.TB, curve elliptic.Curve, oid []byte) *testKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return &testKey{mustKey(t, keyBody(testBorn, pgp.PubKeyAlgoECDSA, []byte{byte(len(oid))}, oid, mpi(point))), key}
}

func newTestRSA(t testing.TB, bits int) *testKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return &testKey{mustKey(t, rsaBody(key.N, big.NewInt(int64(key.E)))), key}
}

func rsaBody(n, e *big.Int) []byte {
	return keyBody(testBorn, pgp.PubKeyAlgoRSA, mpi(n.Bytes()), mpi(e.Bytes()))
}

// values are what a signature of a digest is made of, as the packet has it.
func (k *testKey) values(t testing.TB, digest byte, sum []byte) []byte {
	t.Helper()
	var err error
	var b []byte
	switch key := k.secret.(type) {
	case nil:
		return mpi([]byte{1})
	case *rsa.PrivateKey:
		hash := digests[digest]
		if digest == digestRIPEMD160 {
			hash, sum = 0, rsaRIPEMD160{recorder{sum: sum}}.Sum(nil)
		}
		if b, err = rsa.SignPKCS1v15(nil, key, hash, sum); err == nil {
			return mpi(b)
		}
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, key, sum)
		if err == nil {
			return join(mpi(r.Bytes()), mpi(s.Bytes()))
		}
	case ed25519.PrivateKey:
		b = ed25519.Sign(key, sum)
		if k.pub.key.PubKeyAlgo == pgp.PubKeyAlgoEd25519 {
			return b
		}
		return join(mpi(b[:32]), mpi(b[32:]))
	}
	t.Fatal("the key does not sign: ", err)
	return nil
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
	body := []byte{4, s.kind, byte(k.pub.key.PubKeyAlgo), s.digest}
	body = append(binary.BigEndian.AppendUint16(body, uint16(len(hashed))), hashed...)
	h := crypto.MD5.New()
	if s.digest != digestMD5 {
		h = cmp.Or(digests[s.digest], crypto.SHA256).New()
	}
	subject(h)
	h.Write(body)
	h.Write(binary.BigEndian.AppendUint32([]byte{4, 0xff}, uint32(len(body))))
	sum := h.Sum(nil)
	body = binary.BigEndian.AppendUint16(body, uint16(len(unhashed)))
	return join(body, unhashed, sum[:2], k.values(t, s.digest, sum))
}

// signaturePacket writes the header in the old format, as GnuPG does.
func signaturePacket(body []byte) []byte {
	if len(body) < 256 {
		return append([]byte{0x80 | tagSignature<<2, byte(len(body))}, body...)
	}
	return append([]byte{0x80 | tagSignature<<2 | 1, byte(len(body) >> 8), byte(len(body))}, body...)
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
