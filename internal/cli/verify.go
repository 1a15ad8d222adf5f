package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
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
		o.Policy, o.Nitpicky = policy, f.nitpicky || nitpicky
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

// readPolicy reads a routing policy: topics to names, as fedmsg's setting
// routing_policy has them, or an object with that setting in it.
func readPolicy(path string) (policy map[string][]string, nitpicky bool, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, false, reasonOf(err)
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
	store.Load(ctx)
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

// verification judges lines on all processors and prints them in their order.
type verification struct {
	verifier *crypto.Verifier
	json     bool
	strict   bool // a record is then judged as any other text
	out      *bufio.Writer

	counts         [crypto.Codes]uint64
	wrong, unknown bool
}

// lines are some lines being judged. Their verdicts are printed when done is
// closed.
type lines struct {
	first   int // the number of the first line
	text    [][]byte
	printed []byte
	codes   []crypto.Code
	done    chan struct{}
}

const (
	// linesTogether is how many lines are judged together, and linesBytes how
	// many bytes of them.
	linesTogether = 128
	linesBytes    = 1 << 20
	// maxLineBytes is the longest line that is judged.
	maxLineBytes = 64 << 20
)

// file judges a file, or standard input for "-".
func (v *verification) file(ctx context.Context, name string, in io.Reader) error {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, reasonOf(err))
		}
		defer f.Close() // only read from
		in = f
	}
	workers := runtime.GOMAXPROCS(0)
	// With room in between, a worker that is done finds the next lines read.
	todo, inOrder := make(chan *lines, 2*workers), make(chan *lines, 4*workers)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	readErr := make(chan error, 1)
	go func() {
		readErr <- readLines(ctx, in, func(l *lines) bool {
			select {
			case inOrder <- l:
			case <-ctx.Done():
				return false
			}
			todo <- l // a worker always comes back for more; all of it is judged
			return true
		})
		close(todo)
		close(inOrder)
	}()
	var judges sync.WaitGroup
	defer judges.Wait()
	for range workers {
		judges.Go(func() {
			for l := range todo {
				v.judge(l)
				close(l.done)
			}
		})
	}
	var writeErr error
	for l := range inOrder {
		<-l.done
		if writeErr != nil {
			continue // empty the queue, so that everything that was started ends
		}
		v.count(l)
		if _, writeErr = v.out.Write(l.printed); writeErr == nil && len(inOrder) == 0 {
			writeErr = v.out.Flush() // nothing is waiting: let the reader see it
		}
		if writeErr != nil {
			cancel()
		}
	}
	if err := <-readErr; err != nil {
		return fmt.Errorf("read %s: %w", name, reasonOf(err))
	}
	if writeErr != nil {
		return fmt.Errorf("print a verdict: %w", writeErr)
	}
	return nil
}

func (v *verification) count(l *lines) {
	for _, code := range l.codes {
		v.counts[code]++
		switch code.Class() {
		case crypto.ClassInvalid, crypto.ClassDenied, crypto.ClassNone:
			v.wrong = true
		case crypto.ClassUnknown:
			v.unknown = true
		}
	}
}

// summary is one line about all that was judged.
func (v *verification) summary() string {
	var total uint64
	var parts []string
	for code, n := range v.counts {
		total += n
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", crypto.Code(code), n))
		}
	}
	return strings.Join(append([]string{fmt.Sprintf("judged %d", total)}, parts...), ", ")
}

// judge finds the verdicts of lines, as they are printed.
func (v *verification) judge(l *lines) {
	for i, text := range l.text {
		if len(strings.TrimSpace(string(text[:min(len(text), 64)]))) == 0 && len(strings.TrimSpace(string(text))) == 0 {
			continue // an empty line holds no message
		}
		var verdict crypto.Verdict
		if len(text) > maxLineBytes {
			verdict = crypto.Verdict{Code: crypto.Malformed, Reason: fmt.Sprintf("the line is longer than %d bytes", maxLineBytes)}
		} else {
			verdict = v.verifier.Judge(crypto.Subject{Envelope: text, Records: !v.strict})
		}
		l.codes = append(l.codes, verdict.Code)
		if v.json {
			l.printed = appendVerdictJSON(l.printed, l.first+i, &verdict)
		} else {
			l.printed = appendVerdictLine(l.printed, l.first+i, &verdict)
		}
	}
}

