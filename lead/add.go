package lead

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// Where a lead that was added comes from, unless its entry says it.
const (
	SourceByHand = "by hand"
	SourceAPI    = "api"
)

// Add begins a lead that somebody names by hand: by email, phone or user id. It
// is scored like any other, and its history begins with who added it.
//
// An identity that leads to a lead already is ErrConflict with that lead; where
// the actor may not see it, the refusal tells nothing of it. Whose role adds no
// leads is ErrForbidden, a field that is wrong ErrInvalid. Where several add the
// same person at once, one of them does.
func (d *Desk) Add(ctx context.Context, e Entry, by Actor, now time.Time) (Scored, error) {
	if err := mayEdit(by); err != nil {
		return Scored{}, err
	}
	sc, err := d.scene(ctx, by, now)
	if err != nil {
		return Scored{}, err
	}
	m, err := e.message(now)
	m.dropUnsaid()
	var who, team error
	if len(m.identities()) == 0 && !slices.ContainsFunc(RefusalsOf(err), func(r *Refusal) bool { return r.Field == "email" || r.Field == "phone" }) {
		who = invalid("email", "say who it is: an email, a phone or a user id")
	}
	if t := sc.Book.Team(e.TeamID); e.TeamID != "" && (t == nil || !t.DisabledAt.IsZero() || (by.Kind == ByPerson && !by.User.Sees(t.ID))) {
		team = invalid("team", "that is no team to which you can add leads")
	}
	if err := Together(err, who, team); err != nil {
		return Scored{}, err
	}
	w := &Work{}
	err = d.edit(ctx, sc, func(in *arrival) error {
		w = NewLead(sc.Rules, now)
		in.works[w.Lead.ID] = w
		w.Lead.TeamID = e.TeamID
		w.Lead.Source = cmp.Or(strings.TrimSpace(e.Source), by.source())
		return in.edit(ctx, w, m, by, Add)
	})
	if taken, ok := errors.AsType[*takenError](err); ok {
		return Scored{}, d.refuseTaken(ctx, taken.by[0], by)
	}
	if err != nil {
		return Scored{}, err
	}
	return sc.Rules.Explain(*w.Lead, w.Clocks, now), nil
}

// Correct says better what is known of a lead: a trait that is named takes its
// value or, nil, is forgotten; the others stay. What a changed trait does follows
// as if the lead had said it: it may qualify, and contact data that is mended
// brings it back to its rep. What is as it was changes nothing.
//
// Refusals are ErrNotFound (invisible, too), ErrForbidden, ErrConflict with the
// lead as it is now (it is no longer at e.Version, or an identity is another
// lead's: then the two are suspected duplicates, never merged by this),
// ErrInvalid.
func (d *Desk) Correct(ctx context.Context, id string, e Entry, by Actor, now time.Time) (Scored, error) {
	sc, err := d.scene(ctx, by, now)
	if err != nil {
		return Scored{}, err
	}
	m, bad := e.message(now)
	var w *Work
	err = d.edit(ctx, sc, func(in *arrival) error {
		taken := &takenError{}
		if bad == nil {
			if taken.by, err = in.identitiesOfOthers(ctx, m, id); err != nil {
				return err
			}
		}
		if err := in.lock(ctx, []string{id}); err != nil {
			return err
		}
		w = in.works[id]
		if w == nil || w.Lead.MergedInto != "" || (by.Kind == ByPerson && !by.User.Sees(w.Lead.TeamID)) {
			return NotFound("the lead " + id)
		}
		if err := mayEdit(by); err != nil {
			return err
		}
		if by.Kind == ByPerson && !by.User.MayCorrect(w.Lead) {
			return forbidden("%s holds it: only they, a manager or marketing correct it", sc.Book.Name(w.Lead.OwnerID))
		}
		switch {
		case e.Version != 0 && e.Version != w.Lead.Version:
			return conflict("%s has changed since: it is at version %d, not %d", w.Lead.DisplayName(), w.Lead.Version, e.Version)
		case len(taken.by) > 0:
			return taken
		case bad != nil:
			return bad
		}
		return in.edit(ctx, w, m, by, Correct)
	})
	if errors.Is(err, errNothingChanged) {
		err = nil
	}
	if taken, ok := errors.AsType[*takenError](err); ok {
		if err = d.suspect(ctx, id, taken.by, now); err == nil {
			err = d.refuseTaken(ctx, taken.by[0], by)
		}
	}
	var refused *Refusal
	if errors.As(err, &refused) && errors.Is(err, ErrConflict) {
		if l, _, rerr := d.store.Lead(ctx, id); rerr == nil {
			refused.Lead = &l
		}
	}
	if err != nil {
		return Scored{}, err
	}
	return sc.Rules.Explain(*w.Lead, w.Clocks, now), nil
}

