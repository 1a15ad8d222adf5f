package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/zmq"
	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/trust"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

func newDoctorCommand(g *globals, std streams) *cobra.Command {
	var online bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look at settings, certificates and the terminal, and say what is wrong",
		Long: "doctor says what this program would use and how it is doing: settings files, endpoints, CA, revocation list,\n" +
			"keyrings, certificates and keys with their ages, the terminal, paths. What ends within 30 days is warned about.\n" +
			"It does not use the network; with --online it fetches what is to be fetched and connects to the endpoints.\n" +
			"Status: 0 nothing is wrong, though there may be warnings; 1 something is.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return doctor(cmd.Context(), g, online, std) },
	}
	cmd.Flags().BoolVar(&online, "online", false, "also fetch what has a URL, and connect to the endpoints")
	return cmd
}

// examination collects what doctor finds, a line each.
type examination struct {
	w     io.Writer
	now   time.Time
	wrong bool
}

// warnAhead is how long before something ends it is warned about.
const warnAhead = 30 * 24 * time.Hour

func (e *examination) line(mark, what, format string, args ...any) {
	text := fmt.Sprintf("%-4s  %-14s  %s", mark, what, fmt.Sprintf(format, args...))
	fmt.Fprintln(e.w, render.Sanitize(text, render.NoLimit))
}

func (e *examination) ok(what, format string, args ...any)   { e.line("ok", what, format, args...) }
func (e *examination) note(what, format string, args ...any) { e.line("-", what, format, args...) }
func (e *examination) warn(what, format string, args ...any) { e.line("warn", what, format, args...) }
func (e *examination) bad(what, format string, args ...any) {
	e.wrong = true
	e.line("BAD", what, format, args...)
}

func doctor(ctx context.Context, g *globals, online bool, std streams) error {
	settings, err := g.load(ctx)
	if err != nil {
		return err
	}
	e := &examination{w: std.out, now: time.Now()}
	e.settings(settings)
	e.endpoints(ctx, settings, online)
	e.trust(ctx, settings, online, std.err)
	e.keys(settings)
	e.terminal(settings, std.out)
	if e.wrong {
		return statusError(exitFailed)
	}
	return nil
}

func (e *examination) settings(settings *config.Settings) {
	e.note("version", "%s", version())
	if len(settings.Files) == 0 {
		e.note("settings", "no file was found: defaults and flags only")
	}
	for _, file := range settings.Files {
		e.ok("settings", "%s", file)
	}
	for _, warning := range settings.Warnings {
		e.warn("settings", "%s", warning)
	}
}

func (e *examination) endpoints(ctx context.Context, settings *config.Settings, online bool) {
	if len(settings.Endpoints) == 0 {
		e.warn("endpoints", "none is configured; give --endpoint tcp://HOST:PORT, or try fedmsg-tui demo")
		return
	}
	if !online {
		for _, endpoint := range settings.Endpoints {
			e.note("endpoint", "%s %s (not tried; --online does)", endpoint.Name, config.RedactURL(endpoint.Address))
		}
		return
	}
	// All at once: one that does not answer must not hold up the others.
	states := make([]bus.Status, len(settings.Endpoints))
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	done := make(chan int)
	for i, endpoint := range settings.Endpoints {
		go func() {
			states[i] = tryEndpoint(ctx, endpoint.Address)
			done <- i
		}()
	}
	for range states {
		<-done
	}
	for i, s := range states {
		name := settings.Endpoints[i].Name + " " + config.RedactURL(settings.Endpoints[i].Address)
		if s.Connects > 0 {
			e.ok("endpoint", "%s answers (%s)", name, s.Transport)
		} else {
			e.bad("endpoint", "%s: %v", name, s.Err)
		}
	}
}

