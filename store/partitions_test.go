package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/test/testenv"
)

var september = time.Date(2025, 9, 30, 23, 59, 59, 999999000, time.UTC)

// received stores an activity of nobody for each moment.
func received(t *testing.T, s *store.Store, moments ...time.Time) {
	t.Helper()
	if err := s.Change(t.Context(), func(tx lead.Tx) error {
		var acts []lead.Activity
		for _, m := range moments {
			acts = append(acts, lead.Activity{MessageID: "at " + m.Format(time.RFC3339Nano), LeadID: "somebody", Name: "Page Viewed", OccurredAt: m.Add(-time.Hour), ReceivedAt: m})
		}
		return tx.Append(t.Context(), acts)
	}); err != nil {
		t.Fatal(err)
	}
}

// places are the partitions and how many activities each has.
func places(t *testing.T, db *sqlx.DB) map[string]int {
	t.Helper()
	var names []string
	if err := db.Select(&names, `SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'activities%'`); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, name := range names {
		var n int
		if err := db.Get(&n, `SELECT COUNT(*) FROM `+name); err != nil {
			t.Fatal(err)
		}
		found[name] = n
	}
	return found
}

func beside(t *testing.T, url string) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func samePlaces(t *testing.T, what string, db *sqlx.DB, want map[string]int) {
	t.Helper()
	if diff := cmp.Diff(want, places(t, db)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Months come with time, however far the clock goes; what was received before its
// month was made moves there; at the border each goes to its own.
func TestMonthsAreMadeAhead(t *testing.T) {
	url := testenv.Postgres(t)
	s, db := open(t, url), beside(t, url)
	if _, err := s.Migrate(t.Context(), september); err != nil {
		t.Fatal(err)
	}
	october := september.Add(time.Microsecond)
	received(t, s, september.AddDate(-3, 0, 0), september, october, october.AddDate(0, 4, 3))
	want := map[string]int{"activities_default": 2, "activities_2025_09": 1, "activities_2025_10": 1, "activities_2025_11": 0, "activities_2025_12": 0}
	samePlaces(t, "after migrating", db, want)
	months := func(now time.Time, want int) {
		t.Helper()
		if n, err := s.Months(t.Context(), now); n != want || err != nil {
			t.Errorf("%d months made at %v, %v, want %d", n, now, err, want)
		}
	}
	months(september, 0)
	months(october, 1)
	months(october.AddDate(0, 1, 0), 1)
	want["activities_default"], want["activities_2026_01"], want["activities_2026_02"] = 1, 0, 1
	samePlaces(t, "two months later", db, want)
	months(october.AddDate(20, 0, 0), 4)
	want["activities_2045_10"], want["activities_2045_11"], want["activities_2045_12"], want["activities_2046_01"] = 0, 0, 0, 0
	samePlaces(t, "by a clock far ahead", db, want)
	if acts, err := s.Activities(t.Context(), "somebody", nil, 10); err != nil || len(acts) != 4 || !acts[0].ReceivedAt.Equal(october.AddDate(0, 4, 3)) {
		t.Errorf("read together: %v, %v", acts, err)
	}
}

func TestMonthsAreMadeOnce(t *testing.T) {
	url := testenv.Postgres(t)
	first, db := open(t, url), beside(t, url)
	if _, err := first.Migrate(t.Context(), september); err != nil {
		t.Fatal(err)
	}
	later := september.AddDate(1, 0, 0)
	received(t, first, later)
	var all sync.WaitGroup
	for range 4 {
		s := open(t, url)
		all.Go(func() {
			if _, err := s.Months(t.Context(), later); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			received(t, s, later.Add(time.Duration(len(s.Pools()))))
		})
	}
	all.Wait()
	if got := places(t, db); got["activities_2026_09"]+got["activities_default"] != 5 || len(got) != 9 {
		t.Errorf("made by many at once: %v", got)
	}
}

// A table of somebody's own is left alone, and named.
func TestMonthsLeaveOtherTablesAlone(t *testing.T) {
	url := testenv.Postgres(t)
	s, db := open(t, url), beside(t, url)
	if _, err := s.Migrate(t.Context(), september); err != nil {
		t.Fatal(err)
	}
	db.MustExec(`CREATE TABLE activities_2026_01 (theirs TEXT)`)
	if _, err := s.Months(t.Context(), september.AddDate(0, 0, 10)); err == nil {
		t.Error("no error")
	}
	db.MustExec(`INSERT INTO activities_2026_01 VALUES ('still here')`)
}

// What an installation had before its activities were kept by months stays as it
// is, and is read, changed and dropped with the rest.
func TestActivitiesOfBeforeStay(t *testing.T) {
	url := testenv.Postgres(t)
	s, db := open(t, url), beside(t, url)
	if err := s.UpTo(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	received(t, s, september.AddDate(-1, 0, 0), september.AddDate(0, 0, -1), september)
	if _, err := s.Migrate(t.Context(), september); err != nil {
		t.Fatal(err)
	}
	received(t, s, september.Add(-time.Second), september.Add(time.Second))
	samePlaces(t, "migrated", db, map[string]int{"activities_default": 0, "activities_until_2025_10": 4, "activities_2025_10": 1, "activities_2025_11": 0, "activities_2025_12": 0})
	var indices []string
	if err := db.Select(&indices, `SELECT indexname FROM pg_indexes WHERE tablename = 'activities_until_2025_10'`); err != nil || len(indices) != 1 {
		t.Errorf("its indices are %v, %v, want the one it had", indices, err)
	}
	if n, err := s.Months(t.Context(), september); n != 0 || err != nil {
		t.Errorf("%d months made again, %v", n, err)
	}
	if _, err := s.DropActivities(t.Context(), september.AddDate(0, 6, 0), 6); err != nil {
		t.Fatal(err)
	}
	if got := places(t, db); got["activities_until_2025_10"] != 4 {
		t.Errorf("half a year later, of half a year: %v", got)
	}
	if gone, err := s.DropActivities(t.Context(), september.AddDate(0, 6, 2), 6); err != nil || gone != (lead.Dropped{Months: 1}) {
		t.Errorf("a month later: %v, %v", gone, err)
	}
	if acts, err := s.Activities(t.Context(), "somebody", nil, 10); err != nil || len(acts) != 1 {
		t.Errorf("left: %v, %v", acts, err)
	}
}

// Where somebody keeps the table for himself, nobody waits for long.
func TestMonthsDoNotWait(t *testing.T) {
	url := testenv.Postgres(t)
	s, db := open(t, url), beside(t, url)
	if _, err := s.Migrate(t.Context(), september); err != nil {
		t.Fatal(err)
	}
	tx := db.MustBegin()
	defer tx.Rollback()
	tx.MustExec(`LOCK TABLE activities IN SHARE MODE`)
	_, err := s.Months(t.Context(), september.AddDate(0, 1, 0))
	if err == nil {
		t.Error("a month was made beside the lock")
	}
	if _, err := s.Migrate(t.Context(), september.AddDate(0, 1, 0)); err != nil {
		t.Errorf("a start does not fail for it: %v", err)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Months(t.Context(), september.AddDate(0, 1, 0)); n != 1 || err != nil {
		t.Errorf("then %d, %v", n, err)
	}
}

// Whole months go, at the border to the microsecond, by the database's clock where
// that one is behind.
func TestDroppingMonths(t *testing.T) {
	url := testenv.Postgres(t)
	s, db := open(t, url), beside(t, url)
	if _, err := s.Migrate(t.Context(), september); err != nil {
		t.Fatal(err)
	}
	october := september.Add(time.Microsecond)
	received(t, s, september.AddDate(-3, 0, 0), september, october)
	drop := func(now time.Time, months int, want lead.Dropped) {
		t.Helper()
		if gone, err := s.DropActivities(t.Context(), now, months); gone != want || err != nil {
			t.Errorf("%v dropped, %v, want %v", gone, err, want)
		}
	}
	since := func(want time.Time) {
		t.Helper()
		if got, err := s.ActivitiesSince(t.Context()); err != nil || !got.Equal(want) {
			t.Errorf("kept since %v, %v, want %v", got, err, want)
		}
	}
	since(time.Time{})
	drop(october, 1, lead.Dropped{Rows: 1})
	samePlaces(t, "a month", db, map[string]int{"activities_default": 0, "activities_2025_09": 1, "activities_2025_10": 1, "activities_2025_11": 0, "activities_2025_12": 0})
	since(time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC))
	drop(october, 0, lead.Dropped{Months: 1})
	drop(october, 0, lead.Dropped{})
	samePlaces(t, "none but this one", db, map[string]int{"activities_default": 0, "activities_2025_10": 1, "activities_2025_11": 0, "activities_2025_12": 0})
	since(time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC))
	drop(october.AddDate(500, 0, 0), 499*12, lead.Dropped{})
	since(time.Date(2025, 10, 1, 0, 0, 0, 0, time.UTC))
}
