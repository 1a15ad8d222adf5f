package zmq

import (
	"context"
	"fmt"
)

// UnconfirmedError says how much of what was sent may not have arrived. It is
// an [ErrUnconfirmed].
type UnconfirmedError struct {
	Endpoint    string
	Subscribers int    // connected when Close was called
	Unconfirmed int    // of these, did not close in turn after the last message
	Unwritten   uint64 // messages that were still queued for them
}

func (e *UnconfirmedError) Error() string {
	return fmt.Sprintf("closing %s: %d of %d subscribers did not confirm the end; %d messages to them were not written",
		e.Endpoint, e.Unconfirmed, e.Subscribers, e.Unwritten)
}

// Is makes every UnconfirmedError an ErrUnconfirmed.
func (e *UnconfirmedError) Is(target error) bool { return target == ErrUnconfirmed }

// Close takes no more messages, writes those that are queued, tells every
// subscriber that this was all, and waits for it to hang up: ZeroMQ peers do
// so once they have read everything. ctx bounds the waiting; at its end all
// links are cut. It returns when nothing of the publisher runs any more, and
// an [UnconfirmedError] when a subscriber that was sent anything did not hang
// up in turn. Closing again waits as well and returns the same.
func (p *Publisher) Close(ctx context.Context) error {
	p.mu.Lock()
	if !p.closing {
		p.closing = true
		peers := *p.list.Load()
		p.end.Endpoint, p.end.Subscribers = p.endpoint, len(peers)
		for _, s := range peers {
			_, s.droppedAtClose = s.box.counts()
			s.box.finish()
		}
		p.announce()
	}
	p.mu.Unlock()
	p.stop()
	select {
	case <-p.done:
	case <-ctx.Done():
		p.kill()
		<-p.done
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.end.Unconfirmed == 0 {
		return nil
	}
	end := p.end
	return &end
}
