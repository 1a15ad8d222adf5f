package pyfile

import (
	"fmt"
	"math"

	"go.starlark.net/starlark"
)

// Bounds of what a file can leave as its settings.
const (
	maxExported      = 200_000 // values
	maxExportedBytes = 4 << 20 // of text
)

// exporter turns Starlark values into plain ones.
type exporter struct {
	m     *machine
	left  int // values
	bytes int // of text so far
}

func (x *exporter) spend(text string) error {
	x.left--
	x.bytes += len(text)
	if x.left < 0 || x.bytes > maxExportedBytes {
		return fmt.Errorf("settings are too large")
	}
	return nil
}

// table exports a dictionary; line is where it stands. An entry that cannot be
// exported is left out, with a problem.
func (x *exporter) table(d *starlark.Dict, line, depth int) Table {
	table := make(Table, d.Len())
	for key, value := range d.Entries() {
		at := line
		text, err := exportKey(key)
		if known := x.m.lines[d][text]; known > 0 {
			at = known
		}
		var out any
		if err == nil {
			if err = x.spend(text); err == nil {
				out, err = x.value(value, at, depth+1)
			}
		}
		if err != nil {
			x.m.problem(at, "%s is skipped: %s", keyText(key), err)
			if x.left < 0 || x.bytes > maxExportedBytes {
				break
			}
			continue
		}
		table[text] = Entry{out, at}
	}
	return table
}

// exportKey is a key as JSON would have it.
func exportKey(key starlark.Value) (string, error) {
	switch key := key.(type) {
	case starlark.String:
		return string(key), nil
	case starlark.Int, starlark.Float:
		return key.String(), nil
	case starlark.Bool:
		if key {
			return "true", nil
		}
		return "false", nil
	case starlark.NoneType:
		return "null", nil
	}
	return "", fmt.Errorf("%s cannot be a key of settings", kindOf(key))
}

func (x *exporter) value(v starlark.Value, line, depth int) (any, error) {
	if depth > maxValueDepth {
		return nil, fmt.Errorf("nested deeper than %d levels", maxValueDepth)
	}
	text, _ := starlark.AsString(v)
	if err := x.spend(text); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case starlark.NoneType:
		return nil, nil
	case starlark.Bool:
		return bool(v), nil
	case starlark.String:
		return text, nil
	case starlark.Int:
		if n, ok := v.Int64(); ok {
			return n, nil
		}
		return float64(v.Float()), nil
	case starlark.Float:
		if f := float64(v); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, nil
		}
		return nil, fmt.Errorf("%s is not a number that settings can hold", v)
	case *starlark.Dict:
		return x.table(v, line, depth), nil
	case starlark.Tuple, *starlark.List, *starlark.Set:
		return x.list(v.(starlark.Iterable), line, depth)
	}
	return nil, fmt.Errorf("%s is not a value that settings can hold", kindOf(v))
}

func (x *exporter) list(items starlark.Iterable, line, depth int) ([]any, error) {
	list := []any{}
	for item := range starlark.Elements(items) {
		out, err := x.value(item, line, depth+1)
		if err != nil {
			return nil, err
		}
		if table, ok := out.(Table); ok {
			out = table.Plain()
		}
		list = append(list, out)
	}
	return list, nil
}

// Plain is the table without its lines.
func (t Table) Plain() map[string]any {
	plain := make(map[string]any, len(t))
	for key, entry := range t {
		if inner, ok := entry.Value.(Table); ok {
			plain[key] = inner.Plain()
		} else {
			plain[key] = entry.Value
		}
	}
	return plain
}
