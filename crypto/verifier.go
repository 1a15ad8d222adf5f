package crypto

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/crypto/gpg"
)

// At is the time for which a message is judged.
type At struct {
	// Sent judges each message at the time that it says it was sent at.
	Sent bool
	// Time is a fixed time; zero means now.
	Time time.Time
}

// Options say how a [Verifier] judges. The zero value trusts nobody.
type Options struct {
	Trust   *Trust       // nil: no CA
	Keyring *gpg.Keyring // nil: no GnuPG keys
	// Policy says who may sign on a topic: topic, in full, to common names
	// (fedmsg/crypto/utils.py, validate_policy). Only X.509 knows it.
	Policy map[string][]string
	// Nitpicky denies topics that Policy does not name.
	Nitpicky bool
	// Backends are the schemes that are accepted, of x509 and gpg; nil is both.
	Backends []string
	// Strict judges the message exactly as it was received, now: nothing is
	// repaired, and what was valid only when it was sent is not valid. (A GnuPG
	// signature that was made while its key was valid stays good.)
	Strict bool
	At     At
	// Fresh judges every message as if it were the first: for measuring.
	Fresh bool
	// Now is the clock; nil is the system's.
	Now func() time.Time
}

// Subject is a message to judge.
type Subject struct {
	Envelope []byte
	// Topic is the topic of the transport, to be compared with the envelope's;
	// nil when there is none to compare.
	Topic []byte
	// Broker says that the message came over AMQP, where nothing is signed.
	Broker bool
	// Records says that Envelope may be the record of a message of AMQP, as
	// fedora-messaging writes them (fedora_messaging/message.py, dumps).
	Records bool
	// Archived says that it came from an archive. Envelopes that carry an
	// archive's own fields are taken for archived in any case.
	Archived bool
}

// Verifier judges messages. Its methods may be called from any goroutine.
type Verifier struct {
	options  Options
	now      func() time.Time
	material atomic.Pointer[material]
	proven   proven
	works    sync.Pool // of *work
}

// material is what can be exchanged while a verifier is in use.
type material struct {
	trust   *Trust
	keyring *gpg.Keyring
	// certs belong to the material: what is known about a certificate depends
	// on it.
	certs certificates
}

// NewVerifier makes a verifier.
func NewVerifier(o Options) *Verifier {
	v := &Verifier{options: o, now: o.Now}
	if v.now == nil {
		v.now = time.Now
	}
	v.works.New = func() any { return new(work) }
	v.Use(o.Trust, o.Keyring)
	return v
}

// Use exchanges what is trusted. Messages that are being judged at this moment
// are judged by either.
func (v *Verifier) Use(trust *Trust, keyring *gpg.Keyring) {
	if trust == nil {
		trust = NewTrust(TrustOptions{})
	}
	v.material.Store(&material{trust: trust, keyring: keyring})
}

// Trust is what is trusted now.
func (v *Verifier) Trust() *Trust { return v.material.Load().trust }

// Judge is the verdict about a message with all that led to it.
func (v *Verifier) Judge(s Subject) Verdict {
	var verdict Verdict
	w := v.works.Get().(*work)
	w.judge(v, s, &verdict)
	w.release(&v.works)
	return verdict
}

// Code is the verdict alone, at the cost of little more than its public key
// operation, and the name of who signed.
func (v *Verifier) Code(s Subject) (code Code, signer string) {
	w := v.works.Get().(*work)
	code, signer = w.judge(v, s, nil)
	w.release(&v.works)
	return code, signer
}

// accepts reports whether a scheme is accepted.
func (v *Verifier) accepts(backend string) bool {
	return v.options.Backends == nil || slices.Contains(v.options.Backends, backend)
}

// work is the memory that judging one message needs, used again for the next.
type work struct {
	object    object
	signed    []byte
	signature []byte
}

// release gives the memory back, unless a huge message has made it huge.
func (w *work) release(pool *sync.Pool) {
	const keep = 256 << 10
	w.object.raw = nil
	if cap(w.signed) <= keep && cap(w.object.members) <= 256 {
		pool.Put(w)
	}
}

// certificates knows the certificates that messages brought along: a few
// hundred on a real bus. Two generations bound it: when the younger one is
// full it becomes the older one, and what nobody asked for since is forgotten.
type certificates struct {
	mu           sync.Mutex
	young, older map[string]*known
}

// known is a certificate and how it stands.
type known struct {
	cert     *certificate
	standing *standing         // nil when the certificate has a flaw
	facts    *CertificateFacts // with what standing says of it
}

// maxKnownCertificates of at most maxKnownBytes are in a generation.
const maxKnownCertificates = 512

// maxKnownBytes is the longest certificate text that is remembered.
const maxKnownBytes = 16 << 10

func (c *certificates) get(value []byte, t *Trust) *known {
	c.mu.Lock()
	k := c.young[string(value)] // does not allocate
	if k == nil {
		if k = c.older[string(value)]; k != nil {
			c.put(string(value), k)
		}
	}
	c.mu.Unlock()
	if k != nil {
		return k
	}
	// Outside the lock: an attacker's certificates must not hold up the others.
	// Two goroutines may read the same one; the results are equal.
	k = &known{cert: readCertificate(value)}
	k.facts = k.cert.facts
	if k.cert.flaw == OK {
		k.standing = t.standingOf(k.cert.leaf)
		k.facts.RevokedAt = k.standing.since
	}
	if len(value) <= maxKnownBytes {
		c.mu.Lock()
		c.put(string(value), k)
		c.mu.Unlock()
	}
	return k
}

// each calls f for all that is known.
func (c *certificates) each(f func(*known)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, generation := range []map[string]*known{c.young, c.older} {
		for _, k := range generation {
			f(k)
		}
	}
}

func (c *certificates) put(text string, k *known) {
	if c.young == nil || len(c.young) >= maxKnownCertificates {
		c.older, c.young = c.young, make(map[string]*known, 64)
	}
	c.young[text] = k
}

// proven remembers signatures that were found good. A public key operation
// depends on the key, the digest and the signature, and on nothing else: not on
// what is trusted, and not on the time. All three are compared, so what is
// remembered never goes stale and is never taken for something else. Only good
// ones are kept: a forger cannot fill it.
//
// Each place holds the last proof whose digest leads there; digests are spread
// evenly, and nobody can choose one for which he has a good signature of another.
type proven struct {
	places [provenPlaces]atomic.Pointer[proof]
}

const provenPlaces = 1 << 13 // a proof with an RSA-2048 signature has 320 bytes

type proof struct {
	keyID     [32]byte // SHA-256 of the key
	digest    [20]byte // SHA-1, what is signed
	signature string
}

func (p *proven) place(digest *[20]byte) *atomic.Pointer[proof] {
	return &p.places[(int(digest[0])<<8|int(digest[1]))%provenPlaces]
}

func (p *proven) has(keyID *[32]byte, digest *[20]byte, signature []byte) bool {
	k := p.place(digest).Load()
	return k != nil && k.digest == *digest && k.keyID == *keyID && k.signature == string(signature)
}

func (p *proven) add(keyID *[32]byte, digest *[20]byte, signature []byte) {
	p.place(digest).Store(&proof{keyID: *keyID, digest: *digest, signature: string(signature)})
}
