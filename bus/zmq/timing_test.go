package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/bus"
)

// These tests run on the virtual clock of testing/synctest, over net.Pipe.

// pipedSource runs a source whose every dial is answered by script.
func pipedSource(t *testing.T, options SourceOptions, script func(n int, p *rawPeer) error) (*Source, *collector) {
	source, err := NewSource(1, "tcp://peer.example:9940", options)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	source.dial = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func(n int) {
			defer theirs.Close()
			script(n, &rawPeer{theirs})
		}(n)
		n++
		return ours, nil
	}
	c := &collector{}
	runSource(t, source, c)
	return source, c
}

// pipeHandshake is rawPeer.handshake for a pipe, which buffers nothing: every
// write must meet a read.
func pipeHandshake(p *rawPeer, minor byte) error {
	buffer := make([]byte, 64)
	greeting := greeting3(minor, "NULL")
	read := func(n int) error {
		for got := 0; got < n; {
			k, err := p.Read(buffer[got:n])
			if err != nil {
				return err
			}
			got += k
		}
		return nil
	}
	for _, step := range []func() error{
		func() error { return read(10) },
		func() error { return p.send(greeting[:10]) },
		func() error { return read(1) },
		func() error { return p.send(greeting[10:11]) },
		func() error { return read(53) },
		func() error { return p.send(greeting[11:]) },
		func() error { _, _, err := p.readFrame(); return err },
		func() error { return p.send(rawFrame(flagCommand, readyCommand("PUB"))) },
		func() error { _, _, err := p.readFrame(); return err }, // the subscription
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func within(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %v, want %v to %v", what, got, low, high)
	}
}

func TestPausesGrowAndReset(t *testing.T) {
	p := pause{Backoff: Backoff{}.withDefaults()}
	refused, stranger := syscall.ECONNREFUSED, tell(ErrNotZeroMQ, nil, "stranger")
	for i, row := range []struct {
		err   error
		lived time.Duration
		limit time.Duration // the pause is between half of this and this
	}{
		{refused, 0, 100 * time.Millisecond},
		{refused, 0, 200 * time.Millisecond},
		{refused, time.Second, 400 * time.Millisecond}, // too short a life to count
		{refused, 0, 800 * time.Millisecond},
		{refused, 0, time.Second},
		{refused, 0, time.Second},
		{stranger, 0, 6400 * time.Millisecond},
		{stranger, 0, 12800 * time.Millisecond},
		{stranger, 0, 25600 * time.Millisecond},
		{stranger, 0, 30 * time.Second},
		{stranger, 0, 30 * time.Second},
		{refused, 0, time.Second},
		{ErrPeerClosed, 5 * time.Second, 100 * time.Millisecond}, // a good life
		{ErrPeerClosed, 0, 200 * time.Millisecond},
	} {
		within(t, fmt.Sprintf("pause %d", i), p.after(row.err, row.lived), row.limit/2, row.limit)
	}
	p.failures = 1 << 40
	within(t, "pause after very many", p.after(refused, 0), 500*time.Millisecond, time.Second)
}

// A peer that accepts and hangs up costs a handful of attempts, not thousands.
func TestSourceDoesNotStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, c := pipedSource(t, SourceOptions{}, func(int, *rawPeer) error { return nil })
		time.Sleep(time.Minute)
		synctest.Wait()
		// 0.1, 0.2, 0.4, 0.8 and then 1 s each, or half of that by chance.
		attempts := source.Status().Attempts
		if attempts < 58 || attempts > 125 {
			t.Errorf("%d attempts in a minute", attempts)
		}
		for _, e := range c.reported(bus.EventLost)[6:] {
			within(t, "pause", e.Wait, 500*time.Millisecond, time.Second)
		}
	})
}

func TestSourceGivesUpASilentHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, c := pipedSource(t, SourceOptions{}, func(_ int, p *rawPeer) error { return p.untilClosed() })
		time.Sleep(5*time.Second + time.Millisecond)
		synctest.Wait()
		e := c.reported(bus.EventLost)
		if len(e) != 1 || !errors.Is(e[0].Err, ErrHandshakeTimeout) || e[0].Err.Error() != "handshake not answered in 5s" {
			t.Fatalf("events %+v", e)
		}
		within(t, "given up after", e[0].At.Sub(began), 5*time.Second, 5*time.Second)
	})
}

