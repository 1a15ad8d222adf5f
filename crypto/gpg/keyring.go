package gpg

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// Bounds on a keyring.
const (
	maxKeyring  = 64 << 20
	maxKeys     = 10_000
	maxProblems = 100
)

// Keyring is a set of public keys. It does not change; its zero value is empty.
type Keyring struct {
	keys []*certKey               // in the order of the file
	byID map[uint64][]*signingKey // primary keys and subkeys
}

// signingKey is a key that a signature may name.
type signingKey struct {
	cert *certKey
	sub  *subKey // nil: the primary key
}

func (s *signingKey) pub() *publicKey {
	if s.sub != nil {
		return s.sub.pub
	}
	return s.cert.pub
}

func (s *signingKey) standing(now int64) standing {
	if s.sub != nil {
		return s.sub.standing(s.cert, now)
	}
	return s.cert.standing(now)
}

// ReadKeyring reads a keyring: binary (exported keys, pubring.gpg), armoured,
// or GnuPG's keybox (pubring.kbx). It is told by its content which. Keys that
// cannot be used, and parts that cannot be read, are told in skipped, each in a
// sentence; they may quote the file, and are not sanitised. An empty file is an
// empty keyring; one in which nothing is a key is an error.
func ReadKeyring(raw []byte) (ring *Keyring, skipped []string, err error) {
	c := &collector{}
	if err := c.read(raw, false); err != nil {
		return nil, c.skipped(), fmt.Errorf("read keyring: %w", err)
	}
	return newKeyring(c.keys), c.skipped(), nil
}

// Join is the keyring that has the keys of all rings. A key that several have
// is one, with all that is said of it: revoked in one is revoked.
func Join(rings ...*Keyring) *Keyring {
	c := &collector{}
	for _, r := range rings {
		if r == nil {
			continue
		}
		for _, k := range r.keys {
			c.add(k)
		}
	}
	return newKeyring(c.keys)
}

func newKeyring(keys []*certKey) *Keyring {
	r := &Keyring{keys: keys, byID: make(map[uint64][]*signingKey, len(keys))}
	for _, k := range keys {
		id := k.pub.print.id()
		r.byID[id] = append(r.byID[id], &signingKey{cert: k})
		for _, s := range k.subs {
			id := s.pub.print.id()
			r.byID[id] = append(r.byID[id], &signingKey{cert: k, sub: s})
		}
	}
	return r
}

// Len is how many keys there are, not counting subkeys.
func (r *Keyring) Len() int {
	if r == nil {
		return 0
	}
	return len(r.keys)
}

// KeyFacts describe a key for a reader. What comes from the key itself is not
// sanitised.
type KeyFacts struct {
	KeyID, Fingerprint string // hex, upper case
	UserID             string // the primary one; empty for subkeys
	Algorithm          string // "RSA", "DSA", "ECDSA P-256", "Ed25519"
	Bits               int
	Created, Expires   time.Time // Expires is zero for never
	Revoked            bool
	RevokedAt          time.Time
	RevokedFor         string // the reason, if one was given
	// Signs reports whether signatures of messages may be by the key, as far
	// as it says itself; WhyNot is half a sentence.
	Signs   bool
	WhyNot  string
	Subkeys []KeyFacts // those whose algorithm can sign
}

// Keys describe all keys as they are at a time.
func (r *Keyring) Keys(now time.Time) []KeyFacts {
	if r == nil {
		return nil
	}
	facts := make([]KeyFacts, 0, len(r.keys))
	for _, k := range r.keys {
		f := newFacts(&signingKey{cert: k}, now.Unix())
		f.UserID = k.userID(now.Unix())
		for _, s := range k.subs {
			f.Subkeys = append(f.Subkeys, newFacts(&signingKey{k, s}, now.Unix()))
		}
		facts = append(facts, f)
	}
	return facts
}

func newFacts(s *signingKey, now int64) KeyFacts {
	pub, st := s.pub(), s.standing(now)
	return KeyFacts{
		KeyID: keyID(pub.print.id()), Fingerprint: pub.print.String(),
		Algorithm: pub.algorithm(), Bits: pub.bits,
		Created: pub.key.CreationTime.UTC(), Expires: seconds(st.expires),
		Revoked: st.revoked, RevokedAt: seconds(st.revokedAt), RevokedFor: st.reason,
		Signs: st.signs, WhyNot: st.whyNot,
	}
}

// collector gathers keys from files, each key once.
type collector struct {
	keys     []*certKey
	at       map[fingerprint]int
	problems []string
	more     int // problems that are not kept
	secrets  []secretPart
}

func (c *collector) problem(format string, args ...any) {
	if len(c.problems) >= maxProblems {
		c.more++
		return
	}
	c.problems = append(c.problems, fmt.Sprintf(format, args...))
}

func (c *collector) skipped() []string {
	if c.more > 0 {
		return append(c.problems, fmt.Sprintf("and %d more", c.more))
	}
	return c.problems
}

