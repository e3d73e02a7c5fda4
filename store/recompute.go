package store

import (
	"context"
	"fmt"

	"hotleads/lead"
)

// Running clocks of a team with another fingerprint than that, by an index of
// their own: it costs what it finds. Those of programs that knew of no
// fingerprints follow when their lead changes.
const stale = `SELECT lead_id FROM clocks WHERE stopped_at IS NULL AND policy <> '' AND team_id = $1 AND (policy < $2 OR policy > $2) LIMIT $3`

// Stale tells whether running clocks of one of the teams run by another calendar
// or agreement than that.
func (s *Store) Stale(ctx context.Context, prints []lead.TeamPrint) (bool, error) {
	for _, p := range prints {
		var ids []string
		if err := s.read.SelectContext(ctx, &ids, stale, p.Team, p.Print, 1); err != nil {
			return false, fmt.Errorf("store: stale clocks: %w", wrap(err))
		}
		if len(ids) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// Stale finds and locks leads whose running clocks run by another calendar or
// agreement than that of their team.
func (t *txn) Stale(ctx context.Context, prints []lead.TeamPrint, n int) ([]string, error) {
	var ids []string
	for _, p := range prints {
		if len(ids) >= n {
			break
		}
		var more []string
		text := `SELECT id FROM leads WHERE id IN (` + stale + `) ORDER BY id` + t.s.skipLocked()
		if err := t.SelectContext(ctx, &more, text, p.Team, p.Print, n-len(ids)); err != nil {
			return nil, fmt.Errorf("store: stale clocks: %w", err)
		}
		ids = append(ids, more...)
	}
	return ids, nil
}
