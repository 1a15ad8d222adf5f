package gpg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/big"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

// signFunc completes a signature over what was hashed. The private key is
// inside of it, and nowhere else.
type signFunc func(made *pgp.Signature, h hash.Hash) error

// SecretKeys are keys to sign with. They show nothing secret when they are
// printed, whatever the verb.
type SecretKeys struct {
	keys []*secretKey
}

// secretKey is one key: it has sign, or a reason why not.
type secretKey struct {
	signingKey
	sign   signFunc
	whyNot string
}

// String tells how many keys there are.
func (s *SecretKeys) String() string { return fmt.Sprintf("%d secret keys", s.Len()) }

// GoString is String.
func (s *SecretKeys) GoString() string { return s.String() }

// Len is how many keys there are, subkeys too, also those that cannot sign.
func (s *SecretKeys) Len() int {
	if s == nil {
		return 0
	}
	return len(s.keys)
}

// secretPart is what the packet of a secret key has after the public one.
type secretPart struct {
	pub  *publicKey
	rest []byte
}

// ReadSecretKeys reads exported secret keys, binary or armoured, or a
// secring.gpg. It is an error when none of them can be signed with: because
// they are protected by a passphrase, mostly.
func ReadSecretKeys(raw []byte) (*SecretKeys, error) {
	c := &collector{}
	if err := c.read(raw, true); err != nil {
		return nil, fmt.Errorf("read secret keys: %w", err)
	}
	parts := make(map[fingerprint]secretPart, len(c.secrets))
	for _, p := range c.secrets {
		// The same key can be there twice, once as a stub.
		if had, ok := parts[p.pub.print]; !ok || len(had.rest) < len(p.rest) {
			parts[p.pub.print] = p
		}
	}
	s := &SecretKeys{}
	for _, k := range c.keys {
		for _, key := range signingKeys(k) {
			part, ok := parts[key.pub().print]
			if !ok {
				continue
			}
			secret := &secretKey{signingKey: *key}
			secret.sign, secret.whyNot = part.open()
			s.keys = append(s.keys, secret)
		}
	}
	return s, s.usable("read secret keys")
}

func signingKeys(k *certKey) []*signingKey {
	all := []*signingKey{{cert: k}}
	for _, s := range k.subs {
		all = append(all, &signingKey{k, s})
	}
	return all
}

// usable is an error when nothing can be signed with.
func (s *SecretKeys) usable(doing string) error {
	why := "there is no secret key"
	for _, k := range s.keys {
		if k.sign != nil {
			return nil
		}
		why = k.String() + ": " + k.whyNot
	}
	return fmt.Errorf("%s: %s", doing, why)
}

// String names the key.
func (k *secretKey) String() string {
	return fmt.Sprintf("key %016X of %s", k.pub().print.id(), k.cert.label())
}

// GoString is String.
func (k *secretKey) GoString() string { return k.String() }

// Why a key cannot be signed with, and what to do about it.
const (
	whyProtected = "it is protected with a passphrase, and none is asked for here: take the passphrase off a copy of the key (gpg --edit-key KEY passwd, in a home of its own) and use that"
	whyCard      = "its secret part is on a smart card, which is not used here: sign with a key kept in a file"
	whyStub      = "its secret part is not in the file, which was exported without it (gpg --export-secret-subkeys does that)"
	whyDamaged   = "its secret part is damaged"
	whyMismatch  = "its secret part does not belong to its public one"
	whyDSA       = "signatures with DSA are not made here: use an RSA or Ed25519 key"
)

// open makes the closure that signs, when the secret part is not protected. The
// library makes sure that it fits the public key.
func (p secretPart) open() (signFunc, string) {
	switch {
	case len(p.rest) == 0:
		return nil, whyStub
	case p.rest[0] != 0:
		return nil, whyLocked(p.rest[0], p.rest[1:])
	case p.pub.weak != "":
		return nil, "it is " + p.pub.weak
	case p.pub.key.PubKeyAlgo == pgp.PubKeyAlgoDSA:
		return nil, whyDSA
	case !p.pub.fits(p.rest):
		return nil, whyDamaged
	}
	parsed, _, err := parse(tagSecretKey, p.pub.body, p.rest)
	// Nothing of these errors is told: they are about the private numbers.
	var invalid pgperrors.KeyInvalidError
	switch {
	case errors.As(err, &invalid):
		return nil, whyMismatch
	case err != nil:
		return nil, whyDamaged
	}
	key := parsed.(*pgp.PrivateKey)
	return func(made *pgp.Signature, h hash.Hash) error {
		// The library puts a notation with random bytes into every signature,
		// unless told not to; GnuPG has none.
		return made.Sign(h, key, &pgp.Config{NonDeterministicSignaturesViaNotation: new(false)})
	}, ""
}

// fits reports whether an unprotected secret part has as many numbers as it
// should, and none longer than the key, as the library's arithmetic takes any
// size.
func (k *publicKey) fits(rest []byte) bool {
	if len(rest) < 3 {
		return false
	}
	b := rest[1 : len(rest)-2] // the checksum is the library's
	if k.key.PubKeyAlgo == pgp.PubKeyAlgoEd25519 {
		return len(b) == (k.bits+7)/8
	}
	numbers := 1
	if isRSA(k.key.PubKeyAlgo) {
		numbers = 4
	}
	for ; numbers > 0 && len(b) >= 2; numbers-- {
		size := (int(binary.BigEndian.Uint16(b)) + 7) / 8
		if b = b[2:]; size > len(b) || size > (k.bits+7)/8 {
			return false
		}
		b = b[size:]
	}
	return numbers == 0 && len(b) == 0
}

// plainSecret writes numbers as an unprotected secret part: d, p and q for RSA,
// else d.
func plainSecret(pub *publicKey, numbers [][]byte) []byte {
	var b []byte
	for _, n := range numbers {
		if size := (pub.bits + 7) / 8; pub.key.PubKeyAlgo == pgp.PubKeyAlgoEd25519 {
			b = append(append(b, make([]byte, max(0, size-len(n)))...), n...)
		} else {
			b = appendMPI(b, n)
		}
	}
	if isRSA(pub.key.PubKeyAlgo) {
		b = appendMPI(b, nil) // u, which the library works out itself
	}
	sum := uint16(0)
	for _, c := range b {
		sum += uint16(c)
	}
	return binary.BigEndian.AppendUint16(append([]byte{0}, b...), sum)
}

// appendMPI writes a multiprecision integer.
func appendMPI(b, value []byte) []byte {
	n := new(big.Int).SetBytes(value)
	return append(binary.BigEndian.AppendUint16(b, uint16(n.BitLen())), n.Bytes()...)
}

// whyLocked tells a stub from a protected key: GnuPG marks stubs in the place
// of how the passphrase is made a key.
func whyLocked(usage byte, b []byte) string {
	const gnuExtension = 101
	if usage >= 254 && len(b) >= 7 && b[1] == gnuExtension && bytes.Equal(b[3:6], []byte("GNU")) {
		if b[6] == 2 {
			return whyCard
		}
		return whyStub
	}
	return whyProtected
}
