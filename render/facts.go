package render

import (
	"bytes"

	"fedmsg-tui/bus"
)

// aspect is what a value of a body can tell in a summary.
type aspect uint8

const (
	aspectNone   aspect = iota
	aspectWho           // who did it
	aspectThing         // what it was done to
	aspectDetail        // where: a branch, a tag, a chroot
	aspectState         // what it has become
	aspectQuote         // in somebody's words
	aspectNumber        // number of an issue or a pull request
	aspectCount
)

// clue says that a key's value may tell an aspect. Of several, the one with the
// lowest rank is taken; each level of nesting adds depthRank.
type clue struct {
	aspect aspect
	rank   uint8
	// inside is the rank of names in an object with this key, as in
	// "user": {"name": …}; 0: the object says nothing about its names.
	inside uint8
}

// depthRank is what a level of nesting costs.
const depthRank = 3

// Ranks of a name that stands in an object that is not known to be anything:
// in the body itself it names what the message is about, deeper anything.
const (
	nameRank       = 8
	nameRankOfBody = 5
)

// clueOf is the one rule for all services: keys that mean the same wherever
// they occur. Rules for single topics come on top of it, not into it.
func clueOf(key string) clue {
	switch key {
	case "agent":
		return clue{aspectWho, 1, 1}
	case "username", "userid", "fas_user", "fas_username", "nickname", "openid", "tester", "user_text", "service_ack_author", "host_ack_author":
		return clue{aspectWho, 3, 0}
	case "user":
		return clue{aspectWho, 3, 3}
	case "sender", "pusher", "author", "nick", "person", "end_user", "start_user":
		return clue{aspectWho, 4, 4}
	case "submitter", "recipient", "assignee", "reporter":
		return clue{aspectWho, 6, 6}
	case "owner", "creator", "orig_owner":
		return clue{aspectWho, 8, 8}

	case "nvr", "package_name", "pkg_name", "srpm", "update_title":
		return clue{aspectThing, 1, 0}
	case "package", "pkg", "build":
		return clue{aspectThing, 2, 2}
	case "packages", "component", "components", "branchedPackages":
		return clue{aspectThing, 5, 5}
	case "repository", "project", "repo", "copr", "module", "badge", "election":
		return clue{aspectThing, 6, 6}
	case "full_name", "fullname", "project_name", "item":
		return clue{aspectThing, 4, 0}
	case "subject_identifier", "image_name", "playbook", "meeting_name", "calendar_name", "host",
		"filename", "docId", "kernel_version":
		return clue{aspectThing, 7, 0}
	case "compose_id", "update_alias", "alias", "group", "collection", "collection_name", "image", "distro", "calendar", "release", "task":
		return clue{aspectThing, 9, 9}
	case "name":
		return clue{aspectThing, nameRank, 0}
	case "channel", "meeting_topic", "test", "TEST", "service", "mlist", "list_name", "identifier", "updates", "instance":
		return clue{aspectThing, 12, 0}

	case "branch", "tag", "chroot", "locale", "dist", "stream":
		return clue{aspectDetail, 2, 0}
	case "arch", "ref", "phase_name":
		return clue{aspectDetail, 6, 0}

	case "state_name", "outcome", "result":
		return clue{aspectState, 2, 0}
	case "status", "new", "state", "milestone":
		return clue{aspectState, 3, 0}

	case "subject", "summary", "line", "log":
		return clue{aspectQuote, 2, 0}
	case "text", "content", "note", "short_desc":
		return clue{aspectQuote, 3, 0}
	case "title":
		return clue{aspectQuote, 3, 0}
	case "message", "reason", "comment", "output":
		return clue{aspectQuote, 4, 0}
	case "description":
		return clue{aspectQuote, 9, 0}

	case "number":
		return clue{aspectNumber, 1, 0}
	}
	return clue{}
}

// found is the best value for an aspect so far.
type found struct {
	start, end uint32 // inside of a string, or a number
	rank       uint8
	escaped    bool
	number     bool
}

func (f found) known() bool { return f.end > f.start }

// facts is what one pass over a body finds.
type facts struct {
	b    []byte
	best [aspectCount]found
	nvr  [3]found // name, version and release of one object
	more int      // things of the best rank beside the first
	// build: there is an "attribute", as in the messages about builds, whose
	// states are numbers that have names.
	build bool
}

// level is an object or array around the value being read.
type level struct {
	inside    uint8  // rank of names in it, see clue
	aspect    aspect // of which aspect
	object    bool
	numbered  bool // an "id" in it is the number of an issue
	titled    bool // its title is a thing: an update
	parts     uint8
	partsSeen [3]found
}

// Bounds of the pass: what matters in a body comes early and is not deep. What
// lies deeper is stepped over.
const (
	factsBytes = 16 << 10
	factsDepth = 8
)

