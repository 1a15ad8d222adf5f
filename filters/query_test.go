package filters

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
)

// settled waits until a query has looked at everything in its history.
func settled(t *testing.T, q *Query, h *history.History) *Result {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		s := h.Snapshot()
		c := s.Counts()
		s.Close()
		r := q.Result()
		done := r.Done && r.Books.Received == c.Received && r.Books.Evicted == c.Evicted
		if done && (!q.filter.late || differs(r, q.filter, h) == "") { // late changes come later
			return r
		}
	}
	t.Fatalf("the query did not get done: %+v", q.Result())
	return nil
}

// checkResult compares a result with asking each message, and checks the laws
// of an order.
func checkResult(t *testing.T, r *Result, f *Filter, h *history.History) {
	t.Helper()
	if wrong := differs(r, f, h); wrong != "" {
		t.Fatal(wrong)
	}
	checkOrder(t, r)
	if i, exact := r.Find(1 << 60); i != r.Len() || exact {
		t.Errorf("%s: a row behind all is found at %d, %v", f, i, exact)
	}
}

// differs says where a result is not what asking each message says; "" when it
// is.
func differs(r *Result, f *Filter, h *history.History) string {
	s := h.Snapshot()
	defer s.Close()
	var want []history.Row
	var shown uint64
	for row := s.First(); row < s.End(); row++ {
		m, _ := s.Message(row)
		late, _ := s.Late(row)
		if f.match(subject{&m, late.Verdict, s.Signer(row), late.Marks}) {
			want = append(want, row)
			if !m.Malformed() {
				shown++
			}
		}
	}
	if r.Len() != len(want) || r.Books.Shown != shown || r.TotalRows != uint64(s.Len()) {
		return fmt.Sprintf("%s: %d rows, %+v; want %d rows, %d shown of %d", f, r.Len(), r.Books, len(want), shown, s.Len())
	}
	for i, row := range want {
		if r.Row(i) != row {
			return fmt.Sprintf("%s: row %d is %d, want %d", f, i, r.Row(i), row)
		}
	}
	return ""
}

// checkOrder checks that Row and Find are each other's inverse.
func checkOrder(t *testing.T, o history.Order) {
	t.Helper()
	var next history.Row
	for i := range o.Len() {
		row := o.Row(i)
		if row < next {
			t.Fatalf("row %d at %d stands behind %d", row, i, next)
		}
		for _, gap := range []history.Row{next, (next + row) / 2, row} {
			if gap < next {
				continue
			}
			if at, exact := o.Find(gap); at != i || exact != (gap == row) {
				t.Fatalf("row %d is found at %d, %v; the next one is %d at %d", gap, at, exact, row, i)
			}
		}
		next = row + 1
	}
}

func TestQueryFindsWhatIsThereAndWhatComes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	for _, text := range []string{"", "topic:git*", "kernel", "-kernel", "is:malformed", "topic:git* | systemd -env:dev", "nothing-like-this"} {
		h := history.New(history.Options{BudgetBytes: 200 << 10, ChunkRows: 150, ChunkBytes: 16 << 10, MaxNames: 40})
		h.Append(randomMessages(random, 1000))
		f := must(t, text)
		q := Start(context.Background(), h, f, QueryOptions{Interval: time.Millisecond, Workers: 3})
		checkResult(t, settled(t, q, h), f, h)
		for range 10 { // evictions among them
			h.Append(randomMessages(random, random.IntN(400)))
			checkResult(t, settled(t, q, h), f, h)
		}
		q.Stop()
		q.Stop()
		s := h.Snapshot()
		if s.First() == 0 {
			t.Error("nothing was evicted: the test tests less than it should")
		}
		s.Close()
		if n := h.OpenSnapshots(); n != 0 {
			t.Errorf("%q: %d snapshots left open", text, n)
		}
		h.Close()
	}
}

// TestEveryResultBalances looks at every result while writers write.
func TestEveryResultBalances(t *testing.T) {
	h := history.New(history.Options{BudgetBytes: 300 << 10, ChunkRows: 100, ChunkBytes: 16 << 10, MergeDuplicates: true})
	defer h.Close()
	var writing sync.WaitGroup
	writing.Go(func() {
		random := rand.New(rand.NewPCG(3, 6))
		for range 2000 {
			judgeSome(random, h, random.IntN(20))
		}
	})
	for w := range 2 {
		writing.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 6))
			for range 150 {
				h.Append(randomMessages(random, random.IntN(30)))
			}
		})
	}
	var queries []*Query
	for _, text := range []string{"", "topic:git*", "kernel", "-is:malformed", "sig:ok,invalid", "-sig:pending kernel", "cn:bodhi*"} {
		queries = append(queries, Start(context.Background(), h, must(t, text), QueryOptions{Interval: time.Microsecond}))
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	for last, running := map[*Query]uint64{}, true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		for _, q := range queries {
			r := q.Result()
			if r.Books.Difference() != 0 {
				t.Fatalf("%q: off by %d: %+v", q.Filter(), r.Books.Difference(), r.Books)
			}
			if r.Revision < last[q] || r.ScannedRows > r.TotalRows || r.Done != (r.ScannedRows == r.TotalRows) || uint64(r.Len()) > r.ScannedRows {
				t.Fatalf("%q: %+v", q.Filter(), r)
			}
			last[q] = r.Revision
			if r.Len() > 0 {
				if i, exact := r.Find(r.Row(r.Len() - 1)); !exact || i != r.Len()-1 {
					t.Fatalf("%q: the last row is found at %d of %d", q.Filter(), i, r.Len())
				}
			}
		}
	}
	for _, q := range queries {
		checkResult(t, settled(t, q, h), q.Filter(), h)
		q.Stop()
	}
}

