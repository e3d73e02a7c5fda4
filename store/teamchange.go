package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// changeTeam changes a team that is there, one at a time with who adds one.
func (s *Store) changeTeam(ctx context.Context, id string, now time.Time, f func(tx *sqlx.Tx, t lead.Team, all []lead.Team) error) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, setSetting, "team_added_at", now.UTC().Format(time.RFC3339)); err != nil {
			return fmt.Errorf("store: change team: %w", err)
		}
		if err := accessChanges(ctx, tx); err != nil {
			return err
		}
		all, _, err := s.readTeams(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range all {
			if t.ID == id {
				return f(tx, t, all)
			}
		}
		return lead.NotFound("the team " + id)
	})
	s.forget()
	return err
}

// ChangeTeam gives a team another name, calendar, routing rules or limits. A name
// that is taken is lead.ErrConflict, a wrong field lead.ErrInvalid. Its slug
// stays. Clocks that run are brought to the new calendar afterwards: see
// [lead.Desk.Recompute]. The hours that it had are found as PastCalendar from then on.
func (s *Store) ChangeTeam(ctx context.Context, by lead.Actor, id string, p lead.TeamPlan, now time.Time) error {
	p.Name = strings.TrimSpace(p.Name)
	if err := p.Check(); err != nil {
		return err
	}
	route, calendar, err := teamJSON(p.Name, p.Route, p.Calendar)
	if err != nil {
		return err
	}
	return s.changeTeam(ctx, id, now, func(tx *sqlx.Tx, t lead.Team, all []lead.Team) error {
		for _, other := range all {
			if other.ID != id && strings.EqualFold(other.Name, p.Name) {
				return &lead.Refusal{Kind: lead.ErrConflict, Text: "there is a team named " + other.Name + " already", Field: "name"}
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE teams SET name = $2, route = $3, calendar = $4, max_claimed = $5, max_untouched = $6 WHERE id = $1`,
			id, p.Name, route, calendar, p.MaxClaimed, p.MaxUntouched)
		if err != nil {
			return fmt.Errorf("store: change team: %w", err)
		}
		oldRoute, oldCalendar, err := teamJSON(t.Name, t.Route, t.Calendar)
		if err == nil && oldCalendar != "" && oldCalendar != calendar {
			err = keepCalendar(ctx, tx, t.Calendar.Print(), oldCalendar, now)
		}
		if err != nil {
			return err
		}
		var what []string
		differ := func(field string, before, after any) {
			if before != after {
				what = append(what, fmt.Sprintf("%s: %v → %v", field, before, after))
			}
		}
		differ("name", t.Name, p.Name)
		differ("calendar", orAgreement(oldCalendar), orAgreement(calendar))
		differ("routes", oldRoute, route)
		differ("claimed at most", t.MaxClaimed, p.MaxClaimed)
		differ("untouched at most", t.MaxUntouched, p.MaxUntouched)
		if len(what) == 0 {
			return nil
		}
		if calendar != oldCalendar {
			if err := hearSooner(ctx, tx, now, ofTeams, id); err != nil {
				return err
			}
		}
		return record(ctx, tx, by, lead.TeamChanged, id, strings.Join(what, "; "), now)
	})
}

func orAgreement(calendar string) string {
	if calendar == "" {
		return "the agreement's"
	}
	return calendar
}

// teamJSON is how a team's rules and calendar are stored.
func teamJSON(name string, route, calendar any) (string, string, error) {
	r, err := json.Marshal(route)
	if err != nil {
		return "", "", fmt.Errorf("store: route of team %s: %w", name, err)
	}
	c, err := json.Marshal(calendar)
	if err != nil {
		return "", "", fmt.Errorf("store: calendar of team %s: %w", name, err)
	}
	if string(c) == "null" {
		c = nil
	}
	return string(r), string(c), nil
}

// DisableTeam takes a team out of routing and of the lists of boards. The default
// team, and one with leads on its board, are lead.ErrConflict; one that is
// disabled already stays so.
func (s *Store) DisableTeam(ctx context.Context, by lead.Actor, id string, now time.Time) error {
	return s.changeTeam(ctx, id, now, func(tx *sqlx.Tx, t lead.Team, all []lead.Team) error {
		if !t.DisabledAt.IsZero() {
			return nil
		}
		if d := lead.Route(all, nil); d != nil && d.ID == id {
			return &lead.Refusal{Kind: lead.ErrConflict, Text: t.Name + " is the default team: leads that no team's rules match go there"}
		}
		var n int
		err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM leads WHERE team_id = $1 AND (stage IN ('mql', 'claimed') OR (stage = 'sal' AND NOT touched))`, id)
		if err != nil {
			return fmt.Errorf("store: disable team: %w", err)
		}
		if n > 0 {
			noun := "leads on its board: a manager moves them"
			if n == 1 {
				noun = "lead on its board: a manager moves it"
			}
			return &lead.Refusal{Kind: lead.ErrConflict, Text: fmt.Sprintf("%s has %d %s to another team first", t.Name, n, noun)}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE teams SET disabled_at = $2 WHERE id = $1`, id, at(now)); err != nil {
			return fmt.Errorf("store: disable team: %w", err)
		}
		if err := hearSooner(ctx, tx, now, ofTeams, id); err != nil {
			return err
		}
		return record(ctx, tx, by, lead.TeamDisabled, id, t.Name, now)
	})
}

// EnableTeam brings a disabled team back.
func (s *Store) EnableTeam(ctx context.Context, by lead.Actor, id string, now time.Time) error {
	return s.changeTeam(ctx, id, now, func(tx *sqlx.Tx, t lead.Team, _ []lead.Team) error {
		if t.DisabledAt.IsZero() {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE teams SET disabled_at = NULL WHERE id = $1`, id); err != nil {
			return fmt.Errorf("store: enable team: %w", err)
		}
		if err := hearSooner(ctx, tx, now, ofTeams, id); err != nil {
			return err
		}
		return record(ctx, tx, by, lead.TeamEnabled, id, t.Name, now)
	})
}

// NameCompany gives the company another name.
func (s *Store) NameCompany(ctx context.Context, by lead.Actor, name string, now time.Time) error {
	name = strings.TrimSpace(name)
	if err := lead.CheckName("name", "the company", name); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		var was []string
		if err := tx.SelectContext(ctx, &was, `SELECT value FROM settings WHERE key = 'company'`); err != nil {
			return fmt.Errorf("store: name company: %w", err)
		}
		old := strings.Join(was, "")
		if old == name {
			return nil
		}
		if _, err := tx.ExecContext(ctx, setSetting, "company", name); err != nil {
			return fmt.Errorf("store: name company: %w", err)
		}
		return record(ctx, tx, by, lead.CompanyNamed, "", old+" → "+name, now)
	})
}
