package history

import (
	"bytes"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"fedmsg-tui/bus"
)

// filler is a message of about size bytes.
func filler(i, size int) bus.Message {
	return message(fmt.Sprintf("t.%d", i%50), fmt.Sprintf(`{"msg":"%d %s"}`, i, strings.Repeat("x", size)))
}

func TestSnapshotPinsWhatItSees(t *testing.T) {
	h := New(Options{BudgetBytes: 1 << 20, ChunkBytes: 64 << 10})
	defer h.Close()
	h.Append([]bus.Message{filler(0, 1000)})
	old := h.Snapshot()
	envelope := old.Envelope(0)
	want := bytes.Clone(envelope)
	for i := range 5000 {
		h.Append([]bus.Message{filler(i, 1000)})
	}
	now := h.Snapshot()
	if now.Has(0) || now.First() == 0 {
		t.Fatal("row 0 was to be evicted")
	}
	if !bytes.Equal(envelope, want) || old.Topic(0) != "t.0" || old.Len() != 1 {
		t.Error("an open snapshot changed")
	}
	pinned := h.MappedBytes()
	now.Close()
	if h.MappedBytes() != pinned {
		t.Error("closing a snapshot of kept rows gave memory back")
	}
	old.Close()
	old.Close()
	if h.OpenSnapshots() != 0 {
		t.Errorf("%d snapshots open", h.OpenSnapshots())
	}
	bound := int64(1<<20) * 2
	if held := h.MappedBytes(); held > bound {
		t.Errorf("%d bytes held with a budget of 1 MiB", held)
	}
	if h.FailedFrees() != 0 {
		t.Errorf("%d blocks were not freed", h.FailedFrees())
	}
}

func TestUseAfterClosePanics(t *testing.T) {
	h := New(Options{})
	defer h.Close()
	s := h.Snapshot()
	s.Close()
	defer func() {
		if recover() == nil {
			t.Error("a closed snapshot answered")
		}
	}()
	s.Len()
}

// TestLeakedSnapshotStaysReadable: a snapshot that is never closed holds its
// memory also when the collector has come by.
func TestLeakedSnapshotStaysReadable(t *testing.T) {
	h := New(Options{BudgetBytes: 64 << 10, ChunkBytes: 8 << 10})
	h.Append([]bus.Message{filler(0, 100)})
	leaked := h.Snapshot().Envelope(0)
	want := bytes.Clone(leaked)
	for i := range 1000 {
		h.Append([]bus.Message{filler(i, 1000)})
	}
	debug.FreeOSMemory()
	h.Close()
	if !bytes.Equal(leaked, want) {
		t.Error("the bytes of a snapshot nobody closed are gone")
	}
	if h.OpenSnapshots() != 1 || h.MappedBytes() == 0 {
		t.Errorf("%d open, %d bytes held: the leak cannot be seen", h.OpenSnapshots(), h.MappedBytes())
	}
}

func residentBytes(t *testing.T) int64 {
	t.Helper()
	if !mapsBlocks {
		t.Skip("blocks are memory of the Go heap in this build: what is resident is the collector's choice")
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Skip("no /proc/self/statm here:", err)
	}
	var size, resident int64
	if _, err := fmt.Sscan(string(statm), &size, &resident); err != nil {
		t.Fatal(err)
	}
	return resident * int64(os.Getpagesize())
}

func TestMemoryGoesBackToTheSystem(t *testing.T) {
	before := residentBytes(t)
	h := New(Options{BudgetBytes: 64 << 20})
	var batch []bus.Message
	for i := range 100 {
		batch = append(batch, filler(i, 10_000))
	}
	for range 64 {
		h.Append(batch)
	}
	debug.FreeOSMemory()
	full := residentBytes(t)
	if h.MappedBytes() < 60<<20 {
		t.Fatalf("only %d bytes held", h.MappedBytes())
	}
	h.Close()
	debug.FreeOSMemory()
	after := residentBytes(t)
	t.Logf("resident: %d MiB before, %d full, %d after", before>>20, full>>20, after>>20)
	if full-after < 40<<20 {
		t.Errorf("of %d MiB, %d went back", full>>20, (full-after)>>20)
	}
}

