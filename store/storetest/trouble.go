package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hotleads/lead"
	"hotleads/store"
)

// contexts: a caller who has gone away, or whose time is over, is told that the
// store is unavailable, by every method that asks the database.
func contexts(w *world) {
	work := w.waiting(w.team("EMEA"), "ada")
	gone, cancel := context.WithCancel(w.ctx)
	cancel()
	late, cancel := context.WithDeadline(w.ctx, now.Add(-1e6*time.Hour))
	defer cancel()
	id := lead.Identity{Kind: lead.ByEmail, Value: "a@b.c"}
	for ctx, cause := range map[context.Context]error{gone: context.Canceled, late: context.DeadlineExceeded} {
		w.ok(w.s.Set(w.ctx, "company", "ACME")) // what is cached needs no database
		for what, err := range map[string]error{
			"change":       w.s.Change(ctx, func(lead.Tx) error { return nil }),
			"lead":         second(w.s.Cards(ctx, ids(work))),
			"lead id":      second(w.s.LeadID(ctx, id)),
			"on board":     second(w.s.OnBoard(ctx, "x")),
			"versions":     second(w.s.Versions(ctx, ids(work))),
			"due":          second(w.s.Due(ctx, now, 1)),
			"unannounced":  second(w.s.Unannounced(ctx, now, 1)),
			"announced":    w.s.Announced(ctx, map[string]int64{work.Lead.ID: 1}),
			"rules":        second(w.s.Rules(ctx)),
			"book":         second(w.s.Book(ctx)),
			"user":         second(w.s.User(ctx, "rosa")),
			"users":        second(w.s.Users(ctx)),
			"add user":     second(w.s.AddUser(ctx, lead.Operator, lead.User{Email: "a@b.c"}, now)),
			"teams":        second(w.s.Teams(ctx)),
			"add team":     second(w.s.AddTeam(ctx, lead.Operator, lead.Team{Name: "late"}, now)),
			"find":         second(w.s.Find(ctx, lead.Search{Limit: 1})),
			"history":      second(w.s.History(ctx, work.Lead.ID, 0, 1)),
			"note":         second(w.s.Note(ctx, work.Lead.ID, 1)),
			"activities":   second(w.s.Activities(ctx, work.Lead.ID, nil, 1)),
			"running":      second(w.s.Running(ctx, lead.RunningSearch{Limit: 1})),
			"key":          second(w.s.Key(ctx, "secret")),
			"keys":         second(w.s.Keys(ctx)),
			"revoke":       second(w.s.RevokeKey(ctx, lead.Operator, "key", now)),
			"setting":      second(w.s.Setting(ctx, "company")),
			"set":          w.s.Set(ctx, "company", "late"),
			"exclude":      w.s.Exclude(ctx, lead.Operator, lead.OwnDomains, []string{"late"}, now),
			"sign in":      second(w.s.SignIn(ctx, "rosa@acme.example", "x")),
			"set password": w.s.SetPassword(ctx, lead.Operator, "rosa", "x", now),
			"session":      w.s.Sessions([]byte("secret")).CommitCtx(ctx, "t", nil, now),
			"ping":         w.s.Ping(ctx),
		} {
			if !errors.Is(err, lead.ErrUnavailable) || !errors.Is(err, cause) {
				w.Errorf("%s: %v, want: not available, for %v", what, err, cause)
			}
		}
	}
	w.same("nothing was written", "ACME", must(w.s.Setting(w.ctx, "company"))(w))
	w.same("and the store goes on", ids(work), must(w.s.Unannounced(w.ctx, now, 10))(w))
}

func second[T any](_ T, err error) error { return err }

// cutOff: a context that ends in the middle of a transaction leaves no half of
// it, no lock, and no connection that remembers it.
func cutOff(w *world) {
	work := w.waiting(w.team("EMEA"), "ada")
	for i := range 20 {
		ctx, cancel := context.WithCancel(w.ctx)
		err := w.s.Change(ctx, func(tx lead.Tx) error {
			works, err := tx.Lock(ctx, ids(work))
			w.ok(err)
			works[work.Lead.ID].Lead.Name = "Half"
			if i%2 == 0 {
				w.ok(tx.Write(ctx, now, []*lead.Work{works[work.Lead.ID]}))
				cancel()
				return nil // its commit is refused
			}
			cancel()
			return tx.Write(ctx, now, []*lead.Work{works[work.Lead.ID]})
		})
		cancel()
		w.refused("the transaction", err, lead.ErrUnavailable)
		w.same("the lead", *work.Lead, w.card(work.Lead.ID).Lead)
	}
	var all sync.WaitGroup
	for i := range 50 { // some before, some after their commit: whole or not at all
		all.Go(func() {
			ctx, cancel := context.WithTimeout(w.ctx, time.Duration(i)*200*time.Microsecond)
			defer cancel()
			err := w.s.Change(ctx, func(tx lead.Tx) error {
				if _, err := tx.NewMessages(ctx, []string{fmt.Sprint("m", i)}, now); err != nil {
					return err
				}
				return tx.Append(ctx, []lead.Activity{act(fmt.Sprint("m", i), work.Lead.ID, "Page Viewed", now)})
			})
			if err != nil {
				w.refused("a transaction whose time is over", err, lead.ErrUnavailable)
			}
		})
	}
	all.Wait()
	if n := w.count(`SELECT COUNT(*) FROM message_ids WHERE message_id NOT IN (SELECT message_id FROM activities)`); n != 0 {
		w.Errorf("%d messages were noted without their activity", n)
	}
	w.alter(work.Lead.ID, now, func(x *lead.Work) { x.Lead.Name = "Whole" })
	w.same("afterwards", "Whole", w.card(work.Lead.ID).Lead.Name)
}

// closed: whoever comes after the end is told to try again, not that their data
// is wrong.
func closed(w *world) {
	s := must(store.Open(w.ctx, w.url))(w)
	w.ok(s.Close())
	err := s.Change(w.ctx, func(lead.Tx) error { return nil })
	w.refused("a change", err, lead.ErrUnavailable)
}
