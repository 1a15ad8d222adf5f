package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// appendText appends the inside of a JSON string the way CPython's json module
// writes it in ASCII: short escapes, lower-case \uXXXX, surrogate pairs, and
// DEL escaped too (json/encoder.py, ESCAPE_ASCII). The text must be UTF-8.
func appendText(dst []byte, text string) []byte {
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r >= ' ' && r <= '~':
			dst = append(dst, byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\b':
			dst = append(dst, '\\', 'b')
		case r == '\f':
			dst = append(dst, '\\', 'f')
		case r >= 0x10000:
			r -= 0x10000
			dst = appendEscape(dst, 0xd800+r>>10)
			dst = appendEscape(dst, 0xdc00+r&0x3ff)
		default:
			dst = appendEscape(dst, r)
		}
	}
	return dst
}

func appendEscape(dst []byte, unit rune) []byte {
	return appendHexOf(append(dst, '\\', 'u'), uint64(unit), 4)
}

// inside is text as it stands inside the quotes of canonical JSON.
func inside(text string) string { return string(appendText(nil, text)) }

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// decode reads JSON without touching its numbers.
func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

// walkCanonical visits v in the order of canonical JSON: keys by code point,
// which is the order of the bytes of UTF-8. It calls write with text that is
// finished and text with what stands in a string. Numbers are written as they
// were read.
func walkCanonical(v any, write func(string), text func(string) error) error {
	switch v := v.(type) {
	case nil:
		write("null")
	case bool:
		write(strconv.FormatBool(v))
	case json.Number:
		write(v.String())
	case string:
		return text(v)
	case []any:
		for i, e := range v {
			write(opening(i, "["))
			if err := walkCanonical(e, write, text); err != nil {
				return err
			}
		}
		write(closing(len(v), "[", "]"))
	case map[string]any:
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if !utf8.ValidString(key) {
				return fmt.Errorf("key %q is not UTF-8", key)
			}
			write(opening(i, "{") + `"` + inside(key) + `":`)
			if err := walkCanonical(v[key], write, text); err != nil {
				return err
			}
		}
		write(closing(len(v), "{", "}"))
	default:
		return fmt.Errorf("no JSON for a %T", v)
	}
	return nil
}

func opening(i int, bracket string) string {
	if i == 0 {
		return bracket
	}
	return ","
}

func closing(n int, open, shut string) string {
	if n == 0 {
		return open + shut
	}
	return shut
}
