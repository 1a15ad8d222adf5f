// Package e2e tests the program as its users have it: the built binary, in a
// real terminal (tmux) and against real ZeroMQ peers (libzmq by way of Python's
// zmq). It has no code of its own.
//
// Tests skip, with a message, where a peer is missing; where the environment
// variable FEDMSG_TUI_PEERS is "require" they fail instead. Tests that take
// long run short, unless -long is given.
package e2e
