package lead

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"hotleads/sla"
)

// What a clock's story tells, beside what sla.Change names.
const (
	ToldAsked    = "asked"
	ToldClosed   = "closed"
	ToldOpened   = "opened"
	ToldRisk     = "risk"
	ToldDue      = "due"
	ToldBreached = "breached"
	ToldStopped  = "stopped"
)

// Told is one thing in a clock's story. Words holds its moment, too, as people of
// the team's zone write it.
type Told struct {
	At    time.Time
	What  string
	Words string
}

// told is something still to be put into words: how a moment is written depends on
// the one before.
type told struct {
	at   time.Time
	what string
	say  func(when func(time.Time) string) string
}

// Story is how a clock came to stand as it does, in order: what was asked for,
// which hours counted, what moved its due time, who stopped it. It follows from the
// clock's row alone, told in the zone of the calendar; days are named with their
// date where they are not of the week around now.
func (c Clock) Story(cal *sla.Calendar, book *Book, now time.Time) []Told {
	if c.Running() {
		c.Clock, _ = c.Record(now)
	}
	all := slices.Concat(c.asked(book, cal), c.hours(cal, now), c.changed(), c.states(), c.end(book))
	slices.SortStableFunc(all, func(a, b told) int { return a.at.Compare(b.at) })
	w := wallTimes{zone: cal.Zone(), now: now}
	out := make([]Told, len(all))
	for i, t := range all {
		out[i] = Told{t.at, t.what, t.say(w.when)}
	}
	return out
}

// InWords is a story as one sentence.
func InWords(story []Told) string {
	words := make([]string, len(story))
	for i, t := range story {
		words[i] = t.Words
	}
	return strings.Join(words, ", ")
}

func (c Clock) asked(book *Book, cal *sla.Calendar) []told {
	what := "qualified "
	owner := "somebody"
	if c.OwnerID != "" {
		owner = book.Name(c.OwnerID)
	}
	switch c.Kind {
	case sla.Decision:
		what = owner + "’s to decide from "
	case sla.Touch:
		what = owner + "’s to contact from "
	}
	out := []told{{c.AskedAt, ToldAsked, func(when func(time.Time) string) string {
		if c.AfterHours() {
			return what + when(c.AskedAt) + " while the team was closed"
		}
		return what + when(c.AskedAt)
	}}}
	if before := c.usedBefore(cal); before >= time.Second {
		out = append(out, told{c.AskedAt, ToldAsked, func(func(time.Time) string) string { return businessTime(before) + " had been used before" }})
	}
	return out
}

// usedBefore is business time of another clock that counted in this one from its
// beginning.
func (c Clock) usedBefore(cal *sla.Calendar) time.Duration {
	switch {
	case slices.ContainsFunc(c.Changes, func(g sla.Change) bool { return g.What == sla.Resumed }):
		return 0
	case c.Running():
		return c.Used
	case !c.RanBy(cal):
		return 0
	}
	return c.Used - cal.Elapsed(c.StartedAt, c.StoppedAt)
}

// hours tells of the closed hours until the clock was due or stopped: each, or
// where there are many the first, how many, and the last.
func (c Clock) hours(cal *sla.Calendar, now time.Time) []told {
	used, until := c.usedBefore(cal), c.overdue()
	if !c.Running() && c.StoppedAt.Before(until) {
		until = c.StoppedAt
	}
	type closing struct {
		Part
		used time.Duration
	}
	var closed []closing
	for _, p := range c.Course(cal) {
		switch {
		case p.From.Before(until) && p.What == PartClosed && !p.To.After(until):
			closed = append(closed, closing{p, used})
		case p.What == PartOpen || p.What == PartRisk:
			used += p.To.Sub(p.From)
		}
	}
	var out []told
	if !c.RanBy(cal) {
		out = append(out, told{c.AskedAt, ToldAsked, func(func(time.Time) string) string { return "by hours that have changed since" }})
	}
	const each = 3
	for i, p := range closed {
		skipped := len(closed) - 2
		if len(closed) > each && i > 0 && i <= skipped {
			continue
		}
		if len(closed) > each && i == skipped+1 {
			out = append(out, told{p.From, ToldClosed, func(func(time.Time) string) string { return fmt.Sprintf("closed %d times more", skipped+1) }})
		} else if p.used >= time.Second && !p.From.After(now) {
			out = append(out, told{p.From, ToldClosed, func(func(time.Time) string) string { return businessTime(p.used) + " used before closing" }})
		}
		opened := "opened "
		if p.To.After(now) {
			opened = "opens "
		}
		out = append(out, told{p.To, ToldOpened, func(when func(time.Time) string) string { return opened + when(p.To) }})
	}
	return out
}

