package handlers

import (
	"math"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

// slaCSV is what the report shows, as a file: a line for each part and clock.
func (s *server) slaCSV(c echo.Context) error {
	ctx := c.Request().Context()
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	f, teams, err := s.slaAsked(c, sc)
	if err != nil {
		return err
	}
	r, err := s.slaReport(ctx, f, teams)
	if err != nil {
		return err
	}
	file := csvTo(c, "sla-"+r.From.In(r.Zone).Format(time.DateOnly)+".csv",
		[]string{"by", "name", "clock", "met", "missed", "open", "unrecorded", "cancelled", "in_time_percent", "done", "median_minutes", "p90_minutes"}, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	if file == nil {
		return nil
	}
	line := func(by, name string, k report.Kept, w report.Waits) {
		if f.Kind != "" && k.Kind != f.Kind {
			return
		}
		share, median, p90 := "", "", ""
		if is, known := k.Share(); known {
			share = strconv.FormatFloat(math.Round(is*1000)/10, 'f', 1, 64)
		}
		if w.Done > 0 {
			median, p90 = csvMinutes(w.Median), csvMinutes(w.P90)
		}
		file.line([]string{by, name, string(k.Kind), strconv.Itoa(k.Met), strconv.Itoa(k.Missed), strconv.Itoa(k.Open), strconv.Itoa(k.Unrecorded), strconv.Itoa(k.Cancelled), share, strconv.Itoa(w.Done), median, p90})
	}
	for _, k := range r.Clocks {
		line("period", "", k.Kept, k.Waits)
		line("after hours", "", report.Kept{Kind: k.Kind, Met: k.ClosedMet, Missed: k.ClosedMissed, Open: k.ClosedOpen}, k.Closed)
	}
	for _, w := range r.Weeks {
		for _, k := range w.Kept {
			waits := report.Waits{}
			if k.Kind == sla.Response {
				waits = w.Response
			}
			line("week", w.Monday.In(r.Zone).Format(time.DateOnly), k, waits)
		}
	}
	for _, by := range []struct {
		what  string
		parts []report.Share
		name  func(string) string
	}{{"team", r.Teams, sc.teamName}, {"rep", r.Reps, sc.repName}, {"tier", r.Tiers, itself}, {"source", r.Sources, itself}} {
		for _, p := range by.parts {
			for _, k := range p.Clocks {
				line(by.what, by.name(p.Key), k.Kept, k.Waits)
			}
		}
	}
	_ = file.flush() // who left needs no file
	return nil
}

func csvMinutes(d time.Duration) string { return strconv.FormatFloat(d.Minutes(), 'f', 2, 64) }

// slaClocksCSV is a list of clocks as a file.
func (s *server) slaClocksCSV(c echo.Context) error {
	ctx := c.Request().Context()
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	f, q, teams, err := s.clocksAsked(c, sc)
	if err != nil {
		return err
	}
	q.Limit = csvStep
	clocks, err := s.Store.FindClocks(ctx, q)
	if err != nil {
		return err
	}
	file := csvTo(c, "clocks-"+f.Query.From.In(f.Zone).Format(time.DateOnly)+".csv",
		[]string{"lead", "name", "clock", "state", "team", "rep", "tier", "source", "asked_at", "due_at", "stopped_at", "target_minutes", "used_minutes", "why"}, 11, 12)
	if file == nil {
		return nil
	}
	for {
		rows, err := s.slaRows(ctx, sc, clocks, teams, false)
		if err != nil {
			cutShort()
		}
		for i, row := range rows {
			k := clocks[i]
			used := ""
			if !k.Running() {
				used = csvMinutes(k.Used)
			}
			file.line([]string{row.LeadID, row.Name, row.Kind, row.State, sc.teamName(k.TeamID), sc.repName(k.Rep()), k.Tier, k.Source, csvTime(k.AskedAt), csvTime(k.DueAt), csvTime(k.StoppedAt), csvMinutes(k.Target), used, row.Why})
		}
		if file.flush() != nil || len(clocks) < csvStep {
			return nil
		}
		last := clocks[len(clocks)-1]
		q.After = &lead.ClockPoint{AskedAt: last.AskedAt, ID: last.ID}
		if clocks, err = s.Store.FindClocks(ctx, q); err != nil {
			cutShort()
		}
	}
}
