package render

import (
	"bytes"
	"math"

	"github.com/alecthomas/chroma/v2"
)

// Styler gives the escape sequence that switches to the style of a syntax
// token. Each sequence must stand for itself, whatever was switched on before.
// A nil Styler draws without sequences.
//
// The tokens used are those of chroma for JSON: NameTag for keys,
// LiteralStringDouble, LiteralNumberInteger and LiteralNumberFloat,
// KeywordConstant, Punctuation, Error for what is not JSON,
// LiteralStringEscape for characters that are shown as escapes because they
// could do harm, CommentSingle for remarks of our own such as sizes, Text for
// the space between, and LiteralNumberHex for bytes.
type Styler func(chroma.TokenType) string

// Options say how a document is made. The zero value is good.
type Options struct {
	// MaxLines bounds the lines, and with them the memory: about 24 bytes each.
	// What is behind is counted in a last line. 0 means DefaultMaxLines.
	MaxLines int
	// LongBytes is the length from which a string is shown cut, with its size.
	// 0 means DefaultLongBytes; a negative number shows all strings whole.
	LongBytes int
	// ASCII draws a tilde instead of the ellipsis.
	ASCII bool
}

// Defaults of Options.
const (
	DefaultMaxLines  = 1 << 20
	DefaultLongBytes = 512
)

// credentialBytes is how much is shown of a signature or certificate: enough to
// tell two apart.
const credentialBytes = 24

// indentCells is the indentation of each level.
const indentCells = 2

// maxBytes is the size up to which offsets fit into a line.
const maxBytes = math.MaxUint32 - 1

// Document shows one text of a message in lines: JSON as a pretty-printed
// outline, or bytes in hexadecimal. Making one reads the text once; drawing a
// line costs what is seen of it.
//
// A Document keeps raw, which must not change. SetExpanded changes a Document;
// all else may be called from several goroutines at once.
type Document struct {
	raw   []byte
	lines []line
	opts  Options
	hex   bool
}

// NewDocument indexes a JSON text. Text that is not JSON, or stops being so,
// is shown in lines as it is, in the style of chroma.Error, from where it went
// wrong. An empty text is a document without lines.
func NewDocument(raw []byte, opts Options) *Document {
	d := &Document{raw: raw[:min(len(raw), maxBytes)], opts: opts.withDefaults()}
	if len(raw) == 0 {
		return d
	}
	x := indexer{b: d.raw, limit: d.opts.MaxLines}
	// Most lines of real messages have 20 to 40 bytes.
	x.lines = make([]line, 0, min(len(d.raw)/32+16, d.opts.MaxLines))
	read, done := x.index()
	d.lines = x.lines
	if !done {
		d.appendBroken(read)
	}
	return d
}

func (o Options) withDefaults() Options {
	if o.MaxLines <= 0 {
		o.MaxLines = DefaultMaxLines
	}
	if o.LongBytes == 0 {
		o.LongBytes = DefaultLongBytes
	}
	return o
}

// brokenBytes is the length of a line of text that has no line ends.
const brokenBytes = 1024

// appendBroken adds the text that is not JSON as lines of their own, and one
// for what is more than MaxLines.
func (d *Document) appendBroken(from int) {
	text := d.raw[from:]
	for len(text) > 0 {
		start := len(d.raw) - len(text)
		if len(d.lines) >= d.opts.MaxLines {
			d.appendTop(start, len(d.raw), kindRest)
			return
		}
		n := bytes.IndexByte(text[:min(len(text), brokenBytes)], '\n')
		next := n + 1
		if n < 0 {
			n = wholeRunes(text, brokenBytes)
			next = n
		}
		d.appendTop(start, start+n, kindBroken)
		text = text[next:]
	}
}

// wholeRunes is the largest number of bytes up to n that does not cut a
// character of UTF-8.
func wholeRunes(text []byte, n int) int {
	if len(text) <= n {
		return len(text)
	}
	for back := range min(4, n) { // a character has at most four bytes
		if text[n-back]&0xc0 != 0x80 {
			return n - back
		}
	}
	return n // not UTF-8 anyway
}

// appendTop adds a line that belongs to no container.
func (d *Document) appendTop(start, end int, k kind) {
	at := uint32(len(d.lines))
	d.lines = append(d.lines, line{start: uint32(start), end: uint32(end), link: at, parent: at, kind: k})
}

// Len is the number of lines.
func (d *Document) Len() int { return len(d.lines) }

// End is the last line of the subtree that starts at a line: that of the closing
// bracket for an object or array, the line itself for everything else.
func (d *Document) End(line int) int {
	if line < 0 || line >= len(d.lines) {
		return line
	}
	return int(d.lines[line].link)
}

// Parent is the line that opens the object or array around a line, or -1.
func (d *Document) Parent(line int) int {
	if line < 0 || line >= len(d.lines) || int(d.lines[line].parent) == line {
		return -1
	}
	if l := d.lines[line]; l.depth == 0 {
		return -1
	}
	return int(d.lines[line].parent)
}

// Depth is the level of a line: 0 for the outermost value.
func (d *Document) Depth(line int) int {
	if line < 0 || line >= len(d.lines) {
		return 0
	}
	return int(d.lines[line].depth)
}

// Value is the text of a line's value as received, an object or array from
// bracket to bracket. It is not safe to draw. The closing line of an object has
// no value.
func (d *Document) Value(line int) []byte {
	if line < 0 || line >= len(d.lines) {
		return nil
	}
	l := d.lines[line]
	switch l.kind {
	case kindObjectEnd, kindArrayEnd:
		return nil
	case kindObject, kindArray:
		return d.raw[l.start:d.lines[l.link].end]
	}
	return d.raw[l.start:l.end]
}

// Cut reports whether a line shows its value cut, which SetExpanded changes.
func (d *Document) Cut(line int) bool {
	return line >= 0 && line < len(d.lines) && d.shown(d.lines[line]) < int(d.lines[line].end-d.lines[line].start)
}

// SetExpanded shows a long value whole, or cut again.
func (d *Document) SetExpanded(line int, whole bool) {
	if line < 0 || line >= len(d.lines) {
		return
	}
	d.lines[line].flags &^= flagExpanded
	if whole {
		d.lines[line].flags |= flagExpanded
	}
}

// shown is how many bytes of a value are drawn.
func (d *Document) shown(l line) int {
	size := int(l.end - l.start)
	if l.kind != kindString || d.opts.LongBytes < 0 || l.flags&flagExpanded != 0 {
		return size
	}
	limit := d.opts.LongBytes
	if l.depth == 1 && size > credentialBytes*2 {
		if key := d.raw[l.key:]; bytes.HasPrefix(key, []byte(`"signature"`)) || bytes.HasPrefix(key, []byte(`"certificate"`)) {
			limit = credentialBytes
		}
	}
	if size <= limit {
		return size
	}
	return limit
}
