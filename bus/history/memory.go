package history

import (
	"sync/atomic"
	"unsafe"
)

// heapBytes is zeroed memory of the Go heap, aligned for any column.
func heapBytes(sizeBytes int) []byte {
	words := make([]uint64, (sizeBytes+7)/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), sizeBytes)
}

// plain are the types that columns are made of: no pointers, and all bits zero
// is a valid value.
type plain interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int64 | atomic.Uint64
}

// carve takes a column of n values from the front of memory. Columns are
// carved in the order of falling alignment, each a multiple of its own size, so
// each starts aligned.
func carve[T plain](memory *[]byte, n int) []T {
	var one T
	size := n * int(unsafe.Sizeof(one))
	column := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(*memory))), n)
	*memory = (*memory)[size:]
	return column
}
