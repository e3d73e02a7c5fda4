package handlers

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

// slaTiers are the tiers that clocks run by, the hottest first.
var slaTiers = []string{"fire", "hot", "warm"}

// mostDays is how long a report's period may be: two years, and the days that
// leap.
const mostDays = 2*365 + 2

// slaFilter is what somebody asked to see, as they typed it, and what it means.
type slaFilter struct {
	From, To, Rep, Tier, Source string
	Kind                        sla.Kind // of what stands on the page clock by clock; "": every kind
	Team                        *lead.Team
	hour                        *report.Hour // of the week, of a list of clocks; nil: any
	only                        bool         // who asks sees no other team, and need not name it
	report.Query
}

var calendarDay = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// readSLA reads a report's period and what it is narrowed to. Without a period it
// is this ISO week. A day is one of the team's zone, else of the company's; as
// the end it is meant whole. What is refused comes beside what could be read.
func (sc scene) readSLA(c echo.Context, team *lead.Team) (slaFilter, error) {
	return sc.meant(slaFilter{From: plain(c.QueryParam("from")), To: plain(c.QueryParam("to")), Rep: plain(c.QueryParam("rep")), Tier: plain(c.QueryParam("tier")), Source: plain(c.QueryParam("source")), Team: team})
}

// meant is what a filter means now: a page may stay open over the end of a week, or over
// another calendar of its team.
func (sc scene) meant(f slaFilter) (slaFilter, error) {
	team := f.Team
	zone := zone(sc.rules, team)
	monday := report.Monday(sc.now, zone)
	nextWeek := lead.DaysOn(monday, 7, zone)
	f.Query = report.Query{From: monday, To: nextWeek, Now: sc.now, Zone: zone, Tier: f.Tier, Source: f.Source, Rep: f.Rep}
	if team != nil {
		f.Query.Team = team.ID
	}
	var refused error
	read := func(field, text string, whole bool, to *time.Time) {
		t, err := momentOf(field, text, zone, whole)
		if err != nil {
			refused = lead.Together(refused, err)
			return
		}
		*to = t
	}
	if f.From != "" {
		read("from", f.From, false, &f.Query.From)
		if f.To == "" && refused == nil {
			f.Query.To = nextWeek
		}
	}
	if f.To != "" {
		read("to", f.To, true, &f.Query.To)
		if f.From == "" && refused == nil {
			f.Query.From = report.Monday(f.Query.To.Add(-time.Second), zone)
		}
	}
	switch {
	case refused != nil:
	case !f.Query.From.Before(f.Query.To):
		refused = lead.Invalid("to", "the period ends before it begins")
	case f.Query.To.Sub(f.Query.From) > mostDays*24*time.Hour:
		refused = lead.Invalid("from", "a report spans two years at most")
	}
	if refused != nil { // what is shown beside the refusal is this week's
		f.Query.From, f.Query.To = monday, nextWeek
	}
	if f.Tier != "" && !slices.Contains(slaTiers, f.Tier) {
		f.Query.Tier = ""
		refused = lead.Together(refused, lead.Invalid("tier", "%q is no tier: it wants fire, hot or warm", clipped(f.Tier, 40)))
	}
	for id, u := range sc.book.Users {
		if f.Rep != "" && strings.EqualFold(u.Email, f.Rep) {
			f.Query.Rep = id
		}
	}
	return f, refused
}

// momentOf reads a day of a zone, or an instant. A day that is meant whole ends
// where the next one begins.
func momentOf(field, text string, zone *time.Location, whole bool) (time.Time, error) {
	if calendarDay.MatchString(text) {
		if day, err := time.Parse(time.DateOnly, text); err == nil && text >= "1970" && text < "9999" {
			y, m, d := day.Date()
			if whole {
				d++
			}
			return lead.DayBegins(y, m, d, zone), nil
		}
		return time.Time{}, lead.Invalid(field, "%q is no day: it wants one such as 2026-01-31, from 1970 on", text)
	}
	t, err := instantJSON(field, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9998 {
		return time.Time{}, lead.Invalid(field, "%q is neither a day such as 2026-01-31 nor an instant such as 2026-01-02T15:04:05Z", clipped(text, 40))
	}
	return t, nil
}

// behind is the address of the clocks behind a figure: those of the filter, changed as
// in query, and the way back to the report.
func (f slaFilter) behind(change ...string) string {
	return "/sla/clocks" + f.query(append(change, "back", "/sla"+f.query())...)
}

// wayBack is the report that a list of clocks was come to from; without such, the one
// of its own filter.
func (f slaFilter) wayBack(back string) string {
	u, err := url.Parse(back)
	if err != nil || u.Path != "/sla" {
		return "/sla" + f.query()
	}
	if q := u.Query(); len(q) > 0 {
		return "/sla?" + q.Encode()
	}
	return "/sla"
}

// lastDay is the end of a period as an address has it: the last day that is meant
// whole, else the instant.
func (f slaFilter) lastDay(end time.Time) string {
	if end.Equal(lead.Today(end, f.Zone)) {
		return end.Add(-time.Second).In(f.Zone).Format(time.DateOnly)
	}
	return end.UTC().Format(time.RFC3339)
}

// without is the filter as an address carries it without what was refused, by field: as
// it is shown beside the refusal.
func (f slaFilter) without(wrong map[string]string) string {
	var change []string
	for field := range wrong {
		if change = append(change, field, ""); field == "from" || field == "to" {
			change = append(change, "from", "", "to", "")
		}
	}
	return f.query(change...)
}

// query is the filter as an address carries it, changed: pairs of a name and a
// value, "" for none.
func (f slaFilter) query(change ...string) string {
	v := url.Values{}
	set := func(name, value string) {
		if value != "" {
			v.Set(name, value)
		} else {
			v.Del(name)
		}
	}
	set("from", f.From)
	set("to", f.To)
	set("rep", f.Rep)
	set("tier", f.Tier)
	set("source", f.Source)
	set("kind", string(f.Kind))
	if f.Team != nil && !f.only {
		set("team", f.Team.Slug)
	}
	for i := 0; i+1 < len(change); i += 2 {
		set(change[i], change[i+1])
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}
