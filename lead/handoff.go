package lead

import (
	"slices"
	"time"

	"hotleads/scoring"
	"hotleads/sla"
)

// The moves of people, once they are allowed.

func (w *Work) claim(sc Scene, r *Request) error {
	before := w.Lead.Life
	w.take(sc, w.holder(sc, *r))
	w.moveTo(Claimed, sc.Now)
	var used time.Duration
	if w.Lead.DecisionBy == w.Lead.OwnerID {
		used = time.Duration(float64(w.Lead.DecisionUsed) * float64(time.Second))
	}
	if err := w.startClock(sc, sla.Decision, used); err != nil {
		return err
	}
	w.record(sc, before, History{Move: Claim, Note: r.Note})
	return nil
}

// take gives the lead to a rep and stops the claim clock.
func (w *Work) take(sc Scene, owner string) {
	w.stopClock(sc, sla.Claim, "")
	w.Lead.OwnerID, w.Lead.OfferedTo, w.Lead.OfferedUntil = owner, "", time.Time{}
	w.Lead.ExpiredFor, w.Lead.BarredUntil = "", time.Time{}
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
		w.take(sc, w.holder(sc, *r))
	}
	w.stopClock(sc, sla.Decision, "")
	w.moveTo(SAL, sc.Now)
	w.Lead.DecisionBy, w.Lead.DecisionUsed = "", 0
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
		w.take(sc, by)
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
	l.Attempts++
	w.record(sc, before, History{Move: Touch, Note: r.Note, Channel: r.Channel, Outcome: r.Outcome})
	return nil
}

// outcome is opportunity, win or lose.
func (w *Work) outcome(sc Scene, r *Request) error {
	l := w.Lead
	before := l.Life
	h := History{Move: r.Move, Note: r.Note, Reason: r.Reason}
	switch r.Move {
	case Opportunity:
		w.moveTo(SQL, sc.Now)
		// Qualified without a logged touch: the contact happened outside the board.
		for _, k := range []sla.Kind{sla.Touch, sla.Response} {
			w.stopClock(sc, k, sla.Unrecorded)
		}
	case Win:
		w.moveTo(Won, sc.Now)
		l.ClosedAt, l.Amount, h.Amount = sc.Now, r.Amount, r.Amount
	case Lose:
		w.moveTo(Lost, sc.Now)
		l.ClosedAt, l.ReactivatesAt = sc.Now, sc.Now.Add(days(sc.Rules.Criteria.LostForDays))
	}
	if l.Stage != SQL {
		w.endHandOff(sc, sla.Unrecorded)
		l.HandRaisedAt = time.Time{}
	}
	if sc.Actor.Kind == ByKey {
		h.Cause = CauseCRM
	}
	w.record(sc, before, h)
	return nil
}

// walkTo leads a lead through the stages that the CRM skipped, each with a
// history row that says so, up to where the move starts; clocks stop as
// unrecorded. A lost lead comes back first.
func (w *Work) walkTo(sc Scene, m Move) error {
	l := w.Lead
	path := []Stage{Nurture, MQL, SAL, SQL}
	target := SAL
	if m != Opportunity {
		target = SQL
	}
	if l.Stage == Lost && m != Lose {
		w.reactivate(sc, CauseCRM)
	}
	at := slices.Index(path, l.Stage)
	if l.Stage == Claimed {
		at = slices.Index(path, MQL)
	}
	if at < 0 {
		return nil // the table of moves refuses it
	}
	for _, s := range path[at+1:] {
		if slices.Index(path, s) > slices.Index(path, target) {
			break
		}
		w.pass(sc, s)
	}
	return nil
}

