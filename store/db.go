// Package store keeps the truth in SQL (SQLite or Postgres, one text for both)
// and what can be made again in Redis (rankings and notices). It holds no
// rules: package lead decides, the store keeps. This file is the one that
// knows two engines.
//
// Whatever keeps the database from answering, the caller's own context
// included, is a lead.ErrUnavailable; only what is wrong with the data itself
// is another error.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"modernc.org/sqlite"

	"hotleads/lead"
)

// Store is the SQL store. Safe for concurrent use; made by Open.
type Store struct {
	write *sqlx.DB // SQLite: one connection, for it has one writer
	read  *sqlx.DB
	slow  *sqlx.DB // for migrations
	ping  *sqlx.DB // to see whether it answers
	lite  bool
	bye   farewell // Postgres only

	mu    sync.Mutex
	rules cached[*lead.Rules]
	book  cached[*lead.Book]
	keys  map[string]cached[lead.Key] // by hash

	teamRules map[string]*teamRules // by team: as they were read last

	forgot int // how often what is cached was forgotten: what was read before is not kept then

	bookTurn chan struct{} // a token while the book is read

	preparing  sync.Mutex
	statements map[string]*sqlx.Stmt // by text; Postgres only
	known      known                 // Postgres only
	trust      trust                 // of the intake
	longFacts  chan struct{}         // a token for who reads those of a long period
	atOnce     int                   // activities that go along with a merge
}

// cached is a value read at a moment.
type cached[T any] struct {
	value T
	at    time.Time
}

// fresh bounds how old what is cached may be: other processes write, too.
const fresh = 500 * time.Millisecond

func (c cached[T]) ok() bool { return !c.at.IsZero() && time.Since(c.at) < fresh }

// postgres is the driver's name.
const postgres = "postgres"

// The pragmas and parameters without which SQLite loses transactions to
// SQLITE_BUSY, commits without having them on disk, and sorts times wrongly.
const liteParams = "_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate&_time_format=sqlite&_timezone=UTC&_texttotime=1"

