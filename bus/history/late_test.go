package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

func TestLateColumns(t *testing.T) {
	h := New(Options{BudgetBytes: 64 << 10, ChunkBytes: 8 << 10})
	defer h.Close()
	h.Append([]bus.Message{withID("a"), withID("b")})
	s := h.Snapshot()
	before := s.LateRevision()
	if _, ok := h.SetVerdict(1, crypto.Bad, "koji"); !ok || !h.SetMarks(1, 0b110, 0) || !h.SetMarks(1, 0b1000, 0b10) {
		t.Fatal("a kept row was refused")
	}
	if got, _ := s.Late(1); got != (Late{Verdict: crypto.Bad, Marks: 0b1100, Signer: 1}) {
		t.Errorf("late columns %+v", got)
	}
	if got, _ := s.Late(0); got != (Late{}) {
		t.Errorf("the row before has %+v", got)
	}
	if s.LateRevision() != before+3 || s.Chunk(0).LateRevision() != 3 {
		t.Errorf("revision %d after %d, of the chunk %d", s.LateRevision(), before, s.Chunk(0).LateRevision())
	}
	// What changes nothing is no change: nobody need look again.
	if old, ok := h.SetVerdict(1, crypto.Bad, "koji"); !ok || old != crypto.Bad || !h.SetMarks(1, 0b1000, 0b10) {
		t.Error("the same again was refused")
	}
	if s.LateRevision() != before+3 || s.Chunk(0).LateRevision() != 3 {
		t.Errorf("revision %d after the same again", s.LateRevision())
	}
	s.Close()
	if _, ok := h.SetVerdict(2, crypto.OK, ""); ok {
		t.Error("a row that does not exist yet took a verdict")
	}
	for i := range 1000 {
		h.Append([]bus.Message{filler(i, 1000)})
	}
	if _, ok := h.SetVerdict(1, crypto.OK, "new"); ok || h.SetMarks(1, 1, 0) || h.signers.len() != 2 {
		t.Error("an evicted row took a verdict, a name or a mark")
	}
	// The chunk's block has been used again: nothing may be left in it.
	s = h.Snapshot()
	defer s.Close()
	for row := s.First(); row < s.End(); row++ {
		if late, _ := s.Late(row); late != (Late{}) {
			t.Fatalf("row %d begins with %+v", row, late)
		}
	}
}

func TestLateColumnsOfOneRowFromManySides(t *testing.T) {
	h := New(Options{MergeDuplicates: true})
	defer h.Close()
	h.Append([]bus.Message{withID("a")})
	var all sync.WaitGroup
	all.Go(func() {
		for n := range 1000 {
			h.SetVerdict(0, crypto.Code(n%crypto.Codes), fmt.Sprint(n%7))
		}
	})
	all.Go(func() {
		for range 1000 {
			h.Append([]bus.Message{withID("a")})
		}
	})
	for bit := range 4 {
		all.Go(func() { h.SetMarks(0, 1<<bit, 0) })
	}
	all.Wait()
	s := h.Snapshot()
	defer s.Close()
	if late, _ := s.Late(0); late != (Late{Verdict: crypto.Code(999 % crypto.Codes), Copies: 1000, Marks: 0b1111, Signer: late.Signer}) || s.Signer(0) != "5" {
		t.Errorf("%+v, signed by %s", late, s.Signer(0))
	}
}

func TestDuplicatesMerge(t *testing.T) {
	const uuid = "7f3e51c0-8a0e-4e21-9f7b-000000000001"
	cases := []struct {
		name, first, second string
		duplicate           bool
	}{
		{"the same", "2026-" + uuid, "2026-" + uuid, true},
		{"one without the year", "2026-" + uuid, uuid, true},
		{"without, then with", uuid, "2026-" + uuid, true},
		{"around New Year", "2025-" + uuid, "2026-" + uuid, true},
		{"short ids with years", "2025-x", "2026-x", false},
		{"not a year", "20x6-" + uuid, uuid, false},
		{"another", "2026-" + uuid, "2026-7f3e51c0-8a0e-4e21-9f7b-000000000002", false},
		{"written differently", `\u0061b`, "ab", true},
		{"empty ids", "", "", true},
	}
	for _, c := range cases {
		for _, merge := range []bool{true, false} {
			h := New(Options{MergeDuplicates: merge, ChunkBytes: 4096})
			a := h.Append([]bus.Message{withID("before"), withID(c.first), withID(c.second)})
			s := h.Snapshot()
			late, _ := s.Late(1)
			wantCopies := 0
			if c.duplicate && merge {
				wantCopies = 1
			}
			if int(late.Copies) != wantCopies || a.Duplicates != wantCopies || s.Len() != 3-wantCopies || s.Counts().Duplicates != uint64(wantCopies) {
				t.Errorf("%s, merging %v: %d copies, %+v, %d rows", c.name, merge, late.Copies, a, s.Len())
			}
			s.Close()
			h.Close()
		}
		if got := SameID(unquote(c.first), unquote(c.second)); got != c.duplicate {
			t.Errorf("%s: SameID is %v", c.name, got)
		}
	}
}

