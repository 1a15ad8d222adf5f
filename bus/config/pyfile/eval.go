package pyfile

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

// Bounds of one file. Real ones need a thousandth of them.
const (
	MaxFileBytes = 1 << 20

	maxSteps    = 1 << 20 // instructions of the Starlark machine
	maxUnits    = 4 << 20 // elements and quarter bytes made or looked at, see meter
	maxProblems = 50
	maxCalls    = 100 // nested
)

// Budget is what all files of one load may use together. The zero value has
// run out; use [NewBudget].
type Budget struct {
	steps uint64
	units int64
}

// NewBudget allows a few files that use all that a single one may, and any
// number of ordinary ones.
func NewBudget() *Budget { return &Budget{steps: 4 * maxSteps, units: 4 * maxUnits} }

// Surroundings are what a file may see of the world.
type Surroundings struct {
	WorkDir  string
	Home     string
	Hostname string
	// Env gives an environment variable. A nil Env has none.
	Env func(name string) (value string, set bool)
}

// Table is a dictionary of a file.
type Table map[string]Entry

// Entry is one value of a Table and the line of its key. Value is nil, a bool,
// int64, float64, string, []any of such and map[string]any, or a Table.
type Entry struct {
	Value any
	Line  int
}

// Problem is a statement or value that was left out, and why.
type Problem struct {
	Line int
	Text string
}

// Result is what a file said.
type Result struct {
	Config   Table // nil when the file sets no dictionary named config
	Problems []Problem
}

// Eval evaluates a file. It never fails as a whole: what cannot be evaluated
// is in Problems. It returns early when ctx ends.
func Eval(ctx context.Context, src []byte, around Surroundings, budget *Budget) Result {
	m := &machine{
		around:  around,
		lines:   map[*starlark.Dict]map[string]int{},
		missing: map[string]int{},
	}
	if len(src) > MaxFileBytes {
		m.problem(0, "larger than %d bytes", MaxFileBytes)
		return Result{Problems: m.problems}
	}
	if strings.IndexByte(string(src), 0) >= 0 {
		m.problem(0, "is not text")
		return Result{Problems: m.problems}
	}
	if !utf8.Valid(src) {
		m.problem(0, "is not UTF-8; what is not was replaced")
		src = []byte(strings.ToValidUTF8(string(src), "\ufffd"))
	}
	m.limit = max(1, min(maxSteps, budget.steps))
	m.meter.left = min(maxUnits, budget.units)
	granted := m.meter.left
	m.thread = &starlark.Thread{Name: "settings", Print: func(*starlark.Thread, string) {}}
	m.thread.SetMaxExecutionSteps(m.limit)
	m.vars = m.names()
	// Ending ctx stops the machine at its next step, from another goroutine.
	stop := context.AfterFunc(ctx, func() { m.thread.Cancel("interrupted") })
	defer stop()

	if err := m.run(blocks(scan(string(src)), 0), false); err != nil {
		m.unfinished(ctx, err)
	}
	config := m.config()
	budget.steps -= min(budget.steps, m.thread.ExecutionSteps())
	budget.units -= min(budget.units, granted-m.meter.left)
	return Result{Config: config, Problems: m.problems}
}

// unfinished says why a file ended before its last line.
func (m *machine) unfinished(ctx context.Context, err error) {
	reason := err.Error()
	switch {
	case ctx.Err() != nil:
		reason = "interrupted"
	case m.outOfSteps():
		reason = "takes too many steps"
	case m.meter.left < 0:
		reason = "makes values that are too large"
	}
	m.problem(m.line, "%s; the file is not evaluated any further", reason)
}

// config is what the file left in the variable config.
func (m *machine) config() Table {
	value, set := m.vars["config"]
	if !set {
		return nil
	}
	dict, ok := value.(*starlark.Dict)
	if !ok {
		m.problem(0, "config is %s, not a dictionary", kindOf(value))
		return nil
	}
	x := exporter{m: m, left: maxExported}
	return x.table(dict, 1, 0)
}

// maxProblemBytes bounds the text of a problem, which may quote a file.
const maxProblemBytes = 300

func (m *machine) problem(line int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(text) > maxProblemBytes {
		text = strings.ToValidUTF8(text[:maxProblemBytes], "") + "…"
	}
	switch n := len(m.problems); {
	case n < maxProblems:
		m.problems = append(m.problems, Problem{line, text})
	case n == maxProblems:
		m.problems = append(m.problems, Problem{line, "and more; only the first problems of a file are told"})
	}
}
