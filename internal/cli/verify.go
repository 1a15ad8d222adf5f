package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"fedmsg-tui/bus/client"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/crypto"
	"fedmsg-tui/crypto/trust"
	"fedmsg-tui/render"
)

// verifyFlags are the flags of verify.
type verifyFlags struct {
	policy   string
	nitpicky bool
	keyrings []string
	backends []string
	at       string
	strict   bool
	noCache  bool
	format   string
}

func newVerifyCommand(g *globals, std streams) *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify [FILE…]",
		Short: "Say of each message who signed it, and whether that can be believed",
		Long: "verify reads envelopes, one JSON text per line, from files or standard input, and prints a verdict for each.\n" +
			"What was good when it was sent under a certificate that has expired since is a caveat; what an archive or a\n" +
			"store is known to have added is undone, and told. --strict does neither.\n" +
			"Status: 0 all are ok, caveat or broker; 1 some are invalid, denied or unsigned; 3 some could not be judged.",
		Example: "fedmsg-tui verify --ca /etc/pki/fedmsg/ca.crt messages.jsonl\n" +
			"fedmsg-tui tail --json | fedmsg-tui verify --format json --policy policy.json\n" +
			"fedmsg-tui verify --gpg-keyring ~/.gnupg --backends gpg debian.jsonl",
		RunE: func(cmd *cobra.Command, args []string) error { return verify(cmd.Context(), g, &f, args, std) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.policy, "policy", "", "routing policy: a JSON FILE of topics and the common names that may sign them")
	flags.BoolVar(&f.nitpicky, "nitpicky", false, "deny topics that the policy does not name")
	flags.StringArrayVar(&f.keyrings, "gpg-keyring", nil, "GnuPG keyring FILE (pubring.kbx, pubring.gpg, or exported keys) or home; may be repeated")
	flags.StringSliceVar(&f.backends, "backends", nil, "accept only these schemes, of x509,gpg")
	flags.StringVar(&f.at, "at", "now", "judge certificates as of now, sent (when the message was), or a TIME such as 2023-06-01T12:00:00Z")
	flags.BoolVar(&f.strict, "strict", false, "judge each message exactly as it was received, now")
	flags.BoolVar(&f.noCache, "no-cache", false, "judge each line afresh, also one that was seen before")
	flags.StringVar(&f.format, "format", "text", "text or json")
	return cmd
}

// options are what the flags and settings say about how to judge, and where to
// find what is trusted.
func (f *verifyFlags) options(settings *config.Settings) (crypto.Options, trust.Options, error) {
	o := client.VerifierOptions(settings)
	o.Nitpicky, o.Strict, o.Fresh = o.Nitpicky || f.nitpicky, f.strict, f.noCache
	for _, b := range f.backends {
		if b != "x509" && b != "gpg" {
			return o, trust.Options{}, usageError{fmt.Errorf("--backends: %q is neither x509 nor gpg", b)}
		}
	}
	if f.backends != nil {
		o.Backends = f.backends
	}
	switch f.at {
	case "", "now":
	case "sent":
		o.At.Sent = true
	default:
		at, err := parseTime(f.at)
		if err != nil {
			return o, trust.Options{}, usageError{fmt.Errorf("--at: %w", err)}
		}
		o.At.Time = at
	}
	if f.policy != "" {
		policy, nitpicky, err := readPolicy(f.policy)
		if err != nil {
			return o, trust.Options{}, fmt.Errorf("read the routing policy %s: %w", f.policy, err)
		}
		o.Policy, o.Nitpicky = policy, o.Nitpicky || nitpicky
	}
	t := client.TrustOptions(settings)
	t.FirstCAOnly = f.strict
	if len(f.keyrings) > 0 {
		t.Keyrings = f.keyrings
	}
	return o, t, nil
}

// parseTime reads a time as people write it; without a zone it is UTC.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	var seconds int64
	if n, err := fmt.Sscanf(text, "%d", &seconds); n == 1 && err == nil && fmt.Sprint(seconds) == text && len(text) >= 9 { // not a year
		return time.Unix(seconds, 0), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time; write now, sent, or one such as 2023-06-01T12:00:00Z", text)
}

// maxPolicyBytes bounds a policy's file. Fedora's, the largest known, has a
// hundredth of that.
const maxPolicyBytes = 4 << 20

// readPolicy reads a routing policy: topics to names, as fedmsg's setting
// routing_policy has them, or an object with that setting in it.
func readPolicy(path string) (policy map[string][]string, nitpicky bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false, reasonOf(err)
	}
	defer file.Close() // only read from
	text, err := io.ReadAll(io.LimitReader(file, maxPolicyBytes+1))
	if err != nil {
		return nil, false, reasonOf(err)
	}
	if len(text) > maxPolicyBytes {
		return nil, false, fmt.Errorf("it is longer than %d bytes", maxPolicyBytes)
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(text, &top); err != nil {
		return nil, false, fmt.Errorf("it is not a JSON object: %w", err)
	}
	if top == nil {
		return nil, false, errors.New("it is null, and not a JSON object")
	}
	if inner, ok := top["routing_policy"]; ok {
		if n, ok := top["routing_nitpicky"]; ok {
			if err := json.Unmarshal(n, &nitpicky); err != nil {
				return nil, false, errors.New("routing_nitpicky is not true or false")
			}
		}
		top = nil
		if err := json.Unmarshal(inner, &top); err != nil {
			return nil, false, errors.New("routing_policy is not an object")
		}
	}
	policy = make(map[string][]string, len(top))
	for topic, value := range top {
		var names []string
		if json.Unmarshal(value, &names) != nil {
			var name string
			if json.Unmarshal(value, &name) != nil {
				return nil, false, fmt.Errorf("what it says of %q is not a list of names", topic)
			}
			names = []string{name}
		}
		policy[topic] = names
	}
	return policy, nitpicky, nil
}

// reasonOf is an error without the path, which the sentence around it names.
func reasonOf(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func verify(ctx context.Context, g *globals, f *verifyFlags, files []string, std streams) error {
	if f.format != "text" && f.format != "json" {
		return usageError{fmt.Errorf("--format %q: must be text or json", f.format)}
	}
	settings, err := g.load(ctx)
	if err != nil {
		return err
	}
	options, where, err := f.options(settings)
	if err != nil {
		return err
	}
	warn(std.err, settings)
	store := trust.New(where)
	loadTrust(ctx, store, std.err)
	for _, problem := range store.Problems() {
		fmt.Fprintf(std.err, "fedmsg-tui: %s\n", render.Sanitize(problem, render.NoLimit))
	}
	options.Trust, options.Keyring = store.Trust(), store.Keyring()
	v := &verification{verifier: crypto.NewVerifier(options), json: f.format == "json", strict: f.strict, out: bufio.NewWriterSize(std.out, 64<<10)}
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		if err := v.file(ctx, name, std.in); err != nil {
			_ = v.out.Flush() // the reason to end is err
			return err
		}
	}
	if err := v.out.Flush(); err != nil {
		return fmt.Errorf("print a verdict: %w", err)
	}
	if !v.json {
		fmt.Fprintln(std.err, v.summary())
	}
	switch {
	case ctx.Err() != nil, !v.wrong && !v.unknown:
		return nil
	case v.wrong:
		return statusError(exitFailed)
	}
	return statusError(exitUnjudged)
}
