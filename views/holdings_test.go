package views_test

import (
	"strings"
	"testing"
	"time"

	"hotleads/test/testenv"
	"hotleads/views"
)

func sampleTeam(now time.Time) views.HoldingsModel {
	clock := func(kind, state string, left time.Duration) views.Clock {
		return views.Clock{Kind: kind, State: state, Due: now.Add(left), Target: time.Hour}
	}
	away := views.AwayModel{Action: "/team/away", Person: "u1", First: "2026-11-17"}
	gone := away
	gone.Person, gone.Until = "u2", now.AddDate(0, 0, 4)
	return views.HoldingsModel{
		LiveURL: "/live/team", Sentence: "2 reps hold 9 leads. 1 overdue.", Aside: "2 accepted leads were left behind.",
		Overdue: sampleSLA(now).Rows[:1],
		People: []views.HoldingPerson{
			{ID: "u1", Name: "Rosa Park", Teams: "EMEA, Americas", InContact: 3, Opportunities: 1, Away: away, MayGo: true, Leads: []views.HeldLead{
				{ID: "l1", Name: "Grace Hopper", Company: "Univac", Stage: "claimed", Clock: clock("decision", "risk", 4*time.Minute)},
				{ID: "l2", Name: "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff", Company: "Gesellschaft für angewandte Verwaltungsvereinfachung", Stage: "sal", Clock: clock("touch", "breached", -4*time.Minute)},
			}},
			{ID: "u2", Name: "Sam Ortiz", State: "away until Fri 20 Nov 2026", Away: gone, MayGo: true},
			{ID: "u3", Name: "Kim Lee", State: "disabled", InContact: 1},
		},
		Left: []views.LeftBehind{{ID: "u2", Name: "Sam Ortiz", Why: "away until Fri 20 Nov 2026", To: []views.Person{{ID: "u1", Name: "Rosa Park"}}, Leads: []views.HeldLead{
			{ID: "l3", Name: "Alan Turing", Company: "Bletchley Research", Stage: "sal", Clock: clock("touch", "ontime", time.Hour)},
			{ID: "l4", Name: "Hedy Lamarr", Company: "Frequency Labs", Stage: "sql"},
		}}},
		Report: &views.GivenReport{To: "Rosa Park", Given: 3, Refused: []views.GivenRefused{{Name: "Katherine Johnson", Why: "5 leads are accepted and not touched: contact Grace Hopper first."}}},
	}
}

// What is live on the manager's page is drawn in parts, each into its place.
func TestHoldingsParts(t *testing.T) {
	m := sampleTeam(due)
	for target, want := range map[string]string{"#team-sentence": "2 reps hold", "#team-left": "/team/move", "#team-overdue": "<table", "#team-people": "Rosa Park"} {
		html, err := views.HoldingsPart(t.Context(), m, target)
		if err != nil || !strings.HasPrefix(string(html), `<hx-partial hx-target="`+target+`"`) || !strings.Contains(string(html), want) {
			t.Errorf("%s: %.120s, %v", target, html, err)
		}
	}
}

// What a form was refused for, and what was chosen, stays through live frames:
// they are drawn for everybody and know nothing of it.
func TestRefusalsOnTheTeamStay(t *testing.T) {
	s := newSite(t)
	b := open(t, s, "/team-refused", testenv.Screen{})
	b.until("the stream is open", "document.querySelector('#connection').dataset.state === 'live'")
	b.do("document.querySelector('#pick-l3 input').checked = false")
	after := sampleTeam(s.now)
	after.Left[0].Leads = append([]views.HeldLead{{ID: "l0", Name: "Emmy Noether", Stage: "sal"}}, after.Left[0].Leads...)
	after.People[0].InContact = 4
	for _, target := range []string{"#team-left", "#team-people"} {
		frame, err := views.HoldingsPart(t.Context(), after, target)
		if err != nil {
			t.Fatal(err)
		}
		s.push(frame)
	}
	b.until("the frames arrive", "document.querySelector('#pick-l0') && document.querySelector('#person-u1').textContent.includes('4 in contact')")
	for what, js := range map[string]string{
		"why it was refused": "document.querySelector('#person-u1 .wrong')?.textContent === 'Not that day.'",
		"the day as typed":   "document.querySelector('#back-u1').value === '2026-01-02'",
		"what is not chosen": "[...document.querySelectorAll('#left-u2 input')].map(e => e.value + e.checked).join() === 'l0true,l3false,l4true'",
	} {
		if b.eval(js) != "true" {
			t.Errorf("%s is gone: %s", what, b.eval("document.querySelector('#person-u1').innerText + document.querySelector('#left-u2').innerText"))
		}
	}
}
