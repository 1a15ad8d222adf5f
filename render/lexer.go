package render

import (
	"github.com/alecthomas/chroma/v2"
)

// Lexer is the JSON scanner as a lexer of chroma, so that whatever works on
// chroma's tokens also works on messages. Unlike chroma's own it takes time in
// proportion to the text whatever the text is, and marks what is not JSON as
// one chroma.Error from where it went wrong to the end.
//
// The values of its tokens are parts of the text as it is: not safe to draw.
func Lexer() chroma.Lexer { return jsonLexer{} }

type jsonLexer struct{}

var lexerConfig = chroma.Config{
	Name:      "fedmsg envelope",
	Aliases:   []string{"fedmsg"},
	MimeTypes: []string{"application/json"},
	EnsureNL:  false,
}

func (jsonLexer) Config() *chroma.Config { return &lexerConfig }

// SetRegistry and SetAnalyser have nothing to set: no other lexer is needed,
// and AnalyseText judges by itself.
func (l jsonLexer) SetRegistry(*chroma.LexerRegistry) chroma.Lexer { return l }

func (l jsonLexer) SetAnalyser(func(text string) float32) chroma.Lexer { return l }

// AnalyseText is 1 for JSON objects and arrays, else 0.
func (jsonLexer) AnalyseText(text string) float32 {
	d := NewDocument([]byte(text), Options{MaxLines: 1})
	if d.Len() > 0 && (d.lines[0].kind == kindObject || d.lines[0].kind == kindArray) {
		return 1
	}
	return 0
}

// Tokenise ignores its options: there is one state, and line ends stay as they
// are. All tokens together are the text, byte for byte.
func (jsonLexer) Tokenise(_ *chroma.TokeniseOptions, text string) (chroma.Iterator, error) {
	d := NewDocument([]byte(text), Options{})
	next := 0 // line to come
	at := 0   // byte of the text to come
	var ready []chroma.Token
	emit := func(t chroma.TokenType, end int) {
		if end > at {
			ready = append(ready, chroma.Token{Type: t, Value: text[at:end]})
			at = end
		}
	}
	// between emits what separates two values: spaces, and one of , and :.
	between := func(end int) {
		for at < end {
			stop := at
			if space := isSpace(text[at]); space {
				for stop < end && isSpace(text[stop]) {
					stop++
				}
				emit(chroma.TextWhitespace, stop)
			} else {
				emit(chroma.Punctuation, at+1)
			}
		}
	}
	line := func(l line) {
		if l.kind == kindBroken || l.kind == kindRest {
			between(int(l.start))
			emit(chroma.Error, len(text)) // up to the end: there is nothing else behind
			return
		}
		if l.key != 0 {
			between(int(l.key))
			end, _ := stringEnd(d.raw, int(l.key))
			emit(chroma.NameTag, end)
		}
		between(int(l.start))
		emit(l.kind.token(), int(l.end))
	}
	return func() chroma.Token {
		for len(ready) == 0 {
			switch {
			case next < len(d.lines):
				line(d.lines[next])
				next++
			case at < len(text):
				between(len(text))
			default:
				return chroma.EOF
			}
		}
		token := ready[0]
		ready = ready[1:]
		if len(ready) == 0 {
			ready = nil
		}
		return token
	}, nil
}

// token is the syntax token of a value.
func (k kind) token() chroma.TokenType {
	switch k {
	case kindString:
		return chroma.LiteralStringDouble
	case kindInteger:
		return chroma.LiteralNumberInteger
	case kindFloat:
		return chroma.LiteralNumberFloat
	case kindConstant:
		return chroma.KeywordConstant
	case kindBroken:
		return chroma.Error
	case kindHex:
		return chroma.LiteralNumberHex
	case kindRest:
		return chroma.CommentSingle
	}
	return chroma.Punctuation
}
