package demo

import "strings"

// scene is who and what a story, or a message that stands alone, is about. All
// messages of a story are filled from one scene, so that they fit together.
// Texts are written as JSON has them inside quotes.
type scene struct {
	dice  dice
	clock *clock
	acts  *counters

	pkg          pack
	owner, other person
	// version follows oldVersion; release is "3.fc44".
	version, oldVersion, release string
	dist                         string // "f44"
	suite                        string // "unstable"
	build, task                  uint64
	bug, number                  uint64
	update                       [10]byte // hex digits of FEDORA-2026-…
	commit                       [40]byte // hex digits

	// What the step at hand says. old and new are values as JSON has them
	// where a hole drops its quotes, and texts elsewhere.
	old, new, tag string
	// text replaces what somebody wrote, to show how a receiver takes it.
	text string
}

// counters number the things that services make. They only grow.
type counters struct{ build, task, bug, number uint64 }

func newCounters() counters {
	return counters{build: 2_841_006, task: 131_500_220, bug: 2_410_117, number: 1200}
}

// recast makes the scene that of another story.
func (sc *scene) recast() {
	d := sc.dice
	n := d.low(len(packs()))
	sc.pkg = packs()[n]
	// A package belongs to a few people, always the same ones.
	crowd := people()
	sc.owner = crowd[(n*7+d.low(3))%len(crowd)]
	sc.other = crowd[d.low(len(crowd))]
	v := 61 + n*5 + d.below(40)
	sc.oldVersion, sc.version = version(v), version(v+1)
	sc.dist = releases[d.low(len(releases))]
	sc.release = string(byte('1'+d.low(9))) + distTag(sc.dist)
	sc.suite = pick(d, suites)
	sc.acts.build += uint64(1 + d.below(3))
	sc.acts.task += uint64(3 + d.below(20))
	sc.acts.bug += uint64(1 + d.below(4))
	sc.acts.number += uint64(d.below(2))
	sc.build, sc.task, sc.bug, sc.number = sc.acts.build, sc.acts.task, sc.acts.bug, sc.acts.number
	d.appendHex(sc.update[:0], len(sc.update))
	d.appendHex(sc.commit[:0], len(sc.commit))
	sc.old, sc.new, sc.tag, sc.text = "", "", "", ""
}

// distTag is what the releases of packages end with: ".fc44", ".el9".
func distTag(dist string) string {
	if n, ok := strings.CutPrefix(dist, "epel"); ok {
		return ".el" + n
	}
	return ".fc" + dist[1:]
}

// said is one thing somebody says, or the text under test.
func (sc *scene) said(dst []byte, from []string) []byte {
	if sc.text != "" {
		return append(dst, sc.text...)
	}
	return append(dst, pick(sc.dice, from)...)
}

// lines appends n picks from a list, one to a line.
func (sc *scene) lines(dst []byte, from []string, n int) []byte {
	for i := range n {
		if i > 0 {
			dst = append(dst, `\n`...)
		}
		dst = append(dst, pick(sc.dice, from)...)
	}
	return dst
}
