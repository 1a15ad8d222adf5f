// Package pyfile evaluates a fedmsg.d configuration file, which is Python,
// without Python.
//
// Such files are nearly always a few assignments, imports of os and socket, and
// a dictionary named config. [Eval] reads them one top-level statement at a
// time: each is rewritten from Python's syntax to Starlark's, checked, and run
// in a Starlark machine that has no files, no network, no clock and no
// processes. A statement that cannot be evaluated is skipped, alone, with a
// [Problem] that says why; so is a single value of a dictionary.
//
// The way of a file:
//
//	scan     text to logical lines of tokens: brackets, strings, comments,
//	         continuation and indentation are understood here (scan.go, text.go)
//	blocks   lines to statements and their suites (block.go)
//	rewrite  the Python forms that Starlark lacks: string prefixes and implicit
//	         concatenation, f-strings, generator expressions, "is", … (rewrite.go)
//	guard    the syntax tree is changed so that every operation and call goes
//	         through this package, which knows what it costs (guard.go, op.go)
//	run      simple statements run as Starlark programs; if, for, while, try and
//	         imports are walked here, statement by statement (run.go, compound.go)
//	export   what config holds becomes plain Go values with their lines (export.go)
//
// What it never does: run code of the file outside of the Starlark machine,
// open a file, look at the network, read an environment variable that it was
// not given.
//
// Invariants:
//
//   - A file is hostile. Its size, nesting, steps and the memory of its values
//     are bounded before they are spent, see [Budget]; running out ends the file
//     with a Problem and keeps what was set before.
//   - Equal input gives equal output: random numbers are not random here.
//   - A Problem's text may quote the file, so it is sanitised before it is shown.
package pyfile
