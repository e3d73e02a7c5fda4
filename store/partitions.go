package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"hotleads/lead"
)

// Postgres keeps activities in one partition for each month (UTC) in which they
// were received: activities_2026_11, … What was there before it did is in one that
// is named after its end, activities_until_2026_12. What no month takes goes to
// activities_default, so that an activity always finds a place. SQLite keeps them
// in one table.

// monthsAhead is how many months after this one have their partition already.
const monthsAhead = 3

// briefly has a statement that nobody can work beside give up rather than keep
// everybody waiting behind it; it is tried again with the next turn.
const briefly = `SET LOCAL lock_timeout = '2s'`

// shelving is the advisory lock of those who make and drop partitions.
const shelving = 0x686f746c65616473 // "hotleads"

// monthOf is the beginning of a moment's month.
func monthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func partition(month time.Time) string { return month.Format("activities_2006_01") }

var partitionName = regexp.MustCompile(`^activities_(until_)?(\d{4}_\d{2})$`)

// shelf is a partition that can be dropped as a whole once its end is old enough.
type shelf struct {
	name string
	end  time.Time
	old  bool // everything before its end
}

// shelves are the partitions of activities, those that somebody attached by hand
// under other names left out.
func shelves(ctx context.Context, q sqlx.QueryerContext) ([]shelf, error) {
	var names []string
	err := sqlx.SelectContext(ctx, q, &names, `
		SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'activities'::regclass ORDER BY c.relname`)
	if err != nil {
		return nil, fmt.Errorf("store: partitions: %w", wrap(err))
	}
	var all []shelf
	for _, name := range names {
		parts := partitionName.FindStringSubmatch(name)
		if parts == nil {
			continue
		}
		month, err := time.Parse("2006_01", parts[2])
		if err != nil {
			continue
		}
		if parts[1] == "" {
			month = month.AddDate(0, 1, 0)
		}
		all = append(all, shelf{name: name, end: month, old: parts[1] != ""})
	}
	return all, nil
}

// missing are the months, from that of now on, that no partition takes.
func missing(have []shelf, now time.Time) []time.Time {
	var months []time.Time
	for i := range monthsAhead + 1 {
		month := monthOf(now).AddDate(0, i, 0)
		taken := false
		for _, s := range have {
			taken = taken || s.name == partition(month) || s.old && month.Before(s.end)
		}
		if !taken {
			months = append(months, month)
		}
	}
	return months
}

// Months makes room for the activities of this month and the next ones, and
// returns how many months it made. Any number of instances may do so at once.
// What came for a month before it was made is moved there.
func (s *Store) Months(ctx context.Context, now time.Time) (int, error) {
	if s.lite {
		return 0, nil
	}
	have, err := shelves(ctx, s.read)
	if err != nil {
		return 0, err
	}
	made := 0
	patient := &Store{write: s.slow} // moving rows may take longer than a statement of a request
	for _, month := range missing(have, now) {
		err := patient.inTx(ctx, func(tx *sqlx.Tx) error { return addMonth(ctx, tx, month) })
		if err != nil {
			return made, fmt.Errorf("store: make %s: %w", partition(month), err)
		}
		made++
	}
	return made, nil
}

// addMonth makes a partition beside the table and attaches it: that waits for
// nobody who reads or writes other months. The default partition is locked, for
// nothing of that month may come to it meanwhile.
func addMonth(ctx context.Context, tx *sqlx.Tx, month time.Time) error {
	if err := inTurn(ctx, tx); err != nil {
		return err
	}
	have, err := shelves(ctx, tx)
	if err != nil {
		return err
	}
	for _, s := range have {
		if s.name == partition(month) {
			return nil // another instance was faster
		}
	}
	name, from, to := pq.QuoteIdentifier(partition(month)), month.Format(time.RFC3339), month.AddDate(0, 1, 0).Format(time.RFC3339)
	for _, text := range []string{
		`CREATE TABLE ` + name + ` (LIKE activities INCLUDING DEFAULTS INCLUDING STORAGE)`,
		`LOCK TABLE activities_default IN ACCESS EXCLUSIVE MODE`,
		`WITH moved AS (DELETE FROM activities_default WHERE received_at >= '` + from + `' AND received_at < '` + to + `' RETURNING *)
			INSERT INTO ` + name + ` SELECT * FROM moved`,
		`ALTER TABLE activities ATTACH PARTITION ` + name + ` FOR VALUES FROM ('` + from + `') TO ('` + to + `')`,
	} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// inTurn begins a change of partitions: one at a time, and none that waits long.
func inTurn(ctx context.Context, tx *sqlx.Tx) error {
	if _, err := tx.ExecContext(ctx, briefly); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(shelving))
	return err
}

