package pyfile

import (
	"fmt"
	"strings"
)

// mergeKey is the dictionary key that stands for "**" in a dictionary display,
// which Starlark has no syntax for. The guard turns it into a merge.
const mergeKey = "\x00**"

// maxInterpolation bounds f-strings within f-strings.
const maxInterpolation = 4

// writer turns Python tokens into Starlark text that has every token on the
// line of the file where it stood, so that positions need no map.
type writer struct {
	out      strings.Builder
	line     int
	brackets []byte
	level    int // of f-strings
	err      error
}

// rewriteTokens gives the Starlark text of one simple statement or expression.
// Its first line is that of the first token.
func rewriteTokens(tokens []token) (text string, firstLine int, err error) {
	if len(tokens) == 0 {
		return "", 0, fmt.Errorf("something is missing here")
	}
	w := &writer{line: tokens[0].line}
	w.tokens(tokens)
	return w.out.String(), tokens[0].line, w.err
}

// rewriteLines gives the Starlark text of a compound statement, as it stands.
func rewriteLines(lines []logicalLine) (text string, firstLine int, err error) {
	w := &writer{line: lines[0].line}
	for i, line := range lines {
		if line.broken != "" {
			return "", 0, fmt.Errorf("line %d: %s", line.line, line.broken)
		}
		if i > 0 {
			w.out.WriteByte('\n')
			w.line++
		}
		for w.line < line.line {
			w.out.WriteByte('\n')
			w.line++
		}
		w.out.WriteString(strings.Repeat(" ", min(line.indent, 1000)))
		w.tokens(line.tokens)
	}
	w.out.WriteByte('\n')
	return w.out.String(), lines[0].line, w.err
}

func (w *writer) tokens(tokens []token) {
	generators := generatorParens(tokens)
	for i := 0; i < len(tokens) && w.err == nil; i++ {
		t := tokens[i]
		w.moveTo(t.line)
		switch t.kind {
		case stringToken:
			run := i + 1
			for run < len(tokens) && tokens[run].kind == stringToken {
				run++
			}
			w.strings(tokens[i:run])
			i = run - 1
		case numberToken:
			w.number(t)
		case nameToken:
			i += w.name(tokens, i)
		case opToken:
			w.op(tokens, i, generators[i])
		}
	}
}

