package render

import (
	"bytes"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendPython appends what fedmsg-tail --pretty prints: the envelope as
// Python's pprint lays out a dict, in width columns (pprint has 80): keys
// sorted, each container on one line if that fits, else one member a line, long
// texts wrapped between words. The signature and the certificate are left out,
// and a timestamp is written as ctime writes it, in zone (nil: local time).
//
// The result may go to a terminal as it is: characters that could do harm are
// written as Python writes what is not printable.
//
// If the envelope is not JSON, that is the error, and dst is returned as it was.
func AppendPython(dst, envelope []byte, width int, zone *time.Location) ([]byte, error) {
	t, err := plant(envelope)
	if err != nil {
		return dst, err
	}
	defer t.fell()
	if zone == nil {
		zone = time.Local
	}
	p := pythonText{tree: t, dst: dst, width: width, sort: true, envelope: true, zone: zone}
	p.pretty(0, 0, 0, 0)
	return p.dst, nil
}

// pythonText writes values as Python does.
type pythonText struct {
	*tree
	dst   []byte
	width int
	sort  bool // members by key, as pprint does and repr does not
	// envelope: the root is an envelope, see AppendPython.
	envelope bool
	zone     *time.Location

	used, limit int // characters written by repr, and where it gives up; 0 is never
}

// fits writes the repr of a value if it has at most limit characters, else
// nothing.
func (p *pythonText) fits(i uint32, limit int) bool {
	start := len(p.dst)
	if limit <= 0 {
		return false
	}
	p.used, p.limit = 0, limit
	ok := p.repr(i)
	p.limit = 0
	if !ok {
		p.dst = p.dst[:start]
	}
	return ok
}

// add writes characters of ASCII, or reports that they are too many.
func (p *pythonText) add(text string) bool {
	p.dst = append(p.dst, text...)
	p.used += len(text)
	return p.limit == 0 || p.used <= p.limit
}

// repr writes a value on one line; false means that it gave up.
func (p *pythonText) repr(i uint32) bool {
	l := p.lines[i]
	text := p.b[l.start:l.end]
	start := len(p.dst)
	switch l.kind {
	case kindString:
		return p.reprText(text[1 : len(text)-1])
	case kindInteger:
		if p.timestamp(i) {
			break
		}
		p.dst = appendInteger(p.dst, text)
	case kindFloat:
		if p.timestamp(i) {
			break
		}
		p.dst = appendFloat(p.dst, text, pythonFloats)
	case kindConstant:
		p.dst = appendPythonConstant(p.dst, text)
	case kindEmptyObject:
		return p.add("{}")
	case kindEmptyArray:
		return p.add("[]")
	default:
		return p.reprContainer(i)
	}
	p.used += len(p.dst) - start
	return p.limit == 0 || p.used <= p.limit
}

func (p *pythonText) reprContainer(i uint32) bool {
	object := p.lines[i].kind == kindObject
	opening, closing := "[", "]"
	if object {
		opening, closing = "{", "}"
	}
	if !p.add(opening) {
		return false
	}
	first := true
	for _, member := range p.order(i) {
		if !first && !p.add(", ") {
			return false
		}
		first = false
		if object && (!p.reprText(p.key(member)) || !p.add(": ")) {
			return false
		}
		if !p.repr(p.value(member)) {
			return false
		}
	}
	return p.add(closing)
}

// order lists the members that are shown, as they are shown.
func (p *pythonText) order(container uint32) []uint32 {
	var members []uint32
	for member := range p.members(container) {
		if p.envelope && p.credential(member) {
			continue
		}
		members = append(members, member)
	}
	if p.sort && p.lines[container].kind == kindObject {
		// UTF-8, with lone surrogates as three bytes, sorts as code points do.
		slices.SortStableFunc(members, func(a, b uint32) int {
			if (p.lines[a].flags|p.lines[b].flags)&flagKeyEscaped == 0 {
				return bytes.Compare(p.key(a), p.key(b))
			}
			return bytes.Compare(p.decodedKey(nil, a), p.decodedKey(nil, b))
		})
	}
	return members
}

// timestamp writes the envelope's timestamp as ctime does, if i is that and a
// time.
func (p *pythonText) timestamp(i uint32) bool {
	l := p.lines[i]
	if !p.envelope || l.depth != 1 || l.key == 0 || string(p.key(i)) != "timestamp" {
		return false
	}
	seconds, err := strconv.ParseFloat(string(p.b[l.start:l.end]), 64)
	if err != nil || seconds < -62135596800 || seconds > 253402300799 { // years 1 to 9999
		return false
	}
	p.dst = append(p.dst, '\'')
	p.dst = time.Unix(int64(seconds), 0).In(p.zone).AppendFormat(p.dst, time.ANSIC)
	p.dst = append(p.dst, '\'')
	return true
}

// pretty lays out a value whose first character stands in column indent. allow
// is the number of characters that must fit behind its end, level the number of
// containers around it.
func (p *pythonText) pretty(i uint32, indent, allow, level int) {
	if p.fits(i, p.width-indent-allow) {
		return
	}
	switch p.lines[i].kind {
	case kindObject, kindArray:
		p.prettyContainer(i, indent, allow, level)
	case kindString:
		l := p.lines[i]
		p.prettyText(p.b[l.start+1:l.end-1], indent, allow, level)
	default:
		p.repr(i)
	}
}

func (p *pythonText) prettyContainer(i uint32, indent, allow, level int) {
	object := p.lines[i].kind == kindObject
	opening, closing := byte('['), byte(']')
	if object {
		opening, closing = '{', '}'
	}
	p.dst = append(p.dst, opening)
	indent++
	members := p.order(i)
	for n, member := range members {
		behind := 1 // the comma
		if n == len(members)-1 {
			behind = allow + 1
		}
		at := indent
		if object {
			start := len(p.dst)
			p.reprText(p.key(member))
			p.dst = append(p.dst, ": "...)
			at += utf8.RuneCount(p.dst[start:])
		}
		p.pretty(p.value(member), at, behind, level+1)
		if n < len(members)-1 {
			p.newLine(indent)
		}
	}
	p.dst = append(p.dst, closing)
}

func (p *pythonText) newLine(indent int) {
	p.dst = append(p.dst, ",\n"...)
	p.dst = appendSpaces(p.dst, indent)
}
