package lead

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"hotleads/scoring"
)

// take stores messages in one transaction and announces what came of them.
func (d *Desk) take(ctx context.Context, msgs []Message, c coming) error {
	sc, err := d.scene(ctx, System, c.now)
	if err != nil {
		return err
	}
	change := d.store.Change
	if c.flowing {
		change = d.store.TakeIn
	}
	var in *arrival
	var n news
	err = change(ctx, func(tx Tx) error {
		in = newArrival(d, tx, sc, c.why)
		if c.noter != nil {
			in.taken = &TakenIn{Messages: msgs, Leads: map[string]string{}, Before: map[string]Lead{}, Identities: map[string][]Identity{}}
		}
		if err := in.process(ctx, msgs); err != nil {
			return err
		}
		n = newsOf(sc.Rules, c.now, in.changed())
		if c.noter == nil {
			return nil
		}
		return in.note(ctx, c.noter)
	})
	if c.noter != nil && (err == nil || errors.Is(err, ErrNothingKept)) {
		c.noter.Committed()
	}
	switch {
	case errors.Is(err, ErrNothingKept):
		return nil
	case err != nil:
		return err
	}
	n.since = time.Now()
	if c.flowing {
		d.told.later(n)
	} else {
		d.tell(ctx, n)
	}
	for _, note := range in.notes {
		d.log.LogAttrs(ctx, slog.LevelWarn, "an outcome was not taken as it was sent", note...)
	}
	return nil
}

// arrival is one transaction's messages becoming leads' changes.
type arrival struct {
	desk     *Desk
	tx       Tx
	sc       Scene
	why      Why
	works    map[string]*Work    // by lead id: locked, or new
	who      map[Identity]string // what identities lead to by now
	told     map[string]bool     // leads that something is now known of that was not
	traits   map[string]bool     // leads of which a trait changed
	said     map[string]bool     // leads of whose traits a message said something, if only the same again
	acts     []Activity
	outcomes []outcome
	taken    *TakenIn      // what whoever takes note is told; nil: nobody does
	notes    [][]slog.Attr // of outcomes, for the log once the transaction is committed
}

func newArrival(d *Desk, tx Tx, sc Scene, why Why) *arrival {
	return &arrival{desk: d, tx: tx, sc: sc, why: why,
		works: map[string]*Work{}, who: map[Identity]string{}, told: map[string]bool{}, traits: map[string]bool{}, said: map[string]bool{}}
}

// outcome is a CRM's message and the lead that it is about.
type outcome struct {
	lead string
	Message
}

// process takes messages in one after the other, as if each had come alone.
func (in *arrival) process(ctx context.Context, msgs []Message) error {
	ids := make([]string, len(msgs))
	for i, m := range msgs {
		ids[i] = m.ID
	}
	isNew, err := in.tx.NewMessages(ctx, ids, in.sc.Now)
	if err != nil {
		return err
	}
	fresh := msgs[:0:0]
	for _, m := range msgs {
		if isNew[m.ID] {
			isNew[m.ID] = false // a message may stand twice in one batch
			fresh = append(fresh, m)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := in.load(ctx, fresh); err != nil {
		return err
	}
	for _, m := range fresh {
		lead, err := in.resolve(ctx, m)
		if err != nil {
			return err
		}
		if err := in.reaches(m, lead); err != nil {
			return err
		}
		in.hear(in.works[lead], m)
	}
	if err := in.tx.Append(ctx, in.acts); err != nil {
		return err
	}
	return in.settle(ctx)
}

// load finds and locks the leads that the messages are about, in id order.
func (in *arrival) load(ctx context.Context, msgs []Message) error {
	var ids []Identity
	for _, m := range msgs {
		ids = append(ids, m.identities()...)
	}
	slices.SortFunc(ids, compareIdentities)
	found, err := in.tx.Identities(ctx, slices.Compact(ids))
	if err != nil {
		return err
	}
	maps.Copy(in.who, found)
	return in.lock(ctx, slices.Compact(slices.Sorted(maps.Values(found))))
}

func (in *arrival) lock(ctx context.Context, ids []string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return in.works[id] != nil })
	if len(ids) == 0 {
		return nil
	}
	works, err := in.tx.Lock(ctx, ids)
	if err != nil {
		return err
	}
	for id, w := range works {
		w.Begin()
		in.works[id] = w
		in.remember(w)
		if err := in.desk.upgrade(ctx, in.tx, in.sc, w); err != nil {
			return err
		}
	}
	return nil
}

// hear takes one message into its lead.
func (in *arrival) hear(w *Work, m Message) {
	l := w.Lead
	in.told[l.ID] = true
	if m.Source != "" && l.Source == "" {
		l.Source = m.Source
	}
	if len(m.Traits) > 0 || m.TimeZone != "" {
		in.said[l.ID] = true
		w.learned()
	}
	if changed, contact := l.Learn(m.Traits, m.OccurredAt); changed {
		in.traits[l.ID] = true
		w.traitsChanged(contact)
	}
	if _, said := m.Traits["timezone"]; !said && m.TimeZone != "" {
		l.Learn(map[string]any{"timezone": m.TimeZone}, m.OccurredAt) // the browser's word: no trait that anybody mended
	}
	if m.Import != nil {
		w.imported(in.sc, *m.Import)
	}
	if m.Server && outcomeMove(m.Event) != "" {
		in.outcomes = append(in.outcomes, outcome{l.ID, m})
	}
	if m.Event == "" {
		return
	}
	a := Activity{MessageID: m.ID, LeadID: l.ID, Name: m.Event, Properties: m.Properties, OccurredAt: m.OccurredAt, ReceivedAt: m.ReceivedAt, SaidAt: m.SaidAt}
	in.acts = append(in.acts, a)
	w.Hear(in.sc, a)
}

