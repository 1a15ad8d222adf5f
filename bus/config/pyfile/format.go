package pyfile

import (
	"fmt"
	"strconv"
	"strings"

	"go.starlark.net/starlark"
)

// formatted collects the result of % and format.
type formatted struct {
	m    *machine
	out  strings.Builder
	next int // automatic number of the next field
}

// write adds text, after it is paid for.
func (f *formatted) write(text string) error {
	if err := f.m.meter.charge(textUnits(len(text))); err != nil {
		return err
	}
	f.out.WriteString(text)
	return nil
}

func (f *formatted) value(spec fieldSpec, v starlark.Value) error {
	if s, ok := v.(*skipped); ok {
		return fmt.Errorf("value was skipped: %s", s.reason)
	}
	text, err := spec.value(f.m, v)
	if err != nil {
		return err
	}
	return f.write(text)
}

// percent is format % args.
func (m *machine) percent(format string, args starlark.Value) (starlark.Value, error) {
	f := &formatted{m: m}
	values, isTuple := args.(starlark.Tuple)
	if !isTuple {
		values = starlark.Tuple{args}
	}
	byName := false
	for {
		plain, rest, found := strings.Cut(format, "%")
		if err := f.write(plain); err != nil {
			return nil, err
		}
		if !found {
			break
		}
		field, after, err := percentField(rest)
		if err != nil {
			return nil, err
		}
		format = after
		if field.spec.verb == '%' {
			f.out.WriteByte('%')
			continue
		}
		var value starlark.Value
		switch {
		case field.named:
			byName = true
			if value, err = mapped(args, field.name); err != nil {
				return nil, err
			}
		case f.next < len(values):
			value = values[f.next]
			f.next++
		default:
			return nil, fmt.Errorf("not enough arguments for the format")
		}
		if err := f.percentValue(field.spec, value); err != nil {
			return nil, err
		}
	}
	if _, isMapping := args.(starlark.Mapping); f.next < len(values) && !byName && (isTuple || !isMapping) {
		return nil, fmt.Errorf("not all arguments of the format are used")
	}
	return starlark.String(f.out.String()), nil
}

func (f *formatted) percentValue(spec fieldSpec, value starlark.Value) error {
	if spec.verb == 'r' || spec.verb == 'a' {
		var out strings.Builder
		if err := f.m.writeRepr(&out, value); err != nil {
			return err
		}
		value, spec.verb = starlark.String(out.String()), 's'
	}
	if spec.verb == 'd' || spec.verb == 'i' || spec.verb == 'u' {
		// Python cuts what is behind the point.
		if _, ok := value.(starlark.Float); ok {
			n, err := starlark.NumberToInt(value)
			if err != nil {
				return err
			}
			value = n
		}
		spec.verb = 'd'
	}
	if text, ok := value.(starlark.String); ok && spec.verb == 'c' {
		spec.verb = 's'
		value = text
	}
	return f.value(spec, value)
}

func mapped(from starlark.Value, key string) (starlark.Value, error) {
	mapping, ok := from.(starlark.Mapping)
	if !ok {
		return nil, fmt.Errorf("format by name wants a dictionary, not %s", kindOf(from))
	}
	value, found, err := mapping.Get(starlark.String(key))
	if err == nil && !found {
		err = fmt.Errorf("key %q not in dict", key[:min(len(key), 100)])
	}
	return value, err
}

type percentSpec struct {
	spec  fieldSpec
	named bool
	name  string
}

