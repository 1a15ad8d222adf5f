package filters

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a filter. What a person types is far below; a script gets a clear
// answer.
const (
	MaxBytes   = 4096
	MaxTerms   = 256
	MaxNesting = 64
)

type kind uint8

const (
	kindEnd   kind = iota
	kindOpen       // (
	kindClose      // )
	kindOr         // OR |
	kindAnd        // AND &
	kindNot        // NOT - !
	kindWord       // a bare or quoted text
	kindField      // name and operator; values follow
	kindValue      // one value of a field
)

// token is a piece of the text with its place.
type token struct {
	kind    kind
	at, end int
	name    string  // of a field
	value   pattern // of a word or value
	quoted  bool
}

// pattern is a text cut at its stars: "a*b" is "a", "b". A star that was written
// as \* is part of a piece. As a plain text it is its pieces joined by stars.
type pattern []string

func (p pattern) text() string { return strings.Join(p, "*") }

// lexer cuts a text into tokens. A field's values are read in one go with it,
// because a comma means something only there.
type lexer struct {
	text   string
	at     int
	tokens []token
}

func lex(text string) ([]token, *SyntaxError) {
	l := lexer{text: text}
	if err := l.run(); err != nil {
		err.text = text
		return nil, err
	}
	return l.tokens, nil
}

func (l *lexer) run() *SyntaxError {
	if len(l.text) > MaxBytes {
		return &SyntaxError{Offset: MaxBytes, Message: fmt.Sprintf("a filter has at most %d bytes", MaxBytes)}
	}
	if !utf8.ValidString(l.text) {
		at := 0
		for r, n := rune(0), 0; r != utf8.RuneError || n > 1; at += n {
			r, n = utf8.DecodeRuneInString(l.text[at:])
		}
		return &SyntaxError{Offset: at - 1, Length: 1, Message: "the text is not UTF-8"}
	}
	for {
		l.space()
		start := l.at
		if start == len(l.text) {
			l.add(kindEnd, start)
			return nil
		}
		var err *SyntaxError
		switch c := l.text[start]; c {
		case '(':
			l.at++
			l.add(kindOpen, start)
		case ')':
			l.at++
			l.add(kindClose, start)
		case '|':
			l.at++
			l.add(kindOr, start)
		case '&':
			l.at++
			l.add(kindAnd, start)
		case '-', '!':
			err = l.sign()
		default:
			err = l.term()
		}
		if err != nil {
			return err
		}
	}
}

func (l *lexer) space() {
	for l.at < len(l.text) {
		r, n := utf8.DecodeRuneInString(l.text[l.at:])
		if !unicode.IsSpace(r) {
			return
		}
		l.at += n
	}
}

func (l *lexer) add(k kind, start int) {
	l.tokens = append(l.tokens, token{kind: k, at: start, end: l.at})
}

func (l *lexer) wrong(at, length int, message, hint string) *SyntaxError {
	return &SyntaxError{Offset: at, Length: length, Message: message, Hint: hint, Incomplete: at+length >= len(l.text)}
}

// sign reads the - or ! in front of what is to be excluded. With a space behind
// it, it is more likely a dash than a wish to exclude: that is not guessed.
func (l *lexer) sign() *SyntaxError {
	start := l.at
	l.at++
	if r, _ := utf8.DecodeRuneInString(l.text[l.at:]); l.at == len(l.text) || unicode.IsSpace(r) {
		sign := l.text[start:l.at]
		return l.wrong(start, 1, fmt.Sprintf("%s excludes what stands directly behind it, and nothing does", sign),
			fmt.Sprintf("write %sword, or %q to search for the sign itself", sign, sign))
	}
	l.add(kindNot, start)
	return nil
}

// term reads a text or a field with its values.
func (l *lexer) term() *SyntaxError {
	start := l.at
	if name, op := fieldStart(l.text[start:]); op != "" {
		return l.field(name, op)
	}
	t := token{kind: kindWord, at: start}
	var err *SyntaxError
	if t.value, t.quoted, err = l.word(""); err != nil {
		return err
	}
	t.end = l.at
	if !t.quoted {
		word := l.text[start:l.at]
		switch {
		case word == "OR":
			t = token{kind: kindOr, at: start, end: l.at}
		case word == "AND":
			t = token{kind: kindAnd, at: start, end: l.at}
		case word == "NOT":
			t = token{kind: kindNot, at: start, end: l.at}
		case word[0] == '@', word[0] == '.' && strings.ContainsAny(word, ":=<>!"):
			return &SyntaxError{Offset: start, Length: len(word),
				Message: fmt.Sprintf("%s has no meaning in this version", word),
				Hint:    "put it in quotes to search for it as a text"}
		}
	}
	l.tokens = append(l.tokens, t)
	return nil
}

