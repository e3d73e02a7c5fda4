package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
	"hotleads/views"
)

// clocksOnPage is how many clocks stand on a page of them.
const clocksOnPage = 50

// search asks for the clocks of the filter's period.
func (f slaFilter) search(teams []string) lead.ClockSearch {
	if f.Query.Team != "" {
		teams = []string{f.Query.Team}
	}
	return lead.ClockSearch{Kind: f.Kind, FactsQuery: lead.FactsQuery{Teams: teams, From: f.Query.From, To: f.Query.To, Now: f.Now}, Rep: f.Query.Rep, Tier: f.Query.Tier, Source: f.Query.Source}
}

// clocksAsked reads what a list of clocks is narrowed to, beside the report's own
// filter.
func (s *server) clocksAsked(c echo.Context, sc scene) (slaFilter, lead.ClockSearch, []string, error) {
	f, teams, err := s.slaAsked(c, sc)
	if err != nil {
		return f, lead.ClockSearch{}, nil, err
	}
	q := f.search(teams)
	q.Result = plain(c.QueryParam("result"))
	if _, known := views.ClocksTitle(q.Result); !known {
		return f, q, nil, lead.Invalid("result", "%q is nothing that a clock can be", clipped(q.Result, 40))
	}
	if text := c.QueryParam("wait"); text != "" {
		from, to, _ := strings.Cut(text, "-")
		a, err1 := strconv.Atoi(from)
		b, err2 := strconv.Atoi(to)
		if err1 != nil || err2 != nil && to != "" || a < 0 || b < 0 || max(a, b) > sla.MaxTargetMinutes {
			return f, q, nil, lead.Invalid("wait", "%q is no span of minutes such as 10-20", clipped(text, 40))
		}
		q.UsedFrom, q.UsedTo = time.Duration(a)*time.Minute, time.Duration(b)*time.Minute
	}
	if text := c.QueryParam("hour"); text != "" {
		var day, hour int
		if n, err := fmt.Sscanf(text, "%d-%d", &day, &hour); err != nil || n != 2 || day < 1 || day > 7 || hour < 0 || hour > 23 {
			return f, q, nil, lead.Invalid("hour", "%q is no hour of the week such as 1-9 (Monday, nine o'clock)", clipped(text, 40))
		}
		f.hour = &report.Hour{Day: day - 1, Hour: hour}
		q.Spans = f.HourSpans(*f.hour)
	}
	return f, q, teams, nil
}

// slaClocksPage lists the clocks behind a figure.
func (s *server) slaClocksPage(c echo.Context) error {
	ctx := c.Request().Context()
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	f, q, teams, err := s.clocksAsked(c, sc)
	if err != nil {
		return err
	}
	if q.After, err = readCursor[lead.ClockPoint](c.QueryParam("cursor")); err != nil {
		return err
	}
	q.Limit = clocksOnPage + 1
	clocks, err := s.Store.FindClocks(ctx, q)
	if err != nil {
		return err
	}
	m := views.SLAClocksModel{Back: f.wayBack(c.QueryParam("back")), Sub: strings.Join(sc.narrowed(f, q), " · ")}
	m.Title, _ = views.ClocksTitle(q.Result)
	kept := []string{"result", q.Result, "wait", c.QueryParam("wait"), "hour", c.QueryParam("hour")}
	m.Paging.CSV = "/sla/clocks.csv" + f.query(kept...)
	kept = append(kept, "back", m.Back)
	if q.After != nil {
		m.Paging.First = "/sla/clocks" + f.query(kept...)
	}
	if len(clocks) > clocksOnPage {
		clocks = clocks[:clocksOnPage]
		last := clocks[clocksOnPage-1]
		m.Paging.Next = "/sla/clocks" + f.query(append(kept, "cursor", writeCursor(lead.ClockPoint{AskedAt: last.AskedAt, ID: last.ID}))...)
	}
	if m.Rows, err = s.slaRows(ctx, sc, clocks, teams, true); err != nil {
		return err
	}
	p := s.page(c, "sla")
	p.Title = "SLA"
	return s.render(c, http.StatusOK, views.SLAClocksPage(p, m))
}

// narrowed says what a list of clocks is narrowed to, beside its result.
func (sc scene) narrowed(f slaFilter, q lead.ClockSearch) []string {
	out := []string{views.PeriodWords(f.Query)}
	if q.Kind != "" {
		out = append(out, views.WordsOfClock(string(q.Kind)).Sub)
	}
	if q.UsedFrom > 0 || q.UsedTo > 0 {
		out = append(out, views.WaitWords(q.UsedFrom, q.UsedTo))
	}
	if f.hour != nil {
		out = append(out, views.HourWords(*f.hour))
	}
	if f.Team != nil {
		out = append(out, f.Team.Name)
	}
	if f.Query.Rep != "" {
		out = append(out, sc.repWords(f.Query.Rep))
	}
	if f.Query.Tier != "" {
		out = append(out, views.TierWord(f.Query.Tier))
	}
	if f.Query.Source != "" {
		out = append(out, f.Query.Source)
	}
	return out
}

// orNobody is a rep as one is asked for.
func orNobody(rep string) string { return cmp.Or(rep, lead.Nobody) }

// repWords name a rep who is asked for, or a part by rep.
func (sc scene) repWords(rep string) string {
	if orNobody(rep) == lead.Nobody {
		return views.NobodysClocks
	}
	return sc.book.Name(rep)
}

// slaRows are clocks with their leads and what became of them, in words. A lead
// that is another team's by now has no name here. Drawn, each has its picture.
func (s *server) slaRows(ctx context.Context, sc scene, clocks []lead.LeadClock, teams []string, drawn bool) ([]views.SLABreach, error) {
	ids := make([]string, len(clocks))
	for i, c := range clocks {
		ids[i] = c.LeadID
	}
	cards, err := s.Store.Cards(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]views.SLABreach, len(clocks))
	for i, c := range clocks {
		l, there := cards[c.LeadID]
		out[i] = views.SLABreach{Name: views.ElsewhereLead, Kind: string(c.Kind), State: stateOf(c.Clock, sc.now), Why: lead.InWords(c.Story(sc.clockCalendar(c.Clock, c.TeamID), sc.book, sc.now))}
		if drawn {
			at := sc
			if minute := sc.now.Truncate(time.Minute); c.Running() && minute.After(c.DueAt) { // its picture grows, but not with each look
				at.now = minute
			}
			out[i].Working = new(at.working(c.Clock, c.TeamID))
		}
		if there && (teams == nil || l.Lead.TeamID == "" || slices.Contains(teams, l.Lead.TeamID)) {
			out[i].LeadID, out[i].Name = c.LeadID, l.Lead.DisplayName()
		}
	}
	return out, nil
}

// stateOf is how a clock stands in a report.
func stateOf(c lead.Clock, now time.Time) string {
	switch {
	case c.Outcome == sla.Missed, c.Running() && c.State(now) == sla.Breached:
		return lead.ClocksMissed
	case c.Running():
		return lead.ClocksOpen
	}
	return string(c.Outcome)
}
