package lead

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotleads/sla"
)

// The administrative acts on a team's backlog.
const (
	BacklogReleased Deed = "backlog.release"
	DripSet         Deed = "backlog.drip"
	DripStopped     Deed = "backlog.stop"
)

// Bounds of what is released from a backlog.
const (
	MaxReleased = 200  // leads in one step, which is one transaction
	MaxPerRep   = 1000 // leads a rep a day
)

// Drip is how a team's backlog goes to its board by itself: so many leads a rep
// each business day at the opening, and what is left of "release all". There is
// none where both are over.
type Drip struct {
	TeamID string
	PerRep int       // leads a business day for each rep who is there; 0: none
	NextAt time.Time // when the next are let go; zero where PerRep is 0
	SetBy  string    // id of the manager who set PerRep
	SetAt  time.Time
	LastAt time.Time // the last day's share
	LastN  int

	Pending   int    // leads to be released as fast as it goes
	PendingBy string // id of the manager whose release that is
}

// Release puts leads of a team's backlog on its board, at most MaxReleased: their
// clocks start now. Those that are not in it (any more), or are held back since,
// stay as they are. It returns how many were released.
//
// Only a manager of the team may: ErrForbidden; where the team is not theirs to
// see, ErrNotFound.
func (d *Desk) Release(ctx context.Context, team string, ids []string, by Actor, now time.Time) (int, error) {
	sc, t, err := d.backlogScene(ctx, team, by, now)
	if err != nil {
		return 0, err
	}
	if len(ids) == 0 || len(ids) > MaxReleased {
		return 0, invalid("lead", "choose between 1 and %d leads", MaxReleased)
	}
	var done []*Work
	err = d.store.Change(ctx, func(tx Tx) (err error) {
		if done, err = d.letGo(ctx, tx, sc, team, ids); err != nil || len(done) == 0 {
			return err
		}
		return tx.Record(ctx, Act{At: now, Actor: by, What: BacklogReleased, Subject: team, Detail: countLeads(len(done)) + " of " + t.Name})
	})
	if err != nil {
		return 0, err
	}
	d.announce(ctx, sc.Rules, now, done)
	return len(done), nil
}

// ReleaseAll lets go whatever is in a team's backlog now. The sweep does it, in
// steps, beginning at once. It returns how many leads that are. Refusals are
// those of Release, and ErrConflict where the backlog is empty.
func (d *Desk) ReleaseAll(ctx context.Context, team string, by Actor, now time.Time) (int, error) {
	_, t, err := d.backlogScene(ctx, team, by, now)
	if err != nil {
		return 0, err
	}
	n := 0
	err = d.store.Change(ctx, func(tx Tx) error {
		drip, err := tx.Drip(ctx, team)
		if err != nil {
			return err
		}
		if n, err = tx.CountBacklog(ctx, team); err != nil {
			return err
		}
		if n == 0 {
			return conflict("the backlog of %s is empty", t.Name)
		}
		drip.Pending, drip.PendingBy = n, by.ID
		if err := tx.SetDrip(ctx, drip); err != nil {
			return err
		}
		return tx.Record(ctx, Act{At: now, Actor: by, What: BacklogReleased, Subject: team, Detail: "all: " + countLeads(n) + " of " + t.Name})
	})
	return n, err
}

// StartDrip lets so many leads a rep go each business day of the team's calendar,
// at its opening, from the next one on, until the backlog is empty. Refusals are
// those of Release, and ErrInvalid for a number that is not 1 to MaxPerRep.
func (d *Desk) StartDrip(ctx context.Context, team string, perRep int, by Actor, now time.Time) error {
	sc, t, err := d.backlogScene(ctx, team, by, now)
	if err != nil {
		return err
	}
	if perRep < 1 || perRep > MaxPerRep {
		return invalid("per_rep", "say how many leads a rep a day: 1 to %d", MaxPerRep)
	}
	next, err := NextMorning(sc.Rules.CalendarOf(t), now)
	if err != nil {
		return conflict("the calendar of %s never opens", t.Name)
	}
	return d.store.Change(ctx, func(tx Tx) error {
		drip, err := tx.Drip(ctx, team)
		if err != nil {
			return err
		}
		if drip.LastAt.After(now) {
			next = drip.NextAt // a server whose clock is ahead has let today's go
		}
		drip.PerRep, drip.NextAt, drip.SetBy, drip.SetAt = perRep, next, by.ID, now
		if err := tx.SetDrip(ctx, drip); err != nil {
			return err
		}
		return tx.Record(ctx, Act{At: now, Actor: by, What: DripSet, Subject: team, Detail: fmt.Sprintf("%d a rep each business day, %s", perRep, t.Name)})
	})
}

