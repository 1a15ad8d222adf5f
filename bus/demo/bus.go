package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/bus/zmq"
)

const (
	// latecomers is how long sockets may stay without a subscriber after the
	// first one of the bus has come: who is told four endpoints may want one.
	latecomers = 3 * time.Second
	// settling is between the last awaited subscriber and the first message:
	// the prefixes of one subscriber can arrive one by one.
	settling = 100 * time.Millisecond
	// lingerAtEnd bounds how long subscribers have to take what is queued for
	// them when the script is over, lingerWhenStopped when it is cut short.
	lingerAtEnd       = 10 * time.Second
	lingerWhenStopped = 2 * time.Second
)

// ServeOptions say what is served, and where.
type ServeOptions struct {
	// Script is what is sent. With a Count, the bus holds messages back for
	// slow subscribers instead of dropping them, and ends after the last one.
	// A zero Start is the moment of the first message.
	Script Options
	// Port is the first of as many consecutive ports as there are [Sockets]; 0
	// means any that are free.
	Port int
	// WaitSubscribers is the number of subscribers that each socket waits for
	// before the script begins; 0 begins at once. Once there is a first one
	// anywhere, sockets that still have none wait only 3 s longer.
	WaitSubscribers int
	// Signed makes an authority for a script that has none, so that services
	// sign. The files of an authority are put into a folder of their own, until
	// the bus is closed.
	Signed bool
}

// Bus is a script on publisher sockets of the loopback interface. It is to be
// closed, also when it has ended by itself.
type Bus struct {
	script  *Script
	files   *published // nil when nothing is signed
	fixed   bool       // the script's start was given
	waits   int
	lossy   bool
	outlets []*outlet
	pacer   pacer
	life    context.Context // of sockets that come back
	cancel  context.CancelFunc
	done    chan struct{} // closed when nothing of the bus runs any more
	err     error         // valid when done is closed
	sent    atomic.Uint64

	mu     sync.Mutex
	counts map[Kind]uint64
	closed bool
	aways  sync.WaitGroup // sockets that will come back; Add only with mu held and closed not set
}

// Announcement tells a client where the bus is. It is the first line that
// demo --serve prints; what the bus has not is null.
type Announcement struct {
	Endpoints       []string          `json:"endpoints"`
	RelayInbound    *string           `json:"relay_inbound"`
	ReplayEndpoints map[string]string `json:"replay_endpoints"`
	CA              *string           `json:"ca"`
	CRL             *string           `json:"crl"`
}

// Serve binds the sockets and starts the script. The bus ends with the script,
// with ctx, or with Close; Wait tells when.
func Serve(ctx context.Context, opts ServeOptions) (*Bus, error) {
	if last := opts.Port + len(Sockets()) - 1; opts.Port < 0 || last > 65535 {
		return nil, fmt.Errorf("demo bus: ports %d to %d do not exist", opts.Port, last)
	}
	fixed, start := !opts.Script.Start.IsZero(), opts.Script.Start
	if !fixed {
		start = time.Now()
	}
	if opts.Signed && opts.Script.Authority == nil {
		var err error
		if opts.Script.Authority, err = NewAuthority(start); err != nil {
			return nil, err
		}
	}
	b := &Bus{
		script: NewScript(opts.Script), fixed: fixed, waits: opts.WaitSubscribers,
		lossy: opts.Script.Count == 0, done: make(chan struct{}), counts: make(map[Kind]uint64),
	}
	if opts.Script.Authority != nil {
		var err error
		if b.files, err = publish(opts.Script.Authority, start); err != nil {
			return nil, err
		}
	}
	for i, name := range Sockets() {
		port := "*"
		if opts.Port > 0 {
			port = strconv.Itoa(opts.Port + i)
		}
		o, err := newOutlet(ctx, name, "tcp://"+net.JoinHostPort("127.0.0.1", port), zmq.PublisherOptions{
			Block: !b.lossy,
			// A second of the fastest script.
			HighWaterMark: 50_000,
		})
		if err != nil {
			return nil, errors.Join(err, b.closeOutlets(ctx), b.forget())
		}
		o.awaited = opts.WaitSubscribers
		b.outlets = append(b.outlets, o)
	}
	b.pacer = pacer{script: b.script, rates: make(chan float64, 1), send: b.send}
	b.life, b.cancel = context.WithCancel(ctx)
	go func() {
		defer close(b.done)
		b.err = b.run(ctx)
		if ctx.Err() != nil {
			// Then nobody may close the bus. A script that is over leaves the
			// files to those who still look at its messages.
			b.err = errors.Join(b.err, b.forget())
		}
	}()
	return b, nil
}

