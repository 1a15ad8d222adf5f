package tui

import (
	"context"
	"fmt"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/judge"
	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/gpg"
	"fedmsg-tui/crypto/trust"
)

// Checking says how the signatures of a session are checked.
type Checking struct {
	// Verifier judges; nil is one that trusts nobody.
	Verifier *crypto.Verifier
	// Store, when there is one, is watched, and what it reads given to Verifier.
	Store *trust.Store
	// Off are the sources that are not checked at first, AllOff all of them.
	Off    []bus.SourceID
	AllOff bool
}

// Check begins to judge what the session receives, until ctx ends or Close is
// called. A session checks once; one that does not check shows what is signed
// as not checked.
func (s *Session) Check(ctx context.Context, c Checking) {
	if c.Verifier == nil {
		c.Verifier = crypto.NewVerifier(crypto.Options{})
	}
	ctx, cancel := context.WithCancel(ctx)
	j := judge.New(s.history, c.Verifier, judge.Options{Off: c.Off, AllOff: c.AllOff, OnChange: s.noteChange})
	s.mu.Lock()
	s.verifier, s.judge, s.stopChecking = c.Verifier, j, cancel
	s.mu.Unlock()
	s.running.Go(func() { j.Run(ctx) })
	if c.Store == nil {
		return
	}
	s.running.Go(func() {
		told := map[string]bool{}
		c.Store.Watch(ctx, func(values bool) {
			if !values {
				s.noteTrust(c.Store, told, false)
				return
			}
			s.retrust(c.Store.Trust(), c.Store.Keyring(), func() { s.noteTrust(c.Store, told, true) })
		})
	})
}

// retrust exchanges what is trusted. tell tells of it: after the exchange, and
// before anything is judged by it, so that causes are told before effects.
func (s *Session) retrust(trusted *crypto.Trust, ring *gpg.Keyring, tell func()) {
	s.mu.Lock()
	v, j := s.verifier, s.judge
	s.mu.Unlock()
	before := v.Trusted()
	v.Use(trusted, ring)
	tell()
	j.TrustChanged(before)
}

// noteTrust tells of what cannot be used, each once, and that there is
// something new.
func (s *Session) noteTrust(store *trust.Store, told map[string]bool, values bool) {
	first := len(told) == 0
	problems := map[string]bool{}
	for _, p := range store.Problems() {
		problems[p] = true
		if !told[p] {
			s.log.add(loggedEvent{at: s.now(), severity: severityWarning, what: p})
		}
	}
	for p := range told {
		if !problems[p] {
			delete(told, p)
		}
	}
	if first && !store.Trust().Ready() && store.Keyring() == nil && len(problems) == 0 {
		s.log.add(loggedEvent{at: s.now(), severity: severityWarning,
			what: "no CA is known, so no signature can be judged; name one with --ca FILE, or as ca in config.toml"})
	}
	switch {
	case values && len(store.Facts()) > 0 && first:
		s.log.note(s.now(), "certificates and revocation lists were read")
	case values:
		s.log.note(s.now(), "certificates or revocation lists changed, and were read again")
	}
	for p := range problems {
		told[p] = true
	}
	told[""] = true // no longer the first time
}

// noteChange tells of verdicts that changed: nothing turns from good to
// something else in silence.
func (s *Session) noteChange(c judge.Change) {
	e := loggedEvent{at: s.now(), severity: severityNote, row: c.First, hasRow: true}
	switch {
	case c.To.Class().Problem():
		e.severity = severityProblem
	case c.From.Class().Good() && !c.To.Class().Good():
		e.severity = severityWarning
	}
	messages := "1 message"
	if c.Rows != 1 {
		messages = grouped(uint64(c.Rows)) + " messages"
	}
	who := ""
	switch {
	case c.Signers > 1:
		who = fmt.Sprintf(" by %d signers", c.Signers)
	case c.Signer != "":
		who = " by " + c.Signer
	}
	e.what = fmt.Sprintf("signature was %s, is %s: %s%s", c.From, c.To, messages, who)
	s.log.add(e)
}

// checking is the judge, or nil when nothing is checked.
func (s *Session) checking() *judge.Judge {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.judge
}

// unchecked reports whether a source's messages are not checked.
func (s *Session) unchecked(source bus.SourceID) bool {
	j := s.checking()
	return j == nil || j.Off(source)
}

// explain judges a message with all that leads to the verdict. It takes as long
// as a public key operation, and is for one message that somebody looks at.
// judged says that the message was checked, whatever its source is set to now.
func (s *Session) explain(m *bus.Message, judged bool) crypto.Verdict {
	if m.Malformed() {
		return crypto.Verdict{Code: crypto.Malformed, Reason: m.Problem.Reason()}
	}
	s.mu.Lock()
	v := s.verifier
	s.mu.Unlock()
	if v == nil || !judged && s.unchecked(m.Source) {
		return crypto.Verdict{Code: crypto.Off, Reason: crypto.Off.Sentence()}
	}
	return v.Judge(judge.SubjectOf(m))
}
