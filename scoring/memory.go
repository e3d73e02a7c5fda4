package scoring

import "math"

// How long activities matter. Of two ledgers, one derived from all activities of
// a lead and one without the old ones, each rule's values differ by no more than
// the cap (clipping and later additions never widen the difference), and that
// fades like the points themselves. Rules with once_per differ besides in which
// activities open their windows, until the lead pauses for one window: from then
// on both count the same ones.
const (
	unmeasurable  = 0.01   // points that a score may be off
	leastMemory   = 20     // half-lives
	uncapped      = 10_000 // times its points: what a rule without a cap is taken to contribute at most
	windowsMemory = 100    // windows in which a lead pauses for one; only machines never do
)

// MemoryDays is for how many days, by this model, an activity may still change a
// score by a hundredth of a point in all. False: for ever, for nothing decays.
func (s *Scorer) MemoryDays() (float64, bool) {
	if s.model.HalfLifeDays == 0 {
		return 0, false
	}
	var most, window float64
	for i := range s.rules {
		r := &s.rules[i]
		most += math.Min(r.cap, uncapped*math.Abs(r.Points))
		window = math.Max(window, r.window.Hours()/24)
	}
	halfLives := math.Max(leastMemory, math.Log2(most/unmeasurable))
	return halfLives*s.model.HalfLifeDays + windowsMemory*window, true
}
