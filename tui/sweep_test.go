package tui

import (
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/bus"
)

// modelWith is a model without a program around it, over a session that has
// the given messages.
func modelWith(t *testing.T, budgetBytes int64, options Options, messages ...bus.Message) *Model {
	t.Helper()
	session := NewSession(budgetBytes)
	if len(messages) > 0 {
		session.take(messages)
	}
	m, err := NewModel(session, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close(); session.Close() })
	settleQuery(t, m)
	return m
}

// settleQuery waits until the filter has looked at everything.
func settleQuery(t *testing.T, m *Model) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		m.refresh(time.Now())
		if r := m.filter.result(); r.Done && r.TotalRows == uint64(m.snapshot.Len()) {
			m.refresh(time.Now())
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the query does not end")
		}
		time.Sleep(time.Millisecond) // between two looks at another goroutine
	}
}

// Whatever the size, the layout, the pane and what lies over it: no panic, and
// a screen of exactly that size, also around characters that are two cells wide.
func TestEverySizeIsFilledExactly(t *testing.T) {
	var messages []bus.Message
	for i := range 40 {
		topic := fmt.Sprintf("org.例え.prod.サービス%d.主題", i%9)
		messages = append(messages, received(topic, fmt.Sprintf(`{"msg":{"agent":"利用者","title":"題名 %d: 日本語の本文 と more"},"topic":"x"}`, i)))
	}
	messages = append(messages, received("broken", "{"), bus.Message{Problem: bus.Problem{Code: bus.ProblemFrames}})
	m := modelWith(t, 0, Options{Title: "タイトル", Guide: true}, messages...)
	m.session.Report(bus.Event{Kind: bus.EventLost, Endpoint: "tcp://例え:1", Err: fmt.Errorf("理由")})
	overlays := map[string]func(){
		"nothing": func() {},
		"help":    func() { m.showHelp() },
		"topics":  func() { m.jumpTopic() },
		"filter":  func() { m.editFilter(); m.overlay.paste(m, "日本語 topci:x") },
		"checks":  func() { m.showSignature() },
		"choice":  func() { m.focus = paneStream; m.keepOnly() },
	}
	for _, w := range []int{1, 2, 3, 5, 7, 8, 9, 12, 19, 20, 21, 25, 30, 40, 59, 60, 65, 69, 70, 80, 91, 92, 99, 100, 119, 120, 159, 160, 200} {
		for _, h := range []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 24, 36, 50} {
			for mode := range layoutModes {
				for focus := range paneCount {
					for name, open := range overlays {
						for _, zoom := range []bool{false, true} {
							m.mode, m.zoom, m.focus, m.overlay = mode, zoom, focus, nil
							m.Update(resized(w, h))
							m.sync(time.Now())
							open()
							m.relayout()
							rows := strings.Split(m.screen(), "\n")
							if len(rows) != h {
								t.Fatalf("%dx%d %s %s %s: %d rows", w, h, layoutNames[mode], paneTitles[focus], name, len(rows))
							}
							for y, row := range rows {
								if got := cellsOf(row); got != w {
									t.Fatalf("%dx%d %s %s %s: row %d has %d cells: %q", w, h, layoutNames[mode], paneTitles[focus], name, y, got, row)
								}
							}
						}
					}
				}
			}
		}
	}
}

// evict lets the history give up its first hundred rows.
func evict(t *testing.T, m *Model) {
	t.Helper()
	for i := 0; ; i++ {
		s := m.session.history.Snapshot()
		gone := s.First() > 100
		s.Close()
		if gone {
			break
		}
		m.session.take([]bus.Message{received("org.x.prod.filler.y", fmt.Sprintf(`{"i":%d,"msg":"%s"}`, i, strings.Repeat("x", 2000)))})
	}
	settleQuery(t, m)
}

func numbered(n int) []bus.Message {
	var all []bus.Message
	for i := range n {
		all = append(all, received("org.x.prod.numbered.y", fmt.Sprintf(`{"i":%d,"msg":{"agent":"nobody"}}`, i)))
	}
	return all
}

// What is being read stays, also when history has given it up.
func TestReadingSurvivesEviction(t *testing.T) {
	m := modelWith(t, 1<<20, Options{}, numbered(20)...)
	m.Update(resized(120, 40))
	pressAll(t, m, "k", "k", "enter", "j", "j")
	before, cursor := m.message.message.Head.I, m.message.cursor
	evict(t, m)
	if m.message.message.Head.I != before || m.message.cursor != cursor || !m.message.gone {
		t.Errorf("was reading %d at line %d, now %d at line %d, gone: %v", before, cursor, m.message.message.Head.I, m.message.cursor, m.message.gone)
	}
	if !strings.Contains(m.screen(), "evicted since") {
		t.Error("does not say that it was evicted")
	}
}

func TestSteppingStartsFromWhatIsRead(t *testing.T) {
	m := modelWith(t, 0, Options{}, numbered(20)...)
	m.Update(resized(120, 40))
	pressAll(t, m, "3") // still following
	at := m.message.message.Head.I
	m.session.take(numbered(30))
	settleQuery(t, m)
	pressAll(t, m, "[")
	if got := m.message.message.Head.I; got != at-1 {
		t.Errorf("one before %d is %d", at, got)
	}
	pressAll(t, m, "]", "]")
	if got := m.message.message.Head.I; got != 0 { // the first of the second batch
		t.Errorf("two further is %d", got)
	}
}

