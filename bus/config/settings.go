package config

import (
	"fmt"
	"time"
)

// Endpoint is one address to subscribe to.
type Endpoint struct {
	// Name is the service name that the settings list the address under; it is
	// what replay endpoints and gaps are keyed by. An address without a name is
	// its own name, without the scheme.
	Name string
	// Address is where to connect: tcp://HOST:PORT or ipc://PATH.
	Address string
	// Written is the address as the settings have it. It differs from Address
	// where it names all interfaces (tcp://*:PORT), which is where its
	// publisher binds.
	Written string
}

// Settings are the merged settings. The zero value of a field means "not set",
// unless its comment says otherwise.
type Settings struct {
	TopicPrefix string // default org.fedoraproject
	Environment string // default dev

	Endpoints       []Endpoint          // to subscribe to; sorted by name, without relay_inbound
	ReplayEndpoints map[string]string   // service name to REQ/REP address
	RelayInbound    []string            // where active publishers connect
	PublishAt       map[string][]string // service name to addresses as written, of all endpoints
	Topics          []string            // topic prefixes to subscribe to; empty is all
	AMQP            string              // broker URL, with its password: see RedactURL
	AMQPConfig      string              // path of a fedora-messaging TOML

	Filter        string
	Filters       map[string]string // saved filters by name
	Theme         string
	MemoryBytes   int64 // default 256 MiB
	History       time.Duration
	Record        string // path
	Log           string // path
	Publish       bool   // whether the explorer may send
	Plain, ASCII  bool
	Datagrepper   string // URL
	HighWaterMark int    // messages; 0 is unlimited

	Linger        time.Duration // zmq_linger; negative is for ever
	PostInitSleep time.Duration // post_init_sleep
	ReconnectMin  time.Duration // zmq_reconnect_ivl
	ReconnectMax  time.Duration // zmq_reconnect_ivl_max
	GatewayPort   int           // fedmsg.consumers.gateway.port

	CA, CRL         string // path or https URL; CA is empty when none is known
	Validate        *bool  // nil when nobody said
	SignMessages    bool
	CryptoBackend   string   // x509 or gpg
	Backends        []string // crypto_validate_backends
	SSLDir          string
	CertNames       map[string]string
	GPGHome         string
	GPGSigningKey   string
	GPGKeys         map[string]string
	RoutingPolicy   map[string][]string // topic to the names that may sign it
	RoutingNitpicky bool

	// Files are the settings files that were read, in the order of reading.
	Files []string
	// Warnings are what could not be used, and what the user should know.
	Warnings []Warning

	tree *node
}

// Configured reports whether the settings name anything to listen to.
func (s *Settings) Configured() bool {
	return len(s.Endpoints) > 0 || s.AMQP != "" || s.AMQPConfig != ""
}

// String is short, and so keeps secrets out of logs that print a Settings.
func (s *Settings) String() string {
	return fmt.Sprintf("settings from %d files: %d endpoints", len(s.Files), len(s.Endpoints))
}

// GoString is String: %#v must not print secrets either.
func (s *Settings) GoString() string { return s.String() }

// WarningKind says what a warning is about.
type WarningKind uint8

// The kinds of warnings.
const (
	// Skipped: a statement or a file that could not be evaluated.
	Skipped WarningKind = iota
	// Ignored: a value of a wrong type or form.
	Ignored
	// Announce: a file of the current directory is in use, or decides about
	// trust.
	Announce
	// Unresolved: a name that DNS did not resolve.
	Unresolved
)

var warningKinds = [...]string{"skipped", "ignored", "announce", "unresolved"}

// String is the kind in one word.
func (k WarningKind) String() string {
	if int(k) < len(warningKinds) {
		return warningKinds[k]
	}
	return "unknown"
}

// Warning is something about the settings that the user should know. Text and
// File may quote a file, so they are sanitised before they are shown.
type Warning struct {
	Kind WarningKind
	File string
	Line int // 0 when it is about the whole file
	Text string
}

// String is the warning in one line: "FILE:LINE: what".
func (w Warning) String() string {
	switch {
	case w.File == "":
		return w.Text
	case w.Line == 0:
		return w.File + ": " + w.Text
	}
	return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Text)
}
