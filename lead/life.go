package lead

import (
	"slices"
	"time"

	"hotleads/scoring"
	"hotleads/sla"
)

// Causes of the system's moves, as history tells them.
const (
	CauseScore    = "reached the threshold with intent"
	CauseHand     = "asked for sales"
	CauseCallback = "the callback date has come"
	CauseMended   = "its contact data was mended"
	CauseBacklog  = "released from the backlog"
	CauseCold     = "went cold unclaimed"
	CauseDecision = "the decision clock breached"
	CauseCRM      = "in the CRM, not on the board"
	CauseLost     = "lost for long enough"
	CauseDisabled = "its rep left"
	CauseMerged   = "became part of a known lead"
	CauseImport   = "closed before it was imported"
	CauseNoTeam   = "its team was disabled"
)

// Hear takes one activity into the ledgers and notes hand-raises. Late is told
// which rules have to be derived again.
func (w *Work) Hear(sc Scene, a Activity) {
	l, s := w.Lead, a.Scoring()
	w.Heard++
	w.watch(sc)
	w.watched(sc, s)
	if a.OccurredAt.After(l.LastActivityAt) {
		l.LastActivityAt = a.OccurredAt
	}
	if a.OccurredAt.After(l.EngagementAt) {
		w.Late = append(w.Late, sc.Rules.Scorer.Add(l.Ledger, s)...)
	}
	if !l.ReturnedAt.IsZero() && a.OccurredAt.After(l.ReturnedAt) {
		w.Late = append(w.Late, sc.Rules.Scorer.Add(l.Since, s)...)
	}
	if sc.Rules.Scorer.IsHandRaise(s) {
		w.raise(sc, a.OccurredAt)
	}
	if (l.Held() || l.Stage == Won) && len(sc.Rules.Scorer.Touches(s)) > 0 {
		w.Outbox = append(w.Outbox, Outgoing{Topic: "lead.activity", NotBefore: sc.Now, Data: map[string]any{"owner": l.OwnerID, "event": a.Name}})
	}
}

// raise notes that the lead asked for sales, unless it is old news: before the
// last touch, return or closing, or from a replayed history.
func (w *Work) raise(sc Scene, at time.Time) {
	l := w.Lead
	old := sc.Now.Add(-days(sc.Rules.Criteria.HandRaiseDays))
	if at.Before(old) || !at.After(l.TouchedAt) || !at.After(l.ReturnedAt) || !at.After(l.ClosedAt) {
		return
	}
	if at.After(l.HandRaisedAt) {
		l.HandRaisedAt = at
	}
}

// How many activities are read at a time to derive rules anew.
const (
	readFirst = 1_000
	readMost  = 5_000
)

// Older reads a lead's stored activities of some events (folded names), this
// transaction's included, that occurred before a point (nil: all): the latest ones
// first, at most n.
type Older func(events []string, before *ActivityPoint, n int) ([]scoring.Activity, error)

// Rederive settles late activities from the stored ones, as far back as those matter.
func (w *Work) Rederive(r *Rules, older Older) error {
	l, rules := w.Lead, w.Late
	if slices.Contains(rules, "*") {
		rules = nil
		l.Ledger, l.Since, l.Model = scoring.Ledger{}, scoring.Ledger{}, r.Version
	}
	all, since := r.Scorer.Replay(rules, l.EngagementAt), r.Scorer.Replay(rules, l.ReturnedAt)
	wanted := func() []string {
		events := all.Events()
		if !l.ReturnedAt.IsZero() {
			events = slices.Concat(events, since.Events())
		}
		return slices.Compact(slices.Sorted(slices.Values(events)))
	}
	var before *ActivityPoint
	n := readFirst
	for events := wanted(); len(events) > 0; events = wanted() {
		some, err := older(events, before, n)
		if err != nil {
			return err
		}
		for _, a := range some {
			all.Add(a)
			since.Add(a)
			before = &ActivityPoint{OccurredAt: a.At, MessageID: a.ID}
		}
		if len(some) < n {
			break
		}
		n = min(2*n, readMost)
	}
	all.Into(l.Ledger)
	if !l.ReturnedAt.IsZero() {
		since.Into(l.Since)
	}
	w.Late = nil
	return nil
}

// Why says what made a lead be considered.
type Why string

// What can make a lead qualify. Time alone is not among them.
const (
	ByActivity Why = "activity"
	ByTrait    Why = "trait"
	ByImport   Why = "import"   // would qualify by its score: becomes backlog
	ByCallback Why = "callback" // its date has come
)

// Consider decides whether the lead qualifies now, or gets hotter where it is.
func (w *Work) Consider(sc Scene, why Why) error {
	l := w.Lead
	if l.Stage == Lost && !l.HandRaisedAt.IsZero() {
		w.reactivate(sc, CauseHand)
	}
	if l.Stage != Nurture {
		w.asksAgain(sc)
		return w.heat(sc)
	}
	l.HeldBack = ""
	cause := w.cause(sc, why)
	if cause == "" {
		l.Backlog = false
		return nil
	}
	if l.HeldBack = sc.Rules.heldBack(l); l.HeldBack != "" {
		return nil
	}
	if cause == CauseScore && (why == ByImport || (l.Backlog && why != ByActivity)) || why == ByAgreement && cause != CauseCallback {
		l.Backlog = true
		w.route(sc) // so that each team has a backlog of its own
		return nil
	}
	return w.qualify(sc, cause)
}

