package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// file is the file of a place, for a warning about what stands there.
func (p Place) file() string {
	if p.Kind == FromFile {
		return p.Name
	}
	return p.String()
}

// sortedKeys gives warnings an order that stays the same.
func sortedKeys[V any](table map[string]V) []string { return slices.Sorted(maps.Keys(table)) }

// settle reads the typed fields from the merged tree. A value of the wrong
// type is ignored with a warning: config.toml and flags were checked before,
// so it is from fedmsg.d, where fedmsg itself would not look at most of them.
func (l *loader) settle() error {
	s, own := l.settings, l.settings.tree.child(ownTable)
	l.endpoints()
	s.TopicPrefix = l.text("topic_prefix")
	s.Environment = l.text("environment")
	s.ReplayEndpoints = l.textTable("replay_endpoints")
	for _, name := range sortedKeys(s.ReplayEndpoints) {
		address := s.ReplayEndpoints[name]
		if err := checkAddress(address); err != nil {
			place := s.tree.child("replay_endpoints").child(name).place
			l.warn(Ignored, place.file(), place.Line, "replay endpoint %q: %s", name, err)
			delete(s.ReplayEndpoints, name)
			continue
		}
		s.ReplayEndpoints[name] = connectTo(address)
	}
	s.RelayInbound = l.texts(relayInbound)
	if s.RelayInbound == nil {
		s.RelayInbound = s.PublishAt[relayInbound]
	}
	s.CA, s.CRL = l.text("ca_cert_location"), l.text("crl_location")
	if l.present("validate_signatures") != nil {
		on := l.flag("validate_signatures")
		s.Validate = &on
	}
	s.SignMessages = l.flag("sign_messages")
	s.CryptoBackend = l.text("crypto_backend")
	s.Backends = l.texts("crypto_validate_backends")
	s.SSLDir = l.text("ssldir")
	s.CertNames = l.textTable("certnames")
	s.GPGHome = l.text("gpg_home")
	s.GPGSigningKey = l.text("gpg_signing_key")
	s.GPGKeys = l.textTable("gpg_keys")
	s.RoutingPolicy = l.textsTable("routing_policy")
	s.RoutingNitpicky = l.flag("routing_nitpicky")
	s.Datagrepper = l.text("datagrepper_url")

	s.HighWaterMark = int(l.number("high_water_mark", 0, math.MaxInt32))
	s.Linger = time.Duration(l.number("zmq_linger", -1, math.MaxInt32) * float64(time.Millisecond))
	s.PostInitSleep = time.Duration(l.number("post_init_sleep", 0, 3600) * float64(time.Second))
	s.ReconnectMin = time.Duration(l.number("zmq_reconnect_ivl", 1, math.MaxInt32) * float64(time.Millisecond))
	s.ReconnectMax = time.Duration(l.number("zmq_reconnect_ivl_max", 0, math.MaxInt32) * float64(time.Millisecond))
	s.GatewayPort = int(l.number("fedmsg.consumers.gateway.port", 1, 65535))

	return s.settleOwn(own)
}

// settleOwn reads this program's own settings, whose types are known.
func (s *Settings) settleOwn(own *node) error {
	text := func(key string) string {
		if n := own.child(key); n != nil {
			return n.value.(string)
		}
		return ""
	}
	on := func(key string) bool {
		n := own.child(key)
		return n != nil && n.value.(bool)
	}
	s.AMQP, s.AMQPConfig = text("amqp"), text("amqp_config")
	s.Filter, s.Theme = text("filter"), text("theme")
	s.Record, s.Log = text("record"), text("log")
	s.Publish, s.Plain, s.ASCII = on("publish"), on("plain"), on("ascii")
	s.MemoryBytes = own.child("memory").value.(int64)
	if n := own.child("topics"); n != nil {
		s.Topics, _ = textsOf(n.value)
	}
	if n := own.child("filters"); n != nil {
		s.Filters = map[string]string{}
		for name, filter := range n.children {
			s.Filters[name] = filter.value.(string)
		}
	}
	if history := text("history"); history != "" {
		d, err := time.ParseDuration(strings.TrimSpace(history))
		if err != nil {
			return fmt.Errorf("history: %w", err)
		}
		s.History = d
	}
	return nil
}

// present is a setting of fedmsg's, unless it is absent or None.
func (l *loader) present(key string) *node {
	n := l.settings.tree.child(key)
	if n == nil || n.children == nil && n.value == nil {
		return nil
	}
	return n
}

func (l *loader) wrong(key string, n *node, want string) {
	l.warn(Ignored, n.place.file(), n.place.Line, "%s is not %s", key, want)
}

func (l *loader) text(key string) string {
	n := l.present(key)
	if n == nil {
		return ""
	}
	text, ok := n.value.(string)
	if !ok {
		l.wrong(key, n, "a string")
		text, _ = builtin[key].(string)
	}
	return text
}

func (l *loader) texts(key string) []string {
	n := l.present(key)
	if n == nil {
		return nil
	}
	texts, ok := textsOf(n.value)
	if !ok {
		l.wrong(key, n, "a string or a list of strings")
	}
	return texts
}

// flag reads a switch. Other values count as Python would count them, since
// some of these switches turn checks on, and a check must not be lost to a
// careless "yes".
func (l *loader) flag(key string) bool {
	n := l.present(key)
	if n == nil {
		return false
	}
	on := true
	switch value := n.value.(type) {
	case bool:
		return value
	case int64:
		if value == 0 || value == 1 {
			return value == 1
		}
	case string:
		on = value != ""
	case []any:
		on = len(value) > 0
	}
	if n.children != nil {
		on = len(n.children) > 0
	}
	l.wrong(key, n, fmt.Sprintf("true or false; it counts as %t", on))
	return on
}

// number reads a number within bounds; outside of them the default counts.
func (l *loader) number(key string, least, most float64) float64 {
	as := func(value any) (float64, bool) {
		switch value := value.(type) {
		case int64:
			return float64(value), true
		case float64:
			return value, true
		}
		return 0, false
	}
	def, _ := as(builtin[key])
	n := l.present(key)
	if n == nil {
		return def
	}
	number, ok := as(n.value)
	if !ok || number < least || number > most {
		l.wrong(key, n, fmt.Sprintf("a number from %.0f to %.0f", least, most))
		return def
	}
	return number
}

func (l *loader) textTable(key string) map[string]string {
	lists := l.textsTable(key)
	if lists == nil {
		return nil
	}
	table := map[string]string{}
	for _, name := range sortedKeys(lists) {
		list := lists[name]
		if len(list) == 1 {
			table[name] = list[0]
			continue
		}
		l.wrong(key+" "+fmt.Sprintf("%q", name), l.settings.tree.child(key).child(name), "a string")
	}
	return table
}

func (l *loader) textsTable(key string) map[string][]string {
	n := l.present(key)
	if n == nil {
		return nil
	}
	if n.children == nil {
		l.wrong(key, n, "a table")
		return nil
	}
	table := map[string][]string{}
	for _, name := range sortedKeys(n.children) {
		child := n.children[name]
		if child.children == nil && child.value == nil {
			continue
		}
		list, ok := textsOf(child.value)
		if !ok {
			l.wrong(fmt.Sprintf("%s %q", key, name), child, "a string or a list of strings")
			continue
		}
		table[name] = list
	}
	return table
}
