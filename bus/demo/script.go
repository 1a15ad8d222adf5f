package demo

import (
	"iter"
	"time"

	"fedmsg-tui/bus"
)

// DefaultRatePerSecond is the rate of a script that is not told another.
const DefaultRatePerSecond = 40

// LoopLength is the script time after which a script begins again, with fresh
// ids, other words, and counters that go on. Below two messages a second or so
// a loop takes longer, so that everything in it is still shown.
const LoopLength = 3 * time.Minute

// Options say what a script is made of. The zero value is a usable script.
type Options struct {
	// Seed chooses the words, the ids and the order of everything.
	Seed uint64
	// RatePerSecond is the rate of everyday traffic; 0 means
	// [DefaultRatePerSecond]. The burst comes on top: for 5 s in each loop, 125
	// times the rate, but no more than 5,000/s or than the rate itself where
	// that is higher.
	RatePerSecond float64
	// Start is the time at which the script begins. The zero value means a
	// fixed day, so that bytes can be compared.
	Start time.Time
	// Count ends the script after so many messages; 0 means never.
	Count uint64
	// Tame leaves out what is hostile, odd, duplicated or broken.
	Tame bool
	// Authority, when there is one, makes the services sign, and adds the
	// [SignatureKinds]. Otherwise nothing is signed. A tame script is the same
	// with it and without it but for the fields crypto, signature and
	// certificate.
	//
	// To stay as fast as it must be, a script signs at most 400 messages of
	// everyday traffic in a second of script time, and none of the burst: as if
	// the others came over a bridge that does not sign.
	Authority *Authority
}

// defaultStart is when a script begins that is not told: a Monday morning.
var defaultStart = time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC)

// Emission is one message of a script, and what happens around it.
type Emission struct {
	// At is the script time of the message: never less than that of the one
	// before.
	At time.Duration
	// Service is the publishing service, as in the first word of a
	// certificate's name: "koji", "bodhi", "scm".
	Service string
	// Socket is the publisher socket that sends it, one of [Sockets].
	Socket string
	// Frames is the message. It shares no memory with any other emission.
	Frames [][]byte
	// Kind says what it shows.
	Kind Kind
	// ThenAway is how long the socket goes away once this message has left; 0
	// for nearly all messages. The script sends nothing to it in that time, and
	// for 3 s longer.
	ThenAway time.Duration
}

// Message is the emission as a source delivers it: not scanned yet.
func (e Emission) Message(source bus.SourceID, received time.Time) bus.Message {
	return bus.Message{Frames: e.Frames, Source: source, ReceivedUnixNano: received.UnixNano(), Origin: bus.Live}
}

// Script is a seeded stream of messages. But for Withheld, it is not safe for
// use by several goroutines at once.
type Script struct {
	dice  dice
	clock clock
	acts  counters
	plan  plan
	at    time.Duration // script time of the last message

	processes  map[string]*process
	plots      [][]step // a plot stands there as often as its weight says
	ambience   []step
	alone      map[string][]step // the ambience by service
	beats      []step
	rebuild    []step
	spoken     []step
	spokenNext int

	running []tale  // the stories being told
	solo    *scene  // of messages that stand alone
	last    toldOne // the last step of a story, for those who repeat it
	quiet   string  // the socket that is away, or ""

	tame     bool
	specials []special

	authority *Authority // nil: nothing is signed
	signing   budget

	left     uint64 // messages to come; only when counted
	counted  bool
	withheld *Withheld

	bodyText, idText, envelope []byte // room for the message being written
}

// tale is a plot being told, and where it is.
type tale struct {
	scene *scene
	steps []step
}

type toldOne struct {
	process *process
	frames  [][]byte
}

// maxRunning bounds the stories told at once.
const maxRunning = 48

