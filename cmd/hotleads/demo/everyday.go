package demo

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// Arrivals of an ordinary day, by region (EMEA, Americas), in the past.
var (
	buyersADay  = [2][2]float64{{4, 1}, {3, 0.6}} // on a working day, on a weekend's
	readersADay = [2][2]float64{{6, 2}, {4, 1.5}}
	// wakingHours is when visitors come, by the company's clock: from, to.
	wakingHours = [2][2]float64{{7.5, 18.5}, {12.5, 22}}
)

// everyday puts four weeks of visitors on the agenda. What reps do about them
// follows as it happens.
func (p *past) everyday() {
	n := [2]int{}
	for day := p.start.In(p.office.Zone()); day.Before(p.end); day = day.AddDate(0, 0, 1) {
		off := 0
		if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
			off = 1
		}
		for region := range 2 {
			at := func() time.Time {
				h := wakingHours[region]
				midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, p.office.Zone())
				return midnight.Add(time.Duration((h[0] + p.rng.Float64()*(h[1]-h[0])) * float64(time.Hour))).UTC()
			}
			for range roll(p.rng, buyersADay[region][off]) {
				n[region]++
				p.buyer(someone(n[region], region == 1), at())
			}
			for range roll(p.rng, readersADay[region][off]) {
				n[region]++
				p.reader(someone(n[region], region == 1), at())
			}
		}
	}
	for _, day := range []int{9, 20} {
		at := p.start.AddDate(0, 0, day)
		p.say(at, rival, deed{}, true, false)
		for i, d := range []deed{compared("Team", "Pro"), pricing(), compared("Pro", "Enterprise")} {
			p.say(at.Add(time.Duration(i+1)*2*time.Minute), rival, d, true, true)
		}
	}
	p.add(p.end.Add(-lastDay), func(ctx context.Context) error {
		if err := p.tidyUp(ctx); err != nil { // who waits over a weekend would be due at once
			return err
		}
		a, err := agreement(aroundTheClock)
		if err == nil {
			a.SLA.Teams = map[string]sla.TeamPolicy{p.teams[1].Slug: {Escalation: shared}}
			_, err = p.Store.Activate(ctx, lead.Operator, a, p.now)
		}
		for n := 1; err == nil && n > 0; { // clocks that run follow at once, as where a server runs
			n, err = p.Desk.Recompute(ctx, p.now, 1000)
		}
		return err
	})
	p.add(p.tidy(), p.tidyUp)
}

// roll is a whole number that is n on average.
func roll(rng *rand.Rand, n float64) int {
	whole := int(n)
	if rng.Float64() < n-float64(whole) {
		whole++
	}
	return whole
}

// between is a duration from one to another number of units.
func between(rng *rand.Rand, from, to float64, unit time.Duration) time.Duration {
	return time.Duration((from + rng.Float64()*(to-from)) * float64(unit))
}

// buyer is somebody who comes to buy at a moment, having read before.
func (p *past) buyer(who prospect, at time.Time) {
	if at.After(p.end.Add(-5 * time.Hour)) {
		return
	}
	known := p.rng.IntN(10) < 6
	for range p.rng.IntN(5) {
		before := at.Add(-between(p.rng, 0.2, 9*24, time.Hour))
		if before.After(p.start) {
			p.say(before, who, read(p.rng), known, false)
		}
	}
	p.session(who, at, p.want(who))
}

// want is what a buyer does in the session that brings them on the board.
func (p *past) want(who prospect) []deed {
	fit := who.fit(p.scorer)
	switch d := p.rng.IntN(100); {
	case d < 28:
		return []deed{pick(p.rng, pages), pricing(), raise(p.rng)}
	case d < 68:
		return climb(p.scorer, p.rng, fit, toWarm)
	case d < 92:
		return climb(p.scorer, p.rng, fit, toHot)
	default:
		return climb(p.scorer, p.rng, fit, toFire)
	}
}

// session is deeds one after the other, with a form filled in at first.
func (p *past) session(who prospect, at time.Time, deeds []deed) {
	p.say(at, who, deed{}, true, false)
	ledger, fit := scoring.Ledger{}, scoring.Fit{Counted: who.fit(p.scorer)}
	for i, d := range deeds {
		at = at.Add(between(p.rng, 0.4, 4, time.Minute))
		if at.After(p.end) {
			return
		}
		p.scorer.Add(ledger, d.scoring(strconv.Itoa(i), at))
		near := p.scorer.Score(ledger, fit, at).Total > p.scorer.Model().Threshold-prelude
		p.say(at, who, d, true, p.scorer.IsHandRaise(d.scoring("", at)) || near && (d.event != pageViewed || d.properties["path"] == "/pricing"))
	}
}

// prelude is how many points somebody may have from reading before.
const prelude = 15

// reader is somebody who comes to read, now and then.
func (p *past) reader(who prospect, at time.Time) {
	known := p.rng.IntN(10) < 6
	if known {
		p.say(at, who, deed{}, true, false)
	}
	for range 2 + p.rng.IntN(9) {
		at = at.Add(between(p.rng, 0.02, 30, time.Hour))
		if at.After(p.end) {
			return
		}
		d := read(p.rng)
		if p.rng.IntN(60) == 0 {
			d = page("/careers", "Work with us")
		}
		p.say(at, who, d, known, false)
	}
}

// look is the reps looking at their boards: each lead that is new there, or
// hotter than when it was planned for, is planned for.
func (p *past) look(ctx context.Context) error {
	for region := range p.teams {
		entries, err := p.Store.OnBoard(ctx, p.teams[region].ID)
		if err != nil {
			return err
		}
		var changed []string
		for _, e := range entries {
			if p.seen[e.ID] != e.Version {
				p.seen[e.ID] = e.Version
				changed = append(changed, e.ID)
			}
		}
		cards, err := p.Store.Cards(ctx, changed)
		if err != nil {
			return err
		}
		fresh := make([]lead.Lead, 0, len(cards))
		for _, c := range cards {
			if c.Lead.Stage == lead.MQL && !p.staged[c.Lead.UserID] {
				fresh = append(fresh, c.Lead)
			}
		}
		slices.SortFunc(fresh, byUser)
		for i := range fresh {
			if err := p.consider(ctx, region, &fresh[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
