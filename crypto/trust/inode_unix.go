//go:build unix

package trust

import (
	"io/fs"
	"syscall"
)

// nonblock lets a pipe be opened without a writer, so that it can be refused.
const nonblock = syscall.O_NONBLOCK

// inodeOf tells a file from another one that was renamed over it.
func inodeOf(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Ino)
	}
	return 0
}
