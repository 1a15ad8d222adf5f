package demo

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const day = 24 * time.Hour

// Script time of what happens to revocation lists.
const (
	// staleAfter is how long the list of the mailing lists' CA is in date.
	staleAfter = time.Minute
	// revokedAt is when the CA learns that revokedService's key is stolen.
	revokedAt = 2 * time.Minute
)

// Services that are not like the others. The list of staleService's CA goes out
// of date, so that its messages are what they were, with a caveat.
const (
	staleService   = "mailman"
	revokedService = "planet"
)

var (
	// unsigning never sign: they came to the bus when it was AMQP's, over a
	// bridge.
	unsigning = []string{"openqa", "koschei", "faf", "mdapi", "mirrormanager", "heartbeat", "centos-ci"}
	// gpgSigning sign with GnuPG, as Debian's do.
	gpgSigning = []string{"debmessenger", "dak", "debbugs", "buildd"}
	// oldSigning have certificates that were signed with SHA-1.
	oldSigning = []string{"scm", "fas"}
	// unruled are not named by the routing policy.
	unruled = []string{"shell", "supybot", "mediawiki", "bugzilla2fedmsg"}
)

// Authority is what the services of a script sign with, and what a receiver
// needs to check it: CAs with revocation lists, a GnuPG keyring and a routing
// policy. Its keys are made anew each time, and leave it for nobody. It may be
// used from any goroutine.
type Authority struct {
	start    time.Time // about when the script begins; what is expired is so since before
	services map[string]*credential
	policy   map[string][]string

	// The main CA, and those whose certificates cannot be judged: one with a
	// list that goes out of date, one that is expired, one without a list.
	main, stale, old, listless *issuer
	certified                  map[string]int64 // serial numbers of the main CA, by service
	revokedSerial              int64

	keyring []byte

	// What the messages about signatures are signed with.
	stranger, spoofed, twofold, revoked, expired, weak, oldCA, unlisted, unknownPGP, expiredPGP *credential
}

// NewAuthority makes an authority for a script that begins at start, or a while
// after it.
func NewAuthority(start time.Time) (*Authority, error) {
	a := &Authority{start: start.UTC().Truncate(time.Second), services: make(map[string]*credential), certified: make(map[string]int64)}
	// Making keys is what takes time. One key for all services and one for all
	// CAs show no less than one for each.
	var caKey, serviceKey, strangerKey *rsa.PrivateKey
	var weakOne *weakKey
	var errs [5]error
	var making sync.WaitGroup
	for i, key := range []**rsa.PrivateKey{&caKey, &serviceKey, &strangerKey} {
		making.Go(func() { *key, errs[i] = rsa.GenerateKey(rand.Reader, serviceKeyBits) })
	}
	making.Go(func() { weakOne, errs[3] = newWeakKey() })
	making.Go(func() { errs[4] = a.makePGP() })
	making.Wait()
	err := errors.Join(errs[:]...)
	if err == nil {
		err = a.makeCAs(caKey)
	}
	if err == nil {
		making.Go(func() { errs[0] = a.certify(serviceKey) })
		making.Go(func() { errs[1] = a.makeOdd(serviceKey, strangerKey, weakOne) })
		making.Wait()
		err = errors.Join(errs[:]...)
	}
	if err == nil {
		a.policy, err = a.makePolicy()
	}
	if err != nil {
		return nil, fmt.Errorf("demo authority: %w", err)
	}
	return a, nil
}

func (a *Authority) makeCAs(key *rsa.PrivateKey) error {
	from, to := a.start.Add(-400*day), a.start.Add(4000*day)
	for i, ca := range []struct {
		at   **issuer
		name string
		to   time.Time
	}{
		{&a.main, "Demo Infrastructure CA", to},
		{&a.stale, "Demo Mailing Lists CA", to},
		{&a.old, "Demo Infrastructure CA of last year", a.start.Add(-day)},
		{&a.listless, "Demo Laboratory CA", to},
	} {
		made, err := newCA(subject{ca.name, int64(i + 1), from, ca.to}, key)
		if err != nil {
			return err
		}
		*ca.at = made
	}
	return nil
}

// certificateName is the common name of a service's certificate, in the form
// that Fedora's have.
func certificateName(service string) string { return service + "-" + service + "01.demo.example.org" }

// subjectOf is a service as its certificates name it.
func (a *Authority) subjectOf(service string, serial int64) subject {
	return subject{certificateName(service), serial, a.start.Add(-30 * day), a.start.Add(3000 * day)}
}

// certify gives everyday certificates to the services that sign with one.
func (a *Authority) certify(key *rsa.PrivateKey) error {
	serial := int64(0x1000)
	for _, v := range services {
		if slices.Contains(unsigning, v.name) || slices.Contains(gpgSigning, v.name) {
			continue
		}
		serial++
		ca, algorithm := a.main, x509.SHA256WithRSA
		if v.name == staleService {
			ca = a.stale
		} else {
			a.certified[v.name] = serial
		}
		if slices.Contains(oldSigning, v.name) {
			algorithm = x509.SHA1WithRSA
		}
		text, err := ca.issue(a.subjectOf(v.name, serial), &key.PublicKey, algorithm)
		if err != nil {
			return err
		}
		if a.services[v.name], err = newX509Credential(text, key); err != nil {
			return err
		}
	}
	return nil
}

