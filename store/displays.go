package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// Displays keeps the screens on walls, each by the keyed hash of its link's
// token: who reads the table can't open a link with it.
type Displays struct {
	s      *Store
	secret []byte
}

// Displays is the store's table of displays, under the installation's secret
// (SECRET_KEY). Another secret ends all links.
func (s *Store) Displays(secret []byte) *Displays { return &Displays{s, secret} }

// hash is unlike that of a session of the same token.
func (t *Displays) hash(token string) string {
	return keyed(t.secret, "display:"+token)
}

type displayRow struct {
	ID        string  `db:"id"`
	Name      string  `db:"name"`
	TeamID    string  `db:"team_id"`
	Privacy   string  `db:"privacy"`
	CreatedBy string  `db:"created_by"`
	CreatedAt instant `db:"created_at"`
	LinkedAt  instant `db:"linked_at"`
	RevokedAt instant `db:"revoked_at"`
	SeenAt    instant `db:"seen_at"`
}

const displayList = `id, name, team_id, privacy, created_by, created_at, linked_at, revoked_at, seen_at`

func (r *displayRow) display() lead.Display {
	return lead.Display{ID: r.ID, Name: r.Name, TeamID: r.TeamID, Privacy: lead.Privacy(r.Privacy), CreatedBy: r.CreatedBy,
		CreatedAt: time.Time(r.CreatedAt), LinkedAt: time.Time(r.LinkedAt), RevokedAt: time.Time(r.RevokedAt), SeenAt: time.Time(r.SeenAt)}
}

func (t *Displays) read(ctx context.Context, q sqlx.QueryerContext, tail string, args ...any) ([]lead.Display, error) {
	var out []lead.Display
	err := query(ctx, q, `SELECT `+displayList+` FROM displays `+tail, args, func(r *sqlx.Rows) error {
		var row displayRow
		err := r.StructScan(&row)
		out = append(out, row.display())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: displays: %w", wrap(err))
	}
	return out, nil
}

// All reads all displays, revoked ones included, the oldest first.
func (t *Displays) All(ctx context.Context) ([]lead.Display, error) {
	return t.read(ctx, t.s.read, `ORDER BY created_at, id`)
}

// ByToken finds the display of a link, revoked ones too; lead.ErrNotFound else.
func (t *Displays) ByToken(ctx context.Context, token string) (lead.Display, error) {
	found, err := t.read(ctx, t.s.read, `WHERE token = $1`, t.hash(token))
	if err == nil && len(found) == 0 {
		err = lead.NotFound("the display")
	}
	if err != nil {
		return lead.Display{}, err
	}
	return found[0], nil
}

// Add makes a display and returns its link's token, which is stored only as a
// hash. A name, team or privacy that is not right is lead.ErrInvalid.
func (t *Displays) Add(ctx context.Context, by lead.Actor, d lead.Display, now time.Time) (string, lead.Display, error) {
	token := newToken()
	d.Name = strings.TrimSpace(d.Name)
	d.ID, d.CreatedAt, d.LinkedAt = uuid.Must(uuid.NewV7()).String(), at(now), at(now)
	d.RevokedAt, d.SeenAt, d.CreatedBy = time.Time{}, time.Time{}, ""
	if by.Kind == lead.ByPerson {
		d.CreatedBy = by.ID
	}
	err := t.s.inTx(ctx, func(tx *sqlx.Tx) error {
		team, err := checkDisplay(ctx, tx, d)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO displays (id, name, team_id, privacy, token, created_by, created_at, linked_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			d.ID, d.Name, d.TeamID, string(d.Privacy), t.hash(token), d.CreatedBy, d.CreatedAt, d.LinkedAt)
		if err != nil {
			return fmt.Errorf("store: add display: %w", err)
		}
		return record(ctx, tx, by, lead.DisplayAdded, d.ID, fmt.Sprintf("%s: team %s, %s", d.Name, team.Name, d.Privacy), now)
	})
	if err != nil {
		return "", lead.Display{}, err
	}
	return token, d, nil
}

// checkDisplay refuses a display that is not right, and returns its team.
func checkDisplay(ctx context.Context, tx *sqlx.Tx, d lead.Display) (*lead.Team, error) {
	var team *lead.Team
	err := query(ctx, tx, `SELECT id, name, disabled_at FROM teams WHERE id = $1`, []any{d.TeamID}, func(r *sqlx.Rows) error {
		var disabled instant
		team = &lead.Team{}
		err := r.Scan(&team.ID, &team.Name, &disabled)
		team.DisabledAt = time.Time(disabled)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: display's team: %w", err)
	}
	return team, d.Check(team)
}

// change is a transaction that changes what links open.
func (t *Displays) change(ctx context.Context, f func(tx *sqlx.Tx) error) error {
	return t.s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := accessChanges(ctx, tx); err != nil {
			return err
		}
		return f(tx)
	})
}

