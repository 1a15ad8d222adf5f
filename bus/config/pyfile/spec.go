package pyfile

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

// maxWidth bounds the width and precision of a formatted field.
const maxWidth = 1000

// fieldSpec is how one value is formatted: what stands behind the colon of
// {:…}, or between % and its letter.
type fieldSpec struct {
	fill      rune // 0 is a space
	align     byte // one of < > = ^, or 0
	sign      byte // one of + and space, or 0
	alternate bool // #
	comma     bool
	width     int
	precision int // -1 is none
	verb      byte
}

// parseSpec reads [[fill]align][sign][#][0][width][,][.precision][type].
func parseSpec(text string) (fieldSpec, error) {
	spec := fieldSpec{precision: -1}
	rest := text
	if first, size := utf8.DecodeRuneInString(rest); size > 0 && len(rest) > size && strings.IndexByte("<>=^", rest[size]) >= 0 {
		spec.fill, spec.align, rest = first, rest[size], rest[size+1:]
	} else if rest != "" && strings.IndexByte("<>=^", rest[0]) >= 0 {
		spec.align, rest = rest[0], rest[1:]
	}
	if rest != "" && strings.IndexByte("+- ", rest[0]) >= 0 {
		if rest[0] != '-' {
			spec.sign = rest[0]
		}
		rest = rest[1:]
	}
	rest, spec.alternate = cutByte(rest, '#')
	var zero bool
	if rest, zero = cutByte(rest, '0'); zero && spec.align == 0 {
		spec.fill, spec.align = '0', '='
	}
	var err error
	if rest, spec.width, err = cutNumber(rest, 0); err != nil {
		return spec, err
	}
	rest, spec.comma = cutByte(rest, ',')
	rest, point := cutByte(rest, '.')
	if point {
		if rest, spec.precision, err = cutNumber(rest, -1); err != nil {
			return spec, err
		}
	}
	if len(rest) == 1 {
		spec.verb, rest = rest[0], ""
	}
	if rest != "" {
		return spec, fmt.Errorf("format %q is not known here", text)
	}
	return spec, nil
}

func cutByte(s string, c byte) (rest string, found bool) {
	if s != "" && s[0] == c {
		return s[1:], true
	}
	return s, false
}

func cutNumber(s string, absent int) (rest string, n int, err error) {
	end := 0
	for end < len(s) && isDigit(s[end]) {
		end++
	}
	if end == 0 {
		return s, absent, nil
	}
	n, err = strconv.Atoi(s[:end])
	if err != nil || n > maxWidth {
		return s, 0, fmt.Errorf("width or precision of a format is above %d", maxWidth)
	}
	return s[end:], n, nil
}

// pad fills text up to the width.
func (s fieldSpec) pad(text string) string {
	missing := s.width - utf8.RuneCountInString(text)
	if missing <= 0 {
		return text
	}
	fill := " "
	if s.fill != 0 {
		fill = string(s.fill)
	}
	switch s.align {
	case '>':
		return strings.Repeat(fill, missing) + text
	case '^':
		return strings.Repeat(fill, missing/2) + text + strings.Repeat(fill, missing-missing/2)
	case '=':
		digits := strings.TrimLeft(text, "+- ")
		return text[:len(text)-len(digits)] + strings.Repeat(fill, missing) + digits
	}
	return text + strings.Repeat(fill, missing)
}

// value formats a value by its verb.
func (s fieldSpec) value(m *machine, v starlark.Value) (string, error) {
	isNumber := false
	switch v.(type) {
	case starlark.Int, starlark.Float:
		isNumber = true
	}
	if !isNumber || s.verb == 's' {
		if s.verb != 0 && s.verb != 's' {
			return "", fmt.Errorf("format %q wants a number, not %s", s.verb, kindOf(v))
		}
		text, err := m.text(v)
		if err != nil {
			return "", err
		}
		if s.precision >= 0 {
			text = string([]rune(text)[:min(s.precision, utf8.RuneCountInString(text))])
		}
		return s.pad(text), nil
	}
	if s.align == 0 {
		s.align = '>'
	}
	text, err := s.numeral(v)
	if err != nil {
		return "", err
	}
	return s.pad(text), nil
}

// numeral formats a number without padding.
func (s fieldSpec) numeral(v starlark.Value) (string, error) {
	text := ""
	switch n := v.(type) {
	case starlark.Int:
		bases := map[byte]int{0: 10, 'd': 10, 'i': 10, 'n': 10, 'x': 16, 'X': 16, 'o': 8, 'b': 2}
		base, whole := bases[s.verb]
		switch {
		case whole:
			text = s.digits(n.BigInt().Text(base))
			if s.alternate && base != 10 {
				text = "0" + strings.ToLower(string(s.verb)) + text
			}
		case s.verb == 'c':
			code, err := starlark.AsInt32(n)
			if err != nil || !utf8.ValidRune(rune(code)) {
				return "", fmt.Errorf("%s is not a character", n)
			}
			return string(rune(code)), nil
		default:
			return s.float(float64(n.Float()))
		}
		if s.verb == 'X' {
			text = strings.ToUpper(text)
		}
	case starlark.Float:
		if s.verb == 0 && s.precision < 0 {
			text = n.String()
			break
		}
		return s.float(float64(n))
	}
	return s.dress(text), nil
}

// digits fills a whole number up to the precision, as in %0.2i.
func (s fieldSpec) digits(text string) string {
	digits := strings.TrimPrefix(text, "-")
	sign := text[:len(text)-len(digits)]
	return sign + strings.Repeat("0", max(0, s.precision-len(digits))) + digits
}

func (s fieldSpec) float(f float64) (string, error) {
	precision := s.precision
	if precision < 0 {
		precision = 6
	}
	suffix := ""
	verb := s.verb
	switch verb {
	case 'e', 'E', 'f', 'g', 'G':
	case 0, 'n':
		verb = 'g'
	case 'F':
		verb = 'f'
	case '%':
		verb, f, suffix = 'f', f*100, "%"
	default:
		return "", fmt.Errorf("format %q is not known here", verb)
	}
	if (verb == 'g' || verb == 'G') && precision == 0 {
		precision = 1
	}
	return s.dress(strconv.FormatFloat(f, verb, precision, 64) + suffix), nil
}

// dress adds sign and thousands separators.
func (s fieldSpec) dress(text string) string {
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	if s.comma {
		whole := len(text)
		if cut := strings.IndexAny(text, ".e"); cut >= 0 {
			whole = cut
		}
		for i := whole - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
	}
	switch {
	case negative:
		return "-" + text
	case s.sign != 0:
		return string(s.sign) + text
	}
	return text
}
