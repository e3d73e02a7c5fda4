package sla

import (
	"fmt"
	"slices"
	"time"
)

// State is how a clock stands at a moment.
type State string

const (
	OnTime   State = "ontime"
	AtRisk   State = "risk"     // the policy's share of the target is used
	Breached State = "breached" // the target is used: from the due moment on
)

// Outcome is how a clock ended; empty while it runs.
type Outcome string

const (
	Met        Outcome = "met"        // stopped before it was due
	Missed     Outcome = "breached"   // stopped at or after it was due
	Unrecorded Outcome = "unrecorded" // the step happened outside the board: neither met nor missed
	Cancelled  Outcome = "cancelled"  // the step is no longer asked for
)

// Clock is one promise of one lead: Target business time, of which Used was
// spent in earlier stretches and the rest runs from StartedAt. It is a value:
// every method returns the changed copy.
type Clock struct {
	Kind Kind
	Tier string
	// AskedAt is when the clock was first asked for; StartedAt is the opening of
	// its present stretch, which follows it where the team was closed, or where
	// the clock was stopped and goes on.
	AskedAt time.Time
	// Target is business time; DueAt is the instant at which it is used.
	Target                   time.Duration
	StartedAt, RiskAt, DueAt time.Time
	// Used is business time of this clock before StartedAt; once stopped, all
	// of it.
	Used time.Duration
	// WaitingSince is when a clock that started while the team was closed was
	// asked for ("waiting since Friday"); zero otherwise.
	WaitingSince time.Time
	// AtRiskAt and BreachedAt are the recorded changes; zero: not recorded yet.
	AtRiskAt, BreachedAt time.Time
	StoppedAt            time.Time
	Outcome              Outcome
	// Changes are what moved DueAt since, in order.
	Changes []Change
}

// What moves the due moment of a clock, or who may act on it.
const (
	Resumed    = "resumed"    // it had been stopped, and goes on
	MadeHotter = "hotter"     // a hotter tier's target counts from then on
	Recomputed = "recomputed" // another calendar or another policy
	Widened    = "widened"    // more people may act; DueAt stays
)

// Change is one thing that happened to a clock while it ran.
type Change struct {
	What string    `json:"what"`
	At   time.Time `json:"at"`
	// PausedAt is when a clock that goes on had been stopped, Used the business
	// time it had used until then.
	PausedAt time.Time     `json:"paused_at,omitzero"`
	Used     time.Duration `json:"used,omitempty"`
	// TierFrom and TierTo are of a clock made hotter.
	TierFrom string    `json:"tier_from,omitempty"`
	TierTo   string    `json:"tier_to,omitempty"`
	DueFrom  time.Time `json:"due_from,omitzero"`
	DueTo    time.Time `json:"due_to,omitzero"`
	// Cause says in words why it was recomputed, or to whom it was widened.
	Cause string `json:"cause,omitempty"`
	// NotedAt is when it was written down, where that is not At.
	NotedAt time.Time `json:"noted_at,omitzero"`
}

// with is the clock with one change more; the slice of before is left alone.
func (c Clock) with(change Change) Clock {
	c.Changes = append(slices.Clip(c.Changes), change)
	return c
}

// Start begins a clock of a lead of a tier at now. Outside hours it counts from the next opening.
// used is the business time of an earlier stretch that counts again; what that
// stretch had already reached (at risk, breached) is recorded at once, because
// it is no news. It fails for an unknown kind or tier, a negative used, and with
// [ErrTooFar] for a calendar that does not open long enough.
func (p Policy) Start(c *Calendar, kind Kind, tier string, now time.Time, used time.Duration) (Clock, error) {
	closed := !c.IsOpen(now)
	// A clock that goes on has not arrived now: it keeps the plain target.
	target, err := p.target(kind, tier, closed && used == 0)
	if err != nil {
		return Clock{}, err
	}
	clock := Clock{Kind: kind, Tier: bound(tier), AskedAt: now.UTC(), Target: target, Used: used}
	if closed {
		clock.WaitingSince = now.UTC()
	}
	return p.run(c, clock, now, p.riskShare(target))
}

// Resume lets a stopped clock go on from where it stood, with the target it had
// and what was recorded of it: a release never hides or resets a breach.
// A running clock is returned as it is.
func (p Policy) Resume(c *Calendar, clock Clock, now time.Time) (Clock, error) {
	if clock.StoppedAt.IsZero() {
		return clock, nil
	}
	change := Change{What: Resumed, At: now.UTC(), PausedAt: clock.StoppedAt, Used: clock.Used, DueFrom: clock.DueAt}
	clock.StoppedAt, clock.Outcome = time.Time{}, ""
	resumed, err := p.run(c, clock, now, p.riskUsed(c, clock))
	if !clock.AtRiskAt.IsZero() {
		resumed.RiskAt = clock.RiskAt
	}
	if !clock.BreachedAt.IsZero() {
		resumed.DueAt = clock.DueAt // it was due then, and still is
	}
	change.DueTo = resumed.DueAt
	return resumed.with(change), err
}

