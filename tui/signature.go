package tui

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"fedmsg-tui/crypto"
	"fedmsg-tui/render"
	"fedmsg-tui/themes"
)

// signaturePanel shows how the verdict about a message came about: each check,
// the forms that were tried, the certificate.
type signaturePanel struct {
	certificate bool // show the certificate instead of the checks
	none        bool // the message carries no certificate
	top         int
	rows        int // of what is shown, as drawn last
	height      int
}

// showSignature opens the panel on the message under the cursor. It stays on
// that message, whatever arrives, is judged again or leaves the filter.
func (m *Model) showSignature() tea.Cmd {
	if m.focus == paneStream && m.stream.size() > 0 {
		m.read(m.stream.order.Row(m.stream.at()))
	}
	m.overlay = &signaturePanel{}
	return nil
}

func (p *signaturePanel) key(m *Model, msg tea.KeyPressMsg) tea.Cmd {
	switch msg.String() {
	case "esc", "q", "s", "enter":
		m.overlay = nil
	case "c":
		p.certificate = !p.certificate
		p.top = 0
	case "down", "j":
		p.top++
	case "up", "k":
		p.top--
	case "pgdown", "ctrl+d":
		p.top += p.height
	case "pgup", "ctrl+u":
		p.top -= p.height
	case "home", "g":
		p.top = 0
	case "end", "G":
		p.top = p.rows
	case "]":
		return m.stepMessage(1)
	case "[":
		return m.stepMessage(-1)
	}
	p.top = clamp(p.top, 0, max(p.rows-p.height, 0))
	return nil
}

func (p *signaturePanel) paste(*Model, string) {}

func (p *signaturePanel) hint() string {
	switch {
	case p.certificate:
		return "esc close   c the checks   j k scroll   [ ] other messages"
	case p.none:
		return "esc close   j k scroll   [ ] other messages"
	}
	return "esc close   c the certificate   j k scroll   [ ] other messages"
}

func (p *signaturePanel) draw(m *Model, f *frame) {
	d := &m.draw
	w := min(clamp(m.w-6, 20, 100), m.w)
	var text []sentence
	title := "signature"
	p.none = m.message.verdict.Certificate == nil
	switch {
	case !m.message.shown:
		text = []sentence{{themes.Dim, "", "no message is chosen"}}
	case p.certificate:
		title = "certificate"
		text = certificateText(m.message.verdict.Certificate, m.session.now())
	default:
		text = m.message.checks(d)
	}
	broken := func(w int) (rows []string) {
		for i, s := range text {
			rows = append(rows, s.rows(d, w, i == 0 && !p.certificate)...)
		}
		return rows
	}
	rows := broken(w - 2)
	h := min(clamp(len(rows)+2, 5, max(m.h-4, 5)), m.h)
	p.rows, p.height = len(rows), max(h-2, 1)
	p.top = clamp(p.top, 0, max(p.rows-p.height, 0))
	note := ""
	if p.rows > p.height {
		note = fmt.Sprintf("%d-%d of %d", p.top+1, min(p.top+p.height, p.rows), p.rows)
	}
	r := rect{max((m.w-w)/2, 0), max((m.h-h)/2, 0), w, h}
	f.place(r.x, r.y, r.w, d.box(r, true, title, "", note, func(inside, h int) []string {
		if inside != w-2 { // too low for a border
			rows = broken(inside)
		}
		return rows[min(p.top, len(rows)):min(p.top+h, len(rows))]
	}))
}

// sentence is a text that is broken into rows, behind a label.
type sentence struct {
	token       themes.Token
	label, text string // text is not sanitised
}

// labelCells is the column of labels.
const labelCells = 13

// rows breaks the text into rows of w cells. loud says that the label is in the
// text's colour.
func (s sentence) rows(d *drawing, w int, loud bool) []string {
	l := &d.line
	var out []string
	first := true
	rest := render.Sanitize(s.text, 2000)
	labelCells := labelCells
	if w < 50 { // every cell counts
		labelCells = 10
	}
	room := max(w-labelCells-2, 8)
	for first || rest != "" {
		l.reset(w, d.theme.Palette())
		l.gap(1)
		label := ""
		if first {
			label = s.label
		}
		token := themes.Dim
		if loud {
			token = s.token
		}
		l.field(token, label, labelCells-1)
		l.gap(1)
		piece, more := breakAt(rest, room)
		l.text(s.token, piece)
		out = append(out, l.done())
		rest, first = more, false
	}
	return out
}

// breakAt cuts a text behind the last word that fits into some cells; a word
// that does not fit is cut through.
func breakAt(text render.Safe, cells int) (piece, rest render.Safe) {
	if render.Cells(text) <= cells {
		return text, ""
	}
	used, at, space := 0, 0, 0
	for i, r := range text {
		n := render.Cells(text[i : i+len(string(r))])
		if used+n > cells {
			break
		}
		used += n
		at = i + len(string(r))
		if r == ' ' {
			space = at
		}
	}
	if space > 0 {
		at = space
	}
	if at == 0 { // not even one character: never stand still
		return "", ""
	}
	return text[:at], text[at:]
}

