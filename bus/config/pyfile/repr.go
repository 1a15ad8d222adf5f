package pyfile

import (
	"fmt"
	"iter"
	"strings"

	"go.starlark.net/starlark"
)

// str is str(x).
func (m *machine) str(args []starlark.Value) (starlark.Value, error) {
	if len(args) == 0 {
		return starlark.String(""), nil
	}
	text, err := m.text(args[0])
	return starlark.String(text), err
}

func (m *machine) repr(args []starlark.Value) (starlark.Value, error) {
	var out strings.Builder
	err := m.writeRepr(&out, args[0])
	return starlark.String(out.String()), err
}

// text is what Python's str makes of a value.
func (m *machine) text(v starlark.Value) (string, error) {
	if text, ok := v.(starlark.String); ok {
		return string(text), nil
	}
	var out strings.Builder
	err := m.writeRepr(&out, v)
	return out.String(), err
}

// writeRepr writes what Python's repr makes of a value. The size of the value
// is paid for first, which bounds the text and the depth.
func (m *machine) writeRepr(out *strings.Builder, v starlark.Value) error {
	if err := m.meter.chargeDeep(v); err != nil {
		return err
	}
	reprTo(out, v)
	return nil
}

func reprTo(out *strings.Builder, v starlark.Value) {
	list := func(open, closing string, items iter.Seq[starlark.Value]) {
		out.WriteString(open)
		first := true
		for item := range items {
			if !first {
				out.WriteString(", ")
			}
			first = false
			reprTo(out, item)
		}
		out.WriteString(closing)
	}
	switch v := v.(type) {
	case starlark.String:
		reprText(out, string(v))
	case starlark.Tuple:
		closing := ")"
		if len(v) == 1 {
			closing = ",)"
		}
		list("(", closing, v.Elements())
	case *starlark.List:
		list("[", "]", v.Elements())
	case *starlark.Set:
		list("{", "}", v.Elements())
	case *starlark.Dict:
		out.WriteByte('{')
		for i, item := range v.Items() {
			if i > 0 {
				out.WriteString(", ")
			}
			reprTo(out, item[0])
			out.WriteString(": ")
			reprTo(out, item[1])
		}
		out.WriteByte('}')
	default:
		out.WriteString(v.String())
	}
}

// reprText quotes as Python does: with single quotes, unless the text has some
// and no double ones.
func reprText(out *strings.Builder, text string) {
	mark := '\''
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		mark = '"'
	}
	out.WriteRune(mark)
	for _, r := range text {
		switch {
		case r == mark || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '\r':
			out.WriteString(`\r`)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(out, `\x%02x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteRune(mark)
}
