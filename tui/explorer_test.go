package tui

import (
	"fmt"
	"strings"
	"testing"

	"fedmsg-tui/bus"
)

func TestGoldenScreens(t *testing.T) {
	for _, size := range [][2]int{{50, 14}, {80, 24}, {120, 40}, {200, 60}} {
		t.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(t *testing.T) {
			show(t, size[0], size[1], Options{Title: "test"}, func(v *terminal) {
				v.traffic(0, 30)
				v.send("org.fedoraproject.prod.git.receive", "not JSON")
				v.settle()
				v.golden(fmt.Sprintf("explorer-%dx%d", size[0], size[1]))
			})
		})
	}
}

func TestASCIIScreenIsASCII(t *testing.T) {
	show(t, 120, 40, Options{Title: "test", ASCII: true}, func(v *terminal) {
		v.traffic(0, 10)
		for i, r := range v.text() {
			if r > 126 {
				v.t.Fatalf("%q at %d:\n%s", r, i, v.text())
			}
		}
	})
}

func TestEmptyScreenSaysWhy(t *testing.T) {
	show(t, 80, 24, Options{}, func(v *terminal) { v.wants("no source") })
}

func TestFollowIsSticky(t *testing.T) {
	show(t, 80, 24, Options{}, func(v *terminal) {
		v.traffic(0, 20)
		v.wants("20/20 following")
		v.press("up", "up")
		v.traffic(20, 5)
		v.wants("18/25", "package17") // the row under the cursor has not moved
		v.lacks("following")
		v.press("G")
		v.wants("25/25 following")
		v.press("up", "down") // coming back to the end follows again
		v.traffic(25, 5)
		v.wants("30/30 following")
	})
}

func TestUpLeavesFollowAlsoOnTheOnlyMessage(t *testing.T) {
	show(t, 80, 24, Options{}, func(v *terminal) {
		v.traffic(0, 1)
		v.press("up")
		v.traffic(1, 3)
		v.wants("1/4")
		v.lacks("following")
	})
}

func TestFreezeHoldsTheViewAndCounts(t *testing.T) {
	show(t, 80, 24, Options{}, func(v *terminal) {
		v.traffic(0, 10)
		v.press("space")
		v.traffic(10, 7)
		v.wants("FROZEN +7 new", "10/10 frozen", "seen 17")
		v.lacks("package16")
		v.press("space")
		v.wants("17/17 following", "package16")
	})
}

func TestFilterBarAppliesAndExplainsErrors(t *testing.T) {
	show(t, 120, 40, Options{}, func(v *terminal) {
		v.traffic(0, 20)
		v.press("f")
		for _, r := range "topic:git.*" {
			v.press(string(r))
		}
		v.press("enter")
		v.wants("5 of 20", "shown 5", "hidden 15")
		v.press("F")
		v.wants("off (F switches it on)", "20/20")
		v.press("F")
		v.wants("5 of 20")
		v.press("f")
		for _, r := range " (" {
			v.press(string(r))
		}
		v.press("enter")
		v.wants("error", "^")
		v.press("esc")
		v.wants("5 of 20")
		v.press("Z")
		v.wants("20/20", "filter> none")
		v.press("f")
		for _, r := range "nothing-has-this" {
			v.press(string(r))
		}
		v.press("enter")
		v.wants("0 of 20", "no message passes the filter", "no message is chosen")
	})
}

func TestKeepAndDropUnderTheCursor(t *testing.T) {
	show(t, 120, 40, Options{}, func(v *terminal) {
		v.traffic(0, 20)
		v.press("x", "t")
		v.wants("-topic:", "15 of 20")
		v.press("Z", "i", "s")
		v.wants("mod:", "5 of 20")
		v.press("Z", "1", "i") // the tree's first row is Debian's head
		v.wants("topic:org.debian.production.*", "5 of 20")
	})
}

