package demo

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// serviceKeyBits is what Fedora's real keys have, and the least that receivers
// accept. Longer keys would only make the demonstration slower.
const serviceKeyBits = 1024

// issuer is a CA.
type issuer struct {
	cert *x509.Certificate
	key  *rsa.PrivateKey
}

// subject is a name with the serial number and the dates of its certificate.
type subject struct {
	name     string
	serial   int64
	from, to time.Time
}

func (s subject) template() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(s.serial),
		Subject:      pkix.Name{Organization: []string{"Demo Infrastructure"}, CommonName: s.name},
		NotBefore:    s.from, NotAfter: s.to,
	}
}

// newCA makes a CA that issues itself.
func newCA(s subject, key *rsa.PrivateKey) (*issuer, error) {
	t := s.template()
	t.IsCA, t.BasicConstraintsValid = true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("make the CA %s: %w", s.name, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the CA %s: %w", s.name, err)
	}
	return &issuer{cert, key}, nil
}

func (ca *issuer) pem() []byte { return certificatePEM(ca.cert.Raw) }

// issue makes a certificate, as PEM text.
func (ca *issuer) issue(s subject, key *rsa.PublicKey, algorithm x509.SignatureAlgorithm) ([]byte, error) {
	t := s.template()
	t.SignatureAlgorithm = algorithm
	t.KeyUsage = x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, t, ca.cert, key, ca.key)
	if err != nil {
		return nil, fmt.Errorf("issue the certificate of %s: %w", s.name, err)
	}
	return certificatePEM(der), nil
}

// list makes a revocation list, as PEM text.
func (ca *issuer) list(number int64, from, to time.Time, revoked []revocation) ([]byte, error) {
	t := &x509.RevocationList{Number: big.NewInt(number), ThisUpdate: from, NextUpdate: to}
	for _, r := range revoked {
		t.RevokedCertificateEntries = append(t.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber: big.NewInt(r.serial), RevocationTime: r.at, ReasonCode: 1, // its key was stolen
		})
	}
	der, err := x509.CreateRevocationList(rand.Reader, t, ca.cert, ca.key)
	if err != nil {
		return nil, fmt.Errorf("issue the revocation list of %s: %w", ca.cert.Subject.CommonName, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), nil
}

// revocation is a certificate that counts no longer, since a time.
type revocation struct {
	serial int64
	at     time.Time
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func keyPEM(key *rsa.PrivateKey) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

// weakKeyBits can be factored in an afternoon.
const weakKeyBits = 512

// weakKey is an RSA key that crypto/rsa refuses to make and to sign with, and
// rightly so: it is here for receivers to refuse.
type weakKey struct{ n, d *big.Int }

const weakExponent = 65537

func newWeakKey() (*weakKey, error) {
	one := big.NewInt(1)
	for {
		p, err := rand.Prime(rand.Reader, weakKeyBits/2)
		if err != nil {
			return nil, fmt.Errorf("make a weak key: %w", err)
		}
		q, err := rand.Prime(rand.Reader, weakKeyBits/2)
		if err != nil {
			return nil, fmt.Errorf("make a weak key: %w", err)
		}
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		d := new(big.Int).ModInverse(big.NewInt(weakExponent), phi)
		if d != nil && p.Cmp(q) != 0 {
			return &weakKey{n: new(big.Int).Mul(p, q), d: d}, nil
		}
	}
}

func (k *weakKey) public() *rsa.PublicKey { return &rsa.PublicKey{N: k.n, E: weakExponent} }

// sha1Info stands before a digest of SHA-1 in what is signed (RFC 8017, 9.2).
var sha1Info = []byte{0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}

// sign is RSASSA-PKCS1-v1_5 with SHA-1, without any of the care that a key
// worth stealing would need.
func (k *weakKey) sign(text []byte) []byte {
	digest := sha1.Sum(text)
	size := weakKeyBits / 8
	padded := []byte{0, 1}
	for len(padded) < size-1-len(sha1Info)-len(digest) {
		padded = append(padded, 0xff)
	}
	padded = append(append(append(padded, 0), sha1Info...), digest[:]...)
	m := new(big.Int).SetBytes(padded)
	return m.Exp(m, k.d, k.n).FillBytes(make([]byte, size))
}