func unquote(s string) string { return string(bus.AppendUnquoted(nil, []byte(s))) }

func TestMalformedMessagesAreNoDuplicates(t *testing.T) {
	h := New(Options{MergeDuplicates: true})
	defer h.Close()
	bad := framed("\xff", `{"msg_id":"a"}`)
	h.Append([]bus.Message{bad, bad, message("t", `{}`), message("t", `{}`)})
	s := h.Snapshot()
	defer s.Close()
	if s.Len() != 4 || s.Counts().Duplicates != 0 {
		t.Errorf("%d rows, %+v", s.Len(), s.Counts())
	}
}

// TestIDsAgainstAModel: a message is a duplicate exactly when the row with its
// id is still kept.
func TestIDsAgainstAModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	h := New(Options{BudgetBytes: 200 << 10, ChunkRows: 100, ChunkBytes: 16 << 10, MergeDuplicates: true})
	defer h.Close()
	rowOf := map[string]Row{}
	evicted := false
	for range 12_000 {
		id := fmt.Sprint(random.IntN(2500))
		s := h.Snapshot()
		row, seen := rowOf[id]
		want := seen && s.Has(row)
		evicted = evicted || seen && !s.Has(row)
		s.Close()
		a := h.Append([]bus.Message{withID(id)})
		if (a.Duplicates == 1) != want {
			t.Fatalf("id %s: duplicate %v, want %v", id, a.Duplicates == 1, want)
		}
		if a.Duplicates == 0 {
			rowOf[id] = a.First
		}
	}
	if !evicted {
		t.Error("no id came again after its eviction: the test tests less than it should")
	}
	kept := h.end - h.chunks[0].first
	if h.ids.count != int(kept) {
		t.Errorf("%d ids for %d rows", h.ids.count, kept)
	}
}

// TestIDIndexRemoves: taking out slots that crowd around the table's end keeps
// the others findable.
func TestIDIndexRemoves(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var x idIndex
	type entry struct {
		tag uint32
		row Row
	}
	var there []entry
	find := func(e entry) bool {
		for i := x.home(e.tag); x.slots[i] != 0; i = x.next(i) {
			if x.slots[i] == slotOf(e.tag, e.row) {
				return true
			}
		}
		return false
	}
	for row := range Row(20_000) {
		// Few homes, many of them at the end of the table.
		e := entry{uint32(random.IntN(8))<<22 | 1, row}
		if random.IntN(2) == 0 {
			e.tag = ^uint32(random.IntN(1 << 24))
		}
		x.insert(e.tag, e.row)
		there = append(there, e)
		for len(there) > 300 {
			k := random.IntN(len(there))
			x.remove(there[k].tag, there[k].row)
			there = slices.Delete(there, k, k+1)
		}
		if row%500 == 0 {
			for _, e := range there {
				if !find(e) {
					t.Fatalf("%+v is not found any more", e)
				}
			}
		}
	}
	if x.count != len(there) || len(x.slots) != minSlots {
		t.Errorf("%d counted, %d there, %d slots", x.count, len(there), len(x.slots))
	}
}

func TestChangedWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(Options{})
		defer h.Close()
		revision := func() uint64 {
			s := h.Snapshot()
			defer s.Close()
			return s.Revision()
		}
		open := func(c <-chan struct{}) bool {
			select {
			case <-c:
				return false
			default:
				return true
			}
		}
		old := revision()
		a, b := h.Changed(old), h.Changed(old)
		if !open(a) || !open(b) {
			t.Fatal("woken for nothing")
		}
		h.Append([]bus.Message{withID("a")})
		if open(a) || open(b) {
			t.Error("not woken by a message")
		}
		if open(h.Changed(old)) {
			t.Error("a change in the past was not noticed")
		}
		// Nobody misses the last change, however they interleave.
		var end sync.WaitGroup
		for range 4 {
			end.Go(func() {
				for {
					s := h.Snapshot()
					last, seen := s.Revision(), s.Counts().Received
					s.Close()
					if seen == 1001 {
						return
					}
					<-h.Changed(last)
				}
			})
		}
		for range 1000 {
			h.Append([]bus.Message{withID("b")})
			time.Sleep(time.Microsecond)
		}
		end.Wait()
	})
}
