package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The explorer counts a flood to the last message, in bounded memory.
func TestExplorerBooksBalanceAfterAFlood(t *testing.T) {
	needZMQ(t)
	count := 60_000
	if *long {
		count = 600_000
	}
	flood := start(t, os.Environ(), python, "testdata/flood.py", fmt.Sprint(count), "1200")
	endpoint := flood.line(t)
	m := openTmux(t, 160, 40)
	m.typed(binary + " --memory 32M --endpoint " + endpoint)
	m.keys("Enter")
	if said := flood.line(t); said != "sent" {
		t.Fatalf("the flood said %q", said)
	}
	// Below a hundred thousand nothing is abbreviated, above neither: the
	// header's counters are exact.
	m.waitFor("seen "+grouped(count), "drop 0")
	child := childOf(m)
	if kib := residentKiB(t, child); kib > 32<<10+160<<10 {
		t.Errorf("%d KiB resident with a budget of 32 MiB", kib)
	}
	// A filter over what is left changes how it is divided, not the sum.
	m.typed("f")
	m.typed("-flood")
	m.keys("Enter")
	m.waitFor("shown 0")
	m.typed("q")
	screen := m.waitFor("received ")
	books := map[string]int{}
	for _, pair := range regexp.MustCompile(`([a-z]+) (\d+)`).FindAllStringSubmatch(screen[strings.Index(screen, "received "):], -1) {
		n, err := strconv.Atoi(pair[2])
		if err != nil {
			t.Fatal(err)
		}
		books[pair[1]] = n
	}
	if books["received"] != count || books["dropped"] != 0 || books["malformed"] != 0 {
		t.Errorf("books %v", books)
	}
	if sum := books["shown"] + books["hidden"] + books["duplicates"] + books["evicted"] + books["malformed"]; sum != books["received"] {
		t.Errorf("books do not balance: %v", books)
	}
	if books["evicted"] == 0 {
		t.Errorf("nothing was evicted: the budget was not tested: %v", books)
	}
	m.restored()
}

func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// residentKiB is the memory of a process as the system counts it.
func residentKiB(t *testing.T, pid string) int {
	t.Helper()
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kib
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