// moveTo starts new lines until the given one is reached.
func (w *writer) moveTo(line int) {
	for w.line < line {
		if len(w.brackets) == 0 {
			w.out.WriteString(` \`)
		}
		w.out.WriteByte('\n')
		w.line++
	}
}

func (w *writer) word(text string) {
	w.out.WriteString(text)
	w.out.WriteByte(' ')
}

// name writes a name and returns how many tokens it took in besides.
func (w *writer) name(tokens []token, i int) int {
	if tokens[i].text != "is" || i > 0 && tokens[i-1].is(".") {
		w.word(tokens[i].text)
		return 0
	}
	// Identity is used to compare with None, True and False, for which
	// equality says the same.
	if i+1 < len(tokens) && tokens[i+1].is("not") {
		w.word("!=")
		return 1
	}
	w.word("==")
	return 0
}

func (w *writer) op(tokens []token, i int, generator bool) {
	text := tokens[i].text
	switch {
	case isOpening(tokens[i]):
		w.brackets = append(w.brackets, text[0])
		if generator {
			text += "["
		}
	case isClosing(tokens[i]):
		w.brackets = w.brackets[:max(0, len(w.brackets)-1)]
		if generator {
			text = "]" + text
		}
	case text == "<>":
		text = "!="
	case text == "**" && i > 0 && len(w.brackets) > 0 && w.brackets[len(w.brackets)-1] == '{' &&
		(tokens[i-1].is("{") || tokens[i-1].is(",")):
		quote(&w.out, mergeKey)
		text = ":"
	}
	w.word(text)
}

// generatorParens are the parentheses that enclose a generator expression,
// which is written as a list: (x for x in y) becomes ([x for x in y]).
func generatorParens(tokens []token) map[int]bool {
	found := map[int]bool{}
	var open []int
	isGenerator := map[int]bool{}
	for i, t := range tokens {
		switch {
		case isOpening(t):
			open = append(open, i)
		case isClosing(t):
			if len(open) == 0 {
				return found
			}
			start := open[len(open)-1]
			open = open[:len(open)-1]
			if isGenerator[start] {
				found[start], found[i] = true, true
			}
		case t.kind == nameToken && t.text == "for" && len(open) > 0:
			if start := open[len(open)-1]; tokens[start].is("(") {
				isGenerator[start] = true
			}
		}
	}
	return found
}

// number writes a number as Starlark wants it: 0644 and 10L are Python 2,
// 1_000 is Python 3.
func (w *writer) number(t token) {
	text := strings.ReplaceAll(t.text, "_", "")
	if plain := strings.TrimRight(text, "lL"); plain != "" && strings.Trim(plain, "0123456789") == "" {
		text = plain
	}
	if len(text) > 1 && text[0] == '0' && strings.Trim(text, "0123456789") == "" {
		text = "0o" + strings.TrimLeft(text, "0")
		if text == "0o" {
			text = "0"
		}
	}
	w.word(text)
}

// strings writes a run of adjacent literals as one. If any of them is an
// f-string, the run becomes a call of format.
func (w *writer) strings(run []token) {
	formatted := false
	for _, t := range run {
		formatted = formatted || strings.Contains(t.prefix, "f")
	}
	var text strings.Builder
	var fields [][]token
	for _, t := range run {
		value := ""
		var err error
		switch {
		case strings.Contains(t.prefix, "f"):
			value, err = w.interpolate(t, &fields)
		default:
			if value, err = decode(t); formatted {
				value = strings.NewReplacer("{", "{{", "}", "}}").Replace(value)
			}
		}
		if err != nil {
			w.err = fmt.Errorf("line %d: %w", t.line, err)
			return
		}
		text.WriteString(value)
	}
	quote(&w.out, text.String())
	if formatted {
		w.word(".format(")
		w.brackets = append(w.brackets, '(')
		for _, field := range fields {
			w.word("(")
			w.level++
			w.tokens(field)
			w.level--
			w.word("),")
		}
		w.brackets = w.brackets[:len(w.brackets)-1]
		w.out.WriteByte(')')
	}
	w.out.WriteByte(' ')
}

// interpolate turns the text of an f-string into that of a format: each
// {expression!r:spec} becomes {number!r:spec}, and its tokens a field.
func (w *writer) interpolate(t token, fields *[][]token) (string, error) {
	if w.level >= maxInterpolation {
		return "", fmt.Errorf("f-strings nested too deep")
	}
	text, err := decode(t)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for {
		cut := strings.IndexAny(text, "{}")
		if cut < 0 {
			out.WriteString(text)
			return out.String(), nil
		}
		out.WriteString(text[:cut])
		brace := text[cut : cut+1]
		if strings.HasPrefix(text[cut+1:], brace) {
			out.WriteString(brace + brace)
			text = text[cut+2:]
			continue
		}
		if brace == "}" {
			return "", fmt.Errorf("single } in an f-string")
		}
		expression, spec, rest, err := field(text[cut+1:])
		if err != nil {
			return "", err
		}
		tokens, err := expressionTokens(expression, t.line)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "{%d%s}", len(*fields), spec)
		*fields = append(*fields, tokens)
		text = rest
	}
}

// field splits "expression!r:spec}rest" of an f-string.
func field(text string) (expression, spec, rest string, err error) {
	depth, inString := 0, byte(0)
	end := -1
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inString != 0:
			if c == inString {
				inString = 0
			}
		case c == '\'' || c == '"':
			inString = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case depth > 0 && (c == ')' || c == ']' || c == '}'):
			depth--
		case depth > 0:
		case end < 0 && (c == ':' || c == '!' && !strings.HasPrefix(text[i:], "!=")):
			end = i
		case c == '}':
			if end < 0 {
				end = i
			}
			return text[:end], text[end:i], text[i+1:], nil
		}
	}
	return "", "", "", fmt.Errorf("{ of an f-string is never closed")
}

// expressionTokens scans an expression inside a string.
func expressionTokens(text string, line int) ([]token, error) {
	lines := scan("(" + text + ")")
	if len(lines) != 1 || lines[0].broken != "" || len(lines[0].tokens) < 3 {
		return nil, fmt.Errorf("expression %q of an f-string cannot be read", text)
	}
	tokens := lines[0].tokens
	for i := range tokens {
		tokens[i].line = line
	}
	return tokens, nil
}
