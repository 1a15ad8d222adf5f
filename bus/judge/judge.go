package judge

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
)

// Options say how a judge works. The zero value is good for an explorer.
type Options struct {
	// Workers is how many goroutines judge at the same time; 0 is half of the
	// processors, at least one: the other half is for those who look.
	Workers int
	// Off are the sources whose messages are not judged at first; nil is none.
	Off []bus.SourceID
	// AllOff switches checking off for every source at first.
	AllOff bool
	// OnChange is told of verdicts that changed, from the goroutine of Run; nil
	// tells nobody.
	OnChange func(Change)
}

// Change is a group of rows whose verdict turned from one into another.
type Change struct {
	From, To crypto.Code
	Signer   string // of one of them, unsanitised; "" when it is not known
	Signers  int    // how many different ones there are
	Rows     int
	First    history.Row // the oldest of them
}

// Judge writes verdicts into a history. Make one with [New].
type Judge struct {
	history  *history.History
	verifier *crypto.Verifier
	options  Options

	wake    chan struct{} // has room for one: something below was changed
	wanted  atomic.Pointer[span]
	backlog atomic.Int64

	mu      sync.Mutex // guards all below
	allOff  bool
	off     map[bus.SourceID]bool // against allOff: sources that differ from it
	pending again                 // what the next look back is for

	// Only Run's goroutine looks at these.
	next   history.Row // rows before it were judged once
	review *review     // a look back that is under way
	// judgedWith is what was trusted, and when, at the last look back: rows
	// were judged with that or later.
	judgedWith crypto.Trusted
}

type span struct{ first, end history.Row }

// again says why rows that were judged have to be judged again.
type again struct {
	// before is all that rows may have been judged with since the last look
	// back that was finished. A row is left alone only if none of it differs,
	// for that row, from what is trusted now: trust that changes and changes
	// back has judged rows in between.
	before []crypto.Trusted
	on     bool // checking was switched on somewhere
}

// maxBefore bounds the comparisons for a row; beyond it the oldest is compared
// with no longer, and every row is judged again.
const maxBefore = 8

// New makes a judge of a history's rows.
func New(h *history.History, v *crypto.Verifier, o Options) *Judge {
	if o.Workers <= 0 {
		o.Workers = max(runtime.NumCPU()/2, 1)
	}
	j := &Judge{history: h, verifier: v, options: o, judgedWith: v.Trusted(), wake: make(chan struct{}, 1), allOff: o.AllOff, off: map[bus.SourceID]bool{}}
	if !o.AllOff {
		for _, source := range o.Off {
			j.off[source] = true
		}
	}
	return j
}

// Off reports whether checking is switched off for a source.
func (j *Judge) Off(source bus.SourceID) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.allOff != j.off[source]
}

// SetOff switches checking off, or on, for a source. Verdicts that are there
// stay; rows that were not checked are when it is switched on.
func (j *Judge) SetOff(source bus.SourceID, off bool) {
	j.mu.Lock()
	if j.allOff != off {
		j.off[source] = true
	} else {
		delete(j.off, source)
	}
	j.pending.on = j.pending.on || !off
	j.mu.Unlock()
	j.nudge()
}

// TrustChanged tells that the verifier trusts something else than before. Rows
// that this touches are judged again.
func (j *Judge) TrustChanged(before crypto.Trusted) {
	j.mu.Lock()
	j.pending.add(before)
	j.mu.Unlock()
	j.nudge()
}

// Want asks for the verdicts of the rows from first up to, not including, end
// before others: somebody looks at them.
func (j *Judge) Want(first, end history.Row) {
	if end <= first {
		return
	}
	j.wanted.Store(&span{first, end})
	if j.backlog.Load() > 0 {
		j.nudge()
	}
}

// Backlog is how many rows wait for their first verdict.
func (j *Judge) Backlog() int { return int(j.backlog.Load()) }

func (a *again) add(before crypto.Trusted) {
	if len(a.before) >= maxBefore {
		before = crypto.Trusted{} // differs from everything
		a.before = a.before[1:]
	}
	a.before = append(a.before, before)
}

func (j *Judge) nudge() {
	select {
	case j.wake <- struct{}{}:
	default: // it will look anyway
	}
}

// together is how many rows are judged before the judge looks again at what is
// wanted: about 20 ms of work.
const together = 512

