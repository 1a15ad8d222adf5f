// Package tui is the explorer: one Bubble Tea model over the history of a
// session.
//
// There is one [tea.Model], [Model]. The panes (topics, stream, message,
// sources, events) are plain structs that the model asks to move and to draw;
// they hold no data of their own beyond where the reader is. What can be done
// is one table, actions.go: it drives dispatch, the footer, the help and the
// generated list of keys.
//
// Data flow one way. A session's sources fill the history from goroutines of
// their own; ten times a second, and after each key, the model takes an
// immutable snapshot and draws from it. No message of the bus ever travels as
// a tea.Msg, so a flood cannot slow a key down.
//
// Invariants:
//
//   - The row under the reader's eye never moves by itself. Cursors and scroll
//     positions are row numbers of the history, which are never reused.
//   - Nothing reaches the screen that render's sanitiser has not seen.
//   - Drawing appends ready-made escape sequences to byte buffers; no style is
//     computed per cell, and an unchanged screen is not drawn again.
//   - Colour is never the only carrier of a meaning: there is always a word or
//     a glyph.
package tui