// run plays the script until it is over, parent ends or Close is called.
func (b *Bus) run(parent context.Context) error {
	over := make(chan struct{}) // closed when the script ended by itself
	var goodbyes error
	var closing sync.WaitGroup
	// The sockets are closed beside the pacer, not after it: a pacer that waits
	// for a slow subscriber is only woken by the end of that queue.
	closing.Go(func() {
		<-b.life.Done()
		ending, cancel := context.WithTimeout(context.WithoutCancel(parent), lingerWhenStopped)
		select {
		case <-over:
			cancel()
			ending, cancel = context.WithTimeout(parent, lingerAtEnd)
		default:
		}
		defer cancel()
		goodbyes = b.closeOutlets(ending)
	})
	b.awaitAll(b.life)
	var err error
	if !b.fixed {
		b.script.clock.start = time.Now().UTC()
		if b.files != nil {
			// The wait may have been long, and a list is in date for a minute.
			err = b.files.list(b.script.clock.start, 0)
		}
	}
	if err == nil {
		err = b.pacer.run(b.life)
	}
	if b.life.Err() == nil {
		close(over)
	}
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	closing.Wait()
	b.aways.Wait()
	return errors.Join(err, goodbyes)
}

// closeOutlets closes all sockets at once, so that one slow subscriber does not
// take the others' time.
func (b *Bus) closeOutlets(ctx context.Context) error {
	errs := make([]error, len(b.outlets))
	var closing sync.WaitGroup
	for i, o := range b.outlets {
		closing.Go(func() { errs[i] = o.close(ctx) })
	}
	closing.Wait()
	return errors.Join(errs...)
}

// awaitAll waits for the subscribers that the script begins with.
func (b *Bus) awaitAll(ctx context.Context) {
	if b.waits <= 0 {
		return
	}
	counted := func(n int, enough func(outlets int) bool) func() bool {
		return func() bool {
			ready := 0
			for _, o := range b.outlets {
				if o.subscribers() >= n {
					ready++
				}
			}
			return enough(ready)
		}
	}
	if !await(ctx, counted(1, func(ready int) bool { return ready > 0 })) {
		return
	}
	late, cancel := context.WithTimeout(ctx, latecomers)
	defer cancel()
	await(late, counted(b.waits, func(ready int) bool { return ready == len(b.outlets) }))
	pause(ctx, settling)
}

