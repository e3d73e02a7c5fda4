package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
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
	err := s.read.GetContext(ctx, &leadID, `SELECT lead_id FROM identities WHERE kind = $1 AND value = $2`, string(id.Kind), id.Value)
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
		WHERE team_id = $1 AND stage IN ('mql', 'claimed', 'sal') AND merged_into = '' AND NOT (stage = 'sal' AND touched)`, team)
	return entries, wrap(err)
}

// Versions reads the versions of leads by id.
func (s *Store) Versions(ctx context.Context, ids []string) ([]lead.BoardEntry, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	text, args, err := in(`SELECT id, version FROM leads WHERE id IN (?)`, ids)
	if err != nil {
		return nil, err
	}
	var entries []lead.BoardEntry
	err = s.read.SelectContext(ctx, &entries, text, args...)
	return entries, wrap(err)
}

// Cards reads leads by id with their current clocks.
func (s *Store) Cards(ctx context.Context, ids []string) (map[string]lead.Card, error) {
	cards, err := readCards(ctx, s.read, ids, "")
	return cards, wrap(err)
}

func readCards(ctx context.Context, q sqlx.QueryerContext, ids []string, lock string) (map[string]lead.Card, error) {
	if len(ids) == 0 {
		return map[string]lead.Card{}, nil
	}
	text, args, err := in(`SELECT * FROM leads WHERE id IN (?) ORDER BY id`+lock, ids)
	if err != nil {
		return nil, err
	}
	cards := make(map[string]lead.Card, len(ids))
	err = query(ctx, q, text, args, func(r *sqlx.Rows) error {
		var row leadRow
		if err := r.StructScan(&row); err != nil {
			return err
		}
		l, err := row.lead()
		cards[l.ID] = lead.Card{Lead: l}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: read leads: %w", err)
	}
	text, args, err = in(`SELECT * FROM clocks WHERE lead_id IN (?) AND is_current ORDER BY lead_id, id`, ids)
	if err != nil {
		return nil, err
	}
	return cards, query(ctx, q, text, args, func(r *sqlx.Rows) error {
		var row clockRow
		if err := r.StructScan(&row); err != nil {
			return err
		}
		if c, ok := cards[row.LeadID]; ok {
			c.Clocks = append(c.Clocks, row.clock())
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
	err := s.read.SelectContext(ctx, &ids, `SELECT id FROM leads WHERE unannounced_at <= $1 ORDER BY unannounced_at, id LIMIT $2`, at(before), n)
	return ids, wrap(err)
}

// Announced notes that the ranking of leads is up to those versions.
func (s *Store) Announced(ctx context.Context, versions map[string]int64) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		for id, v := range versions {
			if _, err := tx.ExecContext(ctx, `UPDATE leads SET unannounced_at = NULL WHERE id = $1 AND version <= $2`, id, v); err != nil {
				return fmt.Errorf("store: announced: %w", err)
			}
		}
		return nil
	})
}

// Find lists leads, the last changed first.
func (s *Store) Find(ctx context.Context, q lead.Search) ([]lead.Card, error) {
	where, args := []string{`merged_into = ''`}, []any{}
	add := func(cond string, a ...any) { where, args = append(where, cond), append(args, a...) }
	if q.Stage != "" {
		add(`stage = ?`, string(q.Stage))
	}
	if q.Team != "" {
		add(`team_id = ?`, q.Team)
	}
	if q.Seen != nil {
		if len(q.Seen) == 0 {
			add(`team_id IS NULL`)
		} else {
			add(`(team_id IS NULL OR team_id IN (?))`, q.Seen)
		}
	}
	if q.OwnerID != "" {
		add(`owner_id = ?`, q.OwnerID)
	}
	if q.Backlog {
		add(`backlog`)
	}
	if q.Held {
		add(`held_back <> ''`)
	}
	for _, w := range words(q.Words) {
		add(`id IN (SELECT lead_id FROM lead_words WHERE word >= ? AND word < ?)`, w, w+"\U0010FFFF")
	}
	if b := q.After; b != nil {
		add(`(updated_at < ? OR (updated_at = ? AND id < ?))`, at(b.UpdatedAt), at(b.UpdatedAt), b.ID)
	}
	text, args, err := in(`SELECT id FROM leads WHERE `+strings.Join(where, " AND ")+` ORDER BY updated_at DESC, id DESC LIMIT ?`, append(args, q.Limit)...)
	if err != nil {
		return nil, err
	}
	var ids []string
	if err := s.read.SelectContext(ctx, &ids, text, args...); err != nil {
		return nil, fmt.Errorf("store: find: %w", wrap(err))
	}
	found, err := s.Cards(ctx, ids)
	if err != nil {
		return nil, err
	}
	cards := make([]lead.Card, 0, len(ids))
	for _, id := range ids {
		if c, ok := found[id]; ok {
			cards = append(cards, c)
		}
	}
	return cards, nil
}
