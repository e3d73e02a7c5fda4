package handlers

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

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
	var team *lead.Team
	if ref := plain(c.QueryParam("team")); ref != "" {
		if team = teamOf(&lead.Book{Teams: seenTeams(sc.book, u)}, ref); team == nil {
			return slaFilter{}, nil, lead.NotFound("the team " + clipped(ref, 40))
		}
	}
	f, err := sc.readSLA(c, team)
	if f.Kind = sla.Kind(plain(c.QueryParam("kind"))); f.Kind != "" && !slices.Contains(report.Kinds, f.Kind) {
		err = lead.Together(err, lead.Invalid("kind", "%q is no clock: it wants claim, decision, touch or response", clipped(string(f.Kind), 40)))
		f.Kind = ""
	}
	return f, u.TeamsSeen(), err
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
	if refused {
		m.LiveURL = "/live/sla"
	}
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
	m.LiveURL = "/live/sla" + f.query()
	r, err := s.slaReport(ctx, f, teams)
	if err != nil {
		return m, err
	}
	m.Sentence = slaSentence(f, r)
	m.Figures, err = s.slaFigures(ctx, sc, f, r, teams)
	return m, err
}

// runningOf are the clocks that run now, as far as they are asked for.
func (s *server) runningOf(ctx context.Context, sc scene, f slaFilter, teams []string) (views.SLAModel, error) {
	if f.Query.Team != "" {
		teams = []string{f.Query.Team}
	}
	m, err := s.runningClocks(ctx, sc, lead.RunningSearch{Teams: teams, Kind: f.Kind, Rep: f.Query.Rep, Tier: f.Query.Tier, Source: f.Query.Source})
	if len(m.Rows) == 0 {
		m.Aside = "Nobody waits now."
	} else {
		m.Aside = "Now " + m.Sentence + " " + m.Aside
	}
	return m, err
}

// slaSentence is what the period was like, in one.
func slaSentence(f slaFilter, r report.SLA) string {
	n, when := r.HandOffs, periodWords(f)
	if n.All == 0 {
		return when + " no lead was handed over."
	}
	s := when + " " + views.Count(n.All, "lead was", "leads were") + " handed over."
	response := r.Clocks[len(r.Clocks)-1]
	switch {
	case n.Called == 0:
		s += " None was called yet."
	case response.Done >= n.Called:
		s += " " + views.Count(n.Called, "was", "were") + " called, half of them within " + views.Minutes(response.Median) + "."
	case response.Done > 0:
		s += " " + views.Count(n.Called, "was", "were") + " called; of those that came in opening hours half within " + views.Minutes(response.Median) + "."
	default:
		s += " " + views.Count(n.Called, "was", "were") + " called."
	}
	return s
}

// periodWords are the period as a sentence begins with it.
func periodWords(f slaFilter) string {
	zone, last := f.Zone, f.Query.To.Add(-time.Second)
	monday, today := report.Monday(f.Now, zone), report.Day(f.Now, zone)
	switch {
	case f.Query.From.Equal(monday) && f.Query.To.Equal(monday.AddDate(0, 0, 7)):
		return "This week"
	case f.Query.From.Equal(today) && f.Query.To.Equal(today.AddDate(0, 0, 1)):
		return "Today"
	case f.Query.From.Equal(report.Day(last, zone)):
		return "On " + last.In(zone).Format("2 Jan 2006")
	}
	return "From " + f.Query.From.In(zone).Format("2 Jan 2006") + " to " + last.In(zone).Format("2 Jan 2006")
}

