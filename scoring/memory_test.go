package scoring

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestMemoryDays(t *testing.T) {
	limit := func(v float64) *float64 { return &v }
	rule := func(points float64, most *float64, oncePer float64) Rule {
		return Rule{ID: "r", Label: "R", When: []Trigger{{Event: "E"}}, Points: points, Cap: most, OncePer: oncePer}
	}
	for name, test := range map[string]struct {
		halfLife float64
		rules    []Rule
		want     float64
	}{
		"nothing decays":           {0, []Rule{rule(1, limit(1), 0)}, -1},
		"no rules":                 {2, nil, 40},
		"twenty half-lives":        {14, []Rule{rule(5, limit(40), 0)}, 280},
		"a cap that takes longer":  {1, []Rule{rule(-1000, limit(-.01*(1<<24)), 0)}, 24},
		"no cap":                   {1, []Rule{rule(-.01*(1<<24)/10_000, nil, 0)}, 24},
		"a window of a day":        {14, []Rule{rule(5, limit(40), 24*60)}, 380},
		"the longest that is":      {36525, []Rule{rule(5, limit(40), 0)}, 20 * 36525},
		"a cap that nothing meets": {1, []Rule{rule(0, limit(1e6), 0)}, 20},
	} {
		t.Run(name, func(t *testing.T) {
			m := DefaultModel()
			m.HalfLifeDays, m.Behaviour = test.halfLife, test.rules
			s, err := Compile(m)
			if err != nil {
				t.Fatal(err)
			}
			days, ok := s.MemoryDays()
			if ok != (test.want >= 0) || ok && math.Abs(days-test.want) > 1e-9 {
				t.Errorf("%v, %v, want %v", days, ok, test.want)
			}
		})
	}
}

// What is older than the model remembers can be left out of a derivation, together
// with anything younger that happened to be received before, and what still comes
// late may be as old as it likes.
func TestWhatIsForgottenMakesNoDifference(t *testing.T) {
	worst, left := 0.0, 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 11))
		m := randomModel(rng)
		m.HalfLifeDays = pick(rng, .5, 1, 3)
		for i := range m.Behaviour {
			m.Behaviour[i].OncePer = pick(rng, 0.0, 0, 10, 60)
		}
		s, err := Compile(m)
		if err != nil {
			t.Fatal(err)
		}
		days, ok := s.MemoryDays()
		if !ok {
			t.Fatal("nothing decays")
		}
		now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		memory := time.Duration(days * 24 * float64(time.Hour))
		var all, kept []Activity
		for _, a := range manyActivities(rng, 400, now.Add(-2*memory), now) {
			all = append(all, a)
			if a.At.After(now.Add(-memory)) || rng.IntN(10) == 0 { // or it came late
				kept = append(kept, a)
			}
		}
		left += len(all) - len(kept)
		whole, short := s.Derive(all), s.Derive(kept)
		for _, later := range []time.Duration{0, time.Hour, 40 * 24 * time.Hour} {
			a, b := s.Score(whole, Fit{}, now.Add(later)), s.Score(short, Fit{}, now.Add(later))
			worst = max(worst, math.Abs(a.Total-b.Total), math.Abs(a.Intent-b.Intent))
		}
	}
	if worst > unmeasurable || left == 0 {
		t.Errorf("without %d old activities a score is off by %v", left, worst)
	}
}

// manyActivities are random ones, in random order.
func manyActivities(rng *rand.Rand, n int, from, to time.Time) []Activity {
	var all []Activity
	for len(all) < n {
		for _, a := range randomStream(rng) {
			a.ID = string(rune('a'+len(all)%26)) + a.ID + string(rune('a'+len(all)/26))
			a.At = from.Add(time.Duration(rng.Int64N(int64(to.Sub(from)))))
			all = append(all, a)
		}
	}
	return all
}
