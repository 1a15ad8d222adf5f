package history

import "fedmsg-tui/bus"

// Anybody can send a message with the id of another. If equal ids were enough
// to merge two messages, a forgery that arrives first would swallow the real
// one. So a message is a duplicate only when nothing is lost by not keeping it:
// a signed one when the whole envelope is the same, an unsigned one when topic
// and body are. Relays write the same envelope with other whitespace
// (fedmsg/consumers/relay.py), bridges leave out signatures and change ids.

// isCopy reports whether a message says nothing that row i does not say.
func (c *chunk) isCopy(i int, m *bus.Message) bool {
	if string(c.topicBytes(i)) != string(m.Topic()) {
		return false
	}
	if m.Head.Signed() {
		return sameTokens(c.envelope(i), m.Envelope())
	}
	from, to := bodySpan(m)
	return sameTokens(c.body(i), m.Envelope()[from:to])
}

// sameTokens compares two JSON texts, leaving out whitespace between tokens.
func sameTokens(a, b []byte) bool {
	i, j := 0, 0
	for inString := false; ; i, j = i+1, j+1 {
		if !inString {
			i, j = skipSpace(a, i), skipSpace(b, j)
		}
		if i >= len(a) || j >= len(b) {
			return i >= len(a) && j >= len(b)
		}
		if a[i] != b[j] {
			return false
		}
		switch a[i] {
		case '"':
			inString = !inString
		case '\\': // what it escapes is not a quote that ends the string
			if i++; i >= len(a) {
				return false
			}
			if j++; j >= len(b) || a[i] != b[j] {
				return false
			}
		}
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}
