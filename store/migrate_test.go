package store_test

import (
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/sla"
	"hotleads/store"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

func engines(t *testing.T, f func(t *testing.T, url string)) {
	t.Run("SQLite", func(t *testing.T) { f(t, storetest.Unmade(t)) })
	t.Run("Postgres", func(t *testing.T) { f(t, testenv.Postgres(t)) })
}

func open(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func pending(t *testing.T, s *store.Store, want bool) {
	t.Helper()
	if got, err := s.Pending(t.Context()); got != want || err != nil {
		t.Errorf("pending: %v, %v, want %v", got, err, want)
	}
}

func TestMigrateUpAndDown(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		s := open(t, url)
		pending(t, s, true)
		up := func(want int) {
			t.Helper()
			if n, err := s.Migrate(t.Context(), lead.Now()); n != want || err != nil {
				t.Fatalf("%d migrations ran, %v, want %d", n, err, want)
			}
			pending(t, s, false)
		}
		up(known(t))
		first := s.Tables(t)
		up(0)
		if err := s.DownTo(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		left := slices.DeleteFunc(s.Tables(t), func(name string) bool { return strings.HasPrefix(name, "goose_db_version.") })
		if len(left) > 0 {
			t.Errorf("taken back, there is still %v", left)
		}
		pending(t, s, true)
		up(known(t))
		if diff := cmp.Diff(first, s.Tables(t)); diff != "" {
			t.Errorf("up, down and up again (-want +got):\n%s", diff)
		}
		if rules, err := s.Rules(t.Context()); err != nil || rules.Version != 1 {
			t.Errorf("an agreement is in force: %v", err)
		}
	})
}

// What an older program left running waits on whoever holds the lead, in lists and in
// reports, and is warm's where its lead had faded.
func TestWhatRunsKnowsItsRep(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		rules, err := s.Rules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		now := lead.Now()
		w := lead.NewLead(rules, now)
		w.Lead.Stage, w.Lead.OwnerID = lead.Claimed, "rosa"
		clock := func(k sla.Kind, owner string, stopped lead.Stopped) lead.Clock {
			c := lead.Clock{ID: string(k), Current: true, OwnerID: owner, Stopped: stopped, Clock: sla.Clock{Kind: k, Target: time.Hour, AskedAt: now, StartedAt: now, RiskAt: now, DueAt: now.Add(time.Hour)}}
			if stopped.Move != "" {
				c.StoppedAt, c.Outcome = now, sla.Met
			}
			return c
		}
		w.Clocks = []lead.Clock{clock(sla.Claim, "", lead.Stopped{Move: lead.Claim, Owner: "rosa"}), clock(sla.Decision, "rosa", lead.Stopped{}), clock(sla.Response, "", lead.Stopped{})}
		if err := s.Change(t.Context(), func(tx lead.Tx) error { return tx.Write(t.Context(), now, []*lead.Work{w}) }); err != nil {
			t.Fatal(err)
		}
		if err := s.DownTo(t.Context(), 15); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Migrate(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		period := lead.FactsQuery{From: now.Add(-time.Hour), To: now.Add(time.Hour), Now: now}
		clocks, err := s.FindClocks(t.Context(), lead.ClockSearch{FactsQuery: period, Rep: "rosa", Limit: 10})
		facts, ferr := s.Facts(t.Context(), period)
		if err != nil || ferr != nil {
			t.Fatal(err, ferr)
		}
		if len(clocks) != 3 || len(facts) != 3 || slices.ContainsFunc(facts, func(f lead.Facts) bool { return f.Rep != "rosa" || f.Tier != "warm" }) {
			t.Errorf("hers are %+v, and %+v", clocks, facts)
		}
	})
}

// Both engines have the same tables and columns.
func TestMigrationsAgree(t *testing.T) {
	postgres := storetest.Open(t, testenv.Postgres(t))
	lite := storetest.Open(t, storetest.Unmade(t))
	if diff := cmp.Diff(postgres.Tables(t), lite.Tables(t)); diff != "" {
		t.Errorf("columns (-Postgres +SQLite):\n%s", diff)
	}
}

// known is how many migrations there are.
func known(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("migrations/sqlite/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	return len(files)
}

func TestMigrateManyAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		const n = 6
		var migrating sync.WaitGroup
		ran := make([]int, n)
		for i := range n {
			s := open(t, url)
			migrating.Go(func() {
				var err error
				if ran[i], err = s.Migrate(t.Context(), lead.Now()); err != nil {
					t.Errorf("instance %d: %v", i, err)
				}
			})
		}
		migrating.Wait()
		all := 0
		for _, n := range ran {
			all += n
		}
		if all != known(t) {
			t.Errorf("the instances ran %v migrations, want %d in all", ran, known(t))
		}
		s := open(t, url)
		pending(t, s, false)
		if rules, err := s.Rules(t.Context()); err != nil || rules.Version != 1 {
			t.Errorf("the agreement in force: %v, want version 1", err)
		}
		if err := s.Exec(t, `INSERT INTO goose_db_version (version_id, is_applied) SELECT version_id, is_applied FROM goose_db_version WHERE version_id = 1`); err == nil {
			t.Error("a migration can be noted twice")
		}
	})
}

func TestMigrateRefusesANewerDatabase(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		if err := s.Exec(t, `INSERT INTO goose_db_version (version_id, is_applied) SELECT 99, is_applied FROM goose_db_version WHERE version_id = 1`); err != nil {
			t.Fatal(err)
		}
		_, err := s.Migrate(t.Context(), lead.Now())
		_, perr := s.Pending(t.Context())
		for _, err := range []error{err, perr} {
			if err == nil || !strings.Contains(err.Error(), "the database is at version 99 and this program knows versions up to ") || !strings.HasSuffix(err.Error(), ": use a newer program") {
				t.Errorf("a newer database: %v", err)
			}
		}
	})
}

// An older program goes on beside a newer schema while instances are replaced.
func TestNewerSchemaDoesNotStopAnOlderProgram(t *testing.T) {
	engines(t, func(t *testing.T, url string) {
		s := storetest.Open(t, url)
		team, err := s.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "EMEA"}, lead.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"leads", "clocks", "history", "users", "teams", "keys"} {
			if err := s.Exec(t, `ALTER TABLE `+table+` ADD COLUMN of_tomorrow TEXT`); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.AddUser(t.Context(), lead.Operator, lead.User{Email: "a@b.example", Name: "Ada", Role: lead.Rep, Teams: []string{team.ID}}, lead.Now()); err != nil {
			t.Error(err)
		}
		if _, _, err := s.NewKey(t.Context(), lead.Operator, lead.WriteKey, "site", lead.Now()); err != nil {
			t.Error(err)
		}
		rules, err := s.Rules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		w := lead.NewLead(rules, lead.Now())
		if err := s.Change(t.Context(), func(tx lead.Tx) error { return tx.Write(t.Context(), lead.Now(), []*lead.Work{w}) }); err != nil {
			t.Error(err)
		}
		_, _, err = s.Lead(t.Context(), w.Lead.ID)
		_, herr := s.History(t.Context(), w.Lead.ID, 0, 1)
		_, berr := s.Book(t.Context())
		_, kerr := s.Keys(t.Context())
		_, rerr := s.Running(t.Context(), lead.RunningSearch{Limit: 1})
		for _, err := range []error{err, herr, berr, kerr, rerr} {
			if err != nil {
				t.Error(err)
			}
		}
	})
}
