package handlers

import (
	"context"
	"strconv"

	"hotleads/lead"
	"hotleads/views"
)

// clocksShown bounds the list of running clocks.
const clocksShown = 300

// runningClocks is who waits, on whom, until when.
func (s *server) runningClocks(ctx context.Context, sc scene, q lead.RunningSearch) ([]views.SLARow, views.Waiting, error) {
	q.Limit = clocksShown + 1
	n := views.Waiting{On: map[string]int{}}
	clocks, err := s.Store.Running(ctx, q)
	if err != nil {
		return nil, n, err
	}
	n.More = len(clocks) > clocksShown
	clocks = clocks[:min(len(clocks), clocksShown)]
	ids := make([]string, len(clocks))
	for i, c := range clocks {
		ids[i] = c.LeadID
	}
	cards, err := s.Store.Cards(ctx, ids)
	if err != nil {
		return nil, n, err
	}
	rows := make([]views.SLARow, len(clocks))
	for i, c := range clocks {
		rows[i] = sc.runningRow(c.Clock, cards[c.LeadID].Lead)
		n.Add(rows[i])
	}
	return rows, n, nil
}

func (sc scene) runningRow(c lead.Clock, l lead.Lead) views.SLARow {
	row := views.SLARow{LeadID: l.ID, Name: l.DisplayName(), Company: l.Company, Clock: sc.clock(c, l.TeamID)}
	if t := sc.book.Team(l.TeamID); t != nil && len(sc.book.Teams) > 1 {
		row.Team = t.Name
	}
	if l.OwnerID != "" {
		row.With = sc.book.Name(l.OwnerID)
	}
	return row
}

func percent(part, whole int) string { return strconv.Itoa(part*100/whole) + " %" }
