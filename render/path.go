package render

import (
	"slices"
	"strconv"

	"fedmsg-tui/bus"
)

// Path is where a line's value is, as the filter language and jq write it:
// .msg.commit.branch, .msg.items[3], .msg["odd key"]. The root is a dot. It is
// printable ASCII, whatever the keys are. A closing line has the path of the
// object it closes; a line that is no JSON has none.
func (d *Document) Path(line int) string {
	if line < 0 || line >= len(d.lines) || d.hex {
		return ""
	}
	at := uint32(line)
	switch l := d.lines[at]; l.kind {
	case kindBroken, kindRest:
		return ""
	case kindObjectEnd, kindArrayEnd:
		at = d.opening(at)
	}
	var steps []uint32
	for d.lines[at].depth > 0 {
		steps = append(steps, at)
		at = d.lines[at].parent
	}
	if len(steps) == 0 {
		return "."
	}
	var path []byte
	for _, step := range slices.Backward(steps) {
		l := d.lines[step]
		if l.key == 0 {
			if path == nil {
				path = append(path, '.')
			}
			path = append(path, '[')
			path = strconv.AppendInt(path, int64(d.position(step)), 10)
			path = append(path, ']')
			continue
		}
		end, _ := stringEnd(d.raw, int(l.key))
		inside := d.raw[l.key+1 : end-1]
		if identifier(inside) {
			path = append(path, '.')
			path = append(path, inside...)
			continue
		}
		if path == nil {
			path = append(path, '.')
		}
		path = append(path, '[')
		path = appendASCIIString(path, inside)
		path = append(path, ']')
	}
	return string(path)
}

// opening is the line that a closing line closes: the sibling before it that
// reaches up to it.
func (d *Document) opening(closing uint32) uint32 {
	at := closing - 1
	for d.lines[at].link != closing || d.lines[at].depth != d.lines[closing].depth {
		at = d.lines[at].parent
	}
	return at
}

// position counts the values in front of one in its array.
func (d *Document) position(at uint32) int {
	n := 0
	for i := d.lines[at].parent + 1; i < at; i = d.lines[i].link + 1 {
		n++
	}
	return n
}

// identifier reports whether a key can stand in a path without quotes.
func identifier(key []byte) bool {
	for i, c := range key {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(key) > 0
}

// Key is the decoded key of a line, or "" when it has none. It is not safe to
// draw.
func (d *Document) Key(line int) string {
	if line < 0 || line >= len(d.lines) || d.lines[line].key == 0 {
		return ""
	}
	start := int(d.lines[line].key)
	end, _ := stringEnd(d.raw, start)
	return string(bus.AppendUnquoted(nil, d.raw[start+1:end-1]))
}
