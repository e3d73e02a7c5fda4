package lead

import (
	"cmp"
	"context"
	"math"
	"time"

	"hotleads/scoring"
	"hotleads/sla"
)

var strength = map[IdentityKind]int{ByUser: 0, ByEmail: 1, ByPhone: 2, ByAnonymous: 3}

func compareIdentities(a, b Identity) int {
	return cmp.Or(cmp.Compare(strength[a.Kind], strength[b.Kind]), cmp.Compare(a.Value, b.Value))
}

// identities are all that a message names, strongest first.
func (m Message) identities() []Identity {
	var ids []Identity
	add := func(k IdentityKind, v string) {
		if v != "" {
			ids = append(ids, Identity{k, v})
		}
	}
	add(ByUser, m.UserID)
	traits := normalTraits(m.Traits)
	email, _ := traits["email"].(string)
	phone, _ := traits["phone"].(string)
	add(ByEmail, email)
	if NormalPhone(phone) == phone {
		add(ByPhone, phone)
	}
	add(ByAnonymous, m.AnonymousID)
	if m.Type == Alias {
		add(ByUser, m.PreviousID)
		add(ByAnonymous, m.PreviousID)
	}
	return ids
}

// follow goes from a lead that was merged in this transaction to what it became.
func (in *arrival) follow(id string) string {
	for in.works[id] != nil && in.works[id].Lead.MergedInto != "" && in.works[in.works[id].Lead.MergedInto] != nil {
		id = in.works[id].Lead.MergedInto
	}
	return id
}

// resolve finds the lead that a message is about, or begins one. The strongest
// identity that leads somewhere decides; unknown ones are made to lead there
// too; an anonymous lead is merged; another known lead is a suspected duplicate.
func (in *arrival) resolve(ctx context.Context, m Message) (string, error) {
	ids := m.identities()
	if m.Type == Alias {
		ids = in.aliasOrder(m, ids)
	}
	lead := ""
	for _, id := range ids {
		at, known := in.who[id]
		if !known {
			continue
		}
		at = in.follow(at)
		if in.somebodyElse(at, id.Kind, ids) {
			continue
		}
		lead = at
		break
	}
	if lead == "" {
		w := NewLead(in.sc.Rules, in.sc.Now)
		lead = w.Lead.ID
		in.works[lead] = w
	}
	for _, id := range ids {
		next, err := in.attach(ctx, id, lead)
		if err != nil {
			return "", err
		}
		lead = next
	}
	if w := in.works[lead]; m.Type == Alias && w.Lead.UserID == m.PreviousID && in.who[Identity{ByUser, m.UserID}] == lead {
		w.Lead.UserID = m.UserID
	}
	return lead, nil
}

// somebodyElse tells whether the lead that a weak identity leads to is another
// person than the message names: it has another user id (two people at one
// address), or another email at the end of a shared browser or telephone.
func (in *arrival) somebodyElse(lead string, by IdentityKind, ids []Identity) bool {
	w := in.works[lead]
	if w == nil {
		return true // there is nobody any more
	}
	for _, id := range ids {
		switch {
		case strength[id.Kind] >= strength[by]:
		case id.Kind == ByUser && w.Lead.UserID != "" && w.Lead.UserID != id.Value,
			id.Kind == ByEmail && w.Lead.Email != "" && w.Lead.Email != id.Value:
			return true
		}
	}
	return false
}

// aliasOrder: what was called PreviousID is looked for before the new id.
func (in *arrival) aliasOrder(m Message, ids []Identity) []Identity {
	prev := Identity{ByUser, m.PreviousID}
	if _, known := in.who[prev]; !known {
		prev = Identity{ByAnonymous, m.PreviousID}
	}
	out := []Identity{{ByUser, m.UserID}, prev}
	for _, id := range ids {
		if id.Value != m.PreviousID && id != out[0] {
			out = append(out, id)
		}
	}
	return out
}

// attach makes an identity lead to the lead, merges the anonymous lead that it
// led to, or notes a suspected duplicate. It returns the lead to go on with:
// another one where somebody made this person's lead a moment earlier.
func (in *arrival) attach(ctx context.Context, id Identity, lead string) (string, error) {
	at, known := in.who[id]
	if !known {
		got, err := in.identify(ctx, id, lead)
		if err != nil || got == lead {
			return lead, err
		}
		at = got
	}
	at = in.follow(at)
	there, here := in.works[at], in.works[lead]
	switch {
	case at == lead || there == nil:
		return lead, nil
	case !in.named(there):
		return lead, in.merge(ctx, there, here)
	case !known && here.New && !in.named(here):
		return at, in.merge(ctx, here, there)
	case id.Kind == ByAnonymous:
		return lead, nil // a shared browser: who was known there first keeps it
	}
	return lead, in.tx.SuspectDuplicate(ctx, at, lead, string(id.Kind), in.sc.Now)
}

