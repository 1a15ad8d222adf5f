package gpg

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Packet tags (RFC 4880, 4.3) that mean something here.
const (
	tagSignature    = 2
	tagSecretKey    = 5
	tagPublicKey    = 6
	tagSecretSubkey = 7
	tagUserID       = 13
	tagPublicSubkey = 14
	tagUserAttr     = 17
)

var (
	errTruncated = errors.New("it ends in the middle of a packet")
	errNoPacket  = errors.New("it is not made of OpenPGP packets")
	errPartial   = errors.New("a packet has no definite length")
)

// rawPacket is one packet, its body a part of what was read.
type rawPacket struct {
	tag  byte
	body []byte
}

// nextPacket takes the first packet off b. Lengths that only streamed data may
// have (partial, indeterminate) are errors: neither keys nor signatures use
// them, and they would let one blob be read in two ways. The library's reader
// takes them, and allocates for packets that nobody looks at.
func nextPacket(b []byte) (p rawPacket, rest []byte, err error) {
	if len(b) == 0 {
		return p, nil, errTruncated
	}
	head, b := b[0], b[1:]
	size := 1
	switch {
	case head&0x80 == 0:
		return p, nil, errNoPacket
	case head&0x40 == 0:
		p.tag = head >> 2 & 0x0f
		if head&3 == 3 {
			return p, nil, errPartial
		}
		size = 1 << (head & 3)
	default:
		p.tag = head & 0x3f
		switch {
		case len(b) == 0 || b[0] < 192:
		case b[0] == 255:
			b, size = b[1:], 4
		case b[0] >= 224:
			return p, nil, errPartial
		case len(b) < 2:
			return p, nil, errTruncated
		default:
			return p.cut(b[2:], uint64(b[0]-192)<<8+uint64(b[1])+192)
		}
	}
	if len(b) < size {
		return p, nil, errTruncated
	}
	var n uint64
	for _, c := range b[:size] {
		n = n<<8 | uint64(c)
	}
	return p.cut(b[size:], n)
}

func (p rawPacket) cut(b []byte, n uint64) (rawPacket, []byte, error) {
	if n > uint64(len(b)) {
		return p, nil, errTruncated
	}
	p.body = b[:n:n]
	return p, b[n:], nil
}

// parse has the library read a packet, whose body is in parts; rest is what it
// left of the last one.
func parse(tag byte, parts ...[]byte) (p pgp.Packet, rest []byte, err error) {
	size := 0
	for _, part := range parts {
		size += len(part)
	}
	framed := make([]byte, 0, 6+size)
	framed = binary.BigEndian.AppendUint32(append(framed, 0xc0|tag, 0xff), uint32(size))
	for _, part := range parts {
		framed = append(framed, part...)
	}
	r := bytes.NewReader(framed)
	p, err = pgp.Read(r)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errTruncated
	}
	return p, framed[len(framed)-r.Len():], err
}