// Open connects to "sqlite:PATH" (a file, made with its folder where there is
// none, readable by its owner alone) or "postgres://…". It does not migrate.
// Errors never show the address: it may hold a password.
func Open(ctx context.Context, databaseURL string) (*Store, error) {
	s := &Store{longFacts: make(chan struct{}, 1), keys: map[string]cached[lead.Key]{}, statements: map[string]*sqlx.Stmt{}, bookTurn: make(chan struct{}, 1), atOnce: mostAtOnce}
	var err error
	switch {
	case strings.HasPrefix(databaseURL, "sqlite:"):
		s.lite = true
		s.write, s.read, err = openLite(strings.TrimPrefix(databaseURL, "sqlite:"))
		s.slow, s.ping = s.write, s.read
	case strings.HasPrefix(databaseURL, "postgres://"), strings.HasPrefix(databaseURL, "postgresql://"):
		s.write, s.slow, s.ping, err = openPostgres(databaseURL, s.known.met, &s.bye)
		s.read = s.write
	default:
		err = errors.New("the database's address wants to be sqlite:PATH or postgres://…")
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := s.write.PingContext(ctx); err != nil {
		s.Close()
		if s.lite {
			return nil, fmt.Errorf("store: open %s: %w", strings.TrimPrefix(databaseURL, "sqlite:"), err)
		}
		return nil, fmt.Errorf("store: %w", wrap(err))
	}
	return s, nil
}

// creating keeps a second Open from using a file before the first has closed
// it: closing any handle of a file drops this process's locks on it.
var creating sync.Mutex

func openLite(path string) (write, read *sqlx.DB, err error) {
	if path == "" || path == ":memory:" { // in memory each connection would see a database of its own
		return nil, nil, errors.New("sqlite: wants the path of a file")
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, err
	}
	creating.Lock()
	defer creating.Unlock()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, os.ErrExist) {
		return nil, nil, err
	}
	if info, err := os.Stat(path); err != nil {
		return nil, nil, err
	} else if info.IsDir() {
		return nil, nil, fmt.Errorf("open %s: is a folder, wants to be a file", path)
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + liteParams
	if write, err = sqlx.Open("sqlite", dsn); err != nil {
		return nil, nil, err
	}
	if read, err = sqlx.Open("sqlite", dsn+"&_pragma=query_only(1)"); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	write.SetMaxOpenConns(1)
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	return write, read, nil
}

// Embedded tells whether the store is a SQLite file.
func (s *Store) Embedded() bool { return s.lite }

// Pools are the pools of connections, by name, for who watches them.
func (s *Store) Pools() map[string]*sql.DB {
	if s.read == s.write {
		return map[string]*sql.DB{"sql": s.write.DB}
	}
	return map[string]*sql.DB{"write": s.write.DB, "read": s.read.DB}
}

// Close ends all connections, soon even where the database hangs.
func (s *Store) Close() error {
	if s.lite {
		return errors.Join(s.write.Close(), s.read.Close())
	}
	s.bye.begin(time.Now())
	return errors.Join(s.write.Close(), s.slow.Close(), s.ping.Close())
}

// Change runs f in one transaction, again where the database asks for a retry.
func (s *Store) Change(ctx context.Context, f func(lead.Tx) error) error {
	return s.transact(ctx, func(t *txn) error { return f(t) })
}

// TakeIn is Change, and remembers the leads that f wrote: the next one to lock
// them here reads of them no more than their versions.
func (s *Store) TakeIn(ctx context.Context, f func(lead.Tx) error) error {
	if s.lite { // what is in this process is read quickly
		return s.Change(ctx, f)
	}
	var wrote []*memory
	trusts, of := s.trust.next(), s.known.time()
	err := s.transact(ctx, func(t *txn) error {
		t.remembers, t.trusts = true, trusts
		err := f(t)
		if err == nil {
			err = t.putDown(ctx)
		}
		if err == nil {
			err = t.stillSo(ctx, slices.Collect(maps.Keys(t.assumed)), ``)
		}
		if trusts && (err == nil || missed(err)) {
			s.trust.ended(err != nil)
		}
		t.learn()
		trusts, wrote = trusts && err == nil, t.wrote // whatever was in the way, the next try asks and locks
		return err
	})
	switch {
	case err == nil:
		s.known.put(of, wrote)
	case errors.Is(err, lead.ErrUnavailable): // another server that takes its place may have lost what is known
		s.known.forget()
	}
	return err
}

func (s *Store) transact(ctx context.Context, f func(*txn) error) error {
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		t := &txn{Tx: tx, s: s, named: map[string]bool{}, was: map[string]before{}, ours: map[lead.Identity]bool{}, trusting: newTrusting()}
		if err := f(t); err != nil {
			return err
		}
		return t.putAll(ctx)
	})
}

const (
	tries    = 8
	firstTry = 5 * time.Millisecond // at most so long is waited after it, then twice as long each time
)

func (s *Store) inTx(ctx context.Context, f func(*sqlx.Tx) error) error {
	for try := range tries {
		err := s.once(ctx, f)
		if !again(err) || try == tries-1 {
			return wrap(err)
		}
		select {
		case <-ctx.Done():
			return wrap(ctx.Err())
		case <-time.After(rand.N(firstTry << try)): // those who got in each other's way don't come back together
		}
	}
	return nil
}

func (s *Store) once(ctx context.Context, f func(*sqlx.Tx) error) error {
	tx, err := s.write.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", lead.ErrUnavailable, err)
	}
	defer tx.Rollback() // after Commit it does nothing
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// errStale: a lead was merged into another while this transaction waited for it.
var errStale = errors.New("store: a lead was merged meanwhile")

// again tells whether the transaction is to be run again.
func again(err error) bool {
	var p *pq.Error
	if errors.As(err, &p) {
		// An identity that two versions of this program made at once is found the
		// second time.
		return p.Code == "40001" || p.Code == "40P01" || p.Code == "55P03" || p.Code == "53200" || p.Code == "23505" && p.Table == "identities" || movedAway(p) // serialization failure, deadlock, a lock that was not to be waited for, no room for more locks
	}
	return errors.Is(err, errStale) || errors.Is(err, errMissed)
}