// mayEdit: whoever takes part in hand-offs adds and corrects leads, and programs do.
func mayEdit(by Actor) error {
	if by.Kind == ByPerson && !slices.Contains([]Role{Rep, Manager, Marketing}, by.User.Role) {
		return forbidden("only reps, managers and marketing add and correct leads")
	}
	return nil
}

func (a Actor) source() string {
	if a.Via == "page" {
		return SourceByHand
	}
	return SourceAPI
}

// edit does in one transaction what somebody does to a lead by hand, what
// follows from it as from any arrival, and announces it.
func (d *Desk) edit(ctx context.Context, sc Scene, f func(*arrival) error) error {
	sc.Actor = System // what follows is the system's doing
	var in *arrival
	err := d.store.Change(ctx, func(tx Tx) error {
		in = newArrival(d, tx, sc, ByTrait)
		if err := f(in); err != nil {
			return err
		}
		return in.settle(ctx)
	})
	if err == nil {
		d.announce(ctx, sc.Rules, sc.Now, in.changed())
	}
	return err
}

// edit takes an entry into its lead, with the row of history that tells whose it
// is. Where nothing is new that is errNothingChanged.
func (in *arrival) edit(ctx context.Context, w *Work, m Message, by Actor, as Move) error {
	l := w.Lead
	was, before := l.clone(), l.Life
	if err := in.claimIdentities(ctx, m, l.ID); err != nil {
		return err
	}
	if m.UserID != "" {
		l.UserID = m.UserID
	}
	m.sayNow(&l.Profile)
	in.hear(w, m)
	if err := m.kept(&l.Profile); err != nil {
		return err
	}
	h := History{Move: as}
	if as == Correct {
		if h.Cause = l.changes(was); h.Cause == "" {
			return errNothingChanged
		}
	}
	sc := in.sc
	sc.Actor = by
	w.record(sc, before, h)
	l.Edits++
	// An undo of the move before takes neither this back nor what tells others of it.
	told := &w.Outbox[len(w.Outbox)-1]
	told.Seq, told.NotBefore = 0, sc.Now
	if u := l.Undo; u != nil && u.Last == l.HistorySeq-1 && before.Blocked == l.Blocked {
		u.Last = l.HistorySeq
	}
	return nil
}

// takenError says that identities of an entry are other leads'.
type takenError struct{ by []takenIdentity }

// takenIdentity is an identity and the lead that it leads to.
type takenIdentity struct {
	Identity
	lead string
}

func (*takenError) Error() string { return "an identity of the entry is another lead's" }

// identitiesOfOthers are those of an entry that lead to another lead than that
// one, strongest first.
func (in *arrival) identitiesOfOthers(ctx context.Context, m Message, lead string) (taken []takenIdentity, err error) {
	ids := m.identities()
	found, err := in.tx.Identities(ctx, ids)
	for _, id := range ids {
		if at, known := found[id]; known {
			in.who[id] = at
			if at != lead {
				taken = append(taken, takenIdentity{id, at})
			}
		}
	}
	return taken, err
}

// claimIdentities makes those of an entry lead to the lead; takenError where one
// is another's.
func (in *arrival) claimIdentities(ctx context.Context, m Message, lead string) error {
	if in.works[lead].New {
		if taken, err := in.identitiesOfOthers(ctx, m, lead); err != nil || len(taken) > 0 {
			return cmp.Or[error](err, &takenError{taken})
		}
	}
	for _, id := range m.identities() {
		if in.who[id] == lead {
			continue
		}
		at, err := in.identify(ctx, id, lead)
		if err != nil {
			return err
		}
		if at != lead { // somebody was faster
			return &takenError{[]takenIdentity{{id, at}}}
		}
	}
	return nil
}

// suspect notes that a lead may be the same person as those whose identities it
// was to get.
func (d *Desk) suspect(ctx context.Context, lead string, taken []takenIdentity, now time.Time) error {
	return d.store.Change(ctx, func(tx Tx) error {
		for _, t := range taken {
			if err := tx.SuspectDuplicate(ctx, t.lead, lead, string(t.Kind), now); err != nil {
				return err
			}
		}
		return nil
	})
}

var identityWords = map[IdentityKind]string{ByUser: "user id", ByEmail: "email", ByPhone: "telephone number"}

// refuseTaken says which lead an identity leads to, to who may know.
func (d *Desk) refuseTaken(ctx context.Context, t takenIdentity, by Actor) error {
	l, _, err := d.look(ctx, Identity{Value: t.lead})
	if err != nil {
		return err
	}
	if by.Kind == ByPerson && !by.User.Sees(l.TeamID) {
		return conflict("this %s can't be used here: ask marketing or an administrator", identityWords[t.Kind])
	}
	return &Refusal{Kind: ErrConflict, Text: l.DisplayName() + " has this " + identityWords[t.Kind] + " already, and is " + stageWords[l.Stage], Lead: &l}
}
