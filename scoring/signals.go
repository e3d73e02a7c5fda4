package scoring

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"
)

// FitLimitRule is the id of the signal for what the fit limit cuts off. No
// rule may be called so.
const FitLimitRule = "fit_limit"

// Signal is one line of a score's receipt.
type Signal struct {
	Rule  string `json:"rule"`
	Label string `json:"label"`
	// Detail says in words what was done last; "" where only the label fits.
	Detail string `json:"detail"`
	// Points are its share of the score now, unrounded.
	Points float64 `json:"points"`
	// Count and LastAt are of the activities that counted; zero for fit.
	Count     int       `json:"count"`
	LastAt    time.Time `json:"last_at,omitzero"`
	Intent    bool      `json:"intent,omitempty"`
	HandRaise bool      `json:"hand_raise,omitempty"`
	Fit       bool      `json:"fit,omitempty"`
}

// Text is what a person reads: the detail if there is one, else the label.
func (g Signal) Text() string {
	if g.Detail != "" {
		return g.Detail
	}
	return g.Label
}

// Signals explains a score: every rule that has fired, the strongest first
// (by absolute points; ties in the model's order). They add up to
// Score(l, fit, at).Total.
func (s *Scorer) Signals(l Ledger, fit Fit, at time.Time) []Signal {
	out := make([]Signal, 0, len(l)+len(fit.Rules)+1)
	for i := range s.rules {
		r := &s.rules[i]
		acc, ok := l[r.ID]
		if !ok {
			continue
		}
		out = append(out, Signal{
			Rule: r.ID, Label: r.Label, Detail: acc.Detail,
			Points: acc.Value * s.decay(acc.LastAt, at), Count: acc.Count, LastAt: acc.LastAt,
			Intent: r.Intent, HandRaise: r.HandRaise,
		})
	}
	for i := range s.fit {
		if r := &s.fit[i]; slices.Contains(fit.Rules, r.ID) {
			out = append(out, Signal{Rule: r.ID, Label: r.Label, Points: r.Points, Fit: true})
		}
	}
	if cut := fit.Counted - fit.Points; cut != 0 {
		label := "fit counts up to " + strconv.FormatFloat(math.Round(s.fitLimit*100)/100, 'f', -1, 64) + " points"
		out = append(out, Signal{Rule: FitLimitRule, Label: label, Points: cut, Fit: true})
	}
	slices.SortStableFunc(out, func(a, b Signal) int {
		return cmp.Compare(math.Abs(b.Points), math.Abs(a.Points))
	})
	return out
}
