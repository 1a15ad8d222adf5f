package tui

import (
	"slices"
	"strings"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
	"fedmsg-tui/filters"
)

// sparkSamples is how many seconds a topic's sparkline covers.
const sparkSamples = 16

// topicNode is one level of the tree: a segment of topics, or the common head
// (organisation and environment) of many.
type topicNode struct {
	name     string // the segment, or the whole head
	path     string // full topic up to and including this node
	label    string // what to show instead: no topic has this node, and no filter finds it
	parent   *topicNode
	children []*topicNode // by name
	depth    int
	open     bool

	own      uint64 // messages with exactly this topic
	total    uint64 // own and all below
	problems uint64
	hasOwn   bool
	ownBad   uint64 // problems of exactly this topic

	// Messages by the class of their signature: of all below, and of exactly
	// this topic. Any of these can become less when messages are judged again.
	verdicts, ownVerdicts [crypto.Classes]uint64

	counted uint64 // total when the rate was last taken
	rate    float64
	spark   [sparkSamples]float32 // rates of the last seconds, oldest first
}

// topicTree turns the counts per topic into a tree. Topics are only ever added.
type topicTree struct {
	root    topicNode
	byTopic map[uint32]*topicNode // history's topic id to its node
	visible []*topicNode          // what is open, in order
	stale   bool                  // visible has to be computed again
}

func newTopicTree() *topicTree {
	return &topicTree{byTopic: map[uint32]*topicNode{}, root: topicNode{open: true, depth: -1}}
}

// headOf is how many segments of a topic make up its head: organisation and
// environment belong together, as in org.fedoraproject.prod.
func headOf(topic string) int {
	if p := bus.SplitTopic(topic); p.Environment != "" {
		return strings.Count(p.Prefix, ".") + 2
	}
	return 1
}

// node finds or makes the node of a topic.
func (t *topicTree) node(id uint32, topic string) *topicNode {
	if n := t.byTopic[id]; n != nil {
		return n
	}
	segments := strings.Split(topic, ".")
	// A topic of thousands of segments would be a tree of thousands of levels:
	// beyond a depth that no bus has, the rest is one name.
	const deepest = 12
	if len(segments) > deepest {
		segments = append(segments[:deepest-1:deepest-1], strings.Join(segments[deepest-1:], "."))
	}
	n := &t.root
	head := headOf(topic)
	n = t.child(n, strings.Join(segments[:head], "."), strings.Join(segments[:head], "."))
	for i := head; i < len(segments); i++ {
		n = t.child(n, segments[i], strings.Join(segments[:i+1], "."))
	}
	n.hasOwn = true
	t.byTopic[id] = n
	return n
}

func (t *topicTree) child(parent *topicNode, name, path string) *topicNode {
	i, found := slices.BinarySearchFunc(parent.children, name, func(n *topicNode, name string) int {
		return strings.Compare(n.name, name)
	})
	if found {
		return parent.children[i]
	}
	n := &topicNode{name: name, path: path, parent: parent, depth: parent.depth + 1}
	n.open = n.depth == 0 // the heads are open: the services are what one looks for
	parent.children = slices.Insert(parent.children, i, n)
	t.stale = true
	return n
}

// setOther notes the counts of what has no topic of its own. Such rows have
// names that are not UTF-8: no well-formed message has such a topic, and no
// filter can be written for it.
func (t *topicTree) setOther(id uint32, label string, totals *history.Totals) {
	t.set(id, "\xff"+label, totals)
	t.byTopic[id].label = label
}

// set notes the counts of a topic.
func (t *topicTree) set(id uint32, topic string, totals *history.Totals) {
	n := t.node(id, topic)
	if totals.Messages == n.own && totals.Problems == n.ownBad && totals.Verdicts == n.ownVerdicts {
		return
	}
	// Differences may be below zero; unsigned numbers come out right all the
	// same.
	grown, worse := totals.Messages-n.own, totals.Problems-n.ownBad
	before := n.ownVerdicts
	n.own, n.ownBad, n.ownVerdicts = totals.Messages, totals.Problems, totals.Verdicts
	for p := n; p != nil; p = p.parent {
		p.total += grown
		p.problems += worse
		for class := range p.verdicts {
			p.verdicts[class] += totals.Verdicts[class] - before[class]
		}
	}
}

// sample takes the rates, seconds after they were taken last.
func (t *topicTree) sample(seconds float64) {
	if seconds <= 0 {
		return
	}
	t.root.sample(seconds)
}

func (n *topicNode) sample(seconds float64) {
	n.rate = float64(n.total-n.counted) / seconds
	n.counted = n.total
	copy(n.spark[:], n.spark[1:])
	n.spark[sparkSamples-1] = float32(n.rate)
	for _, c := range n.children {
		c.sample(seconds)
	}
}

// rows are the nodes that are open, in order.
func (t *topicTree) rows() []*topicNode {
	if t.stale {
		t.visible = appendOpen(t.visible[:0], &t.root)
		t.stale = false
	}
	return t.visible
}

func appendOpen(dst []*topicNode, n *topicNode) []*topicNode {
	for _, c := range n.children {
		dst = append(dst, c)
		if c.open {
			dst = appendOpen(dst, c)
		}
	}
	return dst
}

func (t *topicTree) setOpen(n *topicNode, open bool) {
	if n.open != open && len(n.children) > 0 {
		n.open = open
		t.stale = true
	}
}

// reveal opens everything above a node, so that it has a row.
func (t *topicTree) reveal(n *topicNode) {
	for p := n.parent; p != nil && p.depth >= 0; p = p.parent {
		t.setOpen(p, true)
	}
}

// term is the term of a filter that selects exactly what a node counts: its own
// topic, or that and everything below it. It names the whole topic, as the same
// service may be known to several organisations. It is false for a topic that
// cannot be written in a filter.
func (n *topicNode) term() (term string, ok bool) {
	term, ok = filters.TopicTerm(n.path)
	switch {
	case len(n.children) == 0 || !ok:
		return term, ok
	case n.hasOwn || strings.HasSuffix(term, `"`):
		return filters.SubtreeTerm(n.path)
	}
	return term + ".*", true
}

// text is what the tree shows of a node, unsanitised.
func (n *topicNode) text() string {
	if n.label != "" {
		return n.label
	}
	return n.name
}

// all walks over every node that stands for one topic.
func (t *topicTree) all(yield func(*topicNode) bool) {
	var walk func(*topicNode) bool
	walk = func(n *topicNode) bool {
		if n.hasOwn && n.label == "" && !yield(n) {
			return false
		}
		for _, c := range n.children {
			if !walk(c) {
				return false
			}
		}
		return true
	}
	walk(&t.root)
}
