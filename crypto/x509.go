package crypto

import (
	stdcrypto "crypto"
	"crypto/rsa"
	"crypto/sha1"
	"math/big"
	"slices"
	"strings"
)

// maxSignatureBytes is more than the largest key that is checked can make.
const maxSignatureBytes = maxKeyBits/8 + 64

// x509 judges a message that is, or claims to be, signed with a certificate.
//
// Each check that finds something wrong ends it, but what cannot be known does
// not: without a CA, a signature that does not match still does not match.
func (j *judging) x509(certificateField, signatureField *member) (finding, string) {
	// fields
	switch {
	case signatureField == nil:
		return *j.decide(stepFields, StepNo, Malformed, "says that it is signed with x509, and has no signature"), ""
	case certificateField == nil:
		return *j.decide(stepFields, StepNo, Malformed, "says that it is signed with x509, and has no certificate"), ""
	}
	signature, err := appendBase64(j.signature[:0], signatureField.value, maxSignatureBytes)
	j.signature = signature
	if err != nil {
		return *j.decide(stepFields, StepNo, Malformed, "the signature %v", err), ""
	}
	k := j.material.certs.get(certificateField.value, j.material.trust)
	if j.report != nil {
		j.report.Certificate = k.facts
	}
	signer := k.cert.name
	if k.cert.flaw == Malformed {
		return *j.decide(stepFields, StepNo, Malformed, "%s", k.cert.flawNote), signer
	}
	j.say(stepFields, StepOK, "x509, with certificate and signature")

	// chain
	switch k.cert.flaw {
	case OK:
	case NoBackend:
		return *j.decide(stepChain, StepUnknown, NoBackend, "%s", k.cert.flawNote), signer
	default:
		return *j.decide(stepChain, StepNo, k.cert.flaw, "%s", k.cert.flawNote), signer
	}
	s := k.standing
	var unknown *finding
	switch s.code {
	case Untrusted:
		return *j.decide(stepChain, StepNo, Untrusted, "%s", s.note), signer
	case NoCA:
		unknown = j.decide(stepChain, StepUnknown, NoCA, "%s", s.note)
	default:
		j.say(stepChain, StepOK, k.cert.issuedBy)
	}

	// revocation
	if s.revoked {
		what := "the certificate"
		if s.caRevoked {
			what = "the CA that issued the certificate"
		}
		return *j.decide(stepRevocation, StepNo, Revoked, "%s is revoked since %s", what, day(s.since)), signer
	}
	caveats := make([]finding, 0, 4)
	var noCRL *finding
	if s.code == OK {
		noCRL, caveats = j.revocation(s, caveats)
	}

	// signature
	if f := j.signatureMatches(k.cert); f != nil {
		return *f, signer
	}

	// Validity is judged only now, because only now the time that the message
	// says it was sent at is known to be the signer's.
	if s.code == OK {
		f, caveat := j.validity(k)
		if f != nil && (f.code.Class() == ClassInvalid || unknown == nil) {
			if f.code.Class() == ClassInvalid {
				return *f, signer
			}
			unknown = f
		}
		if caveat != nil {
			caveats = append([]finding{*caveat}, caveats...)
		}
	}
	if unknown == nil {
		unknown = noCRL
	}
	if unknown != nil {
		return *unknown, signer
	}

	// policy
	f := j.policy(signer)
	if f != nil && f.code.Class() != ClassCaveat {
		return *f, signer
	}
	if len(j.repairs) > 0 {
		repaired := finding{code: Repaired}
		if j.report != nil {
			repaired.note = "authentic after undoing: " + strings.Join(j.repairs, "; ")
		}
		caveats = append(caveats, repaired)
	}
	if f != nil {
		caveats = append(caveats, *f)
	}
	if len(caveats) == 0 {
		good := finding{code: OK}
		if j.report != nil {
			good.note = "signed by " + signer + ", whose certificate is from a trusted CA" + j.andAllowed()
		}
		return good, signer
	}
	// The first is the one that matters most; the others are told with it.
	all := caveats[0]
	for _, c := range caveats[1:] {
		all.note += "; also " + c.note
	}
	return all, signer
}

