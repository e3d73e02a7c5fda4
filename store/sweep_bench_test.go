package store_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/sla"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// BenchmarkSweep takes one due moment after the other, each as a clock comes to be at
// risk, where 50 teams have calendars of their own.
func BenchmarkSweep(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkSweep(b, storetest.SQLite(b)) })
	b.Run("Postgres", func(b *testing.B) { benchmarkSweep(b, testenv.Postgres(b)) })
}

func benchmarkSweep(b *testing.B, url string) {
	const teams, together = 50, 100
	ctx, now := b.Context(), time.Date(2026, 11, 16, 10, 0, 0, 0, time.UTC)
	s, r := storetest.Open(b, url), storetest.Embedded(b)
	desk := lead.NewDesk(s, r, r, slog.New(slog.DiscardHandler))
	ok := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	hours, err := sla.ParseCalendar([]byte(`{"time_zone":"UTC","hours":{"mon":[["00:00","12:00"],["12:01","24:00"]],"tue":[["00:00","24:00"]]}}`))
	ok(err)
	for i := range teams {
		_, err := s.AddTeam(ctx, lead.Operator, lead.Team{Name: fmt.Sprint("Team ", i), Calendar: hours}, now)
		ok(err)
	}
	n, waiting := 0, 0
	for b.Loop() {
		if waiting == 0 { // the next ones: each is due a millisecond after the other
			b.StopTimer()
			for range together {
				n++
				who, at := fmt.Sprint("user", n), now.Add(time.Duration(waiting)*time.Millisecond)
				_, err := desk.TakeAt(ctx, []lead.Message{{ID: who, Type: lead.Track, UserID: who, Event: "Demo Requested", OccurredAt: at, ReceivedAt: at, Traits: map[string]any{"email": who + "@buyer.example"}}}, at)
				ok(err)
				waiting++
			}
			now = now.Add(22*time.Minute + 30*time.Second - time.Millisecond) // three quarters of the target
			b.StartTimer()
		}
		now = now.Add(time.Millisecond)
		waiting--
		switch woken, err := desk.Sweep(ctx, now, 200); {
		case err != nil:
			b.Fatal(err)
		case woken == 0:
			b.Fatal("nothing is due")
		}
	}
}
