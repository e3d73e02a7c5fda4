package demo

import (
	"math/rand/v2"
	"strconv"
	"time"

	"hotleads/scoring"
)

// aim is a range of scores that a story wants to end in.
type aim struct{ low, high float64 }

// Aims of stories, by the tiers of the default model.
var (
	toWarm = aim{50, 70}
	toHot  = aim{77, 112}
	toFire = aim{122, 170}
)

// climb is what somebody does whose score is at have until it is within the
// aim, as far as the model's caps let it: some reading first, then what buyers
// do, chosen so that the aim is not overshot where that can be helped.
func climb(s *scoring.Scorer, rng *rand.Rand, have float64, to aim) []deed {
	var deeds []deed
	ledger := scoring.Ledger{}
	at := time.Unix(0, 0)
	score := func() float64 { return have + s.Score(ledger, scoring.Fit{}, at).Engagement }
	do := func(d deed) {
		s.Add(ledger, d.scoring(strconv.Itoa(len(deeds)), at))
		deeds = append(deeds, d)
	}
	for range 1 + rng.IntN(3) {
		do(read(rng))
	}
	left := append(intents(rng), intents(rng)...)
	rng.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	for score() < to.low && len(left) > 0 {
		i := fitting(s, left, to.high-score())
		do(left[i])
		left = append(left[:i], left[i+1:]...)
	}
	return deeds
}

// fitting is the first deed that brings no more points than there is room for,
// else the one that brings the fewest.
func fitting(s *scoring.Scorer, deeds []deed, room float64) int {
	least, at := 0.0, 0
	for i, d := range deeds {
		ledger := scoring.Ledger{}
		s.Add(ledger, d.scoring("", time.Unix(0, 0)))
		points := s.Score(ledger, scoring.Fit{}, time.Unix(0, 0)).Engagement
		if points <= room {
			return i
		}
		if i == 0 || points < least {
			least, at = points, i
		}
	}
	return at
}

// fit is what the prospect is worth by what they are.
func (p prospect) fit(s *scoring.Scorer) float64 {
	t := scoring.Traits{"email_kind": "business"}
	for name, v := range p.traits() {
		t[name] = v
	}
	return s.Fit(t).Counted
}
