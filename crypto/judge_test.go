package crypto

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const topic = "org.fedoraproject.prod.git.receive"

func plainEnvelope(sent time.Time) string {
	return fmt.Sprintf(`{"i":1,"msg":{"n":1.5},"msg_id":"2026-1","timestamp":%d,"topic":"%s","username":"apache"}`, sent.Unix(), topic)
}

// without removes a member from a canonical envelope, with puts one in front.
func with(envelope []byte, member string) []byte {
	return append([]byte("{"+member+","), envelope[1:]...)
}

// TestStates makes each state of X.509 once, with its own trust and time.
func TestStates(t *testing.T) {
	p := thePKI()
	now := start.AddDate(0, 6, 0)
	leaf, leafPEM := p.leaf("git01", nil)
	s, err := NewX509Signer(leafPEM, p.keyPEM())
	if err != nil {
		t.Fatal(err)
	}
	good := signed(t, s, plainEnvelope(now))
	trusted := p.trust(Material{})
	short := p.signer(t, "short01", func(c *x509.Certificate) { c.NotAfter = start.AddDate(0, 1, 0) })
	inDate := p.crl(t, start, start.AddDate(1, 0, 0))
	stale := p.crl(t, start, start.AddDate(0, 1, 0))
	revoking := p.crl(t, start, start.AddDate(1, 0, 0), leaf)
	revokingStale := p.crl(t, start, start.AddDate(0, 1, 0), leaf)
	lost := inDate
	lost.Kept, lost.Err = true, errors.New("gone")
	seenLost := NewTrust(TrustOptions{CA: Material{Name: "c", Text: p.caPEM}, CRL: lost, CRLReadAt: start.AddDate(0, 0, 1)})
	lostStale := stale
	lostStale.Kept, lostStale.Err = true, errors.New("gone")
	seen := NewTrust(TrustOptions{CA: Material{Name: "c", Text: p.caPEM}, CRL: stale, CRLReadAt: start.AddDate(0, 0, 1)})
	oldCA, oldPEM := issue(&x509.Certificate{SerialNumber: p.ca.SerialNumber, Subject: p.ca.Subject, NotBefore: start, NotAfter: start.AddDate(0, 1, 0),
		IsCA: true, BasicConstraintsValid: true}, nil, &p.caKey.PublicKey, p.caKey)
	_ = oldCA
	expiredCA := NewTrust(TrustOptions{CA: Material{Name: "old.ca", Text: oldPEM}})
	bothCAs := NewTrust(TrustOptions{CA: Material{Name: "both.ca", Text: append(bytes.Clone(oldPEM), p.caPEM...)}})
	other, otherPEM := issue(&x509.Certificate{SerialNumber: leaf.SerialNumber, Subject: pkix.Name{CommonName: "other CA"}, NotBefore: start, NotAfter: start.AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true}, nil, &p.key.PublicKey, p.key)
	_ = other
	allowed := map[string][]string{topic: {"git01"}}
	denied := map[string][]string{topic: {"somebody"}}
	elsewhere := map[string][]string{"another.topic": {"git01"}}

	for name, c := range map[string]struct {
		options  Options
		envelope []byte
		topic    string
		archived bool
		want     Code
		says     string
	}{
		"good":                           {Options{Trust: trusted}, good, topic, false, OK, "signed by git01"},
		"spaced by a relay":              {Options{Trust: trusted}, bytes.ReplaceAll(good, []byte(`,"`), []byte(`, "`)), topic, false, OK, ""},
		"frame without a topic":          {Options{Trust: trusted}, good, "", false, OK, ""},
		"allowed":                        {Options{Trust: trusted, Policy: allowed, Nitpicky: true}, good, topic, false, OK, "allowed on this topic"},
		"not on the list":                {Options{Trust: p.trust(inDate)}, good, topic, false, OK, "not revoked"},
		"policy says nothing":            {Options{Trust: trusted, Policy: elsewhere}, good, topic, false, NoPolicy, ""},
		"policy must say something":      {Options{Trust: trusted, Policy: elsewhere, Nitpicky: true}, good, topic, false, Policy, ""},
		"nitpicky without a policy":      {Options{Trust: trusted, Nitpicky: true}, good, topic, false, Policy, ""},
		"policy":                         {Options{Trust: trusted, Policy: denied}, good, topic, false, Policy, "git01 may not send"},
		"body changed":                   {Options{Trust: trusted}, bytes.Replace(good, []byte("1.5"), []byte("2.5"), 1), topic, false, Bad, "does not match"},
		"body changed, nobody trusted":   {Options{}, bytes.Replace(good, []byte("1.5"), []byte("2.5"), 1), topic, false, Bad, ""},
		"field added":                    {Options{Trust: trusted}, with(good, `"a":1`), topic, false, Bad, ""},
		"seq_id":                         {Options{Trust: trusted}, with(good, `"seq_id":7`), topic, false, Repaired, "undoing: seq_id, added by a store"},
		"seq_id, strict":                 {Options{Trust: trusted, Strict: true}, with(good, `"seq_id":7`), topic, false, Bad, ""},
		"headers":                        {Options{Trust: trusted}, with(good, `"headers":{"a":"b"}`), topic, false, Repaired, "headers"},
		"both":                           {Options{Trust: trusted}, with(with(good, `"headers":{"a":"b"}`), `"seq_id":1`), topic, false, Repaired, "seq_id"},
		"name repeated":                  {Options{Trust: trusted}, with(good, `"topic":"x"`), topic, false, Repaired, "undoing: names written more than once"},
		"name repeated in the body":      {Options{Trust: trusted}, bytes.Replace(good, []byte(`"msg":{`), []byte(`"msg":{"n":[],`), 1), topic, false, Repaired, "of which only the last is signed"},
		"name repeated, strict":          {Options{Trust: trusted, Strict: true}, with(good, `"topic":"x"`), topic, false, OK, ""},
		"name repeated, and seq_id":      {Options{Trust: trusted}, with(with(good, `"seq_id":2`), `"seq_id":1`), topic, false, Repaired, "is signed; seq_id, added by a store"},
		"name repeated, and forged":      {Options{Trust: trusted}, append(good[:len(good)-1:len(good)-1], `,"topic":"x"}`...), topic, false, Bad, ""},
		"repaired and no policy":         {Options{Trust: trusted, Policy: elsewhere}, with(good, `"seq_id":7`), topic, false, Repaired, "says nothing about this topic"},
		"repaired and denied":            {Options{Trust: trusted, Policy: denied}, with(good, `"seq_id":7`), topic, false, Policy, ""},
		"archive":                        {Options{Trust: trusted}, with(good, `"agent_name":"a","headers":{},"packages":[],"source_name":"datanommer","source_version":"1.4","users":["a"]`), topic, false, Repaired, "source_name, source_version"},
		"archive, strict":                {Options{Trust: trusted, Strict: true}, with(good, `"source_name":"datanommer","source_version":"1.4"`), topic, false, Bad, ""},
		"archive, altered":               {Options{Trust: trusted}, with(bytes.Replace(good, []byte("1.5"), []byte("2"), 1), `"source_name":"datanommer","source_version":"1.4"`), topic, false, Altered, "neither trust nor alarm"},
		"from an archive, unsigned":      {Options{Trust: trusted}, []byte(`{"certificate":null,"crypto":null,"msg":{},"signature":null}`), "", true, Unsigned, ""},
		"from an archive, null and x509": {Options{Trust: trusted}, []byte(`{"certificate":null,"crypto":"x509","msg":{},"signature":null}`), "", true, Unsigned, ""},
		"unsigned":                       {Options{Trust: trusted}, []byte(plainEnvelope(now)), topic, false, Unsigned, ""},
		"unsigned, topics differ":        {Options{Trust: trusted}, []byte(plainEnvelope(now)), "a.topic", false, Envelope, `the frame says "a.topic"`},
		"topics differ":                  {Options{Trust: trusted}, good, topic + ".x", false, Envelope, ""},
		"topics differ, and denied":      {Options{Trust: trusted, Policy: denied}, good, topic + ".x", false, Policy, ""},
		"topics differ, and forged":      {Options{Trust: trusted}, bytes.Replace(good, []byte("1.5"), []byte("2.5"), 1), "x", false, Bad, ""},
		"no CA":                          {Options{}, good, topic, false, NoCA, "--ca"},
		"CA cannot be read":              {Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "x.crt", Err: errors.New("denied")}})}, good, topic, false, NoCA, "x.crt cannot be used: denied"},
		"CA is empty":                    {Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "x.crt"}})}, good, topic, false, NoCA, "empty"},
		"CA is garbage":                  {Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "x.crt", Text: []byte("garbage")}})}, good, topic, false, NoCA, "no certificate"},
		"another CA":                     {Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "o.crt", Text: otherPEM}})}, good, topic, false, Untrusted, `"test CA", which is not`},
		"revoked":                        {Options{Trust: p.trust(revoking)}, good, topic, false, Revoked, "since 2026-01-01"},
		"revoked by a stale list":        {Options{Trust: p.trust(revokingStale)}, good, topic, false, Revoked, ""},
		"revoked, when sent":             {Options{Trust: p.trust(revoking), At: At{Sent: true}}, good, topic, false, Revoked, ""},
		"list never seen in date":        {Options{Trust: p.trust(stale)}, good, topic, false, NoCRL, "expired on 2026-02-01"},
		"list seen in date":              {Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "c", Text: p.caPEM}, CRL: stale, CRLReadAt: start.AddDate(0, 0, 1)})}, good, topic, false, StaleCRL, "expired on"},
		"list seen in date, strict":      {Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "c", Text: p.caPEM}, CRL: stale, CRLReadAt: start.AddDate(0, 0, 1)}), Strict: true}, good, topic, false, NoCRL, ""},
		"list lost, in date":             {Options{Trust: seenLost}, good, topic, false, StaleCRL, "could not be read again"},
		"list lost, in date, strict":     {Options{Trust: seenLost, Strict: true}, good, topic, false, NoCRL, ""},
		"list seen in date before":       {Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "c", Text: p.caPEM}, CRL: stale, CRLReadAt: now, Before: seen})}, good, topic, false, StaleCRL, ""},
		"another list seen in date":      {Options{Trust: NewTrust(TrustOptions{CA: Material{Name: "c", Text: p.caPEM}, CRL: revokingStale, CRLReadAt: now, Before: seen})}, signed(t, p.signer(t, "git02", nil), plainEnvelope(now)), topic, false, NoCRL, ""},
		"list lost, never in date":       {Options{Trust: p.trust(lostStale)}, good, topic, false, NoCRL, ""},
		"list empty":                     {Options{Trust: p.trust(Material{Name: "e.crl"})}, good, topic, false, NoCRL, "empty"},
		"list missing":                   {Options{Trust: p.trust(Material{Name: "e.crl", Err: errors.New("no such file")})}, good, topic, false, NoCRL, "no such file"},
		"list of tomorrow":               {Options{Trust: p.trust(p.crl(t, now.AddDate(0, 0, 1), now.AddDate(0, 1, 0)))}, good, topic, false, NoCRL, "not valid before"},
		"list missing, and forged":       {Options{Trust: p.trust(Material{Name: "e.crl"})}, bytes.Replace(good, []byte("1.5"), []byte("2.5"), 1), topic, false, Bad, ""},
		"list missing, and denied":       {Options{Trust: p.trust(Material{Name: "e.crl"}), Policy: denied}, good, topic, false, NoCRL, ""},
		"expired since":                  {Options{Trust: trusted}, signed(t, short, plainEnvelope(start.AddDate(0, 0, 9))), topic, false, ExpiredSince, "expired since, on 2026-02-01"},
		"expired since, strict":          {Options{Trust: trusted, Strict: true}, signed(t, short, plainEnvelope(start.AddDate(0, 0, 9))), topic, false, Expired, ""},
		"expired since, when sent":       {Options{Trust: trusted, At: At{Sent: true}}, signed(t, short, plainEnvelope(start.AddDate(0, 0, 9))), topic, false, OK, ""},
		"expired since, at a time":       {Options{Trust: trusted, At: At{Time: start.AddDate(0, 0, 20)}}, signed(t, short, plainEnvelope(start.AddDate(0, 0, 9))), topic, false, OK, ""},
		"expired when sent":              {Options{Trust: trusted}, signed(t, short, plainEnvelope(now)), topic, false, Expired, "the message was sent on"},
		"expired, no time":               {Options{Trust: trusted}, signed(t, short, `{"msg":{},"topic":"t"}`), "t", false, Expired, "does not say when"},
		"expired, time changed":          {Options{Trust: trusted}, bytes.Replace(signed(t, short, plainEnvelope(now)), []byte(fmt.Sprint(now.Unix())), []byte(fmt.Sprint(start.AddDate(0, 0, 9).Unix())), 1), topic, false, Bad, ""},
		"not valid yet":                  {Options{Trust: trusted, Now: at(start.AddDate(-1, 0, 0))}, good, topic, false, Expired, "not valid before"},
		"CA expired since":               {Options{Trust: expiredCA}, signed(t, s, plainEnvelope(start.AddDate(0, 0, 9))), topic, false, ExpiredSince, "CA's certificate has expired"},
		"CA expired since, strict":       {Options{Trust: expiredCA, Strict: true}, signed(t, s, plainEnvelope(start.AddDate(0, 0, 9))), topic, false, NoCA, "valid from"},
		"CA expired":                     {Options{Trust: expiredCA}, good, topic, false, NoCA, "is valid from 2026-01-01"},
		"CA expired, renewed":            {Options{Trust: bothCAs}, good, topic, false, OK, ""},
		"expired since, and no policy":   {Options{Trust: trusted, Policy: elsewhere}, signed(t, short, plainEnvelope(start.AddDate(0, 0, 9))), topic, false, ExpiredSince, "also authentic; the routing policy"},
		"x509 not accepted":              {Options{Trust: trusted, Backends: []string{"gpg"}}, good, topic, false, NoBackend, "x509"},
		"gpg without a keyring":          {Options{}, []byte(`{"crypto":"gpg","msg":{},"signature":"iQ=="}`), "", false, NoKey, "--gpg-keyring"},
		"gpg without msg":                {Options{}, []byte(`{"crypto":"gpg","signature":"iQ=="}`), "", false, Malformed, "no msg"},
		"a scheme of others":             {Options{}, []byte(`{"crypto":"pkcs7","signature":"x"}`), "", false, NoBackend, `"pkcs7"`},
		"not JSON":                       {Options{}, []byte(`{"a":`), "", false, Malformed, "not JSON"},
		"nested too deeply":              {Options{}, []byte(strings.Repeat("[", 1e5)), "", false, Malformed, ""},
		"certificate too long":           {Options{}, []byte(`{"certificate":"` + strings.Repeat("A", 1<<20) + `","crypto":"x509","signature":"AAAA"}`), "", false, Malformed, "longer"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.options.Now == nil {
				c.options.Now = at(now)
			}
			v := NewVerifier(c.options)
			s := Subject{Envelope: c.envelope, Archived: c.archived}
			if c.topic != "" {
				s.Topic = []byte(c.topic)
			}
			got := v.Judge(s)
			if got.Code != c.want || !strings.Contains(got.Reason, c.says) {
				t.Errorf("%v (%s), want %v (… %s …); steps %+v", got.Code, got.Reason, c.want, c.says, got.Steps)
			}
			for range 2 { // the second time from memory
				if code, _ := v.Code(s); code != got.Code {
					t.Errorf("the code alone is %v, with its reasons %v", code, got.Code)
				}
			}
			checkSteps(t, &got)
		})
	}
}