// named tells whether anything but an anonymous id leads to the lead by now.
func (in *arrival) named(w *Work) bool { return w.Named || w.Lead.Known() }

// identify stores an identity of a lead, and in the lead what it tells. It
// returns the lead that the identity leads to.
func (in *arrival) identify(ctx context.Context, id Identity, lead string) (string, error) {
	got, err := in.tx.Identify(ctx, id, lead)
	if err != nil {
		return "", err
	}
	in.who[id] = got
	if got != lead {
		return got, in.lock(ctx, []string{got})
	}
	in.told[lead] = true
	in.identified(id, lead)
	w := in.works[lead]
	w.Named = w.Named || id.Kind != ByAnonymous
	if id.Kind == ByUser && w.Lead.UserID == "" {
		w.Lead.UserID = id.Value
	}
	return got, nil
}

// merge makes an anonymous lead part of a known one, once: what the visitor did
// before giving a name counts; stage, owner and clocks of the known one stay.
func (in *arrival) merge(ctx context.Context, from, into *Work) error {
	f, t := from.Lead, into.Lead
	if err := in.tx.Merge(ctx, f.ID, t.ID); err != nil {
		return err
	}
	for i := range in.acts {
		if in.acts[i].LeadID == f.ID {
			in.acts[i].LeadID = t.ID
		}
	}
	for id, at := range in.who {
		if at == f.ID {
			in.who[id] = t.ID
		}
	}
	t.absorb(&f.Profile)
	into.learned()
	in.said[f.ID], in.said[t.ID] = true, true
	if t.Source == "" || (f.Source != "" && f.CreatedAt.Before(t.CreatedAt)) {
		t.Source = cmp.Or(f.Source, t.Source)
	}
	if f.LastActivityAt.After(t.LastActivityAt) {
		t.LastActivityAt = f.LastActivityAt
	}
	into.watch(in.sc)
	if !f.HandRaisedAt.IsZero() {
		into.raise(in.sc, f.HandRaisedAt)
	}
	if f.CreatedAt.Before(t.CreatedAt) {
		t.CreatedAt = f.CreatedAt
	}
	into.Heard += 1 + from.Heard
	into.joinLedgers(from)
	from.mergedAway(in.sc)
	for i := range from.Occasions {
		from.Occasions[i].LeadID = t.ID
	}
	f.MergedInto, f.Ledger, f.Since, from.Late = t.ID, scoring.Ledger{}, scoring.Ledger{}, nil
	in.told[f.ID], in.told[t.ID] = true, true
	in.traits[t.ID] = true
	return nil
}

// joinLedgers has what a lead did count for the one that it becomes part of. What
// only one of them did is as it is; where both did, order may matter.
func (w *Work) joinLedgers(from *Work) {
	l, f := w.Lead, from.Lead
	for _, cut := range []time.Time{l.EngagementAt, l.ReturnedAt, f.EngagementAt, f.ReturnedAt} {
		if !cut.IsZero() {
			w.Late = append(w.Late, "*")
			return
		}
	}
	w.Late = append(w.Late, from.Late...)
	for rule, theirs := range f.Ledger {
		if ours, both := l.Ledger[rule]; both {
			w.Late = append(w.Late, rule)
			ours.Count += theirs.Count
			theirs = ours
		}
		l.Ledger[rule] = theirs
	}
}

// mergedAway ends what was going on with a lead that becomes part of another:
// nothing is due for it any more, and its history says where it ends.
func (w *Work) mergedAway(sc Scene) {
	l, before := w.Lead, w.Lead.Life
	w.endHandOff(sc, sla.Cancelled)
	w.toNurture(sc)
	if before.Stage != Nurture {
		w.record(sc, before, History{Move: Merge, Cause: CauseMerged})
	}
	l.CallbackAt, l.HandRaisedAt, l.Backlog, l.HeldBack = time.Time{}, time.Time{}, false, ""
}

// minorUnits reads an amount of money, in minor units of the company currency
// as everywhere; 0 for what is none.
func minorUnits(v any) int64 {
	f, ok := v.(float64)
	if !ok || !(f >= 0 && f < 1e15) {
		return 0
	}
	return int64(math.Round(f))
}
