package judge

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
	"fedmsg-tui/internal/testca"
)

// bench is a CA, two signers, and what is needed to judge them.
type bench struct {
	*testca.Authority
	a, b *crypto.X509Signer
}

var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // also where a bubble's clock begins

var theBench = sync.OnceValue(func() *bench {
	from, to := start.AddDate(-1, 0, 0), start.AddDate(9, 0, 0)
	b := &bench{Authority: testca.New(testca.Subject{Name: "CA", Serial: 1, From: from, To: to}, testca.Key(1024))}
	for i, into := range []**crypto.X509Signer{&b.a, &b.b} {
		var err error
		name := []string{"git01", "git02"}[i]
		if *into, err = crypto.NewX509Signer(b.Issue(testca.Subject{Name: name, Serial: int64(10 + i), From: from, To: to}), b.KeyPEM()); err != nil {
			panic(err)
		}
	}
	return b
})

// trust is the CA, with a list that revokes some serials, or none.
func (b *bench) trust(list bool, revoked ...int64) *crypto.Trust {
	o := crypto.TrustOptions{CA: crypto.Material{Name: "ca", Text: b.PEM}}
	if list {
		o.CRL = crypto.Material{Name: "crl", Text: b.List(start.AddDate(0, 0, -1), start.AddDate(1, 0, 0), revoked...)}
	}
	return crypto.NewTrust(o)
}

// list is a revocation list without entries, in date until a time.
func (b *bench) list(until time.Time) crypto.Material {
	return crypto.Material{Name: "crl", Text: b.List(start.Add(-time.Hour), until)}
}

// message is signed by one of the two, or by nobody.
func (b *bench) message(i int, signer *crypto.X509Signer, source bus.SourceID) bus.Message {
	topic := "org.fedoraproject.prod.git.receive"
	text := fmt.Appendf(nil, `{"i":%d,"msg":{},"msg_id":"2000-%d","timestamp":%d,"topic":"%s"}`, i, i, start.Unix(), topic)
	if signer != nil {
		var err error
		if text, err = signer.Sign(text); err != nil {
			panic(err)
		}
	}
	m := bus.Message{Frames: [][]byte{[]byte(topic), text}, Source: source, ReceivedUnixNano: start.UnixNano()}
	m.Scan()
	return m
}

// judging is a judge at work in a bubble.
type judging struct {
	t *testing.T
	h *history.History
	v *crypto.Verifier
	j *Judge

	mu   sync.Mutex
	said []Change
}

func work(t *testing.T, o Options, body func(*judging)) {
	t.Helper()
	b := theBench()
	synctest.Test(t, func(t *testing.T) {
		w := &judging{t: t, h: history.New(history.Options{BudgetBytes: 1 << 20, ChunkRows: 100}), v: crypto.NewVerifier(crypto.Options{Trust: b.trust(false)})}
		o.OnChange = func(c Change) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.said = append(w.said, c)
		}
		w.j = New(w.h, w.v, o)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.j.Run(ctx)
		}()
		body(w)
		cancel()
		<-done
		if n := w.h.OpenSnapshots(); n != 0 {
			t.Errorf("%d snapshots were not closed", n)
		}
		w.h.Close()
	})
}

// changes are what was told so far.
func (w *judging) changes() []Change {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.said)
}

func (w *judging) add(messages ...bus.Message) {
	w.h.Append(messages)
	synctest.Wait()
}

func (w *judging) use(trust *crypto.Trust) {
	before := w.v.Trusted()
	w.v.Use(trust, nil)
	w.j.TrustChanged(before)
	synctest.Wait()
}

func (w *judging) wants(row history.Row, code crypto.Code, signer string, marks history.Marks) {
	w.t.Helper()
	s := w.h.Snapshot()
	defer s.Close()
	late, _ := s.Late(row)
	if late.Verdict != code || s.Signer(row) != signer || late.Marks != marks {
		w.t.Errorf("row %d is %v by %q with marks %b, want %v by %q with %b", row, late.Verdict, s.Signer(row), late.Marks, code, signer, marks)
	}
}

