package render

import (
	"bytes"
	"strconv"
	"strings"

	"fedmsg-tui/bus"
)

// Summary is a message in a few words.
type Summary struct {
	Who  Safe // the person or service that acted
	What Safe // what happened to what
}

// SummaryOf summarises a scanned message, each part in at most maxCells cells.
//
// One rule serves all services. Who is the best of the keys that name people,
// wherever they are; only if there is none, the Unix user of the publisher.
// What is the thing (a build, a package, a project, a page), the last words of
// the topic, the state the thing has got, and what somebody wrote about it.
func SummaryOf(m *bus.Message, maxCells int) Summary {
	var buffer [512]byte
	who, what := AppendParts(buffer[:0:256], buffer[256:256], m, maxCells, maxCells)
	return Summary{Who: Safe(who), What: Safe(what)}
}

// AppendSummary appends both parts as one line of at most maxCells cells.
func AppendSummary(dst []byte, m *bus.Message, maxCells int) []byte {
	var buffer [1024]byte
	who, what := appendRaw(buffer[:0:256], buffer[256:256], m)
	if len(who) > 0 && len(what) > 0 {
		who = append(who, ' ')
	}
	dst, _ = AppendSafe(dst, append(who, what...), maxCells)
	return dst
}

// AppendParts appends who to one buffer and what to another: a row has a column
// for each.
func AppendParts(who, what []byte, m *bus.Message, whoCells, whatCells int) (whoOut, whatOut []byte) {
	var buffer [1024]byte
	rawWho, rawWhat := appendRaw(buffer[:0:256], buffer[256:256], m)
	who, _ = AppendSafe(who, rawWho, whoCells)
	what, _ = AppendSafe(what, rawWhat, whatCells)
	return who, what
}

// factBytes bounds each part of a summary.
const factBytes = 240

// identitySuffixes are what identity providers put behind a user's name.
var identitySuffixes = []string{".id.fedoraproject.org", "@fedoraproject.org", "@debian.org"}

// appendRaw appends both parts as they came, not yet safe.
func appendRaw(who, what []byte, m *bus.Message) (whoOut, whatOut []byte) {
	envelope := m.Envelope()
	if m.Malformed() {
		return who, append(append(what, "malformed: "...), m.Problem.Reason()...)
	}
	var f facts
	if m.Head.Has(bus.FieldMsg) {
		f = gather(envelope, int(m.Head.MsgStart), int(m.Head.MsgEnd))
	}
	if best := f.best[aspectWho]; best.known() {
		var name [factBytes]byte
		who = appendWho(who, best.text(name[:0], envelope, factBytes))
	} else if m.Head.Has(bus.FieldUsername) {
		who = append(who, m.Username()...)
	}
	return who, f.appendWhat(what, envelope, bus.SplitTopic(string(m.Topic())).Short)
}

// appendWho appends a name, of an identity only the user's part.
func appendWho(dst, name []byte) []byte {
	if i := bytes.Index(name, []byte("://")); i >= 0 {
		name = bytes.TrimRight(name[i+3:], "/")
		if slash := bytes.LastIndexByte(name, '/'); slash >= 0 {
			name = name[slash+1:]
		}
	}
	for _, suffix := range identitySuffixes {
		if short, ok := bytes.CutSuffix(name, []byte(suffix)); ok && len(short) > 0 {
			name = short
		}
	}
	return append(dst, name...)
}

// buildStates are the numbers that koji gives the states of a build
// (koji/__init__.py, BUILD_STATES), in words that say what happened.
var buildStates = [...]string{"started", "complete", "deleted", "failed", "cancelled"}

func (f *facts) appendWhat(dst, envelope []byte, topic string) []byte {
	start := len(dst)
	thing := f.best[aspectThing]
	if thing.known() {
		dst = thing.text(dst, envelope, factBytes)
		if f.nvr[0].known() {
			dst = f.nvr[1].text(append(dst, '-'), envelope, factBytes)
			dst = f.nvr[2].text(append(dst, '-'), envelope, factBytes)
		}
	}
	if number := f.best[aspectNumber]; number.known() {
		dst = number.text(append(dst, '#'), envelope, factBytes)
	}
	if thing.known() && f.more > 0 {
		dst = append(dst, " +"...)
		dst = strconv.AppendInt(dst, int64(f.more), 10)
	}
	if detail := f.best[aspectDetail]; detail.known() && !inTopic(topic, f.raw(detail)) {
		if len(dst) == start {
			dst = detail.text(dst, envelope, factBytes)
		} else {
			dst = detail.text(append(dst, " ("...), envelope, factBytes)
			dst = append(dst, ')')
		}
	}
	state := f.state(envelope)
	dst = appendAction(dst, start, topic, state)
	if quote := f.best[aspectQuote]; quote.known() {
		var text [factBytes]byte
		said := firstLine(quote.text(text[:0], envelope, factBytes))
		if len(said) > 0 && !bytes.Contains(dst[start:], said) {
			if len(dst) > start {
				dst = append(dst, ": "...)
			}
			dst = append(dst, said...)
		}
	}
	return dst
}

// state is the state in a word, or "".
func (f *facts) state(envelope []byte) string {
	best := f.best[aspectState]
	if !best.known() {
		return ""
	}
	text := string(best.text(nil, envelope, 40))
	if !best.number {
		return text
	}
	if f.build && len(text) == 1 && int(text[0]-'0') < len(buildStates) {
		return buildStates[text[0]-'0']
	}
	return "" // a number that means something else for every service
}

// appendAction appends the words of the topic behind the service, without those
// that only say that a state changed if the state is told, then the state.
func appendAction(dst []byte, start int, topic, state string) []byte {
	_, words, ok := strings.Cut(topic, ".")
	if !ok {
		words = topic
	}
	if state != "" {
		words = strings.TrimSuffix(strings.TrimSuffix(words, "state.change"), "status.change")
		words = strings.TrimRight(words, ".")
	}
	for word := range strings.SplitSeq(words, ".") {
		if word != "" {
			dst = append(appendGap(dst, start), word...)
		}
	}
	if state != "" && !strings.HasSuffix(strings.ToLower(words), strings.ToLower(state)) {
		dst = append(appendGap(dst, start), state...)
	}
	return dst
}

// appendGap appends a space, unless nothing has been written since start.
func appendGap(dst []byte, start int) []byte {
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	return dst
}

// inTopic reports whether a word is one of the segments of a topic.
func inTopic(topic string, word []byte) bool {
	for segment := range strings.SplitSeq(topic, ".") {
		if segment == string(word) {
			return true
		}
	}
	return false
}

// firstLine is the first line of a text that has anything in it.
func firstLine(text []byte) []byte {
	text = bytes.TrimLeft(text, " \t\r\n")
	if end := bytes.IndexAny(text, "\r\n"); end >= 0 {
		text = text[:end]
	}
	return bytes.TrimRight(text, " \t")
}
