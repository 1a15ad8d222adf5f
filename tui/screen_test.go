package tui

import (
	"bytes"
	"flag"
	"fmt"
	"image/color"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"

	"fedmsg-tui/bus"
)

var update = flag.Bool("update", false, "write the golden screens")

// terminal is the real program in a virtual terminal, in the virtual time of a
// synctest bubble.
type terminal struct {
	t       *testing.T
	screen  *vt.SafeEmulator
	program *tea.Program
	model   *Model
	keys    io.Writer
	done    chan error
	session *Session
	written atomic.Int64
}

// Write is the program's output. Without a tty underneath nobody turns a line
// feed into carriage return and line feed.
func (v *terminal) Write(p []byte) (int, error) {
	v.written.Add(int64(len(p)))
	if _, err := v.screen.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// show runs body with a program of the given size on screen. The session has
// no source: a test puts messages into it.
func show(t *testing.T, w, h int, options Options, body func(*terminal)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		session := NewSession(64 << 20)
		v := &terminal{t: t, screen: vt.NewSafeEmulator(w, h), session: session, done: make(chan error, 1)}
		v.screen.SetBackgroundColor(color.Black)
		in, keys := io.Pipe()
		v.keys = keys
		session.Check(t.Context(), Checking{})
		model, err := NewModel(session, options)
		if err != nil {
			t.Fatal(err)
		}
		v.model = model
		v.program = tea.NewProgram(model, tea.WithInput(in), tea.WithOutput(v), tea.WithWindowSize(w, h), tea.WithFPS(framesPerSecond),
			tea.WithColorProfile(colorprofile.TrueColor), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignalHandler())
		go func() {
			_, err := v.program.Run()
			v.done <- err
		}()
		go func() { // what the terminal answers goes back to the program
			b := make([]byte, 4096)
			for {
				n, err := v.screen.Emulator.Read(b)
				if err != nil {
					return
				}
				if _, err := keys.Write(b[:n]); err != nil {
					return
				}
			}
		}()
		// Also when the body ends the test: a bubble must be left empty.
		defer func() {
			v.program.Quit()
			if err := <-v.done; err != nil {
				t.Errorf("the program ended with %v", err)
			}
			model.Close()
			session.Close()
			if n := session.history.OpenSnapshots(); n != 0 {
				t.Errorf("%d snapshots were not closed", n)
			}
			v.screen.Emulator.Close()
			keys.Close()
			in.Close()
			time.Sleep(2 * time.Second) // virtual: timers of the program that still run end
		}()
		v.settle()
		body(v)
	})
}

// settle waits until the program has drawn what it knows.
func (v *terminal) settle() {
	time.Sleep(250 * time.Millisecond)
	synctest.Wait()
}

// press types keys, one event each; esc needs its own time to be told from the
// beginning of a sequence.
func (v *terminal) press(keys ...string) {
	v.t.Helper()
	for _, k := range keys {
		if seq, ok := map[string]string{"enter": "\r", "esc": "\x1b", "tab": "\t", "space": " ", "up": "\x1b[A", "down": "\x1b[B", "pgup": "\x1b[5~"}[k]; ok {
			k = seq
		}
		if _, err := io.WriteString(v.keys, k); err != nil {
			v.t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
	}
	v.settle()
}

func (v *terminal) text() string {
	var b strings.Builder
	for y := range v.screen.Height() {
		var row strings.Builder
		for x := range v.screen.Width() {
			if c := v.screen.CellAt(x, y); c != nil {
				if c.Width > 0 {
					row.WriteString(c.Content)
				}
			} else {
				row.WriteByte(' ')
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

func (v *terminal) wants(parts ...string) {
	v.t.Helper()
	text := v.text()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			v.t.Fatalf("no %q on screen:\n%s", part, text)
		}
	}
}

func (v *terminal) lacks(parts ...string) {
	v.t.Helper()
	text := v.text()
	for _, part := range parts {
		if strings.Contains(text, part) {
			v.t.Fatalf("%q on screen:\n%s", part, text)
		}
	}
}

// golden compares the screen with testdata/NAME.txt.
func (v *terminal) golden(name string) {
	v.t.Helper()
	path := filepath.Join("testdata", name+".txt")
	got := v.text()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			v.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		v.t.Fatalf("%v (go test ./tui -update writes it)", err)
	}
	if got != string(want) {
		v.t.Errorf("screen %s differs:\n%s\nwant:\n%s", name, got, want)
	}
}

// send puts a message into the session, received now.
func (v *terminal) send(topic, envelope string) {
	v.session.take([]bus.Message{received(topic, envelope)})
}

func received(topic, envelope string) bus.Message {
	m := bus.Message{Frames: [][]byte{[]byte(topic), []byte(envelope)}, ReceivedUnixNano: time.Now().UnixNano(), Source: 1}
	m.Scan()
	return m
}

// traffic sends n ordinary messages, a tenth of a second apart.
func (v *terminal) traffic(from, n int) {
	topics := []string{"org.fedoraproject.prod.git.receive", "org.fedoraproject.prod.bodhi.update.comment",
		"org.fedoraproject.prod.buildsys.build.state.change", "org.debian.production.dak.accepted"}
	for i := from; i < from+n; i++ {
		topic := topics[i%len(topics)]
		v.send(topic, fmt.Sprintf(`{"i":%d,"msg":{"agent":"user%d","package":{"name":"package%d"}},"msg_id":"2026-00000000-0000-4000-8000-%012d","timestamp":%d,"topic":%q,"username":"apache"}`,
			i, i%7, i, i, time.Now().Unix(), topic))
		time.Sleep(100 * time.Millisecond)
	}
	v.settle()
}

func resized(w, h int) tea.Msg { return tea.WindowSizeMsg{Width: w, Height: h} }

func cellsOf(row string) int { return ansi.StringWidthWc(row) }
