package zmq

import (
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/bus"
)

// ledger is what a source knows about itself. The counters are apart from the
// lock because they change with every batch.
type ledger struct {
	delivers, refuses atomic.Uint64
	lastUnixNano      atomic.Int64 // last message; 0: none yet
	quietAfter        time.Duration

	mu    sync.Mutex
	state bus.Status // all but the counters and quietness
	bound string
}

func (g *ledger) init(endpoint string, quietAfter time.Duration) {
	g.quietAfter = quietAfter
	g.state = bus.Status{Endpoint: endpoint, Transport: "zmq", State: bus.StateConnecting, Since: time.Now()}
}

// become changes the state and, if that is new, since when. g.mu is held.
func (g *ledger) become(state bus.State) {
	if g.state.State != state {
		g.state.State, g.state.Since = state, time.Now()
	}
}

// trying: an attempt begins. What the last one failed of is still true.
func (g *ledger) trying() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.Attempts++
	g.state.NextTry = time.Time{}
}

// connected: the dialled publisher is there.
func (g *ledger) connected(version string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.Peers = 1
	g.connect(version)
}

// joined: a publisher has connected to us.
func (g *ledger) joined(version string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.Peers++
	g.connect(version)
}

func (g *ledger) connect(version string) {
	g.state.Transport = "zmq " + version
	g.state.Connects++
	g.state.Err, g.state.NextTry = nil, time.Time{}
	g.become(bus.StateUp)
}

// left: one of the publishers that connected to us is gone.
func (g *ledger) left() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.Peers--; g.state.Peers == 0 {
		g.become(bus.StateListening)
	}
}

// lost: the dialled publisher is gone, or was not to be had.
func (g *ledger) lost(err error, wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.Peers = 0
	g.state.Err, g.state.NextTry = err, time.Now().Add(wait)
	if g.state.Connects == 0 {
		g.become(bus.StateNever)
	} else {
		g.become(bus.StateRetrying)
	}
}

func (g *ledger) listening(bound string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.bound = bound
	g.become(bus.StateListening)
}

// failed: for good.
func (g *ledger) failed(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.Err = err
}

func (g *ledger) stopped() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.state.Peers, g.state.NextTry = 0, time.Time{}
	g.become(bus.StateStopped)
}

func (g *ledger) delivered(messages int, atUnixNano int64) {
	g.delivers.Add(uint64(messages))
	g.lastUnixNano.Store(atUnixNano)
}

func (g *ledger) refused(messages int) { g.refuses.Add(uint64(messages)) }

func (g *ledger) boundEndpoint() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.bound
}

// status is a snapshot. Quiet is worked out here, so that no timer is needed
// to notice that nothing happens.
func (g *ledger) status(receivedBytes uint64) bus.Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	status := g.state
	status.Received = g.delivers.Load()
	status.Dropped = g.refuses.Load()
	status.Bytes = receivedBytes
	if at := g.lastUnixNano.Load(); at != 0 {
		status.LastMessage = time.Unix(0, at)
	}
	if status.State == bus.StateUp {
		quiet := status.Since
		if status.LastMessage.After(quiet) {
			quiet = status.LastMessage
		}
		if quiet = quiet.Add(g.quietAfter); !time.Now().Before(quiet) {
			status.State, status.Since = bus.StateQuiet, quiet
		}
	}
	return status
}
