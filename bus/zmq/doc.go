// Package zmq speaks ZeroMQ's PUB/SUB with libzmq of any age from 3.x on: a
// [Source] subscribes to publishers, dialling one or listening for many, and a
// [Publisher] sends to subscribers, listening for them or dialling one, as to
// a relay. Endpoints are written as libzmq writes them: [ParseEndpoint].
//
// The protocol's own encoding and decoding is zmq4's ([zmq4.Open] and
// [zmq4.Conn]). Everything around it is here, because the sockets of that
// package trust their peers and do not always come back: dialling, accepting,
// reconnecting, queues, heartbeats, and a guard under zmq4.Conn that looks at
// every frame header before a byte of memory is spent on it.
//
// Peers of ZMTP 2.0 (libzmq 3.x) and later are understood; those of ZMTP 1.0
// (libzmq 2.x) are refused with a message that says so. Transports are TCP and
// Unix sockets. CURVE, PLAIN and GSSAPI are not supported: fedmsg signs its
// messages and leaves the transport open.
//
// It never looks into a message. One with too few or too many frames, or with
// empty ones, is delivered like any other, and [bus.Message.Scan] says later
// what is wrong with it.
//
// Invariants:
//
//   - A peer can end its own link and nothing else. No bytes of a peer make us
//     panic, hold more than [Limits] allow, or wait longer than [Timeouts].
//   - One link, one reading goroutine; a [Source] also writes from it. The
//     frames of a [Publisher] are written by one goroutine per peer. So no lock
//     is ever held across I/O, and a stalled peer stalls only itself.
//   - Every error of a link means that the link is over. There is no half-dead
//     state to recover from: it is closed and, where we dialled, dialled again
//     after a pause that grows ([Backoff]).
//   - What is lost here is counted here: [Publisher.Dropped], and Dropped in a
//     source's status.
//   - After [Source.Run] and [Publisher.Close] have returned nothing of ours
//     is running.
package zmq
