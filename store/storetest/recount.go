package storetest

import (
	"slices"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

// promise is a clock as history alone tells it.
type promise struct {
	kind                    sla.Kind
	team, rep, tier, source string
	asked                   time.Time
	target, used            time.Duration
	from                    time.Time // of the stretch that runs; zero: it stands
	ended                   bool
	how                     sla.Outcome // unrecorded, cancelled, or "" for the step
	closed, counted, by     bool        // by: the step was made
	crm, other              bool        // another system ended it; another system or a program did
	owner                   string
}

func (p *promise) stop(c *sla.Calendar, at time.Time) {
	if !p.from.IsZero() {
		p.used += c.Elapsed(p.from, at)
		p.from = time.Time{}
	}
}

func (p *promise) result() sla.Outcome {
	switch {
	case p.ended && p.how == sla.Unrecorded && (p.crm || p.used < p.target):
		return sla.Unrecorded
	case p.used >= p.target:
		return sla.Missed
	case !p.ended:
		return ""
	case p.how == sla.Cancelled:
		return sla.Cancelled
	}
	return sla.Met
}

// recount is what a lead's history, without what was undone, tells of its clocks.
func recount(w *world, a lead.Agreement, rows []lead.History, end time.Time) []promise {
	w.Helper()
	cal, policy := a.SLA.Calendar, a.SLA.Policy
	var all []*promise
	open := map[sla.Kind]*promise{}
	start := func(k sla.Kind, h lead.History, tier, team string, used time.Duration) *promise {
		if tier == "none" { // it faded since it qualified
			tier = "warm"
		}
		p := &promise{kind: k, team: team, tier: tier, source: h.Source, asked: h.RecordedAt, from: h.RecordedAt, used: used, owner: h.OwnerAfter}
		minutes := must(policy.Minutes(k, tier))(w)
		if p.closed = !cal.IsOpen(h.RecordedAt) && (k == sla.Claim || k == sla.Response); p.closed {
			minutes += max(0, policy.AfterHoursClaim-must(policy.Minutes(sla.Claim, tier))(w))
		}
		p.target = time.Duration(minutes * float64(time.Minute))
		all, open[k] = append(all, p), p
		return p
	}
	end1 := func(k sla.Kind, h lead.History, how sla.Outcome, by bool) {
		if p := open[k]; p != nil && !p.ended {
			p.stop(cal, h.RecordedAt)
			p.ended, p.how, p.by, p.crm = true, how, by, h.Cause == lead.CauseCRM
			p.other = h.ActorKind == lead.ByKey || h.Via == "api"
			p.rep = h.OwnerAfter
			if p.rep == "" {
				p.rep = h.OwnerBefore
			}
			if k == sla.Decision || k == sla.Touch {
				p.rep = p.owner
			}
		}
	}
	spent, tier, team, holder := map[string]time.Duration{}, "", "", ""
	for _, h := range rows {
		holder = h.OwnerAfter
		switch {
		case h.Cause == lead.CauseCRM || h.Move == lead.Opportunity:
			for _, k := range report.Kinds {
				end1(k, h, sla.Unrecorded, false)
			}
		case h.Move == lead.Qualify:
			tier, team, spent = string(h.Tier), h.TeamAfter, map[string]time.Duration{}
			clear(open)
			start(sla.Claim, h, tier, team, 0)
			start(sla.Response, h, tier, team, 0).counted = h.Counted
		case h.Move == lead.Claim:
			end1(sla.Claim, h, "", true)
			start(sla.Decision, h, tier, h.TeamAfter, spent[h.OwnerAfter])
		case h.Move == lead.Accept:
			end1(sla.Claim, h, "", true)
			end1(sla.Decision, h, "", true)
			start(sla.Touch, h, tier, h.TeamAfter, 0)
		case h.Move == lead.Touch:
			end1(sla.Touch, h, "", true)
			end1(sla.Response, h, "", true)
		case h.Move == lead.Release:
			end1(sla.Decision, h, sla.Cancelled, false)
			spent[h.OwnerBefore] = open[sla.Decision].used
			c := open[sla.Claim]
			c.ended, c.how, c.by, c.other, c.rep, c.from = false, "", false, false, "", h.RecordedAt
		case h.Move == lead.Reassign && h.TeamAfter != h.TeamBefore:
			for _, k := range []sla.Kind{sla.Claim, sla.Response} {
				open[k].team = h.TeamAfter
			}
		case h.Move == lead.Reassign:
			for _, k := range []sla.Kind{sla.Decision, sla.Touch} {
				if p := open[k]; p != nil && !p.ended {
					end1(k, h, sla.Cancelled, false)
					start(k, h, tier, h.TeamAfter, 0)
				}
			}
		case h.Move == lead.Return, h.Move == lead.Disqualify:
			end1(sla.Claim, h, "", h.Move == lead.Return)
			if h.Move == lead.Disqualify && open[sla.Claim] != nil && !open[sla.Claim].by {
				open[sla.Claim].how = sla.Cancelled
			}
			end1(sla.Decision, h, map[bool]sla.Outcome{true: "", false: sla.Cancelled}[h.Move == lead.Return], h.Move == lead.Return)
			end1(sla.Touch, h, sla.Cancelled, false)
			end1(sla.Response, h, sla.Cancelled, false)
		}
	}
	out := make([]promise, len(all))
	for i, p := range all {
		if !p.ended {
			p.stop(cal, end)
			switch p.kind {
			case sla.Decision, sla.Touch:
				p.rep = p.owner
			case sla.Response: // it waits on whoever has the lead
				p.rep = holder
			}
		}
		out[i] = *p
	}
	return out
}

// naive counts promises one by one.
func naive(q report.Query, all []promise) report.SLA {
	r := report.SLA{Query: q}
	all = keep(all, func(p promise) bool {
		return (q.Team == "" || p.team == q.Team) && (q.Rep == "" || p.rep == q.Rep) && (q.Tier == "" || p.tier == q.Tier) && (q.Source == "" || p.source == q.Source)
	})
	within := func(from, to time.Time, of ...func(promise) bool) []promise {
		return keep(all, func(p promise) bool {
			return !p.asked.Before(from) && p.asked.Before(to) && !slices.ContainsFunc(of, func(f func(promise) bool) bool { return !f(p) })
		})
	}
	period := within(q.From, q.To)
	for _, p := range period {
		if p.kind == sla.Claim && p.result() == sla.Missed && !p.by {
			r.Unclaimed++
		}
		if p.kind != sla.Response {
			continue
		}
		n := &r.HandOffs
		n.All++
		n.MQLs += one(p.counted)
		n.Closed += one(p.closed)
		n.Waiting += one(!p.ended)
		n.Called += one(p.by)
		n.Unrecorded += one(p.result() == sla.Unrecorded)
	}
	r.HandOffs.Ended = r.HandOffs.All - r.HandOffs.Waiting - r.HandOffs.Called - r.HandOffs.Unrecorded
	var weeks []string // by the date of their Monday
	end := q.To.Add(-time.Second)
	if q.From.Before(q.Now) && q.Now.Before(q.To) {
		end = q.Now
	}
	for monday := mondayOf(end, q.Zone); len(weeks) < report.WeeksBack || monday >= mondayOf(q.From, q.Zone); monday = daysOn(monday, -7) {
		weeks = append(weeks, monday)
	}
	slices.Reverse(weeks)
	drawn := keep(all, func(p promise) bool { return p.asked.Before(q.To) && mondayOf(p.asked, q.Zone) >= weeks[0] })
	for _, k := range report.Kinds {
		c := report.Clock{Kept: kept(k, period), Waits: waited(k, period, false), Closed: waited(k, period, true)}
		c.Verified = kept(k, within(q.From, q.To, decided, func(p promise) bool { return p.by && p.other }))
		c.SelfReported = kept(k, within(q.From, q.To, decided, func(p promise) bool { return p.by && !p.other }))
		c.Hours = hoursIn(k, drawn, q.Zone)
		r.Clocks = append(r.Clocks, c)
		r.Today = append(r.Today, kept(k, keep(all, func(p promise) bool { return dateOf(p.asked, q.Zone) == dateOf(q.Now, q.Zone) })))
		r.Week = append(r.Week, kept(k, keep(all, func(p promise) bool { return mondayOf(p.asked, q.Zone) == mondayOf(q.Now, q.Zone) })))
	}
	for _, monday := range weeks {
		some := keep(drawn, func(p promise) bool { return mondayOf(p.asked, q.Zone) == monday })
		week := report.Week{Monday: begins(monday, q.Zone), Response: waited(sla.Response, some, false)}
		for _, k := range report.Kinds {
			week.Kept = append(week.Kept, kept(k, some))
		}
		for _, p := range some {
			week.HandOffs += one(p.kind == sla.Response)
		}
		r.Weeks = append(r.Weeks, week)
	}
	r.Teams, r.Reps = parts(period, func(p promise) string { return p.team }), parts(period, func(p promise) string { return p.rep })
	r.Tiers, r.Sources = parts(period, func(p promise) string { return p.tier }), parts(period, func(p promise) string { return p.source })
	return r
}

func keep(all []promise, which func(promise) bool) []promise {
	return slices.DeleteFunc(slices.Clone(all), func(p promise) bool { return !which(p) })
}

// dateOf is the day that a moment has in a zone. Days and weeks are told apart by
// their dates here, which no change of the clocks moves.
func dateOf(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.DateOnly) }

