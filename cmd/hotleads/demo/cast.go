package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
	"hotleads/store"
)

// The fictional company.
const (
	Company = "Lumenfold"
	domain  = "lumenfold.example"
	// Password opens every account of the demo.
	Password = "hot-leads-demo"

	zone = "Europe/London"
)

// World is where the demo is played: an open, migrated, empty store and the
// desk above it.
type World struct {
	Store *store.Store
	Desk  *lead.Desk
	Log   *slog.Logger
}

// Cast names the sign-ins and the keys.
type Cast struct {
	People           []Person // those for visitors first
	WriteKey, APIKey string
}

// company is the cast with what the past is played with.
type company struct {
	Cast
	teams [2]lead.Team // EMEA, Americas
	reps  [2][]lead.User
}

// Person is somebody who signs in.
type Person struct {
	ID, Name, Email, Password string
	Role                      lead.Role
	Team                      string // slug of their team; "": all of them
	Played                    bool   // Run moves leads in their name; the others are the visitors'
}

// staff is the company. The first rep is the visitor's.
var staff = []struct {
	name, email string
	role        lead.Role
	team        int // of teams; -1: all
	played      bool
}{
	{"Alex Morgan", "alex", lead.Rep, 0, false},
	{"Ruth Adeyemi", "ruth", lead.Manager, -1, false},
	{"Mira Lindholm", "mira", lead.Marketing, -1, false},
	{"Sam Whitaker", "sam", lead.Admin, -1, false},
	{"Priya Nair", "priya", lead.Rep, 0, true},
	{"Tomás Silva", "tomas", lead.Rep, 0, true},
	{"Lena Fischer", "lena", lead.Rep, 0, true},
	{"Marcus Reed", "marcus", lead.Rep, 1, true},
	{"Sofia Delgado", "sofia", lead.Rep, 1, true},
}

// rival works for a competitor: whatever they do, they are held back.
var rival = prospect{
	user: "u-rival", anonymous: "anon-rival", name: "Barnaby Crisp", email: "b.crisp@paperhelm.example", company: "Paperhelm Ltd", title: "Product Manager",
	industry: "software", employees: 140, country: "United Kingdom", city: "London", zone: "Europe/London", phone: "+44 20 7946 0999", source: "google",
}

const rivalDomain = "paperhelm.example"

// officeHours are those of the past; aroundTheClock those of the demo's last
// day and of the present, so that clocks run whenever somebody looks.
const (
	officeHours    = `{"time_zone":"` + zone + `","hours":{"mon":[["08:00","20:00"]],"tue":[["08:00","20:00"]],"wed":[["08:00","20:00"]],"thu":[["08:00","20:00"]],"fri":[["08:00","20:00"]]}}`
	aroundTheClock = `{"time_zone":"` + zone + `"}`
)

// shared is what the Americas have agreed on since the last day: what they leave
// waiting for half of the target their manager may claim, for all of it every team.
var shared = &sla.Escalation{ManagerShare: 0.5, EveryShare: 1}

// agreement is the default one with the company's target markets, in the hours
// of a calendar.
func agreement(hours string) (lead.Agreement, error) {
	a, err := lead.DefaultAgreement(zone)
	if err != nil {
		return a, err
	}
	a.SLA.ReleaseOnBreach = true
	for i, r := range a.Scoring.Fit {
		switch r.ID {
		case "country_target":
			a.Scoring.Fit[i].Where[0].Value = []any{"United Kingdom", "Germany", "France", "United States", "Canada"}
		case "industry_target":
			a.Scoring.Fit[i].Where[0].Value = []any{"logistics", "manufacturing", "food", "insurance"}
		}
	}
	a.SLA.Calendar, err = sla.ParseCalendar([]byte(hours))
	return a, err
}

// found founds the company: its agreement, teams, people, keys and lists.
func found(ctx context.Context, s *store.Store, now time.Time) (company, error) {
	var c company
	if empty, err := s.Empty(ctx); err != nil || !empty {
		return c, errors.Join(err, errors.New("demo: the store is not empty"))
	}
	a, err := agreement(officeHours)
	if err != nil {
		return c, err
	}
	if _, err := s.Activate(ctx, lead.Operator, a, now); err != nil {
		return c, fmt.Errorf("demo: agreement: %w", err)
	}
	if err := c.hire(ctx, s, now); err != nil {
		return c, err
	}
	if c.WriteKey, _, err = s.NewKey(ctx, lead.Operator, lead.WriteKey, "demo visitors", now); err != nil {
		return c, fmt.Errorf("demo: key: %w", err)
	}
	if c.APIKey, _, err = s.NewKey(ctx, lead.Operator, lead.APIKey, "demo reps", now); err != nil {
		return c, fmt.Errorf("demo: key: %w", err)
	}
	err = s.Exclude(ctx, lead.Operator, lead.OwnDomains, []string{domain}, now)
	err = errors.Join(err, s.Exclude(ctx, lead.Operator, lead.CompetitorDomains, []string{rivalDomain}, now))
	return c, errors.Join(err, s.Set(ctx, "company", Company))
}

// hire makes the teams and the people.
func (c *company) hire(ctx context.Context, s *store.Store, now time.Time) error {
	route, err := scoring.CompileFilter([]scoring.Condition{{Field: "country", Op: scoring.OpOneOf, Value: []any{"United States", "Canada"}}})
	if err != nil {
		return err
	}
	for i, t := range []lead.Team{{Name: "EMEA"}, {Name: "Americas", Route: route}} {
		if c.teams[i], err = s.AddTeam(ctx, lead.Operator, t, now.Add(time.Duration(i)*time.Second)); err != nil {
			return fmt.Errorf("demo: team: %w", err)
		}
	}
	hash, err := store.HashPassword(Password)
	if err != nil {
		return err
	}
	for i, m := range staff {
		u := lead.User{Name: m.name, Email: m.email + "@" + domain, Role: m.role, Password: hash}
		p := Person{Name: m.name, Email: u.Email, Password: Password, Role: m.role, Played: m.played}
		if m.team >= 0 {
			u.Teams, p.Team = []string{c.teams[m.team].ID}, c.teams[m.team].Slug
		}
		if u, err = s.AddUser(ctx, lead.Operator, u, now.Add(time.Duration(i)*time.Second)); err != nil {
			return fmt.Errorf("demo: %s: %w", m.name, err)
		}
		if p.ID = u.ID; m.role == lead.Rep {
			c.reps[m.team] = append(c.reps[m.team], u)
		}
		c.People = append(c.People, p)
	}
	return nil
}
