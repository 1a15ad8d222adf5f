// Package bus holds the contracts that every part of the program shares: a
// [Message] as it came off a wire, where it came from ([Origin], [SourceID]),
// the interfaces that deliver and send messages ([Source], [Sink],
// [Publisher], [Signer]), what an endpoint is doing ([Status], [Event]), and
// the counters whose books must balance ([Books]).
//
// It does no I/O, starts no goroutine and imports nothing else of this module.
//
// Invariants:
//
//   - A message keeps the bytes it was received with. Nothing in this package
//     decodes an envelope into a tree; [Message.Scan] reads the head fields in
//     one pass and leaves the body where it is.
//   - Every message is counted exactly once: received = shown + hidden +
//     duplicates + evicted + malformed. Losses of our own and gaps on the bus
//     are counted apart from that equation and never mixed.
//   - A message that cannot be read is still a message: it carries a [Problem]
//     and its bytes, and stops nothing.
package bus
