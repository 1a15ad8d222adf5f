package demo

import (
	"bytes"
	"encoding/json"
	"slices"
)

// field is one field of an envelope, its value as written.
type field struct {
	name  string
	value []byte
}

// takeApart returns the fields of an envelope that this package wrote, in the
// order in which fedmsg makes them before they are sorted (fedmsg/core.py,
// publish), which is the order that relays see.
func takeApart(envelope []byte) []field {
	var fields []field
	d := json.NewDecoder(bytes.NewReader(envelope))
	_, err := d.Token()
	for err == nil && d.More() {
		var name json.Token
		if name, err = d.Token(); err != nil {
			break
		}
		var value json.RawMessage
		if err = d.Decode(&value); err == nil {
			fields = append(fields, field{name.(string), value})
		}
	}
	if err != nil {
		panic("demo: our own envelope: " + err.Error())
	}
	order := []string{"topic", "msg", "timestamp", "msg_id", "i", "username"}
	rank := func(f field) int {
		if at := slices.Index(order, f.name); at >= 0 {
			return at
		}
		return len(order)
	}
	slices.SortStableFunc(fields, func(a, b field) int { return rank(a) - rank(b) })
	return fields
}

// without returns the fields but for those named.
func without(fields []field, names ...string) []field {
	return slices.DeleteFunc(fields, func(f field) bool { return slices.Contains(names, f.name) })
}

// with returns the fields with the value of one changed, or added as the last.
func with(fields []field, name, value string) []field {
	for i := range fields {
		if fields[i].name == name {
			fields[i].value = []byte(value)
			return fields
		}
	}
	return append(fields, field{name, []byte(value)})
}

func valueOf(fields []field, name string) string {
	for _, f := range fields {
		if f.name == name {
			return string(f.value)
		}
	}
	return ""
}

// assemble writes the fields as an object, with space before each and between
// name and value.
func assemble(fields []field, before, between string) []byte {
	out := []byte{'{'}
	for i, f := range fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, before+`"`+f.name+`":`+between...)
		out = append(out, f.value...)
	}
	return append(out, '}')
}

// dumped writes the fields as json.dumps does unless told otherwise: a space
// behind each comma and colon that is not in a text.
func dumped(fields []field) []byte {
	tight := assemble(fields, "", "")
	out := make([]byte, 0, len(tight)+len(tight)/8)
	text := false
	for i := 0; i < len(tight); i++ {
		c := tight[i]
		out = append(out, c)
		switch {
		case text && c == '\\':
			i++
			out = append(out, tight[i])
		case c == '"':
			text = !text
		case !text && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return out
}
