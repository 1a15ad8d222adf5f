package zmq

import (
	"bytes"
	"slices"
)

// Bounds of what one subscriber can make us remember, and of what it costs when
// it subscribes to one prefix after the other: each makes the set anew.
const (
	maxPrefixes    = 2000
	maxPrefixBytes = 1 << 20
)

// subscriptions counts the prefixes of one subscriber. A prefix that was
// subscribed to twice must be cancelled twice, as with libzmq.
type subscriptions struct {
	counts map[string]int
	bytes  int
	stale  bool // changed since the last call of reduced
}

// change adds or takes away one subscription. It fails when the subscriber
// wants us to remember too much.
func (s *subscriptions) change(subscribe bool, prefix []byte) error {
	count := s.counts[string(prefix)]
	switch {
	case !subscribe && count == 0: // nothing to cancel: ignored, as libzmq does
		return nil
	case !subscribe && count == 1:
		delete(s.counts, string(prefix))
		s.bytes -= len(prefix)
		s.stale = true
		return nil
	case !subscribe:
		s.counts[string(prefix)] = count - 1
		return nil
	case count == 0:
		if s.counts == nil {
			s.counts = make(map[string]int)
		}
		if len(s.counts) >= maxPrefixes || s.bytes+len(prefix) > maxPrefixBytes {
			return tell(ErrLimit, nil, "more than %d subscriptions, or %d bytes of them", maxPrefixes, maxPrefixBytes)
		}
		s.bytes += len(prefix)
		s.stale = true
	}
	s.counts[string(prefix)] = count + 1
	return nil
}

// prefixSet matches topics. It is sorted, and no member begins with another:
// so of all members only the last that is not above a topic can be a prefix of
// it. A set never changes.
type prefixSet [][]byte

// reduced makes the set that matches what the subscriptions together match.
func (s *subscriptions) reduced() prefixSet {
	s.stale = false
	all := make(prefixSet, 0, len(s.counts))
	for prefix := range s.counts {
		all = append(all, []byte(prefix))
	}
	slices.SortFunc(all, bytes.Compare)
	kept := all[:0]
	for _, prefix := range all {
		if len(kept) == 0 || !bytes.HasPrefix(prefix, kept[len(kept)-1]) {
			kept = append(kept, prefix)
		}
	}
	return kept
}

func (set prefixSet) matches(topic []byte) bool {
	if len(set) == 0 {
		return false
	}
	if len(set[0]) == 0 {
		return true // subscribed to everything
	}
	i, found := slices.BinarySearchFunc(set, topic, bytes.Compare)
	return found || i > 0 && bytes.HasPrefix(topic, set[i-1])
}
