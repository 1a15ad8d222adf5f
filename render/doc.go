// Package render turns a message into text for people: safe cells for a row, a
// pretty document for a pane, a one-line summary, and the texts that the tail
// command prints.
//
// It does no I/O, starts no goroutine, knows no theme and no terminal. Colours
// come from the caller as a [Styler]; what is written is text, and nothing of a
// message is ever interpreted.
//
// Invariants:
//
//   - The sanitiser ([AppendSafe], [Sanitize]) is the only place where text of
//     a message becomes [Safe]. What it lets through has the same width in
//     cells by both ways of counting that terminals use (per rune, and per
//     grapheme cluster), alone and next to anything else it lets through.
//     Everything else is shown as a visible escape: a reader sees that there
//     was something, and a terminal sees nothing it could act on.
//   - Nothing is decoded into a tree of values. Numbers and strings keep the
//     digits and characters they were received with, keys their order.
//   - Work is bounded by what is shown: a row costs its cells and not the
//     length of the message, and a document at most Options.MaxLines lines.
//   - Whatever the bytes are, something is shown. A broken message is a
//     document with an end in another style, never an error.
//
// Which texts may go to a terminal as they are: Safe, the lines of a
// [Document], and what [AppendIndented], [Indented.Append] and [AppendPython]
// write. [AppendCompact] and [Query] give the bytes as received, for other
// programs; for a terminal there are [AppendCompactVisible] and [Sanitize].
package render
