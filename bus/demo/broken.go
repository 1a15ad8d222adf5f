package demo

import (
	"bytes"
	"strings"
	"sync"

	"fedmsg-tui/bus"
)

// brokenSpecials are messages that cannot be read as an envelope.
func brokenSpecials() []special {
	var all []special
	add := func(kind Kind, problem bus.ProblemCode, change func(s *Script, frames [][]byte) [][]byte) {
		all = append(all, special{traits{kind: kind, problem: problem, foreign: true}, func(s *Script) (*process, [][]byte) {
			p, frames := s.stray()
			return p, change(s, frames)
		}})
	}
	envelope := func(kind Kind, problem bus.ProblemCode, change func(envelope []byte) []byte) {
		add(kind, problem, func(_ *Script, frames [][]byte) [][]byte {
			return [][]byte{frames[0], change(frames[1])}
		})
	}
	add("malformed: one frame", bus.ProblemFrames, func(_ *Script, f [][]byte) [][]byte { return f[:1:1] })
	add("malformed: three frames", bus.ProblemFrames, func(_ *Script, f [][]byte) [][]byte {
		return [][]byte{f[0], f[1], []byte("one too many")}
	})
	add("malformed: one empty frame", bus.ProblemFrames, func(*Script, [][]byte) [][]byte { return [][]byte{{}} })
	add("malformed: topic is not UTF-8", bus.ProblemTopicUTF8, func(_ *Script, f [][]byte) [][]byte {
		return [][]byte{append(f[0], '.', 0xff, 0x9b), f[1]}
	})
	envelope("malformed: empty envelope", bus.ProblemEmpty, func([]byte) []byte { return []byte{} })
	envelope("malformed: not JSON", bus.ProblemJSON, func([]byte) []byte { return []byte("hello, is anybody there?") })
	envelope("malformed: XML", bus.ProblemJSON, func([]byte) []byte {
		return []byte(`<?xml version="1.0"?><message><topic>org.example</topic></message>`)
	})
	envelope("malformed: binary", bus.ProblemJSON, func([]byte) []byte {
		return []byte("\x00\x01\x02\x03\x1f\x08\x00\x00")
	})
	envelope("malformed: not UTF-8", bus.ProblemUTF8, replacing(`"username":"`, "\"username\":\"\xe9\xff\x9b31m"))
	envelope("malformed: surrogates in UTF-8", bus.ProblemUTF8, replacing(`"username":"`, "\"username\":\"\xed\xa0\x80"))
	envelope("malformed: cut off", bus.ProblemJSON, func(e []byte) []byte { return e[:len(e)*2/3] })
	envelope("malformed: cut off in a character", bus.ProblemUTF8, func(e []byte) []byte {
		before, _, _ := bytes.Cut(e, []byte(`"username":`))
		return append(before, "\"username\":\"日\xe6\x97"...)
	})
	envelope("malformed: text after the end", bus.ProblemJSON, func(e []byte) []byte { return append(e, `{"again":1}`...) })
	envelope("malformed: newline in a text", bus.ProblemJSON, replacing(`"username":"`, "\"username\":\"\n\x1b[31m"))
	envelope("malformed: Python's repr", bus.ProblemJSON, func(e []byte) []byte { return bytes.ReplaceAll(e, []byte(`"`), []byte(`'`)) })
	envelope("malformed: a list", bus.ProblemNotObject, func(e []byte) []byte { return append(append([]byte("["), e...), ']') })
	envelope("malformed: a text", bus.ProblemNotObject, func([]byte) []byte { return []byte(`"only a text"`) })
	envelope("malformed: null", bus.ProblemNotObject, func([]byte) []byte { return []byte("null") })
	envelope("malformed: number of 5,000 digits", bus.ProblemNumber, replacing(`"i":`, `"huge":`+strings.Repeat("7", 5000)+`,"i":`))
	return all
}

// rarities are too large to be shown more than once in a loop.
var rarities = sync.OnceValue(func() []special {
	return []special{
		{traits{kind: "hostile: body of 1 MiB"}, drafted(func(s *Script, d *draft) {
			var b []byte
			b = append(b, `{"log":"`...)
			for len(b) < 1<<20 {
				b = append(b, pick(s.dice, logLines())...)
				b = append(b, `\n`...)
			}
			d.body = append(b, `"}`...)
		})},
		{traits{kind: "malformed: nested 100,000 deep", problem: bus.ProblemDepth, foreign: true}, drafted(func(_ *Script, d *draft) {
			d.body = []byte(strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000))
		})},
	}
})
