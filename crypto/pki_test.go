package crypto

import (
	stdcrypto "crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"
)

// pki is a CA with certificates, made once for all tests.
type pki struct {
	caKey, key *rsa.PrivateKey
	ca         *x509.Certificate
	caPEM      []byte
	serial     int64
}

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

var thePKI = sync.OnceValue(func() *pki {
	newKey := func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return key
	}
	p := &pki{caKey: newKey(), key: newKey(), serial: 100}
	p.ca, p.caPEM = issue(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(10, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, nil, &p.caKey.PublicKey, p.caKey)
	return p
})

func issue(template, parent *x509.Certificate, key any, signer stdcrypto.Signer) (*x509.Certificate, []byte) {
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, signer)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return c, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// leaf is a certificate of the CA for the common key.
func (p *pki) leaf(name string, change func(*x509.Certificate)) (*x509.Certificate, []byte) {
	p.serial++
	c := &x509.Certificate{SerialNumber: big.NewInt(p.serial), Subject: pkix.Name{CommonName: name},
		NotBefore: start, NotAfter: start.AddDate(2, 0, 0)}
	if change != nil {
		change(c)
	}
	return issue(c, p.ca, &p.key.PublicKey, p.caKey)
}

func (p *pki) keyPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(p.key)})
}

func (p *pki) signer(t testing.TB, name string, change func(*x509.Certificate)) *X509Signer {
	t.Helper()
	_, cert := p.leaf(name, change)
	s, err := NewX509Signer(cert, p.keyPEM())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// crl is a revocation list of the CA.
func (p *pki) crl(t testing.TB, this, next time.Time, revoked ...*x509.Certificate) Material {
	t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: this, NextUpdate: next}
	for _, c := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: this})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, p.ca, p.caKey)
	if err != nil {
		t.Fatal(err)
	}
	return Material{Name: "test.crl", Text: pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})}
}

func (p *pki) trust(crl Material) *Trust {
	return NewTrust(TrustOptions{CA: Material{Name: "test.ca", Text: p.caPEM}, CRL: crl})
}

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func signed(t testing.TB, s interface{ Sign([]byte) ([]byte, error) }, envelope string) []byte {
	t.Helper()
	out, err := s.Sign([]byte(envelope))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
