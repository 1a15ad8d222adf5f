package zmq

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// line is the connection below all buffers. What it does costs per system
// call, not per message: it counts bytes, notes when they came, notices
// silence, and ends writes that make no progress.
//
// Read is called by one goroutine and Write by one, which may be another.
type line struct {
	net.Conn
	// beforeWait is called by Read before it may block: the moment to hand on
	// what has been read so far. Nil: nothing to do. Its error is Read's.
	beforeWait func() error
	// readAt is when the last Read returned; for the reading goroutine only.
	readAt time.Time
	// received counts bytes; it may be shared by several lines.
	received *atomic.Uint64
	// open: the handshake is over. Until then one deadline bounds everything.
	open         bool
	writeTimeout time.Duration
	silence      silence
}

// Read reads what is there. When nothing comes for a while it asks for a PING,
// and ends with ErrSilent when that brings nothing either.
//
// The clock of silence runs only while Read waits for the network. So a reader
// that was held up elsewhere, by a sink that pushes back, never takes its own
// slowness for the peer's death.
func (l *line) Read(p []byte) (int, error) {
	if l.beforeWait != nil {
		if err := l.beforeWait(); err != nil {
			return 0, err
		}
	}
	if !l.open {
		n, err := l.Conn.Read(p)
		l.received.Add(uint64(n))
		return n, err
	}
	began := time.Now()
	now := began
	for {
		if err := l.Conn.SetReadDeadline(l.silence.next(began, now)); err != nil {
			return 0, err
		}
		n, err := l.Conn.Read(p)
		now = time.Now()
		if n > 0 {
			l.received.Add(uint64(n))
			l.readAt = now
			l.silence.broken()
		}
		if n > 0 || err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if err := l.silence.check(began, now); err != nil {
			return 0, err
		}
	}
}

// Write writes all of p. It gives up when the peer takes nothing at all for
// writeTimeout; a slow peer is not a dead one.
func (l *line) Write(p []byte) (int, error) {
	if !l.open {
		return l.Conn.Write(p)
	}
	written := 0
	for {
		if err := l.Conn.SetWriteDeadline(time.Now().Add(l.writeTimeout)); err != nil {
			return written, err
		}
		n, err := l.Conn.Write(p[written:])
		written += n
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		if n == 0 {
			return written, tell(ErrStalled, err, "peer has taken nothing for %v", l.writeTimeout)
		}
	}
}

// silence decides when a quiet peer is asked for a sign of life and when it is
// given up. Its methods belong to the reading goroutine, but for pinged, which
// belongs to whoever writes.
type silence struct {
	pingAfter time.Duration // 0: never
	deadAfter time.Duration
	idle      time.Duration // 0: never
	// answers: the peer knows heartbeats, because it announced ZMTP 3.1 or
	// sent a PING itself. Others would take ours for a broken message.
	answers bool
	// ask hands a PING to whoever writes. It must not block.
	ask func()
	// outstanding is when the PING under way was written, in nanoseconds since
	// 1970; 0 when there is none, pingBeingWritten from ask to pinged.
	outstanding atomic.Int64
}

const pingBeingWritten = -1

func (s *silence) pings() bool { return s.answers && s.pingAfter > 0 }

// next is when to look again, while waiting since began. Zero is never.
func (s *silence) next(began, now time.Time) time.Time {
	var next time.Time
	if s.pings() {
		next = now.Add(s.pingAfter)
		if at := s.outstanding.Load(); at > 0 {
			next = s.deadAt(began, at)
		}
	}
	if s.idle > 0 {
		if end := began.Add(s.idle); next.IsZero() || end.Before(next) {
			next = end
		}
	}
	return next
}

// deadAt is when an unanswered PING means the end. The answer may have come
// long ago and wait to be read: time before we began to wait does not count.
func (s *silence) deadAt(began time.Time, pingedUnixNano int64) time.Time {
	from := time.Unix(0, pingedUnixNano)
	if from.Before(began) {
		from = began
	}
	return from.Add(s.deadAfter - s.pingAfter)
}

// check is called when nothing came until next.
func (s *silence) check(began, now time.Time) error {
	if s.idle > 0 && now.Sub(began) >= s.idle {
		return tell(ErrSilent, nil, "nothing received for %v", s.idle)
	}
	if !s.pings() {
		return nil
	}
	switch at := s.outstanding.Load(); {
	case at == 0: // one at a time
		s.outstanding.Store(pingBeingWritten)
		s.ask()
	case at > 0 && !now.Before(s.deadAt(began, at)):
		return tell(ErrSilent, nil, "no answer to a PING, nothing received for %v", s.deadAfter)
	}
	return nil
}

// broken notes that bytes came: whatever was asked is answered.
func (s *silence) broken() { s.outstanding.Store(0) }

// pinged is called when a PING has gone to the wire. Until then the peer is not
// blamed for one that waits behind a full socket. An answer that comes before
// pinged is called is not forgotten: broken has stored 0, which the exchange
// then does not find.
func (s *silence) pinged() {
	s.outstanding.CompareAndSwap(pingBeingWritten, time.Now().UnixNano())
}
