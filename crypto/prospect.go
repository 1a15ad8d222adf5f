package crypto

import "time"

// Trusted is what a verifier trusts at one moment, as a thing to compare.
type Trusted struct {
	m  *material
	at time.Time
}

// Trusted is what is trusted now.
func (v *Verifier) Trusted() Trusted { return Trusted{v.material.Load(), v.at()} }

// at is the time for which certificates and lists are judged.
func (v *Verifier) at() time.Time {
	if !v.options.At.Time.IsZero() {
		return v.options.At.Time
	}
	return v.now()
}

// NextChange is the next time at which verdicts change by themselves, because
// a certificate, a CA or a list that is in use comes or goes out of date; zero
// when none is known. Certificates that were not met for a while are forgotten,
// and so is what they would change.
func (v *Verifier) NextChange() time.Time {
	m, now := v.material.Load(), v.at()
	var next time.Time
	consider := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, a := range m.trust.anchors {
		consider(a.cert.NotBefore)
		consider(a.cert.NotAfter.Add(1))
		if a.list != nil {
			consider(a.list.thisUpdate)
			if !a.list.nextUpdate.IsZero() {
				consider(a.list.nextUpdate.Add(1))
			}
		}
	}
	m.certs.each(func(k *known) {
		// Others cannot become good by the passing of time.
		if k.standing != nil && k.standing.code == OK {
			consider(k.cert.leaf.NotBefore)
			consider(k.cert.leaf.NotAfter.Add(1))
		}
	})
	return next
}

// Affected reports whether the verdict about a message can have changed since
// then: because something else is trusted, or because time has passed. It costs a reading
// of the envelope and no public key operation, so a whole history can be gone
// through when a revocation list is exchanged.
func (v *Verifier) Affected(before Trusted, s Subject) bool {
	now := v.material.Load()
	if before.m == nil || s.Broker {
		return before.m == nil
	}
	w := v.works.Get().(*work)
	defer w.release(&v.works)
	if w.object.read(s.Envelope) != nil {
		return false
	}
	// What is signed with GnuPG may carry a certificate too: nothing covers it.
	gnupg := w.object.find("certificate") == nil || w.object.text("crypto") == "gpg"
	if before.m.keyring != now.keyring && gnupg && w.object.find("signature") != nil {
		return true
	}
	m := w.object.find("certificate")
	if m == nil {
		return false
	}
	return before.m.prospect(m.value, before.at) != now.prospect(m.value, v.at())
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
	case list.dateProblem(at) == "" && !m.trust.kept:
	case list.seenInDate && !at.Before(list.thisUpdate):
		p.list = StaleCRL
	default:
		p.list = NoCRL
	}
	return p
}
