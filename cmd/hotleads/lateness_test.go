package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotleads/lead"
	"hotleads/sla"
	"hotleads/store/storetest"
)

// late is how long after it was due a moment may be written down: the product's promise.
const late = time.Second

// Two servers at work record each moment of each clock as what it was due at, within a
// second and once. What was due while none ran is recorded as due then, and marked.
func TestClocksAreRecordedInTime(t *testing.T) {
	address := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		s := settings{DatabaseURL: address, RedisURL: "embedded:", LogFormat: "text"}
		env := &cli{getenv: func(string) string { return "" }, stdout: io.Discard, stderr: io.Discard}
		servers := func(n int) (_ []*app, stop func()) {
			ctx, end := context.WithCancel(t.Context())
			var all []*app
			var running sync.WaitGroup
			for range n {
				a, err := env.open(ctx, s)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, a)
				for _, loop := range a.loops() {
					running.Go(func() { loop(ctx) })
				}
			}
			return all, func() {
				end()
				running.Wait()
				for _, a := range all {
					if err := a.close(); err != nil {
						t.Error(err)
					}
				}
			}
		}

		all, stop := servers(2)
		shortPromises(t, all[0])
		team, err := all[0].store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "EMEA"}, lead.Now())
		if err != nil {
			t.Fatal(err)
		}
		rosa, err := all[0].store.AddUser(t.Context(), lead.Operator, lead.User{Email: "rosa@acme.example", Name: "Rosa", Role: lead.Rep, Teams: []string{team.ID}}, lead.Now())
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(1, 6))
		const leads = 16
		for i := range leads { // due at whatever moment between two looks
			time.Sleep(time.Duration(random.Int64N(int64(700 * time.Millisecond))))
			id := arrives(t, all[i%2], fmt.Sprint("lead", i))
			if i%8 == 0 {
				if _, err := all[0].desk.Move(t.Context(), id, lead.Request{Move: lead.Claim}, lead.Person(rosa, "page"), lead.Now()); err != nil {
					t.Fatal(err)
				}
			}
		}
		time.Sleep(11 * time.Second) // all of these are over
		for i := range 6 {
			arrives(t, all[0], fmt.Sprint("night", i))
			time.Sleep(900 * time.Millisecond)
		}
		stop()
		stopped := lead.Now()
		time.Sleep(6 * time.Second)
		_, stop = servers(1)
		back := lead.Now()
		time.Sleep(12 * time.Second)
		stop()

		again, err := env.open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		defer again.close()
		cards, err := again.store.Cards(t.Context(), everyLead(t, address))
		if err != nil {
			t.Fatal(err)
		}
		moments, found := 0, map[bool]int{}
		for id, card := range cards {
			for _, c := range card.Clocks {
				if c.Kind == sla.Claim && !c.Running() {
					continue
				}
				slept := false
				for _, m := range []struct {
					what           string
					due, at, noted time.Time
				}{{"at risk", c.RiskAt, c.AtRiskAt, c.RiskNotedAt}, {"breached", c.DueAt, c.BreachedAt, c.BreachNotedAt}} {
					moments++
					could := m.due // be written down
					if m.due.Before(back) && !m.noted.Before(back) {
						could, slept = back, slept || m.due.Before(back.Add(-2*time.Second))
					}
					if after := m.noted.Sub(could); !m.at.Equal(m.due) || after < 0 || after > late {
						t.Errorf("%s clock of %s: due to be %s at %v, recorded as %v, written down at %v (none ran from %v to %v)", c.Kind, id, m.what, m.due, m.at, m.noted, stopped, back)
					}
				}
				if c.FoundLate() != slept {
					t.Errorf("%s clock of %s, due at %v, was found late: %v, want %v (none ran from %v to %v)", c.Kind, id, c.DueAt, c.FoundLate(), slept, stopped, back)
				}
				found[slept]++
			}
		}
		if found[true] < 4 || found[false] < leads {
			t.Errorf("%d clocks were found late and %d were not: the test tests nothing", found[true], found[false])
		}
		if n := queryInt(t, address, `SELECT COUNT(*) FROM outbox WHERE topic IN ('clock.risk', 'clock.breached')`); n != moments {
			t.Errorf("%d moments were announced of %d", n, moments)
		}
	})
}

// shortPromises has all teams work around the clock, and promise seconds.
func shortPromises(t *testing.T, a *app) {
	t.Helper()
	agreement, err := lead.DefaultAgreement("UTC")
	if err != nil {
		t.Fatal(err)
	}
	if agreement.SLA.Calendar, err = sla.ParseCalendar([]byte(`{"time_zone":"UTC"}`)); err != nil {
		t.Fatal(err)
	}
	for tier := range agreement.SLA.Targets {
		agreement.SLA.Targets[tier] = map[sla.Kind]float64{sla.Claim: .05, sla.Decision: .05, sla.Touch: .05}
	}
	if _, err := a.store.Activate(t.Context(), lead.Operator, agreement, lead.Now()); err != nil {
		t.Fatal(err)
	}
}

// arrives brings a lead onto the board, by its intake, and returns its id.
func arrives(t *testing.T, a *app, name string) string {
	t.Helper()
	now := lead.Now()
	msg := lead.Message{ID: name, Type: lead.Track, UserID: name, Event: "Demo Requested", Traits: map[string]any{"email": name + "@buyer.example"}, OccurredAt: now, ReceivedAt: now}
	if errs, err := a.desk.Take(t.Context(), []lead.Message{msg}); err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	id, err := a.store.LeadID(t.Context(), lead.Identity{Kind: lead.ByUser, Value: name})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func everyLead(t *testing.T, address string) (ids []string) {
	t.Helper()
	db := opened(t, address)
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT id FROM leads`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

func queryInt(t *testing.T, address, text string) (n int) {
	t.Helper()
	db := opened(t, address)
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), text).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func opened(t *testing.T, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(address, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	return db
}
