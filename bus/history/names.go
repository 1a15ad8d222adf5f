package history

// TopicID numbers the distinct topics of a session, from 0, which is the empty
// topic. An id's text never changes and ids are never reused.
type TopicID uint16

// UserID numbers the distinct usernames of a session, from 0, which is no
// username.
type UserID uint16

// Overflow is the id, of topics, users and signers, that all names share once
// their table is full, and that overlong names have from the start: a topic or
// user is then read from the row itself, a signer's name is not kept.
const Overflow = 1<<16 - 1

const (
	// maxNameBytes is the longest name that is worth an entry. Real ones have
	// less than a hundred bytes.
	maxNameBytes = 1024
	// nameOverhead is about what an entry takes beside its text: the string
	// header, its slot in the map and spare room of both.
	nameOverhead = 64
)

// names gives small numbers to texts. It only grows, up to its bounds. texts is
// append-only: a reader that holds an older header of it is not disturbed.
type names struct {
	ids       map[string]uint16
	texts     []string
	usedBytes int
	max       int
	maxBytes  int
}

func newNames(maxEntries, maxBytes int) names {
	return names{ids: map[string]uint16{"": 0}, texts: []string{""}, max: maxEntries, maxBytes: maxBytes}
}

func (n *names) id(text []byte) uint16 {
	if id, ok := n.ids[string(text)]; ok { // does not allocate
		return id
	}
	cost := len(text) + nameOverhead
	if len(text) > maxNameBytes || len(n.texts) >= n.max || n.usedBytes+cost > n.maxBytes {
		return Overflow
	}
	name := string(text)
	id := uint16(len(n.texts))
	n.ids[name] = id
	n.texts = append(n.texts, name)
	n.usedBytes += cost
	return id
}
