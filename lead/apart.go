package lead

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// How long a transaction of the intake may take. Where the database answers others
// meanwhile, its messages are tried apart.
const (
	groupPatience = 10 * time.Second // of messages that came together
	halfPatience  = 2 * time.Second  // of some of them
	alonePatience = 5 * time.Second  // of one
	allPatience   = 40 * time.Second // of all tries together
)

// A message that took too long alone is tried so often, for at least so long, as
// its sender sends it again; then it is refused for good. A try counts where other
// messages have been stored since the one before: else it may be that none can be.
const (
	triesAlone = 3
	triedFor   = time.Minute
)

// For so long nobody shares a transaction with those of whom a message took too
// long, and waits for them; of so many of them that is known, and so many requests
// with messages of theirs may wait.
const (
	apartFor  = 10 * time.Minute
	mostApart = 1_000
	apartMost = 100
)

// tooSlow are messages that took too long alone, and those whom they are about.
type tooSlow struct {
	mu     sync.Mutex
	by     map[string]trial
	stored time.Time // when messages were stored last
}

type trial struct {
	first, last time.Time
	times       int
}

// marks are what a message and those that it is about are known by.
func (m Message) marks() []string {
	marks := []string{"message " + m.ID}
	if m.UserID != "" {
		marks = append(marks, "user "+m.UserID)
	}
	if m.AnonymousID != "" {
		marks = append(marks, "visitor "+m.AnonymousID)
	}
	return marks
}

// among tells whether one of the messages is to be taken apart.
func (s *tooSlow) among(msgs []Message, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.by) > 0 && slices.ContainsFunc(msgs, func(m Message) bool {
		return slices.ContainsFunc(m.marks(), func(mark string) bool {
			t, known := s.by[mark]
			return known && now.Sub(t.last) < apartFor
		})
	})
}

// kept takes in that messages were stored.
func (s *tooSlow) kept(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored = now
}

// note takes in that a message took too long alone. It tells whether that was so
// often enough.
func (s *tooSlow) note(m Message, now time.Time) (enough bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string]trial{}
	}
	for mark, t := range s.by {
		if now.Sub(t.last) >= apartFor {
			delete(s.by, mark)
		}
	}
	for i, mark := range m.marks() {
		t, known := s.by[mark]
		if !known && len(s.by) >= mostApart {
			continue
		}
		if !known {
			t.first = now
		}
		if !known || !s.stored.Before(t.last) {
			t.times++
		}
		t.last = now
		s.by[mark] = t
		if i == 0 {
			enough = t.times >= triesAlone && now.Sub(t.first) >= triedFor
		}
	}
	return enough
}

// tookTooLong is what the sender of a message reads that took too long alone.
func (d *Desk) tookTooLong(ctx context.Context, m Message, now time.Time) error {
	const words = "the message takes too long to be stored"
	enough := d.slow.note(m, now)
	d.log.WarnContext(ctx, "a message takes too long to be stored", slog.String("message_id", m.ID), slog.Bool("refused", enough))
	if enough {
		return fmt.Errorf("%w: %s", ErrInvalid, words)
	}
	return fmt.Errorf("%w: %s", ErrUnavailable, words)
}

// answers tells whether the database does.
func (d *Desk) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return d.store.Ping(ctx) == nil
}
