package gpg

import (
	"encoding/binary"
	"errors"
	"math/big"
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

// packet is one packet, its body a part of what was read.
type packet struct {
	tag  byte
	body []byte
}

// nextPacket takes the first packet off b. Lengths that only streamed data may
// have (partial, indeterminate) are errors: neither keys nor signatures use
// them, and they would let one blob be read in two ways.
func nextPacket(b []byte) (p packet, rest []byte, err error) {
	if len(b) == 0 {
		return p, nil, errTruncated
	}
	head := b[0]
	if head&0x80 == 0 {
		return p, nil, errNoPacket
	}
	if head&0x40 != 0 {
		p.tag = head & 0x3f
		n, used, err := newLength(b[1:])
		if err != nil {
			return p, nil, err
		}
		return p.cut(b[1+used:], n)
	}
	p.tag = head >> 2 & 0x0f
	size := 1 << (head & 3)
	if size == 8 {
		return p, nil, errPartial
	}
	if len(b) < 1+size {
		return p, nil, errTruncated
	}
	var n uint64
	for _, c := range b[1 : 1+size] {
		n = n<<8 | uint64(c)
	}
	return p.cut(b[1+size:], n)
}

func (p packet) cut(b []byte, n uint64) (packet, []byte, error) {
	if n > uint64(len(b)) {
		return p, nil, errTruncated
	}
	p.body = b[:n:n]
	return p, b[n:], nil
}

// newLength reads a length in the new format.
func newLength(b []byte) (n uint64, used int, err error) {
	switch {
	case len(b) == 0:
		return 0, 0, errTruncated
	case b[0] < 192:
		return uint64(b[0]), 1, nil
	case b[0] < 224:
		if len(b) < 2 {
			return 0, 0, errTruncated
		}
		return uint64(b[0]-192)<<8 + uint64(b[1]) + 192, 2, nil
	case b[0] == 255:
		if len(b) < 5 {
			return 0, 0, errTruncated
		}
		return uint64(binary.BigEndian.Uint32(b[1:])), 5, nil
	}
	return 0, 0, errPartial
}

// reader takes fields off a packet's body. After the first field that does not
// fit, it is short, and gives zeros.
type reader struct {
	b     []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.b) {
		r.short, r.b = true, nil
		return nil
	}
	f := r.b[:n:n]
	r.b = r.b[n:]
	return f
}

func (r *reader) byte() byte {
	if f := r.take(1); len(f) == 1 {
		return f[0]
	}
	return 0
}

func (r *reader) uint16() uint16 {
	if f := r.take(2); len(f) == 2 {
		return binary.BigEndian.Uint16(f)
	}
	return 0
}

func (r *reader) uint32() uint32 {
	if f := r.take(4); len(f) == 4 {
		return binary.BigEndian.Uint32(f)
	}
	return 0
}

// mpi takes a multiprecision integer, as bytes without leading zeros.
func (r *reader) mpi() []byte {
	f := r.take((int(r.uint16()) + 7) / 8)
	for len(f) > 0 && f[0] == 0 {
		f = f[1:]
	}
	return f
}

func (r *reader) bigInt() *big.Int { return new(big.Int).SetBytes(r.mpi()) }

// appendMPI writes a multiprecision integer.
func appendMPI(b, value []byte) []byte {
	n := new(big.Int).SetBytes(value)
	b = binary.BigEndian.AppendUint16(b, uint16(n.BitLen()))
	return append(b, n.Bytes()...)
}

// padded is value with zeros before it, size bytes long; nil when it is longer.
func padded(value []byte, size int) []byte {
	if len(value) > size {
		return nil
	}
	return append(make([]byte, size-len(value), size), value...)
}
