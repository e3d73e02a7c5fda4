package handlers

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"hotleads/lead"
	"hotleads/sla"
	"hotleads/views"
)

// clocksShown bounds the list of running clocks.
const clocksShown = 300

// runningClocks is who waits, on whom, until when.
func (s *server) runningClocks(ctx context.Context, sc scene, q lead.RunningSearch) (views.SLAModel, error) {
	m := views.SLAModel{LiveURL: "/live/sla"}
	q.Limit = clocksShown + 1
	clocks, err := s.Store.Running(ctx, q)
	if err != nil {
		return m, err
	}
	more := len(clocks) > clocksShown
	clocks = clocks[:min(len(clocks), clocksShown)]
	ids := make([]string, len(clocks))
	for i, c := range clocks {
		ids[i] = c.LeadID
	}
	cards, err := s.Store.Cards(ctx, ids)
	if err != nil {
		return m, err
	}
	overdue, risk, nobody, on := 0, 0, 0, map[string]int{}
	for _, c := range clocks {
		l := cards[c.LeadID].Lead
		row := views.SLARow{LeadID: l.ID, Name: l.DisplayName(), Company: l.Company, Clock: sc.clock(c.Clock, l.TeamID)}
		if t := sc.book.Team(l.TeamID); t != nil && len(sc.book.Teams) > 1 {
			row.Team = t.Name
		}
		if l.OwnerID != "" {
			row.With = sc.book.Name(l.OwnerID)
			on[row.With]++
		} else {
			nobody++
		}
		switch sla.State(row.Clock.State) {
		case sla.Breached:
			overdue++
		case sla.AtRisk:
			risk++
		}
		m.Rows = append(m.Rows, row)
	}
	m.Sentence, m.Aside = clockSentence(len(m.Rows), more, overdue, risk, nobody, on)
	return m, nil
}

// clockSentence says how the hand-offs stand: all that run, or the first of more.
func clockSentence(all int, more bool, overdue, risk, nobody int, on map[string]int) (string, string) {
	if all == 0 {
		return "Nobody is waiting.", "Every lead that was handed over has been claimed, decided and contacted."
	}
	s := views.Count(all, "clock runs", "clocks run") + "."
	if more {
		s = fmt.Sprintf("More than %d clocks run. Of the first %d:", all, all)
	}
	switch {
	case overdue > 0 && risk > 0:
		s += fmt.Sprintf(" %d overdue, %d at risk.", overdue, risk)
	case overdue > 0:
		s += fmt.Sprintf(" %d overdue.", overdue)
	case risk > 0:
		s += fmt.Sprintf(" %d at risk, none overdue.", risk)
	default:
		s += " All in time."
	}
	most, n, held := "", 0, 0
	for name, k := range on {
		held += k
		if k > n || (k == n && name < most) {
			most, n = name, k
		}
	}
	var parts []string
	if nobody > 0 {
		parts = append(parts, views.Count(nobody, "waits on nobody", "wait on nobody"))
	}
	switch {
	case len(on) == 1:
		parts = append(parts, fmt.Sprintf("%d on %s", n, most))
	case len(on) > 1 && n == 1:
		parts = append(parts, fmt.Sprintf("%d on as many reps", held))
	case len(on) > 1:
		parts = append(parts, fmt.Sprintf("%d on %d reps, most of them (%d) on %s", held, len(on), n, most))
	}
	return s, strings.Join(parts, ", ") + "."
}

func percent(part, whole int) string { return strconv.Itoa(part*100/whole) + " %" }
