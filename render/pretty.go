package render

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/alecthomas/chroma/v2"
)

// errNotJSON is the reason of the texts below for not being written.
var errNotJSON = errors.New("not JSON")

// tree is an indexed JSON text in which, of members with the same key, the last
// value counts, in the place of the first: what a Python dict does.
type tree struct {
	indexer
	// shadow gives, for a member that a later one replaces, the line of the
	// value that counts. It is nil as long as no key occurs twice.
	shadow map[uint32]uint32
}

// treeLines bounds a tree to about 100 MB. A message of 16 MiB has more values
// only if most of them have a single digit.
const treeLines = 4 << 20

// keptLines bounds what the pool holds on to.
const keptLines = 1 << 14

var treePool = sync.Pool{New: func() any { return new(tree) }}

// plant indexes a text. The tree must be given back with fell.
func plant(text []byte) (*tree, error) {
	if len(text) > maxBytes {
		return nil, fmt.Errorf("laying out a message: %d bytes are too many", len(text))
	}
	t := treePool.Get().(*tree)
	t.indexer = indexer{b: text, lines: t.lines[:0], limit: treeLines}
	t.shadow = nil
	if read, done := t.index(); !done {
		full := len(t.lines) >= treeLines
		t.fell()
		if full {
			return nil, fmt.Errorf("laying out a message: more than %d values", treeLines)
		}
		return nil, fmt.Errorf("laying out a message: %w (byte %d)", errNotJSON, read)
	}
	for i := range t.lines {
		if t.lines[i].kind == kindObject {
			t.findEqualKeys(uint32(i))
		}
	}
	return t, nil
}

func (t *tree) fell() {
	t.b, t.shadow = nil, nil
	if cap(t.lines) > keptLines {
		t.lines = nil
	}
	treePool.Put(t)
}

// fewKeys is the number of members up to which comparing all with all is
// cheaper than a map.
const fewKeys = 24

// findEqualKeys marks the members of an object that have the key of an earlier
// one.
func (t *tree) findEqualKeys(object uint32) {
	var near [fewKeys]uint32
	members := near[:0]
	for i := object + 1; i < t.lines[object].link; i = t.lines[i].link + 1 {
		if len(members) == fewKeys {
			t.findEqualKeysByMap(object)
			return
		}
		for _, first := range members {
			if t.sameKey(first, i) {
				t.replace(first, i)
				break
			}
		}
		members = append(members, i)
	}
}

func (t *tree) findEqualKeysByMap(object uint32) {
	firsts := make(map[string]uint32)
	for i := object + 1; i < t.lines[object].link; i = t.lines[i].link + 1 {
		key := string(t.decodedKey(nil, i))
		if first, ok := firsts[key]; ok {
			t.replace(first, i)
		} else {
			firsts[key] = i
		}
	}
}

func (t *tree) replace(first, last uint32) {
	if t.shadow == nil {
		t.shadow = make(map[uint32]uint32)
	}
	t.shadow[first] = last
	t.lines[last].flags |= flagDropped
}

// key is the inside of the key of a member, as received.
func (t *tree) key(i uint32) []byte {
	start := int(t.lines[i].key)
	end, _ := stringEnd(t.b, start)
	return t.b[start+1 : end-1]
}

func (t *tree) sameKey(a, b uint32) bool {
	if (t.lines[a].flags|t.lines[b].flags)&flagKeyEscaped == 0 {
		// Both are plain: compare the first bytes before looking for the ends.
		ka, kb := t.b[t.lines[a].key:], t.b[t.lines[b].key:]
		if ka[1] != kb[1] || ka[2] != kb[2] && ka[1] != '"' {
			return false
		}
		return bytes.Equal(t.key(a), t.key(b))
	}
	return bytes.Equal(t.decodedKey(nil, a), t.decodedKey(nil, b))
}

// value is the line whose value a member has: its own, or that of the last
// member with the same key.
func (t *tree) value(i uint32) uint32 {
	if t.shadow != nil {
		if last, ok := t.shadow[i]; ok {
			return last
		}
	}
	return i
}

// members calls yield for the members of an object or array that count.
func (t *tree) members(container uint32) func(yield func(member uint32) bool) {
	return func(yield func(uint32) bool) {
		for i := container + 1; i < t.lines[container].link; i = t.lines[i].link + 1 {
			if t.lines[i].flags&flagDropped == 0 && !yield(i) {
				return
			}
		}
	}
}

