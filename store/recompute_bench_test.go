package store_test

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// BenchmarkRecompute brings two thousand leads that wait, with two running clocks each,
// to another calendar.
func BenchmarkRecompute(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkRecompute(b, storetest.SQLite(b), 1) })
	b.Run("Postgres", func(b *testing.B) { benchmarkRecompute(b, testenv.Postgres(b), 1) })
	b.Run("Postgres, two loops", func(b *testing.B) { benchmarkRecompute(b, testenv.Postgres(b), 2) })
}

func benchmarkRecompute(b *testing.B, url string, loops int) {
	const leads, teams, load = 2000, 10, 250
	ctx, now := b.Context(), time.Date(2026, 11, 16, 10, 0, 0, 0, time.UTC)
	s, r := storetest.Open(b, url), storetest.Embedded(b)
	desk := lead.NewDesk(s, r, r, slog.New(slog.DiscardHandler))
	ok := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	plans := map[string]lead.TeamPlan{}
	for i := range teams {
		route, err := scoring.CompileFilter([]scoring.Condition{{Field: "region", Op: "is", Value: fmt.Sprint(i)}})
		ok(err)
		t, err := s.AddTeam(ctx, lead.Operator, lead.Team{Name: fmt.Sprint("Team ", i), Route: route}, now)
		ok(err)
		plans[t.ID] = lead.TeamPlan{Name: t.Name, Route: t.Route, MaxClaimed: 3, MaxUntouched: 5}
	}
	for first := 0; first < leads; first += 200 {
		var msgs []lead.Message
		for i := range 200 {
			who := fmt.Sprint("user", first+i)
			msgs = append(msgs, lead.Message{ID: who, Type: lead.Track, UserID: who, Event: "Demo Requested", OccurredAt: now, ReceivedAt: now,
				Traits: map[string]any{"email": who + "@buyer.example", "name": who, "company": "Buyer Ltd", "region": fmt.Sprint(i % teams)}})
		}
		_, err := desk.TakeAt(ctx, msgs, now)
		ok(err)
	}
	var hours [2]*sla.Calendar
	for i, closing := range []string{"17:30", "18:00"} {
		var err error
		hours[i], err = sla.ParseCalendar([]byte(`{"time_zone":"UTC","hours":{"mon":[["09:00","10:05"],["11:00","` + closing + `"]],"tue":[["09:00","` + closing + `"]]}}`))
		ok(err)
	}
	n := 0
	for b.Loop() {
		b.StopTimer()
		n++
		now = now.Add(10 * time.Second)
		for id, p := range plans {
			p.Calendar = hours[n%2]
			ok(s.ChangeTeam(ctx, lead.Operator, id, p, now))
		}
		b.StartTimer()
		var brought atomic.Int64
		var wg sync.WaitGroup
		for range loops {
			wg.Go(func() {
				for brought.Load() < leads {
					some, err := desk.Recompute(ctx, now, load)
					if err != nil {
						b.Error(err)
						return
					}
					brought.Add(int64(some))
				}
			})
		}
		wg.Wait()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*leads), "µs/lead")
}
