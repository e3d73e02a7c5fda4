package sla

import (
	"fmt"
	"slices"
	"time"
)

// Recompute is the running clock as the policy and the calendar now want it: as
// if they had been in force since it was asked for, its pauses and what made it
// hotter included. What is past stays: a recorded change, the business time that
// earlier stretches used, whether it was asked for while the team was closed, and no
// moment moves to before now, for nobody can have kept what was not yet promised. What was due until the given moment is recorded
// first, by the old promise. The cause says in words what changed; a due time that
// moved is recorded with it. A stopped or breached clock is returned as it is.
//
// It returns the new states, too, in order. The errors are those of
// [Policy.Start].
func (p Policy) Recompute(cal *Calendar, c Clock, cause string, until, now time.Time) (Clock, []State, error) {
	c, states := c.Record(until)
	if !c.StoppedAt.IsZero() || !c.BreachedAt.IsZero() {
		return c, states, nil
	}
	n, err := p.again(cal, c)
	if err != nil {
		return c, states, fmt.Errorf("sla: recompute %s clock: %w", c.Kind, err)
	}
	later := func(at, old time.Time) time.Time {
		if at.Equal(old) || at.After(now) {
			return at
		}
		return now.UTC()
	}
	n.AtRiskAt, n.BreachedAt = c.AtRiskAt, c.BreachedAt
	n.DueAt = later(n.DueAt, c.DueAt)
	if n.RiskAt = later(n.RiskAt, c.RiskAt); !c.AtRiskAt.IsZero() {
		n.RiskAt = c.RiskAt
	}
	if n.RiskAt.After(n.DueAt) {
		n.RiskAt = n.DueAt
	}
	n.Changes = c.Changes
	if !n.DueAt.Equal(c.DueAt) {
		n = n.with(Change{What: Recomputed, At: now.UTC(), DueFrom: c.DueAt, DueTo: n.DueAt, Cause: cause})
	}
	return n, states, nil
}

// again replays a running clock from when it was asked for.
func (p Policy) again(cal *Calendar, c Clock) (Clock, error) {
	n := c
	n.AtRiskAt, n.BreachedAt, n.Changes = time.Time{}, time.Time{}, nil
	first := slices.IndexFunc(c.Changes, func(g Change) bool { return g.What == MadeHotter })
	if first >= 0 {
		n.Tier = c.Changes[first].TierFrom
	}
	resumed := slices.ContainsFunc(c.Changes, func(g Change) bool { return g.What == Resumed })
	if resumed {
		n.Used = 0 // only a clock that never stops goes on with another one's time
	}
	var err error
	if n.Target, err = p.target(c.Kind, n.Tier, !c.WaitingSince.IsZero() && n.Used == 0); err != nil {
		return c, err
	}
	if n, err = p.run(cal, n, c.AskedAt, p.riskShare(n.Target)); err != nil {
		return c, err
	}
	for _, g := range c.Changes {
		switch g.What {
		case Resumed:
			n.Used = g.Used
			n, err = p.run(cal, n, g.At, p.riskUsed(cal, n))
		case MadeHotter:
			n.AtRiskAt, n.BreachedAt = time.Time{}, time.Time{}
			n, err = p.Hotter(cal, n, g.TierTo, g.At)
		}
		if err != nil {
			return c, err
		}
	}
	n.Tier = c.Tier
	return n, nil
}
