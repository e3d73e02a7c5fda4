package lead

import (
	"context"
	"time"
)

// TimeAway is a time in which somebody is or will be away.
type TimeAway struct {
	ID          string    // of the leave; of the person where it was not planned
	From, Until time.Time // From is zero for one that was not planned: it has begun
}

// Begun tells whether they are away by then.
func (a TimeAway) Begun(now time.Time) bool { return !a.From.After(now) }

// TimesAway are a person's that are not over: the one without a plan, then the
// planned ones, the earliest first.
func (u User) TimesAway(now time.Time) []TimeAway {
	var out []TimeAway
	if u.AwayUntil.After(now) {
		out = append(out, TimeAway{ID: u.ID, Until: u.AwayUntil})
	}
	for _, l := range u.Leaves {
		if l.Until.After(now) {
			out = append(out, TimeAway(l))
		}
	}
	return out
}

// EndAbsence ends one of a person's absences, or takes back one that has not begun;
// one that is not there is ErrNotFound.
func (d *Desk) EndAbsence(ctx context.Context, id, absence string, by Actor, now time.Time) error {
	if absence != id {
		return d.DropLeave(ctx, id, absence, by, now)
	}
	_, _, err := d.SetAway(ctx, id, time.Time{}, by, now)
	return err
}
