package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zeromq/zmq4"
)

// linkOptions say how to open links of one socket.
type linkOptions struct {
	role                  zmq4.SocketType // zmq4.Sub or zmq4.Pub
	limits                Limits
	timeouts              Timeouts
	readBytes, writeBytes int            // of buffers
	received              *atomic.Uint64 // bytes, of all links together
}

// link is one connection with its handshake done.
type link struct {
	conn   *zmq4.Conn
	wire   *wire
	remote string

	closeOnce sync.Once
	cause     atomic.Pointer[error] // why we closed it; nil when the peer did
}

// openLink does the handshake on a new connection. The connection is closed
// when that fails, or when ctx ends before it is done.
func openLink(ctx context.Context, conn net.Conn, o linkOptions) (*link, error) {
	l, err := shakeHands(ctx, conn, o)
	if err == nil {
		return l, nil
	}
	conn.Close() // its error adds nothing to err
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case isTimeout(err):
		return nil, tell(ErrHandshakeTimeout, err, "handshake not answered in %v", o.timeouts.Handshake)
	}
	return nil, tellEnd(err)
}

func shakeHands(ctx context.Context, conn net.Conn, o linkOptions) (l *link, err error) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable:   true,
			Idle:     o.timeouts.KeepAliveIdle,
			Interval: o.timeouts.KeepAliveInterval,
			Count:    o.timeouts.KeepAliveProbes,
		}); err != nil {
			return nil, fmt.Errorf("setting TCP keepalive: %w", err)
		}
	}
	if err := conn.SetDeadline(time.Now().Add(o.timeouts.Handshake)); err != nil {
		return nil, fmt.Errorf("setting the handshake's deadline: %w", err)
	}
	release := closeWhenDone(ctx, func() { conn.Close() })
	defer release()

	ln := &line{
		Conn:         conn,
		received:     o.received,
		writeTimeout: o.timeouts.Write,
		silence: silence{
			pingAfter: max(o.timeouts.PingAfter, 0),
			deadAfter: o.timeouts.DeadAfter,
			idle:      o.timeouts.Idle,
		},
	}
	w := newWire(ln, o.role, o.limits, o.readBytes, o.writeBytes)
	// Every path by which a peer is known to make zmq4 panic is closed above
	// it. Should there be another, it costs that peer its link, and not the
	// reader their session.
	defer func() {
		if r := recover(); r != nil {
			l, err = nil, tell(ErrNotZeroMQ, nil, "peer breaks the protocol: handshake failed with %v", r)
		}
	}()
	zc, err := zmq4.Open(w, nullSecurity{w}, o.role, nil, false, nil)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("clearing the handshake's deadline: %w", err)
	}
	// The handshake counts like a message: what comes next begins anew.
	w.endMessage()
	w.phase = phaseTraffic
	ln.open = true
	ln.readAt = time.Now()
	return &link{conn: zc, wire: w, remote: remoteName(conn)}, nil
}

// writeFromReader makes the reading goroutine write PING and PONG itself. It
// is right for a link on which nobody else writes: what a subscriber sends is
// far less than what a socket buffers, and a peer that does not take even that
// is given up after the write timeout.
func (l *link) writeFromReader() {
	l.wire.pong = l.wire.sendPong
	l.wire.silence.ask = func() {
		if err := l.wire.sendPing(); err != nil {
			l.close(tellEnd(err))
		}
	}
}

// version is the peer's version of the protocol: "3.1".
func (l *link) version() string {
	return fmt.Sprintf("%d.%d", l.wire.major, l.wire.minor)
}

// close ends the link, from any goroutine and any number of times. cause, when
// it is not nil, is what ended will say; the first one counts.
func (l *link) close(cause error) {
	l.closeOnce.Do(func() {
		if cause != nil {
			l.cause.Store(&cause)
		}
		l.wire.Conn.Close() // its error adds nothing: the link is over
	})
}

// ended says why the link is over, given the error that the reader or the
// writer met.
func (l *link) ended(met error) error {
	if cause := l.cause.Load(); cause != nil {
		return *cause
	}
	return tellEnd(met)
}

// halfClose tells the peer that nothing more will come. The peer can still be
// read from.
func (l *link) halfClose() error {
	half, ok := l.wire.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// closeWhenDone calls end when ctx ends. The function that it returns stops
// that and, should end be running, waits for it, so that no goroutine is left
// behind.
func closeWhenDone(ctx context.Context, end func()) (release func()) {
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		end()
	})
	return func() {
		if !stop() {
			<-ended
		}
	}
}

// remoteName names a peer for people. Those of a Unix socket have no name.
func remoteName(conn net.Conn) string {
	if address := conn.RemoteAddr(); address != nil && address.String() != "" && address.String() != "@" {
		return address.String()
	}
	return "a local peer"
}
