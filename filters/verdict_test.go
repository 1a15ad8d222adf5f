package filters

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
)

func TestVerdictTerms(t *testing.T) {
	m, bad := message("t", `{"msg":{}}`), message("t", "]")
	for _, c := range []struct {
		filter string
		code   crypto.Code
		signer string
		want   bool
		bad    bool // and of a malformed message
	}{
		{"sig:ok", crypto.OK, "", true, false},
		{"sig:ok", crypto.Repaired, "", false, false},
		{"sig:caveat", crypto.Repaired, "", true, false},
		{"sig:repaired,bad", crypto.Bad, "", true, false},
		{"sig:invalid", crypto.Revoked, "", true, false},
		{"sig:denied", crypto.Revoked, "", false, false},
		{"sig:malformed", crypto.Malformed, "", true, false},
		{"sig:pending", crypto.Pending, "", true, false},
		{"sig:pending", crypto.OK, "", false, false},
		{"-sig:pending", crypto.Pending, "", false, true},
		{"-sig:ok", crypto.Pending, "", true, true},
		{"cn:koji-*", crypto.OK, "koji-01", true, true},
		{"cn:koji-*", crypto.Bad, "koji-01", true, true},
		{"cn:koji", crypto.OK, "koji-01", false, false},
		{"cn:koji-01", crypto.OK, "the koji-01", false, false},
		{"cn:org", crypto.OK, "koji.example.org", false, false},
		{"cn:*.example.org", crypto.OK, "koji.example.org", true, true},
		{"cn:a,koji*org", crypto.OK, "koji.example.org", true, true},
		{`cn:"two words"`, crypto.OK, "two words", true, true},
		{"cn:Koji*", crypto.OK, "koji", false, false},
		{"cn:*", crypto.OK, "koji", true, true},
		{"cn:*", crypto.Unsigned, "", false, false},
		{"-cn:*", crypto.Unsigned, "", true, true},
		{"is:changed", crypto.OK, "", false, false},
		{"is:changed,live", crypto.OK, "", true, true},
	} {
		f := must(t, c.filter)
		if got := f.MatchJudged(&m, c.code, c.signer); got != c.want {
			t.Errorf("%s on %s by %q is %v", f, c.code, c.signer, got)
		}
		if got := f.MatchJudged(&bad, c.code, c.signer); got != c.bad {
			t.Errorf("%s on a malformed message is %v", f, got)
		}
		if f.MatchMessage(&m) != f.MatchJudged(&m, crypto.Pending, "") {
			t.Errorf("%s: a message that is not judged is not pending", f)
		}
	}
}

