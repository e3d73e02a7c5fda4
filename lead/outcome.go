package lead

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"hotleads/sla"
)

// Currency is the company's (ISO 4217): amounts are its minor units.
const Currency = "EUR"

var reasonKey = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// why is what history may keep of a reason for good, a key, and the note: it
// takes the reasons that people and CRMs say in words, for they may name
// somebody, and notes can be erased.
func (sc Scene) why(r *Request) (reason, note string) {
	if _, agreed := sc.Rules.Reason(r.Reason); agreed || r.Reason == "" || reasonKey.MatchString(r.Reason) {
		return r.Reason, r.Note
	}
	return "", strings.TrimPrefix(r.Note+"\n"+r.Reason, "\n")
}

// outcome is opportunity, win or lose.
func (w *Work) outcome(sc Scene, r *Request) error {
	l := w.Lead
	before := l.Life
	at := r.At
	if at.IsZero() {
		at = sc.Now
	}
	reason, note := sc.why(r)
	h := History{Move: r.Move, Note: note, Reason: reason, OccurredAt: at}
	switch r.Move {
	case Opportunity:
		w.moveTo(SQL, sc.Now)
		// Qualified without a logged touch: the contact happened outside the board.
		for _, k := range []sla.Kind{sla.Touch, sla.Response} {
			w.stopClock(sc, k, sla.Unrecorded)
		}
	case Win:
		w.moveTo(Won, sc.Now)
		l.ClosedAt, l.Amount, h.Amount = at, r.Amount, r.Amount
	case Lose:
		w.moveTo(Lost, sc.Now)
		l.ClosedAt, l.ReactivatesAt = at, at.Add(days(sc.Rules.Criteria.LostForDays))
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
// unrecorded. A lost lead comes back first. The stage is one of crmFrom.
func (w *Work) walkTo(sc Scene, m Move) {
	l := w.Lead
	if l.Stage == Lost {
		w.reactivate(sc, CauseCRM)
	}
	path := []Stage{Nurture, MQL, SAL, SQL}
	from, to := slices.Index(path, l.Stage), slices.Index(path, table[m].from[0])
	if l.Stage == Claimed {
		from = slices.Index(path, MQL)
	}
	for from < to {
		from++
		w.pass(sc, path[from])
	}
}

// pass makes one step that the CRM made outside the board.
func (w *Work) pass(sc Scene, to Stage) {
	l := w.Lead
	before := l.Life
	if to == MQL {
		w.route(sc)
		l.QualifiedAt, l.TouchedAt, l.Attempts = sc.Now, time.Time{}, 0
		l.Backlog, l.HeldBack, l.Blocked, l.CallbackAt = false, "", "", time.Time{}
	}
	for i := range w.Clocks {
		w.stop(sc, i, sla.Unrecorded)
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
	reason, note := sc.why(r)
	w.record(sc, before, History{Move: Reopen, Reason: reason, Note: note})
	return nil
}

func (w *Work) disqualify(sc Scene, r *Request) error {
	l := w.Lead
	before := l.Life
	w.endHandOff(sc, sla.Cancelled)
	w.toNurture(sc)
	w.moveTo(Disqualified, sc.Now)
	l.Backlog, l.HeldBack, l.CallbackAt, l.HandRaisedAt = false, "", time.Time{}, time.Time{}
	reason, note := sc.why(r)
	w.record(sc, before, History{Move: Disqualify, Reason: reason, Note: note})
	return nil
}

// reassign gives a held lead to another rep, whose personal clock starts anew,
// or a waiting lead to another team.
func (w *Work) reassign(sc Scene, r *Request) error {
	l := w.Lead
	before := l.Life
	if r.ToTeam != nil {
		l.TeamID, l.OfferedTo, l.OfferedUntil = r.ToTeam.ID, "", time.Time{}
		w.waitsAnew(sc)
	} else {
		l.OwnerID = r.To.ID
		if !l.AskedAt.IsZero() { // of them now
			w.ask(sc, l.Asked)
		}
		for _, k := range []sla.Kind{sla.Decision, sla.Touch} {
			i := w.clock(k)
			if i < 0 || !w.Clocks[i].Running() {
				continue
			}
			w.stopClock(sc, k, sla.Cancelled)
			if err := w.startClock(sc, k, 0); err != nil {
				return err
			}
		}
	}
	w.record(sc, before, History{Move: Reassign, Note: r.Note})
	return nil
}
