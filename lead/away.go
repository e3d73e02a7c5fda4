package lead

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// The acts of going away and coming back.
const (
	PersonAway Deed = "person.away"
	PersonBack Deed = "person.back"
)

// CauseAway: what a rep had claimed went back to the board when they left for a while.
const CauseAway = "its rep is away"

// Manages tells whether the person is a manager of one of the other's teams. A
// manager without a team manages everybody.
func (u User) Manages(other User) bool {
	return u.Role == Manager && u.Active() && (len(u.Teams) == 0 || slices.ContainsFunc(other.Teams, u.In))
}

// maxAway bounds how far ahead somebody may be away.
const maxAway = 366 * 24 * time.Hour

// BackOn is the beginning of the day (YYYY-MM-DD) on which somebody is there
// again, in a zone; "" is the zero time: they are there. Days that are over or
// more than a year away are refused.
func BackOn(day string, zone *time.Location, now time.Time) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return date, invalid("back", "%q is not a day as YYYY-MM-DD", clip(day, 40))
	}
	t := DayBegins(date.Year(), date.Month(), date.Day(), zone)
	switch {
	case !t.After(now):
		return t, invalid("back", "%s has begun already: name the first day back", day)
	case t.After(now.Add(maxAway)):
		return t, invalid("back", "%s is more than a year away", day)
	}
	return t.UTC(), nil
}

// SetAway notes until when a rep is away (zero: not), on their own behalf or
// their manager's. What they have claimed and not decided goes back to the board
// at once; how many leads that were is returned.
func (d *Desk) SetAway(ctx context.Context, id string, until time.Time, by Actor, now time.Time) (User, int, error) {
	u, err := d.store.User(ctx, id)
	switch {
	case err != nil:
		return u, 0, err
	case by.Kind != ByPerson || (by.ID != u.ID && !by.User.Manages(u)):
		return u, 0, forbidden("only the person, or a manager of their team, may do this")
	case u.Role != Rep:
		return u, 0, conflict("only reps hold leads: nobody waits for %s", u.Name)
	case !u.Active():
		return u, 0, conflict("%s is disabled", u.Name)
	}
	if err := d.store.SetAway(ctx, by, u.ID, until, now); err != nil {
		return u, 0, err
	}
	u.AwayUntil = until
	if u.There(now) {
		return u, 0, nil
	}
	n, err := d.LetGo(ctx, u.ID, now)
	if err != nil {
		return u, 0, fmt.Errorf("%s is away, but what they claimed is still theirs (do it again): %w", u.Name, err)
	}
	return u, n, nil
}
