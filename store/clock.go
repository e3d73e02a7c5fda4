package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hotleads/lead"
)

// Clock tells the time by the database's clock, so that all instances agree on
// what is due however wrong their own clocks are. Between two looks at it, it
// goes by what has passed since, which no correction of the machine's clock
// touches. SQLite has no clock but the process's, which a nil Clock is, too.
type Clock struct {
	s *Store

	mu   sync.Mutex
	said time.Time // by the database; zero: not asked yet
	at   time.Time // when it said so, with its monotonic part
}

// Clock is the database's clock. Set it before the first look, and now and then.
func (s *Store) Clock() *Clock { return &Clock{s: s} }

// Now is the time, in the precision that every store keeps.
func (c *Clock) Now() time.Time {
	if c == nil {
		return lead.Now()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.said.IsZero() {
		return lead.Now()
	}
	return c.said.Add(time.Since(c.at)).UTC().Truncate(time.Microsecond)
}

// Set asks the database for the time. What it says is as exact as its answer is
// quick: it is followed only where the answer shows that Now was wrong.
func (c *Clock) Set(ctx context.Context) error {
	if c.s.lite {
		return nil
	}
	asked := time.Now()
	var said time.Time
	if err := c.s.read.GetContext(ctx, &said, `SELECT clock_timestamp()`); err != nil {
		return fmt.Errorf("store: the time: %w", wrap(err))
	}
	half := time.Since(asked) / 2
	c.mu.Lock()
	defer c.mu.Unlock()
	at := asked.Add(half)
	if wrong := said.Sub(c.said.Add(at.Sub(c.at))); c.said.IsZero() || wrong.Abs() > half {
		c.said, c.at = said, at
	}
	return nil
}
