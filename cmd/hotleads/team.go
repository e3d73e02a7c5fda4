package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
	"hotleads/store"
)

func teamAdd() command {
	return command{
		name: "team add", brief: "add a team", settings: databaseSettings,
		about: `
The first team is the default: leads that no team's routes match go there, and
those that wait without a team go there at once. A lead belongs to the first team
all of whose routes it matches. A route is FIELD OP VALUE over a lead's traits;
quote a field that contains an operator's words. Operators:
` + wrapped(scoring.Operators(), 76) + `
"one of" takes values with commas, "between" two numbers: 50,1000.

  hotleads team add --name EMEA --time-zone Europe/Berlin --holidays DE:2027-2028
  hotleads team add --name Enterprise --route 'employees >= 1000' --route 'country one of DE, AT, CH'`,
		define: func(fs *flag.FlagSet) action {
			var in teamInput
			fs.StringVar(&in.name, "name", "", "`NAME`: of the team")
			fs.StringVar(&in.zone, "time-zone", "", "`ZONE`: of its business hours, Mon-Fri 9:00-17:30, as Europe/Berlin; else the agreement's calendar")
			fs.StringVar(&in.calendar, "calendar", "", "`FILE.json`: a calendar instead")
			fs.Var(&in.holidays, "holidays", "`COUNTRY:YEAR`: public holidays, as DE-BY:2027 or US:2027-2028, added to that calendar; repeat it for more (see hotleads holidays)")
			fs.Var(&in.routes, "route", "`'FIELD OP VALUE'`: what its leads match; repeat it for more, all of which must match")
			return in.add
		},
	}
}

// teamInput is what the flags of `team add` say.
type teamInput struct {
	name, zone, calendar string
	holidays, routes     texts
}

func (in *teamInput) add(ctx context.Context, c *cli, s settings, _ []string) error {
	t, err := in.team()
	if err != nil {
		return err
	}
	return withStore(ctx, s, func(st *store.Store) error {
		t, err := st.AddTeam(ctx, lead.Operator, t, lead.Now())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.stdout, "The team %s has the board /board/%s.\n", printable(t.Name), t.Slug)
		return err
	})
}

func (in *teamInput) team() (lead.Team, error) {
	t := lead.Team{Name: strings.TrimSpace(in.name)}
	if t.Name == "" {
		return t, wrongUsage("--name: say what the team is called")
	}
	if in.zone != "" && in.calendar != "" {
		return t, wrongUsage("--time-zone and --calendar: give one of them; a calendar has its own time zone")
	}
	var err error
	if in.zone != "" {
		if t.Calendar, err = sla.DefaultCalendar(in.zone); err != nil {
			return t, wrongUsage("--time-zone: %s", err)
		}
	}
	if in.calendar != "" {
		body, err := os.ReadFile(in.calendar)
		if err != nil {
			return t, err
		}
		if t.Calendar, err = sla.ParseCalendar(body); err != nil {
			return t, fmt.Errorf("%s: %w", in.calendar, err)
		}
	}
	if len(in.holidays) > 0 {
		if t.Calendar == nil {
			return t, wrongUsage("--holidays: give --time-zone or --calendar, too; the agreement's calendar is the agreement's to change")
		}
		dates, err := presetDates(in.holidays)
		if err != nil {
			return t, wrongUsage("--holidays: %s", err)
		}
		if t.Calendar, err = t.Calendar.WithHolidays(dates...); err != nil {
			return t, err
		}
	}
	var where []scoring.Condition
	for _, r := range in.routes {
		c, err := parseRoute(r)
		if err != nil {
			return t, err
		}
		where = append(where, c)
	}
	t.Route, err = scoring.CompileFilter(where)
	if err != nil {
		return t, wrongUsage("--route: %s", err)
	}
	return t, nil
}

