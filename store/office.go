package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// peopleChange takes the row that whoever changes people takes first: whether
// an administrator is left is decided one at a time.
func peopleChange(ctx context.Context, tx *sqlx.Tx, now time.Time) error {
	if _, err := tx.ExecContext(ctx, setSetting, "people_changed_at", now.UTC().Format(time.RFC3339)); err != nil {
		return fmt.Errorf("store: change people: %w", err)
	}
	return accessChanges(ctx, tx)
}

// personIn reads a person in a transaction.
func personIn(ctx context.Context, tx *sqlx.Tx, id string) (lead.User, error) {
	users, _, err := readUsers(ctx, tx, ` WHERE id = $1`, ` WHERE user_id = $1`, id)
	switch {
	case err != nil:
		return lead.User{}, fmt.Errorf("store: person %s: %w", id, err)
	case len(users) == 0:
		return lead.User{}, lead.NotFound("the person " + id)
	}
	return users[0], nil
}

// anotherAdmin refuses what would leave nobody who administers.
func anotherAdmin(ctx context.Context, tx *sqlx.Tx, u lead.User) error {
	if u.Role != lead.Admin || !u.Active() {
		return nil
	}
	var others int
	if err := tx.GetContext(ctx, &others, `SELECT COUNT(*) FROM users WHERE role = $1 AND disabled_at IS NULL AND id <> $2`, string(lead.Admin), u.ID); err != nil {
		return fmt.Errorf("store: count administrators: %w", err)
	}
	if others == 0 {
		return &lead.Refusal{Kind: lead.ErrConflict, Text: u.Name + " is the only administrator: make somebody else one first", Field: "role"}
	}
	return nil
}

// changePerson changes a person who is there, in a transaction of its own.
func (s *Store) changePerson(ctx context.Context, id string, now time.Time, f func(*sqlx.Tx, lead.User) error) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := peopleChange(ctx, tx, now); err != nil {
			return err
		}
		u, err := personIn(ctx, tx, id)
		if err != nil {
			return err
		}
		return f(tx, u)
	})
	s.forget()
	return err
}

