package demo

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Garbage is what a [GarbageListener] does to those who connect.
type Garbage int

// The ways of not being a publisher.
const (
	// GarbageBytes sends random bytes, without end.
	GarbageBytes Garbage = iota
	// GarbageFrame is a good ZeroMQ publisher until its first frame, which
	// claims to have 2^62 bytes.
	GarbageFrame
	// GarbageHTTP answers as a web server does to a bad request, and hangs up.
	GarbageHTTP
	// GarbageSilence accepts and says nothing.
	GarbageSilence
	// GarbageHangUp accepts and closes at once.
	GarbageHangUp
)

const (
	// maxVictims bounds the connections held at once; more are closed.
	maxVictims = 64
	// victimTime bounds one connection.
	victimTime = time.Minute
)

// GarbageListener listens on the loopback interface and behaves badly.
type GarbageListener struct {
	behaviour Garbage
	listener  net.Listener
	accepted  atomic.Uint64
	cancel    context.CancelFunc
	running   sync.WaitGroup
	held      chan struct{} // one token for each connection
}

// ListenGarbage starts one on a free port. It ends with ctx or Close.
func ListenGarbage(ctx context.Context, behaviour Garbage) (*GarbageListener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for victims: %w", err)
	}
	g := &GarbageListener{behaviour: behaviour, listener: l, held: make(chan struct{}, maxVictims)}
	ctx, g.cancel = context.WithCancel(ctx)
	context.AfterFunc(ctx, func() { l.Close() }) // wakes Accept
	g.running.Go(func() { g.accept(ctx) })
	return g, nil
}

// Endpoint is where to connect.
func (g *GarbageListener) Endpoint() string { return "tcp://" + g.listener.Addr().String() }

// Connections counts those who have connected.
func (g *GarbageListener) Connections() uint64 { return g.accepted.Load() }

// Close ends all connections and waits for what serves them.
func (g *GarbageListener) Close() {
	g.cancel()
	g.running.Wait()
}

func (g *GarbageListener) accept(ctx context.Context) {
	for {
		c, err := g.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				c.Close()
			}
			return
		}
		if err != nil {
			// Out of descriptors, or a peer that is gone again.
			if !pause(ctx, rebindPause) {
				return
			}
			continue
		}
		g.accepted.Add(1)
		select {
		case g.held <- struct{}{}:
		default:
			c.Close()
			continue
		}
		g.running.Go(func() {
			defer func() { <-g.held }()
			defer c.Close()
			defer context.AfterFunc(ctx, func() { c.Close() })()
			c.SetDeadline(time.Now().Add(victimTime))
			g.serve(c)
		})
	}
}

// serve behaves badly. Errors of the connection are not told: the victim hangs
// up, and that is what it should do.
func (g *GarbageListener) serve(c net.Conn) {
	switch g.behaviour {
	case GarbageHangUp:
	case GarbageSilence:
		io.Copy(io.Discard, c)
	case GarbageHTTP:
		io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nServer: example\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"+
			"<html><body><h1>Bad Request</h1><p>This is not what you are looking for.</p></body></html>\r\n")
	case GarbageBytes:
		dice := newDice(g.accepted.Load())
		chunk := make([]byte, 4096)
		for {
			for i := 0; i < len(chunk); i += 8 {
				binary.LittleEndian.PutUint64(chunk[i:], dice.bits())
			}
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	case GarbageFrame:
		if _, err := c.Write(publisherGreeting()); err != nil {
			return
		}
		// A greeting, a READY command and a subscription come; nothing in them
		// matters, but a victim that could not send them would notice less.
		if _, err := io.CopyN(io.Discard, c, 64+1); err != nil {
			return
		}
		header := binary.BigEndian.AppendUint64([]byte{frameLong}, 1<<62)
		if _, err := c.Write(append(header, "the first of very many bytes"...)); err != nil {
			return
		}
		io.Copy(io.Discard, c)
	}
}

// Flags of a frame (ZMTP 3.0, RFC 23).
const (
	frameLong    = 0x02
	frameCommand = 0x04
)

// publisherGreeting is what a publisher without security sends first: the
// greeting of 64 bytes and READY (ZMTP 3.0, RFC 23).
func publisherGreeting() []byte {
	greeting := make([]byte, 64)
	greeting[0], greeting[9] = 0xff, 0x7f
	greeting[10] = 3 // major version
	copy(greeting[12:], "NULL")
	ready := "\x05READY\x0bSocket-Type\x00\x00\x00\x03PUB"
	return append(append(greeting, frameCommand, byte(len(ready))), ready...)
}
