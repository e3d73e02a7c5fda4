package storetest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
)

// veryOften: of who did thousands of things not all is looked at again when
// something comes late, another agreement is in force, or they turn out to be a
// visitor. The score is that of all of it.
func veryOften(w *world) {
	rng := rand.New(rand.NewPCG(8, 13))
	w.ok(w.forgetful(2, 40, now))
	desk, _ := w.desk()
	var all []scoring.Activity
	did := func(who string, n int, days float64) {
		w.Helper()
		msgs := make([]lead.Message, n)
		for i := range msgs {
			at := now.Add(-time.Duration(rng.Float64() * days * 24 * float64(time.Hour))).Truncate(time.Microsecond)
			msgs[i] = lead.Message{ID: fmt.Sprint("message ", len(all)), Type: lead.Track, AnonymousID: who, OccurredAt: at, ReceivedAt: now,
				Event: []string{"Pricing Viewed", "Products Compared", "Page Viewed", "Careers Viewed", "Email Opened"}[rng.IntN(5)]}
			all = append(all, scoring.Activity{ID: msgs[i].ID, Event: msgs[i].Event, At: at})
		}
		errs, err := desk.TakeAt(w.ctx, msgs, now)
		w.ok(errors.Join(append(errs, err)...))
	}
	agree := func(what string) {
		w.Helper()
		rules := must(w.s.Rules(w.ctx))(w)
		id := must(w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByAnonymous, Value: "often"}))(w)
		l := must(desk.Find(w.ctx, id, nil, now))(w)
		want := rules.Scorer.Score(rules.Scorer.Derive(all), scoring.Fit{}, now)
		if math.Abs(l.Score.Engagement-want.Engagement) > 1e-6 || math.Abs(l.Score.Intent-want.Intent) > 1e-6 || l.Model != rules.Version {
			w.Errorf("%s: %v by version %d, want %v by version %d", what, l.Score.Engagement, l.Model, want.Engagement, rules.Version)
		}
	}
	did("often", 2500, 200)
	agree("in any order")
	for range 5 {
		did("often", 2, 300)
	}
	agree("they came late")
	w.ok(w.forgetful(3, 25, now))
	did("often", 1, 1)
	agree("by another agreement")
	did("another visitor", 20, 100)
	who := lead.Message{Type: lead.Identify, UserID: "somebody", OccurredAt: now, ReceivedAt: now}
	for _, visitor := range []string{"often", "another visitor"} {
		who.ID, who.AnonymousID = "who "+visitor, visitor
		errs, err := desk.TakeAt(w.ctx, []lead.Message{who}, now)
		w.ok(errors.Join(append(errs, err)...))
	}
	agree("two visitors are one person")
}
