package handlers_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"hotleads/lead"
)

// at is a value of a decoded answer: at(l, "owner", "name").
func at(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func list(v any) []map[string]any {
	var out []map[string]any
	data, _ := at(v, "data").([]any)
	for _, x := range data {
		out = append(out, x.(map[string]any))
	}
	return out
}

func ids(v any) []string {
	var out []string
	for _, l := range list(v) {
		out = append(out, l["id"].(string))
	}
	return out
}

// identify names leads: user id and traits.
func (x *site) identify(user string, traits map[string]any) {
	x.t.Helper()
	x.send(x.write, map[string]any{"type": "identify", "userId": user, "traits": traits})
}

func (x *site) track(user, event string, props map[string]any) {
	x.t.Helper()
	x.send(x.write, map[string]any{"type": "track", "userId": user, "event": event, "properties": props})
}

func TestLeadInTheAPI(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	x.identify("42", map[string]any{"email": "Ada@Analytical.example ", "name": "Ada Byron", "company": map[string]any{"name": "Analytical", "employees": 120}, "title": "VP Engines", "phone": "+44 20 7946 0000", "shoe": 39})
	x.track("42", "Products Compared", map[string]any{"products": []string{"Pro", "Team"}})
	x.track("42", "Demo Requested", nil)

	status, l := x.call(http.MethodGet, "/api/v1/leads/user:42", nil)
	if status != http.StatusOK {
		t.Fatalf("a lead by its user id: %d %v", status, l)
	}
	for name, want := range map[string]any{
		"user_id": "42", "email": "ada@analytical.example", "phone": "+442079460000", "name": "Ada Byron", "company": "Analytical", "title": "VP Engines",
		"tier": "fire", "stage": "mql", "owner": nil, "held_back": nil, "back_again": nil, "country": nil,
	} {
		if got, ok := l[name]; !ok || got != want {
			t.Errorf("%s is %v, want %v", name, l[name], want)
		}
	}
	if at(l, "team", "id") != x.team.ID || at(l, "team", "name") != "EMEA" {
		t.Errorf("team is %v", l["team"])
	}
	if at(l, "traits", "shoe") != 39.0 || at(l, "traits", "employees") != 120.0 {
		t.Errorf("traits are %v", l["traits"])
	}
	score := l["score"].(float64)
	if score == math.Trunc(score) || score < 60 {
		t.Errorf("the score is %v: decayed by a moment it is no whole number", score)
	}
	sum := 0.0
	for _, g := range l["signals"].([]any) {
		for _, name := range []string{"rule", "label", "detail", "points", "count", "last_at"} {
			if _, ok := g.(map[string]any)[name]; !ok {
				t.Errorf("the signal %v has no %s", g, name)
			}
		}
		sum += at(g, "points").(float64)
	}
	if math.Abs(sum-score) > 1e-9 {
		t.Errorf("the signals add up to %v, the score is %v", sum, score)
	}
	kinds := map[any]bool{}
	for _, c := range l["clocks"].([]any) {
		kinds[at(c, "kind")] = true
		for _, name := range []string{"due_at", "started_at", "risk_at"} {
			if when, err := time.Parse(time.RFC3339, at(c, name).(string)); err != nil || when.Location() != time.UTC {
				t.Errorf("%s is %v: wants RFC 3339 in UTC", name, at(c, name))
			}
		}
	}
	if !kinds["claim"] || !kinds["response"] {
		t.Errorf("the clocks are %v", l["clocks"])
	}
	version := l["version"].(float64)

	status, l = x.call(http.MethodPost, "/api/v1/leads/"+l["id"].(string)+"/claim", map[string]any{"actor": "rosa@example.com"})
	if status != http.StatusOK || l["stage"] != "claimed" || at(l, "owner", "id") != rosa.ID || at(l, "owner", "name") != "Rosa" || l["version"].(float64) <= version {
		t.Errorf("claimed: %d %v", status, l)
	}
}

func TestLeadsByReference(t *testing.T) {
	x := newSite(t)
	for _, user := range []string{"42", "a/b", "50%", "a%41", "q?x=1", "with space", "ü:1"} {
		x.identify(user, map[string]any{"email": "u" + fmt.Sprint(len(user)) + url.QueryEscape(user)[:1] + uuid.NewString() + "@b.example"})
		for _, ref := range []string{"user:" + user, "user%3A" + user} {
			path := strings.ReplaceAll(url.PathEscape("user:"+user), ":", "%3A")
			if strings.HasPrefix(ref, "user:") {
				path = url.PathEscape("user:" + user)
			}
			status, l := x.call(http.MethodGet, "/api/v1/leads/"+path, nil)
			if status != http.StatusOK || l["user_id"] != user {
				t.Errorf("%s: %d %v", path, status, l["user_id"])
			}
		}
	}
	x.identify("mail", map[string]any{"email": "a+b@c.example"})
	for _, path := range []string{"email:a+b@c.example", "email%3Aa%2Bb%40c.example", "email:A+B@C.example"} {
		if status, l := x.call(http.MethodGet, "/api/v1/leads/"+path, nil); status != http.StatusOK || l["user_id"] != "mail" {
			t.Errorf("%s: %d %v", path, status, l)
		}
	}
	for _, path := range []string{"nobody", uuid.NewString(), "email:nobody@x.example", "email:none", "user:", "user:43", "shoe:39", "a%00b", "%ff"} {
		if status, l := x.call(http.MethodGet, "/api/v1/leads/"+path, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d %v", path, status, l)
		}
	}
}

func TestMergedLeadRedirects(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	anonymous := uuid.NewString()
	x.send(x.write, map[string]any{"type": "track", "anonymousId": anonymous, "event": "Products Compared"})
	_, before := x.call(http.MethodGet, "/api/v1/leads/anonymous:"+anonymous, nil)
	x.identify("42", map[string]any{"email": "ada@b.example"})
	x.send(x.write, map[string]any{"type": "identify", "anonymousId": anonymous, "userId": "42"})
	_, after := x.call(http.MethodGet, "/api/v1/leads/user:42", nil)
	if before["id"] == after["id"] {
		t.Fatal("the anonymous lead was not merged")
	}
	for _, path := range []string{"", "/history?limit=5", "/activities"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL+"/api/v1/leads/"+before["id"].(string)+path, nil)
		r.Header.Set("Authorization", "Bearer "+x.api)
		status, h, _ := x.roundTrip(r)
		if status != http.StatusPermanentRedirect || h.Get("Location") != "/api/v1/leads/"+after["id"].(string)+path {
			t.Errorf("%q of a merged lead: %d %q", path, status, h.Get("Location"))
		}
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPatch, x.URL+"/api/v1/leads/"+before["id"].(string), strings.NewReader(`{"title":"VP"}`))
	r.Header.Set("Authorization", "Bearer "+x.api)
	if status, h, _ := x.roundTrip(r); status != http.StatusPermanentRedirect || h.Get("Location") != "/api/v1/leads/"+after["id"].(string) {
		t.Errorf("a correction of a merged lead: %d %q", status, h.Get("Location"))
	}
	if status, l := x.call(http.MethodPost, "/api/v1/leads/"+before["id"].(string)+"/disqualify", map[string]any{"actor": "nobody@example.com"}); status != http.StatusUnprocessableEntity {
		t.Errorf("a move of a merged lead does not follow the redirect: %d %v", status, l)
	}
	if status, l := x.call(http.MethodGet, "/api/v1/leads/anonymous:"+anonymous, nil); status != http.StatusOK || l["id"] != after["id"] {
		t.Errorf("the anonymous id leads to %d %v", status, l["id"])
	}
	if _, all := x.call(http.MethodGet, "/api/v1/leads", nil); !slices.Equal(ids(all), []string{after["id"].(string)}) {
		t.Errorf("the list has %v", ids(all))
	}
}