func TestRowsAreJudgedAsTheyCome(t *testing.T) {
	b := theBench()
	work(t, Options{Workers: 2}, func(w *judging) {
		w.add(b.message(0, b.a, 1), b.message(1, nil, 1), bus.Message{Problem: bus.Problem{Code: bus.ProblemFrames}})
		w.wants(0, crypto.OK, "git01", 0)
		w.wants(1, crypto.Unsigned, "", 0)
		w.wants(2, crypto.Pending, "", 0)
		var many []bus.Message
		for i := range 3 * together {
			many = append(many, b.message(10+i, nil, 1))
		}
		w.add(many...)
		if v := w.h.Verdicts(); v[crypto.ClassNone] != uint64(1+len(many)) || v[crypto.ClassOK] != 1 || w.j.Backlog() != 0 {
			w.t.Errorf("%v, backlog %d", v, w.j.Backlog())
		}
		if len(w.changes()) != 0 {
			w.t.Errorf("changes %v", w.changes())
		}
	})
}

// Names of those that no CA vouches for are not for the table of names.
func TestNamesOfForgersAreNotKept(t *testing.T) {
	b := theBench()
	work(t, Options{}, func(w *judging) {
		w.use(crypto.NewTrust(crypto.TrustOptions{}))
		w.add(b.message(0, b.a, 1))
		w.wants(0, crypto.NoCA, "", 0)
	})
}

func TestNewListIsNoticed(t *testing.T) {
	b := theBench()
	work(t, Options{}, func(w *judging) {
		for i := range 5 {
			w.add(b.message(2*i, b.a, 1), b.message(2*i+1, b.b, 1))
		}
		w.add(b.message(100, nil, 1))
		w.use(b.trust(true)) // nobody is revoked
		w.wants(0, crypto.OK, "git01", 0)
		if len(w.changes()) != 0 {
			w.t.Errorf("changes %v", w.changes())
		}
		w.use(b.trust(true, 11))
		w.wants(0, crypto.OK, "git01", 0)
		w.wants(1, crypto.Revoked, "git02", history.MarkChanged)
		want := Change{From: crypto.OK, To: crypto.Revoked, Signer: "git02", Signers: 1, Rows: 5, First: 1}
		if len(w.changes()) != 1 || w.changes()[0] != want {
			w.t.Errorf("changes %+v", w.changes())
		}
		w.add(b.message(200, b.b, 1))
		w.wants(11, crypto.Revoked, "git02", 0)
		// And back: what was judged meanwhile too.
		w.use(b.trust(true))
		w.wants(1, crypto.OK, "git02", history.MarkChanged)
		w.wants(11, crypto.OK, "git02", history.MarkChanged)
		// Without a CA nothing is forged, only unknown.
		w.use(crypto.NewTrust(crypto.TrustOptions{CA: crypto.Material{Name: "ca"}}))
		w.wants(0, crypto.NoCA, "", history.MarkChanged)
		w.wants(10, crypto.Unsigned, "", 0)
		if v := w.h.Verdicts(); v[crypto.ClassInvalid] != 0 || v[crypto.ClassUnknown] != 11 {
			w.t.Errorf("%v", v)
		}
	})
}

// Trust that changes twice before anybody looks back has judged rows in between.
func TestTwoChangesAtOnce(t *testing.T) {
	b := theBench()
	for name, many := range map[string]int{"two": 2, "more than are compared": 3 * maxBefore} {
		t.Run(name, func(t *testing.T) {
			work(t, Options{}, func(w *judging) {
				w.add(b.message(0, b.b, 1))
				before := w.v.Trusted()
				w.v.Use(b.trust(true, 11), nil)
				w.add(b.message(1, b.b, 1))
				w.wants(1, crypto.Revoked, "git02", 0)
				w.j.mu.Lock()
				for range many {
					w.j.pending.add(before)
					before = w.v.Trusted()
					w.v.Use(b.trust(false), nil)
				}
				w.j.mu.Unlock()
				w.j.nudge()
				synctest.Wait()
				w.wants(0, crypto.OK, "git02", 0)
				w.wants(1, crypto.OK, "git02", history.MarkChanged)
			})
		})
	}
}

