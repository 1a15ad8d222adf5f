package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

// TestWritersReadersEvictions lets everything happen at once. Every message
// says in its body what its topic is, so a reader that sees memory of another
// row, or retired memory, knows it.
func TestWritersReadersEvictions(t *testing.T) {
	h := New(Options{BudgetBytes: 256 << 10, ChunkRows: 64, ChunkBytes: 8 << 10, MergeDuplicates: true})
	const writers, batches = 3, 400
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			random := rand.New(rand.NewPCG(uint64(w), 9))
			for b := range batches {
				var batch []bus.Message
				for i := range 1 + random.IntN(10) {
					topic := fmt.Sprintf("w%d.b%d", w, b%97)
					pad := strings.Repeat(topic, 1+random.IntN(60))
					if random.IntN(50) == 0 {
						pad = strings.Repeat(topic, 4000) // a chunk of its own
					}
					if random.IntN(20) == 0 {
						batch = append(batch, framed(topic, pad))
						continue
					}
					batch = append(batch, message(topic, fmt.Sprintf(`{"msg":"%s","msg_id":"%d %d %d"}`, pad, w, b-random.IntN(2), i)))
				}
				a := h.Append(batch)
				h.SetVerdict(a.First, crypto.Code(b%crypto.Codes), batch[0].Username())
				h.SetMarks(a.First/2, 1, 2)
			}
		})
	}
	var over atomic.Bool
	var reading sync.WaitGroup
	for range 3 {
		reading.Go(func() {
			for last := uint64(0); !over.Load(); {
				s := h.Snapshot()
				if s.Revision() < last {
					t.Error("a revision went back")
				}
				last = s.Revision()
				if d := s.Counts().Books().Difference(); d != 0 {
					t.Errorf("the books are off by %d", d)
				}
				checkRows(t, s)
				s.Close()
			}
		})
	}
	writing.Wait()
	over.Store(true)
	reading.Wait()
	h.Close()
	if h.MappedBytes() != 0 || h.OpenSnapshots() != 0 {
		t.Errorf("%d bytes held, %d snapshots open", h.MappedBytes(), h.OpenSnapshots())
	}
}

func checkRows(t *testing.T, s *Snapshot) {
	for k := range s.Chunks() {
		chunk := s.Chunk(k)
		for i, id := range chunk.TopicIDs() {
			topic := []byte(s.TopicName(id))
			body := bytes.Trim(chunk.Body(i), `"`)
			if len(topic) == 0 || !bytes.Equal(topic, chunk.Topic(i)) || len(bytes.ReplaceAll(body, topic, nil)) != 0 {
				t.Errorf("row %d: topic %q, frame %q, body %.60q", chunk.First()+Row(i), topic, chunk.Topic(i), body)
				return
			}
			chunk.Late(i)
		}
	}
}

// TestCapturedFrames puts frames recorded from a real bus in and out.
func TestCapturedFrames(t *testing.T) {
	file, err := os.Open(filepath.Join("..", "..", "..", "shared", "vectors", "wire_frames.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("golden vectors are not here:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	h := New(Options{})
	defer h.Close()
	var messages []bus.Message
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var one struct {
			Frames [][]byte `json:"frames_b64"`
		}
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		m := bus.Message{Frames: one.Frames, Origin: bus.File}
		m.Scan()
		messages = append(messages, m)
	}
	if err := lines.Err(); err != nil || len(messages) == 0 {
		t.Fatal(len(messages), err)
	}
	h.Append(messages)
	s := h.Snapshot()
	defer s.Close()
	for i, m := range messages {
		got, ok := s.Message(Row(i))
		if !ok || !same(got, m) {
			t.Errorf("line %d came back differently", i+1)
		}
		if s.Username(Row(i)) != m.Username() || s.MsgID(Row(i)) != m.MsgID() {
			t.Errorf("line %d: user %q, id %q", i+1, s.Username(Row(i)), s.MsgID(Row(i)))
		}
	}
}

func FuzzEscapesIn(f *testing.F) {
	for _, seed := range []string{`plain`, `a\nb`, `\u0041`, `\\u0041`, `\u00e9`, `\ud83d\ude00`, `\u00`, `\u00e9\u007f`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if !json.Valid(append(append([]byte{'"'}, body...), '"')) {
			return
		}
		got := EscapesIn(body)
		if (got == NoEscapes) != !bytes.Contains(body, []byte{'\\'}) {
			t.Errorf("%q: %d", body, got)
		}
		// Walk over the escapes as JSON means them.
		for i := 0; i < len(body); i++ {
			if body[i] != '\\' {
				continue
			}
			if i++; body[i] != 'u' {
				continue
			}
			if body[i+1] == '0' && body[i+2] == '0' && body[i+3] >= '2' && body[i+3] <= '7' && got != ASCIIEscapes {
				t.Errorf("%q has an escape of printable ASCII, was %d", body, got)
			}
		}
	})
}
