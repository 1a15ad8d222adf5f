package gpg

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"math/big"
)

// signFunc makes a signature's values of a digest. The private key is inside of
// it, and nowhere else.
type signFunc func(digest byte, sum []byte) (values [2][]byte, err error)

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

// open reads the secret part, when it is not protected.
func (p secretPart) open() (signFunc, string) {
	if len(p.rest) == 0 {
		return nil, whyStub
	}
	usage, secret := p.rest[0], p.rest[1:]
	if usage != 0 {
		return nil, whyLocked(usage, secret)
	}
	if len(secret) < 2 {
		return nil, whyDamaged
	}
	secret, check := secret[:len(secret)-2], secret[len(secret)-2:]
	sum := uint16(0)
	for _, b := range secret {
		sum += uint16(b)
	}
	if sum != uint16(check[0])<<8|uint16(check[1]) {
		return nil, whyDamaged
	}
	r := &reader{b: secret}
	var parts [][]byte
	switch {
	case p.pub.rsa != nil:
		parts = [][]byte{r.mpi(), r.mpi(), r.mpi()} // d, p, q; then u
		r.mpi()
	case p.pub.dsa != nil:
		return nil, whyDSA
	case p.pub.algo == algoEd25519:
		parts = [][]byte{r.take(ed25519.SeedSize)}
	default:
		parts = [][]byte{r.mpi()}
	}
	if r.short || len(r.b) > 0 {
		return nil, whyDamaged
	}
	return newSign(p.pub, parts)
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

// newSign makes the closure that signs, of d, p and q for RSA, else of d. It
// makes sure that it fits the public key.
func newSign(pub *publicKey, parts [][]byte) (signFunc, string) {
	switch {
	case pub.weak != "":
		return nil, "it is " + pub.weak
	case pub.rsa != nil:
		return newSignRSA(pub, parts)
	case pub.ec != nil:
		return newSignECDSA(pub, parts[0])
	case pub.ed == nil:
		return nil, whyDSA
	}
	seed := padded(parts[0], ed25519.SeedSize)
	if seed == nil {
		return nil, whyDamaged
	}
	key := ed25519.NewKeyFromSeed(seed)
	if !bytes.Equal(key[ed25519.SeedSize:], pub.ed) {
		return nil, whyMismatch
	}
	return func(_ byte, sum []byte) (values [2][]byte, err error) {
		signature := ed25519.Sign(key, sum)
		return [2][]byte{signature[:32], signature[32:]}, nil
	}, ""
}

func newSignRSA(pub *publicKey, parts [][]byte) (signFunc, string) {
	if len(parts) < 3 {
		return nil, whyDamaged
	}
	number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	key := &rsa.PrivateKey{
		PublicKey: *pub.rsa, D: number(parts[0]),
		Primes: []*big.Int{number(parts[1]), number(parts[2])},
	}
	for _, n := range append(key.Primes, key.D) {
		// Checked here, as the arithmetic of the library takes any size.
		if n.Sign() <= 0 || n.Cmp(pub.rsa.N) >= 0 {
			return nil, whyMismatch
		}
	}
	// Nothing of these errors is told: they are about the private numbers.
	if key.Validate() != nil {
		return nil, whyMismatch
	}
	key.Precompute()
	return func(digest byte, sum []byte) (values [2][]byte, err error) {
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, digests[digest].hash, sum)
		if err != nil {
			return values, errors.New("the RSA operation failed")
		}
		return [2][]byte{signature}, nil
	}, ""
}

func newSignECDSA(pub *publicKey, d []byte) (signFunc, string) {
	secret := padded(d, (pub.bits+7)/8)
	if secret == nil {
		return nil, whyDamaged
	}
	key, err := ecdsa.ParseRawPrivateKey(pub.ec.Curve, secret)
	if err != nil || !key.PublicKey.Equal(pub.ec) {
		return nil, whyMismatch
	}
	return func(_ byte, sum []byte) (values [2][]byte, err error) {
		r, s, err := ecdsa.Sign(rand.Reader, key, sum)
		if err != nil {
			return values, errors.New("the ECDSA operation failed")
		}
		return [2][]byte{r.Bytes(), s.Bytes()}, nil
	}, ""
}