func TestNeedsVerdict(t *testing.T) {
	for text, want := range map[string][2]bool{ // verdicts, late columns at all
		"":                             {false, false},
		"topic:a* kernel is:malformed": {false, false},
		"sig:ok":                       {true, true},
		"-sig:ok":                      {true, true},
		"a (b OR -(c cn:x))":           {true, true},
		"topic:a -(mod:b OR sig:bad)":  {true, true},
		"is:changed":                   {false, true},
		`"sig:ok"`:                     {false, false},
	} {
		f := must(t, text)
		if got := [2]bool{f.NeedsVerdict(), f.late}; got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// TestSignersThatAnswersDoNotKnow: verdicts arrive during a scan, with names
// that are new, or that history has no room for.
func TestSignersThatAnswersDoNotKnow(t *testing.T) {
	h := history.New(history.Options{MaxNames: 4})
	defer h.Close()
	h.Append(slices.Repeat([]bus.Message{message("t", "{}")}, 5))
	s := h.Snapshot()
	defer s.Close()
	for text, want := range map[string]string{
		"cn:*":          "koji-1 koji-2 bodhi full ",
		"cn:koji*":      "koji-1 koji-2 ",
		"cn:koji*,**":   "koji-1 koji-2 bodhi full ",
		"cn:full*":      "", // nobody knows any more
		"-cn:bodhi":     "koji-1 koji-2 full none ",
		"cn:b* sig:bad": "bodhi ",
	} {
		a := newAnswers(must(t, text))
		a.learn(s)
		names := []string{"koji-1", "koji-2", "bodhi", "full", "none"}
		for i, name := range names {
			h.SetVerdict(history.Row(i), crypto.Bad, strings.TrimSuffix(name, "none"))
		}
		one, got := scan{answers: a}, ""
		for i := range one.rows(s.Chunk(0), 0, 5).all() {
			got += names[i] + " "
		}
		if got != want {
			t.Errorf("%s finds %q, want %q", text, got, want)
		}
	}
}

// judged is the i-th of some messages with a verdict, a signer and marks.
func judged(m *bus.Message, i int) subject {
	s := subject{Message: m}
	if m.Malformed() {
		return s
	}
	s.code = crypto.Code(i * 7 % (crypto.Codes + 5) % crypto.Codes) // more of the first ones
	s.signer = []string{"", "koji-x86-01.example.org", "bodhi.example.org", "odd name"}[i*3%4]
	if s.code == crypto.Pending {
		s.signer = ""
	}
	s.marks = history.Marks(i / 3 % 4) // MarkChanged and another one
	return s
}

// judge writes down what judged says about all rows.
func judge(h *history.History, messages []bus.Message) {
	for i := range messages {
		s := judged(&messages[i], i)
		h.SetVerdict(history.Row(i), s.code, s.signer)
		h.SetMarks(history.Row(i), s.marks, 0)
	}
}

// judgeSome judges some rows, of which some do not exist.
func judgeSome(random *rand.Rand, h *history.History, n int) {
	s := h.Snapshot()
	first, span := s.First(), s.Len()+10
	s.Close()
	batch := make([]history.Judged, n)
	start := random.IntN(span)
	for i := range batch {
		batch[i] = history.Judged{
			Row:    first + history.Row((start+i*random.IntN(3))%span),
			Code:   crypto.Code(random.IntN(crypto.Codes)),
			Signer: h.SignerID([]string{"", "koji-01", "koji-02", "bodhi", fmt.Sprint("x", random.IntN(100))}[random.IntN(5)]),
		}
	}
	h.SetVerdicts(batch)
	for _, one := range batch {
		if one.OK && one.Old != one.Code && one.Old != crypto.Pending {
			h.SetMarks(one.Row, history.MarkChanged, 0)
		}
	}
}

// TestVerdictsArriveLate: rows are judged, judged again, and evicted, and an
// interval later each result is what it should be.
func TestVerdictsArriveLate(t *testing.T) {
	for _, text := range []string{"sig:invalid", "sig:pending", "-sig:ok", "cn:koji-*", "-cn:x*", "is:changed", "sig:ok,caveat kernel", "topic:git* | sig:denied", "-(sig:bad kernel) -is:malformed"} {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(10, 10))
			h := history.New(history.Options{BudgetBytes: 200 << 10, ChunkRows: 150, ChunkBytes: 16 << 10, MaxNames: 90})
			defer h.Close()
			h.Append(randomMessages(random, 1000))
			f := must(t, text)
			q := Start(t.Context(), h, f, QueryOptions{Workers: 3})
			defer q.Stop()
			for round := range 30 {
				judgeSome(random, h, random.IntN(300))
				if round%3 == 0 {
					h.Append(randomMessages(random, random.IntN(200)))
				}
				time.Sleep(2*defaultInterval + 1)
				synctest.Wait()
				r := q.Result()
				if r.Books.Difference() != 0 || !r.Done {
					t.Fatalf("%s: off by %d: %+v", f, r.Books.Difference(), r)
				}
				checkResult(t, r, f, h)
			}
			s := h.Snapshot()
			defer s.Close()
			if s.First() == 0 {
				t.Error("nothing was evicted: the test tests less than it should")
			}
		})
	}
}

// counted counts how many rows a predicate is asked about.
type counted struct {
	predicate
	scans, rows int
}

func (c *counted) narrow(s *scan, rows bitset) {
	c.scans++
	c.rows += rows.count()
	c.predicate.narrow(s, rows)
}

