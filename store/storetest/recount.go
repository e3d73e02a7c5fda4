package storetest

import (
	"slices"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

// naive counts promises one by one.
func naive(q report.Query, all []promise) report.SLA {
	r := report.SLA{Query: q}
	all = keep(all, func(p promise) bool {
		return (q.Team == "" || p.team == q.Team) && (q.Rep == "" || p.rep == q.Rep || q.Rep == lead.Nobody && p.rep == "") && (q.Tier == "" || p.tier == q.Tier) && (q.Source == "" || p.source == q.Source)
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
