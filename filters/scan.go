package filters

import "fedmsg-tui/bus/history"

// answers are what the predicates of a filter say about each distinct topic and
// signer: by id a byte that is 0 or 1, a table for each predicate. They only
// grow, because an id's name never changes.
type answers struct {
	filter       *Filter
	tables       [][]uint8 // of filter.byTopic
	signerTables [][]uint8 // of filter.bySigner
	overflow     bool      // there are rows whose topic has no id of its own
}

func newAnswers(f *Filter) *answers {
	return &answers{filter: f, tables: make([][]uint8, len(f.byTopic)), signerTables: make([][]uint8, len(f.bySigner))}
}

// learn asks about the topics and signers that are new in a snapshot. It must
// not run while a scan does.
func (a *answers) learn(snapshot *history.Snapshot) {
	// Counted before a row with such a topic is published, so it is never
	// missed here.
	a.overflow = snapshot.TopicTotal(history.Overflow).Messages > 0
	for k, p := range a.filter.byTopic {
		for id := len(a.tables[k]); id < snapshot.Topics(); id++ {
			var answer uint8
			if p.match([]byte(snapshot.TopicName(history.TopicID(id)))) {
				answer = 1
			}
			a.tables[k] = append(a.tables[k], answer)
		}
	}
	for k, p := range a.filter.bySigner {
		for id := len(a.signerTables[k]); id < snapshot.Signers(); id++ {
			var answer uint8
			if p.match(snapshot.SignerName(history.SignerID(id))) {
				answer = 1
			}
			a.signerTables[k] = append(a.signerTables[k], answer)
		}
	}
}

// scan runs a filter over chunks, one after the other. Several scans may share
// their answers and run at the same time.
type scan struct {
	answers *answers
	chunk   history.Chunk
	sets    []bitset // a stack of spare sets; the first taken are in use
	taken   int
	decoded []byte // spare room for a body without escapes
}

// rows finds those of the rows from, up to and not including, to of a chunk
// that pass.
func (s *scan) rows(chunk history.Chunk, from, to int) bitset {
	s.chunk = chunk
	found := newBitset(to)
	found.set(from, to)
	s.answers.filter.predicate.narrow(s, found)
	return found
}

// scratch is a set of the size of a set, with the same rows; it is taken until
// release.
func (s *scan) scratch(like bitset) bitset {
	if s.taken == len(s.sets) {
		s.sets = append(s.sets, nil)
	}
	spare := &s.sets[s.taken]
	s.taken++
	*spare = append((*spare)[:0], like...)
	return *spare
}

// release gives back the sets taken last.
func (s *scan) release(sets int) { s.taken -= sets }

// topicPasses is a predicate's answer about the topic of the i-th row, also for
// topics without an id.
func (s *scan) topicPasses(p *topicPredicate, id history.TopicID, i int) bool {
	if id == history.Overflow {
		return p.match(s.chunk.Topic(i))
	}
	return s.answers.tables[p.table][id] != 0
}
