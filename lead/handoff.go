package lead

import (
	"time"

	"hotleads/scoring"
	"hotleads/sla"
)

// The moves of people, once they are allowed.

func (w *Work) claim(sc Scene, r *Request) error {
	before := w.Lead.Life
	if err := w.take(sc, w.holder(sc, *r)); err != nil {
		return err
	}
	w.moveTo(Claimed, sc.Now)
	if err := w.startClock(sc, sla.Decision, w.decisionUsed(w.Lead.OwnerID)); err != nil {
		return err
	}
	w.record(sc, before, History{Move: Claim, Note: r.Note})
	return nil
}

// take gives the lead to a rep and stops the claim clock. What runs on is their team's.
func (w *Work) take(sc Scene, owner string) error {
	w.stopClock(sc, sla.Claim, "")
	before := w.Lead.TeamID
	w.Lead.TeamID = w.landsIn(sc, owner)
	w.Lead.OwnerID, w.Lead.OfferedTo, w.Lead.OfferedUntil = owner, "", time.Time{}
	w.Lead.ExpiredFor, w.Lead.BarredUntil = "", time.Time{}
	if w.Lead.TeamID == before {
		return nil
	}
	return w.recompute(sc) // before the same step stops it
}

func (w *Work) release(sc Scene, r *Request) error {
	if err := w.backToBoard(sc, Release, ""); err != nil {
		return err
	}
	w.History[len(w.History)-1].Note = r.Note
	return nil
}

func (w *Work) accept(sc Scene, r *Request) error {
	before := w.Lead.Life
	if before.Stage == MQL {
		if err := w.take(sc, w.holder(sc, *r)); err != nil {
			return err
		}
	}
	w.stopClock(sc, sla.Decision, "")
	w.moveTo(SAL, sc.Now)
	if err := w.startClock(sc, sla.Touch, 0); err != nil {
		return err
	}
	w.record(sc, before, History{Move: Accept, Note: r.Note})
	return nil
}

func (w *Work) giveBack(sc Scene, r *Request) error {
	l := w.Lead
	before := l.Life
	reason, _ := sc.Rules.Reason(r.Reason)
	by := l.OwnerID
	if by == "" {
		by = sc.Actor.ID
		if err := w.take(sc, by); err != nil {
			return err
		}
	}
	w.stopClock(sc, sla.Decision, "")
	w.endHandOff(sc, sla.Cancelled)
	w.toNurture(sc)
	l.ReturnedAt, l.ReturnedBy, l.ReturnReason = sc.Now, by, reason.Key
	l.Blocked, l.HandRaisedAt, l.CallbackAt = reason.Blocks, time.Time{}, time.Time{}
	l.Since = scoring.Ledger{}
	if reason.ClearEngagement {
		l.EngagementAt = sc.Now
		l.Ledger = scoring.Ledger{}
	}
	if reason.NeedsDate {
		at, err := sc.callback(l, r.Date)
		if err != nil {
			return err
		}
		l.CallbackAt = at
	}
	w.record(sc, before, History{Move: Return, Reason: reason.Key, Note: r.Note})
	w.History[len(w.History)-1].OwnerBefore = by
	for i := range w.Clocks {
		if s := &w.Clocks[i].Stopped; s.Seq == l.HistorySeq {
			s.Owner = by
		}
	}
	l.ReturnSeq = l.HistorySeq
	return nil
}

// touch logs a contact attempt. On a waiting or own undecided lead it claims
// and accepts in the same step, with a history row for each.
func (w *Work) touch(sc Scene, r *Request) error {
	l := w.Lead
	quiet := &Request{}
	if l.Stage == MQL {
		if err := w.claim(sc, quiet); err != nil {
			return err
		}
	}
	if l.Stage == Claimed {
		if err := w.accept(sc, quiet); err != nil {
			return err
		}
	}
	before := l.Life
	w.stopClock(sc, sla.Touch, "")
	w.stopClock(sc, sla.Response, "")
	if l.TouchedAt.IsZero() {
		l.TouchedAt = sc.Now
	}
	l.HandRaisedAt = time.Time{}
	l.answered()
	l.Attempts++
	w.record(sc, before, History{Move: Touch, Note: r.Note, Channel: r.Channel, Outcome: r.Outcome})
	return nil
}

// backToBoard puts a claimed lead back at its rank: release and expire.
func (w *Work) backToBoard(sc Scene, m Move, cause string) error {
	l := w.Lead
	before := l.Life
	w.stopClock(sc, sla.Decision, sla.Cancelled)
	if i := w.clock(sla.Claim); i >= 0 {
		c, err := sc.policy(l).Resume(sc.calendar(l), w.Clocks[i].Clock, sc.Now)
		if err != nil {
			return err
		}
		w.Clocks[i].run(c, sc.Now)
		w.Clocks[i].Stopped = Stopped{}
	}
	w.moveTo(MQL, sc.Now)
	l.OwnerID, l.OfferedTo, l.OfferedUntil, l.Undo = "", "", time.Time{}, nil
	if m == Expire {
		until, err := sc.calendar(l).DueMinutes(sc.Now, sc.Rules.Criteria.ExpiredMinutes)
		if err != nil {
			return err
		}
		l.ExpiredFor, l.BarredUntil = before.OwnerID, until.UTC()
	}
	w.record(sc, before, History{Move: m, Cause: cause})
	if err := w.heat(sc); err != nil {
		return err
	}
	w.waitsAnew(sc)
	if i := w.clock(sla.Claim); i >= 0 { // perhaps it was claimed before anybody could hear of that
		c := &w.Clocks[i]
		w.occasions(sc, c, c.recorded())
	}
	return nil
}