// tryEndpoint connects once, and says how that went.
func tryEndpoint(ctx context.Context, address string) bus.Status {
	source, err := zmq.NewSource(1, address, zmq.SourceOptions{})
	if err != nil {
		return bus.Status{Err: err}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var outcome bus.Status
	first := &firstEvent{end: func() { outcome = source.Status(); cancel() }}
	if err := source.Run(ctx, first); err != nil && outcome.Err == nil {
		outcome.Err = err
	}
	if outcome.Connects == 0 && outcome.Err == nil {
		outcome.Err = fmt.Errorf("did not answer within 5 s")
	}
	return outcome
}

// firstEvent is a sink that ends with the first thing that happens.
type firstEvent struct {
	end  func()
	over bool
}

func (f *firstEvent) Deliver([]bus.Message) bool { return false }

// Report is called by the one goroutine of a source that dials.
func (f *firstEvent) Report(bus.Event) {
	if !f.over {
		f.over = true
		f.end()
	}
}

func (e *examination) trust(ctx context.Context, settings *config.Settings, online bool, errs io.Writer) {
	o := client.TrustOptions(settings)
	o.Offline = !online
	store := trust.New(o)
	loadTrust(ctx, store, errs)
	if settings.CA == "" {
		e.warn("CA", "none is known, so no X.509 signature can be judged; name one with --ca FILE, or as ca in config.toml")
	}
	for _, f := range store.Facts() {
		age := ""
		if !f.ReadAt.IsZero() {
			age = ", read " + ago(e.now.Sub(f.ReadAt))
		}
		switch {
		case errors.Is(f.Err, trust.ErrOffline) && f.ReadAt.IsZero():
			e.note(f.Kind, "%s (not fetched; --online does)", f.Name)
		case errors.Is(f.Err, trust.ErrOffline) && !f.Kept:
			e.ok(f.Kind, "%s: the copy that is kept%s", f.Name, age)
		case f.Err != nil && !f.ReadAt.IsZero():
			e.warn(f.Kind, "%s: %v; the copy from before is used%s", f.Name, f.Err, age)
		case f.Err != nil:
			e.bad(f.Kind, "%s: %v", f.Name, f.Err)
		default:
			e.ok(f.Kind, "%s%s", f.Name, age)
		}
		for _, n := range f.Notes {
			e.warn(f.Kind, "%s", n)
		}
	}
	t := store.Trust()
	for _, c := range t.Anchors() {
		e.certificate("CA", c)
	}
	for _, l := range t.Lists() {
		what := fmt.Sprintf("of %s: %d revoked, made %s", l.Issuer, l.Revoked, ago(e.now.Sub(l.ThisUpdate)))
		e.ends("revocations", what, l.ThisUpdate, l.NextUpdate)
	}
	// What is about the files as they are has been said; what is about their
	// content has not.
	for _, p := range t.Problems() {
		if !strings.Contains(p, trust.ErrOffline.Error()) {
			e.bad("trust", "%s", p)
		}
	}
	for _, k := range store.Keyring().Keys(e.now) {
		what := fmt.Sprintf("%s %s, %s of %d bits", k.KeyID, k.UserID, k.Algorithm, k.Bits)
		// A keyring holds the keys of others too: nothing is wrong here with
		// those that have ended.
		switch {
		case k.Revoked:
			e.warn("GnuPG key", "%s: revoked on %s", what, k.RevokedAt.Format(time.DateOnly))
		case !k.Expires.IsZero() && k.Expires.Before(e.now):
			e.warn("GnuPG key", "%s: expired on %s", what, k.Expires.UTC().Format(time.DateOnly))
		default:
			e.ends("GnuPG key", what, k.Created, k.Expires)
		}
	}
	if len(settings.RoutingPolicy) > 0 {
		e.ok("routing policy", "%d topics, nitpicky %v", len(settings.RoutingPolicy), settings.RoutingNitpicky)
	} else {
		e.note("routing policy", "none")
	}
}

// certificate is a line about a certificate's dates.
func (e *examination) certificate(what string, c *crypto.CertificateFacts) {
	e.ends(what, fmt.Sprintf("%s, serial %s, RSA of %d bits, %s", c.CommonName, c.Serial, c.KeyBits, c.SignedWith), c.NotBefore, c.NotAfter)
}

// ends is a line about something that is valid from one time to another; a zero
// end is none.
func (e *examination) ends(what, which string, from, to time.Time) {
	switch left := to.Sub(e.now); {
	case e.now.Before(from):
		e.bad(what, "%s: not valid before %s", which, from.UTC().Format(time.DateOnly))
	case to.IsZero():
		e.ok(what, "%s, without an end", which)
	case left < 0:
		e.bad(what, "%s: expired on %s, %s", which, to.UTC().Format(time.DateOnly), ago(-left))
	case left < warnAhead:
		e.warn(what, "%s: expires on %s, in %s; renew it", which, to.UTC().Format(time.DateOnly), long(left))
	default:
		e.ok(what, "%s, until %s, for %s", which, to.UTC().Format(time.DateOnly), long(left))
	}
}

// keys looks at what this machine could sign with.
func (e *examination) keys(settings *config.Settings) {
	names := slices.Compact(slices.Sorted(maps.Values(settings.CertNames)))
	if len(names) == 0 {
		e.note("certificates", "none is configured to sign with (certnames)")
	}
	const most = 50
	for i, name := range names {
		if i == most {
			e.note("certificates", "and %d more", len(names)-most)
			return
		}
		signer, warnings, err := trust.LoadX509Signer(settings.SSLDir, filepath.Base(name))
		for _, w := range warnings {
			e.bad("key", "%s", w)
		}
		if err != nil {
			mark := e.bad
			if !settings.SignMessages {
				mark = e.warn // nothing is signed with it
			}
			mark("certificate", "%v", err)
			continue
		}
		facts := signer.Certificate()
		e.certificate("certificate", &facts)
	}
}

func (e *examination) terminal(settings *config.Settings, out io.Writer) {
	if isTerminal(out) {
		e.ok("terminal", "TERM=%s COLORTERM=%s", os.Getenv("TERM"), os.Getenv("COLORTERM"))
	} else {
		e.note("terminal", "standard output is none; TERM=%s", os.Getenv("TERM"))
	}
	name := settings.Theme
	if name == "" {
		name = themes.Auto
	}
	if _, err := themes.Get(name, true); err != nil {
		e.bad("theme", "%v", err)
	} else {
		e.ok("theme", "%s", name)
	}
	if dir := client.TrustOptions(settings).CacheDir; dir != "" {
		e.note("cache", "%s", dir)
	}
}

func ago(d time.Duration) string {
	if d < time.Minute {
		return "just now"
	}
	return long(d) + " ago"
}

// long is a time in words, to one unit.
func long(d time.Duration) string {
	unit := func(n int, name string) string {
		if n == 1 {
			return "1 " + name
		}
		return fmt.Sprintf("%d %ss", n, name)
	}
	switch {
	case d < time.Hour:
		return unit(int(d.Minutes()), "minute")
	case d < 48*time.Hour:
		return unit(int(d.Hours()), "hour")
	case d < 800*24*time.Hour:
		return unit(int(d.Hours()/24), "day")
	}
	return unit(int(d.Hours()/24/365), "year")
}
