package history

import (
	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

// SetVerdict writes the verdict of a row and the name that it was signed as, ""
// for none. Any goroutine may call it, and again for the same row: the last
// call stays. It returns the verdict that this call replaced; of calls at the
// same time, each gets the one before it.
//
// It reports false, having done nothing, when the row is not kept any more and
// when it is malformed: such a row is a problem of its own, and counts as one
// already.
func (h *History) SetVerdict(row Row, code crypto.Code, signer string) (old crypto.Code, ok bool) {
	e := h.pinned()
	defer e.list.unpin()
	c, i := locate(e.list.chunks, e.end, row)
	if c == nil || !c.judgeable(i) {
		return crypto.Pending, false
	}
	// Not before the row is known to take it: names are never given up.
	old, changed := h.judge(c, i, code, h.SignerID(signer))
	if changed {
		h.noteLate(c)
	}
	return old, true
}

// Judged is the verdict about one row on its way to [History.SetVerdicts].
type Judged struct {
	Row    Row
	Code   crypto.Code
	Signer SignerID // of History.SignerID

	// SetVerdicts fills these in: what [History.SetVerdict] returns.
	Old crypto.Code
	OK  bool
}

// SetVerdicts is SetVerdict for many rows, of which it returns how many were
// written. It is cheapest with rows in ascending order: rows of one chunk that
// stand together count as one change of the late revision, so those who look at
// the columns look at them once.
func (h *History) SetVerdicts(judged []Judged) (written int) {
	e := h.pinned()
	defer e.list.unpin()
	var c *chunk // with the rows up to end; nil, and end 0, while there is none
	var end Row
	touched := false // c has a change that is not counted yet
	for k := range judged {
		one := &judged[k]
		if c == nil || one.Row < c.first || one.Row >= end {
			if touched {
				h.noteLate(c)
			}
			c, end, touched = nil, 0, false
			if at := locateChunk(e.list.chunks, e.end, one.Row); at >= 0 {
				c, end = e.list.chunks[at], e.chunkEnd(at)
			}
		}
		one.Old, one.OK = crypto.Pending, false
		if c == nil || !c.judgeable(int(one.Row-c.first)) {
			continue
		}
		old, changed := h.judge(c, int(one.Row-c.first), one.Code, one.Signer)
		one.Old, one.OK = old, true
		touched = touched || changed
		written++
	}
	if touched {
		h.noteLate(c)
	}
	return written
}

// judgeable reports whether a verdict may be about row i.
func (c *chunk) judgeable(i int) bool { return c.problem[i] == bus.ProblemNone }

// judge writes a verdict and keeps the tallies of the row's topic, its source
// and all. The new class is counted before the verdict is written and the old
// one taken off afterwards; the interleaving that this prevents:
//
//	judge A                      judge B
//	writes bad over pending
//	                             writes ok over bad
//	                             takes 1 off invalid
//	counts 1 invalid
//
// The number of invalid messages would have been below zero for a moment. This
// way a verdict that can be replaced has been counted. Each verdict is taken
// off once, by the one call whose compare-and-swap replaced it.
func (h *History) judge(c *chunk, i int, code crypto.Code, signer SignerID) (old crypto.Code, changed bool) {
	h.countVerdict(c, i, code.Class(), 1)
	was, changed := change(&c.late[i], func(l Late) Late { l.Verdict, l.Signer = code, signer; return l })
	h.countVerdict(c, i, was.Verdict.Class(), ^uint64(0))
	return was.Verdict, changed
}

// countVerdict adds to the tallies of a class; all bits set takes one off.
// Pending rows are not counted: they are those of which there is no verdict.
func (h *History) countVerdict(c *chunk, i int, class crypto.Class, n uint64) {
	if class == crypto.ClassPending {
		return
	}
	h.topicVerdicts.of(uint16(c.topic[i]))[class].Add(n)
	h.sourceVerdicts.of(uint16(c.source[i]))[class].Add(n)
	h.verdicts[class].Add(n)
}

// Verdicts is how many messages of each class there are by now, all-time, a row
// that was judged again by its last verdict. Pending is always 0: those not
// judged yet, or given up before they were, are the rest of Counts' Kept and
// Evicted. While verdicts are written, numbers may be too high by those that
// are on their way, never too low.
func (h *History) Verdicts() [crypto.Classes]uint64 { return h.verdicts.load() }

// Signer is the name that a row was signed as by its verdict now, unsanitised;
// "" when there is none, or the row is not in the snapshot, or the table of
// names had no room for it, in which case Late has Overflow.
func (s *Snapshot) Signer(row Row) string {
	late, _ := s.Late(row)
	return s.SignerName(late.Signer)
}

// Signers is how many names of signers have an id now, not when the snapshot
// was made: a late column may name any of them.
func (s *Snapshot) Signers() int {
	s.view()
	return s.history.signers.len()
}

// SignerName is the name of an id, unsanitised; "" for 0 and for Overflow.
func (s *Snapshot) SignerName(id SignerID) string {
	s.view()
	return s.history.signers.name(id)
}