func TestListOfLeads(t *testing.T) {
	x := newSite(t)
	var want []string
	for i := range 7 {
		x.identify(fmt.Sprintf("u%d", i), map[string]any{"email": fmt.Sprintf("u%d@acme.example", i), "name": fmt.Sprintf("Person %c", 'A'+i)})
	}
	x.send(x.write, map[string]any{"type": "page", "anonymousId": "visitor", "name": "Home"})
	_, all := x.call(http.MethodGet, "/api/v1/leads", nil)
	want = ids(all)
	if len(want) != 8 || at(all, "next_cursor") != nil {
		t.Fatalf("the list has %d leads and the cursor %v", len(want), at(all, "next_cursor"))
	}
	if got := list(all)[0]; got["user_id"] != nil || got["email"] != nil || got["team"] != nil {
		t.Errorf("a lead known by an anonymous id only: %v", got)
	}
	for _, limit := range []int{1, 3, 7, 8} {
		var got []string
		cursor := ""
		for range 20 {
			status, page := x.call(http.MethodGet, fmt.Sprintf("/api/v1/leads?limit=%d&cursor=%s", limit, cursor), nil)
			if status != http.StatusOK || len(ids(page)) > limit {
				t.Fatalf("limit=%d: %d, %d leads", limit, status, len(ids(page)))
			}
			got = append(got, ids(page)...)
			next, ok := at(page, "next_cursor").(string)
			if !ok {
				break
			}
			cursor = next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("limit=%d (-want +got):\n%s", limit, diff)
		}
	}
	for _, limit := range []string{"1000", "1001", "5000", "99999999999999999999", ""} {
		if status, page := x.call(http.MethodGet, "/api/v1/leads?limit="+limit, nil); status != http.StatusOK || len(ids(page)) != 8 {
			t.Errorf("limit=%s: %d", limit, status)
		}
	}
	_, history := x.call(http.MethodGet, "/api/v1/leads/user:u1/activities?limit=1", nil)
	for _, q := range []string{
		"limit=0", "limit=-1", "limit=-99999999999999999999", "limit=ten", "limit=1.5", "limit=1e3", "cursor=x", "cursor=bnVsbA", "cursor=e30", "cursor=NQ", "cursor=%00",
		"cursor=eyJ1IjoiMDAwMS0wMS0wMVQwMDowMDowMFoiLCJpIjoiIn0", "stage=hot", "q=%00",
	} {
		if status, p := x.call(http.MethodGet, "/api/v1/leads?"+q, nil); status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %v", q, status, p)
		}
	}
	if at(history, "next_cursor") != nil {
		t.Errorf("one activity has a further page: %v", history)
	}
	for _, q := range []string{"history", "activities"} {
		if status, _ := x.call(http.MethodGet, "/api/v1/leads/user:u1/"+q+"?cursor=garbage", nil); status != http.StatusUnprocessableEntity {
			t.Errorf("%s with a bad cursor: %d", q, status)
		}
	}
	if status, _ := x.call(http.MethodGet, "/api/v1/leads?team=nowhere", nil); status != http.StatusNotFound {
		t.Errorf("an unknown team: %d", status)
	}
}