// mondayOf is the date of the Monday of a moment's ISO week.
func mondayOf(t time.Time, zone *time.Location) string {
	return daysOn(dateOf(t, zone), -(int(t.In(zone).Weekday())+6)%7)
}

// daysOn is the date so many days after another.
func daysOn(date string, n int) string {
	day, _ := time.Parse(time.DateOnly, date)
	return day.AddDate(0, 0, n).Format(time.DateOnly)
}

// begins is the first minute that has a date.
func begins(date string, zone *time.Location) time.Time {
	t, _ := time.Parse(time.DateOnly, daysOn(date, -1))
	for dateOf(t, zone) != date {
		t = t.Add(time.Minute)
	}
	return t.In(zone)
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func decided(p promise) bool { return p.result() == sla.Met || p.result() == sla.Missed }

func kept(kind sla.Kind, all []promise) report.Kept {
	k := report.Kept{Kind: kind}
	for _, p := range all {
		if p.kind != kind {
			continue
		}
		n := map[sla.Outcome]*int{sla.Met: &k.Met, sla.Missed: &k.Missed, "": &k.Open, sla.Unrecorded: &k.Unrecorded, sla.Cancelled: &k.Cancelled}
		if p.closed {
			n[sla.Met], n[sla.Missed], n[""] = &k.ClosedMet, &k.ClosedMissed, &k.ClosedOpen
		}
		*n[p.result()]++
	}
	return k
}

func waited(kind sla.Kind, all []promise, closed bool) report.Waits {
	var took []time.Duration
	for _, p := range all {
		if p.kind == kind && p.closed == closed && p.by && decided(p) {
			took = append(took, p.used.Truncate(time.Second))
		}
	}
	slices.Sort(took)
	w := report.Waits{Done: len(took)}
	if w.Done > 0 {
		w.Median, w.P90 = took[(w.Done*50+99)/100-1], took[(w.Done*90+99)/100-1]
	}
	return w
}

// parts are the clocks of a period by what they differ in.
func parts(period []promise, of func(promise) string) []report.Share {
	byKey := map[string][]promise{}
	for _, p := range period {
		byKey[of(p)] = append(byKey[of(p)], p)
	}
	out := []report.Share{}
	for key, some := range byKey {
		s := report.Share{Key: key}
		for _, p := range some {
			s.HandOffs += one(p.kind == sla.Response)
			s.Waiting += one(p.kind == sla.Response && !p.ended)
		}
		for _, k := range report.Kinds {
			s.Clocks = append(s.Clocks, report.ShareClock{Kept: kept(k, some), Waits: waited(k, some, false)})
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b report.Share) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// hoursIn counts clocks of a kind by the hour of the week.
func hoursIn(kind sla.Kind, all []promise, zone *time.Location) []report.Hour {
	out := []report.Hour{}
	for at := range 7 * 24 {
		h := report.Hour{Day: at / 24, Hour: at % 24}
		for _, p := range all {
			if t := p.asked.In(zone); p.kind == kind && (int(t.Weekday())+6)%7 == h.Day && t.Hour() == h.Hour {
				h.Met += one(p.result() == sla.Met)
				h.Missed += one(p.result() == sla.Missed)
			}
		}
		if h.Met+h.Missed > 0 {
			out = append(out, h)
		}
	}
	return out
}
