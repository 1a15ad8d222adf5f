package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"charm.land/fang/v2"
	"github.com/spf13/cobra"

	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/render"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
	// exitUnjudged is verify's: some messages could not be judged.
	exitUnjudged = 3
)

// usageError is a mistake in the command line, as against one in the world.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// statusError ends the program with a status and nothing more to say.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs the program and returns its exit status.
func Main(args []string) int {
	// The live heap is small (messages are kept outside of it), and receiving
	// makes much short-lived garbage: collecting less often gives a third more
	// messages per second. The limit makes it collect in time when messages of
	// many megabytes come one after another.
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(192 << 20)

	// ctrl+c and SIGTERM end a stream in order; the second one ends at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop)
	defer stop()
	if supervised() {
		ctx = endWithParent(ctx)
	}
	code := run(ctx, args, streams{os.Stdin, os.Stdout, os.Stderr})
	if supervised() {
		sayGoodbye()
	}
	return code
}

// run is Main without the process around it.
func run(ctx context.Context, args []string, std streams) int {
	root := newRoot(std)
	root.SetArgs(args)
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	err := fang.Execute(ctx, root,
		fang.WithVersion(version()),
		fang.WithErrorHandler(func(w io.Writer, _ fang.Styles, err error) { complain(std.err, err) }))
	return status(err)
}

func status(err error) int {
	var code statusError
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	}
	return exitFailed
}

// complain prints an error as one line: what, why, and what to do next.
func complain(w io.Writer, err error) {
	var code statusError
	if errors.As(err, &code) {
		return // it has been said
	}
	// The text of an error may quote what a peer or a file said.
	line := render.Sanitize(strings.ReplaceAll(strings.TrimSpace(err.Error()), "\n", "; "), render.NoLimit)
	next := ""
	if status(err) == exitUsage {
		next = "; see fedmsg-tui --help"
	}
	fmt.Fprintf(w, "fedmsg-tui: %s%s\n", line, next)
}

// globals are the flags that every command has.
type globals struct {
	endpoints    []string
	topics       []string
	filter       string
	configFile   string
	fedmsgConfig string
	memory       string
	theme        string
	logFile      string
	ascii        bool
	ca, crl      string
	validate     bool
	noValidate   bool
}

func newRoot(std streams) *cobra.Command {
	g := &globals{}
	root := &cobra.Command{
		Use:   "fedmsg-tui",
		Short: "Explore a fedmsg bus in the terminal",
		Long: "fedmsg-tui shows what happens on a fedmsg bus, live: topics, messages, sources.\n" +
			"Without a command it opens the explorer on the configured bus.",
		Example: "fedmsg-tui demo\nfedmsg-tui --endpoint tcp://127.0.0.1:9940\nfedmsg-tui tail --endpoint tcp://127.0.0.1:9940 --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q", args[0])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return explore(cmd.Context(), g, std) },
	}
	flags := root.PersistentFlags()
	flags.StringArrayVar(&g.endpoints, "endpoint", nil, "listen to ADDRESS, such as tcp://127.0.0.1:9940; may be repeated")
	flags.StringArrayVar(&g.topics, "topic", nil, "ask the bus only for topics that start with PREFIX; may be repeated")
	flags.StringVar(&g.filter, "filter", "", "show only what matches EXPR, such as 'topic:git.* kernel'")
	flags.StringVar(&g.configFile, "config", "", "read settings from this TOML FILE")
	flags.StringVar(&g.fedmsgConfig, "fedmsg-config", "", "read fedmsg's settings from this PATH, a fedmsg.d folder or file, instead of the usual places")
	flags.StringVar(&g.memory, "memory", "", "keep at most this much of what was received, SIZE such as 256M")
	flags.StringVar(&g.theme, "theme", "", "colours: NAME, as listed by fedmsg-tui themes")
	flags.StringVar(&g.logFile, "log", "", "write our own log to FILE")
	flags.StringVar(&g.ca, "ca", "", "trust the certificates of this CA: a FILE or https URL")
	flags.StringVar(&g.crl, "crl", "", "certificates on this revocation list are not trusted: a FILE or https URL")
	flags.BoolVar(&g.validate, "validate", false, "check signatures; tail then prints only what is good")
	flags.BoolVar(&g.noValidate, "no-validate", false, "do not check signatures")
	flags.BoolVar(&g.ascii, "ascii", false, "draw with ASCII characters only")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newTailCommand(g, std),
		newDemoCommand(g, std),
		newVerifyCommand(g, std),
		newDoctorCommand(g, std),
		newConfigCommand(g.load),
		newKeysCommand(std),
		newThemesCommand(std),
		newVersionCommand(std),
	)
	return root
}

