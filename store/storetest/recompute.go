package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

func staleClocks(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	on := func(team lead.Team, print string, stopped time.Time) *lead.Work {
		x := w.waiting(team, "ada")
		w.alter(x.Lead.ID, now, func(x *lead.Work) {
			x.Clocks = []lead.Clock{{ID: x.Lead.ID, Current: true, TeamID: team.ID, Policy: print,
				Clock: sla.Clock{Kind: sla.Claim, Target: time.Hour, AskedAt: now, StartedAt: now, RiskAt: now, DueAt: now.Add(time.Hour), StoppedAt: stopped}}}
		})
		return x
	}
	on(emea, "a.1", time.Time{})
	on(emea, "a.0", now)      // stopped
	on(emea, "", time.Time{}) // of a program that knows of no fingerprints
	older, newer := on(emea, "a.0", time.Time{}), on(emea, "a.2", time.Time{})
	other := on(apac, "a.1", time.Time{})
	stale := func(n int, prints ...lead.TeamPrint) (got []string) {
		some := must(w.s.Stale(w.ctx, prints))(w)
		w.change(func(tx lead.Tx) (err error) {
			got, err = tx.Stale(w.ctx, prints, n)
			return err
		})
		if n > 0 && some != (len(got) > 0) {
			w.Errorf("some: %v, found %v", some, got)
		}
		return got
	}
	w.same("another fingerprint than the team's", ids(older, newer), stale(10, lead.TeamPrint{Team: emea.ID, Print: "a.1"}, lead.TeamPrint{Team: apac.ID, Print: "a.1"}))
	w.same("of two teams", ids(older, newer, other), stale(10, lead.TeamPrint{Team: emea.ID, Print: "a.1"}, lead.TeamPrint{Team: apac.ID, Print: "b.1"}))
	w.same("at most one", 1, len(stale(1, lead.TeamPrint{Team: emea.ID, Print: "a.1"}, lead.TeamPrint{Team: apac.ID, Print: "b.1"})))
	w.same("none", []string{}, stale(10, lead.TeamPrint{Team: apac.ID, Print: "a.1"}))
	w.same("of no team", []string{}, stale(10))
}

// clocksRace: several instances bring clocks to another calendar and sweep them;
// each clock is computed again once, and each of its moments told once.
func clocksRace(w *world) {
	const people = 60
	team := w.team("EMEA")
	goBy := func(calendar string) {
		cal := must(sla.ParseCalendar([]byte(calendar)))(w)
		w.ok(w.s.ChangeTeam(w.ctx, lead.Operator, team.ID, lead.TeamPlan{Name: "EMEA", Calendar: cal, MaxClaimed: 3, MaxUntouched: 5}, now))
	}
	goBy(`{"time_zone":"UTC","hours":{"mon":[["14:00","18:00"]]}}`) // closed still
	desk, _ := w.desk()
	var msgs []lead.Message
	for i := range people {
		who := fmt.Sprint("visitor", i)
		msgs = append(msgs, lead.Message{ID: who, Type: lead.Track, UserID: who, Event: "Demo Requested", Traits: map[string]any{"email": who + "@buyer.example"}, OccurredAt: now, ReceivedAt: now})
	}
	errs := must(desk.TakeAt(w.ctx, msgs, now))(w)
	w.same("taken", make([]error, people), errs)
	due := w.card(must(w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByUser, Value: "visitor0"}))(w)).Clocks[0].DueAt
	goBy(`{"time_zone":"UTC"}`)
	at := now.Add(time.Minute)
	var brought, woken atomic.Int64
	instances := func(f func(d *lead.Desk) (int, error), done *atomic.Int64) {
		var wg sync.WaitGroup
		for range 8 {
			s := Open(w, w.url)
			r := Embedded(w)
			other := lead.NewDesk(s, r, r, quiet)
			wg.Go(func() {
				for {
					n, err := f(other)
					if err != nil {
						w.Error(err)
						return
					}
					if done.Add(int64(n)); n == 0 {
						return
					}
				}
			})
		}
		wg.Wait()
	}
	instances(func(d *lead.Desk) (int, error) { return d.Recompute(w.ctx, at, 7) }, &brought)
	for n := must(desk.Recompute(w.ctx, at, 100))(w); n > 0; n = must(desk.Recompute(w.ctx, at, 100))(w) { // an instance that found all of a batch taken went home early
		brought.Add(int64(n))
	}
	w.same("leads whose clocks were computed again", people, int(brought.Load()))
	if moved := w.card(must(w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByUser, Value: "visitor0"}))(w)).Clocks[0]; !moved.DueAt.Before(due) || len(moved.Changes) != 1 {
		w.Errorf("due %v instead of %v, changes %+v", moved.DueAt, due, moved.Changes)
	}
	late := now.Add(30 * 24 * time.Hour)
	instances(func(d *lead.Desk) (int, error) { return d.Sweep(w.ctx, late, 10) }, &woken)
	w.same("clocks that breached", 2*people, w.count(`SELECT COUNT(*) FROM clocks WHERE breached_at = due_at AND breach_noted_at = $1`, late))
	w.same("told once", []int{2 * people, 2 * people},
		[]int{w.count(`SELECT COUNT(*) FROM outbox WHERE topic = 'clock.risk'`), w.count(`SELECT COUNT(*) FROM outbox WHERE topic = 'clock.breached'`)})
}
