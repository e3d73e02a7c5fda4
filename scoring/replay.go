package scoring

import (
	"math"
	"slices"
	"time"
)

// How far back a derivation looks. What it finds is as exact as float64 is for
// whoever is a person: a rule is settled by what was done often enough to reach its
// cap, or by what has faded.
const (
	looksAtLeast = 1_000  // activities of a rule's events, settled or not
	looksAtMost  = 20_000 // of them: only machines do so much that settles nothing
	faded        = 60     // half-lives after which points are less than a float64 tells apart
	mostDone     = 1e9    // times its points: what a rule without a cap can come to
)

// Replay derives accumulators anew, from a lead's activities as they are read from
// the latest one back. It knows which rules need to see more: of what was done a
// million times, the last few times decide.
//
//	p := s.Replay(late, time.Time{})
//	for events := p.Events(); len(events) > 0; events = p.Events() {
//		… p.Add(a) // those of these events that are next; until there are no more
//	}
//	p.Into(ledger)
type Replay struct {
	s     *Scorer
	after time.Time
	rules []past // as the scorer's
	ended bool   // the rest does not count
}

// past is what fired one rule.
type past struct {
	*rule
	wanted bool
	seen   []moment // the latest first
	looked int      // at how many activities of its events
	open   bool     // older ones are to be looked at
	short  bool     // it looked at all it may, and they settled nothing

	settled bool
	weighed int     // of seen
	sum     float64 // what they come to if none is clipped, as of the latest
	most    float64 // what they come to if that is clipped where that leaves least
}

type moment struct {
	at         time.Time
	id, detail string
}

// Replay begins to derive the named rules (nil: all) from what occurred after a
// moment.
func (s *Scorer) Replay(rules []string, after time.Time) *Replay {
	p := &Replay{s: s, after: after, rules: make([]past, len(s.rules))}
	for i := range s.rules {
		r := &s.rules[i]
		wanted := rules == nil || slices.Contains(rules, r.ID)
		p.rules[i] = past{rule: r, wanted: wanted, open: wanted, most: math.Inf(1)}
	}
	return p
}

// Events are the folded names of the events of which more is to be seen, sorted;
// none where nothing older can make a difference.
func (p *Replay) Events() []string {
	if p.ended {
		return nil
	}
	var events []string
	for event, triggers := range p.s.triggers {
		if slices.ContainsFunc(triggers, func(t trigger) bool { return p.rules[t.rule].open }) {
			events = append(events, event)
		}
	}
	slices.Sort(events)
	return events
}

// Add looks at an activity that is older than all those before, of one of Events.
func (p *Replay) Add(a Activity) {
	if p.ended = p.ended || !a.At.After(p.after); p.ended {
		return
	}
	last := -1
	for _, t := range p.s.triggers[Fold(a.Event)] {
		h := &p.rules[t.rule]
		if !h.open {
			continue
		}
		if t.rule != last {
			last = t.rule
			h.looked++
		}
		if (len(h.seen) == 0 || h.seen[len(h.seen)-1].id != a.ID) && matchAll(t.where, a.Properties) {
			h.see(p.s, &a)
		}
	}
	for _, t := range p.s.triggers[Fold(a.Event)] {
		p.rules[t.rule].close()
	}
}

func (h *past) close() {
	switch {
	case h.settled && h.looked >= looksAtLeast:
		h.open = false
	case h.open && h.looked >= looksAtMost:
		h.open, h.short = false, true
	}
}

// see takes in what fired the rule. Which ones count of those with once_per is
// known from one on that came after a pause of a window.
func (h *past) see(s *Scorer, a *Activity) {
	m := moment{at: a.At, id: a.ID}
	if h.window > 0 || len(h.seen) == 0 {
		m.detail = h.detail.render(a.Properties)
	}
	if n := len(h.seen); h.window > 0 && n > 0 && !h.seen[n-1].at.Before(a.At.Add(h.window)) {
		h.weigh(s)
	}
	h.seen = append(h.seen, m)
	if h.window == 0 {
		h.weigh(s)
	}
}

// weigh tells whether what was seen settles the value, whatever it was before: it
// reached the cap since then, or that has faded. With v → min(cap, v·d + p), the
// value is the least of what all additions come to and of what each would come to
// with those after it from the cap on; where the former is not less than one of
// the latter, to begin with more makes no difference.
func (h *past) weigh(s *Scorer) {
	if h.settled {
		return
	}
	counted := h.seen[h.weighed:]
	if h.window > 0 {
		counted = h.openings(counted)
	}
	h.weighed = len(h.seen)
	points := math.Abs(h.Points)
	bound := math.Min(h.cap, mostDone*points)
	for _, m := range counted {
		d := s.decay(m.at, h.seen[0].at)
		h.most = math.Min(h.most, h.cap*d+h.sum)
		h.sum += points * d
		if h.sum >= h.most*(1+1e-9) || bound*d <= math.Exp2(-faded)*math.Min(points, h.cap) {
			h.settled = true
		}
	}
}

// openings are those of some moments, of which the oldest counts, that open a
// window; the latest first, as they are.
func (h *past) openings(some []moment) []moment {
	var out []moment
	for _, m := range slices.Backward(some) {
		if n := len(out); n == 0 || !m.at.Before(out[n-1].at.Add(h.window)) {
			out = append(out, m)
		}
	}
	slices.Reverse(out)
	return out
}

// Into puts what was derived into a ledger in place of what the rules had there. A
// rule that had something and could not be settled keeps it: then what came late
// came too late. The count of one that did not need to see everything is that of
// before, or of what was seen where that is more.
func (p *Replay) Into(l Ledger) {
	for i := range p.rules {
		h := &p.rules[i]
		was, had := l[h.ID]
		if !h.wanted || h.short && had {
			continue
		}
		var acc Accumulator
		for _, m := range slices.Backward(h.seen) {
			if p.s.count(h.rule, &acc, &Activity{ID: m.id, At: m.at}) && acc.LastID == m.id {
				acc.Detail = m.detail
			}
		}
		if !h.open && !h.short {
			acc.Count = max(acc.Count, was.Count)
		}
		if acc.Count == 0 {
			delete(l, h.ID)
			continue
		}
		l[h.ID] = acc
	}
}
