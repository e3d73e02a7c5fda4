package handlers

import (
	"context"
	"fmt"
	"slices"
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
		out.Empty = views.NothingAsked(r.Query)
		return out, nil
	}
	for k, c := range r.Clocks {
		out.Tiles = append(out.Tiles, sc.slaTile(f, c, r.Today[k]))
	}
	out.Asides = views.PeriodAsides(r)
	if r.Unclaimed > 0 {
		out.Unclaimed, out.UnclaimURL = views.UnclaimedWords(r.Unclaimed), f.behind("kind", "", "result", lead.ClocksUnclaimed)
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
	out.HeatSub = views.HeatSub(r)
	for i := len(r.Weeks) - 1; i >= 0; i-- {
		out.Weeks = append(out.Weeks, sc.slaWeek(f, r.Weeks[i]))
	}
	slugOf := func(id string) string {
		if t := sc.book.Team(id); t != nil {
			return t.Slug
		}
		return ""
	}
	out.Tables = []views.SLATable{
		{Title: "By team", Of: "Team", Rows: sc.slaParts(f, "team", r.Teams, sc.teamName, slugOf)},
		{Title: "By rep", Of: "Rep", Rows: sc.slaParts(f, "rep", r.Reps, sc.repWords, orNobody)},
		{Title: "By tier", Of: "Tier", Rows: sc.slaParts(f, "tier", r.Tiers, views.TierWord, itself)},
		{Title: "By source", Of: "Source", Rows: sc.slaParts(f, "source", r.Sources, itself, itself)},
	}
	if len(r.Teams) < 2 {
		out.Tables = out.Tables[1:]
	}
	out.AllURL = f.behind("result", lead.ClocksMissed)
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
		t.URL = f.behind("kind", string(c.Kind), "result", lead.ClocksMissed)
	}
	return t
}

// part is the filter of a part of the clocks that stands in a table, of which some
// figures lead to lists; a part without a name leads nowhere.
type part struct {
	slaFilter
	nameless bool
	change   []string // as in slaFilter.query
}

func (p part) behind(change ...string) string {
	if p.nameless {
		return ""
	}
	return p.slaFilter.behind(slices.Concat(p.change, change)...)
}

// count is a number of response clocks.
func (p part) count(n int, result string) views.SLACount {
	if n == 0 {
		return views.SLACount{}
	}
	return views.SLACount{N: n, URL: p.behind("kind", string(sla.Response), "result", result)}
}

// response is how long buyers waited.
func (p part) response(w report.Waits, p90 bool) views.SLACellFigure {
	if w.Done == 0 {
		return views.SLACellFigure{Text: "–"}
	}
	c := views.SLACellFigure{Text: views.Minutes(w.Median), Title: views.OfCalled(w.Done), URL: p.behind("kind", string(sla.Response), "result", lead.ClocksDone)}
	if p90 {
		c.Of = "p90 " + views.Minutes(w.P90)
	}
	return c
}

func (sc scene) slaShare(p part, k report.Kept) views.SLACellFigure {
	is, known := k.Share()
	if !known {
		return views.SLACellFigure{Text: "–"}
	}
	c := views.SLACellFigure{Text: percent(k.Met, k.Met+k.Missed), Of: fmt.Sprintf("of %d", k.Met+k.Missed), URL: p.behind("kind", string(k.Kind), "result", lead.ClocksOrdinary)}
	if share, promised := sc.promised(k.Kind); promised {
		if c.State = "kept"; is < share {
			c.State = "broken"
		}
	}
	return c
}

// slaWeek is a row of the trend.
func (sc scene) slaWeek(f slaFilter, w report.Week) views.SLAWeek {
	from, end := w.Monday.Format(time.DateOnly), lead.DaysOn(w.Monday, 7, f.Zone)
	if f.Query.To.Before(end) {
		end = f.Query.To
	}
	p := part{slaFilter: f, change: []string{"from", from, "to", f.lastDay(end)}}
	row := views.SLAWeek{Label: w.Monday.In(f.Zone).Format("2 Jan"), HandOffs: p.count(w.HandOffs, ""), Response: p.response(w.Response, false)}
	row.URL = "/sla" + f.query("from", from, "to", lead.DaysOn(w.Monday, 6, f.Zone).Format(time.DateOnly))
	for _, k := range w.Kept {
		if k.Kind != sla.Response {
			row.Shares = append(row.Shares, sc.slaShare(p, k))
		}
	}
	return row
}

// partsShown bounds a table by what clocks differ in; the file has the rest.
const partsShown = 20

// slaParts are the rows of a table by what clocks differ in; value is what the filter
// has for a part.
func (sc scene) slaParts(f slaFilter, by string, parts []report.Share, name, value func(string) string) []views.SLAShare {
	out := make([]views.SLAShare, 0, len(parts))
	for _, share := range parts[:min(len(parts), partsShown)] {
		p := part{slaFilter: f, change: []string{by, value(share.Key)}, nameless: value(share.Key) == "" || name(share.Key) == ""}
		row := views.SLAShare{Name: name(share.Key), URL: "/sla" + f.query(p.change...), HandOffs: p.count(share.HandOffs, ""), Waiting: p.count(share.Waiting, lead.ClocksWaiting)}
		if p.nameless {
			row.Name, row.URL = views.Nameless, ""
		}
		for _, c := range share.Clocks {
			if c.Kind == sla.Response {
				row.Response = p.response(c.Waits, true)
			} else {
				row.Shares = append(row.Shares, sc.slaShare(p, c.Kept))
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
	since, to := r.Since().In(r.Zone).Format(time.DateOnly), f.lastDay(r.To)
	var days []views.SLADay
	for d := range lastDay + 1 {
		row := views.SLADay{Day: views.DayName(d)}
		for h := first; h <= last; h++ {
			n := at[d*24+h]
			var c views.SLACell
			if all := n.Met + n.Missed; all > 0 {
				c.Level, c.Text = 1+(n.Missed*4+all-1)/all, strconv.Itoa(n.Missed)
				c.Title = views.HourTitle(n)
				c.URL = f.behind("from", since, "to", to, "kind", "response", "result", lead.ClocksJudged, "hour", fmt.Sprintf("%d-%d", d+1, h))
			}
			row.Cells = append(row.Cells, c)
		}
		days = append(days, row)
	}
	return names, days
}
