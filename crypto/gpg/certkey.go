package gpg

import (
	"crypto/sha256"
	"fmt"
	"time"
)

const (
	flagSign  = 0x02 // in the key flags
	maxReason = 200  // bytes of a revocation's text that are kept
	maxUserID = 2048 // bytes of a user id; GnuPG's bound
	never     = int64(0)
)

// certKey is a primary key with what it says about itself and its subkeys. All
// statements in it were checked to be made by the key.
type certKey struct {
	pub     *publicKey
	direct  []*statement // about the key itself
	revoked []*statement
	users   []*user
	subs    []*subKey
}

type user struct {
	id         string
	attribute  bool // a photo; its statements count, it is no name
	statements []*statement
}

type subKey struct {
	pub      *publicKey
	bindings []*statement
	revoked  []*statement
}

// statement is what is left of a self-signature once it was found to be good.
type statement struct {
	sum     [sha256.Size]byte // of the packet: to know it again
	kind    byte
	created int64
	expires int64 // of the statement

	keyLifetime int64
	flagged     bool
	flags       byte
	primary     bool
	reason      string

	// Of bindings: whether the subkey agreed, and until when.
	back        bool
	backExpires int64
}

func newStatement(body []byte, s *signature) *statement {
	st := &statement{
		sum: sha256.Sum256(body), kind: s.kind, created: int64(s.created), expires: s.expires(),
		keyLifetime: int64(s.keyLifetime), flagged: s.flagged, flags: s.flags, primary: s.primary,
	}
	if s.kind == typeKeyRevoked || s.kind == typeSubkeyRevoked {
		st.reason = revocationReason(s)
	}
	return st
}

func revocationReason(s *signature) string {
	reason := map[byte]string{1: "superseded", 2: "compromised", 3: "no longer used"}[s.reason]
	switch {
	case s.reasonText == "":
		return reason
	case reason == "":
		return s.reasonText
	}
	return reason + ": " + s.reasonText
}

// expired reports whether something has stopped to count. Its last second
// counts, as GnuPG has it for keys.
func expired(at, now int64) bool { return at != never && at < now }

// merged adds what is new in more; both slices stay as they are.
func merged(to, more []*statement) []*statement {
	seen := make(map[[sha256.Size]byte]bool, len(to))
	for _, s := range to {
		seen[s.sum] = true
	}
	to = to[:len(to):len(to)]
	for _, s := range more {
		if !seen[s.sum] {
			seen[s.sum] = true
			to = append(to, s)
		}
	}
	return to
}

// merge is one key made of two readings of it: a revocation may be in one only.
func (k *certKey) merge(o *certKey) *certKey {
	m := &certKey{
		pub:     k.pub,
		direct:  merged(k.direct, o.direct),
		revoked: merged(k.revoked, o.revoked),
		users:   append([]*user(nil), k.users...),
		subs:    append([]*subKey(nil), k.subs...),
	}
	m.add(o.users, o.subs)
	return m
}

// add adds users and subkeys, or what is new about those that are there.
func (k *certKey) add(users []*user, subs []*subKey) {
	type name struct {
		id        string
		attribute bool
	}
	userAt := make(map[name]int, len(k.users))
	for i, u := range k.users {
		userAt[name{u.id, u.attribute}] = i
	}
	for _, u := range users {
		i, ok := userAt[name{u.id, u.attribute}]
		if !ok {
			userAt[name{u.id, u.attribute}] = len(k.users)
			k.users = append(k.users, u)
			continue
		}
		k.users[i] = &user{u.id, u.attribute, merged(k.users[i].statements, u.statements)}
	}
	subAt := make(map[fingerprint]int, len(k.subs))
	for i, s := range k.subs {
		subAt[s.pub.print] = i
	}
	for _, s := range subs {
		i, ok := subAt[s.pub.print]
		if !ok {
			subAt[s.pub.print] = len(k.subs)
			k.subs = append(k.subs, s)
			continue
		}
		had := k.subs[i]
		k.subs[i] = &subKey{s.pub, merged(had.bindings, s.bindings), merged(had.revoked, s.revoked)}
	}
}

