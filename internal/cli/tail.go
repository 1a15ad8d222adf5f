package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/bus/judge"
	"fedmsg-tui/filters"
)

// tailFlags are the flags of tail, named as in fedmsg-tail
// (fedmsg/commands/tail.py, TailCommand.extra_args).
type tailFlags struct {
	include, exclude string
	query            []string
	queryGiven       bool
	pretty           bool
	reallyPretty     bool
	cowsay           bool
	json             bool
	verdicts         bool
	count            uint64
	timeout          time.Duration
}

func newTailCommand(g *globals, std streams) *cobra.Command {
	var f tailFlags
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "Print messages as they arrive",
		Long: "tail prints the messages of the bus. It loses none: where the output is slow, the bus waits.\n" +
			"Without a format flag each message is one line of time, topic and summary.\n" +
			"With --validate, or where the settings say so, only messages whose signature is good are printed, each line with\n" +
			"its verdict; of the others a warning tells. --verdicts prints all of them, with their verdicts.\n" +
			"At the end one line on standard error says what was received.",
		Example: "fedmsg-tui tail --endpoint tcp://127.0.0.1:9940 --topic org.fedoraproject.prod.git\n" +
			"fedmsg-tui tail --json --count 10 --timeout 30s\n" +
			"fedmsg-tui tail --query topic,msg.agent --exclude '_heartbeat|^org\\.debian'",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.queryGiven = cmd.Flags().Changed("query")
			return tail(cmd.Context(), g, &f, std)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.include, "include", "", "print only topics in which this regular expression (RE2) is found")
	flags.StringVar(&f.exclude, "exclude", "_heartbeat", "do not print topics in which this regular expression (RE2) is found")
	flags.StringSliceVar(&f.query, "query", nil, "print the values at these dotted PATHS, such as topic,msg.agent")
	flags.BoolVar(&f.pretty, "pretty", false, "print as Python's pprint does, without credentials")
	flags.BoolVar(&f.reallyPretty, "really-pretty", false, "print as indented, coloured JSON, without credentials")
	flags.BoolVar(&f.cowsay, "cowsay", false, "have a cow say it (needs the program cowsay)")
	flags.BoolVar(&f.json, "json", false, "print each envelope as one line of JSON, numbers and strings as received")
	flags.BoolVar(&f.verdicts, "verdicts", false, "print each verdict and envelope as one line of JSON, also of what is not good")
	flags.Uint64Var(&f.count, "count", 0, "end after printing N messages")
	flags.DurationVar(&f.timeout, "timeout", 0, "give up after this long without a message to print, DURATION such as 30s")
	return cmd
}

// selection decides which messages are printed.
type selection struct {
	include, exclude *regexp.Regexp
	filter           *filters.Filter
}

func newSelection(f *tailFlags, settings *config.Settings) (*selection, error) {
	var s selection
	var err error
	if f.include != "" {
		if s.include, err = regexp.Compile(f.include); err != nil {
			return nil, usageError{fmt.Errorf("--include: %w", err)}
		}
	}
	if f.exclude != "" {
		if s.exclude, err = regexp.Compile(f.exclude); err != nil {
			return nil, usageError{fmt.Errorf("--exclude: %w", err)}
		}
	}
	if settings.Filter != "" {
		if s.filter, err = filters.Parse(settings.Filter); err != nil {
			return nil, badSetting(settings, "filter", err)
		}
	}
	return &s, nil
}

func (s *selection) needsVerdict() bool { return s.filter != nil && s.filter.NeedsVerdict() }

// wants asks what the topic alone decides, and the filter, unless that needs a
// verdict.
func (s *selection) wants(m *bus.Message) bool {
	topic := m.Topic()
	if s.exclude != nil && s.exclude.Match(topic) {
		return false
	}
	if s.include != nil && !s.include.Match(topic) {
		return false
	}
	return s.filter == nil || s.needsVerdict() || s.filter.MatchMessage(m)
}

// wantsJudged asks the filter about a message that wants let pass.
func (s *selection) wantsJudged(m *bus.Message, v *judged) bool {
	if !s.needsVerdict() {
		return true
	}
	signer := v.signer
	if !v.code.NamesSigner() {
		signer = "" // as in the explorer
	}
	return s.filter.MatchJudged(m, v.code, signer)
}

