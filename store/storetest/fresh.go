package storetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hotleads/store"
	"hotleads/test/testenv"
)

// before is since when an agreement is in force in a database of this package's
// making: before whatever a test does, in a synctest bubble, too.
var before = time.Date(1999, 12, 31, 0, 0, 0, 0, time.UTC)

// migrated is a migrated SQLite database, whose making takes a hundred times what a copy does.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "storetest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "hotleads.db")
	if err := migrate("sqlite:" + path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) // closed, the file is the whole of it
})

// migrate brings a database up to date and lets it go.
func migrate(databaseURL string) error {
	ctx := context.Background() // what is made serves other tests than the one that asks first
	s, err := store.Open(ctx, databaseURL)
	if err != nil {
		return err
	}
	_, err = s.Migrate(ctx, before)
	if err != nil {
		s.Close()
		return err
	}
	return s.Close()
}

// SQLite is the address of a migrated database with nothing in it, in a file of the test's own.
func SQLite(t testing.TB) string {
	t.Helper()
	content, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "hotleads.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// Unmade is the address of a SQLite database that is yet to be made, in a file of the test's own.
func Unmade(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "hotleads.db")
}

// Postgres makes a migrated database and returns what copies it for a test of its own.
func Postgres(t testing.TB) func(testing.TB) string {
	t.Helper()
	template := testenv.Postgres(t)
	if err := migrate(template); err != nil {
		t.Fatal(err)
	}
	return func(t testing.TB) string {
		t.Helper()
		return testenv.PostgresCopy(t, template)
	}
}
