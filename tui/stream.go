package tui

import (
	"time"

	"fedmsg-tui/bus"
	"fedmsg-tui/bus/history"
	"fedmsg-tui/crypto"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// streamPane shows the rows that pass the filter, in order. Its cursor and its
// scroll position are row numbers, so nothing that arrives, leaves or is
// filtered moves the row under the reader's eye.
type streamPane struct {
	order     history.Order
	cursor    history.Row
	top       history.Row // first row on screen, when not following
	following bool        // the cursor is on the newest row, whatever it is
	frozen    bool
	frozenEnd history.Row // rows from here on are not shown while frozen
	newer     int         // rows that are hidden because the view is frozen
	cache     rowCache

	// Where the cursor was drawn, and on which row: rows that come or leave
	// above it do not move it.
	drawnCursor history.Row
	drawnAt     int
	drawn       bool
}

func newStreamPane() *streamPane {
	return &streamPane{order: history.Arrival{}, following: true}
}

// clipped is the beginning of an order: what was there when the view froze.
type clipped struct {
	history.Order
	n int
}

func (c clipped) Len() int { return c.n }

func (c clipped) Find(row history.Row) (int, bool) {
	i, exact := c.Order.Find(row)
	if i >= c.n {
		return c.n, false
	}
	return i, exact
}

// update takes the newest order. end is the number that the next row will have.
func (p *streamPane) update(order history.Order, end history.Row) {
	p.newer = 0
	if p.frozen {
		n, _ := order.Find(p.frozenEnd)
		// All that came, also what the filter hides or the budget has given up
		// since: those can no longer be told apart.
		p.newer = int(end - p.frozenEnd)
		order = clipped{order, n}
	}
	p.order = order
	if p.following && order.Len() > 0 {
		p.cursor = order.Row(order.Len() - 1)
	}
}

func (p *streamPane) size() int { return p.order.Len() }

// at is the place of the cursor: that of its row or, when the filter hides it
// or it was evicted, of the nearest one after it.
func (p *streamPane) at() int {
	i, _ := p.order.Find(p.cursor)
	return clamp(i, 0, max(p.size()-1, 0))
}

func (p *streamPane) move(by int) {
	if p.size() == 0 {
		return
	}
	i := clamp(p.at()+by, 0, p.size()-1)
	p.cursor = p.order.Row(i)
	// Going up leaves the newest; coming back to it follows again.
	p.following = by > 0 && i == p.size()-1
}

func (p *streamPane) goTo(row history.Row) {
	p.cursor = row
	p.following = false
}

func (p *streamPane) follow() {
	p.following = true
	if p.size() > 0 {
		p.cursor = p.order.Row(p.size() - 1)
	}
}

func (p *streamPane) freeze(end history.Row) {
	p.frozen = !p.frozen
	p.frozenEnd = end
}

// window is which places of the order are on screen.
func (p *streamPane) window(h int) (from, to int) {
	size, at := p.size(), p.at()
	switch {
	case p.following:
		from = max(size-h, 0)
	case p.drawn && p.drawnCursor == p.cursor:
		from = scrollTo(clamp(at-p.drawnAt, 0, max(size-h, 0)), at, h, size)
	default:
		top, _ := p.order.Find(p.top)
		from = scrollTo(top, at, h, size)
	}
	p.drawn, p.drawnCursor, p.drawnAt = true, p.cursor, at-from
	if size > 0 {
		p.top = p.order.Row(from)
	}
	return from, min(from+h, size)
}

// visible is a range of rows that holds those on screen, for those who can do
// something about them first. With a filter it may be long.
func (p *streamPane) visible() (first, end history.Row) {
	n := p.size()
	if n == 0 {
		return 0, 0
	}
	const screenful = 64
	at, _ := p.order.Find(p.top)
	if p.following {
		at = n - screenful
	}
	at = clamp(at, 0, n-1)
	return p.order.Row(at), p.order.Row(min(at+screenful, n)-1) + 1
}

// streamRow is what a row needs to be drawn, taken from the message once.
type streamRow struct {
	topic     render.Safe
	who, what render.Safe
	at        time.Time
	origin    bus.Origin
	signed    bool
	differs   bool
	malformed bool
}

// rowCache keeps what was computed for rows that are on screen, or were.
type rowCache struct {
	rows map[history.Row]streamRow
}

// cachedRows bounds the cache: some screens full.
const cachedRows = 1024

func (c *rowCache) row(snapshot *history.Snapshot, row history.Row) (streamRow, bool) {
	if r, ok := c.rows[row]; ok {
		return r, true
	}
	m, ok := snapshot.Message(row)
	if !ok {
		return streamRow{}, false
	}
	r := describe(&m)
	if c.rows == nil || len(c.rows) >= cachedRows {
		c.rows = make(map[history.Row]streamRow, cachedRows)
	}
	c.rows[row] = r
	return r, true
}

// describe takes from a message what its row shows.
func describe(m *bus.Message) streamRow {
	r := streamRow{
		at: m.Received(), origin: m.Origin, malformed: m.Malformed(),
		signed: m.Head.Signed(), differs: m.Head.Fields&bus.TopicDiffers != 0,
	}
	const widest = 200
	r.topic = render.Sanitize(bus.SplitTopic(string(m.Topic())).Short, widest)
	if r.malformed {
		r.what = render.Safe(m.Problem.Reason())
		if r.topic == "" {
			r.topic = "(no topic)"
		}
		return r
	}
	s := render.SummaryOf(m, widest)
	r.who, r.what = s.Who, s.What
	return r
}

// columns of the stream, in cells.
type streamColumns struct {
	time, topic, who int
	millis, code     bool
}

func columnsFor(w int) streamColumns {
	c := streamColumns{time: 8, code: true}
	switch {
	case w < 50:
		c.code = false
		c.topic = clamp(w/3, 8, 20)
	case w < 76:
		c.topic = 24
	case w < 100:
		c.topic, c.who = 26, 8
	default:
		c.millis, c.time = true, 12
		c.topic, c.who = clamp(w*3/10, 26, 44), 12
	}
	return c
}

func (p *streamPane) lines(d *drawing, w, h int) []string {
	out := make([]string, 0, h)
	c := columnsFor(w)
	l := &d.line
	l.reset(w, d.theme.Palette())
	l.gap(2)
	l.field(themes.Dim, "TIME", c.time+1)
	if c.code {
		l.field(themes.Dim, "SIG", 6)
	} else {
		l.gap(2)
	}
	l.field(themes.Dim, "TOPIC", c.topic+1)
	if c.who > 0 {
		l.field(themes.Dim, "WHO", c.who+1)
	}
	l.put(themes.Dim, "SUMMARY")
	if h > 2 {
		out = append(out, l.done())
		h--
	}

	from, to := p.window(h)
	at := p.at()
	for i := from; i < to; i++ {
		out = append(out, p.line(d, p.order.Row(i), i == at, c, w))
	}
	if p.size() == 0 {
		if h > 2 {
			out = append(out, d.blank(w))
		}
		out = append(out, d.hint(w, d.emptyStream))
	}
	return out
}

func (p *streamPane) line(d *drawing, row history.Row, selected bool, c streamColumns, w int) string {
	l := &d.line
	l.reset(w, d.palette(selected, paneStream))
	r, ok := p.cache.row(d.snapshot, row)
	if !ok {
		l.gap(1)
		l.put(themes.Accent, d.marker(selected))
		l.put(themes.Faint, "given up: older than the memory budget")
		return l.done()
	}
	switch r.origin {
	case bus.Replayed:
		l.put(themes.Replayed, d.glyphs.replayed)
	case bus.Archive:
		l.put(themes.Dim, d.glyphs.archive)
	case bus.File:
		l.put(themes.Dim, d.glyphs.file)
	case bus.Own:
		l.put(themes.Own, d.glyphs.own)
	default:
		l.gap(1)
	}
	l.put(themes.Accent, d.marker(selected))
	layout := "15:04:05"
	if c.millis {
		layout = "15:04:05.000"
	}
	l.put(themes.Time, r.at.Format(layout))
	l.gap(1)
	verdict, changed := d.verdict(row, &r)
	glyph, code, token := d.signature(verdict, r.malformed)
	l.put(token, glyph)
	if changed {
		l.put(themes.Mark, d.glyphs.changed)
	} else {
		l.gap(1)
	}
	if c.code {
		l.field(token, code, 3)
		l.gap(1)
	}
	topic := themes.Topic
	if r.malformed {
		topic = themes.Dim
	}
	l.safe(topic, r.topic, c.topic)
	l.gap(1)
	if c.who > 0 {
		l.safe(themes.Who, r.who, c.who)
		l.gap(1)
	}
	what := themes.Text
	if r.malformed {
		what = themes.Error
	} else if c.who == 0 && r.who != "" {
		l.text(themes.Who, r.who)
		l.gap(1)
	}
	l.safe(what, r.what, l.room())
	return l.done()
}

// verdict is what is known of a row's signature by now, and whether that
// changed after it was first judged. Of a malformed row nothing is ever known.
func (d *drawing) verdict(row history.Row, r *streamRow) (code crypto.Code, changed bool) {
	late, ok := d.snapshot.Late(row)
	switch {
	case !ok || r.malformed:
		return crypto.Pending, false
	case late.Verdict == crypto.Pending && !d.checking:
		// Nobody will ever judge it: then say so.
		return r.unjudged(), false
	}
	return late.Verdict, late.Marks&history.MarkChanged != 0
}

// unjudged is what can be said without checking anything.
func (r *streamRow) unjudged() crypto.Code {
	switch {
	case r.differs:
		return crypto.Envelope
	case r.signed:
		return crypto.Off
	}
	return crypto.Unsigned
}

// unreadable stands where a message that is no envelope would have a verdict.
const unreadable = "unr"

// signature is a verdict as glyph, code and role.
func (d *drawing) signature(code crypto.Code, malformed bool) (glyph, short string, token themes.Token) {
	if malformed {
		return d.glyphs.invalid, unreadable, themes.SigInvalid
	}
	glyph, token = d.glyphs.class(code.Class()), classToken(code.Class())
	return glyph, code.Short(), token
}

func classToken(c crypto.Class) themes.Token {
	switch c {
	case crypto.ClassOK:
		return themes.SigOK
	case crypto.ClassCaveat:
		return themes.SigCaveat
	case crypto.ClassBroker, crypto.ClassNone:
		return themes.SigNone
	case crypto.ClassUnknown:
		return themes.SigUnknown
	case crypto.ClassDenied:
		return themes.SigDenied
	case crypto.ClassInvalid:
		return themes.SigInvalid
	}
	return themes.SigPending
}