// Change gives a living display another name, team or privacy.
func (t *Displays) Change(ctx context.Context, by lead.Actor, id, name, team string, privacy lead.Privacy, now time.Time) (lead.Display, error) {
	var d lead.Display
	err := t.change(ctx, func(tx *sqlx.Tx) (err error) {
		if d, err = t.living(ctx, tx, id); err != nil {
			return err
		}
		was := d
		d.Name, d.TeamID, d.Privacy = name, team, privacy
		to, err := checkDisplay(ctx, tx, d)
		if err != nil || d == was {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE displays SET name = $2, team_id = $3, privacy = $4 WHERE id = $1`, id, name, team, string(privacy)); err != nil {
			return fmt.Errorf("store: change display: %w", err)
		}
		return record(ctx, tx, by, lead.DisplayChanged, id, displayChange(was, d, to.Name), now)
	})
	return d, err
}

func displayChange(was, is lead.Display, team string) string {
	var parts []string
	if was.Name != is.Name {
		parts = append(parts, was.Name+" is now "+is.Name)
	} else {
		parts = append(parts, is.Name)
	}
	if was.TeamID != is.TeamID {
		parts = append(parts, "team "+team)
	}
	if was.Privacy != is.Privacy {
		parts = append(parts, string(was.Privacy)+" to "+string(is.Privacy))
	}
	return strings.Join(parts, ", ")
}

// Renew makes a new link for a living display, in place of the one it had.
func (t *Displays) Renew(ctx context.Context, by lead.Actor, id string, now time.Time) (string, lead.Display, error) {
	token := newToken()
	var d lead.Display
	err := t.change(ctx, func(tx *sqlx.Tx) (err error) {
		if d, err = t.living(ctx, tx, id); err != nil {
			return err
		}
		d.LinkedAt = at(now)
		if _, err := tx.ExecContext(ctx, `UPDATE displays SET token = $2, linked_at = $3 WHERE id = $1`, id, t.hash(token), d.LinkedAt); err != nil {
			return fmt.Errorf("store: renew display: %w", err)
		}
		return record(ctx, tx, by, lead.DisplayLinked, id, d.Name, now)
	})
	if err != nil {
		return "", lead.Display{}, err
	}
	return token, d, nil
}

// living locks a display that is not revoked; lead.ErrNotFound where there is
// none, lead.ErrConflict where it was revoked.
func (t *Displays) living(ctx context.Context, tx *sqlx.Tx, id string) (lead.Display, error) {
	found, err := t.read(ctx, tx, `WHERE id = $1`+t.s.forUpdate(), id)
	switch {
	case err != nil:
		return lead.Display{}, err
	case len(found) == 0:
		return lead.Display{}, lead.NotFound("the display " + id)
	case !found[0].Living():
		return found[0], &lead.Refusal{Kind: lead.ErrConflict, Text: "the display " + found[0].Name + " is revoked: make a new one"}
	}
	return found[0], nil
}

// Revoke ends a display for good, found by id or name. It is lead.ErrNotFound
// where no living display is called so, lead.ErrConflict where several are.
func (t *Displays) Revoke(ctx context.Context, by lead.Actor, ref string, now time.Time) (lead.Display, error) {
	var d lead.Display
	err := t.change(ctx, func(tx *sqlx.Tx) error {
		found, err := t.read(ctx, tx, `WHERE revoked_at IS NULL AND (id = $1 OR name = $1)`+t.s.forUpdate(), ref)
		if i := slices.IndexFunc(found, func(d lead.Display) bool { return d.ID == ref }); i >= 0 {
			found = found[i : i+1]
		}
		switch {
		case err != nil:
			return err
		case len(found) == 0:
			return lead.NotFound("a display named " + ref)
		case len(found) > 1:
			return &lead.Refusal{Kind: lead.ErrConflict, Text: "several displays are named " + ref + ": name one by its id"}
		}
		d = found[0]
		d.RevokedAt = at(now)
		if _, err := tx.ExecContext(ctx, `UPDATE displays SET revoked_at = $2 WHERE id = $1`, d.ID, d.RevokedAt); err != nil {
			return fmt.Errorf("store: revoke display: %w", err)
		}
		return record(ctx, tx, by, lead.DisplayRevoked, d.ID, d.Name, now)
	})
	return d, err
}

// seenEvery is how long a display's last sight stays as it is.
const seenEvery = time.Minute

// Seen notes that streams of displays are open. It writes what is a minute old
// or older, whoever noted it, so that a wall costs one write a minute.
func (t *Displays) Seen(ctx context.Context, ids []string, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	text, args, err := in(t.s.write, `UPDATE displays SET seen_at = ? WHERE id IN (?) AND revoked_at IS NULL AND (seen_at IS NULL OR seen_at <= ?)`, at(now), ids, at(now.Add(-seenEvery)))
	if err != nil {
		return err
	}
	_, err = t.s.write.ExecContext(ctx, text, args...)
	return wrap(err)
}

// Day reads what a team did from one moment to before another. Wins count from
// when they were recorded.
func (s *Store) Day(ctx context.Context, team string, from, to time.Time) (lead.Day, error) {
	var day lead.Day
	// What a move did that was undone did not happen: an undo names the first row
	// that it takes back, and takes back all from there.
	err := s.read.QueryRowxContext(ctx, `
		SELECT COUNT(CASE WHEN h.move = 'qualify' THEN 1 END), COUNT(CASE WHEN h.move = 'accept' THEN 1 END) FROM history h
		WHERE h.occurred_at >= $1 AND h.occurred_at < $2 AND h.team_after = $3 AND h.move IN ('qualify', 'accept')
		AND NOT EXISTS (SELECT 1 FROM history u WHERE u.lead_id = h.lead_id AND u.seq > h.seq AND u.undo_of > 0 AND u.undo_of <= h.seq)`,
		at(from), at(to), team).Scan(&day.HandedOver, &day.Accepted)
	if err != nil {
		return day, fmt.Errorf("store: day: %w", wrap(err))
	}
	// A claim clock stops at the moment of the move that took the lead.
	err = query(ctx, s.read, `
		SELECT h.owner_after, c.stopped_at, c.used, c.waiting_since FROM clocks c
		JOIN history h ON h.lead_id = c.lead_id AND h.recorded_at = c.stopped_at AND h.from_stage = 'mql' AND h.owner_after <> ''
		WHERE c.stopped_at >= $1 AND c.stopped_at < $2 AND c.kind = 'claim' AND c.outcome IN ('met', 'breached') AND h.team_after = $3
		ORDER BY c.stopped_at, c.id`, []any{at(from), at(to), team}, func(r *sqlx.Rows) error {
		var t lead.Taken
		var stopped, since instant
		var used int64
		err := r.Scan(&t.OwnerID, &stopped, &used, &since)
		t.At, t.Used, t.Closed = time.Time(stopped), time.Duration(used)*time.Microsecond, !time.Time(since).IsZero()
		day.Claims = append(day.Claims, t)
		return err
	})
	if err != nil {
		return day, fmt.Errorf("store: day: %w", wrap(err))
	}
	err = query(ctx, s.read, `SELECT lead_id, owner_after, recorded_at FROM history WHERE move = 'win' AND recorded_at >= $1 AND recorded_at < $2 AND team_after = $3 ORDER BY recorded_at, lead_id`,
		[]any{at(from), at(to), team}, func(r *sqlx.Rows) error {
			var d lead.Deal
			var when instant
			err := r.Scan(&d.LeadID, &d.OwnerID, &when)
			d.At = time.Time(when)
			day.Wins = append(day.Wins, d)
			return err
		})
	if err != nil {
		return day, fmt.Errorf("store: day: %w", wrap(err))
	}
	return day, nil
}
