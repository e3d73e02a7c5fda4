package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"hotleads/lead"
)

//go:embed migrations
var migrations embed.FS

// versions is goose's table of versions with each of them only once: of two
// processes that run the same migration, the second one's is rolled back.
type versions struct{ database.Store }

// CreateVersionTable implements database.Store.
func (v versions) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	if err := v.Store.CreateVersionTable(ctx, db); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, `CREATE UNIQUE INDEX `+v.Tablename()+`_once ON `+v.Tablename()+` (version_id)`)
	return err
}

// TableExists implements database.StoreExtender.
func (v versions) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	if s, ok := v.Store.(database.StoreExtender); ok {
		return s.TableExists(ctx, db)
	}
	return false, errors.ErrUnsupported
}

func (s *Store) provider() (*goose.Provider, error) {
	folder, dialect := "migrations/postgres", goose.DialectPostgres
	var opts []goose.ProviderOption
	if s.lite {
		folder, dialect = "migrations/sqlite", goose.DialectSQLite3
	} else {
		l, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // tried each second, for five minutes
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(l))
	}
	sub, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, err
	}
	table, err := database.NewStore(dialect, goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", s.slow.DB, sub, append(opts, goose.WithStore(versions{table}))...)
}

// checked is the provider for a database that this program knows.
func (s *Store) checked(ctx context.Context) (*goose.Provider, error) {
	p, err := s.provider()
	if err != nil {
		return nil, err
	}
	current, target, err := p.GetVersions(ctx)
	if err == nil && current > target {
		err = fmt.Errorf("the database is at version %d and this program knows versions up to %d: use a newer program", current, target)
	}
	return p, wrap(err)
}

// together is how often a migration is tried that another process runs, too:
// SQLite has no lock that outlives a transaction.
const together = 10

// Migrate brings the schema up to date, safely with many instances starting at
// once, makes room for the next months (Months) and puts a default agreement in
// force, from now on, where there is none. It returns how many migrations it
// ran. A database that a newer program has migrated is an error.
func (s *Store) Migrate(ctx context.Context, now time.Time) (int, error) {
	p, err := s.checked(ctx)
	if err != nil {
		return 0, fmt.Errorf("store: migrate: %w", err)
	}
	ran, err := up(ctx, p)
	for try := 1; err != nil && s.lite && ctx.Err() == nil && try < together; try++ {
		var more int
		more, err = up(ctx, p)
		ran += more
	}
	if err != nil {
		return 0, fmt.Errorf("store: migrate: %w", wrap(err))
	}
	if _, err := s.Months(ctx, now); err != nil && !busy(err) { // serve tries again, and until then the default partition takes them
		return 0, err
	}
	a, err := lead.DefaultAgreement("UTC")
	if err != nil {
		return 0, err
	}
	body, err := a.Document()
	if err != nil {
		return 0, err
	}
	err = s.inTx(ctx, func(tx *sqlx.Tx) error {
		_, err := agreement(ctx, tx)
		if isNotFound(err) {
			if err = putAgreement(ctx, tx, 1, body, now, now); errors.Is(err, lead.ErrConflict) {
				err = nil // another instance has started at the same moment
			}
		}
		return err
	})
	return ran, err
}

// up is how many migrations ran, those before the one that failed included.
func up(ctx context.Context, p *goose.Provider) (int, error) {
	done, err := p.Up(ctx)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		done = partial.Applied
	}
	return len(done), err
}

// Pending tells whether migrations have not run yet.
func (s *Store) Pending(ctx context.Context) (bool, error) {
	p, err := s.checked(ctx)
	if err != nil {
		return false, fmt.Errorf("store: %w", err)
	}
	pending, err := p.HasPending(ctx)
	return pending, wrap(err)
}
