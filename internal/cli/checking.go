package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/judge"
	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/trust"
	"fedmsg-tui/render"
)

// checking judges messages as a stream goes by, in their order.
type checking struct {
	verifier *crypto.Verifier
	store    *trust.Store
	off      bool // every verdict is "off"
	workers  int
	errs     io.Writer
	problems []string // that were said
	watching sync.WaitGroup
}

// newChecking reads what is trusted, which may mean to fetch it, and says what
// of it cannot be used.
func newChecking(ctx context.Context, settings *config.Settings, errs io.Writer) *checking {
	c := &checking{store: trust.New(client.TrustOptions(settings)), workers: runtime.GOMAXPROCS(0), errs: errs}
	loadTrust(ctx, c.store, errs)
	c.problems = c.store.Problems()
	for _, problem := range c.problems {
		fmt.Fprintf(errs, "fedmsg-tui: %s\n", render.Sanitize(problem, render.NoLimit))
	}
	options := client.VerifierOptions(settings)
	options.Trust, options.Keyring = c.store.Trust(), c.store.Keyring()
	c.verifier = crypto.NewVerifier(options)
	return c
}

// patientFetch is how long fetching takes before something is said about it.
const patientFetch = 5 * time.Second

// loadTrust reads what is trusted. Where that means to fetch it from somebody
// who does not answer, it may take a minute and a half; who waits is told.
func loadTrust(ctx context.Context, store *trust.Store, errs io.Writer) {
	fetches := store.Fetches()
	loaded := make(chan struct{})
	var waiting sync.WaitGroup
	if len(fetches) > 0 {
		waiting.Go(func() {
			select {
			case <-loaded:
			case <-time.After(patientFetch):
				text := "fedmsg-tui: fetching " + strings.Join(fetches, " and ") + " takes long; it is given up after a minute and a half"
				fmt.Fprintln(errs, render.Sanitize(text, render.NoLimit))
			}
		})
	}
	store.Load(ctx)
	close(loaded)
	waiting.Wait() // so that nothing else is printed at the same time
}

// watch takes over what changes in the files until ctx ends, and says what is
// new about them; the function that it returns waits for that.
func (c *checking) watch(ctx context.Context) (ended func()) {
	c.watching.Go(func() {
		told := map[string]bool{} // what newChecking has said
		for _, problem := range c.problems {
			told[problem] = true
		}
		c.store.Watch(ctx, func(values bool) {
			if values {
				c.verifier.Use(c.store.Trust(), c.store.Keyring())
			}
			for _, problem := range c.store.Problems() {
				if !told[problem] {
					told[problem] = true
					fmt.Fprintf(c.errs, "fedmsg-tui: %s\n", render.Sanitize(problem, render.NoLimit))
				}
			}
		})
	})
	return c.watching.Wait
}

// judged is a message's verdict; report only where it was asked for.
type judged struct {
	code   crypto.Code
	signer string
	report *crypto.Verdict
}

// judge finds the verdicts of those messages of a batch that wants says, on all
// processors. full asks for the reasons too.
func (c *checking) judge(batch []bus.Message, into []judged, full bool, wants func(*bus.Message) bool) []judged {
	into = into[:0]
	for range batch {
		into = append(into, judged{})
	}
	one := func(i int) {
		m := &batch[i]
		if m.Malformed() || !wants(m) {
			return
		}
		switch {
		case c.off:
			into[i].code = crypto.Off
			if full {
				into[i].report = &crypto.Verdict{MsgID: m.MsgID(), Topic: m.EnvelopeTopic(), Code: crypto.Off, Reason: crypto.Off.Sentence()}
			}
		case full:
			v := c.verifier.Judge(judge.SubjectOf(m))
			into[i] = judged{v.Code, v.Signer, &v}
		default:
			into[i].code, into[i].signer = c.verifier.Code(judge.SubjectOf(m))
		}
	}
	const piece = 8
	if len(batch) <= piece || c.off {
		for i := range batch {
			one(i)
		}
		return into
	}
	var taken atomic.Int64
	work := func() {
		for {
			at := int(taken.Add(piece)) - piece
			if at >= len(batch) {
				return
			}
			for i := at; i < min(at+piece, len(batch)); i++ {
				one(i)
			}
		}
	}
	var others sync.WaitGroup
	for range c.workers - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
	return into
}

// warner tells of messages that are not printed because of their signature:
// each kind once, and how many there were at the end.
type warner struct {
	w      io.Writer
	told   map[string]bool
	counts [crypto.Codes]uint64
}

// maxWarnings bounds what an endless bus can make a terminal scroll by.
const maxWarnings = 200

func (w *warner) warn(m *bus.Message, v *crypto.Verdict) {
	w.counts[v.Code]++
	key := v.Code.String() + " " + v.Signer + " " + string(m.Topic())
	if w.told[key] || len(w.told) >= maxWarnings {
		return
	}
	w.told[key] = true
	text := fmt.Sprintf("not printed: %s: %s (%s): %s", v.Code, m.Topic(), m.MsgID(), v.Reason)
	fmt.Fprintf(w.w, "fedmsg-tui: %s\n", render.Sanitize(text, 1000))
	if len(w.told) == maxWarnings {
		fmt.Fprintln(w.w, "fedmsg-tui: further kinds of messages that are not printed are only counted")
	}
}

// summary is one line about what was not printed, or "".
func (w *warner) summary() string {
	var parts []string
	for code, n := range w.counts {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", crypto.Code(code), n))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "not printed because of their signature: " + strings.Join(parts, ", ")
}
