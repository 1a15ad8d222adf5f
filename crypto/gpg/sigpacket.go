package gpg

import (
	"encoding/binary"
	"errors"
	"fmt"

	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Signature types (RFC 4880, 5.2.1).
const (
	typeBinary        = 0x00
	typeText          = 0x01
	typeCertLow       = 0x10 // to 0x13: what is said about a user id
	typeCertHigh      = 0x13
	typeBinding       = 0x18 // a subkey, by its primary key
	typeBack          = 0x19 // the primary key, by its subkey
	typeDirect        = 0x1f
	typeKeyRevoked    = 0x20
	typeSubkeyRevoked = 0x28
	typeCertRevoked   = 0x30
)

// Bounds on one signature: GnuPG's on the bytes of an area of subpackets, and
// how many signatures inside of it are looked at. They are looked at where a
// back signature is needed, and what is inside of those never is.
const (
	maxArea     = 10000
	maxEmbedded = 4
)

// errUnsupported is wrapped by errors about a signature that is in order, as
// far as can be told, and of a kind that is not read here.
var errUnsupported = errors.New("not supported here")

// signature is a signature packet.
type signature struct {
	kind, digest byte
	algo         pgp.PublicKeyAlgorithm
	made         *pgp.Signature // without what it says, but with all it is made of
	created      uint32
	timed        bool // created was there

	issuer      uint64
	named       bool // issuer was there
	issuerPrint *fingerprint

	lifetime    uint32 // of the signature, in seconds; 0: for ever
	keyLifetime uint32 // of the key that it is about
	flags       byte
	flagged     bool // flags were there
	primary     bool // the user id is the primary one
	reason      byte // for a revocation
	reasonText  string
	embedded    [][]byte
	critical    byte // a subpacket that must be understood, and is not
}

// parseSignature reads the body of a signature packet. What the signature says
// is read here, as the library does not tell a damaged one from one that it
// does not support, and refuses it whole for a part that is of no consequence:
// a revocation would be lost with it. The library reads the rest.
func parseSignature(body []byte) (*signature, error) {
	switch {
	case len(body) > 0 && body[0] != 4:
		return nil, fmt.Errorf("a signature of version %d is %w", body[0], errUnsupported)
	case len(body) < 4:
		return nil, errTruncated
	}
	s := &signature{kind: body[1], algo: pgp.PublicKeyAlgorithm(body[2]), digest: body[3]}
	hashed, rest, err := area(body[4:])
	if err != nil {
		return nil, err
	}
	signed := body[:6+len(hashed)]
	unhashed, rest, err := area(rest)
	if err != nil {
		return nil, err
	}
	if err := s.readSubpackets(hashed, true); err != nil {
		return nil, err
	}
	if err := s.readSubpackets(unhashed, false); err != nil {
		return nil, err
	}
	if _, ok := signing[s.algo]; !ok {
		return nil, fmt.Errorf("the public key algorithm %d is %w", s.algo, errUnsupported)
	}
	// A signature of the same values that says nothing but a time, with a digest
	// that the library has; then what is hashed and the real digest are put back.
	bare := []byte{4, s.kind, body[2], digestSHA256, 0, 6, 5, 2, 0, 0, 0, 0, 0, 0}
	p, rest, err := parse(tagSignature, bare, rest)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errors.New("something follows the signature in its packet")
	}
	s.made = p.(*pgp.Signature)
	trailer := append(make([]byte, 0, len(signed)+6), signed...)
	s.made.HashSuffix = binary.BigEndian.AppendUint32(append(trailer, 4, 0xff), uint32(len(signed)))
	return s, nil
}

// area takes an area of subpackets off b.
func area(b []byte) (subpackets, rest []byte, err error) {
	if len(b) < 2 {
		return nil, nil, errTruncated
	}
	n := int(binary.BigEndian.Uint16(b))
	switch b = b[2:]; {
	case n > len(b):
		return nil, nil, errTruncated
	case n > maxArea:
		return nil, nil, fmt.Errorf("its subpackets have %d bytes, more than %d", n, maxArea)
	}
	return b[:n], b[n:], nil
}

func (s *signature) readSubpackets(b []byte, hashed bool) error {
	subpackets, err := pgp.OpaqueSubpackets(b)
	if err != nil {
		return errors.New("a subpacket of the signature has a wrong length")
	}
	for _, p := range subpackets {
		if err := s.readSubpacket(p.SubType&0x7f, p.SubType&0x80 != 0, p.Contents, hashed); err != nil {
			return err
		}
	}
	return nil
}

// readSubpacket reads one. Of the part that is not signed over, only what needs
// no vouching is read: who to ask, and the back signature.
func (s *signature) readSubpacket(kind byte, critical bool, b []byte, hashed bool) error {
	number := func(to *uint32) error {
		if len(b) != 4 {
			return fmt.Errorf("subpacket %d of the signature has %d bytes, not 4", kind, len(b))
		}
		*to = binary.BigEndian.Uint32(b)
		return nil
	}
	switch {
	case kind == 16:
		if len(b) != 8 {
			return errors.New("the issuer of the signature is not a key id")
		}
		if hashed || !s.named {
			s.issuer, s.named = binary.BigEndian.Uint64(b), true
		}
		return nil
	case kind == 33:
		if len(b) == 1+len(fingerprint{}) && b[0] == 4 && (hashed || s.issuerPrint == nil) {
			s.issuerPrint = (*fingerprint)(b[1:])
		}
		return nil
	case kind == 32:
		if len(s.embedded) < maxEmbedded {
			s.embedded = append(s.embedded, b)
		}
		return nil
	case !hashed:
		return nil
	}
	switch kind {
	case 2:
		s.timed = true
		return number(&s.created)
	case 3:
		return number(&s.lifetime)
	case 9:
		return number(&s.keyLifetime)
	case 25:
		s.primary = len(b) > 0 && b[0] != 0
	case 27:
		s.flagged, s.flags = true, 0
		if len(b) > 0 {
			s.flags = b[0]
		}
	case 29:
		if len(b) > 0 {
			s.reason, s.reasonText = b[0], string(b[1:min(len(b), 1+maxReason)])
		}
	case 4, 5, 6, 7, 11, 12, 21, 22, 23, 24, 26, 28, 30, 34:
		// Known, and of no consequence here.
	default:
		// Also a notation: none is known whose neglect would be harmless.
		if critical {
			s.critical = kind
		}
	}
	return nil
}

// by reports whether the signature names the key as its maker.
func (s *signature) by(k *publicKey) bool {
	if s.issuerPrint != nil {
		return *s.issuerPrint == k.print
	}
	return s.named && s.issuer == k.print.id()
}

// expires is when the signature stops to count, in seconds; 0: never.
func (s *signature) expires() int64 {
	if s.lifetime == 0 {
		return 0
	}
	return int64(s.created) + int64(s.lifetime)
}
