package lead

import (
	"slices"
	"strings"
	"time"

	"hotleads/sla"
)

// Move is a change of a lead's stage or owner.
type Move string

// The moves. Qualify, Cool and Expire are the system's; a manager's Qualify
// releases a lead from the backlog.
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
	Reason  string // return: key of the agreement; lose, disqualify: in words or a key
	Note    string // at most 2,000 characters
	Date    string // return "not now": YYYY-MM-DD
	Channel string // touch
	Outcome string // touch
	Amount  int64  // win: minor units of the company currency
	To      *User  // claim on behalf, reassign
	ToTeam  *Team  // reassign: to another team's board
}

// Scene is what a move needs to know about the world.
type Scene struct {
	Rules   *Rules
	Book    *Book
	Now     time.Time
	Actor   Actor
	Holding *Holding // of the one who would hold the lead; set for Claim and Accept
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

// Book is the directory: who works here, in which teams. Immutable.
type Book struct {
	Users map[string]User
	Teams []Team // oldest first
}

// Team finds a team by id; nil where there is none.
func (b *Book) Team(id string) *Team {
	for i := range b.Teams {
		if b.Teams[i].ID == id {
			return &b.Teams[i]
		}
	}
	return nil
}

// Name is the person's name, or "somebody" for one who is not in the book.
func (b *Book) Name(id string) string {
	if u, ok := b.Users[id]; ok {
		return u.Name
	}
	return "somebody"
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
	Opportunity: {[]Stage{SAL}, closers, nil, (*Work).outcome, false},
	Win:         {[]Stage{SQL}, closers, checkAmount, (*Work).outcome, false},
	Lose:        {[]Stage{SQL}, closers, nil, (*Work).outcome, false},
	Reopen:      {[]Stage{Disqualified, Lost}, marketingOrManager, nil, (*Work).reopen, false},
	Disqualify:  {[]Stage{Nurture, MQL, Claimed, SAL, SQL, Lost}, marketingOrManager, (*Work).checkDisqualify, (*Work).disqualify, false},
	Reassign:    {[]Stage{MQL, Claimed, SAL, SQL}, managersOnly, (*Work).checkReassign, (*Work).reassign, false},
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
		return invalid("move", "there is no move %q", string(r.Move))
	}
	l := w.Lead
	crm := sc.Actor.Kind == ByKey && (r.Move == Opportunity || r.Move == Win || r.Move == Lose)
	if !crm {
		if err := rule.who(l, sc.Actor); err != nil {
			return err
		}
	}
	if r.Move == Claim && l.Stage == Claimed && l.OwnerID == w.holder(sc, r) {
		return nil
	}
	if crm {
		if err := w.walkTo(sc, r.Move); err != nil {
			return err
		}
	}
	if !slices.Contains(rule.from, l.Stage) {
		return w.stageConflict(sc, r.Move)
	}
	if rule.check != nil {
		if err := rule.check(w, sc, &r); err != nil {
			return err
		}
	}
	if n := len([]rune(r.Note)); n > 2000 {
		return invalid("note", "the note has %d characters; at most 2,000 fit", n)
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

// Who may.

func repOf(l *Lead, a Actor) bool {
	return a.Kind == ByPerson && a.User.Role == Rep && (l.TeamID == "" || a.User.In(l.TeamID))
}

func managerOf(l *Lead, a Actor) bool {
	return a.Kind == ByPerson && a.User.Role == Manager && a.User.Sees(l.TeamID)
}

func owns(l *Lead, a Actor) bool { return a.Kind == ByPerson && l.OwnerID != "" && l.OwnerID == a.ID }

func managersOnly(l *Lead, a Actor) error {
	if managerOf(l, a) {
		return nil
	}
	return forbidden("only a manager of the team may do this")
}

func repsOrManager(l *Lead, a Actor) error {
	if repOf(l, a) || managerOf(l, a) {
		return nil
	}
	return forbidden("only a rep of the team, or its manager on behalf of one, may do this")
}

func ownerOrManager(l *Lead, a Actor) error {
	if owns(l, a) || managerOf(l, a) {
		return nil
	}
	return forbidden("only the rep who holds it, or a manager, may do this")
}

// repOrOwner: a waiting lead is any rep's of the team, a held one its owner's.
func repOrOwner(l *Lead, a Actor) error {
	if l.Held() {
		if owns(l, a) {
			return nil
		}
		return forbidden("only the rep who holds it may do this")
	}
	if repOf(l, a) {
		return nil
	}
	return forbidden("only a rep of the team may do this")
}

func returners(l *Lead, a Actor) error {
	if managerOf(l, a) {
		return nil
	}
	return repOrOwner(l, a)
}

func closers(l *Lead, a Actor) error {
	if l.Held() || l.OwnerID != "" {
		return ownerOrManager(l, a)
	}
	return repsOrManager(l, a)
}

func marketingOrManager(l *Lead, a Actor) error {
	if managerOf(l, a) || (a.Kind == ByPerson && a.User.Role == Marketing) {
		return nil
	}
	return forbidden("only marketing or a manager may do this")
}

// What must hold.

func (w *Work) checkBacklog(Scene, *Request) error {
	if !w.Lead.Backlog {
		return conflict("%s is not in the backlog", w.Lead.DisplayName())
	}
	return nil
}

func (w *Work) checkClaim(sc Scene, r *Request) error {
	l := w.Lead
	if sc.Actor.User.Role == Manager {
		switch {
		case r.To == nil:
			return invalid("to", "say for which rep of the team you claim it")
		case r.To.Role != Rep || !r.To.Active() || !r.To.In(l.TeamID):
			return invalid("to", "%s is not an active rep of this team", r.To.Name)
		}
	}
	who := w.holder(sc, *r)
	if l.OfferedTo != "" && l.OfferedTo != who && l.OfferedUntil.After(sc.Now) && sc.Book.Users[l.OfferedTo].There(sc.Now) {
		return conflict("it is back again and offered to %s until %s", sc.Book.Name(l.OfferedTo), sc.clockTime(l, l.OfferedUntil))
	}
	if l.ExpiredFor == who && l.BarredUntil.After(sc.Now) && sc.othersThere(l, who) {
		return conflict("your claim expired: the others have it to themselves until %s", sc.clockTime(l, l.BarredUntil))
	}
	return sc.checkHolding(l)
}

// checkHolding refuses a further claim at the team's holding limits.
func (sc Scene) checkHolding(l *Lead) error {
	team := sc.Book.Team(l.TeamID)
	if team == nil || sc.Holding == nil {
		return nil
	}
	if h := sc.Holding.Claimed; len(h) >= team.MaxClaimed {
		return conflict("%d leads are claimed and not decided: decide on %s first", len(h), h[0].Label)
	}
	if h := sc.Holding.Untouched; len(h) >= team.MaxUntouched {
		return conflict("%d leads are accepted and not touched: contact %s first", len(h), h[0].Label)
	}
	return nil
}

func (sc Scene) othersThere(l *Lead, than string) bool {
	for id, u := range sc.Book.Users {
		if id != than && u.Role == Rep && u.In(l.TeamID) && u.There(sc.Now) {
			return true
		}
	}
	return false
}

func (w *Work) checkAccept(sc Scene, r *Request) error {
	if w.Lead.Stage == MQL {
		return w.checkClaim(sc, r)
	}
	team := sc.Book.Team(w.Lead.TeamID)
	if team != nil && sc.Holding != nil && len(sc.Holding.Untouched) >= team.MaxUntouched {
		return sc.checkHolding(w.Lead)
	}
	return nil
}

func (w *Work) checkReturn(sc Scene, r *Request) error {
	reason, ok := sc.Rules.Reason(r.Reason)
	switch {
	case r.Reason == "":
		return invalid("reason", "say why: %s", strings.Join(sc.Rules.reasonKeys(), ", "))
	case !ok:
		return invalid("reason", "%q is not a reason of the agreement: %s", r.Reason, strings.Join(sc.Rules.reasonKeys(), ", "))
	case w.Lead.Attempts < reason.NeedsAttempts:
		return invalid("reason", "“%s” needs a logged attempt: log the call first", reason.Label)
	case reason.NeedsDate && r.Date == "":
		return invalid("date", "say when to call back, as YYYY-MM-DD")
	}
	if reason.NeedsDate {
		_, err := sc.callback(w.Lead, r.Date)
		return err
	}
	return nil
}

// callback is the opening of the team's day on that date: the morning.
func (sc Scene) callback(l *Lead, date string) (time.Time, error) {
	cal := sc.calendar(l)
	d, err := time.ParseInLocation(time.DateOnly, date, cal.Zone())
	switch {
	case err != nil:
		return d, invalid("date", "%q is not a date as YYYY-MM-DD", date)
	case !d.After(sc.Now):
		return d, invalid("date", "%s is not in the future", date)
	case d.After(sc.Now.AddDate(2, 0, 0)):
		return d, invalid("date", "%s is more than two years away", date)
	}
	open, err := cal.NextOpening(d)
	if err != nil {
		return d, invalid("date", "the team's calendar never opens after %s", date)
	}
	return open.UTC(), nil
}

func (r *Rules) reasonKeys() []string {
	keys := make([]string, len(r.ReturnReasons))
	for i, x := range r.ReturnReasons {
		keys[i] = x.Key
	}
	return keys
}

func (w *Work) checkTouch(sc Scene, r *Request) error {
	if r.Channel == "" {
		r.Channel = "call"
	}
	switch {
	case !slices.Contains(Channels, r.Channel):
		return invalid("channel", "%q is not a channel: %s", r.Channel, strings.Join(Channels, ", "))
	case r.Outcome == "":
		return invalid("outcome", "say how it went: %s", strings.Join(Outcomes, ", "))
	case !slices.Contains(Outcomes, r.Outcome):
		return invalid("outcome", "%q is not an outcome: %s", r.Outcome, strings.Join(Outcomes, ", "))
	}
	return nil
}

func checkAmount(_ *Work, _ Scene, r *Request) error {
	if r.Amount < 0 {
		return invalid("amount", "the amount is %d; it is never negative", r.Amount)
	}
	return nil
}

// atOnce are the reasons that disqualify even what a rep holds.
var atOnce = []string{"erasure", "do_not_contact"}

func (w *Work) checkDisqualify(sc Scene, r *Request) error {
	if w.Lead.Held() && !slices.Contains(atOnce, r.Reason) && !owns(w.Lead, sc.Actor) {
		return conflict("%s holds it: ask for it to be returned; only erasure or do_not_contact act at once", sc.Book.Name(w.Lead.OwnerID))
	}
	return nil
}

func (w *Work) checkReassign(sc Scene, r *Request) error {
	l := w.Lead
	if r.ToTeam != nil {
		if l.Held() {
			return conflict("%s holds it: release it before it moves to another team", sc.Book.Name(l.OwnerID))
		}
		return nil
	}
	switch {
	case !l.Held():
		return conflict("nobody holds %s: claim it on behalf of a rep", l.DisplayName())
	case r.To == nil:
		return invalid("to", "say to which rep of the team")
	case r.To.Role != Rep || !r.To.Active() || !r.To.In(l.TeamID):
		return invalid("to", "%s is not an active rep of this team", r.To.Name)
	}
	return nil
}
