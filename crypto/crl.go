package crypto

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// crl is a revocation list, decoded. crypto/x509 reads only version 2; OpenSSL
// and fedmsg's deployments make version 1 as well (RFC 5280, 5.1), so the list
// is decoded here.
type crl struct {
	issuer     []byte // raw name
	thisUpdate time.Time
	nextUpdate time.Time // zero when the list has none
	revoked    map[string]time.Time
	algorithm  x509.SignatureAlgorithm
	tbs        []byte
	signature  []byte
	cleared    string // the note about a certificate that is not on it
	// seenInDate: it was in date when it was read, now or before.
	seenInDate bool
}

// The ASN.1 of RFC 5280, 5.1, as encoding/asn1 reads it.
type crlASN1 struct {
	TBS       crlTBS
	Algorithm pkix.AlgorithmIdentifier
	Signature asn1.BitString
}

type crlTBS struct {
	Raw        asn1.RawContent
	Version    int `asn1:"optional,default:0"`
	Algorithm  pkix.AlgorithmIdentifier
	Issuer     asn1.RawValue
	ThisUpdate time.Time
	NextUpdate time.Time        `asn1:"optional"`
	Revoked    []crlEntry       `asn1:"optional"`
	Extensions []pkix.Extension `asn1:"tag:0,optional,explicit"`
}

type crlEntry struct {
	Serial     *big.Int
	At         time.Time
	Extensions []pkix.Extension `asn1:"optional"`
}

var crlAlgorithms = map[string]x509.SignatureAlgorithm{
	"1.2.840.113549.1.1.4":  x509.MD5WithRSA,
	"1.2.840.113549.1.1.5":  x509.SHA1WithRSA,
	"1.2.840.113549.1.1.11": x509.SHA256WithRSA,
	"1.2.840.113549.1.1.12": x509.SHA384WithRSA,
	"1.2.840.113549.1.1.13": x509.SHA512WithRSA,
	"1.2.840.10045.4.3.2":   x509.ECDSAWithSHA256,
	"1.2.840.10045.4.3.3":   x509.ECDSAWithSHA384,
	"1.2.840.10045.4.3.4":   x509.ECDSAWithSHA512,
	"1.3.101.112":           x509.PureEd25519,
}

// readCRLs decodes all revocation lists of a PEM text, or a single one in DER.
func readCRLs(text []byte) ([]*crl, error) {
	var all []*crl
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "X509 CRL" {
			continue
		}
		list, err := parseCRL(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, list)
	}
	if len(all) == 0 && len(text) > 0 && text[0] == 0x30 { // an ASN.1 SEQUENCE
		list, err := parseCRL(text)
		if err != nil {
			return nil, err
		}
		all = append(all, list)
	}
	if len(all) == 0 {
		return nil, errors.New("no revocation list is in it")
	}
	return all, nil
}

func parseCRL(der []byte) (*crl, error) {
	var raw crlASN1
	rest, err := asn1.Unmarshal(der, &raw)
	if err != nil {
		return nil, fmt.Errorf("the revocation list cannot be read: %w", err)
	}
	if len(rest) > 0 {
		return nil, errors.New("the revocation list has bytes behind its end")
	}
	list := &crl{
		issuer: raw.TBS.Issuer.FullBytes, thisUpdate: raw.TBS.ThisUpdate, nextUpdate: raw.TBS.NextUpdate,
		revoked: make(map[string]time.Time, len(raw.TBS.Revoked)),
		tbs:     raw.TBS.Raw, signature: raw.Signature.RightAlign(),
	}
	list.cleared = "not on the list of " + day(list.thisUpdate)
	var known bool
	if list.algorithm, known = crlAlgorithms[raw.Algorithm.Algorithm.String()]; !known {
		return nil, fmt.Errorf("the revocation list is signed in a way that is not known (%v)", raw.Algorithm.Algorithm)
	}
	if !raw.Algorithm.Algorithm.Equal(raw.TBS.Algorithm.Algorithm) {
		return nil, errors.New("the revocation list names two different algorithms")
	}
	// A critical extension changes what the list means: a part of a list, or
	// one that goes with another.
	for _, e := range raw.TBS.Extensions {
		if e.Critical {
			return nil, fmt.Errorf("the revocation list has a critical extension that is not known (%v)", e.Id)
		}
	}
	for _, entry := range raw.TBS.Revoked {
		list.revoked[string(entry.Serial.Bytes())] = entry.At
	}
	return list, nil
}

// signedByAnchor says why the list is not this CA's, or nil.
func (l *crl) signedByAnchor(a *x509.Certificate) error {
	if a.KeyUsage != 0 && a.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return errors.New("the CA's key may not sign revocation lists")
	}
	if err := signedBy(a, l.algorithm, l.tbs, l.signature); err != nil {
		return errors.New("the CA did not sign the revocation list")
	}
	return nil
}
