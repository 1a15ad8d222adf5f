// Command bench measures what the program promises, each figure beside its
// peer's in the same run, because machines differ and are noisy:
//
//	go run ./internal/bench [-count 600000] [-rounds 3]
//
// The peers are crypto/rsa and CPython's json module for signatures, and for
// receiving libzmq's own C subscriber: gcc and libzmq's headers must be there
// (Debian's libzmq3-dev). Where they are not, it is left out and said.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
)

func main() {
	count := flag.Int("count", 600_000, "messages per measurement")
	rounds := flag.Int("rounds", 3, "rounds; the median counts")
	endpoint := flag.String("receive", "", "only receive -count messages from this endpoint: what a measurement runs as a child")
	only := flag.String("only", "", "measure only this: receive, explorer or signatures")
	flag.Parse()
	debug.SetGCPercent(400) // as the program itself does
	var err error
	if *endpoint != "" {
		err = receive(*endpoint, *count)
	} else {
		err = bench(*count, *rounds, *only)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(count, rounds int, only string) error {
	dir, err := os.MkdirTemp("", "fedmsg-tui-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "fedmsg-tui")
	build := exec.Command("go", "build", "-o", binary, "fedmsg-tui")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build the program: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	peer, err := buildPeer(dir)
	if err != nil {
		fmt.Println("without libzmq's subscriber:", err)
	}
	var ours, tails, theirs []result
	for range rounds {
		if only == "explorer" || only == "signatures" {
			break
		}
		if peer != "" {
			r, err := measure(count, func(endpoint string) *exec.Cmd {
				return exec.Command(peer, endpoint, fmt.Sprint(count))
			})
			if err != nil {
				return fmt.Errorf("libzmq: %w", err)
			}
			theirs = append(theirs, r)
		}
		r, err := measure(count, func(endpoint string) *exec.Cmd {
			return exec.Command(self, "-receive", endpoint, "-count", fmt.Sprint(count))
		})
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
		ours = append(ours, r)
		r, err = measure(count, func(endpoint string) *exec.Cmd {
			cmd := exec.Command(binary, "tail", "--json", "--endpoint", endpoint, "--count", fmt.Sprint(count), "--timeout", "20s")
			cmd.Env = append(os.Environ(), "HOME="+filepath.Join(dir, "home"), "XDG_CONFIG_HOME="+filepath.Join(dir, "home"))
			cmd.Dir = dir
			return cmd
		})
		if err != nil {
			return fmt.Errorf("tail --json: %w", err)
		}
		tails = append(tails, r)
	}
	if len(tails) > 0 {
		fmt.Printf("%d messages of %d bytes from a raw sender of encoded frames, median of %d rounds\n", count, bodyBytes, rounds)
	}
	report("libzmq's C subscriber", theirs, theirs)
	report("bus/zmq Source, counted only", ours, theirs)
	report("fedmsg-tui tail --json >/dev/null", tails, theirs)
	for _, rate := range []int{1000, 50_000} {
		if only == "receive" || only == "signatures" {
			break
		}
		if err := screen(binary, dir, rate, 100); err != nil {
			return fmt.Errorf("explorer: %w", err)
		}
	}
	if only == "" || only == "signatures" {
		if err := signatures(binary, dir, rounds); err != nil {
			return fmt.Errorf("signatures: %w", err)
		}
	}
	return nil
}
