package store_test

import (
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// BenchmarkSLAReport makes the figures of a quarter of 100,000 hand-offs, four clocks
// each, on Postgres.
func BenchmarkSLAReport(b *testing.B) {
	url := testenv.Postgres(b)
	s := storetest.Open(b, url)
	db, err := sqlx.Open("postgres", url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.MustExec(`INSERT INTO clocks (id, lead_id, owner_id, kind, tier, is_current, target, used, started_at, risk_at, due_at, waiting_since, breached_at, stopped_at, outcome, team_id, asked_at, stopped_kind, stopped_owner, stopped_move, source, counted)
		SELECT n || k, 'lead ' || n, 'rep ' || n % 40, k, (ARRAY['warm', 'hot', 'fire'])[1 + n % 3], FALSE, 1800000000, n::bigint * 7919 % 7200 * 1000000, at, at, at + INTERVAL '30 minutes', CASE WHEN n % 7 = 0 THEN at END,
			CASE WHEN n % 10 = 0 THEN at END, at + INTERVAL '1 hour', CASE WHEN n % 10 = 0 THEN 'breached' ELSE 'met' END, 'team ' || n % 5, at, 'user', 'rep ' || n % 40, CASE k WHEN 'decision' THEN 'accept' ELSE 'touch' END, 'source ' || n % 12, k = 'response'
		FROM (SELECT n, k, TIMESTAMPTZ '2026-01-01' + n * INTERVAL '77 seconds' AS at FROM generate_series(1, 100000) n, unnest(ARRAY['claim', 'decision', 'touch', 'response']) k) x`)
	db.MustExec(`VACUUM ANALYZE clocks`)
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	q := report.Query{From: from, To: from.AddDate(0, 3, 0), Now: from.AddDate(0, 3, 0), Zone: time.UTC}
	for b.Loop() {
		r, err := report.Read(q, func(from, to time.Time) ([]lead.Facts, error) {
			return s.Facts(b.Context(), lead.FactsQuery{From: from, To: to, Now: q.Now})
		})
		if err != nil {
			b.Fatal(err)
		}
		if r.HandOffs.All < 99_000 {
			b.Fatalf("%d hand-offs", r.HandOffs.All)
		}
	}
}
