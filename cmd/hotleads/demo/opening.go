package demo

import (
	"context"
	"fmt"
	"time"

	"hotleads/lead"
)

// The board as a visitor finds it: scripted so that every state of a hand-off
// can be seen at once, and so that something happens within two minutes.

// ago is something that happened minutes before the demo starts.
type ago struct {
	minutes float64
	deed    deed
}

// act is a rep's move minutes before the demo starts.
type act struct {
	minutes float64
	rep     int // of the team's reps; EMEA's first is the visitor's
	request lead.Request
}

// scripted is a lead of the opening.
type scripted struct {
	name, title, stem, trade, industry string
	country, place                     int
	employees                          int
	source                             string
	deeds                              []ago
	acts                               []act
}

const ukIdx, deIdx, frIdx, seIdx, usIdx, caIdx = 0, 1, 2, 3, 4, 5

// onStage are the leads of the opening. Minutes are chosen against the targets
// of the default agreement: on fire 10 to claim and 10 to decide, hot 30, warm 240.
var onStage = []scripted{
	{ // on fire, its clock well in time
		name: "Miriam Vogel", title: "CFO", stem: "Hollenbeck", trade: "Logistics", industry: "logistics", country: deIdx, place: 0, employees: 340, source: "linkedin",
		deeds: []ago{{130, webinar(webinars[0])}, {71, compared("Team", "Pro")}, {12, pricing()}, {9, compared("Pro", "Enterprise")}, {4, trial("Pro")}, {3, chat("ERP integration")}},
	},
	{ // asked for a demo; breaches within two minutes unless somebody takes it
		name: "James Okonjo", title: "VP Operations", stem: "Brackwater", trade: "Foods", industry: "food", country: ukIdx, place: 0, employees: 620, source: "google",
		deeds: []ago{{26, page("/product/approvals", "Approvals")}, {20, pricing()}, {14, caseStudy(customers[1])}, {8.3, demoRequested("roll-out for 200 people")}},
	},
	{ // breached: nobody took it
		name: "Claire Delacroix", title: "Head of Finance", stem: "Ravenholt", trade: "Health", industry: "healthcare", country: frIdx, place: 0, employees: 180, source: "review-site",
		deeds: []ago{{52, page("/security", "Security and compliance")}, {46, compared("Pro", "Enterprise")}, {44.5, pricing()}, {44, compared("Team", "Pro")}},
	},
	{ // claimed, time to decide
		name: "Erik Sandström", title: "Director of Shared Services", stem: "Silverlund", trade: "Instruments", industry: "manufacturing", country: seIdx, place: 0, employees: 95, source: "partner",
		deeds: []ago{{33, caseStudy(customers[0])}, {30, compared("Team", "Pro")}, {27, pricing()}, {24, replied("Re: " + webinars[1])}},
		acts:  []act{{6, 1, lead.Request{Move: lead.Claim}}},
	},
	{ // claimed and forgotten: the claim expires within two minutes and it is back on the board
		name: "Sophie Kessler", title: "COO", stem: "Kaltwasser", trade: "Energy", industry: "energy", country: deIdx, place: 2, employees: 240, source: "webinar",
		deeds: []ago{{40, compared("Pro", "Enterprise")}, {26, pricing()}, {18, trial("Team")}, {15, demoRequested("single sign-on")}},
		acts:  []act{{8.4, 2, lead.Request{Move: lead.Claim}}},
	},
	{ // hot, in time
		name: "Oliver Garland", title: "Finance Director", stem: "Thornquay", trade: "Insurance", industry: "insurance", country: ukIdx, place: 3, employees: 480, source: "newsletter",
		deeds: []ago{{15, page("/integrations", "Integrations")}, {12, compared("Team", "Pro", "Enterprise")}, {10, pricing()}, {9, chat("data residency")}},
	},
	{ // warm, and nearly late
		name: "Lena Hartwig", title: "Procurement Manager", stem: "Osterwald", trade: "Retail", industry: "retail", country: deIdx, place: 1, employees: 60, source: "google",
		deeds: []ago{{195, webinar(webinars[2])}, {188, compared("Free", "Team")}, {186, page("/product/forecasts", "Forecasts")}},
	},
	{ // warm
		name: "Hannah Lockwood", title: "Controller", stem: "Norbrook", trade: "Textiles", industry: "manufacturing", country: ukIdx, place: 1, employees: 120, source: "linkedin",
		deeds: []ago{{41, page("/product/approvals", "Approvals")}, {38, compared("Team", "Pro")}, {35, pricing()}},
	},
	{ // warm
		name: "Karim Fontaine", title: "IT Manager", stem: "Dunmere", trade: "Mobility", industry: "transport", country: frIdx, place: 1, employees: 45, source: "google",
		deeds: []ago{{101, page("/docs/api", "API reference")}, {98, chat("ERP integration")}, {95, pricing()}, {94, caseStudy(customers[2])}},
	},
	{ // accepted, to be called: its owner and managers see it
		name: "Freya Ashworth", title: "Head of Operations", stem: "Fallowby", trade: "Freight", industry: "logistics", country: ukIdx, place: 2, employees: 85, source: "referral",
		deeds: []ago{{30, compared("Team", "Pro")}, {22, pricing()}, {20, replied("Re: " + webinars[0])}},
		acts:  []act{{11, 3, lead.Request{Move: lead.Claim}}, {4, 3, lead.Request{Move: lead.Accept}}},
	},
	{ // on fire
		name: "Rachel Nguyen", title: "VP Revenue Operations", stem: "Morrowgate", trade: "Diagnostics", industry: "healthcare", country: usIdx, place: 0, employees: 480, source: "google",
		deeds: []ago{{18, compared("Pro", "Enterprise")}, {11, trial("Pro")}, {6, pricing()}, {2, demoRequested("single sign-on")}},
	},
	{
		name: "Victor Delgado", title: "Director of Engineering", stem: "Ullsworth", trade: "Robotics", industry: "manufacturing", country: usIdx, place: 6, employees: 340, source: "linkedin",
		deeds: []ago{{16, compared("Team", "Pro")}, {13, pricing()}, {12, chat("ERP integration")}},
	},
	{
		name: "Émilie Tremblay", title: "Head of Finance", stem: "Yarrowdale", trade: "Retail", industry: "retail", country: caIdx, place: 1, employees: 180, source: "partner",
		deeds: []ago{{19, compared("Team", "Pro")}, {15, compared("Pro", "Enterprise")}, {14.5, caseStudy(customers[2])}, {14, page("/customers", "Customers")}},
		acts:  []act{{3, 1, lead.Request{Move: lead.Claim}}},
	},
	{ // breached
		name: "Aisha Langston", title: "CFO", stem: "Vantholm", trade: "Media", industry: "media", country: usIdx, place: 10, employees: 120, source: "newsletter",
		deeds: []ago{{48, caseStudy(customers[3])}, {43, compared("Team", "Pro")}, {40, pricing()}, {37, trial("Team")}},
	},
	{ // at risk
		name: "Laura Prescott", title: "COO", stem: "Copperhill", trade: "Foods", industry: "food", country: usIdx, place: 5, employees: 900, source: "webinar",
		deeds: []ago{{12, page("/customers", "Customers")}, {7.7, contactSales("roll-out for 200 people")}},
	},
	{
		name: "Tyler Beckett", title: "Operations Manager", stem: "Ambergate", trade: "Freight", industry: "logistics", country: usIdx, place: 3, employees: 60, source: "google",
		deeds: []ago{{56, compared("Free", "Team")}, {52, page("/product/approvals", "Approvals")}, {50, caseStudy(customers[2])}},
	},
	{
		name: "Gordon MacDonald", title: "IT Manager", stem: "Driftmark", trade: "Systems", industry: "software", country: caIdx, place: 0, employees: 85, source: "bing",
		deeds: []ago{{126, page("/docs/api", "API reference")}, {123, compared("Team", "Pro")}, {120, pricing()}},
	},
}