// percentField reads what follows a %: (name), flags, width, precision and a
// letter.
func percentField(text string) (field percentSpec, rest string, err error) {
	field.spec.precision = -1
	field.spec.align = '>'
	if strings.HasPrefix(text, "(") {
		name, after, found := strings.Cut(text[1:], ")")
		if !found {
			return field, "", fmt.Errorf("incomplete name in a format")
		}
		field.named, field.name, text = true, name, after
	}
flags:
	for text != "" {
		switch text[0] {
		case '-':
			field.spec.align, field.spec.fill = '<', 0
		case '0':
			if field.spec.align != '<' {
				field.spec.align, field.spec.fill = '=', '0'
			}
		case '+', ' ':
			field.spec.sign = text[0]
		case '#':
			field.spec.alternate = true
		default:
			break flags
		}
		text = text[1:]
	}
	if text, field.spec.width, err = cutNumber(text, 0); err != nil {
		return field, "", err
	}
	if strings.HasPrefix(text, ".") {
		if text, field.spec.precision, err = cutNumber(text[1:], 0); err != nil {
			return field, "", err
		}
	}
	text = strings.TrimLeft(text, "hlL")
	if text == "" {
		return field, "", fmt.Errorf("incomplete format")
	}
	if strings.IndexByte("diuoxXeEfFgGcrsa%", text[0]) < 0 {
		return field, "", fmt.Errorf("format %%%c is not known here", text[0])
	}
	field.spec.verb = text[0]
	return field, text[1:], nil
}

// format is text.format(args…).
func (m *machine) format(text string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	f := &formatted{m: m}
	for {
		cut := strings.IndexAny(text, "{}")
		if cut < 0 {
			if err := f.write(text); err != nil {
				return nil, err
			}
			return starlark.String(f.out.String()), nil
		}
		if err := f.write(text[:cut]); err != nil {
			return nil, err
		}
		brace := text[cut]
		text = text[cut+1:]
		if text != "" && text[0] == brace {
			f.out.WriteByte(brace)
			text = text[1:]
			continue
		}
		if brace == '}' {
			return nil, fmt.Errorf("single } in a format")
		}
		inner, rest, found := strings.Cut(text, "}")
		if !found || strings.Contains(inner, "{") {
			return nil, fmt.Errorf("this form of { in a format is not known here")
		}
		text = rest
		if err := f.field(inner, args, kwargs); err != nil {
			return nil, err
		}
	}
}

// field formats {name!r:spec}.
func (f *formatted) field(inner string, args starlark.Tuple, kwargs []starlark.Tuple) error {
	name, specText, _ := strings.Cut(inner, ":")
	name, conversion, converted := strings.Cut(name, "!")
	value, err := f.argument(name, args, kwargs)
	if err != nil {
		return err
	}
	spec, err := parseSpec(specText)
	if err != nil {
		return err
	}
	if converted {
		text := ""
		switch conversion {
		case "s":
			text, err = f.m.text(value)
		case "r", "a":
			var out strings.Builder
			err = f.m.writeRepr(&out, value)
			text = out.String()
		default:
			err = fmt.Errorf("conversion !%s is not known", conversion)
		}
		if err != nil {
			return err
		}
		value = starlark.String(text)
	}
	return f.value(spec, value)
}

// argument finds the value of a field: a number, nothing (the next number) or
// a name, and then [key] any number of times.
func (f *formatted) argument(name string, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	name, keys, _ := strings.Cut(name, "[")
	var value starlark.Value
	n, err := strconv.Atoi(name)
	if name == "" {
		n, err = f.next, nil
		f.next++
	}
	switch {
	case err == nil && n >= 0 && n < len(args):
		value = args[n]
	case err == nil:
		return nil, fmt.Errorf("format has no argument %d: index out of range", n)
	default:
		for _, kwarg := range kwargs {
			if kwarg[0] == starlark.String(name) {
				value = kwarg[1]
			}
		}
	}
	if value == nil {
		return nil, fmt.Errorf("format has no argument %q: key not in dict", name[:min(len(name), 100)])
	}
	for keys != "" {
		key, rest, found := strings.Cut(keys, "]")
		if !found || rest != "" && rest[0] != '[' {
			return nil, fmt.Errorf("this form of { in a format is not known here")
		}
		keys = strings.TrimPrefix(rest, "[")
		list, isList := value.(starlark.Indexable)
		if i, err := strconv.Atoi(key); err == nil && isList {
			if i < 0 || i >= list.Len() {
				return nil, fmt.Errorf("index out of range in a format")
			}
			value = list.Index(i)
			continue
		}
		if value, err = mapped(value, key); err != nil {
			return nil, err
		}
	}
	return value, nil
}
