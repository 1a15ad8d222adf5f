package bus

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Fields is the set of envelope fields that were read, and what was noticed on
// the way.
type Fields uint32

// The fields of an envelope (fedmsg/core.py, FedMsgContext.publish), present
// with the type they should have; and, after them, what reading found.
const (
	FieldTopic Fields = 1 << iota
	FieldMsg
	FieldMsgID
	FieldTimestamp
	FieldI
	FieldUsername
	FieldSeqID
	FieldCrypto
	FieldSignature
	FieldCertificate
	FieldHeaders
	FieldSourceName

	// Compact: no whitespace between tokens, so the bytes are one line.
	Compact
	// TopicDiffers: the topic frame and the envelope's topic are not the same.
	// A signature covers only the latter.
	TopicDiffers
	// OddTypes: a known field has another JSON type than it should. It is read
	// as absent.
	OddTypes
)

// Span is a JSON string inside an envelope, without its quotes.
type Span struct {
	Start, End uint32 // bytes of the envelope
	Escaped    bool   // contains backslash escapes
}

// Len is the length in bytes as written.
func (s Span) Len() int { return int(s.End - s.Start) }

// Raw is the text as written, escapes and all.
func (s Span) Raw(envelope []byte) []byte {
	if int(s.End) > len(envelope) || s.Start > s.End {
		return nil
	}
	return envelope[s.Start:s.End]
}

// Text is the decoded string. See [AppendUnquoted] for lone surrogates.
func (s Span) Text(envelope []byte) string {
	raw := s.Raw(envelope)
	if !s.Escaped {
		return string(raw)
	}
	return string(AppendUnquoted(make([]byte, 0, len(raw)), raw))
}

// Head is what one pass over an envelope reads. It holds no pointers, so a
// million of them cost the garbage collector nothing. It belongs to the
// envelope it was read from.
type Head struct {
	Topic, MsgID, Username, Crypto Span
	// MsgStart and MsgEnd are the bytes of the value of "msg".
	MsgStart, MsgEnd uint32
	Fields           Fields
	// SentUnixNano is "timestamp" in nanoseconds; whole seconds on most buses.
	SentUnixNano int64
	// I is the publisher's own counter, "i".
	I int64
	// SeqID is "seq_id", the number a publisher's store gave the message.
	SeqID uint64
}

// Has reports whether all of the given fields were read.
func (h *Head) Has(f Fields) bool { return h.Fields&f == f }

// Signed reports whether the envelope carries anything of a signature.
func (h *Head) Signed() bool {
	return h.Fields&(FieldCrypto|FieldSignature|FieldCertificate) != 0
}

// ScanEnvelope reads the head of an envelope in one pass and checks that all
// of it is JSON as CPython's json module accepts it: NaN, Infinity, lone
// surrogate escapes, duplicate keys (the last one counts) and numbers of any
// size pass; control characters in strings, leading zeros and text after the
// value do not. It allocates nothing, unless a key is written with escapes.
//
// A field of an unexpected type is read as absent, and OddTypes is set: real
// envelopes have a null username or a text timestamp, and none of that stops
// anything.
func ScanEnvelope(envelope []byte) (Head, Problem) {
	s := scanner{b: envelope}
	if len(envelope) == 0 {
		return Head{}, Problem{Code: ProblemEmpty}
	}
	if uint64(len(envelope)) > 1<<32-1 {
		return Head{}, Problem{Code: ProblemSize, Count: 1<<32 - 1}
	}
	h, p := s.envelope()
	// A byte outside ASCII was seen somewhere: only then is a second look at
	// the bytes needed. A text that is not UTF-8 is reported as such also when
	// the JSON broke at or behind it.
	if s.high || p.Code == ProblemJSON {
		if !utf8.Valid(envelope) {
			if at := firstInvalid(envelope); p.Code != ProblemJSON || at <= p.Offset {
				return Head{}, Problem{Code: ProblemUTF8, Offset: at}
			}
		}
	}
	if p.Code != ProblemNone {
		return Head{}, p
	}
	if !s.spaced {
		h.Fields |= Compact
	}
	return h, Problem{}
}

func (s *scanner) envelope() (Head, Problem) {
	var h Head
	s.space()
	if s.i < len(s.b) && s.b[s.i] != '{' {
		// Not an envelope; say so only when it is JSON at all.
		if !s.value() || !s.end() {
			return h, s.problem()
		}
		return h, Problem{Code: ProblemNotObject}
	}
	if !s.object(&h) || !s.end() {
		return Head{}, s.problem()
	}
	return h, Problem{}
}

// object reads the top-level object and notes the known fields.
func (s *scanner) object(h *Head) bool {
	s.i++ // {
	s.push(true)
	s.space()
	if s.peek() == '}' {
		s.i++
		s.pop()
		return true
	}
	for {
		if s.peek() != '"' {
			return s.fail()
		}
		key, ok := s.text()
		if !ok {
			return false
		}
		s.space()
		if s.peek() != ':' {
			return s.fail()
		}
		s.i++
		s.space()
		if !s.field(h, key) {
			return false
		}
		s.space()
		switch s.peek() {
		case ',':
			s.i++
			s.space()
		case '}':
			s.i++
			s.pop()
			return true
		default:
			return s.fail()
		}
	}
}

