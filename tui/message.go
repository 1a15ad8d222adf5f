package tui

import (
	"fmt"
	"strings"
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// messagePane shows one message. It is bound to a row, not to a place in the
// stream: what it shows changes only when the reader, or following, chooses
// another row.
type messagePane struct {
	row      history.Row
	shown    bool // there is a row
	message  bus.Message
	gone     bool         // evicted since; what is on screen is our own copy
	late     history.Late // as of the verdict
	verdict  crypto.Verdict
	document *render.Document
	hex      bool
	options  render.Options
	// explain finds the verdict; the flag says that the row has one, also when its
	// source is not checked any more.
	explain func(m *bus.Message, judged bool) crypto.Verdict
	cursor  int
	top     int
	x       int
	chosen  time.Time // when this row was chosen
}

// show binds the pane to a row.
func (p *messagePane) show(snapshot *history.Snapshot, row history.Row, now time.Time) {
	if p.shown && p.row == row {
		p.gone = !snapshot.Has(row)
		if late, ok := snapshot.Late(row); ok && late != p.late {
			p.late = late
			p.judge()
		}
		return
	}
	m, ok := snapshot.Message(row)
	if !ok {
		return // evicted between choosing and showing: keep what is on screen
	}
	p.row, p.shown, p.gone, p.message, p.chosen = row, true, false, m, now
	p.late, _ = snapshot.Late(row)
	p.judge()
	p.cursor, p.top, p.x = 0, 0, 0
	p.hex = false
	p.build()
}

// judge finds the verdict with its reasons. A message that was not checked when
// it came is not shown here as if it had been.
func (p *messagePane) judge() {
	if p.late.Verdict == crypto.Off {
		p.verdict = crypto.Verdict{Code: crypto.Off, Reason: crypto.Off.Sentence()}
		return
	}
	p.verdict = p.explain(&p.message, p.late.Verdict != crypto.Pending)
}

// build makes the document of the message. It is bounded by the document's
// own limits, whatever the size of the message.
func (p *messagePane) build() {
	text := p.message.Envelope()
	if p.message.Problem.Code == bus.ProblemFrames || p.message.Problem.Code == bus.ProblemTopicUTF8 {
		// Not an envelope: everything that came, frame by frame.
		text = nil
		for _, frame := range p.message.Frames {
			text = append(text, frame...)
			text = append(text, '\n')
		}
	}
	if p.hex {
		p.document = render.NewHex(text, p.options)
		return
	}
	p.document = render.NewDocument(text, p.options)
}

func (p *messagePane) move(by int) {
	if p.document != nil {
		p.cursor = clamp(p.cursor+by, 0, max(p.document.Len()-1, 0))
	}
}

func (p *messagePane) sideways(step int) {
	p.x = max(p.x+step*8, 0)
	if p.document != nil {
		p.x = min(p.x, max(p.document.Cells(p.cursor)-1, 0))
	}
}

// toggleExpand shows the long value under the cursor in full, or cuts it again.
func (p *messagePane) toggleExpand() {
	p.document.SetExpanded(p.cursor, p.document.Cut(p.cursor))
	p.x = 0
}

func (p *messagePane) switchView() {
	p.hex = !p.hex
	p.cursor, p.top, p.x = 0, 0, 0
	p.build()
}

func (p *messagePane) title() render.Safe {
	if !p.shown || p.document == nil {
		return ""
	}
	return safe(p.document.Path(p.cursor))
}

func (p *messagePane) view() string {
	if p.hex {
		return "bytes"
	}
	return "JSON"
}

func (p *messagePane) lines(d *drawing, w, h int) []string {
	if !p.shown {
		return []string{d.blank(w), d.hint(w, "no message is chosen")}
	}
	out := p.head(d, w)
	if len(out) > h-2 {
		out = out[:max(h-2, 0)]
	}
	h -= len(out)
	p.top = scrollTo(p.top, p.cursor, h, p.document.Len())
	for i := p.top; i < min(p.document.Len(), p.top+h); i++ {
		selected := i == p.cursor && d.focus == paneMessage
		palette := d.palette(selected, paneMessage)
		row := append(d.line.buf[:0], palette.SGR(themes.Accent)...)
		row = append(row, d.marker(selected)...)
		row = p.document.AppendLine(row, i, p.x, w-1, palette.Chroma)
		row = append(row, themes.Reset...)
		out = append(out, string(row))
		d.line.buf = row
	}
	return out
}

// head is what is known about the message, above its text.
func (p *messagePane) head(d *drawing, w int) []string {
	m := &p.message
	l := &d.line
	var out []string
	code := p.verdict.Code
	glyph, short, token := d.signature(code, m.Malformed())
	l.reset(w, d.theme.Palette())
	l.put(token, glyph)
	if p.late.Marks&history.MarkChanged != 0 {
		l.put(themes.Mark, d.glyphs.changed)
	} else {
		l.gap(1)
	}
	l.put(token, short)
	l.gap(2)
	l.safe(themes.Topic, safe(string(m.Topic())), l.room())
	out = append(out, l.done())
	if !m.Malformed() {
		l.reset(w, d.theme.Palette())
		const hint = "  s checks"
		l.safe(token, safe(p.verdict.Reason), max(min(render.Cells(safe(p.verdict.Reason)), l.room()-len(hint)), 0))
		l.put(themes.Faint, hint)
		out = append(out, l.done())
	}
	if m.Malformed() {
		l.reset(w, d.theme.Palette())
		l.put(themes.Error, "malformed: "+m.Problem.Reason())
		out = append(out, l.done())
	}
	if m.Head.Fields&bus.TopicDiffers != 0 && code != crypto.Envelope {
		l.reset(w, d.theme.Palette())
		l.put(themes.SigDenied, "the envelope says another topic: ")
		l.safe(themes.Topic, safe(m.EnvelopeTopic()), l.room())
		out = append(out, l.done())
	}
	l.reset(w, d.theme.Palette())
	if id := m.MsgID(); id != "" {
		l.put(themes.Dim, "id ")
		l.text(themes.Text, safe(id))
		l.gap(2)
	}
	if m.Head.Has(bus.FieldSeqID) {
		l.put(themes.Dim, "seq ")
		l.put(themes.Number, fmt.Sprint(m.Head.SeqID)+"  ")
	}
	if m.Head.Has(bus.FieldI) {
		l.put(themes.Dim, "i ")
		l.put(themes.Number, fmt.Sprint(m.Head.I)+"  ")
	}
	if l.used > 0 {
		out = append(out, l.done())
	}
	l.reset(w, d.theme.Palette())
	if p.gone {
		l.put(themes.Warning, "evicted since  ")
	}
	got := m.Received()
	if m.Head.Has(bus.FieldTimestamp) {
		sent := time.Unix(0, m.Head.SentUnixNano)
		l.put(themes.Dim, "sent ")
		l.put(themes.Time, sent.Format("2006-01-02 15:04:05"))
		l.put(themes.Dim, "  got ")
		l.put(themes.Time, lagText(got.Sub(sent)))
	} else {
		l.put(themes.Dim, "got ")
		l.put(themes.Time, got.Format("2006-01-02 15:04:05.000"))
	}
	if m.Origin != bus.Live {
		l.put(themes.Dim, "  "+m.Origin.String())
	}
	size := 0
	for _, frame := range m.Frames {
		size += len(frame)
	}
	l.put(themes.Number, "  "+sizeText(int64(size)))
	if where := d.endpoint(m.Source); where != "" {
		l.put(themes.Dim, "  from ")
		l.text(themes.Dim, safe(strings.TrimPrefix(where, "tcp://")))
	}
	return append(out, l.done())
}

// lagText is how long after it was sent a message was received. Senders round
// down to seconds on most buses, so less than one says little.
func lagText(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + lagText(-d)[1:]
	case d < 10*time.Second:
		return fmt.Sprintf("+%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("+%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("+%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("+%d h", int(d.Hours()))
	}
	return fmt.Sprintf("+%d days", int(d.Hours()/24))
}
