package e2e

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var long = flag.Bool("long", false, "run the tests that take long in full")

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "fedmsg-tui-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "fedmsg-tui")
	build := exec.Command("go", "build", "-o", binary, "fedmsg-tui")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build the program:", err)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// peer skips a test that needs a program that is not here.
func peer(t *testing.T, what string, present bool) {
	t.Helper()
	if present {
		return
	}
	if os.Getenv("FEDMSG_TUI_PEERS") == "require" {
		t.Fatalf("%s is missing, and FEDMSG_TUI_PEERS says it is required", what)
	}
	t.Skipf("%s is missing", what)
}

const python = "/usr/bin/python3"

func needZMQ(t *testing.T) {
	t.Helper()
	peer(t, "Python's zmq module (Debian: python3-zmq)", exec.Command(python, "-c", "import zmq").Run() == nil)
}

// home gives a program a home of its own, without settings.
func home(t *testing.T) []string {
	dir := t.TempDir()
	env := []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_STATE_HOME=" + dir, "TMPDIR=" + dir, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "LANG=C.UTF-8"}
	return env
}

// outcome is what a finished run of the program left.
type outcome struct {
	out, err string
	code     int
}

// run runs the program to its end.
func run(t *testing.T, args ...string) outcome {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Env = home(t)
	cmd.Dir = t.TempDir()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// A run that hangs is ended, and its test fails by what it then lacks.
	limit := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	_ = cmd.Wait()
	return outcome{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// background is a program that runs while a test does.
type background struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	stdin interface{ Close() error }
}

// start runs a program in the background until the test ends.
func start(t *testing.T, env []string, name string, args ...string) *background {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &background{cmd: cmd, lines: bufio.NewScanner(stdout), stdin: stdin}
	t.Cleanup(func() {
		stdin.Close()
		limit := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		limit.Stop()
	})
	return b
}

// line is the next line the program prints.
func (b *background) line(t *testing.T) string {
	t.Helper()
	if !b.lines.Scan() {
		t.Fatalf("%s ended without another line: %v", strings.Join(b.cmd.Args, " "), b.lines.Err())
	}
	return b.lines.Text()
}
