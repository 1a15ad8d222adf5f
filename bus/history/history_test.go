package history

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"fedmsg-tui/bus"
)

// message is a scanned message of two frames.
func message(topic, envelope string) bus.Message { return framed(topic, envelope) }

func framed(frames ...string) bus.Message {
	m := bus.Message{Source: 1, ReceivedUnixNano: 1795437003e9}
	for _, frame := range frames {
		m.Frames = append(m.Frames, []byte(frame))
	}
	m.Scan()
	return m
}

func withID(id string) bus.Message {
	return message("org.fedoraproject.prod.git.receive", fmt.Sprintf(`{"msg":{"n":1},"msg_id":"%s"}`, id))
}

// sample is what comes back from a history, whatever was put in.
type sample struct {
	name string
	m    bus.Message
}

func oddSamples() []sample {
	refused := bus.Message{Problem: bus.Problem{Code: bus.ProblemSize, Count: 99 << 20}, Source: 3}
	cut := framed("a.topic", `{"topic":"a.topic","msg":{"n":1}}`)
	cut.Head, cut.Problem = bus.Head{}, bus.Problem{Code: bus.ProblemSize, Count: 17}
	own := framed("a.b", `{"topic":"a.b","msg":{}}`)
	own.Origin, own.Source = bus.Own, 65535
	return []sample{
		{"usual", framed("org.fedoraproject.prod.git.receive", `{"i":17,"msg":{"a":[1]},"msg_id":"2026-7f3e51c0-8a0e-4e21-9f7b-000000000001","seq_id":4220,"timestamp":1795437003,"topic":"org.fedoraproject.prod.git.receive","username":"apache"}`)},
		{"escaped head", framed("t", `{"username":"caf\u00e9","msg_id":"\u0041b","topic":"\u0074","msg":"\u0041\\n"}`)},
		{"topic differs", framed("x", `{"topic":"y","msg":{}}`)},
		{"no msg", framed("x", `{"body":{},"id":"1"}`)},
		{"empty topic", framed("", `{}`)},
		{"no frames", framed()},
		{"one frame", framed("only")},
		{"three frames", framed("a", "", "ccc")},
		{"empty frames", framed("", "", "", "")},
		{"topic not UTF-8", framed("\xff\xfe", `{"msg_id":"1","msg":{}}`)},
		{"envelope not UTF-8", framed("t", "{\"msg\":\"\xff\"}")},
		{"not JSON", framed("t", "]")},
		{"empty envelope", framed("t", "")},
		{"refused by a transport", refused},
		{"cut by a transport", cut},
		{"own", own},
		{"large", framed("t", `{"msg":"`+strings.Repeat("x", 200<<10)+`"}`)},
	}
}

// same compares messages; a nil frame and an empty one are the same.
func same(a, b bus.Message) bool {
	if len(a.Frames) != len(b.Frames) {
		return false
	}
	for i := range a.Frames {
		if !bytes.Equal(a.Frames[i], b.Frames[i]) {
			return false
		}
	}
	a.Frames, b.Frames = nil, nil
	return reflect.DeepEqual(a, b)
}

