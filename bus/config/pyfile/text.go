package pyfile

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decode gives the value of a string literal. Byte strings are read as text:
// JSON, which all settings end up as, has no other.
func decode(t token) (string, error) {
	if strings.Contains(t.prefix, "r") || !strings.Contains(t.text, `\`) {
		return t.text, nil
	}
	var out strings.Builder
	rest := t.text
	for {
		plain, after, found := strings.Cut(rest, `\`)
		out.WriteString(plain)
		if !found {
			return out.String(), nil
		}
		if after == "" {
			return "", fmt.Errorf("string ends in a backslash")
		}
		used, err := unescape(&out, after)
		if err != nil {
			return "", err
		}
		rest = after[used:]
	}
}

var singleEscapes = map[byte]byte{
	'\\': '\\', '\'': '\'', '"': '"', 'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v',
}

var hexDigits = map[byte]int{'x': 2, 'u': 4, 'U': 8}

// unescape writes what an escape means; s is what follows its backslash. It
// returns how many bytes of s belong to it.
func unescape(out *strings.Builder, s string) (used int, err error) {
	c := s[0]
	if plain, ok := singleEscapes[c]; ok {
		out.WriteByte(plain)
		return 1, nil
	}
	switch {
	case c == '\n':
		return 1, nil
	case c >= '0' && c <= '7':
		n := 0
		for used < 3 && used < len(s) && s[used] >= '0' && s[used] <= '7' {
			n = n*8 + int(s[used]-'0')
			used++
		}
		out.WriteRune(rune(n))
		return used, nil
	case c == 'N':
		return 0, fmt.Errorf(`escape \N{…} is not known here`)
	}
	digits, ok := hexDigits[c]
	if !ok {
		// Python keeps what it does not know, backslash and all.
		out.WriteByte('\\')
		return 0, nil
	}
	if len(s) <= digits {
		return 0, fmt.Errorf(`escape \%s is too short`, s)
	}
	n, err := strconv.ParseUint(s[1:1+digits], 16, 32)
	if err != nil {
		return 0, fmt.Errorf(`escape \%s is not hexadecimal`, s[:1+digits])
	}
	r := rune(utf8.RuneError) // also for halves of surrogate pairs, which JSON text of ours never has
	if n <= utf8.MaxRune && utf8.ValidRune(rune(n)) {
		r = rune(n)
	}
	out.WriteRune(r)
	return 1 + digits, nil
}

// quote writes text as a Starlark literal on one line.
func quote(out *strings.Builder, text string) {
	out.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r < 0x20 || r == 0x7f || r == 0xfeff:
			fmt.Fprintf(out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}
