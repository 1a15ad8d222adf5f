package history

import (
	"bytes"

	"fedmsg-tui/bus"
)

// Escapes says which backslash escapes the text of a body has. A search that
// knows can look at most bodies as they are, without decoding them.
type Escapes uint8

// What can be in a body.
const (
	NoEscapes    Escapes = iota // no backslash at all: the text is what is written
	SomeEscapes                 // escapes, but of printable ASCII only \" \\ and \/ may be written so
	ASCIIEscapes                // maybe also \u0020 to \u007f: any text may be written in two ways
)

// EscapesIn looks through a body. It may say more than there is, never less.
func EscapesIn(body []byte) Escapes {
	at := bytes.IndexByte(body, '\\')
	if at < 0 {
		return NoEscapes
	}
	for rest := body[at:]; ; rest = rest[4:] {
		at = bytes.Index(rest, []byte(`\u00`))
		if at < 0 || len(rest)-at < 5 {
			return SomeEscapes
		}
		rest = rest[at:]
		if rest[4] >= '2' && rest[4] <= '7' {
			return ASCIIEscapes
		}
	}
}

// BodyOf is the part of a message that a text search looks through: the value
// of "msg" as written; the whole envelope when it has none; and of a malformed
// message everything behind its topic frame. A malformed message with more
// than two frames has no single slice for that, so the frames are joined.
func BodyOf(m *bus.Message) []byte {
	if m.Malformed() {
		switch len(m.Frames) {
		case 0, 1:
			return nil
		case 2:
			return m.Frames[1]
		}
		return bytes.Join(m.Frames[1:], nil)
	}
	from, to := bodySpan(m)
	return m.Envelope()[from:to]
}

// bodySpan is where the body of a well-formed message is in its envelope.
func bodySpan(m *bus.Message) (from, to uint32) {
	size := uint32(len(m.Envelope()))
	if m.Head.Has(bus.FieldMsg) && m.Head.MsgStart <= m.Head.MsgEnd && m.Head.MsgEnd <= size {
		return m.Head.MsgStart, m.Head.MsgEnd
	}
	return 0, size
}
