package storetest

import (
	"errors"
	"fmt"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
)

// refused tells whether an error is of a kind.
func (w *world) refused(what string, err, kind error) {
	w.Helper()
	if !errors.Is(err, kind) {
		w.Errorf("%s: %v, want: %v", what, err, kind)
	}
}

func messageIDs(w *world) {
	w.change(func(tx lead.Tx) error {
		got, err := tx.NewMessages(w.ctx, []string{"b", "a", "b"}, now)
		w.same("at first", map[string]bool{"a": true, "b": true}, got)
		return err
	})
	w.change(func(tx lead.Tx) error {
		got, err := tx.NewMessages(w.ctx, []string{"a", "c", "B"}, now)
		w.same("then", map[string]bool{"c": true, "B": true}, got)
		return err
	})
	w.change(func(tx lead.Tx) error {
		got, err := tx.NewMessages(w.ctx, nil, now)
		w.same("of none", map[string]bool{}, got)
		many := make([]string, 40000)
		for i := range many {
			many[i] = fmt.Sprint("many-", i)
		}
		if err == nil {
			got, err = tx.NewMessages(w.ctx, many, now)
		}
		if len(got) != len(many) {
			w.Errorf("%d new messages, want %d", len(got), len(many))
		}
		return err
	})
}

func identities(w *world) {
	ada, bob := w.begin(nil), w.begin(nil)
	byUser, byEmail, byAnon := lead.Identity{Kind: lead.ByUser, Value: "7"}, lead.Identity{Kind: lead.ByEmail, Value: "a@b.c"}, lead.Identity{Kind: lead.ByAnonymous, Value: "7"}
	w.change(func(tx lead.Tx) error {
		for _, id := range []lead.Identity{byUser, byEmail} {
			got, err := tx.Identify(w.ctx, id, ada.Lead.ID)
			w.same("who is identified first", ada.Lead.ID, got)
			w.ok(err)
		}
		return nil
	})
	w.change(func(tx lead.Tx) error {
		got, err := tx.Identify(w.ctx, byUser, bob.Lead.ID)
		w.same("the identity is taken", ada.Lead.ID, got)
		w.ok(err)
		got, err = tx.Identify(w.ctx, byAnon, bob.Lead.ID)
		w.same("the same value of another kind is not", bob.Lead.ID, got)
		w.ok(err)
		all, err := tx.Identities(w.ctx, []lead.Identity{byUser, byEmail, byAnon, {Kind: lead.ByPhone, Value: "+49301234567"}})
		w.same("identities", map[lead.Identity]string{byUser: ada.Lead.ID, byEmail: ada.Lead.ID, byAnon: bob.Lead.ID}, all)
		return err
	})
	w.same("outside of transactions", ada.Lead.ID, must(w.s.LeadID(w.ctx, byEmail))(w))
}

func act(id, leadID, name string, at time.Time) lead.Activity {
	return lead.Activity{MessageID: id, LeadID: leadID, Name: name, Properties: map[string]any{"n": 1.5}, OccurredAt: at, ReceivedAt: at.Add(time.Second)}
}

func merges(w *world) {
	known, visitor, twice, other, guest := w.begin(nil), w.begin(nil), w.begin(nil), w.begin(nil), w.begin(nil)
	leads := map[string]lead.Identity{}
	for i, x := range []*lead.Work{visitor, twice, guest} {
		leads[x.Lead.ID] = lead.Identity{Kind: lead.ByAnonymous, Value: fmt.Sprint("v", i)}
	}
	of := []string{"page viewed"}
	w.change(func(tx lead.Tx) error {
		for id, identity := range leads {
			_, err := tx.Identify(w.ctx, identity, id)
			w.ok(err)
		}
		w.ok(tx.Append(w.ctx, []lead.Activity{act("1", visitor.Lead.ID, "Page Viewed", now), act("2", known.Lead.ID, "Page Viewed", now), act("3", twice.Lead.ID, "Page Viewed", now)}))
		w.ok(tx.Merge(w.ctx, guest.Lead.ID, other.Lead.ID))
		w.ok(tx.Merge(w.ctx, twice.Lead.ID, visitor.Lead.ID))
		w.ok(tx.Merge(w.ctx, visitor.Lead.ID, known.Lead.ID))
		found, err := tx.Identities(w.ctx, []lead.Identity{leads[twice.Lead.ID]})
		w.same("within the transaction", map[lead.Identity]string{leads[twice.Lead.ID]: known.Lead.ID}, found)
		w.ok(err)
		some, err := tx.Activities(w.ctx, known.Lead.ID, of, nil, 10)
		if len(some) != 3 {
			w.Errorf("%d activities within the transaction", len(some))
		}
		return err
	})
	for id, into := range map[string]string{visitor.Lead.ID: known.Lead.ID, twice.Lead.ID: known.Lead.ID, guest.Lead.ID: other.Lead.ID} {
		w.same("the identity", into, must(w.s.LeadID(w.ctx, leads[id]))(w))
	}
	if got := must(w.s.Activities(w.ctx, known.Lead.ID, nil, 10))(w); len(got) != 3 || got[1].LeadID != known.Lead.ID {
		w.Errorf("activities after the merge: %+v, want all", got)
	}
}

