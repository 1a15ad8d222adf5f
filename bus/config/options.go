package config

import (
	"context"
	"net"
	"time"
)

// Options say where to look for settings. The zero value looks where a user
// expects.
type Options struct {
	// ConfigPath is our TOML file. When empty, it is
	// $XDG_CONFIG_HOME/fedmsg-tui/config.toml, which need not exist.
	ConfigPath string
	// FedmsgConfigPath is a fedmsg.d folder or one Python file, read instead
	// of the search path.
	FedmsgConfigPath string
	// Overrides are the flags of the command line.
	Overrides Overrides

	// The following are for tests and for callers with other surroundings.

	Home     string                   // default: the user's
	WorkDir  string                   // default: the current directory
	Hostname string                   // what socket.gethostname() gives; default: the machine's
	Root     string                   // put before /etc
	Getenv   func(name string) string // default: os.Getenv
	Resolver Resolver                 // default: net.DefaultResolver
}

// Resolver looks up SRV records; *net.Resolver is one.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (canonical string, records []*net.SRV, err error)
}

// Overrides are settings given by flags. A zero value was not given.
type Overrides struct {
	Endpoints   []string      // --endpoint: replaces the configured ones
	AMQP        string        // --amqp
	AMQPConfig  string        // --amqp-config
	Topics      []string      // --topic
	Filter      string        // --filter
	CA, CRL     string        // --ca, --crl
	Validate    *bool         // --validate, --no-validate
	History     time.Duration // --history
	Record      string        // --record
	MemoryBytes int64         // --memory
	Publish     bool          // --publish
	Theme       string        // --theme
	Plain       bool          // --plain
	ASCII       bool          // --ascii
	Log         string        // --log
}
