package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
)

func TestAManagerGivesOnWhatWasLeftBehind(t *testing.T) {
	x := newSite(t)
	other, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Elsewhere"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	sam, rosa := x.person("Sam", lead.Rep), x.person("Rosa", lead.Rep)
	x.person("Far", lead.Rep, other.ID)
	x.person("Boss", lead.Manager)
	x.person("Fara", lead.Manager, other.ID)
	move := func(who lead.User, id string, m lead.Move) {
		t.Helper()
		if _, err := x.desk.Move(t.Context(), id, lead.Request{Move: m}, lead.Person(who, "page"), lead.Now()); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for i := range 4 {
		id := x.hot(fmt.Sprint("lead", i))
		ids = append(ids, id)
		move(sam, id, lead.Accept)
	}
	claimed := x.hot("claimed")
	move(sam, claimed, lead.Claim)
	for i := range 2 {
		move(rosa, x.hot(fmt.Sprint("own", i)), lead.Accept)
	}
	b := x.signIn("Boss")
	_, _, page := b.get("/team")
	for _, want := range []string{"2 reps hold 7 leads.", "lead0", "1 claimed · 4 accepted, not contacted", `data-live="/live/team"`, "Elsewhere"} {
		if strings.Contains(page, want) != (want != "Elsewhere") {
			t.Errorf("the page: %q is there: %v", want, want == "Elsewhere")
		}
	}
	if strings.Contains(page, "/team/move") {
		t.Error("nobody is away, and something was left behind")
	}
	stream, end := x.open(b, "/live/team")
	defer end()
	stream.until("team-people")
	for _, f := range []url.Values{{"person": {sam.ID}}, {"person": {sam.ID}, "back": {"yesterday"}}, {"person": {"nobody"}, "now": {"1"}}} {
		if status, _, page := b.post("/team/away", f); status != http.StatusUnprocessableEntity || !strings.Contains(page, "class=\"wrong\"") {
			t.Errorf("being away, refused: %d for %v", status, f)
		}
	}
	day := time.Now().AddDate(0, 0, 5).Format(time.DateOnly)
	if status, _, _ := x.signIn("Fara").post("/team/away", url.Values{"person": {sam.ID}, "back": {day}}); status != http.StatusUnprocessableEntity {
		t.Errorf("another team's manager sends Sam away: %d", status)
	}
	if status, h, page := b.post("/team/away", url.Values{"person": {sam.ID}, "back": {day}}); status != http.StatusSeeOther || h.Get("Location") != "/team" {
		t.Fatalf("Sam is away: %d %s", status, page)
	}
	if f := stream.until("/team/move"); !strings.Contains(f, "4 accepted leads wait for somebody else.") || strings.Contains(f, claimed) {
		t.Errorf("what was left behind comes as %s", f)
	}
	for text, f := range map[string]url.Values{
		"Choose at least one lead.":                    {"to": {rosa.ID}},
		"Choose a rep of your team to give them to.":   {"to": {"nobody"}, "lead": ids},
		"Choose a rep of your team to give them to. ":  {"to": {"far@example.com"}, "lead": ids},
		"Choose a rep of your team to give them to.  ": {"lead": ids},
	} {
		if status, _, page := b.post("/team/move", f); status != http.StatusUnprocessableEntity || !strings.Contains(page, strings.TrimSpace(text)) {
			t.Errorf("%q: %d", text, status)
		}
	}
	for _, to := range []string{"far@example.com", rosa.ID, "nobody"} { // not visible goes before everything that could be wrong
		if status, _, page := x.signIn("Fara").post("/team/move", url.Values{"to": {to}, "lead": ids}); status != http.StatusNotFound || strings.Contains(page, "lead0") || !strings.Contains(page, "None of these leads was found.") {
			t.Errorf("another team's manager gives them to %s: %d", to, status)
		}
	}
	status, _, page := b.post("/team/move", url.Values{"to": {rosa.ID}, "lead": ids})
	if status != http.StatusOK || !strings.Contains(page, "3 leads are now with Rosa.") || !strings.Contains(page, "5 leads are accepted and not touched") {
		t.Errorf("giving them to Rosa: %d %s", status, page)
	}
	if status, _, page := b.post("/team/move", url.Values{"to": {rosa.ID}, "lead": ids}); status != http.StatusConflict || !strings.Contains(page, "No lead was given.") {
		t.Errorf("once more: %d", status)
	}
	if status, _, page := b.post("/team/move", url.Values{"to": {rosa.ID}, "lead": {ids[3], "nowhere"}}); status != http.StatusNotFound || !strings.Contains(page, "No lead was given.") {
		t.Errorf("one that can't be given and one that is not there: %d", status)
	}
	for i, id := range ids {
		_, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil)
		if owner := l["owner"].(map[string]any)["id"]; owner != rosa.ID && i < 3 {
			t.Errorf("lead %d is with %v", i, owner)
		}
	}
}
