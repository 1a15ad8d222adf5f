package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/zmq"
)

// patience bounds what a test waits for; nothing is measured against it.
const patience = 30 * time.Second

// listener is a sink that keeps what arrives, by source.
type listener struct {
	mu       sync.Mutex
	received map[bus.SourceID][]bus.Message
	events   map[bus.EventKind]int
	total    int
	changed  chan struct{} // closed and replaced when something arrived
}

func newListener() *listener {
	return &listener{
		received: make(map[bus.SourceID][]bus.Message), events: make(map[bus.EventKind]int), changed: make(chan struct{}),
	}
}

func (l *listener) note(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *listener) Deliver(batch []bus.Message) bool {
	l.note(func() {
		for _, m := range batch {
			l.received[m.Source] = append(l.received[m.Source], m)
		}
		l.total += len(batch)
	})
	return true
}

func (l *listener) Report(e bus.Event) { l.note(func() { l.events[e.Kind]++ }) }

// until waits for something that arrivals or events bring about.
func (l *listener) until(t *testing.T, what string, isSo func(*listener) bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		l.mu.Lock()
		done, changed, total := isSo(l), l.changed, l.total
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("no %s after %v; %d messages arrived", what, patience, total)
		}
	}
}

// subscribe listens to endpoints, as sources 1, 2, …, until the test ends.
func subscribe(t *testing.T, endpoints []string, prefixes ...string) *listener {
	t.Helper()
	l := newListener()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	for i, endpoint := range endpoints {
		source, err := zmq.NewSource(bus.SourceID(i+1), endpoint, zmq.SourceOptions{Prefixes: prefixes})
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() {
			if err := source.Run(ctx, l); err != nil {
				t.Errorf("%s: %v", endpoint, err)
			}
		})
	}
	return l
}

