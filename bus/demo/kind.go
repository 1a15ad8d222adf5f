package demo

import (
	"strings"
	"sync"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
)

// Kind says what a message is there to show. Kinds with a colon belong to a
// group, see [Kind.Group]; what shows hostile, odd and broken messages has its
// name where it is made, and [Kinds] lists them all.
type Kind string

// The kinds of everyday traffic, and of what happens to publishers.
const (
	KindStory     Kind = "story"     // one step of a story of several messages
	KindAmbience  Kind = "ambience"  // a message that stands alone
	KindHeartbeat Kind = "heartbeat" // noise that nobody reads
	KindBurst     Kind = "burst"     // a mass rebuild: many in a short time

	KindRestart   Kind = "restart: i begins at 1"        // the first message of a publisher that was started again
	KindGapFilled Kind = "gap: all of it is kept"        // follows messages that got lost, all of which are in [Script.Withheld]
	KindGapPartly Kind = "gap: part of it is kept"       // follows messages that got lost, two of which were not kept
	KindGapLost   Kind = "gap: nothing of it is kept"    // follows messages that got lost for good
	KindAway      Kind = "away: last before the silence" // its socket goes away after this one
	KindBack      Kind = "away: first after the silence" // its socket is there again
)

// traits is what is known of all messages of a kind.
type traits struct {
	kind    Kind
	problem bus.ProblemCode
	// foreign: the envelope is not written as fedmsg writes it.
	foreign bool
	// verdict is what a receiver finds who trusts the script's authority;
	// crypto.Pending for kinds of which that is not said.
	verdict crypto.Code
}

func everydayKinds() []traits {
	var all []traits
	for _, k := range []Kind{
		KindStory, KindAmbience, KindHeartbeat, KindBurst, KindRestart,
		KindGapFilled, KindGapPartly, KindGapLost, KindAway, KindBack,
	} {
		all = append(all, traits{kind: k})
	}
	return all
}

// kindTraits lists everyday kinds first.
var kindTraits = sync.OnceValue(func() []traits {
	all := everydayKinds()
	for _, s := range specials() {
		all = append(all, s.traits)
	}
	for _, s := range rarities() {
		all = append(all, s.traits)
	}
	return all
})

var traitsByKind = sync.OnceValue(func() map[Kind]traits {
	byKind := make(map[Kind]traits)
	for _, t := range kindTraits() {
		byKind[t.kind] = t
	}
	for _, s := range signatureSpecials() {
		byKind[s.kind] = s.traits
	}
	return byKind
})

// Kinds lists every kind that one loop of a script shows; of a tame script
// when tame is set. A script that has an authority and is not tame shows the
// [SignatureKinds] too.
func Kinds(tame bool) []Kind {
	from := kindTraits()
	if tame {
		from = everydayKinds()
	}
	var kinds []Kind
	for _, t := range from {
		kinds = append(kinds, t.kind)
	}
	return kinds
}

// SignatureKinds lists the kinds that show how a signature can be wrong, or not
// be judged.
func SignatureKinds() []Kind {
	var kinds []Kind
	for _, s := range signatureSpecials() {
		kinds = append(kinds, s.kind)
	}
	return kinds
}

// Group is the first word of a kind: "hostile", "odd", "malformed",
// "duplicate", …
func (k Kind) Group() string {
	group, _, _ := strings.Cut(string(k), ":")
	return group
}

// Problem is what [bus.Message.Scan] must find in a message of this kind:
// [bus.ProblemNone] for one that is well formed, however odd it is.
func (k Kind) Problem() bus.ProblemCode { return traitsByKind()[k].problem }

// Canonical reports whether envelopes of this kind are canonical JSON, the
// bytes that a signature is made over.
func (k Kind) Canonical() bool {
	t := traitsByKind()[k]
	return t.problem == bus.ProblemNone && !t.foreign
}

// Verdict is what a receiver finds, with all files and the policy of the
// script's authority, about each message of this kind: false where kinds do not
// say that, as those of everyday traffic do not.
func (k Kind) Verdict() (crypto.Code, bool) {
	code := traitsByKind()[k].verdict
	return code, code != crypto.Pending
}
