package demo

import (
	"math"
	"time"
)

// act is something that happens at a fixed time of each loop.
type act int

const (
	actGapFilled act = iota
	actRestart
	actGapPartly
	actLargest
	actGapLost
	actAway
	actBack
	actDeepest
)

// schedule is when in a loop which act happens.
var schedule = []struct {
	at  time.Duration
	act act
}{
	{20 * time.Second, actGapFilled},
	{35 * time.Second, actRestart},
	{50 * time.Second, actGapPartly},
	{90 * time.Second, actLargest},
	{100 * time.Second, actGapLost},
	{110 * time.Second, actAway},
	{110*time.Second + awayLength + returnGrace, actBack},
	{140 * time.Second, actDeepest},
}

const (
	burstAt     = 65 * time.Second
	burstLength = 5 * time.Second
	burstFactor = 125
	burstLimit  = 5000 // per second

	awayLength = 10 * time.Second
	// returnGrace is how long a socket that is back has nothing to send, so that
	// those who reconnect within a second or so miss nothing.
	returnGrace = 3 * time.Second

	// Each special is one of so many messages of everyday traffic: the rate
	// decides, within these bounds.
	everydayLeast = 4
	everydayMost  = 100
	// everydayLength is the part of a loop that has everyday traffic.
	everydayLength = LoopLength - burstLength
)

type turnKind int

const (
	turnEveryday turnKind = iota
	turnBurst
	turnSpecial
	turnAct
)

// turn is the place of one message in the script.
type turn struct {
	kind  turnKind
	at    time.Duration // script time from which the message may be sent
	width time.Duration // how long after that; never 0
	which int           // number of the special, or the act
}

// plan decides how much happens when, and nothing about what is said. It works
// in turns of 1/rate, so the rate is exact over any time; there is one message
// in each.
type plan struct {
	rate    float64 // per second, of everyday traffic
	tame    bool
	variety int           // how many specials there are
	at      time.Duration // script time of the next turn
	loop    time.Duration // script time at which the loop began
	stretch float64       // of the times in this loop; 1, but for low rates
	nextAct int           // in schedule
	// burstEnd is the script time at which the burst of this loop ends; 0 before
	// it began.
	burstEnd time.Duration
	special  int // the next special
	since    int // turns of everyday traffic since the last special
	between  int // of so many turns one is special
}

func newPlan(rate float64, tame bool, variety int) plan {
	p := plan{rate: rate, tame: tame, variety: variety}
	p.begin(0)
	return p
}

// maxRate keeps a turn longer than its shortest measure.
const maxRate = 1e8

// setRate takes effect at script time now. What is left of the turn that is
// under way is given up: at low rates it could be minutes.
func (p *plan) setRate(rate float64, now time.Duration) {
	if rate > 0 {
		p.rate, p.at = min(rate, maxRate), now
		p.space()
	}
}

// begin starts a loop at script time at. At low rates it is stretched until all
// specials fit in, with some everyday traffic around each.
func (p *plan) begin(at time.Duration) {
	p.rate = min(p.rate, maxRate)
	p.loop = at
	least := everydayLeast*p.variety + len(schedule)
	p.stretch = max(1, float64(least)/(p.rate*everydayLength.Seconds()))
	p.nextAct = 0
	p.burstEnd = 0
	p.space()
}

// space spreads the specials over the loop.
func (p *plan) space() {
	// The conversion keeps a machine from fusing the two operations, which could
	// round otherwise than on others.
	turns := float64(p.rate*p.stretch*everydayLength.Seconds()) - float64(len(schedule))
	p.between = int(min(max(turns/float64(p.variety), everydayLeast), everydayMost))
}

func (p *plan) stretched(d time.Duration) time.Duration {
	return p.loop + time.Duration(float64(d)*p.stretch)
}

func (p *plan) next() turn {
	if p.at >= p.stretched(LoopLength) {
		p.begin(p.at)
	}
	t := turn{kind: turnEveryday, at: p.at}
	rate := p.rate
	if p.burstEnd == 0 && p.at >= p.stretched(burstAt) {
		p.burstEnd = p.at + burstLength
	}
	switch {
	case p.at < p.burstEnd:
		t.kind = turnBurst
		rate = max(rate, min(rate*burstFactor, burstLimit))
	case p.nextAct < len(schedule) && p.at >= p.stretched(schedule[p.nextAct].at):
		t.kind, t.which = turnAct, int(schedule[p.nextAct].act)
		p.nextAct++
	default:
		p.since++
		if !p.tame && p.since >= p.between {
			p.since = 0
			t.kind, t.which = turnSpecial, p.special
			p.special = (p.special + 1) % p.variety
		}
	}
	t.width = time.Duration(math.Max(1, float64(time.Second)/rate))
	p.at += t.width
	return t
}
