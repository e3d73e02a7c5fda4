package scoring

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Activity is one thing a lead did.
type Activity struct {
	// ID is the message id; it breaks ties between activities of one moment.
	ID string
	// Event is the event's name, as sent.
	Event string
	// Properties are as decoded from JSON.
	Properties map[string]any
	// At is when it occurred, in the precision in which it is stored:
	// otherwise a re-derivation sees another moment than Add did.
	At time.Time
}

// Accumulator is what one behaviour rule contributes for one lead: Value
// points as of LastAt. That moment is also the start of the rule's last
// once_per window, because the activity that counts is the one that opens it.
type Accumulator struct {
	Value float64 `json:"v,omitempty"`
	// Count is the number of activities that counted.
	Count int `json:"n,omitempty"`
	// LastAt and LastID are the latest activity that counted, in order of
	// occurrence; Detail says in words what it was ("" where only the label fits).
	LastAt time.Time `json:"t,omitzero"`
	LastID string    `json:"i,omitempty"`
	Detail string    `json:"d,omitempty"`
}

// Ledger holds the accumulators of one lead by rule id. Through JSON it comes
// back exactly as it was. Rules that the model doesn't have are ignored.
type Ledger map[string]Accumulator

// Add counts one activity, which must not have been added before, in O(rules
// touched). The ledger must not be nil.
//
// It returns the rules that the activity came too late for: it is older than
// what the rule has counted, and the rule's cap or once_per makes the order
// matter. Of these nothing is changed but the count, where each one counts; the
// caller must Replay them, this activity included. All other late ones are added
// exactly.
func (s *Scorer) Add(l Ledger, a Activity) (late []string) {
	for r := range s.touched(&a) {
		acc := l[r.ID]
		if !s.count(r, &acc, &a) {
			late = append(late, r.ID)
			if r.window == 0 {
				acc.Count++
			}
		}
		l[r.ID] = acc
	}
	return late
}

// Derive computes the whole ledger from all activities of a lead, given in any
// order. What Add and Replay arrive at is this, up to rounding, and but for the
// counts of who did the same very often.
func (s *Scorer) Derive(all []Activity) Ledger {
	ordered := slices.Clone(all)
	slices.SortStableFunc(ordered, func(a, b Activity) int {
		return compareMoments(a.At, a.ID, b.At, b.ID)
	})
	l := Ledger{}
	for i := range ordered {
		s.Add(l, ordered[i]) // in order, nothing is late
	}
	return l
}

// count moves one rule's accumulator by one activity. It reports false, with
// the accumulator untouched, where the activity is late and the result would
// depend on what came in between.
func (s *Scorer) count(r *rule, acc *Accumulator, a *Activity) bool {
	if acc.Count > 0 && compareMoments(a.At, a.ID, acc.LastAt, acc.LastID) <= 0 {
		return s.countLate(r, acc, a)
	}
	if acc.Count > 0 && r.window > 0 && a.At.Before(acc.LastAt.Add(r.window)) {
		return true
	}
	acc.Value = clip(acc.Value*s.decay(acc.LastAt, a.At)+r.Points, r.cap)
	acc.Count++
	acc.LastAt, acc.LastID = a.At.UTC(), a.ID
	acc.Detail = r.detail.render(a.Properties)
	return true
}

// countLate adds an activity older than the accumulator where that is exact.
// All additions of a rule are the same points, so with v → min(cap, v·d + p)
// monotone in v, a cap cannot have mattered (or is what holds the value
// anyway) in these cases:
//   - nothing decays, or the activity is of the same moment: the order of
//     equal additions is nothing;
//   - all of them together, undecayed, stay within the cap;
//   - the value is at the cap: one more cannot lift it.
//
// Which one opens a once_per window, however, decides about all that follow.
func (s *Scorer) countLate(r *rule, acc *Accumulator, a *Activity) bool {
	if r.window > 0 {
		return false
	}
	exact := s.model.HalfLifeDays == 0 || a.At.Equal(acc.LastAt) ||
		float64(acc.Count+1)*math.Abs(r.Points) <= r.cap ||
		math.Abs(acc.Value) == r.cap
	if !exact {
		return false
	}
	acc.Value = clip(acc.Value+r.Points*s.decay(a.At, acc.LastAt), r.cap)
	acc.Count++
	return true
}

// compareMoments is the order of occurrence: by time, then by message id.
func compareMoments(at time.Time, id string, at2 time.Time, id2 string) int {
	if c := at.Compare(at2); c != 0 {
		return c
	}
	return cmp.Compare(id, id2)
}

// decay is the factor that points of moment from keep until moment to: 1 where
// to is not later.
func (s *Scorer) decay(from, to time.Time) float64 {
	if s.model.HalfLifeDays == 0 || !to.After(from) {
		return 1
	}
	return math.Exp2(-days(from, to) / s.model.HalfLifeDays)
}

// days between two moments. Not by time.Sub, which ends at 292 years.
func days(from, to time.Time) float64 {
	seconds := float64(to.Unix() - from.Unix())
	return (seconds + float64(to.Nanosecond()-from.Nanosecond())/1e9) / 86400
}

// clip bounds v to ±limit.
func clip(v, limit float64) float64 {
	return math.Max(-limit, math.Min(limit, v))
}
