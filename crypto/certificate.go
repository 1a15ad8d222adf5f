package crypto

import (
	"bytes"
	stdcrypto "crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

const (
	// maxCertificateBytes bounds the PEM text of a message's certificate, once
	// decoded from base64. Real ones have two to six kilobytes, with their text
	// form in front.
	maxCertificateBytes = 64 << 10
	// Keys outside these bounds are not used. Below, anybody can make the
	// signature; above, checking one would cost more than a message is worth.
	minKeyBits, maxKeyBits = 1024, 8192
)

// certificate is what a message brought along, decoded once: chain, signature
// and name all come from this one value. An attacker who puts two certificates
// into the field therefore gains nothing from which of them is taken.
type certificate struct {
	leaf *x509.Certificate
	key  *rsa.PublicKey
	name string // the first common name of the subject, in the order written
	// keyID is a hash of the key, for those who remember what it signed.
	keyID [sha256.Size]byte

	// What makes it useless whatever is trusted, or OK.
	flaw     Code
	flawNote string

	facts *CertificateFacts // nil when it could not be read
	// issuedBy is the note about a chain that holds.
	issuedBy string
}

// readCertificate decodes the certificate field of an envelope: base64 of PEM
// text. The result is never nil.
func readCertificate(value []byte) *certificate {
	malformed := func(format string, args ...any) *certificate {
		return &certificate{flaw: Malformed, flawNote: fmt.Sprintf(format, args...)}
	}
	text, err := appendBase64(nil, value, maxCertificateBytes)
	if err != nil {
		return malformed("the certificate %v", err)
	}
	block, err := firstPEM(text, "CERTIFICATE", "X509 CERTIFICATE")
	if err != nil {
		return malformed("the certificate %v", err)
	}
	leaf, err := x509.ParseCertificate(block)
	if err != nil {
		return malformed("the certificate cannot be read: %v", err)
	}
	c := &certificate{leaf: leaf, name: firstCommonName(leaf), flaw: OK, facts: factsOf(leaf), issuedBy: "issued by " + nameOf(leaf)}
	key, isRSA := leaf.PublicKey.(*rsa.PublicKey)
	switch {
	case !isRSA:
		c.flaw, c.flawNote = NoBackend, fmt.Sprintf("signed with a key of the kind %v, and fedmsg's scheme knows RSA alone", leaf.PublicKeyAlgorithm)
	case key.N.BitLen() < minKeyBits:
		c.flaw, c.flawNote = WeakKey, fmt.Sprintf("the certificate's RSA key has %d bits; less than %d can be forged", key.N.BitLen(), minKeyBits)
	case key.N.BitLen() > maxKeyBits:
		c.flaw, c.flawNote = Malformed, fmt.Sprintf("the certificate's RSA key has %d bits, more than the %d that are checked", key.N.BitLen(), maxKeyBits)
	case len(leaf.UnhandledCriticalExtensions) > 0:
		c.flaw, c.flawNote = Untrusted, fmt.Sprintf("the certificate has a critical extension that is not known (%v)", leaf.UnhandledCriticalExtensions[0])
	case c.name == "":
		c.flaw, c.flawNote = Malformed, "the certificate names nobody: it has no common name"
	default:
		c.key, c.keyID = key, sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	}
	return c
}

// firstPEM is the content of the first PEM block with one of the labels. A
// block with headers, which OpenSSL takes for an encrypted one, is refused.
func firstPEM(text []byte, labels ...string) ([]byte, error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, errors.New("is not PEM text of a certificate")
		}
		for _, label := range labels {
			if block.Type != label {
				continue
			}
			if len(block.Headers) > 0 {
				return nil, errors.New("has PEM headers, which certificates do not have")
			}
			return block.Bytes, nil
		}
		text = rest
	}
}

var oidCommonName = asn1.ObjectIdentifier{2, 5, 4, 3}

// firstCommonName is the first common name in the order of the subject, which
// is the one that Python takes. (Go's Subject.CommonName is the last.)
func firstCommonName(c *x509.Certificate) string {
	for _, attribute := range c.Subject.Names {
		if attribute.Type.Equal(oidCommonName) {
			name, _ := attribute.Value.(string)
			return name
		}
	}
	return ""
}

func factsOf(c *x509.Certificate) *CertificateFacts {
	sum := sha256.Sum256(c.Raw)
	f := &CertificateFacts{
		CommonName: firstCommonName(c), Issuer: fullName(c.Issuer), Serial: c.SerialNumber.String(),
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, SignedWith: c.SignatureAlgorithm.String(),
		SHA256: hex.EncodeToString(sum[:]),
	}
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok {
		f.KeyBits = key.N.BitLen()
	}
	return f
}

// validAt reports whether a time is within a certificate's dates, ends
// included (RFC 5280, 4.1.2.5).
func validAt(c *x509.Certificate, t time.Time) bool {
	return !t.Before(c.NotBefore) && !t.After(c.NotAfter)
}

// signedBy reports whether issuer's key signed tbs. crypto/x509 refuses SHA-1
// and MD5, with which most certificates of fedmsg deployments were made; those
// are checked here by hand. That is sound for what they are used for: a second
// preimage of either is still out of reach, and a CA does not sign what
// strangers choose.
func signedBy(issuer *x509.Certificate, algorithm x509.SignatureAlgorithm, tbs, signature []byte) error {
	key, isRSA := issuer.PublicKey.(*rsa.PublicKey)
	if isRSA && (key.N.BitLen() < minKeyBits || key.N.BitLen() > maxKeyBits) {
		return fmt.Errorf("its key has %d bits", key.N.BitLen())
	}
	switch {
	case isRSA && algorithm == x509.SHA1WithRSA:
		sum := sha1.Sum(tbs)
		return rsa.VerifyPKCS1v15(key, stdcrypto.SHA1, sum[:], signature)
	case isRSA && algorithm == x509.MD5WithRSA:
		sum := md5.Sum(tbs)
		return rsa.VerifyPKCS1v15(key, stdcrypto.MD5, sum[:], signature)
	}
	return issuer.CheckSignature(algorithm, tbs, signature)
}

// mayIssue says why a certificate cannot be a CA, or nil (RFC 5280, 4.2.1.3 and
// 4.2.1.9; old CAs have version 1 and no extensions at all).
func mayIssue(c *x509.Certificate) error {
	switch {
	case c.BasicConstraintsValid && !c.IsCA:
		return errors.New("is no CA: its basic constraints say so")
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		return errors.New("is no CA: its key may not sign certificates")
	case c.BasicConstraintsValid || c.KeyUsage != 0:
		return nil
	case c.Version == 1 && bytes.Equal(c.RawIssuer, c.RawSubject):
		return nil
	}
	return errors.New("is no CA: nothing in it says that it may sign certificates")
}
