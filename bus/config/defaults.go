package config

import (
	"os"
	"path/filepath"
)

// defaultMemoryBytes is how much of what was received the explorer keeps.
const defaultMemoryBytes = 256 << 20

// builtin are the defaults of fedmsg's commands (fedmsg/config.py, defaults),
// and of its library where the commands have none.
var builtin = map[string]any{
	"topic_prefix":                  "org.fedoraproject",
	"environment":                   "dev",
	"io_threads":                    int64(1),
	"post_init_sleep":               0.5,
	"timeout":                       int64(2),
	"high_water_mark":               int64(0),
	"zmq_enabled":                   true,
	"zmq_strict":                    false,
	"zmq_linger":                    int64(1000),
	"zmq_tcp_keepalive":             int64(1),
	"zmq_tcp_keepalive_cnt":         int64(3),
	"zmq_tcp_keepalive_idle":        int64(60),
	"zmq_tcp_keepalive_intvl":       int64(5),
	"zmq_reconnect_ivl":             int64(100),
	"zmq_reconnect_ivl_max":         int64(1000),
	"fedmsg.consumers.gateway.port": int64(9940),
	"fedmsg.consumers.gateway.high_water_mark": int64(1000),
	"sign_messages":    false,
	"crypto_backend":   "x509",
	"ssldir":           "/etc/pki/fedmsg",
	"routing_nitpicky": false,
}

// usualCA is where distributions put the certificate authority of their bus.
const usualCA = "/etc/pki/fedmsg/ca.crt"

// defaults is the lowest layer.
func defaults(opts Options) *node {
	tree := newTable(Place{})
	for key, value := range builtin {
		tree.set(key, value, Place{})
	}
	// fedmsg would fetch a CA from fedoraproject.org when none is named. Here
	// nothing is fetched that nobody named: a bus need not be Fedora's.
	if info, err := os.Stat(filepath.Join(opts.Root, usualCA)); err == nil && info.Mode().IsRegular() {
		tree.set("ca_cert_location", filepath.Join(opts.Root, usualCA), Place{})
	}
	own := newTable(Place{})
	own.set("memory", int64(defaultMemoryBytes), Place{})
	tree.children[ownTable] = own
	return tree
}
