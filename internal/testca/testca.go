// Package testca makes X.509 material for tests and measurements: authorities,
// the certificates that they issue, and their revocation lists, as the PEM texts
// that a deployment would have in files.
//
// Nothing of the program imports it, and it checks nothing. What goes wrong in
// it is a mistake of who wrote the test, so it panics. Tests of what is wrong
// with certificates make their own, field by field (crypto/pki_test.go).
package testca

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"sync"
	"time"
)

// Subject is whom a certificate is about.
type Subject struct {
	Name     string // the common name
	Serial   int64
	From, To time.Time
}

// Authority is a CA. Its key is also that of all whom it issues certificates:
// making keys takes long.
type Authority struct {
	PEM  []byte // its certificate
	Key  *rsa.PrivateKey
	cert *x509.Certificate
}

var (
	keysMu sync.Mutex
	keys   = map[int]*rsa.PrivateKey{}
)

// Key is an RSA key, the same for each call with the same size in a process.
func Key(bits int) *rsa.PrivateKey {
	keysMu.Lock()
	defer keysMu.Unlock()
	if keys[bits] == nil {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			panic("testca: " + err.Error())
		}
		keys[bits] = key
	}
	return keys[bits]
}

// New makes a CA that issues itself.
func New(s Subject, key *rsa.PrivateKey) *Authority {
	a := &Authority{Key: key}
	a.cert, a.PEM = a.issue(s)
	return a
}

// Issue makes a certificate. Its owner could be a CA too, so that it can also be
// used as an anchor.
func (a *Authority) Issue(s Subject) []byte {
	_, text := a.issue(s)
	return text
}

func (a *Authority) issue(s Subject) (*x509.Certificate, []byte) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(s.Serial), Subject: pkix.Name{CommonName: s.Name}, SubjectKeyId: []byte{1},
		NotBefore: s.From, NotAfter: s.To,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	parent := a.cert
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &a.Key.PublicKey, a.Key)
	if err != nil {
		panic("testca: " + err.Error())
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		panic("testca: " + err.Error())
	}
	return cert, encoded("CERTIFICATE", der)
}

// KeyPEM is the key of all.
func (a *Authority) KeyPEM() []byte {
	return encoded("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(a.Key))
}

// List makes a revocation list of some serial numbers, made at one time and good
// until another.
func (a *Authority) List(made, until time.Time, revoked ...int64) []byte {
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: made, NextUpdate: until}
	for _, serial := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: big.NewInt(serial), RevocationTime: made})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.cert, a.Key)
	if err != nil {
		panic("testca: " + err.Error())
	}
	return encoded("X509 CRL", der)
}

func encoded(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
