package tui

import (
	"context"
	"errors"
	"strings"

	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/themes"
)

// Choice is what the reader of the start page wants to look at.
type Choice struct {
	Demo     bool
	Endpoint string // as typed
}

// startPage is shown where nothing is configured: it offers what can be looked
// at, instead of an error.
type startPage struct {
	draw     drawing
	options  Options
	check    func(endpoint string) error
	w, h     int
	cursor   int
	typing   bool
	input    input
	problem  string
	choice   Choice
	finished bool
	dark     bool
}

var startItems = []struct{ key, name, what string }{
	{"d", "demo", "a bus inside the program: nothing to set up"},
	{"e", "endpoint", "a publisher or gateway, such as tcp://127.0.0.1:9940"},
	{"q", "quit", "and set endpoints: fedmsg-tui config --sources"},
}

// Start shows the start page and returns what was chosen; false when the
// reader left. check says what is wrong with an endpoint.
func Start(ctx context.Context, options Options, check func(endpoint string) error, programOptions ...tea.ProgramOption) (Choice, bool, error) {
	p, err := newStartPage(options, check)
	if err != nil {
		return Choice{}, false, err
	}
	_, err = tea.NewProgram(p, append(commonOptions(ctx), programOptions...)...).Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		err = nil
	}
	return p.choice, p.finished, err
}

func newStartPage(options Options, check func(string) error) (*startPage, error) {
	p := &startPage{options: options, check: check, dark: true}
	p.draw.glyphs = glyphsFor(options.ASCII)
	p.draw.line.tail = p.draw.glyphs.ellipsis
	return p, p.setTheme()
}

func (p *startPage) setTheme() (err error) {
	p.draw.theme, err = themes.Get(themeName(p.options.Theme), p.dark)
	return err
}

// Init asks the terminal for its background.
func (p *startPage) Init() tea.Cmd { return tea.RequestBackgroundColor }

// Update handles one event.
func (p *startPage) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		p.w, p.h = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		p.dark = msg.IsDark()
		if err := p.setTheme(); err != nil {
			p.problem = err.Error() // it was there with the other background
		}
	case tea.PasteMsg:
		if p.typing {
			p.input.insert(msg.Content)
		}
	case tea.KeyPressMsg:
		return p, p.key(msg)
	}
	return p, nil
}

func (p *startPage) key(msg tea.KeyPressMsg) tea.Cmd {
	key := msg.String()
	switch key {
	case "ctrl+c":
		return tea.Quit
	case "ctrl+z":
		return tea.Suspend
	}
	if p.typing {
		switch key {
		case "esc":
			p.typing, p.problem = false, ""
		case "enter":
			return p.chooseEndpoint()
		default:
			p.input.key(msg)
		}
		return nil
	}
	switch key {
	case "down", "j", "tab":
		p.cursor = min(p.cursor+1, len(startItems)-1)
	case "up", "k", "shift+tab":
		p.cursor = max(p.cursor-1, 0)
	case "enter":
		return p.choose(startItems[p.cursor].key)
	default:
		return p.choose(key)
	}
	return nil
}

func (p *startPage) choose(key string) tea.Cmd {
	switch key {
	case "d":
		p.choice, p.finished = Choice{Demo: true}, true
		return tea.Quit
	case "e":
		p.cursor, p.typing = 1, true
		if p.input.text() == "" {
			p.input.set("tcp://")
		}
	case "q", "esc":
		return tea.Quit
	}
	return nil
}

func (p *startPage) chooseEndpoint() tea.Cmd {
	text := strings.TrimSpace(p.input.text())
	if err := p.check(text); err != nil {
		p.problem = err.Error()
		return nil
	}
	p.choice, p.finished = Choice{Endpoint: text}, true
	return tea.Quit
}

// View is the screen.
func (p *startPage) View() tea.View {
	v := tea.NewView("")
	v.AltScreen = true
	v.WindowTitle = "fedmsg-tui"
	if p.w > 0 && p.h > 0 {
		v.Content = p.screen()
	}
	return v
}

func (p *startPage) screen() string {
	f := newFrame(p.w, p.h)
	d := &p.draw
	w, h := min(p.w, 92), min(p.h, 14)
	r := rect{(p.w - w) / 2, max((p.h-h)/2, 0), w, h}
	if p.typing && p.h < 12 { // no room for the list: what is typed matters
		l := &d.line
		l.reset(p.w, d.theme.Palette())
		l.put(themes.Accent, "endpoint> ")
		p.input.draw(l, themes.Input, l.room())
		f.place(0, 0, p.w, []string{l.done(), d.hint(p.w, p.problem)})
		return f.String()
	}
	if w < 20 || h < 8 {
		f.place(0, 0, p.w, []string{d.hint(p.w, "d demo  e endpoint  q quit")})
		return f.String()
	}
	f.place(r.x, r.y, r.w, d.box(r, true, "fedmsg-tui", "", "", func(w, _ int) []string {
		out := []string{d.blank(w), d.hint(w, "No endpoint is configured. What do you want to look at?"), d.blank(w)}
		l := &d.line
		for i, it := range startItems {
			palette := d.theme.Palette()
			if i == p.cursor {
				palette = d.theme.On(themes.Selection)
			}
			l.reset(w, palette)
			l.put(themes.Accent, d.marker(i == p.cursor)+" ")
			l.put(themes.Key, it.key+"  ")
			l.field(themes.Text, it.name, 10)
			l.field(themes.Dim, it.what, l.room())
			out = append(out, l.done())
		}
		out = append(out, d.blank(w))
		if p.typing {
			l.reset(w, d.theme.Palette())
			l.put(themes.Accent, "  endpoint> ")
			p.input.draw(l, themes.Input, l.room()-1)
			out = append(out, l.done())
			if p.problem != "" {
				l.reset(w, d.theme.Palette())
				l.gap(2)
				l.safe(themes.Error, safe(p.problem), l.room())
				out = append(out, l.done())
			} else {
				out = append(out, d.hint(w, "enter connects, esc goes back"))
			}
		}
		return out
	}))
	return f.String()
}
