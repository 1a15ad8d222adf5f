package crypto

// Class is what a reader needs to know first about a signature.
type Class uint8

// The classes. A message is never worse off for what we could not find out:
// only Denied and Invalid say that something is wrong with it.
const (
	ClassPending Class = iota // not judged yet
	ClassOK                   // authentic, and nothing to add
	ClassCaveat               // authentic, with something to know about it
	ClassBroker               // not signed; the broker it came from knows its publishers
	ClassNone                 // says nothing about its origin
	ClassUnknown              // cannot be judged here
	ClassDenied               // authentic, and not allowed
	ClassInvalid              // not what it claims to be, or not to be told from that
	classCount
)

// Classes is how many classes there are.
const Classes = int(classCount)

var classNames = [Classes]string{"pending", "ok", "caveat", "broker", "none", "unknown", "denied", "invalid"}

// String is the class in the word that filters and JSON use.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return "unknown"
}

// Problem reports whether a reader should be led to messages of this class.
func (c Class) Problem() bool { return c == ClassDenied || c == ClassInvalid }

// Good reports whether a message of this class is to be believed: what tail
// prints when it is told to validate.
func (c Class) Good() bool { return c == ClassOK || c == ClassCaveat || c == ClassBroker }

// Code is the verdict about a message, as one word. Its zero value is Pending.
// The numbers are not stable: files and programs get the words.
type Code uint8

// The codes, class by class.
const (
	Pending      Code = iota
	OK                // signed, chained, not revoked, allowed
	NoPolicy          // a routing policy exists and does not name the topic
	Repaired          // authentic after undoing a known change
	ExpiredSince      // authentic when sent; certificate or key expired since
	StaleCRL          // authentic; the revocation list is the last that could be had
	BodyOnly          // GnuPG: the signature covers the body alone
	Broker            // came over AMQP
	Unsigned          // carries no signature
	Off               // checking is switched off for this source
	NoCA              // no trust anchor is loaded, or none that is valid
	NoCRL             // a revocation list is configured and cannot be used
	NoKey             // the GnuPG key is not in the keyring
	NoBackend         // a scheme that is not known, or not accepted here
	Altered           // an archive's copy that no known repair fits
	Policy            // authentic, but this signer may not send on this topic
	Envelope          // the frame and the envelope name different topics
	Bad               // the signature does not match
	Untrusted         // the certificate is not from a trusted CA
	Expired           // certificate, key or signature was not valid in time
	Revoked           // certificate or key is revoked
	Malformed         // signature or certificate cannot be decoded
	WeakKey           // a key or a digest that anybody can forge
	codeCount
)

// Codes is how many codes there are; all are below it.
const Codes = int(codeCount)

// codeFacts is the one table of what a code means. docs/security.md shows it,
// and a test holds the two together.
var codeFacts = [Codes]struct {
	word, short, sentence string
	class                 Class
}{
	Pending:      {"pending", "chk", "not checked yet", ClassPending},
	OK:           {"ok", "ok", "signed, from a trusted CA, not revoked, allowed on this topic", ClassOK},
	NoPolicy:     {"nopolicy", "nop", "authentic; the routing policy says nothing about this topic", ClassCaveat},
	Repaired:     {"repaired", "fix", "authentic after undoing a known change", ClassCaveat},
	ExpiredSince: {"expired-since", "old", "authentic when sent; what signed it has expired since", ClassCaveat},
	StaleCRL:     {"stale-crl", "crl", "authentic; the revocation list could not be refreshed", ClassCaveat},
	BodyOnly:     {"body-only", "bod", "the body is authentic; topic, id and time are not covered by the signature", ClassCaveat},
	Broker:       {"broker", "brk", "not signed; the broker it came from authenticates its publishers", ClassBroker},
	Unsigned:     {"unsigned", "uns", "carries no signature", ClassNone},
	Off:          {"off", "off", "checking is switched off for this source", ClassNone},
	NoCA:         {"no-ca", "nca", "cannot be judged: no trust anchor is loaded", ClassUnknown},
	NoCRL:        {"no-crl", "ncl", "cannot be judged: the revocation list is not usable", ClassUnknown},
	NoKey:        {"no-key", "nky", "cannot be judged: the key is not in the keyring", ClassUnknown},
	NoBackend:    {"no-backend", "bck", "signed in a way that is not checked here", ClassUnknown},
	Altered:      {"altered", "alt", "an archive's copy; the archive rewrites messages and no known repair fits: neither trust nor alarm", ClassUnknown},
	Policy:       {"policy", "pol", "authentic, but this signer may not send on this topic", ClassDenied},
	Envelope:     {"envelope", "env", "the frame says one topic, the envelope another", ClassDenied},
	Bad:          {"bad", "bad", "the signature does not match the message", ClassInvalid},
	Untrusted:    {"untrusted", "ca", "the certificate is not from a trusted CA", ClassInvalid},
	Expired:      {"expired", "exp", "what signed it was not valid when the message was sent", ClassInvalid},
	Revoked:      {"revoked", "rev", "the certificate or key is revoked", ClassInvalid},
	Malformed:    {"malformed", "mal", "signature or certificate cannot be decoded", ClassInvalid},
	WeakKey:      {"weak-key", "wky", "signed with a key or digest so weak that anybody could have done it", ClassInvalid},
}

