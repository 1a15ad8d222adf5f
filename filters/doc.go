// Package filters is the language in which people say which messages they want
// to see: it parses a text, says where and why a text is wrong, and runs a
// filter over single messages ([Filter.MatchMessage], [Filter.MatchJudged]) or
// over a history ([Start]).
//
// A text becomes tokens with positions, then a small tree, then predicates. The
// table in fields.go is all that the parser knows about fields: a field is an
// entry there and a predicate. Predicates narrow a set of rows, the cheap ones
// first: what depends on the topic alone is asked once per distinct topic, and
// text is searched only in rows that passed everything else.
//
// The package does no I/O, changes no message and no history, and puts nothing
// in order: what passes stays in the order of receipt.
//
// Invariants:
//
//   - A [Filter] is immutable, and its String parses to the same filter.
//   - A message passes or not whichever way it is asked: as a message, as a row
//     of a chunk, or of a chunk that was scanned in several parts.
//   - The cost of a filter is bounded: its text, the number of its terms and
//     its nesting are, and every term takes time linear in what it looks at.
//   - What a filter asks for that is learnt later (sig, cn, is:changed) is
//     looked at again when it changed; whatever else is not.
//   - The books of a [Result] balance: what has not been looked at yet counts
//     as hidden.
package filters
