package gpg

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
)

// Bounds on one key. What goes beyond them is not cut, which might lose a
// revocation: such a key is not used at all.
const (
	maxSelfSignatures = 1024
	maxSubkeys        = 256
	maxUsers          = 1024
)

// block reads the packets of one key: the primary key, then its user ids and
// subkeys, each followed by signatures.
type block struct {
	key   *certKey
	users []*user
	subs  []*subKey
	user  *user   // what the next signatures are about: at most one of the
	sub   *subKey // two, none where that is a packet that is not used
	raw   []byte  // the packet of user
	count int
	seen  map[place]bool
}

// place is a signature and what it stands at: a copy elsewhere is about
// something else.
type place struct {
	sum         [sha256.Size]byte
	users, subs int
}

func newBlock(pub *publicKey) *block {
	return &block{key: &certKey{pub: pub}, seen: make(map[place]bool)}
}

func (b *block) addUser(body []byte, attribute bool) error {
	b.sub, b.user, b.raw = nil, nil, body
	if len(b.users) >= maxUsers {
		return fmt.Errorf("it has more than %d user ids", maxUsers)
	}
	if !attribute && len(body) > maxUserID {
		return nil
	}
	id := string(body)
	if attribute {
		// A photo is large, and only told from another photo.
		sum := sha256.Sum256(body)
		id = string(sum[:])
	}
	b.user = &user{id: id, attribute: attribute}
	b.users = append(b.users, b.user)
	return nil
}

// addSub takes a subkey; nil for one that is not used.
func (b *block) addSub(pub *publicKey) error {
	b.user, b.sub = nil, nil
	if pub == nil {
		return nil
	}
	if len(b.subs) >= maxSubkeys {
		return fmt.Errorf("it has more than %d subkeys", maxSubkeys)
	}
	b.sub = &subKey{pub: pub}
	b.subs = append(b.subs, b.sub)
	return nil
}

// addSignature checks one, when it is by the key itself, and keeps what it
// says.
func (b *block) addSignature(body []byte) error {
	pub := b.key.pub
	s, err := parseSignature(body)
	if err != nil || !s.by(pub) || !b.placed(s.kind) || pub.weak != "" {
		return nil // by others, or unreadable: as if it were not there
	}
	where := place{sum: sha256.Sum256(body)}
	if s.kind != typeDirect && s.kind != typeKeyRevoked {
		where.users, where.subs = len(b.users), len(b.subs)
	}
	if b.seen[where] {
		return nil
	}
	b.seen[where] = true
	if b.count++; b.count > maxSelfSignatures {
		return fmt.Errorf("it has more than %d signatures by itself", maxSelfSignatures)
	}
	if selfSigned(pub, s, func(h hash.Hash) { b.hashSubject(h, s) }) != nil {
		return nil
	}
	st := newStatement(body, s)
	switch s.kind {
	case typeDirect:
		b.key.direct = append(b.key.direct, st)
	case typeKeyRevoked:
		b.key.revoked = append(b.key.revoked, st)
	case typeBinding:
		st.back, st.backExpires = b.agreed(s)
		b.sub.bindings = append(b.sub.bindings, st)
	case typeSubkeyRevoked:
		b.sub.revoked = append(b.sub.revoked, st)
	default:
		b.user.statements = append(b.user.statements, st)
	}
	return nil
}

// placed reports whether a type of signature makes sense where it stands. Those
// about the whole key do anywhere: a revocation is often just appended.
func (b *block) placed(kind byte) bool {
	switch {
	case kind == typeDirect || kind == typeKeyRevoked:
		return true
	case kind == typeBinding || kind == typeSubkeyRevoked:
		return b.sub != nil
	case kind >= typeCertLow && kind <= typeCertHigh || kind == typeCertRevoked:
		return b.user != nil
	}
	return false
}

func (b *block) hashSubject(h hash.Hash, s *signature) {
	b.key.pub.hashInto(h)
	switch {
	case s.kind == typeBinding || s.kind == typeSubkeyRevoked:
		b.sub.pub.hashInto(h)
	case s.kind == typeDirect || s.kind == typeKeyRevoked:
	default:
		mark := byte(0xb4)
		if b.user.attribute {
			mark = 0xd1
		}
		h.Write(binary.BigEndian.AppendUint32([]byte{mark}, uint32(len(b.raw))))
		h.Write(b.raw)
	}
}

// agreed looks for a back signature: the subkey's word that it belongs to the
// primary key. Where it stands does not matter, as nobody else could make it.
func (b *block) agreed(binding *signature) (ok bool, expires int64) {
	for _, body := range binding.embedded {
		s, err := parseSignature(body)
		if err != nil || s.kind != typeBack || b.sub.pub.weak != "" {
			continue
		}
		err = selfSigned(b.sub.pub, s, func(h hash.Hash) {
			b.key.pub.hashInto(h)
			b.sub.pub.hashInto(h)
		})
		if err == nil && (!ok || expires != never && (s.expires() == never || s.expires() > expires)) {
			ok, expires = true, s.expires()
		}
	}
	return ok, expires
}

// selfSigned checks a signature over keys. As in GnuPG, SHA-1 is good enough
// for these, MD5 is not, and nothing is older than the key that signed it.
func selfSigned(by *publicKey, s *signature, subject func(hash.Hash)) error {
	switch {
	case !by.sameKind(s.algo):
		return errors.New("it is of another algorithm than the key")
	case !s.timed || int64(s.created) < by.created():
		return errors.New("it is older than the key")
	case s.critical != 0:
		return fmt.Errorf("its subpacket %d must be understood, and is not", s.critical)
	}
	if d, ok := digests[s.digest]; !ok || by.tooShort(d) || !by.check(s, subject) {
		return errors.New("it does not match")
	}
	return nil
}

// done is the key, or why it cannot be used.
func (b *block) done() (*certKey, error) {
	k := b.key
	k.add(b.users, b.subs) // one name, one user: also when the file has it twice
	stands := len(k.direct)+len(k.revoked) > 0 || k.pub.weak != ""
	for _, u := range k.users {
		stands = stands || len(u.statements) > 0
	}
	if !stands {
		return nil, errors.New("it has no valid signature by itself")
	}
	return k, nil
}
