package zmq

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

const pythonPath = "/usr/bin/python3"

// libzmqMissing says why there is no libzmq to talk to, or "".
var libzmqMissing = sync.OnceValue(func() string {
	out, err := exec.Command(pythonPath, "-c", "import zmq").CombinedOutput()
	if err != nil {
		return fmt.Sprintf("no %s with the module zmq: %v %s", pythonPath, err, out)
	}
	return ""
})

// libzmqPeer is a process with libzmq sockets: see testdata/peer.py.
type libzmqPeer struct {
	t     *testing.T
	input io.Writer
	lines *bufio.Scanner
	pid   int
}

// startLibzmq starts a peer, or skips the test where libzmq is missing. With
// FEDMSG_TUI_PEERS=require it fails instead.
func startLibzmq(t *testing.T) *libzmqPeer {
	t.Helper()
	if why := libzmqMissing(); why != "" {
		if os.Getenv("FEDMSG_TUI_PEERS") == "require" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	process := exec.Command(pythonPath, "testdata/peer.py")
	process.Stderr = os.Stderr
	input, err := process.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		process.Process.Kill() // some tests kill it themselves
		process.Wait()
	})
	return &libzmqPeer{t, input, bufio.NewScanner(output), process.Process.Pid}
}

// ask gives one command and returns the answer.
func (p *libzmqPeer) ask(format string, args ...any) string {
	p.t.Helper()
	command := fmt.Sprintf(format, args...)
	p.tell("%s", command)
	return p.answer(command)
}

// tell gives a command; answer returns its answer.
func (p *libzmqPeer) tell(format string, args ...any) {
	p.t.Helper()
	if _, err := fmt.Fprintf(p.input, format+"\n", args...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *libzmqPeer) answer(command string) string {
	p.t.Helper()
	if !p.lines.Scan() {
		p.t.Fatalf("%s: the peer has ended: %v", command, p.lines.Err())
	}
	answer := p.lines.Text()
	if strings.HasPrefix(answer, "error:") {
		p.t.Fatalf("%s: %s", command, answer)
	}
	return answer
}
