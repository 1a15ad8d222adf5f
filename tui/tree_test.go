package tui

import (
	"slices"
	"strings"
	"testing"

	"fedmsg-tui/bus/history"
	"fedmsg-tui/filters"
)

func totals(messages, problems uint64) *history.Totals {
	return &history.Totals{Messages: messages, Problems: problems}
}

func names(nodes []*topicNode) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, strings.Repeat("  ", n.depth)+n.name)
	}
	return out
}

func TestTreeGroupsByHeadAndSegment(t *testing.T) {
	tree := newTopicTree()
	tree.set(1, "org.fedoraproject.prod.git.receive", totals(5, 0))
	tree.set(2, "org.fedoraproject.prod.bodhi.update.comment", totals(2, 1))
	tree.set(3, "org.debian.production.dak.accepted", totals(1, 0))
	tree.set(4, "org.fedoraproject.prod.git.receive.extra", totals(1, 0))
	tree.set(5, "heartbeat", totals(9, 0))
	want := []string{"heartbeat", "org.debian.production", "  dak", "org.fedoraproject.prod", "  bodhi", "  git"}
	if got := names(tree.rows()); !slices.Equal(got, want) {
		t.Fatalf("rows %q, want %q", got, want)
	}
	fedora := tree.rows()[3]
	if fedora.total != 8 || fedora.problems != 1 {
		t.Errorf("total %d, problems %d", fedora.total, fedora.problems)
	}
	tree.set(1, "org.fedoraproject.prod.git.receive", totals(15, 2))
	if fedora.total != 18 || fedora.problems != 3 {
		t.Errorf("after more: total %d, problems %d", fedora.total, fedora.problems)
	}
	tree.reveal(tree.byTopic[4])
	want = []string{"heartbeat", "org.debian.production", "  dak", "org.fedoraproject.prod", "  bodhi", "  git", "    receive", "      extra"}
	if got := names(tree.rows()); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

func TestTreeTermSelectsWhatANodeCounts(t *testing.T) {
	tree := newTopicTree()
	topics := []string{"org.fedoraproject.prod.git.receive", "org.fedoraproject.prod.git.receive.extra",
		"org.fedoraproject.prod.bodhi.update.comment", "org.debian.dev.git.receive", "odd topic.a*b"}
	for i, topic := range topics {
		tree.set(uint32(i), topic, totals(1, 0))
	}
	for _, n := range append(tree.rows(), tree.byTopic[0], tree.byTopic[1], tree.byTopic[2], tree.byTopic[4]) {
		term, ok := n.term()
		if !ok {
			t.Errorf("%s has no term", n.path)
			continue
		}
		filter, err := filters.Parse(term)
		if err != nil {
			t.Errorf("%s: %v", n.path, err)
			continue
		}
		for _, topic := range topics {
			counted := topic == n.path || strings.HasPrefix(topic, n.path+".")
			m := received(topic, "{}")
			found := filter.MatchMessage(&m)
			if counted != found {
				t.Errorf("%s selects %s: %v", term, topic, found)
			}
		}
	}
}

func TestTreeRates(t *testing.T) {
	tree := newTopicTree()
	tree.set(1, "a.prod.x.y", totals(10, 0))
	tree.sample(1)
	tree.set(1, "a.prod.x.y", totals(30, 0))
	tree.sample(2)
	n := tree.byTopic[1]
	if n.rate != 10 || n.parent.rate != 10 {
		t.Errorf("rate %v, of its parent %v", n.rate, n.parent.rate)
	}
	if n.spark[sparkSamples-1] != 10 || n.spark[sparkSamples-2] != 10 || n.spark[0] != 0 {
		t.Errorf("spark %v", n.spark)
	}
}

func TestTreeDepthIsBounded(t *testing.T) {
	tree := newTopicTree()
	tree.set(1, strings.Repeat("a.", 100000)+"z", totals(1, 0))
	if d := tree.byTopic[1].depth; d > 12 {
		t.Errorf("depth %d", d)
	}
}
