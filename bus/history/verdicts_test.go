package history

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

func TestLateWord(t *testing.T) {
	for _, l := range []Late{
		{},
		{Verdict: crypto.WeakKey},
		{Verdict: 255},
		{Copies: 1<<16 - 1},
		{Marks: 1<<16 - 1},
		{Signer: Overflow},
		{Verdict: crypto.OK, Copies: 2, Marks: MarkChanged, Signer: 3},
	} {
		if got := unpackLate(l.word()); got != l {
			t.Errorf("%+v comes back as %+v", l, got)
		}
		for shift := 8; shift < 16; shift++ {
			if l.word()>>shift&1 != 0 {
				t.Errorf("%+v uses a spare bit", l)
			}
		}
	}
}

func TestSetVerdict(t *testing.T) {
	h := New(Options{})
	defer h.Close()
	h.Append([]bus.Message{withID("a"), framed("t", "]"), withID("b")})
	for _, c := range []struct {
		row    Row
		code   crypto.Code
		signer string
		old    crypto.Code
		ok     bool
		late   Late
	}{
		{0, crypto.OK, "koji", crypto.Pending, true, Late{Verdict: crypto.OK, Signer: 1}},
		{0, crypto.Revoked, "koji", crypto.OK, true, Late{Verdict: crypto.Revoked, Signer: 1}},
		{2, crypto.Policy, "bodhi", crypto.Pending, true, Late{Verdict: crypto.Policy, Signer: 2}},
		{0, crypto.Unsigned, "", crypto.Revoked, true, Late{Verdict: crypto.Unsigned}},
		{0, crypto.Pending, "", crypto.Unsigned, true, Late{}},
		{1, crypto.OK, "malformed", crypto.Pending, false, Late{}},
		{3, crypto.OK, "not there", crypto.Pending, false, Late{}},
	} {
		old, ok := h.SetVerdict(c.row, c.code, c.signer)
		s := h.Snapshot()
		late, _ := s.Late(c.row)
		if old != c.old || ok != c.ok || late != c.late {
			t.Errorf("row %d, %s: replaced %s, %v, now %+v", c.row, c.code, old, ok, late)
		}
		want := ""
		if ok {
			want = c.signer
		}
		if got := s.Signer(c.row); got != want || s.SignerName(late.Signer) != want || h.SignerName(late.Signer) != want || s.Chunk(0).SignerName(late.Signer) != want {
			t.Errorf("row %d is signed by %q, want %q", c.row, got, want)
		}
		s.Close()
	}
	s := h.Snapshot()
	defer s.Close()
	if s.Signers() != 3 { // no signer, koji, bodhi: none of refused rows
		t.Errorf("%d signers", s.Signers())
	}
}

func TestSetVerdictsInOneGo(t *testing.T) {
	h := New(Options{BudgetBytes: 40 << 10, ChunkRows: 10, ChunkBytes: 4096})
	defer h.Close()
	for i := range 1000 {
		m := message("t", fmt.Sprint(`{"msg":`, i, `}`))
		if i%7 == 0 {
			m = framed("t", "]")
		}
		h.Append([]bus.Message{m})
	}
	s := h.Snapshot()
	defer s.Close()
	if s.First() == 0 {
		t.Fatal("nothing was evicted: the test tests less than it should")
	}
	signer := h.SignerID("koji")
	var judged []Judged
	for row := Row(0); row < s.End()+20; row++ {
		judged = append(judged, Judged{Row: row, Code: crypto.OK, Signer: signer, Old: 99, OK: true})
	}
	// And some not in order, again.
	oldest, newest := s.First(), s.End()-1
	for oldest%7 == 0 {
		oldest++
	}
	for newest%7 == 0 {
		newest--
	}
	judged = append(judged, Judged{Row: newest, Code: crypto.Bad}, Judged{Row: oldest, Code: crypto.Bad},
		Judged{Row: 1 << 40, OK: true}, Judged{Row: oldest, Code: crypto.Bad})
	before := h.LateRevision()
	written := h.SetVerdicts(judged)
	ok := 0
	for _, one := range judged[:int(s.End())+20] {
		want := one.Row >= s.First() && one.Row < s.End() && one.Row%7 != 0
		if one.OK != want || one.Old != crypto.Pending {
			t.Errorf("row %d: %+v", one.Row, one)
		}
		if want {
			ok++
		}
	}
	last := judged[len(judged)-4:]
	for i, want := range []Judged{{OK: true, Old: crypto.OK}, {OK: true, Old: crypto.OK}, {}, {OK: true, Old: crypto.Bad}} {
		if last[i].OK != want.OK || want.OK && last[i].Old != want.Old {
			t.Errorf("%+v, want %v, %s", last[i], want.OK, want.Old)
		}
		if want.OK {
			ok++
		}
	}
	if written != ok {
		t.Errorf("%d written, want %d", written, ok)
	}
	// One change a chunk, two for the rows that went back; the last one
	// changed nothing.
	if got, want := h.LateRevision()-before, uint64(s.Chunks()+2); got != want {
		t.Errorf("%d changes in %d chunks, want %d", got, s.Chunks(), want)
	}
	// A change counts also when what stands behind it in the batch is none.
	row := s.First() + 1
	for row%7 != 1 { // at most seven on, so both are of the oldest ten
		row++
	}
	before = h.LateRevision()
	h.SetVerdicts([]Judged{{Row: row, Code: crypto.Revoked}, {Row: row + 1, Code: crypto.OK, Signer: signer}})
	if got := h.LateRevision() - before; got != 1 {
		t.Errorf("%d changes, want 1", got)
	}
	if h.SetVerdicts(nil) != 0 {
		t.Error("verdicts about nothing")
	}
}

