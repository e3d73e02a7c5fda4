package store

import (
	"context"
	"fmt"
	"time"

	"hotleads/lead"
)

type dripRow struct {
	TeamID    string  `db:"team_id"`
	PerRep    int     `db:"per_rep"`
	NextAt    instant `db:"next_at"`
	SetBy     string  `db:"set_by"`
	SetAt     instant `db:"set_at"`
	LastAt    instant `db:"last_at"`
	LastN     int     `db:"last_n"`
	Pending   int     `db:"pending"`
	PendingBy string  `db:"pending_by"`
}

func (r dripRow) drip() lead.Drip {
	return lead.Drip{TeamID: r.TeamID, PerRep: r.PerRep, NextAt: time.Time(r.NextAt), SetBy: r.SetBy, SetAt: time.Time(r.SetAt),
		LastAt: time.Time(r.LastAt), LastN: r.LastN, Pending: r.Pending, PendingBy: r.PendingBy}
}

const dripList = `team_id, per_rep, next_at, set_by, set_at, last_at, last_n, pending, pending_by`

// Drips are the backlogs that go to their boards by themselves.
func (s *Store) Drips(ctx context.Context) ([]lead.Drip, error) {
	var rows []dripRow
	if err := s.read.SelectContext(ctx, &rows, `SELECT `+dripList+` FROM drips ORDER BY team_id`); err != nil {
		return nil, fmt.Errorf("store: drips: %w", wrap(err))
	}
	drips := make([]lead.Drip, len(rows))
	for i, r := range rows {
		drips[i] = r.drip()
	}
	return drips, nil
}

// Drip locks and reads how a team's backlog goes to its board.
func (t *txn) Drip(ctx context.Context, team string) (lead.Drip, error) {
	var rows []dripRow
	if err := t.SelectContext(ctx, &rows, `UPDATE drips SET team_id = team_id WHERE team_id = $1 RETURNING `+dripList, team); err != nil {
		return lead.Drip{}, fmt.Errorf("store: drip: %w", err)
	}
	if len(rows) == 0 {
		return lead.Drip{TeamID: team}, nil
	}
	return rows[0].drip(), nil
}

// SetDrip keeps it, or ends it where nothing is to be released any more.
func (t *txn) SetDrip(ctx context.Context, d lead.Drip) error {
	text, args := `DELETE FROM drips WHERE team_id = $1`, []any{d.TeamID}
	if d.PerRep > 0 || d.Pending > 0 {
		text = `INSERT INTO drips (` + dripList + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (team_id) DO UPDATE SET per_rep = EXCLUDED.per_rep, next_at = EXCLUDED.next_at, set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at,
			last_at = EXCLUDED.last_at, last_n = EXCLUDED.last_n, pending = EXCLUDED.pending, pending_by = EXCLUDED.pending_by`
		args = append(args, d.PerRep, instant(d.NextAt), d.SetBy, instant(d.SetAt), instant(d.LastAt), d.LastN, d.Pending, d.PendingBy)
	}
	if _, err := t.ExecContext(ctx, text, args...); err != nil {
		return fmt.Errorf("store: set drip: %w", err)
	}
	return nil
}

// inBacklog is who is in a team's backlog: what leads_backlog holds.
const inBacklog = `FROM leads WHERE team_id = $1 AND hold = 'backlog' AND merged_into = ''`

// Backlog are the ids of the best leads in a team's backlog.
func (t *txn) Backlog(ctx context.Context, team string, n int) ([]string, error) {
	var ids []string
	if err := t.SelectContext(ctx, &ids, `SELECT id `+inBacklog+` ORDER BY backlog_score DESC, id DESC LIMIT $2`, team, n); err != nil {
		return nil, fmt.Errorf("store: backlog: %w", err)
	}
	return ids, nil
}

// CountBacklog is how many leads are in a team's backlog.
func (t *txn) CountBacklog(ctx context.Context, team string) (int, error) {
	var n int
	if err := t.GetContext(ctx, &n, `SELECT COUNT(*) `+inBacklog, team); err != nil {
		return 0, fmt.Errorf("store: backlog: %w", err)
	}
	return n, nil
}

// Record writes a line of the audit trail.
func (t *txn) Record(ctx context.Context, a lead.Act) error {
	return record(ctx, t.Tx, a.Actor, a.What, a.Subject, a.Detail, a.At)
}
