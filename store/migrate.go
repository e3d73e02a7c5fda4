package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"hotleads/lead"
)

//go:embed migrations
var migrations embed.FS

func (s *Store) provider() (*goose.Provider, error) {
	folder, dialect := "migrations/postgres", goose.DialectPostgres
	var opts []goose.ProviderOption
	if s.lite {
		folder, dialect = "migrations/sqlite", goose.DialectSQLite3
	} else {
		l, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(l))
	}
	sub, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, s.write.DB, sub, opts...)
}

// Migrate brings the schema up to date, safely with many instances starting at
// once, and puts a default agreement in force where there is none. It returns
// how many migrations ran.
func (s *Store) Migrate(ctx context.Context) (int, error) {
	p, err := s.provider()
	if err != nil {
		return 0, fmt.Errorf("store: migrate: %w", err)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return 0, fmt.Errorf("store: migrate: %w", wrap(err))
	}
	a, err := lead.DefaultAgreement("UTC")
	if err != nil {
		return 0, err
	}
	if _, err := s.agreement(ctx); err == nil {
		return len(done), nil
	}
	return len(done), s.putAgreement(ctx, 1, a, lead.Now())
}

// Pending tells whether migrations have not run yet.
func (s *Store) Pending(ctx context.Context) (bool, error) {
	p, err := s.provider()
	if err != nil {
		return false, fmt.Errorf("store: %w", err)
	}
	pending, err := p.HasPending(ctx)
	return pending, wrap(err)
}