// send is called by the pacer.
func (b *Bus) send(ctx context.Context, e Emission) error {
	if b.files != nil {
		if err := b.files.passed(b.script.clock.start, e.At); err != nil {
			return err
		}
	}
	for i, o := range b.outlets {
		if o.name != e.Socket {
			continue
		}
		o.send(ctx, e.Frames, !b.lossy)
		b.sent.Add(1)
		b.mu.Lock()
		b.counts[e.Kind]++
		b.mu.Unlock()
		if e.ThenAway > 0 {
			// A test may have taken it away before the script could.
			if err := b.Interrupt(i, e.ThenAway); err != nil && !errors.Is(err, errAway) {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("demo bus: no socket is called %q", e.Socket)
}

// Interrupt takes the endpoint with this index away: it says goodbye to its
// subscribers, unbinds, and binds the same port again when the time has passed.
// 0 is a restart. What is sent to it meanwhile is lost, or waits when the
// script has a Count.
func (b *Bus) Interrupt(endpoint int, away time.Duration) error {
	if endpoint < 0 || endpoint >= len(b.outlets) {
		return fmt.Errorf("demo bus: there is no endpoint %d", endpoint)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return errors.New("demo bus: it has ended")
	}
	comeBack, err := b.outlets[endpoint].takeAway(b.life, away)
	if err != nil {
		return err
	}
	b.aways.Go(comeBack)
	return nil
}

// SetRate changes the rate of the script at once; see [Options.RatePerSecond].
// Rates that are not above 0 are ignored.
func (b *Bus) SetRate(perSecond float64) {
	if !(perSecond > 0) {
		return
	}
	// The newest rate wins over one that the pacer has not read yet.
	select {
	case <-b.pacer.rates:
	default:
	}
	select {
	case b.pacer.rates <- perSecond:
	default: // another caller was faster: theirs is as new as ours
	}
}

// Endpoints lists where to connect, in the order of [Sockets].
func (b *Bus) Endpoints() []string {
	var all []string
	for _, o := range b.outlets {
		all = append(all, o.endpoint)
	}
	return all
}

// Announcement says what the bus offers.
func (b *Bus) Announcement() Announcement {
	a := Announcement{Endpoints: b.Endpoints()}
	if b.files != nil {
		ca, crl := b.CA(), b.CRL()
		a.CA, a.CRL = &ca, &crl
	}
	return a
}

// CA is the path of the certificates of the CAs; empty when nothing is signed.
func (b *Bus) CA() string { return b.files.path(caFile) }

// CRL is the path of the revocation lists. The file is replaced when the script
// begins, and 2 minutes later, when a certificate has been revoked.
func (b *Bus) CRL() string { return b.files.path(crlFile) }

// Keyring is the path of the GnuPG keyring.
func (b *Bus) Keyring() string { return b.files.path(keyringFile) }

// Policy is the routing policy; nil when nothing is signed.
func (b *Bus) Policy() map[string][]string {
	if b.files == nil {
		return nil
	}
	return b.files.authority.Policy()
}

// forget removes the authority's files.
func (b *Bus) forget() error {
	if b.files == nil {
		return nil
	}
	return b.files.remove()
}

// Withheld is what a replay endpoint of this bus can give.
func (b *Bus) Withheld() *Withheld { return b.script.Withheld() }

// Sent counts the messages handed to the sockets.
func (b *Bus) Sent() uint64 { return b.sent.Load() }

// Counts says how many messages of each kind were handed to the sockets.
func (b *Bus) Counts() map[Kind]uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.counts)
}

// Unheard counts, of the messages sent, those that no subscriber took: because
// there was none, or none for the topic, or its queue was full.
func (b *Bus) Unheard() uint64 {
	var n uint64
	for _, o := range b.outlets {
		n += o.unheard.Load()
	}
	return n
}

// Dropped counts what subscribers wanted and were not sent, because they were
// too slow or gone; once for each subscriber.
func (b *Bus) Dropped() uint64 {
	var n uint64
	for _, o := range b.outlets {
		n += o.dropped()
	}
	return n
}

// GivenUp is how much script time was lost because this machine, or a subscriber
// that a script with a Count has to wait for, was too slow for the rate.
func (b *Bus) GivenUp() time.Duration { return time.Duration(b.pacer.givenUp.Load()) }

// Wait returns when the bus has ended and nothing of it runs any more. Its
// error says what subscribers did not take.
func (b *Bus) Wait() error {
	<-b.done
	return b.err
}

// Close ends the bus and waits for it. What is queued is still written, and
// the authority's files are removed.
func (b *Bus) Close() error {
	b.cancel()
	return errors.Join(b.Wait(), b.forget())
}
