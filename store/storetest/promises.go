package storetest

import (
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/scoring"
	"hotleads/sla"
)

// regime is what was promised from a moment on: the agreement, and the hours of teams
// (ids) that have their own.
type regime struct {
	from time.Time
	a    lead.Agreement
	own  map[string]*sla.Calendar
}

func (r *regime) hours(team string) *sla.Calendar {
	if own := r.own[team]; own != nil {
		return own
	}
	return r.a.SLA.Calendar
}

// heat is how hot a lead was by what it had just done.
type heat struct {
	at   time.Time
	tier scoring.Tier
}

// promise is a clock as history alone tells it.
type promise struct {
	kind                    sla.Kind
	team, rep, tier, source string
	asked                   time.Time
	target, used            time.Duration
	from                    time.Time // of the stretch that runs; zero: it stands
	missed, ended           bool
	how                     sla.Outcome // unrecorded, cancelled, or "" for the step
	closed, counted, by     bool        // by: the step was made
	crm, other              bool        // another system ended it; another system or a program did
	owner                   string

	first  string        // its tier at first
	before time.Duration // what was used of it then
	moved  []movement    // what moved its due moment since
}

// movement is a stretch that began after so much had been used, or another tier.
type movement struct {
	at   time.Time
	used time.Duration
	tier string
}

// base is the target of a tier.
func (p *promise) base(w *world, r *regime, tier string, closed bool) time.Duration {
	w.Helper()
	policy := r.a.SLA.Policy
	minutes := must(policy.Minutes(p.kind, tier))(w)
	if closed && (p.kind == sla.Claim || p.kind == sla.Response) {
		minutes += max(0, policy.AfterHoursClaim-must(policy.Minutes(sla.Claim, tier))(w))
	}
	return time.Duration(minutes * float64(time.Minute))
}

// aim is what a regime promises, as if it had always been in force.
func (p *promise) aim(w *world, r *regime) {
	w.Helper()
	cal := r.hours(p.team)
	p.target, p.used, p.from = p.base(w, r, p.first, p.closed && p.before == 0), p.before, must(cal.NextOpening(p.asked))(w)
	for _, m := range p.moved {
		if m.tier == "" {
			p.used, p.from = m.used, must(cal.NextOpening(m.at))(w)
		} else {
			p.target = min(p.target, p.used+cal.Elapsed(p.from, m.at)+p.base(w, r, m.tier, !cal.IsOpen(m.at)))
		}
	}
}

// runs tells whether the promise is still to be kept by a moment: it has not ended, and
// is not missed by then.
func (p *promise) runs(r *regime, at time.Time) bool {
	p.missed = p.missed || !p.ended && p.used+r.hours(p.team).Elapsed(p.from, at) >= p.target
	return !p.ended && !p.missed
}

// hotter makes it the promise to a hotter lead.
func (p *promise) hotter(w *world, r *regime, at time.Time, tier scoring.Tier) {
	w.Helper()
	if p.ended || tier.Rank() <= scoring.Tier(p.tier).Rank() {
		return
	}
	if p.runs(r, at) {
		p.moved = append(p.moved, movement{at: at, tier: string(tier)})
		p.aim(w, r)
	}
	p.tier = string(tier)
}

// goesOn lets a promise run again that had stopped.
func (p *promise) goesOn(w *world, r *regime, h lead.History) {
	w.Helper()
	p.ended, p.how, p.by, p.other, p.crm, p.rep = false, "", false, false, false, ""
	if p.missed {
		p.from = must(r.hours(h.TeamAfter).NextOpening(h.RecordedAt))(w)
		return
	}
	p.team = h.TeamAfter
	p.moved = append(p.moved, movement{at: h.RecordedAt, used: p.used})
	p.aim(w, r)
}

// goesTo makes it another team's promise, unless the one that had it has missed it.
func (p *promise) goesTo(w *world, r *regime, h lead.History) {
	w.Helper()
	if p != nil && p.runs(r, h.RecordedAt) {
		p.team = h.TeamAfter
		p.aim(w, r)
	}
}

func (p *promise) stop(r *regime, at time.Time) {
	p.used += r.hours(p.team).Elapsed(p.from, at)
	p.missed, p.from = p.missed || p.used >= p.target, time.Time{}
}

func (p *promise) result() sla.Outcome {
	switch {
	case p.ended && p.how == sla.Unrecorded && (p.crm || !p.missed):
		return sla.Unrecorded
	case p.missed:
		return sla.Missed
	case !p.ended:
		return ""
	case p.how == sla.Cancelled:
		return sla.Cancelled
	}
	return sla.Met
}

