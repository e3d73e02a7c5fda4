package store

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"hotleads/lead"
)

// Running clocks of a team with another fingerprint than that, by an index of
// their own: it costs what it finds. Those of programs that knew of no
// fingerprints follow when their lead changes.
const stale = `SELECT lead_id FROM clocks WHERE stopped_at IS NULL AND policy <> '' AND team_id = $1 AND (policy < $2 OR policy > $2) LIMIT $3`

// staleOfAll is stale of many teams: to ask for one after the other takes longer
// than to bring the clocks.
const staleOfAll = `SELECT s.lead_id FROM unnest($1::text[], $2::text[]) AS p (team, print), LATERAL (
	SELECT lead_id FROM clocks c WHERE c.stopped_at IS NULL AND c.policy <> '' AND c.team_id = p.team AND (c.policy < p.print OR c.policy > p.print) LIMIT $3) s LIMIT $3`

// eachStale calls f with what finds the leads of n clocks that are stale, until f
// has had enough: once on Postgres, for each team on SQLite, which has no way to go.
func (s *Store) eachStale(prints []lead.TeamPrint, f func(text string, args ...any) (enough bool, err error)) error {
	if s.lite {
		for _, p := range prints {
			if enough, err := f(stale, p.Team, p.Print); enough || err != nil {
				return err
			}
		}
		return nil
	}
	teams, wanted := make(pq.StringArray, len(prints)), make(pq.StringArray, len(prints))
	for i, p := range prints {
		teams[i], wanted[i] = p.Team, p.Print
	}
	_, err := f(staleOfAll, teams, wanted)
	return err
}

// Stale tells whether running clocks of one of the teams run by another calendar
// or agreement than that.
func (s *Store) Stale(ctx context.Context, prints []lead.TeamPrint) (some bool, err error) {
	err = s.eachStale(prints, func(text string, args ...any) (bool, error) {
		var ids []string
		err := s.read.SelectContext(ctx, &ids, text, append(args, 1)...)
		some = len(ids) > 0
		return some, err
	})
	if err != nil {
		return false, fmt.Errorf("store: stale clocks: %w", wrap(err))
	}
	return some, nil
}

// ofMany is from how many clocks that many leads are chosen: a lead that waits has two
// that run, and as many again may be another's who is at it.
const ofMany = 4

// Stale finds and locks leads whose running clocks run by another calendar or
// agreement than that of their team, others than those that another transaction has.
func (t *txn) Stale(ctx context.Context, prints []lead.TeamPrint, n int) ([]string, error) {
	var ids []string
	err := t.s.eachStale(prints, func(text string, args ...any) (bool, error) {
		var more []string
		limit := fmt.Sprintf("$%d", len(args)+2)
		err := t.SelectContext(ctx, &more, `SELECT id FROM leads WHERE id IN (`+text+`) ORDER BY id LIMIT `+limit+t.s.skipLocked(), append(args, ofMany*(n-len(ids)), n-len(ids))...)
		ids = append(ids, more...)
		return len(ids) >= n, err
	})
	if err != nil {
		return nil, fmt.Errorf("store: stale clocks: %w", err)
	}
	return ids, nil
}