func TestJumpToTopic(t *testing.T) {
	show(t, 120, 40, Options{}, func(v *terminal) {
		v.traffic(0, 20)
		v.press("t")
		for _, r := range "comment" {
			v.press(string(r))
		}
		v.wants("1 of 4")
		v.press("enter")
		if n := v.model.topics.selected(); n == nil || n.name != "comment" {
			v.t.Errorf("the tree is on %+v", n)
		}
		v.press("x")
		v.wants("-topic:org.fedoraproject.prod.bodhi.update.comment", "15 of 20")
	})
}

func TestProblemsCanBeReached(t *testing.T) {
	show(t, 120, 40, Options{}, func(v *terminal) {
		v.traffic(0, 5)
		v.send("org.fedoraproject.prod.git.receive", "{\"a\":\"\xff\"}")
		v.session.take([]bus.Message{{Frames: [][]byte{[]byte("alone")}, Problem: bus.Problem{Code: bus.ProblemFrames, Count: 1}}})
		v.traffic(5, 5)
		v.wants("malformed 2")
		v.press("g", "g", "e")
		v.wants("envelope is not UTF-8 (byte 6)")
		v.press("e")
		v.wants("1 frame where topic and envelope were expected", "alone")
		v.press("e")
		v.wants("went on from the first", "envelope is not UTF-8 (byte 6)")
		v.press("g", "e")
		v.wants("malformed message: envelope is not UTF-8")
	})
}

func TestHelpIsSearchableAndRuns(t *testing.T) {
	show(t, 120, 40, Options{}, func(v *terminal) {
		v.traffic(0, 3)
		v.press("?")
		v.wants("keys in stream", "go to the newest message and follow the bus")
		for _, r := range "freeze" {
			v.press(string(r))
		}
		v.press("enter")
		v.wants("FROZEN")
	})
}

func TestDrawersOpenAndClose(t *testing.T) {
	show(t, 80, 24, Options{}, func(v *terminal) {
		v.traffic(0, 5)
		v.lacks("1 Topics")
		v.press("1")
		v.wants("1 Topics", "buildsys")
		v.press("esc")
		v.lacks("1 Topics")
		v.press("g", "c")
		v.wants("Sources")
		v.press("q")
		v.lacks("Sources")
	})
}

func TestResizeKeepsTheScreenWhole(t *testing.T) {
	show(t, 120, 40, Options{}, func(v *terminal) {
		v.traffic(0, 10)
		for _, size := range [][2]int{{40, 10}, {20, 5}, {1, 1}, {300, 100}, {80, 24}} {
			v.screen.Resize(size[0], size[1])
			v.program.Send(resized(size[0], size[1]))
			v.settle()
			if len(v.model.view) == 0 {
				v.t.Fatalf("nothing drawn at %v", size)
			}
			for i, row := range strings.Split(v.model.view, "\n") {
				if w := cellsOf(row); w != size[0] {
					v.t.Fatalf("%v: row %d has %d cells: %q", size, i, w, row)
				}
			}
		}
		v.wants("10/10")
	})
}

// An idle screen writes nothing.
func TestNothingNewWritesNothing(t *testing.T) {
	show(t, 120, 40, Options{}, func(v *terminal) {
		v.traffic(0, 10)
		for range 100 { // let the rates and sparklines run out
			v.settle()
			v.settle()
		}
		before := v.written.Load()
		for range 8 {
			v.settle()
		}
		if n := v.written.Load() - before; n != 0 {
			v.t.Errorf("%d bytes written for an unchanged screen", n)
		}
	})
}

// What a message says never reaches the terminal as a command.
func TestHostileTextIsShownNotObeyed(t *testing.T) {
	show(t, 120, 40, Options{}, func(v *terminal) {
		v.send("org.evil.prod.\x1b[31mred", `{"msg":{"agent":"\u001b]0;owned\u0007","name":"a\u202eb\u009b31m\r","x":"`+"\u009b"+`"},"topic":"org.evil.prod.\u001b[31mred"}`)
		v.settle()
		if strings.Contains(v.model.view, "\u009b") || strings.Contains(v.model.view, "\u202e") || strings.Contains(v.model.view, "\x1b]") || strings.Contains(v.model.view, "\r") {
			v.t.Errorf("control characters in the view: %q", v.model.view)
		}
		v.wants("␛[31mred")
	})
}
