package crypto

import (
	"bytes"
	"unicode/utf8"
)

// jsonEscape reads the escape that b starts with: its length, or 0 when it is
// none, and whether CPython would write it. Halves of surrogate pairs are
// looked at one by one: what stands beside them does not change how they are
// written.
func jsonEscape(b []byte) (size int, canonical bool) {
	if len(b) < 2 {
		return 0, false
	}
	switch b[1] {
	case '"', '\\', 'b', 'f', 'n', 'r', 't':
		return 2, true
	case '/':
		return 2, false
	case 'u':
		unit, lower, ok := codeUnit(b)
		if !ok {
			return 0, false
		}
		return 6, lower && escapedInHex(unit)
	}
	return 0, false
}

// escapedInHex reports whether CPython writes a UTF-16 code unit as \u and
// four digits.
func escapedInHex(unit rune) bool {
	if unit >= 0x20 {
		return unit > 0x7e
	}
	return unit < '\b' || unit > '\r' || unit == '\v'
}

// codeUnit reads \u and four hexadecimal digits, of which none is a capital
// when lower is set.
func codeUnit(b []byte) (unit rune, lower, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false, false
	}
	lower = true
	for _, c := range b[2:6] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c-'a' <= 5:
			c -= 'a' - 10
		case c-'A' <= 5:
			c -= 'A' - 10
			lower = false
		default:
			return 0, false, false
		}
		unit = unit<<4 | rune(c)
	}
	return unit, lower, true
}

func isHighSurrogate(r rune) bool { return r >= 0xd800 && r < 0xdc00 }
func isLowSurrogate(r rune) bool  { return r >= 0xdc00 && r < 0xe000 }

// codePoint reads one code point from the inside of a JSON string that was
// scanned before. An escaped high surrogate and an escaped low one right after
// it are one code point, as in CPython; any other surrogate is itself.
func codePoint(b []byte) (r rune, size int) {
	if b[0] < utf8.RuneSelf && b[0] != '\\' {
		return rune(b[0]), 1
	}
	if b[0] != '\\' {
		return utf8.DecodeRune(b)
	}
	if unit, _, ok := codeUnit(b); ok {
		if isHighSurrogate(unit) {
			if low, _, ok := codeUnit(b[6:]); ok && isLowSurrogate(low) {
				return (unit-0xd800)<<10 | (low - 0xdc00) + 0x10000, 12
			}
		}
		return unit, 6
	}
	switch b[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	}
	return rune(b[1]), 2
}

// compareEscaped compares the insides of two scanned strings by code points.
func compareEscaped(a, b []byte) int {
	for len(a) > 0 && len(b) > 0 {
		x, m := codePoint(a)
		y, n := codePoint(b)
		if x != y {
			return int(x) - int(y)
		}
		a, b = a[m:], b[n:]
	}
	return len(a) - len(b)
}

// appendDecoded appends what the inside of a scanned string says, in WTF-8:
// UTF-8 that has lone surrogates in three bytes. Different texts stay
// different, and bytes sort as code points do.
func appendDecoded(dst, inside []byte) []byte {
	for {
		run := bytes.IndexByte(inside, '\\')
		if run < 0 {
			return append(dst, inside...)
		}
		dst = append(dst, inside[:run]...)
		r, size := codePoint(inside[run:])
		inside = inside[run+size:]
		if isHighSurrogate(r) || isLowSurrogate(r) {
			dst = append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f|0x80, 0x80|byte(r)&0x3f)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
	}
}

// decodeString is the text of a JSON string as written, quotes included; false
// when the value is no string. A lone surrogate becomes its three bytes of
// WTF-8, so that different texts stay different: such a text is not valid
// UTF-8.
func decodeString(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	s := jsonScanner{b: value}
	escaped, ok := s.quoted()
	if !ok || s.i != len(value) {
		return "", false
	}
	inside := value[1 : len(value)-1]
	if !escaped {
		return string(inside), true
	}
	return string(appendDecoded(make([]byte, 0, len(inside)), inside)), true
}

// appendCanonicalText appends the inside of a scanned string, canonically and
// in quotes.
func appendCanonicalText(dst, inside []byte) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(inside); {
		run := plainEnd(inside, i)
		dst = append(dst, inside[i:run]...)
		if i = run; i == len(inside) {
			break
		}
		if inside[i] == '\\' {
			// Written as it is, also a surrogate, whatever stands beside it.
			if size, canonical := jsonEscape(inside[i:]); canonical {
				dst = append(dst, inside[i:i+size]...)
				i += size
				continue
			}
		}
		r, size := codePoint(inside[i:])
		dst = appendCodePoint(dst, r)
		i += size
	}
	return append(dst, '"')
}

// appendCanonicalKey appends a decoded name, which is WTF-8, canonically and
// in quotes. Bytes that are no WTF-8 become U+FFFD one by one; the name of a
// member has none.
func appendCanonicalKey(dst, name []byte) []byte {
	dst = append(dst, '"')
	for len(name) > 0 {
		r, size := utf8.DecodeRune(name)
		if r == utf8.RuneError && size == 1 && len(name) > 2 &&
			name[0] == 0xed && name[1]&0xe0 == 0xa0 && name[2]&0xc0 == 0x80 {
			r, size = 0xd000|rune(name[1]&0x3f)<<6|rune(name[2]&0x3f), 3
		}
		dst = appendCodePoint(dst, r)
		name = name[size:]
	}
	return append(dst, '"')
}

// appendCodePoint appends one code point as CPython writes it inside a string.
func appendCodePoint(dst []byte, r rune) []byte {
	switch {
	case r > 0xffff:
		r -= 0x10000
		return appendUnit(appendUnit(dst, 0xd800+r>>10), 0xdc00+r&0x3ff)
	case escapedInHex(r):
		return appendUnit(dst, r)
	}
	switch r {
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	case '"', '\\':
		dst = append(dst, '\\')
	}
	return append(dst, byte(r))
}

func appendUnit(dst []byte, unit rune) []byte {
	const digits = "0123456789abcdef"
	return append(dst, '\\', 'u', digits[unit>>12], digits[unit>>8&15], digits[unit>>4&15], digits[unit&15])
}
