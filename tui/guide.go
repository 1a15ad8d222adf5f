package tui

import "fmt"

// guide is the line that teaches the keys in the demo. Each step is done when
// the reader has called the action that it is about.
type guide struct {
	step  int
	steps []guideStep
}

type guideStep struct {
	action, text string
}

func newGuide() *guide {
	return &guide{steps: []guideStep{
		{"up", "this is a live bus. Press k (or the up arrow) to leave the newest message and look around"},
		{"open", "press enter to read the message under the cursor"},
		{"back", "press esc to return to the stream"},
		{"follow", "press G to follow the newest message again"},
		{"freeze", "press space to freeze the view; messages are still received. Once more lets it go on"},
		{"keep", "press i, then s, to keep only the service of this message"},
		{"filter-switch", "press F to switch that filter off, and F again to switch it on"},
		{"clear-filter", "press Z to remove the filter"},
		{"next-problem", "press e to go to a problem: a message that could not be read, or whose signature is not good"},
		{"signature", "press s to see how the signature was checked; c shows the certificate, esc closes it"},
		{"topics", "press 1 to go to the topics; x drops one, i keeps only it"},
		{"jump-topic", "press t and type a part of a topic to jump to it"},
		{"help", "press ? for all keys. That was the tour"},
	}}
}

func (g *guide) over() bool { return g.step >= len(g.steps) }

func (g *guide) done(action string) {
	if !g.over() && g.steps[g.step].action == action {
		g.step++
	}
}

func (g *guide) progress() string { return fmt.Sprintf("demo %d/%d:", g.step+1, len(g.steps)) }
func (g *guide) text() string     { return g.steps[g.step].text }
