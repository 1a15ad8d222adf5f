// Package themes turns the roles of the interface (a topic, a border, an
// invalid signature) and the token types of the syntax highlighter into escape
// sequences, ready to be appended to a row.
//
// It knows nothing of messages, screens or terminals: it never asks a terminal
// for anything, reads no file and no environment variable, and does not reduce
// colours. Sequences are written in 24-bit colour; whoever writes to the
// terminal reduces them to what it can show.
//
// Invariants:
//
//   - A theme is finished when it is returned and never changes: every sequence
//     is computed once, and any number of goroutines may read it.
//   - Every sequence stands for itself: it starts by resetting what was before,
//     so parts can be drawn in any order without closing the one before. A part
//     drawn with a palette of [Theme.On] keeps the background of that surface,
//     which is how a selected row stays selected through coloured parts.
//   - Where a foreground and a background are both known, their contrast by the
//     rule of WCAG 2.2 (1.4.3) is at least 4.5, and 3 for what is only there to
//     separate (see [Token.MinContrast]), whatever the theme's author wrote.
//   - Colour never is the only carrier of a meaning: callers draw a word or a
//     glyph too. The normal case does not shout: a good signature is plain text.
package themes
