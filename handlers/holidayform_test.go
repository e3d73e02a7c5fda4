package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

func TestHolidayPresets(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	b := x.signIn("Anna")
	path := "/settings/teams/" + x.team.ID
	add := func(place, years string) url.Values {
		return teamForm(url.Values{"preset": {"add"}, "country": {place}, "years": {years}, "name": {"Renamed"}, "holidays": {"2027-03-19\n2027-01-01 someday"}})
	}
	status, _, page := b.post(path, add("DE-SN", "2027-2028"))
	x.says("adding", status, page, http.StatusOK, "2027-03-19", "2027-03-26", "2027-11-17", "2028-12-26", "Fri 26 Mar 2027", "Karfreitag", "Buß- und Bettag",
		"days were added: save the team", `value="Renamed"`, `value="DE-SN" selected`, "Sachsen")
	if strings.Count(page, "2027-01-01\n") != 1 {
		t.Error("a day that was there already is there twice")
	}
	if teams, err := x.store.Teams(t.Context()); err != nil || teams[0].Name != "EMEA" || teams[0].Calendar != nil {
		t.Errorf("it was saved: %+v, %v", teams, err)
	}
	status, _, page = b.post(path, add("XX", "soon"))
	x.says("a place and a year that are none", status, page, http.StatusUnprocessableEntity, "there are AT, AU", "neither a year", "someday", `value="soon"`, `value="Renamed"`)

	change := teamForm(url.Values{"holidays": {"2027-03-26"}})
	status, _, page = b.post(path, change)
	x.says("saving", status, page, http.StatusSeeOther)
	status, _, page = b.get(path)
	x.says("a saved calendar names its days by its zone", status, page, http.StatusOK, "1 public holiday there", "Karfreitag", `value="DE" selected`)

	status, got := x.call(http.MethodGet, "/api/v1/holidays?country=us&year=2027", "")
	if days, _ := got["data"].([]any); status != http.StatusOK || len(days) != 15 || days[5].(map[string]any)["date"] != "2027-06-19" || got["next_cursor"] != nil {
		t.Errorf("%d: %v", status, got)
	}
	_, first := x.call(http.MethodGet, "/api/v1/holidays?country=us&year=2027&limit=10", "")
	next, _ := first["next_cursor"].(string)
	if status, rest := x.call(http.MethodGet, "/api/v1/holidays?country=us&year=2027&limit=10&cursor="+next, ""); status != http.StatusOK || !cmp.Equal(got["data"], append(first["data"].([]any), rest["data"].([]any)...)) || rest["next_cursor"] != nil {
		t.Errorf("in two pages: %v and %v", first, rest)
	}
	for query, field := range map[string]string{"country=XX&year=2027": "country", "year=2027": "country", "country=US&year=27": "year", "country=US": "year"} {
		if status, got := x.call(http.MethodGet, "/api/v1/holidays?"+query, ""); status != http.StatusUnprocessableEntity || got["field"] != field {
			t.Errorf("%s: %d %v", query, status, got)
		}
	}
}
