package lead

import (
	"slices"

	"hotleads/sla"
)

// undo puts the lead and its clocks back as they were before the actor's own
// last move. Activities heard since then stay heard.
func (w *Work) undo(sc Scene) error {
	l, u := w.Lead, w.Lead.Undo
	switch {
	case sc.Actor.Kind != ByPerson || (sc.Actor.User.Role != Rep && sc.Actor.User.Role != Manager):
		return forbidden("only the rep or manager who made a move undoes it")
	case u != nil && u.By != sc.Actor.ID:
		return forbidden("only %s can undo that move", sc.Book.Name(u.By))
	case u == nil || u.Last != l.HistorySeq:
		return conflict("there is nothing to undo on %s", l.DisplayName())
	case !sc.Now.Before(u.Until):
		return conflict("too late to undo: a move can be undone for %d seconds", int(UndoFor.Seconds()))
	}
	before := l.Life
	raised := l.HandRaisedAt
	l.Life = u.Life
	l.HistorySeq, l.Edits = before.HistorySeq, before.Edits
	if raised.After(l.HandRaisedAt) {
		l.HandRaisedAt = raised
	}
	if before.AskedAt.After(l.AskedAt) && l.inHand() {
		l.Asked, l.AskedAt = before.Asked, before.AskedAt
	}
	for _, c := range w.Clocks {
		if !slices.ContainsFunc(u.Clocks, func(b Clock) bool { return b.ID == c.ID }) {
			w.DropClocks = append(w.DropClocks, c.ID)
		}
	}
	w.Clocks = restored(u.Clocks, w.Clocks)
	if !before.EngagementAt.Equal(l.EngagementAt) || !before.ReturnedAt.Equal(l.ReturnedAt) {
		w.Late = append(w.Late, "*")
	}
	moved := u.Until.Add(-UndoFor)
	if i := w.clock(sla.Decision); i >= 0 && !w.Clocks[i].BreachNotedAt.Before(moved) {
		w.lapsed = true // the sweep will not find it any more
	}
	l.Undo = nil
	w.DropOutboxSeq = u.Seq
	w.record(sc, before, History{Move: UndoMove, UndoOf: u.Seq, Cause: string(u.Move)})
	w.reheat = l.LastActivityAt.After(moved) // it may have got hotter meanwhile
	return nil
}

// restored are the clocks of before a move. What time did to them since stays:
// those that the move left running are as they are now, and what was recorded of
// the others is not recorded again. What the hours of another team did, whose the move
// made them, is undone with it.
func restored(before, now []Clock) []Clock {
	clocks := slices.Clone(before)
	for i, b := range before {
		at := slices.IndexFunc(now, func(c Clock) bool { return c.ID == b.ID })
		if at < 0 {
			continue
		}
		n := now[at]
		switch {
		case n.TeamID != b.TeamID:
			continue
		case b.Running() && n.Running():
			clocks[i] = n
			continue
		}
		clocks[i].AtRiskAt, clocks[i].RiskNotedAt = n.AtRiskAt, n.RiskNotedAt
		clocks[i].BreachedAt, clocks[i].BreachNotedAt = n.BreachedAt, n.BreachNotedAt
	}
	return clocks
}
