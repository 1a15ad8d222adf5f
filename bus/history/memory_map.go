//go:build unix && !race

package history

import "golang.org/x/sys/unix"

// block is memory outside the Go heap: a gigabyte of messages costs the
// garbage collector nothing, and goes back to the system the moment it is
// given up. Pages that are never written cost nothing either, so a block may be
// larger than what will be put into it.
type block struct {
	bytes  []byte
	mapped bool
}

// newBlock returns zeroed memory. When the system refuses to map more, the Go
// heap has to do: a message is not lost for that.
func newBlock(sizeBytes int) block {
	b, err := unix.Mmap(-1, 0, sizeBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return block{bytes: heapBytes(sizeBytes)}
	}
	return block{bytes: b, mapped: true}
}

// retire ends the use of the memory as it is; it may be used for something else.
func (b block) retire() {}

// trim gives back the pages of the block behind its first usedBytes, which read
// as zero from then on.
func (b block) trim(usedBytes int) {
	page := unix.Getpagesize()
	from := (usedBytes + page - 1) / page * page
	if !b.mapped || from >= len(b.bytes) {
		return
	}
	// A kernel that refuses leaves us with more memory than needed, no worse.
	_ = unix.Madvise(b.bytes[from:], unix.MADV_DONTNEED)
}

// free gives the memory back. Nobody may touch it afterwards.
func (b block) free() error {
	if !b.mapped {
		return nil
	}
	return unix.Munmap(b.bytes)
}