func (w *Work) pass(sc Scene, to Stage) {
	l := w.Lead
	before := l.Life
	if to == MQL && l.TeamID == "" {
		if t := Route(sc.Book.Teams, l.AllTraits()); t != nil {
			l.TeamID = t.ID
		}
	}
	if to == MQL {
		l.QualifiedAt, l.TouchedAt, l.Attempts = sc.Now, time.Time{}, 0
		l.Backlog, l.HeldBack, l.Blocked, l.CallbackAt = false, "", "", time.Time{}
	}
	for i := range w.Clocks {
		w.Clocks[i].Clock = w.Clocks[i].Stop(sc.calendar(l), sc.Now, sla.Unrecorded)
	}
	w.moveTo(to, sc.Now)
	if to == SAL && l.TouchedAt.IsZero() {
		l.TouchedAt = sc.Now // worked in the CRM: the board no longer waits for it
	}
	w.record(sc, before, History{Move: map[Stage]Move{MQL: Qualify, SAL: Accept, SQL: Opportunity}[to], Cause: CauseCRM})
}

func (w *Work) reopen(sc Scene, r *Request) error {
	before := w.Lead.Life
	w.toNurture(sc)
	w.Lead.Blocked, w.Lead.HeldBack = "", ""
	w.record(sc, before, History{Move: Reopen, Reason: r.Reason, Note: r.Note})
	return nil
}

func (w *Work) disqualify(sc Scene, r *Request) error {
	l := w.Lead
	before := l.Life
	w.endHandOff(sc, sla.Cancelled)
	w.toNurture(sc)
	w.moveTo(Disqualified, sc.Now)
	l.Backlog, l.HeldBack, l.CallbackAt, l.HandRaisedAt = false, "", time.Time{}, time.Time{}
	w.record(sc, before, History{Move: Disqualify, Reason: r.Reason, Note: r.Note})
	return nil
}

// reassign gives a held lead to another rep, whose personal clock starts anew,
// or a waiting lead to another team.
func (w *Work) reassign(sc Scene, r *Request) error {
	l := w.Lead
	before := l.Life
	if r.ToTeam != nil {
		l.TeamID, l.OfferedTo, l.OfferedUntil = r.ToTeam.ID, "", time.Time{}
	} else {
		l.OwnerID = r.To.ID
		for _, k := range []sla.Kind{sla.Decision, sla.Touch} {
			i := w.clock(k)
			if i < 0 || !w.Clocks[i].Running() {
				continue
			}
			w.stopClock(sc, k, sla.Cancelled)
			w.Clocks[i].Current = false
			if err := w.startClock(sc, k, 0); err != nil {
				return err
			}
		}
		l.DecisionBy, l.DecisionUsed = "", 0
	}
	w.record(sc, before, History{Move: Reassign, Note: r.Note})
	return nil
}

// undo puts the lead and its clocks back as they were before the actor's own
// last move. Activities heard since then stay heard.
func (w *Work) undo(sc Scene) error {
	l, u := w.Lead, w.Lead.Undo
	switch {
	case sc.Actor.Kind != ByPerson:
		return forbidden("only a person undoes a move")
	case u == nil || u.Last != l.HistorySeq:
		if u != nil && u.By != sc.Actor.ID {
			return forbidden("only who made the move can undo it")
		}
		return conflict("there is nothing to undo on %s", l.DisplayName())
	case u.By != sc.Actor.ID:
		return forbidden("only %s can undo that move", sc.Book.Name(u.By))
	case !sc.Now.Before(u.Until):
		return conflict("too late to undo: a move can be undone for %d seconds", int(UndoFor.Seconds()))
	}
	before := l.Life
	raised := l.HandRaisedAt
	l.Life = u.Life
	l.HistorySeq = before.HistorySeq
	if raised.After(l.HandRaisedAt) {
		l.HandRaisedAt = raised
	}
	for _, c := range w.Clocks {
		if !slices.ContainsFunc(u.Clocks, func(b Clock) bool { return b.ID == c.ID }) {
			w.DropClocks = append(w.DropClocks, c.ID)
		}
	}
	w.Clocks = slices.Clone(u.Clocks)
	if !before.EngagementAt.Equal(l.EngagementAt) || !before.ReturnedAt.Equal(l.ReturnedAt) {
		w.Late = append(w.Late, "*")
	}
	l.Undo = nil
	w.DropOutboxSeq = u.Seq
	w.record(sc, before, History{Move: UndoMove, UndoOf: u.Seq, Cause: string(u.Move)})
	return nil
}
