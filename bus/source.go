package bus

import (
	"context"
	"time"
)

// Source delivers the messages of one endpoint, file or archive. It reconnects
// by itself and counts what it loses.
type Source interface {
	// Endpoint names the source as the user wrote it, without credentials.
	Endpoint() string
	// Run delivers to sink until ctx ends (nil is returned) or the source can
	// deliver no more (nil at the end of a file, else why). It returns only
	// after every goroutine it started has ended. A Source runs once.
	Run(ctx context.Context, sink Sink) error
	// Status may be called at any time, also while Run runs.
	Status() Status
}

// Sink takes what a source delivers. Implementations must allow calls from
// several goroutines at once.
type Sink interface {
	// Deliver takes a batch, in the order of receipt, and owns it from then on,
	// the slice and the bytes. It may block: the source then stops reading and
	// the transport pushes back. It returns false when it takes no more, after
	// which the source should end. Messages need not have been scanned.
	Deliver(batch []Message) bool
	// Report takes what happened to the source: connected, lost, retrying.
	Report(Event)
}

// Outgoing is a message on its way to a bus.
type Outgoing struct {
	Topic    string // full topic, as it goes into frame 0
	Envelope []byte // the JSON text, as it goes onto the wire
}

// Publisher sends messages to a bus.
type Publisher interface {
	// Publish hands over one message and returns when the transport has taken
	// it or it is known that nobody will: an error says why. It never blocks
	// longer than ctx allows.
	Publish(ctx context.Context, message Outgoing) error
	// Close sends what is still queued, bounded by ctx, and frees the
	// endpoint. Its error says what could not be sent.
	Close(ctx context.Context) error
}

// Signer turns an unsigned envelope into a signed one.
type Signer interface {
	// Sign takes the JSON text of an envelope and returns it with crypto,
	// signature and certificate fields as its scheme defines them.
	Sign(envelope []byte) ([]byte, error)
	// Name is the name that receivers will see: the common name or key id.
	Name() string
}

// State is what an endpoint is doing.
type State uint8

// The states of an endpoint, in the words that the screen uses.
const (
	StateConnecting State = iota // first attempt under way
	StateUp                      // connected, messages arrive
	StateQuiet                   // connected, but nothing arrived for a while
	StateRetrying                // was up, is not now; another try is planned
	StateNever                   // no attempt has succeeded yet; another try is planned
	StateListening               // bound, waiting for publishers to connect
	StateStopped                 // ended, for good
)

var stateNames = [...]string{"connecting", "up", "quiet", "retrying", "never connected", "listening", "stopped"}

// String is the state in the user's words.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

// Connected reports whether messages can arrive in this state.
func (s State) Connected() bool {
	return s == StateUp || s == StateQuiet || s == StateListening
}

// Status is a snapshot of one source.
type Status struct {
	Endpoint    string
	Transport   string // "zmq", "amqp", "file", …, with the version where known: "zmq 3.1"
	State       State
	Since       time.Time // when State began
	Err         error     // why it is not connected; nil when it is
	NextTry     time.Time // when the next attempt starts; zero when none is planned
	LastMessage time.Time // zero when none has arrived
	Peers       int       // connected peers: 0 or 1 for a dialled endpoint, any number when listening
	Connects    uint64    // successful connections so far
	Attempts    uint64    // attempts so far
	Received    uint64    // messages delivered to the sink
	Bytes       uint64    // bytes read from the wire
	Dropped     uint64    // messages lost by us, not by the bus
}

// EventKind says what happened to a source.
type EventKind uint8

// The kinds of events.
const (
	EventConnected EventKind = iota // handshake done
	EventLost                       // a connection ended, or an attempt failed; Wait says when the next starts
	EventPeerGone                   // a peer of a listening endpoint left
	EventRejected                   // a peer of a listening endpoint was refused
	EventEnded                      // the source delivers no more
	EventNote                       // anything else worth telling, in Text
)

var eventNames = [...]string{"connected", "lost", "peer gone", "rejected", "ended", "note"}

func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown"
}

// Event is one thing that happened to a source.
type Event struct {
	At       time.Time
	Source   SourceID
	Endpoint string
	Kind     EventKind
	Err      error         // why, for lost and rejected
	Wait     time.Duration // until the next attempt, for lost
	Text     string        // for notes; may quote a peer, so it is sanitised before it is shown
}
