package gpg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
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

// maxEmbedded is how many signatures inside one are looked at. They are looked
// at where a back signature is needed, and what is inside of those never is.
const maxEmbedded = 4

// errUnsupported is wrapped by errors about a signature that is in order, as
// far as can be told, and of a kind that is not read here.
var errUnsupported = errors.New("not supported here")

// signature is a signature packet.
type signature struct {
	kind, algo, digest byte
	version            byte
	created            uint32
	timed              bool   // created was there
	trailer            []byte // hashed after what is signed
	values             [2][]byte

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

// parseSignature reads the body of a signature packet.
func parseSignature(body []byte) (*signature, error) {
	r := &reader{b: body}
	s := &signature{version: r.byte()}
	var err error
	switch s.version {
	case 3:
		err = s.readHead3(r)
	case 4:
		err = s.readHead4(r)
	default:
		if r.short {
			return nil, errTruncated
		}
		return nil, fmt.Errorf("a signature of version %d is %w", s.version, errUnsupported)
	}
	if err != nil {
		return nil, err
	}
	r.take(2) // the start of the digest, a hint that nothing vouches for
	switch s.algo {
	case algoRSA, algoRSASign:
		s.values[0] = r.mpi()
	case algoDSA, algoECDSA, algoEdDSA:
		s.values = [2][]byte{r.mpi(), r.mpi()}
	case algoEd25519:
		s.values = [2][]byte{r.take(32), r.take(32)}
	default:
		if r.short {
			return nil, errTruncated
		}
		return nil, fmt.Errorf("the public key algorithm %d is %w", s.algo, errUnsupported)
	}
	if r.short {
		return nil, errTruncated
	}
	if len(r.b) > 0 {
		return nil, errors.New("something follows the signature in its packet")
	}
	return s, nil
}

// readHead3 reads what PGP and old versions of GnuPG wrote.
func (s *signature) readHead3(r *reader) error {
	size := r.byte()
	s.trailer = r.take(5)
	id := r.take(8)
	s.algo, s.digest = r.byte(), r.byte()
	if r.short {
		return errTruncated
	}
	if size != 5 {
		return errors.New("a signature of version 3 has a wrong length in it")
	}
	s.kind, s.created, s.timed = s.trailer[0], binary.BigEndian.Uint32(s.trailer[1:]), true
	s.issuer, s.named = binary.BigEndian.Uint64(id), true
	return nil
}

func (s *signature) readHead4(r *reader) error {
	start := r.b
	s.kind, s.algo, s.digest = r.byte(), r.byte(), r.byte()
	hashed := r.take(int(r.uint16()))
	length := 1 + len(start) - len(r.b)
	unhashed := r.take(int(r.uint16()))
	if r.short {
		return errTruncated
	}
	s.trailer = make([]byte, 0, length+6)
	s.trailer = append(s.trailer, 4)
	s.trailer = append(s.trailer, start[:length-1]...)
	s.trailer = append(s.trailer, 4, 0xff)
	s.trailer = binary.BigEndian.AppendUint32(s.trailer, uint32(length))
	if err := s.readSubpackets(hashed, true); err != nil {
		return err
	}
	return s.readSubpackets(unhashed, false)
}

func (s *signature) readSubpackets(b []byte, hashed bool) error {
	for len(b) > 0 {
		n, used, err := subpacketLength(b)
		if err != nil {
			return err
		}
		b = b[used:]
		if n == 0 || n > uint64(len(b)) {
			return errors.New("a subpacket of the signature has a wrong length")
		}
		if err := s.readSubpacket(b[0]&0x7f, b[0]&0x80 != 0, b[1:n:n], hashed); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// subpacketLength differs from a packet's: there are no partial lengths, and
// two bytes reach further.
func subpacketLength(b []byte) (n uint64, used int, err error) {
	if b[0] >= 224 && b[0] < 255 {
		if len(b) < 2 {
			return 0, 0, errTruncated
		}
		return uint64(b[0]-192)<<8 + uint64(b[1]) + 192, 2, nil
	}
	return newLength(b)
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

// sum is the digest, once h was given what is signed; nil for a digest that is
// not computed here.
func (s *signature) sum(signed func(h hash.Hash)) []byte {
	h := newDigest(s.digest)
	if h == nil {
		return nil
	}
	signed(h)
	h.Write(s.trailer)
	return h.Sum(nil)
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
