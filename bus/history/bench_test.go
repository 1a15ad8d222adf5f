package history

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

// samples are n scanned messages of about 1.2 KB over 56 topics with distinct
// ids, as a Fedora bus has them.
func samples(n int) []bus.Message {
	pad := bytes.Repeat([]byte("the quick brown fox; "), 44)
	out := make([]bus.Message, n)
	for i := range out {
		topic := fmt.Sprintf("org.fedoraproject.prod.service%02d.thing.change", i%56)
		out[i] = message(topic, fmt.Sprintf(
			`{"i":%d,"msg":{"n":%d,"text":"%s","who":"user%02d"},"msg_id":"2026-%08x-8a0e-4e21-9f7b-%012x","timestamp":1795437003,"topic":"%s","username":"svc%02d"}`,
			i, i, pad, i%20, i, i, topic, i%20))
	}
	return out
}

func benchmarkAppend(b *testing.B, options Options) {
	batch := samples(256)
	size := int64(len(batch[0].Frames[0]) + len(batch[0].Frames[1]))
	h := New(options)
	defer h.Close()
	b.SetBytes(size)
	n := 0
	for b.Loop() {
		// One message per iteration, handed over in batches.
		if n++; n == len(batch) {
			h.Append(batch)
			n = 0
		}
	}
}

func BenchmarkAppend(b *testing.B) { benchmarkAppend(b, Options{}) }

func BenchmarkAppendSingly(b *testing.B) {
	batch := samples(256)
	h := New(Options{})
	defer h.Close()
	n := 0
	for b.Loop() {
		h.Append(batch[n : n+1])
		n = (n + 1) % len(batch)
	}
}

// BenchmarkAppendDistinct has distinct ids. With merging, every message is
// looked up and put into the index, and taken out when its chunk is evicted.
func BenchmarkAppendDistinct(b *testing.B) {
	for _, merge := range []bool{false, true} {
		b.Run(fmt.Sprint("merging ", merge), func(b *testing.B) {
			batch := samples(256)
			h := New(Options{MergeDuplicates: merge})
			defer h.Close()
			n, turn := 0, uint32(0)
			for b.Loop() {
				if n++; n == len(batch) {
					turn++
					for i := range batch {
						m := &batch[i]
						binary.LittleEndian.PutUint32(m.Head.MsgID.Raw(m.Envelope())[5:], turn)
					}
					h.Append(batch)
					n = 0
				}
			}
			s := h.Snapshot()
			defer s.Close()
			if s.Counts().Duplicates != 0 {
				b.Fatal("ids were to be distinct")
			}
		})
	}
}

// BenchmarkMergeDuplicate is the cost of a message that is a duplicate of one a
// few hundred before it, as with two endpoints that carry the same messages,
// and of one so old that nothing of it is in the processor's caches.
func BenchmarkMergeDuplicate(b *testing.B) {
	for _, back := range []int{250, 25_000} {
		b.Run(fmt.Sprint(back), func(b *testing.B) {
			all := samples(back)
			h := New(Options{MergeDuplicates: true})
			defer h.Close()
			h.Append(all)
			n := 0
			for b.Loop() {
				h.Append(all[n : n+1])
				n = (n + 1) % len(all)
			}
		})
	}
}

func BenchmarkSnapshot(b *testing.B) {
	h := New(Options{})
	defer h.Close()
	h.Append(samples(50_000))
	for b.Loop() {
		h.Snapshot().Close()
	}
}

func BenchmarkSetVerdict(b *testing.B) {
	h := New(Options{})
	defer h.Close()
	h.Append(samples(50_000))
	n := 0
	for b.Loop() {
		h.SetVerdict(Row(n%50_000), crypto.Code(n%crypto.Codes), "koji-x86-01.example.org")
		n++
	}
}

// BenchmarkSetVerdicts is the cost of one verdict among a few hundred.
func BenchmarkSetVerdicts(b *testing.B) {
	h := New(Options{})
	defer h.Close()
	h.Append(samples(50_000))
	batch := make([]Judged, 0, 250)
	signer := h.SignerID("koji-x86-01.example.org")
	n := 0
	for b.Loop() {
		batch = append(batch, Judged{Row: Row(n % 50_000), Code: crypto.Code(n % crypto.Codes), Signer: signer})
		if n++; len(batch) == cap(batch) {
			h.SetVerdicts(batch)
			batch = batch[:0]
		}
	}
}

// BenchmarkAppendWhileJudged is the cost of a message when judges write
// verdicts all the time.
func BenchmarkAppendWhileJudged(b *testing.B) {
	batch := samples(256)
	h := New(Options{})
	defer h.Close()
	h.Append(batch)
	var over atomic.Bool
	var judging sync.WaitGroup
	judging.Go(func() {
		judged := make([]Judged, 250)
		for n := 0; !over.Load(); n++ {
			s := h.Snapshot()
			for i := range judged {
				judged[i] = Judged{Row: s.End() - 1 - Row(i), Code: crypto.Code(n % crypto.Codes)}
			}
			s.Close()
			h.SetVerdicts(judged)
		}
	})
	n := 0
	for b.Loop() {
		if n++; n == len(batch) {
			h.Append(batch)
			n = 0
		}
	}
	over.Store(true)
	judging.Wait()
}

// BenchmarkTopicColumn counts the rows of one topic among a million.
func BenchmarkTopicColumn(b *testing.B) {
	h := New(Options{BudgetBytes: 4 << 30})
	defer h.Close()
	batch := make([]bus.Message, 1000)
	for i := range batch {
		topic := fmt.Sprintf("org.fedoraproject.prod.service%02d.thing.change", i%56)
		batch[i] = message(topic, `{"msg":{}}`)
	}
	for range 1000 {
		h.Append(batch)
	}
	found := 0
	for b.Loop() {
		s := h.Snapshot()
		found = 0
		for k := range s.Chunks() {
			for _, id := range s.Chunk(k).TopicIDs() {
				if id == 7 {
					found++
				}
			}
		}
		s.Close()
	}
	if found != 18_000 {
		b.Fatal(found)
	}
}
