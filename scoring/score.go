package scoring

import (
	"math"
	"time"
)

// Score is a lead's score at one moment. Total = Fit + Engagement.
type Score struct {
	Total float64
	// Fit is after the fit limit.
	Fit float64
	// Engagement is the decayed points of all behaviour rules; may be negative.
	Engagement float64
	// Intent is the part of Engagement from rules marked intent.
	Intent float64
	Tier   Tier
}

// Score is the score at a moment; what lies after it in the ledger counts
// undecayed. The same arguments give the same bits.
func (s *Scorer) Score(l Ledger, fit Fit, at time.Time) Score {
	sc := Score{Fit: fit.Counted}
	left := len(l) // most leads have few of the rules
	for i := 0; i < len(s.rules) && left > 0; i++ {
		r := &s.rules[i]
		acc, ok := l[r.ID]
		if !ok {
			continue
		}
		left--
		v := acc.Value * s.decay(acc.LastAt, at)
		sc.Engagement += v
		if r.Intent {
			sc.Intent += v
		}
	}
	sc.Total = sc.Fit + sc.Engagement
	sc.Tier = s.TierOf(sc.Total)
	return sc
}

// TierOf is the tier of a score by the model's bounds.
func (s *Scorer) TierOf(total float64) Tier { return s.model.Tiers.Of(total) }

// Ready tells whether a score is at or over the threshold with enough of it
// from rules marked intent. Required traits, exclusions and hand-raises are
// not its concern.
func (s *Scorer) Ready(sc Score) bool {
	m := &s.model
	return sc.Total >= m.Threshold && (m.IntentPoints == 0 || sc.Intent >= m.IntentPoints)
}

// farthestDays is how far ColdAt looks ahead: later than in a hundred years is
// never, which keeps moments within what stores and JSON can hold.
const farthestDays = 36525

// ColdAt is the moment from which the score is under share × threshold if
// nothing more happens: now where it already is; false where it never will be.
// It looks from the later of now and the newest activity on, and is rounded up to
// a millisecond at which Score really is under, so that whoever waits for
// it never wakes too early. With fit f, engagement e and half-life h it is
// h·log2(e / (share·threshold − f)) days ahead.
func (s *Scorer) ColdAt(l Ledger, fit Fit, share float64, now time.Time) (time.Time, bool) {
	bar := share * s.model.Threshold
	if s.Score(l, fit, now).Total < bar {
		return now, true
	}
	from := now
	for i := range s.rules {
		if acc, ok := l[s.rules[i].ID]; ok && acc.LastAt.After(from) {
			from = acc.LastAt
		}
	}
	sc := s.Score(l, fit, from)
	if sc.Total < bar {
		return from, true
	}
	// Without positive engagement the score only rises, or stays.
	if s.model.HalfLifeDays == 0 || sc.Engagement <= 0 || sc.Fit >= bar {
		return time.Time{}, false
	}
	ahead := s.model.HalfLifeDays * math.Log2(sc.Engagement/(bar-sc.Fit))
	if ahead > farthestDays {
		return time.Time{}, false
	}
	at := later(from, ahead).Truncate(time.Millisecond)
	// More than one step where rounding holds the score at the bar for a while.
	for step := time.Millisecond; days(from, at) <= farthestDays; step *= 2 {
		if at = at.Add(step); s.Score(l, fit, at).Total < bar {
			return at, true
		}
	}
	return time.Time{}, false
}

// later is a moment that many days on, at most farthestDays.
func later(from time.Time, days float64) time.Time {
	return from.Add(time.Duration(days * 24 * float64(time.Hour)))
}
