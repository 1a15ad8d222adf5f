package demo

import (
	"math/bits"
	"math/rand/v2"
	"time"
)

// dice are the only source of chance. They use nothing of math/rand/v2 but the
// raw output of its PCG, whose algorithm is fixed, so that bytes stay the same
// from one Go release to the next.
type dice struct{ pcg *rand.PCG }

func newDice(seed uint64) dice {
	return dice{rand.NewPCG(seed, 0x6665646d7367)}
}

func (d dice) bits() uint64 { return d.pcg.Uint64() }

// below is a number from 0 to n-1.
func (d dice) below(n int) int {
	hi, _ := bits.Mul64(d.pcg.Uint64(), uint64(n))
	return int(hi)
}

// low is a number from 0 to n-1, small ones much more often than large ones:
// a few packages and people make most of the traffic.
func (d dice) low(n int) int {
	return d.below(d.below(n) + 1)
}

func pick[T any](d dice, from []T) T { return from[d.below(len(from))] }

const hexDigits = "0123456789abcdef"

// appendHex appends n random hex digits.
func (d dice) appendHex(dst []byte, n int) []byte {
	var w uint64
	for i := range n {
		if i%16 == 0 {
			w = d.bits()
		}
		dst = append(dst, hexDigits[w&15])
		w >>= 4
	}
	return dst
}

// appendUUID appends a random UUID (RFC 9562, version 4) in its usual form.
func (d dice) appendUUID(dst []byte) []byte {
	hi, lo := d.bits(), d.bits()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 1<<63
	dst = appendHexOf(dst, hi>>32, 8)
	dst = append(dst, '-')
	dst = appendHexOf(dst, hi>>16, 4)
	dst = append(dst, '-')
	dst = appendHexOf(dst, hi, 4)
	dst = append(dst, '-')
	dst = appendHexOf(dst, lo>>48, 4)
	dst = append(dst, '-')
	return appendHexOf(dst, lo, 12)
}

// appendHexOf appends the lowest n hex digits of v.
func appendHexOf(dst []byte, v uint64, n int) []byte {
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, hexDigits[v>>(4*i)&15])
	}
	return dst
}

// clock is the time that messages claim, with the forms in which bodies write
// it. They change once a second, so they are written once a second.
type clock struct {
	start  time.Time
	at     time.Duration // script time
	second int64
	year   []byte // "2026", of the msg_id
	unix   []byte // "1795437003"
	plain  []byte // "2026-11-23 13:56:54"
	iso    []byte // "2026-11-23T13:56:54Z"
	day    []byte // "20261123"
	mail   []byte // "Mon, 23 Nov 2026 13:56:54 +0000"
}

func (c *clock) now() time.Time { return c.start.Add(c.at) }

// set moves the clock to script time at.
func (c *clock) set(at time.Duration) {
	c.at = at
	now := c.now()
	if now.Unix() == c.second && c.unix != nil {
		return
	}
	c.second = now.Unix()
	c.year = now.AppendFormat(c.year[:0], "2006")
	c.unix = appendInt(c.unix[:0], c.second)
	c.plain = now.AppendFormat(c.plain[:0], time.DateTime)
	c.iso = now.AppendFormat(c.iso[:0], "2006-01-02T15:04:05Z")
	c.day = now.AppendFormat(c.day[:0], "20060102")
	c.mail = now.AppendFormat(c.mail[:0], time.RFC1123Z)
}
