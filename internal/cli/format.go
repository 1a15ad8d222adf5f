package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/charmbracelet/x/term"

	"fedmsg-tui/bus"
	"fedmsg-tui/crypto"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// format appends one message as it is printed, with its newline. v is its
// verdict, nil when nothing is checked.
type format func(dst []byte, m *bus.Message, v *judged) ([]byte, error)

// newFormat picks the format that the flags ask for; of several, the one that
// fedmsg-tail would use: the last of pretty, really-pretty, query, cowsay.
func newFormat(ctx context.Context, f *tailFlags, out io.Writer) (format, error) {
	// What goes to a program is given as it was received; what goes to a
	// terminal must not be able to command it.
	terminal := isTerminal(out)
	switch {
	case f.verdicts:
		return func(dst []byte, m *bus.Message, v *judged) ([]byte, error) {
			return appendWithVerdict(dst, m, v.report, terminal), nil
		}, nil
	case f.json && terminal:
		return func(dst []byte, m *bus.Message, _ *judged) ([]byte, error) {
			return append(render.AppendCompactVisible(dst, m), '\n'), nil
		}, nil
	case f.json:
		return formatJSON, nil
	case f.cowsay:
		path, err := exec.LookPath("cowsay")
		if err != nil {
			return nil, errors.New("--cowsay: the program cowsay is not installed; install it or leave the flag out")
		}
		return cowsay(ctx, path), nil
	case len(f.query) > 0:
		return func(dst []byte, m *bus.Message, _ *judged) ([]byte, error) {
			values, err := render.Query(m.Envelope(), f.query)
			if err != nil {
				return dst, fmt.Errorf("query message %s: %w", m.MsgID(), err)
			}
			if terminal {
				dst, _ = render.AppendSafe(dst, []byte(values), render.NoLimit)
			} else {
				dst = append(dst, values...)
			}
			return append(dst, '\n'), nil
		}, nil
	case f.reallyPretty:
		pretty := render.Indented{Indent: 2, OmitCredentials: true}
		if wantsColour(out) {
			theme, err := themes.Get("terminal16", true)
			if err != nil {
				return nil, err
			}
			pretty.Style = theme.Chroma
		}
		return func(dst []byte, m *bus.Message, _ *judged) ([]byte, error) {
			dst, err := pretty.Append(dst, m.Envelope())
			return append(dst, '\n'), err
		}, nil
	case f.pretty:
		return func(dst []byte, m *bus.Message, _ *judged) ([]byte, error) {
			dst, err := render.AppendPython(dst, m.Envelope(), 80, time.Local)
			return append(dst, '\n'), err
		}, nil
	}
	return formatLine, nil
}

// formatJSON is the envelope on one line, every number and string as received.
func formatJSON(dst []byte, m *bus.Message, _ *judged) ([]byte, error) {
	return append(render.AppendCompact(dst, m), '\n'), nil
}

// appendWithVerdict is verdict and envelope on one line of JSON.
func appendWithVerdict(dst []byte, m *bus.Message, v *crypto.Verdict, terminal bool) []byte {
	dst = append(dst, `{"verdict":`...)
	dst = appendVerdictJSON(dst, 0, v)
	dst = append(bytes.TrimSuffix(dst, []byte("\n")), `,"envelope":`...)
	if terminal {
		dst = render.AppendCompactVisible(dst, m)
	} else {
		dst = render.AppendCompact(dst, m)
	}
	return append(dst, "}\n"...)
}

// formatLine is time, the verdict where there is one, topic and summary.
func formatLine(dst []byte, m *bus.Message, v *judged) ([]byte, error) {
	at := m.Received()
	if m.Head.Has(bus.FieldTimestamp) {
		at = time.Unix(0, m.Head.SentUnixNano)
	}
	dst = at.AppendFormat(dst, "2006-01-02 15:04:05 ")
	if v != nil {
		dst = fmt.Appendf(dst, "%-13s ", v.code)
	}
	dst, _ = render.AppendSafe(dst, m.Topic(), -1)
	dst = append(dst, "  "...)
	return append(render.AppendSummary(dst, m, render.NoLimit), '\n'), nil
}

// cowsay pipes the one-line form through the program cowsay. The text goes to
// its standard input: no shell and no argument ever holds a message's text.
func cowsay(ctx context.Context, path string) format {
	return func(dst []byte, m *bus.Message, _ *judged) ([]byte, error) {
		line, err := formatLine(nil, m, nil)
		if err != nil {
			return dst, err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, path)
		cmd.Stdin = bytes.NewReader(line)
		said, err := cmd.Output()
		if err != nil {
			return dst, fmt.Errorf("run cowsay: %w", err)
		}
		return append(dst, said...), nil
	}
}

// wantsColour follows the conventions: colours on a terminal unless NO_COLOR
// is set to anything, elsewhere only when CLICOLOR_FORCE is.
func wantsColour(out io.Writer) bool {
	if os.Getenv("NO_COLOR") != "" {
		return false
	}
	if force := os.Getenv("CLICOLOR_FORCE"); force != "" && force != "0" {
		return true
	}
	return isTerminal(out)
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	return ok && term.IsTerminal(file.Fd())
}
