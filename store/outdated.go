package store

import (
	"context"
	"fmt"
	"slices"
)

// Outdated counts the leads that were scored by an older agreement, as far as most.
func (s *Store) Outdated(ctx context.Context, version, most int) (int, error) {
	var n int
	err := s.read.GetContext(ctx, &n, `
		SELECT COUNT(*) FROM (SELECT 1 FROM leads WHERE merged_into = '' AND model < $1 LIMIT $2) AS outdated`, version, most)
	return n, wrap(err)
}

// The two ways to leads of an older agreement, each by an index of its own
// whose first row is the first one wanted: it costs what it finds, however many
// leads there are.
const (
	outdatedOnBoard = `SELECT id FROM leads WHERE merged_into = '' AND stage IN ('mql', 'claimed', 'sal') AND model < $1 ORDER BY model, id LIMIT $2`
	outdated        = `SELECT id FROM leads WHERE merged_into = '' AND model < $1 ORDER BY model, id LIMIT $2`
)

// Outdated finds and locks leads that were scored by an older agreement, those
// on boards first.
func (t *txn) Outdated(ctx context.Context, version, n int) ([]string, error) {
	var ids []string
	for _, text := range []string{outdatedOnBoard, outdated} {
		if len(ids) >= n {
			break
		}
		var more []string
		if err := t.SelectContext(ctx, &more, text+t.s.skipLocked(), version, n); err != nil {
			return nil, fmt.Errorf("store: outdated: %w", err)
		}
		for _, id := range more {
			if len(ids) < n && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids, nil
}
