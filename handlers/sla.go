package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/live"
	"hotleads/sla"
	"hotleads/views"
)

// How many promises that were broken stand on the page.
const breachesShown = 8

// slaAsked reads whom and what a viewer wants to see of the report. A team that is
// not theirs to see is not there.
func (s *server) slaAsked(c echo.Context, sc scene) (slaFilter, []string, error) {
	u := *viewer(c)
	seen, teams := seenTeams(sc.book, u), u.TeamsSeen()
	var team *lead.Team
	ref := plain(c.QueryParam("team"))
	switch {
	case ref != "":
		if team = teamOf(&lead.Book{Teams: seen}, ref); team == nil {
			return slaFilter{}, nil, lead.NotFound("the team " + clipped(ref, 40))
		}
	case len(teams) == 1 && len(seen) == 1: // its days and targets, as on its board
		team = &seen[0]
	}
	f, err := sc.readSLA(c, team)
	f.only = ref == ""
	if f.Kind = sla.Kind(plain(c.QueryParam("kind"))); f.Kind != "" && !slices.Contains(report.Kinds, f.Kind) {
		err = lead.Together(err, lead.Invalid("kind", "%q is no clock: it wants claim, decision, touch or response", clipped(string(f.Kind), 40)))
		f.Kind = ""
	}
	return f, teams, err
}

func (s *server) slaPage(c echo.Context) error {
	ctx := c.Request().Context()
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	f, teams, err := s.slaAsked(c, sc)
	status, wrong, refused := refusal(err)
	if err != nil && (!refused || status != http.StatusUnprocessableEntity) {
		return err
	}
	if !refused {
		status = http.StatusOK
	}
	m, err := s.slaModel(ctx, sc, f, teams)
	if err != nil {
		return err
	}
	m.Filter, err = s.slaFinder(ctx, sc, f, *viewer(c))
	if err != nil {
		return err
	}
	m.Filter.Errors = wrong
	m.LiveURL = "/live/sla" + f.without(wrong)
	p, err := s.livePage(c, "sla", "SLA")
	if err != nil {
		return err
	}
	return s.render(c, status, views.SLAPage(p, m))
}

// slaModel is the page: who waits, on whom, until when, and the figures.
func (s *server) slaModel(ctx context.Context, sc scene, f slaFilter, teams []string) (views.SLAModel, error) {
	m, err := s.runningOf(ctx, sc, f, teams)
	if err != nil {
		return m, err
	}
	made, err := s.slaMade(ctx, sc, f, teams)
	made.on(&m)
	return m, err
}

// runningOf are the clocks that run now, as far as they are asked for.
func (s *server) runningOf(ctx context.Context, sc scene, f slaFilter, teams []string) (views.SLAModel, error) {
	if f.Query.Team != "" {
		teams = []string{f.Query.Team}
	}
	rows, waiting, err := s.runningClocks(ctx, sc, lead.RunningSearch{Teams: teams, Kind: f.Kind, Rep: f.Query.Rep, Tier: f.Query.Tier, Source: f.Query.Source})
	return views.SLAModel{Rows: rows, Aside: waiting.Now()}, err
}

// newsOf tells which notices are news to an audience that sees the teams; nil: all.
func newsOf(teams []string) func(live.Notice) bool {
	return func(n live.Notice) bool {
		return n.All || len(n.Teams) > 0 && (teams == nil || slices.ContainsFunc(n.Teams, func(t string) bool { return slices.Contains(teams, t) }))
	}
}

// teamsTopic names the teams that an audience sees, in the topic of its screen.
func teamsTopic(teams []string) string {
	if teams == nil {
		return "all"
	}
	return strings.Join(slices.Sorted(slices.Values(teams)), ",")
}
