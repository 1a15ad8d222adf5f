package filters

import (
	"cmp"
	"slices"

	"fedmsg-tui/bus"
)

// predicate is a condition ready to run. narrow and message must agree on every
// row: TestRowsAndMessagesAgree holds them to it.
type predicate interface {
	// message says whether a message passes. By value, so that asking about a
	// message allocates nothing.
	message(m subject) bool
	// narrow takes out of rows, a set of rows of the scan's chunk, those that
	// do not pass.
	narrow(s *scan, rows bitset)
	// cost says what to ask first.
	cost() int
}

const (
	costColumns = 1
	costLate    = 2 // a larger column, written by others meanwhile
	costText    = 100
)

// compile makes a predicate of a tree.
func compile(n *node) predicate {
	switch n.op {
	case opAll, opAny:
		kids := make([]predicate, len(n.kids))
		for i, kid := range n.kids {
			kids[i] = compile(kid)
		}
		// In a stable order, so that equal costs stay as they were written.
		slices.SortStableFunc(kids, func(a, b predicate) int { return cmp.Compare(a.cost(), b.cost()) })
		if n.op == opAll {
			return fuse(&allOf{kids})
		}
		return fuse(&anyOf{kids})
	case opNot:
		return fuse(&not{compile(n.kids[0])})
	case opField:
		return n.field.predicate(n.values)
	default:
		return newText(n.values[0].text())
	}
}

// topicPredicate depends on the topic alone. A scan asks it once per distinct
// topic and looks the answer up in a table from then on.
type topicPredicate struct {
	match func(topic []byte) bool
	table int // which of the scan's tables
}

func byTopic(match func(topic []byte) bool) predicate { return &topicPredicate{match: match} }

func (p *topicPredicate) message(m subject) bool { return p.match(m.Topic()) }
func (p *topicPredicate) cost() int              { return costColumns }

func (p *topicPredicate) narrow(s *scan, rows bitset) {
	table := s.answers.tables[p.table]
	ids := s.chunk.TopicIDs()
	if s.answers.overflow {
		for i := range rows.all() {
			if !s.topicPasses(p, ids[i], i) {
				rows.clear(i)
			}
		}
		return
	}
	// Without a branch per row: which topic comes next cannot be predicted.
	for w, word := range rows {
		if word == 0 {
			continue
		}
		var pass uint64
		for b, id := range ids[w*64 : min(w*64+64, len(ids))] {
			pass |= uint64(table[id]) << b
		}
		rows[w] = word & pass
	}
}

// byColumns are the words of "is" but for "changed".
type byColumns struct {
	origins   [256]uint8 // 1 for those that pass
	malformed bool       // malformed messages pass
}

func (p *byColumns) message(m subject) bool {
	return p.origins[m.Origin] != 0 || p.malformed && m.Malformed()
}

func (p *byColumns) cost() int { return costColumns }

func (p *byColumns) narrow(s *scan, rows bitset) {
	origins, problems := s.chunk.Origins(), s.chunk.Problems()
	for w, word := range rows {
		if word == 0 {
			continue
		}
		from, to := w*64, min(w*64+64, len(origins))
		var pass uint64
		for b, origin := range origins[from:to] {
			pass |= uint64(p.origins[origin]) << b
		}
		if p.malformed {
			for b, problem := range problems[from:to] {
				if problem != bus.ProblemNone {
					pass |= 1 << b
				}
			}
		}
		rows[w] = word & pass
	}
}

type allOf struct{ kids []predicate }

func (p *allOf) message(m subject) bool {
	for _, kid := range p.kids {
		if !kid.message(m) {
			return false
		}
	}
	return true
}

func (p *allOf) narrow(s *scan, rows bitset) {
	for _, kid := range p.kids {
		if rows.empty() {
			return
		}
		kid.narrow(s, rows)
	}
}

func (p *allOf) cost() int { return sumCost(p.kids) }

type anyOf struct{ kids []predicate }

func (p *anyOf) message(m subject) bool {
	for _, kid := range p.kids {
		if kid.message(m) {
			return true
		}
	}
	return false
}

// narrow asks each kid only about rows that no kid before it let pass.
func (p *anyOf) narrow(s *scan, rows bitset) {
	left, some := s.scratch(rows), s.scratch(rows)
	for _, kid := range p.kids {
		if left.empty() {
			break
		}
		copy(some, left)
		kid.narrow(s, some)
		left.subtract(some)
	}
	rows.subtract(left)
	s.release(2)
}

func (p *anyOf) cost() int { return sumCost(p.kids) }

type not struct{ kid predicate }

func (p *not) message(m subject) bool { return !p.kid.message(m) }

func (p *not) narrow(s *scan, rows bitset) {
	some := s.scratch(rows)
	p.kid.narrow(s, some)
	rows.subtract(some)
	s.release(1)
}

func (p *not) cost() int { return p.kid.cost() }

func sumCost(kids []predicate) int {
	sum := 0
	for _, kid := range kids {
		sum += kid.cost()
	}
	return sum
}

// fuse makes one table of what depends on topics alone, however it is joined:
// then all of it costs one look-up a row.
func fuse(p predicate) predicate {
	switch p := p.(type) {
	case *not:
		if kid, ok := p.kid.(*topicPredicate); ok {
			return byTopic(func(topic []byte) bool { return !kid.match(topic) })
		}
	case *allOf:
		return joined(p, p.kids, func(kids []predicate) predicate { return &allOf{kids} },
			func(matches []func([]byte) bool) func([]byte) bool {
				return func(topic []byte) bool {
					return !slices.ContainsFunc(matches, func(match func([]byte) bool) bool { return !match(topic) })
				}
			})
	case *anyOf:
		return joined(p, p.kids, func(kids []predicate) predicate { return &anyOf{kids} },
			func(matches []func([]byte) bool) func([]byte) bool {
				return func(topic []byte) bool {
					return slices.ContainsFunc(matches, func(match func([]byte) bool) bool { return match(topic) })
				}
			})
	}
	return p
}

// joined puts those kids that depend on topics alone together, in front.
func joined(p predicate, kids []predicate, join func([]predicate) predicate, joinMatches func([]func([]byte) bool) func([]byte) bool) predicate {
	var matches []func([]byte) bool
	rest := []predicate{nil}
	for _, kid := range kids {
		if t, ok := kid.(*topicPredicate); ok {
			matches = append(matches, t.match)
		} else {
			rest = append(rest, kid)
		}
	}
	if len(matches) < 2 {
		return p
	}
	rest[0] = byTopic(joinMatches(matches))
	if len(rest) == 1 {
		return rest[0]
	}
	return join(rest)
}

// number gives each predicate that depends on the topic, or on the signer, a
// table of its own.
func (f *Filter) number(p predicate) {
	switch p := p.(type) {
	case *topicPredicate:
		p.table = len(f.byTopic)
		f.byTopic = append(f.byTopic, p)
	case *signerPredicate:
		p.table = len(f.bySigner)
		f.bySigner = append(f.bySigner, p)
	case *text:
		f.number(&p.topic)
	case *not:
		f.number(p.kid)
	case *allOf:
		for _, kid := range p.kids {
			f.number(kid)
		}
	case *anyOf:
		for _, kid := range p.kids {
			f.number(kid)
		}
	}
}