func (c *collector) add(k *certKey) {
	if c.at == nil {
		c.at = make(map[fingerprint]int)
	}
	if i, ok := c.at[k.pub.print]; ok {
		if c.keys[i] != k {
			c.keys[i] = c.keys[i].merge(k)
		}
		return
	}
	c.at[k.pub.print] = len(c.keys)
	c.keys = append(c.keys, k)
}

// read reads a file of public keys, or of secret ones.
func (c *collector) read(raw []byte, secret bool) error {
	var err error
	parts := 0
	give := func(part []byte) error {
		parts++
		return c.readPackets(part, secret)
	}
	switch {
	case len(raw) > maxKeyring:
		return fmt.Errorf("it has %d bytes, more than %d", len(raw), maxKeyring)
	case len(bytes.TrimSpace(raw)) == 0:
	case bytes.HasPrefix(raw, []byte("SQLite format 3\x00")):
		return errors.New("it is the data base of GnuPG's keyboxd, which is not read: export the keys with gpg --export")
	case isKeybox(raw):
		if secret {
			return errors.New("it is a keybox, which holds public keys only")
		}
		err = readKeybox(raw, give, c.problem)
	case raw[0]&0x80 != 0:
		err = give(raw)
	case isArmored(raw):
		err = c.readArmored(raw, secret, give)
	default:
		err = errNoPacket
	}
	switch {
	case err != nil:
		return err
	case len(c.keys) > 0:
	case len(c.problems) > 0:
		return fmt.Errorf("nothing in it can be used: %s", c.problems[0])
	case parts > 0:
		return errors.New("there is no key in it")
	}
	return nil
}

func (c *collector) readArmored(raw []byte, secret bool, give func([]byte) error) error {
	want, i := "PUBLIC KEY BLOCK", 0
	if secret {
		want = "PRIVATE KEY BLOCK"
	}
	err := readArmor(raw, func(kind string, data []byte, err error) error {
		i++
		switch {
		case err != nil:
			c.problem("armoured block %d is skipped: %v", i, err)
		case kind != want:
			c.problem("armoured block %d is skipped: it is a PGP %s, not a PGP %s", i, clip(kind), want)
		default:
			return give(data)
		}
		return nil
	})
	if err == nil && i == 0 {
		return errNoPacket
	}
	return err
}

// readPackets reads keys until the end, or up to where they are damaged.
func (c *collector) readPackets(b []byte, secret bool) error {
	primary, other, subkey := byte(tagPublicKey), byte(tagSecretKey), byte(tagPublicSubkey)
	if secret {
		primary, other, subkey = tagSecretKey, tagPublicKey, tagSecretSubkey
	}
	var key *block
	var failed error
	finish := func() {
		if key == nil {
			return
		}
		k, err := key.done()
		if failed != nil {
			err = failed
		}
		if err != nil {
			c.problem("key %016X is skipped: %v", key.key.pub.print.id(), err)
		} else {
			c.add(k)
		}
		key, failed = nil, nil
	}
	total := len(b)
	for len(b) > 0 {
		p, rest, err := nextPacket(b)
		if err != nil {
			finish()
			c.problem("reading ends at byte %d: %v", total-len(b), err)
			return nil
		}
		at := total - len(b)
		b = rest
		switch {
		case p.tag == primary:
			finish()
			if len(c.keys) >= maxKeys {
				return fmt.Errorf("it has more than %d keys", maxKeys)
			}
			pub, err := c.publicPart(p.body, secret)
			if err != nil {
				c.problem("the key at byte %d is skipped: %v", at, err)
				continue
			}
			key = newBlock(pub)
		case p.tag == other:
			finish()
			c.problem("the key at byte %d is skipped: it is a %s key, where this file is of %s ones", at, publicOrSecret(!secret), publicOrSecret(secret))
		case key == nil || failed != nil:
		case p.tag == tagUserID || p.tag == tagUserAttr:
			failed = key.addUser(p.body, p.tag == tagUserAttr)
		case p.tag == subkey:
			pub, err := c.publicPart(p.body, secret)
			if err != nil && !errors.Is(err, errEncrypts) {
				c.problem("a subkey of key %016X is skipped: %v", key.key.pub.print.id(), err)
			}
			failed = key.addSub(pub)
		case p.tag == tagSignature:
			failed = key.addSignature(p.body)
		}
	}
	finish()
	return nil
}

func publicOrSecret(secret bool) string {
	if secret {
		return "secret"
	}
	return "public"
}

// publicPart reads the public key of a packet. What a secret key's packet has
// after it is kept for when the whole key was read.
func (c *collector) publicPart(body []byte, secret bool) (*publicKey, error) {
	pub, rest, err := parsePublicKey(body)
	if err != nil {
		return nil, err
	}
	if !secret {
		if len(rest) > 0 {
			return nil, errors.New("something follows the key in its packet")
		}
		return pub, nil
	}
	c.secrets = append(c.secrets, secretPart{pub, rest})
	return pub, nil
}
