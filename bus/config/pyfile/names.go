package pyfile

import (
	"fmt"

	"go.starlark.net/starlark"
)

// plainBuiltins are the functions of Starlark that a file may use as they are.
// dir, getattr, hasattr, hash, fail and bytes are left out: settings have no
// use for them.
var plainBuiltins = []string{
	"None", "True", "False", "abs", "all", "any", "bool", "chr", "enumerate", "float", "int", "len", "list", "max", "min",
	"ord", "range", "reversed", "set", "sorted", "tuple", "type", "zip",
}

// names are what a file can use before it defines anything, and the operations
// that the guard puts in.
func (m *machine) names() starlark.StringDict {
	names := starlark.StringDict{
		"__name__": starlark.String("config"),
		"xrange":   starlark.Universe["range"],
		"long":     starlark.Universe["int"],
	}
	for _, name := range plainBuiltins {
		names[name] = starlark.Universe[name]
	}
	names["str"] = m.function("str", 0, 2, m.str)
	names["unicode"] = names["str"]
	names["repr"] = m.function("repr", 1, 1, m.repr)
	names["sum"] = m.function("sum", 1, 2, m.sum)
	names["callable"] = m.function("callable", 1, 1, func(args []starlark.Value) (starlark.Value, error) {
		_, ok := args[0].(starlark.Callable)
		return starlark.Bool(ok), nil
	})
	names["isinstance"] = m.function("isinstance", 2, 2, isInstance)
	names["print"] = starlark.NewBuiltin("print", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		return starlark.None, nil
	})
	names["dict"] = starlark.NewBuiltin("dict", func(_ *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		return m.makeDict(args, kwargs, nil)
	})

	names[opBinary] = m.function(opBinary, 3, 3, func(args []starlark.Value) (starlark.Value, error) {
		op, _ := starlark.AsString(args[0])
		return m.binary(op, args[1], args[2])
	})
	names[opCall] = starlark.NewBuiltin(opCall, m.call)
	names[opAttr] = m.function(opAttr, 2, 2, func(args []starlark.Value) (starlark.Value, error) {
		name, _ := starlark.AsString(args[1])
		return m.attr(args[0], name)
	})
	names[opKey] = m.function(opKey, 1, 1, func(args []starlark.Value) (starlark.Value, error) {
		return args[0], m.meter.chargeDeep(args[0])
	})
	names[opSized] = m.function(opSized, 1, 1, func(args []starlark.Value) (starlark.Value, error) {
		return args[0], m.meter.charge(shallow(args[0]))
	})
	names[opDict] = m.function(opDict, 1, 1, func(args []starlark.Value) (starlark.Value, error) {
		return m.makeDict(nil, nil, args[0].(*starlark.List))
	})
	names[opMakes] = m.function(opMakes, 4, 4, m.makes)
	names[opValue] = starlark.NewBuiltin(opValue, m.isolated)
	names[opSetItem] = m.function(opSetItem, 4, 4, m.setItem)
	return names
}

// call does a call of the file, after its cost is paid for.
func (m *machine) call(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if thread.CallStackDepth() > maxCalls {
		return nil, fmt.Errorf("calls nested deeper than %d", maxCalls)
	}
	f := args[0]
	line, _ := starlark.AsInt32(args[1])
	args = args[2:]
	if err := m.meter.charge(int64(1 + len(args) + len(kwargs))); err != nil {
		return nil, err
	}
	if builtin, ok := f.(*starlark.Builtin); ok {
		if err := m.chargeBuiltin(builtin, args, kwargs); err != nil {
			return nil, err
		}
	}
	m.caller = line
	return starlark.Call(thread, f, args, kwargs)
}

// shallowBuiltins copy references at most: they never look into the elements
// of their arguments.
var shallowBuiltins = map[string]bool{
	"dict": true, "list": true, "tuple": true, "len": true, "range": true, "enumerate": true, "zip": true, "reversed": true,
	"bool": true, "callable": true, "isinstance": true, "type": true, "print": true, "append": true, "extend": true,
	"insert": true, "copy": true, "items": true, "keys": true, "values": true, "iteritems": true, opValue: true,
}

// chargeBuiltin takes the cost of a builtin: looking at its arguments, and for
// methods at the receiver.
func (m *machine) chargeBuiltin(b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) error {
	if recv := b.Receiver(); recv != nil {
		units := shallow(recv)
		if text, ok := recv.(starlark.String); ok {
			units += int64(len(text)) // split makes up to an element of each byte
		}
		if err := m.meter.charge(units); err != nil {
			return err
		}
	}
	cost := m.meter.chargeDeep
	if shallowBuiltins[b.Name()] {
		cost = func(v starlark.Value) error { return m.meter.charge(shallow(v)) }
	}
	one := func(v starlark.Value) error {
		// A method that another builtin calls would not be charged for.
		if method, ok := v.(*starlark.Builtin); ok && method.Receiver() != nil {
			return fmt.Errorf("methods as arguments are not evaluated in settings files")
		}
		return cost(v)
	}
	for _, arg := range args {
		if err := one(arg); err != nil {
			return err
		}
	}
	for _, kwarg := range kwargs {
		if err := one(kwarg[1]); err != nil {
			return err
		}
	}
	return nil
}

// isolated evaluates a dictionary's value. When that fails, the value is left
// out, with a problem, and the dictionary goes on without it.
func (m *machine) isolated(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
	value, err := starlark.Call(thread, args[0], nil, nil)
	if err == nil {
		return value, nil
	}
	line, _ := starlark.AsInt32(args[1])
	kept := m.line
	m.line = line
	failed := m.runFault(err)
	m.line = kept
	f, ok := failed.(*fault)
	if !ok {
		return nil, errStopped
	}
	return &skipped{line: line, reason: f.text}, nil
}

// skipped stands in a dictionary under construction for a value that could not
// be evaluated. It never gets into one.
type skipped struct {
	line   int
	reason string
}

func (s *skipped) String() string        { return "<skipped>" }
func (s *skipped) Type() string          { return "skipped value" }
func (s *skipped) Freeze()               {}
func (s *skipped) Truth() starlark.Bool  { return false }
func (s *skipped) Hash() (uint32, error) { return 0, fmt.Errorf("value was skipped: %s", s.reason) }

func (m *machine) sum(args []starlark.Value) (starlark.Value, error) {
	items, err := m.items(args[0])
	if err != nil {
		return nil, err
	}
	var total starlark.Value = starlark.MakeInt(0)
	if len(args) == 2 {
		total = args[1]
	}
	for _, item := range items {
		if total, err = m.binary("+", total, item); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// isInstance knows the types that a file can name: str, int, dict and so on,
// and tuples of them.
func isInstance(args []starlark.Value) (starlark.Value, error) {
	kinds, ok := args[1].(starlark.Tuple)
	if !ok {
		kinds = starlark.Tuple{args[1]}
	}
	for _, kind := range kinds {
		b, ok := kind.(*starlark.Builtin)
		if !ok {
			return nil, fmt.Errorf("isinstance wants a type, not %s", kindOf(kind))
		}
		name := map[string]string{"str": "string"}[b.Name()]
		if name == "" {
			name = b.Name()
		}
		if args[0].Type() == name {
			return starlark.True, nil
		}
	}
	return starlark.False, nil
}
