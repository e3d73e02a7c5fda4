package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// SetAway notes until when an active person is away; the zero time: they are
// there, and what was planned for now is over.
func (s *Store) SetAway(ctx context.Context, by lead.Actor, userID string, until, now time.Time) error {
	what, detail := lead.PersonBack, ""
	if !until.IsZero() {
		what, detail = lead.PersonAway, "until "+until.UTC().Format(time.RFC3339)
	}
	return s.actAnd(ctx, by, what, userID, detail, now, func(tx *sqlx.Tx) error {
		if until.IsZero() {
			if _, err := tx.ExecContext(ctx, `DELETE FROM absences WHERE user_id = $1 AND from_at <= $2 AND until_at > $2`, userID, at(now)); err != nil {
				return fmt.Errorf("store: back: %w", err)
			}
		}
		return hearSooner(ctx, tx, now, ofPerson, userID)
	}, `UPDATE users SET away_until = $2 WHERE id = $1 AND disabled_at IS NULL`, userID, instant(until))
}

// Whose notices hearSooner brings forward.
const (
	ofPerson = ` AND user_id = $2`
	ofTeams  = ` AND user_id IN (SELECT user_id FROM memberships WHERE team_id = $2)`
	ofAll    = ``
)

// hearSooner brings forward what people are to hear later, for they may be there sooner
// than was thought: whoever tells them puts off again what waits for anything else (see
// [lead.Desk.Tell]). It waits until no instance goes by the hours of before.
func hearSooner(ctx context.Context, tx *sqlx.Tx, now time.Time, whose string, args ...any) error {
	args = slices.Insert(args, 0, any(at(now.Add(2*fresh))))
	if _, err := tx.ExecContext(ctx, `UPDATE alerts SET hear_at = $1 WHERE heard_at IS NULL AND hear_at > $1`+whose, args...); err != nil {
		return fmt.Errorf("store: hear sooner: %w", err)
	}
	return nil
}

// AddLeave notes a time in which an active person will be away, and returns its id.
func (s *Store) AddLeave(ctx context.Context, by lead.Actor, userID string, l lead.Leave, now time.Time) (string, error) {
	id := uuid.Must(uuid.NewV7()).String()
	return id, s.act(ctx, by, lead.LeaveNoted, userID, span(l), now, `
		INSERT INTO absences (id, user_id, from_at, until_at, created_at)
		SELECT $1, id, $3, $4, $5 FROM users WHERE id = $2 AND disabled_at IS NULL`, id, userID, instant(l.From), instant(l.Until), at(now))
}

// DropLeave takes a planned time away back; one that is not there is lead.ErrNotFound.
func (s *Store) DropLeave(ctx context.Context, by lead.Actor, userID, id string, now time.Time) error {
	u, err := s.User(ctx, userID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(u.Leaves, func(l lead.Leave) bool { return l.ID == id })
	if i < 0 {
		return lead.NotFound("the planned time away " + id)
	}
	return s.actAnd(ctx, by, lead.LeaveEnded, userID, span(u.Leaves[i]), now, func(tx *sqlx.Tx) error { return hearSooner(ctx, tx, now, ofPerson, userID) },
		`DELETE FROM absences WHERE id = $1 AND user_id = $2`, id, userID)
}

func span(l lead.Leave) string {
	return "from " + l.From.UTC().Format(time.RFC3339) + " until " + l.Until.UTC().Format(time.RFC3339)
}

// HeldCounts counts what people hold of teams (nil: of all): who has worked for years
// has thousands of leads, and few kinds.
func (s *Store) HeldCounts(ctx context.Context, owners, teams []string) ([]lead.HeldCount, error) {
	var out []lead.HeldCount
	err := s.held(ctx, &out, `SELECT owner_id, COALESCE(team_id, '') AS team_id, stage, touched, COUNT(*) AS n FROM leads WHERE `, nil,
		` GROUP BY owner_id, COALESCE(team_id, ''), stage, touched ORDER BY owner_id, COALESCE(team_id, ''), stage, touched`, owners, teams)
	return out, err
}

// Holds reads which leads of teams (nil: of all) wait for those who hold them,
// claimed or accepted and not touched, in order of their ids; and whatever those
// hold who are to leave it all. At most limit.
func (s *Store) Holds(ctx context.Context, owners, leave, teams []string, limit int) ([]lead.Holds, error) {
	var out []lead.Holds
	err := s.held(ctx, &out, `SELECT id, owner_id, COALESCE(team_id, '') AS team_id, stage, touched FROM leads
		WHERE (stage = 'claimed' OR (stage = 'sal' AND NOT touched) OR owner_id IN (?)) AND `, []any{append([]string{""}, leave...)}, ` ORDER BY id LIMIT ?`, owners, teams, limit)
	return out, err
}

// held reads from the leads that owners hold in teams: head, its arguments, their
// condition, tail and its arguments.
func (s *Store) held(ctx context.Context, out any, head string, args []any, tail string, owners, teams []string, more ...any) error {
	if len(owners) == 0 || (teams != nil && len(teams) == 0) {
		return nil
	}
	text, args := head+`owner_id IN (?) AND stage IN ('claimed', 'sal', 'sql') AND merged_into = ''`, append(args, owners)
	if teams != nil {
		text, args = text+` AND team_id IN (?)`, append(args, teams)
	}
	text, args, err := in(s.read, text+tail, append(args, more...)...)
	if err != nil {
		return err
	}
	if err := s.read.SelectContext(ctx, out, text, args...); err != nil {
		return fmt.Errorf("store: holds: %w", wrap(err))
	}
	return nil
}
