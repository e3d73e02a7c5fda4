package handlers

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/views"
)

// slaFinder is what the report can be narrowed by.
func (s *server) slaFinder(ctx context.Context, sc scene, f slaFilter, u lead.User) (views.SLAFilter, error) {
	sources, err := s.Store.Sources(ctx, sourcesShown)
	if err != nil {
		return views.SLAFilter{}, err
	}
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
	out.Periods = f.periods(out.From, out.To)
	seen := seenTeams(sc.book, u)
	if len(seen) > 1 {
		out.Choices = append(out.Choices, f.teamChoice(seen))
	}
	out.Choices = append(out.Choices, f.kindChoice(), sc.repChoice(f, seen), f.tierChoice(), f.sourceChoice(sources))
	return out, nil
}

// periods are those that people ask for, the one that is shown as from and to (days)
// marked.
func (f slaFilter) periods(from, to string) []views.TeamLink {
	monday, today := report.Monday(f.Now, f.Zone), lead.Today(f.Now, f.Zone)
	on := func(days int) time.Time { return lead.DaysOn(monday, days, f.Zone) }
	var out []views.TeamLink
	for _, p := range []struct {
		name     string
		from, to time.Time
	}{{"Today", today, today}, {"This week", monday, on(6)}, {"Last week", on(-7), on(-1)}, {"8 weeks", on(-49), on(6)}} {
		first, last := p.from.Format(time.DateOnly), p.to.Format(time.DateOnly)
		link := views.TeamLink{Name: p.name, Slug: "/sla" + f.query("from", first, "to", last), Current: from == first && to == last}
		if p.name == "This week" {
			link.Slug = "/sla" + f.query("from", "", "to", "")
		}
		out = append(out, link)
	}
	return out
}

func (f slaFilter) teamChoice(seen []lead.Team) views.Filter {
	out := views.Filter{Name: "team", Label: "Team", Any: "Every team"}
	for _, t := range seen {
		out.Options = append(out.Options, views.Pick{Value: t.Slug, Text: t.Name})
	}
	if f.Team != nil {
		out.Value = f.Team.Slug
	}
	return out
}

func (f slaFilter) kindChoice() views.Filter {
	out := views.Filter{Name: "kind", Label: "Clock", Any: "Every clock", Value: string(f.Kind)}
	for _, k := range report.Kinds {
		out.Options = append(out.Options, views.Pick{Value: string(k), Text: views.WordsOfClock(string(k)).Name})
	}
	return out
}

// repChoice are the reps of the teams, and who was asked for: a manager may have
// claimed, too.
func (sc scene) repChoice(f slaFilter, seen []lead.Team) views.Filter {
	out := views.Filter{Name: "rep", Label: "Rep", Any: "Every rep", Value: f.Query.Rep}
	for _, id := range slices.Sorted(maps.Keys(sc.book.Users)) {
		x := sc.book.Users[id]
		if id == f.Query.Rep || x.Role == lead.Rep && slices.ContainsFunc(seen, func(t lead.Team) bool { return x.In(t.ID) }) {
			out.Options = append(out.Options, views.Pick{Value: id, Text: x.Name})
		}
	}
	slices.SortFunc(out.Options, func(a, b views.Pick) int { return strings.Compare(a.Text, b.Text) })
	out.Options = append(out.Options, views.Pick{Value: lead.Nobody, Text: views.NobodysClocks})
	return out
}

func (f slaFilter) tierChoice() views.Filter {
	out := views.Filter{Name: "tier", Label: "Tier", Any: "Every tier", Value: f.Query.Tier}
	for _, t := range slaTiers {
		out.Options = append(out.Options, views.Pick{Value: t, Text: views.TierWord(t)})
	}
	return out
}

// sourceChoice are the sources that leads come from most, and the one asked for.
func (f slaFilter) sourceChoice(sources []string) views.Filter {
	out := views.Filter{Name: "source", Label: "Source", Any: "Every source", Value: f.Source}
	if f.Source != "" && !slices.Contains(sources, f.Source) {
		sources = append([]string{f.Source}, sources...)
	}
	for _, x := range sources {
		out.Options = append(out.Options, views.Pick{Value: x, Text: x})
	}
	return out
}
