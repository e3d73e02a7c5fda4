package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
)

func TestAddThroughTheAPI(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL+"/api/v1/leads", strings.NewReader(`{"email":"Ada@Engines.example","first_name":"Ada","last_name":"Byron","company":"Engines",
		"user_id":"42","phone":"+44 20 7946 0000","title":"VP","country":null,"team":"EMEA","actor":" ROSA@example.com","traits":{"shoe":39,"tags":["a",null]}}`))
	r.Header.Set("Authorization", "Bearer "+x.api)
	status, h, body := x.roundTrip(r)
	if status != http.StatusCreated {
		t.Fatalf("%d %s", status, body)
	}
	_, l := x.call(http.MethodGet, "/api/v1/leads/user:42", nil)
	for name, want := range map[string]any{"name": "Ada Byron", "email": "ada@engines.example", "phone": "+442079460000", "company": "Engines", "title": "VP", "country": nil, "stage": "nurture", "source": "api"} {
		if l[name] != want {
			t.Errorf("%s is %v, want %v", name, l[name], want)
		}
	}
	if h.Get("Location") != "/api/v1/leads/"+l["id"].(string) || at(l, "team", "id") != x.team.ID || at(l, "traits", "shoe") != 39.0 || !strings.Contains(body, l["id"].(string)) {
		t.Errorf("at %q: %v", h.Get("Location"), l)
	}
	_, hist := x.call(http.MethodGet, "/api/v1/leads/user:42/history", nil)
	if row := list(hist)[0]; row["move"] != "add" || at(row, "actor", "id") != rosa.ID {
		t.Errorf("history: %v", row)
	}
	x.track("42", "Demo Requested", nil)
	if _, l := x.call(http.MethodGet, "/api/v1/leads/user:42", nil); l["stage"] != "mql" {
		t.Errorf("it is %v, held back %v", l["stage"], l["held_back"])
	}
	// Who is known is not added again, whoever asks.
	far, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Far"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Fay", lead.Rep, far.ID)
	status, p := x.call(http.MethodPost, "/api/v1/leads", `{"email":"ada@engines.example","name":"Ada"}`)
	if status != http.StatusConflict || at(p, "lead", "id") != l["id"] || !strings.Contains(p["detail"].(string), "Ada Byron has this email already") {
		t.Errorf("again: %d %v", status, p)
	}
	status, p = x.call(http.MethodPost, "/api/v1/leads", `{"email":"ada@engines.example","actor":"fay@example.com"}`)
	if status != http.StatusConflict || p["lead"] != nil || strings.Contains(p["detail"].(string), "Ada") {
		t.Errorf("by a rep who may not see it: %d %v", status, p)
	}
	if status, l := x.call(http.MethodPost, "/api/v1/leads", `{"traits":{"email":"eve@b.example","name":"Eve"},"source":"fair"}`); status != http.StatusCreated || l["email"] != "eve@b.example" || l["source"] != "fair" {
		t.Errorf("core traits among the traits: %d %v", status, l)
	}
}