// verdictsOf counts the rows of a snapshot by class, as tallies should have it
// when nothing was evicted.
func verdictsOf(s *Snapshot) (all [crypto.Classes]uint64, byTopic, bySource map[uint16][crypto.Classes]uint64) {
	byTopic, bySource = map[uint16][crypto.Classes]uint64{}, map[uint16][crypto.Classes]uint64{}
	for row := s.First(); row < s.End(); row++ {
		late, _ := s.Late(row)
		class := late.Verdict.Class()
		if class == crypto.ClassPending {
			continue
		}
		m, _ := s.Meta(row)
		t, b := byTopic[uint16(m.Topic)], bySource[uint16(m.Source)]
		t[class]++
		b[class]++
		all[class]++
		byTopic[uint16(m.Topic)], bySource[uint16(m.Source)] = t, b
	}
	return all, byTopic, bySource
}

// TestTalliesBalance judges rows over and over and counts again from the rows.
func TestTalliesBalance(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	h := New(Options{ChunkRows: 50, MaxNames: 20})
	defer h.Close()
	malformed := map[TopicID]uint64{}
	var judges sync.WaitGroup
	for round := range 40 {
		for range 20 {
			m := message(fmt.Sprintf("t.%d", random.IntN(30)), `{"msg":{}}`)
			m.Source = bus.SourceID(random.IntN(3) * 1000)
			if random.IntN(5) == 0 {
				m.Problem.Code = bus.ProblemSize
			}
			row := h.Append([]bus.Message{m}).First
			if m.Malformed() {
				s := h.Snapshot()
				meta, _ := s.Meta(row)
				s.Close()
				malformed[meta.Topic]++
			}
		}
		for j := range 3 {
			random := rand.New(rand.NewPCG(uint64(round), uint64(j)))
			judges.Go(func() {
				for range 50 {
					judged := make([]Judged, random.IntN(10))
					for k := range judged {
						judged[k] = Judged{Row: Row(random.IntN(20 * (round + 1))), Code: crypto.Code(random.IntN(crypto.Codes))}
					}
					h.SetVerdicts(judged)
				}
			})
		}
		judges.Wait()
		s := h.Snapshot()
		all, byTopic, bySource := verdictsOf(s)
		if h.Verdicts() != all {
			t.Fatalf("%v, want %v", h.Verdicts(), all)
		}
		for topic := range s.TopicTotals() {
			v := byTopic[uint16(topic.ID)]
			if topic.Verdicts != v || topic.Malformed != malformed[topic.ID] ||
				topic.Problems != topic.Malformed+v[crypto.ClassDenied]+v[crypto.ClassInvalid] || topic.Totals != s.TopicTotal(topic.ID) {
				t.Fatalf("%+v, want %v and %d malformed", topic, v, malformed[topic.ID])
			}
		}
		for source := range s.SourceTotals() {
			if source.Verdicts != bySource[uint16(source.Source)] || source.Totals != s.SourceTotal(source.Source) {
				t.Fatalf("%+v, want %v", source, bySource[uint16(source.Source)])
			}
		}
		s.Close()
	}
}

