package handlers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hotleads/lead"
)

func TestAnAdminLooksAfterDisplays(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	x.hot("ada")
	b := x.signIn("Anna")
	if _, _, page := b.get("/settings/displays"); !strings.Contains(page, "No wall shows the board yet.") {
		t.Error("an empty list says nothing")
	}
	form := url.Values{"name": {" Lobby "}, "team": {x.team.ID}, "privacy": {"full"}}
	for field, wrong := range map[string]string{"name": " ", "team": "none", "privacy": "all"} {
		f := url.Values{}
		for k, v := range form {
			f[k] = v
		}
		f.Set(field, wrong)
		status, _, page := b.post("/settings/displays", f)
		if status != http.StatusUnprocessableEntity || strings.Count(page, "aria-invalid") != 1 || (field != "name" && !strings.Contains(page, `value="Lobby"`)) {
			t.Errorf("a wrong %s: %d, what was typed or what is wrong is not there", field, status)
		}
	}
	link := regexp.MustCompile(`value="(http://[^"]*/tv/[^"]+)"`)
	made := func(path string, f url.Values) string {
		t.Helper()
		status, h, page := b.post(path, f)
		m := link.FindStringSubmatch(page)
		if status != http.StatusOK || m == nil || h.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %d %s", path, status, page)
		}
		return strings.TrimPrefix(m[1], x.URL)
	}
	wall := made("/settings/displays", form)
	opens := func(path string, want int) string {
		t.Helper()
		status, _, page := x.stranger().get(path)
		if status != want {
			t.Errorf("the wall: %d, want %d", status, want)
		}
		return page
	}
	opens(wall, http.StatusOK)
	_, _, page := b.get("/settings/displays")
	if strings.Contains(page, wall) || !strings.Contains(page, "not seen yet") || !strings.Contains(page, "Made by Anna") {
		t.Error("the list shows the link again, or not the display")
	}
	id := regexp.MustCompile(`/settings/displays/([0-9a-f-]{36})"`).FindStringSubmatch(page)[1]
	if status, _, page := b.post("/settings/displays/"+id, url.Values{"name": {"Hall"}, "team": {"none"}, "privacy": {"company"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, `value="Hall"`) || !strings.Contains(page, "<details class=\"manage\" open") {
		t.Errorf("a change that is refused: %d", status)
	}
	if status, h, _ := b.post("/settings/displays/"+id, url.Values{"name": {"Hall"}, "team": {x.team.ID}, "privacy": {"company"}}); status != http.StatusSeeOther || h.Get("Location") != "/settings/displays" {
		t.Errorf("a change: %d", status)
	}
	if page := opens(wall, http.StatusOK); strings.Contains(page, "ada") {
		t.Error("a wall that shows companies only names a lead")
	}
	if _, _, page := b.get("/settings/displays"); !strings.Contains(page, "End the old link of") || strings.Count(page, "<details>") != 2 {
		t.Error("a new link ends the old one without asking")
	}
	fresh := made("/settings/displays/"+id+"/link", nil)
	opens(wall, http.StatusNotFound)
	opens(fresh, http.StatusOK)
	if status, _, _ := b.post("/settings/displays/"+id+"/revoke", nil); status != http.StatusSeeOther {
		t.Errorf("revoking: %d", status)
	}
	opens(fresh, http.StatusNotFound)
	for _, path := range []string{"/revoke", "/link", ""} {
		if status, _, _ := b.post("/settings/displays/"+id+path, form); status != http.StatusNotFound && status != http.StatusConflict {
			t.Errorf("%s of a revoked display: %d", path, status)
		}
	}
	if _, _, page := b.get("/settings/displays"); !strings.Contains(page, "Hall") || strings.Contains(page, "Manage") {
		t.Error("a revoked display is not listed as such")
	}
	acts, err := x.store.Acts(t.Context(), lead.ActSearch{What: "display.", Limit: 10})
	if err != nil || len(acts) != 4 || acts[0].Actor.Via != "page" {
		t.Errorf("the trail: %+v, %v", acts, err)
	}
}