// makeOdd makes what honest services do not have.
func (a *Authority) makeOdd(key, strangerKey *rsa.PrivateKey, weak *weakKey) error {
	var failed error
	serial := int64(0x2000)
	issue := func(ca *issuer, s subject, key *rsa.PublicKey) []byte {
		serial++
		s.serial = serial
		text, err := ca.issue(s, key, x509.SHA256WithRSA)
		failed = errors.Join(failed, err)
		return text
	}
	use := func(text []byte, key *rsa.PrivateKey) *credential {
		if failed != nil {
			return nil
		}
		c, err := newX509Credential(text, key)
		failed = errors.Join(failed, err)
		return c
	}
	rogue := func(name string) *issuer {
		ca, err := newCA(subject{name, 1, a.start.Add(-400 * day), a.start.Add(4000 * day)}, strangerKey)
		failed = errors.Join(failed, err)
		return ca
	}
	// A stranger signs his own certificate, with the name of a service.
	self := rogue(certificateName("fas"))
	spoof := rogue(a.main.cert.Subject.CommonName)
	if failed != nil {
		return failed
	}
	a.stranger = use(issue(self, a.subjectOf("fas", 0), &strangerKey.PublicKey), strangerKey)
	a.spoofed = use(issue(spoof, a.subjectOf("scm", 0), &strangerKey.PublicKey), strangerKey)
	real := issue(a.main, a.subjectOf("pagure", 0), &key.PublicKey)
	a.twofold = use(append(issue(spoof, a.subjectOf("pagure", 0), &strangerKey.PublicKey), real...), strangerKey)

	a.revoked = use(issue(a.main, a.subjectOf("anitya", 0), &key.PublicKey), key)
	a.revokedSerial = serial
	before := a.subjectOf("hotness", 0)
	before.to = a.start.Add(-day)
	a.expired = use(issue(a.main, before, &key.PublicKey), key)
	a.weak = newWeakCredential(issue(a.main, a.subjectOf("kerneltest", 0), weak.public()), weak)
	a.oldCA = use(issue(a.old, a.subjectOf("fedocal", 0), &key.PublicKey), key)
	a.unlisted = use(issue(a.listless, a.subjectOf("resultsdb", 0), &key.PublicKey), key)
	return failed
}

// makePGP makes the keys of Debian's services.
func (a *Authority) makePGP() error {
	born := a.start.Add(-400 * day)
	for _, name := range gpgSigning {
		key, err := newPGPKey(name+" (demo) <"+name+"@debian.example.org>", born, 0)
		if err != nil {
			return err
		}
		a.services[name] = newGPGCredential(key.signer)
		a.keyring = append(a.keyring, key.public...)
	}
	lapsed, err := newPGPKey("debbugs, last year (demo) <debbugs@debian.example.org>", born, 399*day)
	if err != nil {
		return err
	}
	a.expiredPGP = newGPGCredential(lapsed.signer)
	a.keyring = append(a.keyring, lapsed.public...)
	unknown, err := newPGPKey("somebody <somebody@example.org>", born, 0)
	if err != nil {
		return err
	}
	a.unknownPGP = newGPGCredential(unknown.signer)
	return nil
}

// makePolicy allows services with a certificate to send what they do send.
func (a *Authority) makePolicy() (map[string][]string, error) {
	processes := make(map[string]*process)
	for _, v := range services {
		processes[v.name] = &process{service: v}
	}
	lines := []string{ambience}
	for _, t := range stories {
		lines = append(lines, t.steps)
	}
	policy := make(map[string][]string)
	for _, text := range lines {
		steps, err := newSteps(text, KindStory, processes)
		if err != nil {
			return nil, err
		}
		for _, st := range steps {
			service := st.process.name
			c := a.services[service]
			if c == nil || c.certificate == nil || slices.Contains(unruled, service) {
				continue
			}
			if name := certificateName(service); !slices.Contains(policy[st.topic], name) {
				policy[st.topic] = append(policy[st.topic], name)
			}
		}
	}
	return policy, nil
}

// CA is the PEM text of all CAs.
func (a *Authority) CA() []byte {
	return bytes.Join([][]byte{a.main.pem(), a.stale.pem(), a.old.pem(), a.listless.pem()}, nil)
}

// CRL is the PEM text of the revocation lists, of a script that began at start,
// as they are published at a script time. They change at 2 minutes; until then
// a service is trusted whose certificate is on the later list.
func (a *Authority) CRL(start time.Time, at time.Duration) ([]byte, error) {
	start = start.UTC().Truncate(time.Second)
	number, from := int64(1), start.Add(-time.Hour)
	staleAt := start.Add(staleAfter)
	revoked := []revocation{{a.revokedSerial, a.start.Add(-7 * day)}}
	if at >= revokedAt {
		// A minute early, for receivers whose clock is behind ours.
		number, from = 2, start.Add(revokedAt-time.Minute)
		staleAt = start.Add(revokedAt + staleAfter)
		revoked = append(revoked, revocation{a.certified[revokedService], start.Add(revokedAt)})
	}
	var all []byte
	for _, l := range []struct {
		ca      *issuer
		to      time.Time
		revoked []revocation
	}{
		{a.main, start.Add(4000 * day), revoked},
		{a.stale, staleAt, nil},
		{a.old, start.Add(4000 * day), nil},
	} {
		text, err := l.ca.list(number, from, l.to, l.revoked)
		if err != nil {
			return nil, fmt.Errorf("demo authority: %w", err)
		}
		all = append(all, text...)
	}
	return all, nil
}

// Keyring is the public GnuPG keyring, binary.
func (a *Authority) Keyring() []byte { return bytes.Clone(a.keyring) }

// Policy says, by topic, who may sign. It is the caller's.
func (a *Authority) Policy() map[string][]string {
	policy := make(map[string][]string, len(a.policy))
	for topic, names := range a.policy {
		policy[topic] = slices.Clone(names)
	}
	return policy
}

// lasting reports whether a service's signature is good however long a script
// runs, whatever happens to others.
func (a *Authority) lasting(service string) bool {
	return a.certified[service] != 0 && service != revokedService
}
