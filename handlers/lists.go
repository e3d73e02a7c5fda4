package handlers

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/live"
	"hotleads/sla"
	"hotleads/views"
)

// clocksShown bounds the list of running clocks.
const clocksShown = 300

func (s *server) slaPage(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	m, err := s.runningClocks(ctx, sc, u.TeamsSeen())
	if err != nil {
		return err
	}
	p, err := s.livePage(c, "sla", "SLA")
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.SLAPage(p, m))
}

// runningClocks is /sla: who waits, on whom, until when.
func (s *server) runningClocks(ctx context.Context, sc scene, teams []string) (views.SLAModel, error) {
	m := views.SLAModel{LiveURL: "/live/sla"}
	clocks, err := s.Store.Running(ctx, teams, clocksShown)
	if err != nil {
		return m, err
	}
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
	m.Sentence, m.Aside = clockSentence(len(clocks), overdue, risk, nobody, on)
	return m, nil
}

// clockSentence says how the hand-offs stand.
func clockSentence(all, overdue, risk, nobody int, on map[string]int) (string, string) {
	if all == 0 {
		return "Nobody is waiting.", "Every lead that was handed over has been claimed, decided and contacted."
	}
	s := count(all, "clock runs", "clocks run") + "."
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
		parts = append(parts, count(nobody, "waits on nobody", "wait on nobody"))
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

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

func percent(part, whole int) string { return strconv.Itoa((part*100+whole/2)/whole) + " %" }

func (s *server) slaStream(c echo.Context) error {
	teams := viewer(c).TeamsSeen()
	return s.stream(c, live.View{
		Topic: "sla|" + teamsTopic(teams), Frames: partFrames{},
		Concerns: func(n live.Notice) bool {
			return n.All || len(n.Teams) > 0 && (teams == nil || slices.ContainsFunc(n.Teams, func(t string) bool { return slices.Contains(teams, t) }))
		},
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			sc, err := s.scene(ctx)
			if err != nil {
				return live.Page{}, err
			}
			m, err := s.runningClocks(ctx, sc, teams)
			if err != nil {
				return live.Page{}, err
			}
			return live.Page{Parts: []live.Part{{Target: "#sla-rows", Rev: revOf(m), HTML: func() ([]byte, error) { return views.SLAFrame(context.Background(), m) }}}}, nil
		},
	})
}

// teamsTopic names the teams that an audience sees, in the topic of its screen.
func teamsTopic(teams []string) string {
	if teams == nil {
		return "all"
	}
	return strings.Join(slices.Sorted(slices.Values(teams)), ",")
}