// Verdicts that change by themselves, when a list or a certificate goes out of
// date, change in the rows that are there too.
func TestTimePasses(t *testing.T) {
	b := theBench()
	work(t, Options{}, func(w *judging) {
		list := b.list(start.Add(time.Hour))
		w.use(crypto.NewTrust(crypto.TrustOptions{CA: crypto.Material{Name: "ca", Text: b.PEM}, CRL: list, CRLReadAt: start}))
		w.add(b.message(0, b.a, 1), b.message(1, b.b, 1), b.message(2, nil, 1))
		w.wants(0, crypto.OK, "git01", 0)
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		w.wants(0, crypto.OK, "git01", 0)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		w.wants(0, crypto.StaleCRL, "git01", history.MarkChanged)
		w.wants(2, crypto.Unsigned, "", 0)
		if len(w.changes()) != 1 || w.changes()[0].Rows != 2 || w.changes()[0].Signers != 2 {
			w.t.Errorf("changes %+v", w.changes())
		}
		// Nine years later the certificates have expired.
		time.Sleep(10 * 366 * 24 * time.Hour)
		synctest.Wait()
		w.wants(0, crypto.ExpiredSince, "git01", history.MarkChanged)
		if w.v.NextChange() != (time.Time{}) {
			w.t.Errorf("something changes at %v", w.v.NextChange())
		}
	})
}

func TestCheckingIsSwitchedPerSource(t *testing.T) {
	b := theBench()
	work(t, Options{Off: []bus.SourceID{2}}, func(w *judging) {
		w.add(b.message(0, b.a, 1), b.message(1, b.a, 2))
		w.wants(0, crypto.OK, "git01", 0)
		w.wants(1, crypto.Off, "", 0)
		w.j.SetOff(1, true)
		w.add(b.message(2, b.a, 1))
		w.wants(0, crypto.OK, "git01", 0) // what is known stays known
		w.wants(2, crypto.Off, "", 0)
		w.j.SetOff(2, false)
		synctest.Wait()
		w.wants(1, crypto.OK, "git01", 0)
		w.wants(2, crypto.Off, "", 0)
		if len(w.changes()) != 0 {
			w.t.Errorf("switching it on is no change: %v", w.changes())
		}
		w.j.SetOff(1, false)
		synctest.Wait()
		w.wants(2, crypto.OK, "git01", 0)
	})
	work(t, Options{AllOff: true}, func(w *judging) {
		w.add(b.message(0, b.a, 1))
		w.wants(0, crypto.Off, "", 0)
		w.j.SetOff(1, false)
		w.add(b.message(1, b.a, 1), b.message(2, b.a, 2))
		w.wants(0, crypto.OK, "git01", 0)
		w.wants(1, crypto.OK, "git01", 0)
		w.wants(2, crypto.Off, "", 0)
	})
}

// What a reader looks at does not wait for its turn, and rows that were given up
// before theirs are passed over.
func TestWantedRowsComeFirst(t *testing.T) {
	b := theBench()
	h := history.New(history.Options{BudgetBytes: 512 << 10, ChunkRows: 64})
	defer h.Close()
	j := New(h, crypto.NewVerifier(crypto.Options{Trust: b.trust(false)}), Options{})
	var messages []bus.Message
	for i := range 4 * together {
		messages = append(messages, b.message(i, nil, 1))
	}
	h.Append(messages)
	s := h.Snapshot()
	defer s.Close()
	last := s.End() - 1
	j.Want(last, last+1)
	if more := j.round(context.Background(), s); !more {
		t.Error("nothing is left to do")
	}
	if late, _ := s.Late(last); late.Verdict != crypto.Unsigned {
		t.Errorf("the wanted row is %v", late.Verdict)
	}
	if late, _ := s.Late(last - 1); late.Verdict != crypto.Pending {
		t.Errorf("the row before it is %v", late.Verdict)
	}
	if j.Backlog() != int(s.End()-s.First())-together {
		t.Errorf("backlog %d of %d rows", j.Backlog(), s.Len())
	}
}

