package tui

import (
	"unicode"

	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// input is one line of text being typed. It is our own because what is typed
// or pasted goes through the sanitiser like any other text, and because its
// cursor has to stand in the right cell also behind wide characters.
type input struct {
	runes []rune
	at    int // the cursor is before this rune
}

// longestInput bounds what a paste can put into a line.
const longestInput = 4096

func (in *input) text() string { return string(in.runes) }

func (in *input) set(text string) {
	in.runes = []rune(text)
	in.at = len(in.runes)
}

// insert puts text before the cursor. Line ends and tabs become spaces, other
// control characters are left out.
func (in *input) insert(text string) {
	var clean []rune
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			clean = append(clean, ' ')
		case unicode.IsControl(r):
		default:
			clean = append(clean, r)
		}
	}
	clean = clean[:min(len(clean), max(longestInput-len(in.runes), 0))]
	in.runes = append(in.runes[:in.at:in.at], append(clean, in.runes[in.at:]...)...)
	in.at += len(clean)
}

// key edits the line, with the keys of a shell. It reports whether the text
// may have changed.
func (in *input) key(msg tea.KeyPressMsg) bool {
	switch msg.String() {
	case "left", "ctrl+b":
		in.at = max(in.at-1, 0)
	case "right", "ctrl+f":
		in.at = min(in.at+1, len(in.runes))
	case "home", "ctrl+a":
		in.at = 0
	case "end", "ctrl+e":
		in.at = len(in.runes)
	case "ctrl+left", "alt+left", "alt+b":
		in.at = in.wordLeft()
	case "ctrl+right", "alt+right", "alt+f":
		in.at = in.wordRight()
	case "backspace", "ctrl+h":
		if in.at > 0 {
			in.cut(in.at-1, in.at)
		}
		return true
	case "delete", "ctrl+d":
		if in.at < len(in.runes) {
			in.cut(in.at, in.at+1)
		}
		return true
	case "ctrl+w", "alt+backspace":
		in.cut(in.wordLeft(), in.at)
		return true
	case "ctrl+u":
		in.cut(0, in.at)
		return true
	case "ctrl+k":
		in.cut(in.at, len(in.runes))
		return true
	default:
		if msg.Text == "" {
			return false
		}
		in.insert(msg.Text)
		return true
	}
	return false
}

func (in *input) cut(from, to int) {
	in.runes = append(in.runes[:from:from], in.runes[to:]...)
	in.at = from
}

func (in *input) wordLeft() int {
	i := in.at
	for i > 0 && in.runes[i-1] == ' ' {
		i--
	}
	for i > 0 && in.runes[i-1] != ' ' {
		i--
	}
	return i
}

func (in *input) wordRight() int {
	i := in.at
	for i < len(in.runes) && in.runes[i] == ' ' {
		i++
	}
	for i < len(in.runes) && in.runes[i] != ' ' {
		i++
	}
	return i
}

// draw shows the line in width cells, scrolled so that the cursor is seen.
func (in *input) draw(l *line, token themes.Token, width int) {
	width = min(width, l.room())
	if width < 2 {
		return
	}
	from := 0
	for from < in.at && render.Cells(render.Sanitize(string(in.runes[from:in.at]), render.NoLimit)) >= width {
		from++
	}
	start := l.used
	l.text(token, render.Sanitize(string(in.runes[from:in.at]), width-1))
	under := " "
	if in.at < len(in.runes) {
		under = string(in.runes[in.at])
	}
	l.style(token)
	l.buf = append(l.buf, "\x1b[7m"...)
	cell := render.Sanitize(under, max(width-(l.used-start), 1))
	l.buf = append(l.buf, cell...)
	l.used += render.Cells(cell)
	if in.at < len(in.runes) && l.used-start < width {
		rest := render.Sanitize(string(in.runes[in.at+1:]), width-(l.used-start))
		l.text(token, rest)
	}
	l.style(token)
	l.blank(width - (l.used - start))
}
