package store

import (
	"context"
	"testing"
)

// Pragma reads a setting of the connection that writes.
func (s *Store) Pragma(t *testing.T, name string) string {
	t.Helper()
	var v string
	if err := s.write.GetContext(t.Context(), &v, `PRAGMA `+name); err != nil {
		t.Fatal(err)
	}
	return v
}

// Fill leaves no room in a SQLite file.
func (s *Store) Fill(t *testing.T) {
	t.Helper()
	if _, err := s.write.ExecContext(t.Context(), `PRAGMA max_page_count = 1`); err != nil {
		t.Fatal(err)
	}
}

// DownTo takes back all migrations after a version.
func (s *Store) DownTo(ctx context.Context, version int64) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	_, err = p.DownTo(ctx, version)
	return err
}

// Exec runs a statement.
func (s *Store) Exec(t *testing.T, text string) error {
	_, err := s.write.ExecContext(t.Context(), text)
	return err
}

// Tables lists the tables and their columns, in order; partitions have those of
// their table.
func (s *Store) Tables(t *testing.T) []string {
	t.Helper()
	text := `SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT IN (SELECT relname FROM pg_class WHERE relispartition) ORDER BY 1`
	if s.lite {
		text = `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_xinfo(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY 1`
	}
	var names []string
	if err := s.write.SelectContext(t.Context(), &names, text); err != nil {
		t.Fatal(err)
	}
	return names
}

// Words are what a search compares.
func Words(texts ...string) []string { return words(texts...) }

// Crowd takes every turn to hash a password until the test ends.
func Crowd(t *testing.T) {
	for range cap(hashing) {
		hashing <- struct{}{}
	}
	t.Cleanup(func() {
		for range cap(hashing) {
			<-hashing
		}
	})
}

// UpTo migrates as far as a version.
func (s *Store) UpTo(ctx context.Context, version int64) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// Busy takes every connection that the store's work may have, until the test ends.
func (s *Store) Busy(t *testing.T) {
	t.Helper()
	const most = 2
	s.write.SetMaxOpenConns(most)
	for range most {
		c, err := s.write.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
	}
}

// Buckets is how many locks the intake may have.
const Buckets = buckets

// AdvisoryLocks is how many locks of the intake there are.
func (s *Store) AdvisoryLocks(ctx context.Context) (n int, err error) {
	err = s.write.GetContext(ctx, &n, `SELECT COUNT(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE l.locktype = 'advisory' AND d.datname = current_database()`)
	return n, err
}

// AtOnce is how many activities go along with a merge from now on.
func (s *Store) AtOnce(n int) { s.atOnce = n }
