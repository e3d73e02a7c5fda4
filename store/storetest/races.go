package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"hotleads/lead"
)

func claimRace(w *world) {
	team := w.team("EMEA")
	work := w.waiting(team, "ada")
	var reps []lead.User
	for i := range 50 {
		reps = append(reps, w.rep(fmt.Sprint("rep", i), team))
	}
	desk, _ := w.desk()
	errs := together(len(reps), func(i int) error {
		_, err := desk.Move(w.ctx, work.Lead.ID, lead.Request{Move: lead.Claim}, lead.Person(reps[i], "page"), now)
		return err
	})
	w.one("claims", errs, lead.ErrConflict)
	card := w.card(work.Lead.ID)
	winner := slices.IndexFunc(errs, func(err error) bool { return err == nil })
	w.same("who has it", reps[winner].ID, card.Lead.OwnerID)
	for i, err := range errs {
		var r *lead.Refusal
		if i != winner && (!errors.As(err, &r) || r.Lead == nil || r.Lead.OwnerID != card.Lead.OwnerID) {
			w.Errorf("loser %d was not told who has it: %v", i, err)
		}
	}
	if rows := must(w.s.History(w.ctx, work.Lead.ID, 0, 10))(w); len(rows) != 1 {
		w.Errorf("%d rows of history, want the one claim", len(rows))
	}
}

func holdingRace(w *world) {
	team := w.team("EMEA")
	rosa := w.rep("rosa", team)
	var works []*lead.Work
	for i := range 20 {
		works = append(works, w.waiting(team, fmt.Sprint("lead", i)))
	}
	desk, _ := w.desk()
	errs := together(len(works), func(i int) error {
		_, err := desk.Move(w.ctx, works[i].Lead.ID, lead.Request{Move: lead.Claim}, lead.Person(rosa, "page"), now)
		return err
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			w.refused("over the limit", err, lead.ErrConflict)
		}
	}
	w.same("claims that were let through", lead.DefaultMaxClaimed, won)
	w.same("claims that she has", lead.DefaultMaxClaimed, w.count(`SELECT COUNT(*) FROM leads WHERE owner_id = $1`, rosa.ID))
}

// disableRace: a rep is disabled while requests of theirs, which began before,
// take leads in every way. What was claimed is let go; nothing is claimed later.
func disableRace(w *world) {
	team := w.team("EMEA")
	mia := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "mia@acme.example", Name: "mia", Role: lead.Manager}, now))(w)
	desk, _ := w.desk()
	for round := range 5 {
		rosa := w.rep(fmt.Sprint("rosa", round), team)
		moves := []lead.Request{{Move: lead.Claim}, {Move: lead.Accept}, {Move: lead.Touch, Outcome: "reached"}, {Move: lead.Claim, To: &rosa}}
		var works []*lead.Work
		for i := range 12 {
			works = append(works, w.waiting(team, fmt.Sprint("lead", round, i)))
		}
		errs := together(len(works)+1, func(i int) error {
			if i == len(works) {
				w.ok(w.s.Disable(w.ctx, lead.Operator, rosa.ID, now))
				_, err := desk.LetGo(w.ctx, rosa.ID, now)
				return err
			}
			actor := rosa
			if moves[i%4].To != nil {
				actor = mia
			}
			_, err := desk.Move(w.ctx, works[i].Lead.ID, moves[i%4], lead.Person(actor, "page"), now)
			return err
		})
		w.ok(errs[len(works)])
		for _, err := range errs {
			if err != nil {
				w.refused("a move that came too late, or over the limit", err, lead.ErrConflict)
			}
		}
		if n := w.count(`SELECT COUNT(*) FROM leads WHERE owner_id = $1 AND stage = 'claimed'`, rosa.ID); n != 0 {
			w.Errorf("round %d: who is disabled has %d claimed leads", round, n)
		}
	}
	late := w.rep("late", team)
	w.ok(w.s.Disable(w.ctx, lead.Operator, late.ID, now))
	_, err := desk.Move(w.ctx, w.waiting(team, "late").Lead.ID, lead.Request{Move: lead.Claim}, lead.Person(late, "page"), now)
	w.refused("a claim after it", err, lead.ErrConflict)
}

