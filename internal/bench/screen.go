package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/history"
)

// The explorer in a pseudo-terminal of this size, as a large window has it.
const columns, rows = 200, 50

// screen measures the explorer while messages arrive at a rate: the time from
// a key to the screen, and the processor it uses beside what receiving costs.
func screen(binary, dir string, ratePerSecond, keys int) error {
	env := append(os.Environ(), "HOME="+filepath.Join(dir, "home"), "XDG_CONFIG_HOME="+filepath.Join(dir, "home"), "TERM=xterm-256color", "COLORTERM=truecolor")
	feed := exec.Command(binary, "demo", "--serve", "--rate", strconv.Itoa(ratePerSecond))
	feed.Env, feed.Dir = env, dir
	out, err := feed.StdoutPipe()
	if err != nil {
		return err
	}
	if err := feed.Start(); err != nil {
		return fmt.Errorf("start the bus: %w", err)
	}
	defer func() {
		_ = feed.Process.Signal(os.Interrupt)
		_ = feed.Wait()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("start the bus: %w", err)
	}
	var said struct{ Endpoints []string }
	if err := json.Unmarshal([]byte(line), &said); err != nil {
		return err
	}
	var args []string
	for _, e := range said.Endpoints {
		args = append(args, "--endpoint", e)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env, cmd.Dir = env, dir
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: rows, Cols: columns})
	if err != nil {
		return fmt.Errorf("start the explorer: %w", err)
	}
	defer terminal.Close()
	watch := newWatch(terminal)
	if err := watch.until(20*time.Second, func(s string) bool { return strings.Contains(s, "LIVE") }); err != nil {
		return err
	}
	time.Sleep(2 * time.Second) // the first second is not like the others
	child, err := childOf(cmd.Process.Pid)
	if err != nil {
		return err
	}
	const watching = 6 * time.Second
	before := processTime(child)
	time.Sleep(watching)
	all := 100 * (processTime(child) - before).Seconds() / watching.Seconds()
	receiving, err := intake(said.Endpoints, watching)
	if err != nil {
		return err
	}
	receiving *= 100 / watching.Seconds()
	var waits []time.Duration
	for i := range keys {
		// The footer shows the keys of the pane that has the focus.
		key, sign := "1", "enter open"
		if i%2 == 1 {
			key, sign = "2", "G follow"
		}
		pressed := time.Now()
		if _, err := terminal.WriteString(key); err != nil {
			return err
		}
		if err := watch.until(5*time.Second, func(s string) bool {
			return strings.HasPrefix(strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:]), sign)
		}); err != nil {
			return err
		}
		waits = append(waits, time.Since(pressed))
		time.Sleep(time.Duration(20+i%37) * time.Millisecond) // not in step with the clock
	}
	final := watch.text()
	first, _, _ := strings.Cut(final, "\n")
	if _, err := terminal.WriteString("q"); err != nil {
		return err
	}
	_ = cmd.Wait()
	slices.Sort(waits)
	at := func(p float64) time.Duration {
		return waits[int(p*float64(len(waits)-1))].Round(100 * time.Microsecond)
	}
	fmt.Printf("explorer %dx%d at %d/s: key to screen p50 %v, p95 %v, max %v; %.0f%% of a core, of which receiving and keeping take %.0f%%\n",
		columns, rows, ratePerSecond, at(0.5), at(0.95), at(1), all, receiving)
	fmt.Printf("  its header: %s\n", strings.TrimSpace(first))
	return nil
}

// watch keeps what is on the terminal's screen.
type watch struct {
	mu      sync.Mutex
	screen  *vt.Emulator
	changed chan struct{}
}

func newWatch(terminal *os.File) *watch {
	w := &watch{screen: vt.NewEmulator(columns, rows), changed: make(chan struct{}, 1)}
	go func() { // what the terminal answers
		b := make([]byte, 4096)
		for {
			n, err := w.screen.Read(b)
			if err != nil {
				return
			}
			if _, err := terminal.Write(b[:n]); err != nil {
				return
			}
		}
	}()
	go func() {
		b := make([]byte, 64<<10)
		for {
			n, err := terminal.Read(b)
			if err != nil {
				return
			}
			w.mu.Lock()
			_, _ = w.screen.Write(b[:n])
			w.mu.Unlock()
			select {
			case w.changed <- struct{}{}:
			default:
			}
		}
	}()
	return w
}

func (w *watch) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.screen.String()
}

func (w *watch) until(limit time.Duration, ok func(string) bool) error {
	deadline := time.After(limit)
	for {
		if ok(strings.TrimRight(w.text(), "\n ")) {
			return nil
		}
		select {
		case <-w.changed:
		case <-deadline:
			return fmt.Errorf("waited %v in vain; the screen:\n%s", limit, w.text())
		}
	}
}

// childOf is the explorer itself: the program runs it as a child.
func childOf(pid int) (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) == 0 {
		// Started by another thread of the parent.
		all, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
		if err != nil {
			return 0, err
		}
		for _, path := range all {
			if text, err := os.ReadFile(path); err == nil {
				fields = append(fields, strings.Fields(string(text))...)
			}
		}
	}
	if len(fields) == 0 {
		return 0, fmt.Errorf("process %d has no child", pid)
	}
	return strconv.Atoi(fields[0])
}

// processTime is the processor time of another process.
func processTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0
	}
	system, err := strconv.Atoi(fields[12])
	if err != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond // ticks of 1/100 s
}

// intake is what receiving the same messages into a history takes, without a
// screen, in seconds of processor time.
func intake(endpoints []string, watching time.Duration) (float64, error) {
	settings := &config.Settings{}
	for _, e := range endpoints {
		settings.Endpoints = append(settings.Endpoints, config.Endpoint{Name: e, Address: e})
	}
	c, err := client.New(settings)
	if err != nil {
		return 0, err
	}
	kept := history.New(history.Options{MergeDuplicates: true})
	defer kept.Close()
	ctx, cancel := context.WithTimeout(context.Background(), watching)
	defer cancel()
	before := cpuTime()
	err = c.Run(ctx, func(batch []bus.Message) bool { kept.Append(batch); return true })
	return (cpuTime() - before).Seconds(), err
}
