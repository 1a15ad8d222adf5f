package tui

import (
	"context"
	"errors"
	"os"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"fedmsg-tui/filters"
	"fedmsg-tui/themes"
)

// Options are how the explorer looks and starts.
type Options struct {
	Title  string          // which bus this is, in a word or two
	Theme  string          // a name of themes.Get; "" is auto
	ASCII  bool            // draw with ASCII characters only
	Guide  bool            // teach the keys in the status row
	Filter *filters.Filter // what to start with; nil shows everything
}

// framesPerSecond is how often the renderer looks for something to write: it
// bounds the time between a key and the screen, not how often we draw.
const framesPerSecond = 120

// Run shows the explorer of a session until the reader leaves it or ctx ends.
func Run(ctx context.Context, session *Session, options Options, programOptions ...tea.ProgramOption) error {
	model, err := NewModel(session, options)
	if err != nil {
		return err
	}
	defer model.Close()
	_, err = tea.NewProgram(model, append(commonOptions(ctx), programOptions...)...).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil // a signal: an orderly end
	}
	return err
}

// Close ends what the model started.
func (m *Model) Close() {
	m.filter.stop()
	if m.snapshot != nil {
		m.snapshot.Close()
		m.snapshot = nil
	}
}

func commonOptions(ctx context.Context) []tea.ProgramOption {
	// A panic anywhere ends the process, as in any other goroutine: the parent
	// restores the terminal and keeps the report.
	all := []tea.ProgramOption{tea.WithContext(ctx), tea.WithFPS(framesPerSecond), tea.WithoutCatchPanics()}
	// Any value of NO_COLOR means no colour; the library takes only those that
	// read as true.
	if os.Getenv("NO_COLOR") != "" {
		all = append(all, tea.WithColorProfile(colorprofile.ASCII))
	}
	return all
}

func themeName(name string) string {
	if name == "" {
		return themes.Auto
	}
	return name
}
