package lead_test

import (
	"errors"
	"testing"
	"time"

	"hotleads/lead"
)

func TestLeastMonths(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*lead.Agreement)
		want   int // 0: for ever
	}{
		"the default":            {func(*lead.Agreement) {}, 10},
		"a short half-life":      {func(a *lead.Agreement) { a.Scoring.HalfLifeDays = 1 }, 4}, // counted once in 90 days
		"and no look back":       {func(a *lead.Agreement) { a.Scoring.HalfLifeDays, a.Criteria.CountOnceDays = 1, 0 }, 1},
		"a long half-life":       {func(a *lead.Agreement) { a.Scoring.HalfLifeDays = 365 }, 241},
		"a window of a week":     {func(a *lead.Agreement) { a.Scoring.Behaviour[0].OncePer = 7 * 24 * 60 }, 33},
		"hand-raises of a year":  {func(a *lead.Agreement) { a.Criteria.HandRaiseDays = 366 }, 13},
		"idle for two years":     {func(a *lead.Agreement) { a.Criteria.CoolIdleDays = 731 }, 25},
		"nothing decays":         {func(a *lead.Agreement) { a.Scoring.HalfLifeDays = 0 }, 0},
		"longer than can be set": {func(a *lead.Agreement) { a.Scoring.HalfLifeDays = 36525 }, 24_001},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := lead.DefaultAgreement("UTC")
			if err != nil {
				t.Fatal(err)
			}
			test.change(&a)
			r, err := a.Compile(3)
			if err != nil {
				t.Fatal(err)
			}
			least, ok := r.LeastMonths()
			if ok != (test.want > 0) || ok && least != test.want {
				t.Fatalf("%d, %v, want %d", least, ok, test.want)
			}
			for months, fits := range map[int]bool{0: true, least - 1: least == 1, least: ok && least <= lead.MostMonths} {
				if err := r.CheckMonths(months); months >= 0 && (err == nil) != (fits || months == 0) || err != nil && !errors.Is(err, lead.ErrConflict) {
					t.Errorf("%d months: %v", months, err)
				}
			}
			if !ok {
				return
			}
			// However the months fall, the youngest that is dropped is old enough.
			days, _ := r.Scorer.MemoryDays()
			for first := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC); first.Year() < 2029; first = first.AddDate(0, 1, 0) {
				if age := first.Sub(first.AddDate(0, -min(least, 3000), 0)).Hours() / 24; least <= 3000 && age < days {
					t.Errorf("on %v of %v days are dropped that %v are remembered", first, age, days)
				}
			}
		})
	}
}
