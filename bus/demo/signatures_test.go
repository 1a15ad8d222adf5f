package demo

import (
	"bytes"
	"crypto/sha1"
	"math/big"
	"slices"
	"testing"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/trust"
)

func authority(t testing.TB, start time.Time) *Authority {
	t.Helper()
	a, err := NewAuthority(start)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// receiver judges with nothing but the files that a bus writes, and its policy.
type receiver struct {
	verifier *crypto.Verifier
	store    *trust.Store
	now      time.Time
}

func newReceiver(t testing.TB, files *published, start time.Time) *receiver {
	t.Helper()
	r := &receiver{now: start}
	clock := func() time.Time { return r.now }
	r.verifier = crypto.NewVerifier(crypto.Options{Policy: files.authority.Policy(), Now: clock})
	r.store = trust.New(trust.Options{
		CA: files.path(caFile), CRL: files.path(crlFile), Keyrings: []string{files.path(keyringFile)}, Now: clock,
	})
	r.look(t)
	return r
}

// look reads the files again.
func (r *receiver) look(t testing.TB) {
	t.Helper()
	r.store.Load(t.Context())
	for _, fact := range r.store.Facts() {
		if fact.Err != nil {
			t.Fatalf("%s: %v", fact.Name, fact.Err)
		}
	}
	r.verifier.Use(r.store.Trust(), r.store.Keyring())
}

func (r *receiver) judge(e Emission) crypto.Verdict {
	return r.verifier.Judge(crypto.Subject{Topic: e.Frames[0], Envelope: e.Frames[1]})
}

func publishForTest(t testing.TB, a *Authority, start time.Time) *published {
	t.Helper()
	files, err := publish(a, start)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := files.remove(); err != nil {
			t.Error(err)
		}
	})
	return files
}

// everydayVerdict is what an honest service's message must be found to be.
func everydayVerdict(service string, at time.Duration, rule bool) crypto.Code {
	switch {
	case service == staleService && (at >= staleAfter && at < revokedAt || at >= revokedAt+staleAfter):
		return crypto.StaleCRL
	case service == revokedService && at >= revokedAt:
		return crypto.Revoked
	case slices.Contains(gpgSigning, service):
		return crypto.BodyOnly
	case service == "koji" || service == "bodhi":
		return crypto.Repaired
	case !rule:
		return crypto.NoPolicy
	}
	return crypto.OK
}

func TestReceiverFindsWhatTheKindsSay(t *testing.T) {
	start := defaultStart
	a := authority(t, start)
	files := publishForTest(t, a, start)
	r := newReceiver(t, files, start)
	policy := a.Policy()
	codes := make(map[crypto.Code]int)
	kinds := make(map[Kind]bool)
	signed := 0
	for _, e := range oneLoop(t, Options{Seed: 21, RatePerSecond: 20, Authority: a}) {
		renewed := files.renewed
		if err := files.passed(start, e.At); err != nil {
			t.Fatal(err)
		}
		if renewed != files.renewed {
			r.look(t)
		}
		m := scan(e)
		if m.Malformed() {
			continue
		}
		kinds[e.Kind] = true
		r.now = start.Add(e.At)
		v := r.judge(e)
		if e.Kind == KindBurst && v.Code != crypto.Unsigned {
			t.Fatalf("a message of the burst is %s", v.Code)
		}
		want, told := e.Kind.Verdict()
		if everydayKind(e.Kind) {
			told = true
			want = crypto.Unsigned
			if m.Head.Has(bus.FieldCrypto) {
				_, rule := policy[string(m.Topic())]
				want = everydayVerdict(e.Service, e.At, rule)
				signed++
			} else if e.Kind != KindBurst && !slices.Contains(unsigning, e.Service) {
				t.Fatalf("%s of %s at %v is not signed", e.Kind, e.Service, e.At)
			}
		}
		if told {
			codes[v.Code]++
		}
		if told && v.Code != want {
			t.Errorf("%s of %s at %v: %s (%s), want %s\n%.300s", e.Kind, e.Service, e.At, v.Code, v.Reason, want, e.Frames[1])
		}
	}
	for code := range crypto.Code(crypto.Codes) {
		if never := code == crypto.Pending || code == crypto.Broker || code == crypto.Off; never != (codes[code] == 0) {
			t.Errorf("%d messages are %s", codes[code], code)
		}
	}
	for _, k := range SignatureKinds() {
		if _, told := k.Verdict(); !told || !kinds[k] {
			t.Errorf("%s: shown: %v, tells what is found: %v", k, kinds[k], told)
		}
	}
	if signed < 2000 {
		t.Errorf("%d everyday messages are signed", signed)
	}
}

