package handlers

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
	"hotleads/views"
)

// slaFigures turns a report into what is shown of it.
func (s *server) slaFigures(ctx context.Context, sc scene, f slaFilter, r report.SLA, teams []string) (views.SLAFigures, error) {
	out := views.SLAFigures{CSV: "/sla.csv" + f.query()}
	if r.HandOffs.All == 0 && len(r.Teams) == 0 {
		out.Empty = periodWords(f) + ": nothing was asked for."
		return out, nil
	}
	for k, c := range r.Clocks {
		out.Tiles = append(out.Tiles, sc.slaTile(f, c, r.Today[k]))
	}
	out.Asides = slaAsides(r)
	if r.Unclaimed > 0 {
		out.Unclaimed, out.UnclaimURL = "Seen by all, claimed by none: "+views.Count(r.Unclaimed, "lead", "leads"), "/sla/clocks"+f.query("kind", "", "result", lead.ClocksUnclaimed)
	}
	for _, k := range []sla.Kind{sla.Response, sla.Claim, sla.Decision, sla.Touch} {
		for _, c := range r.Clocks {
			if c.Kind == k && (f.Kind == "" || f.Kind == k) {
				out.Charts = append(out.Charts, sc.slaChart(f, c))
			}
		}
	}
	response := r.Clocks[len(r.Clocks)-1]
	out.Hours, out.Heat = slaHeat(f, r, response.Hours)
	out.HeatSub = "share of late responses by the hour in which they came, since " + r.Since().In(r.Zone).Format("2 Jan 2006")
	for i := len(r.Weeks) - 1; i >= 0; i-- {
		w := r.Weeks[i]
		line := views.SLAWeek{Label: w.Monday.In(r.Zone).Format("2 Jan"), HandOffs: w.HandOffs, Shares: sc.slaShares(w.Kept), Median: waitWords(w.Response.Done, w.Response.Median)}
		line.URL = "/sla" + f.query("from", w.Monday.Format(time.DateOnly), "to", w.Monday.AddDate(0, 0, 6).Format(time.DateOnly))
		out.Weeks = append(out.Weeks, line)
	}
	slugOf := func(id string) string {
		if t := sc.book.Team(id); t != nil {
			return t.Slug
		}
		return ""
	}
	out.Tables = []views.SLATable{
		{Title: "By team", Of: "Team", Rows: sc.slaParts(r.Teams, sc.teamName, func(k string) string { return "/sla" + f.query("team", slugOf(k)) })},
		{Title: "By rep", Of: "Rep", Rows: sc.slaParts(r.Reps, sc.repName, func(k string) string { return "/sla" + f.query("rep", k) })},
		{Title: "By tier", Of: "Tier", Rows: sc.slaParts(r.Tiers, views.TierWord, func(k string) string { return "/sla" + f.query("tier", k) })},
		{Title: "By source", Of: "Source", Rows: sc.slaParts(r.Sources, itself, func(k string) string { return "/sla" + f.query("source", k) })},
	}
	if len(r.Teams) < 2 {
		out.Tables = out.Tables[1:]
	}
	out.AllURL = "/sla/clocks" + f.query("result", lead.ClocksMissed)
	q := f.search(teams)
	q.Result, q.Limit = lead.ClocksMissed, breachesShown
	missed, err := s.Store.FindClocks(ctx, q)
	if err != nil {
		return out, err
	}
	out.Breaches, err = s.slaRows(ctx, sc, missed, teams, true)
	return out, err
}

func (sc scene) slaTile(f slaFilter, c report.Clock, today report.Kept) views.SLATile {
	words := views.WordsOfClock(string(c.Kind))
	t := views.SLATile{Kind: string(c.Kind), Figure: "–", Text: words.Done}
	if share, promised := sc.promised(c.Kind); promised {
		t.Text += " · promised " + percent(int(share*1000), 1000)
		if is, known := c.Share(); known {
			t.Figure, t.State = percent(c.Met, c.Met+c.Missed), "kept"
			if is < share {
				t.State = "broken"
			}
		}
	} else if c.Done > 0 {
		t.Figure, t.Text = views.Minutes(c.Median), words.Done+" · p90 "+views.Minutes(c.P90)
	}
	if _, known := today.Share(); known {
		t.Today = "today " + percent(today.Met, today.Met+today.Missed) + " · "
	}
	if t.Note = "none late"; c.Missed+c.ClosedMissed > 0 {
		t.Note = strconv.Itoa(c.Missed+c.ClosedMissed) + " late"
		t.URL = "/sla/clocks" + f.query("kind", string(c.Kind), "result", lead.ClocksMissed)
	}
	return t
}

