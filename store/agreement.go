package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
)

type agreementRow struct {
	Version int    `db:"version"`
	Body    string `db:"body"`
	Hash    string `db:"hash"`
}

// agreement reads the one in force.
func agreement(ctx context.Context, q sqlx.QueryerContext) (agreementRow, error) {
	var row agreementRow
	err := sqlx.GetContext(ctx, q, &row, `
		SELECT version, body, hash FROM agreements
		WHERE activated_at IS NOT NULL ORDER BY version DESC LIMIT 1`)
	if errors.Is(err, sql.ErrNoRows) {
		err = lead.NotFound("an agreement in force")
	}
	return row, wrap(err)
}

// putAgreement puts a document in force as a version; lead.ErrConflict where that
// version is there already. What stands there is never written again.
func putAgreement(ctx context.Context, tx *sqlx.Tx, version int, body []byte, drafted, now time.Time) error {
	res, err := tx.ExecContext(ctx, `
		INSERT INTO agreements (version, body, hash, created_at, activated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (version) DO NOTHING`, version, string(body), lead.HashOf(body), at(drafted), at(now))
	if err != nil {
		return fmt.Errorf("store: agreement: %w", err)
	}
	switch n, err := res.RowsAffected(); {
	case err != nil:
		return err
	case n == 0:
		return &lead.Refusal{Kind: lead.ErrConflict, Text: "somebody else has just put another agreement in force"}
	}
	return hearSooner(ctx, tx, now, ofAll) // its hours may be others
}

// Activate puts a new version of the agreement in force that nobody signs, a
// default one in the zone of the company that is set up, and returns its number.
// It is lead.ErrConflict where somebody else did so in the same moment.
func (s *Store) Activate(ctx context.Context, by lead.Actor, a lead.Agreement, now time.Time) (int, error) {
	version := 0
	err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		version, err = activate(ctx, tx, by, a, now)
		return err
	})
	s.forget()
	if err != nil {
		return 0, err
	}
	return version, nil
}

func activate(ctx context.Context, tx *sqlx.Tx, by lead.Actor, a lead.Agreement, now time.Time) (int, error) {
	row, err := agreement(ctx, tx)
	if err != nil {
		return 0, err
	}
	if _, err := a.Compile(row.Version + 1); err != nil {
		return 0, err
	}
	body, err := a.Document()
	if err != nil {
		return 0, fmt.Errorf("store: agreement: %w", err)
	}
	if err := putAgreement(ctx, tx, row.Version+1, body, now, now); err != nil {
		return 0, err
	}
	return row.Version + 1, record(ctx, tx, by, lead.AgreementActivated, strconv.Itoa(row.Version+1), fmt.Sprintf("version %d, in place of %d", row.Version+1, row.Version), now)
}

// forget makes this process read its caches anew.
func (s *Store) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules.at, s.book.at = time.Time{}, time.Time{}
	s.forgot++
	clear(s.keys)
}

// Rules is the agreement in force, compiled, with the company's lists.
func (s *Store) Rules(ctx context.Context) (*lead.Rules, error) { return s.rulesFrom(ctx, s.often()) }

// rulesFrom reads them where they are not at hand: a transaction from its own
// connection, for there may be no other to be had.
func (s *Store) rulesFrom(ctx context.Context, q sqlx.QueryerContext) (*lead.Rules, error) {
	s.mu.Lock()
	c := s.rules
	s.mu.Unlock()
	if c.ok() {
		return c.value, nil
	}
	now := time.Now()
	row, err := agreement(ctx, q)
	if err != nil {
		return nil, err
	}
	lists, err := exclusions(ctx, q)
	if err != nil {
		return nil, err
	}
	var rules *lead.Rules
	if c.value != nil && c.value.Version == row.Version {
		same := *c.value
		rules = &same
	} else {
		a, err := lead.ParseAgreement([]byte(row.Body))
		if err != nil {
			return nil, err
		}
		if rules, err = a.Compile(row.Version); err != nil {
			return nil, fmt.Errorf("store: agreement %d: %w", row.Version, err)
		}
	}
	rules.Excluded = lists
	s.mu.Lock()
	s.rules = cached[*lead.Rules]{rules, now}
	s.mu.Unlock()
	return rules, nil
}

// Exclusions reads the company's lists of who never goes on the board.
func (s *Store) Exclusions(ctx context.Context) (lead.Exclusions, error) {
	return exclusions(ctx, s.read)
}

func exclusions(ctx context.Context, q sqlx.QueryerContext) (lead.Exclusions, error) {
	lists := lead.Exclusions{}
	err := query(ctx, q, `SELECT kind, value FROM exclusions`, nil, func(r *sqlx.Rows) error {
		var k, v string
		if err := r.Scan(&k, &v); err != nil {
			return err
		}
		if lists[lead.ExclusionKind(k)] == nil {
			lists[lead.ExclusionKind(k)] = map[string]bool{}
		}
		lists[lead.ExclusionKind(k)][v] = true
		return nil
	})
	return lists, wrap(err)
}

// Exclude puts values on a list, all of them or none; those that stand there
// already stay. Each has a line of its own in the audit trail.
func (s *Store) Exclude(ctx context.Context, by lead.Actor, kind lead.ExclusionKind, values []string, now time.Time) error {
	values = slices.Sorted(slices.Values(values)) // so that two who add the same ones never wait for each other
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		for _, v := range values {
			res, err := tx.ExecContext(ctx, `INSERT INTO exclusions (kind, value, created_at) VALUES ($1, $2, $3) ON CONFLICT (kind, value) DO NOTHING`, string(kind), v, at(now))
			if err != nil {
				return err
			}
			switch n, err := res.RowsAffected(); {
			case err != nil:
				return err
			case n == 0:
				continue
			}
			if err := record(ctx, tx, by, lead.ListAdded, string(kind), listDetail(kind, v), now); err != nil {
				return err
			}
		}
		return nil
	})
	s.forget()
	return err
}

// Include takes a value off a list.
func (s *Store) Include(ctx context.Context, by lead.Actor, kind lead.ExclusionKind, value string, now time.Time) error {
	return s.act(ctx, by, lead.ListRemoved, string(kind), listDetail(kind, value), now, `DELETE FROM exclusions WHERE kind = $1 AND value = $2`, string(kind), value)
}

// listDetail is the value where it is a domain; a person's address or number
// does not stay in the audit trail.
func listDetail(kind lead.ExclusionKind, value string) string {
	if strings.ContainsAny(value, "@+") {
		return string(kind) + ": a person"
	}
	return string(kind) + ": " + value
}

// exec runs one statement in a transaction of its own and forgets caches.
func (s *Store) exec(ctx context.Context, text string, args ...any) error {
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, text, args...)
		return err
	})
	s.forget()
	return err
}

// Setting reads a setting of the installation; "" where it was never set.
func (s *Store) Setting(ctx context.Context, key string) (string, error) {
	var v string
	err := s.read.GetContext(ctx, &v, `SELECT value FROM settings WHERE key = $1`, key)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return v, wrap(err)
}

// Set writes a setting of the installation.
func (s *Store) Set(ctx context.Context, key, value string) error {
	return s.exec(ctx, setSetting, key, value)
}

const setSetting = `INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`
