package trust

import (
	"context"
	"slices"
	"time"
)

// WatchEvery is how often files are looked at. Looking is one stat each: it
// works on every file system, also on those that send no notices.
const WatchEvery = 2 * time.Second

// Watch looks again and again, until ctx ends, and calls changed in this
// goroutine when something is different: with true when there are other values
// to be had from Trust and Keyring, with false when only Problems says something
// else, as when a list goes out of date. It loads at once when nothing has been
// loaded yet.
func (s *Store) Watch(ctx context.Context, changed func(values bool)) {
	ticker := time.NewTicker(WatchEvery)
	defer ticker.Stop()
	var said []string
	for {
		values := s.Load(ctx)
		says := s.Problems()
		if ctx.Err() == nil && (values || !slices.Equal(said, says)) {
			said = says
			changed(values)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