// slaAsides are what is told apart.
func slaAsides(r report.SLA) []string {
	var out []string
	if claim, response := r.Clocks[0], r.Clocks[len(r.Clocks)-1]; r.HandOffs.Closed > 0 {
		s := views.Count(r.HandOffs.Closed, "lead", "leads") + " came while the team was closed, and count apart:"
		if n := claim.ClosedMet + claim.ClosedMissed; n > 0 {
			s += fmt.Sprintf(" %d of %d claimed in time", claim.ClosedMet, n)
		} else {
			s += " none due yet"
		}
		if response.Closed.Done > 0 {
			s += ", half of those called within " + views.Minutes(response.Closed.Median)
		}
		out = append(out, s+".")
	}
	touch := r.Clocks[2]
	if v, self := allOf(touch.Verified), allOf(touch.SelfReported); v.Met+v.Missed+self.Met+self.Missed > 0 {
		out = append(out, fmt.Sprintf("Of %s %d came from the CRM or telephony, %d were logged by hand.", views.Count(v.Met+v.Missed+self.Met+self.Missed, "first touch", "first touches"), v.Met+v.Missed, self.Met+self.Missed))
	}
	if r.HandOffs.Ended+r.HandOffs.Unrecorded > 0 {
		out = append(out, fmt.Sprintf("%d ended without a call, %d went on in the CRM.", r.HandOffs.Ended, r.HandOffs.Unrecorded))
	}
	return out
}

func waitWords(done int, d time.Duration) string {
	if done == 0 {
		return "–"
	}
	return views.Minutes(d)
}

func (sc scene) slaShare(k report.Kept) views.SLACellFigure {
	is, known := k.Share()
	if !known {
		return views.SLACellFigure{Text: "–"}
	}
	c := views.SLACellFigure{Text: percent(k.Met, k.Met+k.Missed), Of: fmt.Sprintf("of %d", k.Met+k.Missed)}
	if share, promised := sc.promised(k.Kind); promised {
		if c.State = "kept"; is < share {
			c.State = "broken"
		}
	}
	return c
}

// slaShares are the attainments of what was promised.
func (sc scene) slaShares(kept []report.Kept) []views.SLACellFigure {
	var out []views.SLACellFigure
	for _, k := range kept {
		if k.Kind != sla.Response {
			out = append(out, sc.slaShare(k))
		}
	}
	return out
}

// partsShown bounds a table by what clocks differ in; the file has the rest.
const partsShown = 20

func (sc scene) slaParts(parts []report.Share, name, url func(string) string) []views.SLAShare {
	out := make([]views.SLAShare, 0, len(parts))
	for _, p := range parts[:min(len(parts), partsShown)] {
		row := views.SLAShare{Name: name(p.Key), URL: url(p.Key), HandOffs: p.HandOffs, Waiting: p.Waiting}
		if p.Key == "" || row.Name == "" {
			row.Name, row.URL = "nobody, or not known", ""
		}
		for _, c := range p.Clocks {
			if c.Kind != sla.Response {
				row.Shares = append(row.Shares, sc.slaShare(c.Kept))
				continue
			}
			if row.Median = waitWords(c.Done, c.Median); c.Done > 0 {
				row.P90 = "p90 " + views.Minutes(c.P90)
			}
		}
		out = append(out, row)
	}
	return out
}

// slaHeat are the hours of the week in which anything came, and the share late.
func slaHeat(f slaFilter, r report.SLA, hours []report.Hour) ([]string, []views.SLADay) {
	if len(hours) == 0 {
		return nil, nil
	}
	first, last, lastDay := 23, 0, 4
	at := map[int]report.Hour{}
	for _, h := range hours {
		first, last, lastDay = min(first, h.Hour), max(last, h.Hour), max(lastDay, h.Day)
		at[h.Day*24+h.Hour] = h
	}
	var names []string
	for h := first; h <= last; h++ {
		names = append(names, strconv.Itoa(h))
	}
	since, to := r.Since().In(r.Zone).Format(time.DateOnly), r.To.Add(-time.Second).In(r.Zone).Format(time.DateOnly)
	var days []views.SLADay
	for d := range lastDay + 1 {
		name := time.Weekday((d + 1) % 7).String()[:3]
		row := views.SLADay{Day: name}
		for h := first; h <= last; h++ {
			n := at[d*24+h]
			var c views.SLACell
			if all := n.Met + n.Missed; all > 0 {
				c.Level, c.Text = 1+(n.Missed*4+all-1)/all, strconv.Itoa(n.Missed)
				c.Title = fmt.Sprintf("%s %d:00: %d of %d late", name, h, n.Missed, all)
				c.URL = "/sla/clocks" + f.query("from", since, "to", to, "kind", "response", "result", lead.ClocksJudged, "hour", fmt.Sprintf("%d-%d", d+1, h))
			}
			row.Cells = append(row.Cells, c)
		}
		days = append(days, row)
	}
	return names, days
}
