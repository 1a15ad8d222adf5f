package filters

import (
	"bytes"
	"slices"
)

// glob matches topics. A star stands for any characters, also none and also
// dots. The glob begins where a segment of the topic begins, and ends where the
// topic ends; one that ends in a star may end anywhere. So "git.receive" and
// "org.fedoraproject.prod.git.receive" find the same topic, "git*" finds all of
// git and github, and "receive" finds every topic whose last segment it is.
type glob struct {
	pieces [][]byte // between the stars; at least one
}

func newGlob(p pattern) glob {
	g := glob{pieces: make([][]byte, len(p))}
	for i, piece := range p {
		g.pieces[i] = []byte(piece)
	}
	return g
}

// match takes time linear in the topic for each piece. It never goes back: what
// follows a star finds more places in a longer rest, so only the first segment
// at which the glob can begin has to be tried.
func (g glob) match(topic []byte) bool {
	first := g.pieces[0]
	if len(g.pieces) == 1 {
		return bytes.HasSuffix(topic, first) && startsSegment(topic, len(topic)-len(first))
	}
	rest, ok := topic, len(first) == 0
	if !ok {
		for at := 0; at <= len(topic)-len(first); {
			k := bytes.Index(topic[at:], first)
			if k < 0 {
				return false
			}
			if at += k; startsSegment(topic, at) {
				rest, ok = topic[at+len(first):], true
				break
			}
			at++
		}
	}
	return ok && starred(rest, g.pieces[1:])
}

// matchWhole is match for a text without segments, which begins where the text
// begins.
func (g glob) matchWhole(text []byte) bool {
	if len(g.pieces) == 1 {
		return bytes.Equal(text, g.pieces[0])
	}
	rest, ok := bytes.CutPrefix(text, g.pieces[0])
	return ok && starred(rest, g.pieces[1:])
}

// matchesAll reports whether the glob is nothing but stars.
func (g glob) matchesAll() bool {
	return len(g.pieces) > 1 && !slices.ContainsFunc(g.pieces, func(piece []byte) bool { return len(piece) > 0 })
}

// starred matches pieces with a star before each; the last one is at the end.
func starred(text []byte, pieces [][]byte) bool {
	last := len(pieces) - 1
	for _, piece := range pieces[:last] {
		k := bytes.Index(text, piece)
		if k < 0 {
			return false
		}
		text = text[k+len(piece):]
	}
	return bytes.HasSuffix(text, pieces[last])
}

func startsSegment(topic []byte, at int) bool { return at == 0 || topic[at-1] == '.' }
