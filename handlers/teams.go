package handlers

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
	"hotleads/views"
)

// Teams changes teams, and what is the company's.
type Teams interface {
	AddTeam(ctx context.Context, by lead.Actor, t lead.Team, now time.Time) (lead.Team, error)
	ChangeTeam(ctx context.Context, by lead.Actor, id string, p lead.TeamPlan, now time.Time) error
	DisableTeam(ctx context.Context, by lead.Actor, id string, now time.Time) error
	EnableTeam(ctx context.Context, by lead.Actor, id string, now time.Time) error
	PastCalendar(ctx context.Context, print string) (*sla.Calendar, error)
	Setting(ctx context.Context, key string) (string, error)
	NameCompany(ctx context.Context, by lead.Actor, name string, now time.Time) error
}

func (s *server) teamsPage(c echo.Context) error {
	return s.teams(c, http.StatusOK, views.TeamsModel{})
}

func (s *server) teams(c echo.Context, status int, m views.TeamsModel) error {
	book, err := s.Store.Book(c.Request().Context())
	if err != nil {
		return err
	}
	m.Zones = proposedZones
	for i := range book.Teams {
		m.Teams = append(m.Teams, teamLine(book, &book.Teams[i]))
	}
	return s.render(c, status, views.TeamsPage(s.settings(c, "Teams"), m))
}

func teamLine(book *lead.Book, t *lead.Team) views.TeamLine {
	byDefault := lead.Route(book.Teams, nil)
	line := views.TeamLine{ID: t.ID, Name: t.Name, Slug: t.Slug, Zone: "the agreement’s", Default: byDefault != nil && byDefault.ID == t.ID, Disabled: !t.DisabledAt.IsZero()}
	if t.Calendar != nil {
		line.Zone = t.Calendar.Zone().String()
	}
	for _, u := range book.Users {
		if u.Active() && u.In(t.ID) {
			line.People++
		}
	}
	var rules []string
	for _, r := range t.Route.Conditions() {
		rules = append(rules, r.String())
	}
	line.Leads = strings.Join(rules, " and ")
	switch {
	case line.Disabled:
		line.Leads = "none: disabled"
	case line.Default && line.Leads != "":
		line.Leads += ", and all that no team matches"
	case line.Default:
		line.Leads = "all that no team matches"
	case line.Leads == "":
		line.Leads = "only by hand"
	}
	return line
}

func (s *server) addTeam(c echo.Context) error {
	name, zone := plain(c.FormValue("name")), plain(c.FormValue("zone"))
	t, err := s.newTeam(c, name, zone)
	if status, wrong, ok := refusal(err); ok {
		return s.teams(c, status, views.TeamsModel{Name: name, Zone: zone, Errors: wrong})
	}
	if err != nil {
		return err
	}
	return after(c, "/settings/teams/"+t.ID, "added")
}

func (s *server) newTeam(c echo.Context, name, zone string) (lead.Team, error) {
	t := lead.Team{Name: name}
	if zone != "" {
		var err error
		if t.Calendar, err = sla.DefaultCalendar(zone); err != nil {
			return t, lead.Together(lead.CheckName("name", "the team", name), zoneRefused(err))
		}
	}
	return s.Store.AddTeam(c.Request().Context(), me(c), t, s.Now())
}

func (s *server) teamPage(c echo.Context) error {
	t, m, err := s.teamModel(c)
	if err != nil {
		return err
	}
	m.Form, m.MaxClaimed, m.MaxUntouched = t.Name, strconv.Itoa(t.MaxClaimed), strconv.Itoa(t.MaxUntouched)
	for _, r := range t.Route.Conditions() {
		m.Routes = append(m.Routes, views.RouteRow{Field: r.Field, Op: r.Op, Value: r.ValueText()})
	}
	return s.team1(c, http.StatusOK, m)
}

// team1 draws a team's page, with rows to add rules in.
func (s *server) team1(c echo.Context, status int, m views.TeamModel) error {
	for range 2 {
		m.Routes = append(m.Routes, views.RouteRow{Op: scoring.OpIs})
	}
	nameHolidays(&m, s.Now())
	return s.render(c, status, views.TeamPage(s.settings(c, m.Name), m))
}

// teamModel reads the team of the path, and what its page shows whatever is typed.
func (s *server) teamModel(c echo.Context) (lead.Team, views.TeamModel, error) {
	ctx := c.Request().Context()
	book, err := s.Store.Book(ctx)
	if err != nil {
		return lead.Team{}, views.TeamModel{}, err
	}
	rules, err := s.Store.Rules(ctx)
	if err != nil {
		return lead.Team{}, views.TeamModel{}, err
	}
	t := book.Team(c.Param("id"))
	if t == nil {
		return lead.Team{}, views.TeamModel{}, lead.NotFound("the team")
	}
	agreement := rules.CalendarOf(nil)
	m := views.TeamModel{TeamLine: teamLine(book, t), Zones: proposedZones, Ops: scoring.Operators(), AgreementHours: hoursWords(agreement)}
	return *t, m, showCalendar(&m, t.Calendar, agreement)
}

func (s *server) changeTeam(c echo.Context) error {
	t, m, err := s.teamModel(c)
	if err != nil {
		return err
	}
	rows, err := typedTeam(c, &m)
	if err != nil {
		return err
	}
	if c.FormValue("preset") != "" {
		return s.team1(c, addHolidays(&m), m)
	}
	rules, err := s.Store.Rules(c.Request().Context())
	if err != nil {
		return err
	}
	plan, err := readTeam(c, rules.CalendarOf(&t), rows)
	if err == nil {
		err = s.Store.ChangeTeam(c.Request().Context(), me(c), t.ID, plan, s.Now())
	}
	if status, wrong, ok := refusal(err); ok {
		m.Errors = wrong
		for i := range m.Routes {
			m.Routes[i].Error = wrong[ruleField(i)]
		}
		return s.team1(c, status, m)
	}
	if err != nil {
		return err
	}
	return after(c, "/settings/teams/"+t.ID, "changed")
}