func TestBodiesThatAreNoLead(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	gone := x.person("Gone", lead.Rep)
	if err := x.store.Disable(t.Context(), lead.Operator, gone.ID, lead.Now()); err != nil {
		t.Fatal(err)
	}
	x.identify("42", map[string]any{"email": "ada@b.example"})
	for _, c := range []struct {
		body          string
		status        int
		field, detail string
	}{
		{``, 400, "", "not JSON"}, {`{`, 400, "", "not JSON"}, {`{}x`, 400, "", "not JSON"}, {"\xff", 400, "", "not JSON"},
		{`[]`, 422, "", "an array; it wants an object"}, {`null`, 422, "", "null"}, {`5`, 422, "", "a number"}, {`"x"`, 422, "", "a text"},
		{`{"shoe":39}`, 422, "shoe", "shoe is no field here: it takes actor, company"}, {`{"id":"x","email":"a@b.example"}`, 422, "id", "no field"},
		{`{"email":5}`, 422, "email", "a number; it wants text"}, {`{"email":["a"]}`, 422, "email", "a list"}, {`{"name":{}}`, 422, "name", "an object"}, {`{"name":true}`, 422, "name", "true or false"},
		{`{"user_id":42}`, 422, "user_id", "text"}, {`{"user_id":null}`, 422, "user_id", "null"}, {`{"traits":[]}`, 422, "traits", "an object"}, {`{"traits":{"email":5}}`, 422, "traits.email", "text"},
		{`{"email":"a@b.example","traits":{"email":"a@b.example"}}`, 422, "traits.email", "once"}, {`{"first_name":"A","traits":{"firstName":"B"}}`, 422, "traits.firstName", "once"},
		{`{"email":"a","email":"b"}`, 422, "email", "twice"}, {`{"email":"a\u0000@b.example"}`, 422, "email", "NUL"}, {`{"traits":{"a":{"b":["\ud800"]}}}`, 422, "traits.a.b[0]", "surrogate"},
		{"{\"name\":\"\xff\"}", 422, "name", "UTF-8"}, {`{"traits":{"n":1e999}}`, 422, "traits.n", "too large"}, {`{"traits":` + strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 41), 422, "", "deep"},
		{`{"email":"none"}`, 422, "email", "not an email"}, {`{"phone":"030 1"}`, 422, "phone", "international"}, {`{"first_name":"Ada","email":"a@b.example"}`, 422, "name", "both"},
		{`{"actor":"who@example.com","email":"a@b.example"}`, 422, "actor", "who@example.com"}, {`{"actor":"gone@example.com","email":"none"}`, 422, "actor", "gone@"}, {`{"actor":5}`, 422, "actor", "text"},
		{`{"actor":"anna@example.com","email":5}`, 403, "", "marketing"},
		{`{"email":"` + strings.Repeat("x", 1<<20) + `"}`, 413, "", "1024 KiB"},
	} {
		for method, path := range map[string]string{http.MethodPost: "/api/v1/leads", http.MethodPatch: "/api/v1/leads/user:42"} {
			status, p := x.call(method, path, c.body)
			field, _ := p["field"].(string)
			if detail, _ := p["detail"].(string); status != c.status || (field != c.field && c.field != "") || !strings.Contains(detail, c.detail) {
				t.Errorf("%s %.60s: %d %q of %q, want %d %q of %q", method, c.body, status, detail, field, c.status, c.detail, c.field)
			}
		}
	}
	for body, field := range map[string]string{`{"email":"a@b.example","team":"nowhere"}`: "team", `{"name":"Ada"}`: "email", `{"version":1,"email":"a@b.example"}`: "version"} {
		if status, p := x.call(http.MethodPost, "/api/v1/leads", body); status != http.StatusUnprocessableEntity || p["field"] != field {
			t.Errorf("%s: %d %v", body, status, p)
		}
	}
	for _, body := range []string{`{"version":0}`, `{"version":1.5}`, `{"version":"1"}`, `{"version":1e99}`, `{"version":null}`} {
		if status, p := x.call(http.MethodPatch, "/api/v1/leads/user:42", body); status != http.StatusUnprocessableEntity || p["field"] != "version" {
			t.Errorf("%s: %d %v", body, status, p)
		}
	}
	if status, p := x.call(http.MethodPatch, "/api/v1/leads/user:42", `{"team":"emea"}`); status != http.StatusUnprocessableEntity || p["field"] != "team" {
		t.Errorf("a team is changed by reassigning: %d %v", status, p)
	}
	if status, p := x.call(http.MethodPatch, "/api/v1/leads/user:43", `{"email":5`); status != http.StatusNotFound {
		t.Errorf("an unknown lead before a broken body: %d %v", status, p)
	}
	if _, all := x.call(http.MethodGet, "/api/v1/leads", nil); len(ids(all)) != 1 || list(all)[0]["email"] != "ada@b.example" {
		t.Errorf("the leads are %v", all)
	}
}

func TestCorrectThroughTheAPI(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	far, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Far"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Fay", lead.Rep, far.ID)
	id, other := x.hot("ada"), x.hot("eve")
	path := "/api/v1/leads/" + id
	_, before := x.call(http.MethodGet, path, nil)
	status, l := x.call(http.MethodPatch, path, map[string]any{"version": before["version"], "title": "VP Sales", "name": " Ada Byron ", "traits": map[string]any{"shoe": 39, "plan": "pro"}, "actor": "rosa@example.com"})
	if status != http.StatusOK || l["title"] != "VP Sales" || l["name"] != "Ada Byron" || at(l, "traits", "shoe") != 39.0 || l["version"].(float64) <= before["version"].(float64) || l["score"].(float64) <= before["score"].(float64) {
		t.Fatalf("%d %v", status, l)
	}
	status, p := x.call(http.MethodPatch, path, map[string]any{"version": before["version"], "title": "Intern"})
	if status != http.StatusConflict || at(p, "lead", "version") != l["version"] || at(p, "lead", "title") != "VP Sales" {
		t.Errorf("at a version that is past: %d %v", status, p)
	}
	status, p = x.call(http.MethodPatch, path, map[string]any{"email": "eve@buyer.example"})
	if status != http.StatusConflict || at(p, "lead", "id") != id || !strings.Contains(p["detail"].(string), "eve has this email already") {
		t.Errorf("another's email: %d %v", status, p)
	}
	if status, p := x.call(http.MethodPatch, path, map[string]any{"title": "x", "actor": "fay@example.com"}); status != http.StatusNotFound {
		t.Errorf("by a rep of another team: %d %v", status, p)
	}
	status, l = x.call(http.MethodPatch, "/api/v1/leads/email:ada@buyer.example", `{"title":null,"company":"","traits":{"shoe":null,"nothing":null}}`)
	if d := cmp.Diff(map[string]any{"plan": "pro"}, l["traits"]); status != http.StatusOK || l["title"] != nil || d != "" {
		t.Errorf("forgotten: %d %v", status, l)
	}
	if status, again := x.call(http.MethodPatch, path, `{}`); status != http.StatusOK || again["version"] != l["version"] {
		t.Errorf("nothing said: %d, version %v of %v", status, again["version"], l["version"])
	}
	_, hist := x.call(http.MethodGet, path+"/history", nil)
	if rows := list(hist); len(rows) != 3 || rows[0]["move"] != "correct" || rows[0]["cause"] != "title, another trait" || at(rows[0], "actor", "kind") != "key" || at(rows[1], "actor", "email") != "rosa@example.com" {
		t.Errorf("history: %v", rows)
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/email:eve@buyer.example", nil); l["id"] != other {
		t.Errorf("the email leads to %v", l["id"])
	}
}
