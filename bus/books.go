package bus

import "fmt"

// Books are the counters of a session. Each received message is in exactly one
// of Shown, Hidden, Duplicates, Evicted and Malformed; Dropped and Missing
// never were received, and are told beside.
type Books struct {
	Received   uint64 // messages that reached us, malformed ones included
	Shown      uint64 // well formed, kept, and passing the filter
	Hidden     uint64 // well formed, kept, and not passing the filter
	Duplicates uint64 // merged into a row that was there already
	Evicted    uint64 // well formed, once kept, given up for newer ones
	Malformed  uint64 // not readable as an envelope, kept or not
	Dropped    uint64 // lost by us: a queue of ours was full
	Missing    uint64 // lost on the bus: known gaps in sequences
}

// Difference is received minus everything it is made of: 0 when the books
// balance, as they always must.
func (b Books) Difference() int64 {
	return int64(b.Received) - int64(b.Shown+b.Hidden+b.Duplicates+b.Evicted+b.Malformed)
}

// String is the one line that ends a session.
func (b Books) String() string {
	return fmt.Sprintf("received %d, shown %d, hidden %d, duplicates %d, evicted %d, malformed %d, dropped %d",
		b.Received, b.Shown, b.Hidden, b.Duplicates, b.Evicted, b.Malformed, b.Dropped)
}
