package crypto

import (
	"bytes"
	"errors"

	stdbase64 "encoding/base64"
)

// Python decodes base64 leniently (binascii.a2b_base64 without strict mode),
// and publishers in other languages have come to depend on it: characters
// outside the alphabet are skipped, whatever follows the padding is ignored,
// missing padding is an error, and so is text that is not ASCII. Being stricter
// would call authentic messages forged; being more lenient would accept what
// no other receiver accepts.

var (
	errNotText    = errors.New("is not a text")
	errNotASCII   = errors.New("has characters outside ASCII")
	errPadding    = errors.New("is not base64: its padding is wrong")
	errTooLong    = errors.New("is longer than anything that is checked")
	base64Reverse = func() (table [256]byte) {
		for i := range table {
			table[i] = 0xff
		}
		for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
			table[c] = byte(i)
		}
		return table
	}()
)

// appendBase64 decodes a JSON string, as written and with its quotes, that
// holds base64. It appends to dst, which need not grow when it has room.
func appendBase64(dst, value []byte, limitBytes int) ([]byte, error) {
	if len(value) < 2 || value[0] != '"' {
		return dst, errNotText
	}
	text := value[1 : len(value)-1]
	if len(text) > 4*limitBytes {
		return dst, errTooLong
	}
	if out, ok := appendLines(dst, text); ok {
		return out, nil
	}
	return appendLenient(dst, text)
}

// appendLenient decodes the inside of a JSON string as Python does.
func appendLenient(dst, text []byte) ([]byte, error) {
	if !asciiText(text) {
		return dst, errNotASCII
	}
	var group uint32
	place, pads := 0, 0 // characters in the group; "=" seen in a row
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' {
			i++
			switch text[i] {
			case '/':
				c = '/'
			case 'u':
				unit, ok := hexUnit(text[i+1:])
				if !ok {
					return dst, errNotText // the text was checked to be JSON: cannot be
				}
				i += 4
				c = byte(unit)
			default:
				continue // a line end, a quote, …: none of the alphabet
			}
		}
		if c == '=' {
			if place < 2 {
				continue // padding where none can be: skipped like a stranger
			}
			if pads++; place+pads >= 4 {
				switch place { // the end: what follows is ignored
				case 2:
					return append(dst, byte(group>>4)), nil
				case 3:
					return append(dst, byte(group>>10), byte(group>>2)), nil
				}
			}
			continue
		}
		v := base64Reverse[c]
		if v == 0xff {
			continue
		}
		pads = 0
		group = group<<6 | uint32(v)
		if place++; place == 4 {
			dst = append(dst, byte(group>>16), byte(group>>8), byte(group))
			group, place = 0, 0
		}
	}
	if place != 0 {
		return dst, errPadding
	}
	return dst, nil
}

// appendLines decodes base64 as nearly everybody writes it: in lines of whole
// groups, or without lines. It is false, and nothing is appended, where
// anything else is in the text.
func appendLines(dst, text []byte) ([]byte, bool) {
	start := len(dst)
	for len(text) > 0 {
		line := text
		if at := bytes.IndexByte(text, '\\'); at >= 0 {
			if at+1 >= len(text) || text[at+1] != 'n' {
				return dst[:start], false
			}
			line, text = text[:at], text[at+2:]
		} else {
			text = nil
		}
		// Padding, which ends the data, may only be at the end of it. The
		// decoder skips line ends, but none is in a JSON string.
		if len(line)%4 != 0 || len(text) > 0 && len(line) > 0 && line[len(line)-1] == '=' {
			return dst[:start], false
		}
		var err error
		if dst, err = stdbase64.StdEncoding.AppendDecode(dst, line); err != nil {
			return dst[:start], false
		}
	}
	return dst, true
}

// asciiText reports whether the inside of a JSON string is ASCII, all of it:
// also what stands behind the end of the data, as Python looks at the text
// before it decodes any of it.
func asciiText(text []byte) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= 0x80:
			return false
		case c == '\\':
			i++
			if text[i] == 'u' {
				unit, ok := hexUnit(text[i+1:])
				if !ok || unit > 0x7f {
					return false
				}
			}
		}
	}
	return true
}

func hexUnit(b []byte) (unit uint16, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
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
		unit = unit<<4 | uint16(c)
	}
	return unit, true
}

// base64Line is how long fedmsg's lines of base64 are: Python's
// base64.encodebytes makes lines of 76 characters, each with a line end.
const base64Line = 76

// appendWrappedBase64 appends data as base64 in lines, inside a JSON string:
// line ends are written \n. The last line has one too.
func appendWrappedBase64(dst, data []byte) []byte {
	const bytesPerLine = base64Line / 4 * 3
	for len(data) > 0 {
		n := min(bytesPerLine, len(data))
		dst = stdbase64.StdEncoding.AppendEncode(dst, data[:n])
		dst = append(dst, '\\', 'n')
		data = data[n:]
	}
	return dst
}