// gather reads the body of an envelope, up to a bound, and notes the best value
// for each aspect. It decodes nothing. Whatever the text is, it ends: every
// round of the loop moves on.
func gather(envelope []byte, from, to int) (f facts) {
	to = min(to, from+factsBytes, len(envelope))
	b := envelope[:to]
	f.b = b
	var stack [factsDepth + 1]level
	depth := 0 // levels open, those that are too deep included
	var key clue
	var name []byte // the key, while its value is awaited
	keyed := false
	for i := from; i < to; {
		switch c := b[i]; c {
		case ' ', '\n', '\t', '\r', ',', ':':
			i++
		case '{', '[':
			depth++
			if depth <= factsDepth {
				up := &stack[depth-1]
				in := level{object: c == '{'}
				switch {
				case keyed:
					in.inside, in.aspect = key.inside, key.aspect
					in.numbered = string(name) == "issue" || string(name) == "pullrequest" || string(name) == "pull_request" || string(name) == "ticket" || string(name) == "bug"
					in.titled = string(name) == "update" || string(name) == "override"
				case !up.object: // an element of an array is what the array is
					in.inside, in.aspect, in.numbered, in.titled = up.inside, up.aspect, up.numbered, up.titled
				}
				stack[depth] = in
			}
			keyed = false
			i++
		case '}', ']':
			if depth <= factsDepth && depth > 0 {
				f.join(&stack[depth], depth)
			}
			depth--
			if depth <= 0 {
				return f
			}
			keyed = false
			i++
		case '"':
			end, plain := stringEnd(b, i)
			if end < 0 {
				return f
			}
			start := i
			i = end
			if depth > factsDepth {
				continue
			}
			in := &stack[depth]
			if in.object && !keyed {
				name = b[start+1 : end-1]
				key, keyed = clueOf(string(name)), true // no allocation: only compared
				continue
			}
			value := found{start: uint32(start + 1), end: uint32(end - 1), escaped: !plain}
			if depth == 0 { // the body is nothing but a text
				f.offer(aspectQuote, value, 1)
				return f
			}
			f.take(in, key, name, keyed, value, depth)
			keyed = false
		default:
			start := i
			for i < to && b[i] != ',' && b[i] != '}' && b[i] != ']' && !isSpace(b[i]) {
				i++
			}
			if i == start {
				i++ // not JSON: step over it
			}
			if depth <= factsDepth && keyed && (c == '-' || c >= '0' && c <= '9') {
				f.take(&stack[depth], key, name, keyed, found{start: uint32(start), end: uint32(i), number: true}, depth)
			}
			keyed = false
		}
	}
	for ; depth > 0; depth-- {
		if depth <= factsDepth {
			f.join(&stack[depth], depth) // the text ended early
		}
	}
	return f
}

// take notes a value under a key, or in an array.
func (f *facts) take(in *level, key clue, name []byte, keyed bool, v found, depth int) {
	if !v.known() {
		return
	}
	rank := uint8(min(255, depthRank*max(0, depth-1)))
	if !keyed { // an element of an array: as if it stood in its place
		if in.inside > 0 && !v.number {
			f.offer(in.aspect, v, in.inside+rank-depthRank)
		}
		return
	}
	switch string(name) {
	case "name", "username", "login", "nickname", "fullname", "display_name", "title":
		if in.inside > 0 && !v.number {
			own := in.inside + rank - depthRank
			if string(name) == "display_name" || string(name) == "fullname" {
				own++ // the login is better than the name of a person
			}
			f.offer(in.aspect, v, own)
			if string(name) == "name" && in.aspect == aspectWho {
				return
			}
		}
		if string(name) == "title" && in.titled {
			f.offer(aspectThing, v, 3+rank)
			return
		}
	case "id":
		if in.numbered && v.number {
			f.offer(aspectNumber, v, 2+rank)
		}
		return
	case "attribute":
		f.build = true
	}
	switch string(name) {
	case "name":
		in.partsSeen[0], in.parts = v, in.parts|1
	case "version":
		in.partsSeen[1], in.parts = v, in.parts|2
	case "release":
		in.partsSeen[2], in.parts = v, in.parts|4
	}
	if key.aspect == aspectNone || v.number && key.aspect != aspectState && key.aspect != aspectNumber {
		return
	}
	if string(name) == "name" && depth == 1 {
		key.rank = nameRankOfBody
	}
	f.offer(key.aspect, v, key.rank+rank)
}

// join makes one thing of the name, version and release of an object.
func (f *facts) join(in *level, depth int) {
	if in.parts == 7 && !in.partsSeen[0].number {
		rank := uint8(1 + depthRank*(depth-1))
		if best := &f.best[aspectThing]; !best.known() || rank < best.rank || !f.nvr[0].known() && rank == best.rank {
			*best = in.partsSeen[0]
			best.rank = rank
			f.nvr = in.partsSeen
			f.more = 0
		}
	}
}

func (f *facts) offer(a aspect, v found, rank uint8) {
	best := &f.best[a]
	switch {
	case !best.known() || rank < best.rank:
		v.rank = rank
		*best = v
		if a == aspectThing {
			f.more = 0
			f.nvr = [3]found{}
		}
	case rank == best.rank && a == aspectThing && !bytes.Equal(f.raw(v), f.raw(*best)):
		f.more++
	}
}

func (f *facts) raw(v found) []byte { return f.b[v.start:v.end] }

// text appends a found value, decoded, at most limit bytes of it.
func (f found) text(dst, envelope []byte, limit int) []byte {
	raw := envelope[f.start:f.end]
	if len(raw) > limit {
		raw = raw[:wholeRunes(raw, limit)]
	}
	if !f.escaped {
		return append(dst, raw...)
	}
	return bus.AppendUnquoted(dst, raw)
}
