// Package storetest says what a store must do, as a suite of tests that runs
// over every engine, with a fresh and empty store for each. Tests of other
// packages open their stores here, too.
//
//	func TestSQLite(t *testing.T) { storetest.Run(t, storetest.SQLite) }
package storetest

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/store"
)

// Open opens and migrates a store, and closes it when the test ends.
func Open(t testing.TB, databaseURL string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	if _, err := s.Migrate(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	return s
}

// Embedded is an in-process Redis of the test's own.
func Embedded(t testing.TB) *store.Redis { return OpenRedis(t, "embedded:") }

// OpenRedis opens a Redis, and closes it when the test ends.
func OpenRedis(t testing.TB, redisURL string) *store.Redis {
	t.Helper()
	r, err := store.OpenRedis(redisURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close Redis: %v", err)
		}
	})
	return r
}

// now is the moment of the suite, a Monday: in the precision that is stored.
var now = time.Date(2026, 11, 16, 10, 0, 0, 123456000, time.UTC)

// world is a store and what a test does with it.
type world struct {
	*testing.T
	ctx context.Context
	url string
	s   *store.Store
	db  *sqlx.DB // beside the store: what it doesn't show
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{T: t, ctx: t.Context(), url: url, s: Open(t, url)}
	driver, dsn := "postgres", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_texttotime=1&_time_format=sqlite&_timezone=UTC"
	}
	var err error
	if w.db, err = sqlx.Open(driver, dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	return w
}

// ok ends the test on an error.
func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// same compares what is with what should be.
func (w *world) same(what string, want, got any, opts ...cmp.Option) {
	w.Helper()
	if diff := cmp.Diff(want, got, append(opts, cmpopts.EquateEmpty())...); diff != "" {
		w.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// count is the number that a statement answers.
func (w *world) count(text string, args ...any) int {
	w.Helper()
	var n int
	w.ok(w.db.GetContext(w.ctx, &n, text, args...))
	return n
}

// exec runs a statement beside the store.
func (w *world) exec(text string, args ...any) {
	w.Helper()
	_, err := w.db.ExecContext(w.ctx, text, args...)
	w.ok(err)
}

// must returns a value or ends the test.
func must[T any](v T, err error) func(w *world) T {
	return func(w *world) T {
		w.Helper()
		w.ok(err)
		return v
	}
}

func (w *world) team(name string) lead.Team {
	w.Helper()
	return must(w.s.AddTeam(w.ctx, lead.Operator, lead.Team{Name: name}, now))(w)
}

func (w *world) rep(name string, teams ...lead.Team) lead.User {
	w.Helper()
	u := lead.User{Email: name + "@acme.example", Name: name, Role: lead.Rep}
	for _, t := range teams {
		u.Teams = append(u.Teams, t.ID)
	}
	return must(w.s.AddUser(w.ctx, lead.Operator, u, now))(w)
}

// change runs a transaction that must succeed.
func (w *world) change(f func(tx lead.Tx) error) {
	w.Helper()
	w.ok(w.s.Change(w.ctx, f))
}

// begin stores a new lead, changed by f first.
func (w *world) begin(f func(*lead.Work)) *lead.Work {
	w.Helper()
	work := lead.NewLead(must(w.s.Rules(w.ctx))(w), now)
	if f != nil {
		f(work)
	}
	w.change(func(tx lead.Tx) error { return tx.Write(w.ctx, now, []*lead.Work{work}) })
	return work
}

// alter locks a stored lead, changes it by f and writes it at a moment.
func (w *world) alter(id string, at time.Time, f func(*lead.Work)) {
	w.Helper()
	w.change(func(tx lead.Tx) error {
		works, err := tx.Lock(w.ctx, []string{id})
		if err != nil {
			return err
		}
		works[id].Begin()
		f(works[id])
		return tx.Write(w.ctx, at, []*lead.Work{works[id]})
	})
}

// card reads a lead.
func (w *world) card(id string) lead.Card {
	w.Helper()
	l, clocks, err := w.s.Lead(w.ctx, id)
	w.ok(err)
	return lead.Card{Lead: l, Clocks: clocks}
}

// waiting stores a lead that waits on a team's board.
func (w *world) waiting(team lead.Team, name string) *lead.Work {
	w.Helper()
	return w.begin(func(x *lead.Work) {
		x.Lead.Name, x.Lead.Email = name, name+"@buyer.example"
		x.Lead.Stage, x.Lead.TeamID, x.Lead.QualifiedAt = lead.MQL, team.ID, now
	})
}

var quiet = slog.New(slog.DiscardHandler)

// desk is the use cases over the store.
func (w *world) desk() (*lead.Desk, *store.Redis) {
	r := Embedded(w)
	return lead.NewDesk(w.s, r, r, quiet), r
}

func ids(works ...*lead.Work) []string {
	out := make([]string, len(works))
	for i, w := range works {
		out[i] = w.Lead.ID
	}
	return out
}
