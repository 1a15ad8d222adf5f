package history

import (
	"sync/atomic"

	"fedmsg-tui/crypto"
)

// Marks are bits that were set on a row.
type Marks uint16

// The marks there are.
const (
	// MarkChanged says that the state of a signature changed after the message
	// was first judged, because a key, a certificate or a list came or went.
	MarkChanged Marks = 1 << iota
)

// Late is what is learnt about a row after it was appended.
type Late struct {
	// Verdict is what is known about the signature; crypto.Pending until the
	// row was judged, and for good on a malformed row.
	Verdict crypto.Code
	// Copies is how many further messages were merged into the row, at most
	// 65,535: the message was seen Copies+1 times.
	Copies uint16
	Marks  Marks
	// Signer is the name that the message was signed as; 0 is none. Whether
	// the name is true, Verdict says.
	Signer SignerID
}

// The late word, from the lowest bit: 8 of the verdict, 8 spare, then 16 each
// of copies, marks and signer. One word, so that a reader never sees the
// verdict of one judge with the signer of another.
const (
	copiesShift = 16
	marksShift  = 32
	signerShift = 48
)

func unpackLate(word uint64) Late {
	return Late{
		Verdict: crypto.Code(word),
		Copies:  uint16(word >> copiesShift),
		Marks:   Marks(word >> marksShift),
		Signer:  SignerID(word >> signerShift),
	}
}

func (l Late) word() uint64 {
	return uint64(l.Verdict) | uint64(l.Copies)<<copiesShift | uint64(l.Marks)<<marksShift | uint64(l.Signer)<<signerShift
}

// change applies a change to a late word, as one step: a verdict and a mark set
// at the same time by two goroutines both stay. It returns what the change was
// made of, which no other change returns as well, and whether it made any
// difference; when not, nothing was written.
func change(word *atomic.Uint64, apply func(Late) Late) (old Late, changed bool) {
	for {
		before := word.Load()
		old = unpackLate(before)
		after := apply(old).word()
		if after == before {
			return old, false
		}
		if word.CompareAndSwap(before, after) {
			return old, true
		}
	}
}

// SetMarks sets and clears marks of a row. It reports false, having done
// nothing, when the row is not kept any more.
func (h *History) SetMarks(row Row, set, clear Marks) bool {
	e := h.pinned()
	defer e.list.unpin()
	c, i := locate(e.list.chunks, e.end, row)
	if c == nil {
		return false
	}
	_, changed := change(&c.late[i], func(l Late) Late { l.Marks = l.Marks&^clear | set; return l })
	if changed {
		h.noteLate(c)
	}
	return true
}

// addCopy counts a duplicate of a row. The caller holds mu, so the chunk is
// kept.
func (h *History) addCopy(c *chunk, i int) {
	_, changed := change(&c.late[i], func(l Late) Late {
		if l.Copies < 1<<16-1 {
			l.Copies++
		}
		return l
	})
	if changed {
		h.noteLate(c)
	}
}

// noteLate counts a change, or several of one chunk, after they were made. A
// reader that takes the revision first and the columns then may see a change
// too early, never miss one:
//
//	reader                       writer
//	revision 4
//	                             writes column
//	reads column (new)
//	                             revision 5
//
// It will look again at 5, for nothing. Counting before writing would let it
// read 5 and the old column, and never look again.
//
// For the same reason the chunk's revision is counted before history's: who
// sees that history's has grown, finds the chunk that made it grow. Those who
// wait are woken last: see [History.LateChanged].
func (h *History) noteLate(c *chunk) {
	c.lateRevision.Add(1)
	h.lateRevision.Add(1)
	h.lateWatchers.wake()
}

// LateRevision grows with every change to a late column. Take it before reading
// the columns.
func (h *History) LateRevision() uint64 { return h.lateRevision.Load() }
