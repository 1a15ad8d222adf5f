package filters

import (
	"cmp"
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
)

// QueryOptions say how a query runs. The zero value is good for an explorer.
type QueryOptions struct {
	// Workers is how many goroutines search text at the same time; 0 means one
	// per processor, at most 4. What needs only columns is done by one.
	Workers int
	// Interval is the least time between two results; 0 means 1/30 s.
	Interval time.Duration
}

const (
	maxWorkers      = 4
	defaultInterval = time.Second / 30
)

// Query runs a filter over a history, the newest rows first, and goes on with
// what arrives. It runs in goroutines of its own until it is stopped.
type Query struct {
	filter  *Filter
	history *history.History
	options QueryOptions
	cancel  context.CancelFunc
	ended   chan struct{}
	result  atomic.Pointer[Result]

	// Only the query's own goroutine looks at these.
	answers *answers
	scans   []*scan  // one per worker
	chunks  []looked // by first row
	turn    uint64   // counts the times that the query looked
}

// looked is what a query knows about a chunk: which of its first rows pass.
type looked struct {
	first history.Row
	rows  int    // that were looked at
	found bitset // that pass; replaced, never changed, because results hold it
	count int    // that pass
	shown int    // that pass and are well formed
	late  uint64 // late revision that found is at least as new as
	turn  uint64 // of the query, when it was last looked at
}

// moment is what a query has seen of its history.
type moment struct{ revision, late uint64 }

// Start runs a filter over a history until ctx ends or Stop is called; the
// caller calls Stop in any case.
func Start(ctx context.Context, h *history.History, f *Filter, options QueryOptions) *Query {
	if options.Workers <= 0 {
		options.Workers = min(runtime.NumCPU(), maxWorkers)
	}
	if options.Interval <= 0 {
		options.Interval = defaultInterval
	}
	ctx, cancel := context.WithCancel(ctx)
	q := &Query{
		filter:  f,
		history: h,
		options: options,
		cancel:  cancel,
		ended:   make(chan struct{}),
		answers: newAnswers(f),
	}
	for range options.Workers {
		q.scans = append(q.scans, &scan{answers: q.answers})
	}
	// The first result is there before anybody can ask for it: nothing looked
	// at, everything hidden.
	snapshot := h.Snapshot()
	q.publish(snapshot)
	snapshot.Close()
	go q.run(ctx)
	return q
}

// Filter is the filter that runs.
func (q *Query) Filter() *Filter { return q.filter }

// Result is the newest result. It never waits and is never nil.
func (q *Query) Result() *Result { return q.result.Load() }

// Stop ends the query and waits for its goroutines. The last result stays.
func (q *Query) Stop() {
	q.cancel()
	<-q.ended
}

func (q *Query) run(ctx context.Context) {
	defer close(q.ended)
	defer q.cancel()
	pause := time.NewTimer(q.options.Interval)
	defer pause.Stop()
	for ctx.Err() == nil {
		seen, done := q.step(ctx)
		if !done {
			continue // there is work left; each step takes about an interval
		}
		var late <-chan struct{} // nil wakes nobody: what does not matter
		if q.filter.late {
			late = q.history.LateChanged(seen.late)
		}
		select {
		case <-ctx.Done():
			return
		case <-q.history.Changed(seen.revision):
		case <-late:
		}
		// Not more often than anyone looks, however fast messages come.
		pause.Reset(q.options.Interval)
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
	}
}

// step looks at a snapshot for about an interval, the newest rows first, and
// publishes what it found. It says what it saw and whether that was all. It
// holds a snapshot no longer than that, so a long search neither keeps memory
// that history has given up nor lags behind what arrives.
func (q *Query) step(ctx context.Context) (seen moment, done bool) {
	snapshot := q.history.Snapshot()
	defer snapshot.Close()
	// Before any chunk's: a chunk's late revision is counted first. So a change
	// that no look below finds is one after this, and LateChanged tells it.
	seen = moment{revision: snapshot.Revision(), late: snapshot.LateRevision()}
	looked := true
	if q.filter.predicate != nil {
		q.answers.learn(snapshot)
		q.follow(snapshot)
		looked = q.look(ctx, snapshot)
	}
	if ctx.Err() != nil {
		return seen, false
	}
	return seen, q.publish(snapshot) && looked
}

// follow forgets chunks that were evicted and adds new ones.
func (q *Query) follow(snapshot *history.Snapshot) {
	first := snapshot.First()
	gone := 0
	for gone < len(q.chunks) && q.chunks[gone].first < first {
		gone++
	}
	q.chunks = slices.Delete(q.chunks, 0, gone)
	for k := len(q.chunks); k < snapshot.Chunks(); k++ {
		q.chunks = append(q.chunks, looked{first: snapshot.Chunk(k).First()})
	}
}