// Run judges until ctx ends.
func (j *Judge) Run(ctx context.Context) {
	timer := time.NewTimer(longestWait)
	defer timer.Stop()
	var asked, next time.Time // when NextChange was asked, and what it said
	for ctx.Err() == nil {
		snapshot := j.history.Snapshot()
		revision := snapshot.Revision()
		busy := j.round(ctx, snapshot)
		snapshot.Close()
		if busy {
			continue
		}
		// Some verdicts change by themselves, when something goes out of date.
		// When, is not asked more often than once a second: messages may come
		// one by one, thousands of them.
		wait := time.Second
		if now := time.Now(); now.Sub(asked) >= time.Second {
			asked, next = now, j.verifier.NextChange()
			wait = longestWait
			if !next.IsZero() {
				wait = min(max(next.Sub(now), time.Millisecond), longestWait)
			}
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-j.wake:
		case <-j.history.Changed(revision):
		case <-timer.C:
		}
		if !next.IsZero() && !time.Now().Before(next) {
			next = time.Time{}
			j.TrustChanged(j.judgedWith)
		}
	}
}

// longestWait is how long the judge trusts a timer: clocks are set, and
// machines sleep.
const longestWait = time.Hour

// round does a piece of each kind of work, so that none waits for another to
// be finished: what is wanted, what has arrived, what has to be looked at
// again. It reports whether there is more to do.
func (j *Judge) round(ctx context.Context, s *history.Snapshot) (more bool) {
	if w := j.wanted.Swap(nil); w != nil {
		j.first(ctx, s, max(w.first, s.First()), min(w.end, s.End(), w.first+together))
	}
	j.next = max(j.next, s.First()) // rows before were given up before their turn
	if j.next < s.End() {
		end := min(j.next+together, s.End())
		j.first(ctx, s, j.next, end)
		if ctx.Err() != nil {
			return false
		}
		j.next = end
	}
	j.backlog.Store(int64(s.End() - j.next))
	j.begin(s.End())
	j.lookBack(ctx, s)
	return j.next < s.End() || j.review != nil
}

// first judges the rows of a range that have no verdict yet.
func (j *Judge) first(ctx context.Context, s *history.Snapshot, from, end history.Row) {
	j.each(ctx, s, from, end, func(row history.Row, late history.Late) bool {
		return late.Verdict == crypto.Pending
	})
}

// each judges those rows of a range that want it, with all workers, and writes
// the verdicts. It returns what was written.
func (j *Judge) each(ctx context.Context, s *history.Snapshot, from, end history.Row, wants func(history.Row, history.Late) bool) []history.Judged {
	if from >= end {
		return nil
	}
	rows := make([]history.Judged, 0, end-from)
	for row := from; row < end; row++ {
		late, ok := s.Late(row)
		if ok && s.Problem(row).Code == bus.ProblemNone && wants(row, late) {
			rows = append(rows, history.Judged{Row: row})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	const piece = 16
	var taken atomic.Int64
	work := func() {
		for ctx.Err() == nil {
			at := int(taken.Add(piece)) - piece
			if at >= len(rows) {
				return
			}
			for i := at; i < min(at+piece, len(rows)); i++ {
				j.one(s, &rows[i])
			}
		}
	}
	var others sync.WaitGroup
	for range min(j.options.Workers, (len(rows)+piece-1)/piece) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	if ctx.Err() != nil {
		return nil // some were not judged: writing them would say that they were
	}
	j.history.SetVerdicts(rows)
	return rows
}

// one judges a row.
func (j *Judge) one(s *history.Snapshot, row *history.Judged) {
	meta, ok := s.Meta(row.Row)
	if !ok {
		return
	}
	if j.Off(meta.Source) {
		row.Code = crypto.Off
		return
	}
	if code, ok := withoutLooking(meta); ok {
		row.Code = code
		return
	}
	code, signer := j.verifier.Code(subject(s, meta))
	row.Code = code
	if code.NamesSigner() {
		// Other names are as many as an attacker likes, and the table of names
		// is not for them.
		row.Signer = j.history.SignerID(signer)
	}
}

// withoutLooking is the verdict where the columns decide it: most messages of a
// bus of today carry nothing of a signature, and reading them again would cost
// more than receiving them did.
func withoutLooking(meta history.Meta) (code crypto.Code, ok bool) {
	const signed = bus.FieldCrypto | bus.FieldSignature | bus.FieldCertificate
	switch {
	case meta.Fields&(signed|bus.OddTypes) != 0:
		return crypto.Pending, false // also a field of another type may be one of these
	case meta.Has(bus.TopicDiffers):
		return crypto.Envelope, true
	}
	return crypto.Unsigned, true
}

// SubjectOf is a message as something to judge.
func SubjectOf(m *bus.Message) crypto.Subject {
	return crypto.Subject{Envelope: m.Envelope(), Topic: m.Topic(), Archived: m.Origin == bus.Archive}
}

// subject is a row as something to judge, without making a message of it.
func subject(s *history.Snapshot, meta history.Meta) crypto.Subject {
	return crypto.Subject{
		Envelope: s.Envelope(meta.Row), Topic: []byte(s.Topic(meta.Row)), Archived: meta.Origin == bus.Archive,
	}
}
