package demo

import (
	"bytes"
	"strings"

	"fedmsg-tui/crypto"
)

// oddBodies are values of "msg" that are JSON, and not what readers expect.
var oddBodies = []struct {
	kind Kind
	json string
}{
	{"odd: body is a list", `[1,"two",{"three":3},[4]]`},
	{"odd: body is a text", `"just a sentence"`},
	{"odd: body is a number", `42`},
	{"odd: body is null", `null`},
	{"odd: body is empty", `{}`},
	{"odd: NaN and Infinity", `{"average":NaN,"best":Infinity,"worst":-Infinity}`},
	{"odd: huge numbers", `{"digits":` + strings.Repeat("9876543210", 40) + `,"float":1.7976931348623157e+308,"negative":-9223372036854775809,"small":5e-324}`},
	{"odd: long key", `{"` + strings.Repeat("key", 1000) + `":"value"}`},
	{"odd: keys that mean something", `{"":"empty","$ref":"x","__proto__":{"admin":true},"a.b":{"c[0]":1},"constructor":null,"msg":{"msg_id":"inner"},"topic":"inner"}`},
	{"odd: nested 400 deep", strings.Repeat(`{"a":[`, 200) + strings.Repeat(`]}`, 200)},
	{"odd: ten thousand numbers", `{"series":[` + strings.Repeat("0,", 9999) + `0]}`},
	{"odd: texts that look typed", `{"false":"false","hash":"0x1F","none":"None","number":"1e3","true":"true"}`},
}

func oddSpecials() []special {
	var all []special
	for _, b := range oddBodies {
		all = append(all, special{traits{kind: b.kind}, drafted(func(_ *Script, d *draft) { d.body = []byte(b.json) })})
	}
	alter := func(kind Kind, change func(s *Script, d *draft)) {
		all = append(all, special{traits{kind: kind}, drafted(change)})
	}
	alter("odd: username is null", func(_ *Script, d *draft) { d.user = "null" })
	// Publishers before November 2013 sent fractions of a second.
	alter("odd: timestamp is a float", func(s *Script, d *draft) {
		d.timestamp = append(bytes.Clone(s.clock.unix), ".532118"...)
	})
	alter("odd: timestamp is a text", func(s *Script, d *draft) {
		d.timestamp = []byte(`"` + string(s.clock.iso) + `"`)
	})
	alter("odd: sent in the year 2200", func(_ *Script, d *draft) { d.timestamp = []byte("7258118400") })
	alter("odd: sent before 1970", func(_ *Script, d *draft) { d.timestamp = []byte("-86400") })

	rewrite := func(kind Kind, change func(envelope []byte) []byte) {
		all = append(all, special{traits{kind: kind, foreign: true}, func(s *Script) (*process, [][]byte) {
			p, frames := s.stray()
			return p, s.frames(string(frames[0]), change(frames[1]))
		}})
	}
	// Keys may be written with escapes; Python decodes them before it looks.
	rewrite("odd: escaped key of the topic", replacing(`"topic":`, `"\u0074opic":`))
	rewrite("odd: escaped slashes", func(e []byte) []byte { return bytes.ReplaceAll(e, []byte("/"), []byte(`\/`)) })
	rewrite("odd: twice the same key", replacing(`"i":`, `"i":"first","topic":"org.example.first","i":`))
	rewrite("odd: no msg_id", func(e []byte) []byte { return assemble(without(takeApart(e), "msg_id"), "", "") })
	rewrite("odd: no username", func(e []byte) []byte { return assemble(without(takeApart(e), "username"), "", "") })
	rewrite("odd: unknown fields", replacing(`"i":`, `"colour":"green","headers":{"x-seen-by":["a","b"]},"i":`))
	rewrite("odd: indented", func(e []byte) []byte { return append(assemble(takeApart(e), "\n\t", " "), "\r\n"...) })

	all = append(all, special{traits{kind: "odd: topic frame differs", verdict: crypto.Envelope}, func(s *Script) (*process, [][]byte) {
		p, frames := s.vouched()
		return p, s.frames(p.prefix+"bodhi.update.complete.stable", frames[1])
	}})
	return all
}

// drafted makes a message of a service that anybody on the machine may use,
// with one part changed.
func drafted(change func(s *Script, d *draft)) func(s *Script) (*process, [][]byte) {
	return func(s *Script) (*process, [][]byte) {
		p := s.processes["shell"]
		d := s.draft(p, p.prefix+"logger.log")
		d.body = []byte(`{"log":"nothing unusual here"}`)
		change(s, &d)
		return p, s.frames(d.topic, s.sealed(p, &d))
	}
}

func replacing(old, new string) func([]byte) []byte {
	return func(e []byte) []byte { return bytes.Replace(e, []byte(old), []byte(new), 1) }
}
