package lead

import (
	"slices"
	"strings"
	"time"

	"hotleads/scoring"
	"hotleads/sla"
)

// Happening is what people are told of: what came of a clock ("claim.risk",
// "touch.breached"), or of its lead.
type Happening string

// What happens to leads. Each waits for somebody, and so hangs on a clock; or, where
// its rep has touched the lead already, on what the lead asks.
const (
	GotHot     Happening = "lead.hot"
	OnFire     Happening = "lead.fire"
	OfferedTo  Happening = "lead.offered" // it is back again, and its last rep's first
	GivenTo    Happening = "lead.given"   // somebody else put it into their hands
	ForManager Happening = "lead.manager" // its team's manager may claim it, too
	ForEvery   Happening = "lead.every"   // every team may
	AskedAgain Happening = "lead.asked"   // it asks for sales, though its rep has touched it
	Interested Happening = "lead.intent"  // it does what a buyer does, though its rep has touched it
)

func clockHappening(k sla.Kind, s sla.State) Happening {
	return Happening(string(k) + "." + string(s))
}

// heats are the happenings of tiers: a warm lead disturbs nobody.
var heats = map[string]Happening{string(scoring.Hot): GotHot, string(scoring.Fire): OnFire}

// Occasion is a happening that people are to be told of. It is written in the
// transaction in which it happens, as one row, however many they are; who they
// are and when each hears of it is decided right after: see [Desk.Tell]. So the
// intake does not wait for it.
type Occasion struct {
	LeadID  string
	ClockID string // what waits for somebody: when it has stopped, the occasion is over; or what the lead asks (see [Occasion.Asks])
	What    Happening
	At      time.Time // when it happened
	NotedAt time.Time // when it was written down
}

// How somebody was told.
type How string

// How people are told of something. Until then it is none of these.
const (
	Loud   How = "loud"   // by itself
	Digest How = "digest" // with others, in one
	Over   How = "over"   // not at all: it was done before they could hear of it
)

// Alert is one thing that one person is told: a line of their notices. There is
// one of each for a person, a lead's clock and a happening.
type Alert struct {
	ID     string // sortable by time
	UserID string
	Occasion
	HearAt  time.Time // not before: the person may be away, or their team closed
	HeardAt time.Time // when they were told, or it was found to be over
	How     How
	ReadAt  time.Time
}

// AlertPoint is where a page of somebody's notices ended.
type AlertPoint struct {
	At time.Time `json:"t"` // when it was noted
	ID string    `json:"i"`
}

// occasion notes something that people are to be told of.
func (w *Work) occasion(sc Scene, what Happening, clock string, at time.Time) {
	w.Occasions = append(w.Occasions, Occasion{LeadID: w.Lead.ID, ClockID: clock, What: what, At: at, NotedAt: sc.Now})
}

// occasions notes what people are told of changes of a clock that are written
// down now. What breached is told of as that alone; a warm lead's claim only once
// it breaches, and so the response as a whole, where somebody holds the lead.
func (w *Work) occasions(sc Scene, c *Clock, states []sla.State) {
	switch {
	case c.Kind == sla.Response && !w.Lead.Held():
	case slices.Contains(states, sla.Breached):
		w.occasion(sc, clockHappening(c.Kind, sla.Breached), c.ID, c.BreachedAt)
	case len(states) > 0 && c.Kind != sla.Response && (c.Kind != sla.Claim || heats[c.Tier] != ""):
		w.occasion(sc, clockHappening(c.Kind, sla.AtRisk), c.ID, c.AtRiskAt)
	}
}

// warmed notes that a lead waits that is hot or on fire by the tier of its clock.
func (w *Work) warmed(sc Scene, c *Clock) {
	if what := heats[c.Tier]; what != "" {
		w.occasion(sc, what, c.ID, sc.Now)
	}
}

// waitsAnew notes again what a waiting lead calls for, for it is back on a board, or
// on another one: whoever was told of it is not told twice.
func (w *Work) waitsAnew(sc Scene) {
	i := w.clock(sla.Claim)
	if w.Lead.Stage != MQL || i < 0 || !w.Clocks[i].Running() {
		return
	}
	c := &w.Clocks[i]
	if w.Lead.Circle != OfTeam {
		w.occasion(sc, ForManager, c.ID, sc.Now)
	}
	if w.Lead.Circle == OfEvery {
		w.occasion(sc, ForEvery, c.ID, sc.Now)
	}
	w.warmed(sc, c)
}