func TestSearchAndFilters(t *testing.T) {
	x := newSite(t)
	apac, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "APAC West"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	boss := x.person("Boss", lead.Manager, x.team.ID, apac.ID)
	x.identify("byron", map[string]any{"email": "ada@analytical.example", "name": "Ada Lovelace-Byron", "company": "Analytical Engines", "title": "Countess", "phone": "+442079460123"})
	x.identify("hopper", map[string]any{"email": "grace@univac.example", "name": "Grâce Hopper", "company": "Univac"})
	x.track("hopper", "Demo Requested", nil)
	_, l := x.call(http.MethodGet, "/api/v1/leads/user:hopper", nil)
	for q, want := range map[string]string{
		"ada": "byron", "ADA": "byron", "love": "byron", "byr": "byron", "analyt": "byron", "analytical eng": "byron", "count": "byron", "ada@analytical.example": "byron", "ada@analy": "byron",
		"+442079460": "byron", "grac": "hopper", "grâce": "hopper", "univac": "hopper", "hopper gra": "hopper",
		"ovelace": "", "zzz": "", "ada univac": "", "%25": "", "_": "",
	} {
		_, found := x.call(http.MethodGet, "/api/v1/leads?q="+strings.ReplaceAll(url.QueryEscape(q), "%2525", "%25"), nil)
		var users []string
		for _, l := range list(found) {
			users = append(users, l["user_id"].(string))
		}
		if got := strings.Join(users, " "); got != want {
			t.Errorf("q=%s finds %q, want %q", q, got, want)
		}
	}
	count := func(q string) int {
		_, page := x.call(http.MethodGet, "/api/v1/leads?"+q, nil)
		return len(ids(page))
	}
	if status, _ := x.call(http.MethodPost, "/api/v1/leads/"+l["id"].(string)+"/reassign", map[string]any{"actor": boss.Email, "to": "team:apac-west"}); status != http.StatusOK {
		t.Fatalf("reassign to a team: %d", status)
	}
	for q, want := range map[string]int{
		"stage=mql": 1, "stage=nurture": 1, "stage=won": 0, "team=apac-west": 1, "team=" + apac.ID: 1, "team=APAC+West": 1, "team=emea": 0, "stage=mql&team=emea": 0, "stage=mql&q=ada": 0, "": 2,
	} {
		if got := count(q); got != want {
			t.Errorf("%s finds %d, want %d", q, got, want)
		}
	}
	if _, board := x.call(http.MethodGet, "/api/v1/board?team=apac-west", nil); !slices.Equal(ids(board), []string{l["id"].(string)}) {
		t.Errorf("the board of the other team has %v", ids(board))
	}
	if _, board := x.call(http.MethodGet, "/api/v1/board", nil); len(ids(board)) != 0 {
		t.Errorf("the default team's board has %v", ids(board))
	}
}