// TestNewestRowsFirst: what is found before all is looked at is the newest.
func TestNewestRowsFirst(t *testing.T) {
	h := history.New(history.Options{ChunkRows: 64, ChunkBytes: 64 << 10})
	defer h.Close()
	for i := range 6400 {
		h.Append([]bus.Message{message(fmt.Sprintf("t.%d", i%10), `{"msg":{}}`)})
	}
	q := &Query{filter: must(t, "topic:t.3"), history: h, options: QueryOptions{Interval: 1}}
	q.answers = newAnswers(q.filter)
	q.scans = []*scan{{answers: q.answers}}
	steps := 0
	for done := false; !done; steps++ {
		_, done = q.step(context.Background())
		r := q.Result()
		if r.ScannedRows == 0 {
			t.Fatal("a step got nowhere")
		}
		oldest := history.Row(6400 - r.ScannedRows)
		if r.Len() > 0 && r.Row(0) < oldest {
			t.Fatalf("row %d was found before %d", r.Row(0), oldest)
		}
		if want := (r.ScannedRows + 6) / 10; uint64(r.Len()) != want && uint64(r.Len()) != want-1 && uint64(r.Len()) != want+1 {
			t.Fatalf("%d found among the newest %d", r.Len(), r.ScannedRows)
		}
		checkOrder(t, r)
	}
	if steps < 2 {
		t.Error("all was done in one step, in a nanosecond")
	}
}

func TestQueryIsIdleWhenNothingArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := history.New(history.Options{})
		defer h.Close()
		h.Append([]bus.Message{message("t", `{"msg":"a"}`)})
		q := Start(context.Background(), h, must(t, "a"), QueryOptions{})
		time.Sleep(time.Second)
		first := q.Result()
		time.Sleep(time.Hour)
		if q.Result() != first {
			t.Error("results were made of nothing")
		}
		// A flood makes no more results than can be looked at.
		for range 10_000 {
			h.Append([]bus.Message{message("t", `{"msg":"a"}`)})
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(time.Second)
		r := q.Result()
		if made := r.Revision - first.Revision; made < 10 || made > 32 {
			t.Errorf("%d results in a second", made)
		}
		if r.Len() != 10_001 || !r.Done {
			t.Errorf("%d found", r.Len())
		}
		q.Stop()
		h.Append([]bus.Message{message("t", `{"msg":"a"}`)})
		time.Sleep(time.Second)
		if q.Result() != r {
			t.Error("a stopped query went on")
		}
	})
}

func TestQueryEndsWithItsContext(t *testing.T) {
	h := history.New(history.Options{ChunkRows: 10, ChunkBytes: 1 << 20})
	defer h.Close()
	for range 2000 {
		h.Append([]bus.Message{message("t", `{"msg":"`+strings.Repeat("xy", 500)+`"}`)})
	}
	ctx, cancel := context.WithCancel(context.Background())
	q := Start(ctx, h, must(t, `yyyy`), QueryOptions{})
	cancel()
	q.Stop()
	if q.Result() == nil || q.Result().Books.Difference() != 0 {
		t.Errorf("the last result is %+v", q.Result())
	}
	if n := h.OpenSnapshots(); n != 0 {
		t.Errorf("%d snapshots left open", n)
	}
}

func TestFirstResultIsThereAtOnce(t *testing.T) {
	h := history.New(history.Options{})
	defer h.Close()
	h.Append([]bus.Message{message("t", `{"msg":"a"}`)})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for text, want := range map[string]bus.Books{
		"":  {Received: 1, Shown: 1},
		"a": {Received: 1, Hidden: 1},
	} {
		q := Start(ctx, h, must(t, text), QueryOptions{})
		q.Stop()
		if r := q.Result(); r.Books != want || r.Done != (text == "") {
			t.Errorf("%q: %+v", text, r)
		}
	}
}
