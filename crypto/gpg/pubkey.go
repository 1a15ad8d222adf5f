package gpg

import (
	"bytes"
	"crypto/dsa" //lint:ignore SA1019 old keyrings are full of DSA keys, and their signatures are only checked
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
)

// Public key algorithms (RFC 4880, 9.1, RFC 6637, RFC 9580) that can sign here.
const (
	algoRSA      = 1
	algoRSASign  = 3
	algoDSA      = 17
	algoECDSA    = 19
	algoEdDSA    = 22 // Ed25519 as GnuPG writes it
	algoEd25519  = 27 // Ed25519 as RFC 9580 writes it
	maxRSABits   = 16384
	maxDSABits   = 4096 // GnuPG makes no longer ones
	minKeyBits   = 1024
	minDSAOrder  = 160
	ed25519Point = 0x40 // "the coordinate as it is": what GnuPG writes before one
)

// encryptionOnly are algorithms that cannot sign: keys of them are nothing to
// mention.
var encryptionOnly = map[byte]bool{2: true, 16: true, 18: true, 25: true, 26: true}

var (
	oidEd25519 = []byte{0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x0f, 0x01}
	nistCurves = []struct {
		oid   []byte
		curve elliptic.Curve
	}{
		{[]byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}, elliptic.P256()},
		{[]byte{0x2b, 0x81, 0x04, 0x00, 0x22}, elliptic.P384()},
		{[]byte{0x2b, 0x81, 0x04, 0x00, 0x23}, elliptic.P521()},
	}
)

type fingerprint [sha1.Size]byte

// id is the key id: the end of the fingerprint.
func (f fingerprint) id() uint64 { return binary.BigEndian.Uint64(f[12:]) }

func (f fingerprint) String() string { return fmt.Sprintf("%X", f[:]) }

// publicKey is a key that can check signatures: one of rsa, dsa, ec and ed is
// set.
type publicKey struct {
	algo    byte
	created uint32
	print   fingerprint
	body    []byte // the packet's, for digests over the key
	bits    int
	weak    string // why nobody should believe it; empty when there is no reason

	rsa *rsa.PublicKey
	dsa *dsa.PublicKey
	ec  *ecdsa.PublicKey
	ed  ed25519.PublicKey
}

// errEncrypts says that a key is for encryption, and thus not looked at.
var errEncrypts = errors.New("its algorithm cannot sign")

// parsePublicKey reads the body of a public key packet, or the public part of
// a secret one; rest is what follows it.
func parsePublicKey(body []byte) (k *publicKey, rest []byte, err error) {
	r := &reader{b: body}
	version := r.byte()
	if version != 4 && !r.short {
		return nil, nil, fmt.Errorf("its format is version %d, only version 4 is read", version)
	}
	k = &publicKey{created: r.uint32(), algo: r.byte()}
	if r.short {
		return nil, nil, errTruncated
	}
	switch k.algo {
	case algoRSA, algoRSASign:
		err = k.readRSA(r)
	case algoDSA:
		err = k.readDSA(r)
	case algoECDSA:
		err = k.readECDSA(r)
	case algoEdDSA:
		oid := r.take(int(r.byte()))
		point := r.mpi()
		switch {
		case !bytes.Equal(oid, oidEd25519):
			err = unknownCurve(oid)
		case len(point) != 1+ed25519.PublicKeySize || point[0] != ed25519Point:
			err = errors.New("its point is not one of Ed25519")
		default:
			k.ed, k.bits = bytes.Clone(point[1:]), 255
		}
	case algoEd25519:
		k.ed, k.bits = bytes.Clone(r.take(ed25519.PublicKeySize)), 255
	default:
		if encryptionOnly[k.algo] {
			return nil, nil, errEncrypts
		}
		return nil, nil, fmt.Errorf("its algorithm %d is not known", k.algo)
	}
	if r.short {
		return nil, nil, errTruncated
	}
	if err != nil {
		return nil, nil, err
	}
	k.body = bytes.Clone(body[:len(body)-len(r.b)])
	h := sha1.New()
	k.hashInto(h)
	h.Sum(k.print[:0])
	return k, r.b, nil
}

func (k *publicKey) readRSA(r *reader) error {
	n, e := r.bigInt(), r.bigInt()
	k.bits = n.BitLen()
	if r.short {
		return errTruncated
	}
	switch {
	case k.bits > maxRSABits:
		return fmt.Errorf("it has %d bits, more than %d", k.bits, maxRSABits)
	case n.Bit(0) == 0:
		return errors.New("its modulus is even")
	case !e.IsInt64() || e.Int64() > math.MaxInt32 || e.Int64() < 3 || e.Bit(0) == 0:
		// With 1 everything is a signature; the upper bound is crypto/rsa's.
		return errors.New("its exponent is not an odd number from 3 to 2147483647")
	case k.bits < minKeyBits:
		k.weak = fmt.Sprintf("an RSA key of %d bits", k.bits)
	}
	k.rsa = &rsa.PublicKey{N: n, E: int(e.Int64())}
	return nil
}

