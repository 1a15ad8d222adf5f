package zmq

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Endpoint is a place to connect to or to listen on.
type Endpoint struct {
	Transport string // "tcp" or "ipc"
	Host      string // tcp: name or address; "*" is every interface
	Port      int    // tcp: 0 lets the system choose one when listening
	Path      string // ipc: a file, or "@name" in Linux's abstract namespace
}

// maxPathBytes is what fits into sockaddr_un of Linux with its final zero.
const maxPathBytes = 107

// ParseEndpoint reads an endpoint as libzmq writes it: tcp://host:port,
// tcp://*:port, tcp://[v6]:port, tcp://host:*, ipc:///path, ipc://@name. Its
// errors are one line, say what to write instead, and are [ErrEndpoint].
func ParseEndpoint(text string) (Endpoint, error) {
	transport, rest, ok := strings.Cut(strings.TrimSpace(text), "://")
	if strings.ContainsRune(rest, '@') && transport != "ipc" {
		// Not quoted: what stands before an @ may be a password.
		return Endpoint{}, tell(ErrEndpoint, nil, "bad endpoint: ZeroMQ has no user names; write tcp://host:port without an @")
	}
	bad := func(why string, args ...any) (Endpoint, error) {
		return Endpoint{}, tell(ErrEndpoint, nil, "bad endpoint %q: %s", text, fmt.Sprintf(why, args...))
	}
	if !ok {
		return bad("no transport; write tcp://host:port or ipc:///path")
	}
	switch transport {
	case "tcp":
		return parseTCP(rest, bad)
	case "ipc":
		switch {
		case rest == "" || rest == "@":
			return bad("no path; write ipc:///run/name.sock or ipc://@name")
		case rest == "*":
			return bad("a path chosen by the system is not supported; write ipc:///run/name.sock")
		case len(rest) > maxPathBytes:
			return bad("the path is longer than the %d bytes a socket can have", maxPathBytes)
		case strings.ContainsRune(rest, 0):
			return bad("the path contains a zero byte")
		}
		return Endpoint{Transport: "ipc", Path: rest}, nil
	case "amqp", "amqps":
		return bad("an AMQP broker is not a ZeroMQ endpoint; give it as a broker")
	}
	return bad("transport %q is not supported; use tcp:// or ipc://", transport)
}

func parseTCP(address string, bad func(string, ...any) (Endpoint, error)) (Endpoint, error) {
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil && strings.Count(address, ":") > 1 && !strings.HasPrefix(address, "["):
		return bad("an IPv6 address goes into brackets, as in tcp://[::1]:9940")
	case err != nil || port == "":
		return bad("no port; write tcp://host:9940")
	case host == "":
		return bad("no host; write tcp://127.0.0.1:%s, or tcp://*:%s to listen everywhere", port, port)
	case strings.ContainsRune(host, ';'):
		return bad("a source address before the host is not supported; write tcp://host:%s", port)
	}
	if strings.ContainsRune(host, ':') {
		if _, err := netip.ParseAddr(host); err != nil {
			return bad("%q is not an IPv6 address", host)
		}
	}
	for _, r := range host {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`/\?#,"'[]`, r) {
			return bad("%q cannot be part of a host name", r)
		}
	}
	e := Endpoint{Transport: "tcp", Host: host}
	if port != "*" {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return bad("port %q is not a number from 0 to 65535", port)
		}
		e.Port = int(number)
	}
	return e, nil
}

// String is the endpoint as ParseEndpoint reads it.
func (e Endpoint) String() string {
	if e.Transport == "ipc" {
		return "ipc://" + e.Path
	}
	return "tcp://" + net.JoinHostPort(e.Host, strconv.Itoa(e.Port))
}

// dialAddress is what net.Dial wants. Configurations name publishers on the
// same machine by the endpoint they bind, so "*" is taken for loopback, as
// moksha does (moksha/hub/zeromq/zeromq.py, __init__).
func (e Endpoint) dialAddress() (network, address string, err error) {
	if e.Transport == "ipc" {
		return "unix", e.Path, nil
	}
	if e.Port == 0 {
		return "", "", tell(ErrEndpoint, nil, "bad endpoint %q: a port is needed to connect to", e)
	}
	host := e.Host
	if host == "*" {
		host = "127.0.0.1"
	}
	return "tcp", net.JoinHostPort(host, strconv.Itoa(e.Port)), nil
}

// listenAddress is what net.Listen wants.
func (e Endpoint) listenAddress() (network, address string) {
	if e.Transport == "ipc" {
		return "unix", e.Path
	}
	host := e.Host
	if host == "*" {
		host = ""
	}
	return "tcp", net.JoinHostPort(host, strconv.Itoa(e.Port))
}

// bound is e with the port, and unless it is every interface the address, that
// the system gave.
func (e Endpoint) bound(address net.Addr) Endpoint {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return e
	}
	e.Port = tcp.Port
	if e.Host != "*" {
		e.Host = tcp.AddrPort().Addr().Unmap().String()
	}
	return e
}