// andAllowed ends the sentence about a good message with what else was checked.
func (j *judging) andAllowed() string {
	text := ""
	if j.material.trust.crlName != "" {
		text += ", not revoked"
	}
	if len(j.v.options.Policy) > 0 || j.v.options.Nitpicky {
		text += ", allowed on this topic"
	}
	return text
}

// revocation checks the list itself; that the certificate is not on it is
// known already.
func (j *judging) revocation(s *standing, caveats []finding) (*finding, []finding) {
	t := j.material.trust
	if t.crlName == "" {
		j.say(stepRevocation, StepSkipped, "no revocation list is configured")
		return nil, caveats
	}
	list, why := s.list()
	switch {
	case t.noCRL != nil:
		return j.decide(stepRevocation, StepUnknown, NoCRL, "cannot be judged: %v", t.noCRL), caveats
	case list == nil:
		return j.decide(stepRevocation, StepUnknown, NoCRL, "cannot be judged: %v", why), caveats
	}
	problem := list.dateProblem(j.now)
	if problem == "" && t.kept {
		problem = "could not be read again"
	}
	if problem == "" {
		j.say(stepRevocation, StepOK, list.cleared)
		return nil, caveats
	}
	// A list that was seen in date, and of which no newer one can be had, is
	// better than none: the bus goes on, with a caveat.
	if j.v.options.Strict || !list.seenInDate || j.now.Before(list.thisUpdate) {
		return j.decide(stepRevocation, StepUnknown, NoCRL, "cannot be judged: the revocation list %s %s", t.crlName, problem), caveats
	}
	f := j.decide(stepRevocation, StepOK, StaleCRL, "authentic; but the revocation list %s, and no newer one could be had", problem)
	return nil, append(caveats, *f)
}

// signatureMatches looks for a form of the message that the signature fits.
func (j *judging) signatureMatches(c *certificate) *finding {
	asReceived := form{}
	digest := j.digest(&asReceived)
	if j.object.repeated && !j.v.options.Strict {
		j.repairs = []string{repeatedNames}
	}
	if j.matches(c, digest) {
		j.tried("as received")
		j.step(stepSignature, StepOK, "RSA and SHA-1 over %d bytes, as received", len(j.signed))
		return nil
	}
	j.tried("as received")
	if !j.v.options.Strict {
		if more := forms(&j.object, j.archived); len(more) > 0 {
			// The signature says which digest it was made over, so that only a
			// form that has it costs a public key operation of its own.
			claimed, ok := claimedDigest(c.key, j.signature)
			for i := range more {
				f := &more[i]
				j.tried("undoing " + strings.Join(f.repairs, " and "))
				if digest := j.digest(f); ok && digest == claimed && j.matches(c, digest) {
					j.repairs = append(j.repairs, f.repairs...)
					j.step(stepSignature, StepOK, "RSA and SHA-1 over %d bytes, after repair", len(j.signed))
					return nil
				}
			}
		}
		j.repairs = nil // nothing was
		if j.archived {
			return j.decide(stepSignature, StepUnknown, Altered, "%s", Altered.Sentence())
		}
	}
	return j.decide(stepSignature, StepNo, Bad, "the signature does not match the message (RSA and SHA-1 over %d bytes)", len(j.signed))
}

func (j *judging) tried(what string) {
	if j.report != nil {
		j.report.Tried = append(j.report.Tried, what)
	}
}

// digest is SHA-1 of a form of the message, whose text is in j.signed until the
// next one.
func (j *judging) digest(f *form) [sha1.Size]byte {
	j.signed = f.appendSigned(j.signed[:0], &j.object)
	return sha1.Sum(j.signed)
}

// matches reports whether the signature is the certificate's key over a digest
// (RSASSA-PKCS1-v1_5 with SHA-1, RFC 8017, 8.2; fedmsg/crypto/x509_ng.py).
func (j *judging) matches(c *certificate, digest [sha1.Size]byte) bool {
	if j.v.options.Fresh {
		return rsa.VerifyPKCS1v15(c.key, stdcrypto.SHA1, digest[:], j.signature) == nil
	}
	if j.v.proven.has(&c.keyID, &digest, j.signature) {
		return true
	}
	if rsa.VerifyPKCS1v15(c.key, stdcrypto.SHA1, digest[:], j.signature) != nil {
		return false
	}
	j.v.proven.add(&c.keyID, &digest, j.signature)
	return true
}

