package lead

import (
	"time"

	"hotleads/sla"
)

// What time does to a lead. It never makes one qualify, but at its callback.

// WakeAt is the next moment at which something is due for the lead: a clock
// at risk or breached, cooling, a callback, a lost lead's return to nurture.
// Zero: nothing is.
func (w *Work) WakeAt() time.Time {
	l := w.Lead
	var at time.Time
	sooner := func(t time.Time) {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	switch l.Stage {
	case MQL:
		sooner(l.CoolAt)
		sooner(l.WidenAt)
	case Nurture:
		if l.HeldBack == "" { // else whatever lifts that lets it qualify
			sooner(l.CallbackAt)
		}
	case Lost:
		sooner(l.ReactivatesAt)
	}
	for _, c := range w.Clocks {
		if t, _, ok := c.NextChange(); ok {
			sooner(t)
		}
	}
	return at
}

// Settle is called last, before the lead is written: it computes what follows
// from the change.
func (w *Work) Settle(sc Scene) error {
	l := w.Lead
	if err := w.recompute(sc); err != nil {
		return err
	}
	if err := w.expire(sc); err != nil {
		return err
	}
	if w.reheat {
		if err := w.heat(sc); err != nil {
			return err
		}
	}
	l.UpdatedAt = sc.Now
	var err error
	if l.WidenAt, err = w.widenAt(sc); err != nil {
		return err
	}
	w.everywhere = nil
	if w.wasOpen || l.open() {
		for _, t := range sc.Book.Teams {
			if t.DisabledAt.IsZero() {
				w.everywhere = append(w.everywhere, t.ID)
			}
		}
	}
	l.CoolAt = time.Time{}
	if l.Stage == MQL && l.HandRaisedAt.IsZero() {
		l.CoolAt = w.coolAt(sc)
	}
	return nil
}

// coolAt is when an unclaimed lead without hand-raise leaves the board: when
// its score is under the share of the threshold and its claim clock has
// breached, or after the idle days without activity. Zero: never.
func (w *Work) coolAt(sc Scene) time.Time {
	l, c := w.Lead, sc.Rules.Criteria
	var at time.Time
	if c.CoolIdleDays > 0 {
		last := l.LastActivityAt
		if l.QualifiedAt.After(last) {
			last = l.QualifiedAt
		}
		at = last.Add(days(c.CoolIdleDays))
	}
	cold, ok := sc.Rules.Scorer.ColdAt(l.Ledger, w.fit(sc.Rules), c.CoolShare, sc.Now)
	if !ok {
		return at
	}
	if i := w.clock(sla.Claim); i >= 0 && w.Clocks[i].DueAt.After(cold) {
		cold = w.Clocks[i].DueAt
	}
	if at.IsZero() || cold.Before(at) {
		at = cold
	}
	return at
}

// reactivate makes a lost lead nurture again.
func (w *Work) reactivate(sc Scene, cause string) {
	before := w.Lead.Life
	w.toNurture(sc)
	sc.Actor = System
	w.record(sc, before, History{Move: Reopen, Cause: cause})
}

// toNurture ends whatever hand-off there was.
func (w *Work) toNurture(sc Scene) {
	l := w.Lead
	w.moveTo(Nurture, sc.Now)
	l.OwnerID, l.ReactivatesAt, l.OfferedTo, l.OfferedUntil = "", time.Time{}, "", time.Time{}
	l.QualifiedAt, l.Undo, l.Circle = time.Time{}, nil, OfTeam
}

// Wake does what is due for the lead at now. It returns whether anything was.
func (w *Work) Wake(sc Scene) (bool, error) {
	sc.Actor = System
	l, acted := w.Lead, false
	for i := range w.Clocks {
		acted = len(w.passTime(sc, i)) > 0 || acted
	}
	if l.Stage == MQL && due(l.WidenAt, sc.Now) {
		acted = true
		w.widen(sc)
	}
	switch {
	case l.Stage == MQL && due(l.CoolAt, sc.Now) && l.HandRaisedAt.IsZero():
		// Negative points fade, too: it may have warmed up since CoolAt was computed.
		if due(w.coolAt(sc), sc.Now) {
			w.cool(sc)
		}
		return true, nil
	case l.Stage == Nurture && l.HeldBack == "" && due(l.CallbackAt, sc.Now):
		return true, w.Consider(sc, ByCallback)
	case l.Stage == Lost && due(l.ReactivatesAt, sc.Now):
		w.reactivate(sc, CauseLost)
		return true, nil
	}
	return acted, nil
}

// expire puts a lead back on the board whose decision clock was just found to have
// breached and runs on, where the agreement wants that: whether the sweep found it
// or whatever else came first, as a recompute or an undo.
func (w *Work) expire(sc Scene) error {
	i := w.clock(sla.Decision)
	if !w.lapsed || !sc.Rules.SLA.ReleaseOnBreach || w.Lead.Stage != Claimed || i < 0 || !w.Clocks[i].Running() || w.Clocks[i].BreachedAt.IsZero() {
		return nil
	}
	w.lapsed = false
	sc.Actor = System
	if err := w.backToBoard(sc, Expire, CauseDecision); err != nil {
		return err
	}
	return w.recompute(sc) // the claim clock, which goes on
}

func due(at, now time.Time) bool { return !at.IsZero() && !at.After(now) }

// cool takes an unclaimed lead off the board: a leak, and recorded as one.
func (w *Work) cool(sc Scene) {
	before := w.Lead.Life
	w.endHandOff(sc, sla.Cancelled)
	w.toNurture(sc)
	w.record(sc, before, History{Move: Cool, Cause: CauseCold})
}
