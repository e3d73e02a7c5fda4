package handlers

import (
	"math"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
	"hotleads/views"
)

// The columns of the file of figures. What stands in them from slaComputed on is made
// here; "" where a line has no such figure.
var slaColumns = []string{"by", "name", "clock", "met", "missed", "open", "unrecorded", "cancelled", "in_time_percent", "done", "median_minutes", "p90_minutes",
	"promised_percent", "hand_offs", "mqls", "called", "waiting", "ended", "claimed_by_none"}

const slaComputed = 3

// slaCells are some of a line's figures, by their columns.
type slaCells map[string]string

func (c slaCells) count(column string, n int) { c[column] = strconv.Itoa(n) }

func (c slaCells) percent(column string, share float64) {
	c[column] = strconv.FormatFloat(math.Round(share*1000)/10, 'f', 1, 64)
}

// judged are clocks of which nothing counts but whether they were met.
func judged(n countJSON) slaCells {
	c := slaCells{}
	c.count("met", n.Met)
	c.count("missed", n.Missed)
	if all := n.Met + n.Missed; all > 0 {
		c.percent("in_time_percent", float64(n.Met)/float64(all))
	}
	return c
}

// keptAll are all clocks of a kind.
func keptAll(k report.Kept) slaCells {
	c := judged(countJSON{k.Met, k.Missed})
	c.count("open", k.Open)
	c.count("unrecorded", k.Unrecorded)
	c.count("cancelled", k.Cancelled)
	return c
}

func (c slaCells) waits(w report.Waits) slaCells {
	c.count("done", w.Done)
	if w.Done > 0 {
		c["median_minutes"], c["p90_minutes"] = csvMinutes(w.Median), csvMinutes(w.P90)
	}
	return c
}

// handOffs are those of a part, on the line of its responses.
func (c slaCells) handOffs(kind sla.Kind, all, waiting int) slaCells {
	if kind == sla.Response {
		c.count("hand_offs", all)
		c.count("waiting", waiting)
	}
	return c
}

// slaCSV is what the report shows, as a file: lines for each kind of clock.
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
	computed := make([]int, 0, len(slaColumns))
	for i := slaComputed; i < len(slaColumns); i++ {
		computed = append(computed, i)
	}
	file := csvTo(c, "sla-"+r.From.In(r.Zone).Format(time.DateOnly)+".csv", slaColumns, computed...)
	if file == nil {
		return nil
	}
	sc.slaLines(r, func(by, name string, kind sla.Kind, cells slaCells) {
		if f.Kind != "" && kind != f.Kind {
			return
		}
		row := []string{by, name, string(kind)}
		for _, column := range slaColumns[slaComputed:] {
			row = append(row, cells[column])
		}
		file.line(row)
	})
	_ = file.flush() // who left needs no file
	return nil
}

// slaLines are the lines of a report's file.
func (sc scene) slaLines(r report.SLA, line func(by, name string, kind sla.Kind, cells slaCells)) {
	for _, k := range r.Clocks {
		line("period", "", k.Kind, sc.periodCells(r, k))
		line("after hours", "", k.Kind, keptAll(report.Kept{Met: k.ClosedMet, Missed: k.ClosedMissed, Open: k.ClosedOpen}).waits(k.Closed))
		line("verified", "", k.Kind, judged(allOf(k.Verified)))
		line("self-reported", "", k.Kind, judged(allOf(k.SelfReported)))
	}
	for _, k := range r.Today {
		line("today", "", k.Kind, keptAll(k))
	}
	for _, w := range r.Weeks {
		for _, k := range w.Kept {
			cells := keptAll(k)
			if k.Kind == sla.Response {
				cells.waits(w.Response).count("hand_offs", w.HandOffs)
			}
			line("week", w.Monday.In(r.Zone).Format(time.DateOnly), k.Kind, cells)
		}
	}
	for _, by := range []struct {
		what  string
		parts []report.Share
		name  func(string) string
	}{{"team", r.Teams, sc.teamName}, {"rep", r.Reps, sc.repName}, {"tier", r.Tiers, itself}, {"source", r.Sources, itself}} {
		for _, p := range by.parts {
			for _, k := range p.Clocks {
				line(by.what, by.name(p.Key), k.Kind, keptAll(k.Kept).waits(k.Waits).handOffs(k.Kind, p.HandOffs, p.Waiting))
			}
		}
	}
	for _, k := range r.Clocks {
		for _, b := range k.Bins {
			line("bin", views.BinWords(b)+" min", k.Kind, judged(countJSON{b.Met, b.Missed}))
		}
	}
	for _, k := range r.Clocks {
		for _, h := range k.Hours {
			line("hour", views.HourName(h), k.Kind, judged(countJSON{h.Met, h.Missed}))
		}
	}
}

// periodCells are the figures of a kind of clock over the whole period.
func (sc scene) periodCells(r report.SLA, k report.Clock) slaCells {
	cells := keptAll(k.Kept).waits(k.Waits).handOffs(k.Kind, r.HandOffs.All, r.HandOffs.Waiting)
	if share, promised := sc.promised(k.Kind); promised {
		cells.percent("promised_percent", share)
	}
	switch k.Kind {
	case sla.Claim:
		cells.count("claimed_by_none", r.Unclaimed)
	case sla.Response:
		cells.count("mqls", r.HandOffs.MQLs)
		cells.count("called", r.HandOffs.Called)
		cells.count("ended", r.HandOffs.Ended)
	}
	return cells
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
