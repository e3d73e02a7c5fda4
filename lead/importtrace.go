package lead

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// ImportTrace is what one transaction of an import did to one lead: enough to
// take it back as far as nothing else has happened since.
type ImportTrace struct {
	LeadID string `json:"-"`
	Seq    int64  `json:"-"` // rows of the file that were dealt with then
	New    bool   `json:"-"` // it made the lead

	At         time.Time           `json:"at"` // when its rows count as said
	Messages   []string            `json:"messages"`
	Identities []Identity          `json:"identities,omitempty"` // that led nowhere before
	Traits     map[string]TraitWas `json:"traits,omitempty"`     // what the traits that it said were before
	Name       *string             `json:"name,omitempty"`       // the name before, where a part of it changed it
	UserID     bool                `json:"user_id,omitempty"`    // it gave the user id
	Team       bool                `json:"team,omitempty"`       // it gave the team
	Source     bool                `json:"source,omitempty"`     // it gave the source
	CreatedAt  time.Time           `json:"created_at,omitzero"`  // the later date that was known before
	Moved      bool                `json:"moved,omitempty"`      // it closed the lead, or put it on the board

	// After the transaction:
	HistorySeq     int64     `json:"history"`
	LastActivityAt time.Time `json:"last_activity_at,omitzero"`
	Profile        string    `json:"profile"` // hash
}

// TraitWas is a trait before an import; At is zero where it was not known.
type TraitWas struct {
	Value any       `json:"value,omitempty"`
	At    time.Time `json:"at,omitzero"`
}

// Traces are what a transaction's rows, said at a moment, did to leads.
func (t TakenIn) Traces(at time.Time) []ImportTrace {
	messages := map[string][]string{}
	for _, m := range t.Messages {
		if id, isNew := t.Leads[m.ID]; isNew && !slices.Contains(messages[id], m.ID) {
			messages[id] = append(messages[id], m.ID)
		}
	}
	traces := make([]ImportTrace, 0, len(t.Works))
	for _, w := range t.Works {
		l := w.Lead
		tr := ImportTrace{LeadID: l.ID, New: w.New, At: at, Messages: messages[l.ID], Identities: t.Identities[l.ID],
			Moved: len(w.History) > 0, HistorySeq: l.HistorySeq, LastActivityAt: l.LastActivityAt, Profile: l.fingerprint()}
		if was, known := t.Before[l.ID]; known && !w.New {
			tr.since(&was, l)
		}
		traces = append(traces, tr)
	}
	return traces
}

// since notes what is not as it was.
func (tr *ImportTrace) since(was, l *Lead) {
	for name, at := range l.TraitTimes {
		if before, known := was.TraitTimes[name]; known && before.Equal(at) {
			continue
		}
		if tr.Traits == nil {
			tr.Traits = map[string]TraitWas{}
		}
		tr.Traits[name] = TraitWas{Value: was.trait(name), At: was.TraitTimes[name]}
	}
	if _, said := tr.Traits["name"]; !said && was.Name != l.Name {
		tr.Name = &was.Name
	}
	tr.UserID, tr.Team, tr.Source = was.UserID != l.UserID, was.TeamID != l.TeamID, was.Source != l.Source
	if !was.CreatedAt.Equal(l.CreatedAt) {
		tr.CreatedAt = was.CreatedAt
	}
}

// trait is a trait's value, nil where it is not known.
func (p *Profile) trait(name string) any {
	if field, core := p.coreFields()[name]; core {
		if *field == "" {
			return nil
		}
		return *field
	}
	return p.Traits[name]
}

