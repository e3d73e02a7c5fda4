package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// clockCalendar is the calendar that a clock runs by, or ran: its team's (the lead's
// where the clock does not say), or the one of its day. Where none has its fingerprint
// any more, it is one that makes of the clock what was recorded.
func (sc scene) clockCalendar(c lead.Clock, team string) *sla.Calendar {
	is := sc.rules.CalendarOf(sc.book.Team(cmp.Or(c.TeamID, team)))
	if c.Hours() == is.Print() {
		return is
	}
	if was := sc.hours(c); was != nil && (c.Hours() == was.Print() || !c.RanBy(is)) {
		return was
	}
	return is
}

// hoursOf is the calendar by which a clock ran as far as another one than its team's
// tells: that of the agreement that was in force, or one that a team had; nil where
// neither is known.
func (s *server) hoursOf(ctx context.Context, c lead.Clock) *sla.Calendar {
	var signed *sla.Calendar
	if c.Agreement > 0 {
		signed = s.remembered(ctx, fmt.Sprint("agreement ", c.Agreement), func() (*sla.Calendar, error) {
			version, err := s.Store.Agreement(ctx, c.Agreement)
			if err != nil {
				return nil, err
			}
			a, err := lead.ParseAgreement(version.Body)
			return a.SLA.Calendar, err
		})
		if signed != nil && c.Hours() == signed.Print() {
			return signed
		}
	}
	if print := c.Hours(); print != "" {
		was := s.remembered(ctx, "hours "+print, func() (*sla.Calendar, error) { return s.Store.PastCalendar(ctx, print) })
		if was != nil {
			return was
		}
	}
	if signed != nil && c.RanBy(signed) {
		return signed
	}
	return nil
}

// pastHours is a calendar that never changes; or nil, which was so until a moment.
type pastHours struct {
	cal   *sla.Calendar
	until time.Time
}

// unknownFor is how long hours that nobody kept are not asked for again.
const unknownFor = time.Minute

// remembered reads a calendar that never changes, once; nil where it cannot be read, or
// is not kept.
func (s *server) remembered(ctx context.Context, name string, read func() (*sla.Calendar, error)) *sla.Calendar {
	now := s.Now()
	s.mu.Lock()
	was, known := s.hours[name]
	s.mu.Unlock()
	if known && (was.cal != nil || now.Before(was.until)) {
		return was.cal
	}
	cal, err := read()
	if err != nil && !errors.Is(err, lead.ErrNotFound) {
		s.Log.WarnContext(ctx, "hours of the past cannot be read", slog.String("which", name), slog.Any("error", err))
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hours[name] = pastHours{cal, now.Add(unknownFor)}
	return cal
}
