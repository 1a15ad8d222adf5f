package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// overlay is something that has the keyboard instead of the panes: the filter
// being edited, a choice, the help.
type overlay interface {
	// key handles a key. The overlay closes itself by setting m.overlay to nil.
	key(m *Model, msg tea.KeyPressMsg) tea.Cmd
	paste(m *Model, text string)
	// draw lays the overlay over the frame.
	draw(m *Model, f *frame)
	// hint is what the row of keys says meanwhile.
	hint() string
}

// choice asks for one key of a few, in the status row.
type choice struct {
	question string
	options  []choiceOption
}

type choiceOption struct {
	key, label string
	run        func(*Model)
}

func (c *choice) key(m *Model, msg tea.KeyPressMsg) tea.Cmd {
	key := msg.String()
	m.overlay = nil
	for i, o := range c.options {
		if key == o.key || key == "enter" && i == 0 {
			o.run(m)
			m.look()
			m.sync(m.session.now())
			return nil
		}
	}
	if key != "esc" {
		m.notify(c.question + ": " + key + " is none of the choices")
	}
	return nil
}

func (c *choice) paste(*Model, string) {}

func (c *choice) draw(m *Model, f *frame) {
	l := &m.draw.line
	l.reset(m.w, m.draw.theme.On(themes.Header))
	l.put(themes.Accent, " "+c.question+"  ")
	// Every choice must be seen: where they do not all fit, each is cut.
	wanted := 0
	for _, o := range c.options {
		wanted += render.Cells(safe(o.label)) + len(" ") + len(o.key) + 2
	}
	room := l.room() - len("/enter")
	for i, o := range c.options {
		l.put(themes.Key, o.key)
		if i == 0 && wanted <= room {
			l.put(themes.Dim, "/enter")
		}
		l.put(themes.Text, " ")
		label := safe(o.label)
		cells := render.Cells(label)
		if wanted > room {
			cells = min(cells, max(l.room()/(len(c.options)-i)-len(o.key)-2, 1))
		}
		l.safe(themes.Text, label, cells)
		l.put(themes.Text, "  ")
	}
	f.place(0, len(f.rows)-2, m.w, []string{l.done()})
}

func (c *choice) hint() string { return "a key chooses   esc cancel" }

// picker is a list that gets shorter as one types: the help, the topics.
type picker struct {
	title  string
	input  input
	all    []pickerItem
	again  func(*Model) []pickerItem // makes the items anew when there may be more; may be nil
	shown  []int
	cursor int
	top    int
	wide   int // cells of the first column
}

type pickerItem struct {
	left, right string // unsanitised
	disabled    string // why it cannot be chosen
	run         func(*Model) tea.Cmd
}

func newPicker(title string, items []pickerItem) *picker {
	p := &picker{title: title}
	p.set(items)
	return p
}

func (p *picker) set(items []pickerItem) {
	p.all = items
	for _, it := range items {
		p.wide = max(p.wide, min(render.Cells(safe(it.left)), 30))
	}
	p.narrow()
}

// refresh shows what has been added since the picker was opened. What is under
// its cursor stays there.
func (p *picker) refresh(m *Model) {
	if p.again == nil {
		return
	}
	under := ""
	if p.cursor < len(p.shown) {
		under = p.all[p.shown[p.cursor]].right
	}
	p.set(p.again(m))
	for i, at := range p.shown {
		if p.all[at].right == under {
			p.cursor = i
		}
	}
}

// narrow keeps the items that contain every word that was typed. "@" and a key
// looks at keys alone.
func (p *picker) narrow() {
	p.shown = p.shown[:0]
	text := p.input.text()
	key, byKey := strings.CutPrefix(text, "@")
	words := strings.Fields(strings.ToLower(text))
	for i, it := range p.all {
		ok := true
		if byKey {
			ok = key == "" || strings.Contains(" "+it.left+" ", " "+key+" ")
		} else {
			in := strings.ToLower(it.left + " " + it.right)
			for _, w := range words {
				ok = ok && strings.Contains(in, w)
			}
		}
		if ok {
			p.shown = append(p.shown, i)
		}
	}
	p.cursor = clamp(p.cursor, 0, max(len(p.shown)-1, 0))
}

func (p *picker) key(m *Model, msg tea.KeyPressMsg) tea.Cmd {
	switch key := msg.String(); key {
	case "esc":
		m.overlay = nil
		return nil
	case "down", "ctrl+n", "tab":
		p.cursor = min(p.cursor+1, max(len(p.shown)-1, 0))
	case "up", "ctrl+p", "shift+tab":
		p.cursor = max(p.cursor-1, 0)
	case "pgdown":
		p.cursor = min(p.cursor+10, max(len(p.shown)-1, 0))
	case "pgup":
		p.cursor = max(p.cursor-10, 0)
	case "enter":
		if len(p.shown) == 0 {
			return nil
		}
		it := p.all[p.shown[p.cursor]]
		m.overlay = nil
		if it.disabled != "" {
			m.notify(it.right + ": " + it.disabled)
			return nil
		}
		return it.run(m)
	default:
		if p.input.key(msg) {
			p.cursor = 0
			p.narrow()
		}
	}
	return nil
}

func (p *picker) paste(_ *Model, text string) {
	p.input.insert(text)
	p.narrow()
}

func (p *picker) draw(m *Model, f *frame) {
	w := clamp(m.w-8, 20, 96)
	h := clamp(m.h-6, 5, min(len(p.all)+4, 40))
	w, h = min(w, m.w), min(h, m.h)
	r := rect{(m.w - w) / 2, max((m.h-h)/2, 0), w, h}
	d := &m.draw
	lines := d.box(r, true, p.title, "", grouped(uint64(len(p.shown)))+" of "+grouped(uint64(len(p.all))), func(w, h int) []string {
		l := &d.line
		l.reset(w, d.theme.Palette())
		l.put(themes.Accent, " > ")
		p.input.draw(l, themes.Input, l.room())
		out := []string{l.done()}
		h--
		p.top = scrollTo(p.top, p.cursor, h, len(p.shown))
		for i := p.top; i < min(len(p.shown), p.top+h); i++ {
			it := p.all[p.shown[i]]
			palette := d.theme.Palette()
			if i == p.cursor {
				palette = d.theme.On(themes.Selection)
			}
			l.reset(w, palette)
			l.gap(1)
			key, text := themes.Key, themes.Text
			if it.disabled != "" {
				key, text = themes.Faint, themes.Faint
			}
			l.safe(key, safe(it.left), p.wide)
			l.gap(2)
			right := it.right
			if it.disabled != "" {
				right += " (" + it.disabled + ")"
			}
			l.safe(text, safe(right), l.room())
			out = append(out, l.done())
		}
		if len(p.shown) == 0 {
			out = append(out, d.hint(w, "nothing matches"))
		}
		return out
	})
	f.place(r.x, r.y, r.w, lines)
}

func (p *picker) hint() string { return "type to search   up down move   enter choose   esc close" }