// run sets the moments of a clock that has Target - Used left from now on, and is at
// risk once it has used risk.
func (p Policy) run(c *Calendar, clock Clock, now time.Time, risk time.Duration) (Clock, error) {
	if clock.Used < 0 {
		return Clock{}, fmt.Errorf("sla: start %s clock: %w", clock.Kind, ErrNegative)
	}
	var err error
	if clock.StartedAt, err = c.NextOpening(now); err != nil {
		return Clock{}, fmt.Errorf("sla: start %s clock: %w", clock.Kind, err)
	}
	moment := func(share time.Duration, recorded *time.Time) (time.Time, error) {
		if clock.Used < share {
			return c.Due(now, share-clock.Used)
		}
		if recorded.IsZero() {
			*recorded = now.UTC()
		}
		return now.UTC(), nil
	}
	if clock.RiskAt, err = moment(risk, &clock.AtRiskAt); err != nil {
		return Clock{}, fmt.Errorf("sla: start %s clock: %w", clock.Kind, err)
	}
	if clock.DueAt, err = moment(clock.Target, &clock.BreachedAt); err != nil {
		return Clock{}, fmt.Errorf("sla: start %s clock: %w", clock.Kind, err)
	}
	return clock, nil
}

// riskShare is the part of a target after which a clock is at risk.
func (p Policy) riskShare(target time.Duration) time.Duration {
	return time.Duration(float64(target) * p.RiskShare)
}

// riskUsed is the business time that a clock that goes on has used when it comes to be
// at risk: the policy's share of its target. One that was made hotter has as long from
// then until it is due as it was left, for its target is no tier's.
func (p Policy) riskUsed(cal *Calendar, c Clock) time.Duration {
	if slices.ContainsFunc(c.Changes, func(g Change) bool { return g.What == MadeHotter }) {
		return max(0, c.Target-cal.Elapsed(c.RiskAt, c.DueAt))
	}
	return p.riskShare(c.Target)
}

// State is how the clock stands at now. A stopped clock stands as what was
// recorded of it.
func (c Clock) State(now time.Time) State {
	running := c.StoppedAt.IsZero()
	switch {
	case !c.BreachedAt.IsZero() || c.Outcome == Missed || running && !now.Before(c.DueAt):
		return Breached
	case !c.AtRiskAt.IsZero() || running && !now.Before(c.RiskAt):
		return AtRisk
	default:
		return OnTime
	}
}

// NextChange is the next due moment that is not recorded yet and the state it
// brings; false when the clock is stopped or breached. The moment may lie in
// the past.
func (c Clock) NextChange() (time.Time, State, bool) {
	switch {
	case !c.StoppedAt.IsZero() || !c.BreachedAt.IsZero():
		return time.Time{}, "", false
	case c.AtRiskAt.IsZero():
		return c.RiskAt, AtRisk, true
	default:
		return c.DueAt, Breached, true
	}
}

// Record records every change that is due at or before now, each at the moment
// it was due however late the sweep came, and returns the new states in order.
func (c Clock) Record(now time.Time) (Clock, []State) {
	var changes []State
	for {
		at, state, more := c.NextChange()
		if !more || at.After(now) {
			return c, changes
		}
		if state == AtRisk {
			c.AtRiskAt = at
		} else {
			c.BreachedAt = at
		}
		changes = append(changes, state)
	}
}

// Stop ends the clock at now. An empty outcome is derived: met before the due
// moment, missed from it on; changes that were due and not recorded yet are
// recorded with it. Any other outcome is taken as it is. A stopped clock stays
// as it stopped.
func (c Clock) Stop(cal *Calendar, now time.Time, o Outcome) Clock {
	if !c.StoppedAt.IsZero() {
		return c
	}
	if o == "" {
		c, _ = c.Record(now)
		o = Met
		if c.State(now) == Breached {
			o = Missed
		}
	}
	c.Used += cal.Elapsed(c.StartedAt, now)
	c.StoppedAt, c.Outcome = now.UTC(), o
	return c
}

// Hotter moves a running clock to a hotter tier: it is due at the earlier of its
// old due moment and now plus the new tier's target, and at risk likewise. One that
// has breached takes the tier alone: its promise is past, but whoever acts on a
// hotter lead is to hear of it. Any tier that is not hotter, and a stopped clock,
// change nothing: a promise is never loosened, a breach never undone.
func (p Policy) Hotter(cal *Calendar, c Clock, tier string, now time.Time) (Clock, error) {
	if rank(tier) <= rank(c.Tier) || !c.StoppedAt.IsZero() {
		return c, nil
	}
	hotter := c
	hotter.Tier = tier
	change := Change{What: MadeHotter, At: now.UTC(), TierFrom: c.Tier, TierTo: tier, DueFrom: c.DueAt, DueTo: c.DueAt}
	if c.State(now) == Breached {
		return hotter.with(change), nil
	}
	target, err := p.target(c.Kind, tier, !cal.IsOpen(now))
	if err != nil {
		return c, err
	}
	due, err := cal.Due(now, target)
	if err != nil {
		return c, fmt.Errorf("sla: hotter %s clock: %w", c.Kind, err)
	}
	if !due.Before(c.DueAt) {
		return hotter.with(change), nil
	}
	hotter.DueAt, change.DueTo = due, due
	// The whole promise as it now stands, so that a later Resume adds up.
	hotter.Target = c.Used + cal.Elapsed(c.StartedAt, due)
	if c.AtRiskAt.IsZero() {
		risk, err := cal.Due(now, p.riskShare(target))
		if err != nil {
			return c, fmt.Errorf("sla: hotter %s clock: %w", c.Kind, err)
		}
		if risk.Before(c.RiskAt) {
			hotter.RiskAt = risk
		}
	}
	return hotter.with(change), nil
}
