package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
)

func TestARepGoesAwayAndComesBack(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	b := x.signIn("Rosa")
	id := x.hot("ada")
	if status, _, _ := b.post("/leads/"+id+"/claim", nil); status != http.StatusSeeOther {
		t.Fatalf("the claim: %d", status)
	}
	for _, c := range []struct {
		back, want string
	}{{"", "Name the first day back."}, {"2020-01-01", "2020-01-01 has begun already"}, {"soon", `value="soon"`}} {
		status, _, page := b.post("/account/away", url.Values{"back": {c.back}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, c.want) || !strings.Contains(page, `aria-invalid`) {
			t.Errorf("back on %q: %d without %q", c.back, status, c.want)
		}
	}
	day := time.Now().AddDate(0, 0, 5).Format(time.DateOnly)
	if status, h, page := b.post("/account/away", url.Values{"back": {day}}); status != http.StatusSeeOther || h.Get("Location") != "/account/away" {
		t.Fatalf("away: %d %s", status, page)
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil); l["stage"] != "mql" {
		t.Errorf("what Rosa claimed is %v", l["stage"])
	}
	if _, _, page := b.get("/account/away"); !strings.Contains(page, "Away until") || !strings.Contains(page, "I am back") {
		t.Error("the page does not say that Rosa is away")
	}
	if status, _, _ := b.post("/leads/"+id+"/claim", nil); status != http.StatusConflict {
		t.Errorf("a claim while away: %d", status)
	}
	if status, _, _ := b.post("/account/away", url.Values{"now": {"1"}}); status != http.StatusSeeOther {
		t.Errorf("back: %d", status)
	}
	if u, err := x.store.User(t.Context(), rosa.ID); err != nil || !u.There(time.Now()) {
		t.Errorf("Rosa is there: %+v, %v", u, err)
	}
}
