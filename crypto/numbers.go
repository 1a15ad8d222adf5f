package crypto

import (
	"bytes"
	"math"
	"strconv"
)

// number reads a number. An integer is kept as it is written, whatever its
// size, but for -0, which Python's integers do not have. A number with a point
// or an exponent becomes a float there, and is canonical when it is written as
// Python writes that float.
func (s *jsonScanner) number() bool {
	b, start := s.b, s.i
	i := start
	if b[i] == '-' {
		if i++; i < len(b) && b[i] == 'I' {
			s.i = i
			return s.word("Infinity")
		}
	}
	// n is all digits as one number. It wraps around in long ones, and is
	// looked at in short ones only.
	var n uint64
	first := i
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		n = n*10 + uint64(b[i]-'0')
	}
	whole := i - first
	if whole == 0 {
		return s.failAt(i, "a value is wanted")
	}
	if b[first] == '0' && whole > 1 {
		return s.failAt(first+1, "a number starts with 0")
	}
	plain, fraction := true, 0
	if i < len(b) && b[i] == '.' {
		i++
		point := i
		for ; i < len(b) && b[i]-'0' <= 9; i++ {
			n = n*10 + uint64(b[i]-'0')
		}
		if fraction = i - point; fraction == 0 {
			return s.failAt(i, "digits are wanted")
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		plain = false
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		digits := i
		for i < len(b) && b[i]-'0' <= 9 {
			i++
		}
		if i == digits {
			return s.failAt(i, "digits are wanted")
		}
		// Floats near zero and near infinity take a hundred times as long to
		// read: a text full of them would hold everything up for seconds.
		if i-digits > 2 {
			if s.extremes++; s.extremes > MaxExtremes {
				return s.failAt(start, tooExtreme)
			}
		}
	}
	s.i = i
	switch {
	case plain && fraction == 0:
		if whole > MaxDigits {
			return s.failAt(start, "an integer of more than 4300 digits")
		}
		if b[start] == '-' && b[first] == '0' {
			s.odd = true
		}
	case plain && plainFloat(b[first:i], whole, fraction, n):
	case !reprIs(b[start:i]):
		s.odd = true
	}
	return true
}

// plainFloat reports whether digits with a point in them are certainly what
// Python writes for the float that they mean: n is what they are without the
// point. False means that it is not known.
//
// Floats near x are at most x*2^-52 apart. With n below 2^52 that is less than
// one unit of the last digit, so no two decimals of so many places mean the
// same float, and none with fewer digits means it either: the digits, if they
// do not end in 0, are the shortest.
func plainFloat(digits []byte, whole, fraction int, n uint64) bool {
	if whole+fraction > 16 || n >= 1<<52 {
		return false
	}
	if fraction > 1 && digits[len(digits)-1] == '0' {
		return false
	}
	// Below 0.0001 an exponent is written.
	return digits[0] != '0' || fraction <= 4 || string(digits[2:6]) >= "0001"
}

// longestRepr is the length of the longest text that Python writes for a
// float: -2.2250738585072014e-308.
const longestRepr = 24

// reprIs reports whether Python writes the float that text means as text.
func reprIs(text []byte) bool {
	if len(text) > longestRepr {
		return false
	}
	var space [2 * longestRepr]byte
	return bytes.Equal(appendRepr(space[:0], floatOf(text)), text)
}

// appendNumber appends a number that was scanned, as Python writes it.
func appendNumber(dst, text []byte) []byte {
	if string(text) == "-0" {
		return append(dst, '0')
	}
	return appendRepr(dst, floatOf(text))
}

// appendRepr appends a float as Python's repr lays it out, or as its json
// module names it when it is infinite.
func appendRepr(dst []byte, x float64) []byte {
	abs := math.Abs(x)
	switch {
	case abs > math.MaxFloat64:
		if x < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "Infinity"...)
	case abs >= 1e16 || abs < 1e-4 && abs > 0:
		return strconv.AppendFloat(dst, x, 'e', -1, 64)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, x, 'f', -1, 64)
	if bytes.IndexByte(dst[start:], '.') < 0 {
		dst = append(dst, '.', '0')
	}
	return dst
}

// floatOf is the float nearest to a number that was scanned. What is too
// large is infinite.
func floatOf(text []byte) float64 {
	if len(text) > 2*longestRepr {
		var space [maxSignificant + 32]byte
		text = shortenNumber(space[:0], text)
	}
	// Only a range error is possible, and then the result is right.
	x, _ := strconv.ParseFloat(string(text), 64)
	return x
}

// maxSignificant is more than the digits of any number halfway between two
// floats (768): what follows so many can only matter by not being zero.
const maxSignificant = 800

// shortenNumber writes a long number anew in few digits that mean the same float.
// strconv would read long ones, but does not count with exponents beyond some
// ten thousand, so that 0.000(...)1e100000 came out wrong.
func shortenNumber(dst, text []byte) []byte {
	if text[0] == '-' {
		dst, text = append(dst, '-'), text[1:]
	}
	exponent := int64(0)
	if e := bytes.IndexAny(text, "eE"); e >= 0 {
		exponent, text = parseExponent(text[e+1:]), text[:e]
	}
	// The number is 0.digits, times ten to the exponent.
	dst = append(dst, '0', '.')
	digits, rest, point := 0, false, false
	for _, c := range text {
		if c == '.' {
			point = true
			continue
		}
		switch {
		case digits == 0 && c == '0': // leads
			if point {
				exponent--
			}
			continue
		case digits < maxSignificant:
			dst = append(dst, c)
			digits++
		case c != '0':
			rest = true
		}
		if !point {
			exponent++
		}
	}
	switch {
	case digits == 0:
		return append(dst, '0')
	case rest:
		dst = append(dst, '1')
	}
	return strconv.AppendInt(append(dst, 'e'), max(min(exponent, 9999), -9999), 10)
}

// parseExponent reads a sign and digits. Beyond any number of places that a
// text may have, it does not matter how large an exponent is.
func parseExponent(text []byte) int64 {
	negative := text[0] == '-'
	if negative || text[0] == '+' {
		text = text[1:]
	}
	exponent := int64(0)
	for _, c := range text {
		exponent = min(exponent*10+int64(c-'0'), 16*MaxText)
	}
	if negative {
		return -exponent
	}
	return exponent
}
