package gpg

import (
	"bytes"
	"crypto"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
	"time"

	pgp "github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Signer signs with one key. It shows nothing secret when it is printed,
// whatever the verb.
type Signer struct {
	key    signingKey
	userID string
	sign   signFunc
}

// Signer picks the key to sign with at a time, as gpg's -u does: by key id or
// fingerprint (with 0x or without; one with a ! at the end is that very key),
// by address in angle brackets, by a whole user id after =, or by any part of a
// user id. Of a key with subkeys, the newest subkey that can sign is taken.
// "" is the first key that can sign. Unlike gpg, which takes the first, it
// refuses a name that fits several.
func (s *SecretKeys) Signer(which string, at time.Time) (*Signer, error) {
	if s == nil {
		s = &SecretKeys{}
	}
	now := at.Unix()
	match := matcher(which, now)
	var found []*Signer
	var whyNot []string
	certs := make(map[fingerprint][]*secretKey)
	var order []fingerprint
	for _, k := range s.keys {
		print := k.cert.pub.print
		if certs[print] == nil {
			order = append(order, print)
		}
		certs[print] = append(certs[print], k)
	}
	for _, print := range order {
		fits, keys := match(certs[print])
		if !fits {
			continue
		}
		best, why := newest(keys, now)
		if best == nil {
			whyNot = append(whyNot, why...)
			continue
		}
		found = append(found, &Signer{best.signingKey, best.cert.userID(now), best.sign})
	}
	switch {
	case len(found) == 1 || len(found) > 0 && strings.TrimSpace(which) == "":
		return found[0], nil
	case len(found) > 1:
		var names []string
		for _, f := range found {
			names = append(names, f.key.cert.label())
		}
		return nil, fmt.Errorf("choose a key to sign with: %q fits several: %s", which, list(names))
	case len(whyNot) > 0:
		return nil, fmt.Errorf("choose a key to sign with: %s", list(whyNot))
	}
	var names []string
	for _, print := range order {
		names = append(names, certs[print][0].cert.label())
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("choose a key to sign with: there is no secret key")
	}
	return nil, fmt.Errorf("choose a key to sign with: none fits %q; there are: %s", which, list(names))
}

// list joins names or reasons, the first few of them.
func list(all []string) string {
	const most = 5
	more := ""
	if len(all) > most {
		more = fmt.Sprintf(", and %d more", len(all)-most)
		all = all[:most]
	}
	return strings.Join(all, ", ") + more
}

// newest is the key that signs: the newest subkey, else the primary key.
func newest(keys []*secretKey, now int64) (best *secretKey, whyNot []string) {
	for _, k := range keys {
		if why := k.cannot(now); why != "" {
			whyNot = append(whyNot, k.String()+": "+why)
			continue
		}
		if best == nil || k.sub != nil && (best.sub == nil || k.pub().created() > best.pub().created()) {
			best = k
		}
	}
	return best, whyNot
}

// cannot is why a key cannot sign at a time; empty when it can.
func (k *secretKey) cannot(now int64) string {
	if why := k.signingKey.cannot(now); why != "" {
		return why
	}
	if k.sign == nil {
		return k.whyNot
	}
	return ""
}

func (k *signingKey) cannot(now int64) string {
	st := k.standing(now)
	switch {
	case st.revoked:
		return "it is revoked"
	case !st.signs:
		return st.whyNot
	case now < k.pub().created():
		return "it was made later, on " + seconds(k.pub().created()).Format(day)
	case expired(st.expires, now):
		return "it expired on " + seconds(st.expires).Format(day)
	}
	return ""
}

// matcher tells whether the keys under one primary key are meant, and which.
func matcher(which string, now int64) func(keys []*secretKey) (bool, []*secretKey) {
	which = strings.TrimSpace(which)
	if which == "" {
		return func(keys []*secretKey) (bool, []*secretKey) { return true, keys }
	}
	id, exact := strings.CutSuffix(which, "!")
	id, _ = strings.CutPrefix(strings.ToLower(id), "0x")
	id = strings.ReplaceAll(id, " ", "")
	_, err := hex.DecodeString(id)
	if err == nil && (len(id) == 8 || len(id) == 16 || len(id) == 40) {
		return func(keys []*secretKey) (bool, []*secretKey) { return matchID(keys, id, exact) }
	}
	which = strings.ToLower(which)
	whole, isWhole := strings.CutPrefix(which, "=")
	part, _ := strings.CutPrefix(which, "*")
	return func(keys []*secretKey) (bool, []*secretKey) {
		for _, name := range keys[0].cert.userIDs(now) {
			name = strings.ToLower(name)
			if isWhole && name == whole || !isWhole && strings.Contains(name, part) {
				return true, keys
			}
		}
		return false, nil
	}
}

func matchID(keys []*secretKey, id string, exact bool) (bool, []*secretKey) {
	if strings.HasSuffix(strings.ToLower(keys[0].cert.pub.print.String()), id) && !exact {
		return true, keys
	}
	for _, k := range keys {
		if strings.HasSuffix(strings.ToLower(k.pub().print.String()), id) {
			if exact {
				return true, []*secretKey{k}
			}
			return true, keys
		}
	}
	return false, nil
}

// userIDs are all user ids that the key stands by.
func (k *certKey) userIDs(now int64) []string {
	var names []string
	for _, u := range k.users {
		if s := latest(u.statements, now); !u.attribute && s != nil && s.kind != typeCertRevoked {
			names = append(names, u.id)
		}
	}
	return names
}

// KeyID is the id of the key that signs, a subkey's where it is one.
func (s *Signer) KeyID() string { return keyID(s.key.pub().print.id()) }

// Fingerprint is the fingerprint of the key that signs.
func (s *Signer) Fingerprint() string { return s.key.pub().print.String() }

// UserID is the primary user id of the key; not sanitised.
func (s *Signer) UserID() string { return s.userID }

// String names the key.
func (s *Signer) String() string {
	if s == nil || s.sign == nil {
		return "no signer"
	}
	return "signer " + s.KeyID() + " (" + s.userID + ")"
}

// GoString is String.
func (s *Signer) GoString() string { return s.String() }

// Sign makes a detached, binary signature over signed, dated at. The key must
// be able to sign at that time.
func (s *Signer) Sign(signed []byte, at time.Time) ([]byte, error) {
	if s == nil || s.sign == nil {
		return nil, fmt.Errorf("sign: there is no key")
	}
	pub, now := s.key.pub(), at.Unix()
	if now <= 0 || now > math.MaxUint32 {
		return nil, fmt.Errorf("sign with key %s: a signature cannot be dated %s", s.KeyID(), at.UTC().Format(time.RFC3339))
	}
	if why := s.key.cannot(now); why != "" {
		return nil, fmt.Errorf("sign with key %s: %s", s.KeyID(), why)
	}
	// SHA-512 for all keys: GnuPG cuts it to what a curve can take, as we do.
	made := &pgp.Signature{
		SigType: pgp.SigTypeBinary, PubKeyAlgo: pub.key.PubKeyAlgo, Hash: crypto.SHA512,
		CreationTime: at, IssuerKeyId: &pub.key.KeyId,
	}
	h := made.Hash.New()
	h.Write(signed)
	var blob bytes.Buffer
	if s.sign(made, h) != nil || made.Serialize(&blob) != nil {
		// Nothing of these errors is told: they are about the private numbers.
		return nil, fmt.Errorf("sign with key %s: the private key's operation failed", s.KeyID())
	}
	return blob.Bytes(), nil
}
