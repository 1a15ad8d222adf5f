package config

import (
	"maps"
	"slices"
	"strings"
)

// decidesTrust reports whether a setting decides whom we believe, as whom we sign, and
// whom we talk to.
func decidesTrust(key string) bool {
	switch key {
	case "ca_cert_location", "crl_location", "validate_signatures", "routing_policy", "routing_nitpicky",
		"ssldir", "certnames", "sign_messages", "gpg_home", "gpg_signing_key", "gpg_keys",
		"endpoints", "srv_endpoints", "replay_endpoints", "relay_inbound":
		return true
	}
	return strings.HasPrefix(key, "crypto_")
}

// announce says which files of the current directory are in use, and which of
// them have the last word on settings of trust. It is called when all layers
// are merged: what a later layer replaced is not decided by them.
func (l *loader) announce() {
	decided := map[string]map[string]int{} // file, key, line
	for key, child := range l.settings.tree.children {
		if decidesTrust(key) {
			child.eachLeaf(func(n *node) {
				if !n.place.local {
					return
				}
				if decided[n.place.Name] == nil {
					decided[n.place.Name] = map[string]int{}
				}
				if line := decided[n.place.Name][key]; line == 0 || n.place.Line < line {
					decided[n.place.Name][key] = n.place.Line
				}
			})
		}
	}
	for _, file := range l.local {
		settings := decided[file]
		if len(settings) == 0 {
			l.warn(Announce, file, 0, "settings of the current directory are used")
			continue
		}
		names := slices.Sorted(maps.Keys(settings))
		first := 0
		for _, line := range settings {
			if first == 0 || line < first {
				first = line
			}
		}
		l.warn(Announce, file, first, "settings of the current directory decide %s", strings.Join(names, ", "))
	}
}

func (n *node) eachLeaf(visit func(*node)) {
	if len(n.children) == 0 {
		visit(n)
	}
	for _, child := range n.children {
		child.eachLeaf(visit)
	}
}