// checkSteps holds the list of checks against the verdict: a check that found
// something wrong is told exactly when the verdict is of a class that is wrong.
func checkSteps(t *testing.T, v *Verdict) {
	t.Helper()
	no := 0
	for _, s := range v.Steps {
		if s.Result == StepNo {
			no++
		}
		if s.Name == "" || s.Result == StepNo && s.Note == "" {
			t.Errorf("step %+v says nothing", s)
		}
	}
	if (no > 0) != v.Class().Problem() {
		t.Errorf("%v, with %d failed checks: %+v", v.Code, no, v.Steps)
	}
	if v.Reason == "" || len(v.Steps) == 0 {
		t.Errorf("%v without a reason or checks", v.Code)
	}
}

func TestBroker(t *testing.T) {
	v := NewVerifier(Options{})
	if got := v.Judge(Subject{Envelope: []byte("anything"), Broker: true}); got.Code != Broker {
		t.Errorf("from a broker: %v", got.Code)
	}
	record := []byte(`{"body":{},"headers":{"sent-at":"x"},"id":"ab","priority":0,"queue":null,"topic":"t"}`)
	if got := v.Judge(Subject{Envelope: record, Records: true}); got.Code != Broker || got.MsgID != "ab" || got.Topic != "t" {
		t.Errorf("a record: %v %q %q", got.Code, got.MsgID, got.Topic)
	}
	// On a bus of envelopes, a message that looks like a record is only unsigned.
	if got := v.Judge(Subject{Envelope: record}); got.Code != Unsigned {
		t.Errorf("a record on a bus of envelopes: %v", got.Code)
	}
	if got := v.Judge(Subject{Envelope: []byte(`{"body":{},"headers":{},"id":"a","topic":"t","signature":"x"}`), Records: true}); got.Class().Good() {
		t.Errorf("a record with a signature: %v", got.Code)
	}
}

