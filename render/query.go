package render

import (
	"fmt"
	"strconv"
	"strings"

	"fedmsg-tui/bus"
)

// Query is what fedmsg-tail --query prints: the values at the dotted paths,
// joined by comma and space, each as Python's str() has it: text without
// quotes, True, False, None, objects and arrays as Python writes them. A path
// that leads nowhere gives None. A step of digits also is a place in an array.
//
// Text comes as it was sent: it is for programs. For a terminal, Sanitize it.
func Query(envelope []byte, paths []string) (string, error) {
	t, err := plant(envelope)
	if err != nil {
		return "", fmt.Errorf("query: %w", err)
	}
	defer t.fell()
	var out []byte
	for n, path := range paths {
		if n > 0 {
			out = append(out, ", "...)
		}
		at, ok := t.find(strings.Split(strings.TrimSpace(path), "."))
		switch l := t.lines[at]; {
		case !ok:
			out = append(out, "None"...)
		case l.kind == kindString:
			out = bus.AppendUnquoted(out, t.b[l.start+1:l.end-1])
		default:
			p := pythonText{tree: t, dst: out}
			p.repr(at)
			out = p.dst
		}
	}
	return strings.ToValidUTF8(string(out), "\ufffd"), nil
}

// find follows the steps of a path from the root.
func (t *tree) find(steps []string) (at uint32, ok bool) {
next:
	for _, step := range steps {
		switch t.lines[at].kind {
		case kindObject:
			for member := range t.members(at) {
				if t.hasKey(member, step) {
					at = t.value(member)
					continue next
				}
			}
		case kindArray:
			place, err := strconv.Atoi(step)
			if err != nil {
				return 0, false
			}
			for member := range t.members(at) {
				if place == 0 {
					at = member
					continue next
				}
				place--
			}
		}
		return 0, false
	}
	return at, true
}

func (t *tree) hasKey(member uint32, key string) bool {
	if t.lines[member].flags&flagKeyEscaped == 0 {
		return string(t.key(member)) == key
	}
	return string(t.decodedKey(nil, member)) == key
}

// decodedKey appends the key of a member, decoded.
func (t *tree) decodedKey(dst []byte, i uint32) []byte {
	return bus.AppendUnquoted(dst, t.key(i))
}