// parseRoute reads FIELD OP VALUE. The operator is the first one that stands
// between spaces, and the longest there: "is not set", not "is". A field in
// double quotes may contain anything else.
func parseRoute(text string) (scoring.Condition, error) {
	field, rest := "", " "+strings.TrimSpace(text)+" "
	if quoted, ok := strings.CutPrefix(rest, ` "`); ok {
		var closed bool
		if field, rest, closed = strings.Cut(quoted, `"`); !closed {
			return scoring.Condition{}, wrongUsage("--route: the quote of the field in %q is not closed", text)
		}
	}
	at, op := -1, ""
	for _, o := range scoring.Operators() {
		i := strings.Index(rest, " "+o+" ")
		if i >= 0 && (at < 0 || i < at || i == at && len(o) > len(op)) {
			at, op = i, o
		}
	}
	if at < 0 {
		return scoring.Condition{}, wrongUsage("--route: %q has no operator between spaces; there are %s", text, strings.Join(scoring.Operators(), ", "))
	}
	before := strings.TrimSpace(rest[:at])
	if field == "" {
		field, before = before, ""
	}
	if field == "" || before != "" {
		return scoring.Condition{}, wrongUsage("--route: %q wants to be FIELD OP VALUE", text)
	}
	return scoring.Condition{Field: field, Op: op, Value: scoring.ValueOf(op, rest[at+len(op)+2:])}, nil
}

// teamView is a team as `team list --json` prints one.
type teamView struct {
	ID           string         `json:"id"`
	Slug         string         `json:"slug"`
	Name         string         `json:"name"`
	Default      bool           `json:"default"`
	Route        scoring.Filter `json:"route"`
	Calendar     *sla.Calendar  `json:"calendar"` // null: the agreement's
	MaxClaimed   int            `json:"max_claimed"`
	MaxUntouched int            `json:"max_untouched"`
	CreatedAt    time.Time      `json:"created_at"`
	DisabledAt   time.Time      `json:"disabled_at,omitzero"`
}

func teamList() command {
	return command{
		name: "team list", brief: "list the teams", settings: databaseSettings,
		about: "  hotleads team list\n  hotleads team list --json",
		define: func(fs *flag.FlagSet) action {
			asJSON := fs.Bool("json", false, "print JSON")
			return func(ctx context.Context, c *cli, s settings, _ []string) error {
				return withStore(ctx, s, func(st *store.Store) error { return c.listTeams(ctx, st, *asJSON) })
			}
		},
	}
}

func (c *cli) listTeams(ctx context.Context, st *store.Store, asJSON bool) error {
	teams, err := st.Teams(ctx)
	if err != nil {
		return err
	}
	byDefault := lead.Route(teams, nil)
	views := make([]teamView, len(teams))
	rows := make([][]string, len(teams))
	for i := range teams {
		t := &teams[i]
		views[i] = teamView{ID: t.ID, Slug: t.Slug, Name: t.Name, Default: t == byDefault, Route: t.Route, Calendar: t.Calendar,
			MaxClaimed: t.MaxClaimed, MaxUntouched: t.MaxUntouched, CreatedAt: t.CreatedAt, DisabledAt: t.DisabledAt}
		rows[i] = []string{t.Name, "/board/" + t.Slug, zoneOf(t), routesOf(t, t == byDefault)}
	}
	if asJSON {
		return writeJSON(c.stdout, views)
	}
	return table(c.stdout, []string{"NAME", "BOARD", "TIME ZONE", "LEADS"}, rows)
}

func zoneOf(t *lead.Team) string {
	if t.Calendar == nil {
		return "the agreement's"
	}
	return t.Calendar.Zone().String()
}

// routesOf says in words which leads belong to the team.
func routesOf(t *lead.Team, byDefault bool) string {
	var routes []string
	for _, c := range t.Route.Conditions() {
		routes = append(routes, c.String())
	}
	text := strings.Join(routes, " and ")
	switch {
	case !t.DisabledAt.IsZero():
		return "none: disabled"
	case byDefault && text != "":
		return text + ", and all that no team matches"
	case byDefault:
		return "all that no team matches"
	case text == "":
		return "only by hand"
	}
	return text
}