func TestOnlyWhatChangedIsLookedAtAgain(t *testing.T) {
	for text, late := range map[string]bool{"sig:bad": true, "cn:x": true, "is:changed": true, "t": false, "topic:t": false, "is:live": false} {
		synctest.Test(t, func(t *testing.T) {
			h := history.New(history.Options{ChunkRows: 10, MergeDuplicates: true})
			defer h.Close()
			h.Append(slices.Repeat([]bus.Message{message("t", "{}")}, 45))
			f := must(t, text)
			count := &counted{predicate: f.predicate}
			f.predicate = count
			var q *Query
			for _, c := range []struct {
				what              string
				do                func()
				scans, rows       int // when the filter looks at late columns
				otherScans, other int // and when not
			}{
				{"its start", func() { q = Start(t.Context(), h, f, QueryOptions{Workers: 1}) }, 5, 45, 5, 45},
				{"nothing", func() {}, 0, 0, 0, 0},
				{"a verdict", func() { h.SetVerdict(7, crypto.Bad, "x") }, 1, 10, 0, 0},
				{"the same verdict", func() { h.SetVerdict(7, crypto.Bad, "x") }, 0, 0, 0, 0},
				{"many in one chunk", func() {
					for i := range 5 {
						h.SetVerdict(history.Row(20+i), crypto.OK, "x")
					}
				}, 1, 10, 0, 0},
				{"in two chunks", func() {
					h.SetVerdicts([]history.Judged{{Row: 39, Code: crypto.OK}, {Row: 40, Code: crypto.OK}})
				}, 2, 15, 0, 0},
				{"a mark", func() { h.SetMarks(0, history.MarkChanged, 0) }, 1, 10, 0, 0},
				{"new rows", func() { h.Append(slices.Repeat([]bus.Message{message("t", "{}")}, 7)) }, 2, 7, 2, 7},
				{"both", func() {
					h.Append(slices.Repeat([]bus.Message{message("t", "{}")}, 2))
					h.SetVerdict(50, crypto.OK, "")
				}, 1, 4, 1, 2},
				{"nothing again", func() {}, 0, 0, 0, 0},
			} {
				before, was := *count, (*Result)(nil)
				if q != nil {
					was = q.Result()
				}
				c.do()
				time.Sleep(time.Hour)
				synctest.Wait()
				want := [2]int{c.otherScans, c.other}
				if late {
					want = [2]int{c.scans, c.rows}
				}
				if got := [2]int{count.scans - before.scans, count.rows - before.rows}; got != want {
					t.Errorf("%s after %s: %d scans, %d rows; want %v", text, c.what, got[0], got[1], want)
				}
				if want[0] == 0 && q.Result() != was {
					t.Errorf("%s after %s: a result was made of nothing", text, c.what)
				}
			}
			q.Stop()
		})
	}
}

// TestVerdictWakesAQueryAtRest: within an interval, and however many come, no
// more often than that.
func TestVerdictWakesAQueryAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := history.New(history.Options{})
		defer h.Close()
		h.Append(slices.Repeat([]bus.Message{message("t", "{}")}, 10_000))
		q := Start(t.Context(), h, must(t, "sig:bad"), QueryOptions{})
		defer q.Stop()
		time.Sleep(time.Hour)
		h.SetVerdict(5, crypto.Bad, "")
		time.Sleep(defaultInterval)
		synctest.Wait()
		first := q.Result()
		if first.Len() != 1 || first.Row(0) != 5 {
			t.Errorf("%d rows after an interval", first.Len())
		}
		for i := range 10_000 {
			h.SetVerdict(history.Row(i), crypto.Bad, "")
			time.Sleep(100 * time.Microsecond)
		}
		time.Sleep(time.Second)
		last := q.Result()
		if made := last.Revision - first.Revision; made < 10 || made > 32 {
			t.Errorf("%d results in a second", made)
		}
		if last.Len() != 10_000 || last.Books.Shown != 10_000 {
			t.Errorf("%d found, %+v", last.Len(), last.Books)
		}
		// What was published has not moved.
		if first.Len() != 1 || first.Row(0) != 5 || first.Books.Shown != 1 {
			t.Errorf("an old result has %d rows now", first.Len())
		}
		checkOrder(t, first)
		if n := h.OpenSnapshots(); n != 0 {
			t.Errorf("%d snapshots left open", n)
		}
	})
}

// TestNoChunkWaitsForever: chunks that change all the time do not keep the query
// from the others.
func TestNoChunkWaitsForever(t *testing.T) {
	h := history.New(history.Options{ChunkRows: 10, ChunkBytes: 64 << 10})
	defer h.Close()
	h.Append(slices.Repeat([]bus.Message{message("t", "{}")}, 200))
	q := &Query{filter: must(t, "sig:bad"), history: h, options: QueryOptions{Interval: 1}}
	q.answers = newAnswers(q.filter)
	q.scans = []*scan{{answers: q.answers}}
	for done := false; !done; {
		_, done = q.step(context.Background())
	}
	h.SetVerdict(0, crypto.Bad, "")
	steps := 0
	for q.Result().Len() == 0 {
		// A step does little more than one chunk, and ten change meanwhile.
		for row := history.Row(105); row < 200; row += 10 {
			h.SetVerdict(row, []crypto.Code{crypto.OK, crypto.Repaired}[steps%2], "")
		}
		if _, done := q.step(context.Background()); steps > 20 {
			t.Fatalf("the oldest chunk was not looked at in %d steps, %v", steps, done)
		}
		if steps++; !q.Result().Done || q.Result().Books.Difference() != 0 {
			t.Fatalf("%+v", q.Result())
		}
	}
	// Nor does it rest before all of them had their turn.
	for row := history.Row(5); row < 200; row += 10 {
		h.SetVerdict(row, crypto.Bad, "")
	}
	for done := false; !done; {
		_, done = q.step(context.Background())
	}
	checkResult(t, q.Result(), q.filter, h)
}
