package demo

import (
	"bytes"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"time"

	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/gpg"
)

// credential is what a message is signed with. It may be used from any
// goroutine.
type credential struct {
	scheme      string // of the field crypto
	certificate []byte // of the field certificate: JSON; nil for none
	// sign returns the field signature, as JSON, of an envelope without one.
	sign func(envelope []byte, at time.Time) ([]byte, error)
}

// seal signs a draft, as fedmsg does before a store adds seq_id
// (fedmsg/core.py, publish). A draft that cannot be signed stays as it was.
func (c *credential) seal(d *draft, at time.Time) error {
	signature, err := c.sign(d.appendEnvelope(nil, 0), at)
	if err != nil {
		return err
	}
	d.crypto, d.certificate, d.signature = `"`+c.scheme+`"`, c.certificate, signature
	return nil
}

// newX509Credential signs with the first certificate of a PEM text, and sends
// all of the text.
func newX509Credential(certificate []byte, key *rsa.PrivateKey) (*credential, error) {
	signer, err := crypto.NewX509Signer(certificate, keyPEM(key))
	if err != nil {
		return nil, fmt.Errorf("make a signer: %w", err)
	}
	return &credential{scheme: "x509", certificate: wrapped(certificate), sign: func(envelope []byte, _ time.Time) ([]byte, error) {
		signed, err := signer.Sign(envelope)
		if err != nil {
			return nil, err
		}
		return signatureOf(signed)
	}}, nil
}

func newGPGCredential(signer *gpg.Signer) *credential {
	return &credential{scheme: "gpg", sign: func(envelope []byte, at time.Time) ([]byte, error) {
		signed, err := crypto.NewGPGSigner(signer, func() time.Time { return at }).Sign(envelope)
		if err != nil {
			return nil, err
		}
		return signatureOf(signed)
	}}
}

func newWeakCredential(certificate []byte, key *weakKey) *credential {
	return &credential{scheme: "x509", certificate: wrapped(certificate), sign: func(envelope []byte, _ time.Time) ([]byte, error) {
		text, err := crypto.Canonical(append([]byte(`{"crypto":"x509",`), envelope[1:]...))
		if err != nil {
			return nil, err
		}
		return wrapped(key.sign(text)), nil
	}}
}

// signatureOf is the value of the field signature of an envelope that a signer
// returned. It alone is taken from there, and what was signed is sent as it was
// written: texts that are not canonical shall stay so.
func signatureOf(signed []byte) ([]byte, error) {
	// The last one: only timestamp, topic and username follow, and a text has
	// no quotes without a backslash. Base64 has none at all.
	const name = `"signature":`
	at := bytes.LastIndex(signed, []byte(name+`"`))
	if at < 0 {
		return nil, fmt.Errorf("what signs returned an envelope without a signature")
	}
	value := signed[at+len(name):]
	end := bytes.IndexByte(value[1:], '"')
	if end < 0 {
		return nil, fmt.Errorf("what signs returned a signature without an end")
	}
	return bytes.Clone(value[:end+2]), nil
}

// wrapped is base64 as Python's encodestring writes it, as JSON: lines of 76
// characters, each with its end (fedmsg/crypto/x509_ng.py, sign).
func wrapped(data []byte) []byte {
	text := base64.StdEncoding.AppendEncode(nil, data)
	out := []byte{'"'}
	for len(text) > 0 {
		n := min(len(text), 76)
		out = append(append(out, text[:n]...), `\n`...)
		text = text[n:]
	}
	return append(out, '"')
}

const (
	// signaturesPerSecond of script time are made of everyday traffic. Each
	// takes a third of a millisecond, so more of them would leave a fast script
	// no time for its messages.
	signaturesPerSecond = 400
	// signingSlack is how much of that may be used at once.
	signingSlack = 250 * time.Millisecond
)

// budget decides, by script time alone, which messages are signed.
type budget struct{ next time.Duration }

func (b *budget) take(at time.Duration) bool {
	if at+signingSlack < b.next {
		return false
	}
	b.next = max(b.next, at) + time.Second/signaturesPerSecond
	return true
}
