package lead

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotleads/scoring"
)

// Hold names what keeps a lead off the board that sales could want: one at or
// over the threshold, in the backlog, or that asked for sales. "": nothing does,
// because it is on the board, in sales' hands, won, or not wanted yet.
type Hold string

// The holds, the hardest first: a lead has the first of them that is true of it.
const (
	HoldDisqualified Hold = "disqualified" // until somebody reopens it
	HoldLost         Hold = "lost"         // until its days are over
	HoldExcluded     Hold = "excluded"     // by one of the company's lists, or a disposable address
	HoldTraits       Hold = "traits"       // no required trait is known
	HoldBacklog      Hold = "backlog"      // until it is released, or does something
	HoldReturned     Hold = "returned"     // blocked by a return
	HoldRequalify    Hold = "requalify"    // returned, and too little engagement since
	HoldIntent       Hold = "intent"       // reads, but does not do what buyers do
	HoldWaits        Hold = "waits"        // nothing else: time alone puts nobody on the board
)

// HoldKinds lists them in their order.
var HoldKinds = []Hold{HoldDisqualified, HoldLost, HoldExcluded, HoldTraits, HoldBacklog, HoldReturned, HoldRequalify, HoldIntent, HoldWaits}

// Fix is what a person can do about a hold.
type Fix string

// The ways out that are somebody's to take. "" is none: time, or the lead itself.
const (
	FixCorrect Fix = "correct" // mend a trait
	FixList    Fix = "list"    // take the value off the company's list
	FixReopen  Fix = "reopen"
	FixRelease Fix = "release" // out of the backlog
	FixDecide  Fix = "decide"  // disqualify it, or leave it
)

// Absence is why a lead is not on the board, for people.
type Absence struct {
	Hold Hold
	Text string // one line, without a full stop
	Way  string // how it comes there, one line; never empty
	Fix  Fix
}

// Hold is what keeps the lead off the board at a moment. It agrees with Consider:
// a lead in nurture on HoldWaits qualifies as soon as it is considered, one on
// any other hold does not.
func (r *Rules) Hold(l *Lead, now time.Time) Hold { return r.hold(l, r.Fit(l), now) }

func (r *Rules) hold(l *Lead, fit scoring.Fit, now time.Time) Hold {
	if l.MergedInto != "" || !slices.Contains([]Stage{Nurture, Lost, Disqualified}, l.Stage) {
		return ""
	}
	asked := !l.HandRaisedAt.IsZero()
	back := l.Stage == Nurture && due(l.CallbackAt, now)
	score, _ := r.score(l, fit, now)
	waits := l.Backlog && l.Stage == Nurture
	if !asked && !back && !waits && score.Total < r.Scoring.Threshold {
		return ""
	}
	switch {
	case l.Stage == Disqualified:
		return HoldDisqualified
	case l.Stage == Lost:
		return HoldLost
	case r.exclusion(l).why != "":
		return HoldExcluded
	case r.missing(l):
		return HoldTraits
	case asked, back:
		return HoldWaits
	case l.Backlog:
		return HoldBacklog
	case l.Blocked != "":
		return HoldReturned
	case !r.requalifies(l, now):
		return HoldRequalify
	case !r.Scorer.Ready(score):
		return HoldIntent
	}
	return HoldWaits
}

// HoldEnds is when a hold ends because the score has faded under the threshold by
// then, if nothing happens; zero: never, or there is no hold.
func (r *Rules) HoldEnds(l *Lead, now time.Time) time.Time { return r.holdEnds(l, r.Fit(l), now) }

func (r *Rules) holdEnds(l *Lead, fit scoring.Fit, now time.Time) time.Time {
	if !l.HandRaisedAt.IsZero() || l.Backlog || !l.CallbackAt.IsZero() {
		return time.Time{}
	}
	at, _ := r.Scorer.ColdAt(l.Ledger, fit, 1, now)
	return at
}

// requalifies tells whether a lead that was returned did enough since; one that
// never was needs nothing.
func (r *Rules) requalifies(l *Lead, at time.Time) bool {
	return l.ReturnedAt.IsZero() || r.since(l, at) >= r.Scoring.RequalifyPoints
}

// since is the engagement since the last return.
func (r *Rules) since(l *Lead, at time.Time) float64 {
	return r.Scorer.Score(l.Since, scoring.Fit{}, at).Engagement
}