func TestRowsComeBackAsTheyWere(t *testing.T) {
	h := New(Options{ChunkBytes: 64 << 10, ChunkRows: 5})
	defer h.Close()
	samples := oddSamples()
	var copies []bus.Message
	for _, s := range samples {
		handed := s.m
		handed.Frames = nil
		for _, frame := range s.m.Frames {
			handed.Frames = append(handed.Frames, bytes.Clone(frame))
		}
		h.Append([]bus.Message{handed})
		for _, frame := range handed.Frames { // the batch is ours again
			clear(frame)
		}
	}
	snapshot := h.Snapshot()
	for i, s := range samples {
		row := Row(i)
		meta, ok := snapshot.Meta(row)
		if !ok || meta.Row != row || meta.Malformed() != s.m.Malformed() || meta.Fields != s.m.Head.Fields ||
			meta.Source != s.m.Source || meta.Origin != s.m.Origin || meta.SeqID != s.m.Head.SeqID || meta.I != s.m.Head.I ||
			meta.SentUnixNano != s.m.Head.SentUnixNano || meta.ReceivedUnixNano != s.m.ReceivedUnixNano {
			t.Errorf("%s: meta %+v of %+v", s.name, meta, s.m)
		}
		if got := snapshot.Problem(row); got != s.m.Problem {
			t.Errorf("%s: problem %+v, want %+v", s.name, got, s.m.Problem)
		}
		if got := snapshot.Topic(row); got != string(s.m.Topic()) {
			t.Errorf("%s: topic %q", s.name, got)
		}
		if got := snapshot.Envelope(row); !bytes.Equal(got, s.m.Envelope()) {
			t.Errorf("%s: envelope %q", s.name, got)
		}
		if got := snapshot.Body(row); !bytes.Equal(got, BodyOf(&s.m)) {
			t.Errorf("%s: body %q", s.name, got)
		}
		if !s.m.Malformed() && (snapshot.MsgID(row) != s.m.MsgID() || snapshot.Username(row) != s.m.Username()) {
			t.Errorf("%s: id %q, user %q", s.name, snapshot.MsgID(row), snapshot.Username(row))
		}
		var size int
		for _, frame := range s.m.Frames {
			size += len(frame)
		}
		if meta.Bytes != size {
			t.Errorf("%s: %d bytes, want %d", s.name, meta.Bytes, size)
		}
		got, ok := snapshot.Message(row)
		if !ok || !same(got, s.m) {
			t.Errorf("%s: came back as %+v, was %+v", s.name, got, s.m)
		}
		copies = append(copies, got)
	}
	snapshot.Close()
	h.Close()
	for i, s := range samples {
		if !same(copies[i], s.m) {
			t.Errorf("%s: the copy did not outlive its snapshot", s.name)
		}
	}
	if n := h.MappedBytes(); n != 0 {
		t.Errorf("%d bytes still held after the last Close", n)
	}
}

func TestRowsThatAreNotThere(t *testing.T) {
	h := New(Options{})
	defer h.Close()
	h.Append([]bus.Message{withID("a")})
	s := h.Snapshot()
	defer s.Close()
	for _, row := range []Row{1, 1 << 40} {
		if _, ok := s.Meta(row); ok || s.Has(row) {
			t.Errorf("row %d is there", row)
		}
		if _, ok := s.Message(row); ok {
			t.Errorf("row %d has a message", row)
		}
		if _, ok := s.Late(row); ok {
			t.Errorf("row %d has late columns", row)
		}
		if s.Topic(row) != "" || s.Envelope(row) != nil || s.Frames(row) != nil || s.Body(row) != nil ||
			s.MsgID(row) != "" || s.Username(row) != "" || s.Problem(row) != (bus.Problem{}) {
			t.Errorf("row %d has something", row)
		}
	}
}