// field reads the value of a top-level key.
func (s *scanner) field(h *Head, key Span) bool {
	bit := fieldOf(s.b, key)
	start := s.i
	if bit == 0 {
		return s.value()
	}
	// The last of several equal keys counts, so an earlier one is forgotten,
	// also when this one has the wrong type.
	h.Fields &^= bit
	switch bit {
	case FieldMsg:
		if !s.value() {
			return false
		}
		h.MsgStart, h.MsgEnd = uint32(start), uint32(s.i)
		h.Fields |= bit
	case FieldTopic, FieldMsgID, FieldUsername, FieldCrypto:
		into := h.text(bit)
		*into = Span{}
		if s.peek() != '"' {
			return s.odd(h)
		}
		span, ok := s.text()
		if !ok {
			return false
		}
		*into = span
		h.Fields |= bit
	case FieldTimestamp:
		h.SentUnixNano = 0
		text, ok := s.numberText()
		if !ok {
			return s.odd(h)
		}
		if h.SentUnixNano, ok = unixNano(text); ok {
			h.Fields |= bit
		} else {
			h.Fields |= OddTypes
		}
	case FieldI:
		h.I = 0
		text, ok := s.numberText()
		if !ok {
			return s.odd(h)
		}
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			h.I = n
			h.Fields |= bit
		} else {
			h.Fields |= OddTypes
		}
	case FieldSeqID:
		h.SeqID = 0
		text, ok := s.numberText()
		if !ok {
			return s.odd(h)
		}
		if n, err := strconv.ParseUint(string(text), 10, 64); err == nil {
			h.SeqID = n
			h.Fields |= bit
		} else {
			h.Fields |= OddTypes
		}
	default: // present or not is all that matters here
		null := s.peek() == 'n'
		if !s.value() {
			return false
		}
		if !null {
			h.Fields |= bit
		}
	}
	return true
}

// text is where the text of a field is kept.
func (h *Head) text(field Fields) *Span {
	switch field {
	case FieldTopic:
		return &h.Topic
	case FieldMsgID:
		return &h.MsgID
	case FieldUsername:
		return &h.Username
	}
	return &h.Crypto
}

// odd reads a value that has not the type its field should have.
func (s *scanner) odd(h *Head) bool {
	h.Fields |= OddTypes
	return s.value()
}

// numberText reads a number and returns its text, or false without having
// moved when something else is there (a broken number is read again, and
// refused, by value).
func (s *scanner) numberText() ([]byte, bool) {
	start := s.i
	if c := s.peek(); c != '-' && (c < '0' || c > '9') {
		return nil, false
	}
	if !s.number() {
		s.i = start
		return nil, false
	}
	return s.b[start:s.i], true
}

// unixNano turns the text of a JSON number of seconds into nanoseconds, exactly
// for whole seconds and for up to nine decimals.
func unixNano(text []byte) (int64, bool) {
	negative := text[0] == '-'
	if negative {
		text = text[1:]
	}
	var seconds, nanos int64
	i := 0
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		if i > 10 {
			return 0, false // beyond the year 2262, or not a time at all
		}
		seconds = seconds*10 + int64(text[i]-'0')
	}
	if seconds > 9_200_000_000 {
		return 0, false
	}
	if i < len(text) && text[i] == '.' {
		unit := int64(100_000_000)
		for i++; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
			nanos += unit * int64(text[i]-'0')
			unit /= 10
		}
	}
	if i < len(text) { // an exponent: rare, and not worth exactness
		f, err := strconv.ParseFloat(string(text), 64)
		if err != nil || f > 9.2e9 {
			return 0, false
		}
		seconds = int64(f)
		nanos = int64((f - float64(seconds)) * 1e9)
	}
	n := seconds*1_000_000_000 + nanos
	if negative {
		n = -n
	}
	return n, true
}

// fieldOf names the field of a key. Keys may be written with escapes; Python
// decodes them before it looks, so we do too.
func fieldOf(b []byte, key Span) Fields {
	if key.Escaped {
		return fieldNamed(key.Text(b))
	}
	return fieldNamed(string(b[key.Start:key.End])) // no allocation: only compared
}

func fieldNamed(name string) Fields {
	switch name {
	case "topic":
		return FieldTopic
	case "msg":
		return FieldMsg
	case "msg_id":
		return FieldMsgID
	case "timestamp":
		return FieldTimestamp
	case "i":
		return FieldI
	case "username":
		return FieldUsername
	case "seq_id":
		return FieldSeqID
	case "crypto":
		return FieldCrypto
	case "signature":
		return FieldSignature
	case "certificate":
		return FieldCertificate
	case "headers":
		return FieldHeaders
	case "source_name":
		return FieldSourceName
	}
	return 0
}

// AppendUnquoted appends the decoded form of the inside of a JSON string. A
// lone surrogate escape, which JSON allows and Unicode does not, becomes its
// three bytes of generalised UTF-8, so that two different texts stay
// different; the result is then not valid UTF-8, and is sanitised like any
// other text before it is shown. Broken escapes are copied as they are.
func AppendUnquoted(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '\\' || i+1 >= len(raw) {
			dst = append(dst, c)
			i++
			continue
		}
		if k := strings.IndexByte(`"\/bfnrt`, raw[i+1]); k >= 0 {
			dst = append(dst, "\"\\/\b\f\n\r\t"[k])
			i += 2
			continue
		}
		r, ok := UnicodeEscape(raw[i:])
		if !ok {
			dst = append(dst, c)
			i++
			continue
		}
		i += 6
		if r >= 0xd800 && r < 0xdc00 && i < len(raw) {
			if low, ok := UnicodeEscape(raw[i:]); ok && low >= 0xdc00 && low < 0xe000 {
				r = (r-0xd800)<<10 | (low - 0xdc00) + 0x10000
				i += 6
			}
		}
		if r >= 0xd800 && r < 0xe000 {
			dst = append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f|0x80, 0x80|byte(r)&0x3f)
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// UnicodeEscape reads \u and four hexadecimal digits at the start of b: one
// UTF-16 code unit, which may be half of a surrogate pair.
func UnicodeEscape(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
