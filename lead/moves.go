package lead

import (
	"slices"
	"time"

	"hotleads/sla"
)

// Move is a change of a lead's stage or owner.
type Move string

// The moves. Qualify, Cool, Expire and Merge are the system's; a manager's
// Qualify releases a lead from the backlog. Merge ends the story of a visitor
// who had a name already: it goes on as the known lead's. Add and Correct are
// no moves but stand among them in a lead's history: see Desk.Add.
const (
	Qualify     Move = "qualify"
	Cool        Move = "cool"
	Claim       Move = "claim"
	Release     Move = "release"
	Expire      Move = "expire"
	Accept      Move = "accept"
	Return      Move = "return"
	Touch       Move = "touch"
	Opportunity Move = "opportunity"
	Win         Move = "win"
	Lose        Move = "lose"
	Reopen      Move = "reopen"
	Disqualify  Move = "disqualify"
	Reassign    Move = "reassign"
	UndoMove    Move = "undo"
	Merge       Move = "merge"
	Add         Move = "add"
	Correct     Move = "correct"
)

// PersonMoves are the moves that a person or another system may ask for.
var PersonMoves = []Move{Qualify, Claim, Release, Accept, Return, Touch, Opportunity, Win, Lose, Reopen, Disqualify, Reassign, UndoMove}

// UndoFor is how long a move can be undone, and how long outgoing messages wait.
const UndoFor = 10 * time.Second

// Channels and outcomes of a touch.
var (
	Channels = []string{"call", "email", "meeting", "chat"}
	Outcomes = []string{"reached", "voicemail", "no answer", "sent"}
)

// Request is a move that somebody asks for. Which fields count depends on the move.
type Request struct {
	Move    Move
	Reason  string    // return: key of the agreement; lose, disqualify, reopen: a key, or words, which go to the note
	Note    string    // at most 2,000 characters
	Date    string    // return "not now": YYYY-MM-DD
	Channel string    // touch
	Outcome string    // touch
	Amount  int64     // win: minor units of the company currency
	At      time.Time // opportunity, win, lose: when it happened; zero: now
	To      *User     // claim on behalf, reassign
	ToTeam  *Team     // reassign: to another team's board
	Within  bool      // reassign: only within the holding limits of To
}

// Scene is what a move needs to know about the world.
type Scene struct {
	Rules   *Rules
	Book    *Book
	Now     time.Time
	Actor   Actor
	Holding *Holding // of the one who would hold the lead; set for moves that are refused over the limits: Claim, Accept, and Reassign where asked for
}

// Holding is what a rep holds in a team, oldest first.
type Holding struct {
	Claimed, Untouched []Held
}

// Held is a lead that somebody holds.
type Held struct {
	ID    string
	Label string
	Since time.Time
}

func (sc Scene) calendar(l *Lead) *sla.Calendar { return sc.Rules.CalendarOf(sc.Book.Team(l.TeamID)) }

// rule is one row of the table of moves.
type rule struct {
	from     []Stage
	who      func(l *Lead, a Actor) error              // ErrForbidden
	check    func(w *Work, sc Scene, r *Request) error // ErrConflict beyond the stage, then ErrInvalid
	do       func(w *Work, sc Scene, r *Request) error
	undoable bool
}

var table = map[Move]rule{
	Qualify:     {[]Stage{Nurture}, managersOnly, (*Work).checkBacklog, (*Work).releaseBacklog, false},
	Claim:       {[]Stage{MQL}, repsOrManager, (*Work).checkClaim, (*Work).claim, true},
	Release:     {[]Stage{Claimed}, ownerOrManager, nil, (*Work).release, false},
	Accept:      {[]Stage{MQL, Claimed}, repOrOwner, (*Work).checkAccept, (*Work).accept, true},
	Return:      {[]Stage{MQL, Claimed, SAL}, returners, (*Work).checkReturn, (*Work).giveBack, true},
	Touch:       {[]Stage{MQL, Claimed, SAL}, repOrOwner, (*Work).checkTouch, (*Work).touch, true},
	Opportunity: {[]Stage{SAL}, ownerOrManager, nil, (*Work).outcome, false},
	Win:         {[]Stage{SQL}, ownerOrManager, checkAmount, (*Work).outcome, false},
	Lose:        {[]Stage{SQL}, ownerOrManager, nil, (*Work).outcome, false},
	Reopen:      {[]Stage{Disqualified, Lost}, marketingOrManager, nil, (*Work).reopen, false},
	Disqualify:  {[]Stage{Nurture, MQL, Claimed, SAL, SQL, Lost}, marketingOrManager, (*Work).checkDisqualify, (*Work).disqualify, false},
	Reassign:    {[]Stage{MQL, Claimed, SAL, SQL}, managersOnly, (*Work).checkReassign, (*Work).reassign, false},
}