// prospect is the person, numbered.
func (s scripted) prospect(n int) prospect {
	c := countries[s.country]
	at := c.places[s.place]
	p := prospect{ // numbers from the far end: someone counts from the near one
		name: s.name, title: s.title, company: fmt.Sprintf("%s %s %s", s.stem, s.trade, c.legal), industry: s.industry, employees: s.employees,
		country: c.name, city: at.city, zone: at.zone, phone: at.number(at.size - 1 - n), source: s.source, americas: c.americas,
	}
	return p.called(8000+n, s.stem+"-"+s.trade)
}

// opening puts the leads of the first minute on the agenda.
func (p *past) opening() {
	for i, s := range onStage {
		p.stage(s.prospect(i), s.deeds, s.acts)
	}
	p.returning()
	// Hand-offs of the last hour: qualified so many minutes ago, and claimed so
	// many minutes later, one of them late.
	for i, m := range [][2]float64{{41, 2.5}, {36, 3}, {30, 11.2}, {24, 1.5}, {19, 2}} {
		who := someone(9000+i, i%2 == 1)
		ready, wait := m[0], m[1]
		deeds := []ago{{ready + 6, compared("Team", "Pro")}, {ready + 4, pricing()}, {ready, demoRequested(topics[i])}}
		rep := 1 + i/2
		if who.americas {
			rep = i / 2
		}
		p.stage(who, deeds, []act{
			{ready - wait, rep, lead.Request{Move: lead.Claim}}, {ready - wait - 1.5, rep, lead.Request{Move: lead.Accept}},
			{ready - wait - 4, rep, lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"}},
		})
	}
}

// stage scripts a lead: nobody but the script moves it.
func (p *past) stage(who prospect, deeds []ago, acts []act) {
	p.staged[who.user] = true
	p.say(p.before(deeds[0].minutes+1), who, deed{}, true, false)
	for _, d := range deeds {
		p.say(p.before(d.minutes), who, d.deed, true, true)
	}
	for _, a := range acts {
		p.perform(who, a)
	}
}

// before is a moment minutes before the demo starts.
func (p *past) before(minutes float64) time.Time {
	return p.end.Add(-time.Duration(minutes * float64(time.Minute)))
}

// perform puts a scripted move on the agenda. It has to succeed.
func (p *past) perform(who prospect, a act) {
	region := 0
	if who.americas {
		region = 1
	}
	p.add(p.before(a.minutes), func(ctx context.Context) error {
		if err := p.takeIn(ctx); err != nil {
			return err
		}
		l, err := p.Desk.Find(ctx, "user:"+who.user, nil, p.now)
		if err == nil {
			_, err = p.Desk.Move(ctx, l.ID, a.request, lead.Person(p.reps[region][a.rep], "page"), p.now)
		}
		if err != nil {
			return fmt.Errorf("demo: %s %s: %w", a.request.Move, who.name, err)
		}
		return nil
	})
}

// returning is a lead that the visitor's rep returned twelve days ago and that
// is back again: offered to that rep first, with the reason of last time.
func (p *past) returning() {
	who := scripted{
		name: "Johanna Reuter", title: "Head of Finance", stem: "Zellmark", trade: "Instruments", industry: "manufacturing",
		country: deIdx, place: 4, employees: 180, source: "webinar",
	}.prospect(len(onStage))
	const then = 12 * 24 * 60
	first := []ago{{then + 9, webinar(webinars[1])}, {then + 5, compared("Team", "Pro")}, {then + 2, pricing()}}
	p.stage(who, first, []act{{then - 21, 0, lead.Request{Move: lead.Return, Reason: "researching", Note: "Board decides on tools in spring. Wants the security paper first."}}})
	for _, d := range []ago{{24, page("/security", "Security and compliance")}, {21, webinar(webinars[3])}, {19, caseStudy(customers[0])}, {16, pricing()}, {7, compared("Pro", "Enterprise")}} {
		p.say(p.before(d.minutes), who, d.deed, true, true)
	}
}
