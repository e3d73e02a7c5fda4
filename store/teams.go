package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

type teamRow struct {
	ID           string  `db:"id"`
	Slug         string  `db:"slug"`
	Name         string  `db:"name"`
	Route        string  `db:"route"`
	Calendar     string  `db:"calendar"`
	MaxClaimed   int     `db:"max_claimed"`
	MaxUntouched int     `db:"max_untouched"`
	CreatedAt    instant `db:"created_at"`
	DisabledAt   instant `db:"disabled_at"`
}

// team is the row as the domain sees it. rules are its rules as they are read.
func (r *teamRow) team(rules *teamRules) lead.Team {
	return lead.Team{ID: r.ID, Slug: r.Slug, Name: r.Name, MaxClaimed: r.MaxClaimed, MaxUntouched: r.MaxUntouched, CreatedAt: time.Time(r.CreatedAt), DisabledAt: time.Time(r.DisabledAt),
		Route: rules.routes, Calendar: rules.hours}
}

// teamRules are what stands in a team's row as text, read.
type teamRules struct {
	route, calendar string // the texts
	routes          scoring.Filter
	hours           *sla.Calendar
	fault           error // what of them cannot be read: then they are as they were before
}

// read is r by the texts of a row, r itself where they are the same.
func (r *teamRules) read(row *teamRow) *teamRules {
	if r == nil {
		r = &teamRules{}
	} else if r.route == row.Route && r.calendar == row.Calendar {
		return r
	}
	next := &teamRules{route: row.Route, calendar: row.Calendar, routes: r.routes, hours: r.hours}
	var routes scoring.Filter
	if err := json.Unmarshal([]byte(row.Route), &routes); err != nil {
		next.fault = fmt.Errorf("store: route of team %s: %w", row.Name, err)
	} else {
		next.routes = routes
	}
	if row.Calendar == "" {
		next.hours = nil
	} else if hours, err := sla.ParseCalendar([]byte(row.Calendar)); err != nil {
		next.fault = errors.Join(next.fault, fmt.Errorf("store: calendar of team %s: %w", row.Name, err))
	} else {
		next.hours = hours
	}
	return next
}

const teamList = `id, slug, name, route, calendar, max_claimed, max_untouched, created_at, disabled_at`

// Teams reads all teams, the oldest (the default) first.
func (s *Store) Teams(ctx context.Context) ([]lead.Team, error) {
	teams, _, err := s.readTeams(ctx, s.read)
	return teams, err
}

// readTeams reads all teams, and tells what of them cannot be read. Texts that are
// as they were are not read again.
func (s *Store) readTeams(ctx context.Context, q sqlx.QueryerContext) (teams []lead.Team, faults []error, err error) {
	var rows []teamRow
	if err := sqlx.SelectContext(ctx, q, &rows, `SELECT `+teamList+` FROM teams ORDER BY created_at, id`); err != nil {
		return nil, nil, wrap(err)
	}
	s.mu.Lock()
	was := s.teamRules // it is never changed, but another one takes its place
	s.mu.Unlock()
	teams, is := make([]lead.Team, len(rows)), make(map[string]*teamRules, len(rows))
	for i := range rows {
		r := was[rows[i].ID].read(&rows[i])
		is[rows[i].ID], teams[i] = r, rows[i].team(r)
		if r.fault != nil {
			faults = append(faults, r.fault)
		}
	}
	s.mu.Lock()
	s.teamRules = is
	s.mu.Unlock()
	return teams, faults, nil
}

// AddTeam stores a new team; ID, Slug, limits and CreatedAt are set here. The
// first one takes the waiting leads that have no team. A name that is taken is
// a lead.ErrConflict, a wrong field lead.ErrInvalid.
func (s *Store) AddTeam(ctx context.Context, by lead.Actor, t lead.Team, now time.Time) (lead.Team, error) {
	err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		t, err = addTeam(ctx, tx, by, t, now)
		return err
	})
	s.forget()
	return t, err
}

