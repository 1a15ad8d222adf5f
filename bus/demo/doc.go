// Package demo makes the traffic of a bus that does not exist, and can put it
// on real ZeroMQ sockets of the loopback interface.
//
// Two things are here. A [Script] is a seeded generator: services of Fedora's,
// CentOS's and Debian's shape that tell stories (a commit, its build, the
// update, the badge), with a burst, a publisher that restarts, an endpoint that
// goes away, sequences with holes, and every hostile or broken message that a
// receiver has to survive. A [Bus] paces a script in real time onto publisher
// sockets, and can break them on purpose.
//
// Both are the demonstration that users see and the double that tests receive
// from. All people, packages, hosts and texts are invented; topics and the
// shape of bodies are those of the real services.
//
// Invariants:
//
//   - The same [Options] give the same bytes, in every run and on every
//     machine. Nothing here reads the clock: time in messages is
//     [Options.Start] plus script time.
//   - A message that is not of a broken or odd kind is canonical JSON as
//     fedmsg sends it (fedmsg/encoding/__init__.py): sorted keys, no spaces,
//     ASCII only. [Kind.Problem] says what reading any other must find.
//   - Ids are unique but for the kinds that duplicate one on purpose.
//   - Memory is bounded, however long a script runs.
//
// The package never connects to anything, never listens on anything but
// 127.0.0.1, and signs nothing by itself: see [Options.Signed].
package demo