// crmFrom are the stages from which another system's outcome is taken: what the
// CRM skipped is walked through. A deal after a lost one begins anew.
var crmFrom = map[Move][]Stage{
	Opportunity: {Nurture, MQL, Claimed, SAL, Lost},
	Win:         {Nurture, MQL, Claimed, SAL, SQL, Lost},
	Lose:        {Nurture, MQL, Claimed, SAL, SQL},
}

// Do makes the move, or refuses it and changes nothing. The order of refusals
// is ErrForbidden, ErrConflict, ErrInvalid. Repeating one's own claim is a
// success that changes nothing (no history row is appended).
func (w *Work) Do(sc Scene, r Request) error {
	if r.Move == UndoMove {
		return w.undo(sc)
	}
	rule, ok := table[r.Move]
	if !ok {
		return invalid("move", "there is no move %q", clip(string(r.Move), 40))
	}
	l, from := w.Lead, rule.from
	crm := sc.Actor.Kind == ByKey && crmFrom[r.Move] != nil
	if crm {
		from = crmFrom[r.Move]
	} else if err := rule.who(l, sc.Actor); err != nil {
		if repOf(l, sc.Actor) && l.Held() && !owns(l, sc.Actor) { // perhaps a race that was just lost
			return forbidden("%s has it since %s: %s", sc.Book.Name(l.OwnerID), sc.clockTime(l, l.StageAt), err)
		}
		return err
	}
	if r.Move == Claim && l.Stage == Claimed && l.OwnerID == w.holder(sc, r) {
		return nil
	}
	if !slices.Contains(from, l.Stage) {
		return w.stageConflict(sc, r.Move)
	}
	if rule.check != nil {
		if err := rule.check(w, sc, &r); err != nil {
			return err
		}
	}
	if err := checkTexts(&r); err != nil {
		return err
	}
	if crm {
		w.walkTo(sc, r.Move)
	}
	for i := range w.Clocks { // an undo is not to take back what time did
		if rule.undoable && w.Clocks[i].Running() {
			w.passTime(sc, i)
		}
	}
	before, clocks, first := l.Life, slices.Clone(w.Clocks), l.HistorySeq+1
	if err := rule.do(w, sc, &r); err != nil {
		return err
	}
	l.Undo = nil
	if rule.undoable && sc.Actor.Kind == ByPerson {
		l.Undo = &Undo{By: sc.Actor.ID, Move: r.Move, Seq: first, Last: l.HistorySeq, Until: sc.Now.Add(UndoFor), Life: before, Clocks: clocks}
	}
	return nil
}

// holder is who holds the lead after a claim or accept.
func (w *Work) holder(sc Scene, r Request) string {
	if r.To != nil && sc.Actor.User.Role == Manager {
		return r.To.ID
	}
	return sc.Actor.ID
}

// nextHolder is whose hands a person's move would put the lead into, or leave
// it in by an undo; "" where it is nobody's.
func (w *Work) nextHolder(sc Scene, r Request) string {
	l := w.Lead
	switch {
	case sc.Actor.Kind != ByPerson:
	case r.Move == Claim, r.Move == Accept:
		return w.holder(sc, r)
	case r.Move == Touch && (l.Stage == MQL || l.Stage == Claimed):
		return sc.Actor.ID
	case r.Move == Reassign && r.To != nil:
		return r.To.ID
	case r.Move == UndoMove && l.Undo != nil:
		return l.Undo.Life.OwnerID
	}
	return ""
}

func (w *Work) stageConflict(sc Scene, m Move) error {
	l := w.Lead
	switch {
	case m == Claim && l.Held():
		return conflict("%s has it since %s", sc.Book.Name(l.OwnerID), sc.clockTime(l, l.StageAt))
	case l.Stage == Nurture && m != Reopen:
		return conflict("%s is not on the board now: it is in nurture", l.DisplayName())
	}
	return conflict("%s is %s: %s is not possible from there", l.DisplayName(), stageWords[l.Stage], string(m))
}

var stageWords = map[Stage]string{
	Nurture: "in nurture", MQL: "waiting on the board", Claimed: "claimed", SAL: "accepted", SQL: "an opportunity",
	Won: "won", Lost: "lost", Disqualified: "disqualified",
}

// clockTime is a moment as people of the lead's team say it.
func (sc Scene) clockTime(l *Lead, t time.Time) string {
	t, now := t.In(sc.calendar(l).Zone()), sc.Now.In(sc.calendar(l).Zone())
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}
