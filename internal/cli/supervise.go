package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
)

// A full-screen program that dies leaves the terminal in raw mode, on the
// alternate screen, with the cursor hidden. Bubble Tea restores it after a
// panic in its own loop; it cannot after one in another goroutine, in its
// renderer, after a fatal error of the runtime or a kill. So the explorer runs
// in a child process, and its parent, which does nothing but wait, puts the
// terminal right whatever happened.
//
// The child says on a pipe that it ended in order. If it did not, what it wrote
// to standard error is kept as a crash report. On another pipe the child learns
// that its parent is gone, and ends: nobody would put the terminal right then.

// supervisedEnv tells the child which file descriptor to say goodbye on.
const supervisedEnv = "FEDMSG_TUI_SUPERVISED"

// The child's ends of the pipes: the first after standard error.
const (
	goodbyeFD = 3 // the child writes
	parentFD  = 4 // the child reads the end, and nothing else ever
)

// restoreScreen undoes what a full-screen program may have switched on: mouse,
// focus and paste reports, keyboard protocols, synchronised output, colours,
// the hidden cursor, the alternate screen. Unknown sequences are ignored by
// terminals, and switching off what is off does no harm.
const restoreScreen = "\x1b[?2026l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[?2004l" +
	"\x1b[>4;0m\x1b[<u\x1b]110\x07\x1b]111\x07\x1b[m\x1b[?1049l\x1b[?25h\r"

// supervised reports whether this process is such a child.
func supervised() bool { return os.Getenv(supervisedEnv) != "" }

// sayGoodbye tells the parent that the child ends in order.
func sayGoodbye() {
	pipe := os.NewFile(goodbyeFD, "goodbye")
	if pipe == nil {
		return
	}
	// A parent that is gone does not need to be told.
	_, _ = pipe.WriteString("done")
	_ = pipe.Close()
}

// endWithParent returns a context that ends when the parent does.
func endWithParent(ctx context.Context) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	syscall.CloseOnExec(goodbyeFD)
	syscall.CloseOnExec(parentFD)
	pipe := os.NewFile(parentFD, "parent")
	// It ends with the parent or with this process: there is nobody to wait
	// for it, and nothing it holds.
	go func() {
		_, _ = pipe.Read(make([]byte, 1))
		cancel()
	}()
	return ctx
}

// supervise runs the program again as a child with the same arguments, and
// returns its exit status. tty is the terminal to put right.
func supervise(ctx context.Context, args []string, tty *os.File, std streams) (int, error) {
	self, err := os.Executable()
	if err != nil {
		return exitFailed, fmt.Errorf("find our own executable: %w", err)
	}
	before, err := term.GetState(tty.Fd())
	if err != nil {
		return exitFailed, fmt.Errorf("read the terminal's settings: %w", err)
	}
	report, err := os.CreateTemp("", "fedmsg-tui-*.log") // 0600: it may quote messages
	if err != nil {
		return exitFailed, fmt.Errorf("make a file for errors: %w", err)
	}
	defer report.Close()
	goodbye, childEnd, err := os.Pipe()
	if err != nil {
		return exitFailed, fmt.Errorf("make a pipe: %w", err)
	}
	defer goodbye.Close()
	childAlive, alive, err := os.Pipe()
	if err != nil {
		childEnd.Close()
		return exitFailed, fmt.Errorf("make a pipe: %w", err)
	}
	defer alive.Close() // held open as long as this process lives

	cmd := exec.Command(self, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, report
	cmd.ExtraFiles = []*os.File{childEnd, childAlive}
	cmd.Env = append(os.Environ(), supervisedEnv+"=1", "GOTRACEBACK=all")
	// The terminal sends ctrl+c and hangups to both of us; the child ends in
	// its own time, and the parent must outlive it.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		childEnd.Close()
		childAlive.Close()
		os.Remove(report.Name())
		return exitFailed, fmt.Errorf("start the explorer: %w", err)
	}
	childEnd.Close()
	childAlive.Close()
	// Without its name the file goes away with the last of us, however we end.
	// Where a file in use cannot be removed, it is left to the system's cleaning.
	_ = os.Remove(report.Name())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var waitErr error
wait:
	for {
		select {
		case s := <-signals:
			// Sent to us alone (kill PID): hand it on. From the terminal the
			// child has it already, and a second one does no harm.
			_ = cmd.Process.Signal(s)
		case waitErr = <-ended:
			break wait
		}
	}
	said, _ := io.ReadAll(io.LimitReader(goodbye, 16))
	var exit *exec.ExitError
	if waitErr != nil && !errors.As(waitErr, &exit) {
		return exitFailed, fmt.Errorf("wait for the explorer: %w", waitErr)
	}
	if string(said) == "done" {
		copyReport(std.err, report)
		return cmd.ProcessState.ExitCode(), nil
	}
	_ = term.Restore(tty.Fd(), before)
	_, _ = io.WriteString(tty, restoreScreen)
	return exitFailed, crashed(report, cmd.ProcessState)
}

// copyReport hands on what an orderly child wrote to standard error.
func copyReport(w io.Writer, report *os.File) {
	if _, err := report.Seek(0, io.SeekStart); err == nil {
		_, _ = io.Copy(w, io.LimitReader(report, 1<<20))
	}
}

// crashed keeps the report and says where it is.
func crashed(report *os.File, state *os.ProcessState) error {
	what := state.String()
	var text strings.Builder
	copyReport(&text, report)
	if text.Len() == 0 {
		return fmt.Errorf("ended from outside: %s", what)
	}
	for line := range strings.Lines(text.String()) {
		if strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			what = strings.TrimSpace(line)
			break
		}
	}
	path, err := keepReport(text.String())
	if err != nil {
		return fmt.Errorf("crashed: %s; its report could not be kept: %w", what, err)
	}
	return fmt.Errorf("crashed: %s; the report is in %s, please send it to the authors", what, path)
}

// keepReport writes a report into the state directory. 0600: it may quote
// messages.
func keepReport(text string) (path string, err error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(home, ".local", "state")
	}
	dir = filepath.Join(dir, "fedmsg-tui")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "crash-"+time.Now().Format("20060102-150405")+".log")
	return path, os.WriteFile(path, []byte(text), 0o600)
}
