package pyfile

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the scanner.
const (
	maxBrackets = 60   // nesting; the Starlark parser's own limit is about 75
	maxNumber   = 4300 // digits, as CPython's own limit for integers
	maxPrefix   = 2    // letters before a quote
	maxTokens   = 250_000
)

type tokenKind uint8

const (
	nameToken tokenKind = iota
	numberToken
	stringToken
	opToken
)

// token is one piece of a statement.
type token struct {
	kind tokenKind
	line int
	text string // as written; of a string, what is between its quotes
	// prefix is what stands before a string's quotes, in lower case.
	prefix string
}

func (t token) is(text string) bool {
	return t.text == text && (t.kind == nameToken || t.kind == opToken)
}

// logicalLine is what Python calls so: brackets, triple quotes and backslashes
// may spread it over several lines of the file.
type logicalLine struct {
	line   int // of its first token
	indent int // columns
	tokens []token
	broken string // why it cannot be read, if so
}

// operators, longest first.
var operators = []string{
	"**=", "//=", ">>=", "<<=", "...",
	"!=", "==", "<=", ">=", "<>", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", ":=", "**", "//", "<<", ">>",
	"+", "-", "*", "/", "%", "@", "&", "|", "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "=",
}

// scanner splits a text into logical lines.
type scanner struct {
	src  string
	at   int // byte
	line int

	lines    []logicalLine
	now      logicalLine
	count    int    // tokens so far
	brackets []byte // open ones, and
	opened   []int  // their lines
}

// scan splits a file into logical lines. Lines that cannot be read are marked
// and do not disturb the others, as far as brackets allow.
func scan(src string) []logicalLine {
	src = strings.TrimPrefix(src, "\ufeff")
	src = strings.ReplaceAll(src, "\r\n", "\n")
	src = strings.ReplaceAll(src, "\r", "\n")
	s := &scanner{src: src, line: 1}
	for s.at < len(s.src) {
		if len(s.brackets) == 0 && len(s.now.tokens) == 0 {
			s.now.indent = s.indentation()
		}
		if s.at < len(s.src) {
			s.step()
		}
	}
	if n := len(s.brackets); n > 0 {
		s.breaks("bracket %q of line %d is never closed", s.brackets[n-1], s.opened[n-1])
		s.brackets = nil
	}
	s.endLine()
	return s.lines
}

// indentation reads the white space at the start of a line. A tab reaches to
// the next multiple of eight.
func (s *scanner) indentation() int {
	columns := 0
	for ; s.at < len(s.src); s.at++ {
		switch s.src[s.at] {
		case ' ':
			columns++
		case '\t':
			columns = columns/8*8 + 8
		case '\f':
			columns = 0
		default:
			return columns
		}
	}
	return columns
}

// step reads one token, or what is between tokens.
func (s *scanner) step() {
	switch c := s.src[s.at]; {
	case c == '\n':
		s.at++
		if len(s.brackets) == 0 {
			s.endLine()
		}
		s.line++
	case c == ' ' || c == '\t' || c == '\f':
		s.at++
	case c == '#':
		if end := strings.IndexByte(s.src[s.at:], '\n'); end >= 0 {
			s.at += end
		} else {
			s.at = len(s.src)
		}
	case c == '\\':
		s.at++
		rest := strings.TrimLeft(s.src[s.at:], " \t")
		if !strings.HasPrefix(rest, "\n") {
			s.breaks("stray backslash")
			return
		}
		s.at = len(s.src) - len(rest) + 1
		s.line++
	case c == '"' || c == '\'':
		s.text("")
	case c >= '0' && c <= '9' || c == '.' && s.at+1 < len(s.src) && isDigit(s.src[s.at+1]):
		s.number()
	default:
		s.word()
	}
}

