package tui

import (
	"fmt"
	"sync"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
)

// severity is how much an event matters.
type severity uint8

const (
	severityNote severity = iota
	severityWarning
	severityProblem
)

// loggedEvent is one line of the events pane. Equal events that follow each
// other are one line with a count, so that a peer that is refused every second
// does not push everything else out.
type loggedEvent struct {
	id       uint64    // stays the same when more of the same come
	at       time.Time // of the last of them
	first    time.Time
	count    uint64
	severity severity
	where    string // endpoint, unsanitised
	what     string // unsanitised: may quote a peer
	row      history.Row
	hasRow   bool // row is the message that it is about
}

// keptEvents bounds the log.
const keptEvents = 1000

// eventLog is written by sources and read by the screen.
type eventLog struct {
	mu      sync.Mutex
	events  []loggedEvent // oldest first
	dropped uint64        // no longer kept
	changes uint64
}

// sourceEvent notes what happened to a source.
func (l *eventLog) sourceEvent(e bus.Event) {
	entry := loggedEvent{at: e.At, where: e.Endpoint}
	switch e.Kind {
	case bus.EventConnected:
		entry.what = "connected"
		if e.Text != "" {
			entry.what += " (" + e.Text + ")"
		}
	case bus.EventLost:
		entry.severity = severityWarning
		entry.what = fmt.Sprint(e.Err)
		if e.Wait > 0 {
			entry.what += "; trying again"
		}
	case bus.EventPeerGone:
		entry.what = "publisher left"
		if e.Err != nil {
			entry.what += ": " + e.Err.Error()
		}
	case bus.EventRejected:
		entry.severity = severityWarning
		entry.what = fmt.Sprintf("refused a peer: %v", e.Err)
	case bus.EventEnded:
		entry.severity = severityProblem
		entry.what = fmt.Sprintf("ended: %v", e.Err)
	default:
		entry.what = e.Text
	}
	l.add(entry)
}

func (l *eventLog) note(at time.Time, what string) {
	l.add(loggedEvent{at: at, what: what})
}

func (l *eventLog) add(e loggedEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes++
	e.count, e.first, e.id = 1, e.at, l.changes
	// Also the last but one counts as "following each other": two endpoints
	// that fail in turn would otherwise never be folded.
	for i := len(l.events) - 1; i >= max(0, len(l.events)-4); i-- {
		old := &l.events[i]
		if old.where == e.where && old.what == e.what && old.severity == e.severity {
			e.count, e.first, e.id = old.count+1, old.first, old.id
			l.events = append(append(l.events[:i], l.events[i+1:]...), e)
			return
		}
	}
	if len(l.events) >= keptEvents {
		n := copy(l.events, l.events[1:])
		l.events = l.events[:n]
		l.dropped++
	}
	l.events = append(l.events, e)
}

// snapshot is a copy of the log, newest first, if it changed since the given
// count of changes.
func (l *eventLog) snapshot(since uint64) (events []loggedEvent, changes uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changes == since {
		return nil, since
	}
	events = make([]loggedEvent, 0, len(l.events))
	for i := len(l.events) - 1; i >= 0; i-- {
		events = append(events, l.events[i])
	}
	return events, l.changes
}
