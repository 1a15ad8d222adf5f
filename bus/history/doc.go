// Package history keeps everything that was received, in the order of
// receipt, under a byte budget, and lets any number of readers look at it
// without ever waiting for a writer.
//
// A message becomes a [Row] the moment it is appended. Rows live in chunks: a
// chunk is one block of memory with the bytes of its messages behind one
// another and, in front of them, the columns that lists and filters scan. When
// the budget is exceeded, whole chunks are given up, the oldest first; the
// newest is never given up. A [Snapshot] is an immutable view of the rows at
// one moment. It keeps the chunks it sees in memory until it is closed, so
// what its methods return stays valid until then and no longer.
//
// What is learnt about a message after it arrived (its verdict, who
// signed it, how often it was seen, marks) is kept beside it in [Late] columns.
// They are the only thing about a row that ever changes, and are not frozen by
// a snapshot.
//
// The package never decodes an envelope, never judges a message, never orders
// or hides one: the order of a view is an [Order] over rows, made elsewhere.
// It does no I/O and starts no goroutine.
//
// Invariants:
//
//   - A row's number is never reused and never moves; rows are numbered from 0
//     without holes, and the rows kept are always the newest ones.
//   - At every moment received = kept well formed + evicted + duplicates +
//     malformed, and one snapshot's [Counts] are of one moment.
//   - A block of memory is returned to the system exactly when history has
//     given its chunk up and the last snapshot that could see it is closed. A
//     snapshot that is never closed costs memory, never correctness: it is not
//     collected behind the back of someone who still holds its bytes.
//   - Memory is bounded by the budget, one chunk, what open snapshots pin, and
//     the three tables of names, which are bounded themselves: a bus with
//     endless distinct topics fills the table, after which a topic is read from
//     its row.
//   - The tallies of verdicts are those of the last verdict of every row that
//     was ever judged; they are never below that, and never below zero.
package history