// latest is the newest statement that has not expired; the later one of two
// made in one second, as in GnuPG.
func latest(statements []*statement, now int64) *statement {
	var best *statement
	for _, s := range statements {
		if !expired(s.expires, now) && (best == nil || s.created >= best.created) {
			best = s
		}
	}
	return best
}

// standing is what can be said about a key at one time.
type standing struct {
	signs     bool
	whyNot    string // half a sentence, when it does not sign
	expires   int64
	revoked   bool
	revokedAt int64
	reason    string
}

func (st *standing) revokedBy(revocations []*statement) {
	for _, r := range revocations {
		// No other date and no later statement takes a revocation back. The
		// first one is told.
		if !st.revoked || r.created < st.revokedAt {
			st.revoked, st.revokedAt, st.reason = true, r.created, r.reason
		}
	}
}

// standing is that of the primary key. What it says of itself directly goes
// before what it says along with its user ids, of which the newest counts.
func (k *certKey) standing(now int64) standing {
	var st standing
	st.revokedBy(k.revoked)
	if k.pub.weak != "" {
		st.whyNot = "it is " + k.pub.weak
		return st
	}
	created := k.pub.created()
	flags, flagged, expiry := byte(0), false, false
	if d := latest(k.direct, now); d != nil {
		flags, flagged = d.flags, d.flagged
		if d.keyLifetime != 0 {
			st.expires, expiry = created+d.keyLifetime, true
		}
	}
	flagsFrom, expiryFrom := int64(-1), int64(-1)
	for _, u := range k.users {
		s := latest(u.statements, now)
		if s == nil || s.kind == typeCertRevoked {
			continue
		}
		if !flagged && s.flagged && s.created > flagsFrom {
			flags, flagsFrom = s.flags, s.created
		}
		if !expiry && s.keyLifetime != 0 && s.created > expiryFrom {
			st.expires, expiryFrom = created+s.keyLifetime, s.created
		}
	}
	if flagged || flagsFrom >= 0 {
		st.signs = flags&flagSign != 0
	} else {
		st.signs = true // nothing said: all that its algorithm can
	}
	if !st.signs {
		st.whyNot = "it is not meant for signing"
	}
	return st
}

// standing is that of a subkey, which has no better one than its primary key.
func (s *subKey) standing(k *certKey, now int64) standing {
	st := k.standing(now)
	whole := st
	st.signs, st.whyNot = false, ""
	st.revokedBy(s.revoked)
	b := latest(s.bindings, now)
	switch {
	case s.pub.weak != "":
		st.whyNot = "it is " + s.pub.weak
	case k.pub.weak != "":
		st.whyNot = whole.whyNot
	case b == nil:
		st.whyNot = "its primary key does not vouch for it"
	case !b.flagged || b.flags&flagSign == 0:
		st.whyNot = "it is not meant for signing"
	case !b.back || expired(b.backExpires, now):
		// Without it, anybody could put another's subkey under a key of his
		// own, and be taken for the one who signed.
		st.whyNot = "it never agreed to belong to this primary key"
	default:
		st.signs = true
	}
	if b != nil && b.keyLifetime != 0 {
		at := s.pub.created() + b.keyLifetime
		if st.expires == never || at < st.expires {
			st.expires = at
		}
	}
	return st
}

// userID is the primary user id; empty when the key has none that it stands by.
func (k *certKey) userID(now int64) string {
	name, from, marked := "", int64(-1), false
	for _, u := range k.users {
		s := latest(u.statements, now)
		if u.attribute || s == nil || s.kind == typeCertRevoked {
			continue
		}
		if from < 0 || s.primary && !marked || s.primary == marked && s.created > from {
			name, from, marked = u.id, s.created, s.primary
		}
	}
	return name
}

// label names the key in sentences.
func (k *certKey) label() string {
	// Of all times, the one at which no statement has expired yet.
	if id := k.userID(0); id != "" {
		return fmt.Sprintf("%016X (%s)", k.pub.print.id(), id)
	}
	return keyID(k.pub.print.id())
}

// seconds is t in UTC; the zero time for never.
func seconds(t int64) time.Time {
	if t == never {
		return time.Time{}
	}
	return time.Unix(t, 0).UTC()
}
