package lead

import (
	"context"
	"fmt"
	"math"
	"time"
)

// MostMonths bounds for how many months activities can be asked to be kept.
const MostMonths = 1200

// Dropped is how many activities were dropped: whole months at once, and rows
// one by one.
type Dropped struct{ Months, Rows int }

// Lengths of months, in days: months in a row may fall short of their mean
// length by no more than shortMonths together (those that end with February).
const (
	meanMonth   = 365.2425 / 12
	shortMonths = 3
)

// LeastMonths is for how many whole months activities have to be kept so that
// dropping what is older changes no score that is derived again by this agreement
// by a hundredth of a point: a lead's engagement then has faded, and nothing
// that the criteria look back at lies so far back. False: nothing fades by this
// agreement, so that all are needed for ever.
func (r *Rules) LeastMonths() (int, bool) {
	days, ok := r.Scorer.MemoryDays()
	if !ok {
		return 0, false
	}
	c := r.Criteria
	days = max(days, c.CoolIdleDays, c.CountOnceDays, c.HandRaiseDays)
	return int(math.Ceil((days + shortMonths) / meanMonth)), true
}

// CheckMonths refuses (ErrConflict) to keep activities for so many months only;
// 0 keeps all of them.
func (r *Rules) CheckMonths(months int) error {
	if months == 0 {
		return nil
	}
	least, ok := r.LeastMonths()
	switch {
	case !ok:
		return conflict("got %d, want 0 (keep all): by the agreement in force (version %d) points never decay, so that every score needs all activities", months, r.Version)
	case least > MostMonths:
		return conflict("got %d, want 0 (keep all): the agreement in force (version %d) remembers activities for more than %d months", months, r.Version, MostMonths)
	case months < least:
		return conflict("got %d, want 0 (keep all) or at least %d: by the agreement in force (version %d) what is younger can still count", months, least, r.Version)
	}
	return nil
}

// DropActivities drops what was received more than that many whole months ago;
// 0 drops nothing. Where the agreement in force needs them longer it is
// ErrConflict and nothing is dropped. Message ids stay: a message of then is
// still known.
func (d *Desk) DropActivities(ctx context.Context, now time.Time, months int) (Dropped, error) {
	if months <= 0 {
		return Dropped{}, nil
	}
	rules, err := d.store.Rules(ctx)
	if err != nil {
		return Dropped{}, err
	}
	if err := rules.CheckMonths(months); err != nil {
		return Dropped{}, fmt.Errorf("old activities are kept: months of them: %w", err)
	}
	return d.store.DropActivities(ctx, now, months)
}
