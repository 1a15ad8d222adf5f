package filters

import (
	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
)

// text passes what has a needle in its topic or its body. The body is the JSON
// text of "msg" with the escapes in it decoded, so that it does not matter how
// the sender wrote a letter: Python writes é as \u00e9, others write it as it
// is.
type text struct {
	needle needle
	topic  topicPredicate
}

func newText(words string) *text {
	p := &text{needle: newNeedle(words)}
	p.topic.match = p.needle.in
	return p
}

func (p *text) cost() int { return costText }

func (p *text) message(m subject) bool {
	if p.needle.in(m.Topic()) {
		return true
	}
	body, escapes := history.BodyOf(m.Message), history.NoEscapes
	if !m.Malformed() { // what is not JSON has no escapes
		escapes = history.EscapesIn(body)
	}
	var spare []byte
	return p.needle.inBody(body, escapes, &spare)
}

func (p *text) narrow(s *scan, rows bitset) {
	ids := s.chunk.TopicIDs()
	for i := range rows.all() {
		if !s.topicPasses(&p.topic, ids[i], i) && !p.needle.inBody(s.chunk.Body(i), s.chunk.Escapes(i), &s.decoded) {
			rows.clear(i)
		}
	}
}

// maxSpareBytes is the room for a decoded body that is kept for the next one.
const maxSpareBytes = 1 << 20

// inBody looks through the text of a body. Nearly always the body can be looked
// at as it is written:
//
//   - Without a backslash, it is the text.
//   - With escapes, but none of a printable ASCII character (but for quote,
//     backslash and slash), a needle of such characters alone is found where it
//     is written, and nowhere else: unless it begins inside an escape, as "n"
//     or "ad" would in \n and \ud83d.
//
// Else the escapes are decoded first, if what is plain of the needle is there.
func (n *needle) inBody(body []byte, escapes history.Escapes, spare *[]byte) bool {
	switch {
	case escapes == history.NoEscapes:
		return n.in(body)
	case escapes == history.SomeEscapes && n.plain:
		return n.find(body, true)
	case escapes == history.SomeEscapes && !n.mayBeIn(body):
		return false
	}
	decoded := bus.AppendUnquoted((*spare)[:0], body)
	if cap(decoded) <= maxSpareBytes {
		*spare = decoded
	}
	return n.in(decoded)
}

// insideEscape reports whether the byte at is part of an escape that begins
// before it. The escapes of body are well formed.
func insideEscape(body []byte, at int) bool {
	for slash := at - 1; slash >= 0 && slash >= at-5; slash-- {
		if body[slash] != '\\' {
			continue
		}
		// In a run of backslashes each escapes the next, so the last one
		// begins an escape when the run is odd.
		run := 1
		for run <= slash && body[slash-run] == '\\' {
			run++
		}
		return run%2 == 1 && (slash == at-1 || body[slash+1] == 'u')
	}
	return false
}
