package filters

import (
	"iter"
	"math/bits"
)

// bitset is a set of the rows of one chunk, by index.
type bitset []uint64

func newBitset(rows int) bitset { return make(bitset, (rows+63)/64) }

// set puts in the rows from, up to and not including, to.
func (b bitset) set(from, to int) {
	for w := from / 64; w*64 < to; w++ {
		word := ^uint64(0)
		if w*64 < from {
			word <<= from - w*64
		}
		if rest := to - w*64; rest < 64 {
			word &= 1<<rest - 1
		}
		b[w] |= word
	}
}

func (b bitset) clear(i int)    { b[i/64] &^= 1 << (i % 64) }
func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }

func (b bitset) empty() bool {
	for _, word := range b {
		if word != 0 {
			return false
		}
	}
	return true
}

func (b bitset) subtract(c bitset) {
	for w := range b {
		b[w] &^= c[w]
	}
}

func (b bitset) add(c bitset) {
	for w := range c {
		b[w] |= c[w]
	}
}

func (b bitset) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// before is how many rows of the set stand before i, which may be behind all.
func (b bitset) before(i int) int {
	n := 0
	for w, word := range b {
		if w*64+64 > i {
			if w*64 < i {
				n += bits.OnesCount64(word & (1<<(i-w*64) - 1))
			}
			break
		}
		n += bits.OnesCount64(word)
	}
	return n
}

// at is the k-th row of the set, 0 <= k < count.
func (b bitset) at(k int) int {
	for w, word := range b {
		n := bits.OnesCount64(word)
		if k < n {
			for range k {
				word &= word - 1
			}
			return w*64 + bits.TrailingZeros64(word)
		}
		k -= n
	}
	return -1
}

// all goes through the set. A row may be taken out once it has been reached.
func (b bitset) all() iter.Seq[int] {
	return func(yield func(int) bool) {
		for w := range b {
			for word := b[w]; word != 0; word &= word - 1 {
				if !yield(w*64 + bits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}
