package demo

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// note is what a rep writes beside a return.
var notes = map[string][]string{
	"not_now":      {"Budget is decided after the summer.", "New fiscal year starts in January, call then.", "Finishing an ERP migration first."},
	"no_answer":    {"Three calls, two mails.", "Voicemail twice, no reply.", ""},
	"researching":  {"Comparing three vendors for the spring.", "Writes a paper on approvals; no project yet.", "Wants the security paper, no project."},
	"wrong_person": {"Passed us on to the head of finance.", "Left the team; a colleague takes over."},
	"wrong_fit":    {"Six people, needs the free plan.", "Looking for a bookkeeping service."},
	"bad_data":     {"Number is not in use.", "Mail bounces."},
	"customer":     {"Runs on Pro already; told their account manager."},
	"not_a_buyer":  {"Applicant.", "Sells to us."},
	"duplicate":    {"Same person under an older address."},
}

// share is a choice with its weight.
type share[T any] struct {
	what T
	of   int
}

func choose[T any](rng *rand.Rand, from []share[T]) T {
	total := 0
	for _, s := range from {
		total += s.of
	}
	at := rng.IntN(total)
	for _, s := range from {
		if at -= s.of; at < 0 {
			return s.what
		}
	}
	return from[0].what
}

// attempt is how a contact went.
type attempt struct{ channel, outcome string }

var (
	// unread are reasons to return a lead after a look at it; talked, after
	// contact with it.
	unread = []share[string]{{"researching", 34}, {"wrong_fit", 26}, {"wrong_person", 16}, {"bad_data", 10}, {"customer", 6}, {"not_a_buyer", 6}, {"duplicate", 2}}
	talked = []share[string]{{"no_answer", 34}, {"not_now", 26}, {"researching", 30}, {"wrong_person", 10}}

	attempts = []share[attempt]{
		{attempt{"call", "reached"}, 46}, {attempt{"call", "voicemail"}, 22}, {attempt{"call", "no answer"}, 12},
		{attempt{"email", "sent"}, 14}, {attempt{"meeting", "reached"}, 3}, {attempt{"chat", "reached"}, 3},
	}
	losses = []string{"went with a competitor", "no budget", "project postponed", "built it themselves"}
)

// touch is a contact attempt.
func touch(rng *rand.Rand) lead.Request {
	a := choose(rng, attempts)
	return lead.Request{Move: lead.Touch, Channel: a.channel, Outcome: a.outcome}
}

// giveBack is a return for a reason, with a note and, where it needs one, a
// date that many days ahead.
func giveBack(rng *rand.Rand, reason string, now time.Time, days int) lead.Request {
	r := lead.Request{Move: lead.Return, Reason: reason, Note: pick(rng, notes[reason])}
	if reason == "not_now" {
		r.Date = now.AddDate(0, 0, days).Format(time.DateOnly)
	}
	return r
}

// habit is the share of a clock's target that people take: most are quick, some
// are slow, and a few forget.
type habit struct {
	median, spread float64
	late           float64 // share of those who take longer than the target
}

var (
	claims    = habit{0.26, 0.7, 0.05}
	mornings  = habit{0.5, 0.6, 0.12} // what came while the team was away
	decisions = habit{0.22, 0.7, 0.02}
	touches   = habit{0.28, 0.75, 0.07}
)

func (h habit) of(rng *rand.Rand) float64 {
	if rng.Float64() < h.late {
		return 1.05 + 0.9*rng.Float64()
	}
	return h.median * math.Exp(h.spread*rng.NormFloat64())
}

// after is the moment at which somebody has taken that share of the target of
// the lead's clock.
func (p *past) after(ctx context.Context, l *lead.Lead, k sla.Kind, h habit) (time.Time, error) {
	rules, err := p.Store.Rules(ctx)
	if err != nil {
		return p.now, err
	}
	_, tier := l.ScoreAt(rules, p.now)
	minutes, err := rules.SLA.Minutes(k, string(tier))
	if err != nil {
		return p.now, err
	}
	if k == sla.Claim && h == mornings {
		minutes = max(minutes, rules.SLA.AfterHoursClaim)
	}
	return rules.SLA.Calendar.DueMinutes(p.now, minutes*h.of(p.rng))
}

// amount is what a year of the product costs, in minor units.
func amount(rng *rand.Rand) int64 { return int64(rng.IntN(110)+8) * 50000 }
