package zmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestParseEndpoint(t *testing.T) {
	for _, row := range []struct {
		text    string
		want    Endpoint
		written string // by String, when not text
		dial    string // network and address; "" cannot be dialled
		listen  string
	}{
		{text: "tcp://127.0.0.1:9940", want: Endpoint{"tcp", "127.0.0.1", 9940, ""}, dial: "tcp 127.0.0.1:9940", listen: "tcp 127.0.0.1:9940"},
		{text: "tcp://localhost:9940", want: Endpoint{"tcp", "localhost", 9940, ""}, dial: "tcp localhost:9940", listen: "tcp localhost:9940"},
		{text: "tcp://hub.example.org:9940", want: Endpoint{"tcp", "hub.example.org", 9940, ""}, dial: "tcp hub.example.org:9940", listen: "tcp hub.example.org:9940"},
		{text: "tcp://*:9940", want: Endpoint{"tcp", "*", 9940, ""}, dial: "tcp 127.0.0.1:9940", listen: "tcp :9940"},
		{text: "tcp://*:*", want: Endpoint{"tcp", "*", 0, ""}, written: "tcp://*:0", listen: "tcp :0"},
		{text: "tcp://127.0.0.1:*", want: Endpoint{"tcp", "127.0.0.1", 0, ""}, written: "tcp://127.0.0.1:0", listen: "tcp 127.0.0.1:0"},
		{text: "tcp://[::1]:9940", want: Endpoint{"tcp", "::1", 9940, ""}, dial: "tcp [::1]:9940", listen: "tcp [::1]:9940"},
		{text: "tcp://[fe80::1%eth0]:1", want: Endpoint{"tcp", "fe80::1%eth0", 1, ""}, dial: "tcp [fe80::1%eth0]:1", listen: "tcp [fe80::1%eth0]:1"},
		{text: " tcp://host:1\n", want: Endpoint{"tcp", "host", 1, ""}, written: "tcp://host:1", dial: "tcp host:1", listen: "tcp host:1"},
		{text: "ipc:///run/bus.sock", want: Endpoint{"ipc", "", 0, "/run/bus.sock"}, dial: "unix /run/bus.sock", listen: "unix /run/bus.sock"},
		{text: "ipc://@bus", want: Endpoint{"ipc", "", 0, "@bus"}, dial: "unix @bus", listen: "unix @bus"},
	} {
		got, err := ParseEndpoint(row.text)
		if err != nil || got != row.want {
			t.Errorf("%q: %+v, %v; want %+v", row.text, got, err, row.want)
			continue
		}
		if row.written == "" {
			row.written = row.text
		}
		if got.String() != row.written {
			t.Errorf("%q is written %q", row.text, got)
		}
		if again, err := ParseEndpoint(got.String()); err != nil || again != got {
			t.Errorf("%q: %+v, %v when read again", row.text, again, err)
		}
		network, address, err := got.dialAddress()
		if row.dial == "" {
			if !errors.Is(err, ErrEndpoint) {
				t.Errorf("%q can be dialled: %v", row.text, err)
			}
		} else if network+" "+address != row.dial || err != nil {
			t.Errorf("%q dials %s %s, %v", row.text, network, address, err)
		}
		if network, address := got.listenAddress(); network+" "+address != row.listen {
			t.Errorf("%q listens on %s %s", row.text, network, address)
		}
	}
}

func TestParseEndpointSaysWhatToWrite(t *testing.T) {
	for text, words := range map[string]string{
		"":                                  "no transport; write tcp://host:port",
		"host:9940":                         "no transport; write tcp://host:port",
		"pgm://239.192.1.1:5555":            `transport "pgm" is not supported; use tcp:// or ipc://`,
		"inproc://x":                        `transport "inproc" is not supported`,
		"TCP://host:1":                      `transport "TCP" is not supported`,
		"amqps://rabbitmq.example":          "an AMQP broker is not a ZeroMQ endpoint",
		"tcp://host":                        "no port; write tcp://host:9940",
		"tcp://":                            "no port; write tcp://host:9940",
		"tcp://host:":                       "no port; write tcp://host:9940",
		"tcp://[::1]":                       "no port; write tcp://host:9940",
		"tcp://:9940":                       "no host; write tcp://127.0.0.1:9940, or tcp://*:9940",
		"tcp://::1:9940":                    "an IPv6 address goes into brackets",
		"tcp://[::g]:9940":                  `"::g" is not an IPv6 address`,
		"tcp://host:99400":                  `port "99400" is not a number from 0 to 65535`,
		"tcp://host:-1":                     `port "-1" is not a number`,
		"tcp://host:9940/":                  `port "9940/" is not a number`,
		"tcp://ho st:9940":                  "' ' cannot be part of a host name",
		"tcp://host/x:9940":                 "'/' cannot be part of a host name",
		"tcp://eth0;host:9940":              "a source address before the host is not supported",
		"tcp://[ho\x1b]:9940":               `'\x1b' cannot be part of a host name`,
		"ipc://":                            "no path; write ipc:///run/name.sock",
		"ipc://@":                           "no path; write ipc:///run/name.sock",
		"ipc://*":                           "a path chosen by the system is not supported",
		"ipc:///a\x00b":                     "zero byte",
		"ipc://" + strings.Repeat("x", 108): "longer than the 107 bytes",
	} {
		_, err := ParseEndpoint(text)
		if !errors.Is(err, ErrEndpoint) || !strings.Contains(err.Error(), words) || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("%q: %v, want %q in it", text, err, words)
		}
	}
	if _, err := ParseEndpoint("tcp://user:secret@host:1"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a password is quoted: %v", err)
	}
	if _, err := NewSource(1, "tcp://host:0", SourceOptions{}); !errors.Is(err, ErrEndpoint) {
		t.Errorf("a source without a port: %v", err)
	}
}

func TestDialTrouble(t *testing.T) {
	for _, row := range []struct {
		cause error
		words string
	}{
		{&net.DNSError{Name: "hub.example", IsNotFound: true}, `no such host "hub.example": check the name in tcp://hub.example:9940`},
		{&net.DNSError{Name: "hub.example", Err: "server misbehaving"}, "cannot look up the host of tcp://hub.example:9940: server misbehaving"},
		{syscall.ECONNREFUSED, "refused: nothing listens on tcp://hub.example:9940"},
		{os.ErrNotExist, "no such socket: nothing has been bound to tcp://hub.example:9940"},
		{syscall.EACCES, "not allowed to connect to tcp://hub.example:9940"},
		{syscall.ENETUNREACH, "no route to tcp://hub.example:9940"},
		{context.DeadlineExceeded, "no answer from tcp://hub.example:9940 in 5s"},
		{os.ErrDeadlineExceeded, "no answer from tcp://hub.example:9940 in 5s"},
		{errors.New("odd"), "cannot connect to tcp://hub.example:9940: dial: odd"},
	} {
		err := tellDial("tcp://hub.example:9940", 5*time.Second, fmt.Errorf("dial: %w", row.cause))
		if err.Error() != row.words {
			t.Errorf("%v: %q, want %q", row.cause, err, row.words)
		}
		if !errors.Is(err, row.cause) {
			t.Errorf("%q has lost its cause", err)
		}
	}
}
