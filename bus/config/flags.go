package config

import "fmt"

// tree is the overrides as the uppermost layer. below is what is configured so
// far: an address that it names keeps its name, and so its replay endpoint.
func (o Overrides) tree(below *node) (*node, error) {
	tree := newTable(Place{})
	own := newTable(Place{})
	flag := func(into *node, given bool, key string, value any, name string) {
		if given {
			into.set(key, value, Place{Kind: FromFlag, Name: name})
		}
	}
	if len(o.Endpoints) > 0 {
		at := Place{Kind: FromFlag, Name: "--endpoint"}
		endpoints := newTable(at)
		for _, address := range o.Endpoints {
			if err := checkAddress(address); err != nil {
				return nil, fmt.Errorf("--endpoint: %w", err)
			}
			name := configuredName(below.child("endpoints"), address)
			if name == "" {
				name = nameOf(address)
			}
			var list []any
			if n := endpoints.child(name); n != nil {
				list = n.value.([]any)
			}
			endpoints.set(name, append(list, address), at)
		}
		tree.children["endpoints"] = endpoints
	}
	flag(tree, o.CA != "", "ca_cert_location", o.CA, "--ca")
	flag(tree, o.CRL != "", "crl_location", o.CRL, "--crl")
	if o.Validate != nil {
		name := "--validate"
		if !*o.Validate {
			name = "--no-validate"
		}
		flag(tree, true, "validate_signatures", *o.Validate, name)
	}
	flag(own, o.AMQP != "", "amqp", o.AMQP, "--amqp")
	flag(own, o.AMQPConfig != "", "amqp_config", o.AMQPConfig, "--amqp-config")
	flag(own, len(o.Topics) > 0, "topics", anys(o.Topics), "--topic")
	flag(own, o.Filter != "", "filter", o.Filter, "--filter")
	flag(own, o.History > 0, "history", o.History.String(), "--history")
	flag(own, o.Record != "", "record", o.Record, "--record")
	flag(own, o.MemoryBytes > 0, "memory", o.MemoryBytes, "--memory")
	flag(own, o.Publish, "publish", true, "--publish")
	flag(own, o.Theme != "", "theme", o.Theme, "--theme")
	flag(own, o.Plain, "plain", true, "--plain")
	flag(own, o.ASCII, "ascii", true, "--ascii")
	flag(own, o.Log != "", "log", o.Log, "--log")
	if len(own.children) > 0 {
		tree.children[ownTable] = own
	}
	return tree, nil
}

// configuredName is the name under which an address is configured, or "".
func configuredName(endpoints *node, address string) string {
	if endpoints == nil {
		return ""
	}
	found := ""
	for name, n := range endpoints.children {
		list, _ := textsOf(n.value)
		for _, candidate := range list {
			// Several names may share an address; the first is as good as any,
			// so long as it is the same one each time.
			if candidate == address && name != relayInbound && (found == "" || name < found) {
				found = name
			}
		}
	}
	return found
}
