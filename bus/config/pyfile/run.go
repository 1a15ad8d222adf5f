package pyfile

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// machine evaluates one file.
type machine struct {
	around Surroundings
	thread *starlark.Thread
	limit  uint64 // of the thread's steps
	meter  meter
	vars   starlark.StringDict
	line   int // of the statement that runs
	caller int // line of the call that runs

	// lines are those of the keys of dictionaries.
	lines map[*starlark.Dict]map[string]int
	// missing are names that an import, class or such would have defined, with
	// its line.
	missing  map[string]int
	imported map[string]*module
	strict   int // tries around the present statement
	loops    int // loops around it
	problems []Problem
}

// program is a compiled statement.
type program struct {
	code *starlark.Program
	err  error
}

// fault is a statement that failed.
type fault struct {
	line int
	text string
	// class is the exception that Python would raise, as far as known.
	class string
	// unsupported: it is not the statement's fault but ours; no handler of the
	// file is meant for it.
	unsupported bool
}

func (f *fault) Error() string { return f.text }

// Ways to leave a suite that are not faults.
var (
	errBreak    = errors.New("break")
	errContinue = errors.New("continue")
	errStopped  = errors.New("stopped")
)

// statementSteps is what it costs to start a statement, in instructions of the
// machine: compiling is not counted by it.
const statementSteps = 50

func (m *machine) outOfSteps() bool { return m.thread.ExecutionSteps() >= m.limit }

// run runs statements one by one. Faults become problems, unless strict, in
// which case the first is returned. Any other error ends the file or a loop.
func (m *machine) run(statements []*statement, strict bool) error {
	for i := 0; i < len(statements); {
		used := clauses(statements[i:])
		err := m.statement(statements[i:i+used], strict)
		i += used
		var f *fault
		switch {
		case err == nil:
		case !errors.As(err, &f):
			return err
		case strict && !f.unsupported:
			return f
		default:
			m.problem(f.line, "%s", f.text)
		}
	}
	return nil
}

// statement runs one statement; clauses are it and what belongs to it (elif,
// else, except, finally).
func (m *machine) statement(clauses []*statement, strict bool) error {
	s := clauses[0]
	m.line = s.line
	if m.thread.Steps += statementSteps; m.outOfSteps() {
		return errStopped
	}
	for _, clause := range clauses {
		if clause.broken != "" {
			return m.undefines(clause, &fault{line: clause.line, text: "cannot be read: " + clause.broken, unsupported: true})
		}
	}
	if s.compound {
		return m.compound(clauses, strict)
	}
	return m.simple(s)
}

func (m *machine) simple(s *statement) error {
	word := s.keyword()
	switch word {
	case "import", "from":
		return m.imports(s)
	case "pass", "global", "nonlocal":
		return nil
	case "break", "continue":
		switch {
		case m.loops == 0:
			return &fault{line: s.line, text: word + " is outside of a loop", unsupported: true}
		case word == "break":
			return errBreak
		}
		return errContinue
	case "del":
		return m.del(s)
	case "print":
		if !printCall(s.tokens) {
			return nil // the statement of Python 2, which only prints
		}
	case "assert", "raise", "exec", "return", "yield", "await", "@":
		return m.unsupported(s, word)
	}
	for _, t := range s.tokens {
		if t.kind != stringToken {
			return m.plain(s)
		}
	}
	return nil // a docstring
}

func (m *machine) unsupported(s *statement, what string) error {
	return &fault{line: s.line, text: what + " is not evaluated in settings files", unsupported: true}
}

// printCall reports whether a line that starts with print is an expression.
func printCall(tokens []token) bool {
	return len(tokens) > 1 && tokens[1].kind == opToken && !tokens[1].is("%")
}

// plain runs an expression or an assignment.
func (m *machine) plain(s *statement) error {
	if s.compiled == nil {
		s.compiled = m.compile(rewriteTokens(withoutAnnotation(s.tokens)))
	}
	if err := m.exec(s.compiled); err != nil {
		return m.undefines(s, err)
	}
	return nil
}

// withoutAnnotation drops the type of "name: type = value".
func withoutAnnotation(tokens []token) []token {
	if len(tokens) < 4 || tokens[0].kind != nameToken || tokens[0].text == "lambda" || !tokens[1].is(":") {
		return tokens
	}
	parts := split(tokens, "=")
	if len(parts) < 2 {
		return tokens
	}
	value := tokens[len(parts[0]):] // from the = on
	return append([]token{tokens[0]}, value...)
}

