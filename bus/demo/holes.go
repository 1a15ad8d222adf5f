package demo

import "strings"

// holes are the words that bodies can ask for. What is of the scene stays the
// same through a story; what is fresh is another one each time.
var holes = map[string]hole{
	// of the scene
	"pkg":   func(b []byte, sc *scene) []byte { return append(b, sc.pkg.name...) },
	"blurb": func(b []byte, sc *scene) []byte { return append(b, sc.pkg.summary...) },
	"group": func(b []byte, sc *scene) []byte { return append(b, sc.pkg.group...) },
	"user":  func(b []byte, sc *scene) []byte { return append(b, sc.owner.nick...) },
	"name":  func(b []byte, sc *scene) []byte { return append(b, sc.owner.name...) },
	"mail":  func(b []byte, sc *scene) []byte { return append(b, sc.owner.mail...) },
	"other": func(b []byte, sc *scene) []byte { return append(b, sc.other.nick...) },
	"other-name": func(b []byte, sc *scene) []byte {
		return append(b, sc.other.name...)
	},
	"ver":     func(b []byte, sc *scene) []byte { return append(b, sc.version...) },
	"oldver":  func(b []byte, sc *scene) []byte { return append(b, sc.oldVersion...) },
	"rel":     func(b []byte, sc *scene) []byte { return append(b, sc.release...) },
	"nvr":     appendNVR,
	"dist":    func(b []byte, sc *scene) []byte { return append(b, sc.dist...) },
	"DIST":    func(b []byte, sc *scene) []byte { return append(b, strings.ToUpper(sc.dist)...) },
	"relnum":  func(b []byte, sc *scene) []byte { return append(b, strings.TrimLeft(sc.dist, "efpl")...) },
	"disttag": func(b []byte, sc *scene) []byte { return append(b, distTag(sc.dist)[1:]...) },
	"suite":   func(b []byte, sc *scene) []byte { return append(b, sc.suite...) },
	"build":   func(b []byte, sc *scene) []byte { return appendInt(b, int64(sc.build)) },
	"task":    func(b []byte, sc *scene) []byte { return appendInt(b, int64(sc.task)) },
	"subtask": func(b []byte, sc *scene) []byte { return appendInt(b, int64(sc.task)+int64(1+sc.dice.below(6))) },
	"bug":     func(b []byte, sc *scene) []byte { return appendInt(b, int64(sc.bug)) },
	"number":  func(b []byte, sc *scene) []byte { return appendInt(b, int64(sc.number)) },
	"commit":  func(b []byte, sc *scene) []byte { return append(b, sc.commit[:]...) },
	"update": func(b []byte, sc *scene) []byte {
		b = append(b, "FEDORA-"...)
		b = append(b, sc.clock.year...)
		b = append(b, '-')
		return append(b, sc.update[:]...)
	},

	// of the step at hand
	"old": func(b []byte, sc *scene) []byte { return append(b, sc.old...) },
	"new": func(b []byte, sc *scene) []byte { return append(b, sc.new...) },
	"tag": func(b []byte, sc *scene) []byte { return append(b, sc.tag...) },

	// of the clock
	"unix":  func(b []byte, sc *scene) []byte { return append(b, sc.clock.unix...) },
	"unixf": func(b []byte, sc *scene) []byte { return append(append(b, sc.clock.unix...), ".0"...) },
	"plain": func(b []byte, sc *scene) []byte { return append(b, sc.clock.plain...) },
	"iso":   func(b []byte, sc *scene) []byte { return append(b, sc.clock.iso...) },
	"day":   func(b []byte, sc *scene) []byte { return append(b, sc.clock.day...) },
	"date":  func(b []byte, sc *scene) []byte { return append(b, sc.clock.mail...) },
	"year":  func(b []byte, sc *scene) []byte { return append(b, sc.clock.year...) },

	// fresh
	"title":  func(b []byte, sc *scene) []byte { return sc.said(b, titles()) },
	"text":   func(b []byte, sc *scene) []byte { return sc.said(b, sentences()) },
	"para":   func(b []byte, sc *scene) []byte { return sc.lines(b, sentences(), 3+sc.dice.below(5)) },
	"log":    func(b []byte, sc *scene) []byte { return sc.lines(b, logLines(), 6+sc.dice.below(18)) },
	"hex7":   func(b []byte, sc *scene) []byte { return sc.dice.appendHex(b, 7) },
	"md5":    func(b []byte, sc *scene) []byte { return sc.dice.appendHex(b, 32) },
	"sha1":   func(b []byte, sc *scene) []byte { return sc.dice.appendHex(b, 40) },
	"sha256": func(b []byte, sc *scene) []byte { return sc.dice.appendHex(b, 64) },
	"uuid":   func(b []byte, sc *scene) []byte { return sc.dice.appendUUID(b) },
	"arch":   func(b []byte, sc *scene) []byte { return append(b, pick(sc.dice, arches)...) },
	"ip": func(b []byte, sc *scene) []byte { // TEST-NET-1, RFC 5737
		return appendInt(append(b, "192.0.2."...), int64(1+sc.dice.below(250)))
	},
	"anyone": func(b []byte, sc *scene) []byte { return append(b, people()[sc.dice.low(len(people()))].nick...) },
	"anypkg": func(b []byte, sc *scene) []byte { return append(b, packs()[sc.dice.low(len(packs()))].name...) },
}

func appendNVR(b []byte, sc *scene) []byte {
	b = append(b, sc.pkg.name...)
	b = append(b, '-')
	b = append(b, sc.version...)
	b = append(b, '-')
	return append(b, sc.release...)
}
