package tui

import (
	"slices"
	"strings"
	"testing"
)

func names(nodes []*topicNode) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, strings.Repeat("  ", n.depth)+n.name)
	}
	return out
}

func TestTreeGroupsByHeadAndSegment(t *testing.T) {
	tree := newTopicTree()
	tree.set(1, "org.fedoraproject.prod.git.receive", 5, 0)
	tree.set(2, "org.fedoraproject.prod.bodhi.update.comment", 2, 1)
	tree.set(3, "org.debian.production.dak.accepted", 1, 0)
	tree.set(4, "org.fedoraproject.prod.git.receive.extra", 1, 0)
	tree.set(5, "heartbeat", 9, 0)
	want := []string{"heartbeat", "org.debian.production", "  dak", "org.fedoraproject.prod", "  bodhi", "  git"}
	if got := names(tree.rows()); !slices.Equal(got, want) {
		t.Fatalf("rows %q, want %q", got, want)
	}
	fedora := tree.rows()[3]
	if fedora.total != 8 || fedora.problems != 1 {
		t.Errorf("total %d, problems %d", fedora.total, fedora.problems)
	}
	tree.set(1, "org.fedoraproject.prod.git.receive", 15, 2)
	if fedora.total != 18 || fedora.problems != 3 {
		t.Errorf("after more: total %d, problems %d", fedora.total, fedora.problems)
	}
	tree.reveal(tree.byTopic[4])
	want = []string{"heartbeat", "org.debian.production", "  dak", "org.fedoraproject.prod", "  bodhi", "  git", "    receive", "      extra"}
	if got := names(tree.rows()); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

func TestTreeGlobSelectsWhatANodeCounts(t *testing.T) {
	tree := newTopicTree()
	tree.set(1, "org.fedoraproject.prod.git.receive", 1, 0)
	tree.set(2, "org.fedoraproject.prod.git.receive.extra", 1, 0)
	tree.set(3, "org.fedoraproject.prod.bodhi.update.comment", 1, 0)
	for id, want := range map[uint32]string{1: "git.receive,git.receive.*", 2: "git.receive.extra", 3: "bodhi.update.comment"} {
		if got := tree.byTopic[id].glob(); got != want {
			t.Errorf("topic %d: %q, want %q", id, got, want)
		}
	}
	if got := tree.byTopic[3].parent.glob(); got != "bodhi.update.*" {
		t.Errorf("inner node: %q", got)
	}
	if got := tree.rows()[0].glob(); got != "org.fedoraproject.prod.*" {
		t.Errorf("head: %q", got)
	}
}

func TestTreeRates(t *testing.T) {
	tree := newTopicTree()
	tree.set(1, "a.prod.x.y", 10, 0)
	tree.sample(1)
	tree.set(1, "a.prod.x.y", 30, 0)
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
	tree.set(1, strings.Repeat("a.", 100000)+"z", 1, 0)
	if d := tree.byTopic[1].depth; d > 12 {
		t.Errorf("depth %d", d)
	}
}
