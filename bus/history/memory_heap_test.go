//go:build !unix || race

package history

const mapsBlocks = false
