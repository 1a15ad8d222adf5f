package history

import (
	"iter"

	"fedmsg-tui/bus"
)

// TopicTotals are the all-time numbers of one topic.
type TopicTotals struct {
	ID   TopicID
	Name string // unsanitised; "" for ID 0 and for Overflow
	Totals
}

// SourceTotals are the all-time numbers of one source.
type SourceTotals struct {
	Source bus.SourceID
	Totals
}

// Topics is how many topics have an id: they are 0 to Topics()-1. Next to them
// there is [Overflow].
func (s *Snapshot) Topics() int { return len(s.view().topics) }

// TopicName is the text of an id, unsanitised; "" for one that the snapshot
// does not know, and for Overflow.
func (s *Snapshot) TopicName(id TopicID) string {
	if topics := s.view().topics; int(id) < len(topics) {
		return topics[id]
	}
	return ""
}

// Users is how many usernames have an id.
func (s *Snapshot) Users() int { return len(s.view().users) }

// UserName is the text of an id, unsanitised; "" for one that the snapshot does
// not know, and for Overflow.
func (s *Snapshot) UserName(id UserID) string {
	if users := s.view().users; int(id) < len(users) {
		return users[id]
	}
	return ""
}

// TopicTotals goes through all topics that had a message, in the order in which
// they were first seen, those beyond the table as one with id Overflow at the
// end. The numbers are of now, at least those of the snapshot.
func (s *Snapshot) TopicTotals() iter.Seq[TopicTotals] {
	return func(yield func(TopicTotals) bool) {
		for id, name := range s.view().topics {
			one := TopicTotals{ID: TopicID(id), Name: name, Totals: s.history.topicTotals(TopicID(id))}
			if one.Messages > 0 && !yield(one) {
				return
			}
		}
		rest := TopicTotals{ID: Overflow, Totals: s.history.topicTotals(Overflow)}
		if rest.Messages > 0 {
			yield(rest)
		}
	}
}

// TopicTotal are the numbers of one topic.
func (s *Snapshot) TopicTotal(id TopicID) Totals { return s.history.topicTotals(id) }

// SourceTotals goes through all sources that delivered a message, by number.
func (s *Snapshot) SourceTotals() iter.Seq[SourceTotals] {
	return func(yield func(SourceTotals) bool) {
		t := &s.history.sourceTallies
		for p := range t.pages {
			if t.pages[p].Load() == nil {
				continue
			}
			for k := range tallyPageSize {
				id := uint16(p*tallyPageSize + k)
				one := SourceTotals{Source: bus.SourceID(id), Totals: s.history.sourceTotals(bus.SourceID(id))}
				if one.Messages > 0 && !yield(one) {
					return
				}
			}
		}
	}
}

// SourceTotal are the numbers of one source.
func (s *Snapshot) SourceTotal(id bus.SourceID) Totals {
	return s.history.sourceTotals(id)
}

func (h *History) topicTotals(id TopicID) Totals {
	return totals(&h.topicTallies, &h.topicVerdicts, uint16(id))
}

func (h *History) sourceTotals(id bus.SourceID) Totals {
	return totals(&h.sourceTallies, &h.sourceVerdicts, uint16(id))
}
