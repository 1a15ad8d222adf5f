package pyfile

import (
	"errors"
	"fmt"
	"slices"

	"go.starlark.net/starlark"
)

// clauses counts the statements that belong together: an if with its elif and
// else, a try with its except, else and finally, a loop with its else.
func clauses(statements []*statement) int {
	follow := map[string][]string{
		"if": {"elif", "else"}, "try": {"except", "else", "finally"},
		"for": {"else"}, "while": {"else"}, "@": {"@", "def", "class", "async"},
	}[statements[0].keyword()]
	n := 1
	for n < len(statements) && slices.Contains(follow, statements[n].keyword()) {
		n++
		if word := statements[n-1].keyword(); word == "def" || word == "class" || word == "async" {
			break // a decorator's
		}
	}
	return n
}

func (m *machine) compound(clauses []*statement, strict bool) error {
	s := clauses[0]
	switch word := s.keyword(); word {
	case "if":
		return m.choose(clauses, strict)
	case "for":
		return m.each(clauses, strict)
	case "while":
		return m.while(clauses, strict)
	case "try":
		return m.try(clauses, strict)
	case "def":
		if s.compiled == nil {
			s.compiled = m.compile(rewriteLines(s.lines))
		}
		if err := m.exec(s.compiled); err != nil {
			return m.undefines(s, err)
		}
		return nil
	case "class", "with", "async":
		return m.undefines(s, m.unsupported(s, word))
	default:
		return &fault{line: s.line, text: fmt.Sprintf("%s belongs to no statement before it", word), unsupported: true}
	}
}

// choose runs the first clause of an if whose condition holds. A condition
// that cannot be told skips the whole: no branch is known to be meant.
func (m *machine) choose(clauses []*statement, strict bool) error {
	for _, clause := range clauses {
		if clause.keyword() == "else" {
			return m.run(clause.suite, strict)
		}
		m.line = clause.line
		holds, err := m.condition(clause)
		if err != nil {
			return err
		}
		if holds {
			return m.run(clause.suite, strict)
		}
	}
	return nil
}

// condition evaluates the head of an if or while, behind its keyword.
func (m *machine) condition(s *statement) (bool, error) {
	value, err := m.value(s, s.tokens[1:])
	if err != nil {
		return false, err
	}
	return bool(value.Truth()), nil
}

// The variables that hand values over between the machine and its statements.
const (
	resultName = "__settings_result__"
	itemName   = "__settings_item__"
)

// value evaluates an expression of a statement's head.
func (m *machine) value(s *statement, tokens []token) (starlark.Value, error) {
	if s.compiled == nil {
		text, first, err := rewriteTokens(tokens)
		s.compiled = m.compile(resultName+" = ("+text+")\n", first, err)
	}
	if err := m.exec(s.compiled); err != nil {
		return nil, err
	}
	return m.vars[resultName], nil
}

// each runs a for statement.
func (m *machine) each(clauses []*statement, strict bool) error {
	s := clauses[0]
	in := slices.IndexFunc(s.tokens, func(t token) bool { return t.is("in") })
	if in < 2 {
		return &fault{line: s.line, text: "cannot be read: for without in", unsupported: true}
	}
	value, err := m.value(s, s.tokens[in+1:])
	if err != nil {
		return err
	}
	items, err := m.items(value)
	if err != nil {
		return m.runFault(err)
	}
	target, first, err := rewriteTokens(s.tokens[1:in])
	assign := m.compile(target+"= "+itemName+"\n", first, err)
	for _, item := range items {
		m.vars[itemName] = item
		if err := m.exec(assign); err != nil {
			return err
		}
		if done, err := m.turn(s, strict); done || err != nil {
			return err
		}
	}
	if len(clauses) > 1 {
		return m.run(clauses[1].suite, strict)
	}
	return nil
}

// items is what a loop goes over, as it is now: the suite may change it.
func (m *machine) items(value starlark.Value) ([]starlark.Value, error) {
	iterable, ok := value.(starlark.Iterable)
	if !ok {
		return nil, fmt.Errorf("%s cannot be iterated", kindOf(value))
	}
	if err := m.meter.charge(shallow(value)); err != nil {
		return nil, err
	}
	return slices.Collect(starlark.Elements(iterable)), nil
}

// turn runs a loop's suite once and reports whether the loop is over.
func (m *machine) turn(s *statement, strict bool) (done bool, err error) {
	if m.thread.Steps += statementSteps; m.outOfSteps() {
		return true, errStopped
	}
	m.loops++
	defer func() { m.loops-- }()
	switch err := m.run(s.suite, strict); {
	case errors.Is(err, errBreak):
		return true, nil
	case err == nil || errors.Is(err, errContinue):
		return false, nil
	default:
		return true, err
	}
}

func (m *machine) while(clauses []*statement, strict bool) error {
	s := clauses[0]
	for {
		m.line = s.line
		holds, err := m.condition(s)
		if err != nil {
			return err
		}
		if !holds {
			break
		}
		if done, err := m.turn(s, strict); done || err != nil {
			return err
		}
	}
	if len(clauses) > 1 {
		return m.run(clauses[1].suite, strict)
	}
	return nil
}

// try runs a try statement. What its suite cannot do because of us (a class,
// say) does not count as an exception.
func (m *machine) try(clauses []*statement, strict bool) error {
	handled := slices.ContainsFunc(clauses, func(s *statement) bool { return s.keyword() == "except" })
	err := m.tried(clauses[0], handled || strict)
	var f *fault
	raised := errors.As(err, &f)
	for _, clause := range clauses[1:] {
		word := clause.keyword()
		switch {
		case word == "except" && raised && clause.catches(f.class):
			raised = false
			clause.bind(m, f)
			err = m.run(clause.suite, strict)
		case word == "else" && err == nil && !raised && f == nil:
			err = m.run(clause.suite, strict)
		case word == "finally" && !errors.Is(err, errStopped):
			// Its own fault counts for more than the one it ran after.
			if late := m.run(clause.suite, strict); late != nil {
				err = late
			}
		}
	}
	return err
}

func (m *machine) tried(s *statement, strict bool) error {
	if !strict {
		return m.run(s.suite, false)
	}
	m.strict++
	defer func() { m.strict-- }()
	return m.run(s.suite, true)
}

// superclasses of the exceptions that faults are given, so far as a settings
// file may name them.
var superclasses = map[string][]string{
	"ImportError": {"ModuleNotFoundError"}, // what Python 3 raises for it
	"KeyError":    {"LookupError"},
	"IndexError":  {"LookupError"},
}

// catches reports whether an except clause is for a class of exceptions.
func (s *statement) catches(class string) bool {
	names := s.tokens[1:]
	if as := slices.IndexFunc(names, func(t token) bool { return t.is("as") }); as >= 0 {
		names = names[:as]
	}
	if len(names) == 0 {
		return true
	}
	for _, t := range names {
		if t.kind != nameToken {
			continue
		}
		if t.text == class || t.text == "Exception" || t.text == "BaseException" || slices.Contains(superclasses[class], t.text) {
			return true
		}
	}
	return false
}

// bind sets the name of "except X as name" to the exception's text.
func (s *statement) bind(m *machine, f *fault) {
	as := slices.IndexFunc(s.tokens, func(t token) bool { return t.is("as") })
	if as > 0 && as+1 < len(s.tokens) {
		m.vars[s.tokens[as+1].text] = starlark.String(f.text)
	}
}
