package filters

import (
	"fmt"
	"strings"
)

type operator uint8

const (
	opAll   operator = iota // all of kids; two or more
	opAny                   // any of kids; two or more
	opNot                   // not the one kid
	opField                 // the field has one of values
	opText                  // topic or body contains the one of values
)

// node is a part of a filter and where in the text it stands, with the signs
// and parentheses around it. Nodes of one operator are not nested in each
// other, and nothing is negated twice.
type node struct {
	op      operator
	kids    []*node
	field   *field
	values  []pattern
	at, end int
}

// parser goes through the tokens by recursive descent:
//
//	any     = all { ("OR" | "|") all }
//	all     = not { [ "AND" | "&" ] not }
//	not     = { "-" | "!" | "NOT" } primary
//	primary = "(" any ")" | field value { "," value } | word
type parser struct {
	tokens  []token
	i       int
	terms   int
	nesting int
}

// parse is the tree of a text; nil for an empty one, which everything passes.
func parse(text string) (*node, *SyntaxError) {
	tokens, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := parser{tokens: tokens}
	if p.peek().kind == kindEnd {
		return nil, nil
	}
	root, err := p.any()
	if err == nil && p.peek().kind != kindEnd {
		err = wrongAt(p.peek(), "there is no opening parenthesis for this one", "")
	}
	if err != nil {
		err.text = text
		return nil, err
	}
	return root, nil
}

func (p *parser) peek() token { return p.tokens[p.i] }

func (p *parser) next() token {
	t := p.tokens[p.i]
	if t.kind != kindEnd {
		p.i++
	}
	return t
}

func wrongAt(t token, message, hint string) *SyntaxError {
	return &SyntaxError{Offset: t.at, Length: t.end - t.at, Message: message, Hint: hint, Incomplete: t.kind == kindEnd}
}

func (p *parser) any() (*node, *SyntaxError) {
	var kids []*node
	for {
		kid, err := p.all()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		if p.peek().kind != kindOr {
			return join(opAny, kids), nil
		}
		p.next()
	}
}

func (p *parser) all() (*node, *SyntaxError) {
	var kids []*node
	for {
		kid, err := p.not()
		if err != nil {
			return nil, err
		}
		kids = append(kids, kid)
		switch p.peek().kind {
		case kindEnd, kindClose, kindOr:
			return join(opAll, kids), nil
		case kindAnd:
			p.next()
		}
	}
}

// join makes one node of several, taking in those that are of the same kind.
func join(op operator, kids []*node) *node {
	if len(kids) == 1 {
		return kids[0]
	}
	n := &node{op: op, at: kids[0].at, end: kids[len(kids)-1].end}
	for _, kid := range kids {
		if kid.op == op {
			n.kids = append(n.kids, kid.kids...)
		} else {
			n.kids = append(n.kids, kid)
		}
	}
	return n
}

func (p *parser) not() (*node, *SyntaxError) {
	start, negative := p.peek().at, false
	for p.peek().kind == kindNot {
		p.next()
		negative = !negative
	}
	kid, err := p.primary()
	if err != nil {
		return nil, err
	}
	if negative {
		kid = negate(kid)
	}
	kid.at = start
	return kid, nil
}

func negate(n *node) *node {
	if n.op == opNot {
		kid := *n.kids[0]
		kid.at, kid.end = n.at, n.end
		return &kid
	}
	return &node{op: opNot, kids: []*node{n}, at: n.at, end: n.end}
}

func (p *parser) primary() (*node, *SyntaxError) {
	t := p.next()
	switch t.kind {
	case kindOpen:
		if p.nesting++; p.nesting > MaxNesting {
			return nil, wrongAt(t, fmt.Sprintf("more than %d parentheses in each other", MaxNesting), "")
		}
		defer func() { p.nesting-- }()
		if p.peek().kind == kindClose {
			return nil, &SyntaxError{Offset: t.at, Length: p.peek().end - t.at, Message: "there is nothing between the parentheses"}
		}
		n, err := p.any()
		if err != nil {
			return nil, err
		}
		last := p.next()
		if last.kind != kindClose {
			err := wrongAt(t, "the parenthesis is not closed", "")
			err.Incomplete = last.kind == kindEnd
			return nil, err
		}
		n.at, n.end = t.at, last.end
		return n, nil
	case kindField:
		n := &node{op: opField, field: fieldNamed(t.name), at: t.at}
		for p.peek().kind == kindValue {
			v := p.next()
			if message, hint := n.field.check(v.value); message != "" {
				return nil, wrongAt(v, message, hint)
			}
			n.values = append(n.values, v.value)
			n.end = v.end
			if err := p.count(v); err != nil {
				return nil, err
			}
		}
		return n, nil
	case kindWord:
		return &node{op: opText, values: []pattern{t.value}, at: t.at, end: t.end}, p.count(t)
	case kindEnd:
		return nil, wrongAt(t, "something is missing at the end", "")
	case kindClose:
		return nil, wrongAt(t, "something is missing before the parenthesis", "")
	}
	return nil, wrongAt(t, "something is missing here: this joins two terms", "put it in quotes to search for it as a text")
}

func (p *parser) count(t token) *SyntaxError {
	if p.terms++; p.terms > MaxTerms {
		return wrongAt(t, fmt.Sprintf("a filter has at most %d terms", MaxTerms), "")
	}
	return nil
}

// String is the canonical text of a node.
func (n *node) String() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch n.op {
	case opAll:
		for i, kid := range n.kids {
			if i > 0 {
				b.WriteByte(' ')
			}
			kid.writeIn(b, opAny)
		}
	case opAny:
		for i, kid := range n.kids {
			if i > 0 {
				b.WriteString(" OR ")
			}
			kid.write(b) // "a b OR c" is (a b) or c, so no parentheses are needed
		}
	case opNot:
		b.WriteByte('-')
		n.kids[0].writeIn(b, opAny, opAll)
	case opField:
		b.WriteString(n.field.name)
		for i, v := range n.values {
			prefix := n.field.name + ":"
			b.WriteByte(":,"[min(i, 1)])
			b.WriteString(v.write(prefix))
		}
	case opText:
		b.WriteString(n.values[0].write(""))
	}
}

// writeIn writes n, in parentheses when it is one of the operators that bind
// less than what is around it.
func (n *node) writeIn(b *strings.Builder, weaker ...operator) {
	for _, op := range weaker {
		if n.op == op {
			b.WriteByte('(')
			n.write(b)
			b.WriteByte(')')
			return
		}
	}
	n.write(b)
}
