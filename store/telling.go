package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

// Untold says whether people are to be told of something at now.
func (s *Store) Untold(ctx context.Context, now time.Time) (bool, error) {
	var ids []string
	err := s.read.SelectContext(ctx, &ids, `SELECT id FROM occasions ORDER BY id LIMIT 1`)
	if err == nil && len(ids) == 0 {
		err = s.read.SelectContext(ctx, &ids, `SELECT id FROM alerts WHERE heard_at IS NULL AND hear_at <= $1 ORDER BY hear_at LIMIT 1`, at(now))
	}
	if err != nil {
		return false, fmt.Errorf("store: untold: %w", wrap(err))
	}
	return len(ids) > 0, nil
}

// tellingLock is the advisory lock of who tells; those of identities are not negative.
const tellingLock = -1

// Tell runs f in one transaction, or does nothing where another instance tells.
// With SQLite whoever writes is alone.
func (s *Store) Tell(ctx context.Context, f func(lead.Teller) error) error {
	return s.transact(ctx, func(t *txn) error {
		alone := true
		if !s.lite {
			if err := t.GetContext(ctx, &alone, `SELECT pg_try_advisory_xact_lock($1)`, tellingLock); err != nil {
				return fmt.Errorf("store: tell: %w", err)
			}
		}
		if !alone {
			return nil
		}
		return f(teller{t})
	})
}

// teller is a transaction in which people are told.
type teller struct{ *txn }

// Occasions takes at most n that nobody was told of, the oldest first.
func (t teller) Occasions(ctx context.Context, n int) ([]lead.Occasion, error) {
	type row struct {
		ID      string  `db:"id"`
		LeadID  string  `db:"lead_id"`
		ClockID string  `db:"clock_id"`
		What    string  `db:"what"`
		At      instant `db:"at"`
		NotedAt instant `db:"noted_at"`
	}
	var rows []row
	err := t.SelectContext(ctx, &rows, `DELETE FROM occasions WHERE id IN (SELECT id FROM occasions ORDER BY id LIMIT $1) RETURNING id, lead_id, clock_id, what, at, noted_at`, n)
	if err != nil {
		return nil, fmt.Errorf("store: occasions: %w", err)
	}
	slices.SortFunc(rows, func(a, b row) int { return strings.Compare(a.ID, b.ID) })
	out := make([]lead.Occasion, len(rows))
	for i, r := range rows {
		out[i] = lead.Occasion{LeadID: r.LeadID, ClockID: r.ClockID, What: lead.Happening(r.What), At: time.Time(r.At), NotedAt: time.Time(r.NotedAt)}
	}
	return out, nil
}

// Cards reads leads by id with their current clocks.
func (t teller) Cards(ctx context.Context, ids []string) (map[string]lead.Card, error) {
	return readCards(ctx, t, ids, "", nil)
}

// Clocks reads clocks by id.
func (t teller) Clocks(ctx context.Context, ids []string) (map[string]lead.Clock, error) {
	return clocksByID(ctx, t, ids)
}

