package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hotleads/lead"
)

// mostAtOnce is how many activities of a visitor go with them when they give their
// name. Of one who did more, as only machines do, the latest go at once and the rest
// in steps: whoever comes in with them is not kept waiting.
const mostAtOnce = 20_000

// apart divides pairs of leads, of which the first becomes part of the second, by
// whether all that the first did goes with it at once. Who was written only a few
// times did not do that much: a transaction has some thousand messages.
func (t *txn) apart(ctx context.Context, pairs [][]any) (all, some [][]any, err error) {
	var asked []string
	for _, p := range pairs {
		from := p[0].(string) //nolint:forcetypeassert // Merge put it there
		if was := t.was[from].row; was != nil && was.Version > int64(t.s.atOnce)/5000 {
			asked = append(asked, from)
		}
	}
	large, err := t.large(ctx, asked)
	if err != nil || len(large) == 0 {
		return pairs, nil, err
	}
	for _, p := range pairs {
		if slices.Contains(large, p[0].(string)) { //nolint:forcetypeassert // as above
			some = append(some, p)
		} else {
			all = append(all, p)
		}
	}
	return all, some, nil
}

// large are those of the leads that have more activities than go at once.
func (t *txn) large(ctx context.Context, ids []string) (large []string, err error) {
	if len(ids) == 0 {
		return nil, nil
	}
	text, args, err := in(t, `SELECT id FROM leads WHERE id IN (?) AND EXISTS (SELECT 1 FROM activities WHERE lead_id = leads.id LIMIT 1 OFFSET ?)`, ids, t.s.atOnce)
	if err != nil {
		return nil, err
	}
	err = t.SelectContext(ctx, &large, text, args...)
	return large, err
}

// cut is the latest activity of a lead before its n latest. It tells whether there
// is one.
func (t *txn) cut(ctx context.Context, leadID string, n int) (p lead.ActivityPoint, more bool, err error) {
	var row struct {
		At        instant `db:"occurred_at"`
		MessageID string  `db:"message_id"`
	}
	err = t.GetContext(ctx, &row, `SELECT occurred_at, message_id FROM activities WHERE lead_id = $1 ORDER BY occurred_at DESC, message_id DESC LIMIT 1 OFFSET $2`, leadID, n)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, nil
	}
	return lead.ActivityPoint{OccurredAt: time.Time(row.At), MessageID: row.MessageID}, true, err
}

// moveLatest moves the latest activities of one lead to another, n at most. It tells
// whether there are more.
func (t *txn) moveLatest(ctx context.Context, from, into string, n int) (more bool, err error) {
	cut, more, err := t.cut(ctx, from, n)
	if err == nil && more {
		_, err = t.ExecContext(ctx, `UPDATE activities SET lead_id = $2 WHERE lead_id = $1 AND (occurred_at, message_id) > ($3, $4)`, from, into, at(cut.OccurredAt), cut.MessageID)
	} else if err == nil {
		_, err = t.ExecContext(ctx, `UPDATE activities SET lead_id = $2 WHERE lead_id = $1`, from, into)
	}
	return more, err
}

// moveSome moves the latest activities of leads, and notes that the rest has to follow.
func (t *txn) moveSome(ctx context.Context, pairs [][]any) error {
	for _, p := range pairs {
		if _, err := t.moveLatest(ctx, p[0].(string), p[1].(string), t.s.atOnce); err != nil { //nolint:forcetypeassert // Merge put them there
			return err
		}
	}
	return t.insert(ctx, `INSERT INTO left_behind (from_lead, into_lead)`, pairs, ``)
}

// LeftBehind tells whether activities were left behind by a merge.
func (s *Store) LeftBehind(ctx context.Context) (bool, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, `SELECT from_lead FROM left_behind ORDER BY from_lead LIMIT 1`)
	return len(ids) > 0, wrap(err)
}

// Bring moves activities that were left behind to the lead that theirs became part
// of: the latest of one lead, at most n. It tells whether there were any, and which
// lead has all of its own by that; "" where none has.
func (t *txn) Bring(ctx context.Context, n int) (some bool, whole string, err error) {
	var rows []struct {
		From string `db:"from_lead"`
		Into string `db:"into_lead"`
	}
	if err := t.SelectContext(ctx, &rows, `SELECT from_lead, into_lead FROM left_behind ORDER BY from_lead LIMIT 1`+t.s.skipLocked()); err != nil || len(rows) == 0 {
		return false, "", err
	}
	from, into := rows[0].From, rows[0].Into // a known lead, which becomes part of no other one
	more, err := t.moveLatest(ctx, from, into, n)
	if err == nil && !more {
		whole = into
		_, err = t.ExecContext(ctx, `DELETE FROM left_behind WHERE from_lead = $1`, from)
	}
	if err != nil {
		return false, "", fmt.Errorf("store: bring along: %w", err)
	}
	return true, whole, nil
}