// claimedDigest is what the signature was made over, if it is one. It decides
// only which form of the message is worth checking, never that one is good.
func claimedDigest(key *rsa.PublicKey, signature []byte) (digest [sha1.Size]byte, ok bool) {
	s := new(big.Int).SetBytes(signature)
	if len(signature) != key.Size() || s.Cmp(key.N) >= 0 {
		return digest, false
	}
	m := s.Exp(s, big.NewInt(int64(key.E)), key.N).FillBytes(make([]byte, key.Size()))
	copy(digest[:], m[len(m)-len(digest):])
	return digest, true
}

// validity judges the dates of certificate and CA: a finding that ends it, or a
// caveat, or neither.
func (j *judging) validity(k *known) (end, caveat *finding) {
	leaf, at := k.cert.leaf, j.at()
	note := func(code Code, result StepResult, format string, args ...any) *finding {
		return j.decide(stepChain, result, code, format, args...)
	}
	mild := !j.v.options.Strict && j.hasSent
	switch {
	case validAt(leaf, at):
	case at.Before(leaf.NotBefore):
		return note(Expired, StepNo, "the certificate is not valid before %s", day(leaf.NotBefore)), nil
	case mild && validAt(leaf, j.sent):
		caveat = note(ExpiredSince, StepOK, "authentic when sent, on %s; the certificate has expired since, on %s", day(j.sent), day(leaf.NotAfter))
	case !j.hasSent:
		return note(Expired, StepNo, "the certificate expired on %s, and the message does not say when it was sent", day(leaf.NotAfter)), nil
	case j.v.options.Strict:
		return note(Expired, StepNo, "the certificate expired on %s", day(leaf.NotAfter)), nil
	default:
		return note(Expired, StepNo, "the certificate was valid from %s to %s, and the message was sent on %s",
			day(leaf.NotBefore), day(leaf.NotAfter), day(j.sent)), nil
	}
	s := k.standing
	switch {
	case s.anchorValid(at):
		return nil, caveat
	case j.v.options.At.Sent && !j.v.options.Strict && s.anchorValid(j.now):
		// The CA was renewed with its key since: its dates are those of the
		// renewal.
		return nil, caveat
	case mild && s.anchorValid(j.sent):
		if caveat == nil {
			caveat = note(ExpiredSince, StepOK, "authentic when sent, on %s; the CA's certificate has expired since, on %s",
				day(j.sent), day(s.anchors[0].cert.NotAfter))
		}
		return nil, caveat
	}
	// Not the message's fault: with a CA that is valid it could be judged.
	a := s.anchors[0].cert
	return note(NoCA, StepUnknown, "the CA that issued the certificate is valid from %s to %s only", day(a.NotBefore), day(a.NotAfter)), nil
}

// policy asks whether the signer may send on the topic: nil for yes, a caveat
// when nothing is said about the topic.
func (j *judging) policy(signer string) *finding {
	o := &j.v.options
	m := j.object.find("topic")
	topic, isText := "", true
	if m != nil && !isNull(m.value) {
		topic, isText = decodeString(m.value)
	}
	switch {
	case !isText:
		return j.decide(stepPolicy, StepNo, Malformed, "the topic is not a text")
	case len(o.Policy) == 0 && !o.Nitpicky:
		j.say(stepPolicy, StepSkipped, "no routing policy is configured")
		return nil
	}
	if topic == "" && j.subject.Topic != nil {
		// Who leaves the topic out must not send where he may not: what counts
		// for receivers is then the frame's.
		topic = string(j.subject.Topic)
	}
	allowed, named := o.Policy[topic]
	switch {
	case !named && o.Nitpicky:
		return j.decide(stepPolicy, StepNo, Policy, "authentic, but the routing policy does not name this topic, and must")
	case !named:
		return j.decide(stepPolicy, StepSkipped, NoPolicy, "%s", NoPolicy.Sentence())
	case slices.Contains(allowed, signer):
		j.step(stepPolicy, StepOK, "%s may send on this topic", signer)
		return nil
	}
	return j.decide(stepPolicy, StepNo, Policy, "authentic, but %s may not send on this topic", signer)
}