func addTeam(ctx context.Context, tx *sqlx.Tx, by lead.Actor, t lead.Team, now time.Time) (lead.Team, error) {
	t.ID, t.CreatedAt = uuid.Must(uuid.NewV7()).String(), at(now)
	t.MaxClaimed, t.MaxUntouched = cmp.Or(t.MaxClaimed, lead.DefaultMaxClaimed), cmp.Or(t.MaxUntouched, lead.DefaultMaxUntouched)
	t.Name = strings.TrimSpace(t.Name)
	if err := (lead.TeamPlan{Name: t.Name, MaxClaimed: t.MaxClaimed, MaxUntouched: t.MaxUntouched}).Check(); err != nil {
		return t, err
	}
	route, calendar, err := teamJSON(t.Name, t.Route, t.Calendar)
	if err != nil {
		return t, err
	}
	// Whoever adds a team takes this row first: which one is the first, and
	// whose slug is free, is decided one at a time.
	if _, err := tx.ExecContext(ctx, setSetting, "team_added_at", now.UTC().Format(time.RFC3339)); err != nil {
		return t, fmt.Errorf("store: add team: %w", err)
	}
	var names, slugs []string
	if err := tx.SelectContext(ctx, &names, `SELECT name FROM teams ORDER BY slug`); err != nil {
		return t, fmt.Errorf("store: add team: %w", err)
	}
	for _, name := range names { // people and imports name teams in any case
		if strings.EqualFold(name, t.Name) {
			return t, &lead.Refusal{Kind: lead.ErrConflict, Text: "there is a team named " + name + " already", Field: "name"}
		}
	}
	if err := tx.SelectContext(ctx, &slugs, `SELECT slug FROM teams ORDER BY slug`); err != nil {
		return t, fmt.Errorf("store: add team: %w", err)
	}
	t.Slug = slug(t.Name, slugs)
	_, err = tx.ExecContext(ctx, `INSERT INTO teams (id, slug, name, route, calendar, max_claimed, max_untouched, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		t.ID, t.Slug, t.Name, route, calendar, t.MaxClaimed, t.MaxUntouched, at(t.CreatedAt))
	if taken(err) {
		return t, &lead.Refusal{Kind: lead.ErrConflict, Text: "there is a team named " + t.Name + " already", Field: "name"}
	}
	if err == nil && len(slugs) == 0 { // at once; who comes late, the sweep adopts (Teamless finds the same leads)
		const waiting = `team_id IS NULL AND merged_into = '' AND (stage IN ('mql', 'claimed', 'sal', 'sql') OR backlog)`
		_, err = tx.ExecContext(ctx, `INSERT INTO unannounced (lead_id, version, since)
			SELECT l.id, l.version + 1, t.created_at FROM teams t CROSS JOIN leads l WHERE t.id = $1 AND `+waiting+`
			ON CONFLICT (lead_id) DO UPDATE SET version = EXCLUDED.version, since = EXCLUDED.since`, t.ID)
		if err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE leads SET team_id = $1, version = version + 1 WHERE `+waiting, t.ID)
		}
		if err == nil { // they keep their fingerprint: where the team has a calendar of its own, they are computed again
			_, err = tx.ExecContext(ctx, `UPDATE clocks SET team_id = $1 WHERE team_id = '' AND stopped_at IS NULL`, t.ID)
		}
	}
	if err != nil {
		return t, fmt.Errorf("store: add team: %w", err)
	}
	return t, record(ctx, tx, by, lead.TeamAdded, t.ID, t.Name, now)
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug is a team's name in URLs, unlike those that are there.
func slug(name string, have []string) string {
	base := strings.Trim(notSlug.ReplaceAllString(strings.Join(words(name), "-"), "-"), "-")
	if base == "" {
		base = "team"
	}
	base = base[:min(len(base), 40)]
	s := base
	for n := 2; slices.Contains(have, s); n++ {
		s = fmt.Sprintf("%s-%d", base, n)
	}
	return s
}
