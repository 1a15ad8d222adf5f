package filters

import (
	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

// Filter says of each message whether it passes. It is immutable and may be
// used from any goroutine. The zero value is the empty filter, which everything
// passes.
type Filter struct {
	tree      *node
	predicate predicate // nil: everything passes
	byTopic   []*topicPredicate
	bySigner  []*signerPredicate
	heavy     bool // looks at more than columns
	verdicts  bool // looks at verdicts or signers
	late      bool // looks at columns that change
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
		f.number(f.predicate)
		var marks bool
		f.verdicts, marks = looksAt(f.predicate)
		f.late = f.verdicts || marks
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

// NeedsVerdict reports whether it matters to the filter what is known about a
// message's signature: whether it asks for "sig" or "cn" anywhere.
func (f *Filter) NeedsVerdict() bool { return f.verdicts }

// MatchMessage reports whether a message, which must have been scanned, passes
// as long as it is not judged: its verdict is pending and it has no signer.
func (f *Filter) MatchMessage(m *bus.Message) bool { return f.match(subject{Message: m}) }

// MatchJudged reports whether a message, which must have been scanned, passes
// with this verdict, signed as signer, "" for none. Nothing has changed about a
// single message.
func (f *Filter) MatchJudged(m *bus.Message, code crypto.Code, signer string) bool {
	return f.match(subject{Message: m, code: code, signer: signer})
}

func (f *Filter) match(m subject) bool { return f.predicate == nil || f.predicate.message(m) }