func (k *publicKey) readDSA(r *reader) error {
	p, q, g, y := r.bigInt(), r.bigInt(), r.bigInt(), r.bigInt()
	k.bits = p.BitLen()
	if r.short {
		return errTruncated
	}
	one := big.NewInt(1)
	switch {
	case k.bits > maxDSABits || q.BitLen() > 512:
		return fmt.Errorf("its numbers have %d and %d bits, more than %d and 512", k.bits, q.BitLen(), maxDSABits)
	case p.Bit(0) == 0 || q.Bit(0) == 0 || q.BitLen()%8 != 0:
		return errors.New("its numbers are not those of a DSA key")
	case g.Cmp(one) <= 0 || g.Cmp(p) >= 0 || y.Cmp(one) <= 0 || y.Cmp(p) >= 0:
		return errors.New("its numbers are out of range")
	case k.bits < minKeyBits || q.BitLen() < minDSAOrder:
		k.weak = fmt.Sprintf("a DSA key of %d bits", k.bits)
	}
	k.dsa = &dsa.PublicKey{Parameters: dsa.Parameters{P: p, Q: q, G: g}, Y: y}
	return nil
}

func (k *publicKey) readECDSA(r *reader) error {
	oid := r.take(int(r.byte()))
	point := r.mpi()
	if r.short {
		return errTruncated
	}
	for _, c := range nistCurves {
		if !bytes.Equal(c.oid, oid) {
			continue
		}
		ec, err := ecdsa.ParseUncompressedPublicKey(c.curve, point)
		if err != nil {
			return errors.New("its point is not on its curve")
		}
		k.ec, k.bits = ec, c.curve.Params().BitSize
		return nil
	}
	return unknownCurve(oid)
}

func unknownCurve(oid []byte) error {
	return fmt.Errorf("its elliptic curve (OID %s) is not known", hex.EncodeToString(oid))
}

// hashInto gives the key as signatures over keys see it.
func (k *publicKey) hashInto(h interface{ Write([]byte) (int, error) }) {
	// A body this long cannot be signed over: no field of a key that is
	// accepted makes it longer than 16 bits can tell.
	h.Write([]byte{0x99, byte(len(k.body) >> 8), byte(len(k.body))})
	h.Write(k.body)
}

// algorithm is the algorithm in the words of GnuPG.
func (k *publicKey) algorithm() string {
	switch {
	case k.rsa != nil:
		return "RSA"
	case k.dsa != nil:
		return "DSA"
	case k.ec != nil:
		return "ECDSA " + k.ec.Curve.Params().Name
	}
	return "Ed25519"
}

// sameKind reports whether signatures that name an algorithm may be by the key.
// The two numbers of RSA are one algorithm.
func (k *publicKey) sameKind(algo byte) bool {
	return algo == k.algo || k.rsa != nil && (algo == algoRSA || algo == algoRSASign)
}

// tooShort reports whether a digest has fewer bits than the key's order, which
// GnuPG refuses.
func (k *publicKey) tooShort(digest []byte) bool {
	order := 0
	switch {
	case k.dsa != nil:
		order = k.dsa.Q.BitLen()
	case k.ec != nil:
		order = min(k.bits, 512) // there is no digest for all of P-521
	}
	return len(digest)*8 < order
}

// check reports whether values are a signature of the digest by this key. It
// is the one operation that costs.
func (k *publicKey) check(algo byte, digest []byte, values [2][]byte) bool {
	switch {
	case k.rsa != nil:
		signature := padded(values[0], k.rsa.Size())
		hash, digest := pkcs1Digest(algo, digest)
		return signature != nil && rsa.VerifyPKCS1v15(k.rsa, hash, digest, signature) == nil
	case k.dsa != nil:
		if order := (k.dsa.Q.BitLen() + 7) / 8; len(digest) > order {
			digest = digest[:order]
		}
		r, s := new(big.Int).SetBytes(values[0]), new(big.Int).SetBytes(values[1])
		return dsa.Verify(k.dsa, digest, r, s)
	case k.ec != nil:
		r, s := new(big.Int).SetBytes(values[0]), new(big.Int).SetBytes(values[1])
		return ecdsa.Verify(k.ec, digest, r, s)
	}
	r, s := padded(values[0], 32), padded(values[1], 32)
	return r != nil && s != nil && ed25519.Verify(k.ed, digest, append(r, s...))
}
