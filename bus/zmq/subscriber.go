package zmq

import (
	"errors"
	"io"
	"slices"
	"sync/atomic"

	"github.com/go-zeromq/zmq4"
)

// subscriber is one peer of a Publisher.
type subscriber struct {
	link  *link
	box   *outbox
	wants atomic.Pointer[prefixSet]
	sent  atomic.Uint64 // messages

	drained   bool // everything was written, and the peer told so; the writer's until it has ended
	confirmed bool // the peer has read everything; the reader's until leave
	// droppedAtClose is guarded by the publisher's mu.
	droppedAtClose uint64
}

// serve is the life of one subscriber: this goroutine reads its subscriptions,
// another writes its messages. It returns when both are done, with the link
// closed, and says why it ended.
func (p *Publisher) serve(l *link) error {
	s := &subscriber{link: l, box: newOutbox(p.options.HighWaterMark, p.options.MaxQueueBytes)}
	s.wants.Store(new(prefixSet))
	// The writer may be stuck in a full socket, so PING and PONG only queue:
	// the reader goes on and still sees the peer's subscriptions and its end.
	l.wire.pong = func(context []byte) error {
		s.box.putCommand(command{context: context})
		return nil
	}
	l.wire.silence.ask = func() { s.box.putCommand(command{ping: true}) }
	if !p.join(s) {
		l.close(ErrClosed)
		return ErrClosed
	}
	release := closeWhenDone(p.life, func() { l.close(ErrClosed) })
	defer release()

	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write()
	}()
	met := s.read(p)
	end := l.ended(met)
	l.close(end)
	s.box.abandon(0) // wakes the writer
	<-written
	// Told that this was all, and answered by hanging up.
	s.confirmed = s.drained && errors.Is(met, io.EOF)
	p.leave(s)
	return end
}

// read follows what the peer subscribes to, until the link ends. Any other
// message is none of a subscriber's business and is passed over.
func (s *subscriber) read(p *Publisher) error {
	var wanted subscriptions
	// A peer with thousands of subscriptions sends them in a few packets: the
	// set is made anew once per packet, not once per subscription.
	s.link.wire.beforeWait = func() error {
		if wanted.stale {
			set := wanted.reduced()
			s.wants.Store(&set)
			p.mu.Lock()
			p.announce()
			p.mu.Unlock()
		}
		return nil
	}
	for {
		message, err := s.link.conn.RecvMsg()
		if err != nil {
			return err
		}
		if len(message.Frames) != 1 || len(message.Frames[0]) == 0 || message.Frames[0][0] > 1 {
			continue
		}
		frame := message.Frames[0]
		if err := wanted.change(frame[0] == 1, frame[1:]); err != nil {
			return err
		}
	}
}

// write writes what is queued until there will be no more, or the link ends.
func (s *subscriber) write() {
	l := s.link
	buffer := make([]zmq4.Msg, 0, takeMessages)
	for {
		messages, commands, more := s.box.take(buffer)
		err := s.writeAll(messages, commands)
		clear(messages)
		if err != nil {
			l.close(tellEnd(err)) // wakes the reader
			s.box.abandon(len(messages))
			return
		}
		s.sent.Add(uint64(len(messages)))
		if !more {
			break
		}
	}
	s.finish()
}

// writeAll flushes after every round. Under load a round is more than the
// buffer holds, so this costs little, and when a write fails it is known which
// messages it may have lost.
func (s *subscriber) writeAll(messages []zmq4.Msg, commands []command) error {
	w := s.link.wire
	for _, c := range commands {
		var err error
		if c.ping {
			err = w.sendPing()
		} else {
			err = w.sendPong(c.context)
		}
		if err != nil {
			return err
		}
	}
	for _, m := range messages {
		if err := s.link.conn.SendMsg(m); err != nil {
			return err
		}
	}
	return w.flush()
}

// finish ends a link in good order, when everything has been written.
func (s *subscriber) finish() {
	if s.link.cause.Load() != nil {
		return // it ended otherwise
	}
	if s.sent.Load() == 0 {
		s.link.close(ErrClosed) // nothing to confirm
		return
	}
	if err := s.link.halfClose(); err != nil {
		s.link.close(tellEnd(err))
		return
	}
	s.drained = true
}

// join enters a subscriber, unless we are closing.
func (p *Publisher) join(s *subscriber) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		return false
	}
	list := append(slices.Clone(*p.list.Load()), s)
	p.list.Store(&list)
	return true
}

// leave takes a subscriber out and adds its counts up.
func (p *Publisher) leave(s *subscriber) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(*p.list.Load()), func(other *subscriber) bool { return other == s })
	p.list.Store(&list)
	_, dropped := s.box.counts()
	p.dropped += dropped
	if lost := dropped - s.droppedAtClose; p.closing && !s.confirmed && (lost > 0 || s.sent.Load() > 0) {
		p.end.Unconfirmed++
		p.end.Unwritten += lost
	}
	p.announce()
}

// announce wakes those who wait for a subscriber. p.mu is held.
func (p *Publisher) announce() {
	close(p.changed)
	p.changed = make(chan struct{})
}