func TestSignatureKindsScanAsOthersDo(t *testing.T) {
	a := authority(t, defaultStart)
	for _, e := range oneLoop(t, Options{Seed: 22, RatePerSecond: 3, Authority: a}) {
		m := scan(e)
		if m.Problem.Code != e.Kind.Problem() {
			t.Errorf("%s: read as %q, want %q", e.Kind, m.Problem.Code, e.Kind.Problem())
		}
		if differs := m.Head.Has(bus.TopicDiffers); differs != (e.Kind == "odd: topic frame differs") {
			t.Errorf("%s: topics differ: %v", e.Kind, differs)
		}
		if e.Kind.Canonical() && !m.Malformed() {
			if text, err := crypto.Canonical(e.Frames[1]); err != nil || !bytes.Equal(text, e.Frames[1]) {
				t.Errorf("%s is not canonical: %v\n%.300s", e.Kind, err, e.Frames[1])
			}
		}
	}
}

// The same messages are shown signed and unsigned.
func TestSigningChangesNothingElse(t *testing.T) {
	opts := Options{Seed: 23, RatePerSecond: 20, Tame: true, Count: 3000}
	bare := NewScript(opts)
	opts.Authority = authority(t, defaultStart)
	signed := 0
	for e := range NewScript(opts).All() {
		want, _ := bare.Next()
		if e.At != want.At || e.Kind != want.Kind || e.Service != want.Service || !bytes.Equal(e.Frames[0], want.Frames[0]) {
			t.Fatalf("%s at %v, without signatures %s at %v", e.Kind, e.At, want.Kind, want.At)
		}
		m := scan(e)
		if m.Head.Has(bus.FieldSignature) {
			signed++
		}
		left := without(takeApart(e.Frames[1]), "crypto", "signature", "certificate")
		slices.SortFunc(left, func(a, b field) int { return bytes.Compare([]byte(a.name), []byte(b.name)) })
		if got := assemble(left, "", ""); !bytes.Equal(got, want.Frames[1]) {
			t.Fatalf("%s differs:\n%.200s\n%.200s", e.Kind, got, want.Frames[1])
		}
	}
	if signed < 1000 {
		t.Errorf("%d are signed", signed)
	}
}

func TestSignaturesAreAffordable(t *testing.T) {
	a := authority(t, defaultStart)
	// Whatever the rate, script time decides: 400/s and a quarter second's worth.
	for _, rate := range []float64{40, 5000, 50_000} {
		var b budget
		taken := 0
		const seconds = 10
		for i := range int(seconds * rate) {
			if b.take(time.Duration(float64(i) / rate * float64(time.Second))) {
				taken++
			}
		}
		want := min(int(seconds*rate), seconds*signaturesPerSecond+int(signaturesPerSecond*signingSlack.Seconds()))
		if taken < want-1 || taken > want+1 {
			t.Errorf("rate %v: %d signatures in %d s, want %d", rate, taken, seconds, want)
		}
	}
	// One second of a fast script, with what is always signed.
	n, signed := 0, 0
	for e := range NewScript(Options{Seed: 24, RatePerSecond: 20_000, Authority: a}).All() {
		if e.At >= time.Second {
			break
		}
		n++
		if bytes.Contains(e.Frames[len(e.Frames)-1], []byte(`"signature":`)) {
			signed++
		}
	}
	if n < 19_999 || signed < signaturesPerSecond || signed > 700 {
		t.Errorf("of %d messages %d are signed", n, signed)
	}
}