// changed tells what moved the due time, and who else may act.
func (c Clock) changed() []told {
	var out []told
	for _, g := range c.Changes {
		due := func(when func(time.Time) string) string {
			if g.DueTo.Equal(g.DueFrom) {
				return "due as before"
			}
			return "due " + when(g.DueTo) + " instead of " + when(g.DueFrom)
		}
		switch g.What {
		case sla.Resumed:
			paused, again := "stopped ", "went on "
			if c.Kind == sla.Claim {
				paused, again = "claimed ", "back on the board "
			}
			out = append(out,
				told{g.PausedAt, sla.Resumed, func(when func(time.Time) string) string {
					return paused + when(g.PausedAt) + " with " + businessTime(g.Used) + " used"
				}},
				told{g.At, sla.Resumed, func(when func(time.Time) string) string { return again + when(g.At) + " (" + due(when) + ")" }})
		case sla.MadeHotter:
			out = append(out, told{g.At, g.What, func(when func(time.Time) string) string {
				return "hotter " + when(g.At) + " (" + tierWord(g.TierFrom) + " → " + tierWord(g.TierTo) + ", " + due(when) + ")"
			}})
		case sla.Recomputed:
			out = append(out, told{g.At, g.What, func(when func(time.Time) string) string {
				return "computed again " + when(g.At) + " (" + g.Cause + ", " + due(when) + ")"
			}})
		case sla.Widened:
			who := "every team’s to claim "
			if Circle(g.Cause) == OfManager {
				who = "the manager’s to claim, too, "
			}
			out = append(out, told{g.At, g.What, func(when func(time.Time) string) string { return who + "from " + when(g.At) }})
		}
	}
	return out
}

// states tells of the recorded changes, and of the due moment that lies ahead.
func (c Clock) states() []told {
	var out []told
	for _, s := range []struct {
		what, words string
		at, noted   time.Time
	}{
		{ToldRisk, "at risk ", c.AtRiskAt, c.RiskNotedAt},
		{ToldBreached, "breached ", c.BreachedAt, c.BreachNotedAt},
	} {
		if s.at.IsZero() {
			continue
		}
		out = append(out, told{s.at, s.what, func(when func(time.Time) string) string {
			if isLate(s.at, s.noted) {
				return s.words + when(s.at) + " (found late, by " + businessTime(s.noted.Sub(s.at)) + ")"
			}
			return s.words + when(s.at)
		}})
	}
	if c.Running() && c.BreachedAt.IsZero() {
		out = append(out, told{c.DueAt, ToldDue, func(when func(time.Time) string) string { return "due " + when(c.DueAt) }})
	}
	return out
}

// stopWords are the moves that stop clocks, as what was done.
var stopWords = map[Move]string{
	Claim: "claimed", Accept: "accepted", Return: "returned", Touch: "contacted", Release: "released", Expire: "taken back", Cool: "cooled",
	Reassign: "reassigned", Opportunity: "made an opportunity", Win: "won", Lose: "lost", Disqualify: "disqualified", Merge: "merged",
	Qualify: "qualified elsewhere",
}

// end tells who stopped the clock, by what, and what became of the promise.
func (c Clock) end(book *Book) []told {
	if c.Running() {
		return nil
	}
	done, by := c.stoppedBy(book)
	used := businessTime(c.Used) + " used of " + businessTime(c.Target)
	result := map[sla.Outcome]string{
		sla.Met: "met with " + used, sla.Missed: "missed with " + used,
		sla.Unrecorded: "unrecorded, neither met nor missed", sla.Cancelled: "no longer asked for",
	}[c.Outcome]
	return []told{{c.StoppedAt, ToldStopped, func(when func(time.Time) string) string {
		return done + " " + when(c.StoppedAt) + by + ": " + result
	}}}
}

// DoneBy is what stopped the clock, and who, in words ("claimed by Rosa"); "" while it runs.
func (c Clock) DoneBy(book *Book) string {
	if c.Running() {
		return ""
	}
	done, by := c.stoppedBy(book)
	return done + by
}

func (c Clock) stoppedBy(book *Book) (done, by string) {
	if done = stopWords[c.Stopped.Move]; done == "" {
		done = "stopped"
	}
	switch c.Stopped.Kind {
	case ByPerson:
		by = " by " + book.Name(c.Stopped.By)
	case ByKey:
		by = " by the CRM"
	case BySystem:
		by = " by the system"
	}
	return done, by
}

func tierWord(tier string) string {
	if tier == "fire" {
		return "on fire"
	}
	return tier
}

// businessTime is a stretch of it as people say it: 40 s, 10 min, 4:30 h.
func businessTime(d time.Duration) string {
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour-30*time.Second:
		return fmt.Sprintf("%d min", int(math.Round(d.Minutes())))
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d:%02d h", int(d.Hours()), int(d.Minutes())%60)
}

// wallTimes writes the moments of one story: the day where it is not that of the
// moment before.
type wallTimes struct {
	zone *time.Location
	now  time.Time
	day  string
}

func (w *wallTimes) when(t time.Time) string {
	t = t.In(w.zone)
	day := t.Format(time.DateOnly)
	if day == w.day {
		return t.Format("15:04")
	}
	w.day = day
	now := w.now.In(w.zone)
	switch {
	case t.Sub(now).Abs() < 6*24*time.Hour:
		return t.Format("Mon 15:04")
	case t.Year() == now.Year():
		return t.Format("Mon 2 Jan 15:04")
	}
	return t.Format("Mon 2 Jan 2006 15:04")
}