// wrap marks what kept the database from answering as lead.ErrUnavailable,
// a full disk as lead.ErrFull.
func wrap(err error) error {
	if full(err) && !errors.Is(err, lead.ErrFull) {
		return fmt.Errorf("%w: %w", lead.ErrFull, err)
	}
	if err == nil || errors.Is(err, lead.ErrUnavailable) || !away(err) {
		return err
	}
	return fmt.Errorf("%w: %w", lead.ErrUnavailable, err)
}

// errClosed is what a pool says that is closed; database/sql does not name it.
var errClosed = func() error {
	db := sql.OpenDB(nil)
	_ = db.Close()
	return db.PingContext(context.Background())
}()

// away tells whether an error is the database's and not the data's: who tries
// the same again later may succeed.
func away(err error) bool {
	var p *pq.Error
	if errors.As(err, &p) {
		switch p.Code.Class() {
		case "22", "23", "54": // data exception, constraint, over a limit
			return false
		}
		return true
	}
	var l *sqlite.Error
	if errors.As(err, &l) {
		switch l.Code() & 0xff {
		case 18, 19, 20: // too big, constraint, mismatch
			return false
		}
		return true
	}
	for _, e := range []error{context.Canceled, context.DeadlineExceeded, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, errClosed, io.EOF, io.ErrUnexpectedEOF, errStale, errMissed} {
		if errors.Is(err, e) {
			return true
		}
	}
	var n net.Error
	return errors.As(err, &n)
}

// full tells whether the database has no room on its disk.
func full(err error) bool { return violated(err, "53100", 13) }

// taken tells whether a unique key was violated.
func taken(err error) bool { return violated(err, "23505", 2067, 1555) }

// dangling tells whether a row refers to one that is not there.
func dangling(err error) bool { return violated(err, "23503", 787) }

func violated(err error, state pqerror.Code, codes ...int) bool {
	var p *pq.Error
	if errors.As(err, &p) {
		return p.Code == state
	}
	var l *sqlite.Error
	return errors.As(err, &l) && slices.Contains(codes, l.Code())
}

// forUpdate ends a SELECT that locks its rows (not their keys, which never change:
// rows that refer to them don't wait). A SQLite transaction is the only writer
// from its begin.
func (s *Store) forUpdate() string {
	if s.lite {
		return ""
	}
	return " FOR NO KEY UPDATE"
}

// skipLocked is forUpdate, but leaves out what others have locked.
func (s *Store) skipLocked() string {
	if s.lite {
		return ""
	}
	return " FOR NO KEY UPDATE SKIP LOCKED"
}

// buckets is into how many the unknown identities fall that transactions lock.
// Postgres keeps room for a few thousand locks (64 a connection that it allows),
// for all transactions together: so many are all that ever are of these, however
// many instances take in new people.
const buckets = 2048

// alone lets one transaction at a time make leads of the same unknown
// identities. Without it they would still make one lead (Identify), but
// deadlock on the way there if they meet them in different orders. It tells
// whether somebody may have been faster.
func (t *txn) alone(ctx context.Context, unknown []lead.Identity) (bool, error) {
	if len(unknown) == 0 {
		return false, nil
	}
	keys := make([]int64, 0, len(unknown))
	for _, id := range unknown {
		t.ours[id] = true
		h := fnv.New64a()
		_, _ = io.WriteString(h, string(id.Kind)+":"+id.Value) // a hash takes everything
		keys = append(keys, int64(h.Sum64()%buckets)+1)        //nolint:gosec // less than there are buckets
	}
	if t.s.lite {
		return false, nil
	}
	slices.Sort(keys)
	_, err := t.ExecContext(ctx, `SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k`, pq.Array(slices.Compact(keys)))
	return true, err
}
