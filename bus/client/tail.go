package client

import (
	"context"
	"fmt"
	"iter"

	"fedmsg-tui/bus"
)

// SourceError tells that a source is not delivering at the moment. It does not
// end a Tail: the source goes on trying.
type SourceError struct {
	Event bus.Event
}

func (e *SourceError) Error() string {
	if e.Event.Wait > 0 {
		return fmt.Sprintf("%s: %v; next try in %v", e.Event.Endpoint, e.Event.Err, e.Event.Wait)
	}
	return fmt.Sprintf("%s: %v", e.Event.Endpoint, e.Event.Err)
}

// Unwrap is the cause.
func (e *SourceError) Unwrap() error { return e.Event.Err }

// Tail yields every message of all sources until ctx ends, with a nil error.
// Malformed messages are yielded too: look at Message.Problem.
//
// A non-nil error comes with a zero message. Errors of type [*SourceError]
// tell that an endpoint was lost, once for each new reason, and are followed by
// messages again when it is back. Any other error is the last thing yielded:
// no source can deliver any more.
//
// Breaking out of the loop closes all connections before the loop statement
// ends.
func (c *Client) Tail(ctx context.Context) iter.Seq2[bus.Message, error] {
	return func(yield func(bus.Message, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		type item struct {
			batch []bus.Message
			err   error
		}
		// Unbuffered: the loop's body runs in the caller's goroutine, and while
		// it works the sources wait.
		items := make(chan item)
		send := func(it item) bool {
			select {
			case items <- it:
				return true
			case <-ctx.Done():
				return false
			}
		}
		outer := c.onEvent
		tailing := &Client{sources: c.sources, onEvent: func(event bus.Event) {
			if outer != nil {
				outer(event)
			}
			if event.Kind == bus.EventLost && event.Err != nil {
				send(item{err: &SourceError{event}})
			}
		}}
		done := make(chan error, 1)
		go func() {
			done <- tailing.Run(ctx, func(batch []bus.Message) bool { return send(item{batch: batch}) })
			close(items)
		}()
		// However the loop ends, wait for everything that was started.
		defer func() {
			cancel()
			for range items {
			}
		}()

		reasons := map[string]string{} // endpoint to the last reason told
		for it := range items {
			if it.err != nil {
				event := it.err.(*SourceError).Event
				if reason := event.Err.Error(); reasons[event.Endpoint] != reason {
					reasons[event.Endpoint] = reason
					if !yield(bus.Message{}, it.err) {
						return
					}
				}
				continue
			}
			if id := int(it.batch[0].Source); len(reasons) > 0 && id >= 1 && id <= len(c.sources) {
				delete(reasons, c.sources[id-1].Endpoint()) // it is back: its next loss is news
			}
			for i := range it.batch {
				if !yield(it.batch[i], nil) {
					return
				}
			}
		}
		if err := <-done; err != nil {
			yield(bus.Message{}, err)
		}
	}
}
