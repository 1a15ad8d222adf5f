package zmq

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

// countingSink takes messages as cheaply as possible. It says when the first
// has come, and when target has been reached.
type countingSink struct {
	target   atomic.Int64 // 0: none yet
	messages atomic.Int64
	batches  atomic.Int64
	first    chan struct{}
	done     chan struct{}
}

func (s *countingSink) Deliver(batch []bus.Message) bool {
	if s.batches.Add(1) == 1 {
		close(s.first)
	}
	after := s.messages.Add(int64(len(batch)))
	if target := s.target.Load(); target != 0 && after >= target {
		close(s.done)
		return false
	}
	return true
}

func (s *countingSink) Report(bus.Event) {}

const benchBodyBytes = 1200

var benchTopic = "org.fedoraproject.prod.buildsys.build.state.change"

// TestMain lets the test binary be a sender as well: see startSender.
func TestMain(m *testing.M) {
	if os.Getenv("FEDMSG_TUI_ZMQ_SENDER") != "" {
		if err := sendForever(os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// sendForever serves one subscriber with messages encoded beforehand, as fast
// as it takes them, until it hangs up.
func sendForever(announce io.Writer) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(announce, "tcp://"+ln.Addr().String())
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	if err := (&rawPeer{conn}).handshake(0, "PUB"); err != nil {
		return err
	}
	encoded := bytes.Repeat(rawMessage(benchTopic, strings.Repeat("x", benchBodyBytes)), 1000)
	for {
		if _, err := conn.Write(encoded); err != nil {
			return nil // it has enough
		}
	}
}

// startSender runs sendForever in a process of its own, so that its work is
// not counted as the receiver's.
func startSender(b *testing.B) (endpoint string) {
	sender := exec.Command(os.Args[0])
	sender.Env = append(os.Environ(), "FEDMSG_TUI_ZMQ_SENDER=1")
	sender.Stderr = os.Stderr
	output, err := sender.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := sender.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		sender.Process.Kill() // it has ended already unless the benchmark failed
		sender.Wait()
	})
	lines := bufio.NewScanner(output)
	if !lines.Scan() {
		b.Fatal("the sender does not start")
	}
	return lines.Text()
}

// cpuTime is what this process has used so far.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkReceive is the whole receiving path, from a socket to the sink. An
// op is a message. On a busy machine cpu-ns/op says more than ns/op.
func BenchmarkReceive(b *testing.B) {
	sink := &countingSink{first: make(chan struct{}), done: make(chan struct{})}
	source, err := NewSource(1, startSender(b), SourceOptions{})
	if err != nil {
		b.Fatal(err)
	}
	runSource(b, source, sink)
	<-sink.first
	b.SetBytes(int64(len(rawMessage(benchTopic, strings.Repeat("x", benchBodyBytes)))))
	b.ReportAllocs()
	b.ResetTimer()
	cpu, messages, batches := cpuTime(b), sink.messages.Load(), sink.batches.Load()
	sink.target.Store(messages + int64(b.N))
	<-sink.done
	cpu = cpuTime(b) - cpu
	b.StopTimer()
	n := float64(sink.messages.Load() - messages)
	b.ReportMetric(n/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(float64(cpu)/n, "cpu-ns/op")
	b.ReportMetric(n/float64(sink.batches.Load()-batches), "msgs/batch")
}

// BenchmarkPublish sends to subscribers that read and throw away. An op is a
// message, written to all of them.
func BenchmarkPublish(b *testing.B) {
	for _, subscribers := range []int{1, 10} {
		b.Run(fmt.Sprintf("subscribers=%d", subscribers), func(b *testing.B) {
			p := startPublisher(b, "tcp://127.0.0.1:0", PublisherOptions{Block: true})
			var readers sync.WaitGroup
			for range subscribers {
				conn, err := net.Dial("tcp", strings.TrimPrefix(p.Endpoint(), "tcp://"))
				if err != nil {
					b.Fatal(err)
				}
				peer := &rawPeer{conn}
				peer.subscribe(b, 1, "org.")
				readers.Go(func() {
					io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{conn}, make([]byte, 128<<10))
					conn.Close()
				})
			}
			waitSubscribers(b, p, subscribers)
			topic, body := []byte(benchTopic), bytes.Repeat([]byte("x"), benchBodyBytes)
			b.ReportAllocs()
			b.ResetTimer()
			sent := 0
			for range b.N {
				sent += p.Send(topic, body)
			}
			if err := p.Close(soon(b)); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			readers.Wait()
			if sent != b.N*subscribers {
				b.Fatalf("%d sent, not %d", sent, b.N*subscribers)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
		})
	}
}

// BenchmarkSendUnwanted is what a message costs that nobody subscribes to.
func BenchmarkSendUnwanted(b *testing.B) {
	p := startPublisher(b, "tcp://127.0.0.1:0", PublisherOptions{})
	peer := dialRaw(b, p.Endpoint())
	prefixes := make([]string, 100)
	for i := range prefixes {
		prefixes[i] = fmt.Sprintf("org.fedoraproject.prod.%d.", i)
	}
	peer.subscribe(b, 0, prefixes...)
	eventually(b, "subscriptions", func() bool {
		peers := p.Peers()
		return len(peers) == 1 && peers[0].Prefixes == len(prefixes)
	})
	topic, body := []byte(benchTopic), []byte("x")
	for b.Loop() {
		if p.Send(topic, body) != 0 {
			b.Fatal("wanted")
		}
	}
}
