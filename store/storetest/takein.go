package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"hotleads/lead"
	"hotleads/sla"
	"hotleads/store"
)

// takenIn: whatever the store remembers of leads, what it hands out is what the
// database has, whoever has changed it meanwhile.
func takenIn(w *world) {
	elsewhere := Open(w, w.url)
	rng := rand.New(rand.NewPCG(1, 2))
	var leads []string
	for range 6 {
		leads = append(leads, w.begin(nil).Lead.ID)
	}
	given := errors.New("given up")
	for round := range 60 {
		at := now.Add(time.Duration(round) * time.Minute)
		how, some := rng.IntN(5), pickSome(rng, leads)
		change := []func(*store.Store) error{
			func(s *store.Store) error { return s.TakeIn(w.ctx, w.touching(some, at, nil)) },
			func(s *store.Store) error { return s.TakeIn(w.ctx, w.touching(some, at, nil)) },
			func(s *store.Store) error { return s.Change(w.ctx, w.touching(some, at, nil)) },
			func(s *store.Store) error {
				if err := s.TakeIn(w.ctx, w.touching(some, at, given)); !errors.Is(err, given) {
					return fmt.Errorf("given up: %w", err)
				}
				return nil
			},
			func(s *store.Store) error {
				return s.Announced(w.ctx, map[string]int64{some[0]: w.card(some[0]).Lead.Version})
			},
		}[how]
		on := w.s
		if rng.IntN(3) == 0 {
			on = elsewhere
		}
		w.ok(change(on))
		for _, s := range []*store.Store{w.s, elsewhere} {
			w.handsOut(s, leads, at)
		}
	}
	w.change(func(tx lead.Tx) error { return tx.Forget(w.ctx, leads[:1], nil, nil) })
	var works map[string]*lead.Work
	w.ok(elsewhere.TakeIn(w.ctx, func(tx lead.Tx) (err error) {
		works, err = tx.Lock(w.ctx, leads)
		return err
	}))
	if works[leads[0]] != nil || len(works) != len(leads)-1 {
		w.Errorf("%d leads are there, the one that was forgotten: %v", len(works), works[leads[0]])
	}
}

func pickSome(rng *rand.Rand, of []string) (some []string) {
	for _, i := range rng.Perm(len(of))[:1+rng.IntN(len(of))] {
		some = append(some, of[i])
	}
	return some
}

// touching changes leads in many ways, and gives up in the end where it is told to.
func (w *world) touching(ids []string, at time.Time, giveUp error) func(lead.Tx) error {
	return func(tx lead.Tx) error {
		works, err := tx.Lock(w.ctx, ids)
		if err != nil {
			return err
		}
		var changed []*lead.Work
		for i, id := range ids {
			x := works[id]
			l := x.Lead
			l.UpdatedAt, l.LastActivityAt = at, at
			l.Traits[fmt.Sprint("t", at.Minute()%7)] = float64(at.Minute())
			l.TraitTimes["t"] = at
			switch i % 3 {
			case 0:
				l.HandRaisedAt, l.Attempts = at, l.Attempts+1
				x.Clocks = append(x.Clocks, lead.Clock{ID: fmt.Sprintf("%s-%03d", id[24:], len(x.Clocks)), Current: true,
					Clock: sla.Clock{Kind: sla.Claim, Tier: "hot", Target: time.Minute, AskedAt: at, StartedAt: at, RiskAt: at.Add(time.Second), DueAt: at.Add(time.Minute)}})
			case 1:
				for c := range x.Clocks {
					x.Clocks[c].Current = false
				}
				l.Name = "Name at " + at.Format(time.TimeOnly)
			}
			changed = append(changed, x)
		}
		if err := tx.Write(w.ctx, at, changed); err != nil {
			return err
		}
		return giveUp
	}
}

// handsOut compares what a store hands out with what is read afresh: what it hands
// out and is not so is noticed before the end, and handed out again.
func (w *world) handsOut(s *store.Store, ids []string, at time.Time) {
	w.Helper()
	want := must(w.s.Cards(w.ctx, ids))(w)
	var got map[string]lead.Card
	w.ok(s.TakeIn(w.ctx, func(tx lead.Tx) error {
		works, err := tx.Lock(w.ctx, ids)
		if err != nil {
			return err
		}
		got = map[string]lead.Card{}
		for id, x := range works {
			got[id] = lead.Card{Lead: *x.Lead, Clocks: x.Clocks}
		}
		if at.Minute()%3 == 0 {
			return nil // what was handed out and not written is read anew
		}
		for _, id := range ids[:2] {
			works[id].Lead.UpdatedAt = at
		}
		return tx.Write(w.ctx, at, []*lead.Work{works[ids[0]], works[ids[1]]})
	}))
	w.same("handed out at "+at.Format(time.TimeOnly), want, got, onlyInViews, outsideUndo)
}

// takenInRace: instances that remember the same leads lose none of each other's
// changes.
func takenInRace(w *world) {
	const leads, instances, rounds = 5, 3, 20
	var of []string
	for range leads {
		of = append(of, w.begin(nil).Lead.ID)
	}
	var wg sync.WaitGroup
	for range instances {
		s := Open(w, w.url)
		wg.Go(func() {
			for round := range rounds {
				err := s.TakeIn(w.ctx, func(tx lead.Tx) error {
					works, err := tx.Lock(w.ctx, of)
					if err != nil {
						return err
					}
					var changed []*lead.Work
					for _, id := range of {
						x := works[id]
						x.Lead.Attempts++
						x.Lead.Traits["n"] = float64(x.Lead.Attempts)
						changed = append(changed, x)
					}
					return tx.Write(w.ctx, now.Add(time.Duration(round)*time.Second), changed)
				})
				if err != nil {
					w.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, id := range of {
		l := w.card(id).Lead
		w.same("changes of a lead", []any{instances * rounds, float64(instances * rounds), int64(instances*rounds + 1)}, []any{l.Attempts, l.Traits["n"], l.Version})
	}
}