// word reads a name, a string with a prefix, or an operator.
func (s *scanner) word() {
	end := s.at
	for end < len(s.src) {
		r, size := utf8.DecodeRuneInString(s.src[end:])
		if r != '_' && !unicode.IsLetter(r) && (end == s.at || !unicode.IsDigit(r)) {
			break
		}
		end += size
	}
	if end > s.at {
		word := s.src[s.at:end]
		if len(word) <= maxPrefix && end < len(s.src) && (s.src[end] == '"' || s.src[end] == '\'') {
			if prefix := strings.ToLower(word); strings.Trim(prefix, "rbuf") == "" {
				s.at = end
				s.text(prefix)
				return
			}
		}
		s.add(token{kind: nameToken, text: word})
		s.at = end
		return
	}
	for _, op := range operators {
		if strings.HasPrefix(s.src[s.at:], op) {
			s.bracket(op[0])
			s.add(token{kind: opToken, text: op})
			s.at += len(op)
			return
		}
	}
	r, size := utf8.DecodeRuneInString(s.src[s.at:])
	s.breaks("unexpected character %q", r)
	s.at += size
}

var closers = map[byte]byte{')': '(', ']': '[', '}': '{'}

func (s *scanner) bracket(c byte) {
	switch c {
	case '(', '[', '{':
		if len(s.brackets) >= maxBrackets {
			s.breaks("brackets nested deeper than %d", maxBrackets)
		}
		s.brackets = append(s.brackets, c)
		s.opened = append(s.opened, s.line)
	case ')', ']', '}':
		n := len(s.brackets)
		if n == 0 || s.brackets[n-1] != closers[c] {
			s.breaks("bracket %q closes nothing", c)
		}
		if n > 0 {
			s.brackets, s.opened = s.brackets[:n-1], s.opened[:n-1]
		}
	}
}

// number reads a number generously; what it means is looked at when it is
// rewritten.
func (s *scanner) number() {
	start := s.at
	hex := strings.HasPrefix(s.src[start:], "0x") || strings.HasPrefix(s.src[start:], "0X")
	for s.at < len(s.src) {
		c := s.src[s.at]
		exponent := s.at > start && !hex && (s.src[s.at-1] == 'e' || s.src[s.at-1] == 'E')
		if !isDigit(c) && c != '.' && c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (!exponent || c != '+' && c != '-') {
			break
		}
		s.at++
	}
	if s.at-start > maxNumber {
		s.breaks("number longer than %d digits", maxNumber)
		return
	}
	s.add(token{kind: numberToken, text: s.src[start:s.at]})
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// text reads a string; the cursor is on its opening quote.
func (s *scanner) text(prefix string) {
	quote := s.src[s.at : s.at+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(s.src[s.at:], triple) {
		quote = triple
	}
	start, line := s.at+len(quote), s.line
	for i := start; i < len(s.src); i++ {
		switch c := s.src[i]; {
		case c == '\\':
			i++
			if i < len(s.src) && s.src[i] == '\n' {
				s.line++
			}
		case c == '\n' && len(quote) == 1:
			// Python refuses it as well. The rest of the line is given up, so
			// that the next one can be read.
			s.at = i
			s.breaks("string is not closed on its line")
			return
		case c == '\n':
			s.line++
		case strings.HasPrefix(s.src[i:], quote):
			s.at = i + len(quote)
			s.add(token{kind: stringToken, line: line, text: s.src[start:i], prefix: prefix})
			return
		}
	}
	s.at = len(s.src)
	s.breaks("string of line %d is never closed", line)
}

func (s *scanner) add(t token) {
	if t.line == 0 {
		t.line = s.line
	}
	s.begin(t.line)
	if s.count++; s.count > maxTokens {
		s.breaks("more than %d tokens in the file; the rest is not read", maxTokens)
		s.src = s.src[:s.at]
		return
	}
	s.now.tokens = append(s.now.tokens, t)
}

func (s *scanner) begin(line int) {
	if s.now.line == 0 {
		s.now.line = line
	}
}

func (s *scanner) breaks(format string, args ...any) {
	s.begin(s.line)
	if s.now.broken == "" {
		s.now.broken = fmt.Sprintf(format, args...)
	}
}

func (s *scanner) endLine() {
	if s.now.line > 0 {
		s.lines = append(s.lines, s.now)
	}
	s.now = logicalLine{}
}
