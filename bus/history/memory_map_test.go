//go:build unix && !race

package history

// mapsBlocks says that blocks are not of the Go heap.
const mapsBlocks = true
