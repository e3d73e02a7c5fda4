package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/sla"
)

// keepCalendar keeps hours that a team no longer has, in the change's transaction.
func keepCalendar(ctx context.Context, tx *sqlx.Tx, print, body string, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO past_calendars (print, body, until_at) VALUES ($1, $2, $3)
		ON CONFLICT (print) DO UPDATE SET until_at = EXCLUDED.until_at`, print, body, at(now))
	if err != nil {
		return fmt.Errorf("store: keep a calendar: %w", err)
	}
	return nil
}

// PastCalendar reads hours that a team once had by their fingerprint (see
// sla.Calendar.Print); lead.ErrNotFound where none had them, or nobody kept them yet.
func (s *Store) PastCalendar(ctx context.Context, print string) (*sla.Calendar, error) {
	var body string
	err := s.read.GetContext(ctx, &body, `SELECT body FROM past_calendars WHERE print = $1`, print)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, lead.NotFound("the hours " + print)
	}
	if err != nil {
		return nil, fmt.Errorf("store: past calendar: %w", wrap(err))
	}
	cal, err := sla.ParseCalendar([]byte(body))
	if err != nil {
		return nil, fmt.Errorf("store: past calendar %s: %w", print, err)
	}
	return cal, nil
}
