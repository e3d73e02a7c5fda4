package lead

import (
	"slices"
	"time"

	"hotleads/sla"
)

// Circle is who may claim a waiting lead. It grows where the agreement escalates
// claims, and is its team's again when the next hand-off begins.
type Circle string

// The circles, each within the next.
const (
	OfTeam    Circle = ""        // the reps of its team
	OfManager Circle = "manager" // its team's manager, for themselves, too
	OfEvery   Circle = "every"   // the reps of every team, to whose team it goes with them
)

// open tells whether the reps of every team may claim the lead.
func (l *Lead) open() bool { return l.Stage == MQL && l.Circle == OfEvery }

// ShowsOn tells whether the lead belongs on a team's board.
func (l *Lead) ShowsOn(team string) bool {
	return l.OnBoard() && (l.TeamID == team || l.open())
}

// SeesLead tells whether the person may look at a lead: one of a team of theirs,
// or one that every team may claim.
func (u User) SeesLead(l *Lead) bool { return u.Sees(l.TeamID) || l.open() }

// unseen is what somebody hears who moves a lead that they may not look at: that it
// is not there, or, where it was open to every team until somebody claimed it just
// now, who was faster.
func (sc Scene) unseen(l *Lead, m Move) error {
	if m == Claim && l.Circle == OfEvery && l.Stage == Claimed {
		return conflict("%s was faster and has claimed it", sc.Book.Name(l.OwnerID))
	}
	return NotFound("the lead " + l.ID)
}

// MayKeep tells whether the person may go on holding a lead: a rep of its team, or
// its manager where the claim was escalated to them.
func (u User) MayKeep(l *Lead) bool {
	return u.MayHold(l.TeamID) || l.Circle != OfTeam && u.managesTeam(l.TeamID)
}

// MayTake tells whether the person may claim the waiting lead for themselves: a rep
// of its team, its manager where it was escalated to them, every rep where it is
// open to all.
func (u User) MayTake(l *Lead) bool {
	switch u.Role {
	case Rep:
		return l.TeamID == "" || u.In(l.TeamID) || l.open()
	case Manager:
		return l.Stage == MQL && l.Circle != OfTeam && u.Sees(l.TeamID)
	}
	return false
}

// Claimable is who may claim the lead, and since when; the zero time where it does
// not wait, or is its team's alone.
func (s Scored) Claimable() (Circle, time.Time) {
	if s.Stage != MQL || s.Circle == OfTeam {
		return OfTeam, time.Time{}
	}
	since := s.StageAt
	for _, c := range s.Clocks {
		for _, g := range c.Changes {
			if c.Kind == sla.Claim && g.What == sla.Widened && g.Cause == string(s.Circle) {
				since = g.At
			}
		}
	}
	return s.Circle, since
}

// landsIn is the team (an id) that a lead belongs to once somebody has claimed it:
// its own, but where every team may claim it and they are of another one.
func (w *Work) landsIn(sc Scene, who string) string {
	l, u := w.Lead, sc.Book.Users[who]
	if !l.open() || u.In(l.TeamID) || u.Role != Rep {
		return l.TeamID
	}
	if t := sc.Book.FirstTeam(u); t != nil {
		return t.ID
	}
	return l.TeamID
}

// wider is the next circle of a waiting lead, and the share of its claim target
// after which it begins; false where there is none.
func (l *Lead) wider(e *sla.Escalation) (Circle, float64, bool) {
	switch {
	case e == nil || l.Circle == OfEvery:
	case l.Circle == OfTeam && e.ManagerShare > 0:
		return OfManager, e.ManagerShare, true
	case e.EveryShare > 0:
		return OfEvery, e.EveryShare, true
	}
	return "", 0, false
}

// widenAt is when more people may claim the waiting lead; zero: never.
func (w *Work) widenAt(sc Scene) (time.Time, error) {
	_, share, more := w.Lead.wider(sc.policy(w.Lead).Escalation)
	i := w.clock(sla.Claim)
	if w.Lead.Stage != MQL || !more || i < 0 || !w.Clocks[i].Running() {
		return time.Time{}, nil
	}
	c := w.Clocks[i]
	left := time.Duration(share*float64(c.Target)) - c.Used
	if left <= 0 { // by a longer share that was made shorter, or a release
		return sc.Now, nil
	}
	return sc.calendar(w.Lead).Due(c.StartedAt, left)
}

// widen lets more people claim the lead, as was due.
func (w *Work) widen(sc Scene) {
	l := w.Lead
	circle, _, more := l.wider(sc.policy(l).Escalation)
	if !more {
		return
	}
	at := l.WidenAt
	l.Circle = circle
	if i := w.clock(sla.Claim); i >= 0 {
		c := &w.Clocks[i].Clock
		c.Changes = append(slices.Clip(c.Changes), sla.Change{What: sla.Widened, At: at, NotedAt: sc.Now, DueFrom: c.DueAt, DueTo: c.DueAt, Cause: string(circle)})
		w.occasion(sc, map[Circle]Happening{OfManager: ForManager, OfEvery: ForEvery}[circle], w.Clocks[i].ID, at)
	}
	w.Outbox = append(w.Outbox, Outgoing{Topic: "lead.widened", NotBefore: sc.Now, Data: map[string]any{"team": l.TeamID, "claimable_by": circle}})
}