// look scans what has not been looked at, chunk by chunk from the newest, and
// then again those chunks of which late columns have changed since, until the
// interval is over or ctx ends. It reports whether it did all of that. At least
// one chunk is done, so every step gets on.
func (q *Query) look(ctx context.Context, snapshot *history.Snapshot) (all bool) {
	todo := q.todo(snapshot)
	q.turn++
	deadline := time.Now().Add(q.options.Interval)
	var next, done atomic.Int64
	work := func(s *scan) {
		for ctx.Err() == nil {
			// Each index is drawn once, so each chunk has one worker.
			i := int(next.Add(1)) - 1
			if i >= len(todo) || i > 0 && time.Now().After(deadline) {
				return
			}
			one := &q.chunks[todo[i]]
			one.look(s, snapshot.Chunk(todo[i]))
			one.turn = q.turn
			done.Add(1)
		}
	}
	workers := 1
	if q.filter.heavy {
		workers = max(min(len(q.scans), len(todo)), 1)
	}
	var others sync.WaitGroup
	for _, s := range q.scans[1:workers] {
		others.Go(func() { work(s) })
	}
	work(q.scans[0])
	others.Wait()
	return int(done.Load()) == len(todo)
}

// todo are the chunks that have to be looked at, by index, in the order in which
// that is done. Rows never looked at come first, the newest of all first. Then
// come chunks that changed, first those that have waited longest: if the newest
// always came first, and changed faster than the interval allows to look at
// all, the older ones would never have their turn.
func (q *Query) todo(snapshot *history.Snapshot) []int {
	var todo, again []int
	for k := len(q.chunks) - 1; k >= 0; k-- {
		switch chunk := snapshot.Chunk(k); {
		case q.chunks[k].rows < chunk.Len():
			todo = append(todo, k)
		case q.filter.late && q.chunks[k].late != chunk.LateRevision():
			again = append(again, k)
		}
	}
	slices.SortStableFunc(again, func(a, b int) int { return cmp.Compare(q.chunks[a].turn, q.chunks[b].turn) })
	return append(todo, again...)
}

// look scans the rows of a chunk that have not been looked at, or all of them
// when the filter looks at late columns and these have changed.
func (l *looked) look(s *scan, chunk history.Chunk) {
	from := l.rows
	if s.answers.filter.late {
		// Taken before the columns are read: what changes meanwhile makes the
		// chunk look changed the next time, whether it was seen or not.
		revision := chunk.LateRevision()
		if revision != l.late {
			l.late, from = revision, 0
		}
	}
	// A filter may read a column twice with a change in between, and be of two
	// minds about the row. Then the revision has changed as well.
	found := s.rows(chunk, from, chunk.Len())
	count := found.count()
	shown := count - malformedAmong(found, chunk, from)
	if from > 0 {
		count += l.count
		shown += l.shown
		found.add(l.found)
	}
	// Results that were published hold the old set: it stays as it is.
	l.found, l.rows, l.count, l.shown = found, chunk.Len(), count, shown
}

// malformedAmong counts the malformed rows of a set, which has none before
// from. They are rare, so the rows are looked at rather than the set.
func malformedAmong(set bitset, chunk history.Chunk, from int) int {
	if chunk.AllWellFormed() {
		return 0
	}
	n := 0
	for i, problem := range chunk.Problems()[from:] {
		if problem != bus.ProblemNone && set.has(from+i) {
			n++
		}
	}
	return n
}

// publish makes a result of what has been looked at in a snapshot, and says
// whether that was all of it.
func (q *Query) publish(snapshot *history.Snapshot) (done bool) {
	counts := snapshot.Counts()
	r := &Result{Books: counts.Books(), TotalRows: uint64(snapshot.Len())}
	if last := q.result.Load(); last != nil {
		r.Revision = last.Revision + 1
	}
	if q.filter.predicate == nil {
		r.add(snapshot.First(), nil, snapshot.Len())
		r.ScannedRows = r.TotalRows
	} else {
		r.Books.Shown = 0
		r.runs = make([]run, 0, len(q.chunks))
		for i := range q.chunks {
			l := &q.chunks[i]
			r.add(l.first, l.found, l.count)
			r.ScannedRows += uint64(l.rows)
			r.Books.Shown += uint64(l.shown)
		}
		r.Books.Hidden = counts.Kept - r.Books.Shown
	}
	r.Done = r.ScannedRows == r.TotalRows
	q.result.Store(r)
	return r.Done
}
