package demo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"fedmsg-tui/bus"
)

// oneLoop is every emission of the first loop.
func oneLoop(t *testing.T, opts Options) []Emission {
	t.Helper()
	script := NewScript(opts)
	length := script.plan.stretched(LoopLength)
	var all []Emission
	for e := range script.All() {
		if e.At >= length {
			return all
		}
		all = append(all, e)
	}
	t.Fatal("the script ended")
	return nil
}

func scan(e Emission) bus.Message {
	m := e.Message(1, time.Unix(0, 0))
	m.Scan()
	return m
}

func digest(opts Options) string {
	h := sha256.New()
	for e := range NewScript(opts).All() {
		fmt.Fprintln(h, e.At, e.Service, e.Socket, e.Kind, e.ThenAway, len(e.Frames))
		for _, f := range e.Frames {
			fmt.Fprintln(h, len(f))
			h.Write(f)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestSameOptionsSameBytes(t *testing.T) {
	base := Options{Seed: 7, RatePerSecond: 5, Count: 8000}
	first := digest(base)
	if again := digest(base); again != first {
		t.Errorf("the same options gave %s and %s", first, again)
	}
	for name, change := range map[string]func(*Options){
		"seed":  func(o *Options) { o.Seed = 8 },
		"start": func(o *Options) { o.Start = defaultStart.Add(time.Hour) },
		"rate":  func(o *Options) { o.RatePerSecond = 6 },
		"tame":  func(o *Options) { o.Tame = true },
	} {
		other := base
		change(&other)
		if digest(other) == first {
			t.Errorf("another %s gave the same bytes", name)
		}
	}
}

// The bytes of a seed are part of what tests elsewhere rely on. This digest
// changes when the script does; then it is to be written anew, knowingly.
func TestBytesDoNotDependOnTheMachine(t *testing.T) {
	const want = "69e69b6a842b923d6012a45df840c06292a53ae7ba75ff9597527d6b7ff77b93"
	if got := digest(Options{Seed: 1, Count: 8000}); got != want {
		t.Errorf("digest of seed 1 is %s, not %s", got, want)
	}
}

func TestEveryKindIsShownInOneLoop(t *testing.T) {
	for _, rate := range []float64{0.2, 1, 3, 40} {
		for _, tame := range []bool{false, true} {
			seen := make(map[Kind]int)
			for _, e := range oneLoop(t, Options{Seed: 3, RatePerSecond: rate, Tame: tame}) {
				seen[e.Kind]++
			}
			for _, kind := range Kinds(tame) {
				if seen[kind] == 0 {
					t.Errorf("rate %v, tame %v: nothing of kind %q", rate, tame, kind)
				}
				delete(seen, kind)
			}
			for kind := range seen {
				t.Errorf("rate %v, tame %v: kind %q is not listed", rate, tame, kind)
			}
		}
	}
}

func TestKindsAreDistinct(t *testing.T) {
	kinds := Kinds(false)
	slices.Sort(kinds)
	if unique := slices.Compact(slices.Clone(kinds)); len(unique) != len(kinds) {
		t.Errorf("of %d kinds only %d are distinct", len(kinds), len(unique))
	}
	for _, group := range []string{"story", "hostile", "text", "odd", "duplicate", "relay", "archive", "malformed"} {
		if !slices.ContainsFunc(kinds, func(k Kind) bool { return k.Group() == group }) {
			t.Errorf("no kind is in group %q", group)
		}
	}
}

func TestKindsScanAsTheySay(t *testing.T) {
	for _, e := range oneLoop(t, Options{Seed: 11, RatePerSecond: 5}) {
		m := scan(e)
		if m.Problem.Code != e.Kind.Problem() {
			t.Errorf("%s: read as %q, want %q", e.Kind, m.Problem.Code, e.Kind.Problem())
		}
		if m.Malformed() != (e.Kind.Group() == "malformed") {
			t.Errorf("%s: malformed is %v", e.Kind, m.Malformed())
		}
		differs := m.Head.Has(bus.TopicDiffers)
		if want := e.Kind == "odd: topic frame differs"; differs != want {
			t.Errorf("%s at %v: topics differ: %v", e.Kind, e.At, differs)
		}
		if e.Kind.Canonical() && !m.Head.Has(bus.Compact) {
			t.Errorf("%s: canonical JSON with spaces", e.Kind)
		}
	}
}

// everydayKind reports whether messages of the kind are as fedmsg sends them.
func everydayKind(k Kind) bool { return slices.Contains(Kinds(true), k) }

func TestEverydayEnvelopesAreComplete(t *testing.T) {
	start := time.Date(2025, 12, 31, 23, 59, 0, 0, time.UTC) // the year changes on the way
	const fields = bus.FieldTopic | bus.FieldMsg | bus.FieldMsgID | bus.FieldTimestamp | bus.FieldI | bus.FieldUsername | bus.Compact
	const not = bus.OddTypes | bus.TopicDiffers | bus.FieldSignature
	sequenced := map[string]bool{"koji": true, "bodhi": true, "debmessenger": true}
	prefixes := make(map[string]bool)
	for _, e := range oneLoop(t, Options{Seed: 2, RatePerSecond: 5, Start: start}) {
		if !everydayKind(e.Kind) {
			continue
		}
		m := scan(e)
		if !m.Head.Has(fields) || m.Head.Fields&not != 0 {
			t.Fatalf("%s: fields %b of %s", e.Kind, m.Head.Fields, m.Envelope())
		}
		if m.Head.Has(bus.FieldSeqID) != sequenced[e.Service] {
			t.Errorf("%s: seq_id present: %v", e.Service, m.Head.Has(bus.FieldSeqID))
		}
		sent := start.Add(e.At).Truncate(time.Second)
		if got := time.Unix(0, m.Head.SentUnixNano).UTC(); !got.Equal(sent) {
			t.Errorf("sent at %v, script time says %v", got, sent)
		}
		id := m.MsgID()
		if len(id) != 41 || id[:5] != sent.Format("2006-") || id[19] != '4' || !strings.ContainsRune("89ab", rune(id[24])) {
			t.Errorf("msg_id %q is not the year %d and a UUID of version 4", id, sent.Year())
		}
		if m.Envelope()[m.Head.MsgStart] != '{' {
			t.Errorf("%s: body is not an object", m.Topic())
		}
		prefixes[strings.Join(strings.Split(string(m.Topic()), ".")[:3], ".")] = true
	}
	for _, want := range []string{"org.fedoraproject.prod", "org.fedoraproject.stg", "io.pagure.prod", "org.release-monitoring.prod", "org.centos.prod", "org.debian.dev", "org.debian.production"} {
		if !prefixes[want] {
			t.Errorf("nothing is published under %s", want)
		}
	}
}

func TestIDsAreUniqueButForDuplicates(t *testing.T) {
	script := NewScript(Options{Seed: 5, RatePerSecond: 5})
	seen := make(map[string]bool)
	duplicates := 0
	for e := range script.All() {
		if e.At > 2*LoopLength {
			break
		}
		m := scan(e)
		if m.Malformed() || !m.Head.Has(bus.FieldMsgID) {
			continue
		}
		id := m.MsgID()
		if len(id) == 41 {
			id = id[5:]
		}
		if duplicate := e.Kind.Group() == "duplicate"; duplicate != seen[id] {
			t.Errorf("%s: id %s was there before: %v", e.Kind, id, seen[id])
		} else if duplicate {
			duplicates++
		}
		seen[id] = true
	}
	if duplicates < 6 {
		t.Errorf("%d duplicates in two loops", duplicates)
	}
}

func TestDuplicatesRepeatAMessage(t *testing.T) {
	byID := make(map[string]Emission)
	for _, e := range oneLoop(t, Options{Seed: 6, RatePerSecond: 5}) {
		m := scan(e)
		if m.Malformed() || !m.Head.Has(bus.FieldMsgID) {
			continue
		}
		id := m.MsgID()
		first, again := byID["2026-"+strings.TrimPrefix(id, "2026-")]
		switch e.Kind {
		case "duplicate: same bytes":
			if !again || !slices.EqualFunc(first.Frames, e.Frames, bytes.Equal) {
				t.Errorf("%s: not the bytes of an earlier message", e.Kind)
			}
		case "duplicate: relayed copy":
			if !again || bytes.Equal(first.Frames[1], e.Frames[1]) || !bytes.HasPrefix(e.Frames[1], []byte(`{"topic": "`)) {
				t.Errorf("%s: not another writing of an earlier message: %.60s", e.Kind, e.Frames[1])
			}
		case "duplicate: id without year":
			if !again || len(id) != 36 {
				t.Errorf("%s: id %q", e.Kind, id)
			}
		default:
			byID[id] = e
		}
	}
}

func TestEmissionsShareNoMemory(t *testing.T) {
	script := NewScript(Options{Seed: 4, RatePerSecond: 20, Count: 5000})
	type held struct {
		e    Emission
		copy [][]byte
	}
	var all []held
	for e := range script.All() {
		h := held{e: e}
		for _, f := range e.Frames {
			h.copy = append(h.copy, bytes.Clone(f))
			// Growing a frame in place would write over the next one.
			_ = append(f, "scribble"...)
		}
		all = append(all, h)
	}
	for _, h := range all {
		if !slices.EqualFunc(h.e.Frames, h.copy, bytes.Equal) {
			t.Fatalf("%s at %v changed after it was handed out", h.e.Kind, h.e.At)
		}
	}
}

func TestBodiesHaveARealisticSize(t *testing.T) {
	total, n, largest := 0, 0, 0
	for _, e := range oneLoop(t, Options{Seed: 1}) {
		if e.Kind != KindStory && e.Kind != KindAmbience {
			continue
		}
		total, n, largest = total+len(e.Frames[1]), n+1, max(largest, len(e.Frames[1]))
	}
	if average := total / n; average < 1000 || average > 1400 {
		t.Errorf("envelopes have %d bytes on average, want about 1,200", average)
	}
	if largest > 8<<10 {
		t.Errorf("the largest envelope of everyday traffic has %d bytes", largest)
	}
}

func TestRateIsExact(t *testing.T) {
	for _, rate := range []float64{1, 40, 333, 50_000} {
		script := NewScript(Options{RatePerSecond: rate})
		n := 0
		for e := range script.All() {
			if e.At >= 2*time.Second {
				break
			}
			n++
		}
		if want := int(2 * rate); n < want-1 || n > want+1 {
			t.Errorf("rate %v: %d messages in 2 s", rate, n)
		}
	}
}

func TestBurstScalesWithTheRate(t *testing.T) {
	for rate, want := range map[float64]int{0.5: 312, 1: 625, 40: 25_000} {
		n := 0
		var first, last time.Duration
		for e := range NewScript(Options{RatePerSecond: rate}).All() {
			if e.Kind == KindBurst {
				if n == 0 {
					first = e.At
				}
				last = e.At
				n++
			} else if n > 0 {
				break
			}
		}
		if n < want-2 || n > want+2 || last-first > burstLength*101/100 {
			t.Errorf("rate %v: a burst of %d messages in %v, want %d in %v", rate, n, last-first, want, burstLength)
		}
	}
}

func TestScriptTimeNeverGoesBack(t *testing.T) {
	script := NewScript(Options{Count: 50_000})
	last := time.Duration(-1)
	n := 0
	for e := range script.All() {
		if e.At < last {
			t.Fatalf("message %d at %v follows %v", n, e.At, last)
		}
		last = e.At
		n++
		if n%1000 == 0 {
			script.SetRate(float64(n))
		}
	}
	if n != 50_000 {
		t.Errorf("%d messages, Count said 50000", n)
	}
	if _, ok := script.Next(); ok {
		t.Error("a message after the last")
	}
}

func TestCountersStartAgainOnlyAfterARestart(t *testing.T) {
	last := make(map[string]int64)
	restarted := make(map[string]int)
	for _, e := range oneLoop(t, Options{Seed: 9, RatePerSecond: 5, Tame: true}) {
		m := scan(e)
		switch i := m.Head.I; {
		case i == last[e.Service]+1 || e.Kind.Group() == "gap" && i > last[e.Service]:
		case i == 1:
			restarted[e.Service]++
		default:
			t.Errorf("%s: i went from %d to %d (%s)", e.Service, last[e.Service], i, e.Kind)
		}
		last[e.Service] = m.Head.I
		if first := e.Kind == KindRestart || e.Kind == KindBack; first && m.Head.I != 1 {
			t.Errorf("%s: i is %d", e.Kind, m.Head.I)
		}
	}
	for service, n := range restarted {
		if n != 1 || !slices.Contains([]string{"pagure", "copr", "centos-ci"}, service) {
			t.Errorf("%s was restarted %d times", service, n)
		}
	}
	if len(restarted) != 3 {
		t.Errorf("restarted: %v", restarted)
	}
}

func TestGapsCanBeFilledAsTheKindSays(t *testing.T) {
	script := NewScript(Options{Seed: 12, RatePerSecond: 5})
	last := make(map[string]uint64)
	found := make(map[Kind]int)
	for e := range script.All() {
		if e.At >= LoopLength {
			break
		}
		m := scan(e)
		if m.Malformed() || !m.Head.Has(bus.FieldSeqID) || e.Kind.Group() == "duplicate" {
			continue
		}
		seq, prev := m.Head.SeqID, last[e.Service]
		last[e.Service] = seq
		if prev == 0 {
			continue
		}
		if e.Kind.Group() != "gap" {
			if seq != prev+1 {
				t.Errorf("%s: seq_id went from %d to %d at a %s", e.Service, prev, seq, e.Kind)
			}
			continue
		}
		missing := int(seq - prev - 1)
		kept := script.Withheld().Envelopes(e.Service, prev+1, seq-1)
		want := map[Kind][2]int{KindGapFilled: {4, 4}, KindGapPartly: {9, 7}, KindGapLost: {5, 0}}[e.Kind]
		if missing != want[0] || len(kept) != want[1] {
			t.Errorf("%s: %d missing, %d kept; want %v", e.Kind, missing, len(kept), want)
		}
		for _, envelope := range kept {
			h, p := bus.ScanEnvelope(envelope)
			if p.Code != bus.ProblemNone || h.SeqID <= prev || h.SeqID >= seq {
				t.Errorf("%s: kept what is not missing: %.80s", e.Kind, envelope)
			}
		}
		found[e.Kind]++
	}
	if len(found) != 3 {
		t.Errorf("gaps: %v", found)
	}
}

func TestWithheldIsBounded(t *testing.T) {
	w := newWithheld()
	for seq := range uint64(5000) {
		w.keep("koji", seq, []byte{1})
	}
	if n := len(w.Envelopes("koji", 0, 5000)); n != withheldLimit {
		t.Errorf("%d are kept", n)
	}
	if n := len(w.Envelopes("koji", 4999, 4999)); n != 1 {
		t.Errorf("the newest is there %d times", n)
	}
}

func TestSocketThatIsAwayHasNothingToSend(t *testing.T) {
	var back, end time.Duration
	var socket string
	returned := false
	for _, e := range oneLoop(t, Options{Seed: 8, RatePerSecond: 5}) {
		if e.ThenAway > 0 {
			if e.Kind != KindAway || end > 0 {
				t.Errorf("%s takes a socket away", e.Kind)
			}
			socket, back, end = e.Socket, e.At+e.ThenAway, e.At+e.ThenAway+returnGrace
		}
		if e.At < end-time.Second && e.Kind != KindAway && e.Socket == socket {
			t.Errorf("%s at %v on a socket that is away until %v", e.Kind, e.At, back)
		}
		if e.Kind == KindBack {
			returned = e.Socket == socket && e.At > back
		}
	}
	if !returned {
		t.Error("nothing came back")
	}
}

func BenchmarkScript(b *testing.B) {
	for _, rate := range []float64{40, 50_000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			script := NewScript(Options{Seed: 1, RatePerSecond: rate})
			var written int64
			b.ReportAllocs()
			for b.Loop() {
				e, _ := script.Next()
				for _, f := range e.Frames {
					n, _ := io.Discard.Write(f)
					written += int64(n)
				}
			}
			b.SetBytes(written / int64(b.N))
		})
	}
}

func BenchmarkNewScript(b *testing.B) {
	for b.Loop() {
		NewScript(Options{})
	}
}
