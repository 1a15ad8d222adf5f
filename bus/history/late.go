package history

import "sync/atomic"

// Verdict is what is known about a message's signature, as an opaque number;
// 0 is "not judged yet".
type Verdict uint16

// Marks are bits that a reader set on a row.
type Marks uint16

// Late is what is learnt about a row after it was appended.
type Late struct {
	Verdict Verdict
	// Copies is how many further messages were merged into the row, at most
	// 65,535: the message was seen Copies+1 times.
	Copies uint16
	Marks  Marks
}

func unpackLate(word uint64) Late {
	return Late{Verdict: Verdict(word), Copies: uint16(word >> 16), Marks: Marks(word >> 32)}
}

func (l Late) word() uint64 {
	return uint64(l.Verdict) | uint64(l.Copies)<<16 | uint64(l.Marks)<<32
}

// change applies a change to a late word, as one step: a verdict and a mark set
// at the same time by two goroutines both stay.
func change(word *atomic.Uint64, apply func(Late) Late) {
	for {
		old := word.Load()
		if word.CompareAndSwap(old, apply(unpackLate(old)).word()) {
			return
		}
	}
}

// SetVerdict writes the verdict of a row. It reports false, having done
// nothing, when the row is not kept any more.
func (h *History) SetVerdict(row Row, verdict Verdict) bool {
	return h.setLate(row, func(l Late) Late { l.Verdict = verdict; return l })
}

// SetMarks sets and clears marks of a row. It reports false, having done
// nothing, when the row is not kept any more.
func (h *History) SetMarks(row Row, set, clear Marks) bool {
	return h.setLate(row, func(l Late) Late { l.Marks = l.Marks&^clear | set; return l })
}

func (h *History) setLate(row Row, apply func(Late) Late) bool {
	e := h.pinned()
	defer e.list.unpin()
	c, i := locate(e.list.chunks, e.end, row)
	if c == nil {
		return false
	}
	change(&c.late[i], apply)
	h.noteLate(c)
	return true
}

// addCopy counts a duplicate of a row. The caller holds mu, so the chunk is
// kept.
func (h *History) addCopy(c *chunk, i int) {
	change(&c.late[i], func(l Late) Late {
		if l.Copies < 1<<16-1 {
			l.Copies++
		}
		return l
	})
	h.noteLate(c)
}

// noteLate counts a change, after it was made. A reader that takes the revision
// first and the columns then may see a change too early, never miss one:
//
//	reader                       writer
//	revision 4
//	                             writes column
//	reads column (new)
//	                             revision 5
//
// It will look again at 5, for nothing. Counting before writing would let it
// read 5 and the old column, and never look again.
func (h *History) noteLate(c *chunk) {
	c.lateRevision.Add(1)
	h.lateRevision.Add(1)
}

// LateRevision grows with every change to a late column. Take it before reading
// the columns.
func (h *History) LateRevision() uint64 { return h.lateRevision.Load() }
