package filters

import (
	"slices"
	"strings"
	"unicode/utf8"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

// TopicTerm is the term that finds exactly the topics that end in the segments
// of topic; a full topic, itself. It is false for a topic that cannot be
// written as a text, because it is not UTF-8 or is empty.
func TopicTerm(topic string) (term string, ok bool) { return termFor("topic", pattern{topic}) }

// ServiceTerm is the term that finds all topics of the service that a topic
// belongs to.
func ServiceTerm(topic string) (term string, ok bool) {
	return termFor("mod", pattern{bus.SplitTopic(topic).Service})
}

// SubtreeTerm is the term that finds a topic and all below it, for the first
// segments of a topic.
func SubtreeTerm(topic string) (term string, ok bool) {
	return termFor("topic", pattern{topic}, pattern{topic + ".", ""})
}

// SigTerm is the term that finds the messages with a verdict.
func SigTerm(code crypto.Code) string { return "sig:" + code.String() }

// SignerTerm is the term that finds exactly the messages that were signed as
// name. It is false for a name that cannot be written as a text, because it is
// not UTF-8, empty, or longer than a filter may be.
func SignerTerm(name string) (term string, ok bool) { return termFor("cn", pattern{name}) }

func termFor(field string, values ...pattern) (string, bool) {
	term := field
	for i, v := range values {
		if v[0] == "" || !utf8.ValidString(v[0]) {
			return "", false
		}
		term += ":,"[min(i, 1):min(i, 1)+1] + v.write(field+":")
	}
	// A topic may be longer than a filter.
	if _, err := parse(term); err != nil {
		return "", false
	}
	return term, true
}

// KeepOnly adds a term to the text of a filter so that only what it finds is
// left. Where the text keeps something else of the same field, the term
// replaces it, and where it excludes what is now to be kept, that ends. Nothing
// else is changed. A text or term that is no filter leaves the text as it is.
func KeepOnly(text, term string) string { return edit(text, term, keep) }

// Drop adds a term to the text of a filter so that what it finds is gone. Where
// the text keeps just that, it is taken out there; exclusions of one field are
// gathered in one term. A text or term that is no filter leaves the text as it
// is.
func Drop(text, term string) string { return edit(text, term, drop) }

// part is a term of a filter that everything has to pass, with its text.
type part struct {
	*node
	text string
}

func (p part) excludes() bool { return p.op == opNot }

// condition is the part without its sign.
func (p part) condition() *node {
	if p.op == opNot {
		return p.kids[0]
	}
	return p.node
}

func (p part) about(f *field) bool { return p.condition().op == opField && p.condition().field == f }

func edit(text, term string, change func([]part, *node) []part) string {
	tree, err := parse(text)
	wanted, termErr := parse(term)
	if err != nil || termErr != nil || wanted == nil {
		return text
	}
	var parts []part
	switch {
	case tree == nil:
	case tree.op == opAll:
		for _, kid := range tree.kids {
			parts = append(parts, part{kid, text[kid.at:kid.end]})
		}
	case tree.op == opAny:
		parts = []part{{tree, "(" + tree.String() + ")"}}
	default:
		parts = []part{{tree, strings.TrimSpace(text)}}
	}
	var texts []string
	for _, p := range change(parts, wanted) {
		texts = append(texts, p.text)
	}
	edited := strings.Join(texts, " ")
	if _, err := parse(edited); err != nil {
		return text // too long now
	}
	return edited
}

// written is a part as String writes it.
func written(n *node) part {
	var b strings.Builder
	n.writeIn(&b, opAny)
	return part{n, b.String()}
}

func keep(parts []part, wanted *node) []part {
	there := false
	out := rewrite(parts, func(p part) *node {
		switch {
		case p.String() == wanted.String():
			if there {
				return nil
			}
			there = true
			return p.node
		case p.String() == negate(wanted).String():
			return nil
		case wanted.op != opField || !p.about(wanted.field):
			return p.node
		case !p.excludes():
			return nil
		}
		// An excluded value that takes in what is now to be kept has to go, too.
		left := without(p.condition(), func(v pattern) bool {
			return slices.ContainsFunc(wanted.values, func(w pattern) bool { return wanted.field.covers(v, w) })
		})
		switch left {
		case nil:
			return nil
		case p.condition():
			return p.node
		}
		return negate(left)
	})
	if !there {
		out = append(out, written(wanted))
	}
	return out
}

func drop(parts []part, wanted *node) []part {
	unwanted := negate(wanted)
	if wanted.op != opField {
		out := slices.DeleteFunc(parts, func(p part) bool {
			return p.String() == wanted.String() || p.String() == unwanted.String()
		})
		return append(out, written(unwanted))
	}
	exclude := wanted.values
	kept := rewrite(parts, func(p part) *node {
		if !p.about(wanted.field) || p.excludes() {
			return p.node
		}
		left := without(p.condition(), func(v pattern) bool {
			return slices.ContainsFunc(wanted.values, func(w pattern) bool { return wanted.field.covers(w, v) })
		})
		if left != nil && left != p.condition() {
			// What is kept besides may already leave out what is unwanted.
			exclude = overlapping(wanted.field, exclude, left.values)
		}
		return left
	})
	if len(exclude) == 0 {
		return kept
	}
	for i, p := range kept {
		if !p.about(wanted.field) || !p.excludes() {
			continue
		}
		all := *p.condition()
		all.values = slices.Clone(all.values)
		for _, v := range exclude {
			if !has(all.values, v) {
				all.values = append(all.values, v)
			}
		}
		if len(all.values) > len(p.condition().values) {
			kept[i] = written(negate(&all))
		}
		return kept
	}
	excluded := *wanted
	excluded.values = exclude
	return append(kept, written(negate(&excluded)))
}

// rewrite puts in the place of each part what change makes of it; nil leaves it
// out. The text of unchanged parts stays as it was typed.
func rewrite(parts []part, change func(part) *node) []part {
	var out []part
	for _, p := range parts {
		switch changed := change(p); changed {
		case nil:
		case p.node:
			out = append(out, p)
		default:
			out = append(out, written(changed))
		}
	}
	return out
}

// without is a condition on a field without some of its values: nil when none
// is left, the same node when none was there.
func without(n *node, gone func(pattern) bool) *node {
	left := slices.DeleteFunc(slices.Clone(n.values), gone)
	switch len(left) {
	case 0:
		return nil
	case len(n.values):
		return n
	}
	smaller := *n
	smaller.values = left
	return &smaller
}

func has(values []pattern, v pattern) bool {
	return slices.ContainsFunc(values, func(w pattern) bool { return slices.Equal(v, w) })
}

// overlapping are those of values that might find something that one of others
// finds too.
func overlapping(f *field, values, others []pattern) []pattern {
	var out []pattern
	for _, v := range values {
		if slices.ContainsFunc(others, func(o pattern) bool { return f.overlap(v, o) }) {
			out = append(out, v)
		}
	}
	return out
}

// covers reports whether it is known that all that w finds is found by v.
func (f *field) covers(v, w pattern) bool {
	if slices.Equal(v, w) {
		return true
	}
	if f.meaning == nil {
		return false
	}
	mine, others := f.meaning(v.text()), f.meaning(w.text())
	return len(others) > 0 && !slices.ContainsFunc(others, func(o string) bool { return !slices.Contains(mine, o) })
}

// overlap reports whether there may be a message that both v and w find. Of
// values with stars that is not known.
func (f *field) overlap(v, w pattern) bool {
	if f.meaning == nil {
		return len(v) > 1 || len(w) > 1 ||
			newGlob(v).match([]byte(w.text())) || newGlob(w).match([]byte(v.text()))
	}
	mine, others := f.meaning(v.text()), f.meaning(w.text())
	return len(mine) == 0 || len(others) == 0 ||
		slices.ContainsFunc(others, func(o string) bool { return slices.Contains(mine, o) })
}
