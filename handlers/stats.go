package handlers

import (
	"context"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
	"hotleads/views"
)

// boardStats is the line beside the team's name; the figures of today are read
// every few seconds.
func (s *server) boardStats(ctx context.Context, team lead.Team, rows []lead.Scored, sc scene) (views.StatsModel, error) {
	m := views.StatsModel{}
	for _, l := range rows {
		if l.Stage == lead.MQL && l.TeamID == team.ID { // others' that are open to all wait on theirs
			m.Waiting++
		}
	}
	s.mu.Lock()
	cached, ok := s.stats[team.ID]
	s.mu.Unlock()
	if !ok || sc.now.Sub(cached.at) > statsFor {
		q := report.Query{From: lead.Today(sc.now, sc.zone(team.ID)), To: sc.now.Add(time.Second), Now: sc.now, Zone: sc.zone(team.ID), Team: team.ID}
		facts, err := s.Store.Facts(ctx, lead.FactsQuery{Teams: []string{team.ID}, From: q.From, To: q.To, Now: q.Now})
		if err != nil {
			return m, err
		}
		cached = statsAt{sc.now, figures(report.SLAOf(q, facts))}
		s.mu.Lock()
		s.stats[team.ID] = cached
		s.mu.Unlock()
	}
	m.FirstTouch, m.InTime = cached.figure.median, cached.figure.inTime
	return m, nil
}

// dayFigures are the median response, in words, and the share met; "" where
// nothing was done yet.
type dayFigures struct{ median, inTime string }

// statsAt are figures of a day as they stood at a moment.
type statsAt struct {
	at     time.Time
	figure dayFigures
}

// statsFor is how long figures are shown before they are read again.
const statsFor = 3 * time.Second

// figures are the median response and the share of steps in time, of what was asked
// for today: what /sla tells of the day.
func figures(r report.SLA) dayFigures {
	var f dayFigures
	met, all := 0, 0
	for _, c := range r.Clocks {
		if c.Kind != sla.Response {
			met, all = met+c.Met, all+c.Met+c.Missed
		} else if c.Done > 0 {
			f.median = views.Minutes(c.Median)
		}
	}
	if all > 0 {
		f.inTime = percent(met, all)
	}
	return f
}