// staleIdentity: somebody reads that an identity leads to a lead, waits for its
// lock, and meanwhile the lead becomes part of another.
func staleIdentity(w *world) {
	known, visitor := w.begin(nil), w.begin(nil)
	id := lead.Identity{Kind: lead.ByAnonymous, Value: "v"}
	w.change(func(tx lead.Tx) error { _, err := tx.Identify(w.ctx, id, visitor.Lead.ID); return err })
	locked, result := make(chan struct{}), make(chan error, 1)
	w.change(func(tx lead.Tx) error {
		works, err := tx.Lock(w.ctx, ids(known, visitor))
		w.ok(err)
		go func() {
			result <- w.s.Change(w.ctx, func(tx lead.Tx) error {
				who, err := tx.Identities(w.ctx, []lead.Identity{id})
				if err != nil {
					return err
				}
				select {
				case <-locked:
				default:
					close(locked)
				}
				works, err := tx.Lock(w.ctx, []string{who[id]})
				if err != nil {
					return err
				}
				if works[who[id]].Lead.MergedInto != "" {
					return errors.New("the lead that the identity leads to was merged")
				}
				return nil
			})
		}()
		select {
		case <-locked: // it has read the old state
		case <-time.After(200 * time.Millisecond): // SQLite: it waits for its begin
		}
		w.ok(tx.Merge(w.ctx, visitor.Lead.ID, known.Lead.ID))
		works[visitor.Lead.ID].Lead.MergedInto = known.Lead.ID
		return tx.Write(w.ctx, now, []*lead.Work{works[visitor.Lead.ID], works[known.Lead.ID]})
	})
	if err := <-result; err != nil {
		w.Error(err)
	}
}

func rollback(w *world) {
	team := w.team("EMEA")
	work := w.waiting(team, "ada")
	stop := errors.New("stop")
	id := lead.Identity{Kind: lead.ByEmail, Value: "ada@buyer.example"}
	half := func(tx lead.Tx) {
		works, err := tx.Lock(w.ctx, ids(work))
		w.ok(err)
		works[work.Lead.ID].Lead.Name = "Half"
		works[work.Lead.ID].History = []lead.History{{Seq: 1, RecordedAt: now, OccurredAt: now}}
		w.ok(tx.Write(w.ctx, now, []*lead.Work{works[work.Lead.ID]}))
		_, err = tx.NewMessages(w.ctx, []string{"m"}, now)
		w.ok(err)
		_, err = tx.Identify(w.ctx, id, work.Lead.ID)
		w.ok(err)
		w.ok(tx.Append(w.ctx, []lead.Activity{act("m", work.Lead.ID, "Page Viewed", now)}))
	}
	err := w.s.Change(w.ctx, func(tx lead.Tx) error { half(tx); return stop })
	w.refused("the transaction", err, stop)
	func() {
		defer func() {
			if recover() == nil {
				w.Error("a panic inside a transaction is swallowed")
			}
		}()
		w.ok(w.s.Change(w.ctx, func(tx lead.Tx) error { half(tx); panic("a bug") }))
	}()
	w.same("the lead", *work.Lead, w.card(work.Lead.ID).Lead)
	for _, table := range []string{"history", "message_ids", "identities", "activities"} {
		if n := w.count(`SELECT COUNT(*) FROM ` + table); n != 0 {
			w.Errorf("%d rows of %s were kept", n, table)
		}
	}
	w.alter(work.Lead.ID, now, func(x *lead.Work) { x.Lead.Name = "Whole" }) // no lock was left behind
}

func activitiesByEvent(w *world) {
	work := w.begin(nil)
	w.change(func(tx lead.Tx) error {
		w.ok(tx.Append(w.ctx, nil))
		w.ok(tx.Append(w.ctx, []lead.Activity{
			act("3", work.Lead.ID, "Page Viewed", now), act("1", work.Lead.ID, "  PRODUCTS compared ", now.Add(time.Hour)),
			act("2", work.Lead.ID, "Page Viewed", now), act("4", work.Lead.ID, "Webinar Viewed", now), act("5", "another", "Page Viewed", now),
			{MessageID: "0", LeadID: work.Lead.ID, Name: "page viewed", OccurredAt: now.Add(-time.Hour).In(east), ReceivedAt: now},
		}))
		props := map[string]any{"n": 1.5}
		all := []scoring.Activity{
			{ID: "1", Event: "  PRODUCTS compared ", Properties: props, At: now.Add(time.Hour)},
			{ID: "3", Event: "Page Viewed", Properties: props, At: now}, {ID: "2", Event: "Page Viewed", Properties: props, At: now},
			{ID: "0", Event: "page viewed", Properties: map[string]any{}, At: now.Add(-time.Hour)},
		}
		of := []string{"page viewed", "products compared"}
		got, err := tx.Activities(w.ctx, work.Lead.ID, of, nil, 10)
		w.same("this transaction's included, the latest first", all, got)
		w.ok(err)
		got, err = tx.Activities(w.ctx, work.Lead.ID, of, nil, 2)
		w.same("the latest ones", all[:2], got)
		w.ok(err)
		got, err = tx.Activities(w.ctx, work.Lead.ID, of, &lead.ActivityPoint{OccurredAt: now.In(east), MessageID: "3"}, 2)
		w.same("those before", all[2:], got)
		w.ok(err)
		got, err = tx.Activities(w.ctx, work.Lead.ID, nil, nil, 10)
		w.same("of no event", []scoring.Activity{}, got)
		return err
	})
}

func duplicates(w *world) {
	w.change(func(tx lead.Tx) error {
		w.ok(tx.SuspectDuplicate(w.ctx, "b", "a", "email", now))
		w.ok(tx.SuspectDuplicate(w.ctx, "a", "b", "phone", now))
		return tx.SuspectDuplicate(w.ctx, "a", "c", "phone", now)
	})
	if n := w.count(`SELECT COUNT(*) FROM duplicates`); n != 2 {
		w.Errorf("%d suspected duplicates, want a pair once, whatever its order", n)
	}
}
