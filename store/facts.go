package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"hotleads/lead"
	"hotleads/sla"
)

// The clocks of a period by their sorts (see the migration of fact_sort), each clock
// as "asked used" in seconds: what a report reads is a few thousand rows, however many
// clocks there are, and nothing but an index. Of clocks that run, the rows tell which
// are due.
const (
	facts = `SELECT fact_sort, FALSE AS late, string_agg(fact_each, ' ') AS each
		FROM clocks WHERE asked_at >= ? AND asked_at < ? GROUP BY fact_sort`
	runningFacts = `SELECT fact_sort, breached_at IS NOT NULL OR due_at <= ? AS late, string_agg(fact_each, ' ') AS each
		FROM clocks WHERE asked_at >= ? AND asked_at < ? AND stopped_at IS NULL GROUP BY 1, 2`
)

type factRow struct {
	Sort string `db:"fact_sort"`
	Late bool   `db:"late"`
	Each string `db:"each"`
}

// sort is what a row's clocks have in common.
func (r *factRow) sort() (lead.Facts, error) {
	words := strings.SplitN(r.Sort, "|", 7)
	if len(words) != 7 {
		return lead.Facts{}, fmt.Errorf("store: %q is no sort of clocks", r.Sort)
	}
	f := lead.Facts{Kind: sla.Kind(words[0]), Result: sla.Outcome(words[1]), Tier: words[3], TeamID: words[4], Rep: words[5], Source: words[6]}
	if r.Late {
		f.Result = sla.Missed
	}
	for _, letter := range words[2] {
		switch letter {
		case 'r':
			f.Running = true
		case 'd':
			f.Done = true
		case 'c':
			f.Closed = true
		case 'm':
			f.Counted = true
		case 'v':
			f.Verified = true
		}
	}
	return f, nil
}

// each are a row's clocks.
func (r *factRow) each() ([]lead.Stretch, error) {
	all := make([]lead.Stretch, 0, len(r.Each)/12+1)
	for rest := r.Each; rest != ""; {
		asked, at := number(rest, 0)
		used, end := number(rest, at+1)
		if at == 0 || end <= at+1 || rest[at] != ' ' || end < len(rest) && rest[end] != ' ' {
			return nil, fmt.Errorf("store: %.40q are no clock's seconds", rest)
		}
		all = append(all, lead.Stretch{Asked: asked, Used: used})
		rest = rest[min(end+1, len(rest)):]
	}
	return all, nil
}

// number reads a number of decimal digits, and where it ends: hundreds of thousands
// of them, for which strconv would take longer.
func number(s string, from int) (n int64, end int) {
	for end = from; end < len(s) && s[end] >= '0' && s[end] <= '9'; end++ {
		n = n*10 + int64(s[end]-'0')
	}
	return n, end
}

// A long period is read in so many parts at once on Postgres, for one process of
// it groups no more than one core can; a short one is not worth the connections.
const (
	factsAtOnce = 4
	factsLong   = 15 * 24 * time.Hour
)

// Facts reads the clocks of a period by their sorts, all as of one moment; a sort may
// come several times.
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
	found, err := s.factsInParts(ctx, q, parts)
	if err != nil {
		return nil, fmt.Errorf("store: facts: %w", wrap(err))
	}
	return found, nil
}

func (s *Store) factsInParts(ctx context.Context, q lead.FactsQuery, parts int) ([]lead.Facts, error) {
	first, err := s.look(ctx, "")
	if err != nil {
		return nil, err
	}
	defer first.Rollback()
	moment := ""
	if parts > 1 {
		if err := first.GetContext(ctx, &moment, `SELECT pg_export_snapshot()`); err != nil {
			return nil, err
		}
	}
	found, errs := make([][]lead.Facts, parts+1), make([]error, parts+1)
	step := q.To.Sub(q.From) / time.Duration(parts)
	part := func(tx *sqlx.Tx, i int) {
		from, to := q.From.Add(step*time.Duration(i)), q.To
		if i < parts-1 {
			to = from.Add(step)
		}
		found[i], errs[i] = s.facts(ctx, tx, q.Teams, false, facts, at(from), at(to))
	}
	var wg sync.WaitGroup
	for i := 1; i < parts; i++ {
		wg.Go(func() {
			tx, err := s.look(ctx, moment)
			if errs[i] = err; err == nil {
				defer tx.Rollback()
				part(tx, i)
			}
		})
	}
	part(first, 0)
	found[parts], errs[parts] = s.facts(ctx, first, q.Teams, true, runningFacts, at(q.Now), at(q.From), at(q.To))
	wg.Wait()
	return slices.Concat(found...), errors.Join(errs...)
}

// look begins a transaction that reads everything as it is at one moment: that of its
// first question, or that of another such transaction, which exported it.
func (s *Store) look(ctx context.Context, moment string) (*sqlx.Tx, error) {
	o := &sql.TxOptions{ReadOnly: true}
	if !s.lite {
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := s.read.BeginTxx(ctx, o)
	if err != nil || moment == "" {
		return tx, err
	}
	if _, err := tx.ExecContext(ctx, `SET TRANSACTION SNAPSHOT `+pq.QuoteLiteral(moment)); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// facts reads those of some teams (nil: of all) that run, or that don't.
func (s *Store) facts(ctx context.Context, tx *sqlx.Tx, teams []string, running bool, text string, args ...any) ([]lead.Facts, error) {
	if !s.lite {
		// The sorts have their place in memory; else all would be put in order on disk.
		if _, err := tx.ExecContext(ctx, `SET LOCAL work_mem = '64MB'`); err != nil {
			return nil, err
		}
	}
	var all []lead.Facts
	err := query(ctx, tx, tx.Rebind(text), args, func(r *sqlx.Rows) error {
		var row factRow
		if err := r.StructScan(&row); err != nil {
			return err
		}
		f, err := row.sort()
		if err != nil || f.Running != running || teams != nil && !slices.Contains(teams, f.TeamID) {
			return err
		}
		if f.Each, err = row.each(); running {
			for i := range f.Each {
				f.Each[i].Used = 0 // what has been used so far is no wait yet
			}
		}
		all = append(all, f)
		return err
	})
	return all, err
}
