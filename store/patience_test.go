package store

import (
	"context"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/test/testenv"
)

// While there are connections that keep no plans, all are renewed soon.
func TestConnectionsLiveByWhatIsKnownOfTables(t *testing.T) {
	p, now := &planning{}, time.Now()
	for _, c := range []struct {
		what  string
		after time.Duration
		keeps bool
		want  time.Duration
	}{
		{"founded", 0, false, connNovice},
		{"not analyzed yet", connNovice, false, connNovice},
		{"analyzed, with connections from before", connNovice / 2, true, connNovice},
		{"they are gone", connNovice, true, connLifetime},
		{"emptied", time.Hour, false, connNovice},
	} {
		now = now.Add(c.after)
		if got := p.made(c.keeps, now); got != c.want {
			t.Errorf("%s: connections live for %v, want %v", c.what, got, c.want)
		}
	}
	if got := (&planning{}).made(true, now); got != connLifetime {
		t.Errorf("of a database that knows its tables connections live for %v, want %v", got, connLifetime)
	}
}

// A new connection keeps plans once Postgres knows the tables.
func TestPlansAreKeptOnceTablesAreKnown(t *testing.T) {
	ctx := context.Background()
	s, err := Open(ctx, testenv.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	renewed := func() (mode string) {
		t.Helper()
		s.write.SetMaxIdleConns(0) // closes those that there are
		s.write.SetMaxIdleConns(mostIdle)
		if err := s.write.GetContext(ctx, &mode, `SHOW plan_cache_mode`); err != nil {
			t.Fatal(err)
		}
		return mode
	}
	for _, step := range []struct{ do, want string }{
		{`SELECT 1`, "force_custom_plan"},
		{`CREATE TABLE leads AS SELECT n FROM generate_series(1, 2000) AS n`, "force_custom_plan"},
		{`ANALYZE leads`, "auto"},
	} {
		if _, err := s.write.ExecContext(ctx, step.do); err != nil {
			t.Fatal(err)
		}
		if got := renewed(); got != step.want {
			t.Errorf("after %s a connection's plans are %s, want %s", step.do, got, step.want)
		}
	}
}

// A store is closed soon whatever Postgres does: its idle connections do not wait
// for their last answers one after the other.
func TestCloseWithPostgresThatHangs(t *testing.T) {
	line := testenv.NewLine(t, testenv.Postgres(t))
	s, err := Open(t.Context(), line.URL)
	if err != nil {
		t.Fatal(err)
	}
	one, err := s.write.PreparexContext(t.Context(), `SELECT 1`)
	if err != nil {
		t.Fatal(err)
	}
	var all []*sqlx.Tx
	for range 4 { // each on a connection of its own
		tx, err := s.write.BeginTxx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := tx.StmtxContext(t.Context(), one).GetContext(t.Context(), &n); err != nil { //nolint:sqlclosecheck // it ends with the transaction
			t.Fatal(err)
		}
		all = append(all, tx)
	}
	for _, tx := range all {
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	line.Die()
	began := time.Now()
	if err := s.Close(); err != nil {
		t.Errorf("to close it fails: %v", err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s to close %d connections to a Postgres that hangs", took.Round(time.Millisecond), len(all))
	}
}
