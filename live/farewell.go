package live

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Browsers that lose their streams together come back spread over window, or over a
// millisecond and a half for each where they are more, but mostSpread: each wants a
// snapshot at once.
const (
	retryLeast = time.Second
	window     = 2 * time.Second
	mostSpread = 10 * time.Second
)

// retry is the line that tells a browser when to come back, where n may do so.
func retry(n int) []byte {
	spread := min(max(window, time.Duration(n)*1500*time.Microsecond), mostSpread)
	return fmt.Appendf(nil, "retry: %d\n", (retryLeast + rand.N(spread)).Milliseconds()) //nolint:gosec // what spreads browsers need not be unknown to anybody
}

// farewell is the last event of a stream at the shutdown. It has a name and no
// data: EventSource takes the line about coming back in and tells nobody, and
// readers that look at whole events only (htmx's) take it in, too.
func (h *Hub) farewell() []byte {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return append(append([]byte("event: bye\n"), retry(h.leaving)...), '\n')
}
