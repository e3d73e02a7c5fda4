package lead

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What must hold beyond role and stage for a move to be made.

func (w *Work) checkBacklog(sc Scene, _ *Request) error {
	if !w.Lead.Backlog {
		return conflict("%s is not in the backlog", w.Lead.DisplayName())
	}
	if why := sc.Rules.heldBack(w.Lead); why != "" {
		return conflict("%s is held back: %s", w.Lead.DisplayName(), why)
	}
	return nil
}

func (w *Work) checkClaim(sc Scene, r *Request) error {
	who := w.holder(sc, *r)
	if sc.Actor.User.Role == Manager && (who != sc.Actor.ID || !sc.Actor.User.MayTake(w.Lead)) {
		if err := sc.checkTo(w.Lead, r); err != nil {
			return err
		}
	}
	if err := w.checkTaking(sc, who); err != nil {
		return err
	}
	return sc.checkHolding(w.landsIn(sc, who))
}

// checkTo: a lead is given only to a rep of its team who is there, by a manager of
// it; one that every team may claim to reps of theirs by other managers, too.
func (sc Scene) checkTo(l *Lead, r *Request) error {
	may := func(to *User) bool {
		return to.In(l.TeamID) && managerOf(l, sc.Actor) || l.open() && slices.ContainsFunc(to.Teams, sc.Actor.User.Sees)
	}
	switch {
	case r.To == nil:
		return invalid("to", "say for which rep of the team")
	case r.To.Role != Rep || !r.To.Active() || !may(r.To):
		return invalid("to", "%s is not an active rep of this team", r.To.Name)
	case !r.To.There(sc.Now):
		return invalid("to", "%s is away until %s", r.To.Name, sc.clockTime(l, r.To.BackAt(sc.Now)))
	}
	return nil
}

// checkTaking refuses to let the person take a waiting lead while it is
// somebody else's turn, or while they are away.
func (w *Work) checkTaking(sc Scene, who string) error {
	l := w.Lead
	switch {
	case who == sc.Actor.ID && !sc.Actor.User.There(sc.Now):
		return conflict("you are away until %s", sc.clockTime(l, sc.Actor.User.BackAt(sc.Now)))
	case l.OfferedTo != "" && l.OfferedTo != who && l.OfferedUntil.After(sc.Now) && sc.Book.Users[l.OfferedTo].There(sc.Now):
		return conflict("it is back again and offered to %s until %s", sc.Book.Name(l.OfferedTo), sc.clockTime(l, l.OfferedUntil))
	case l.ExpiredFor == who && l.BarredUntil.After(sc.Now) && sc.othersThere(l, who):
		return conflict("your claim expired: the others have it to themselves until %s", sc.clockTime(l, l.BarredUntil))
	}
	return nil
}

// checkHolding refuses a further claim at the team's holding limits, naming
// the oldest lead that stands in its way.
func (sc Scene) checkHolding(of string) error {
	team := sc.Book.Team(of)
	if team == nil || sc.Holding == nil {
		return nil
	}
	if h := sc.Holding.Claimed; len(h) >= team.MaxClaimed {
		return conflict("%d leads are claimed and not decided: decide on %s first", len(h), oldest(h))
	}
	return sc.checkUntouched(of)
}

func (sc Scene) checkUntouched(of string) error {
	team := sc.Book.Team(of)
	if team == nil || sc.Holding == nil {
		return nil
	}
	if h := sc.Holding.Untouched; len(h) >= team.MaxUntouched {
		return conflict("%d leads are accepted and not touched: contact %s first", len(h), oldest(h))
	}
	return nil
}

// oldest is what the lead held longest is called.
func oldest(h []Held) string {
	if len(h) == 0 {
		return "one" // the team's limit is 0
	}
	return h[0].Label
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
	return sc.checkUntouched(w.Lead.TeamID)
}

func (w *Work) checkReturn(sc Scene, r *Request) error {
	if w.Lead.Stage == MQL && sc.Actor.User.Role == Rep { // it claims in the same step
		if err := w.checkTaking(sc, sc.Actor.ID); err != nil {
			return err
		}
	}
	reason, ok := sc.Rules.Reason(r.Reason)
	switch {
	case r.Reason == "":
		return invalid("reason", "say why: %s", strings.Join(sc.Rules.reasonKeys(), ", "))
	case !ok:
		return invalid("reason", "%q is not a reason of the agreement: %s", clip(r.Reason, 40), strings.Join(sc.Rules.reasonKeys(), ", "))
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
		return d, invalid("date", "%q is not a date as YYYY-MM-DD", clip(date, 40))
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

// checkTouch: a call that is logged on a waiting lead takes it, but holds
// nothing up: the holding limits are not asked.
func (w *Work) checkTouch(sc Scene, r *Request) error {
	if w.Lead.Stage == MQL {
		if err := w.checkTaking(sc, sc.Actor.ID); err != nil {
			return err
		}
	}
	if r.Channel == "" {
		r.Channel = "call"
	}
	switch {
	case !slices.Contains(Channels, r.Channel):
		return invalid("channel", "%q is not a channel: %s", clip(r.Channel, 40), strings.Join(Channels, ", "))
	case r.Outcome == "":
		return invalid("outcome", "say how it went: %s", strings.Join(Outcomes, ", "))
	case !slices.Contains(Outcomes, r.Outcome):
		return invalid("outcome", "%q is not an outcome: %s", clip(r.Outcome, 40), strings.Join(Outcomes, ", "))
	}
	return nil
}

func checkAmount(_ *Work, _ Scene, r *Request) error {
	if r.Amount < 0 {
		return invalid("amount", "the amount is %d; it is never negative", r.Amount)
	}
	return nil
}

// Most characters of a note, and of a reason in words.
const (
	maxNote   = 2000
	maxReason = 200
)

func checkTexts(r *Request) error {
	if n := utf8.RuneCountInString(r.Note); n > maxNote {
		return invalid("note", "the note has %d characters; at most %d fit", n, maxNote)
	}
	if n := utf8.RuneCountInString(r.Reason); n > maxReason {
		return invalid("reason", "the reason has %d characters; at most %d fit", n, maxReason)
	}
	return nil
}

// atOnce are the reasons that disqualify even what a rep holds.
var atOnce = []string{"erasure", "do_not_contact"}

func (w *Work) checkDisqualify(sc Scene, r *Request) error {
	if w.Lead.Held() && !slices.Contains(atOnce, r.Reason) {
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
		if r.ToTeam.ID == l.TeamID {
			return conflict("%s is on that team's board already", l.DisplayName())
		}
		if !r.ToTeam.DisabledAt.IsZero() {
			return invalid("to", "the team %s is disabled", r.ToTeam.Name)
		}
		return nil
	}
	switch {
	case !l.Held():
		return conflict("nobody holds %s: claim it on behalf of a rep", l.DisplayName())
	case r.To != nil && r.To.ID == l.OwnerID:
		return conflict("%s has it already", r.To.Name)
	}
	if err := sc.checkTo(l, r); err != nil || !r.Within {
		return err
	}
	switch {
	case l.Stage == Claimed:
		return sc.checkHolding(l.TeamID)
	case l.Stage == SAL && l.TouchedAt.IsZero():
		return sc.checkUntouched(l.TeamID)
	}
	return nil
}