// traitsChanged lifts what waited for a trait to change.
func (w *Work) traitsChanged(contact bool) {
	l := w.Lead
	switch {
	case l.Blocked == BlockedFit:
		l.Blocked = ""
	case l.Blocked == BlockedData && contact:
		l.Blocked = ""
		l.CallbackAt = l.ReturnedAt // mended: it comes back to its rep at once
	}
}

// imported takes what an import says besides traits. A lead that has already
// been in a hand-off keeps its own story.
func (w *Work) imported(sc Scene, im Imported) {
	l := w.Lead
	if !im.CreatedAt.IsZero() && im.CreatedAt.Before(l.CreatedAt) {
		l.CreatedAt = im.CreatedAt
	}
	if im.TeamID != "" && l.TeamID == "" {
		l.TeamID = im.TeamID
	}
	if im.Outcome == "" || l.Stage != Nurture || l.HistorySeq > l.Edits {
		return
	}
	before := l.Life
	w.moveTo(im.Outcome, sc.Now)
	l.ClosedAt, l.Amount = im.ClosedAt, im.Amount
	if l.ClosedAt.IsZero() {
		l.ClosedAt = sc.Now
	}
	w.record(sc, before, History{Move: map[Stage]Move{Won: Win, Lost: Lose}[im.Outcome], OccurredAt: l.ClosedAt, Amount: im.Amount, Cause: CauseImport})
}

// settle derives what came late, lets outcomes and qualifications happen, and writes.
func (in *arrival) settle(ctx context.Context) error {
	works := in.changed()
	for _, w := range works {
		if err := in.desk.rederive(ctx, in.tx, in.sc, w); err != nil {
			return err
		}
	}
	for _, w := range works {
		w.weigh(in.sc.Rules)
		w.Untold = !in.said[w.Lead.ID]
	}
	for _, o := range in.outcomes {
		if err := in.crmOutcome(in.works[in.follow(o.lead)], o.Message); err != nil {
			return err
		}
	}
	for _, w := range works {
		if err := in.consider(w); err != nil {
			return err
		}
		if err := w.Settle(in.sc); err != nil {
			return err
		}
	}
	return in.tx.Write(ctx, in.sc.Now, works)
}

// consider lets a lead qualify where the messages gave a reason to.
func (in *arrival) consider(w *Work) error {
	why := in.why
	if why == ByActivity && w.Heard == 0 {
		why = ByTrait
	}
	if w.Lead.MergedInto != "" || (why == ByTrait && !in.traits[w.Lead.ID] && w.Lead.HeldBack == "") {
		return nil
	}
	return w.Consider(in.sc, why)
}

// changed are the leads that the messages told something of, in id order.
func (in *arrival) changed() []*Work {
	works := make([]*Work, 0, len(in.told))
	for id := range in.told {
		works = append(works, in.works[id])
	}
	slices.SortFunc(works, func(a, b *Work) int { return strings.Compare(a.Lead.ID, b.Lead.ID) })
	return works
}

// outcomeMove is the move that an outcome event of a server key stands for, or "".
func outcomeMove(event string) Move {
	switch scoring.Fold(event) {
	case "opportunity created":
		return Opportunity
	case "deal won":
		return Win
	case "deal lost":
		return Lose
	}
	return ""
}

// crmOutcome makes the move of an outcome event. What the lead's stage does not
// allow (it is won already) changes nothing, and is logged once it is certain:
// the activity itself is kept.
func (in *arrival) crmOutcome(w *Work, m Message) error {
	sc := in.sc
	sc.Actor = Actor{Kind: ByKey, Via: "intake"}
	r := Request{Move: outcomeMove(m.Event), At: m.OccurredAt, Amount: minorUnits(m.Properties["amount"])}
	if c := m.Properties["currency"]; c != nil && c != "" && !strings.EqualFold(textTrait(c), Currency) {
		r.Amount = 0 // not to be added to amounts in the company's
		in.log(m, w, "its amount is not in "+Currency)
	}
	if reason, ok := m.Properties["reason"].(string); ok {
		r.Reason = clip(reason, maxReason)
	}
	err := w.Do(sc, r)
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrInvalid) {
		in.log(m, w, "it changes nothing")
		return nil
	}
	return err
}

// log keeps what the log is to tell of an outcome: no personal data.
func (in *arrival) log(m Message, w *Work, why string) {
	in.notes = append(in.notes, []slog.Attr{slog.String("message_id", m.ID), slog.String("outcome", string(outcomeMove(m.Event))),
		slog.String("lead", w.Lead.ID), slog.String("stage", string(w.Lead.Stage)), slog.String("why", why)})
}

// clip is a text's first characters.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
