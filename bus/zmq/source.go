package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-zeromq/zmq4"

	"fedmsg-tui/bus"
)

// SourceOptions say what a [Source] subscribes to and how patient it is. The
// zero value is right for a publisher of a real bus.
type SourceOptions struct {
	// Prefixes are the beginnings of the topics to subscribe to, compared as
	// bytes by the publisher: "org.fedoraproject.prod.git" also brings
	// org.fedoraproject.prod.github. None: everything.
	Prefixes []string
	// Bind makes the source listen, and publishers connect to it.
	Bind bool
	// QuietAfter is how long nothing must arrive for the state to be
	// [bus.StateQuiet], 30 s.
	QuietAfter time.Duration

	Limits   Limits
	Timeouts Timeouts
	Backoff  Backoff
}

// Source subscribes to the publisher at one endpoint, or to all that connect
// to it. It is a [bus.Source].
type Source struct {
	id       bus.SourceID
	written  string // the endpoint as the user wrote it
	endpoint Endpoint
	options  SourceOptions
	dial     func(ctx context.Context, network, address string) (net.Conn, error)

	started  atomic.Bool
	ledger   ledger
	received atomic.Uint64 // bytes
}

var _ bus.Source = (*Source)(nil)

// NewSource makes a source that [Source.Run] starts. id is put into its
// messages and events. Its errors are those of [ParseEndpoint].
func NewSource(id bus.SourceID, endpoint string, options SourceOptions) (*Source, error) {
	parsed, err := ParseEndpoint(endpoint)
	if err != nil {
		return nil, err
	}
	if !options.Bind {
		if _, _, err := parsed.dialAddress(); err != nil {
			return nil, err
		}
	}
	prefixes := slices.Clone(options.Prefixes)
	slices.Sort(prefixes)
	if options.Prefixes = slices.Compact(prefixes); len(prefixes) == 0 {
		options.Prefixes = []string{""}
	}
	orDefault(&options.QuietAfter, 30*time.Second)
	options.Limits = options.Limits.withDefaults()
	options.Timeouts = options.Timeouts.withDefaults()
	options.Backoff = options.Backoff.withDefaults()
	s := &Source{
		id:       id,
		written:  endpoint,
		endpoint: parsed,
		options:  options,
		dial:     (&net.Dialer{}).DialContext,
	}
	s.ledger.init(endpoint, options.QuietAfter)
	return s, nil
}

// Endpoint is the endpoint as it was given to NewSource.
func (s *Source) Endpoint() string { return s.written }

// BoundEndpoint is where a source with Bind listens, with the port that the
// system chose where that was left to it. Empty until it does; the event
// "listening on …" ([bus.EventNote]) comes after it is set.
func (s *Source) BoundEndpoint() string { return s.ledger.boundEndpoint() }

// Status says what the source is doing. It may be called at any time.
func (s *Source) Status() bus.Status { return s.ledger.status(s.received.Load()) }

// Run delivers to sink until ctx ends or sink takes no more; then it returns
// nil. It returns an error at once, and reports [bus.EventEnded], only when it
// cannot listen where it should ([ErrListen]). Everything else is reported and
// tried again.
//
// Deliver is called from the goroutine that reads, one per peer, so a sink that
// blocks makes the peer's and the publisher's buffers fill up. Messages read
// together arrive together, up to 256, with the time at which they were read;
// nothing is held back to fill a batch. They have not been scanned, but for
// those over a limit: these carry a Problem already, and as many of their
// frames as had been read; they end their link.
func (s *Source) Run(ctx context.Context, sink bus.Sink) error {
	if s.started.Swap(true) {
		return fmt.Errorf("source %s runs already or has run: a source runs once", s.written)
	}
	defer s.ledger.stopped()
	if s.options.Bind {
		return s.listen(ctx, sink)
	}
	s.follow(ctx, sink)
	return nil
}

func (s *Source) linkOptions() linkOptions {
	return linkOptions{
		role:       zmq4.Sub,
		limits:     s.options.Limits,
		timeouts:   s.options.Timeouts,
		readBytes:  128 << 10,
		writeBytes: 4 << 10,
		received:   &s.received,
	}
}

// follow keeps the endpoint dialled.
func (s *Source) follow(ctx context.Context, sink bus.Sink) {
	r := redialer{
		endpoint: s.endpoint,
		options:  s.linkOptions(),
		backoff:  s.options.Backoff,
		dial:     s.dial,
		trying:   s.ledger.trying,
	}
	r.live = func(l *link) error {
		s.ledger.connected(l.version())
		s.report(sink, bus.Event{Kind: bus.EventConnected, Text: "ZMTP " + l.version()})
		return s.receive(ctx, l, sink)
	}
	r.lost = func(err error, wait time.Duration) bool {
		if errors.Is(err, errSinkFull) {
			return false
		}
		s.ledger.lost(err, wait)
		s.report(sink, bus.Event{Kind: bus.EventLost, Err: err, Wait: wait})
		return true
	}
	r.run(ctx)
}

// listen takes in every publisher that connects.
func (s *Source) listen(ctx context.Context, sink bus.Sink) error {
	s.ledger.trying()
	ln, err := listen(ctx, s.endpoint)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		s.ledger.failed(err)
		s.report(sink, bus.Event{Kind: bus.EventEnded, Err: err})
		return err
	}
	bound := s.endpoint.bound(ln.Addr()).String()
	s.ledger.listening(bound)
	s.report(sink, bus.Event{Kind: bus.EventNote, Text: "listening on " + bound})

	// One peer's goroutine learns that the sink takes no more; all must end.
	ctx, end := context.WithCancel(ctx)
	defer end()
	a := acceptor{listener: ln, options: s.linkOptions()}
	a.live = func(l *link) {
		s.ledger.joined(l.version())
		s.report(sink, bus.Event{Kind: bus.EventConnected, Text: fmt.Sprintf("ZMTP %s, peer %s", l.version(), l.remote)})
		err := s.receive(ctx, l, sink)
		s.ledger.left()
		switch {
		case errors.Is(err, errSinkFull):
			end()
		case ctx.Err() == nil:
			s.report(sink, bus.Event{Kind: bus.EventPeerGone, Err: err, Text: l.remote})
		}
	}
	a.rejected = func(remote string, err error) {
		if ctx.Err() == nil {
			s.report(sink, bus.Event{Kind: bus.EventRejected, Err: err, Text: remote})
		}
	}
	a.run(ctx)
	return nil
}

func (s *Source) report(sink bus.Sink, e bus.Event) {
	e.At, e.Source, e.Endpoint = time.Now(), s.id, s.written
	sink.Report(e)
}
