// Package config answers two questions: what are the settings, and who said
// so.
//
// Settings come in layers, a later one over an earlier one:
//
//  1. built-in defaults
//  2. fedmsg's own files, fedmsg.d/*.py, in fedmsg's order and with its
//     recursive merge (fedmsg/config.py, load_config)
//  3. this program's file, config.toml
//  4. flags of the command line
//
// [Load] reads them all and returns [Settings]: typed fields for the program,
// and beneath them the whole merged tree, in which each leaf knows its
// [Place], the file and line, flag or default it came from.
//
// fedmsg.d files are Python. They are never run by Python: package pyfile
// evaluates the subset that such files are made of, without files, network or
// clock, and skips what it cannot evaluate, statement by statement, each with a
// [Warning]. A file in the current directory is evaluated like the others, as
// fedmsg does, but it is announced, it sees only harmless environment
// variables, and what it decides about trust is said.
//
// What this package never does: connect to an endpoint, fetch a certificate,
// write a file, print. The only network it touches are the SRV records of
// srv_endpoints, through the [Resolver] it is given.
//
// Invariants:
//
//   - Load fails only for what the user named and cannot be read, and for
//     mistakes in config.toml or flags. Anything wrong in fedmsg.d is a
//     Warning, and costs one statement or one value.
//   - This program's own settings (what to record, whether to publish, …) are
//     never taken from fedmsg.d: a file that happens to lie in the current
//     directory cannot make the program write or send.
//   - Lookup, Tree and Sources give redacted values: no password or secret
//     leaves the package but through the typed fields that need it.
package config
