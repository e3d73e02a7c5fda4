package storetest

import (
	"errors"
	"fmt"

	"hotleads/lead"
)

// entryRace: of many who add the same person at once one does, and of many leads
// that are given the same address at once, while the intake hears of it, one
// gets it; the others are suspected duplicates.
func entryRace(w *world) {
	desk, _ := w.desk()
	by := lead.Actor{Kind: lead.ByKey, ID: "crm", Via: "api"}
	said := func(email string) map[string]any { return map[string]any{"email": email} }
	errs := together(30, func(i int) error {
		_, err := desk.Add(w.ctx, lead.Entry{UserID: fmt.Sprint("new", i), Traits: said("ada@acme.example")}, by, now)
		return err
	})
	w.one("additions", errs, lead.ErrConflict)
	w.same("identities of who was added", 2, w.count(`SELECT COUNT(*) FROM identities`))

	var ids []string
	for i := range 12 {
		l := must(desk.Add(w.ctx, lead.Entry{UserID: fmt.Sprint("one of ", i)}, by, now))(w)
		ids = append(ids, l.ID)
	}
	errs = together(len(ids)+6, func(i int) error {
		if i >= len(ids) {
			m := lead.Message{ID: fmt.Sprint("heard ", i), Type: lead.Identify, UserID: fmt.Sprint("one of ", i-len(ids)), Traits: said("eve@acme.example"), OccurredAt: now, ReceivedAt: now}
			errs, err := desk.TakeAt(w.ctx, []lead.Message{m}, now)
			return errors.Join(append(errs, err)...)
		}
		_, err := desk.Correct(w.ctx, ids[i], lead.Entry{Traits: said("eve@acme.example")}, by, now)
		return err
	})
	owner := must(w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByEmail, Value: "eve@acme.example"}))(w)
	for i, err := range errs {
		switch {
		case i >= len(ids) && err != nil:
			w.Errorf("the intake: %v", err)
		case i < len(ids) && (err == nil) != (ids[i] == owner):
			w.Errorf("lead %d got the address: %v; it is %s's", i, err, owner)
		case err != nil:
			w.refused("another's address", err, lead.ErrConflict)
		}
	}
	w.same("suspected duplicates", len(ids)-1, w.count(`SELECT COUNT(*) FROM duplicates`))
}