// Disable keeps a person from signing in and ends their sessions and links; one
// who is disabled already stays so. Oneself and the only administrator are
// lead.ErrConflict. What they claimed goes back by lead.Desk.LetGo.
func (s *Store) Disable(ctx context.Context, by lead.Actor, userID string, now time.Time) error {
	return s.changePerson(ctx, userID, now, func(tx *sqlx.Tx, u lead.User) error {
		switch {
		case !u.Active():
			return nil
		case by.Kind == lead.ByPerson && by.ID == u.ID:
			return &lead.Refusal{Kind: lead.ErrConflict, Text: "nobody disables themselves: another administrator can"}
		}
		if err := anotherAdmin(ctx, tx, u); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE users SET disabled_at = $2 WHERE id = $1`, u.ID, at(now)); err != nil {
			return fmt.Errorf("store: disable: %w", err)
		}
		if err := endAccess(ctx, tx, u.ID, now); err != nil {
			return err
		}
		return record(ctx, tx, by, lead.PersonDisabled, u.ID, "", now)
	})
}

// Enable lets a disabled person sign in again, with the password they had.
func (s *Store) Enable(ctx context.Context, by lead.Actor, userID string, now time.Time) error {
	return s.changePerson(ctx, userID, now, func(tx *sqlx.Tx, u lead.User) error {
		if u.Active() {
			return nil
		}
		if _, err := tx.ExecContext(ctx, `UPDATE users SET disabled_at = NULL WHERE id = $1`, u.ID); err != nil {
			return fmt.Errorf("store: enable: %w", err)
		}
		return record(ctx, tx, by, lead.PersonEnabled, u.ID, "", now)
	})
}

// SetPassword stores a person's new password hash and ends their sessions and links.
func (s *Store) SetPassword(ctx context.Context, by lead.Actor, userID, hash string, now time.Time) error {
	return s.changePerson(ctx, userID, now, func(tx *sqlx.Tx, u lead.User) error { return setPassword(ctx, tx, by, u.ID, hash, now) })
}

func setPassword(ctx context.Context, tx *sqlx.Tx, by lead.Actor, userID, hash string, now time.Time) error {
	if _, err := tx.ExecContext(ctx, `UPDATE users SET password = $2 WHERE id = $1`, userID, hash); err != nil {
		return fmt.Errorf("store: set password: %w", err)
	}
	if err := endAccess(ctx, tx, userID, now); err != nil {
		return err
	}
	return record(ctx, tx, by, lead.PasswordSet, userID, "", now)
}

// ChangePassword gives a person a new password where the old one is right: else
// lead.ErrInvalid of "old". All their sessions end.
func (s *Store) ChangePassword(ctx context.Context, userID, old, password string, now time.Time) (lead.User, error) {
	u, err := s.User(ctx, userID)
	if err != nil {
		return u, err
	}
	if err := oldPassword(ctx, u, old); err != nil {
		return u, err
	}
	if u.Password, err = HashPassword(password, u.Email, u.Name); err != nil {
		return u, err
	}
	return u, s.SetPassword(ctx, lead.Person(u, "page"), u.ID, u.Password, now)
}

// OldPassword refuses (lead.ErrInvalid of "old") what is not a person's password.
func (s *Store) OldPassword(ctx context.Context, userID, old string) error {
	u, err := s.User(ctx, userID)
	if err != nil {
		return err
	}
	return oldPassword(ctx, u, old)
}

func oldPassword(ctx context.Context, u lead.User, old string) error {
	right, err := checkPassword(ctx, u.Password, old)
	if err == nil && !right {
		err = lead.Invalid("old", "that is not your present password")
	}
	return err
}

// ChangePerson gives a person another name, role or teams. Taking the last
// administrator's role is lead.ErrConflict, a wrong field lead.ErrInvalid. What
// they claimed in a team they left goes back by lead.Desk.LetGo.
func (s *Store) ChangePerson(ctx context.Context, by lead.Actor, userID string, p lead.Persona, now time.Time) error {
	return s.changePerson(ctx, userID, now, func(tx *sqlx.Tx, u lead.User) error { return becomes(ctx, tx, by, u, p, now) })
}

// Rename gives a person another name and leaves everything else as it is.
func (s *Store) Rename(ctx context.Context, by lead.Actor, userID, name string, now time.Time) error {
	return s.changePerson(ctx, userID, now, func(tx *sqlx.Tx, u lead.User) error {
		return becomes(ctx, tx, by, u, lead.Persona{Name: name, Role: u.Role, Teams: u.Teams}, now)
	})
}

func becomes(ctx context.Context, tx *sqlx.Tx, by lead.Actor, u lead.User, p lead.Persona, now time.Time) error {
	p.Name = strings.TrimSpace(p.Name)
	if err := p.Check(); err != nil {
		return err
	}
	if p.Role != lead.Admin {
		if err := anotherAdmin(ctx, tx, u); err != nil {
			return err
		}
	}
	names, err := teamNames(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE users SET name = $2, role = $3 WHERE id = $1`, u.ID, p.Name, string(p.Role)); err != nil {
		return fmt.Errorf("store: change person: %w", err)
	}
	if err := changeTeams(ctx, tx, u, p.Teams, names, now); err != nil {
		return err
	}
	var what []string
	differ := func(field, before, after string) {
		if before != after {
			what = append(what, field+": "+before+" → "+after)
		}
	}
	differ("name", u.Name, p.Name)
	differ("role", string(u.Role), string(p.Role))
	differ("teams", namesOf(names, u.Teams), namesOf(names, p.Teams))
	if len(what) == 0 {
		return nil
	}
	if !slices.Equal(u.Teams, p.Teams) { // they are told by the hours of the first one
		if err := hearSooner(ctx, tx, now, ofPerson, u.ID); err != nil {
			return err
		}
	}
	return record(ctx, tx, by, lead.PersonChanged, u.ID, strings.Join(what, "; "), now)
}

// changeTeams makes a person's memberships those; who stays keeps their place.
func changeTeams(ctx context.Context, tx *sqlx.Tx, u lead.User, teams []string, names map[string]string, now time.Time) error {
	for _, t := range u.Teams {
		if slices.Contains(teams, t) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM memberships WHERE user_id = $1 AND team_id = $2`, u.ID, t); err != nil {
			return fmt.Errorf("store: leave team: %w", err)
		}
	}
	for i, t := range teams {
		if names[t] == "" {
			return lead.Invalid("teams", "there is no team %q", t)
		}
		if u.In(t) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO memberships (user_id, team_id, joined_at) VALUES ($1, $2, $3)`, u.ID, t, at(now.Add(time.Duration(i)*time.Microsecond))); err != nil {
			return fmt.Errorf("store: join team: %w", err)
		}
	}
	return nil
}

func teamNames(ctx context.Context, tx *sqlx.Tx) (map[string]string, error) {
	names := map[string]string{}
	err := query(ctx, tx, `SELECT id, name FROM teams`, nil, func(r *sqlx.Rows) error {
		var id, name string
		err := r.Scan(&id, &name)
		names[id] = name
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: teams: %w", err)
	}
	return names, nil
}

// namesOf are the names of teams in their order, for the audit trail.
func namesOf(names map[string]string, ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = names[id]
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// Strays are the people who have claimed leads that they may no longer hold:
// they were disabled, went away, or left the role or the team meanwhile.
func (s *Store) Strays(ctx context.Context, now time.Time) ([]string, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, StraysQuery, at(now))
	return ids, wrap(err)
}

// StraysQuery asks every few seconds: it reads what is claimed, and not all that
// ever had an owner.
const StraysQuery = `
	SELECT DISTINCT l.owner_id FROM leads l JOIN users u ON u.id = l.owner_id
	WHERE l.stage = 'claimed' AND (u.disabled_at IS NOT NULL OR u.away_until > $1
		OR EXISTS (SELECT 1 FROM absences a WHERE a.user_id = l.owner_id AND a.from_at <= $1 AND a.until_at > $1)
		OR u.role <> 'rep' AND NOT (u.role = 'manager' AND l.claimable_by <> 'team')
		OR NOT EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = l.owner_id AND m.team_id = l.team_id)
			AND (u.role = 'rep' OR EXISTS (SELECT 1 FROM memberships m WHERE m.user_id = l.owner_id)))
	ORDER BY l.owner_id`
