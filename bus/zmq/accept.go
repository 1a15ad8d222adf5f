package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// listen binds an endpoint. A socket file that nobody listens on any more is
// replaced, as libzmq does.
func listen(ctx context.Context, endpoint Endpoint) (net.Listener, error) {
	network, address := endpoint.listenAddress()
	var config net.ListenConfig
	ln, err := config.Listen(ctx, network, address)
	if errors.Is(err, syscall.EADDRINUSE) && endpoint.Transport == "ipc" && abandoned(address) {
		if err := os.Remove(address); err != nil {
			return nil, tellListen(endpoint.String(), fmt.Errorf("removing an abandoned socket: %w", err))
		}
		ln, err = config.Listen(ctx, network, address)
	}
	if err != nil {
		return nil, tellListen(endpoint.String(), err)
	}
	return ln, nil
}

// abandoned reports whether path is a socket that refuses connections.
func abandoned(path string) bool {
	file, err := os.Lstat(path)
	if err != nil || file.Mode().Type() != os.ModeSocket {
		return false
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close() // alive, and none of our business
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// acceptor takes in the peers of a listening endpoint. Every handshake has its
// own goroutine and deadline, so that a silent client holds up nobody.
type acceptor struct {
	listener net.Listener
	options  linkOptions
	// live uses a link until it ends. It closes the link.
	live func(*link)
	// rejected is told why a connection came to nothing.
	rejected func(remote string, err error)

	mu      sync.Mutex
	pending []*handshake // oldest first
	peers   int
}

// handshake is a connection that is not a link yet.
type handshake struct {
	remote string
	end    context.CancelCauseFunc
}

// run accepts until ctx ends and returns when the last peer is gone, which
// ctx's end does not bring about: that is up to live.
func (a *acceptor) run(ctx context.Context) {
	release := closeWhenDone(ctx, func() { a.listener.Close() })
	defer release()
	var peers sync.WaitGroup
	defer peers.Wait()
	const shortest, longest = 5 * time.Millisecond, time.Second
	wait := shortest
	for {
		conn, err := a.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				conn.Close()
			}
			return
		}
		if err != nil {
			// Mostly too many open files. The connection stays in the queue of
			// the kernel, so without a pause this would spin.
			a.rejected("", fmt.Errorf("accepting a connection: %w", err))
			if !sleep(ctx, wait) {
				return
			}
			wait = min(2*wait, longest)
			continue
		}
		wait = shortest
		peers.Go(func() { a.take(ctx, conn) })
	}
}

// take brings one connection through its handshake and its life.
func (a *acceptor) take(ctx context.Context, conn net.Conn) {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	h := &handshake{remoteName(conn), end}
	a.begin(h)
	link, err := openLink(ctx, conn, a.options)
	if admitted := a.finish(h, err == nil); err == nil && !admitted {
		err = tell(ErrTooManyPeers, nil, "%v: %d are connected", ErrTooManyPeers, a.options.limits.MaxPeers)
		link.close(err)
	}
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(cause, ErrPushedOut) {
			err = cause
		}
		a.rejected(h.remote, err)
		return
	}
	a.live(link)
	a.mu.Lock()
	a.peers--
	a.mu.Unlock()
}

// begin enters h into the pending handshakes and, when they are too many,
// pushes out the oldest: most likely it has been silent for longest.
func (a *acceptor) begin(h *handshake) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pending = append(a.pending, h)
	if len(a.pending) > a.options.limits.MaxPending {
		a.pending[0].end(ErrPushedOut)
		a.pending = slices.Delete(a.pending, 0, 1)
	}
}

// finish takes h out again and, when it succeeded, counts a peer if there is
// room for one.
func (a *acceptor) finish(h *handshake, succeeded bool) (admitted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.pending, h); i >= 0 {
		a.pending = slices.Delete(a.pending, i, i+1)
	}
	if !succeeded || a.peers >= a.options.limits.MaxPeers {
		return false
	}
	a.peers++
	return true
}
