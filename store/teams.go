package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
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

func (r *teamRow) team() (lead.Team, error) {
	t := lead.Team{ID: r.ID, Slug: r.Slug, Name: r.Name, MaxClaimed: r.MaxClaimed, MaxUntouched: r.MaxUntouched, CreatedAt: time.Time(r.CreatedAt), DisabledAt: time.Time(r.DisabledAt)}
	if err := json.Unmarshal([]byte(r.Route), &t.Route); err != nil {
		return t, fmt.Errorf("store: route of team %s: %w", r.Name, err)
	}
	if r.Calendar != "" {
		c, err := sla.ParseCalendar([]byte(r.Calendar))
		if err != nil {
			return t, fmt.Errorf("store: calendar of team %s: %w", r.Name, err)
		}
		t.Calendar = c
	}
	return t, nil
}

const teamList = `id, slug, name, route, calendar, max_claimed, max_untouched, created_at, disabled_at`

// Teams reads all teams, the oldest (the default) first.
func (s *Store) Teams(ctx context.Context) ([]lead.Team, error) { return readTeams(ctx, s.read) }

func readTeams(ctx context.Context, q sqlx.QueryerContext) ([]lead.Team, error) {
	var rows []teamRow
	if err := sqlx.SelectContext(ctx, q, &rows, `SELECT `+teamList+` FROM teams ORDER BY created_at, id`); err != nil {
		return nil, wrap(err)
	}
	teams := make([]lead.Team, len(rows))
	for i := range rows {
		var err error
		if teams[i], err = rows[i].team(); err != nil {
			return nil, err
		}
	}
	return teams, nil
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