// StopDrip ends it, what is left of "release all" included. Where there is none
// it changes nothing. Refusals are those of Release.
func (d *Desk) StopDrip(ctx context.Context, team string, by Actor, now time.Time) error {
	_, t, err := d.backlogScene(ctx, team, by, now)
	if err != nil {
		return err
	}
	return d.store.Change(ctx, func(tx Tx) error {
		drip, err := tx.Drip(ctx, team)
		if err != nil || (drip.PerRep == 0 && drip.Pending == 0) {
			return err
		}
		if err := tx.SetDrip(ctx, Drip{TeamID: team}); err != nil {
			return err
		}
		return tx.Record(ctx, Act{At: now, Actor: by, What: DripStopped, Subject: team, Detail: t.Name})
	})
}

// backlogScene is the scene of an act on a team's backlog, by whom may act on it.
func (d *Desk) backlogScene(ctx context.Context, team string, by Actor, now time.Time) (Scene, *Team, error) {
	sc, err := d.scene(ctx, by, now)
	if err != nil {
		return sc, nil, err
	}
	t := sc.Book.Team(team)
	switch {
	case t == nil || !t.DisabledAt.IsZero() || (by.Kind == ByPerson && !by.User.Sees(team)):
		return sc, nil, NotFound("the team " + team)
	case by.Kind != ByPerson || by.User.Role != Manager:
		return sc, nil, forbidden("only a manager of the team releases its backlog")
	}
	return sc, t, nil
}

// letGo releases those of the leads that are in the team's backlog, within a
// transaction, as the scene's actor. Who is held back by now is noted as such.
func (d *Desk) letGo(ctx context.Context, tx Tx, sc Scene, team string, ids []string) (done []*Work, err error) {
	works, err := tx.Lock(ctx, ids)
	if err != nil {
		return nil, err
	}
	var changed []*Work
	for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		w := works[id]
		if w == nil || w.Lead.MergedInto != "" || w.Lead.Stage != Nurture || !w.Lead.Backlog || w.Lead.TeamID != team {
			continue
		}
		w.Begin()
		if err := d.upgrade(ctx, tx, sc, w); err != nil {
			return nil, err
		}
		if why := sc.Rules.heldBack(w.Lead); why != "" {
			w.Lead.HeldBack = why
		} else if err := w.releaseBacklog(sc, &Request{}); err != nil {
			return nil, err
		} else {
			done = append(done, w)
		}
		if err := w.Settle(sc); err != nil {
			return nil, err
		}
		changed = append(changed, w)
	}
	return done, tx.Write(ctx, sc.Now, changed)
}

// drips lets go what is due of the teams' backlogs, at most n leads of each team.
// It returns how many that were.
func (d *Desk) drips(ctx context.Context, now time.Time, n int) (int, error) {
	drips, err := d.store.Drips(ctx)
	if err != nil {
		return 0, err
	}
	released := 0
	var errs []error // one team's trouble keeps no other waiting
	for _, drip := range drips {
		if drip.PerRep > 0 && due(drip.NextAt, now) {
			errs = append(errs, d.dripDay(ctx, drip.TeamID, now))
		} else if drip.Pending == 0 {
			continue
		}
		done, err := d.dripStep(ctx, drip.TeamID, now, min(n, MaxReleased))
		released += done
		errs = append(errs, err)
	}
	return released, errors.Join(errs...)
}