// TestSmallMessagesAfterLargeOnes: reused blocks do not keep pages that the
// rows in them do not need.
func TestSmallMessagesAfterLargeOnes(t *testing.T) {
	const budget = 32 << 20
	h := New(Options{BudgetBytes: budget, ChunkBytes: 4 << 20})
	defer h.Close()
	before := residentBytes(t)
	for i := range 2000 {
		h.Append([]bus.Message{filler(i, 40_000)})
	}
	small := []bus.Message{filler(1, 10), filler(2, 10), filler(3, 10), filler(4, 10)}
	for range 120_000 {
		h.Append(small)
	}
	debug.FreeOSMemory()
	if grown := residentBytes(t) - before; grown > 2*budget {
		t.Errorf("%d MiB resident for a budget of %d", grown>>20, budget>>20)
	}
}

func TestMessagesLargerThanEverything(t *testing.T) {
	h := New(Options{BudgetBytes: 1 << 20, ChunkBytes: 64 << 10})
	defer h.Close()
	for i, size := range []int{10, 100 << 10, 3 << 20, 17 << 20, 10, 10} {
		h.Append([]bus.Message{filler(i, size)})
		s := h.Snapshot()
		if got := len(s.Body(Row(i))); got < size {
			t.Errorf("message %d of %d bytes came back with %d", i, size, got)
		}
		if d := s.Counts().Books().Difference(); d != 0 {
			t.Errorf("after message %d the books are off by %d", i, d)
		}
		s.Close()
	}
	s := h.Snapshot()
	defer s.Close()
	if s.First() != 4 {
		t.Errorf("the oldest row is %d: a message beyond the budget outlived the next ones", s.First())
	}
}

// TestMessageBeyondAllBounds: positions have 32 bits, so only its size is kept.
func TestMessageBeyondAllBounds(t *testing.T) {
	h := New(Options{})
	defer h.Close()
	frame := make([]byte, 1<<20)
	m := bus.Message{Frames: [][]byte{[]byte("t")}}
	for range 1025 { // the same megabyte again and again: nothing is allocated
		m.Frames = append(m.Frames, frame)
	}
	m.Scan()
	h.Append([]bus.Message{m})
	s := h.Snapshot()
	defer s.Close()
	if p := s.Problem(0); p.Code != bus.ProblemSize || p.Count < 1025<<20 {
		t.Errorf("problem %+v", p)
	}
	if c := s.Counts(); c.Malformed != 1 || c.Received != 1 || len(s.Frames(0)) != 0 {
		t.Errorf("counts %+v, %d frames", c, len(s.Frames(0)))
	}
}

func TestAMillionEmptyFrames(t *testing.T) {
	h := New(Options{})
	defer h.Close()
	m := bus.Message{Frames: make([][]byte, 1_000_000)}
	m.Scan()
	h.Append([]bus.Message{m, withID("a")})
	s := h.Snapshot()
	defer s.Close()
	if len(s.Frames(0)) != 1_000_000 || s.MsgID(1) != "a" {
		t.Errorf("%d frames, then id %q", len(s.Frames(0)), s.MsgID(1))
	}
	if s.Counts().UsedBytes < 4_000_000 {
		t.Errorf("only %d bytes counted", s.Counts().UsedBytes)
	}
}

func TestEndlessTopicsFillTheTableOnce(t *testing.T) {
	h := New(Options{MaxNames: 10, MaxNamesBytes: 4096})
	defer h.Close()
	for i := range 100 {
		h.Append([]bus.Message{message(fmt.Sprintf("topic.%d", i), `{"username":"u"}`)})
	}
	long := strings.Repeat("long.", 400)
	h.Append([]bus.Message{message(long, `{}`), message("topic.0", `{}`)})
	s := h.Snapshot()
	defer s.Close()
	if s.Topics() != 10 {
		t.Errorf("%d topics have an id, want 10", s.Topics())
	}
	for i := range 100 {
		if got := s.Topic(Row(i)); got != fmt.Sprintf("topic.%d", i) {
			t.Errorf("topic of row %d: %q", i, got)
		}
	}
	if s.Topic(100) != long {
		t.Error("an overlong topic did not come back")
	}
	if m, _ := s.Meta(101); m.Topic == Overflow || s.TopicTotal(m.Topic).Messages != 2 {
		t.Errorf("a topic of the table is %+v", m)
	}
	// One id is the empty topic, so 9 of the 100 have one; and the long one.
	if got := s.TopicTotal(Overflow).Messages; got != 100-9+1 {
		t.Errorf("%d messages share the overflow id", got)
	}
}

func TestNamesAreBoundedByBytes(t *testing.T) {
	n := newNames(defaultNames, 10*(100+nameOverhead))
	for i := range 20 {
		id := n.id([]byte(fmt.Sprintf("%0100d", i)))
		if (id == Overflow) != (i >= 10) {
			t.Errorf("name %d has id %d", i, id)
		}
	}
}