// String is the code in the word that filters (sig:), JSON and docs use.
func (c Code) String() string {
	if int(c) < Codes {
		return codeFacts[c].word
	}
	return "unknown"
}

// Short is the code in two or three letters, for a column.
func (c Code) Short() string {
	if int(c) < Codes {
		return codeFacts[c].short
	}
	return "?"
}

// Class is the class that a code belongs to.
func (c Code) Class() Class {
	if int(c) < Codes {
		return codeFacts[c].class
	}
	return ClassUnknown
}

// NamesSigner reports whether a verdict of this code names somebody that a CA
// or a keyring vouches for, be the message his or not.
func (c Code) NamesSigner() bool {
	switch c {
	case Pending, Unsigned, Off, Broker, NoCA, NoKey, NoBackend, Untrusted, Malformed, WeakKey:
		return false
	}
	return true
}

// Sentence says what the code means of any message, in half a sentence without
// a full stop. [Verdict.Reason] says more of one.
func (c Code) Sentence() string {
	if int(c) < Codes {
		return codeFacts[c].sentence
	}
	return ""
}

// CodesNamed are the codes that a word stands for: one code, or all of a class
// when the word is a class; "ok" and "broker" are both. Nil for other words.
func CodesNamed(word string) []Code {
	var all []Code
	for c := range Code(Codes) {
		if c.String() == word || c.Class().String() == word {
			all = append(all, c)
		}
	}
	return all
}

// VerdictWords are all words that CodesNamed knows: classes first, then codes.
func VerdictWords() []string {
	words := append([]string(nil), classNames[:]...)
	for c := range Code(Codes) {
		known := false
		for _, w := range words {
			known = known || w == c.String()
		}
		if !known {
			words = append(words, c.String())
		}
	}
	return words
}

// Verdict is all that is known about a message's signature. Signer, Reason and
// the notes of steps may quote the message or a file: they are not sanitised.
type Verdict struct {
	// MsgID and Topic are what the envelope says; unsanitised, and empty where
	// it says nothing or no text.
	MsgID, Topic string

	Code Code
	// Signer is the name that the message was signed as, where one was found:
	// the common name of the certificate, or the user id of the key. Whether
	// it is true, SignerKnown says.
	Signer string
	// Reason is what the code means of this message: half a sentence, without
	// a full stop.
	Reason string
	// Steps are the checks in their order, also those not reached.
	Steps []Step
	// Repairs are the known changes that had to be undone, a few words each:
	// "seq_id, added by a store after signing".
	Repairs []string
	// Tried are the forms of the message that the signature was checked over,
	// in words; the last one is the one that decided.
	Tried []string
	// Certificate describes the certificate that the message carries, where it
	// could be read.
	Certificate *CertificateFacts
}

// Class is the class of the code.
func (v *Verdict) Class() Class { return v.Code.Class() }

// SignerKnown reports whether Signer is who signed, and not only who is said to
// have: no check before the policy failed or could not be done.
func (v *Verdict) SignerKnown() bool {
	for _, s := range v.Steps {
		switch s.Name {
		case stepFields, stepChain, stepRevocation, stepSignature:
			if s.Result != StepOK && s.Result != StepSkipped {
				return false
			}
		}
	}
	return v.Signer != ""
}

// StepResult is how one check ended.
type StepResult uint8

// The results of a check.
const (
	StepNotReached StepResult = iota // a check before it decided
	StepOK
	StepNo
	StepUnknown // could not be done, and should have been
	StepSkipped // there was nothing to check against, and none was asked for
)

var stepResults = [...]string{"not reached", "ok", "no", "unknown", "skipped"}

// String is the result in the words that the screen and JSON use.
func (r StepResult) String() string {
	if int(r) < len(stepResults) {
		return stepResults[r]
	}
	return "unknown"
}

// Step is one of the checks.
type Step struct {
	Name   string // "fields", "chain", "revocation", "signature", "policy", "topic"
	Result StepResult
	Note   string // what was found; may be empty, and is not sanitised
}
