package render

import (
	"github.com/alecthomas/chroma/v2"
)

// hexBytes is the number of bytes in a line.
const hexBytes = 16

// NewHex shows bytes in hexadecimal, 16 a line, with their offset and what of
// them is printable ASCII.
func NewHex(raw []byte, opts Options) *Document {
	d := &Document{raw: raw[:min(len(raw), maxBytes)], opts: opts.withDefaults(), hex: true}
	count := (len(d.raw) + hexBytes - 1) / hexBytes
	d.lines = make([]line, 0, min(count, d.opts.MaxLines+1))
	for start := 0; start < len(d.raw); start += hexBytes {
		if len(d.lines) == d.opts.MaxLines {
			d.appendTop(start, len(d.raw), kindRest)
			break
		}
		d.appendTop(start, min(start+hexBytes, len(d.raw)), kindHex)
	}
	return d
}

func (d *Document) drawHex(p drawing, l line) {
	if l.kind == kindRest {
		d.drawValue(p, l)
		return
	}
	text := d.raw[l.start:l.end]
	var offset [10]byte
	for i := range 8 {
		offset[i] = lowerHex[l.start>>(28-4*i)&15]
	}
	offset[8], offset[9] = ' ', ' '
	p.put(chroma.CommentSingle, string(offset[:]))
	var digits [hexBytes*3 + 2]byte
	for i := range digits {
		digits[i] = ' '
	}
	var chars [hexBytes]byte
	for i, c := range text {
		at := i * 3
		if i >= hexBytes/2 {
			at++ // a gap in the middle
		}
		digits[at], digits[at+1] = lowerHex[c>>4], lowerHex[c&15]
		chars[i] = '.'
		if c >= 0x20 && c < 0x7f {
			chars[i] = c
		}
	}
	p.put(chroma.LiteralNumberHex, string(digits[:]))
	p.put(chroma.LiteralStringDouble, string(chars[:len(text)]))
}
