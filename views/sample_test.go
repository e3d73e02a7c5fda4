package views_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotleads/views"
)

var (
	rosa    = views.Viewer{ID: "u-rosa", Name: "Rosa Park", Role: "rep"}
	mara    = views.Viewer{ID: "u-mara", Name: "Mara Kern", Role: "marketing"}
	milo    = views.Viewer{ID: "u-milo", Name: "Milo Chen", Role: "manager"}
	anna    = views.Viewer{ID: "u-anna", Name: "Anna Vogt", Role: "admin"}
	reasons = []views.Reason{
		{Key: "not_now", Label: "Not now", NeedsDate: true, Date: "2026-12-21"},
		{Key: "no_answer", Label: "No answer"}, {Key: "researching", Label: "Just researching"},
		{Key: "wrong_person", Label: "Wrong person"}, {Key: "wrong_fit", Label: "Wrong fit"},
		{Key: "bad_data", Label: "Bad contact data"}, {Key: "customer", Label: "Customer or open deal"},
		{Key: "not_a_buyer", Label: "Competitor, applicant, vendor, test"}, {Key: "duplicate", Label: "Duplicate"},
	}
)

// sampleRows are the seven leads of the picture: their clocks are due
// relative to now.
func sampleRows(now time.Time) []views.RowModel {
	claim := func(state string, left, target time.Duration) views.Clock {
		return views.Clock{Kind: "claim", State: state, Due: now.Add(left), Target: target}
	}
	row := func(id, name, company, title string, score float64, tier, stage string) views.RowModel {
		return views.RowModel{ID: id, Name: name, Company: company, Title: title, Score: score, Tier: tier, Stage: stage, Version: 3}
	}
	ada := row("ada", "Ada Byron", "Analytical Engines", "VP Operations", 142.2, "fire", "mql")
	ada.Delta, ada.Burst = 18, 3
	ada.Signals = []views.Signal{{Text: "Requested a demo", Points: 40}, {Text: "compared Pro with Team", Points: 40, Count: 2}, {Text: "on pricing now", Points: 30}}
	ada.Clock = claim("risk", 2*time.Minute+41*time.Second, 12*time.Minute)
	ada.Badges = []views.Badge{{Kind: "hand", Text: "hand-raise"}}

	grace := row("grace", "Grace Hopper", "Univac", "Director of Systems", 118, "fire", "claimed")
	grace.Owner = views.Person{ID: rosa.ID, Name: rosa.Name}
	grace.Signals = []views.Signal{{Text: "Asked for a call", Points: 40}, {Text: "started a trial", Points: 30}, {Text: "director or manager", Points: 10}}
	grace.Clock = views.Clock{Kind: "decision", State: "ontime", Due: now.Add(9*time.Minute + 12*time.Second), Target: 15 * time.Minute}
	grace.Phone, grace.Email, grace.Zone, grace.Place = "+1 703 555 0142", "grace@univac.example", "America/New_York", "Arlington"

	alan := row("alan", "Alan Turing", "Bletchley Research", "Head of Cryptography", 97, "hot", "mql")
	alan.Delta = 6
	alan.Badges = []views.Badge{{Kind: "back", Text: "back again · “budget next quarter”, May"}}
	alan.Signals = []views.Signal{{Text: "Compared Pro with Enterprise", Points: 20}, {Text: "replied to Sam’s mail", Points: 15}, {Text: "head of", Points: 15}}
	alan.Clock = claim("ontime", 11*time.Minute+5*time.Second, 30*time.Minute)

	hedy := row("hedy", "Hedy Lamarr", "Frequency Labs", "CTO", 88, "hot", "claimed")
	hedy.Owner = views.Person{ID: "u-sam", Name: "Sam Ortiz"}
	hedy.Badges = []views.Badge{{Kind: "note", Text: "+2 colleagues"}}
	hedy.Signals = []views.Signal{{Text: "Requested a demo", Points: 40}, {Text: "webinar “Spread spectrum”", Points: 5}, {Text: "CTO", Points: 15}}
	hedy.Clock = views.Clock{Kind: "decision", State: "ontime", Due: now.Add(31*time.Minute + 20*time.Second), Target: time.Hour}
	hedy.Phone = "+43 1 555 0100"

	katherine := row("katherine", "Katherine Johnson", "Orbital Dynamics", "Lead Engineer", 81, "hot", "mql")
	katherine.Signals = []views.Signal{{Text: "Compared Team with Free", Points: 40, Count: 2}, {Text: "pricing", Points: 20}, {Text: "50–1,000 people", Points: 10}}
	katherine.Clock = claim("breached", -4*time.Minute-12*time.Second, 30*time.Minute)

	edsger := row("edsger", "Edsger Dijkstra", "Shortest Path BV", "Engineering Manager", 63, "warm", "mql")
	edsger.Delta = -2
	edsger.Badges = []views.Badge{{Kind: "since", Text: "waiting since Friday"}}
	edsger.Signals = []views.Signal{{Text: "Pricing", Points: 30, Count: 3}, {Text: "case study Univac", Points: 5}, {Text: "manager", Points: 10}}
	edsger.Clock = claim("ontime", 3*time.Hour+12*time.Minute, 4*time.Hour)

	barbara := row("barbara", "Barbara Liskov", "Substitution Inc.", "Product Owner", 52, "warm", "sal")
	barbara.Owner = grace.Owner
	barbara.Signals = []views.Signal{{Text: "Started a trial", Points: 30}, {Text: "chat with support", Points: 15}, {Text: "careers page", Points: -15}}
	barbara.Clock = views.Clock{Kind: "touch", State: "ontime", Due: now.Add(20 * time.Hour), Target: 8 * time.Hour}
	barbara.Email, barbara.Place = "barbara@substitution.example", "Boston"
	return []views.RowModel{ada, grace, alan, hedy, katherine, edsger, barbara}
}

