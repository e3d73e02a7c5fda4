package lead

import (
	"context"
	"slices"
	"strings"
	"time"

	"hotleads/sla"
)

// TeamPrint is the calendar and the policy by which a team's clocks are to run:
// see Rules.PolicyPrint. Team is "" for leads that no team has yet.
type TeamPrint struct{ Team, Print string }

// stillAfter is how long it is believed that every clock runs as it should, where
// nothing says otherwise: another instance may have heard of a change later.
const stillAfter = 10 * time.Second

// Recompute brings the running clocks of at most n leads to the calendars and
// the agreement in force, in one transaction: what is done is done, whenever it is
// stopped. Any number of instances, and of loops of one, share the work. What changed is recorded in
// each clock (sla.Recomputed). It returns how many leads it brought.
func (d *Desk) Recompute(ctx context.Context, now time.Time, n int) (int, error) {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return 0, err
	}
	prints := []TeamPrint{{Print: sc.Rules.PolicyPrint(nil)}}
	for i := range sc.Book.Teams {
		t := &sc.Book.Teams[i]
		prints = append(prints, TeamPrint{t.ID, sc.Rules.PolicyPrint(t)})
	}
	d.mu.Lock()
	still := slices.Equal(d.brought, prints) && now.Sub(d.broughtAt).Abs() < stillAfter
	bringing := d.bringing
	d.mu.Unlock()
	if still {
		return 0, nil
	}
	if !bringing { // a transaction begins only where there is something to do
		switch some, err := d.store.Stale(ctx, prints); {
		case err != nil:
			return 0, err
		case !some:
			d.mu.Lock()
			d.brought, d.broughtAt = prints, now
			d.mu.Unlock()
			return 0, nil
		}
	}
	done, err := d.some(now, n, func(tx Tx, n int) ([]string, error) { return tx.Stale(ctx, prints, n) },
		func(pick picker) (int, error) { return d.recompute(ctx, sc, pick) })
	d.mu.Lock()
	d.bringing = done > 0
	d.mu.Unlock()
	return done, err
}

// recompute brings the clocks of the leads that pick finds to the agreement in
// force. Nothing happened to those leads: they are not what changed last.
func (d *Desk) recompute(ctx context.Context, sc Scene, pick picker) (int, error) {
	return d.each(ctx, sc, pick, func(tx Tx, w *Work) (bool, bool, error) {
		if !w.stale(sc) {
			return false, false, nil
		}
		updated := w.Lead.UpdatedAt
		if err := d.upgrade(ctx, tx, sc, w); err != nil {
			return false, false, err
		}
		err := w.Settle(sc)
		if len(w.History) == 0 { // else it expired
			w.Lead.UpdatedAt = updated
		}
		return true, true, err
	})
}

// stale tells whether a running clock of the lead runs by another calendar or
// agreement than that in force, and is to be brought to that one now.
func (w *Work) stale(sc Scene) bool {
	prints := sc.prints()
	return slices.ContainsFunc(w.Clocks, func(c Clock) bool {
		return c.Running() && !c.runsBy(prints(c.home(w.Lead)), w.Lead) && !c.settling(w.Lead, sc.Now)
	})
}

// settleTime is how long another instance may still go by what a clock was
// brought away from: it is not to bring it back.
const settleTime = 5 * time.Second

func (c Clock) settling(l *Lead, now time.Time) bool {
	n := len(c.Changes)
	return n > 0 && c.Changes[n-1].What == sla.Recomputed && now.Sub(c.Changes[n-1].At) < settleTime && c.TeamID == c.home(l)
}

// home is the team (an id) whose clock it is: that of its lead. What a team missed
// stays its own, whoever takes the lead afterwards.
func (c Clock) home(l *Lead) string {
	if c.TeamID != "" && !c.BreachedAt.IsZero() {
		return c.TeamID
	}
	return l.TeamID
}

// runsBy tells whether the clock is its home's, by what has that print.
func (c Clock) runsBy(print string, l *Lead) bool { return c.Policy == print && c.TeamID == c.home(l) }

// prints are the fingerprints of teams (ids): see Rules.PolicyPrint. Most leads'
// clocks are of one team, whose print is made once.
func (sc Scene) prints() func(team string) string {
	known, print := "", ""
	return func(team string) string {
		if print == "" || team != known {
			known, print = team, sc.Rules.PolicyPrint(sc.Book.Team(team))
		}
		return print
	}
}

// Causes of a clock's being computed again.
const (
	CauseCalendar = "another calendar"
	CausePolicy   = "another agreement"
	CauseTeam     = "another team"
)

// newsTakes is how long a change of the calendar or the agreement takes at most
// until it is heard of everywhere. What is due in that time and not recorded yet
// was promised anew already.
const newsTakes = 30 * time.Second

// recompute brings running clocks to the agreement and the calendar in force.
// One that a program started which knew of no fingerprints takes the present one
// and stays as it is, for good: how it came to be as it is, nobody has noted.
func (w *Work) recompute(sc Scene) error {
	prints := sc.prints()
	for i := range w.Clocks {
		c := &w.Clocks[i]
		if !c.Running() {
			continue
		}
		if c.TeamID != "" && c.TeamID != w.Lead.TeamID { // what is due by now, the team that had it has missed
			w.passTime(sc, i)
		}
		home := c.home(w.Lead)
		print := prints(home)
		if c.runsBy(print, w.Lead) || c.settling(w.Lead, sc.Now) {
			continue
		}
		if c.Agreement > 0 && strings.Contains(c.Policy, ".") {
			next, states, err := sc.policy(w.Lead).Recompute(sc.calendar(w.Lead), c.Clock, w.whyAgain(c, print), sc.Now.Add(-newsTakes), sc.Now)
			if err != nil {
				return err
			}
			c.Clock, c.Agreement = next, sc.Rules.Version
			w.tell(sc, i, states)
		}
		c.Policy, c.TeamID, w.recomputed = print, home, true
	}
	return nil
}

// whyAgain says in words what a clock did not know yet.
func (w *Work) whyAgain(c *Clock, print string) string {
	policy, calendar, _ := strings.Cut(print, ".")
	wasPolicy, wasCalendar, _ := strings.Cut(c.Policy, ".")
	switch {
	case c.TeamID != w.Lead.TeamID:
		return CauseTeam
	case policy == wasPolicy && calendar != wasCalendar:
		return CauseCalendar
	}
	return CausePolicy
}