// A peer of ZMTP 3.1 is asked after 5 s of silence and given up after 15 s.
func TestHeartbeatTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var connected, asked time.Time
		_, c := pipedSource(t, SourceOptions{}, func(n int, p *rawPeer) error {
			if err := pipeHandshake(p, 1); err != nil {
				return err
			}
			if n == 0 {
				connected = time.Now()
				if _, _, err := p.readFrame(); err != nil {
					return err
				}
				asked = time.Now()
			}
			return p.untilClosed()
		})
		time.Sleep(15*time.Second + time.Millisecond)
		synctest.Wait()
		e := c.reported(bus.EventLost)
		if len(e) != 1 || !errors.Is(e[0].Err, ErrSilent) {
			t.Fatalf("events %+v", e)
		}
		within(t, "asked after", asked.Sub(connected), 5*time.Second, 5*time.Second)
		within(t, "given up after", e[0].At.Sub(connected), 15*time.Second, 15*time.Second)
	})
}

// One that answers lives as long as it does, whatever it does not send; and it
// is asked once at a time.
func TestAnsweredHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pings := 0
		source, c := pipedSource(t, SourceOptions{}, func(_ int, p *rawPeer) error {
			if err := pipeHandshake(p, 1); err != nil {
				return err
			}
			for {
				if _, _, err := p.readFrame(); err != nil {
					return err
				}
				pings++
				time.Sleep(4 * time.Second)
				if err := p.send(rawCommand("PONG", "")); err != nil {
					return err
				}
			}
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		if lost := c.reported(bus.EventLost); len(lost) != 0 {
			t.Errorf("lost: %+v", lost)
		}
		if pings != 400 { // one in 9 s: 5 of silence, 4 until the answer
			t.Errorf("%d PINGs in an hour", pings)
		}
		if s := source.Status(); s.State != bus.StateQuiet || s.Connects != 1 {
			t.Errorf("status %+v", s)
		}
	})
}

// A peer of ZMTP 3.0 does not know heartbeats: it is not asked, and may be
// silent for ever, unless it is told otherwise or sends a PING itself.
func TestPeersWithoutHeartbeats(t *testing.T) {
	for _, row := range []struct {
		name   string
		idle   time.Duration
		pings  bool
		silent time.Duration // until given up; 0: never
	}{
		{"", 0, false, 0},
		{"idle timeout", time.Minute, false, time.Minute},
		{"pinged us", 0, true, 15 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var since time.Time
				source, c := pipedSource(t, SourceOptions{Timeouts: Timeouts{Idle: row.idle}}, func(n int, p *rawPeer) error {
					if n > 0 {
						return p.untilClosed()
					}
					if err := pipeHandshake(p, 0); err != nil {
						return err
					}
					since = time.Now()
					if row.pings {
						if err := p.send(rawCommand("PING", "\x00\x00")); err != nil {
							return err
						}
					}
					if n, err := p.Read(make([]byte, 100)); !row.pings && err == nil {
						t.Errorf("%d bytes were sent to it", n)
					}
					return p.untilClosed()
				})
				time.Sleep(time.Hour)
				synctest.Wait()
				lost := c.reported(bus.EventLost)
				if row.silent == 0 {
					if len(lost) != 0 || source.Status().State != bus.StateQuiet {
						t.Errorf("lost %+v, status %+v", lost, source.Status())
					}
					return
				}
				if len(lost) == 0 || !errors.Is(lost[0].Err, ErrSilent) {
					t.Fatalf("lost %+v", lost)
				}
				within(t, "given up after", lost[0].At.Sub(since), row.silent, row.silent)
			})
		})
	}
}

// slowSink takes its time over the first batch.
type slowSink struct {
	collector
	delay time.Duration
}

func (s *slowSink) Deliver(batch []bus.Message) bool {
	time.Sleep(s.delay)
	s.delay = 0
	return s.collector.Deliver(batch)
}

