package store_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/store"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// A clock that stops while a report is read is counted once: as it was when the
// report began.
func TestFactsAreOfOneMoment(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { factsOfOneMoment(t, "sqlite", storetest.SQLite(t)) })
	t.Run("Postgres", func(t *testing.T) { factsOfOneMoment(t, "postgres", testenv.Postgres(t)) })
}

func factsOfOneMoment(t *testing.T, driver, url string) {
	storetest.Open(t, url)
	dsn := url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		dsn = "file:" + path + "?_pragma=busy_timeout(5000)&_time_format=sqlite&_timezone=UTC"
	}
	db, err := sqlx.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	db.MustExec(`INSERT INTO clocks (id, lead_id, owner_id, kind, tier, is_current, target, used, started_at, risk_at, due_at, outcome, team_id, asked_at)
		VALUES ('c', 'l', '', 'response', 'hot', TRUE, 3600000000, 0, $1, $1, $2, '', 'team', $1)`, from, from.Add(time.Hour))
	var once sync.Once
	s := store.OpenNoting(t, url, func(text string, _ []any) {
		if !strings.Contains(text, "string_agg") || !strings.Contains(text, "stopped_at IS NULL GROUP BY") {
			return
		}
		once.Do(func() { // what was stopped has been read, and what runs has not
			db.MustExec(`UPDATE clocks SET stopped_at = $1, outcome = 'met', stopped_move = 'touch', stopped_kind = 'user'`, from.Add(time.Minute))
		})
	})
	for _, period := range []time.Duration{24 * time.Hour, 60 * 24 * time.Hour} {
		q := report.Query{From: from, To: from.Add(period), Now: from.Add(period), Zone: time.UTC}
		facts, err := s.Facts(t.Context(), lead.FactsQuery{From: q.From, To: q.To, Now: q.Now})
		if err != nil {
			t.Fatal(err)
		}
		if r := report.SLAOf(q, facts); r.HandOffs.All != 1 {
			t.Errorf("%d hand-offs within %v, want one", r.HandOffs.All, period)
		}
		db.MustExec(`UPDATE clocks SET stopped_at = NULL, outcome = ''`)
		once = sync.Once{}
	}
}
