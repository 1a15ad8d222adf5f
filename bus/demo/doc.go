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
// With an [Authority] the services sign, and a receiver can be shown every state
// of a signature. Keys and certificates are made for each run: nothing that could
// sign is part of the program, and signatures are the one thing that differs from
// run to run.
//
// The package never connects to anything, and never listens on anything but
// 127.0.0.1. Of files it writes those that a bus announces, into a folder of their
// own that ends with the bus.
package demo