func TestHistoryAndActivities(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	for _, name := range []string{"Pricing Viewed", "Case Study Viewed"} {
		x.track("ada", name, map[string]any{"path": "/x"})
	}
	move := func(name string, form map[string]any) {
		t.Helper()
		form["actor"] = "rosa@example.com"
		if status, l := x.call(http.MethodPost, "/api/v1/leads/"+id+"/"+name, form); status != http.StatusOK {
			t.Fatalf("%s: %d %v", name, status, l)
		}
	}
	move("claim", map[string]any{})
	move("return", map[string]any{"reason": "researching", "note": "wants a paper"})
	_, history := x.call(http.MethodGet, "/api/v1/leads/"+id+"/history", nil)
	rows := list(history)
	var moves []string
	for _, h := range rows {
		moves = append(moves, fmt.Sprintf("%v %v→%v", h["move"], h["from"], h["to"]))
		if h["agreement_version"] != 1.0 {
			t.Errorf("%v was made under the agreement %v", h["move"], h["agreement_version"])
		}
		if _, err := time.Parse(time.RFC3339, h["at"].(string)); err != nil {
			t.Error(err)
		}
		if _, ok := h["score"].(float64); !ok {
			t.Errorf("%v has the score %v", h["move"], h["score"])
		}
	}
	if diff := cmp.Diff([]string{"return claimed→nurture", "claim mql→claimed", "qualify nurture→mql"}, moves); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	if h := rows[0]; h["reason"] != "researching" || h["note"] != "wants a paper" || at(h, "actor", "id") != rosa.ID || at(h, "actor", "email") != rosa.Email {
		t.Errorf("the return is %v", h)
	}
	if h := rows[2]; h["reason"] != nil || h["note"] != nil || at(h, "actor", "kind") != "system" {
		t.Errorf("the qualification is %v", h)
	}
	_, first := x.call(http.MethodGet, "/api/v1/leads/"+id+"/history?limit=2", nil)
	_, second := x.call(http.MethodGet, "/api/v1/leads/"+id+"/history?limit=2&cursor="+at(first, "next_cursor").(string), nil)
	if len(list(second)) != 1 || list(second)[0]["move"] != "qualify" || at(second, "next_cursor") != nil {
		t.Errorf("the second page of history is %v", second)
	}

	_, acts := x.call(http.MethodGet, "/api/v1/leads/"+id+"/activities", nil)
	var names []string
	for _, a := range list(acts) {
		names = append(names, a["name"].(string))
		for _, name := range []string{"message_id", "occurred_at", "received_at"} {
			if s, _ := a[name].(string); s == "" {
				t.Errorf("%v has no %s", a["name"], name)
			}
		}
		if _, ok := a["properties"].(map[string]any); !ok {
			t.Errorf("the properties of %v are %v", a["name"], a["properties"])
		}
	}
	if diff := cmp.Diff([]string{"Case Study Viewed", "Pricing Viewed", "Demo Requested"}, names); diff != "" {
		t.Errorf("activities (-want +got):\n%s", diff)
	}
	var paged []string
	for cursor := ""; ; {
		_, page := x.call(http.MethodGet, "/api/v1/leads/"+id+"/activities?limit=1&cursor="+cursor, nil)
		paged = append(paged, list(page)[0]["name"].(string))
		next, ok := at(page, "next_cursor").(string)
		if !ok {
			break
		}
		cursor = next
	}
	if !slices.Equal(paged, names) {
		t.Errorf("activities page by page: %v", paged)
	}
}

