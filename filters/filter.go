package filters

import "fedmsg-tui/bus"

// Filter says of each message whether it passes. It is immutable and may be
// used from any goroutine. The zero value is the empty filter, which everything
// passes.
type Filter struct {
	tree      *node
	predicate predicate // nil: everything passes
	byTopic   []*topicPredicate
	heavy     bool // looks at more than columns
}

// Parse makes a filter of a text; an error is always a *[SyntaxError]. An empty
// text is the empty filter.
func Parse(text string) (*Filter, error) {
	tree, err := parse(text)
	if err != nil {
		return nil, err
	}
	return newFilter(tree), nil
}

func newFilter(tree *node) *Filter {
	f := &Filter{tree: tree}
	if tree != nil {
		f.predicate = compile(tree)
		f.byTopic = number(f.predicate, nil)
		f.heavy = f.predicate.cost() >= costText
	}
	return f
}

// Empty reports whether everything passes because nothing is asked.
func (f *Filter) Empty() bool { return f.predicate == nil }

// String is the canonical text: what was parsed, with signs for words where
// there are both and no needless parentheses. It parses to the same filter.
func (f *Filter) String() string {
	if f.tree == nil {
		return ""
	}
	return f.tree.String()
}

// MatchMessage reports whether a message, which must have been scanned, passes.
func (f *Filter) MatchMessage(m *bus.Message) bool {
	return f.predicate == nil || f.predicate.message(m)
}
