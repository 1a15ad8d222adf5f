package demo

// perform makes the message of a turn.
func (s *Script) perform(t turn) Emission {
	switch t.kind {
	case turnBurst:
		s.solo.recast()
		return s.play(&s.rebuild[s.dice.below(len(s.rebuild))], s.solo)
	case turnSpecial:
		sp := s.specials[t.which]
		p, frames := sp.make(s)
		return emission(p, frames, sp.kind)
	case turnAct:
		return s.happen(act(t.which))
	}
	return s.everyday()
}

// everyday goes on with a story, or has somebody speak up who is in none.
func (s *Script) everyday() Emission {
	roll := s.dice.below(100)
	if roll < 3 {
		return s.play(&s.beats[0], s.solo)
	}
	if roll < 74 {
		tale := &s.running[s.dice.below(len(s.running))]
		st := &tale.steps[0]
		if st.process.socket != s.quiet {
			e := s.play(st, tale.scene)
			if st.process.socket != SocketCopr { // which may be away when it is wanted
				s.last = toldOne{st.process, e.Frames}
			}
			if tale.steps = tale.steps[1:]; len(tale.steps) == 0 {
				*tale = s.newTale()
			}
			return e
		}
	}
	st := s.someone()
	s.solo.recast()
	return s.play(st, s.solo)
}

// someone is a step of the ambience whose socket is there.
func (s *Script) someone() *step {
	for {
		if st := &s.ambience[s.dice.below(len(s.ambience))]; st.process.socket != s.quiet {
			return st
		}
	}
}

func (s *Script) play(st *step, sc *scene) Emission {
	how := signAffordable
	if st.kind == KindBurst {
		how = signNever
	}
	return emission(st.process, s.frames(st.topic, s.write(st, sc, how)), st.kind)
}

func emission(p *process, frames [][]byte, kind Kind) Emission {
	return Emission{Service: p.name, Socket: p.socket, Frames: frames, Kind: kind}
}

// happen does what the schedule says, and returns the message by which it
// can be noticed.
func (s *Script) happen(a act) Emission {
	switch a {
	case actGapFilled:
		return s.gap("koji", 4, KindGapFilled, func(int) bool { return true })
	case actGapPartly:
		return s.gap("bodhi", 9, KindGapPartly, func(n int) bool { return n != 4 && n != 7 })
	case actGapLost:
		return s.gap("debmessenger", 5, KindGapLost, func(int) bool { return false })
	case actRestart:
		s.processes["pagure"].restart()
		return s.from("pagure", KindRestart)
	case actAway:
		e := s.from("copr", KindAway)
		e.ThenAway = awayLength
		s.quiet = e.Socket
		return e
	case actBack:
		s.quiet = ""
		for _, p := range s.processes {
			if p.socket == SocketCopr {
				p.restart()
			}
		}
		return s.from("copr", KindBack)
	}
	if s.tame {
		return s.everyday()
	}
	rare := rarities()[0]
	if a == actDeepest {
		rare = rarities()[1]
	}
	p, frames := rare.make(s)
	return emission(p, frames, rare.kind)
}

// gap lets a service lose n messages, of which its store keeps some, and then
// be heard again.
func (s *Script) gap(service string, n int, kind Kind, keeps func(n int) bool) Emission {
	for i := range n {
		lost := s.from(service, kind)
		if p := s.processes[service]; keeps(i) {
			s.withheld.keep(service, p.seq, lost.Frames[1])
		}
	}
	return s.from(service, kind)
}

// from is a message of a service that stands alone.
func (s *Script) from(service string, kind Kind) Emission {
	s.solo.recast()
	steps := s.alone[service]
	e := s.play(&steps[s.dice.below(len(steps))], s.solo)
	e.Kind = kind
	return e
}

// told is a message of a story that was sent not long ago; before there is one,
// a fresh one.
func (s *Script) told() (*process, [][]byte) {
	if s.last.process == nil {
		return s.stray()
	}
	return s.last.process, s.last.frames
}

// stray is a fresh message of the ambience, to be changed by the caller. Its
// publisher does not number its messages, because a number that cannot be read
// any more would be one more gap.
func (s *Script) stray() (*process, [][]byte) {
	return s.strayOf(signAffordable, func(p *process) bool { return true })
}

// vouched is a stray message whose signature is good, if this script has any.
func (s *Script) vouched() (*process, [][]byte) {
	return s.strayOf(signAlways, func(p *process) bool {
		return s.authority == nil || s.authority.lasting(p.name)
	})
}

func (s *Script) strayOf(how signing, fits func(*process) bool) (*process, [][]byte) {
	st := s.someone()
	for st.process.sequence || !fits(st.process) {
		st = s.someone()
	}
	s.solo.recast()
	return st.process, s.frames(st.topic, s.write(st, s.solo, how))
}
