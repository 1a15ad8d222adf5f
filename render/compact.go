package render

import (
	"unicode/utf8"

	"fedmsg-tui/bus"
)

// AppendCompact appends the envelope of a scanned message as one line: the
// spaces between tokens are left out, every byte of a string or number is kept.
// Most envelopes have no such spaces and are only copied.
//
// The result is for programs. It may hold characters that a terminal must not
// see; AppendCompactVisible is for there.
func AppendCompact(dst []byte, m *bus.Message) []byte {
	if m.Head.Has(bus.Compact) {
		return append(dst, m.Envelope()...)
	}
	return appendWithoutSpace(dst, m.Envelope())
}

// appendWithoutSpace copies JSON without the spaces between its tokens. Bytes
// that are not JSON are copied as they are, line ends excepted.
func appendWithoutSpace(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == '"':
			end, _ := stringEnd(text, i)
			if end < 0 {
				end = i + 1
			}
			dst = append(dst, text[i:end]...)
			i = end
		case isSpace(c):
			i++
		default:
			dst = append(dst, c)
			i++
		}
	}
	return dst
}

// AppendCompactVisible is AppendCompact for a terminal: the same JSON value,
// with the characters that must not be drawn written as \uXXXX. Bytes that are
// not UTF-8, which no well-formed message has, become \ufffd.
func AppendCompactVisible(dst []byte, m *bus.Message) []byte {
	start := len(dst)
	dst = AppendCompact(dst, m)
	text := dst[start:]
	n := printableRun(text)
	if n == len(text) {
		return dst
	}
	text = append([]byte(nil), text[n:]...)
	dst = dst[:start+n]
	base, marks := false, 0
	for len(text) > 0 {
		if n := printableRun(text); n > 0 {
			// A mark must not combine with a quote, or with an escape.
			base, marks = text[n-1] != '"' && text[n-1] != '\\', 0
			dst = append(dst, text[:n]...)
			text = text[n:]
			continue
		}
		r, n := utf8.DecodeRune(text)
		class := classEscape
		if r >= 0xa0 && (r != utf8.RuneError || n == 3) {
			class = classOf(r)
		}
		if class == classMark {
			if marks++; !base || marks > maxMarks {
				class = classEscape
			}
		} else {
			base, marks = class != classEscape, 0
		}
		if class == classEscape {
			base = false
			dst = appendASCIIRune(dst, r)
		} else {
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return dst
}