// TestBooksBalance appends at random and compares every snapshot with a model
// and with its own rows.
func TestBooksBalance(t *testing.T) {
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 1))
		h := New(Options{
			BudgetBytes:     int64(20<<10 + random.IntN(100<<10)),
			ChunkRows:       1 + random.IntN(100),
			ChunkBytes:      512 + random.IntN(8<<10),
			MergeDuplicates: seed%2 == 0,
		})
		var received, malformed uint64
		for range 200 {
			var batch []bus.Message
			for range random.IntN(20) {
				received++
				switch random.IntN(10) {
				case 0:
					malformed++
					batch = append(batch, framed("t", strings.Repeat("]", random.IntN(3000))))
				case 1:
					malformed++
					batch = append(batch, framed(make([]string, random.IntN(2))...))
				case 2:
					batch = append(batch, withID(fmt.Sprint(random.IntN(50))))
				default:
					batch = append(batch, message(fmt.Sprintf("t.%d", random.IntN(30)),
						fmt.Sprintf(`{"msg":"%s","msg_id":"id %d"}`, strings.Repeat("x", random.IntN(2000)), random.IntN(5000))))
				}
			}
			h.Append(batch)
			s := h.Snapshot()
			c := s.Counts()
			if d := c.Books().Difference(); d != 0 {
				t.Fatalf("seed %d: the books are off by %d: %+v", seed, d, c)
			}
			if c.Received != received || c.Malformed != malformed {
				t.Fatalf("seed %d: %+v, want %d received and %d malformed", seed, c, received, malformed)
			}
			var kept, keptMalformed uint64
			next := s.First()
			for k := range s.Chunks() {
				chunk := s.Chunk(k)
				if chunk.First() != next {
					t.Fatalf("seed %d: chunk %d begins at %d, not %d", seed, k, chunk.First(), next)
				}
				for _, problem := range chunk.Problems() {
					if problem == bus.ProblemNone {
						kept++
					} else {
						keptMalformed++
					}
				}
				next += Row(chunk.Len())
			}
			if kept != c.Kept || keptMalformed != c.KeptMalformed || next != s.End() || s.Len() != int(kept+keptMalformed) {
				t.Fatalf("seed %d: %d and %d rows kept, counted %+v", seed, kept, keptMalformed, c)
			}
			if s.Chunks() > 1 && c.UsedBytes > h.options.BudgetBytes {
				t.Fatalf("seed %d: %d bytes used of %d in %d chunks", seed, c.UsedBytes, h.options.BudgetBytes, s.Chunks())
			}
			var total uint64
			for topic := range s.TopicTotals() {
				total += topic.Messages
			}
			if total != received || s.SourceTotal(1).Messages != received {
				t.Fatalf("seed %d: topics add up to %d, the source to %d of %d", seed, total, s.SourceTotal(1).Messages, received)
			}
			s.Close()
		}
		h.Close()
		s := h.Snapshot()
		if d := s.Counts().Books().Difference(); d != 0 || s.Len() != 0 {
			t.Errorf("seed %d: closed with %+v", seed, s.Counts())
		}
		s.Close()
		if n := h.MappedBytes(); n != 0 {
			t.Errorf("seed %d: %d bytes still held", seed, n)
		}
	}
}

func TestBatchesKeepTogether(t *testing.T) {
	h := New(Options{ChunkRows: 7, ChunkBytes: 4096})
	defer h.Close()
	done := make(chan Appended)
	for range 4 {
		go func() {
			var sum Appended
			for range 50 {
				a := h.Append([]bus.Message{withID("a"), withID("b"), withID("c")})
				if a.End-a.First != 3 || a.Duplicates != 0 {
					t.Errorf("a batch of 3 has rows %d to %d", a.First, a.End)
				}
				s := h.Snapshot()
				for i, want := range []string{"a", "b", "c"} {
					if got := s.MsgID(a.First + Row(i)); got != want {
						t.Errorf("row %d of a batch is %q, want %q", i, got, want)
					}
				}
				s.Close()
				sum.End = max(sum.End, a.End)
			}
			done <- sum
		}()
	}
	var end Row
	for range 4 {
		end = max(end, (<-done).End)
	}
	if end != 600 {
		t.Errorf("ended at row %d, want 600", end)
	}
}

func TestArrivalFinds(t *testing.T) {
	a := Arrival{First: 10, End: 13}
	for _, c := range []struct {
		row   Row
		i     int
		exact bool
	}{{0, 0, false}, {10, 0, true}, {12, 2, true}, {13, 3, false}, {99, 3, false}} {
		if i, exact := a.Find(c.row); i != c.i || exact != c.exact {
			t.Errorf("row %d: %d, %v; want %d, %v", c.row, i, exact, c.i, c.exact)
		}
	}
	if a.Len() != 3 || a.Row(1) != 11 {
		t.Errorf("%d rows, the second is %d", a.Len(), a.Row(1))
	}
}

func TestAppendAfterCloseDoesNothing(t *testing.T) {
	h := New(Options{})
	h.Append([]bus.Message{withID("a")})
	h.Close()
	h.Close()
	if a := h.Append([]bus.Message{withID("b")}); a.First != a.End {
		t.Errorf("a closed history took %+v", a)
	}
	s := h.Snapshot()
	defer s.Close()
	if c := s.Counts(); c.Received != 1 || c.Evicted != 1 || s.Len() != 0 || h.MappedBytes() != 0 {
		t.Errorf("%+v with %d rows and %d bytes", c, s.Len(), h.MappedBytes())
	}
}
