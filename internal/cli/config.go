package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"fedmsg-tui/bus/config"
	"fedmsg-tui/render"
)

// newConfigCommand makes the command that shows the merged settings. load
// reads them as the global flags say.
func newConfigCommand(load func(context.Context) (*config.Settings, error)) *cobra.Command {
	var query string
	var sources bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings, and where each came from",
		Long: "config prints the merged settings as JSON: defaults, fedmsg's fedmsg.d/*.py, config.toml and flags,\n" +
			"a later one over an earlier one. Secrets are not shown.",
		Example: "fedmsg-tui config\nfedmsg-tui config --query endpoints\nfedmsg-tui config --sources",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			asked := cmd.Flags().Changed("query")
			if asked && sources {
				return usageError{fmt.Errorf("--query and --sources exclude each other")}
			}
			settings, err := load(cmd.Context())
			if err != nil {
				return err
			}
			var out bytes.Buffer
			switch {
			case asked:
				err = printSetting(&out, settings, query)
			case sources:
				err = printSources(&out, settings)
			default:
				err = printJSON(&out, settings.Tree())
			}
			for _, warning := range settings.Warnings {
				fmt.Fprintf(cmd.ErrOrStderr(), "fedmsg-tui: %s\n", render.Sanitize(warning.String(), -1))
			}
			if err != nil {
				return err
			}
			if _, err := cmd.OutOrStdout().Write(out.Bytes()); err != nil {
				return fmt.Errorf("writing settings: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&query, "query", "", "print only the setting of this dotted PATH, such as endpoints")
	cmd.Flags().BoolVar(&sources, "sources", false, "print each setting on a line, with the file and line it came from")
	return cmd
}

// printSetting prints one setting: a string plain, a list of strings one per
// line, anything else as JSON.
func printSetting(w io.Writer, settings *config.Settings, path string) error {
	value, found := settings.Lookup(path)
	if !found {
		text := fmt.Sprintf("config: no setting `%s`", path)
		if near := settings.Nearest(path); len(near) > 0 {
			text += "; did you mean " + strings.Join(near, ", ") + "?"
		}
		return fmt.Errorf("%s", text)
	}
	switch value := value.(type) {
	case string:
		_, err := fmt.Fprintln(w, render.Sanitize(value, -1))
		return err
	case []any:
		for _, item := range value {
			line, ok := item.(string)
			if !ok {
				compact, err := compactJSON(item)
				if err != nil {
					return err
				}
				line = compact
			}
			if _, err := fmt.Fprintln(w, render.Sanitize(line, -1)); err != nil {
				return err
			}
		}
		return nil
	}
	return printJSON(w, value)
}

// printSources prints one line for each setting.
func printSources(w io.Writer, settings *config.Settings) error {
	for setting := range settings.Sources() {
		value, err := compactJSON(setting.Value)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s = %s    # %s\n", render.Sanitize(setting.Path, -1), value,
			render.Sanitize(setting.Place.String(), -1)); err != nil {
			return err
		}
	}
	return nil
}

// printJSON prints a value with sorted keys, two spaces deep.
func printJSON(w io.Writer, value any) error {
	text, err := encodeJSON(value, "  ")
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	return err
}

func compactJSON(value any) (string, error) {
	text, err := encodeJSON(value, "")
	return strings.TrimSuffix(text, "\n"), err
}

func encodeJSON(value any, indent string) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		return "", fmt.Errorf("printing settings: %w", err)
	}
	return escapeInvisible(out.String()), nil
}

// escapeInvisible writes the characters of a JSON text that a terminal might
// act on (C1 controls, bidirectional overrides, …) as escapes, which mean the
// same in JSON. Such characters can only be inside strings.
func escapeInvisible(text string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n' || r < utf8.RuneSelf && r != 0x7f || unicode.IsPrint(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.String()
}
