package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/demo"
)

type demoFlags struct {
	seed    uint64
	rate    string
	count   uint64
	port    int
	serve   bool
	noGuide bool
}

func newDemoCommand(g *globals, std streams) *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Explore a bus that is part of the program",
		Long: "demo opens the explorer on a bus of its own: invented services of Fedora and Debian that tell\n" +
			"stories over real ZeroMQ sockets on this machine, with everything that can go wrong among them.\n" +
			"With --serve it runs that bus without a screen, for any client: the first line of standard output\n" +
			"says where.",
		Example: "fedmsg-tui demo\nfedmsg-tui demo --rate 5000/s --no-guide\nfedmsg-tui demo --serve --port 9940",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runDemo(cmd.Context(), g, &f, std) },
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", 1, "the same N gives the same messages")
	flags.StringVar(&f.rate, "rate", "", "messages per second, RATE such as 40 or 5000/s")
	flags.Uint64Var(&f.count, "count", 0, "end after N messages")
	flags.IntVar(&f.port, "port", 0, "listen on this port and the following ones; any free ports when not given")
	flags.BoolVar(&f.serve, "serve", false, "run the bus only, and print where it is")
	flags.BoolVar(&f.noGuide, "no-guide", false, "without the line that teaches the keys")
	return cmd
}

func runDemo(ctx context.Context, g *globals, f *demoFlags, std streams) error {
	options := demo.ServeOptions{Script: demo.Options{Seed: f.seed, Count: f.count}, Port: f.port}
	if f.rate != "" {
		rate, err := config.ParseRate(f.rate)
		if err != nil {
			return usageError{fmt.Errorf("--rate: %w", err)}
		}
		options.Script.RatePerSecond = rate
	}
	if f.port < 0 || f.port > 65535 {
		return usageError{fmt.Errorf("--port %d: must be 1 to 65535", f.port)}
	}
	if len(g.endpoints) > 0 {
		return usageError{fmt.Errorf("demo has a bus of its own: --endpoint cannot be given with it")}
	}
	if g.ca != "" || g.crl != "" {
		return usageError{fmt.Errorf("demo has a CA of its own: --ca and --crl cannot be given with it")}
	}
	settings, err := g.load(ctx)
	if err != nil {
		return err
	}
	if f.serve {
		return serveDemo(ctx, options, std)
	}
	settings.Topics = g.topics // those of the settings are about another bus
	return openExplorer(ctx, std, settings, explorerOptions{
		title: "DEMO", guide: !f.noGuide,
		before: embeddedBus(options), unchecked: uncheckedInDemo(),
	})
}

// embeddedBus runs the demo's bus in this process and makes it the only thing
// that is listened to.
func embeddedBus(options demo.ServeOptions) func(context.Context, *config.Settings, func(string)) (func(), error) {
	if options.Script.Count > 0 {
		options.WaitSubscribers = 1 // a bus that ends must not end unheard
	}
	options.Signed = true
	return func(ctx context.Context, settings *config.Settings, note func(string)) (func(), error) {
		served, err := demo.Serve(ctx, options)
		if err != nil {
			return nil, err
		}
		settings.Endpoints = nil
		for i, address := range served.Endpoints() {
			settings.Endpoints = append(settings.Endpoints, config.Endpoint{
				Name: demo.Sockets()[i], Address: address, Written: address})
		}
		// What the machine's settings trust and allow is about another bus.
		settings.CA, settings.CRL, settings.GPGHome = served.CA(), served.CRL(), served.Keyring()
		settings.RoutingPolicy, settings.RoutingNitpicky = served.Policy(), false
		settings.Backends = nil
		told := make(chan struct{})
		go func() {
			defer close(told)
			if err := served.Wait(); err != nil {
				note(fmt.Sprintf("the demo's bus has ended: %v", err))
			} else if options.Script.Count > 0 {
				note(fmt.Sprintf("the demo is over: %d messages were sent, and its bus is closed", served.Sent()))
			}
		}()
		return func() {
			_ = served.Close() // what it could not deliver at the end, nobody waits for
			<-told
		}, nil
	}
}

// serveDemo runs the bus until it has sent what it should, or is told to end.
func serveDemo(ctx context.Context, options demo.ServeOptions, std streams) error {
	if options.Script.Count > 0 {
		options.WaitSubscribers = 1 // a bus that ends must not end unheard
	}
	options.Signed = true
	served, err := demo.Serve(ctx, options)
	if err != nil {
		return err
	}
	line, err := json.Marshal(served.Announcement())
	if err != nil {
		return fmt.Errorf("describe the bus: %w", err)
	}
	if _, err := fmt.Fprintf(std.out, "%s\n", line); err != nil {
		_ = served.Close()
		return fmt.Errorf("print where the bus is: %w", err)
	}
	waitErr := served.Wait()
	closeErr := served.Close()
	fmt.Fprintf(std.err, "sent %d\n", served.Sent())
	if waitErr != nil && ctx.Err() == nil {
		return waitErr
	}
	return closeErr
}

// uncheckedInDemo is one source, so that the demo shows what that looks like; v
// in the sources switches it on.
func uncheckedInDemo() []bus.SourceID {
	return []bus.SourceID{bus.SourceID(1 + slices.Index(demo.Sockets(), demo.SocketCopr))}
}