// TestJudgesAppenderEvictionsReaders lets everything happen at once. Judges note
// what each of their verdicts replaced: taken together these must be the
// tallies, also of rows that are gone.
func TestJudgesAppenderEvictionsReaders(t *testing.T) {
	h := New(Options{BudgetBytes: 128 << 10, ChunkRows: 32, ChunkBytes: 8 << 10, MergeDuplicates: true})
	var over atomic.Bool
	var working, reading sync.WaitGroup
	working.Go(func() {
		for i := range 3000 {
			n := i - i%3/2 // every third message is a copy of the one before
			m := message(fmt.Sprintf("t.%d", n%40), fmt.Sprintf(`{"msg":"%s","msg_id":"%d"}`, strings.Repeat("x", n%300), n))
			h.Append([]bus.Message{m})
		}
	})
	var judged [4][crypto.Classes]int64
	for j := range judged {
		working.Go(func() {
			random := rand.New(rand.NewPCG(uint64(j), 3))
			for range 600 {
				s := h.Snapshot()
				// Some are evicted, some do not exist yet.
				first := max(s.First(), 40) - 40
				span := int(s.End()-first) + 20
				s.Close()
				batch := make([]Judged, random.IntN(20))
				for k := range batch {
					code := crypto.Code(random.IntN(crypto.Codes))
					batch[k] = Judged{Row: first + Row(random.IntN(span)), Code: code, Signer: h.SignerID("signer of " + code.String())}
				}
				h.SetVerdicts(batch)
				row, code := first+Row(random.IntN(span)), crypto.Code(random.IntN(crypto.Codes))
				old, ok := h.SetVerdict(row, code, "signer of "+code.String())
				for _, one := range append(batch, Judged{Row: row, Code: code, Old: old, OK: ok}) {
					if one.OK {
						judged[j][one.Code.Class()]++
						judged[j][one.Old.Class()]--
						h.SetMarks(one.Row, MarkChanged, 0)
					}
				}
			}
		})
	}
	for range 2 {
		reading.Go(func() {
			for !over.Load() {
				for class, n := range h.Verdicts() {
					if n > 1<<40 {
						t.Errorf("%d messages are %s", int64(n), crypto.Class(class))
					}
				}
				s := h.Snapshot()
				for topic := range s.TopicTotals() {
					if topic.Problems > 1<<40 {
						t.Errorf("%+v", topic)
					}
				}
				for row := s.First(); row < s.End(); row++ {
					// A verdict and its signer are one.
					late, _ := s.Late(row)
					if name := s.SignerName(late.Signer); late.Signer != 0 && name != "signer of "+late.Verdict.String() || late.Signer == 0 && late.Verdict != 0 {
						t.Errorf("%+v, signed by %q", late, name)
					}
				}
				s.Close()
			}
		})
	}
	working.Wait()
	over.Store(true)
	reading.Wait()
	var want [crypto.Classes]uint64
	for _, one := range judged {
		for class, n := range one {
			want[class] += uint64(n) // signed sums wrap back
		}
	}
	want[crypto.ClassPending] = 0
	if h.Verdicts() != want {
		t.Errorf("%v, want %v", h.Verdicts(), want)
	}
	s := h.Snapshot()
	if s.First() == 0 || s.Counts().Duplicates == 0 {
		t.Errorf("nothing was evicted or merged: the test tests less than it should: %+v", s.Counts())
	}
	var byTopic [crypto.Classes]uint64
	for topic := range s.TopicTotals() {
		for class, n := range topic.Verdicts {
			byTopic[class] += n
		}
	}
	if byTopic != want {
		t.Errorf("topics add up to %v, want %v", byTopic, want)
	}
	s.Close()
	if h.Close(); h.Verdicts() != want {
		t.Error("Close changed what was judged")
	}
	if _, ok := h.SetVerdict(3000, crypto.OK, ""); ok || h.SetVerdicts([]Judged{{Row: 2999}}) != 0 {
		t.Error("a closed history took a verdict")
	}
}

func TestLateChangedWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{MergeDuplicates: true})
		defer h.Close()
		h.Append([]bus.Message{withID("a"), withID("b")})
		isClosed := func(c <-chan struct{}) bool {
			select {
			case <-c:
				return true
			default:
				return false
			}
		}
		for name, change := range map[string]func(){
			"verdict":   func() { h.SetVerdict(0, crypto.OK, "") },
			"verdicts":  func() { h.SetVerdicts([]Judged{{Row: 1, Code: crypto.Bad}}) },
			"mark":      func() { h.SetMarks(0, MarkChanged, 0) },
			"duplicate": func() { h.Append([]bus.Message{withID("a")}) },
		} {
			old := h.LateRevision()
			waiting := h.LateChanged(old)
			h.Append([]bus.Message{withID(name)})
			h.SetMarks(0, 0, 2)
			if isClosed(waiting) {
				t.Errorf("%s: woken by a message and by no change", name)
			}
			change()
			if !isClosed(waiting) || !isClosed(h.LateChanged(old)) || isClosed(h.LateChanged(h.LateRevision())) {
				t.Errorf("%s: not woken, or woken again", name)
			}
		}
		// Nobody misses the last change, however they interleave.
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					seen := h.LateRevision()
					s := h.Snapshot()
					late, _ := s.Late(0)
					s.Close()
					if late.Verdict == crypto.WeakKey {
						return
					}
					<-h.LateChanged(seen)
				}
			})
		}
		for n := range 1000 {
			h.SetVerdict(0, crypto.Code(n%int(crypto.WeakKey)), "")
		}
		h.SetVerdict(0, crypto.WeakKey, "")
		all.Wait()
	})
}