// recount is what a lead's history, without what was undone, tells of its clocks, with
// how hot it was by what it did and with what was in force when.
func recount(w *world, regimes []regime, rows []lead.History, heats []heat, end time.Time) []promise {
	w.Helper()
	var all []*promise
	open := map[sla.Kind]*promise{}
	r := &regimes[0]
	start := func(k sla.Kind, h lead.History, used time.Duration) *promise {
		tier := string(h.Tier)
		if tier == "none" { // it faded since it qualified
			tier = "warm"
		}
		p := &promise{kind: k, team: h.TeamAfter, tier: tier, first: tier, source: h.Source, asked: h.RecordedAt, before: used, owner: h.OwnerAfter}
		p.closed = !r.hours(p.team).IsOpen(h.RecordedAt) && (k == sla.Claim || k == sla.Response)
		p.aim(w, r)
		all, open[k] = append(all, p), p
		return p
	}
	end1 := func(k sla.Kind, h lead.History, how sla.Outcome, by bool) {
		if p := open[k]; p != nil && !p.ended {
			p.stop(r, h.RecordedAt)
			p.ended, p.how, p.by, p.crm = true, how, by, h.Cause == lead.CauseCRM
			p.other = h.ActorKind == lead.ByKey || h.Via == "api"
			p.rep = h.OwnerAfter
			if p.rep == "" {
				p.rep = h.OwnerBefore
			}
			if k == sla.Decision || k == sla.Touch {
				p.rep = p.owner
			}
		}
	}
	spent, holder := map[string]time.Duration{}, ""
	row := func(h lead.History) {
		holder = h.OwnerAfter
		switch {
		case h.Cause == lead.CauseCRM || h.Move == lead.Opportunity:
			for _, k := range report.Kinds {
				end1(k, h, sla.Unrecorded, false)
			}
		case h.Move == lead.Qualify:
			clear(open)
			clear(spent)
			start(sla.Claim, h, 0)
			start(sla.Response, h, 0).counted = h.Counted
		case h.Move == lead.Claim:
			end1(sla.Claim, h, "", true)
			open[sla.Response].goesTo(w, r, h)
			start(sla.Decision, h, spent[h.OwnerAfter])
		case h.Move == lead.Accept:
			end1(sla.Claim, h, "", true)
			end1(sla.Decision, h, "", true)
			open[sla.Response].goesTo(w, r, h)
			start(sla.Touch, h, 0)
		case h.Move == lead.Touch:
			end1(sla.Touch, h, "", true)
			end1(sla.Response, h, "", true)
		case h.Move == lead.Release, h.Move == lead.Expire:
			end1(sla.Decision, h, sla.Cancelled, false)
			spent[h.OwnerBefore] = open[sla.Decision].used
			open[sla.Claim].goesOn(w, r, h)
			open[sla.Claim].hotter(w, r, h.RecordedAt, h.Tier) // meanwhile
		case h.Move == lead.Reassign && h.TeamAfter != h.TeamBefore:
			open[sla.Claim].goesTo(w, r, h)
			open[sla.Response].goesTo(w, r, h)
		case h.Move == lead.Reassign:
			for _, k := range []sla.Kind{sla.Decision, sla.Touch} {
				if p := open[k]; p != nil && !p.ended {
					end1(k, h, sla.Cancelled, false)
					start(k, h, 0)
				}
			}
		case h.Move == lead.Return, h.Move == lead.Disqualify, h.Move == lead.Cool, h.Move == lead.Merge:
			back := h.Move == lead.Return
			step := map[bool]sla.Outcome{true: "", false: sla.Cancelled}[back]
			end1(sla.Claim, h, step, back)
			open[sla.Response].goesTo(w, r, h)
			end1(sla.Decision, h, step, back)
			end1(sla.Touch, h, sla.Cancelled, false)
			end1(sla.Response, h, sla.Cancelled, false)
		}
	}
	passing := regimes[1:]
	until := func(at time.Time) { // what a lead did, and what was agreed, before a row of its history
		for {
			switch {
			case len(heats) > 0 && heats[0].at.Before(at) && (len(passing) == 0 || heats[0].at.Before(passing[0].from)):
				for _, p := range open {
					p.hotter(w, r, heats[0].at, heats[0].tier)
				}
				heats = heats[1:]
			case len(passing) > 0 && !passing[0].from.After(at):
				for _, p := range open {
					if p.runs(r, passing[0].from) {
						p.aim(w, &passing[0])
					}
				}
				r, passing = &passing[0], passing[1:]
			default:
				return
			}
		}
	}
	for _, h := range rows {
		until(h.RecordedAt)
		row(h)
	}
	until(end)
	out := make([]promise, len(all))
	for i, p := range all {
		if !p.ended {
			p.stop(r, end)
			switch p.kind {
			case sla.Decision, sla.Touch:
				p.rep = p.owner
			case sla.Response: // it waits on whoever has the lead
				p.rep = holder
			}
		}
		out[i] = *p
	}
	return out
}
