package gpg

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// ripemd160 is the digest RIPEMD-160 (Dobbertin, Bosselaers and Preneel, 1996).
// Old DSA keys sign with it, the standard library has none, and a module for
// this alone is more to look after than the function.
type ripemd160 struct {
	state [5]uint32
	block [64]byte
	used  int
	total uint64
}

var ripemdStart = [5]uint32{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0}

// The order of words and the rotations, of the left line and the right one.
var (
	ripemdWords = [2][80]uint8{{
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
		7, 4, 13, 1, 10, 6, 15, 3, 12, 0, 9, 5, 2, 14, 11, 8,
		3, 10, 14, 4, 9, 15, 8, 1, 2, 7, 0, 6, 13, 11, 5, 12,
		1, 9, 11, 10, 0, 8, 12, 4, 13, 3, 7, 15, 14, 5, 6, 2,
		4, 0, 5, 9, 7, 12, 2, 10, 14, 1, 3, 8, 11, 6, 15, 13,
	}, {
		5, 14, 7, 0, 9, 2, 11, 4, 13, 6, 15, 8, 1, 10, 3, 12,
		6, 11, 3, 7, 0, 13, 5, 10, 14, 15, 8, 12, 4, 9, 1, 2,
		15, 5, 1, 3, 7, 14, 6, 9, 11, 8, 12, 2, 10, 0, 4, 13,
		8, 6, 4, 1, 3, 11, 15, 0, 5, 12, 2, 13, 9, 7, 10, 14,
		12, 15, 10, 4, 1, 5, 8, 7, 6, 2, 13, 14, 0, 3, 9, 11,
	}}
	ripemdShifts = [2][80]uint8{{
		11, 14, 15, 12, 5, 8, 7, 9, 11, 13, 14, 15, 6, 7, 9, 8,
		7, 6, 8, 13, 11, 9, 7, 15, 7, 12, 15, 9, 11, 7, 13, 12,
		11, 13, 6, 7, 14, 9, 13, 15, 14, 8, 13, 6, 5, 12, 7, 5,
		11, 12, 14, 15, 14, 15, 9, 8, 9, 14, 5, 6, 8, 6, 5, 12,
		9, 15, 5, 11, 6, 8, 13, 12, 5, 12, 13, 14, 11, 8, 5, 6,
	}, {
		8, 9, 9, 11, 13, 15, 15, 5, 7, 7, 8, 11, 14, 14, 12, 6,
		9, 13, 15, 7, 12, 8, 9, 11, 7, 7, 12, 7, 6, 15, 13, 11,
		9, 7, 15, 11, 8, 6, 6, 14, 12, 13, 5, 14, 13, 13, 7, 5,
		15, 5, 8, 11, 14, 14, 6, 14, 6, 9, 12, 9, 12, 5, 15, 8,
		8, 5, 12, 9, 12, 5, 14, 6, 8, 13, 6, 5, 15, 13, 11, 11,
	}}
	ripemdAdds = [2][5]uint32{
		{0, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e},
		{0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0},
	}
)

func newRIPEMD160() hash.Hash { return &ripemd160{state: ripemdStart} }

func (d *ripemd160) Size() int      { return 20 }
func (d *ripemd160) BlockSize() int { return 64 }
func (d *ripemd160) Reset()         { *d = ripemd160{state: ripemdStart} }

func (d *ripemd160) Write(p []byte) (int, error) {
	n := len(p)
	d.total += uint64(n)
	for len(p) > 0 {
		took := copy(d.block[d.used:], p)
		d.used += took
		p = p[took:]
		if d.used == len(d.block) {
			d.compress()
			d.used = 0
		}
	}
	return n, nil
}

func (d *ripemd160) Sum(to []byte) []byte {
	end := *d // more may be written afterwards
	length := end.total << 3
	end.Write([]byte{0x80})
	for end.used != 56 {
		end.Write([]byte{0})
	}
	end.Write(binary.LittleEndian.AppendUint64(nil, length))
	for _, word := range end.state {
		to = binary.LittleEndian.AppendUint32(to, word)
	}
	return to
}

func (d *ripemd160) compress() {
	var words [16]uint32
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(d.block[4*i:])
	}
	var out [2][5]uint32
	for line := range out {
		a, b, c, e, f := d.state[0], d.state[1], d.state[2], d.state[3], d.state[4]
		for i := range 80 {
			round := i / 16
			mix := ripemdMix(round, b, c, e)
			if line == 1 {
				mix = ripemdMix(4-round, b, c, e)
			}
			t := a + mix + words[ripemdWords[line][i]] + ripemdAdds[line][round]
			t = bits.RotateLeft32(t, int(ripemdShifts[line][i])) + f
			a, f, e, c, b = f, e, bits.RotateLeft32(c, 10), b, t
		}
		out[line] = [5]uint32{a, b, c, e, f}
	}
	l, r, s := out[0], out[1], d.state
	d.state = [5]uint32{
		s[1] + l[2] + r[3],
		s[2] + l[3] + r[4],
		s[3] + l[4] + r[0],
		s[4] + l[0] + r[1],
		s[0] + l[1] + r[2],
	}
}

func ripemdMix(round int, x, y, z uint32) uint32 {
	switch round {
	case 0:
		return x ^ y ^ z
	case 1:
		return x&y | ^x&z
	case 2:
		return (x | ^y) ^ z
	case 3:
		return x&z | y&^z
	}
	return x ^ (y | ^z)
}
