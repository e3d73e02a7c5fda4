package handlers

import (
	"context"
	"log/slog"
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

// lull is a time in which something that failed is not tried again.
type lull struct {
	mu     sync.Mutex
	until  time.Time
	logged turns
}

func (l *lull) lasts() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Now().Before(l.until)
}

func (l *lull) begin(ctx context.Context, log *slog.Logger, err error) {
	l.mu.Lock()
	l.until = time.Now().Add(2 * time.Second)
	l.mu.Unlock()
	if l.logged.turn(time.Minute) {
		log.WarnContext(ctx, "requests are not limited: Redis does not count them", slog.Any("error", err))
	}
}
