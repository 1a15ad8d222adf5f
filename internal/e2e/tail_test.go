package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Every message of a flood is printed once and in order.
func TestTailLosesNothingOfAFlood(t *testing.T) {
	needZMQ(t)
	count := 60_000
	if *long {
		count = 600_000
	}
	flood := start(t, os.Environ(), python, "testdata/flood.py", fmt.Sprint(count), "1200")
	endpoint := flood.line(t)
	cmd := exec.Command(binary, "tail", "--endpoint", endpoint, "--json", "--count", fmt.Sprint(count), "--timeout", "30s")
	cmd.Env = home(t)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReaderSize(out, 1<<20)
	for i := range count {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatalf("line %d: %v\n%s", i, err, errs.String())
		}
		if want := fmt.Sprintf(`{"i":%d,"msg":`, i); !strings.HasPrefix(string(line), want) {
			t.Fatalf("line %d begins %.40q, want %q", i, line, want)
		}
		if i%1000 == 0 && !json.Valid(line) {
			t.Fatalf("line %d is not JSON", i)
		}
	}
	if rest, err := lines.ReadString('\n'); err == nil {
		t.Errorf("one line too many: %.80q", rest)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("tail ended with %v", err)
	}
	if want := fmt.Sprintf("printed %d, hidden 0, malformed 0, dropped 0", count); !strings.Contains(errs.String(), want) {
		t.Errorf("books %q, want %q", errs.String(), want)
	}
}

// bus runs the demo's bus without a screen and returns its endpoints.
func bus(t *testing.T, args ...string) []string {
	t.Helper()
	b := start(t, home(t), binary, append([]string{"demo", "--serve"}, args...)...)
	t.Cleanup(func() { _ = b.cmd.Process.Signal(os.Interrupt) })
	var said struct {
		Endpoints []string `json:"endpoints"`
	}
	if err := json.Unmarshal([]byte(b.line(t)), &said); err != nil {
		t.Fatal(err)
	}
	if len(said.Endpoints) == 0 {
		t.Fatal("the bus has no endpoint")
	}
	return said.Endpoints
}

func endpointFlags(endpoints []string) []string {
	var flags []string
	for _, e := range endpoints {
		flags = append(flags, "--endpoint", e)
	}
	return flags
}

func TestTailFormats(t *testing.T) {
	flags := endpointFlags(bus(t, "--rate", "500"))
	tail := func(args ...string) outcome {
		return run(t, append(append([]string{"tail", "--count", "5", "--timeout", "20s"}, flags...), args...)...)
	}
	for name, c := range map[string]struct {
		args  []string
		check func(line string) bool
	}{
		"line":  {nil, func(l string) bool { return len(strings.Fields(l)) >= 3 }},
		"json":  {[]string{"--json"}, func(l string) bool { return json.Valid([]byte(l)) && l[0] == '{' }},
		"query": {[]string{"--query", "topic"}, func(l string) bool { return strings.Count(l, ".") >= 3 && !strings.Contains(l, " ") }},
		"filter": {[]string{"--filter", "topic:org.debian.*", "--query", "topic"},
			func(l string) bool { return strings.HasPrefix(l, "org.debian.") }},
		"include": {[]string{"--include", `^org\.debian`, "--query", "topic"},
			func(l string) bool { return strings.HasPrefix(l, "org.debian.") }},
		"exclude": {[]string{"--exclude", `^org\.fedoraproject`, "--query", "topic"},
			func(l string) bool { return !strings.HasPrefix(l, "org.fedoraproject") }},
		"topic": {[]string{"--topic", "org.debian.", "--query", "topic"},
			func(l string) bool { return strings.HasPrefix(l, "org.debian.") }},
	} {
		t.Run(name, func(t *testing.T) {
			got := tail(c.args...)
			if got.code != 0 {
				t.Fatalf("exit status %d: %s", got.code, got.err)
			}
			lines := strings.Split(strings.TrimSuffix(got.out, "\n"), "\n")
			if len(lines) != 5 {
				t.Errorf("%d lines:\n%s", len(lines), got.out)
			}
			for _, l := range lines {
				if l == "" || !c.check(l) {
					t.Errorf("line %q", l)
				}
			}
		})
	}
	for _, format := range []string{"--pretty", "--really-pretty"} {
		if got := tail(format); got.code != 0 || !strings.Contains(got.out, "topic") || strings.Contains(got.out, "\x1b") {
			t.Errorf("%s: exit status %d: %s%s", format, got.code, got.out, got.err)
		}
	}
	_, err := exec.LookPath("cowsay")
	peer(t, "cowsay", err == nil)
	if got := tail("--cowsay"); got.code != 0 || strings.Count(got.out, "(oo)") != 5 {
		t.Errorf("cowsay: exit status %d: %s%s", got.code, got.out, got.err)
	}
}

