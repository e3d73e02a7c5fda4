package lead

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// Noter takes note of what an import does, transaction by transaction.
type Noter interface {
	// Kept is called at the end of each transaction and within it, again where
	// the database asks for a retry. Its error takes the transaction back and
	// ends the import, but for ErrNothingKept.
	Kept(ctx context.Context, tx Tx, t TakenIn) error
	// Committed: what Kept was told last is stored (or, with ErrNothingKept,
	// would have been).
	Committed()
	// Refused is told of a message that could not be stored, in its order
	// between the transactions.
	Refused(m Message, why error)
}

// ErrNothingKept from Noter.Kept takes a transaction back without failing: so a
// dry run learns what would happen.
var ErrNothingKept = errors.New("nothing is kept")

// noteError is an error of a Noter: no half of the messages would do better.
type noteError struct{ error }

func (e *noteError) Unwrap() error { return e.error }

// TakenIn is what became of messages in one transaction.
type TakenIn struct {
	Messages   []Message             // in their order
	Leads      map[string]string     // by id of each message that was new: the lead that it is about
	Works      []*Work               // leads that it told something of, in id order
	Before     map[string]Lead       // by id: those that were stored before, as they were
	Identities map[string][]Identity // by lead: what leads to it now and led nowhere before
}

// note tells n what the transaction holds.
func (in *arrival) note(ctx context.Context, n Noter) error {
	t := *in.taken
	for id, lead := range t.Leads {
		t.Leads[id] = in.follow(lead)
	}
	t.Works = slices.DeleteFunc(in.changed(), func(w *Work) bool { return w.New && w.Lead.MergedInto != "" })
	if err := n.Kept(ctx, in.tx, t); err != nil {
		return &noteError{err}
	}
	return nil
}

// remember keeps a lead as it was locked, for who takes note.
func (in *arrival) remember(w *Work) {
	if in.taken == nil {
		return
	}
	l := *w.Lead
	l.Traits, l.TraitTimes = maps.Clone(l.Traits), maps.Clone(l.TraitTimes)
	in.taken.Before[l.ID] = l
}

// identified keeps that an identity leads to a lead now, for who takes note.
func (in *arrival) identified(id Identity, lead string) {
	if in.taken != nil {
		in.taken.Identities[lead] = append(in.taken.Identities[lead], id)
	}
}

// reaches refuses a row about a lead that who imports may not touch.
func (in *arrival) reaches(m Message, lead string) error {
	l := in.works[lead].Lead
	if m.Import != nil && m.Import.Teams != nil && l.TeamID != "" && !slices.Contains(m.Import.Teams, l.TeamID) {
		return forbidden("it is about a lead of another team")
	}
	if in.taken != nil {
		in.taken.Leads[m.ID] = lead
	}
	return nil
}
