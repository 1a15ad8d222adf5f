package pyfile

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// maxIntBits bounds integers: room for anything in settings, and none for
// squaring without end.
const maxIntBits = 1 << 14

var binaryOps = map[string]syntax.Token{
	"+": syntax.PLUS, "-": syntax.MINUS, "*": syntax.STAR, "/": syntax.SLASH, "//": syntax.SLASHSLASH, "%": syntax.PERCENT,
	"&": syntax.AMP, "|": syntax.PIPE, "^": syntax.CIRCUMFLEX, "<<": syntax.LTLT, ">>": syntax.GTGT,
	"in": syntax.IN, "not in": syntax.NOT_IN,
}

var comparisons = map[string]syntax.Token{
	"==": syntax.EQL, "!=": syntax.NEQ, "<": syntax.LT, "<=": syntax.LE, ">": syntax.GT, ">=": syntax.GE,
}

// binary does an operation after its cost is paid for.
func (m *machine) binary(op string, x, y starlark.Value) (starlark.Value, error) {
	if comparison, ok := comparisons[op]; ok {
		if err := m.chargeBoth(x, y); err != nil {
			return nil, err
		}
		result, err := starlark.Compare(comparison, x, y)
		return starlark.Bool(result), err
	}
	switch op {
	case "+=":
		if list, ok := x.(*starlark.List); ok {
			return list, m.extend(list, y)
		}
		op = "+"
	case "%":
		if format, ok := x.(starlark.String); ok {
			return m.percent(string(format), y)
		}
	case "in", "not in":
		if err := m.chargeBoth(x, y); err != nil {
			return nil, err
		}
	case "*":
		if err := m.meter.charge(productUnits(x, y)); err != nil {
			return nil, err
		}
	}
	token, ok := binaryOps[op]
	if !ok {
		return nil, fmt.Errorf("operator %s is not known here", op)
	}
	if err := m.meter.charge(shallow(x) + shallow(y)); err != nil {
		return nil, err
	}
	result, err := starlark.Binary(token, x, y)
	if err != nil {
		return nil, err
	}
	if n, ok := result.(starlark.Int); ok && n.BigInt().BitLen() > maxIntBits {
		return nil, fmt.Errorf("number is larger than %d bits", maxIntBits)
	}
	if merged, ok := result.(*starlark.Dict); ok {
		m.inheritLines(merged, x)
		m.inheritLines(merged, y)
	}
	return result, nil
}

func (m *machine) chargeBoth(x, y starlark.Value) error {
	if err := m.meter.chargeDeep(x); err != nil {
		return err
	}
	return m.meter.chargeDeep(y)
}

// productUnits is the size of x * y where one is a sequence.
func productUnits(x, y starlark.Value) int64 {
	n, isInt := x.(starlark.Int)
	sequence := y
	if !isInt {
		if n, isInt = y.(starlark.Int); !isInt {
			return 0
		}
		sequence = x
	}
	if _, both := sequence.(starlark.Int); both {
		return 0
	}
	times, ok := n.Int64()
	if !ok || times > maxUnits {
		times = maxUnits + 1
	}
	if times <= 0 || starlark.Len(sequence) <= 0 {
		return 0
	}
	return times * min(shallow(sequence), maxUnits)
}

func (m *machine) extend(list *starlark.List, with starlark.Value) error {
	items, err := m.items(with)
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := list.Append(item); err != nil {
			return err
		}
	}
	return nil
}

// kindOf names a value's type in Python's words.
func kindOf(v starlark.Value) string {
	switch v := v.(type) {
	case starlark.NoneType:
		return "None"
	case starlark.String:
		return "a string"
	case starlark.Bool:
		return "a boolean"
	case starlark.Int, starlark.Float:
		return "a number"
	case *starlark.List, starlark.Tuple:
		return "a list"
	case *starlark.Dict:
		return "a dictionary"
	case *starlark.Function, *starlark.Builtin:
		return "a function"
	case *module:
		return "a module"
	default:
		return "a " + v.Type()
	}
}
