package handlers

import (
	"context"
	"slices"
	"time"

	"hotleads/lead"
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
		today := lead.Today(sc.now, sc.zone(team.ID))
		clocks, err := s.Store.Stopped(ctx, []string{team.ID}, today, sc.now.Add(time.Second))
		if err != nil {
			return m, err
		}
		cached = statsAt{sc.now, figures(clocks)}
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

// figures are the median response and the share of steps done in time.
func figures(clocks []lead.Clock) dayFigures {
	var response []time.Duration
	met, all := 0, 0
	for _, c := range clocks {
		if c.Kind == sla.Response {
			response = append(response, c.Used)
			continue
		}
		all++
		if c.Outcome == sla.Met {
			met++
		}
	}
	var f dayFigures
	if len(response) > 0 {
		slices.Sort(response)
		f.median = minutes(response[len(response)/2])
	}
	if all > 0 {
		f.inTime = percent(met, all)
	}
	return f
}
