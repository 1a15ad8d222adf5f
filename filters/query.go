package filters

import (
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
}

// looked is what a query knows about a chunk: which of its first rows pass.
type looked struct {
	first history.Row
	rows  int    // that were looked at
	found bitset // that pass; replaced, never changed, because results hold it
	count int    // that pass
	shown int    // that pass and are well formed
}

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
		revision, done := q.step(ctx)
		if !done {
			continue // there is work left; each step takes about an interval
		}
		select {
		case <-ctx.Done():
			return
		case <-q.history.Changed(revision):
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
func (q *Query) step(ctx context.Context) (revision uint64, done bool) {
	snapshot := q.history.Snapshot()
	defer snapshot.Close()
	if q.filter.predicate != nil {
		q.answers.learn(snapshot)
		q.follow(snapshot)
		q.look(ctx, snapshot)
	}
	if ctx.Err() != nil {
		return snapshot.Revision(), false
	}
	return snapshot.Revision(), q.publish(snapshot)
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

// look scans what has not been looked at, chunk by chunk from the newest, until
// the interval is over or ctx ends. At least one chunk is done, so every step
// gets on.
func (q *Query) look(ctx context.Context, snapshot *history.Snapshot) {
	var todo []int
	for k := len(q.chunks) - 1; k >= 0; k-- {
		if q.chunks[k].rows < snapshot.Chunk(k).Len() {
			todo = append(todo, k)
		}
	}
	deadline := time.Now().Add(q.options.Interval)
	var next atomic.Int64
	work := func(s *scan) {
		for ctx.Err() == nil {
			// Each index is drawn once, so each chunk has one worker.
			i := int(next.Add(1)) - 1
			if i >= len(todo) || i > 0 && time.Now().After(deadline) {
				return
			}
			q.chunks[todo[i]].look(s, snapshot.Chunk(todo[i]))
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
}

// look scans the rows of a chunk that have not been looked at.
func (l *looked) look(s *scan, chunk history.Chunk) {
	found := s.rows(chunk, l.rows, chunk.Len())
	// Results that were published hold the old set: it stays as it is.
	fresh := found.count()
	wellFormed := fresh - malformedAmong(found, chunk, l.rows)
	found.add(l.found)
	l.found, l.rows = found, chunk.Len()
	l.count += fresh
	l.shown += wellFormed
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
