package history

import (
	"sync"
	"sync/atomic"
)

// SignerID numbers the distinct names of signers of a session, from 0, which is
// no signer. An id's name never changes and ids are never reused. Overflow is
// the id of all names that the table has no room for; such a name is not kept,
// since it is nowhere in the row.
type SignerID uint16

// signers is the table of the names. Unlike topics and users, which only the
// appender meets, signers are met by whoever judges, so the table has a lock of
// its own: waiting for a judge would make messages wait.
//
// Readers take no lock. An id is handed out only after the list with its name
// is published, and reaches a late column after that; so who reads an id from a
// column finds its name.
type signers struct {
	mu    sync.Mutex // one writer at a time; guards names
	names names

	texts     atomic.Pointer[[]string] // names.texts as published; append-only
	usedBytes atomic.Int64
}

func (s *signers) init(maxEntries, maxBytes int) {
	s.names = newNames(maxEntries, maxBytes)
	s.publish()
}

func (s *signers) publish() {
	texts := s.names.texts
	s.texts.Store(&texts)
	s.usedBytes.Store(int64(s.names.usedBytes))
}

func (s *signers) id(name string) SignerID {
	switch {
	case name == "":
		return 0
	case len(name) > maxNameBytes: // before it is copied
		return Overflow
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.names.texts)
	id := s.names.id([]byte(name))
	if len(s.names.texts) != before {
		s.publish()
	}
	return SignerID(id)
}

func (s *signers) len() int { return len(*s.texts.Load()) }

func (s *signers) name(id SignerID) string {
	if texts := *s.texts.Load(); int(id) < len(texts) {
		return texts[id]
	}
	return ""
}

// SignerID is the number of a signer's name, which gets one if it has none: 0
// for "", Overflow when the table is full or the name is overlong. Names are
// never given up, so a judge should not ask for names that anybody can make up,
// such as those of certificates that no trusted CA signed.
func (h *History) SignerID(name string) SignerID { return h.signers.id(name) }

// SignerName is the name of an id, unsanitised; "" for 0 and for Overflow.
func (h *History) SignerName(id SignerID) string { return h.signers.name(id) }

// countSigners counts names of signers that are new against the budget. The
// caller holds mu; names come without it.
func (h *History) countSigners() {
	now := h.signers.usedBytes.Load()
	h.used += now - h.signersCounted
	h.signersCounted = now
}