var fileOptions = syntax.FileOptions{Set: true, While: true, TopLevelControl: true, GlobalReassign: true}

// compile makes a program of Starlark text. Its arguments are the results of
// the rewriting functions.
func (m *machine) compile(text string, firstLine int, err error) *program {
	if err != nil {
		return &program{err: &fault{line: m.line, text: err.Error(), unsupported: true}}
	}
	f, err := fileOptions.Parse("", syntax.FilePortion{Content: []byte(text), FirstLine: int32(firstLine), FirstCol: 1}, 0)
	if err == nil {
		g := guard{isolate: m.strict == 0}
		err = g.file(f)
	}
	var code *starlark.Program
	if err == nil {
		// Every name counts as one of the surroundings, looked up when used.
		code, err = starlark.FileProgram(f, func(string) bool { return true })
	}
	if err != nil {
		return &program{err: m.syntaxFault(err)}
	}
	return &program{code: code}
}

func (m *machine) syntaxFault(err error) *fault {
	f := &fault{line: m.line, text: err.Error(), unsupported: true}
	var parse syntax.Error
	var names resolve.ErrorList
	switch {
	case errors.As(err, &parse):
		f.line, f.text = int(parse.Pos.Line), parse.Msg
	case errors.As(err, &names):
		f.line, f.text = int(names[0].Pos.Line), names[0].Msg
	}
	f.text = "cannot be read: " + f.text
	return f
}

// exec runs a program and takes over what it assigned.
func (m *machine) exec(p *program) (err error) {
	if p.err != nil {
		return p.err
	}
	// The Starlark machine is used in a way its authors did not mean, on a
	// text meant to break it: should it panic, one statement is lost.
	defer func() {
		if r := recover(); r != nil {
			if bug, ok := r.(runtime.Error); ok {
				r = bug.Error()
			}
			err = &fault{line: m.line, text: fmt.Sprintf("cannot be evaluated: %v", r), unsupported: true}
		}
	}()
	assigned, err := p.code.Init(m.thread, m.vars)
	for name, value := range assigned {
		if name, ok := strings.CutPrefix(name, global); ok && value != nil {
			m.vars[name] = value
		}
	}
	return m.runFault(err)
}

// runFault turns an error of the machine into a fault, or into errStopped.
func (m *machine) runFault(err error) error {
	if err == nil {
		return nil
	}
	if m.stopped(err) {
		return errStopped
	}
	f := &fault{line: m.line, text: err.Error()}
	var eval *starlark.EvalError
	if errors.As(err, &eval) {
		f.text = eval.Msg
		for _, frame := range slices.Backward(eval.CallStack) { // innermost first
			if frame.Pos.Line > 0 {
				f.line = int(frame.Pos.Line)
				break
			}
		}
	}
	const before, after = "internal error: predeclared variable ", " is uninitialized"
	if name, ok := strings.CutPrefix(f.text, before); ok {
		name = strings.TrimSuffix(name, after)
		f.class = "NameError"
		f.text = fmt.Sprintf("name %q is not defined", name)
		if line := m.missing[name]; line > 0 {
			f.text = fmt.Sprintf("name %q is not defined, since line %d was skipped", name, line)
		}
	}
	if f.class == "" {
		f.class = classOf(f.text)
	}
	return f
}

// stopped reports whether the machine will not go on: a fault that no handler
// of the file may catch.
func (m *machine) stopped(err error) bool {
	return errors.Is(err, errStopped) || errors.Is(err, errCost) && m.meter.left < 0 ||
		strings.Contains(err.Error(), "Starlark computation cancelled")
}

// classOf guesses the exception from Starlark's words.
func classOf(text string) string {
	switch {
	case strings.Contains(text, "not in dict") || strings.Contains(text, "missing key"):
		return "KeyError"
	case strings.Contains(text, "out of range"):
		return "IndexError"
	case strings.Contains(text, "has no attribute") || strings.Contains(text, "has no ."):
		return "AttributeError"
	case strings.Contains(text, "division by zero"):
		return "ZeroDivisionError"
	case strings.Contains(text, "invalid literal"):
		return "ValueError"
	}
	return "TypeError"
}

// undefines notes which plain names a skipped statement would have assigned.
func (m *machine) undefines(s *statement, err error) error {
	for i, t := range s.tokens {
		defines := i+1 < len(s.tokens) && s.tokens[i+1].is("=")
		if s.compound {
			defines = i == 1 // def name, class name
		}
		if t.kind == nameToken && defines && (i == 0 || s.compound) {
			m.missing[t.text] = s.line
		}
	}
	return err
}
