package zmq

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// The kinds of trouble, for errors.Is. The errors themselves say more, in
// words for a person, and keep their cause.
var (
	ErrEndpoint         = errors.New("bad endpoint")                       // not an endpoint we can use
	ErrListen           = errors.New("cannot listen")                      // address in use, not ours, not allowed
	ErrNotZeroMQ        = errors.New("peer does not speak ZeroMQ")         // or breaks its protocol
	ErrZMTP1            = errors.New("peer speaks ZMTP 1.0")               // libzmq 2.x
	ErrSecurity         = errors.New("peer demands another security")      // CURVE, PLAIN, GSSAPI
	ErrWrongPeer        = errors.New("peer is the wrong kind of socket")   // a publisher dialled a publisher
	ErrRejected         = errors.New("peer rejected us")                   // an ERROR command
	ErrLimit            = errors.New("over a limit")                       // see LimitError
	ErrHandshakeTimeout = errors.New("handshake not answered in time")     // silent peer
	ErrSilent           = errors.New("peer no longer answers")             // heartbeats, or idle for too long
	ErrStalled          = errors.New("peer takes nothing any more")        // a write made no progress
	ErrPeerClosed       = errors.New("closed by the peer")                 // between two messages
	ErrCut              = errors.New("cut off in the middle of a message") // the rest never came
	ErrTooManyPeers     = errors.New("too many peers")                     // Limits.MaxPeers
	ErrPushedOut        = errors.New("pushed out before its handshake")    // Limits.MaxPending
	ErrNoSubscriber     = errors.New("nobody subscribes to the topic")     // nobody took the message
	ErrQueueFull        = errors.New("the subscribers' queues are full")   // nobody took the message
	ErrUnconfirmed      = errors.New("not confirmed by all subscribers")   // see UnconfirmedError
	ErrClosed           = errors.New("closed by us")                       // after Close
	errSinkFull         = errors.New("the sink takes no more")             // Deliver returned false
)

// LimitError is a frame or message larger than [Limits] allow. It is an
// [ErrLimit].
type LimitError struct {
	What  string // "frame", "message", "command": of Got bytes; "frames": Got of them
	Got   uint64
	Limit uint64
}

func (e *LimitError) Error() string {
	if e.What == "frames" {
		return fmt.Sprintf("message of more than %d frames", e.Limit)
	}
	return fmt.Sprintf("%s of %d bytes, more than the %d allowed", e.What, e.Got, e.Limit)
}

// Is makes every LimitError an ErrLimit.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// told is trouble in words for a person. errors.Is and errors.As look through
// it to its kind and its cause.
type told struct {
	words       string
	kind, cause error
}

func tell(kind, cause error, format string, args ...any) error {
	return &told{fmt.Sprintf(format, args...), kind, cause}
}

func (t *told) Error() string { return t.words }

func (t *told) Unwrap() []error {
	var all []error
	for _, err := range []error{t.kind, t.cause} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

func isTimeout(err error) bool {
	var netErr net.Error
	return errors.As(err, &netErr) && netErr.Timeout()
}

// tellDial puts a failed connection into words.
func tellDial(endpoint string, timeout time.Duration, err error) error {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return tell(nil, err, "no such host %q: check the name in %s", dns.Name, endpoint)
	case errors.As(err, &dns):
		return tell(nil, err, "cannot look up the host of %s: %s", endpoint, dns.Err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return tell(nil, err, "refused: nothing listens on %s", endpoint)
	case errors.Is(err, os.ErrNotExist):
		return tell(nil, err, "no such socket: nothing has been bound to %s", endpoint)
	case errors.Is(err, os.ErrPermission):
		return tell(nil, err, "not allowed to connect to %s", endpoint)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return tell(nil, err, "no route to %s", endpoint)
	case isTimeout(err), errors.Is(err, context.DeadlineExceeded):
		return tell(nil, err, "no answer from %s in %v", endpoint, timeout)
	}
	return tell(nil, err, "cannot connect to %s: %v", endpoint, err)
}

// tellListen puts a failed bind into words.
func tellListen(endpoint string, err error) error {
	var dns *net.DNSError
	why := err.Error()
	switch {
	case errors.As(err, &dns):
		why = fmt.Sprintf("no such host %q (network interfaces are named by address here)", dns.Name)
	case errors.Is(err, syscall.EADDRINUSE):
		why = "address in use; stop what listens there or choose another port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		why = "not an address of this machine"
	case errors.Is(err, os.ErrPermission):
		why = "not allowed; ports below 1024 need privileges"
	case errors.Is(err, os.ErrNotExist):
		why = "no such directory"
	}
	return tell(ErrListen, err, "cannot listen on %s: %s", endpoint, why)
}

// tellEnd puts the end of an established link into words.
func tellEnd(err error) error {
	var already *told
	var op *net.OpError
	limit, limited := limitOf(err)
	switch {
	case errors.As(err, &already): // zmq4 has wrapped it in words of its own
		return already
	case limited:
		return limit
	case errors.Is(err, io.ErrUnexpectedEOF):
		return tell(ErrCut, err, "%v", ErrCut)
	case errors.Is(err, io.EOF):
		return tell(ErrPeerClosed, err, "%v", ErrPeerClosed)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return tell(ErrPeerClosed, err, "connection reset by the peer")
	case errors.Is(err, syscall.ETIMEDOUT):
		return tell(ErrSilent, err, "peer is gone: no answer to TCP keepalive")
	case errors.As(err, &op): // its own text repeats the addresses
		return tell(nil, err, "connection lost: %v", op.Err)
	}
	return err
}

// lasting reports whether trying again soon is unlikely to help.
func lasting(err error) bool {
	for _, kind := range []error{ErrNotZeroMQ, ErrZMTP1, ErrSecurity, ErrWrongPeer, ErrRejected, ErrLimit} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