// cause is what qualifies the lead now, or "".
func (w *Work) cause(sc Scene, why Why) string {
	l := w.Lead
	if !l.HandRaisedAt.IsZero() {
		return CauseHand
	}
	if due(l.CallbackAt, sc.Now) {
		if reason, _ := sc.Rules.Reason(l.ReturnReason); reason.Blocks == BlockedData {
			return CauseMended
		}
		return CauseCallback
	}
	if why == ByCallback || l.Blocked != "" || !sc.Rules.requalifies(l, w.moment(sc, why)) {
		return ""
	}
	if score, _ := w.ScoreAt(sc.Rules, w.moment(sc, why)); !sc.Rules.Scorer.Ready(score) {
		return ""
	}
	return CauseScore
}

// moment is when the score counts for qualifying: the moment of what was just
// done, for half a second of decay must not cost a lead its place, else now.
func (w *Work) moment(sc Scene, why Why) time.Time {
	if last := w.Lead.LastActivityAt; why == ByActivity && sc.Now.Sub(last) < time.Minute {
		return last
	}
	return sc.Now
}

// heldBack says why a ready lead may not go on the board, or "".
func (r *Rules) heldBack(l *Lead) string {
	if why := r.excluded(l); why != "" {
		return why
	}
	if r.missing(l) {
		return wantsTraits + joinOr(r.Criteria.RequiredTraits)
	}
	return ""
}

const wantsTraits = "no way to reach them yet: wants "

// missing tells whether none of the required traits is known.
func (r *Rules) missing(l *Lead) bool {
	if len(r.Criteria.RequiredTraits) == 0 {
		return false
	}
	traits := l.AllTraits()
	for _, name := range r.Criteria.RequiredTraits {
		if v, ok := traits[name]; ok && v != nil && v != "" {
			return false
		}
	}
	return true
}

// qualify puts the lead on its team's board and starts its clocks.
func (w *Work) qualify(sc Scene, cause string) error {
	l := w.Lead
	before := l.Life
	w.route(sc)
	counted := l.CountedAt.IsZero() || sc.Now.Sub(l.CountedAt) >= days(sc.Rules.Criteria.CountOnceDays)
	if counted {
		l.CountedAt = sc.Now
	}
	w.moveTo(MQL, sc.Now)
	l.QualifiedAt, l.TouchedAt, l.Attempts, l.OwnerID = sc.Now, time.Time{}, 0, ""
	l.Backlog, l.HeldBack, l.Blocked, l.CallbackAt = false, "", "", time.Time{}
	l.ExpiredFor, l.BarredUntil = "", time.Time{}
	l.Circle, l.Undo = OfTeam, nil
	for _, k := range []sla.Kind{sla.Claim, sla.Response} {
		if err := w.startClock(sc, k, 0); err != nil {
			return err
		}
	}
	w.Clocks[len(w.Clocks)-1].Counted = counted
	if err := w.offer(sc); err != nil {
		return err
	}
	claim := &w.Clocks[w.clock(sla.Claim)]
	if l.OfferedTo != "" {
		w.occasion(sc, OfferedTo, claim.ID, sc.Now)
	}
	w.warmed(sc, claim)
	sc.Actor = systemFor(sc.Actor)
	w.record(sc, before, History{Move: Qualify, Cause: cause, Counted: counted})
	return nil
}

// route decides the lead's team where none has it yet, or one that is disabled.
func (w *Work) route(sc Scene) {
	if !sc.Book.adrift(w.Lead.TeamID) {
		return
	}
	if t := Route(sc.Book.Teams, w.Lead.AllTraits()); t != nil {
		w.Lead.TeamID = t.ID
	}
}

// systemFor: a qualification is the system's act unless a manager released it.
func systemFor(a Actor) Actor {
	if a.Kind == ByPerson && a.User.Role == Manager {
		return a
	}
	return System
}

// offer gives a lead that is back to its last rep first, for a share of the
// claim target, unless the return blamed the contact.
func (w *Work) offer(sc Scene) error {
	l := w.Lead
	l.OfferedTo, l.OfferedUntil = "", time.Time{}
	reason, _ := sc.Rules.Reason(l.ReturnReason)
	if l.ReturnedAt.IsZero() || !reason.Offer || !sc.Book.Users[l.ReturnedBy].There(sc.Now) || !sc.Book.Users[l.ReturnedBy].In(l.TeamID) || sc.Book.Users[l.ReturnedBy].Role != Rep {
		return nil
	}
	c := w.Clocks[w.clock(sla.Claim)]
	until, err := sc.calendar(l).Due(sc.Now, time.Duration(float64(c.Target)*sc.Rules.Criteria.OfferShare))
	if err != nil {
		return err
	}
	l.OfferedTo, l.OfferedUntil = l.ReturnedBy, until.UTC()
	return nil
}

func (w *Work) releaseBacklog(sc Scene, r *Request) error {
	if err := w.qualify(sc, CauseBacklog); err != nil {
		return err
	}
	w.History[len(w.History)-1].Note = r.Note
	return nil
}
