package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tmux is a shell in a real terminal, on a server of its own.
type tmux struct {
	t      *testing.T
	socket string
}

func openTmux(t *testing.T, w, h int, env ...string) *tmux {
	t.Helper()
	_, err := exec.LookPath("tmux")
	peer(t, "tmux", err == nil)
	m := &tmux{t: t, socket: filepath.Join(t.TempDir(), "tmux")}
	shell := "exec env -i " + strings.Join(append(home(t), env...), " ") + " TERM=tmux-256color COLORTERM=truecolor PS1='ready$ ' sh"
	m.do("-f", "/dev/null", "new-session", "-d", "-x", strconv.Itoa(w), "-y", strconv.Itoa(h), shell)
	t.Cleanup(func() { _ = exec.Command("tmux", "-S", m.socket, "kill-server").Run() })
	m.waitFor("ready$")
	return m
}

func (m *tmux) do(args ...string) string {
	m.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", m.socket}, args...)...).CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (m *tmux) screen() string { return m.do("capture-pane", "-p") }

func (m *tmux) keys(keys ...string) {
	m.t.Helper()
	for _, k := range keys {
		m.do("send-keys", k)
	}
}

func (m *tmux) typed(text string) {
	m.t.Helper()
	m.do("send-keys", "-l", "--", text)
}

// waitFor polls until every text is on screen.
func (m *tmux) waitFor(texts ...string) string {
	m.t.Helper()
	return m.wait(func(screen string) bool {
		for _, text := range texts {
			if !strings.Contains(screen, text) {
				return false
			}
		}
		return true
	}, fmt.Sprintf("%q", texts))
}

func (m *tmux) wait(ok func(screen string) bool, what string) string {
	m.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		screen := m.screen()
		if ok(screen) {
			return screen
		}
		if time.Now().After(deadline) {
			m.t.Fatalf("waited in vain for %s on:\n%s", what, screen)
		}
		time.Sleep(30 * time.Millisecond) // between two looks at another process
	}
}

// escape presses esc and waits until the stream has the keyboard: a key right
// behind it would be read as alt and that key, as terminals send it.
func (m *tmux) escape() {
	m.t.Helper()
	m.keys("Escape")
	m.wait(func(s string) bool {
		return strings.Contains(s, "G follow") && !strings.Contains(s, "esc close")
	}, "the stream")
}

// restored waits for the shell's prompt on the normal screen, with the cursor
// and without mouse reports.
func (m *tmux) restored() {
	m.t.Helper()
	m.wait(func(screen string) bool {
		lines := strings.Split(strings.TrimRight(screen, "\n "), "\n")
		return strings.HasPrefix(lines[len(lines)-1], "ready$")
	}, "the prompt")
	if got := strings.TrimSpace(m.do("display", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}")); got != "0 0 1" {
		m.t.Errorf("alternate screen, mouse, cursor: %s", got)
	}
	// The terminal echoes and edits lines again.
	m.typed("echo back-$((40+2))")
	m.keys("Enter")
	m.waitFor("back-42")
}

// The README's tour.
func TestTour(t *testing.T) {
	m := openTmux(t, 120, 40)
	m.typed(binary + " demo --rate 60")
	m.keys("Enter")
	m.waitFor("LIVE follow", "DEMO", "1 Topics", "2 Stream", "3 Message", "demo 1/")
	m.wait(func(s string) bool { return strings.Contains(s, "org.fedoraproject.prod") }, "topics")

	m.keys("Up")
	m.wait(func(s string) bool { return !strings.Contains(s, "following") }, "leaving the newest")
	m.keys("Enter")
	m.waitFor("enter expand")
	m.escape()
	m.keys("G")
	m.waitFor("following")

	m.keys("Space")
	m.waitFor("FROZEN")
	m.keys("Space")
	m.waitFor("LIVE")

	m.typed("f")
	m.typed("topic:bodhi.*")
	m.keys("Enter")
	m.waitFor("ok ", "topic:bodhi.*", " of ")
	m.typed("F")
	m.waitFor("off (F switches it on)")
	m.typed("Z")
	m.waitFor("filter> none")

	m.typed("t")
	m.waitFor("jump to a topic")
	m.typed("bodhi update")
	m.waitFor(".prod.bodhi.update.")
	m.keys("Enter")
	m.typed("x")
	m.waitFor("-topic:org.fedoraproject.prod.bodhi.update")
	m.typed("Z")

	m.escape()
	m.typed("?")
	m.waitFor("keys in stream", "read the message")
	m.escape()

	m.typed("gc")
	m.waitFor("Sources", "tcp://127.0.0.1:", "up")
	m.escape()
	m.typed("ge")
	m.waitFor("Events", "connected")
	m.escape()

	for _, size := range [][2]int{{80, 24}, {50, 14}, {200, 60}} {
		m.do("resize-window", "-x", strconv.Itoa(size[0]), "-y", strconv.Itoa(size[1]))
		m.wait(func(s string) bool {
			first, _, _ := strings.Cut(s, "\n")
			return strings.Contains(first, "LIVE") && len([]rune(strings.TrimRight(first, " "))) <= size[0]
		}, "a screen of another size")
		m.waitFor("2 Stream")
	}

	m.keys("C-z")
	m.waitFor("ready$")
	m.typed("fg")
	m.keys("Enter")
	m.waitFor("LIVE", "2 Stream")

	m.typed("q")
	m.waitFor("received ", "dropped 0")
	m.restored()
}

