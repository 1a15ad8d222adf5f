package render

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// nextRune reads one character of the inside of a JSON string: decoded, with
// lone surrogates as they are and utf8.RuneError for bytes that are not UTF-8.
func nextRune(inside []byte) (r rune, n int) {
	if inside[0] == '\\' {
		if r, n = escapedRune(inside); n > 0 {
			return r, n
		}
		return '\\', 1
	}
	if inside[0] < utf8.RuneSelf {
		return rune(inside[0]), 1
	}
	return utf8.DecodeRune(inside)
}

// appendASCIIString appends a JSON string as CPython's json.dumps writes it:
// printable ASCII as it is, the five controls that have one by their letter,
// everything else, DEL too, as \uXXXX in lower case, and lone surrogates kept
// (json/encoder.py, py_encode_basestring_ascii). inside is the string as
// received, without its quotes.
func appendASCIIString(dst, inside []byte) []byte {
	dst = append(dst, '"')
	for len(inside) > 0 {
		run := printableRun(inside)
		for i := range run {
			if c := inside[i]; c == '\\' || c == '"' {
				run = i
				break
			}
		}
		if run > 0 {
			dst = append(dst, inside[:run]...)
			inside = inside[run:]
			continue
		}
		r, n := nextRune(inside)
		dst = appendASCIIRune(dst, r)
		inside = inside[n:]
	}
	return append(dst, '"')
}

func appendASCIIRune(dst []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r >= 0x20 && r < 0x7f:
		return append(dst, byte(r))
	case r == '\b':
		return append(dst, `\b`...)
	case r == '\f':
		return append(dst, `\f`...)
	case r == '\n':
		return append(dst, `\n`...)
	case r == '\r':
		return append(dst, `\r`...)
	case r == '\t':
		return append(dst, `\t`...)
	case r > 0xffff:
		r -= 0x10000
		dst = appendU(dst, 0xd800+r>>10)
		return appendU(dst, 0xdc00+r&0x3ff)
	}
	return appendU(dst, r)
}

func appendU(dst []byte, r rune) []byte {
	return append(dst, '\\', 'u', lowerHex[r>>12&15], lowerHex[r>>8&15], lowerHex[r>>4&15], lowerHex[r&15])
}

// appendInteger appends the text of a JSON integer as Python writes its value:
// only -0 changes.
func appendInteger(dst, text []byte) []byte {
	if string(text) == "-0" {
		return append(dst, '0')
	}
	return append(dst, text...)
}

// floatWords are what is not a number, in the words of JSON (json.dumps) or of
// Python's repr.
type floatWords struct{ infinity, negative, nan string }

var (
	jsonFloats   = floatWords{"Infinity", "-Infinity", "NaN"}
	pythonFloats = floatWords{"inf", "-inf", "nan"}
)

// appendFloat appends the text of a JSON number with a fraction or exponent as
// Python's repr writes its value: the shortest digits that read back the same,
// with an exponent of at least two digits when that is below -4 or above 15
// (CPython, Python/pystrtod.c, format code r).
func appendFloat(dst, text []byte, words floatWords) []byte {
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil && !math.IsInf(f, 0) {
		return append(dst, text...) // the scanner lets no such number through
	}
	switch {
	case math.IsInf(f, 1):
		return append(dst, words.infinity...)
	case math.IsInf(f, -1):
		return append(dst, words.negative...)
	}
	form := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		form = 'e'
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, f, form, -1, 64)
	if form == 'e' {
		return dst
	}
	for _, c := range dst[start:] {
		if c == '.' {
			return dst
		}
	}
	return append(dst, ".0"...)
}

// appendConstant appends what is neither string nor number in Python's words.
func appendPythonConstant(dst, text []byte) []byte {
	switch string(text) {
	case "true":
		return append(dst, "True"...)
	case "false":
		return append(dst, "False"...)
	case "null":
		return append(dst, "None"...)
	case "NaN":
		return append(dst, pythonFloats.nan...)
	case "Infinity":
		return append(dst, pythonFloats.infinity...)
	case "-Infinity":
		return append(dst, pythonFloats.negative...)
	}
	return append(dst, text...)
}
