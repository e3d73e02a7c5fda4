package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/sla"
)

// The columns that tell sorts of clocks apart, and each clock of a sort as
// "asked used" in seconds: what a report reads is a few thousand rows, however
// many clocks there are.
const (
	factSort = `kind, team_id, CASE WHEN kind IN ('decision', 'touch') THEN owner_id ELSE stopped_owner END AS rep, tier, source,
		CASE WHEN outcome <> '' THEN outcome WHEN breached_at IS NOT NULL OR due_at <= ? THEN 'breached' ELSE '' END AS result,
		stopped_at IS NULL AS running,
		CASE kind WHEN 'claim' THEN stopped_owner <> '' WHEN 'decision' THEN stopped_move IN ('accept', 'return') ELSE stopped_move = 'touch' END AS done,
		waiting_since IS NOT NULL AND kind IN ('claim', 'response') AS closed,
		counted, stopped_kind = 'key' OR stopped_via = 'api' AS verified`
	factsText = `SELECT ` + factSort + `, string_agg(CAST(%s AS TEXT) || ' ' || CAST(CASE WHEN stopped_at IS NULL THEN 0 ELSE used / 1000000 END AS TEXT), ' ') AS each
		FROM clocks WHERE asked_at >= ? AND asked_at < ?%s GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11`
)

type factRow struct {
	Kind     string `db:"kind"`
	TeamID   string `db:"team_id"`
	Rep      string `db:"rep"`
	Tier     string `db:"tier"`
	Source   string `db:"source"`
	Result   string `db:"result"`
	Running  bool   `db:"running"`
	Done     bool   `db:"done"`
	Closed   bool   `db:"closed"`
	Counted  bool   `db:"counted"`
	Verified bool   `db:"verified"`
	Each     string `db:"each"`
}

func (r *factRow) facts() (lead.Facts, error) {
	f := lead.Facts{Kind: sla.Kind(r.Kind), TeamID: r.TeamID, Rep: r.Rep, Tier: r.Tier, Source: r.Source, Result: sla.Outcome(r.Result),
		Running: r.Running, Done: r.Done, Closed: r.Closed, Counted: r.Counted, Verified: r.Verified, Each: make([]lead.Stretch, 0, len(r.Each)/12+1)}
	for rest := r.Each; rest != ""; {
		var s lead.Stretch
		var err error
		for _, n := range []*int64{&s.Asked, &s.Used} {
			var word string
			word, rest, _ = strings.Cut(rest, " ")
			if *n, err = strconv.ParseInt(word, 10, 64); err != nil {
				return f, fmt.Errorf("store: a clock's seconds: %w", err)
			}
		}
		f.Each = append(f.Each, s)
	}
	return f, nil
}

// A long period is read in so many parts at once on Postgres, for one process of
// it groups no more than one core can; a short one is not worth the connections.
const (
	factsAtOnce = 4
	factsLong   = 15 * 24 * time.Hour
)

// Facts reads the clocks of a period by their sorts; a sort may come several times.
func (s *Store) Facts(ctx context.Context, q lead.FactsQuery) ([]lead.Facts, error) {
	if q.Teams != nil && len(q.Teams) == 0 {
		return nil, nil
	}
	parts := 1
	if !s.lite && q.To.Sub(q.From) > factsLong {
		parts = factsAtOnce
		select { // one at a time: the others need connections, too
		case s.longFacts <- struct{}{}:
			defer func() { <-s.longFacts }()
		case <-ctx.Done():
			return nil, wrap(ctx.Err())
		}
	}
	found, errs := make([][]lead.Facts, parts), make([]error, parts)
	var wg sync.WaitGroup
	for i := range parts {
		one, step := q, q.To.Sub(q.From)/time.Duration(parts)
		one.From = q.From.Add(step * time.Duration(i))
		if i < parts-1 {
			one.To = one.From.Add(step)
		}
		wg.Go(func() { found[i], errs[i] = s.facts(ctx, one) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("store: facts: %w", wrap(err))
	}
	return slices.Concat(found...), nil
}

func (s *Store) facts(ctx context.Context, q lead.FactsQuery) ([]lead.Facts, error) {
	var db querier = s.read
	seconds := `unixepoch(asked_at)`
	if !s.lite {
		seconds = `CAST(floor(date_part('epoch', asked_at)) AS BIGINT)`
		tx, err := s.read.BeginTxx(ctx, nil)
		if err != nil {
			return nil, err
		}
		defer tx.Rollback()
		db = tx
		// The sorts have their place in memory; else all would be put in order on disk.
		if _, err := tx.ExecContext(ctx, `SET LOCAL work_mem = '64MB'`); err != nil {
			return nil, err
		}
	}
	narrow, args := "", []any{at(q.Now), at(q.From), at(q.To)}
	if q.Teams != nil {
		narrow, args = ` AND team_id IN (?)`, append(args, q.Teams)
	}
	text, args, err := in(db, fmt.Sprintf(factsText, seconds, narrow), args...)
	if err != nil {
		return nil, err
	}
	var all []lead.Facts
	err = query(ctx, db, text, args, func(r *sqlx.Rows) error {
		var row factRow
		if err := r.StructScan(&row); err != nil {
			return err
		}
		f, err := row.facts()
		all = append(all, f)
		return err
	})
	return all, err
}
