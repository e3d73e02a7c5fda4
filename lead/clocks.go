package lead

import (
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"hotleads/scoring"
	"hotleads/sla"
)

// clock is the index of the newest current clock of a kind, or -1.
func (w *Work) clock(k sla.Kind) int {
	for i, c := range slices.Backward(w.Clocks) {
		if c.Kind == k && c.Current {
			return i
		}
	}
	return -1
}

// startClock starts a clock at the lead's tier.
func (w *Work) startClock(sc Scene, k sla.Kind, used time.Duration) error {
	_, tier := w.ScoreAt(sc.Rules, sc.Now)
	c, err := sc.policy(w.Lead).Start(sc.calendar(w.Lead), k, string(tier), sc.Now, used)
	if err != nil {
		return err
	}
	clock := Clock{ID: uuid.Must(uuid.NewV7()).String(), OwnerID: w.Lead.OwnerID, Current: true,
		TeamID: w.Lead.TeamID, Agreement: sc.Rules.Version, Policy: sc.policyPrint(w.Lead), Source: w.Lead.Source}
	clock.run(c, sc.Now)
	w.Clocks = append(w.Clocks, clock)
	if !c.BreachedAt.IsZero() { // no news of the time, but who holds it now has none left
		w.occasions(sc, &clock, clock.recorded())
	}
	return nil
}

// run has the clock go on as next from now on, and notes what is recorded with that:
// what its time has already come to.
func (c *Clock) run(next sla.Clock, now time.Time) {
	if c.AtRiskAt.IsZero() && !next.AtRiskAt.IsZero() {
		c.RiskNotedAt = now
	}
	if c.BreachedAt.IsZero() && !next.BreachedAt.IsZero() {
		c.BreachNotedAt = now
	}
	c.Clock = next
}

// decisionUsed is the decision time that a rep has used up in this hand-off.
func (w *Work) decisionUsed(rep string) time.Duration {
	for _, c := range slices.Backward(w.Clocks) {
		if c.Kind == sla.Decision && c.Current && c.OwnerID == rep {
			return c.Used
		}
	}
	return 0
}

// stopClock stops the current clock of a kind, if it runs; "" derives whether it was met.
func (w *Work) stopClock(sc Scene, k sla.Kind, o sla.Outcome) {
	if i := w.clock(k); i >= 0 {
		w.stop(sc, i, o)
	}
}

// stop stops a clock. What has breached was missed, whatever cancels it now, and
// whoever says that the step was made elsewhere: but for a CRM, which may know of it
// long after it was made.
func (w *Work) stop(sc Scene, i int, o sla.Outcome) {
	if !w.Clocks[i].Running() {
		return
	}
	w.passTime(sc, i)
	c := w.Clocks[i]
	if elsewhere := o == sla.Unrecorded && sc.Actor.Kind == ByKey; !elsewhere && c.State(sc.Now) == sla.Breached {
		o = ""
	}
	w.Clocks[i].Clock = c.Stop(sc.Rules.CalendarOf(sc.Book.Team(cmp.Or(c.TeamID, w.Lead.TeamID))), sc.Now, o)
}

// passTime records what became due of a running clock, each change at the moment
// it was due, and lets it be told. It returns the new states.
func (w *Work) passTime(sc Scene, i int) []sla.State {
	next, states := w.Clocks[i].Record(sc.Now)
	w.Clocks[i].Clock = next
	w.tell(sc, i, states)
	return states
}

// recorded are the states of the clock that are written down.
func (c Clock) recorded() (states []sla.State) {
	if !c.AtRiskAt.IsZero() {
		states = append(states, sla.AtRisk)
	}
	if !c.BreachedAt.IsZero() {
		states = append(states, sla.Breached)
	}
	return states
}

// tell notes that changes of a clock are written down now.
func (w *Work) tell(sc Scene, i int, states []sla.State) {
	c := &w.Clocks[i]
	for _, s := range states {
		if s == sla.AtRisk {
			c.RiskNotedAt = sc.Now
		} else {
			c.BreachNotedAt = sc.Now
			w.lapsed = w.lapsed || c.Kind == sla.Decision
		}
		w.Outbox = append(w.Outbox, Outgoing{Topic: "clock." + string(s), NotBefore: sc.Now,
			Data: map[string]any{"clock": c.Kind, "owner": w.Lead.OwnerID, "team": cmp.Or(c.TeamID, w.Lead.TeamID), "due": c.DueAt}})
	}
	w.occasions(sc, c, states)
}

// stopped notes on the clocks that a move has just stopped by which row of the
// history that was.
func (w *Work) stopped(sc Scene, h History) {
	for i := range w.Clocks {
		c := &w.Clocks[i]
		if c.StoppedAt.Equal(sc.Now) && c.Stopped == (Stopped{}) {
			c.Stopped = Stopped{Kind: h.ActorKind, By: h.ActorID, Via: h.Via, Move: h.Move, Owner: cmp.Or(h.OwnerAfter, h.OwnerBefore), Seq: h.Seq}
		}
	}
}

// holds notes on the response that runs who holds the lead now: it is the one clock
// that goes from hand to hand.
func (w *Work) holds() {
	for i := range w.Clocks {
		if c := &w.Clocks[i]; c.Kind == sla.Response && c.Running() {
			c.OwnerID = w.Lead.OwnerID
		}
	}
}

// Rep is who had to act by the clock: of a decision or a touch whoever held the lead,
// of a response that runs whoever holds it, of the others whoever ended the wait; ""
// where nobody has. Stores tell clocks apart by it.
func (c Clock) Rep() string {
	if c.Kind == sla.Decision || c.Kind == sla.Touch || c.Kind == sla.Response && c.Running() {
		return c.OwnerID
	}
	return c.Stopped.Owner
}

// policy is what the agreement wants of the clocks of a lead's team.
func (sc Scene) policy(l *Lead) sla.Policy { return sc.Rules.PolicyOf(sc.Book.Team(l.TeamID)) }

// policyPrint tells the calendar and the policy by which a lead's clocks run from
// any others.
func (sc Scene) policyPrint(l *Lead) string {
	return sc.Rules.PolicyPrint(sc.Book.Team(l.TeamID))
}

// endHandOff stops every running clock with the outcome and makes none current.
func (w *Work) endHandOff(sc Scene, o sla.Outcome) {
	for i := range w.Clocks {
		w.stop(sc, i, o)
		w.Clocks[i].Current = false
	}
}

// heat moves running clocks to a hotter tier.
func (w *Work) heat(sc Scene) error {
	if !slices.ContainsFunc(w.Clocks, Clock.Running) {
		return nil
	}
	_, tier := w.ScoreAt(sc.Rules, sc.Now)
	for i, c := range w.Clocks {
		if !c.Running() || tier == scoring.None {
			continue
		}
		hotter, err := sc.policy(w.Lead).Hotter(sc.calendar(w.Lead), c.Clock, string(tier), sc.Now)
		if err != nil {
			return err
		}
		w.Clocks[i].Clock = hotter
		if hotter.Tier != c.Tier && c.Kind != sla.Response {
			w.warmed(sc, &w.Clocks[i])
		}
	}
	return nil
}