// NewScript starts a script at its beginning.
func NewScript(opts Options) *Script {
	if opts.RatePerSecond <= 0 {
		opts.RatePerSecond = DefaultRatePerSecond
	}
	if opts.Start.IsZero() {
		opts.Start = defaultStart
	}
	s := &Script{
		dice: newDice(opts.Seed), clock: clock{start: opts.Start.UTC()}, acts: newCounters(),
		processes: make(map[string]*process), alone: make(map[string][]step),
		tame: opts.Tame, specials: specials(), authority: opts.Authority, left: opts.Count, counted: opts.Count > 0, withheld: newWithheld(),
	}
	if s.authority != nil {
		s.specials = signedSpecials()
	}
	for _, v := range services {
		p := &process{service: v, userJSON: `"` + inside(v.user) + `"`}
		if s.authority != nil {
			p.signer = s.authority.services[v.name]
		}
		if v.sequence {
			p.seq = uint64(4000 + s.dice.below(4000)) // the store is older than the script
		}
		s.processes[v.name] = p
	}
	for _, t := range stories {
		steps := mustSteps(t.steps, KindStory, s.processes)
		for range t.weight {
			s.plots = append(s.plots, steps)
		}
	}
	s.ambience = mustSteps(ambience, KindAmbience, s.processes)
	for _, st := range s.ambience {
		s.alone[st.process.name] = append(s.alone[st.process.name], st)
	}
	s.beats = mustSteps(heartbeat, KindHeartbeat, s.processes)
	s.rebuild = mustSteps(rebuild, KindBurst, s.processes)
	s.spoken = mustSteps(spoken, "", s.processes)
	s.solo = s.newScene()
	s.plan = newPlan(opts.RatePerSecond, opts.Tame, len(s.specials))
	for range min(max(int(opts.RatePerSecond/4), 4), maxRunning) {
		s.running = append(s.running, s.newTale())
	}
	return s
}

// Next is the next message, or false when there are no more.
func (s *Script) Next() (Emission, bool) {
	if s.counted {
		if s.left == 0 {
			return Emission{}, false
		}
		s.left--
	}
	turn := s.plan.next()
	at := turn.at + time.Duration(s.dice.below(int(turn.width)))
	s.clock.set(at)
	e := s.perform(turn)
	e.At, s.at = at, at
	return e, true
}

// All is every message to come.
func (s *Script) All() iter.Seq[Emission] {
	return func(yield func(Emission) bool) {
		for {
			e, ok := s.Next()
			if !ok || !yield(e) {
				return
			}
		}
	}
}

// SetRate changes the rate from the next message on; see
// [Options.RatePerSecond]. Rates that are not above 0 are ignored.
func (s *Script) SetRate(perSecond float64) { s.plan.setRate(perSecond, s.at) }

// Withheld is what publishers of this script numbered and stored, and nobody
// received: what a replay endpoint can still give.
func (s *Script) Withheld() *Withheld { return s.withheld }

func (s *Script) newScene() *scene {
	sc := &scene{dice: s.dice, clock: &s.clock, acts: &s.acts}
	sc.recast()
	return sc
}

func (s *Script) newTale() tale {
	return tale{s.newScene(), pick(s.dice, s.plots)}
}

// write fills a step and returns its envelope, good until the next one.
func (s *Script) write(st *step, sc *scene, how signing) []byte {
	d := s.filled(st, sc)
	d.signing = how
	return s.sealed(st.process, &d)
}

// filled is the draft of a step, whose body is good until the next one.
func (s *Script) filled(st *step, sc *scene) draft {
	sc.old, sc.new, sc.tag = st.old, st.new, st.tag
	d := s.draft(st.process, st.topic)
	d.body = st.body.fill(s.bodyText[:0], sc)
	s.bodyText = d.body[:0]
	return d
}

// draft begins a message of a publisher: counted, numbered and dated.
func (s *Script) draft(p *process, topic string) draft {
	p.i++
	id := append(s.idText[:0], s.clock.year...)
	id = s.dice.appendUUID(append(id, '-'))
	s.idText = id
	return draft{topic: topic, i: p.i, id: id, timestamp: s.clock.unix, user: p.userJSON}
}

// sealed is the envelope of a draft, signed and stored where the publisher does
// so. It is good until the next one.
func (s *Script) sealed(p *process, d *draft) []byte {
	if p.sequence {
		p.seq++
	}
	if p.signer != nil && s.signs(d.signing) {
		// What is too broken to be signed goes out as it is.
		_ = p.signer.seal(d, s.clock.now())
	}
	s.envelope = d.appendEnvelope(s.envelope[:0], p.seq)
	return s.envelope
}

func (s *Script) signs(how signing) bool {
	return how == signAlways || how == signAffordable && s.signing.take(s.clock.at)
}

// frames copies a message into memory of its own. Appending to a frame never
// reaches the next.
func (s *Script) frames(topic string, envelope []byte) [][]byte {
	text := make([]byte, 0, len(topic)+len(envelope))
	text = append(append(text, topic...), envelope...)
	return [][]byte{text[:len(topic):len(topic)], text[len(topic):len(text):len(text)]}
}
