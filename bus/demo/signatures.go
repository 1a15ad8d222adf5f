package demo

import (
	"slices"

	"fedmsg-tui/crypto"
)

// signatureSpecials are messages of which a receiver has something to say: not
// what they claim to be, or not to be judged. Only scripts that have an
// authority show them.
//
// None of their publishers numbers its messages, and none is on a socket that
// goes away.
func signatureSpecials() []special {
	var all []special
	show := func(kind Kind, verdict crypto.Code, service string, how func(s *Script, a *Authority, d *draft) error) {
		all = append(all, special{traits{kind: kind, verdict: verdict}, func(s *Script) (*process, [][]byte) {
			p, d := s.sample(service)
			if err := how(s, s.authority, &d); err != nil {
				// Drafts and keys are made here, and fit.
				panic("demo: " + string(kind) + ": " + err.Error())
			}
			return p, s.frames(d.topic, d.appendEnvelope(nil, 0))
		}})
	}
	// signed is a message that its publisher signed, then changed.
	signed := func(kind Kind, verdict crypto.Code, service string, then func(d *draft)) {
		show(kind, verdict, service, func(s *Script, a *Authority, d *draft) error {
			err := a.services[service].seal(d, s.clock.now())
			then(d)
			return err
		})
	}
	by := func(kind Kind, verdict crypto.Code, service string, who func(a *Authority) *credential) {
		show(kind, verdict, service, func(s *Script, a *Authority, d *draft) error {
			return who(a).seal(d, s.clock.now())
		})
	}
	// daysAgo is a message of a time when what signed it had not expired.
	daysAgo := func(kind Kind, service string, who func(a *Authority) *credential) {
		show(kind, crypto.ExpiredSince, service, func(_ *Script, a *Authority, d *draft) error {
			then := a.start.Add(-3 * day)
			d.timestamp = appendInt(nil, then.Unix())
			return who(a).seal(d, then)
		})
	}
	added := func(d *draft) {
		d.body = append(slices.Clone(d.body[:len(d.body)-1]), `,"zzz":"added by who passed it on"}`...)
	}

	signed("signature: body was changed", crypto.Bad, "fedocal", added)
	by("signature: by a stranger", crypto.Untrusted, "fas", func(a *Authority) *credential { return a.stranger })
	by("signature: GnuPG covers the body alone", crypto.BodyOnly, "buildd", func(a *Authority) *credential { return a.services["buildd"] })
	by("signature: certificate is revoked", crypto.Revoked, "anitya", func(a *Authority) *credential { return a.revoked })
	show("signature: not allowed on this topic", crypto.Policy, "fedocal", func(s *Script, a *Authority, d *draft) error {
		// It gives a badge to itself.
		st := s.alone["fedbadges"][0]
		d.topic, d.body = st.topic, st.body.fill(nil, s.solo)
		return a.services["fedocal"].seal(d, s.clock.now())
	})
	by("signature: certificate had expired", crypto.Expired, "hotness", func(a *Authority) *credential { return a.expired })
	daysAgo("signature: certificate expired since", "hotness", func(a *Authority) *credential { return a.expired })
	by("signature: CA has expired", crypto.NoCA, "fedocal", func(a *Authority) *credential { return a.oldCA })
	by("signature: weak key", crypto.WeakKey, "kerneltest", func(a *Authority) *credential { return a.weak })
	signed("signature: certificate is not PEM", crypto.Malformed, "kerneltest", func(d *draft) {
		d.certificate = wrapped([]byte("-----BEGIN NOTHING-----\n"))
	})
	by("signature: GnuPG key is not known", crypto.NoKey, "dak", func(a *Authority) *credential { return a.unknownPGP })
	by("signature: by a CA of the same name", crypto.Untrusted, "scm", func(a *Authority) *credential { return a.spoofed })
	show("signature: altered by an archive", crypto.Altered, "greenwave", func(s *Script, a *Authority, d *draft) error {
		d.timestamp = append(slices.Clone(d.timestamp), ".532118"...)
		return a.services["greenwave"].seal(d, s.clock.now())
	})
	throughArchive(&all[len(all)-1])
	signed("signature: unknown scheme", crypto.NoBackend, "fas", func(d *draft) { d.crypto = `"pkcs7"` })
	by("signature: two certificates", crypto.Untrusted, "pagure", func(a *Authority) *credential { return a.twofold })
	daysAgo("signature: GnuPG key expired since", "debbugs", func(a *Authority) *credential { return a.expiredPGP })
	signed("signature: not base64", crypto.Malformed, "mediawiki", func(d *draft) { d.signature = []byte(`"this is no signature"`) })
	by("signature: CA has no revocation list", crypto.NoCRL, "resultsdb", func(a *Authority) *credential { return a.unlisted })
	signed("signature: GnuPG, body was changed", crypto.Bad, "dak", added)
	signed("signature: is missing", crypto.Malformed, "fedbadges", func(d *draft) { d.signature = nil })
	return all
}

// throughArchive makes a special come from an archive.
func throughArchive(sp *special) {
	make := sp.make
	sp.foreign = true
	sp.make = func(s *Script) (*process, [][]byte) {
		p, frames := make(s)
		return p, s.frames(string(frames[0]), dumped(archived(takeApart(frames[1]))))
	}
}

// sample drafts something that a service says when it speaks for itself.
func (s *Script) sample(service string) (*process, draft) {
	s.solo.recast()
	st := pick(s.dice, s.alone[service])
	return st.process, s.filled(&st, s.solo)
}
