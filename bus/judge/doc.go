// Package judge gives the rows of a history their verdicts.
//
// It follows a history from its own goroutines: rows that arrive are pending
// until their turn comes, those that a reader looks at come first. When what is
// trusted changes, rows that it touches are judged again, and what changed is
// told.
//
// It never holds up whoever appends to the history: the history is its queue,
// and a row that is given up before its turn is not judged. It never decides
// what a verdict is; that is package crypto's.
//
// Invariants:
//
//   - A row's verdict is written after the message was judged with what was
//     trusted at that moment; when trust changes later, the row is looked at
//     again.
//   - When Run returns, every goroutine that it started has ended.
//   - A verdict that turns from good to something else, or to or from a
//     problem, is marked in the row and told through OnChange: never silent.
package judge
