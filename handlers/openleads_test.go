package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// escalating lets the managers of a site's teams claim after half of the target,
// every team after all of it, around the clock.
func (x *site) escalating() {
	x.t.Helper()
	a, err := lead.DefaultAgreement("UTC")
	if err != nil {
		x.t.Fatal(err)
	}
	if a.SLA.Calendar, err = sla.ParseCalendar([]byte(`{"time_zone":"UTC"}`)); err != nil {
		x.t.Fatal(err)
	}
	a.SLA.Escalation = &sla.Escalation{ManagerShare: .5, EveryShare: 1}
	if _, err := x.store.Activate(x.t.Context(), lead.Operator, a, lead.Now()); err != nil {
		x.t.Fatal(err)
	}
}

// passed does what is due so long from now.
func (x *site) passed(d time.Duration) {
	x.t.Helper()
	if _, err := x.desk.Sweep(x.t.Context(), lead.Now().Add(d), 100); err != nil {
		x.t.Fatal(err)
	}
}

func TestEscalatedLeads(t *testing.T) {
	x := newSite(t)
	x.escalating()
	apac, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "APAC"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Sam", lead.Rep)
	boss := x.person("Boss", lead.Manager)
	far := x.person("Far", lead.Rep, apac.ID)
	x.person("Fara", lead.Manager, apac.ID)
	x.person("Max", lead.Marketing)
	is := map[string]browser{}
	for _, name := range []string{"Sam", "Boss", "Far", "Fara", "Max"} {
		is[name] = x.signIn(name)
	}
	ada, bob := x.hot("ada"), x.hot("bob")
	claim := func(id string) string { return `action="/leads/` + id + `/claim?list=open"` }
	see := func(about string, pages map[string]bool) { // "Boss /team: words" → whether they stand there
		t.Helper()
		for at, want := range pages {
			who, rest, _ := strings.Cut(at, " ")
			path, words, _ := strings.Cut(rest, ": ")
			if status, _, page := is[who].get(path); strings.Contains(page, words) != want {
				t.Errorf("%s: %s sees %q on %s (%d): %v", about, who, words, path, status, !want)
			}
		}
	}
	claimedBy := func(id string) any {
		t.Helper()
		_, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil)
		return l["claimable_by"]
	}
	see("in its team's time", map[string]bool{
		"Boss /team: Escalated to you": false, "Boss /board/emea: data-open": false, "Far /board/apac: ada": false, "Far /leads: Open to every team": false,
		"Boss /me.css: " + x.team.ID: true, "Fara /me.css: " + x.team.ID: false, "Sam /me.css: data-open": false,
	})
	if status, _, _ := is["Boss"].post("/leads/"+bob+"/claim", nil); status != http.StatusUnprocessableEntity || claimedBy(bob) != "team" {
		t.Errorf("their manager claims in their time: %d", status)
	}

	x.passed(16 * time.Minute)
	see("its manager's, too", map[string]bool{
		"Boss /team: Escalated to you": true, "Boss /team: " + claim(ada): true, "Boss /board/emea: the manager may claim since": true, "Boss /board/emea: data-open=\"" + x.team.ID: true,
		"Boss /leads/" + ada + ": the manager may claim since": true, "Fara /team: Escalated to you": false, "Far /board/apac: ada": false, "Sam /leads: Open to every team": false,
	})
	if status, h, page := is["Boss"].post("/leads/"+bob+"/claim?list=open", nil); status != http.StatusSeeOther || h.Get("Location") != "/leads/"+bob || claimedBy(ada) != "manager" || claimedBy(bob) != nil {
		t.Errorf("their manager claims: %d %s", status, page)
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+bob, nil); l["owner"].(map[string]any)["id"] != boss.ID {
		t.Errorf("Boss claimed, but %v has it", l["owner"])
	}
	if status, _, _ := is["Far"].post("/leads/"+ada+"/claim", nil); status != http.StatusNotFound {
		t.Errorf("another team's rep claims what its manager may: %d", status)
	}

	x.passed(31 * time.Minute)
	see("every team's", map[string]bool{
		"Far /board/apac: EMEA, open to every team since": true, "Far /leads: Open to every team": true, "Far /leads/open: " + claim(ada): true, "Sam /leads/open: " + claim(ada): true,
		"Fara /leads/open: ada": true, "Fara /leads/open: " + claim(ada): false, "Boss /leads/open: " + claim(ada): true, "Max /leads/open: ada": true, "Max /leads/open: " + claim(ada): false,
		"Far /leads/open: bob": false, "Fara /team: Escalated to you": false, "Far /leads: ada@": false,
	})
	if status, _, _ := is["Fara"].post("/leads/"+ada+"/claim", nil); status != http.StatusUnprocessableEntity || claimedBy(ada) != "every" {
		t.Errorf("another team's manager claims for themselves: %d", status)
	}
	if status, h, page := is["Far"].post("/leads/"+ada+"/claim?list=open", nil); status != http.StatusSeeOther || h.Get("Location") != "/leads/"+ada {
		t.Errorf("another team's rep claims: %d %s", status, page)
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+ada, nil); l["owner"].(map[string]any)["id"] != far.ID || l["team"].(map[string]any)["id"] != apac.ID {
		t.Errorf("Far claimed, but %v of %v has it", l["owner"], l["team"])
	}
	if status, _, page := is["Sam"].post("/leads/"+ada+"/claim", nil); status != http.StatusConflict || !strings.Contains(page, "Far was faster") {
		t.Errorf("a rep of the team that had it claims it, too: %d %s", status, page)
	}
	if status, _, _ := is["Sam"].post("/leads/"+ada+"/release", nil); status != http.StatusNotFound {
		t.Errorf("a rep releases what another team has now: %d", status)
	}
	see("all are claimed", map[string]bool{"Far /leads/open: Nothing is open to every team": true, "Sam /leads: Open to every team": false, "Boss /team: Escalated to you": false})
	if status, _, _ := is["Sam"].get("/leads/open?cursor=x"); status != http.StatusUnprocessableEntity {
		t.Errorf("a cursor that is none: %d", status)
	}
}
