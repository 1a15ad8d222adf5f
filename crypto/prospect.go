package crypto

import (
	"time"

	"fedmsg-tui/crypto/gpg"
)

// Trusted is what a verifier trusts at one moment, as a thing to compare.
type Trusted struct{ m *material }

// Trusted is what is trusted now.
func (v *Verifier) Trusted() Trusted { return Trusted{v.material.Load()} }

// Keyring is the GnuPG keyring of it; nil when there is none.
func (m Trusted) Keyring() *gpg.Keyring {
	if m.m == nil {
		return nil
	}
	return m.m.keyring
}

// Affected reports whether exchanging what was trusted before for what is
// trusted now can have changed the verdict about a message. It costs a reading
// of the envelope and no public key operation, so a whole history can be gone
// through when a revocation list is exchanged.
func (v *Verifier) Affected(before Trusted, s Subject) bool {
	now := v.material.Load()
	if before.m == nil || s.Broker || before.m == now {
		return before.m == nil
	}
	w := v.works.Get().(*work)
	defer w.release(&v.works)
	if w.object.read(s.Envelope) != nil {
		return false
	}
	if before.m.keyring != now.keyring && w.object.find("certificate") == nil && w.object.find("signature") != nil {
		return true
	}
	m := w.object.find("certificate")
	if m == nil {
		return false
	}
	at := v.now()
	if !v.options.At.Time.IsZero() {
		at = v.options.At.Time
	}
	return before.m.prospect(m.value, at) != now.prospect(m.value, at)
}

// prospect is what trust says about a certificate at a time: all that a verdict
// depends on beside the message.
type prospect struct {
	code      Code
	since     time.Time
	leaf, ca  bool // valid at that time
	list      Code // OK, NoCRL or StaleCRL
	caExpires time.Time
}

func (m *material) prospect(certificate []byte, at time.Time) prospect {
	k := m.certs.get(certificate, m.trust)
	if k.standing == nil {
		return prospect{code: k.cert.flaw}
	}
	s := k.standing
	p := prospect{code: s.code, leaf: validAt(k.cert.leaf, at), ca: s.anchorValid(at), list: OK}
	if s.revoked {
		p.code, p.since = Revoked, s.since
	}
	if len(s.anchors) > 0 {
		p.caExpires = s.anchors[0].cert.NotAfter
	}
	if m.trust.crlName == "" || s.code != OK {
		return p
	}
	list, _ := s.list()
	switch {
	case m.trust.noCRL != nil || list == nil:
		p.list = NoCRL
	case list.dateProblem(at) == "":
	case list.seenInDate && !at.Before(list.thisUpdate):
		p.list = StaleCRL
	default:
		p.list = NoCRL
	}
	return p
}