// credential reports whether a member of the outermost object is a part of the
// signature that nobody reads.
func (t *tree) credential(i uint32) bool {
	if t.lines[i].depth != 1 || t.lines[i].key == 0 {
		return false
	}
	key := t.key(i)
	return string(key) == "signature" || string(key) == "certificate"
}

// Indented writes envelopes as CPython's json.dumps(envelope, indent=Indent)
// does: keys in the order of the text, of equal keys the last value in the
// place of the first, printable ASCII only, numbers as Python writes them.
// The result may go to a terminal as it is.
type Indented struct {
	Indent int
	// OmitCredentials leaves out the signature and the certificate of the
	// envelope, as fedmsg-tail does (fedmsg/crypto/utils.py, strip_credentials).
	OmitCredentials bool
	// Style adds colours. Each line then ends with a reset.
	Style Styler
}

// AppendIndented is Indented without colours, with everything.
func AppendIndented(dst, envelope []byte, indent int) ([]byte, error) {
	return Indented{Indent: indent}.Append(dst, envelope)
}

// Append appends the text of one envelope, without a line end at the end. If it
// is not JSON, that is the error, and dst is returned as it was.
func (f Indented) Append(dst, envelope []byte) ([]byte, error) {
	t, err := plant(envelope)
	if err != nil {
		return dst, err
	}
	defer t.fell()
	p := indenting{Indented: f, tree: t, dst: dst}
	p.value(0, 0)
	p.reset()
	return p.dst, nil
}

// indenting is one envelope being written.
type indenting struct {
	Indented
	*tree
	dst   []byte
	drawn chroma.TokenType
	on    bool // a style is switched on
}

const sgrReset = "\x1b[m"

func (p *indenting) token(t chroma.TokenType) {
	if p.Style != nil && (!p.on || p.drawn != t) {
		p.dst = append(p.dst, p.Style(t)...)
		p.drawn, p.on = t, true
	}
}

func (p *indenting) reset() {
	if p.on {
		p.dst = append(p.dst, sgrReset...)
		p.on = false
	}
}

func (p *indenting) newLine(level int) {
	p.reset()
	p.dst = append(p.dst, '\n')
	p.dst = appendSpaces(p.dst, level*p.Indent)
}

func (p *indenting) value(i uint32, level int) {
	l := p.lines[i]
	text := p.b[l.start:l.end]
	switch l.kind {
	case kindString:
		p.token(chroma.LiteralStringDouble)
		p.string(text, l.flags&flagEscaped == 0)
	case kindInteger:
		p.token(chroma.LiteralNumberInteger)
		p.dst = appendInteger(p.dst, text)
	case kindFloat:
		p.token(chroma.LiteralNumberFloat)
		p.dst = appendFloat(p.dst, text, jsonFloats)
	case kindConstant:
		p.token(chroma.KeywordConstant)
		p.dst = append(p.dst, text...)
	case kindEmptyObject:
		p.token(chroma.Punctuation)
		p.dst = append(p.dst, "{}"...)
	case kindEmptyArray:
		p.token(chroma.Punctuation)
		p.dst = append(p.dst, "[]"...)
	case kindObject, kindArray:
		p.container(i, level)
	}
}

func (p *indenting) container(i uint32, level int) {
	object := p.lines[i].kind == kindObject
	opening, closing := byte('['), byte(']')
	if object {
		opening, closing = '{', '}'
	}
	p.token(chroma.Punctuation)
	p.dst = append(p.dst, opening)
	first := true
	for member := range p.members(i) {
		if p.OmitCredentials && p.credential(member) {
			continue
		}
		if !first {
			p.token(chroma.Punctuation)
			p.dst = append(p.dst, ',')
		}
		first = false
		p.newLine(level + 1)
		if object {
			p.token(chroma.NameTag)
			key := p.key(member)
			p.string(p.b[p.lines[member].key:][:len(key)+2], p.lines[member].flags&flagKeyEscaped == 0)
			p.token(chroma.Punctuation)
			p.dst = append(p.dst, ": "...)
		}
		p.value(p.tree.value(member), level+1)
	}
	if !first {
		p.newLine(level)
	}
	p.token(chroma.Punctuation)
	p.dst = append(p.dst, closing)
}

// string writes a JSON string with its quotes.
func (p *indenting) string(text []byte, plain bool) {
	if plain {
		p.dst = append(p.dst, text...)
		return
	}
	p.dst = appendASCIIString(p.dst, text[1:len(text)-1])
}
