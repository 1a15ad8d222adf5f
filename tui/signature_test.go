package tui

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
	"fedmsg-tui/internal/testca"
)

// authority is a CA of the year 2000, when bubbles begin, and a signer.
type authority struct {
	*testca.Authority
	signer *crypto.X509Signer
}

var theAuthority = sync.OnceValue(func() *authority {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	from, to := start.AddDate(-1, 0, 0), start.AddDate(3, 0, 0)
	a := &authority{Authority: testca.New(testca.Subject{Name: "Test CA", Serial: 1, From: from, To: to}, testca.Key(1024))}
	var err error
	if a.signer, err = crypto.NewX509Signer(a.Issue(testca.Subject{Name: "git-git01.example.org", Serial: 77, From: from, To: to}), a.KeyPEM()); err != nil {
		panic(err)
	}
	return a
})

// trust is the CA, and a list if some serials are to be on it.
func (a *authority) trust(revoked ...int64) *crypto.Trust {
	o := crypto.TrustOptions{CA: crypto.Material{Name: "ca.crt", Text: a.PEM}}
	if len(revoked) > 0 {
		now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		o.CRL = crypto.Material{Name: "crl.pem", Text: a.List(now, now.AddDate(1, 0, 0), revoked...)}
	}
	return crypto.NewTrust(o)
}

const gitTopic = "org.fedoraproject.prod.git.receive"

func (v *terminal) sendSigned(i int, change func(string) string) {
	text, err := theAuthority().signer.Sign(fmt.Appendf(nil, `{"i":%d,"msg":{"agent":"user","n":%d},"msg_id":"2000-%d","timestamp":%d,"topic":%q}`, i, i, i, time.Now().Unix(), gitTopic))
	if err != nil {
		v.t.Fatal(err)
	}
	if change == nil {
		change = func(s string) string { return s }
	}
	v.send(gitTopic, change(string(text)))
}

// trusting is a screen whose session trusts the authority.
func trusting(t *testing.T, w, h int, body func(*terminal)) {
	show(t, w, h, Options{Title: "test"}, func(v *terminal) {
		v.session.verifier.Use(theAuthority().trust(), nil)
		body(v)
	})
}

// revokeSigner makes the session trust a list that the signer is on.
func (v *terminal) revokeSigner() {
	v.session.retrust(theAuthority().trust(77), nil, func() { v.session.log.note(v.session.now(), "certificates or the revocation list are new") })
}

func forge(s string) string { return strings.Replace(s, `"n":`, `"n":1`, 1) }

func TestSignatureColumnAndCounts(t *testing.T) {
	trusting(t, 120, 40, func(v *terminal) {
		v.sendSigned(0, nil)
		v.sendSigned(1, func(s string) string { return `{"seq_id":5,` + s[1:] })
		v.sendSigned(2, forge)
		v.send(gitTopic, `{"msg":{},"msg_id":"2000-x"}`)
		v.send(gitTopic, `{"crypto":"pkcs7","msg":{},"msg_id":"2000-y","signature":"x"}`)
		v.send(gitTopic, fmt.Sprintf(`{"msg":{},"msg_id":"2000-z","topic":"%s.other"}`, gitTopic))
		v.settle()
		v.settle()
		v.wants("✓ ok  git.receive", "~ fix git.receive", "✗ bad git.receive", "- uns git.receive", "? bck git.receive", "! env git.receive",
			"sig ✗1 !1 ✓1 ~1 -1 ?1")
		// The foot of the tree says the same of the topic under its cursor, and
		// the tree counts the problems.
		v.press("1")
		v.wants(" sig ✗1 !1 ✓1 ~1 -1 ?1")
		if text := v.text(); !strings.Contains(text, "     6    2") {
			t.Errorf("the tree does not count two problems of six:\n%s", text)
		}
		// i and then g keeps what has the state under the cursor.
		v.press("2", "E", "i")
		v.wants("t/enter topic:", "g sig:bad", "c cn:git-git01.example.org")
		v.press("g")
		v.wants("1 of 6")
		v.lacks("✓ ok  git")
		v.press("Z", "G")
		for range 5 {
			v.press("k")
		}
		v.press("x")
		v.wants("g sig:ok", "c cn:git-git01.example.org")
		v.press("c")
		v.wants("-cn:git-git01.example.org")
		v.lacks("✓ ok  git", "~ fix git", "✗ bad git")
	})
}

func TestSignaturePanel(t *testing.T) {
	trusting(t, 120, 40, func(v *terminal) {
		v.sendSigned(0, nil)
		v.sendSigned(1, forge)
		v.settle()
		v.press("s")
		v.wants("bad", "the signature does not match the message", "1 fields", "2 chain", "issued by Test CA", "4 signature", "NO", "5 policy", "not reached",
			"tried", "as received", "git-git01.example.org  (claimed)", "SHA-1")
		v.press("[")
		v.wants("signed by git-git01.example.org", "frame and envelope agree")
		v.lacks("(claimed)", "NO ")
		v.press("c")
		v.wants("common name", "serial", "77", "not after", "2003-01-01", "valid now", "yes, for 3 years", "RSA, 1024 bits", "SHA256-RSA", "Test CA")
		v.press("esc")
		v.lacks("common name")
		// A message without a certificate has none to show.
		v.send(gitTopic, `{"msg":{}}`)
		v.settle()
		v.press("G", "s", "c")
		v.wants("carries no certificate")
		v.press("q")
		v.wants("carries no signature")
	})
	// It fits, and scrolls, on any screen.
	trusting(t, 40, 10, func(v *terminal) {
		v.sendSigned(1, forge)
		v.settle()
		v.press("s")
		v.wants("bad", "1-")
		v.press("G")
		v.wants("choose what others")
	})
}

