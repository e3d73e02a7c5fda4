package handlers_test

import (
	"maps"
	"net/http"
	"testing"
	"time"

	"hotleads/lead"
)

func TestAbsencesOfTheAPI(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	x.person("Boss", lead.Manager)
	x.person("Ben", lead.Rep)
	id := x.hot("ada")
	if status, _ := x.call(http.MethodPost, "/api/v1/leads/"+id+"/claim", map[string]any{"actor": "rosa@example.com"}); status != http.StatusOK {
		t.Fatalf("the claim: %d", status)
	}
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	list := func(query string) (out []map[string]any) {
		t.Helper()
		status, got := x.call(http.MethodGet, "/api/v1/absences"+query, nil)
		if status != http.StatusOK {
			t.Fatalf("the list: %d %v", status, got)
		}
		for _, a := range got["data"].([]any) {
			out = append(out, a.(map[string]any))
		}
		return out
	}
	fine := map[string]any{"person": "rosa@example.com", "from": day(5), "back": day(9)}
	for about, c := range map[string]struct {
		change map[string]any
		status int
		field  string
	}{
		"nobody": {map[string]any{"person": "nobody@example.com"}, 422, "person"}, "no person": {map[string]any{"person": ""}, 422, "person"},
		"no day": {map[string]any{"from": "soon"}, 422, "from"}, "no end": {map[string]any{"back": ""}, 422, "back"}, "an end before": {map[string]any{"back": day(5)}, 422, "back"},
		"an end long ago": {map[string]any{"from": "", "back": "2020-01-01"}, 422, "back"}, "away without an end": {map[string]any{"from": "", "back": ""}, 422, "back"},
		"another rep": {map[string]any{"actor": "ben@example.com", "back": ""}, 403, ""}, "no such actor": {map[string]any{"actor": "nobody@example.com"}, 422, "actor"},
		"a manager is away": {map[string]any{"person": "boss@example.com", "back": "soon"}, 409, ""}, "a number": {map[string]any{"from": 5}, 422, "from"},
	} {
		body := maps.Clone(fine)
		maps.Copy(body, c.change)
		if status, got := x.call(http.MethodPost, "/api/v1/absences", body); status != c.status || c.field != "" && got["field"] != c.field {
			t.Errorf("%s: %d %v", about, status, got)
		}
	}
	if status, got := x.call(http.MethodPost, "/api/v1/absences", "{"); status != http.StatusBadRequest {
		t.Errorf("no JSON: %d %v", status, got)
	}
	if len(list("")) != 0 {
		t.Error("what was refused is planned")
	}

	fine["actor"] = "boss@example.com"
	status, plan := x.call(http.MethodPost, "/api/v1/absences", fine)
	if status != http.StatusCreated || plan["now"] != false || plan["person"].(map[string]any)["id"] != rosa.ID {
		t.Fatalf("planned: %d %v", status, plan)
	}
	status, away := x.call(http.MethodPost, "/api/v1/absences", map[string]any{"person": rosa.ID, "back": day(3)})
	if status != http.StatusCreated || away["now"] != true || away["from"] != nil || away["id"] != rosa.ID {
		t.Fatalf("away: %d %v", status, away)
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil); l["stage"] != "mql" {
		t.Errorf("what Rosa claimed is %v", l["stage"])
	}
	if all, hers, bens := list(""), list("?person=rosa@example.com"), list("?person=ben@example.com"); len(all) != 2 || all[0]["id"] != rosa.ID || all[1]["id"] != plan["id"] || len(hers) != 2 || len(bens) != 0 {
		t.Errorf("all %v, Rosa's %v, Ben's %v", all, hers, bens)
	}
	var paged []any // a page at a time
	for cursor, more := "", true; more && len(paged) < 9; {
		_, page := x.call(http.MethodGet, "/api/v1/absences?limit=1&cursor="+cursor, nil)
		paged = append(paged, page["data"].([]any)...)
		cursor, more = page["next_cursor"].(string)
	}
	if len(paged) != 2 || paged[0].(map[string]any)["id"] != rosa.ID || paged[1].(map[string]any)["id"] != plan["id"] {
		t.Errorf("one by one: %v", paged)
	}
	drop := func(path string) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, x.URL+"/api/v1/absences/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+x.api)
		status, _, _ := x.roundTrip(r)
		return status
	}
	for _, c := range []struct {
		path   string
		status int
	}{
		{plan["id"].(string) + "?actor=ben@example.com", 403}, {plan["id"].(string) + "?actor=nobody", 422}, {"nothing", 404},
		{plan["id"].(string) + "?actor=rosa@example.com", 204}, {plan["id"].(string), 404}, {rosa.ID, 204}, {rosa.ID, 404},
	} {
		if status := drop(c.path); status != c.status {
			t.Errorf("taking %s back: %d, want %d", c.path, status, c.status)
		}
	}
	if u, err := x.store.User(t.Context(), rosa.ID); err != nil || !u.There(time.Now()) || len(list("")) != 0 {
		t.Errorf("Rosa: %+v, %v", u, err)
	}
	if status, _ := x.call(http.MethodGet, "/api/v1/absences?person=nobody", nil); status != http.StatusUnprocessableEntity {
		t.Errorf("of nobody: %d", status)
	}
}
