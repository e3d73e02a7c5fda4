package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"hotleads/lead"
)

func TestHandOffThroughPages(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	x.person("Sam", lead.Rep)
	rosa, sam := x.signIn("Rosa"), x.signIn("Sam")
	id := x.hot("ada")

	status, h, _ := rosa.get("/board")
	if status != http.StatusSeeOther || h.Get("Location") != "/board/emea" {
		t.Fatalf("/board leads to %d %q", status, h.Get("Location"))
	}
	_, _, page := rosa.get("/board/emea")
	for _, want := range []string{`id="lead-` + id + `"`, `data-stage="mql"`, `data-move="claim"`, `data-live="/live/board/emea"`, `data-owner=""`} {
		if strings.Count(page, want) != 1 && want != `data-move="claim"` || !strings.Contains(page, want) {
			t.Errorf("the board has %d × %s", strings.Count(page, want), want)
		}
	}
	if status, _, body := rosa.post("/leads/"+id+"/claim", nil); status != http.StatusSeeOther {
		t.Fatalf("claim: %d %s", status, body)
	}
	status, _, body := sam.post("/leads/"+id+"/claim", nil)
	if status != http.StatusConflict || !strings.Contains(body, "Rosa has it since") {
		t.Errorf("the loser is told %d %s", status, body)
	}
	if status, _, _ := sam.post("/leads/"+id+"/accept", nil); status != http.StatusForbidden {
		t.Errorf("accepting what another holds: %d", status)
	}
	if status, _, body := rosa.post("/leads/"+id+"/return", nil); status != http.StatusUnprocessableEntity || !strings.Contains(body, "why it goes back") {
		t.Errorf("return without a reason: %d", status)
	}
	if status, _, _ := rosa.post("/leads/"+id+"/accept", nil); status != http.StatusSeeOther {
		t.Errorf("accept: %d", status)
	}
	if _, _, page := sam.get("/board/emea"); strings.Contains(page, "lead-"+id) {
		t.Error("an accepted lead still stands on somebody else's board")
	}
	if _, _, page := rosa.get("/board/emea"); !strings.Contains(page, "lead-"+id) {
		t.Error("an accepted, untouched lead is missing on its owner's board")
	}
	if status, _, _ := rosa.post("/leads/"+id+"/undo", nil); status != http.StatusSeeOther {
		t.Errorf("undo: %d", status)
	}
	status, _, body = rosa.post("/leads/"+id+"/return", url.Values{"reason": {"researching"}, "note": {"asked for a paper"}})
	if status != http.StatusSeeOther {
		t.Errorf("return: %d %s", status, body)
	}
	if _, _, page := rosa.get("/leads/" + id); !strings.Contains(page, "asked for a paper") || !strings.Contains(page, "Just researching") {
		t.Error("the profile does not tell why it was returned")
	}
}

func TestTheListTellsWhoIsHeldBackAndWhoIsInTheBacklog(t *testing.T) {
	x := newSite(t)
	x.person("Max", lead.Manager)
	max := x.signIn("Max")
	x.hot("ada")
	x.send(x.write,
		map[string]any{"type": "identify", "userId": "spam", "traits": map[string]any{"email": "x@mailinator.com", "name": "Throw Away"}},
		map[string]any{"type": "track", "userId": "spam", "event": "Demo Requested"})
	for _, old := range []string{"held", "backlog"} {
		if status, h, _ := max.get("/leads?stage=" + old); status != http.StatusSeeOther || h.Get("Location") != "/leads/"+old {
			t.Errorf("the old address of %s: %d %s", old, status, h.Get("Location"))
		}
	}
	_, _, page := max.get("/leads/held")
	if !strings.Contains(page, "Throw Away") || strings.Contains(page, "ada@") || strings.Contains(page, ">ada<") {
		t.Errorf("held back are: %s", page)
	}
	if status, _, page := max.get("/leads/backlog"); status != http.StatusOK || strings.Contains(page, "Throw Away") {
		t.Errorf("the backlog answers %d with somebody who is not in it", status)
	}
}

// TestARowsReasonsAreSignals: what the fit limit cuts off takes no reason's place.
func TestARowsReasonsAreSignals(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	a, err := lead.DefaultAgreement("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	little := 0.1 // of the threshold: most of the fit is cut off
	a.Scoring.FitLimit = &little
	if _, err := x.store.Activate(t.Context(), lead.Operator, a, lead.Now()); err != nil {
		t.Fatal(err)
	}
	x.send(x.write,
		map[string]any{"type": "identify", "userId": "ceo", "traits": map[string]any{
			"email": "ceo@company.example", "name": "Chief", "title": "CEO", "employees": 200}},
		map[string]any{"type": "track", "userId": "ceo", "event": "Products Compared"},
		map[string]any{"type": "track", "userId": "ceo", "event": "Trial Started"})
	_, _, page := x.signIn("Rosa").get("/board/emea")
	for _, want := range []string{"Started a trial", "compared products", "C-level, VP or head"} {
		if !strings.Contains(page, want) {
			t.Errorf("the row does not say %q", want)
		}
	}
	if strings.Contains(page, "fit counts up to") {
		t.Error("the row says what the fit limit cuts off")
	}
}
