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
	LeaveNoted Deed = "person.leave"
	LeaveEnded Deed = "person.leave-off"
)

// CauseAway: what a rep had claimed went back to the board when they left for a while.
const CauseAway = "its rep is away"

// Manages tells whether the person is a manager of one of the other's teams. A
// manager without a team manages everybody.
func (u User) Manages(other User) bool {
	return u.Role == Manager && u.Active() && (len(u.Teams) == 0 || slices.ContainsFunc(other.Teams, u.In))
}

// Leave is a time in which somebody will be, is or was away, as it was planned.
type Leave struct {
	ID          string
	From, Until time.Time // from the one on, and there again at the other
}

// mostLeaves bounds how many of somebody's are kept that are not over.
const mostLeaves = 50

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

// HomeZone is the zone of a person's days: that of their first team that is not
// disabled, else the company's.
func (r *Rules) HomeZone(book *Book, u User) *time.Location {
	return r.CalendarOf(book.FirstTeam(u)).Zone()
}

// SetAway notes until when a rep is away (zero: not), on their own behalf or their
// manager's, or as a program or the command line says. What they have claimed and not decided goes back to the board
// at once; how many leads that were is returned.
func (d *Desk) SetAway(ctx context.Context, id string, until time.Time, by Actor, now time.Time) (User, int, error) {
	u, err := d.mayGo(ctx, id, by, until.IsZero())
	if err != nil {
		return u, 0, err
	}
	if err := d.store.SetAway(ctx, by, u.ID, until, now); err != nil {
		return u, 0, err
	}
	u, n, err := d.gone(ctx, u.ID, now)
	return u, n, err
}

// GoAway is SetAway from now on until the beginning of a day (YYYY-MM-DD, in a zone).
func (d *Desk) GoAway(ctx context.Context, id, back string, zone *time.Location, by Actor, now time.Time) (User, int, error) {
	u, err := d.mayGo(ctx, id, by, false)
	if err != nil {
		return u, 0, err
	}
	until, err := BackOn(back, zone, now)
	if err == nil && until.IsZero() {
		err = invalid("back", "name the first day back")
	}
	if err != nil {
		return u, 0, err
	}
	return d.SetAway(ctx, u.ID, until, by, now)
}

// mayGo reads a rep whom somebody may say to be away, or anybody whom they, or an
// administrator, may say to be back: they may have been a rep when they left.
func (d *Desk) mayGo(ctx context.Context, id string, by Actor, back bool) (User, error) {
	u, err := d.store.User(ctx, id)
	switch {
	case err != nil:
		return u, err
	case by.Kind != ByKey && by.Kind != ByOperator && (by.Kind != ByPerson || by.ID != u.ID && !by.User.Manages(u) && (!back || by.User.Role != Admin)):
		return u, forbidden("only the person, or a manager of their team, may do this")
	case u.Role != Rep && !back:
		return u, conflict("only reps hold leads: nobody waits for %s", u.Name)
	case !u.Active():
		return u, conflict("%s is disabled", u.Name)
	}
	return u, nil
}

// gone lets go of what a rep claimed, where they are away now.
func (d *Desk) gone(ctx context.Context, id string, now time.Time) (User, int, error) {
	u, err := d.store.User(ctx, id)
	if err != nil || u.There(now) {
		return u, 0, err
	}
	n, err := d.LetGo(ctx, u.ID, now)
	if err != nil {
		return u, 0, fmt.Errorf("%s is away, but what they claimed is still theirs (do it again): %w", u.Name, err)
	}
	return u, n, nil
}

// PlanLeave notes that a rep will be away from the beginning of a day until that
// of their first day back (YYYY-MM-DD, in a zone). What they claimed goes back to
// the board when it begins: the sweep sees to that. It returns what was noted.
func (d *Desk) PlanLeave(ctx context.Context, id, first, back string, zone *time.Location, by Actor, now time.Time) (Leave, error) {
	u, err := d.mayGo(ctx, id, by, false)
	if err != nil {
		return Leave{}, err
	}
	date, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return Leave{}, invalid("from", "%q is not a day as YYYY-MM-DD", clip(first, 40))
	}
	l := Leave{From: DayBegins(date.Year(), date.Month(), date.Day(), zone).UTC()}
	if now.Sub(l.From) > maxAway {
		return l, invalid("from", "%s is more than a year ago", first)
	}
	if back == "" {
		return l, invalid("back", "name the first day back")
	}
	if l.Until, err = BackOn(back, zone, now); err != nil {
		return l, err
	}
	ahead := 0
	for _, other := range u.Leaves {
		if other.Until.After(now) {
			ahead++
		}
	}
	switch {
	case !l.Until.After(l.From):
		return l, invalid("back", "the first day back is after the first day away")
	case ahead >= mostLeaves:
		return l, conflict("%d times away are planned already: take one back first", ahead)
	}
	if l.ID, err = d.store.AddLeave(ctx, by, u.ID, l, now); err != nil {
		return l, err
	}
	_, _, err = d.gone(ctx, u.ID, now)
	return l, err
}

// DropLeave takes a planned time away back; one that is not there is ErrNotFound.
func (d *Desk) DropLeave(ctx context.Context, id, leave string, by Actor, now time.Time) error {
	u, err := d.mayGo(ctx, id, by, true)
	if err != nil {
		return err
	}
	return d.store.DropLeave(ctx, by, u.ID, leave, now)
}
