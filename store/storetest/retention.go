package storetest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
)

// retention: activities that are old enough are dropped. Whatever is derived again
// after it, for something came late, for a visitor gave a name, or for another
// agreement is in force, is within a hundredth of a point of what all activities
// make. Message ids stay.
func retention(w *world) {
	const people, each, months = 12, 60, 2
	now := now.AddDate(-2, 0, 0) // before the database's own clock, wherever this runs
	rng := rand.New(rand.NewPCG(3, 5))
	w.ok(w.forgetful(1, 40, now))
	desk, _ := w.desk()
	all := map[string][]scoring.Activity{} // by user
	n := 0
	message := func(user string, at, received time.Time) lead.Message {
		n++
		m := lead.Message{ID: fmt.Sprint("message ", n), Type: lead.Track, UserID: user, OccurredAt: at, ReceivedAt: received,
			Event: []string{"Pricing Viewed", "Products Compared", "Page Viewed", "Careers Viewed", "Email Opened"}[rng.IntN(5)]}
		all[user] = append(all[user], scoring.Activity{ID: m.ID, Event: m.Event, At: at})
		return m
	}
	take := func(msgs ...lead.Message) {
		w.Helper()
		errs, err := desk.TakeAt(w.ctx, msgs, now)
		w.ok(errors.Join(append(errs, err)...))
	}
	began := now.AddDate(0, -7, 0)
	between := func(from, to time.Time) time.Time {
		return from.Add(time.Duration(rng.Int64N(int64(to.Sub(from))))).Truncate(time.Microsecond)
	}
	var msgs []lead.Message
	for i := range people {
		user := fmt.Sprint("user", i)
		for k := range each {
			m := message(user, between(began, now), time.Time{})
			m.ReceivedAt = m.OccurredAt
			if k%7 == 0 {
				m.ReceivedAt = between(m.OccurredAt, now)
			}
			if i%2 == 0 && k%3 == 0 { // who they are is said later
				m.UserID, m.AnonymousID = "", "visitor of "+user
			}
			msgs = append(msgs, m)
		}
	}
	first := msgs[0]
	rng.Shuffle(len(msgs), func(i, j int) { msgs[i], msgs[j] = msgs[j], msgs[i] })
	take(msgs...)

	_, err := w.s.Months(w.ctx, now)
	w.ok(err)
	stored := w.count(`SELECT COUNT(*) FROM activities`)
	gone := must(desk.DropActivities(w.ctx, now, months))(w)
	since := time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)
	left := w.count(`SELECT COUNT(*) FROM activities`)
	if left != stored-gone.Rows || left > stored/2 || w.count(`SELECT COUNT(*) FROM activities WHERE received_at < $1`, since) != 0 {
		w.Errorf("%d of %d activities are left, %+v", left, stored, gone)
	}
	w.same("not received too long ago", slices.IndexFunc(msgs, func(m lead.Message) bool { return m.ReceivedAt.Before(since) }) < 0, left == stored)
	w.same("kept since", since, must(w.s.ActivitiesSince(w.ctx))(w))
	w.same("again", lead.Dropped{}, must(desk.DropActivities(w.ctx, now, months))(w))
	w.same("message ids", stored, w.count(`SELECT COUNT(*) FROM message_ids`))
	take(first)
	w.same("a message of then, sent again", left, w.count(`SELECT COUNT(*) FROM activities`))

	agree := func(what string) {
		w.Helper()
		rules := must(w.s.Rules(w.ctx))(w)
		for user, did := range all {
			l := must(desk.Find(w.ctx, "user:"+user, nil, now))(w)
			want := rules.Scorer.Score(rules.Scorer.Derive(did), scoring.Fit{}, now)
			if math.Abs(l.Score.Engagement-want.Engagement) > .01 || math.Abs(l.Score.Intent-want.Intent) > .01 || l.Model != rules.Version {
				w.Errorf("%s: %s has %v by version %d, want %v by version %d", what, user, l.Score.Engagement, l.Model, want.Engagement, rules.Version)
			}
		}
	}
	var late, names []lead.Message
	for i := range people {
		user := fmt.Sprint("user", i)
		if i%2 == 0 {
			who := lead.Message{ID: "who " + user, Type: lead.Identify, UserID: user, AnonymousID: "visitor of " + user, OccurredAt: now, ReceivedAt: now}
			names = append(names, who)
		}
	}
	take(names...)
	agree("a name was given")
	for i := range people {
		user := fmt.Sprint("user", i)
		for range 6 {
			late = append(late, message(user, between(now.AddDate(0, 0, -30), now), now), message(user, between(began, now), now))
		}
	}
	take(late...)
	agree("they came late")
	w.ok(w.forgetful(1.5, 25, now))
	for {
		if done := must(desk.Rescore(w.ctx, now, 100))(w); done == 0 {
			break
		}
	}
	agree("by another agreement")

	w.ok(w.forgetful(14, 40, now))
	if _, err := desk.DropActivities(w.ctx, now, months); !errors.Is(err, lead.ErrConflict) {
		w.Errorf("an agreement that remembers longer: %v", err)
	}
	w.ok(w.forgetful(0, 40, now))
	if _, err := desk.DropActivities(w.ctx, now, lead.MostMonths); !errors.Is(err, lead.ErrConflict) {
		w.Errorf("an agreement that never forgets: %v", err)
	}
}

// forgetful puts an agreement in force with that half-life, by which pricing counts
// up to most, and pages without end.
func (w *world) forgetful(halfLife, most float64, now time.Time) error {
	a, err := lead.DefaultAgreement("Europe/Berlin")
	w.ok(err)
	a.Scoring.HalfLifeDays, a.Scoring.Fit = halfLife, nil
	a.Criteria.CountOnceDays = 1
	for i := range a.Scoring.Behaviour {
		switch r := &a.Scoring.Behaviour[i]; r.ID {
		case "pricing_viewed":
			r.Cap = &most
		case "page_viewed":
			r.Cap = nil
		}
	}
	_, err = w.s.Activate(w.ctx, lead.Operator, a, now)
	return err
}
