package config

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// relayInbound is the name of the endpoint that active publishers connect to.
// Nobody subscribes to it (fedmsg/core.py, tail_messages).
const relayInbound = "relay_inbound"

// Bounds of looking up SRV records.
const (
	lookupTimeout  = 3 * time.Second // for all of them together
	maxDomains     = 16
	maxPerDomain   = 64
	maxHostnameLen = 253
)

// checkAddress reports what is wrong with an endpoint's address.
func checkAddress(address string) error {
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return fmt.Errorf("address %q is not tcp://HOST:PORT or ipc://PATH", RedactURL(address))
	}
	switch scheme {
	case "ipc", "inproc":
		if rest == "" {
			return fmt.Errorf("address %q names nothing", address)
		}
		return nil
	case "tcp":
		host, port, err := net.SplitHostPort(rest)
		n, err2 := strconv.ParseUint(port, 10, 16)
		if err != nil || err2 != nil || host == "" || n == 0 || strings.ContainsAny(host, "/@ \t\r\n\x00") {
			return fmt.Errorf("address %q is not tcp://HOST:PORT", RedactURL(address))
		}
		return nil
	}
	return fmt.Errorf("address %q is neither tcp:// nor ipc://", RedactURL(address))
}

// nameOf names an address that has no service name.
func nameOf(address string) string {
	address = RedactURL(address) // names are printed
	_, rest, found := strings.Cut(address, "://")
	if !found {
		return address
	}
	return rest
}

// connectTo is where to reach what is bound to an address: * is all
// interfaces, of which this machine's own is one (moksha does the same).
func connectTo(address string) string {
	if rest, ok := strings.CutPrefix(address, "tcp://*:"); ok {
		return "tcp://127.0.0.1:" + rest
	}
	return address
}

// endpoints reads the endpoints of the tree into the settings.
func (l *loader) endpoints() {
	s := l.settings
	s.PublishAt = map[string][]string{}
	top := s.tree.child("endpoints")
	if top == nil {
		return
	}
	if top.children == nil {
		l.warn(Ignored, top.place.file(), top.place.Line, "endpoints is not a table of names and addresses")
		return
	}
	seen := map[Endpoint]bool{}
	for _, name := range slices.Sorted(maps.Keys(top.children)) {
		n := top.children[name]
		list, ok := textsOf(n.value)
		if !ok || n.children != nil {
			l.warn(Ignored, n.place.file(), n.place.Line, "endpoint %q is not an address or a list of addresses", name)
			continue
		}
		for _, address := range list {
			if err := checkAddress(address); err != nil {
				l.warn(Ignored, n.place.file(), n.place.Line, "endpoint %q: %s", name, err)
				continue
			}
			s.PublishAt[name] = append(s.PublishAt[name], address)
			endpoint := Endpoint{Name: name, Address: connectTo(address), Written: address}
			if name != relayInbound && !seen[endpoint] {
				seen[endpoint] = true
				s.Endpoints = append(s.Endpoints, endpoint)
			}
		}
	}
}

// discover looks up srv_endpoints, each domain's SRV records of _fedmsg._tcp,
// and adds what it finds to the endpoints under the domain's name.
func (l *loader) discover(ctx context.Context) {
	n := l.settings.tree.child("srv_endpoints")
	if n == nil {
		return
	}
	domains, ok := textsOf(n.value)
	if !ok || n.children != nil {
		l.warn(Ignored, n.place.file(), n.place.Line, "srv_endpoints is not a list of domains")
		return
	}
	if len(domains) > maxDomains {
		l.warn(Ignored, n.place.file(), n.place.Line, "srv_endpoints has %d domains; only the first %d are looked up", len(domains), maxDomains)
		domains = domains[:maxDomains]
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	found := make([][]any, len(domains))
	problems := make([]string, len(domains))
	var lookups sync.WaitGroup
	for i, domain := range domains {
		// Each goroutine writes to its own element only.
		lookups.Go(func() { found[i], problems[i] = l.lookup(ctx, domain) })
	}
	lookups.Wait()

	endpoints := newTable(n.place)
	for i, domain := range domains {
		if problems[i] != "" {
			l.warn(Unresolved, n.place.file(), n.place.Line, "srv_endpoints: %s", problems[i])
			continue
		}
		endpoints.set(domain, found[i], Place{Kind: FromDNS, Name: serviceName(domain), local: n.place.local})
	}
	layer := newTable(n.place)
	if len(endpoints.children) > 0 {
		layer.children["endpoints"] = endpoints
		l.settings.tree.merge(layer)
	}
}

func serviceName(domain string) string { return "_fedmsg._tcp." + domain }

// lookup is the addresses of one domain, or why there are none.
func (l *loader) lookup(ctx context.Context, domain string) (addresses []any, problem string) {
	if !isHostname(domain) {
		return nil, fmt.Sprintf("%q is not a domain", domain)
	}
	_, records, err := l.opts.Resolver.LookupSRV(ctx, "fedmsg", "tcp", domain)
	if err != nil {
		return nil, fmt.Sprintf("looking up %s: %s", serviceName(domain), err)
	}
	// Resolvers shuffle records by weight. Here all of them are used, so an
	// order that stays the same is worth more.
	records = slices.Clone(records)
	slices.SortFunc(records, compareRecords)
	for _, record := range records[:min(len(records), maxPerDomain)] {
		target := strings.TrimSuffix(record.Target, ".")
		if target == "" || record.Port == 0 || !isHostname(target) {
			continue // "." says that the service is not there (RFC 2782)
		}
		addresses = append(addresses, "tcp://"+net.JoinHostPort(target, strconv.Itoa(int(record.Port))))
	}
	if len(addresses) == 0 {
		return nil, fmt.Sprintf("looking up %s: no usable record", serviceName(domain))
	}
	return addresses, ""
}

func compareRecords(a, b *net.SRV) int {
	if a.Priority != b.Priority {
		return int(a.Priority) - int(b.Priority)
	}
	if c := strings.Compare(a.Target, b.Target); c != 0 {
		return c
	}
	return int(a.Port) - int(b.Port)
}

// isHostname reports whether text can be a name in DNS. What DNS answers is as
// hostile as anything else.
func isHostname(text string) bool {
	if text == "" || len(text) > maxHostnameLen || text[0] == '-' || text[0] == '.' {
		return false
	}
	for _, c := range []byte(text) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}