// Noted is how many notices people got since a moment.
func (t teller) Noted(ctx context.Context, users []string, since time.Time) (map[string]int, error) {
	counts := make(map[string]int, len(users))
	if len(users) == 0 {
		return counts, nil
	}
	text, args, err := in(t, `SELECT user_id, COUNT(*) FROM alerts WHERE user_id IN (?) AND noted_at > ? GROUP BY user_id`, users, at(since))
	if err != nil {
		return nil, err
	}
	err = query(ctx, t, text, args, func(r *sqlx.Rows) error {
		var user string
		var n int
		err := r.Scan(&user, &n)
		counts[user] = n
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: noted: %w", err)
	}
	return counts, nil
}

// Note keeps alerts, of each person, clock and happening one. One that a person has
// stays as it is, but where it was over and is to be told after all.
func (t teller) Note(ctx context.Context, alerts []lead.Alert) error {
	rows := make([][]any, len(alerts))
	for i, a := range alerts {
		a.ID = uuid.Must(uuid.NewV7()).String()
		rows[i] = alertValues(a)
	}
	if err := t.insert(ctx, `INSERT INTO alerts (`+alertColumns+`)`, rows, `ON CONFLICT (lead_id, clock_id, what, user_id) DO UPDATE SET
		at = EXCLUDED.at, noted_at = EXCLUDED.noted_at, hear_at = EXCLUDED.hear_at, heard_at = NULL, how = '', read_at = NULL WHERE alerts.how = 'over'`); err != nil {
		return fmt.Errorf("store: note alerts: %w", err)
	}
	return nil
}

// Waiting are the people who are to hear something by now, the longest due first,
// but for some: of the n alerts that are longest due, with how many of these are theirs.
func (t teller) Waiting(ctx context.Context, now time.Time, n int, but []string) ([]lead.Waiting, error) {
	text, args, err := in(t, `SELECT user_id, COUNT(*) FROM (
			SELECT user_id, hear_at FROM alerts WHERE heard_at IS NULL AND hear_at <= ? AND NOT (user_id IN (?)) ORDER BY hear_at LIMIT ?) AS waiting
		GROUP BY user_id ORDER BY MIN(hear_at), user_id`, at(now), append([]string{""}, but...), n)
	if err != nil {
		return nil, err
	}
	var all []lead.Waiting
	err = query(ctx, t, text, args, func(r *sqlx.Rows) error {
		var w lead.Waiting
		err := r.Scan(&w.UserID, &w.Alerts)
		all = append(all, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: who waits to be told: %w", err)
	}
	return all, nil
}

// Due are the alerts that people are to hear by now, at most n, in no particular order.
// (What is not heard is ordered by when it was: so it is read from the index of a
// person's alerts, whatever is known of the table.)
func (t teller) Due(ctx context.Context, users []string, now time.Time, n int) ([]lead.Alert, error) {
	all, err := readAlerts(ctx, t, `SELECT `+alertList+` FROM alerts WHERE user_id IN (?) AND heard_at IS NULL AND hear_at <= ? ORDER BY heard_at, alerts.id LIMIT ?`, users, at(now), n)
	if err != nil {
		return nil, fmt.Errorf("store: due alerts: %w", err)
	}
	return all, nil
}

// Tellings are what people were told since a moment: each loud alert, a digest once.
func (t teller) Tellings(ctx context.Context, users []string, since time.Time) (map[string][]lead.Telling, error) {
	moments := make(map[string][]lead.Telling, len(users))
	text, args, err := in(t, `SELECT user_id, heard_at, how, COUNT(*) FROM alerts
		WHERE user_id IN (?) AND heard_at > ? AND how IN ('loud', 'digest') GROUP BY user_id, heard_at, how`, users, at(since))
	if err != nil {
		return nil, err
	}
	err = query(ctx, t, text, args, func(r *sqlx.Rows) error {
		var user string
		var heard instant
		var told lead.Telling
		var n int
		if err := r.Scan(&user, &heard, &told.How, &n); err != nil {
			return err
		}
		if told.How == lead.Digest {
			n = 1
		}
		told.At = time.Time(heard)
		moments[user] = append(moments[user], slices.Repeat([]lead.Telling{told}, n)...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: tellings: %w", err)
	}
	return moments, nil
}

// Heard keeps of alerts when they are to be heard, and when and how they were.
func (t teller) Heard(ctx context.Context, alerts []lead.Alert) error {
	rows := make([][]any, len(alerts))
	for i, a := range alerts {
		rows[i] = []any{a.ID, instant(a.HearAt), instant(a.HeardAt), string(a.How)}
	}
	if err := t.update(ctx, "alerts", []string{"id", "hear_at", "heard_at", "how"}, nil, rows); err != nil {
		return fmt.Errorf("store: heard alerts: %w", err)
	}
	return nil
}