// checks are the lines about a verdict.
func (p *messagePane) checks(d *drawing) []sentence {
	v := &p.verdict
	if p.message.Malformed() {
		return []sentence{
			{themes.Error, d.glyphs.invalid + " malformed", p.message.Problem.Reason()},
			{themes.Dim, "class", "none: what is no envelope has no signature to check; filters: is:malformed"},
		}
	}
	glyph, token := d.glyphs.class(v.Class()), classToken(v.Class())
	text := []sentence{
		{token, glyph + " " + v.Code.String(), v.Reason},
		{themes.Dim, "class", v.Class().String() + "; filters: sig:" + v.Code.String()},
	}
	if v.Signer != "" {
		who := sentence{themes.Text, "signer", v.Signer}
		if !v.SignerKnown() {
			who.text += "  (claimed)"
		}
		text = append(text, who)
	}
	for i, s := range v.Steps {
		result := s.Result.String()
		token := themes.Text
		switch s.Result {
		case crypto.StepNo:
			result, token = "NO", themes.SigInvalid
		case crypto.StepUnknown, crypto.StepNotReached, crypto.StepSkipped:
			token = themes.Dim
		}
		line := result
		if s.Note != "" {
			line = fmt.Sprintf("%-11s  %s", result, s.Note) // as wide as "not reached"
		}
		text = append(text, sentence{token, fmt.Sprintf("%d %s", i+1, s.Name), line})
	}
	if len(v.Tried) > 0 {
		text = append(text, sentence{themes.Dim, "tried", strings.Join(v.Tried, "; ")})
	}
	for _, r := range v.Repairs {
		text = append(text, sentence{themes.SigCaveat, "undone", r})
	}
	if p.late.Marks != 0 {
		text = append(text, sentence{themes.Mark, "changed", "this state is not the first: it changed when certificates or the revocation list did"})
	}
	switch {
	case v.Certificate != nil:
		text = append(text, sentence{token: themes.Dim, label: "scheme", text: "RSA with SHA-1 over the envelope as canonical JSON. The scheme is of 2012: SHA-1 no longer withstands " +
			"those who can choose both of two messages, and nobody here can choose what others sign"})
	case v.Code == crypto.BodyOnly, len(v.Steps) == 3 && v.Steps[1].Name == "signature":
		text = append(text, sentence{themes.Dim, "scheme", "GnuPG over the body alone: topic, id and time are not covered, and no routing policy applies"})
	}
	return text
}

// certificateText are the lines about a certificate.
func certificateText(c *crypto.CertificateFacts, now time.Time) []sentence {
	if c == nil {
		return []sentence{{themes.Dim, "", "the message carries no certificate that can be read"}}
	}
	const layout = "2006-01-02 15:04:05 MST"
	valid := sentence{themes.Text, "valid now", "yes, " + forDays(c.NotAfter.Sub(now))}
	switch {
	case now.Before(c.NotBefore):
		valid = sentence{themes.Warning, "valid now", "not yet"}
	case now.After(c.NotAfter):
		valid = sentence{themes.Warning, "valid now", "no: expired " + days(now.Sub(c.NotAfter)) + " ago"}
	}
	revoked := sentence{themes.Text, "revoked", "not known to be"}
	if !c.RevokedAt.IsZero() {
		revoked = sentence{themes.SigInvalid, "revoked", "since " + c.RevokedAt.UTC().Format(layout)}
	}
	return []sentence{
		{themes.Who, "common name", c.CommonName},
		{themes.Text, "issuer", c.Issuer},
		{themes.Number, "serial", c.Serial},
		{themes.Time, "not before", c.NotBefore.UTC().Format(layout)},
		{themes.Time, "not after", c.NotAfter.UTC().Format(layout)},
		valid, revoked,
		{themes.Number, "key", fmt.Sprintf("RSA, %d bits", c.KeyBits)},
		{themes.Text, "signed with", c.SignedWith},
		{themes.Dim, "SHA-256", c.SHA256},
	}
}

func forDays(d time.Duration) string { return "for " + days(d) }

// days is a long time in words.
func days(d time.Duration) string {
	switch n := int(d.Hours() / 24); {
	case n < 1:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	case n == 1:
		return "1 day"
	case n < 800:
		return fmt.Sprintf("%d days", n)
	default:
		return fmt.Sprintf("%d years", n/365)
	}
}

// classOrder is the order in which counts of classes are shown: problems first,
// so that they are never what there is no room for.
var classOrder = [...]crypto.Class{crypto.ClassInvalid, crypto.ClassDenied, crypto.ClassOK, crypto.ClassCaveat, crypto.ClassBroker,
	crypto.ClassNone, crypto.ClassUnknown, crypto.ClassPending}

// classCounts are how many messages of each class there are, as glyphs and
// numbers, behind a label; nothing when there are none. Where there is no room
// for all of them, it shows that some are missing.
func classCounts(l *line, g *glyphs, counts *[crypto.Classes]uint64) {
	some := false
	for i, class := range classOrder {
		n := counts[class]
		if n == 0 {
			continue
		}
		more := 0 // cells for a sign that there is more
		for _, other := range classOrder[i+1:] {
			if counts[other] > 0 {
				more = 2
			}
		}
		text := countText(n)
		need := len(text) + 2 + more
		if !some {
			need += len(" sig")
		}
		if l.room() < need {
			if some && l.room() >= 2 {
				l.put(themes.Dim, " "+g.ellipsis)
			}
			return
		}
		if !some {
			l.put(themes.Dim, " sig")
			some = true
		}
		l.gap(1)
		l.put(classToken(class), g.class(class)+text)
	}
}

// classCells is about how many cells classCounts takes.
func classCells(counts *[crypto.Classes]uint64) int {
	cells := 0
	for _, n := range counts {
		if n > 0 {
			cells += 2 + len(countText(n))
		}
	}
	if cells > 0 {
		cells += 5
	}
	return cells
}

func countText(n uint64) string {
	if n < 10_000 {
		return grouped(n)
	}
	return short(n)
}
