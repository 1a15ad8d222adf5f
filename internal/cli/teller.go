package cli

import (
	"fmt"
	"io"
	"sync"

	"fedmsg-tui/bus"
	"fedmsg-tui/render"
)

// teller tells on a stream what happens to endpoints, each thing once: an
// endpoint that is retried for hours is one line, not thousands.
type teller struct {
	mu   sync.Mutex // sources report from goroutines of their own
	w    io.Writer
	last map[string]string // endpoint to what was told of it last
}

func newTeller(w io.Writer) *teller { return &teller{w: w, last: map[string]string{}} }

func (t *teller) tell(event bus.Event) {
	var what string
	switch event.Kind {
	case bus.EventConnected:
		what = "connected"
	case bus.EventLost, bus.EventRejected:
		what = fmt.Sprint(event.Err)
		if event.Kind == bus.EventLost && event.Wait > 0 {
			what += "; trying again"
		}
	case bus.EventNote:
		what = event.Text
	default:
		return // peers that leave are normal; the end is told by the command
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	before, known := t.last[event.Endpoint]
	if known && before == what {
		return
	}
	t.last[event.Endpoint] = what
	if !known && event.Kind == bus.EventConnected {
		return // connecting at once is what everybody expects
	}
	// Reasons may quote a peer.
	fmt.Fprintf(t.w, "fedmsg-tui: %s: %s\n", render.Sanitize(event.Endpoint, -1), render.Sanitize(what, -1))
}

// unreachable names an endpoint that never answered, with the reason, for the
// error that ends a fruitless wait.
func unreachable(all []bus.Status) string {
	for _, s := range all {
		if s.State == bus.StateNever && s.Err != nil {
			return fmt.Sprintf("; never connected to %s: %v", s.Endpoint, s.Err)
		}
	}
	return ""
}
