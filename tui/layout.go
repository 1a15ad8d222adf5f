package tui

// rect is a part of the screen in cells.
type rect struct{ x, y, w, h int }

func (r rect) empty() bool { return r.w <= 0 || r.h <= 0 }

// paneID names a pane. Topics, stream and message have the digits 1 to 3.
type paneID uint8

const (
	paneTopics paneID = iota
	paneStream
	paneMessage
	paneSources
	paneEvents
	paneCount
)

var paneTitles = [paneCount]string{"Topics", "Stream", "Message", "Sources", "Events"}

// layoutMode is what L cycles through.
type layoutMode uint8

const (
	layoutAuto layoutMode = iota
	layoutStream
	layoutStreamMessage
	layoutAll
	layoutWide
	layoutModes
)

var layoutNames = [layoutModes]string{"auto", "stream only", "stream and message", "all", "wide"}

// layout says where each pane is; a pane without a place has an empty rect.
// Header and filter bar are the first two rows, status and keys the last two.
type layout struct {
	w, h   int
	panes  [paneCount]rect
	tabs   bool // one pane at a time: the header shows which
	status bool // the row above the keys is there
}

// Sizes at which the automatic layout changes.
const (
	narrowColumns = 60  // below: one pane at a time
	mediumColumns = 100 // below: stream over message
	wideColumns   = 160 // from here on: all side by side
	lowRows       = 15  // below: one pane at a time
	leastAll      = 70  // below, even who asks gets no topics beside the stream
	leastWide     = 120 // below, even who asks gets no message beside the stream
)

// arrange places the panes. focus matters where only one of them is visible,
// zoom where one is to fill everything. grow is by how many columns (rows) the
// reader has widened the left column (heightened the stream).
func arrange(w, h int, mode layoutMode, focus paneID, zoom bool, growX, growY int) layout {
	l := layout{w: w, h: h, status: h >= 8}
	bottom := 1
	if l.status {
		bottom = 2
	}
	body := rect{0, 2, w, max(h-2-bottom, 0)}
	if w < 20 || body.h < 3 {
		l.tabs = true
		l.panes[focus] = body
		return l
	}
	if mode == layoutAuto {
		switch {
		case w < narrowColumns || h < lowRows:
			l.tabs = true
			l.panes[focus] = body
			return l
		case w < mediumColumns:
			mode = layoutStreamMessage
		case w < wideColumns:
			mode = layoutAll
		default:
			mode = layoutWide
		}
	}
	if zoom {
		l.panes[focus] = body
		return l
	}
	// A layout that has been chosen, but for which there is no room, gives way
	// to the next smaller one.
	if mode == layoutWide && w < leastWide {
		mode = layoutAll
	}
	if mode == layoutAll && w < leastAll {
		mode = layoutStreamMessage
	}
	switch mode {
	case layoutStream:
		l.panes[paneStream] = body
	case layoutStreamMessage:
		l.split(body, growY)
	case layoutAll:
		left := clamp(w/3+growX, 24, w-40)
		l.panes[paneTopics] = rect{0, body.y, left, body.h}
		l.split(rect{left, body.y, w - left, body.h}, growY)
	case layoutWide:
		left := clamp(w/4+growX, 24, w-80)
		right := clamp(w*3/10, 40, w-left-40)
		middle := w - left - right
		low := clamp(body.h/5, 5, 10) // sources and events share a height
		if body.h < 24 {
			low = 0
		}
		l.panes[paneTopics] = rect{0, body.y, left, body.h - low}
		l.panes[paneStream] = rect{left, body.y, middle, body.h - low}
		l.panes[paneMessage] = rect{left + middle, body.y, right, body.h}
		if low > 0 {
			l.panes[paneSources] = rect{0, body.y + body.h - low, left, low}
			l.panes[paneEvents] = rect{left, body.y + body.h - low, middle, low}
		}
	}
	// A pane that has no place of its own opens as a drawer over the others.
	if l.panes[focus].empty() {
		l.panes[focus] = drawer(body, focus)
	}
	return l
}

// split puts the stream over the message.
func (l *layout) split(r rect, grow int) {
	top := clamp(r.h*11/20+grow, 5, max(r.h-5, 5))
	l.panes[paneStream] = rect{r.x, r.y, r.w, top}
	l.panes[paneMessage] = rect{r.x, r.y + top, r.w, r.h - top}
}

// drawer is where a pane opens that the layout has no place for: topics over
// the left half, sources and events over the lower half.
func drawer(body rect, pane paneID) rect {
	if pane == paneTopics {
		return rect{body.x, body.y, max(body.w/2, min(body.w, 40)), body.h}
	}
	h := max(body.h/2, min(body.h, 8))
	return rect{body.x, body.y + body.h - h, body.w, h}
}

func clamp(v, low, high int) int { return max(low, min(v, high)) }
