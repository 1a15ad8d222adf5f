package pyfile

import "slices"

// maxSuites bounds how deep suites may be nested in suites.
const maxSuites = 40

// statement is a simple statement, or a compound one with its suite.
type statement struct {
	line   int
	tokens []token // of a compound statement: its head, without the colon
	broken string  // why it cannot be read, if so

	compound bool
	suite    []*statement
	// lines are all of a compound statement, as they stand, for those that are
	// evaluated whole.
	lines []logicalLine

	compiled *program // by the machine, so that a loop's body is compiled once
}

// keyword is the first word.
func (s *statement) keyword() string {
	if len(s.tokens) > 0 && (s.tokens[0].kind == nameToken || s.tokens[0].is("@")) {
		return s.tokens[0].text
	}
	return ""
}

var compoundWords = map[string]bool{
	"if": true, "elif": true, "else": true, "for": true, "while": true, "try": true, "except": true,
	"finally": true, "with": true, "def": true, "class": true, "async": true,
}

// blocks turns lines into statements. Lines that are indented deeper than
// their surroundings without a reason belong to the statement above, which is
// then broken.
func blocks(lines []logicalLine, depth int) []*statement {
	var all []*statement
	for i := 0; i < len(lines); {
		first := lines[i]
		end := i + 1
		for end < len(lines) && lines[end].indent > first.indent {
			end++
		}
		all = append(all, block(lines[i:end], depth)...)
		i = end
	}
	return all
}

// block reads one logical line and what is indented below it.
func block(lines []logicalLine, depth int) []*statement {
	first := lines[0]
	if first.broken != "" {
		return []*statement{{line: first.line, tokens: first.tokens, broken: first.broken}}
	}
	if len(first.tokens) == 0 || first.tokens[0].kind != nameToken || !compoundWords[first.tokens[0].text] {
		if len(lines) > 1 {
			return []*statement{{line: lines[1].line, tokens: first.tokens, broken: "unexpected indentation"}}
		}
		return simple(first.tokens)
	}
	s := &statement{line: first.line, compound: true, lines: lines, tokens: first.tokens}
	colon := headEnd(first.tokens)
	switch {
	case colon < 0:
		s.broken = "no colon at the end of the line"
		return []*statement{s}
	case depth >= maxSuites:
		s.broken = "suites nested too deep"
		return []*statement{s}
	}
	s.tokens = first.tokens[:colon]
	switch inline := first.tokens[colon+1:]; {
	case len(inline) > 0 && len(lines) > 1:
		s.broken = "unexpected indentation"
	case len(inline) > 0:
		s.suite = simple(inline)
	default:
		s.suite = blocks(lines[1:], depth+1)
	}
	if s.broken == "" && len(s.suite) == 0 {
		s.broken = "nothing is indented below it"
	}
	return []*statement{s}
}

// simple splits a line at its semicolons, and a = b = value into an assignment
// for each target, which Starlark wants apart: a = value, b = a.
func simple(tokens []token) []*statement {
	var all []*statement
	add := func(tokens []token) {
		all = append(all, &statement{line: tokens[0].line, tokens: tokens})
	}
	for _, part := range split(tokens, ";") {
		if len(part) == 0 {
			continue
		}
		sides := split(part, "=")
		last := len(sides) - 1
		if last < 2 || hasLambda(part) || slices.ContainsFunc(sides, func(side []token) bool { return len(side) == 0 }) {
			add(part)
			continue
		}
		equals := part[len(sides[0])]
		add(slices.Concat(sides[0], []token{equals}, sides[last]))
		for _, target := range sides[1:last] {
			add(slices.Concat(target, []token{equals}, sides[0]))
		}
	}
	return all
}

// hasLambda reports whether an = may belong to a lambda's parameter.
func hasLambda(tokens []token) bool {
	return slices.ContainsFunc(tokens, func(t token) bool { return t.kind == nameToken && t.text == "lambda" })
}

// headEnd is the place of the colon that ends the head of a compound
// statement, or -1. Colons of lambdas are not it.
func headEnd(tokens []token) int {
	depth, lambdas := 0, 0
	for i, t := range tokens {
		switch {
		case t.kind == nameToken && t.text == "lambda" && depth == 0:
			lambdas++
		case t.kind != opToken:
		case isOpening(t):
			depth++
		case isClosing(t):
			depth--
		case t.text == ":" && depth == 0:
			if lambdas == 0 {
				return i
			}
			lambdas--
		}
	}
	return -1
}

// split cuts tokens at a separator that is not inside brackets.
func split(tokens []token, separator string) [][]token {
	var parts [][]token
	depth, start := 0, 0
	for i, t := range tokens {
		switch {
		case isOpening(t):
			depth++
		case isClosing(t):
			depth--
		case depth == 0 && t.is(separator):
			parts = append(parts, tokens[start:i])
			start = i + 1
		}
	}
	return append(parts, tokens[start:])
}

func isOpening(t token) bool {
	return t.kind == opToken && (t.text == "(" || t.text == "[" || t.text == "{")
}

func isClosing(t token) bool {
	return t.kind == opToken && (t.text == ")" || t.text == "]" || t.text == "}")
}