// typedTeam shows in the form again what was typed, and returns the conditions
// of the rows that have any.
func typedTeam(c echo.Context, m *views.TeamModel) ([]scoring.Condition, error) {
	form, err := c.FormParams()
	if err != nil {
		return nil, err
	}
	m.Form, m.MaxClaimed, m.MaxUntouched = plain(c.FormValue("name")), plain(c.FormValue("max_claimed")), plain(c.FormValue("max_untouched"))
	m.Calendar, m.CalendarZone, m.Holidays, m.JSON = c.FormValue("calendar"), plain(c.FormValue("zone")), plain(c.FormValue("holidays")), plain(c.FormValue("json"))
	m.Preset.Place, m.Preset.Years = plain(c.FormValue("country")), plain(c.FormValue("years"))
	for i, d := range days {
		m.Days[i].Hours = plain(c.FormValue(d.key))
	}
	at := func(field string, i int) string {
		if i < len(form[field]) {
			return plain(form[field][i])
		}
		return ""
	}
	var where []scoring.Condition
	for i := range min(len(form["field"]), maxRules) {
		row := views.RouteRow{Field: at("field", i), Op: at("op", i), Value: at("value", i)}
		if row.Field == "" && row.Value == "" {
			continue
		}
		m.Routes = append(m.Routes, row)
		where = append(where, scoring.Condition{Field: row.Field, Op: row.Op, Value: scoring.ValueOf(row.Op, row.Value)})
	}
	return where, nil
}

// maxRules bounds a team's routing rules.
const maxRules = 50

// ruleField is what a refusal calls a row of the routing rules.
func ruleField(row int) string { return "routes." + strconv.Itoa(row) }

// readTeam reads a team's form with the conditions of its rows, and refuses all
// that is wrong with it. The hours are those that the team had until now, of its own
// or by the agreement.
func readTeam(c echo.Context, hours *sla.Calendar, where []scoring.Condition) (lead.TeamPlan, error) {
	p := lead.TeamPlan{Name: plain(c.FormValue("name"))}
	p.MaxClaimed, _ = strconv.Atoi(plain(c.FormValue("max_claimed"))) // 0, which the check refuses
	p.MaxUntouched, _ = strconv.Atoi(plain(c.FormValue("max_untouched")))
	refused := p.Check()
	var err error
	p.Calendar, err = readCalendar(c, hours)
	refused = lead.Together(refused, err)
	for i := range where { // one by one, to say which is wrong
		if _, err := scoring.CompileFilter(where[i : i+1]); err != nil {
			var wrong scoring.Problem
			text := err.Error()
			if errors.As(err, &wrong) {
				_, field, _ := strings.Cut(wrong.Path, "].")
				text = "the " + map[string]string{"field": "field", "op": "operator", "value": "value"}[field] + " " + wrong.Reason
			}
			refused = lead.Together(refused, lead.Invalid(ruleField(i), "%s", text))
		}
	}
	if refused != nil {
		return p, refused
	}
	p.Route, err = scoring.CompileFilter(where)
	return p, err
}

func (s *server) disableTeam(c echo.Context) error {
	return s.teamAct(c, "team-disabled", s.Store.DisableTeam)
}

func (s *server) enableTeam(c echo.Context) error {
	return s.teamAct(c, "team-enabled", s.Store.EnableTeam)
}

// teamAct does something to a team and tells so on its page, or why not.
func (s *server) teamAct(c echo.Context, what string, act func(context.Context, lead.Actor, string, time.Time) error) error {
	t, m, err := s.teamModel(c)
	if err != nil {
		return err
	}
	err = act(c.Request().Context(), me(c), t.ID, s.Now())
	if status, wrong, ok := refusal(err); ok {
		m.Error = wrong[""]
		m.Form, m.MaxClaimed, m.MaxUntouched = t.Name, strconv.Itoa(t.MaxClaimed), strconv.Itoa(t.MaxUntouched)
		for _, r := range t.Route.Conditions() {
			m.Routes = append(m.Routes, views.RouteRow{Field: r.Field, Op: r.Op, Value: r.ValueText()})
		}
		return s.team1(c, status, m)
	}
	if err != nil {
		return err
	}
	return after(c, "/settings/teams/"+t.ID, what)
}

func (s *server) companyPage(c echo.Context) error {
	name, err := s.Store.Setting(c.Request().Context(), "company")
	if err != nil {
		return err
	}
	return s.company(c, http.StatusOK, name, nil)
}

func (s *server) company(c echo.Context, status int, name string, wrong map[string]string) error {
	rules, err := s.Store.Rules(c.Request().Context())
	if err != nil {
		return err
	}
	cal := rules.CalendarOf(nil)
	m := views.CompanyModel{Name: name, Zone: cal.Zone().String(), Hours: hoursWords(cal), Version: rules.Version, Currency: currency, Errors: wrong}
	return s.render(c, status, views.CompanyPage(s.settings(c, "Company"), m))
}

func (s *server) nameCompany(c echo.Context) error {
	name := plain(c.FormValue("name"))
	err := s.Store.NameCompany(c.Request().Context(), me(c), name, s.Now())
	if status, wrong, ok := refusal(err); ok {
		return s.company(c, status, name, wrong)
	}
	if err != nil {
		return err
	}
	return after(c, "/settings/company", "changed")
}
