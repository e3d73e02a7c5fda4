package demo

import "time"

// The board of a team is kept at about this many waiting leads: enough to
// choose from, few enough to take in at a glance.
const (
	fewWaiting  = 8
	manyWaiting = 15
)

// arrivalGap is how long until somebody else comes to buy, where that many wait
// on the board or are on their way to it; 0: nobody comes for now.
func arrivalGap(waiting int) time.Duration {
	switch {
	case waiting < fewWaiting-2:
		return 12 * time.Second
	case waiting < fewWaiting+1:
		return 35 * time.Second
	case waiting < fewWaiting+4:
		return 65 * time.Second
	case waiting < manyWaiting-1:
		return 110 * time.Second
	}
	return 0
}

// claimGap is how long reps take between two claims, where that many wait; 0:
// they have other things to do.
func claimGap(waiting int) time.Duration {
	switch {
	case waiting < fewWaiting-1:
		return 0
	case waiting < fewWaiting+2:
		return 80 * time.Second
	case waiting < fewWaiting+4:
		return 55 * time.Second
	case waiting < manyWaiting-1:
		return 35 * time.Second
	case waiting <= manyWaiting:
		return 20 * time.Second
	}
	return 8 * time.Second
}

// bucket bounds how often something happens: so many at once, and one more each
// time that passes.
type bucket struct {
	each time.Duration
	most float64
	have float64
	at   time.Time
}

// take takes one, if there is one.
func (b *bucket) take(now time.Time) bool {
	if !b.at.IsZero() {
		b.have = min(b.most, b.have+float64(now.Sub(b.at))/float64(b.each))
	}
	b.at = now
	if b.have < 1 {
		return false
	}
	b.have--
	return true
}