// intakeRace: instances take in the same new people at the same moment, each
// in another order, visitors who give their names among them. Some take what
// goes on, and remember it.
func intakeRace(w *world) {
	const batches, people, each = 200, 10, 3
	ctx, stop := context.WithCancel(w.ctx)
	var running sync.WaitGroup
	var instances []*lead.Desk
	for range 2 {
		r := Embedded(w)
		desk := lead.NewDesk(Open(w, w.url), r, r, quiet)
		desk.Clock = func() time.Time { return now.Add(time.Minute) }
		desk.Committers(2)
		running.Go(func() { w.ok(desk.Run(ctx)) })
		instances = append(instances, desk)
	}
	defer running.Wait()
	defer stop()
	errs := together(batches, func(b int) error {
		desk, _ := w.desk() // an instance of its own
		take := func(part []lead.Message) ([]error, error) { return desk.TakeAt(w.ctx, part, now.Add(time.Minute)) }
		if b%3 > 0 {
			take = func(part []lead.Message) ([]error, error) { return instances[b%3-1].Take(w.ctx, part) }
		}
		var msgs []lead.Message
		for i := range each {
			p := (b + 3*i) % people
			at := now.Add(time.Duration(p) * time.Second)
			m := lead.Message{Type: lead.Track, AnonymousID: fmt.Sprint("visitor", p), Event: "Page Viewed", OccurredAt: at, ReceivedAt: at}
			m.ID = fmt.Sprintf("view %d %d", b, p)
			named := lead.Message{ID: fmt.Sprintf("name %d %d", b, p), Type: lead.Identify, AnonymousID: m.AnonymousID, UserID: fmt.Sprint("user", p),
				Traits: map[string]any{"email": fmt.Sprintf("p%d@buyer.example", p), "name": fmt.Sprint("Person ", p)}, OccurredAt: at, ReceivedAt: at}
			known := m
			known.ID, known.UserID, known.AnonymousID = fmt.Sprintf("known %d %d", b, p), named.UserID, ""
			same := m
			same.ID = fmt.Sprintf("seen by all %d", p)
			msgs = append(msgs, m, named, known, same)
		}
		rand.New(rand.NewPCG(1, uint64(b))).Shuffle(len(msgs), func(i, j int) { msgs[i], msgs[j] = msgs[j], msgs[i] })
		var problems []error
		for part := range slices.Chunk(msgs, 8) {
			results, err := take(part)
			problems = append(problems, append(results, err)...)
		}
		return errors.Join(problems...)
	})
	w.ok(errors.Join(errs...))
	if n := w.count(`SELECT COUNT(DISTINCT lead_id) FROM identities`); n != people {
		w.Errorf("identities lead to %d leads, want %d", n, people)
	}
	if n := w.count(`SELECT COUNT(*) FROM leads WHERE merged_into = ''`); n != people {
		w.Errorf("%d leads that live, want %d", n, people)
	}
	if n := w.count(`SELECT COUNT(*) FROM activities WHERE lead_id IN (SELECT id FROM leads WHERE merged_into = '')`); n != 2*each*batches+people {
		w.Errorf("%d activities of them, want %d", n, 2*each*batches+people)
	}
	for p := range people {
		id := must(w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByUser, Value: fmt.Sprint("user", p)}))(w)
		l := w.card(id).Lead
		w.same("a person's name", fmt.Sprint("Person ", p), l.Name)
		w.same("that the visitor leads there", id, must(w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByAnonymous, Value: fmt.Sprint("visitor", p)}))(w))
		if got := l.Ledger["page-viewed"].Count + l.Ledger["page_viewed"].Count; got == 0 {
			w.Errorf("%s was heard of no page view: %+v", l.Name, l.Ledger)
		}
	}
}

// lockRace: whoever changes several leads at once, in whatever order they name
// them, waits and does not deadlock.
func lockRace(w *world) {
	team := w.team("EMEA")
	var all []string
	for i := range 10 {
		all = append(all, w.waiting(team, fmt.Sprint("lead", i)).Lead.ID)
	}
	const rounds = 30
	errs := together(rounds, func(i int) error {
		mine := slices.Clone(all)
		rand.New(rand.NewPCG(2, uint64(i))).Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
		if i%3 == 0 {
			versions := map[string]int64{}
			for _, id := range mine {
				versions[id] = 1
			}
			return w.s.Announced(w.ctx, versions)
		}
		runs := 0
		err := w.s.Change(w.ctx, func(tx lead.Tx) error {
			if runs++; runs > 1 {
				return errors.New("it had to be run again")
			}
			works, err := tx.Lock(w.ctx, mine)
			if err != nil {
				return err
			}
			var list []*lead.Work
			for _, id := range mine {
				works[id].Lead.Attempts++
				list = append(list, works[id])
			}
			return tx.Write(w.ctx, now, list)
		})
		return err
	})
	w.ok(errors.Join(errs...))
	for _, c := range must(w.s.Cards(w.ctx, all))(w) {
		w.same("changes of a lead", rounds/3*2, c.Lead.Attempts)
	}
}

// poolRace: transactions on all connections that there are, and none of them
// needs another one to end.
func poolRace(w *world) {
	n := 32
	if w.s.Embedded() {
		n = 1
	}
	work := make([]*lead.Work, n)
	for i := range work {
		work[i] = lead.NewLead(must(w.s.Rules(w.ctx))(w), now)
	}
	w.ok(w.s.Set(w.ctx, "company", "ACME")) // nothing is cached now
	ctx, cancel := context.WithTimeout(w.ctx, 10*time.Second)
	defer cancel()
	var begun sync.WaitGroup
	begun.Add(n)
	w.ok(errors.Join(together(n, func(i int) error {
		return w.s.Change(ctx, func(tx lead.Tx) error {
			begun.Done()
			begun.Wait()
			return tx.Write(ctx, now, work[i:i+1])
		})
	})...))
}
