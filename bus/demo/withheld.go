package demo

import (
	"slices"
	"sync"
)

// withheldLimit is how many messages are kept for a service: far more than one
// loop of a script loses.
const withheldLimit = 1024

// Withheld holds the messages that publishers numbered and stored, and that
// got lost before anybody received them: the oldest go first when there are
// more than 1,024 of a service. It is safe for use by several goroutines.
type Withheld struct {
	mu        sync.Mutex
	byService map[string][]kept
}

type kept struct {
	seqID    uint64
	envelope []byte
}

func newWithheld() *Withheld { return &Withheld{byService: make(map[string][]kept)} }

func (w *Withheld) keep(service string, seqID uint64, envelope []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.byService[service]
	if len(all) >= withheldLimit {
		all = slices.Delete(all, 0, len(all)-withheldLimit+1)
	}
	w.byService[service] = append(all, kept{seqID, envelope})
}

// Envelopes returns what is kept of a service's messages from first to last,
// both included, in order. The caller must not change the bytes.
func (w *Withheld) Envelopes(service string, first, last uint64) [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found [][]byte
	for _, k := range w.byService[service] {
		if first <= k.seqID && k.seqID <= last {
			found = append(found, k.envelope)
		}
	}
	return found
}
