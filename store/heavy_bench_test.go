package store_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/store"
	"hotleads/store/storetest"
	"hotleads/test/testenv"
)

// BenchmarkLate takes in one activity that came late, of a lead who did little and
// of one who did the same a million times: what they cost is to be compared.
func BenchmarkLate(b *testing.B) {
	for _, engine := range []struct {
		name string
		url  func(testing.TB) string
	}{{"SQLite", storetest.SQLite}, {"Postgres", testenv.Postgres}} {
		b.Run(engine.name, func(b *testing.B) { benchmarkLate(b, engine.url(b)) })
	}
}

func benchmarkLate(b *testing.B, url string) {
	const often = 1_000_000
	now := lead.Now()
	s, r := storetest.Open(b, url), storetest.Embedded(b)
	l := &late{B: b, s: s, desk: lead.NewDesk(s, r, r, slog.New(slog.DiscardHandler)), now: now}
	if _, err := s.AddTeam(b.Context(), lead.Operator, lead.Team{Name: "EMEA"}, now); err != nil {
		b.Fatal(err)
	}
	for _, of := range []struct {
		name, path string // of what was done before
		times      int
	}{{"little", "/features", 10}, {"pages", "/features", often}, {"prices", "/pricing", often}} {
		l.view(of.name, "/pricing", now.Add(-time.Hour))
		l.before(of.name, of.path, of.times)
		b.Run(of.name, func(b *testing.B) {
			for i := range b.N {
				l.view(of.name, "/pricing", now.Add(-2*time.Hour-time.Duration(i)*time.Millisecond))
			}
		})
	}
}

// late sends what came late.
type late struct {
	*testing.B
	s    *store.Store
	desk *lead.Desk
	now  time.Time
	n    int
}

// view has somebody look at a page.
func (l *late) view(user, path string, at time.Time) {
	l.n++
	errs, err := l.desk.TakeAt(l.Context(), []lead.Message{{ID: fmt.Sprint("message ", l.n), Type: lead.Track, UserID: user, Event: "Page Viewed",
		Properties: map[string]any{"path": path, "title": "What it does"}, OccurredAt: at, ReceivedAt: l.now}}, l.now)
	if err != nil || errs[0] != nil {
		l.Fatal(errs, err)
	}
}

// before stores what somebody did before, a page each ten seconds.
func (l *late) before(user, path string, times int) {
	who, err := l.desk.Find(l.Context(), "user:"+user, nil, l.now)
	if err != nil {
		l.Fatal(err)
	}
	for first := 0; first < times; first += 10_000 {
		var acts []lead.Activity
		for i := first; i < min(times, first+10_000); i++ {
			acts = append(acts, lead.Activity{MessageID: fmt.Sprint(user, i), LeadID: who.ID, Name: "Page Viewed", Properties: map[string]any{"path": path, "title": "What it does"},
				OccurredAt: l.now.Add(-time.Hour - time.Duration(i)*10*time.Second), ReceivedAt: l.now})
		}
		if err := l.s.Change(l.Context(), func(tx lead.Tx) error { return tx.Append(l.Context(), acts) }); err != nil {
			l.Fatal(err)
		}
	}
}
