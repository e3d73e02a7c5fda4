package demo

import (
	"context"
	"slices"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// later puts an act of the past on the agenda, unless it would fall into the
// time that is tidied up.
func (p *past) later(at time.Time, do func(context.Context) error) {
	if at.Before(p.tidy()) {
		p.add(at, do)
	}
}

// plan is what reps have taken note of about a waiting lead.
type plan struct {
	since time.Time // when it came on the board
	tier  scoring.Tier
}

// consider plans for a waiting lead, anew where it has become hotter.
func (p *past) consider(ctx context.Context, region int, l *lead.Lead) error {
	rules, err := p.Store.Rules(ctx)
	if err != nil {
		return err
	}
	_, tier := l.ScoreAt(rules, p.now)
	had := p.planned[l.ID]
	if had.since.Equal(l.StageAt) && tier.Rank() <= had.tier.Rank() {
		return nil
	}
	p.planned[l.ID] = plan{l.StageAt, tier}
	h := claims
	if !rules.SLA.Calendar.IsOpen(p.now) {
		h = mornings
	} else if tier == scoring.Warm && p.rng.IntN(100) < 6 {
		// Nobody takes it; they tire of waiting, and it goes cold.
		p.later(p.now.Add(between(p.rng, 20, 60, time.Hour)), func(context.Context) error {
			p.say(p.now, p.people[l.UserID], did("Unsubscribed"), true, true)
			return nil
		})
		return nil
	}
	at, err := p.after(ctx, l, sla.Claim, h)
	if err != nil {
		return err
	}
	rep := pick(p.rng, p.reps[region])
	for _, r := range p.reps[region] {
		if r.ID == l.OfferedTo {
			rep = r
		}
	}
	id := l.ID
	p.later(at, func(ctx context.Context) error { return p.take(ctx, id, rep, 0) })
	return nil
}

// take is a rep turning to a waiting lead.
func (p *past) take(ctx context.Context, id string, rep lead.User, tries int) error {
	l, _, err := p.Store.Lead(ctx, id)
	if err != nil || l.Stage != lead.MQL {
		return err
	}
	var made bool
	switch d := p.rng.IntN(100); {
	case d < 14:
		if made, err = p.move(ctx, id, rep, touch(p.rng)); made {
			p.touched(id, rep)
		}
	case d < 21 && l.HandRaisedAt.IsZero():
		return p.sendBack(ctx, id, rep, choose(p.rng, unread))
	default:
		if made, err = p.move(ctx, id, rep, lead.Request{Move: lead.Claim}); made {
			at, err := p.after(ctx, &l, sla.Decision, decisions)
			p.later(at, func(ctx context.Context) error { return p.decide(ctx, id, rep) })
			return err
		}
	}
	if err != nil || made || tries == 3 {
		return err
	}
	// Refused: the rep's hands are full, or it is somebody else's turn.
	p.later(p.now.Add(between(p.rng, 12, 25, time.Minute)), func(ctx context.Context) error { return p.take(ctx, id, rep, tries+1) })
	return nil
}

// decide is a rep accepting or returning what they claimed, if they still have it.
func (p *past) decide(ctx context.Context, id string, rep lead.User) error {
	l, _, err := p.Store.Lead(ctx, id)
	if err != nil || l.Stage != lead.Claimed || l.OwnerID != rep.ID {
		return err
	}
	switch d := p.rng.IntN(100); {
	case d < 4:
		_, err := p.move(ctx, id, rep, lead.Request{Move: lead.Release})
		return err
	case d < 17 && l.HandRaisedAt.IsZero():
		return p.sendBack(ctx, id, rep, choose(p.rng, unread))
	}
	if made, err := p.move(ctx, id, rep, lead.Request{Move: lead.Accept}); !made {
		return err
	}
	at, err := p.after(ctx, &l, sla.Touch, touches)
	p.later(at, func(ctx context.Context) error {
		made, err := p.move(ctx, id, rep, touch(p.rng))
		if made {
			p.touched(id, rep)
		}
		return err
	})
	return err
}

// touched is what becomes of a lead after first contact.
func (p *past) touched(id string, rep lead.User) {
	at := p.now.Add(between(p.rng, 2, 60, time.Hour))
	d := p.rng.IntN(100)
	if d < 22 {
		p.later(at, func(ctx context.Context) error { return p.sendBack(ctx, id, rep, choose(p.rng, talked)) })
		return
	}
	if d < 40 {
		p.later(at, func(ctx context.Context) error {
			_, err := p.move(ctx, id, rep, touch(p.rng))
			return err
		})
		return
	}
	p.later(at, func(ctx context.Context) error {
		made, err := p.move(ctx, id, rep, lead.Request{Move: lead.Opportunity})
		if made {
			p.later(p.now.Add(between(p.rng, 1, 9*24, time.Hour)), func(ctx context.Context) error { return p.close(ctx, id, rep) })
		}
		return err
	})
}

// close is an opportunity won or lost.
func (p *past) close(ctx context.Context, id string, rep lead.User) error {
	r := lead.Request{Move: lead.Win, Amount: amount(p.rng)}
	if p.rng.IntN(100) < 60 {
		r = lead.Request{Move: lead.Lose, Reason: pick(p.rng, losses)}
	}
	_, err := p.move(ctx, id, rep, r)
	return err
}

// sendBack returns a lead, and plans whether it comes back.
func (p *past) sendBack(ctx context.Context, id string, rep lead.User, reason string) error {
	r := giveBack(p.rng, reason, p.now, 7+p.rng.IntN(40))
	if ahead, err := time.ParseInLocation(time.DateOnly, r.Date, p.office.Zone()); err == nil && p.end.Sub(ahead).Abs() < 3*24*time.Hour {
		r.Date = p.end.AddDate(0, 0, 5).Format(time.DateOnly) // no callback amid what opening stages
	}
	made, err := p.move(ctx, id, rep, r)
	if !made {
		return err
	}
	l, _, err := p.Store.Lead(ctx, id)
	if err != nil {
		return err
	}
	who := p.people[l.UserID]
	switch {
	case reason == "bad_data" && p.rng.IntN(2) == 0:
		who.phone = someone(7000+p.rng.IntN(900), who.americas).phone
		if at := p.now.Add(between(p.rng, 3, 50, time.Hour)); at.Before(p.end.Add(-5 * time.Hour)) {
			p.say(at, who, deed{}, true, true)
		}
	case (reason == "researching" || reason == "no_answer") && p.rng.IntN(100) < 35:
		at := p.now.Add(between(p.rng, 4*24, 13*24, time.Hour))
		if at.Before(p.end.Add(-5 * time.Hour)) {
			p.session(who, at, climb(p.scorer, p.rng, who.fit(p.scorer), toHot))
		}
	}
	return nil
}

// tidyUp has the reps contact whoever is still on the board.
func (p *past) tidyUp(ctx context.Context) error {
	for region := range p.teams {
		entries, err := p.Store.OnBoard(ctx, p.teams[region].ID)
		if err != nil {
			return err
		}
		var left []lead.Lead
		for _, e := range entries {
			l, _, err := p.Store.Lead(ctx, e.ID)
			if err != nil {
				return err
			}
			if !p.staged[l.UserID] {
				left = append(left, l)
			}
		}
		slices.SortFunc(left, byUser)
		for i := range left {
			if err := p.contact(ctx, &left[i], p.reps[region]); err != nil {
				return err
			}
		}
	}
	return nil
}

// contact has the first rep who may do so contact a lead.
func (p *past) contact(ctx context.Context, l *lead.Lead, reps []lead.User) error {
	for _, rep := range reps {
		if l.OwnerID != "" && l.OwnerID != rep.ID {
			continue
		}
		if made, err := p.move(ctx, l.ID, rep, touch(p.rng)); made || err != nil {
			return err
		}
	}
	return nil
}

// byUser orders leads alike each time the past is played: their ids are random.
func byUser(a, b lead.Lead) int { return strings.Compare(a.UserID, b.UserID) }
