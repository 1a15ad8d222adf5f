package zmq

import (
	"context"
	"math"

	"github.com/go-zeromq/zmq4"

	"fedmsg-tui/bus"
)

// batchMessages is the most that is delivered at once. A read of 128 KB brings
// about a hundred messages of a usual size.
const batchMessages = 256

// receive subscribes on a new link and delivers what comes until the link
// ends. It closes the link and says why it ended: errSinkFull when the sink
// takes no more.
func (s *Source) receive(ctx context.Context, l *link, sink bus.Sink) error {
	defer l.close(nil)
	release := closeWhenDone(ctx, func() { l.close(ctx.Err()) })
	defer release()
	l.writeFromReader()
	if err := s.subscribe(l); err != nil {
		return l.ended(err)
	}
	r := reception{ctx: ctx, source: s, link: l, sink: sink}
	// Called before every read that may wait for the network, on this same
	// goroutine, below RecvMsg: so nothing that has arrived whole waits for
	// what follows it.
	l.wire.beforeWait = r.deliver
	for {
		message, err := l.conn.RecvMsg()
		if err != nil {
			return r.end(message, err)
		}
		r.add(bus.Message{Frames: message.Frames})
		if len(r.batch) == batchMessages {
			if err := r.deliver(); err != nil {
				return err
			}
		}
	}
}

func (s *Source) subscribe(l *link) error {
	for _, prefix := range s.options.Prefixes {
		if err := l.conn.SendMsg(zmq4.NewMsg(append([]byte{1}, prefix...))); err != nil {
			return err
		}
	}
	return l.wire.flush()
}

// reception is the batch of one link.
type reception struct {
	ctx    context.Context
	source *Source
	link   *link
	sink   bus.Sink
	batch  []bus.Message
}

func (r *reception) add(m bus.Message) {
	m.Source = r.source.id
	// The time of the read that completed the message; a batch never spans two.
	m.ReceivedUnixNano = r.link.wire.readAt.UnixNano()
	r.batch = append(r.batch, m)
}

// deliver hands the batch over. It may block, as the sink pleases.
func (r *reception) deliver() error {
	n := len(r.batch)
	if n == 0 {
		return nil
	}
	batch := r.batch
	// The sink owns the slice now. Traffic that came in large reads goes on
	// doing so, and a trickle should not cost 256 messages' room each.
	r.batch = make([]bus.Message, 0, min(max(n+n/4, 4), batchMessages))
	last := batch[n-1].ReceivedUnixNano
	if !r.sink.Deliver(batch) {
		if r.ctx.Err() == nil { // at the end nobody wants them any more: no loss
			r.source.ledger.refused(n)
		}
		return errSinkFull
	}
	r.source.ledger.delivered(n, last)
	return nil
}

// end delivers what is left when the link has ended with err, including the
// beginning of a message that went over a limit.
func (r *reception) end(partial zmq4.Msg, err error) error {
	err = r.link.ended(err)
	if limit, ok := limitOf(err); ok && limit.What != "command" {
		problem := bus.Problem{Code: bus.ProblemSize, Count: uint32(min(limit.Got, math.MaxUint32))}
		if limit.What == "frames" {
			problem.Code = bus.ProblemFrames
		}
		r.add(bus.Message{Frames: partial.Frames, Problem: problem})
	}
	if refused := r.deliver(); refused != nil {
		return refused
	}
	return err
}