// fieldStart splits off the name and operator that a field begins with; op is
// "" when the text does not begin like one.
func fieldStart(text string) (name, op string) {
	i := 0
	for i < len(text) && (isLetter(text[i]) || i > 0 && (text[i] >= '0' && text[i] <= '9' || text[i] == '.' || text[i] == '_')) {
		i++
	}
	if i == 0 {
		return "", ""
	}
	for _, op := range []string{":", "=", "!=", "<=", ">=", "<", ">"} {
		if strings.HasPrefix(text[i:], op) {
			return text[:i], op
		}
	}
	return "", ""
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// field reads name, operator and values. Names are checked here, because a word
// with a colon in it is more often meant as a text than as a field that does not
// exist, and the error should say so before anything else.
func (l *lexer) field(name, op string) *SyntaxError {
	start := l.at
	l.at += len(name)
	f := fieldNamed(name)
	if f == nil {
		return unknownField(start, name)
	}
	if op != ":" {
		hint := fmt.Sprintf("write %s:%s", name, f.example)
		if op == "!=" {
			hint = fmt.Sprintf("write -%s:%s", name, f.example)
		}
		return l.wrong(l.at, len(op), fmt.Sprintf("%s is asked for with a colon", name), hint)
	}
	l.at++
	l.tokens = append(l.tokens, token{kind: kindField, at: start, end: l.at, name: name})
	for {
		t := token{kind: kindValue, at: l.at}
		if r, _ := utf8.DecodeRuneInString(l.text[l.at:]); l.at == len(l.text) || unicode.IsSpace(r) || strings.ContainsRune(",()|&", r) {
			return l.wrong(l.at, 0, fmt.Sprintf("%s: needs a value here", name), "for example "+name+":"+f.example)
		}
		var err *SyntaxError
		if t.value, t.quoted, err = l.word(","); err != nil {
			return err
		}
		t.end = l.at
		l.tokens = append(l.tokens, t)
		if l.at == len(l.text) || l.text[l.at] != ',' {
			return nil
		}
		l.at++
	}
}

func unknownField(at int, name string) *SyntaxError {
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.name
	}
	hint := "known are " + strings.Join(known, ", ")
	if near := didYouMean(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %s? (%s)", near, hint)
	}
	return &SyntaxError{Offset: at, Length: len(name), Message: fmt.Sprintf("there is no field %q", name),
		Hint: hint + "; put the word in quotes to search for it as a text"}
}

// word reads a bare or quoted text; a bare one ends before any of the stops,
// too.
func (l *lexer) word(stops string) (value pattern, quoted bool, err *SyntaxError) {
	start := l.at
	if l.text[start] == '"' {
		value, err = l.quoted()
		if err == nil && l.at < len(l.text) {
			if r, _ := utf8.DecodeRuneInString(l.text[l.at:]); !unicode.IsSpace(r) && !strings.ContainsRune("()|&"+stops, r) {
				err = l.wrong(l.at, utf8.RuneLen(r), "a quoted text ends at its second quote",
					`put a space behind it, or write \" for a quote in the text`)
				err.Incomplete = false
			}
		}
		return value, true, err
	}
	for l.at < len(l.text) {
		r, n := utf8.DecodeRuneInString(l.text[l.at:])
		if unicode.IsSpace(r) || strings.ContainsRune("()|&"+stops, r) {
			break
		}
		if r == '"' {
			return nil, false, &SyntaxError{Offset: l.at, Length: 1, Message: "a quote in the middle of a word",
				Hint: `put the whole text in quotes, with \" for the quotes in it`}
		}
		l.at += n
	}
	return strings.Split(l.text[start:l.at], "*"), false, nil
}

// quoted reads a text in quotes. Escapes are few and none can be mistaken: \"
// \\ \* and \u{hex}.
func (l *lexer) quoted() (pattern, *SyntaxError) {
	start := l.at
	var out pattern
	var piece strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; c {
		case '"':
			l.at++
			out = append(out, piece.String())
			if len(out) == 1 && out[0] == "" {
				return nil, l.wrong(start, l.at-start, "there is nothing between the quotes", "")
			}
			return out, nil
		case '*':
			out = append(out, piece.String())
			piece.Reset()
		case '\\':
			if l.at+1 == len(l.text) {
				break
			}
			escape := l.text[l.at:]
			switch {
			case strings.ContainsRune(`"\*`, rune(escape[1])):
				piece.WriteByte(escape[1])
				l.at++
			default:
				r, n := runeEscape(escape)
				if n == 0 {
					return nil, &SyntaxError{Offset: l.at, Length: 2, Message: "unknown escape in a quoted text",
						Hint: `there are \" \\ \* and \u{e9}`}
				}
				piece.WriteRune(r)
				l.at += n - 1
			}
		default:
			piece.WriteByte(c)
		}
	}
	return nil, &SyntaxError{Offset: start, Length: 1, Message: "the quote is not closed", Incomplete: true}
}

// runeEscape reads \u{hex} and says how long it is; 0 when it is none.
func runeEscape(text string) (rune, int) {
	hex, ok := strings.CutPrefix(text, `\u{`)
	if !ok {
		return 0, 0
	}
	hex, _, ok = strings.Cut(hex[:min(len(hex), 8)], "}")
	if !ok {
		return 0, 0
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, 0
	}
	return rune(n), len(`\u{`) + len(hex) + 1
}

// write is a pattern as it is read back: bare when the lexer takes it for the
// same token then, else in quotes. prefix is what stands before it, "topic:" or
// nothing.
func (p pattern) write(prefix string) string {
	bare := p.text()
	if tokens, err := lex(prefix + bare); err == nil && len(tokens) >= 2 && strings.IndexFunc(bare, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		want := kindWord
		if prefix != "" {
			want = kindValue
		}
		last := tokens[len(tokens)-2]
		if last.kind == want && last.at == len(prefix) && last.end == len(prefix)+len(bare) && !last.quoted && slices.Equal(last.value, p) {
			return bare
		}
	}
	var b strings.Builder
	b.WriteByte('"')
	for i, piece := range p {
		if i > 0 {
			b.WriteByte('*')
		}
		for _, r := range piece {
			switch {
			case r == '"', r == '\\', r == '*':
				b.WriteByte('\\')
				b.WriteRune(r)
			case unicode.IsPrint(r):
				b.WriteRune(r)
			default:
				fmt.Fprintf(&b, `\u{%x}`, r)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}