// A row that was judged before its turn, because somebody looked at it, is
// judged again like any other when trust changes or checking is switched on.
func TestWantedRowsAreJudgedAgain(t *testing.T) {
	b := theBench()
	for _, switched := range []bool{false, true} {
		h := history.New(history.Options{BudgetBytes: 64 << 20, ChunkRows: 64})
		v := crypto.NewVerifier(crypto.Options{Trust: b.trust(false), Now: func() time.Time { return start }})
		var o Options
		if switched {
			o.Off = []bus.SourceID{1}
		}
		j := New(h, v, o)
		messages := make([]bus.Message, 3*together)
		for i := range messages {
			messages[i] = b.message(i, b.b, 1)
		}
		h.Append(messages)
		s := h.Snapshot()
		last := s.End() - 1
		j.Want(last, last+1)
		j.round(context.Background(), s)
		want := crypto.OK
		if switched {
			j.SetOff(1, false)
		} else {
			before := v.Trusted()
			v.Use(b.trust(true, 11), nil)
			j.TrustChanged(before)
			want = crypto.Revoked
		}
		for j.round(context.Background(), s) {
		}
		for _, row := range []history.Row{0, last - 1, last} {
			if late, _ := s.Late(row); late.Verdict != want {
				t.Errorf("switched %v: row %d is %v, want %v", switched, row, late.Verdict, want)
			}
		}
		s.Close()
		h.Close()
	}
}

// A look back that is interrupted by another reason goes on for both.
func TestInterruptedLookBackKeepsItsReasons(t *testing.T) {
	b := theBench()
	h := history.New(history.Options{})
	defer h.Close()
	v := crypto.NewVerifier(crypto.Options{Trust: b.trust(false)})
	j := New(h, v, Options{Off: []bus.SourceID{1}})
	j.SetOff(1, false)
	j.begin(9)
	j.TrustChanged(v.Trusted())
	j.begin(12)
	if r := j.review; r == nil || !r.on || len(r.before) != 1 || r.next != 12 {
		t.Errorf("%+v", r)
	}
	j.SetOff(1, false)
	j.begin(20)
	if r := j.review; !r.on || len(r.before) != 1 || r.next != 20 {
		t.Errorf("%+v", r)
	}
	j.begin(30) // nothing new
	if j.review.next != 20 {
		t.Errorf("begun anew for nothing: %+v", j.review)
	}
}

// What the columns decide without a look at the message is what a look would
// decide.
func TestColumnsDecideAsMessagesDo(t *testing.T) {
	v := crypto.NewVerifier(crypto.Options{})
	const topic = "org.fedoraproject.prod.git.receive"
	for envelope, sure := range map[string]bool{
		`{"msg":{}}`:                                                   true,
		`{"msg":{},"topic":"` + topic + `"}`:                           true,
		`{"msg":{},"topic":"` + topic + `x"}`:                          true,
		`{"crypto":null,"msg":{},"signature":null,"certificate":null}`: false, // null is another type
		`{"msg":{},"signature":null}`:                                  true,
		`{"crypto":5,"msg":{}}`:                                        false,
		`{"msg":{},"topic":5}`:                                         false,
		`{"msg":{},"signature":"x"}`:                                   false,
		`{"msg":{},"certificate":"x"}`:                                 false,
		`{"crypto":"x509","msg":{}}`:                                   false,
	} {
		m := bus.Message{Frames: [][]byte{[]byte(topic), []byte(envelope)}, Source: 1}
		m.Scan()
		h := history.New(history.Options{})
		h.Append([]bus.Message{m})
		s := h.Snapshot()
		meta, ok := s.Meta(s.First())
		if !ok {
			t.Fatal("no row")
		}
		code, got := withoutLooking(meta)
		if want, _ := v.Code(SubjectOf(&m)); got != sure || got && code != want {
			t.Errorf("%s: %v, %v; a look says %v", envelope, code, got, want)
		}
		s.Close()
		h.Close()
	}
}
