// Package store keeps the truth in SQL (SQLite or Postgres, one text for both)
// and what can be made again in Redis (rankings and notices). It holds no
// rules: package lead decides, the store keeps. This file is the one that
// knows two engines.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"modernc.org/sqlite"

	"hotleads/lead"
)

// Store is the SQL store. Safe for concurrent use; made by Open.
type Store struct {
	write *sqlx.DB // SQLite: one connection, for it has one writer
	read  *sqlx.DB
	lite  bool

	mu    sync.Mutex
	rules cached[*lead.Rules]
	book  cached[*lead.Book]
	keys  map[string]cached[lead.Key] // by hash
}

// cached is a value read at a moment.
type cached[T any] struct {
	value T
	at    time.Time
}

// fresh bounds how old what is cached may be: other processes write, too.
const fresh = 500 * time.Millisecond

func (c cached[T]) ok() bool { return !c.at.IsZero() && time.Since(c.at) < fresh }

// The pragmas and parameters without which SQLite loses transactions to
// SQLITE_BUSY and sorts times wrongly.
const liteParams = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate&_time_format=sqlite&_timezone=UTC&_texttotime=1"

// Open connects to "sqlite:PATH", "sqlite::memory:" is refused (every
// connection would see its own), or "postgres://…". It does not migrate.
func Open(ctx context.Context, databaseURL string) (*Store, error) {
	s := &Store{keys: map[string]cached[lead.Key]{}}
	switch {
	case strings.HasPrefix(databaseURL, "sqlite:"):
		path := strings.TrimPrefix(databaseURL, "sqlite:")
		if path == "" || strings.Contains(path, ":memory:") || strings.Contains(path, "?") {
			return nil, fmt.Errorf("store: %q: want sqlite:PATH of a file", databaseURL)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		s.lite = true
		dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + liteParams
		var err error
		if s.write, err = sqlx.Open("sqlite", dsn); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		s.write.SetMaxOpenConns(1)
		if s.read, err = sqlx.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		s.read.SetMaxOpenConns(8)
		s.read.SetMaxIdleConns(8)
	case strings.HasPrefix(databaseURL, "postgres://"), strings.HasPrefix(databaseURL, "postgresql://"):
		db, err := sqlx.Open("postgres", databaseURL)
		if err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		db.SetMaxOpenConns(32)
		db.SetMaxIdleConns(16)
		db.SetConnMaxLifetime(30 * time.Minute)
		s.write, s.read = db, db
	default:
		return nil, fmt.Errorf("store: database URL wants sqlite:PATH or postgres://…")
	}
	if err := s.write.PingContext(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("store: %w", wrap(err))
	}
	return s, nil
}

// Embedded tells whether the store is a SQLite file.
func (s *Store) Embedded() bool { return s.lite }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return wrap(s.read.PingContext(ctx)) }

// Close ends all connections.
func (s *Store) Close() error {
	err := s.write.Close()
	if s.read != nil && s.read != s.write {
		err = errors.Join(err, s.read.Close())
	}
	return err
}

// forUpdate ends a SELECT that locks its rows. A SQLite transaction is the only
// writer from its begin.
func (s *Store) forUpdate() string {
	if s.lite {
		return ""
	}
	return " FOR UPDATE"
}

// Change runs f in one transaction, again where the database asks for a retry.
func (s *Store) Change(ctx context.Context, f func(lead.Tx) error) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error { return f(&txn{Tx: tx, s: s}) })
}

func (s *Store) inTx(ctx context.Context, f func(*sqlx.Tx) error) error {
	var err error
	for range 5 {
		if err = s.once(ctx, f); !again(err) {
			break
		}
	}
	return wrap(err)
}

