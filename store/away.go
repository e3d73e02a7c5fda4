package store

import (
	"context"
	"fmt"
	"time"

	"hotleads/lead"
)

// SetAway notes until when an active person is away; the zero time: they are there.
func (s *Store) SetAway(ctx context.Context, by lead.Actor, userID string, until, now time.Time) error {
	what, detail := lead.PersonBack, ""
	if !until.IsZero() {
		what, detail = lead.PersonAway, "until "+until.UTC().Format(time.RFC3339)
	}
	return s.act(ctx, by, what, userID, detail, now, `UPDATE users SET away_until = $2 WHERE id = $1 AND disabled_at IS NULL`, userID, instant(until))
}

// Holds reads which leads of teams (nil: of all) people hold, in order of their ids.
func (s *Store) Holds(ctx context.Context, owners, teams []string) ([]lead.Holds, error) {
	if len(owners) == 0 || (teams != nil && len(teams) == 0) {
		return nil, nil
	}
	text, args := `SELECT id, owner_id, COALESCE(team_id, '') AS team_id, stage, touched FROM leads WHERE owner_id IN (?) AND stage IN ('claimed', 'sal', 'sql') AND merged_into = ''`, []any{owners}
	if teams != nil {
		text, args = text+` AND team_id IN (?)`, append(args, teams)
	}
	text, args, err := in(s.read, text+` ORDER BY id`, args...)
	if err != nil {
		return nil, err
	}
	var out []lead.Holds
	if err := s.read.SelectContext(ctx, &out, text, args...); err != nil {
		return nil, fmt.Errorf("store: holds: %w", wrap(err))
	}
	return out, nil
}
