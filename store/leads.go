package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// Lead reads one lead with its current clocks.
func (s *Store) Lead(ctx context.Context, id string) (lead.Lead, []lead.Clock, error) {
	cards, err := s.Cards(ctx, []string{id})
	if err != nil {
		return lead.Lead{}, nil, err
	}
	c, ok := cards[id]
	if !ok {
		return lead.Lead{}, nil, lead.NotFound("the lead " + id)
	}
	return c.Lead, c.Clocks, nil
}

// LeadID finds the lead that an identity leads to.
func (s *Store) LeadID(ctx context.Context, id lead.Identity) (string, error) {
	var leadID string
	err := sqlx.GetContext(ctx, s.often(), &leadID, `SELECT lead_id FROM identities WHERE kind = $1 AND value = $2`, string(id.Kind), id.Value)
	if errors.Is(err, sql.ErrNoRows) {
		err = lead.NotFound("a lead with the " + string(id.Kind) + " " + id.Value)
	}
	return leadID, wrap(err)
}

// OnBoard reads what is on a team's board, in no particular order.
func (s *Store) OnBoard(ctx context.Context, team string) ([]lead.BoardEntry, error) {
	var entries []lead.BoardEntry
	err := s.read.SelectContext(ctx, &entries, `
		SELECT id, version FROM leads
		WHERE team_id = $1 AND stage IN ('mql', 'claimed', 'sal') AND merged_into = '' AND NOT (stage = 'sal' AND touched)
		UNION SELECT id, version FROM leads WHERE claimable_by <> 'team' AND claimable_by = 'every' AND stage = 'mql' AND merged_into = '' AND team_id IS NOT NULL`, team)
	return entries, wrap(err)
}

// Versions reads the versions of leads by id.
func (s *Store) Versions(ctx context.Context, ids []string) ([]lead.BoardEntry, error) {
	entries := make([]lead.BoardEntry, 0, len(ids))
	q := s.often()
	for part := range slices.Chunk(ids, maxParams) {
		text, args, err := in(q, `SELECT id, version FROM leads WHERE id IN (?)`, part)
		if err != nil {
			return nil, err
		}
		if err := query(ctx, q, text, args, func(r *sqlx.Rows) error {
			var e lead.BoardEntry
			err := r.Scan(&e.ID, &e.Version)
			entries = append(entries, e)
			return err
		}); err != nil {
			return nil, fmt.Errorf("store: versions: %w", wrap(err))
		}
	}
	return entries, nil
}

// Cards reads leads by id with their current clocks.
func (s *Store) Cards(ctx context.Context, ids []string) (map[string]lead.Card, error) {
	cards, err := readCards(ctx, s.often(), ids, "", nil)
	return cards, wrap(err)
}

// readCards reads leads, then their clocks: outside a transaction the clocks may
// be of a later version than the lead, never of an earlier one. Each row is told
// to seen, too, if given.
func readCards(ctx context.Context, q querier, ids []string, lock string, seen func(*leadRow)) (map[string]lead.Card, error) {
	cards := make(map[string]lead.Card, len(ids))
	for part := range slices.Chunk(ids, maxParams) {
		if err := readLeads(ctx, q, part, lock, seen, cards); err != nil {
			return nil, fmt.Errorf("store: read leads: %w", err)
		}
		if err := readClocks(ctx, q, part, cards); err != nil {
			return nil, fmt.Errorf("store: read clocks: %w", err)
		}
	}
	return cards, nil
}

func readLeads(ctx context.Context, q querier, ids []string, lock string, seen func(*leadRow), cards map[string]lead.Card) error {
	text, args, err := in(q, `SELECT `+leadList+` FROM leads WHERE id IN (many ?) ORDER BY id`+lock, ids)
	if err != nil {
		return err
	}
	return query(ctx, q, text, args, func(r *sqlx.Rows) error { return readLead(r, seen, cards) })
}

func readLead(r *sqlx.Rows, seen func(*leadRow), cards map[string]lead.Card) error {
	var row leadRow
	if err := r.Scan(row.columns()...); err != nil {
		return err
	}
	if seen != nil {
		seen(&row)
	}
	l, err := row.lead()
	cards[l.ID] = lead.Card{Lead: l}
	return err
}

