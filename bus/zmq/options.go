package zmq

import "time"

// Limits bound what peers can make us hold. A zero field takes its default.
type Limits struct {
	// MaxFrameBytes is the largest frame that is read, 16 MiB.
	MaxFrameBytes int64
	// MaxMessageBytes bounds the frames of one message together, 32 MiB.
	MaxMessageBytes int64
	// MaxFrames bounds the number of frames of one message, 64.
	MaxFrames int
	// MaxPeers bounds the connections of a listening endpoint, 1024.
	MaxPeers int
	// MaxPending bounds the connections of a listening endpoint whose
	// handshake is not done, 64. One more pushes out the oldest: a peer that
	// means well is done in milliseconds.
	MaxPending int
}

// Timeouts bound how long a peer can keep us waiting. A zero field takes its
// default.
type Timeouts struct {
	// Dial bounds the name lookup and the connection together, 5 s.
	Dial time.Duration
	// Handshake bounds everything up to the first message, 5 s.
	Handshake time.Duration
	// Write is how long a peer may take nothing at all while we write, 30 s.
	Write time.Duration
	// PingAfter is the silence after which a peer that knows heartbeats is
	// sent a PING, 5 s. Negative: never.
	PingAfter time.Duration
	// DeadAfter is the silence after which such a peer is given up, counted
	// from its last byte, 15 s. It must be longer than PingAfter.
	DeadAfter time.Duration
	// Idle is the silence after which any peer is given up. 0: never, because
	// an old publisher with nothing to say is silent for hours.
	Idle time.Duration
	// KeepAliveIdle, KeepAliveInterval and KeepAliveProbes set TCP keepalive,
	// the only way to notice the silent loss of a peer without heartbeats:
	// 10 s, 5 s and 3.
	KeepAliveIdle     time.Duration
	KeepAliveInterval time.Duration
	KeepAliveProbes   int
}

// Backoff says how long to wait between attempts to connect: Min, doubled with
// every failure, with the upper half of it random. A zero field takes its
// default.
type Backoff struct {
	// Min is the first pause, 100 ms.
	Min time.Duration
	// Max bounds the pause after a refusal, a loss or a timeout, 1 s.
	Max time.Duration
	// MaxProtocol bounds the pause after something that time does not mend: a
	// peer that is not a ZeroMQ publisher, or that breaks the protocol, 30 s.
	MaxProtocol time.Duration
	// ResetAfter is how long a link must have lived for the next pause to be
	// Min again, 5 s.
	ResetAfter time.Duration
}

// handshakeLimitBytes bounds frames of the handshake and commands at any time.
// What libzmq sends there is below 100 bytes, or a subscription's prefix.
const handshakeLimitBytes = 16 << 10

func orDefault[T int | int64 | time.Duration](value *T, preset T) {
	if *value == 0 {
		*value = preset
	}
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.MaxFrameBytes, 16<<20)
	orDefault(&l.MaxMessageBytes, 2*l.MaxFrameBytes)
	orDefault(&l.MaxFrames, 64)
	orDefault(&l.MaxPeers, 1024)
	orDefault(&l.MaxPending, 64)
	return l
}

func (t Timeouts) withDefaults() Timeouts {
	orDefault(&t.Dial, 5*time.Second)
	orDefault(&t.Handshake, 5*time.Second)
	orDefault(&t.Write, 30*time.Second)
	orDefault(&t.PingAfter, 5*time.Second)
	orDefault(&t.DeadAfter, 15*time.Second)
	if t.PingAfter > 0 && t.DeadAfter <= t.PingAfter {
		t.DeadAfter = 2 * t.PingAfter
	}
	orDefault(&t.KeepAliveIdle, 10*time.Second)
	orDefault(&t.KeepAliveInterval, 5*time.Second)
	orDefault(&t.KeepAliveProbes, 3)
	return t
}

func (b Backoff) withDefaults() Backoff {
	orDefault(&b.Min, 100*time.Millisecond)
	orDefault(&b.Max, time.Second)
	orDefault(&b.MaxProtocol, 30*time.Second)
	orDefault(&b.ResetAfter, 5*time.Second)
	return b
}
