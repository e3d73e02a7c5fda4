package lead

import (
	"slices"
	"strings"
	"time"

	"hotleads/scoring"
)

// What a lead asks of the rep who has touched it already. No clock runs for that, so
// what they are told of it hangs on the lead itself: until they, or anybody, act on it.

// asks are what a lead may ask of whose it is, the most urgent last.
var asks = []Happening{GivenTo, Interested, GotHot, OnFire, AskedAgain}

// How long what was told and nobody answered stands for the same, and for less, that
// the lead asks meanwhile.
const (
	raisesApart = time.Hour // for sales
	asksApart   = 24 * time.Hour
)

// AskPrefix begins what stands for the clock of an occasion that hangs on no clock.
const AskPrefix = "asked "

// Asks tells whether the occasion hangs on what its lead asks, and not on a clock.
func (o Occasion) Asks() bool { return strings.HasPrefix(o.ClockID, AskPrefix) }

// asking names what the lead asks of whose it is, in its life as it is or was; ""
// where it asks nothing.
func (l *Lead) asking(in Life) string {
	if in.AskedAt.IsZero() {
		return ""
	}
	return AskPrefix + l.ID + " " + in.AskedAt.UTC().Format(time.RFC3339Nano)
}

// inHand tells whether the lead is somebody's and no clock of theirs waits for them:
// they have touched it, or it went on from there.
func (l *Lead) inHand() bool {
	return l.OwnerID != "" && (l.Stage == SAL && !l.TouchedAt.IsZero() || l.Stage == SQL || l.Stage == Won)
}

// answered ends what the lead asks.
func (l *Lead) answered() { l.Asked, l.AskedAt = "", time.Time{} }

// ask notes that the lead asks something of whose it is.
func (w *Work) ask(sc Scene, what Happening) {
	w.Lead.Asked, w.Lead.AskedAt = what, sc.Now
	w.occasion(sc, what, w.Lead.asking(w.Lead.Life), sc.Now)
}

// doings are what a lead in somebody's hands did in one transaction, as far as it
// may ask something by it.
type doings struct {
	raised time.Time    // when it had asked for sales before
	tier   scoring.Tier // before
	lately bool         // it did something since its rep acted on it, and that is no old news
	intent bool         // what a buyer does
}

// watch notes how hot a lead in somebody's hands is, before it is told what it did.
func (w *Work) watch(sc Scene) {
	if w.Lead.inHand() && w.did.tier == "" {
		_, w.did.tier = w.ScoreAt(sc.Rules, sc.Now)
	}
}

// watched notes what a lead in somebody's hands did.
func (w *Work) watched(sc Scene, a scoring.Activity) {
	l, at := w.Lead, a.At
	if !l.inHand() || !at.After(l.TouchedAt) || !at.After(l.StageAt) || sc.Now.Sub(at) > oldNews {
		return
	}
	w.did.lately = true
	w.did.intent = w.did.intent || sc.Rules.Scorer.IsIntent(a)
}

// asksAgain lets whose the lead is hear of what it did, where that asks something of
// them: it wants sales again, is hotter than before, or does what a buyer does.
func (w *Work) asksAgain(sc Scene) {
	l := w.Lead
	if !l.inHand() {
		return
	}
	what, apart := Happening(""), asksApart
	_, tier := w.ScoreAt(sc.Rules, sc.Now)
	switch hotter := heats[string(tier)]; {
	case l.HandRaisedAt.After(w.did.raised):
		what, apart = AskedAgain, raisesApart
	case !w.did.lately:
		return
	case hotter != "" && tier.Rank() > w.did.tier.Rank():
		what = hotter
	case w.did.intent:
		what = Interested
	default:
		return
	}
	if slices.Index(asks, what) > slices.Index(asks, l.Asked) || sc.Now.Sub(l.AskedAt) >= apart {
		w.ask(sc, what)
	}
}

// Asking is what an occasion hangs on that hangs on no clock, as if it were one: it
// runs until somebody acts on what its lead asks. By whom and when that was, the
// lead's history tells: see [Occasion.Answered].
func (o Occasion) Asking(l *Lead) Clock {
	c := Clock{ID: o.ClockID, OwnerID: l.OwnerID}
	if l.asking(l.Life) == o.ClockID {
		return c
	}
	c.StoppedAt = o.At
	if u := l.Undo; u != nil && l.asking(u.Life) == o.ClockID {
		c.StoppedAt = u.Until.Add(-UndoFor)
	}
	return c
}

// Answered is Asking once it is over, with who acted on it by what, as rows of the
// lead's history since then tell, the oldest first. Nobody did where the lead asked
// again before.
func (o Occasion) Answered(l *Lead, since []History) Clock {
	c := o.Asking(l)
	if c.Running() {
		return c
	}
	var acts []History
	for _, h := range since {
		switch {
		case h.Move == UndoMove:
			acts = slices.DeleteFunc(acts, func(a History) bool { return a.Seq >= h.UndoOf })
		case h.Move != Add && h.Move != Correct && h.RecordedAt.After(o.At):
			acts = append(acts, h)
		}
	}
	if len(acts) > 0 {
		c.StoppedAt = acts[0].RecordedAt
		c.Stopped = Stopped{Kind: acts[0].ActorKind, By: acts[0].ActorID, Via: acts[0].Via, Move: acts[0].Move, Seq: acts[0].Seq}
	}
	return c
}
