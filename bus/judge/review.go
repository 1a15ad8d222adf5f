package judge

import (
	"cmp"
	"context"
	"slices"

	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
)

// review is a look back over rows that were judged.
type review struct {
	again
	next    history.Row // from the newest to the oldest: rows before it are to do
	changes map[turn]*turned
}

// turn is a kind of change, turned what changed so.
type turn struct{ from, to crypto.Code }

type turned struct {
	Change
	signers map[history.SignerID]bool
}

// begin starts a look back when one is asked for, over all rows before end: rows
// that were wanted are judged long before their turn. One that is under way
// starts anew: rows that it has reached were judged with what is out of date
// again.
func (j *Judge) begin(end history.Row) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.pending.before) == 0 && !j.pending.on {
		return
	}
	j.judgedWith = j.verifier.Trusted()
	r := &review{again: j.pending, next: end, changes: map[turn]*turned{}}
	j.pending = again{}
	if old := j.review; old != nil {
		r.changes = old.changes
		r.on = r.on || old.on
		for _, before := range old.before {
			r.add(before)
		}
	}
	j.review = r
}

// lookBack does a piece of the look back.
func (j *Judge) lookBack(ctx context.Context, s *history.Snapshot) {
	r := j.review
	if r == nil {
		return
	}
	// Looking at a row that is not touched costs a twentieth of judging one.
	const piece = 16 * together
	first := s.First()
	from := first
	if r.next > first+piece {
		from = r.next - piece
	}
	rows := j.each(ctx, s, from, r.next, func(row history.Row, late history.Late) bool {
		switch {
		case late.Verdict == crypto.Pending:
			return false // its turn is still to come
		case late.Verdict == crypto.Off:
			meta, ok := s.Meta(row)
			return r.on && ok && !j.Off(meta.Source)
		case len(r.before) == 0:
			return false
		}
		meta, ok := s.Meta(row)
		if _, sure := withoutLooking(meta); sure {
			return false // whatever is trusted
		}
		return ok && !j.Off(meta.Source) && slices.ContainsFunc(r.before, func(before crypto.Trusted) bool {
			return j.verifier.Affected(before, subject(s, meta))
		})
	})
	if ctx.Err() != nil {
		return
	}
	for _, row := range rows {
		if row.OK {
			j.note(r, row)
		}
	}
	r.next = from
	if from <= first {
		j.review = nil
		j.tell(r)
	}
}

// note keeps a change that a reader should know of: of what was believed, or of
// what was a problem or is one now. That a message could not be judged and now
// can is what everybody hopes for.
func (j *Judge) note(r *review, row history.Judged) {
	if row.Old == row.Code || row.Old == crypto.Off {
		return
	}
	from, to := row.Old.Class(), row.Code.Class()
	if !from.Good() && !from.Problem() && !to.Problem() {
		return
	}
	j.history.SetMarks(row.Row, history.MarkChanged, 0)
	key := turn{row.Old, row.Code}
	c := r.changes[key]
	if c == nil {
		c = &turned{Change: Change{From: row.Old, To: row.Code, First: row.Row}, signers: map[history.SignerID]bool{}}
		r.changes[key] = c
	}
	if row.Signer != 0 && !c.signers[row.Signer] {
		c.signers[row.Signer] = true
		c.Signers++
		c.Signer = j.history.SignerName(row.Signer)
	}
	c.Rows++
	c.First = min(c.First, row.Row)
}

// tell tells of the changes, most rows first.
func (j *Judge) tell(r *review) {
	if j.options.OnChange == nil {
		return
	}
	all := make([]Change, 0, len(r.changes))
	for _, c := range r.changes {
		all = append(all, c.Change)
	}
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.First, b.First), cmp.Compare(a.To, b.To))
	})
	for _, c := range all {
		j.options.OnChange(c)
	}
}
