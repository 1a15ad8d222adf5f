package crypto

import (
	stdcrypto "crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// X509Signer signs envelopes the way fedmsg does with crypto_backend x509
// (fedmsg/crypto/x509_ng.py, sign): RSASSA-PKCS1-v1_5 with SHA-1 over the
// canonical envelope, with crypto set. It may be used from any goroutine.
type X509Signer struct {
	key         *rsa.PrivateKey
	name        string
	certificate []byte // JSON string: base64 of the PEM text, in lines
	facts       *CertificateFacts
}

// NewX509Signer reads a certificate and its private key, both PEM text. Its
// errors never quote the key.
func NewX509Signer(certificatePEM, keyPEM []byte) (*X509Signer, error) {
	der, err := firstPEM(certificatePEM, "CERTIFICATE", "X509 CERTIFICATE")
	if err != nil {
		return nil, fmt.Errorf("the certificate %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("the certificate cannot be read: %w", err)
	}
	key, err := parseKey(keyPEM)
	if err != nil {
		return nil, err
	}
	public, ok := cert.PublicKey.(*rsa.PublicKey)
	switch name := firstCommonName(cert); {
	case !ok:
		return nil, fmt.Errorf("the certificate has a key of the kind %v, and fedmsg signs with RSA", cert.PublicKeyAlgorithm)
	case !public.Equal(key.Public()):
		return nil, errors.New("the private key is not that of the certificate")
	case key.N.BitLen() < minKeyBits:
		return nil, fmt.Errorf("the key has %d bits, less than the %d that receivers need", key.N.BitLen(), minKeyBits)
	case name == "":
		return nil, errors.New("the certificate has no common name, by which receivers know a signer")
	default:
		// The PEM text goes into messages as it is in the file, as fedmsg does.
		field := append([]byte{'"'}, appendWrappedBase64(nil, certificatePEM)...)
		return &X509Signer{key: key, name: name, certificate: append(field, '"'), facts: factsOf(cert)}, nil
	}
}

// parseKey reads a private key in PKCS #1 or PKCS #8. What crypto/x509 says is
// not passed on: it is about the content of a secret file.
func parseKey(text []byte) (*rsa.PrivateKey, error) {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil, errors.New("no private key is in the key file (PEM text is expected)")
		}
		switch block.Type {
		case "RSA PRIVATE KEY":
			if block.Headers["DEK-Info"] != "" {
				return nil, errors.New("the private key has a passphrase; fedmsg's keys have none: openssl rsa -in FILE takes it off")
			}
			if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
				return key, nil
			}
			return nil, errors.New("the private key cannot be read")
		case "PRIVATE KEY":
			parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("the private key cannot be read")
			}
			if key, ok := parsed.(*rsa.PrivateKey); ok {
				return key, nil
			}
			return nil, errors.New("the private key is not an RSA key, and fedmsg signs with RSA")
		case "ENCRYPTED PRIVATE KEY":
			return nil, errors.New("the private key has a passphrase; fedmsg's keys have none: openssl rsa -in FILE takes it off")
		}
		text = rest
	}
}

// Name is the common name by which receivers know the signer.
func (s *X509Signer) Name() string { return s.name }

// Certificate describes the certificate.
func (s *X509Signer) Certificate() CertificateFacts { return *s.facts }

// String and GoString keep the key out of whatever prints a signer.
func (s X509Signer) String() string { return "signer " + s.name }

// GoString is String.
func (s X509Signer) GoString() string { return s.String() }

// Format is String for every verb, also of a copy: fmt would print fields.
func (s X509Signer) Format(f fmt.State, _ rune) { fmt.Fprint(f, s.String()) }

// Sign takes the JSON text of an envelope and returns it as canonical JSON with
// crypto, signature and certificate. What it had of these before is replaced.
func (s *X509Signer) Sign(envelope []byte) ([]byte, error) {
	o, err := readForSigning(envelope, `"x509"`)
	if err != nil {
		return nil, err
	}
	signed := (&form{}).appendSigned(make([]byte, 0, len(envelope)+64), o)
	digest := sha1.Sum(signed)
	signature, err := rsa.SignPKCS1v15(nil, s.key, stdcrypto.SHA1, digest[:])
	if err != nil {
		return nil, errors.New("the envelope cannot be signed with this key")
	}
	field := append([]byte{'"'}, appendWrappedBase64(nil, signature)...)
	return appendWith(make([]byte, 0, len(signed)+len(field)+len(s.certificate)+64), o,
		extra{"certificate", s.certificate}, extra{"signature", append(field, '"')}), nil
}

// readForSigning takes an envelope apart and puts crypto into it.
func readForSigning(envelope []byte, scheme string) (*object, error) {
	var o object
	if err := o.read(envelope); err != nil {
		return nil, fmt.Errorf("sign an envelope: %w", err)
	}
	if m := o.find("crypto"); m != nil && string(m.value) == scheme && m.canonical {
		return &o, nil
	}
	// crypto is not last in the order of names, so the text is made anew.
	text := appendWith(nil, &o, extra{"crypto", []byte(scheme)})
	var with object
	if err := with.read(text); err != nil {
		return nil, fmt.Errorf("sign an envelope: %w", err)
	}
	return &with, nil
}

type extra struct {
	name  string // ASCII, and needs no escapes
	value []byte // canonical JSON
}

// appendWith appends the canonical text of an object with members added, or
// replaced. extras are in the order of their names.
func appendWith(dst []byte, o *object, extras ...extra) []byte {
	dst = append(dst, '{')
	first := true
	comma := func() {
		if !first {
			dst = append(dst, ',')
		}
		first = false
	}
	put := func(e extra) {
		comma()
		dst = append(append(append(dst, '"'), e.name...), '"', ':')
		dst = append(dst, e.value...)
	}
	for i := range o.members {
		m := &o.members[i]
		// Names compare by code point, which is the order of their bytes.
		for len(extras) > 0 && extras[0].name < string(m.name) {
			put(extras[0])
			extras = extras[1:]
		}
		if len(extras) > 0 && extras[0].name == string(m.name) {
			put(extras[0])
			extras = extras[1:]
			continue
		}
		comma()
		dst = o.appendMember(dst, m)
	}
	for _, e := range extras {
		put(e)
	}
	return append(dst, '}')
}