// Whatever ends the explorer, the terminal is usable afterwards.
func TestTerminalIsRestored(t *testing.T) {
	for name, c := range map[string]struct {
		signal string
		says   []string
	}{
		"killed":     {"KILL", []string{"fedmsg-tui: ended from outside: signal: killed", "status=1"}},
		"crashed":    {"ABRT", []string{"fedmsg-tui: crashed: ", "crash-", "status=1"}},
		"terminated": {"TERM", []string{"received ", "status=0"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := openTmux(t, 200, 30)
			m.typed(binary + " demo --no-guide; echo status=$?")
			m.keys("Enter")
			m.waitFor("LIVE")
			m.wait(func(string) bool { return childOf(m) != "" }, "the explorer's process")
			if out, err := exec.Command("kill", "-"+c.signal, childOf(m)).CombinedOutput(); err != nil {
				t.Fatalf("kill: %v: %s", err, out)
			}
			m.waitFor(c.says...)
			m.restored()
		})
	}
}

// The explorer does not outlive its parent: the shell would have to share the
// terminal with it.
func TestExplorerEndsWithItsParent(t *testing.T) {
	m := openTmux(t, 100, 30)
	m.typed(binary + " demo --no-guide; echo status=$?")
	m.keys("Enter")
	m.waitFor("LIVE")
	m.wait(func(string) bool { return childOf(m) != "" }, "the explorer's process")
	parent := childPID(strings.TrimSpace(m.do("display", "-p", "#{pane_pid}")))
	child := childOf(m)
	if out, err := exec.Command("kill", "-KILL", parent).CombinedOutput(); err != nil {
		t.Fatalf("kill: %v: %s", err, out)
	}
	m.wait(func(string) bool {
		_, err := os.Stat("/proc/" + child)
		return os.IsNotExist(err)
	}, "the end of the explorer")
	if got := strings.TrimSpace(m.do("display", "-p", "#{alternate_on}")); got != "0" {
		t.Error("the alternate screen was left on")
	}
}

// childOf is the process that shows the explorer: the child of the one that
// the shell started.
func childOf(m *tmux) string {
	shell := strings.TrimSpace(m.do("display", "-p", "#{pane_pid}"))
	parent := childPID(shell)
	if parent == "" {
		return ""
	}
	return childPID(parent)
}

func childPID(pid string) string {
	tasks, err := filepath.Glob(filepath.Join("/proc", pid, "task", "*", "children"))
	if err != nil {
		return ""
	}
	for _, task := range tasks {
		if text, err := os.ReadFile(task); err == nil {
			if fields := strings.Fields(string(text)); len(fields) > 0 {
				return fields[0]
			}
		}
	}
	return ""
}

func TestNoColour(t *testing.T) {
	for _, value := range []string{"1", "yes", "0"} {
		m := openTmux(t, 100, 30, "NO_COLOR="+value)
		m.typed(binary + " demo --no-guide --rate 200")
		m.keys("Enter")
		m.waitFor("LIVE", "org.fedoraproject")
		if screen := m.do("capture-pane", "-p", "-e"); strings.Contains(screen, "[38;") || strings.Contains(screen, ";38;") || strings.Contains(screen, "[48;") {
			t.Errorf("NO_COLOR=%s: colours on screen", value)
		}
		m.typed("q")
		m.restored()
	}
}

// A publisher that dies and comes back is said on screen, and read again.
func TestPublisherRestart(t *testing.T) {
	needZMQ(t)
	first := start(t, os.Environ(), python, "testdata/restart.py", "0")
	endpoint := first.line(t)
	port := endpoint[strings.LastIndexByte(endpoint, ':')+1:]
	m := openTmux(t, 120, 40)
	m.typed(binary + " --endpoint " + endpoint)
	m.keys("Enter")
	m.waitFor("LIVE", "restart.py")
	if err := first.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	m.waitFor("NOT CONNECTED")
	m.typed("gc")
	m.waitFor("retrying", "refused")
	second := start(t, os.Environ(), python, "testdata/restart.py", port)
	if again := second.line(t); again != endpoint {
		t.Fatalf("came back at %s instead of %s", again, endpoint)
	}
	m.waitFor("LIVE", "up")
	m.escape()
	m.typed("ge")
	m.waitFor("connected")
	m.typed("q")
	m.typed("q")
	m.waitFor("received ")
	m.restored()
}

// Where nothing is configured the program offers what there is to look at.
func TestStartPage(t *testing.T) {
	m := openTmux(t, 100, 30)
	m.typed(binary)
	m.keys("Enter")
	m.waitFor("No endpoint is configured", "demo", "endpoint")
	m.typed("e")
	m.typed("nowhere")
	m.keys("Enter")
	m.waitFor("no port")
	m.keys("Escape")
	m.wait(func(s string) bool { return !strings.Contains(s, "endpoint>") }, "the list again")
	m.typed("d")
	m.waitFor("DEMO", "LIVE", "demo 1/")
	m.typed("q")
	m.waitFor("received ")
	m.restored()
}

// A demo of so many messages says that it is over.
func TestDemoWithCount(t *testing.T) {
	m := openTmux(t, 120, 40)
	m.typed(binary + " demo --count 50 --rate 200 --no-guide")
	m.keys("Enter")
	m.waitFor("seen 50 ")
	m.typed("ge")
	m.waitFor("the demo is over: 50 messages were sent")
	m.typed("q")
	m.typed("q")
	m.waitFor("received 50,")
	m.restored()
}
