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

// BenchmarkTell tells a team of 20 of hot leads, 20 that came together an hour: each is an
// occasion, and a notice of every one of them.
func BenchmarkTell(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchmarkTell(b, storetest.SQLite(b)) })
	b.Run("Postgres", func(b *testing.B) { benchmarkTell(b, testenv.Postgres(b)) })
}

func benchmarkTell(b *testing.B, url string) {
	const people, leads = 20, 20
	ctx, now := b.Context(), lead.Now()
	s, r := storetest.Open(b, url), storetest.Embedded(b)
	desk := lead.NewDesk(s, r, r, slog.New(slog.DiscardHandler))
	ok := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	always, err := sla.ParseCalendar([]byte(`{"time_zone":"UTC","hours":{"mon":[["00:00","24:00"]],"tue":[["00:00","24:00"]],"wed":[["00:00","24:00"]],"thu":[["00:00","24:00"]],"fri":[["00:00","24:00"]],"sat":[["00:00","24:00"]],"sun":[["00:00","24:00"]]}}`))
	ok(err)
	team, err := s.AddTeam(ctx, lead.Operator, lead.Team{Name: "EMEA", Calendar: always}, now)
	ok(err)
	for i := range people {
		_, err := s.AddUser(ctx, lead.Operator, lead.User{Email: fmt.Sprintf("rep%d@acme.example", i), Name: fmt.Sprint("Rep ", i), Role: lead.Rep, Teams: []string{team.ID}}, now)
		ok(err)
	}
	n := 0
	for b.Loop() {
		b.StopTimer()
		now = now.Add(time.Hour + time.Minute)
		var msgs []lead.Message
		for range leads {
			n++
			who := fmt.Sprint("user", n)
			msgs = append(msgs, lead.Message{ID: who, Type: lead.Track, UserID: who, Event: "Demo Requested", Traits: map[string]any{"email": who + "@buyer.example"}, OccurredAt: now, ReceivedAt: now})
		}
		_, err := desk.TakeAt(ctx, msgs, now)
		ok(err)
		b.StartTimer()
		for more := true; more; {
			more, err = desk.Tell(ctx, now, 200)
			ok(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*leads), "µs/occasion")
}
