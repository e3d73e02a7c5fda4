package lead

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hotleads/scoring"
)

// Group commit: messages that arrive together share a transaction.
const (
	groupWait = 2 * time.Millisecond
	groupMost = 500 // messages
)

// intakeGroup is one caller's messages on their way into a transaction.
type intakeGroup struct {
	msgs []Message
	why  Why
	errs []error
	err  error
	done chan struct{}
}

// Take stores messages and does what follows from them. The errors stand by
// index: nil for a message that is stored or was known before. The last error
// is for all: then nothing was stored (ErrUnavailable: try again). A caller who
// goes away takes nobody's messages with it.
func (d *Desk) Take(ctx context.Context, msgs []Message) ([]error, error) {
	g := &intakeGroup{msgs: msgs, why: ByActivity, done: make(chan struct{})}
	select {
	case d.intake <- g:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: the intake is full", ErrUnavailable)
	}
	select {
	case <-g.done:
		return g.errs, g.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: the database did not answer in time", ErrUnavailable)
	}
}

// Import stores rows of an import (identify messages) in one transaction. What
// would qualify becomes backlog; live starts clocks as an activity would.
func (d *Desk) Import(ctx context.Context, rows []Message, live bool, now time.Time) ([]error, error) {
	why := ByImport
	if live {
		why = ByTrait
	}
	return d.take(ctx, rows, why, now)
}

// Run takes in messages until the context ends; what is on its way then is
// finished first. One Run per Desk.
func (d *Desk) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			for {
				select {
				case g := <-d.intake:
					d.commit([]*intakeGroup{g})
				default:
					return nil
				}
			}
		case g := <-d.intake:
			d.commit(d.gather(g))
		}
	}
}

// gather waits a moment for others who want to share the transaction.
func (d *Desk) gather(first *intakeGroup) []*intakeGroup {
	groups, n := []*intakeGroup{first}, len(first.msgs)
	timer := time.NewTimer(groupWait)
	defer timer.Stop()
	for n < groupMost {
		select {
		case g := <-d.intake:
			groups, n = append(groups, g), n+len(g.msgs)
		case <-timer.C:
			return groups
		}
	}
	return groups
}

// commit stores groups in one transaction. Where that fails, halves are tried,
// so that one poisonous message fails alone; where the database is away,
// everybody is told so.
func (d *Desk) commit(groups []*intakeGroup) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var msgs []Message
	for _, g := range groups {
		msgs = append(msgs, g.msgs...)
	}
	errs, err := d.takeSafely(ctx, msgs, groups[0].why)
	if err != nil && len(groups) > 1 && !errors.Is(err, ErrUnavailable) {
		d.commit(groups[:len(groups)/2])
		d.commit(groups[len(groups)/2:])
		return
	}
	if err != nil && !errors.Is(err, ErrUnavailable) {
		errs, err = d.bisect(ctx, msgs, groups[0].why)
	}
	for _, g := range groups {
		g.err = err
		if err == nil {
			g.errs, errs = errs[:len(g.msgs)], errs[len(g.msgs):]
		}
		close(g.done)
	}
}

// bisect stores messages in halves until those that fail stand alone.
func (d *Desk) bisect(ctx context.Context, msgs []Message, why Why) ([]error, error) {
	errs, err := d.takeSafely(ctx, msgs, why)
	if err == nil || errors.Is(err, ErrUnavailable) {
		return errs, err
	}
	if len(msgs) == 1 {
		d.log.Error("a message could not be stored", "message_id", msgs[0].ID, "error", err)
		return []error{fmt.Errorf("%w: the message could not be stored", ErrInvalid)}, nil
	}
	left, err := d.bisect(ctx, msgs[:len(msgs)/2], why)
	if err != nil {
		return nil, err
	}
	right, err := d.bisect(ctx, msgs[len(msgs)/2:], why)
	return append(left, right...), err
}

// takeSafely turns a bug that one message brings out into that message's error.
func (d *Desk) takeSafely(ctx context.Context, msgs []Message, why Why) (errs []error, err error) {
	defer func() {
		if p := recover(); p != nil {
			d.log.Error("panic at intake", "panic", p)
			err = fmt.Errorf("lead: intake panic: %v", p)
		}
	}()
	return d.take(ctx, msgs, why, Now())
}

// take stores messages in one transaction and announces what came of them.
func (d *Desk) take(ctx context.Context, msgs []Message, why Why, now time.Time) ([]error, error) {
	sc, err := d.scene(ctx, System, now)
	if err != nil {
		return nil, err
	}
	var in *arrival
	err = d.store.Change(ctx, func(tx Tx) error {
		in = &arrival{desk: d, tx: tx, sc: sc, why: why, works: map[string]*Work{}, who: map[Identity]string{}}
		return in.process(ctx, msgs)
	})
	if err != nil {
		return nil, err
	}
	d.announce(ctx, sc.Rules, now, in.changed())
	return make([]error, len(msgs)), nil
}