// slaFinder is what the report can be narrowed by.
func (s *server) slaFinder(ctx context.Context, sc scene, f slaFilter, u lead.User) (views.SLAFilter, error) {
	day := func(typed string, t time.Time) string {
		if typed != "" {
			return typed
		}
		return t.In(f.Zone).Format(time.DateOnly)
	}
	out := views.SLAFilter{From: day(f.From, f.Query.From), To: day(f.To, f.Query.To.Add(-time.Second))}
	if f.query() != "" {
		out.Reset = "/sla"
	}
	monday, today := report.Monday(f.Now, f.Zone), report.Day(f.Now, f.Zone)
	for _, p := range []struct {
		name     string
		from, to time.Time
	}{{"Today", today, today}, {"This week", monday, monday.AddDate(0, 0, 6)}, {"Last week", monday.AddDate(0, 0, -7), monday.AddDate(0, 0, -1)}, {"8 weeks", monday.AddDate(0, 0, -49), monday.AddDate(0, 0, 6)}} {
		from, to := p.from.Format(time.DateOnly), p.to.Format(time.DateOnly)
		link := views.TeamLink{Name: p.name, Slug: "/sla" + f.query("from", from, "to", to), Current: out.From == from && out.To == to}
		if p.name == "This week" {
			link.Slug = "/sla" + f.query("from", "", "to", "")
		}
		out.Periods = append(out.Periods, link)
	}
	seen := seenTeams(sc.book, u)
	if len(seen) > 1 {
		teams := views.Filter{Name: "team", Label: "Team", Any: "Every team"}
		for _, t := range seen {
			teams.Options = append(teams.Options, views.Pick{Value: t.Slug, Text: t.Name})
		}
		if f.Team != nil {
			teams.Value = f.Team.Slug
		}
		out.Choices = append(out.Choices, teams)
	}
	reps := views.Filter{Name: "rep", Label: "Rep", Any: "Every rep", Value: f.Query.Rep}
	for _, id := range slices.Sorted(maps.Keys(sc.book.Users)) {
		if x := sc.book.Users[id]; x.Role == lead.Rep && slices.ContainsFunc(seen, func(t lead.Team) bool { return x.In(t.ID) }) {
			reps.Options = append(reps.Options, views.Pick{Value: id, Text: x.Name})
		}
	}
	slices.SortFunc(reps.Options, func(a, b views.Pick) int { return strings.Compare(a.Text, b.Text) })
	tiers := views.Filter{Name: "tier", Label: "Tier", Any: "Every tier", Value: f.Query.Tier}
	for _, t := range slaTiers {
		tiers.Options = append(tiers.Options, views.Pick{Value: t, Text: views.TierWord(t)})
	}
	kinds := views.Filter{Name: "kind", Label: "Clock", Any: "Every clock", Value: string(f.Kind)}
	for _, k := range report.Kinds {
		kinds.Options = append(kinds.Options, views.Pick{Value: string(k), Text: views.WordsOfClock(string(k)).Name})
	}
	sources, err := s.Store.Sources(ctx, sourcesShown)
	if err != nil {
		return out, err
	}
	from := views.Filter{Name: "source", Label: "Source", Any: "Every source", Value: f.Source}
	for _, x := range sources {
		from.Options = append(from.Options, views.Pick{Value: x, Text: x})
	}
	out.Choices = append(out.Choices, kinds, reps, tiers, from)
	return out, nil
}

// Figures are made again at most so often, and never for more than a part of the
// time that they take.
const (
	figuresEvery = 3 * time.Second
	figuresShare = 20
)

func (s *server) slaStream(c echo.Context) error {
	sc, err := s.scene(c.Request().Context())
	if err != nil {
		return err
	}
	asked, teams, err := s.slaAsked(c, sc)
	if err != nil {
		return err
	}
	weekly := asked.From == "" && asked.To == ""
	var made struct {
		next     time.Time
		sentence string
		figures  views.SLAFigures
	}
	return s.stream(c, live.View{
		Topic: "sla|" + teamsTopic(teams) + "|" + asked.query(), Frames: partFrames{}, Slow: true,
		Concerns: func(n live.Notice) bool {
			return n.All || len(n.Teams) > 0 && (teams == nil || slices.ContainsFunc(n.Teams, func(t string) bool { return slices.Contains(teams, t) }))
		},
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			sc, err := s.scene(ctx)
			if err != nil {
				return live.Page{}, err
			}
			f := asked
			if f.Now = sc.now; weekly { // a page may stay open over the end of a week
				f.Query.From = report.Monday(sc.now, f.Zone)
				f.Query.To = f.Query.From.AddDate(0, 0, 7)
			}
			m, err := s.runningOf(ctx, sc, f, teams)
			if err != nil {
				return live.Page{}, err
			}
			if !sc.now.Before(made.next) {
				begun := time.Now()
				r, err := s.slaReport(ctx, f, teams)
				if err != nil {
					return live.Page{}, err
				}
				if made.figures, err = s.slaFigures(ctx, sc, f, r, teams); err != nil {
					return live.Page{}, err
				}
				made.sentence, made.next = slaSentence(f, r), sc.now.Add(max(figuresEvery, figuresShare*time.Since(begun)))
			}
			m.Sentence = made.sentence
			figures := made.figures
			part := func(target string, of any) live.Part {
				return live.Part{Target: target, Rev: revOf(of), HTML: func() ([]byte, error) { return views.SLAPart(context.Background(), figures, target) }}
			}
			return live.Page{Parts: []live.Part{
				{Target: "#sla-rows", Rev: revOf(m), HTML: func() ([]byte, error) { return views.SLAFrame(context.Background(), m) }},
				part("#sla-tiles", fmt.Sprint(figures.Tiles, figures.Asides, figures.Unclaimed)), part("#sla-figures", figures),
			}}, nil
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