// load reads the settings that the flags and files give.
func (g *globals) load(ctx context.Context) (*config.Settings, error) {
	overrides := config.Overrides{
		Endpoints: g.endpoints, Topics: g.topics, Filter: g.filter, Theme: g.theme, ASCII: g.ascii, Log: g.logFile,
		CA: g.ca, CRL: g.crl,
	}
	switch {
	case g.validate && g.noValidate:
		return nil, usageError{errors.New("--validate and --no-validate exclude each other")}
	case g.validate || g.noValidate:
		overrides.Validate = &g.validate
	}
	if g.memory != "" {
		size, err := config.ParseSize(g.memory)
		if err != nil {
			return nil, usageError{fmt.Errorf("--memory: %w", err)}
		}
		overrides.MemoryBytes = size
	}
	settings, err := config.Load(ctx, config.Options{
		ConfigPath: g.configFile, FedmsgConfigPath: g.fedmsgConfig, Overrides: overrides,
	})
	if err != nil {
		if strings.HasPrefix(err.Error(), "--") { // about a flag's value
			err = usageError{err}
		}
		return nil, err
	}
	settings.Warnings = append(settings.Warnings, withoutEffect(settings)...)
	return settings, nil
}

// badSetting is an error about the value of a setting: wrong usage when a flag
// gave it, else it names the file and the line.
func badSetting(s *config.Settings, name string, err error) error {
	if place, found := s.Whence(name); found && place.Kind == config.FromFile {
		return fmt.Errorf("%v: %s: %w", place, name, err)
	}
	return usageError{fmt.Errorf("--%s: %w", name, err)}
}

// withoutEffect tells of settings that are understood, and checked, but that
// this version does nothing with: silence would look like obedience.
func withoutEffect(s *config.Settings) []config.Warning {
	var all []config.Warning
	for _, setting := range []struct {
		name string
		set  bool
	}{
		{"amqp", s.AMQP != ""}, {"amqp_config", s.AMQPConfig != ""}, {"history", s.History != 0},
		{"record", s.Record != ""}, {"filters", len(s.Filters) > 0}, {"publish", s.Publish}, {"plain", s.Plain},
	} {
		if setting.set {
			all = append(all, config.Warning{Kind: config.Ignored,
				Text: "the setting " + setting.name + " has no effect yet: this version cannot do that"})
		}
	}
	return all
}

// warn prints what the user should know about the settings.
func warn(w io.Writer, settings *config.Settings) {
	for _, warning := range settings.Warnings {
		fmt.Fprintf(w, "fedmsg-tui: %s\n", render.Sanitize(warning.String(), render.NoLimit))
	}
}

// noArgs refuses arguments as wrong usage.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("%s takes no arguments, but got %q", cmd.CommandPath(), args[0])}
	}
	return nil
}

// explainClient says what to do where no endpoint is known.
func explainClient(err error) error {
	if errors.Is(err, client.ErrNothingConfigured) {
		return fmt.Errorf("no endpoint to listen to; give --endpoint tcp://HOST:PORT, set endpoints in the settings (fedmsg-tui config), or try fedmsg-tui demo")
	}
	return err
}