// arrival is one transaction's messages becoming leads' changes.
type arrival struct {
	desk  *Desk
	tx    Tx
	sc    Scene
	why   Why
	works map[string]*Work    // by lead id: locked, or new
	who   map[Identity]string // what identities lead to by now
	acts  []Activity
}

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
	var outcomes []Message
	leads := make([]string, len(fresh))
	for i, m := range fresh {
		if leads[i], err = in.resolve(ctx, m); err != nil {
			return err
		}
	}
	traits := map[string]bool{}
	for i, m := range fresh {
		w := in.works[in.follow(leads[i])]
		in.hear(w, m, traits)
		if m.Server && outcomeMove(m.Event) != "" {
			outcomes = append(outcomes, m)
		}
	}
	if err := in.tx.Append(ctx, in.acts); err != nil {
		return err
	}
	return in.settle(ctx, outcomes, leads, fresh, traits)
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
		if err := in.desk.upgrade(ctx, in.tx, in.sc, w); err != nil {
			return err
		}
	}
	return nil
}

// hear takes one message into its lead.
func (in *arrival) hear(w *Work, m Message, traits map[string]bool) {
	l := w.Lead
	if m.Source != "" && l.Source == "" {
		l.Source = m.Source
	}
	if len(m.Traits) > 0 || m.TimeZone != "" {
		said := maps.Clone(m.Traits)
		if said == nil {
			said = map[string]any{}
		}
		if _, ok := said["timezone"]; !ok && m.TimeZone != "" {
			said["timezone"] = m.TimeZone
		}
		changed, contact := l.Learn(said, m.OccurredAt)
		if changed {
			traits[l.ID] = true
			w.traitsChanged(in.sc, contact)
		}
	}
	if m.Import != nil {
		w.imported(in.sc, *m.Import)
	}
	if m.Event == "" {
		return
	}
	a := Activity{MessageID: m.ID, LeadID: l.ID, Name: m.Event, Properties: m.Properties, OccurredAt: m.OccurredAt, ReceivedAt: m.ReceivedAt, SaidAt: m.SaidAt}
	in.acts = append(in.acts, a)
	w.Hear(in.sc, a)
}

// traitsChanged lifts what waited for a trait to change.
func (w *Work) traitsChanged(_ Scene, contact bool) {
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
	if im.Outcome == "" || l.Stage != Nurture || l.HistorySeq > 0 {
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
func (in *arrival) settle(ctx context.Context, outcomes []Message, leads []string, msgs []Message, traits map[string]bool) error {
	works := in.changed()
	for _, w := range works {
		if err := in.desk.rederive(ctx, in.tx, in.sc, w); err != nil {
			return err
		}
	}
	for _, m := range outcomes {
		i := slices.IndexFunc(msgs, func(x Message) bool { return x.ID == m.ID })
		if err := in.works[in.follow(leads[i])].crmOutcome(in.sc, m); err != nil {
			return err
		}
	}
	for _, w := range works {
		if w.Lead.MergedInto != "" {
			w.Settle(in.sc)
			continue
		}
		why := in.why
		if why == ByActivity && w.Heard == 0 {
			why = ByTrait
		}
		if why != ByTrait || traits[w.Lead.ID] || w.Lead.HeldBack != "" {
			if err := w.Consider(in.sc, why); err != nil {
				return err
			}
		}
		if w.Lead.Stage == Nurture && due(w.Lead.CallbackAt, in.sc.Now) {
			if _, err := w.Wake(in.sc); err != nil {
				return err
			}
		}
		w.Settle(in.sc)
	}
	return in.tx.Write(ctx, in.sc.Now, works)
}

// changed are the leads in id order, so that transactions lock them alike.
func (in *arrival) changed() []*Work {
	works := slices.Collect(maps.Values(in.works))
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
// allow (it is won already) changes nothing: the activity itself is kept.
func (w *Work) crmOutcome(sc Scene, m Message) error {
	sc.Actor = Actor{Kind: ByKey, Via: "intake"}
	r := Request{Move: outcomeMove(m.Event), Amount: minorUnits(m.Properties["amount"])}
	if reason, ok := m.Properties["reason"].(string); ok {
		r.Reason = reason
	}
	err := w.Do(sc, r)
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrInvalid) {
		return nil
	}
	return err
}