// A sink that pushes back for longer than any timeout is no reason to think
// that the publisher is dead.
func TestBackPressureIsNotSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, err := NewSource(1, "tcp://peer.example:1", SourceOptions{Timeouts: Timeouts{Idle: 20 * time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		source.dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer theirs.Close()
				p := &rawPeer{theirs}
				if pipeHandshake(p, 1) != nil {
					return
				}
				if _, _, err := p.readFrame(); err != nil { // a PING, unanswered for now
					return
				}
				p.send(rawMessage("t", "one"))
				p.send(rawCommand("PONG", ""), rawMessage("t", "two"))
				p.untilClosed()
			}()
			return ours, nil
		}
		sink := &slowSink{delay: 10 * time.Minute}
		runSource(t, source, sink)
		time.Sleep(10*time.Minute + 10*time.Second)
		synctest.Wait()
		if got := texts(sink.received()); len(got) != 2 || got[1] != "t|two" {
			t.Errorf("received %q", got)
		}
		if lost := sink.reported(bus.EventLost); len(lost) != 0 {
			t.Errorf("lost %v", lost[0].Err)
		}
	})
}

func TestQuietness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		speak := make(chan struct{})
		source, _ := pipedSource(t, SourceOptions{QuietAfter: 10 * time.Second}, func(_ int, p *rawPeer) error {
			if err := pipeHandshake(p, 0); err != nil {
				return err
			}
			for range speak {
				if err := p.send(rawMessage("t", "b")); err != nil {
					return err
				}
			}
			return p.untilClosed()
		})
		defer close(speak)
		began := time.Now()
		for i, step := range []struct {
			speak bool
			sleep time.Duration
			state bus.State
			since time.Duration
		}{
			{false, 9 * time.Second, bus.StateUp, 0},
			{false, time.Second, bus.StateQuiet, 10 * time.Second},
			{true, 9 * time.Second, bus.StateUp, 0},
			{true, 9 * time.Second, bus.StateUp, 0},
			{false, 11 * time.Second, bus.StateQuiet, 29 * time.Second},
		} {
			if step.speak {
				speak <- struct{}{}
			}
			time.Sleep(step.sleep)
			synctest.Wait()
			status := source.Status()
			if status.State != step.state || status.Since.Sub(began) != step.since {
				t.Errorf("step %d: %q since %v, want %q since %v", i, status.State, status.Since.Sub(began), step.state, step.since)
			}
		}
	})
}

// brokenListener is what Accept is like when no more files can be opened.
type brokenListener struct {
	net.Listener
	calls  int
	closed chan struct{}
}

func (l *brokenListener) Accept() (net.Conn, error) {
	l.calls++
	return nil, syscall.EMFILE
}

func (l *brokenListener) Close() error { close(l.closed); return nil }

func TestAcceptDoesNotSpinWithoutFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ln := &brokenListener{closed: make(chan struct{})}
		var reported []error
		a := acceptor{listener: ln, rejected: func(_ string, err error) { reported = append(reported, err) }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		a.run(ctx)
		<-ln.closed
		if ln.calls < 60 || ln.calls > 70 { // 5 ms doubling up to 1 s
			t.Errorf("%d calls in a minute", ln.calls)
		}
		if len(reported) == 0 || !errors.Is(reported[0], syscall.EMFILE) {
			t.Errorf("reported %v", reported)
		}
	})
}

// A slow peer is not a stalled one, as long as it takes anything at all.
func TestWriteTimeoutCountsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		defer ours.Close()
		l := &line{Conn: ours, open: true, writeTimeout: 30 * time.Second}
		go func() {
			for range 10 {
				time.Sleep(29 * time.Second)
				theirs.Read(make([]byte, 10))
			}
		}()
		began := time.Now()
		n, err := l.Write(make([]byte, 1000))
		if n != 100 || !errors.Is(err, ErrStalled) {
			t.Errorf("wrote %d, %v", n, err)
		}
		within(t, "given up after", time.Since(began), 320*time.Second, 350*time.Second)
	})
}

// The guard must say no before memory is spent: with this limit a hostile
// frame's allocation would end the test process.
func TestGuardComesBeforeAllocation(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(256 << 20))
	for _, size := range []uint64{16<<20 + 1, 4 << 30, 64 << 30, 1 << 46, 1 << 62, 1<<63 - 1, 1 << 63, 1<<64 - 1} {
		for _, flags := range []byte{0, flagMore, flagCommand} {
			allocated := allocatedBytes(func() {
				l := fuzzLink(t, append(append(peerHello(0), longHeader(flags, size)...), "xyz"...), Limits{}.withDefaults())
				if _, err := l.conn.RecvMsg(); !errors.Is(err, ErrLimit) {
					t.Errorf("%d bytes with flags %d: %v", size, flags, err)
				}
			})
			if allocated > 1<<20 {
				t.Errorf("%d bytes with flags %d: %d bytes allocated", size, flags, allocated)
			}
		}
	}
}
