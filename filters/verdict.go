package filters

import (
	"slices"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
)

// subject is a single message with what was learnt about it: all that a filter
// may look at. A row has the same in its columns.
type subject struct {
	*bus.Message
	code   crypto.Code
	signer string // "" for none
	marks  history.Marks
}

// byVerdict is the field "sig". A malformed message is not judged and has no
// state of a signature, not even that of one yet to be judged.
type byVerdict struct {
	codes [256]uint8 // 1 for those that pass
}

func newByVerdict(values []pattern) predicate {
	var p byVerdict
	for _, v := range values {
		for _, code := range crypto.CodesNamed(v.text()) {
			p.codes[code] = 1
		}
	}
	return &p
}

func (p *byVerdict) message(m subject) bool { return !m.Malformed() && p.codes[m.code] != 0 }
func (p *byVerdict) cost() int              { return costLate }

func (p *byVerdict) narrow(s *scan, rows bitset) {
	chunk := s.chunk
	for w, word := range rows {
		if word == 0 {
			continue
		}
		var pass uint64
		from := w * 64
		for b := range min(64, chunk.Len()-from) {
			pass |= uint64(p.codes[chunk.Late(from+b).Verdict]) << b
		}
		rows[w] = word & pass
	}
	// Malformed rows are pending for good, so nothing else has to be checked.
	if p.codes[crypto.Pending] == 0 || chunk.AllWellFormed() {
		return
	}
	problems := chunk.Problems()
	for w, word := range rows {
		if word == 0 {
			continue
		}
		from, to := w*64, min(w*64+64, len(problems))
		for b, problem := range problems[from:to] {
			if problem != bus.ProblemNone {
				word &^= 1 << b
			}
		}
		rows[w] = word
	}
}

// signerPredicate is the field "cn": it depends on the signer's name alone, so a
// scan asks it once per distinct name, as with topics. What has no signer never
// passes.
type signerPredicate struct {
	globs []glob
	any   bool // every name passes, also one that history has not kept
	table int  // which of the scan's tables
}

func newSignerPredicate(values []pattern) predicate {
	p := &signerPredicate{globs: newGlobs(values)}
	p.any = slices.ContainsFunc(p.globs, glob.matchesAll)
	return p
}

func (p *signerPredicate) match(name string) bool {
	return name != "" && slices.ContainsFunc(p.globs, func(g glob) bool { return g.matchWhole([]byte(name)) })
}

func (p *signerPredicate) message(m subject) bool { return p.match(m.signer) }
func (p *signerPredicate) cost() int              { return costLate }

func (p *signerPredicate) narrow(s *scan, rows bitset) {
	table := s.answers.signerTables[p.table]
	for i := range rows.all() {
		id := s.chunk.Late(i).Signer
		passes := false
		switch {
		case id == history.Overflow:
			passes = p.any
		case int(id) < len(table):
			passes = table[id] != 0
		default:
			// A verdict that came after learn, with a new name.
			passes = p.match(s.chunk.SignerName(id))
		}
		if !passes {
			rows.clear(i)
		}
	}
}

// byMark passes what has a mark.
type byMark history.Marks

func (p byMark) message(m subject) bool { return m.marks&history.Marks(p) != 0 }
func (p byMark) cost() int              { return costLate }

func (p byMark) narrow(s *scan, rows bitset) {
	for i := range rows.all() {
		if s.chunk.Late(i).Marks&history.Marks(p) == 0 {
			rows.clear(i)
		}
	}
}

// looksAt says which late columns a predicate and those in it look at.
func looksAt(p predicate) (verdicts, marks bool) {
	switch p := p.(type) {
	case *byVerdict, *signerPredicate:
		return true, false
	case byMark:
		return false, true
	case *not:
		return looksAt(p.kid)
	case *allOf:
		return looksAtAny(p.kids)
	case *anyOf:
		return looksAtAny(p.kids)
	}
	return false, false
}

func looksAtAny(kids []predicate) (verdicts, marks bool) {
	for _, kid := range kids {
		v, m := looksAt(kid)
		verdicts, marks = verdicts || v, marks || m
	}
	return verdicts, marks
}
