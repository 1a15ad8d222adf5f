package cli

import (
	"fmt"
	"log/slog"
	"os"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/config"
	"fedmsg-tui/render"
)

// openLog opens our own log, one JSON object a line, for --log. Without a path
// the log goes nowhere. Nothing is ever logged to the screen.
func openLog(path string) (log *slog.Logger, closeLog func() error, err error) {
	if path == "" {
		return slog.New(slog.DiscardHandler), func() error { return nil }, nil
	}
	// 0600: reasons can quote peers, and endpoints tell where one listens.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the log: %w", err)
	}
	return slog.New(slog.NewJSONHandler(file, nil)), file.Close, nil
}

// logEvent writes what happened to a source. What a peer said is sanitised
// like anything else that a terminal may show one day.
func logEvent(log *slog.Logger, e bus.Event) {
	attributes := []any{"endpoint", string(render.Sanitize(config.RedactURL(e.Endpoint), render.NoLimit))}
	if e.Err != nil {
		attributes = append(attributes, "reason", string(render.Sanitize(e.Err.Error(), render.NoLimit)))
	}
	if e.Wait > 0 {
		attributes = append(attributes, "retry_seconds", e.Wait.Seconds())
	}
	if e.Text != "" {
		attributes = append(attributes, "text", string(render.Sanitize(e.Text, render.NoLimit)))
	}
	log.Info(e.Kind.String(), attributes...)
}

// logWarnings writes what the user should know about the settings.
func logWarnings(log *slog.Logger, settings *config.Settings) {
	for _, w := range settings.Warnings {
		log.Warn("settings", "kind", w.Kind.String(), "text", string(render.Sanitize(w.String(), render.NoLimit)))
	}
}
