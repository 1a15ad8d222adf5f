package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/zmq"
)

// result is one measurement.
type result struct {
	perSecond float64
	cpu       time.Duration // of the receiver, for all messages
	count     int
}

// measure runs a receiver as a process of its own.
func measure(count int, command func(endpoint string) *exec.Cmd) (result, error) {
	s, err := listen(count)
	if err != nil {
		return result{}, err
	}
	cmd := command(s.endpoint())
	var errs bytes.Buffer
	cmd.Stderr = &errs
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return result{}, err
	}
	defer null.Close()
	cmd.Stdout = null // a file, so that nobody stands between
	if err := cmd.Run(); err != nil {
		s.listener.Close()
		return result{}, fmt.Errorf("%s: %w: %s", cmd.Path, err, errs.String())
	}
	elapsed := time.Since(s.began)
	if err := <-s.done; err != nil {
		return result{}, err
	}
	return result{float64(count) / elapsed.Seconds(), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), count}, nil
}

// receive is the program's source as a process of its own, that counts COUNT
// messages from an endpoint and ends: what libzmq's subscriber does.
func receive(endpoint string, count int) error {
	source, err := zmq.NewSource(1, endpoint, zmq.SourceOptions{})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	sink := &counter{want: count, enough: cancel}
	if err := source.Run(ctx, sink); err != nil {
		return err
	}
	if sink.got < count {
		return fmt.Errorf("%d of %d messages", sink.got, count)
	}
	return nil
}

type counter struct {
	got, want int
	enough    func()
}

func (c *counter) Deliver(batch []bus.Message) bool {
	c.got += len(batch)
	if c.got >= c.want {
		c.enough()
		return false
	}
	return true
}

func (c *counter) Report(bus.Event) {}

// cpuTime is what this process has used.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func median(all []result) result {
	sorted := slices.Clone(all)
	slices.SortFunc(sorted, func(a, b result) int {
		switch {
		case a.perSecond < b.perSecond:
			return -1
		case a.perSecond > b.perSecond:
			return 1
		}
		return 0
	})
	return sorted[len(sorted)/2]
}

func report(name string, all, peer []result) {
	if len(all) == 0 {
		return
	}
	m := median(all)
	line := fmt.Sprintf("%-36s %9.0f/s  %5.2f us of processor each", name, m.perSecond, float64(m.cpu.Microseconds())/float64(m.count))
	if len(peer) > 0 {
		line += fmt.Sprintf("  %.2f times the peer", m.perSecond/median(peer).perSecond)
	}
	fmt.Println(line)
}

// buildPeer compiles libzmq's subscriber.
func buildPeer(dir string) (string, error) {
	if _, err := exec.LookPath("gcc"); err != nil {
		return "", errors.New("gcc is not installed")
	}
	source := filepath.Join(dir, "subscriber.c")
	if err := os.WriteFile(source, []byte(subscriberC), 0o600); err != nil {
		return "", err
	}
	out := filepath.Join(dir, "subscriber")
	if text, err := exec.Command("gcc", "-O2", "-o", out, source, "-lzmq").CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile it: %w: %s", err, text)
	}
	return out, nil
}

// subscriberC receives N messages of two frames and ends.
const subscriberC = `
#include <stdlib.h>
#include <unistd.h>
#include <zmq.h>
int main(int argc, char **argv) {
	long left = atol(argv[2]);
	void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_SUB);
	int unlimited = 0;
	zmq_setsockopt(socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited);
	zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
	if (argc < 3 || zmq_connect(socket, argv[1])) return 1;
	zmq_msg_t frame;
	zmq_msg_init(&frame);
	while (left-- > 0)
		for (int i = 0; i < 2; i++)
			if (zmq_msg_recv(&frame, socket, 0) < 0) return 1;
	_exit(0);
}
`
