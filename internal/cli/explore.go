package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/demo"
	"fedmsg-tui/bus/zmq"
	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/trust"
	"fedmsg-tui/filters"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
	"fedmsg-tui/tui"
)

// explore opens the explorer on the configured bus.
func explore(ctx context.Context, g *globals, std streams) error {
	settings, err := g.load(ctx)
	if err != nil {
		return err
	}
	return openExplorer(ctx, std, settings, explorerOptions{
		title: titleOf(settings), ask: len(settings.Endpoints) == 0})
}

// titleOf names the bus in the header: the one endpoint, or how many there are.
func titleOf(settings *config.Settings) string {
	if len(settings.Endpoints) == 1 {
		return strings.TrimPrefix(config.RedactURL(settings.Endpoints[0].Address), "tcp://")
	}
	return fmt.Sprintf("%d endpoints", len(settings.Endpoints))
}

type explorerOptions struct {
	title string
	guide bool
	ask   bool // nothing is configured: show the start page first
	// unchecked are the sources whose signatures are not checked at first.
	unchecked []bus.SourceID
	// before runs in the process that shows the explorer, before it opens.
	// note adds a sentence to the explorer's events.
	before func(ctx context.Context, settings *config.Settings, note func(string)) (stop func(), err error)
}

// openExplorer shows the explorer in a child process whose end, however it
// ends, leaves the terminal as it was.
func openExplorer(ctx context.Context, std streams, settings *config.Settings, options explorerOptions) error {
	out, isFile := std.out.(*os.File)
	if !isFile || !isTerminal(out) {
		return errors.New("the explorer needs a terminal, and standard output is none; fedmsg-tui tail prints messages instead")
	}
	// What can be wrong with the command line is said before anything starts.
	look := tui.Options{Title: options.title, Theme: settings.Theme, ASCII: settings.ASCII, Guide: options.guide}
	if settings.Theme != "" {
		if _, err := themes.Get(settings.Theme, true); err != nil {
			return badSetting(settings, "theme", err)
		}
	}
	if settings.Filter != "" {
		filter, err := filters.Parse(settings.Filter)
		if err != nil {
			return badSetting(settings, "filter", err)
		}
		look.Filter = filter
	}
	if !supervised() {
		code, err := supervise(ctx, os.Args[1:], out, std)
		if err != nil {
			return err
		}
		if code != exitDone {
			return statusError(code)
		}
		return nil
	}
	return showExplorer(ctx, std.err, settings, look, options)
}

// ask shows the start page and does what was chosen; false when the reader
// left.
func ask(ctx context.Context, settings *config.Settings, look *tui.Options, options *explorerOptions) (bool, error) {
	choice, chosen, err := tui.Start(ctx, *look, func(endpoint string) error {
		_, err := zmq.ParseEndpoint(endpoint)
		return err
	})
	if err != nil || !chosen {
		return false, err
	}
	if choice.Demo {
		look.Title, look.Guide = "DEMO", true
		options.before, options.unchecked = embeddedBus(demo.ServeOptions{Script: demo.Options{Seed: 1}}), uncheckedInDemo()
		return true, nil
	}
	settings.Endpoints = []config.Endpoint{{Name: choice.Endpoint, Address: choice.Endpoint, Written: choice.Endpoint}}
	look.Title = titleOf(settings)
	return true, nil
}

// showExplorer runs the explorer in this process, and prints the books when it
// ends.
func showExplorer(ctx context.Context, errs io.Writer, settings *config.Settings, look tui.Options, options explorerOptions) error {
	// Searches and filters use both processors; with as many threads more, the
	// kernel lets the screen in between, instead of Go's slower time slices.
	runtime.GOMAXPROCS(2 * runtime.NumCPU())

	if options.ask {
		chosen, err := ask(ctx, settings, &look, &options)
		if err != nil || !chosen {
			return err
		}
	}
	session := tui.NewSession(settings.MemoryBytes)
	if options.before != nil {
		stop, err := options.before(ctx, settings, session.Note)
		if err != nil {
			return err
		}
		defer stop()
	}
	log, closeLog, err := openLog(settings.Log)
	if err != nil {
		return err
	}
	defer closeLog()
	logWarnings(log, settings)
	c, err := client.New(settings, client.OnEvent(func(e bus.Event) { logEvent(log, e); session.Report(e) }))
	if err != nil {
		return explainClient(err)
	}
	for _, warning := range settings.Warnings {
		session.Note(warning.String())
	}
	session.Check(ctx, checkingFor(settings, options.unchecked))
	session.Start(ctx, c)
	err = tui.Run(ctx, session, look)
	session.Close()
	log.Info("end", "books", session.Books().String())
	fmt.Fprintln(errs, render.Sanitize(session.Books().String(), render.NoLimit))
	return err
}

// checkingFor is how the explorer checks signatures: unless it is told not to,
// always. Without a CA the verdicts say that, and how to name one.
func checkingFor(settings *config.Settings, unchecked []bus.SourceID) tui.Checking {
	return tui.Checking{
		Verifier: crypto.NewVerifier(client.VerifierOptions(settings)),
		Store:    trust.New(client.TrustOptions(settings)),
		Off:      unchecked,
		AllOff:   settings.Validate != nil && !*settings.Validate,
	}
}