func (f *tailFlags) check() error {
	formats := 0
	for _, set := range []bool{f.pretty, f.reallyPretty, len(f.query) > 0, f.cowsay} {
		if set {
			formats++
		}
	}
	if f.verdicts && formats > 0 {
		return usageError{errors.New("--verdicts cannot be combined with --pretty, --really-pretty, --query or --cowsay")}
	}
	if f.json && formats > 0 {
		return usageError{errors.New("--json cannot be combined with --pretty, --really-pretty, --query or --cowsay")}
	}
	for _, path := range f.query {
		if path == "" {
			return usageError{errors.New("--query: a path is empty; write paths such as topic,msg.agent")}
		}
	}
	if f.queryGiven && len(f.query) == 0 {
		return usageError{errors.New("--query: no path; write paths such as topic,msg.agent")}
	}
	if f.timeout < 0 {
		return usageError{fmt.Errorf("--timeout %v: must not be negative", f.timeout)}
	}
	return nil
}

func tail(ctx context.Context, g *globals, f *tailFlags, std streams) error {
	if err := f.check(); err != nil {
		return err
	}
	settings, err := g.load(ctx)
	if err != nil {
		return err
	}
	warn(std.err, settings)
	wanted, err := newSelection(f, settings)
	if err != nil {
		return err
	}
	validate := settings.Validate != nil && *settings.Validate
	var check *checking
	if validate || f.verdicts || wanted.needsVerdict() {
		check = newChecking(ctx, settings, std.err)
		check.off = settings.Validate != nil && !validate
	}
	format, err := newFormat(ctx, f, std.out)
	if err != nil {
		return err
	}
	log, closeLog, err := openLog(settings.Log)
	if err != nil {
		return err
	}
	defer closeLog()
	logWarnings(log, settings)
	told := newTeller(std.err)
	c, err := client.New(settings, client.OnEvent(func(e bus.Event) { logEvent(log, e); told.tell(e) }))
	if err != nil {
		return explainClient(err)
	}

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	out := newFlushing(std.out)
	var books tailBooks
	idle := newPatience(f.timeout, out, cancel)
	defer idle.stop()
	ended := watchStall(ctx, out, func() {
		books.print(std.err, c.Status())
		complain(std.err, errors.New("standard output takes nothing: ended without what was still to be written"))
		os.Exit(exitFailed)
	})
	defer ended()
	if check != nil {
		watched := check.watch(ctx)
		defer func() { cancel(); watched() }()
	}
	notPrinted := &warner{w: std.err, told: map[string]bool{}}

	var printErr error
	var verdicts []judged
	runErr := c.Run(ctx, func(batch []bus.Message) bool {
		if check != nil {
			// With the reasons only where somebody reads them.
			verdicts = check.judge(batch, verdicts, f.verdicts || validate && !f.json, wanted.wants)
		}
		buf := out.begin()
		more := true
		for i := range batch {
			m := &batch[i]
			var v *judged
			if check != nil {
				v = &verdicts[i]
			}
			books.received.Add(1)
			switch {
			case m.Malformed():
				books.malformed.Add(1)
				continue
			case !wanted.wants(m), v != nil && !wanted.wantsJudged(m, v):
				books.hidden.Add(1)
				continue
			case validate && !f.verdicts && !v.code.Class().Good():
				books.hidden.Add(1)
				if v.report == nil {
					report := check.verifier.Judge(judge.SubjectOf(m))
					v.report = &report
				}
				notPrinted.warn(m, v.report)
				continue
			}
			if buf, printErr = format(buf, m, v); printErr != nil {
				break
			}
			printed := books.printed.Add(1)
			idle.again()
			if f.count > 0 && printed >= f.count {
				more = false
				break
			}
			if full(buf) {
				if printErr = out.end(buf); printErr != nil {
					return false
				}
				buf = out.begin()
			}
		}
		if err := out.end(buf); printErr == nil {
			printErr = err
		}
		return more && printErr == nil
	})
	if err := out.close(); printErr == nil {
		printErr = err
	}
	if text := notPrinted.summary(); text != "" {
		fmt.Fprintf(std.err, "fedmsg-tui: %s\n", text)
	}
	books.print(std.err, c.Status())

	switch {
	case printErr != nil:
		return fmt.Errorf("print a message: %w", printErr)
	case runErr != nil:
		return runErr
	case idle.over() && books.printed.Load() < f.count:
		return fmt.Errorf("gave up after %v without a message to print: %d of %d printed%s",
			f.timeout, books.printed.Load(), f.count, unreachable(c.Status()))
	}
	return nil
}