// A certificate is decoded and its chain checked once, a signature too.
func TestUseExchangesWhatIsTrusted(t *testing.T) {
	p := thePKI()
	leaf, leafPEM := p.leaf("git01", nil)
	s, err := NewX509Signer(leafPEM, p.keyPEM())
	if err != nil {
		t.Fatal(err)
	}
	now := start.AddDate(0, 6, 0)
	subject := Subject{Envelope: signed(t, s, plainEnvelope(now))}
	other := Subject{Envelope: signed(t, p.signer(t, "git02", nil), plainEnvelope(now))}
	unsigned := Subject{Envelope: []byte(plainEnvelope(now))}
	v := NewVerifier(Options{Now: at(now)})
	use := func(trust *Trust, want Code, touches bool) {
		t.Helper()
		before := v.Trusted()
		v.Use(trust, nil)
		if got := v.Affected(before, subject); got != touches {
			t.Errorf("affected: %v", got)
		}
		if v.Affected(before, unsigned) {
			t.Error("an unsigned message is affected")
		}
		if code, _ := v.Code(subject); code != want {
			t.Errorf("%v, want %v", code, want)
		}
	}
	use(p.trust(Material{}), OK, true)
	use(p.trust(Material{}), OK, false)
	use(p.trust(p.crl(t, start, start.AddDate(1, 0, 0))), OK, false)
	use(p.trust(p.crl(t, start, start.AddDate(1, 0, 0), leaf)), Revoked, true)
	if code, _ := v.Code(other); code != OK {
		t.Errorf("the other signer: %v", code)
	}
	use(p.trust(p.crl(t, start, start.AddDate(0, 1, 0))), NoCRL, true)
	use(nil, NoCA, true)
	if v.Affected(v.Trusted(), subject) {
		t.Error("nothing was exchanged")
	}
	if !v.Affected(Trusted{}, subject) {
		t.Error("what is not known is not different")
	}
}
