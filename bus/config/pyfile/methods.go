package pyfile

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"

	"go.starlark.net/starlark"
)

// attr is x.name. Methods that Starlark lacks, does in another way, or cannot
// bound are our own; the rest are Starlark's.
func (m *machine) attr(x starlark.Value, name string) (starlark.Value, error) {
	var own *starlark.Builtin
	switch x := x.(type) {
	case starlark.String:
		own = m.textMethod(x, name)
	case *starlark.Dict:
		own = m.dictMethod(x, name)
	case *starlark.List:
		own = m.listMethod(x, name)
	}
	if own != nil {
		// With its receiver, a method is known as one wherever it goes.
		return own.BindReceiver(x), nil
	}
	has, ok := x.(starlark.HasAttrs)
	if !ok {
		return nil, fmt.Errorf("%s has no attribute %q", kindOf(x), name)
	}
	value, err := has.Attr(name)
	var none starlark.NoSuchAttrError
	if value == nil && (err == nil || errors.As(err, &none)) {
		return nil, fmt.Errorf("%s has no attribute %q", kindOf(x), name)
	}
	return value, err
}

func (m *machine) textMethod(x starlark.String, name string) *starlark.Builtin {
	switch name {
	case "format":
		return starlark.NewBuiltin(name, func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			return m.format(string(x), args, kwargs)
		})
	case "join":
		return m.function(name, 1, 1, func(args []starlark.Value) (starlark.Value, error) { return m.join(string(x), args[0]) })
	case "replace":
		return m.function(name, 2, 2, func(args []starlark.Value) (starlark.Value, error) { return m.replace(string(x), args[0], args[1]) })
	case "encode", "decode":
		// Text and bytes are the same here.
		return m.function(name, 0, 2, func([]starlark.Value) (starlark.Value, error) { return x, nil })
	case "zfill":
		return m.function(name, 1, 1, func(args []starlark.Value) (starlark.Value, error) {
			width, err := starlark.AsInt32(args[0])
			if err != nil || width > maxWidth {
				return nil, fmt.Errorf("zfill wants a width up to %d", maxWidth)
			}
			return starlark.String(fieldSpec{fill: '0', align: '=', width: width}.pad(string(x))), nil
		})
	}
	return nil
}

func (m *machine) join(separator string, with starlark.Value) (starlark.Value, error) {
	items, err := m.items(with)
	if err != nil {
		return nil, err
	}
	parts := make([]string, len(items))
	size := len(separator) * len(items)
	for i, item := range items {
		part, ok := starlark.AsString(item)
		if !ok {
			return nil, fmt.Errorf("join wants strings, and item %d is %s", i, kindOf(item))
		}
		parts[i] = part
		size += len(part)
	}
	if err := m.meter.charge(textUnits(size)); err != nil {
		return nil, err
	}
	return starlark.String(strings.Join(parts, separator)), nil
}

func (m *machine) replace(text string, old, by starlark.Value) (starlark.Value, error) {
	before, ok := starlark.AsString(old)
	after, ok2 := starlark.AsString(by)
	if !ok || !ok2 {
		return nil, fmt.Errorf("replace wants two strings")
	}
	size := len(text) + strings.Count(text, before)*len(after)
	if err := m.meter.charge(textUnits(size)); err != nil {
		return nil, err
	}
	return starlark.String(strings.ReplaceAll(text, before, after)), nil
}

func (m *machine) dictMethod(d *starlark.Dict, name string) *starlark.Builtin {
	switch name {
	case "update":
		return starlark.NewBuiltin(name, func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			made, err := m.makeDict(args, kwargs, nil)
			if err != nil {
				return nil, err
			}
			return starlark.None, m.update(d, made, m.caller)
		})
	case "setdefault":
		return m.function(name, 1, 2, func(args []starlark.Value) (starlark.Value, error) {
			if value, found, err := d.Get(args[0]); found || err != nil {
				return value, err
			}
			value := append(args, starlark.None)[1]
			return value, m.put(d, args[0], value, m.caller)
		})
	case "copy":
		return m.function(name, 0, 0, func([]starlark.Value) (starlark.Value, error) {
			return m.makeDict(starlark.Tuple{d}, nil, nil)
		})
	case "has_key":
		return m.function(name, 1, 1, func(args []starlark.Value) (starlark.Value, error) {
			_, found, err := d.Get(args[0])
			return starlark.Bool(found), err
		})
	case "iteritems":
		return m.function(name, 0, 0, func([]starlark.Value) (starlark.Value, error) { return iterItems([]starlark.Value{d}) })
	case "iterkeys":
		return m.function(name, 0, 0, func([]starlark.Value) (starlark.Value, error) { return starlark.NewList(d.Keys()), nil })
	case "itervalues":
		return m.function(name, 0, 0, func([]starlark.Value) (starlark.Value, error) {
			return starlark.NewList(slices.Collect(valuesOf(d))), nil
		})
	}
	return nil
}

func valuesOf(d *starlark.Dict) iter.Seq[starlark.Value] {
	return func(yield func(starlark.Value) bool) {
		for _, value := range d.Entries() {
			if !yield(value) {
				return
			}
		}
	}
}

func (m *machine) listMethod(l *starlark.List, name string) *starlark.Builtin {
	switch name {
	case "extend":
		return m.function(name, 1, 1, func(args []starlark.Value) (starlark.Value, error) { return starlark.None, m.extend(l, args[0]) })
	case "copy":
		return m.function(name, 0, 0, func([]starlark.Value) (starlark.Value, error) {
			items, err := m.items(l)
			return starlark.NewList(items), err
		})
	case "count":
		return m.function(name, 1, 1, func(args []starlark.Value) (starlark.Value, error) {
			count := 0
			for item := range l.Elements() {
				same, err := m.binary("==", item, args[0])
				if err != nil {
					return nil, err
				}
				if same == starlark.True {
					count++
				}
			}
			return starlark.MakeInt(count), nil
		})
	case "index", "remove":
		// Starlark's own compare with what the list contains.
		if err := m.meter.chargeDeep(l); err != nil {
			return m.function(name, 0, 255, func([]starlark.Value) (starlark.Value, error) { return nil, err })
		}
	case "sort":
		return m.function(name, 0, 0, func([]starlark.Value) (starlark.Value, error) { return starlark.None, m.sort(l) })
	case "reverse":
		return m.function(name, 0, 0, func([]starlark.Value) (starlark.Value, error) {
			return starlark.None, m.refill(l, slices.Reverse[[]starlark.Value])
		})
	}
	return nil
}

func (m *machine) sort(l *starlark.List) error {
	if err := m.meter.chargeDeep(l); err != nil {
		return err
	}
	var failed error
	err := m.refill(l, func(items []starlark.Value) {
		slices.SortStableFunc(items, func(a, b starlark.Value) int {
			before, err := m.binary("<", a, b)
			after, err2 := m.binary(">", a, b)
			failed = errors.Join(failed, err, err2)
			switch {
			case failed != nil:
				return 0
			case before == starlark.True:
				return -1
			case after == starlark.True:
				return 1
			}
			return 0
		})
	})
	return errors.Join(err, failed)
}

// refill changes a list in place.
func (m *machine) refill(l *starlark.List, change func(items []starlark.Value)) error {
	items, err := m.items(l)
	if err != nil {
		return err
	}
	change(items)
	for i, item := range items {
		if err := l.SetIndex(i, item); err != nil {
			return err
		}
	}
	return nil
}