func (s *Store) once(ctx context.Context, f func(*sqlx.Tx) error) error {
	tx, err := s.write.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// again tells whether the database asks for the transaction to be run again.
func again(err error) bool {
	var p *pq.Error
	if errors.As(err, &p) {
		return p.Code == "40001" || p.Code == "40P01" // serialization failure, deadlock
	}
	return false
}

// wrap turns what a database that is away says into lead.ErrUnavailable.
func wrap(err error) error {
	if err == nil || errors.Is(err, lead.ErrUnavailable) {
		return err
	}
	away := errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	var n net.Error
	away = away || errors.As(err, &n)
	var p *pq.Error
	if errors.As(err, &p) {
		switch p.Code.Class() {
		case "08", "53", "57", "58": // connection, resources, shutdown, system
			away = true
		}
	}
	var l *sqlite.Error
	if errors.As(err, &l) {
		switch l.Code() & 0xff {
		case 5, 6, 10, 13, 14: // busy, locked, I/O, full, cannot open
			away = true
		}
	}
	if away {
		return fmt.Errorf("%w: %w", lead.ErrUnavailable, err)
	}
	return err
}

// taken tells whether a unique key was violated.
func taken(err error) bool {
	var p *pq.Error
	if errors.As(err, &p) {
		return p.Code == "23505"
	}
	var l *sqlite.Error
	return errors.As(err, &l) && (l.Code() == 2067 || l.Code() == 1555)
}

// instant is a moment in the database: NULL where zero, UTC, microseconds.
type instant time.Time

// Value implements driver.Valuer.
func (t instant) Value() (driver.Value, error) {
	if time.Time(t).IsZero() {
		return nil, nil
	}
	return at(time.Time(t)), nil
}

// Scan implements sql.Scanner.
func (t *instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = instant{}
	case time.Time:
		*t = instant(v.UTC())
	case string: // SQLite, where a result column has lost its type
		p, err := time.Parse("2006-01-02 15:04:05.999999999-07:00", v)
		if err != nil {
			return fmt.Errorf("store: %q is not a moment", v)
		}
		*t = instant(p.UTC())
	default:
		return fmt.Errorf("store: %T is not a moment", v)
	}
	return nil
}

// at is a moment as it is written.
func at(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// nullable is text in the database: NULL where empty.
type nullable string

// Value implements driver.Valuer.
func (t nullable) Value() (driver.Value, error) {
	if t == "" {
		return nil, nil
	}
	return string(t), nil
}

// Scan implements sql.Scanner.
func (t *nullable) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = ""
	case string:
		*t = nullable(v)
	case []byte:
		*t = nullable(v)
	default:
		return fmt.Errorf("store: %T is not text", v)
	}
	return nil
}

// in expands "IN (?)" for lists and numbers the placeholders.
func in(query string, args ...any) (string, []any, error) {
	q, a, err := sqlx.In(query, args...)
	return sqlx.Rebind(sqlx.DOLLAR, q), a, err
}

// maxParams bounds the placeholders of a statement (SQLite 32,766, Postgres 65,535).
const maxParams = 30000

// insert writes rows with as few statements as fit; tail follows the VALUES.
func insert(ctx context.Context, tx *sqlx.Tx, head string, width int, rows [][]any, tail string) error {
	return insertReturning(ctx, tx, head, width, rows, tail, nil)
}

func insertReturning(ctx context.Context, tx *sqlx.Tx, head string, width int, rows [][]any, tail string, each func(*sqlx.Rows) error) error {
	most := maxParams / width
	for len(rows) > 0 {
		n := min(len(rows), most)
		var b strings.Builder
		b.WriteString(head)
		b.WriteString(" VALUES ")
		args := make([]any, 0, n*width)
		for i, row := range rows[:n] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('(')
			for j := range row {
				if j > 0 {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, "$%d", len(args)+j+1)
			}
			b.WriteByte(')')
			args = append(args, row...)
		}
		b.WriteByte(' ')
		b.WriteString(tail)
		if each == nil {
			if _, err := tx.ExecContext(ctx, b.String(), args...); err != nil {
				return err
			}
		} else if err := query(ctx, tx, b.String(), args, each); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func query(ctx context.Context, q sqlx.QueryerContext, text string, args []any, each func(*sqlx.Rows) error) error {
	rows, err := q.QueryxContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
