//go:build !unix || race

package history

// block is memory of the Go heap, for systems without anonymous mappings and
// for the race detector, which watches nothing outside the heap.
type block struct {
	bytes []byte
}

func newBlock(sizeBytes int) block { return block{bytes: heapBytes(sizeBytes)} }

// retire ends the use of the memory as it is, and overwrites it. A reader that
// still looks at it is a bug that could crash where blocks are mapped; here the
// race detector reports it, or a test sees the wrong bytes.
func (b block) retire() {
	for i := range b.bytes {
		b.bytes[i] = retired
	}
}

// trim has nothing to give back: the heap is not returned in parts.
func (b block) trim(int) {}

// free leaves the memory to the garbage collector.
func (b block) free() error { return nil }

// retired is no byte of UTF-8, so retired memory is never taken for a message.
const retired = 0xff