func TestNothingThere(t *testing.T) {
	x := newSite(t)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/api/v1/nope", 404}, {"GET", "/api/nope", 404}, {"GET", "/api", 404}, {"POST", "/api/v1/leads/x/fly", 404}, {"GET", "/api/v2/leads", 404},
		{"DELETE", "/api/v1/leads", 405}, {"PUT", "/api/v1/board", 405}, {"GET", "/api/v1/sla/due", 405}, {"POST", "/api/v1/board", 405}, {"DELETE", "/api/v1/leads/x", 405},
	} {
		if status, p := x.call(c.method, c.path, nil); status != c.want || p["detail"] == "" {
			t.Errorf("%s %s: %d %v", c.method, c.path, status, p)
		}
		for _, key := range []string{"", "nonsense", x.write, x.srv} {
			if status, _ := x.callWith(key, c.method, c.path, nil); status != http.StatusUnauthorized {
				t.Errorf("%s %s with the key %.12q: %d", c.method, c.path, key, status)
			}
		}
	}
}

func TestPagingWhileLeadsChange(t *testing.T) {
	x := newSite(t)
	for i := range 12 {
		x.identify(fmt.Sprintf("u%d", i), map[string]any{"email": fmt.Sprintf("u%d@acme.example", i)})
	}
	seen := map[string]int{}
	cursor := ""
	for page := range 20 {
		_, leads := x.call(http.MethodGet, "/api/v1/leads?limit=2&cursor="+cursor, nil)
		for _, l := range list(leads) {
			seen[l["user_id"].(string)]++
		}
		next, ok := at(leads, "next_cursor").(string)
		if !ok {
			break
		}
		cursor = next
		user := fmt.Sprintf("u%d", page) // not shown yet, then shown already
		x.identify(user, map[string]any{"company": fmt.Sprint("Acme ", page)})
		x.identify(fmt.Sprintf("new%d", page), map[string]any{"email": fmt.Sprintf("new%d@acme.example", page)})
	}
	for user, n := range seen {
		if n != 1 {
			t.Errorf("%s stands %d times in the list", user, n)
		}
	}
	for i := range 12 {
		if user := fmt.Sprintf("u%d", i); seen[user] == 0 {
			t.Errorf("%s is missing", user)
		}
	}
}