// WhyNot says in words what keeps the lead off the board at the scene's now;
// false where nothing does.
func (sc Scene) WhyNot(l *Lead) (Absence, bool) {
	r, a := sc.Rules, Absence{Hold: sc.Rules.Hold(l, sc.Now)}
	switch a.Hold {
	case HoldDisqualified:
		a.Text, a.Way, a.Fix = "disqualified on "+sc.day(l, l.StageAt), "marketing or a manager reopens it", FixReopen
	case HoldLost:
		a.Text = "lost on " + sc.day(l, l.ClosedAt)
		a.Way, a.Fix = "in nurture again on "+sc.day(l, l.ReactivatesAt)+", at once if they ask for sales", FixReopen
	case HoldExcluded:
		e := r.exclusion(l)
		a.Text = e.why + " (" + e.value + ")"
		a.Way, a.Fix = "an administrator takes "+e.value+" off the list, or somebody corrects the lead", FixList
		if e.list == "" {
			a.Way, a.Fix = "somebody corrects the email", FixCorrect
		}
	case HoldTraits:
		wanted := joinOr(r.Criteria.RequiredTraits)
		a.Text, a.Way, a.Fix = wantsTraits+wanted, "it says one of them, or somebody corrects the lead", FixCorrect
	case HoldBacklog:
		a.Text = "in the backlog: ready through an import or a new agreement"
		a.Way, a.Fix = "a manager releases it, or it does something", FixRelease
	case HoldReturned:
		sc.returned(l, &a)
	case HoldRequalify:
		now, want := r.since(l, sc.Now), r.Scoring.RequalifyPoints
		a.Text = fmt.Sprintf("%s; %s of %s points of new engagement since", sc.lastReturn(l), points(now), points(want))
		a.Way = lacking(want-now) + " more points from what it does, or it asks for sales"
		if !l.CallbackAt.IsZero() {
			a.Way = "back on " + sc.day(l, l.CallbackAt) + "; earlier with " + a.Way
		}
	case HoldIntent:
		score, _ := l.ScoreAt(r, sc.Now)
		a.Text = fmt.Sprintf("reads, but does not do what buyers do: %s of %s points of intent", points(score.Intent), points(r.Scoring.IntentPoints))
		a.Way = "it compares, tries or looks at prices, or asks for sales"
	case HoldWaits:
		a.Text = "ready, but time alone puts nobody on the board"
		a.Way = "the next thing it does, or a corrected trait"
		if !l.CountedAt.IsZero() && l.CountedAt.After(l.ReturnedAt) {
			a.Text = "was on the board until " + sc.day(l, l.StageAt) + " and cooled"
		}
	default:
		return a, false
	}
	return a, true
}

// returned is the words of a return that blocks.
func (sc Scene) returned(l *Lead, a *Absence) {
	a.Text = sc.lastReturn(l)
	switch l.Blocked {
	case BlockedFit:
		a.Text += ": waits for another trait"
		a.Way, a.Fix = "a trait changes, or it asks for sales", FixCorrect
	case BlockedData:
		a.Text += ": its contact data is wrong"
		a.Way, a.Fix = "somebody corrects email or phone, or it asks for sales", FixCorrect
	default:
		a.Text += ": marketing decides"
		a.Way, a.Fix = "marketing or a manager disqualifies it, or it asks for sales", FixDecide
	}
}

func (sc Scene) lastReturn(l *Lead) string {
	reason, ok := sc.Rules.Reason(l.ReturnReason)
	if !ok {
		reason.Label = l.ReturnReason
	}
	return "returned on " + sc.day(l, l.ReturnedAt) + " as “" + reason.Label + "”"
}

// day is a date as people of the lead's team say it.
func (sc Scene) day(l *Lead, t time.Time) string {
	t, now := t.In(sc.calendar(l).Zone()), sc.Now.In(sc.calendar(l).Zone())
	if t.Year() == now.Year() {
		return t.Format("2 Jan")
	}
	return t.Format("2 Jan 2006")
}

// points are shown with a decimal only where they have one; never as enough
// where they are not.
func points(p float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(math.Floor(p*10)/10, 'f', 1, 64), ".0")
}

// lacking is how many points more are wanted, rounded up: what points shows of
// those that are there and this make the whole.
func lacking(p float64) string {
	const exact = 1e-6 // of a tenth: what the arithmetic itself adds
	return strings.TrimSuffix(strconv.FormatFloat(math.Ceil(max(exact, p*10)-exact)/10, 'f', 1, 64), ".0")
}
