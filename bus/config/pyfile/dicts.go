package pyfile

import (
	"fmt"

	"go.starlark.net/starlark"
)

// makeDict makes a dictionary from what dict() takes and from entries, which
// are (key, value, line). Unlike Starlark, the last of several equal keys wins.
func (m *machine) makeDict(positional starlark.Tuple, kwargs []starlark.Tuple, entries *starlark.List) (starlark.Value, error) {
	d := new(starlark.Dict)
	for _, x := range positional {
		if err := m.update(d, x, m.caller); err != nil {
			return nil, err
		}
	}
	for _, kwarg := range kwargs {
		if err := m.put(d, kwarg[0], kwarg[1], m.caller); err != nil {
			return nil, err
		}
	}
	if entries == nil {
		return d, nil
	}
	for i := range entries.Len() {
		entry := entries.Index(i).(starlark.Tuple)
		line, _ := starlark.AsInt32(entry[2])
		if key, ok := entry[0].(starlark.String); ok && key == mergeKey {
			if s, ok := entry[1].(*skipped); ok {
				m.problem(s.line, "merged dictionary is skipped: %s", s.reason)
				continue
			}
			if err := m.update(d, entry[1], line); err != nil {
				return nil, err
			}
			continue
		}
		if err := m.put(d, entry[0], entry[1], line); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// makes is dict(…) as the guard writes it: positional arguments, named ones
// with their lines, and the lines of literal pairs.
func (m *machine) makes(args []starlark.Value) (starlark.Value, error) {
	d := new(starlark.Dict)
	for x := range args[1].(*starlark.List).Elements() {
		if err := m.update(d, x, 0); err != nil {
			return nil, err
		}
	}
	for pair := range args[3].(*starlark.List).Elements() {
		pair := pair.(starlark.Tuple)
		line, _ := starlark.AsInt32(pair[1])
		m.mark(d, pair[0], line)
	}
	named, err := m.makeDict(nil, nil, args[2].(*starlark.List))
	if err != nil {
		return nil, err
	}
	return d, m.update(d, named, 0)
}

// put sets an item, unless its value was skipped.
func (m *machine) put(d *starlark.Dict, key, value starlark.Value, line int) error {
	if s, ok := value.(*skipped); ok {
		m.problem(s.line, "%s is skipped: %s", keyText(key), s.reason)
		return nil
	}
	if err := m.meter.charge(4); err != nil {
		return err
	}
	if err := m.meter.chargeDeep(key); err != nil {
		return err
	}
	if err := d.SetKey(key, value); err != nil {
		return err
	}
	m.mark(d, key, line)
	return nil
}

func keyText(key starlark.Value) string {
	if text, ok := starlark.AsString(key); ok {
		return fmt.Sprintf("%q", text[:min(len(text), 100)])
	}
	return "a value"
}

// mark notes the line of a key. Line 0 is none.
func (m *machine) mark(d *starlark.Dict, key starlark.Value, line int) {
	text, ok := starlark.AsString(key)
	if !ok || line == 0 {
		return
	}
	if m.lines[d] == nil {
		m.lines[d] = map[string]int{}
	}
	m.lines[d][text] = line
}

func (m *machine) inheritLines(d *starlark.Dict, from starlark.Value) {
	if from, ok := from.(*starlark.Dict); ok {
		for key, line := range m.lines[from] {
			m.mark(d, starlark.String(key), line)
		}
	}
}

// update puts all of a dictionary, or of a list of pairs, into d.
func (m *machine) update(d *starlark.Dict, from starlark.Value, line int) error {
	if from, ok := from.(*starlark.Dict); ok {
		if err := m.meter.charge(shallow(from)); err != nil {
			return err
		}
		for _, item := range from.Items() {
			if err := m.put(d, item[0], item[1], line); err != nil {
				return err
			}
		}
		m.inheritLines(d, from)
		return nil
	}
	items, err := m.items(from)
	if err != nil {
		return err
	}
	for _, item := range items {
		pair, err := m.items(item)
		if err != nil || len(pair) != 2 {
			return fmt.Errorf("a dictionary is made of pairs, not of %s", kindOf(item))
		}
		if err := m.put(d, pair[0], pair[1], line); err != nil {
			return err
		}
	}
	return nil
}

// setItem is x[key] = value.
func (m *machine) setItem(args []starlark.Value) (starlark.Value, error) {
	line, _ := starlark.AsInt32(args[3])
	switch x := args[0].(type) {
	case *starlark.Dict:
		return starlark.None, m.put(x, args[1], args[2], line)
	case *starlark.List:
		i, err := starlark.AsInt32(args[1])
		if i < 0 {
			i += x.Len()
		}
		if err != nil || i < 0 || i >= x.Len() {
			return nil, fmt.Errorf("index is out of range")
		}
		return starlark.None, x.SetIndex(i, args[2])
	}
	return nil, fmt.Errorf("items of %s cannot be set", kindOf(args[0]))
}

func iterItems(args []starlark.Value) (starlark.Value, error) {
	d, ok := args[0].(*starlark.Dict)
	if !ok {
		return nil, fmt.Errorf("iteritems wants a dictionary, not %s", kindOf(args[0]))
	}
	var items []starlark.Value
	for _, item := range d.Items() {
		items = append(items, item)
	}
	return starlark.NewList(items), nil
}
