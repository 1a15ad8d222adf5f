package history

import "fedmsg-tui/bus"

// Counts are the books of a history at one moment. Each message received is in
// exactly one of Kept, Evicted, Duplicates and Malformed.
type Counts struct {
	Received   uint64 // all messages
	Kept       uint64 // well formed, and a row that is kept
	Evicted    uint64 // well formed, once a row, given up
	Duplicates uint64 // well formed, merged into a row
	Malformed  uint64 // all malformed ones, kept or given up

	KeptMalformed uint64 // those malformed ones that are rows still
	ReceivedBytes uint64 // bytes of all frames received
	UsedBytes     int64  // of the budget
}

// Books are the counts as the session's books, with nothing hidden: what is
// kept is shown. Losses are not history's to know.
func (c Counts) Books() bus.Books {
	return bus.Books{
		Received:   c.Received,
		Shown:      c.Kept,
		Duplicates: c.Duplicates,
		Evicted:    c.Evicted,
		Malformed:  c.Malformed,
	}
}
