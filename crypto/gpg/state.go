package gpg

import "time"

// State is what a signature is worth. They are in order: where a blob has
// several signatures, it is worth no more than the lowest. The zero value is
// Malformed.
type State uint8

// The states.
const (
	Malformed        State = iota // not detached, binary signatures and nothing else
	BadSignature                  // does not match what it is said to sign
	WeakKey                       // the key is so short that others can sign with it
	WeakDigest                    // MD5, or a digest too short for the key
	KeyRevoked                    // matches; the key or its primary key is revoked, whenever that was
	KeyNotForSigning              // matches; by a key that is not for signing, or not bound to its primary key
	KeyExpiredBefore              // matches; signed after the key had expired, or before it was made
	SignatureExpired              // matches; the signature had an end, which has passed
	NotYetValid                   // matches; signed in the future
	Unsupported                   // of a kind that is not checked here
	NoKey                         // the key is not in the ring
	GoodKeyExpired                // good; the key has expired since
	Good
	stateCount
)

var stateNames = [stateCount]string{
	"malformed", "bad", "weak key", "weak digest", "key revoked", "key not for signing",
	"key expired before", "signature expired", "not yet valid", "unsupported", "no key",
	"good, key expired since", "good",
}

// String is the state in a word or a few.
func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return "unknown"
}

// Good reports whether the signature is to be believed.
func (s State) Good() bool { return s == Good || s == GoodKeyExpired }

// Result is what is known about the signatures of a blob: about the one that
// is worth least, the first of those.
type Result struct {
	State State
	// KeyID and Fingerprint are of the key that signed, a subkey's where it was
	// one, in hex, upper case. Of a key that is not in the ring they are as
	// far as the signature names it.
	KeyID, Fingerprint string
	// Primary is the fingerprint of the primary key.
	Primary string
	// UserID is the primary user id of the key; not sanitised. That it has
	// signed is true only in states where the signature matches.
	UserID string
	// SignedAt is when the signer says to have signed.
	SignedAt time.Time
	// ExpiredAt is when the key or, in the state SignatureExpired, the signature
	// expired; zero when it has not.
	ExpiredAt time.Time
	RevokedAt time.Time
	// Reason is half a sentence, without a full stop; it may quote the key, and
	// is not sanitised.
	Reason string
}