// dripDay makes a day's share pending, once a day whoever sweeps: the row is
// locked, and NextAt moves on with it. Days that were missed are not made up
// for, and where the team is closed by now its share waits for the next opening.
func (d *Desk) dripDay(ctx context.Context, team string, now time.Time) error {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return err
	}
	t := sc.Book.Team(team)
	calendar := sc.Rules.CalendarOf(t)
	return d.store.Change(ctx, func(tx Tx) error {
		drip, err := tx.Drip(ctx, team)
		if err != nil || drip.PerRep == 0 || !due(drip.NextAt, now) {
			return err
		}
		left, err := tx.CountBacklog(ctx, team)
		if err != nil {
			return err
		}
		if left == 0 || t == nil || !t.DisabledAt.IsZero() {
			return tx.SetDrip(ctx, Drip{TeamID: team})
		}
		if !calendar.IsOpen(now) {
			drip.NextAt, err = calendar.NextOpening(now)
			if err != nil { // it never opens again
				drip.PerRep, drip.NextAt = 0, time.Time{}
			}
			return tx.SetDrip(ctx, drip)
		}
		if drip.NextAt, err = NextMorning(calendar, now); err != nil {
			drip.PerRep, drip.NextAt = 0, time.Time{}
		}
		share := min(left, drip.PerRep*sc.Book.RepsThere(team, now))
		drip.LastAt, drip.LastN = now, share
		if drip.Pending < share {
			drip.Pending, drip.PendingBy = share, drip.SetBy
		}
		if err := tx.SetDrip(ctx, drip); err != nil || share == 0 {
			return err
		}
		return tx.Record(ctx, Act{At: now, Actor: sc.manager(drip.SetBy), What: BacklogReleased, Subject: team, Detail: "the day’s share: " + countLeads(share) + " of " + t.Name})
	})
}

// dripStep releases at most n of what is pending, the best first. Two who do it
// at once do it one after the other.
func (d *Desk) dripStep(ctx context.Context, team string, now time.Time, n int) (int, error) {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return 0, err
	}
	var done []*Work
	err = d.store.Change(ctx, func(tx Tx) error {
		done = nil
		drip, err := tx.Drip(ctx, team)
		if err != nil || drip.Pending == 0 {
			return err
		}
		want := min(drip.Pending, n)
		ids, err := tx.Backlog(ctx, team, want)
		if err != nil {
			return err
		}
		sc.Actor = sc.manager(drip.PendingBy)
		if done, err = d.letGo(ctx, tx, sc, team, ids); err != nil {
			return err
		}
		if drip.Pending -= want; len(ids) < want { // nothing is left
			drip = Drip{TeamID: team}
		}
		return tx.SetDrip(ctx, drip)
	})
	if err != nil {
		return 0, fmt.Errorf("backlog of team %s: %w", team, err)
	}
	d.announce(ctx, sc.Rules, now, done)
	return len(done), nil
}

// manager is the person on whose behalf something happens later, the system where
// they are no longer a manager here.
func (sc Scene) manager(id string) Actor {
	if u, ok := sc.Book.Users[id]; ok && u.Active() && u.Role == Manager {
		return Person(u, "drip")
	}
	return System
}

// RepsThere is how many reps of a team are active and not away.
func (b *Book) RepsThere(team string, now time.Time) int {
	n := 0
	for _, u := range b.Users {
		if u.Role == Rep && u.There(now) && u.In(team) {
			n++
		}
	}
	return n
}

// NextMorning is the first opening of a day that is still to come: today's where
// the team has not opened yet. It fails where the calendar never opens again.
func NextMorning(c *sla.Calendar, now time.Time) (time.Time, error) {
	y, m, d := now.In(c.Zone()).Date()
	for _, day := range []int{d, d + 1} {
		opens, err := c.NextOpening(DayBegins(y, m, day, c.Zone()))
		if err != nil || opens.After(now) {
			return opens, err
		}
	}
	return time.Time{}, sla.ErrTooFar // the opening after tomorrow's midnight is after now
}

func countLeads(n int) string {
	if n == 1 {
		return "1 lead"
	}
	return fmt.Sprintf("%d leads", n)
}