// fingerprint changes with anything that is known of the lead.
func (l *Lead) fingerprint() string {
	b, err := json.Marshal(struct {
		Profile
		Source    string
		CreatedAt time.Time
		Merged    string
	}{l.Profile, l.Source, l.CreatedAt.UTC(), l.MergedInto})
	if err != nil {
		return err.Error() // traits came from JSON: they go back into it
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// ImportFate is what an undo makes of a trace.
type ImportFate string

// The fates: the lead is gone; what the import changed is as it was; something
// stays because it was needed or changed since.
const (
	Removed  ImportFate = "removed"
	Restored ImportFate = "restored"
	Kept     ImportFate = "kept"
)

// UndoneTrace is a trace with what became of it.
type UndoneTrace struct {
	ImportTrace
	Fate ImportFate
	Why  string // it was kept, in words
}

// UndoImport takes back what an import did, as far as nothing else happened
// since: traces come newest first. note keeps the outcome in the transaction.
func (d *Desk) UndoImport(ctx context.Context, traces []ImportTrace, note func(context.Context, Tx, []UndoneTrace) error, now time.Time) error {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return err
	}
	ids := make([]string, len(traces))
	for i, tr := range traces {
		ids[i] = tr.LeadID
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var changed []*Work
	err = d.store.Change(ctx, func(tx Tx) error {
		works, err := tx.Lock(ctx, ids)
		if err != nil {
			return err
		}
		u := importUndo{works: works, gone: map[string]bool{}, back: map[string]bool{}}
		for _, id := range ids {
			if w := works[id]; w != nil {
				w.Begin()
				if err := d.upgrade(ctx, tx, sc, w); err != nil {
					return err
				}
			}
		}
		done := make([]UndoneTrace, len(traces))
		for i, tr := range traces {
			done[i] = u.undo(tr)
		}
		if changed, err = u.write(ctx, tx, sc); err != nil {
			return err
		}
		return note(ctx, tx, done)
	})
	if err != nil {
		return err
	}
	d.announce(ctx, sc.Rules, now, changed)
	return nil
}

// importUndo is one transaction of an undo.
type importUndo struct {
	works      map[string]*Work
	gone, back map[string]bool // leads that are removed, and that changed
	messages   []string        // to be forgotten, so that a mended file can be imported
	identities []Identity
}

func (u *importUndo) undo(tr ImportTrace) UndoneTrace {
	w := u.works[tr.LeadID]
	kept := func(why string) UndoneTrace { return UndoneTrace{tr, Kept, why} }
	switch {
	case w == nil || u.gone[tr.LeadID]:
		return kept("it is not there any more")
	case w.Lead.MergedInto != "":
		return kept("it became part of another lead")
	}
	touched := tr.touched(w.Lead)
	if tr.New {
		if touched != "" {
			return kept(touched)
		}
		u.gone[tr.LeadID] = true
		u.messages = append(u.messages, tr.Messages...)
		return UndoneTrace{ImportTrace: tr, Fate: Removed}
	}
	left := w.Lead.unlearn(tr)
	u.back[tr.LeadID] = true
	if touched == "" {
		u.restore(w.Lead, tr)
	}
	switch {
	case tr.Moved:
		return kept("the import closed it or put it on the board: move it by hand")
	case len(left) > 0:
		return kept("said anew since: " + strings.Join(left, ", "))
	case touched != "" && (tr.UserID || tr.Team || len(tr.Identities) > 0):
		return kept(touched + "; its traits are as they were")
	}
	u.messages = append(u.messages, tr.Messages...)
	return UndoneTrace{ImportTrace: tr, Fate: Restored}
}

// touched says what happened to the lead since the import, or "".
func (tr ImportTrace) touched(l *Lead) string {
	switch {
	case l.HistorySeq != tr.HistorySeq:
		return "it has moved since"
	case !l.LastActivityAt.Equal(tr.LastActivityAt):
		return "it has done something since"
	case l.fingerprint() != tr.Profile:
		return "something else was learnt of it since"
	}
	return ""
}

// unlearn puts traits back that nobody said anew since, and returns the others.
func (l *Lead) unlearn(tr ImportTrace) (left []string) {
	core := l.coreFields()
	for _, name := range slices.Sorted(maps.Keys(tr.Traits)) {
		was := tr.Traits[name]
		if !l.TraitTimes[name].Equal(tr.At) {
			left = append(left, name)
			continue
		}
		if l.TraitTimes[name] = was.At; was.At.IsZero() {
			delete(l.TraitTimes, name)
		}
		field, isCore := core[name]
		switch {
		case isCore && was.Value == nil:
			*field = ""
		case isCore:
			*field = fmt.Sprint(was.Value)
		case was.Value == nil:
			delete(l.Traits, name)
		default:
			l.Traits[name] = was.Value
		}
	}
	return left
}

// restore puts back what else the import gave to a lead that nothing has
// happened to since.
func (u *importUndo) restore(l *Lead, tr ImportTrace) {
	u.identities = append(u.identities, tr.Identities...)
	if tr.Name != nil {
		l.Name = *tr.Name
	}
	if tr.UserID {
		l.UserID = ""
	}
	if tr.Source {
		l.Source = ""
	}
	if tr.Team && l.Stage == Nurture {
		l.TeamID = ""
	}
	if !tr.CreatedAt.IsZero() {
		l.CreatedAt = tr.CreatedAt
	}
}

// write stores the outcome and returns the leads to announce, those that are
// gone as off every board.
func (u *importUndo) write(ctx context.Context, tx Tx, sc Scene) ([]*Work, error) {
	var changed, gone []*Work
	for _, id := range slices.Sorted(maps.Keys(u.works)) {
		w := u.works[id]
		switch {
		case u.gone[id]:
			gone = append(gone, w)
		case !u.back[id]:
		default:
			if w.Lead.Stage == Nurture {
				if err := w.Consider(sc, ByImport); err != nil {
					return nil, err
				}
			}
			if err := w.Settle(sc); err != nil {
				return nil, err
			}
			changed = append(changed, w)
		}
	}
	if err := tx.Write(ctx, sc.Now, changed); err != nil {
		return nil, err
	}
	if err := tx.Forget(ctx, slices.Sorted(maps.Keys(u.gone)), u.messages, u.identities); err != nil {
		return nil, err
	}
	for _, w := range gone {
		w.Lead.Stage, w.Lead.OwnerID = Nurture, ""
		w.Lead.Version++
	}
	return append(changed, gone...), nil
}
