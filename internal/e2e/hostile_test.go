package e2e

import (
	"os"
	"strings"
	"testing"

	"fedmsg-tui/bus/demo"
)

// Messages that are no messages stop nothing: each is counted, and what is
// honest is printed.
func TestOddMessagesAreCounted(t *testing.T) {
	needZMQ(t)
	odd := start(t, os.Environ(), python, "testdata/odd.py")
	got := run(t, "tail", "--endpoint", odd.line(t), "--json", "--count", "8", "--timeout", "20s")
	if got.code != 0 || strings.Count(got.out, "\n") != 8 {
		t.Errorf("exit status %d: %s%s", got.code, got.out, got.err)
	}
	if !strings.Contains(got.err, "received 16, printed 8, hidden 0, malformed 8, dropped 0") {
		t.Errorf("books: %s", got.err)
	}
}

// Peers that attack a subscriber are refused with a reason, and the honest bus
// beside them is read on.
func TestHostilePeersBesideAnHonestBus(t *testing.T) {
	ctx := t.Context()
	var flags []string
	for _, behaviour := range []demo.Garbage{demo.GarbageFrame, demo.GarbageBytes, demo.GarbageHTTP, demo.GarbageHangUp} {
		listener, err := demo.ListenGarbage(ctx, behaviour)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { listener.Close() })
		flags = append(flags, "--endpoint", listener.Endpoint())
	}
	flags = append(flags, endpointFlags(bus(t, "--rate", "50"))...)
	m := openTmux(t, 200, 60)
	m.typed(binary + " " + strings.Join(flags, " "))
	m.keys("Enter")
	m.waitFor("LIVE", "4 of 8 up", "org.fedoraproject")
	m.typed("gc")
	m.keys("z")
	m.waitFor("HTTP", "frame of 4611686018427387904 bytes", "by the peer", "next try in")
	m.keys("z")
	m.escape()
	// The frame that is too large is a row that says so.
	m.typed("f")
	m.typed("is:malformed")
	m.keys("Enter")
	m.waitFor("more than this program accepts")
	m.typed("q")
	screen := m.waitFor("received ")
	if strings.Contains(screen, "malformed 0,") {
		t.Errorf("books without the malformed one:\n%s", screen)
	}
	m.restored()
}
