package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

type actRow struct {
	ID        string  `db:"id"`
	At        instant `db:"at"`
	ActorKind string  `db:"actor_kind"`
	ActorID   string  `db:"actor_id"`
	Via       string  `db:"via"`
	What      string  `db:"what"`
	Subject   string  `db:"subject"`
	Detail    string  `db:"detail"`
}

// record writes a line of the audit trail into the transaction of what it tells.
func record(ctx context.Context, tx *sqlx.Tx, by lead.Actor, what lead.Deed, subject, detail string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO acts (id, at, actor_kind, actor_id, via, what, subject, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		uuid.Must(uuid.NewV7()).String(), at(now), string(by.Kind), by.ID, by.Via, string(what), subject, detail)
	if err != nil {
		return fmt.Errorf("store: audit trail: %w", err)
	}
	return nil
}

// act makes an administrative change by one statement and records it where it
// changed something.
func (s *Store) act(ctx context.Context, by lead.Actor, what lead.Deed, subject, detail string, now time.Time, text string, args ...any) error {
	return s.actAnd(ctx, by, what, subject, detail, now, func(*sqlx.Tx) error { return nil }, text, args...)
}

// actAnd is act with what follows from the change, in the same transaction.
func (s *Store) actAnd(ctx context.Context, by lead.Actor, what lead.Deed, subject, detail string, now time.Time, then func(*sqlx.Tx) error, text string, args ...any) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		res, err := tx.ExecContext(ctx, text, args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if err := then(tx); err != nil {
			return err
		}
		return record(ctx, tx, by, what, subject, detail, now)
	})
	s.forget()
	return err
}

// Acts reads the audit trail, newest first.
func (s *Store) Acts(ctx context.Context, q lead.ActSearch) ([]lead.Act, error) {
	where, args := []string{"1 = 1"}, []any{}
	ask := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	if q.Actor != "" {
		ask("actor_id = ?", q.Actor)
	}
	if q.Kind != "" {
		ask("actor_kind = ?", string(q.Kind))
	}
	if q.What != "" {
		ask("what >= ? AND what < ?", q.What, q.What+"\u007f")
	}
	if q.Before != nil {
		ask("(at < ? OR (at = ? AND id < ?))", at(q.Before.At), at(q.Before.At), q.Before.ID)
	}
	args = append(args, q.Limit)
	var rows []actRow
	err := s.read.SelectContext(ctx, &rows, `
		SELECT id, at, actor_kind, actor_id, via, what, subject, detail FROM acts
		WHERE `+strings.Join(where, " AND ")+fmt.Sprintf(` ORDER BY at DESC, id DESC LIMIT $%d`, len(args)), args...)
	if err != nil {
		return nil, wrap(err)
	}
	acts := make([]lead.Act, len(rows))
	for i, r := range rows {
		acts[i] = lead.Act{ID: r.ID, At: time.Time(r.At), Actor: lead.Actor{Kind: lead.ActorKind(r.ActorKind), ID: r.ActorID, Via: r.Via},
			What: lead.Deed(r.What), Subject: r.Subject, Detail: r.Detail}
	}
	return acts, nil
}
