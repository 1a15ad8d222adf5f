package filters

import (
	"sort"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
)

// Result is what a filter found in a history up to some moment: an order over
// the rows that pass, malformed ones among them. It is immutable and needs no
// closing. Rows it names may have been evicted since; take it before the
// snapshot that shows its rows, and those that are not evicted are there.
type Result struct {
	// Books are those of the history at that moment. Well-formed rows that do
	// not pass, and those not looked at yet, are Hidden. Dropped and Missing
	// are for the caller to fill in.
	Books bus.Books
	// ScannedRows of TotalRows kept have been looked at: the newest ones.
	ScannedRows, TotalRows uint64
	// Done says that all have. Verdicts may have come or changed since a row
	// was looked at; such rows are looked at again soon after, without Done
	// being taken back.
	Done bool
	// Revision grows with every new result of a query.
	Revision uint64

	runs []run
	rows int
}

var _ history.Order = (*Result)(nil)

// run are the rows that pass among consecutive rows.
type run struct {
	first  history.Row
	found  bitset // of the rows from first; nil: all of them pass
	rows   int    // that pass, at least one
	before int    // rows in the runs before
}

// Len is the number of rows that pass.
func (r *Result) Len() int { return r.rows }

// Row is the i-th row that passes, 0 <= i < Len, oldest first.
func (r *Result) Row(i int) history.Row {
	// The first run with more before it than i is the one behind.
	k := sort.Search(len(r.runs), func(k int) bool { return r.runs[k].before > i }) - 1
	one := r.runs[k]
	if one.found == nil {
		return one.first + history.Row(i-one.before)
	}
	return one.first + history.Row(one.found.at(i-one.before))
}

// Find is where a row stands among those that pass, or where the next newer one
// does.
func (r *Result) Find(row history.Row) (i int, exact bool) {
	k := sort.Search(len(r.runs), func(k int) bool { return r.runs[k].first > row }) - 1
	if k < 0 {
		return 0, false
	}
	one := r.runs[k]
	at := row - one.first
	switch {
	case one.found == nil && at < history.Row(one.rows):
		return one.before + int(at), true
	case one.found == nil || at >= history.Row(len(one.found)*64):
		return one.before + one.rows, false
	}
	return one.before + one.found.before(int(at)), one.found.has(int(at))
}

// add puts a run behind the others; rows of it pass.
func (r *Result) add(first history.Row, found bitset, rows int) {
	if rows == 0 {
		return
	}
	r.runs = append(r.runs, run{first: first, found: found, rows: rows, before: r.rows})
	r.rows += rows
}
