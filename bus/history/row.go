package history

// Row is the number of a message in the session, from 0, in the order of
// receipt. It is never reused and never moves.
type Row uint64

// Order is a sequence of rows as a view shows them: by arrival, by sender's
// time, with fills in their place, filtered. It is immutable.
type Order interface {
	// Len is the number of rows.
	Len() int
	// Row is the i-th row, 0 <= i < Len.
	Row(i int) Row
	// Find is where a row stands, and whether it is there. When it is not, i is
	// where the nearest row after it in the view's order stands, or Len.
	Find(row Row) (i int, exact bool)
}

// Arrival is the order of receipt: the rows from First up to, not including,
// End.
type Arrival struct {
	First, End Row
}

var _ Order = Arrival{}

// Len is the number of rows.
func (a Arrival) Len() int { return int(a.End - a.First) }

// Row is the i-th row.
func (a Arrival) Row(i int) Row { return a.First + Row(i) }

// Find is where a row stands.
func (a Arrival) Find(row Row) (i int, exact bool) {
	switch {
	case row < a.First:
		return 0, false
	case row >= a.End:
		return a.Len(), false
	}
	return int(row - a.First), true
}
