package trust

import (
	"context"
	"time"
)

// WatchEvery is how often files are looked at. Looking is one stat each: it
// works on every file system, also on those that send no notices.
const WatchEvery = 2 * time.Second

// Watch looks again and again, until ctx ends, and calls changed in this
// goroutine when something is different. It loads at once when nothing has
// been loaded yet.
func (s *Store) Watch(ctx context.Context, changed func()) {
	ticker := time.NewTicker(WatchEvery)
	defer ticker.Stop()
	for {
		if s.Load(ctx) && ctx.Err() == nil {
			changed()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