func TestFrozenViewTellsOfEviction(t *testing.T) {
	m := modelWith(t, 1<<20, Options{}, numbered(20)...)
	m.Update(resized(120, 40))
	pressAll(t, m, "space")
	evict(t, m)
	screen := m.screen()
	if !strings.Contains(screen, "all that was frozen was given up") {
		t.Errorf("does not say why the stream is empty")
	}
	if want := int(m.snapshot.End()) - 20; m.stream.newer != want {
		t.Errorf("%d new instead of %d", m.stream.newer, want)
	}
}

func TestEventCursorStaysOnItsEvent(t *testing.T) {
	m := modelWith(t, 0, Options{})
	m.Update(resized(120, 40))
	for i := range 9 {
		m.session.Note(fmt.Sprint("event ", i))
	}
	m.refresh(time.Now())
	pressAll(t, m, "g", "e", "j", "j", "j")
	chosen, _ := m.events.selected()
	for i := range 20 {
		m.session.Note(fmt.Sprint("later ", i))
		m.refresh(time.Now())
	}
	if now, _ := m.events.selected(); now.what != chosen.what {
		t.Errorf("the cursor was on %q and is on %q", chosen.what, now.what)
	}
	pressAll(t, m, "g", "g")
	m.session.Note("newest")
	m.refresh(time.Now())
	if now, _ := m.events.selected(); now.what != "newest" {
		t.Errorf("at the top the cursor is on %q", now.what)
	}
}

// Rows of the tree that are no topic cannot be filtered, and do not mix with a
// topic of that name.
func TestRowsThatAreNoTopic(t *testing.T) {
	m := modelWith(t, 0, Options{}, bus.Message{Problem: bus.Problem{Code: bus.ProblemFrames}}, received("(no topic)", "{}"))
	m.Update(resized(120, 40))
	totals := 0
	for _, n := range m.topics.tree.rows() {
		if n.text() == "(no topic)" {
			totals++
			if n.total != 1 {
				t.Errorf("a row counts %d", n.total)
			}
			if _, ok := n.term(); ok != (n.label == "") {
				t.Errorf("a term: %v, label %q", ok, n.label)
			}
		}
	}
	if totals != 2 {
		t.Errorf("%d rows", totals)
	}
}

func TestEventLeadsToItsMessage(t *testing.T) {
	open := func(m *Model) { pressAll(t, m, "g", "e", "enter") }
	broken := bus.Message{Frames: [][]byte{[]byte("alone")}, Problem: bus.Problem{Code: bus.ProblemFrames, Count: 1}}
	t.Run("frozen before it came", func(t *testing.T) {
		m := modelWith(t, 0, Options{}, numbered(5)...)
		m.Update(resized(120, 40))
		pressAll(t, m, "space")
		m.session.take([]bus.Message{broken})
		m.session.take(numbered(5))
		settleQuery(t, m)
		open(m)
		if m.message.row != 5 || m.stream.frozen || !strings.Contains(m.notice, "the view goes on") {
			t.Errorf("row %d, frozen %v, %q", m.message.row, m.stream.frozen, m.notice)
		}
	})
	t.Run("hidden by the filter", func(t *testing.T) {
		m := modelWith(t, 0, Options{}, append(numbered(5), broken)...)
		m.Update(resized(120, 40))
		if err := m.filter.apply("nothing-has-this"); err != nil {
			t.Fatal(err)
		}
		settleQuery(t, m)
		open(m)
		if !m.message.shown || m.message.row != 5 || m.focus != paneMessage || !strings.Contains(m.notice, "the filter hides it") {
			t.Errorf("shown %v, row %d, focus %v, %q", m.message.shown, m.message.row, m.focus, m.notice)
		}
	})
	t.Run("not in the result yet", func(t *testing.T) {
		m := modelWith(t, 0, Options{}, numbered(5)...)
		m.Update(resized(120, 40))
		m.session.take([]bus.Message{broken})
		m.events.update(&m.session.log)
		open(m)
		if m.message.row != 5 || strings.Contains(m.notice, "filter") {
			t.Errorf("row %d, %q", m.message.row, m.notice)
		}
	})
}

// Problems are found from a message that the stream does not show, too.
func TestNextProblemFromAHiddenMessage(t *testing.T) {
	broken := func() bus.Message {
		return bus.Message{Frames: [][]byte{[]byte("alone")}, Problem: bus.Problem{Code: bus.ProblemFrames, Count: 1}}
	}
	m := modelWith(t, 0, Options{}, broken(), broken(), numbered(1)[0], broken(), broken())
	m.Update(resized(120, 40))
	pressAll(t, m, "k", "k", "enter") // reading the good one, row 2
	if m.message.row != 2 {
		t.Fatalf("reading row %d", m.message.row)
	}
	if err := m.filter.apply("is:malformed"); err != nil {
		t.Fatal(err)
	}
	settleQuery(t, m)
	pressAll(t, m, "e")
	if m.message.row != 3 {
		t.Errorf("the next problem is row %d", m.message.row)
	}
	m.read(2)
	pressAll(t, m, "E")
	if m.message.row != 1 {
		t.Errorf("the previous problem is row %d", m.message.row)
	}
}

// What leaves, leaves at once, also in the middle of a sequence.
func TestCtrlCAfterAPrefix(t *testing.T) {
	m := modelWith(t, 0, Options{}, numbered(1)...)
	m.Update(resized(120, 40))
	pressAll(t, m, "g")
	_, cmd := m.Update(tea.KeyPressMsg{Code: 'c', Mod: tea.ModCtrl})
	if cmd == nil {
		t.Fatal("nothing happened")
	}
	if _, quits := cmd().(tea.QuitMsg); !quits {
		t.Error("it did not quit")
	}
}
