package gpg

import (
	"bytes"
	"errors"
	"fmt"
	"hash"
	"time"
)

// Bounds on a blob of signatures: each may cost a public key operation.
const (
	maxBlob       = 64 << 10
	maxSignatures = 16
)

// maxAhead is how far a signer's clock may be ahead of ours.
const maxAhead = 10 * 60

// Verify checks a detached signature over signed, at a time: one signature
// packet or several, all of which must be good. It may be called by several
// goroutines at once.
func (r *Keyring) Verify(signed, blob []byte, now time.Time) Result {
	if r == nil {
		r = &Keyring{}
	}
	bodies, err := splitBlob(blob)
	if err != nil {
		return Result{Reason: err.Error()}
	}
	var worst Result
	for i, body := range bodies {
		one := r.verifyOne(signed, body, now.Unix())
		if i == 0 || one.State < worst.State {
			worst = one
		}
	}
	return worst
}

// splitBlob takes a blob apart into the bodies of signature packets. The whole
// is looked at before anything is checked, so that what follows the last
// signature cannot go unseen.
func splitBlob(blob []byte) (bodies [][]byte, err error) {
	switch {
	case len(blob) == 0:
		return nil, errors.New("the signature is empty")
	case len(blob) > maxBlob:
		return nil, fmt.Errorf("the signature has %d bytes, more than %d", len(blob), maxBlob)
	case blob[0]&0x80 == 0 && isArmored(blob):
		return nil, errors.New("the signature is armoured text, where a binary one belongs")
	}
	for len(blob) > 0 {
		p, rest, err := nextPacket(blob)
		switch {
		case err != nil:
			return nil, fmt.Errorf("the signature cannot be read: %w", err)
		case p.tag != tagSignature:
			return nil, fmt.Errorf("a packet of type %d stands where only signatures belong", p.tag)
		case len(bodies) == maxSignatures:
			return nil, fmt.Errorf("it has more than %d signatures", maxSignatures)
		}
		bodies, blob = append(bodies, p.body), rest
	}
	return bodies, nil
}

func (r *Keyring) verifyOne(signed, body []byte, now int64) Result {
	s, err := parseSignature(body)
	switch {
	case errors.Is(err, errUnsupported):
		return Result{State: Unsupported, Reason: err.Error()}
	case err != nil:
		return Result{Reason: "the signature cannot be read: " + err.Error()}
	case s.kind != typeBinary && s.kind != typeText:
		return Result{Reason: fmt.Sprintf("a signature of type 0x%02x is not one over a text", s.kind)}
	case !s.timed:
		return Result{Reason: "the signature does not say when it was made"}
	}
	at := Result{SignedAt: time.Unix(int64(s.created), 0).UTC()}
	keys := r.named(s)
	if len(keys) == 0 {
		at.State, at.Reason = NoKey, "the signature does not say by which key it is"
		if s.issuerPrint != nil {
			at.KeyID, at.Fingerprint = keyID(s.issuerPrint.id()), s.issuerPrint.String()
		} else if s.named {
			at.KeyID = keyID(s.issuer)
		}
		if at.KeyID != "" {
			at.Reason = "the key " + at.KeyID + " is not in the keyring"
		}
		return at
	}
	c := checker{s: s, signed: signed, now: now}
	return c.best(keys, at)
}

// named are the keys that a signature may be by, according to itself. Like
// GnuPG, it falls back on the key id where no key has the fingerprint.
func (r *Keyring) named(s *signature) []*signingKey {
	if s.issuerPrint != nil {
		var exact []*signingKey
		for _, k := range r.byID[s.issuerPrint.id()] {
			if k.pub().print == *s.issuerPrint {
				exact = append(exact, k)
			}
		}
		if len(exact) > 0 {
			return exact
		}
	}
	if s.named {
		return r.byID[s.issuer]
	}
	return nil
}

// checker holds one signature against keys.
type checker struct {
	s      *signature
	signed []byte
	now    int64

	last *publicKey // the key of the last operation, and what it gave
	ok   bool
}

