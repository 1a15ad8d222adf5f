package tui

import (
	"fmt"
	"strings"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// sourcesPane lists the endpoints and how they are doing.
type sourcesPane struct {
	cursor, top int
	counted     []uint64 // messages per source when rates were last taken
	rates       []float64
	unchecked   []bool // by source: signatures are not checked
}

func (p *sourcesPane) sample(status []bus.Status, seconds float64) {
	for len(p.counted) < len(status) {
		p.counted, p.rates = append(p.counted, 0), append(p.rates, 0)
	}
	for i, s := range status {
		if seconds > 0 {
			p.rates[i] = float64(s.Received-p.counted[i]) / seconds
		}
		p.counted[i] = s.Received
	}
}

func (p *sourcesPane) lines(d *drawing, w, h int, now time.Time) []string {
	out := make([]string, 0, h)
	l := &d.line
	const stateWidth, sigWidth = 16, 4
	rateWidth, totalWidth := 7, 9
	if w < 56 { // an address and its port matter more
		rateWidth, totalWidth = 0, 6
	}
	name := max(w-stateWidth-rateWidth-totalWidth-sigWidth, 12)
	l.reset(w, d.theme.Palette())
	l.field(themes.Dim, " ENDPOINT", name)
	l.field(themes.Dim, "STATE", stateWidth)
	l.field(themes.Dim, "SIG", sigWidth)
	if rateWidth > 0 {
		l.right(themes.Dim, "/s", rateWidth)
	}
	l.right(themes.Dim, "TOTAL", totalWidth)
	out = append(out, l.done())
	// Each source takes a row, and one more for what is wrong with it.
	var rows []string
	at := 0 // row of the cursor
	for i, s := range d.status {
		if i == p.cursor {
			at = len(rows)
		}
		l.reset(w, d.palette(i == p.cursor, paneSources))
		l.put(themes.Accent, d.marker(i == p.cursor && d.focus == paneSources))
		endpoint := s.Endpoint
		if len(endpoint) > name-2 || w < 56 { // most are tcp: where it tells least, it goes first
			endpoint = strings.TrimPrefix(endpoint, "tcp://")
		}
		l.safe(themes.Text, safe(endpoint), name-2)
		l.gap(1)
		token := themes.Live
		state := s.State.String()
		switch {
		case !s.State.Connected():
			token = themes.Warning
		case s.State == bus.StateQuiet:
			token = themes.Dim
		case s.State == bus.StateListening:
			state = fmt.Sprintf("%d publishers", s.Peers)
		}
		l.field(token, state, stateWidth)
		if i < len(p.unchecked) && p.unchecked[i] {
			l.field(themes.Warning, "off", sigWidth)
		} else {
			l.field(themes.Dim, "on", sigWidth)
		}
		rate := 0.0
		if i < len(p.rates) {
			rate = p.rates[i]
		}
		if rateWidth > 0 {
			l.right(themes.Number, rateText(rate), rateWidth)
		}
		l.right(themes.Number, short(s.Received), totalWidth)
		rows = append(rows, l.done())
		if detail := sourceDetail(s, now); detail != "" {
			l.reset(w, d.theme.Palette())
			l.gap(2)
			l.safe(themes.Dim, safe(detail), l.room())
			rows = append(rows, l.done())
		}
	}
	if len(rows) == 0 {
		rows = append(rows, d.hint(w, "no source"))
	}
	p.top = scrollTo(p.top, at, h-1, len(rows))
	for i := p.top; i < min(len(rows), p.top+h-1); i++ {
		out = append(out, rows[i])
	}
	return out
}

// sourceDetail says why a source is not connected and when it tries again.
func sourceDetail(s bus.Status, now time.Time) string {
	detail := ""
	if s.Err != nil && !s.State.Connected() {
		detail = s.Err.Error()
	}
	if !s.NextTry.IsZero() && s.NextTry.After(now) && !s.State.Connected() {
		if wait := s.NextTry.Sub(now); wait >= time.Second {
			detail += fmt.Sprintf("; next try in %d s", int(wait.Seconds()+0.5))
		} else {
			detail += "; trying again about every second"
		}
	}
	if s.Dropped > 0 {
		detail += fmt.Sprintf("; %d dropped by us", s.Dropped)
	}
	if s.State == bus.StateQuiet && !s.LastMessage.IsZero() {
		detail = fmt.Sprintf("last message %s ago", now.Sub(s.LastMessage).Round(time.Second))
	} else if s.State.Connected() && s.LastMessage.IsZero() && s.State != bus.StateListening {
		detail = "connected, nothing received yet"
	}
	return detail
}

func (p *sourcesPane) move(by, size int) {
	p.cursor = clamp(p.cursor+by, 0, max(size-1, 0))
}

// eventsPane lists what happened, newest first.
type eventsPane struct {
	events  []loggedEvent
	changes uint64
	chosen  uint64 // id of the event under the cursor; 0: the newest, whatever it is
	top     int
	x       int // cells by which the texts are scrolled
}

func (p *eventsPane) update(log *eventLog) {
	if events, changes := log.snapshot(p.changes); changes != p.changes {
		p.events, p.changes = events, changes
	}
}

// cursor is the place of the chosen event. One that is no longer kept was the
// oldest, and gives its place to the one that is now.
func (p *eventsPane) cursor() int {
	if p.chosen == 0 {
		return 0
	}
	for i := range p.events {
		if p.events[i].id == p.chosen {
			return i
		}
	}
	return max(len(p.events)-1, 0)
}

func (p *eventsPane) move(by int) {
	if len(p.events) == 0 {
		return
	}
	at := clamp(p.cursor()+by, 0, len(p.events)-1)
	p.chosen = p.events[at].id
	if at == 0 {
		p.chosen = 0
	}
}

func (p *eventsPane) selected() (loggedEvent, bool) {
	if at := p.cursor(); at < len(p.events) {
		return p.events[at], true
	}
	return loggedEvent{}, false
}

func (p *eventsPane) lines(d *drawing, w, h int) []string {
	out := make([]string, 0, h)
	at := p.cursor()
	p.top = scrollTo(p.top, at, h, len(p.events))
	for i := p.top; i < min(len(p.events), p.top+h); i++ {
		selected := i == at && d.focus == paneEvents
		d.line.reset(w, d.palette(selected, paneEvents))
		d.line.put(themes.Accent, d.marker(selected))
		p.events[i].draw(&d.line, d.glyphs, p.x)
		out = append(out, d.line.done())
	}
	if len(p.events) == 0 {
		out = append(out, d.hint(w, "nothing has happened yet"))
	}
	return out
}

// draw writes an event into a row.
func (e *loggedEvent) draw(l *line, g *glyphs, x int) {
	l.put(themes.Time, e.at.Format("15:04:05 "))
	mark, token := "i", themes.Dim
	switch e.severity {
	case severityWarning:
		mark, token = "!", themes.Warning
	case severityProblem:
		mark, token = g.invalid, themes.Error
	}
	l.put(token, mark+" ")
	if e.count > 1 {
		l.put(themes.Number, fmt.Sprintf("%sx ", grouped(e.count)))
	}
	text := e.what
	if e.where != "" {
		text = e.where + ": " + text
	}
	shown := render.Sanitize(text, 1000)
	for range x {
		_, rest := breakAt(shown, 1)
		if rest == shown || rest == "" {
			break
		}
		shown = rest
	}
	l.safe(themes.Text, shown, l.room())
}