func TestListsHaveEditions(t *testing.T) {
	a := authority(t, defaultStart)
	start := defaultStart.Add(time.Hour + 300*time.Millisecond) // those who subscribe took their time
	for _, c := range []struct {
		at      time.Duration
		revoked int
		until   time.Duration
	}{{0, 1, staleAfter}, {revokedAt - 1, 1, staleAfter}, {revokedAt, 2, revokedAt + staleAfter}, {time.Hour, 2, revokedAt + staleAfter}} {
		text, err := a.CRL(start, c.at)
		if err != nil {
			t.Fatal(err)
		}
		tr := crypto.NewTrust(crypto.TrustOptions{
			CA: crypto.Material{Name: "ca", Text: a.CA()}, CRL: crypto.Material{Name: "crl", Text: text}})
		lists := tr.Lists()
		if len(lists) != 3 || lists[0].Revoked != c.revoked {
			t.Fatalf("at %v: %+v", c.at, lists)
		}
		if until := start.Truncate(time.Second).Add(c.until); !lists[1].NextUpdate.Equal(until) {
			t.Errorf("at %v: the second list is in date until %v, want %v", c.at, lists[1].NextUpdate, until)
		}
		for _, l := range lists {
			now := start.Add(c.at)
			if issued := c.at == 0 || c.at == revokedAt; issued && (now.Before(l.ThisUpdate) || now.After(l.NextUpdate)) {
				t.Errorf("at %v: the list of %s is not in date when it is issued", c.at, l.Issuer)
			}
		}
	}
}

// A receiver refuses the key before it looks at the signature, so that it is
// really one is to be checked here.
func TestWeakKeySigns(t *testing.T) {
	k, err := newWeakKey()
	if err != nil {
		t.Fatal(err)
	}
	text := []byte("text")
	s := new(big.Int).SetBytes(k.sign(text))
	m := s.Exp(s, big.NewInt(weakExponent), k.n).FillBytes(make([]byte, weakKeyBits/8))
	digest := sha1.Sum(text)
	if !bytes.HasPrefix(m, []byte{0, 1, 0xff}) || !bytes.HasSuffix(m, append(append([]byte{0xff, 0}, sha1Info...), digest[:]...)) {
		t.Errorf("%x", m)
	}
}

func TestCertificatesShareFewKeys(t *testing.T) {
	a := authority(t, defaultStart)
	keys := make(map[string]bool)
	for _, v := range services {
		if c := a.services[v.name]; c != nil && c.certificate != nil {
			d := draft{topic: "t", body: []byte("{}"), id: []byte("1"), timestamp: []byte("1"), user: `"u"`}
			if err := c.seal(&d, defaultStart); err != nil {
				t.Fatal(err)
			}
			keys[string(d.signature)] = true
		}
	}
	if len(keys) != 1 {
		t.Errorf("the services have %d keys: making them takes time at the start", len(keys))
	}
}

func BenchmarkNewAuthority(b *testing.B) {
	for b.Loop() {
		authority(b, defaultStart)
	}
}

func BenchmarkSignedScript(b *testing.B) {
	for _, rate := range []struct {
		name string
		rate float64
	}{{"40", 40}, {"5000", 5000}, {"50000", 50_000}} {
		b.Run(rate.name, func(b *testing.B) {
			script := NewScript(Options{Seed: 1, RatePerSecond: rate.rate, Authority: authority(b, defaultStart)})
			for b.Loop() {
				script.Next()
			}
		})
	}
}