func serve(t *testing.T, opts ServeOptions) *Bus {
	t.Helper()
	b, err := Serve(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// bySocket sorts what a script sends by the endpoint that sends it.
func bySocket(opts Options) [][]Emission {
	sorted := make([][]Emission, len(Sockets()))
	for e := range NewScript(opts).All() {
		i := slices.Index(Sockets(), e.Socket)
		sorted[i] = append(sorted[i], e)
	}
	return sorted
}

func TestCountedBusLosesNothing(t *testing.T) {
	script := Options{Seed: 3, RatePerSecond: 40_000, Count: 20_000, Start: defaultStart}
	b := serve(t, ServeOptions{Script: script, WaitSubscribers: 1})
	l := subscribe(t, b.Endpoints())
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	l.until(t, "end", func(l *listener) bool { return l.total >= 20_000 })
	for i, want := range bySocket(script) {
		got := l.from(i + 1)
		if len(got) != len(want) {
			t.Errorf("%s: %d messages arrived, %d were sent", Sockets()[i], len(got), len(want))
			continue
		}
		for n := range got {
			if !slices.EqualFunc(got[n].Frames, want[n].Frames, bytes.Equal) {
				t.Errorf("%s: message %d is not the %s that was sent", Sockets()[i], n, want[n].Kind)
				break
			}
		}
	}
	if b.Sent() != 20_000 || b.Unheard() != 0 || b.Dropped() != 0 {
		t.Errorf("sent %d, unheard %d, dropped %d", b.Sent(), b.Unheard(), b.Dropped())
	}
	var counted uint64
	for _, n := range b.Counts() {
		counted += n
	}
	if counted != 20_000 {
		t.Errorf("the kinds add up to %d", counted)
	}
}

func TestSubscriberOfAPrefixGetsThatAlone(t *testing.T) {
	script := Options{Seed: 4, RatePerSecond: 20_000, Count: 4000, Start: defaultStart}
	b := serve(t, ServeOptions{Script: script, WaitSubscribers: 1})
	l := subscribe(t, b.Endpoints(), "org.debian.", "org.fedoraproject.prod.buildsys.")
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	want := 0
	for e := range NewScript(script).All() {
		if bytes.HasPrefix(e.Frames[0], []byte("org.debian.")) || bytes.HasPrefix(e.Frames[0], []byte("org.fedoraproject.prod.buildsys.")) {
			want++
		}
	}
	l.until(t, "end", func(l *listener) bool { return l.total >= want })
	if _, _, total := l.counts(); total != want || b.Unheard() != uint64(4000-want) {
		t.Errorf("%d arrived and %d were unheard, want %d of 4000", total, b.Unheard(), want)
	}
}

func TestBusWaitsForItsFirstSubscriberOnly(t *testing.T) {
	b := serve(t, ServeOptions{Script: Options{RatePerSecond: 10_000, Count: 100}, WaitSubscribers: 1})
	// Of four endpoints only one is wanted: the bus begins without the others.
	l := subscribe(t, b.Endpoints()[:1])
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	if b.Sent() != 100 || b.Unheard() == 0 {
		t.Errorf("sent %d, unheard %d", b.Sent(), b.Unheard())
	}
	l.until(t, "rest", func(l *listener) bool { return uint64(l.total) == 100-b.Unheard() })
}

func TestAnnouncement(t *testing.T) {
	b := serve(t, ServeOptions{})
	line, err := json.Marshal(b.Announcement())
	if err != nil {
		t.Fatal(err)
	}
	endpoints, err := json.Marshal(b.Endpoints())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"endpoints":` + string(endpoints) + `,"relay_inbound":null,"replay_endpoints":null,"ca":null,"crl":null}`
	if string(line) != want {
		t.Errorf("announced %s, want %s", line, want)
	}
	if len(b.Endpoints()) != len(Sockets()) {
		t.Errorf("endpoints %v for sockets %v", b.Endpoints(), Sockets())
	}
	for _, e := range b.Endpoints() {
		if !strings.HasPrefix(e, "tcp://127.0.0.1:") {
			t.Errorf("listens at %s", e)
		}
	}
}

func TestPortsAreTheOnesAskedFor(t *testing.T) {
	base := freePorts(t, len(Sockets()))
	b := serve(t, ServeOptions{Port: base})
	for i, endpoint := range b.Endpoints() {
		if want := "tcp://127.0.0.1:" + strconv.Itoa(base+i); endpoint != want {
			t.Errorf("endpoint %d is %s, want %s", i, endpoint, want)
		}
	}
	if again, err := Serve(t.Context(), ServeOptions{Port: base}); err == nil {
		again.Close()
		t.Error("two buses at the same ports")
	}
	for _, port := range []int{-1, 65533, 70000} {
		if again, err := Serve(t.Context(), ServeOptions{Port: port}); err == nil {
			again.Close()
			t.Errorf("a bus at port %d", port)
		}
	}
}

// freePorts finds n consecutive ports that nobody had a moment ago.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	for range 50 {
		var held []net.Listener
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, l)
		base := l.Addr().(*net.TCPAddr).Port
		for i := 1; i < n; i++ {
			if l, err = net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(base+i)); err != nil {
				break
			}
			held = append(held, l)
		}
		for _, l := range held {
			l.Close()
		}
		if err == nil {
			return base
		}
	}
	t.Fatal("no consecutive free ports")
	return 0
}

func TestEndpointComesBackAtItsPort(t *testing.T) {
	b := serve(t, ServeOptions{Script: Options{RatePerSecond: 2000}})
	before := b.Endpoints()
	l := subscribe(t, before[1:2])
	l.until(t, "first message", func(l *listener) bool { return l.total > 0 })
	for _, away := range []time.Duration{0, 300 * time.Millisecond} {
		lost, connected := l.eventCounts()
		if err := b.Interrupt(1, away); err != nil {
			t.Fatal(err)
		}
		l.until(t, "loss and return", func(l *listener) bool {
			return l.events[bus.EventLost] > lost && l.events[bus.EventConnected] > connected
		})
		_, _, total := l.counts()
		l.until(t, "message after the return", func(l *listener) bool { return l.total > total })
	}
	if !slices.Equal(b.Endpoints(), before) {
		t.Errorf("endpoints were %v and are %v", before, b.Endpoints())
	}
	if err := b.Interrupt(4, 0); err == nil {
		t.Error("there is a fifth endpoint")
	}
	if err := b.Interrupt(2, time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := b.Interrupt(2, 0); err == nil {
		t.Error("an endpoint can go away twice")
	}
	// One that would stay away for an hour does not keep the bus from ending.
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	if err := b.Interrupt(0, 0); err == nil {
		t.Error("an endpoint of a bus that has ended can be interrupted")
	}
}

func TestScriptTakesItsSocketAway(t *testing.T) {
	b := serve(t, ServeOptions{Script: Options{RatePerSecond: 0.001, Tame: true}})
	l := subscribe(t, b.Endpoints()[3:])
	l.until(t, "subscriber", func(l *listener) bool { return l.events[bus.EventConnected] > 0 })
	if !await(t.Context(), func() bool { return b.outlets[3].subscribers() > 0 }) {
		t.Fatal("nobody subscribed")
	}
	last := Emission{Socket: SocketCopr, Kind: KindAway, Frames: [][]byte{[]byte("last"), []byte("{}")}, ThenAway: 50 * time.Millisecond}
	if err := b.send(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	l.until(t, "return", func(l *listener) bool { return l.events[bus.EventConnected] > 1 })
	// The last message was written before the socket went.
	lost, _ := l.eventCounts()
	if got := l.from(1); len(got) != 1 || string(got[0].Topic()) != "last" || lost == 0 {
		t.Errorf("%d messages arrived, the connection was lost %d times", len(got), lost)
	}
	if err := b.send(t.Context(), Emission{Socket: "cellar"}); err == nil {
		t.Error("there is no such socket, and a message was sent to it")
	}
}

func (l *listener) counts() (lost, connected, total int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events[bus.EventLost], l.events[bus.EventConnected], l.total
}

// from is what arrived so far from a source.
func (l *listener) from(source int) []bus.Message {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.received[bus.SourceID(source)])
}

func (l *listener) eventCounts() (lost, connected int) {
	lost, connected, _ = l.counts()
	return lost, connected
}

func TestCountedBusHoldsMessagesForASocketThatIsAway(t *testing.T) {
	script := Options{Seed: 5, RatePerSecond: 3000, Count: 3000, Start: defaultStart}
	b := serve(t, ServeOptions{Script: script, WaitSubscribers: 1})
	l := subscribe(t, b.Endpoints())
	l.until(t, "first messages", func(l *listener) bool { return l.total > 200 })
	if err := b.Interrupt(0, 100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	l.until(t, "end", func(l *listener) bool { return l.total >= 3000 })
	for i, want := range bySocket(script) {
		if got := len(l.from(i + 1)); got != len(want) {
			t.Errorf("%s: %d messages arrived, %d were sent", Sockets()[i], got, len(want))
		}
	}
}

func TestStalledSubscriberDoesNotKeepABusFromEnding(t *testing.T) {
	b := serve(t, ServeOptions{Script: Options{RatePerSecond: 50_000, Count: 10_000_000}, WaitSubscribers: 1})
	// It subscribes to everything and never takes the second batch.
	stalled := &stalledSink{taken: make(chan struct{}), release: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	defer close(stalled.release)
	for i, endpoint := range b.Endpoints() {
		source, err := zmq.NewSource(bus.SourceID(i+1), endpoint, zmq.SourceOptions{})
		if err != nil {
			t.Fatal(err)
		}
		running.Go(func() { source.Run(ctx, stalled) })
	}
	<-stalled.taken
	ended := make(chan error, 1)
	go func() { ended <- b.Close() }()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("nobody took the messages, and that is no error")
		}
	case <-time.After(patience):
		t.Fatal("Close waits for ever")
	}
}

type stalledSink struct {
	once           sync.Once
	taken, release chan struct{}
}

func (s *stalledSink) Deliver([]bus.Message) bool {
	s.once.Do(func() { close(s.taken) })
	<-s.release
	return false
}

func (s *stalledSink) Report(bus.Event) {}

func TestBusEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b, err := Serve(ctx, ServeOptions{Script: Options{RatePerSecond: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	l := subscribe(t, b.Endpoints())
	l.until(t, "messages", func(l *listener) bool { return l.total > 50 })
	b.SetRate(0)
	b.SetRate(20_000)
	l.until(t, "more messages", func(l *listener) bool { return l.total > 2000 })
	cancel()
	if err := b.Wait(); err != nil {
		t.Error(err)
	}
	if err := b.Close(); err != nil {
		t.Error("closing again: ", err)
	}
}

func TestTimestampsAreOfTodayUnlessTold(t *testing.T) {
	before := time.Now().Truncate(time.Second)
	b := serve(t, ServeOptions{Script: Options{RatePerSecond: 1000, Count: 50, Tame: true}, WaitSubscribers: 1})
	l := subscribe(t, b.Endpoints())
	if err := b.Wait(); err != nil {
		t.Fatal(err)
	}
	l.until(t, "end", func(l *listener) bool { return l.total >= 50 })
	for i := range b.Endpoints() {
		for _, m := range l.from(i + 1) {
			m.Scan()
			if sent := time.Unix(0, m.Head.SentUnixNano); sent.Before(before) || sent.After(time.Now().Add(time.Second)) {
				t.Fatalf("sent at %v", sent)
			}
		}
	}
}
