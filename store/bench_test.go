package store_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// BenchmarkTake takes in batches of 100 activities, each durable when it is
// taken; on the board all of them change boards and rankings, too; named are the
// messages by which visitors become known leads.
func BenchmarkTake(b *testing.B) {
	for _, engine := range []struct {
		name string
		url  func(testing.TB) string
	}{{"SQLite", storetest.SQLite}, {"Postgres", testenv.Postgres}} {
		for _, kind := range []string{"new", "known", "board", "named"} {
			b.Run(engine.name+"/"+kind, func(b *testing.B) { benchmarkTake(b, engine.url(b), kind) })
		}
	}
}

func benchmarkTake(b *testing.B, url, kind string) {
	const batch, people = 100, 2000
	ctx, now := b.Context(), lead.Now()
	s, r := storetest.Open(b, url), storetest.Embedded(b)
	desk := lead.NewDesk(s, r, r, slog.New(slog.DiscardHandler))
	if _, err := s.AddTeam(ctx, lead.Operator, lead.Team{Name: "EMEA"}, now); err != nil {
		b.Fatal(err)
	}
	n := 0
	take := func(event string, named bool, user func(i int) int) {
		msgs := make([]lead.Message, batch)
		for i := range msgs {
			n++
			at := now.Add(-time.Hour + time.Duration(n)*time.Millisecond)
			msgs[i] = lead.Message{ID: fmt.Sprint("message ", n), Type: lead.Track, UserID: fmt.Sprint("user", user(i)), Event: event,
				Properties: map[string]any{"path": "/features", "title": "What it does"}, OccurredAt: at, ReceivedAt: at}
			if kind == "named" {
				msgs[i].AnonymousID = fmt.Sprint("visitor", user(i))
				if !named {
					msgs[i].UserID = ""
				}
			}
			if named {
				msgs[i].Type, msgs[i].Event = lead.Identify, ""
				msgs[i].Traits = map[string]any{"email": fmt.Sprintf("person%d@buyer%d.example", user(i), user(i)), "name": fmt.Sprint("Person ", user(i)), "company": "Buyer Ltd", "employees": 120.0}
			}
		}
		errs, err := desk.TakeAt(ctx, msgs, now)
		if err != nil || errs[0] != nil {
			b.Fatal(errs, err)
		}
	}
	if kind == "known" || kind == "board" {
		for first := 0; first < people; first += batch {
			take("", true, func(i int) int { return first + i })
			if kind == "board" {
				take("Demo Requested", false, func(i int) int { return first + i })
			}
		}
	}
	b.ResetTimer()
	for b.Loop() {
		switch kind {
		case "new":
			take("", true, func(int) int { return n })
		case "named":
			b.StopTimer()
			first := n
			take("Page Viewed", false, func(i int) int { return first + i })
			b.StartTimer()
			take("", true, func(i int) int { return first + i })
		default:
			take("Page Viewed", false, func(i int) int { return (n*7 + i) % people })
		}
	}
	b.ReportMetric(float64(b.N)*batch/b.Elapsed().Seconds(), "messages/s")
}
