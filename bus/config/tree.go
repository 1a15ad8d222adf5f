package config

import (
	"iter"
	"maps"
	"slices"
	"strings"
)

// node is a table (children is not nil) or a leaf. Lists are leaves: merging
// replaces them whole, as fedmsg does.
type node struct {
	children map[string]*node
	value    any
	place    Place
}

func newTable(place Place) *node {
	return &node{children: map[string]*node{}, place: place}
}

func leaf(value any, place Place) *node { return &node{value: value, place: place} }

func (n *node) set(key string, value any, place Place) { n.children[key] = leaf(value, place) }

// child is the node under a key, or nil.
func (n *node) child(key string) *node {
	if n == nil {
		return nil
	}
	return n.children[key]
}

// merge lays upper over n: tables are merged key by key, anything else is
// replaced (fedmsg/config.py, _recursive_update in fedmsg/utils.py).
func (n *node) merge(upper *node) {
	for key, above := range upper.children {
		below := n.children[key]
		if below == nil || below.children == nil || above.children == nil {
			n.children[key] = above
			continue
		}
		below.merge(above)
	}
}

// plain is the node as plain Go values.
func (n *node) plain() any {
	if n.children == nil {
		return n.value
	}
	table := make(map[string]any, len(n.children))
	for key, child := range n.children {
		table[key] = child.plain()
	}
	return table
}

// find follows a dotted path. Keys may themselves contain dots
// (moksha.monitoring.socket), so at each table the longest key that leads
// somewhere is taken. It says whether a key on the way names a secret.
func (n *node) find(segments []string) (found *node, secret bool) {
	for i := len(segments); i > 0; i-- {
		key := strings.Join(segments[:i], ".")
		next := n.children[key]
		if next == nil {
			continue
		}
		if i == len(segments) {
			return next, namesSecret(key)
		}
		if found, secret := next.find(segments[i:]); found != nil {
			return found, secret || namesSecret(key)
		}
	}
	return nil, false
}

// walk visits every leaf with its dotted path, and whether a key on the way
// names a secret. An empty table counts as a leaf, so that nothing set is
// invisible.
func (n *node) walk(path string, secret bool, visit func(path string, n *node, secret bool)) {
	if len(n.children) == 0 && path != "" {
		visit(path, n, secret)
	}
	for _, key := range slices.Sorted(maps.Keys(n.children)) {
		deeper := key
		if path != "" {
			deeper = path + "." + key
		}
		n.children[key].walk(deeper, secret || namesSecret(key), visit)
	}
}

// Setting is one leaf of the merged settings.
type Setting struct {
	Path  string // dotted; keys may contain dots
	Value any    // nil, bool, int64, float64, string, []any or map[string]any; redacted
	Place Place
}

// Sources yields every leaf, sorted by path, with where it came from.
func (s *Settings) Sources() iter.Seq[Setting] {
	var all []Setting
	s.tree.walk("", false, func(path string, n *node, secret bool) {
		all = append(all, Setting{path, redact(n.plain(), secret), n.place})
	})
	// Keys contain dots, so the order of the tables is not that of the paths.
	slices.SortStableFunc(all, func(a, b Setting) int { return strings.Compare(a.Path, b.Path) })
	return slices.Values(all)
}

// Tree is the merged settings as one table, redacted. It is a copy.
func (s *Settings) Tree() map[string]any {
	tree, _ := redact(s.tree.plain(), false).(map[string]any)
	return tree
}

// Lookup finds a setting by its dotted path, redacted. Settings of this
// program, which live in the table fedmsg_tui, are found without its name too.
func (s *Settings) Lookup(path string) (value any, found bool) {
	n, secret := s.lookup(path)
	if n == nil {
		return nil, false
	}
	return redact(n.plain(), secret), true
}

// Whence is where the setting of a dotted path came from.
func (s *Settings) Whence(path string) (place Place, found bool) {
	n, _ := s.lookup(path)
	if n == nil {
		return Place{}, false
	}
	return n.place, true
}

// maxQuerySegments bounds the ways in which a path can be split into keys.
const maxQuerySegments = 32

func (s *Settings) lookup(path string) (n *node, secret bool) {
	segments := strings.Split(path, ".")
	if len(segments) > maxQuerySegments {
		return nil, false
	}
	if n, secret := s.tree.find(segments); n != nil {
		return n, secret
	}
	if own := s.tree.child(ownTable); own != nil {
		return own.find(segments)
	}
	return nil, false
}

// Nearest names up to three settings whose path resembles path.
func (s *Settings) Nearest(path string) []string {
	var names []string
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	var tables func(n *node, prefix string)
	tables = func(n *node, prefix string) {
		for key, child := range n.children {
			add(prefix + key)
			tables(child, prefix+key+".")
		}
	}
	tables(s.tree, "")
	tables(s.tree.child(ownTable), "")
	return nearest(path, names, 3)
}
