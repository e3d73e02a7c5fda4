package lead

import (
	"slices"
	"time"

	"hotleads/sla"
)

// What a part of a clock's course was, or is to be.
const (
	PartOpen   = "open"   // business time on time
	PartRisk   = "risk"   // business time at risk
	PartOver   = "over"   // business time after the due moment
	PartLeft   = "left"   // business time that was left when it stopped
	PartPaused = "paused" // it had been stopped, and went on later
	PartClosed = "closed" // the team was closed
	PartUnsure = "unsure" // hours that are not known any more, or too many to tell one by one
	PartOn     = "on"     // it still runs: nobody knows how long
)

// Part is a stretch of the time that a clock is about. PartOn has no end.
type Part struct {
	What     string
	From, To time.Time
}

// mostStretches is how many open and closed times a clock's course tells apart.
const mostStretches = 24

// Course is the time that a clock is about, in order and without gaps: from when it
// was asked for until it was due or stopped, over the open and closed hours of the
// calendar it runs by. They are not known where it ran by another one.
func (c Clock) Course(cal *sla.Calendar) []Part {
	end := later(c.StoppedAt, c.DueAt)
	if c.Outcome == sla.Cancelled || c.Outcome == sla.Unrecorded {
		end = c.StoppedAt // nothing is asked of what was left
	}
	known, whole := []sla.Stretch(nil), false
	if c.RanBy(cal) {
		known, whole = cal.Stretches(c.AskedAt, end, mostStretches)
	}
	bounds := []time.Time{c.AskedAt, end}
	for _, s := range known {
		bounds = append(bounds, s.From, s.To)
	}
	for _, g := range c.Changes {
		if g.What == sla.Resumed {
			bounds = append(bounds, g.PausedAt, g.At)
		}
	}
	bounds = append(bounds, c.risked(), c.overdue(), c.StoppedAt)
	bounds = slices.DeleteFunc(bounds, func(t time.Time) bool { return t.Before(c.AskedAt) || t.After(end) })
	slices.SortFunc(bounds, time.Time.Compare)
	bounds = slices.CompactFunc(bounds, time.Time.Equal)

	var parts []Part
	for i := 1; i < len(bounds); i++ {
		p := Part{c.partAt(bounds[i-1], known, whole), bounds[i-1], bounds[i]}
		if n := len(parts); n > 0 && parts[n-1].What == p.What {
			parts[n-1].To = p.To
			continue
		}
		parts = append(parts, p)
	}
	if c.Running() && !c.BreachedAt.IsZero() {
		parts = append(parts, Part{What: PartOn, From: end})
	}
	return parts
}

// partAt is what begins at an instant of the course.
func (c Clock) partAt(at time.Time, known []sla.Stretch, whole bool) string {
	within := func(from, to time.Time) bool { return !at.Before(from) && at.Before(to) }
	if slices.ContainsFunc(c.Changes, func(g sla.Change) bool { return g.What == sla.Resumed && within(g.PausedAt, g.At) }) {
		return PartPaused
	}
	i := slices.IndexFunc(known, func(s sla.Stretch) bool { return within(s.From, s.To) })
	switch {
	case i >= 0 && !known[i].Open:
		return PartClosed
	case !c.Running() && !at.Before(c.StoppedAt):
		return PartLeft
	case i < 0 && !whole:
		return PartUnsure
	case !at.Before(c.overdue()):
		return PartOver
	case !at.Before(c.risked()):
		return PartRisk
	}
	return PartOpen
}

// risked and overdue are when the clock was at risk and breached, or will be.
func (c Clock) risked() time.Time  { return recorded(c.AtRiskAt, c.RiskAt) }
func (c Clock) overdue() time.Time { return recorded(c.BreachedAt, c.DueAt) }

func recorded(at, due time.Time) time.Time {
	if at.IsZero() {
		return due
	}
	return at
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