// given notes that a move of somebody else's put the lead into a rep's hands: a clock
// of theirs began with it, or they have to look at what it asks.
func (w *Work) given(sc Scene, h History) {
	if h.OwnerAfter == "" || h.OwnerAfter == h.OwnerBefore || sc.Actor.Kind != ByPerson || sc.Actor.ID == h.OwnerAfter || h.Move == UndoMove {
		return
	}
	for _, c := range w.Clocks {
		if c.Running() && c.Kind != sla.Response && c.OwnerID == h.OwnerAfter {
			w.occasion(sc, GivenTo, c.ID, sc.Now)
			return
		}
	}
	if w.Lead.inHand() && !w.Lead.AskedAt.Equal(sc.Now) {
		w.ask(sc, GivenTo)
	}
}

// Most reps who are told of what waits for all of them. Where more would be, they
// take turns by lead.
const mostHearers = 100

// hearers are the people who are to hear of an occasion, c its clock: who has to
// act, and who answers for them.
//
//   - A hot lead that waits: the reps of its team who are there. Its last rep, whom
//     it is offered to, is told of that alone. Managers and every team as it escalates.
//   - A clock at risk: who has to act. One that breached: their managers, too,
//     and marketing where nobody claimed a hot lead.
//   - A lead that asks for sales again: its rep; its managers where they are not there.
func (sc Scene) hearers(o Occasion, l *Lead, c *Clock) []User {
	owner := l.OwnerID
	if c.OwnerID != "" {
		owner = c.OwnerID
	}
	ours := func(u User) bool { return u.Role == Rep && u.There(sc.Now) && (u.In(l.TeamID) || l.open()) }
	boss := func(u User) bool { return u.Role == Manager && u.Sees(l.TeamID) }
	own := func(u User) bool { return u.ID == owner }
	var hears func(u User) bool
	switch o.What {
	case GotHot, OnFire:
		if hears = own; c.Kind == sla.Claim {
			offered := o.At.Equal(l.QualifiedAt) // with this, if at all
			hears = func(u User) bool { return ours(u) && (!offered || u.ID != l.OfferedTo) }
		}
	case OfferedTo:
		hears = func(u User) bool { return u.ID == l.OfferedTo }
	case ForManager:
		hears = boss
	case ForEvery:
		hears = func(u User) bool { return ours(u) && !u.In(l.TeamID) }
	case AskedAgain:
		tended := sc.Book.Users[owner].Tends(l.TeamID, sc.Now)
		hears = func(u User) bool { return own(u) || !tended && boss(u) }
	case clockHappening(sla.Claim, sla.AtRisk):
		hears = ours
	case clockHappening(sla.Claim, sla.Breached):
		hot := heats[c.Tier] != ""
		hears = func(u User) bool { return boss(u) || hot && (u.Role == Marketing || ours(u)) }
	case clockHappening(sla.Decision, sla.Breached), clockHappening(sla.Touch, sla.Breached):
		hears = func(u User) bool { return own(u) || boss(u) }
	default: // given to them, at risk, late as a whole, or a buyer again
		hears = own
	}
	var crowd, out []User
	for _, u := range sc.Book.Users {
		switch {
		case !u.Active() || !hears(u):
		case u.Role == Rep && !own(u):
			crowd = append(crowd, u)
		default:
			out = append(out, u)
		}
	}
	out = append(out, inTurns(crowd, l.ID)...)
	slices.SortFunc(out, byID)
	return out
}

func byID(a, b User) int { return strings.Compare(a.ID, b.ID) }

// hearAt is when a person may be told what they hear of at t: then, or when they
// are back and their hours open again.
func (sc Scene) hearAt(u User, t time.Time) time.Time {
	cal := sc.HoursOf(u)
	for range 10 { // a time away may begin while they are closed
		if back := u.BackAt(t); back.After(t) {
			t = back
		}
		open, err := cal.NextOpening(t)
		if err != nil || !open.After(t) && !u.BackAt(t).After(t) {
			return t
		}
		t = open
	}
	return t
}

// HoursOf are the hours in which a person is told of things: those of their first
// team, else the company's.
func (sc Scene) HoursOf(u User) *sla.Calendar { return sc.Rules.CalendarOf(sc.Book.FirstTeam(u)) }

// first is when somebody can act at the earliest: on a waiting lead not while it is
// another's turn.
func (sc Scene) first(u User, l *Lead, o Occasion, c Clock) time.Time {
	switch {
	case l.Stage != MQL || u.Role != Rep || o.own(c):
	case l.OfferedUntil.After(sc.Now) && l.OfferedTo != u.ID:
		return l.OfferedUntil
	case l.BarredUntil.After(sc.Now) && l.ExpiredFor == u.ID:
		return l.BarredUntil
	}
	return sc.Now
}
