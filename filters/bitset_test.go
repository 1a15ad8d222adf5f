package filters

import (
	"math/rand/v2"
	"testing"
)

func TestBitset(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for range 500 {
		n := 1 + random.IntN(300)
		from := random.IntN(n)
		to := from + random.IntN(n-from+1)
		b := newBitset(n)
		b.set(from, to)
		want := map[int]bool{}
		for i := from; i < to; i++ {
			if random.IntN(3) == 0 {
				b.clear(i)
			} else {
				want[i] = true
			}
		}
		k := 0
		for i := range n {
			if b.has(i) != want[i] || b.before(i) != k {
				t.Fatalf("row %d of %d: %v, %d before; want %v, %d", i, n, b.has(i), b.before(i), want[i], k)
			}
			if want[i] {
				if b.at(k) != i {
					t.Fatalf("member %d is row %d, want %d", k, b.at(k), i)
				}
				k++
			}
		}
		if b.count() != k || b.empty() != (k == 0) || b.before(n+100) != k {
			t.Fatalf("%d members, want %d", b.count(), k)
		}
		for i := range b.all() {
			b.clear(i)
			delete(want, i)
		}
		if !b.empty() || len(want) != 0 {
			t.Fatalf("left over: %v", want)
		}
	}
}
