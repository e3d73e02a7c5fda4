package handlers

import (
	"sync"
	"time"
)

// turns lets one of many have a turn, now and then. What has passed is told by
// the monotonic clock: the time of day may be corrected meanwhile.
type turns struct {
	mu   sync.Mutex
	last time.Time
}

// turn tells whether it is the caller's, the last one's being long enough ago.
func (t *turns) turn(every time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.last.IsZero() && time.Since(t.last) < every {
		return false
	}
	t.last = time.Now()
	return true
}