// best is the result for the key that the signature is by. Several can be meant
// when key ids collide, and when somebody has put another's subkey under a key
// of his own: one that is bound as it should be goes before any that is not, so
// that the latter can neither take over a signature nor spoil it. Of several
// that are bound, the one that is worth least decides.
func (c *checker) best(keys []*signingKey, at Result) Result {
	var best Result
	bestRank := -1
	for _, k := range keys {
		st := k.standing(c.now)
		one := c.against(k, st, at)
		rank := 0
		switch {
		case one.State <= WeakDigest || one.State == Unsupported: // not known to match
		case !st.signs && k.sub != nil:
			rank = 1
		default:
			rank = 2
		}
		if rank > bestRank || rank == bestRank && one.State < best.State {
			best, bestRank = one, rank
		}
	}
	return best
}

func (c *checker) against(k *signingKey, st standing, at Result) Result {
	pub := k.pub()
	at.KeyID, at.Fingerprint = keyID(pub.print.id()), pub.print.String()
	at.Primary, at.UserID = k.cert.pub.print.String(), k.cert.userID(c.now)
	at.State, at.Reason = c.state(k, st)
	if at.State == KeyRevoked {
		at.RevokedAt = seconds(st.revokedAt)
	}
	if at.State == SignatureExpired {
		at.ExpiredAt = seconds(c.s.expires())
	} else if expired(st.expires, c.now) {
		at.ExpiredAt = seconds(st.expires)
	}
	return at
}

const day = "2006-01-02"

func (c *checker) state(k *signingKey, st standing) (State, string) {
	s, pub := c.s, k.pub()
	if pub.weak != "" {
		return WeakKey, "signed with " + pub.weak
	}
	if k.cert.pub.weak != "" {
		// Its statements were not checked: whoever breaks it can make them.
		return WeakKey, "signed with a subkey of " + k.cert.pub.weak
	}
	if !pub.sameKind(s.algo) {
		return BadSignature, "the signature is of another algorithm than the key"
	}
	digest, ok := digests[s.digest]
	switch {
	case s.digest == digestMD5:
		return WeakDigest, "the signature uses the digest MD5"
	case !ok:
		return Unsupported, digestName(s.digest) + " is " + errUnsupported.Error()
	case pub.tooShort(digest):
		return WeakDigest, "the digest " + digestName(s.digest) + " is too short for the key"
	}
	if c.last == nil || !bytes.Equal(c.last.body, pub.body) {
		c.last, c.ok = pub, pub.check(s, c.hashSigned)
	}
	if !c.ok {
		return BadSignature, "the signature does not match"
	}
	if s.critical != 0 {
		// It says itself that it is not to be believed by who does not know
		// this; gpg calls it bad.
		return BadSignature, fmt.Sprintf("the signature matches, and has a part (subpacket %d) that must be understood and is not", s.critical)
	}
	return c.standingOf(k, st)
}

// standingOf judges a signature that matches.
func (c *checker) standingOf(k *signingKey, st standing) (State, string) {
	made, expiry := int64(c.s.created), c.s.expires()
	created := k.pub().created()
	switch {
	case st.revoked:
		reason := "the key was revoked on " + seconds(st.revokedAt).Format(day)
		if st.reason != "" {
			reason += ": " + st.reason
		}
		return KeyRevoked, reason
	case !st.signs:
		return KeyNotForSigning, "signed with a key that does not count: " + st.whyNot
	case made < created:
		return KeyExpiredBefore, "the signature is older than the key, of " + seconds(created).Format(day)
	case expired(st.expires, made):
		return KeyExpiredBefore, "the key had expired on " + seconds(st.expires).Format(day) + ", before the signature was made"
	case made > c.now+maxAhead:
		return NotYetValid, "the signature was made in the future, " + seconds(made).Format(time.RFC3339)
	case expiry != never && expiry <= c.now:
		return SignatureExpired, "the signature expired on " + seconds(expiry).Format(day)
	case expired(st.expires, c.now):
		return GoodKeyExpired, "good when it was made; the key expired on " + seconds(st.expires).Format(day)
	}
	return Good, "signed with " + k.pub().algorithm() + " and " + digestName(c.s.digest)
}

func (c *checker) hashSigned(h hash.Hash) {
	if c.s.kind == typeText {
		hashText(h, c.signed)
		return
	}
	h.Write(c.signed)
}
