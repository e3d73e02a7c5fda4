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

func TestARepPlansToBeAway(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	b := x.signIn("Rosa")
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	for _, c := range []struct {
		from, back, want string
	}{
		{"soon", day(9), `value="soon"`}, {day(9), "", "Name the first day back."},
		{day(-900), day(9), "is more than a year ago"}, {"0000-01-01", day(9), "is more than a year ago"},
		{day(9), day(9), "The first day back is after the first day away."}, {day(9), day(900), "is more than a year away"},
	} {
		status, _, page := b.post("/account/away", url.Values{"plan": {"1"}, "from": {c.from}, "back": {c.back}})
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, c.want) || !strings.Contains(page, `role="alert"`) {
			t.Errorf("from %q back on %q: %d without %q", c.from, c.back, status, c.want)
		}
	}
	if status, _, page := b.post("/account/away", url.Values{"plan": {"1"}, "from": {day(5)}, "back": {day(9)}}); status != http.StatusSeeOther {
		t.Fatalf("planned: %d %s", status, page)
	}
	u, err := x.store.User(t.Context(), rosa.ID)
	if err != nil || len(u.Leaves) != 1 || !u.There(time.Now()) || u.There(time.Now().AddDate(0, 0, 6)) || !u.There(time.Now().AddDate(0, 0, 10)) {
		t.Fatalf("Rosa's plans: %+v, %v", u.Leaves, err)
	}
	if _, _, page := b.get("/account/away"); !strings.Contains(page, u.Leaves[0].ID) {
		t.Error("the page does not list what is planned")
	}
	if status, _, _ := b.post("/account/away", url.Values{"drop": {u.Leaves[0].ID}}); status != http.StatusSeeOther {
		t.Errorf("taken back: %d", status)
	}
	if status, _, _ := b.post("/account/away", url.Values{"drop": {u.Leaves[0].ID}}); status != http.StatusNotFound {
		t.Errorf("taken back twice: %d", status)
	}
	// One that begins today begins at once.
	if status, _, _ := b.post("/account/away", url.Values{"plan": {"1"}, "from": {day(-1)}, "back": {day(3)}}); status != http.StatusSeeOther {
		t.Errorf("from today on: %d", status)
	}
	if _, _, page := b.get("/account/away"); !strings.Contains(page, "I am back") {
		t.Error("the page does not say that Rosa is away")
	}
	if status, _, _ := b.post("/account/away", url.Values{"now": {"1"}}); status != http.StatusSeeOther {
		t.Errorf("back: %d", status)
	}
	if u, err := x.store.User(t.Context(), rosa.ID); err != nil || !u.There(time.Now()) || len(u.Leaves) != 0 {
		t.Errorf("Rosa is there: %+v, %v", u, err)
	}
}

// Who was a rep when they went away, and is none any more, is told nothing until
// somebody ends it: they themselves, their manager, or an administrator.
func TestWhoIsNoRepAnyMoreComesBack(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	x.person("Boss", lead.Manager)
	x.person("Anna", lead.Admin)
	is := map[string]browser{"Rosa": x.signIn("Rosa"), "Boss": x.signIn("Boss"), "Anna": x.signIn("Anna")}
	if _, _, page := is["Anna"].get("/account/away"); !strings.Contains(page, "You are not away") {
		t.Error("an administrator is offered to be away")
	}
	leaves := func() []lead.Leave {
		t.Helper()
		u, err := x.store.User(t.Context(), rosa.ID)
		if err != nil {
			t.Fatal(err)
		}
		return u.Leaves
	}
	for _, c := range []struct{ who, form, page string }{
		{"Rosa", "/account/away", "/account/away"}, {"Boss", "/team/away", "/team"}, {"Anna", "/settings/people/" + rosa.ID + "/away", "/settings/people/" + rosa.ID},
	} {
		for _, role := range []lead.Role{lead.Rep, lead.Marketing} {
			if err := x.store.ChangePerson(t.Context(), lead.Operator, rosa.ID, lead.Persona{Name: "Rosa", Role: role, Teams: []string{x.team.ID}}, lead.Now()); err != nil {
				t.Fatal(err)
			}
			if role == lead.Rep {
				day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
				x.call(http.MethodPost, "/api/v1/absences", map[string]any{"person": rosa.ID, "back": day(3)})
				x.call(http.MethodPost, "/api/v1/absences", map[string]any{"person": rosa.ID, "from": day(9), "back": day(12)})
			}
		}
		b := is[c.who]
		_, _, page := b.get(c.page)
		if len(leaves()) != 1 || !strings.Contains(page, "Away until") || !strings.Contains(page, `action="`+c.form+`"`) || !strings.Contains(page, leaves()[0].ID) || strings.Contains(page, "First day back") {
			t.Errorf("%s sees on %s: %s", c.who, c.page, page)
		}
		if c.who == "Rosa" && !strings.Contains(page, `<a href="/account/away">`) {
			t.Error("there is no way to the page")
		}
		for _, form := range []url.Values{{"now": {"1"}}, {"drop": {leaves()[0].ID}}} {
			form.Set("person", rosa.ID)
			if status, _, page := b.post(c.form, form); status != http.StatusSeeOther {
				t.Errorf("%s ends it: %d %s", c.who, status, page)
			}
		}
		if u, err := x.store.User(t.Context(), rosa.ID); err != nil || !u.There(time.Now()) || len(u.Leaves) != 0 {
			t.Errorf("once %s has ended it: %+v, %v", c.who, u, err)
		}
		if _, _, page := b.get(c.page); strings.Contains(page, "Away until") {
			t.Errorf("%s is still told on %s", c.who, c.page)
		}
	}
	if status, _, _ := is["Anna"].post("/settings/people/"+rosa.ID+"/away", url.Values{"drop": {"nothing"}}); status != http.StatusNotFound {
		t.Errorf("what is not planned: %d", status)
	}
}