// What was good and is not any more is an event that leads to the message, and
// a mark in its row.
func TestNewListIsAnEvent(t *testing.T) {
	trusting(t, 120, 40, func(v *terminal) {
		for i := range 3 {
			v.sendSigned(i, nil)
		}
		v.settle()
		v.wants("✓ ok  git.receive")
		v.revokeSigner()
		v.settle()
		v.wants("✗↯rev git.receive", "signature was ok, is revoked: 3 messages by git-git01.example.org", "revoked since 2000-01-01")
		v.lacks("✓ ok  git.receive")
		v.press("f")
		v.press("is:changed", "enter")
		v.wants("3 of 3")
		v.press("Z", "g", "e", "enter")
		v.wants("1/3")
		v.press("s")
		v.wants("changed", "this state is not the first")
	})
}

// What is read about a message stays about it: while the bus goes on, when the
// filter does not show it any more, and in a frozen view.
func TestPanelStaysOnItsMessage(t *testing.T) {
	trusting(t, 120, 40, func(v *terminal) {
		for i := range 3 {
			v.sendSigned(i, nil)
		}
		v.settle()
		v.press("f")
		v.press("sig:ok", "enter")
		v.press("s") // following: the panel is about the row under the cursor
		v.wants("✓ ok", "signed by git-git01")
		v.sendSigned(3, forge)
		v.send(gitTopic, `{"msg":{}}`)
		v.settle()
		v.wants("signed by git-git01")
		v.revokeSigner()
		v.settle()
		v.wants("✗ revoked", "the certificate is revoked since", "this state is not the first")
		v.press("esc")
	})
	trusting(t, 120, 40, func(v *terminal) {
		for i := range 3 {
			v.sendSigned(i, nil)
		}
		v.settle()
		v.press("f")
		v.press("sig:ok", "enter")
		v.press("space")
		v.wants("FROZEN", "3/3")
		v.revokeSigner()
		v.settle()
		v.wants("FROZEN", "3/3", "✗↯rev git.receive")
		v.press("space")
		v.settle()
		v.wants("no message passes the filter")
	})
}

// The row that is read stays where it is on the screen when others leave.
func TestRowStaysWhenOthersLeave(t *testing.T) {
	trusting(t, 120, 40, func(v *terminal) {
		for i := range 30 {
			v.sendSigned(i, nil)
			v.send("org.fedoraproject.prod.wiki.edit", fmt.Sprintf(`{"msg":{"n":%d},"msg_id":"2000-w%d"}`, i, i))
		}
		v.settle()
		v.press("f")
		v.press("sig:ok,none", "enter")
		for range 44 { // far enough from both ends for its place to be kept
			v.press("k")
		}
		place := func() int {
			for y, row := range strings.Split(v.text(), "\n") {
				if strings.Contains(row, "▌00:") {
					return y
				}
			}
			return -1
		}
		before := place()
		v.revokeSigner()
		v.settle()
		v.wants("30 of 60")
		if after := place(); after != before || before < 0 {
			t.Errorf("the cursor went from row %d to %d\n%s", before, after, v.text())
		}
	})
}

// v in the sources switches checking off and on for one source.
func TestCheckingIsSwitched(t *testing.T) {
	trusting(t, 200, 60, func(v *terminal) {
		v.session.mu.Lock()
		v.session.client = client.FromSources([]bus.Source{still{}})
		v.session.mu.Unlock()
		v.sendSigned(0, nil)
		v.settle()
		v.wants("✓ ok  git.receive")
		v.press("g", "c", "v")
		v.wants("signatures are not checked any more")
		v.sendSigned(1, nil)
		v.settle()
		v.wants("✓ ok  git.receive", "- off git.receive")
		v.press("v")
		v.settle()
		v.wants("signatures are checked")
		v.lacks("- off git.receive")
	})
}

// still is a source that nothing comes from.
type still struct{ bus.Source }

func (still) Endpoint() string   { return "tcp://still:1" }
func (still) Status() bus.Status { return bus.Status{Endpoint: "tcp://still:1", State: bus.StateUp} }

// A backlog is pending, and said to be.
func TestBacklogIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := modelWith(t, 0, Options{Title: "test"}, received(gitTopic, `{"msg":{}}`))
		m.draw.checking = true
		r := describe(&bus.Message{})
		code, _ := m.draw.verdict(0, &r)
		glyph, short, _ := m.draw.signature(code, false)
		if code != crypto.Pending || glyph != "." || short != "chk" {
			t.Errorf("%v %s %s", code, glyph, short)
		}
		m.session.history.SetVerdict(0, crypto.Unsigned, "")
		if code, _ := m.draw.verdict(0, &r); code != crypto.Unsigned {
			t.Errorf("%v", code)
		}
		m.session.history.SetMarks(0, history.MarkChanged, 0)
		if _, changed := m.draw.verdict(0, &r); !changed {
			t.Error("not marked")
		}
	})
}
