package tui

import (
	"context"
	"fmt"
	"sync"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/bus/judge"
	"fedmsg-tui/crypto"
)

// Session is what the explorer looks at: the sources that are read, and the
// history they fill. It goes on whatever the screen does.
type Session struct {
	history *history.History
	log     eventLog
	now     func() time.Time

	mu           sync.Mutex
	client       *client.Client
	endpoints    []string // by source, from 1; set by Start, before take is called
	verifier     *crypto.Verifier
	judge        *judge.Judge // nil when nothing is checked
	stopChecking context.CancelFunc

	cancel  context.CancelFunc
	running sync.WaitGroup
}

// NewSession makes a session with a history of at most budgetBytes; 0 is
// history's own default. Start connects it to a bus.
func NewSession(budgetBytes int64) *Session {
	return &Session{
		history: history.New(history.Options{BudgetBytes: budgetBytes, MergeDuplicates: true}),
		now:     time.Now,
		cancel:  func() {}, stopChecking: func() {},
	}
}

// Report notes what happened to a source; it is meant for [client.OnEvent].
func (s *Session) Report(e bus.Event) { s.log.sourceEvent(e) }

// Note adds a sentence to the events.
func (s *Session) Note(text string) { s.log.note(s.now(), text) }

// Start reads the sources of c until ctx ends or Close is called. A session
// starts once.
func (s *Session) Start(ctx context.Context, c *client.Client) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	s.client, s.cancel = c, cancel
	s.mu.Unlock()
	for _, source := range c.Status() {
		s.endpoints = append(s.endpoints, source.Endpoint)
	}
	s.running.Go(func() {
		if err := c.Run(ctx, s.take); err != nil {
			s.log.add(loggedEvent{at: s.now(), severity: severityProblem, what: fmt.Sprintf("all sources ended: %v", err)})
		}
	})
}

// take puts a batch into history. It costs memory bandwidth and nothing else:
// no screen, disk or network is waited for, so the bus is read as fast as it
// comes.
func (s *Session) take(batch []bus.Message) bool {
	var malformed []int
	for i := range batch {
		if batch[i].Malformed() {
			malformed = append(malformed, i)
		}
	}
	rows := s.history.Append(batch)
	for _, i := range malformed {
		m := &batch[i]
		e := loggedEvent{at: m.Received(), where: s.endpoint(m.Source), severity: severityProblem,
			what: "malformed message: " + m.Problem.Reason()}
		// With duplicates merged, a message's row is no longer its place in the
		// batch; the event then tells of it without leading to it.
		if rows.Duplicates == 0 {
			e.row, e.hasRow = rows.First+history.Row(i), true
		}
		s.log.add(e)
	}
	return true
}

func (s *Session) endpoint(id bus.SourceID) string {
	if i := int(id) - 1; i >= 0 && i < len(s.endpoints) {
		return s.endpoints[i]
	}
	return ""
}

// status is a snapshot of the sources.
func (s *Session) status() []bus.Status {
	s.mu.Lock()
	c := s.client
	s.mu.Unlock()
	if c == nil {
		return nil
	}
	return c.Status()
}

// Close stops reading and checking, and waits for all that Start and Check began. What was
// received stays, for the books.
func (s *Session) Close() {
	s.mu.Lock()
	cancel, stopChecking := s.cancel, s.stopChecking
	s.mu.Unlock()
	cancel()
	stopChecking()
	s.running.Wait()
}

// Books are the session's counters, without a filter.
func (s *Session) Books() bus.Books {
	snapshot := s.history.Snapshot()
	defer snapshot.Close()
	books := snapshot.Counts().Books()
	for _, source := range s.status() {
		books.Dropped += source.Dropped
	}
	return books
}
