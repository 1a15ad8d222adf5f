package crypto

import (
	stdbase64 "encoding/base64"
	"errors"
	"fmt"
	"time"

	"fedmsg-tui/crypto/gpg"
)

// GPGSigner signs envelopes the way fedmsg does with crypto_backend gpg
// (fedmsg/crypto/gpg.py, sign): a detached signature over the canonical value
// of msg, as base64 without line ends, and no certificate. It may be used from
// any goroutine.
type GPGSigner struct {
	signer *gpg.Signer
	now    func() time.Time
}

// NewGPGSigner makes a signer of a key. now is when signatures are made; nil is
// the system's clock.
func NewGPGSigner(signer *gpg.Signer, now func() time.Time) *GPGSigner {
	if now == nil {
		now = time.Now
	}
	return &GPGSigner{signer: signer, now: now}
}

// Name is the key id, by which receivers find the key.
func (s *GPGSigner) Name() string { return s.signer.KeyID() }

// Sign takes the JSON text of an envelope and returns it as canonical JSON with
// crypto and signature. What it had of these, or of a certificate, is replaced.
func (s *GPGSigner) Sign(envelope []byte) ([]byte, error) {
	o, err := readForSigning(envelope, `"gpg"`)
	if err != nil {
		return nil, err
	}
	body := o.find("msg")
	if body == nil {
		return nil, errors.New("sign an envelope: it has no msg, which is what GnuPG signs")
	}
	signature, err := s.signer.Sign(o.appendValue(nil, body), s.now())
	if err != nil {
		return nil, fmt.Errorf("sign an envelope as %s: %w", s.Name(), err)
	}
	field := stdbase64.StdEncoding.AppendEncode([]byte{'"'}, signature)
	text := (&form{}).appendSigned(make([]byte, 0, len(envelope)+len(field)+64), o)
	var bare object // without what a certificate or an older signature was
	if err := bare.read(text); err != nil {
		return nil, fmt.Errorf("sign an envelope: %w", err)
	}
	return appendWith(nil, &bare, extra{"signature", append(field, '"')}), nil
}