func TestTailGivesUp(t *testing.T) {
	endpoint := bus(t, "--rate", "1")[0]
	got := run(t, "tail", "--endpoint", endpoint, "--count", "3", "--include", "no such topic", "--timeout", "300ms")
	if got.code != 1 || !strings.Contains(got.err, "gave up after 300ms") || !strings.Contains(got.err, "printed 0") {
		t.Errorf("exit status %d: %q", got.code, got.err)
	}
	if got := run(t, "tail", "--endpoint", endpoint, "--include", "no such topic", "--timeout", "300ms"); got.code != 0 {
		t.Errorf("without --count: exit status %d: %q", got.code, got.err)
	}
}

// running is a tail whose standard output the test reads, or does not.
type running struct {
	cmd  *exec.Cmd
	out  io.ReadCloser
	errs strings.Builder
}

// startTail starts a tail and waits for its first byte.
func startTail(t *testing.T, endpoint string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(binary, "tail", "--endpoint", endpoint, "--json")}
	r.cmd.Env = home(t)
	r.cmd.Stderr = &r.errs
	var err error
	if r.out, err = r.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	limit := time.AfterFunc(20*time.Second, func() { _ = r.cmd.Process.Kill() })
	t.Cleanup(func() { limit.Stop() })
	if _, err := r.out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("nothing printed: %v", err)
	}
	return r
}

// interrupt is ctrl+c; it returns the exit status.
func (r *running) interrupt(t *testing.T) int {
	t.Helper()
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := r.cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return r.cmd.ProcessState.ExitCode()
}

// ctrl+c ends a stream in order: status 0 and the books.
func TestTailEndsOnInterrupt(t *testing.T) {
	r := startTail(t, bus(t, "--rate", "200")[0])
	go func() { _, _ = io.Copy(io.Discard, r.out) }() // what is buffered must not block the end
	if code := r.interrupt(t); code != 0 || !strings.Contains(r.errs.String(), "received ") {
		t.Errorf("exit status %d, %q", code, r.errs.String())
	}
}

