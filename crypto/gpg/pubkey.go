package gpg

import (
	"bytes"
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old keyrings are full of DSA keys, and their signatures are only checked
	"crypto/rsa"
	"crypto/sha1"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/big"

	"github.com/ProtonMail/go-crypto/openpgp/ecdsa"
	"github.com/ProtonMail/go-crypto/openpgp/ed25519"
	"github.com/ProtonMail/go-crypto/openpgp/eddsa"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Bounds on the numbers of keys: what costs time grows with them.
const (
	maxRSABits  = 16384
	maxDSABits  = 4096 // GnuPG makes no longer ones
	minKeyBits  = 1024
	minDSAOrder = 160
)

// signing are the algorithms that can sign here (RFC 4880, 9.1, RFC 6637, RFC
// 9580), with what the library finds wrong with keys of them that it does not
// take, and that are not cut off.
var signing = map[pgp.PublicKeyAlgorithm]string{
	pgp.PubKeyAlgoRSA:         "its exponent is longer than 24 bits",
	pgp.PubKeyAlgoRSASignOnly: "its exponent is longer than 24 bits",
	pgp.PubKeyAlgoDSA:         "its numbers are not those of a DSA key",
	pgp.PubKeyAlgoECDSA:       "its point is not on its curve",
	pgp.PubKeyAlgoEdDSA:       "its point is not one of Ed25519", // as GnuPG writes it
	pgp.PubKeyAlgoEd25519:     "its point is not one of Ed25519", // as RFC 9580 does
}

// encryptionOnly are algorithms that cannot sign: keys of them are nothing to
// mention.
var encryptionOnly = map[pgp.PublicKeyAlgorithm]bool{
	pgp.PubKeyAlgoRSAEncryptOnly: true, pgp.PubKeyAlgoElGamal: true, pgp.PubKeyAlgoECDH: true,
	pgp.PubKeyAlgoX25519: true, pgp.PubKeyAlgoX448: true,
}

// nistCurves are the curves for ECDSA. The library has others, in arithmetic
// that is slow, and not made to be safe.
var nistCurves = map[string]int{"P-256": 256, "P-384": 384, "P-521": 521}

type fingerprint [sha1.Size]byte

// id is the key id: the end of the fingerprint.
func (f fingerprint) id() uint64 { return binary.BigEndian.Uint64(f[12:]) }

func keyID(id uint64) string { return fmt.Sprintf("%016X", id) }

func (f fingerprint) String() string { return fmt.Sprintf("%X", f[:]) }

// publicKey is a key that can check signatures.
type publicKey struct {
	key   *pgp.PublicKey
	print fingerprint
	body  []byte // the packet's
	bits  int
	order int    // bits that a digest must have: GnuPG refuses shorter ones
	weak  string // why nobody should believe it; empty when there is no reason
}

var (
	// errEncrypts says that a key is for encryption, and thus not looked at.
	errEncrypts     = errors.New("its algorithm cannot sign")
	errUnknownCurve = errors.New("its elliptic curve is not known")
)

// parsePublicKey reads the body of a public key packet, or the public part of
// a secret one; rest is what follows it.
func parsePublicKey(body []byte) (k *publicKey, rest []byte, err error) {
	switch {
	case len(body) > 0 && body[0] != 4:
		return nil, nil, fmt.Errorf("its format is version %d, only version 4 is read", body[0])
	case len(body) < 6:
		return nil, nil, errTruncated
	}
	algo := pgp.PublicKeyAlgorithm(body[5])
	refused, ok := signing[algo]
	switch {
	case encryptionOnly[algo]:
		return nil, nil, errEncrypts
	case !ok:
		return nil, nil, fmt.Errorf("its algorithm %d is not known", algo)
	}
	p, rest, err := parse(tagPublicKey, body)
	var unsupported pgperrors.UnsupportedError
	switch {
	case errors.Is(err, errTruncated):
		return nil, nil, err
	case errors.As(err, &unsupported) && (algo == pgp.PubKeyAlgoECDSA || algo == pgp.PubKeyAlgoEdDSA):
		return nil, nil, errUnknownCurve
	case err != nil:
		return nil, nil, errors.New(refused)
	}
	k = &publicKey{key: p.(*pgp.PublicKey), body: bytes.Clone(body[:len(body)-len(rest)])}
	copy(k.print[:], k.key.Fingerprint)
	switch key := k.key.PublicKey.(type) {
	case *rsa.PublicKey:
		err = k.judgeRSA(key)
	case *dsa.PublicKey:
		err = k.judgeDSA(key)
	case *ecdsa.PublicKey:
		if k.bits = nistCurves[key.GetCurve().GetCurveName()]; k.bits == 0 {
			err = errUnknownCurve
		}
		k.order = min(k.bits, 512) // there is no digest for all of P-521
	case *eddsa.PublicKey:
		if k.bits = 255; key.GetCurve().GetCurveName() != "ed25519" {
			err = errUnknownCurve
		}
	case *ed25519.PublicKey:
		k.bits = 255
	}
	if err != nil {
		return nil, nil, err
	}
	return k, rest, nil
}

func (k *publicKey) judgeRSA(key *rsa.PublicKey) error {
	k.bits = key.N.BitLen()
	switch {
	case k.bits > maxRSABits:
		return fmt.Errorf("it has %d bits, more than %d", k.bits, maxRSABits)
	case key.N.Bit(0) == 0:
		return errors.New("its modulus is even")
	case key.E < 3 || key.E&1 == 0:
		// With 1 everything is a signature.
		return errors.New("its exponent is not an odd number from 3")
	case k.bits < minKeyBits:
		k.weak = fmt.Sprintf("an RSA key of %d bits", k.bits)
	}
	return nil
}

func (k *publicKey) judgeDSA(key *dsa.PublicKey) error {
	p, q, one := key.P, key.Q, big.NewInt(1)
	k.bits, k.order = p.BitLen(), q.BitLen()
	switch {
	case k.bits > maxDSABits || k.order > 512:
		return fmt.Errorf("its numbers have %d and %d bits, more than %d and 512", k.bits, k.order, maxDSABits)
	case p.Bit(0) == 0 || q.Bit(0) == 0 || k.order%8 != 0:
		return errors.New("its numbers are not those of a DSA key")
	case key.G.Cmp(one) <= 0 || key.G.Cmp(p) >= 0 || key.Y.Cmp(one) <= 0 || key.Y.Cmp(p) >= 0:
		return errors.New("its numbers are out of range")
	case k.bits < minKeyBits || k.order < minDSAOrder:
		k.weak = fmt.Sprintf("a DSA key of %d bits", k.bits)
	}
	return nil
}

func (k *publicKey) created() int64 { return k.key.CreationTime.Unix() }

// hashInto gives the key as signatures over keys see it.
func (k *publicKey) hashInto(h hash.Hash) {
	// A hash takes anything, and this is the only error there is.
	_ = k.key.SerializeForHash(h)
}

// algorithm is the algorithm in the words of GnuPG.
func (k *publicKey) algorithm() string {
	switch key := k.key.PublicKey.(type) {
	case *rsa.PublicKey:
		return "RSA"
	case *dsa.PublicKey:
		return "DSA"
	case *ecdsa.PublicKey:
		return "ECDSA " + key.GetCurve().GetCurveName()
	}
	return "Ed25519"
}

// numbers are the public numbers of the key, to find it by in the files of
// GnuPG's agent.
func (k *publicKey) numbers() string {
	switch key := k.key.PublicKey.(type) {
	case *rsa.PublicKey:
		return rsaNumbers(key.N.Bytes())
	case *dsa.PublicKey:
		return "dsa:" + string(key.Y.Bytes())
	case *ecdsa.PublicKey:
		return "ecc:" + string(key.MarshalPoint())
	case *eddsa.PublicKey:
		return "ecc:" + string(key.X)
	case *ed25519.PublicKey:
		return "ecc:" + string(key.Point)
	}
	return ""
}

func isRSA(algo pgp.PublicKeyAlgorithm) bool {
	return algo == pgp.PubKeyAlgoRSA || algo == pgp.PubKeyAlgoRSASignOnly
}

// sameKind reports whether signatures that name an algorithm may be by the key.
// The two numbers of RSA are one algorithm.
func (k *publicKey) sameKind(algo pgp.PublicKeyAlgorithm) bool {
	return algo == k.key.PubKeyAlgo || isRSA(algo) && isRSA(k.key.PubKeyAlgo)
}

// tooShort reports whether a digest has fewer bits than the key's order.
func (k *publicKey) tooShort(digest crypto.Hash) bool { return digest.Size()*8 < k.order }

// check reports whether s is a signature by this key, of its kind and with a
// digest that is computed here, over what subject gives to a hash. It is the one
// operation that costs.
func (k *publicKey) check(s *signature, subject func(hash.Hash)) bool {
	s.made.PubKeyAlgo, s.made.Hash = k.key.PubKeyAlgo, digests[s.digest]
	h := s.made.Hash.New()
	subject(h)
	if s.digest == digestRIPEMD160 && isRSA(s.algo) {
		s.made.Hash, h = 0, rsaRIPEMD160{h}
	}
	return k.key.VerifySignature(h, s.made) == nil
}