// manyRows are n leads with falling scores, of all tiers and stages.
func manyRows(now time.Time, n int) []views.RowModel {
	base := sampleRows(now)
	out := make([]views.RowModel, n)
	for i := range out {
		m := base[i%len(base)]
		m.ID = fmt.Sprintf("lead%03d", i)
		m.Score = 160 - float64(i)*0.55
		m.Tier = map[bool]string{true: "fire", false: map[bool]string{true: "hot", false: "warm"}[m.Score >= 75]}[m.Score >= 120]
		m.Clock.Due = m.Clock.Due.Add(time.Duration(i) * 13 * time.Second)
		out[i] = m
	}
	return out
}

func rendered(t testing.TB, models []views.RowModel) []views.RenderedRow {
	t.Helper()
	out := make([]views.RenderedRow, len(models))
	for i, m := range models {
		html, err := views.RenderRow(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		out[i] = views.RenderedRow{ID: m.ID, HTML: html}
	}
	return out
}

func sampleStats() views.StatsModel {
	return views.StatsModel{Waiting: 5, Mine: 2, FirstTouch: "6 min", InTime: "94 %"}
}

func sampleProfile(now time.Time) views.ProfileModel {
	return views.ProfileModel{
		LiveURL: "/live/leads/ada",
		Head: views.ProfileHead{
			ID: "ada", Name: "Ada Byron", Company: "Analytical Engines", Title: "VP Operations", Score: 142.2, Tier: "fire", Stage: "mql", Version: 3,
			Team: "EMEA", Delta: 18, Badges: []views.Badge{{Kind: "hand", Text: "hand-raise"}}, Reasons: reasons, Currency: "EUR",
			Clocks: []views.Clock{{Kind: "claim", State: "risk", Due: now.Add(161 * time.Second), Target: 12 * time.Minute}},
			People: []views.Person{{ID: "u-rosa", Name: "Rosa Park"}, {ID: "u-sam", Name: "Sam Ortiz"}},
		},
		Receipt: views.ReceiptModel{Score: 142.2, Threshold: 48, Limit: -6.4, Lines: []views.ReceiptLine{
			{Label: "Demo requested", Detail: "“We are 40 people, can we talk this week?”", Count: 1, Last: now.Add(-9 * time.Minute), Points: 40, Mark: "hand-raise"},
			{Label: "Products compared", Detail: "Pro with Team; ticked “call me”", Count: 2, Last: now.Add(-22 * time.Minute), Points: 39.8, Mark: "intent"},
			{Label: "Pricing viewed", Count: 3, Last: now.Add(-2 * time.Minute), Points: 30, Mark: "intent"},
			{Label: "Webinar viewed", Detail: "Spread spectrum for managers", Count: 1, Last: now.Add(-26 * time.Hour), Points: 4.8},
			{Label: "C-level, VP or head", Points: 15, Mark: "fit"}, {Label: "50–1,000 people", Points: 10, Mark: "fit"}, {Label: "Business mail", Points: 9, Mark: "fit"},
		}},
		Contact: views.ContactModel{Phone: "+44 20 5550 0142", Email: "ada@analytical.example", Zone: "Europe/London", Place: "London", Local: "14:32 there"},
		Timeline: []views.EventModel{
			{At: now.Add(-2 * time.Minute), Kind: "activity", Text: "Viewed pricing", Detail: "/pricing/team"},
			{At: now.Add(-9 * time.Minute), Kind: "move", Text: "Ready for sales", Detail: "hand-raise", Who: "the system", Score: "112"},
			{At: now.Add(-9 * time.Minute), Kind: "activity", Text: "Requested a demo", Detail: "“We are 40 people, can we talk this week?”"},
			{At: now.Add(-22 * time.Minute), Kind: "activity", Text: "Compared products", Detail: "Pro with Team; ticked “call me”"},
			{At: now.Add(-50 * 24 * time.Hour), Kind: "move", Text: "Returned", Detail: "Not now: “budget next quarter”", Who: "Sam Ortiz", Score: "61"},
			{At: now.Add(-51 * 24 * time.Hour), Kind: "move", Text: "Claimed", Who: "Sam Ortiz", Score: "62"},
		},
		Older:  "/leads/ada?before=51",
		Traits: []views.Trait{{Name: "employees", Value: "120"}, {Name: "industry", Value: "Machine building"}, {Name: "country", Value: "United Kingdom"}, {Name: "Lead Source", Value: "Organic search"}},
	}
}

func sampleSLA(now time.Time) views.SLAModel {
	m := views.SLAModel{LiveURL: "/live/sla", Sentence: "7 clocks are running, 1 is overdue.", Aside: "5 wait for somebody, 2 are with a rep.", Figures: views.SLAFigures{CSV: "/sla.csv", Empty: "This week: nothing was asked for."}, FiguresAt: now}
	for _, r := range sampleRows(now) {
		m.Rows = append(m.Rows, views.SLARow{LeadID: r.ID, Name: r.Name, Company: r.Company, With: r.Owner.Name, Clock: r.Clock})
	}
	return m
}

func sampleLeads(now time.Time) views.LeadsModel {
	m := views.LeadsModel{Paging: views.Paging{Next: "/leads?cursor=50"}}
	for i, r := range sampleRows(now) {
		m.Rows = append(m.Rows, views.LeadLine{ID: r.ID, Name: r.Name, Company: r.Company, Title: r.Title, Score: r.Score, Tier: r.Tier, Stage: r.Stage, Owner: r.Owner.Name, Team: "EMEA", Seen: now.Add(-time.Duration(i*i) * 7 * time.Hour)})
	}
	m.Rows = append(m.Rows, views.LeadLine{ID: "x", Name: strings.Repeat("Wolfeschlegelsteinhausenbergerdorff ", 2), Company: "A company with a rather long name and sons", Score: 3, Tier: "none", Stage: "nurture"})
	return m
}

func sampleNotices(now time.Time) views.NoticesModel {
	line := func(id, name, text, done, state string, ago time.Duration) views.NoticeLine {
		return views.NoticeLine{ID: "of-" + id, LeadID: id, Name: name, Text: text, Done: done, State: state, At: now.Add(-ago), Unread: state == "open"}
	}
	m := views.NoticesModel{LiveURL: "/live/notices", Unread: true, UpTo: "newest", Paging: views.Paging{Next: "/notices?cursor=50"}, Lines: []views.NoticeLine{
		line("ada", "Ada Byron", "is on fire", "still waits", "open", 2*time.Minute),
		line("grace", "Grace Hopper", "is soon to be decided by you", "still to be decided", "open", 6*time.Minute),
		line("hedy", "Hedy Lamarr", "is hot", "claimed by Sam Ortiz 3 min later", "done", time.Hour),
		line("", "A lead of another team", "waits for long: every team may claim it", "claimed by Otto Hahn 2:10 h later", "done", 5*time.Hour),
		line("alan", strings.Repeat("Wolfeschlegelsteinhausenbergerdorff ", 2), "was not claimed in time", "cooled by the system 2 days later", "done", 80*time.Hour),
	}, When: []string{"Hot leads that wait for your team, and clocks of yours that are at risk or late.", "In the hours of EMEA, and not while you are away.", "At most 10 times an hour."}}
	m.Lines[1].Unread, m.Lines[1].HearAt = false, now.Add(time.Hour)
	m.Lines[2].How, m.Lines[3].How = views.ToldInDigest, views.NeverTold
	return m
}