// readLines hands on the lines of a reader until it ends or give returns false.
// What a line has beyond maxLineBytes is read and forgotten.
func readLines(ctx context.Context, in io.Reader, give func(*lines) bool) error {
	r := bufio.NewReaderSize(in, 256<<10)
	l := &lines{first: 1, done: make(chan struct{})}
	size := 0
	hand := func() bool {
		if len(l.text) == 0 {
			return true
		}
		next := &lines{first: l.first + len(l.text), done: make(chan struct{})}
		ok := give(l)
		l, size = next, 0
		return ok
	}
	for ctx.Err() == nil {
		var line []byte
		var err error
		for {
			var part []byte
			part, err = r.ReadSlice('\n')
			if len(line) <= maxLineBytes {
				line = append(line, part...)
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				break
			}
		}
		if len(line) > 0 || err == nil {
			line = slices.Clip(line)
			l.text = append(l.text, trimLineEnd(line))
			size += len(line)
		}
		if len(l.text) >= linesTogether || size >= linesBytes || r.Buffered() == 0 || err != nil {
			if !hand() {
				return nil
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
}

func trimLineEnd(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	return line
}

// appendVerdictJSON appends a verdict as one line of JSON; docs/security.md has
// its form. Line 0 is none. It is written by hand, as it would otherwise cost as
// much as the half of a public key operation.
func appendVerdictJSON(dst []byte, line int, v *crypto.Verdict) []byte {
	dst = append(dst, '{')
	if line > 0 {
		dst = strconv.AppendInt(append(dst, `"line":`...), int64(line), 10)
		dst = append(dst, ',')
	}
	dst = appendText(append(dst, `"msg_id":`...), v.MsgID)
	dst = appendText(append(dst, `,"topic":`...), v.Topic)
	dst = appendText(append(dst, `,"class":`...), v.Class().String())
	dst = appendText(append(dst, `,"code":`...), v.Code.String())
	dst = appendText(append(dst, `,"signer":`...), v.Signer)
	dst = appendText(append(dst, `,"reason":`...), v.Reason)
	for i, r := range v.Repairs {
		if i == 0 {
			dst = append(dst, `,"repairs":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendText(dst, r)
		if i == len(v.Repairs)-1 {
			dst = append(dst, ']')
		}
	}
	dst = append(dst, `,"steps":[`...)
	for i, s := range v.Steps {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(append(dst, `{"step":`...), s.Name)
		dst = appendText(append(dst, `,"result":`...), s.Result.String())
		if s.Note != "" {
			dst = appendText(append(dst, `,"note":`...), s.Note)
		}
		dst = append(dst, '}')
	}
	return append(dst, "]}\n"...)
}

// appendText appends a string as JSON. What a terminal might act on is escaped.
func appendText(dst []byte, text string) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, err := encodeJSON(text, "")
			if err != nil {
				panic(err) // a string always encodes
			}
			return append(dst, strings.TrimSuffix(quoted, "\n")...)
		}
	}
	return append(append(append(dst, '"'), text...), '"')
}

func appendVerdictLine(dst []byte, line int, v *crypto.Verdict) []byte {
	dash := func(s string) string {
		if s == "" {
			return "-"
		}
		return s
	}
	text := fmt.Sprintf("%d  %-7s  %-13s  %s  %s  %s  %s", line, v.Class(), v.Code, dash(v.Signer), dash(v.Topic), dash(v.MsgID), v.Reason)
	dst, _ = render.AppendSafe(dst, []byte(text), render.NoLimit)
	return append(dst, '\n')
}