// busy tells whether a lock was not to be had in time.
func busy(err error) bool {
	var p *pq.Error
	return errors.As(err, &p) && p.Code == "55P03"
}

// movedAway tells whether a row was on its way to the default partition while its
// month was made: in another transaction it finds its place.
func movedAway(p *pq.Error) bool {
	return p.Code == "23514" && p.Table == "activities_default"
}

// goneLoad is how many rows are deleted at a time: for so long nobody else writes
// to SQLite.
const goneLoad = 500

// DropActivities drops what was received more than that many whole months before
// the month of now, and returns how many months it dropped as a whole, and how
// many rows one by one. What is to be kept the caller knows. Message ids stay: a
// message of then is still known. An instance whose clock is ahead of the
// database's drops no more than the others.
func (s *Store) DropActivities(ctx context.Context, now time.Time, months int) (lead.Dropped, error) {
	var gone lead.Dropped
	if !s.lite {
		var there instant
		if err := s.read.GetContext(ctx, &there, `SELECT LEAST($1, now())`, at(now)); err != nil {
			return gone, fmt.Errorf("store: drop activities: %w", wrap(err))
		}
		now = time.Time(there)
	}
	before := monthOf(now).AddDate(0, -months, 0)
	if !s.lite {
		have, err := shelves(ctx, s.read)
		if err != nil {
			return gone, err
		}
		for _, part := range have {
			if part.end.After(before) {
				continue
			}
			// DETACH … CONCURRENTLY is refused where there is a default partition; this
			// locks all activities, for no longer than it takes to unlink a file.
			err := s.inTx(ctx, func(tx *sqlx.Tx) error {
				if err := inTurn(ctx, tx); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+pq.QuoteIdentifier(part.name)); err != nil {
					return err
				}
				return noteKept(ctx, tx, before)
			})
			if err != nil {
				return gone, fmt.Errorf("store: drop %s: %w", part.name, err)
			}
			gone.Months++
		}
	}
	rows, err := s.deleteActivities(ctx, before)
	gone.Rows = rows
	return gone, err
}

// deleteActivities deletes old rows that are in no month of their own, a few in a
// transaction. It looks for them in the order in which they are stored, which is
// nearly that of receipt; an index would cost more with every activity than this
// does once in a while.
func (s *Store) deleteActivities(ctx context.Context, before time.Time) (int, error) {
	find, drop := `SELECT ctid::text FROM activities_default WHERE received_at < $1 LIMIT $2`, `DELETE FROM activities_default WHERE received_at < ? AND ctid IN (?)`
	if s.lite {
		find, drop = `SELECT rowid FROM activities WHERE received_at < $1 LIMIT $2`, `DELETE FROM activities WHERE received_at < ? AND rowid IN (?)`
	}
	gone := 0
	for {
		var rows []string
		if err := s.read.SelectContext(ctx, &rows, find, at(before), goneLoad); err != nil {
			return gone, fmt.Errorf("store: drop activities: %w", wrap(err))
		}
		if len(rows) == 0 {
			return gone, nil
		}
		var n int64
		err := s.inTx(ctx, func(tx *sqlx.Tx) error {
			text, args, err := in(tx, drop, at(before), rows)
			if err != nil {
				return err
			}
			res, err := tx.ExecContext(ctx, text, args...)
			if err != nil {
				return err
			}
			if n, err = res.RowsAffected(); err != nil { // another instance may be at it, too
				return err
			}
			return noteKept(ctx, tx, before)
		})
		if err != nil {
			return gone, fmt.Errorf("store: drop activities: %w", err)
		}
		gone += int(n)
	}
}

const keptSince = "activities_since"

// noteKept keeps since when activities are kept.
func noteKept(ctx context.Context, tx *sqlx.Tx, since time.Time) error {
	_, err := tx.ExecContext(ctx, setSetting+` WHERE settings.value < EXCLUDED.value`, keptSince, since.Format(time.RFC3339))
	return err
}

// ActivitiesSince is the moment before which activities have been dropped; the
// zero time: none.
func (s *Store) ActivitiesSince(ctx context.Context) (time.Time, error) {
	v, err := s.Setting(ctx, keptSince)
	if err != nil || v == "" {
		return time.Time{}, err
	}
	since, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return since, fmt.Errorf("store: since when activities are kept: %w", err)
	}
	return since, nil
}
