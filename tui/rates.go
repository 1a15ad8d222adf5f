package tui

import (
	"time"

	"fedmsg-tui/bus/history"
)

// rates are the numbers of the header that are taken once a second.
type rates struct {
	last     time.Time
	received uint64
	now      float64
	spark    [32]float32
}

// due reports whether a second has passed. Rates of shorter times would jump.
func (r *rates) due(now time.Time) bool { return now.Sub(r.last) >= time.Second }

// sample takes the rate and returns the seconds since it was taken last.
func (r *rates) sample(now time.Time, counts history.Counts) float64 {
	seconds := now.Sub(r.last).Seconds()
	first := r.last.IsZero()
	r.last = now
	if first {
		r.received = counts.Received
		return 0
	}
	r.now = float64(counts.Received-r.received) / seconds
	r.received = counts.Received
	copy(r.spark[:], r.spark[1:])
	r.spark[len(r.spark)-1] = float32(r.now)
	return seconds
}