// What goes wrong is said in one line: what, why, what next.
func TestMistakesAreOneLine(t *testing.T) {
	taken := bus(t, "--rate", "1")
	port := taken[0][strings.LastIndexByte(taken[0], ':')+1:]
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"unknown flag":        {[]string{"--bogus"}, 2, "unknown flag: --bogus"},
		"unknown command":     {[]string{"tial"}, 2, "unknown command"},
		"no value":            {[]string{"tail", "--count"}, 2, "needs an argument"},
		"not a number":        {[]string{"tail", "--count", "many"}, 2, "--count"},
		"surplus argument":    {[]string{"tail", "extra"}, 2, "takes no arguments"},
		"bad regexp":          {[]string{"tail", "--include", "(", "--endpoint", "tcp://127.0.0.1:1"}, 2, "--include"},
		"bad filter":          {[]string{"tail", "--filter", "topc:x", "--endpoint", "tcp://127.0.0.1:1"}, 2, "topic"},
		"formats clash":       {[]string{"tail", "--json", "--pretty", "--endpoint", "tcp://127.0.0.1:1"}, 2, "cannot be combined"},
		"bad endpoint":        {[]string{"tail", "--endpoint", "127.0.0.1:9940"}, 2, "tcp://"},
		"unknown transport":   {[]string{"tail", "--endpoint", "pgm://eth0;239.1.1.1:5555"}, 2, "pgm"},
		"no port":             {[]string{"tail", "--endpoint", "tcp://127.0.0.1"}, 2, "PORT"},
		"nothing configured":  {[]string{"tail"}, 1, "--endpoint"},
		"explorer, no screen": {[]string{"--endpoint", "tcp://127.0.0.1:1"}, 1, "terminal"},
		"no such settings":    {[]string{"tail", "--config", "/nonexistent.toml"}, 1, "/nonexistent.toml"},
		"no such fedmsg.d":    {[]string{"tail", "--fedmsg-config", "/nonexistent.d"}, 1, "/nonexistent.d"},
		"empty query":         {[]string{"tail", "--query", "", "--endpoint", "tcp://127.0.0.1:1"}, 2, "--query"},
		"bad size":            {[]string{"--memory", "lots"}, 2, "--memory"},
		"bad rate":            {[]string{"demo", "--serve", "--rate", "fast"}, 2, "--rate"},
		"port in use":         {[]string{"demo", "--serve", "--port", port}, 1, "in use"},
		"bad port":            {[]string{"demo", "--serve", "--port", "99999"}, 2, "--port"},
		"query unknown key":   {[]string{"config", "--query", "no.such.key"}, 1, "no.such.key"},
		"host does not exist": {[]string{"tail", "--endpoint", "tcp://no-such-host.invalid:9940", "--count", "1", "--timeout", "3s"}, 1, "no-such-host.invalid"},
		"nobody listens":      {[]string{"tail", "--endpoint", "tcp://127.0.0.1:1", "--count", "1", "--timeout", "1s"}, 1, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, c.args...)
			if got.code != c.code {
				t.Errorf("exit status %d, want %d: %s", got.code, c.code, got.err)
			}
			if !strings.Contains(got.err, c.says) {
				t.Errorf("does not say %q: %s", c.says, got.err)
			}
			if got.out != "" {
				t.Errorf("on standard output: %q", got.out)
			}
			last := strings.Split(strings.TrimSpace(got.err), "\n")
			if !strings.HasPrefix(last[len(last)-1], "fedmsg-tui: ") || len(last) > 3 {
				t.Errorf("not one line: %q", got.err)
			}
		})
	}
}

// --log tells what happened to endpoints, and settings that do nothing yet are
// not passed over in silence.
func TestLogAndSettingsWithoutEffect(t *testing.T) {
	endpoint := bus(t, "--rate", "100")[0]
	dir := t.TempDir()
	settings, log := filepath.Join(dir, "config.toml"), filepath.Join(dir, "log.json")
	if err := os.WriteFile(settings, []byte("record = \"x.fmsg\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, "tail", "--config", settings, "--endpoint", endpoint, "--count", "1", "--log", log)
	if got.code != 0 || !strings.Contains(got.err, "record has no effect yet") {
		t.Errorf("exit status %d: %s", got.code, got.err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"msg":"connected"`, endpoint, "no effect yet"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the log lacks %q: %s", want, text)
		}
	}
	for line := range strings.Lines(string(text)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
	if got := run(t, "tail", "--endpoint", endpoint, "--count", "1", "--log", dir); got.code != 1 || !strings.Contains(got.err, "open the log") {
		t.Errorf("a folder as log: exit status %d: %s", got.code, got.err)
	}
}

// A reader that takes nothing cannot keep the program from ending, and the
// books are told all the same.
func TestTailEndsThoughItsOutputIsStalled(t *testing.T) {
	r := startTail(t, bus(t, "--rate", "20000")[0])
	defer r.out.Close()
	code := r.interrupt(t)
	if said := r.errs.String(); code != 1 || !strings.Contains(said, "standard output takes nothing") || !strings.Contains(said, "received ") {
		t.Errorf("exit status %d, %q", code, said)
	}
}

// A filter that cannot be read is blamed on where it was written.
func TestBadFilterOfAFileIsBlamedOnTheFile(t *testing.T) {
	settings := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(settings, []byte("\nfilter = \"topc:x\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t, "tail", "--config", settings, "--endpoint", "tcp://127.0.0.1:1")
	if got.code != 1 || !strings.Contains(got.err, "config.toml:2: filter: ") || strings.Contains(got.err, "--filter") {
		t.Errorf("exit status %d: %s", got.code, got.err)
	}
}