func readClocks(ctx context.Context, q querier, ids []string, cards map[string]lead.Card) error {
	text, args, err := in(q, `SELECT `+clockList+` FROM clocks WHERE lead_id IN (many ?) AND is_current ORDER BY lead_id, id`, ids)
	if err != nil {
		return err
	}
	return query(ctx, q, text, args, func(r *sqlx.Rows) error {
		var row clockRow
		if err := r.StructScan(&row); err != nil {
			return err
		}
		if c, ok := cards[row.LeadID]; ok {
			clock, err := row.clock()
			if err != nil {
				return err
			}
			c.Clocks = append(c.Clocks, clock)
			cards[row.LeadID] = c
		}
		return nil
	})
}

// Due are ids of leads for which something is due at now, the longest due first.
func (s *Store) Due(ctx context.Context, now time.Time, n int) ([]string, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, `SELECT id FROM leads WHERE wake_at <= $1 ORDER BY wake_at, id LIMIT $2`, at(now), n)
	return ids, wrap(err)
}

// Unannounced are leads whose change on a board was stored before that moment
// and has not been announced.
func (s *Store) Unannounced(ctx context.Context, before time.Time, n int) ([]string, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, `SELECT lead_id FROM unannounced WHERE since <= $1 ORDER BY since, lead_id LIMIT $2`, at(before), n)
	return ids, wrap(err)
}

// Lag tells how far behind the sweeps of all instances are.
func (s *Store) Lag(ctx context.Context, now time.Time) (lead.Lag, error) {
	var due, unannounced []time.Time
	err := within(ctx, func(ctx context.Context) error {
		err := s.read.SelectContext(ctx, &due, `SELECT wake_at FROM leads WHERE wake_at <= $1 ORDER BY wake_at, id LIMIT 1`, at(now))
		if err != nil {
			return err
		}
		return s.read.SelectContext(ctx, &unannounced, `SELECT since FROM unannounced WHERE since <= $1 ORDER BY since, lead_id LIMIT 1`, at(now))
	})
	if err != nil {
		return lead.Lag{}, err
	}
	age := func(oldest []time.Time) time.Duration {
		if len(oldest) == 0 {
			return 0
		}
		return now.Sub(oldest[0])
	}
	return lead.Lag{Due: age(due), Announced: age(unannounced)}, nil
}

// Teamless are leads on their way through sales that no team has, and those of
// disabled teams that wait on a board or in a backlog.
func (s *Store) Teamless(ctx context.Context, n int) ([]string, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, TeamlessQuery, n)
	return ids, wrap(err)
}

// TeamlessQuery asks every second: each part is read from an index of what it
// finds and little else. (CROSS JOIN has SQLite begin with the few teams; LENGTH
// keeps it from an index of all leads that are not merged.)
const TeamlessQuery = `
	SELECT id FROM leads
	WHERE team_id IS NULL AND stage IN ('mql', 'claimed', 'sal', 'sql') AND LENGTH(merged_into) = 0
	UNION ALL
	SELECT l.id FROM teams t CROSS JOIN leads l
	WHERE t.disabled_at IS NOT NULL AND l.team_id = t.id AND l.stage IN ('mql', 'claimed', 'sal') AND l.stage = 'mql' AND l.merged_into = ''
	UNION ALL
	SELECT l.id FROM teams t CROSS JOIN leads l
	WHERE t.disabled_at IS NOT NULL AND l.team_id = t.id AND l.hold = 'backlog' AND l.merged_into = ''
	ORDER BY id LIMIT $1`

// Announced notes that the ranking of leads is up to those versions. One that
// somebody is changing meanwhile is left to their announcement, or to the sweep.
func (s *Store) Announced(ctx context.Context, versions map[string]int64) error {
	rows := make([][]any, 0, len(versions))
	for _, id := range slices.Sorted(maps.Keys(versions)) {
		rows = append(rows, []any{id, versions[id]})
	}
	if len(rows) == 0 {
		return nil
	}
	if s.lite {
		return s.transact(ctx, func(t *txn) error {
			return each(ctx, t.Tx, `DELETE FROM unannounced WHERE lead_id = $1 AND version <= $2`, rows)
		})
	}
	given, arrays, err := arraysOf(rows, 0)
	if err == nil {
		_, err = s.often().ExecContext(ctx, `DELETE FROM unannounced WHERE lead_id IN (
				SELECT u.lead_id FROM unnest(`+given+`) AS v (id, version) JOIN unannounced u ON u.lead_id = v.id
				WHERE u.version <= v.version FOR UPDATE OF u SKIP LOCKED)`, arrays...)
	}
	if err != nil {
		return fmt.Errorf("store: announced: %w", wrap(err))
	}
	return nil
}
