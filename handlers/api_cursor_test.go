package handlers_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
)

// A cursor of another list is none, and one that somebody changed is a point of
// its own list or none: never an error of ours.
func TestCursorsThatNobodyGave(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	for day := range 2 {
		from := lead.Now().AddDate(0, 0, 5*day+1)
		if _, err := x.store.AddLeave(t.Context(), lead.Operator, rosa.ID, lead.Leave{From: from, Until: from.AddDate(0, 0, 2)}, lead.Now()); err != nil {
			t.Fatal(err)
		}
	}
	id := x.hot("ada")
	x.hot("eve")
	x.track("ada", "Pricing Viewed", nil)
	x.move(id, "claim", "Rosa")
	next, err := lead.DefaultAgreement("UTC")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.store.Activate(t.Context(), lead.Operator, next, lead.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	lists := []string{"/api/v1/leads", "/api/v1/leads/" + id + "/history", "/api/v1/leads/" + id + "/activities", "/api/v1/agreements", "/api/v1/absences", "/api/v1/holidays?country=DE-BY&year=2027"}
	cursors := make([]string, len(lists))
	with := func(path, query string) string {
		if strings.Contains(path, "?") {
			return path + "&" + query
		}
		return path + "?" + query
	}
	for i, path := range lists {
		status, page := x.call(http.MethodGet, with(path, "limit=1"), nil)
		cursor, ok := page["next_cursor"].(string)
		if status != http.StatusOK || !ok {
			t.Fatalf("%s has no second page: %d %v", path, status, page)
		}
		cursors[i] = cursor
	}
	for i, path := range lists {
		for j, cursor := range cursors {
			if status, p := x.call(http.MethodGet, with(path, "cursor="+cursor), nil); (status == http.StatusOK) != (i == j) || i != j && p["field"] != "cursor" {
				t.Errorf("%s with the cursor of %s: %d %v", path, lists[j], status, p["detail"])
			}
		}
		changed := func(cursor string) {
			status, page := x.call(http.MethodGet, with(path, "limit=1000&cursor="+cursor), nil)
			if status != http.StatusUnprocessableEntity && (status != http.StatusOK || page["next_cursor"] != nil) {
				t.Errorf("%s with the cursor %s: %d", path, cursor, status)
			}
		}
		for at := range cursors[i] {
			b := []byte(cursors[i])
			for _, c := range "A-" {
				b[at] = byte(c)
				changed(string(b))
			}
			if at%5 == 0 {
				changed(cursors[i][:at])
			}
		}
		changed(cursors[i] + "A")
		changed(cursors[i] + "=")
	}
}
