package handlers_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/scoring"
)

// Who may come where is one table; here everybody there is goes everywhere that
// the router knows, and is answered as the table says.

// elsewhere is what stands in the name of every lead of the other team.
const elsewhere = "Zzelsewhere"

// house is a site with two teams, a lead of each, and everybody there is.
type house struct {
	*site
	far       lead.Team
	near, off string // leads of the site's team and of the other one
	who       map[lead.Role]browser
	gone      browser // somebody who was disabled with a session open
	stale     string  // an API key that was revoked
	asked     lead.Invite
}

// somebody adds a person for whom a test may do what it likes to.
func (x *house) somebody() string {
	x.t.Helper()
	u, err := x.store.AddUser(x.t.Context(), lead.Operator, lead.User{Email: uuid.NewString() + "@example.com", Name: "Somebody", Role: lead.Rep, Teams: []string{x.team.ID}}, lead.Now())
	if err != nil {
		x.t.Fatal(err)
	}
	return u.ID
}

// invited invites somebody and returns what their link ends with.
func (x *house) invited() string {
	x.t.Helper()
	token, i, err := x.store.Links([]byte(siteSecret)).Invite(x.t.Context(), lead.Operator, lead.Invite{Email: uuid.NewString() + "@example.com", Name: "Guest", Role: lead.Rep}, lead.Now())
	if err != nil {
		x.t.Fatal(err)
	}
	x.asked = i
	return token
}

func newHouse(t *testing.T) *house {
	x := &house{site: newSite(t), who: map[lead.Role]browser{}}
	away, err := scoring.CompileFilter([]scoring.Condition{{Field: "email", Op: scoring.OpStartsWith, Value: elsewhere}})
	if err != nil {
		t.Fatal(err)
	}
	if x.far, err = x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Far", Route: away}, lead.Now()); err != nil {
		t.Fatal(err)
	}
	for name, role := range map[string]lead.Role{"Rosa": lead.Rep, "Max": lead.Manager, "Mara": lead.Marketing, "Anna": lead.Admin} {
		x.person(name, role)
		x.who[role] = x.signIn(name)
	}
	x.person("Fay", lead.Manager, x.far.ID)
	gone := x.person("Gustav", lead.Manager)
	x.gone = x.signIn("Gustav")
	if err := x.store.Disable(t.Context(), lead.Operator, gone.ID, lead.Now()); err != nil {
		t.Fatal(err)
	}
	if x.stale, _, err = x.store.NewKey(t.Context(), lead.Operator, lead.APIKey, "stale", lead.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := x.store.RevokeKey(t.Context(), lead.Operator, "stale", lead.Now()); err != nil {
		t.Fatal(err)
	}
	x.near, x.off = x.hot("near"), x.hot(elsewhere)
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+x.off, nil); l["team"].(map[string]any)["id"] != x.far.ID {
		t.Fatal("the other team's lead is not the other team's")
	}
	return x
}

// spareKey makes a key that nothing else uses.
func (x *house) spareKey() string {
	x.t.Helper()
	_, k, err := x.store.NewKey(x.t.Context(), lead.Operator, lead.WriteKey, "spare", lead.Now())
	if err != nil {
		x.t.Fatal(err)
	}
	return k.ID
}

// sample is an address of a line: own is something of the site's team (or of
// nobody's), other the same of the other team; "" where there is none.
type sample struct{ own, other string }

// samples are the addresses of lines whose path has a parameter, or which want
// something to be there.
var samples = map[string]func(x *house) sample{
	"GET /static/*":                  func(*house) sample { return sample{own: "/static/nothing"} },
	"POST /v1/:call":                 func(*house) sample { return sample{own: "/v1/track"} },
	"OPTIONS /v1/*":                  func(*house) sample { return sample{own: "/v1/track"} },
	"GET /v1/projects/:key/settings": func(x *house) sample { return sample{own: "/v1/projects/" + x.write + "/settings"} },

	"GET /api/v1/leads/:id":            func(x *house) sample { return sample{"/api/v1/leads/" + x.near, "/api/v1/leads/" + x.off} },
	"PATCH /api/v1/leads/:id":          func(x *house) sample { return sample{"/api/v1/leads/" + x.near, ""} },
	"GET /api/v1/leads/:id/history":    func(x *house) sample { return sample{"/api/v1/leads/" + x.near + "/history", ""} },
	"GET /api/v1/leads/:id/activities": func(x *house) sample { return sample{"/api/v1/leads/" + x.near + "/activities", ""} },
	"POST /api/v1/leads/:id/:move":     func(x *house) sample { return sample{"/api/v1/leads/" + x.near + "/touch", ""} },

	"DELETE /api/v1/absences/:id": func(x *house) sample {
		id := x.somebody()
		if err := x.store.SetAway(x.t.Context(), lead.Operator, id, lead.Now().Add(time.Hour), lead.Now()); err != nil {
			x.t.Fatal(err)
		}
		return sample{own: "/api/v1/absences/" + id}
	},

	"GET /api/v1/agreements/:version": func(*house) sample { return sample{"/api/v1/agreements/1", ""} },
	"GET /api/v1/agreement/draft": func(x *house) sample {
		_, _, body := x.request("GET", "/api/v1/agreement", "")
		x.request("PUT", "/api/v1/agreement", body)
		return sample{"/api/v1/agreement/draft", ""}
	},

	"GET /live/board/:team":              func(x *house) sample { return sample{"/live/board/" + x.team.Slug, "/live/board/" + x.far.Slug} },
	"POST /settings/displays/:id":        func(x *house) sample { return sample{own: "/settings/displays/" + x.someDisplay()} },
	"POST /settings/displays/:id/link":   func(x *house) sample { return sample{own: "/settings/displays/" + x.someDisplay() + "/link"} },
	"POST /settings/displays/:id/revoke": func(x *house) sample { return sample{own: "/settings/displays/" + x.someDisplay() + "/revoke"} },

	"GET /tv/:token": func(x *house) sample { return sample{"/tv/" + x.wall(lead.ShowFull), "/tv/" + x.revokedWall()} },
	"GET /live/tv/:token": func(x *house) sample {
		return sample{"/live/tv/" + x.wall(lead.ShowFull), "/live/tv/" + x.revokedWall()}
	},
	"GET /live/backlog/:team":           func(x *house) sample { return sample{"/live/backlog/" + x.team.Slug, "/live/backlog/" + x.far.Slug} },
	"GET /live/leads/:id":               func(x *house) sample { return sample{"/live/leads/" + x.near, "/live/leads/" + x.off} },
	"GET /board/:team":                  func(x *house) sample { return sample{"/board/" + x.team.Slug, "/board/" + x.far.Slug} },
	"GET /leads/import/:id":             imported("", ""),
	"GET /leads/import/:id/undo":        imported("/undo", ""),
	"GET /leads/import/:id/refused.csv": imported("/refused.csv", ""),
	"POST /leads/import/:id/preview":    imported("/preview", ""),
	"POST /leads/import/:id/map":        imported("/map", ""),
	"POST /leads/import/:id/start":      imported("/start", ""),
	"POST /leads/import/:id/cancel":     imported("/cancel", "start"),
	"POST /leads/import/:id/undo":       imported("/undo", "start"),
	"POST /leads/import/:id/delete":     imported("/delete", "start"),
	"GET /live/imports/:id": func(x *house) sample {
		at := imported("", "start")(x)
		return sample{strings.Replace(at.own, "/leads/import", "/live/imports", 1), strings.Replace(at.other, "/leads/import", "/live/imports", 1)}
	},

	"GET /leads/:id":                     func(x *house) sample { return sample{"/leads/" + x.near, "/leads/" + x.off} },
	"GET /invite/:token":                 func(x *house) sample { return sample{own: "/invite/" + x.invited()} },
	"POST /invite/:token":                func(x *house) sample { return sample{own: "/invite/" + x.invited()} },
	"GET /reset/:token":                  func(x *house) sample { return sample{own: "/reset/unknown"} },
	"POST /reset/:token":                 func(x *house) sample { return sample{own: "/reset/unknown"} },
	"GET /settings/people/:id":           func(x *house) sample { return sample{own: "/settings/people/" + x.somebody()} },
	"POST /settings/people/:id":          func(x *house) sample { return sample{own: "/settings/people/" + x.somebody()} },
	"POST /settings/people/:id/disable":  func(x *house) sample { return sample{own: "/settings/people/" + x.somebody() + "/disable"} },
	"POST /settings/people/:id/enable":   func(x *house) sample { return sample{own: "/settings/people/" + x.somebody() + "/enable"} },
	"POST /settings/people/:id/away":     func(x *house) sample { return sample{own: "/settings/people/" + x.somebody() + "/away"} },
	"POST /settings/people/:id/reset":    func(x *house) sample { return sample{own: "/settings/people/" + x.somebody() + "/reset"} },
	"POST /settings/people/:id/sessions": func(x *house) sample { return sample{own: "/settings/people/" + x.somebody() + "/sessions"} },
	"POST /settings/invites/:id/renew":   func(x *house) sample { x.invited(); return sample{own: "/settings/invites/" + x.asked.ID + "/renew"} },
	"GET /settings/teams/:id":            func(x *house) sample { return sample{own: "/settings/teams/" + x.team.ID} },
	"POST /settings/teams/:id":           func(x *house) sample { return sample{own: "/settings/teams/" + x.team.ID} },
	"POST /settings/teams/:id/disable":   func(x *house) sample { return sample{own: "/settings/teams/" + x.team.ID + "/disable"} },
	"POST /settings/teams/:id/enable":    func(x *house) sample { return sample{own: "/settings/teams/" + x.team.ID + "/enable"} },
	"POST /settings/keys/:id/revoke":     func(x *house) sample { return sample{own: "/settings/keys/" + x.spareKey() + "/revoke"} },
	"POST /settings/invites/:id/withdraw": func(x *house) sample {
		x.invited()
		return sample{own: "/settings/invites/" + x.asked.ID + "/withdraw"}
	},

	"POST /leads/:id/:move": func(x *house) sample { return sample{"/leads/" + x.near + "/touch", "/leads/" + x.off + "/touch"} },

	"GET /leads/:id/correct":  func(x *house) sample { return sample{"/leads/" + x.near + "/correct", "/leads/" + x.off + "/correct"} },
	"POST /leads/:id/correct": func(x *house) sample { return sample{"/leads/" + x.near + "/correct", "/leads/" + x.off + "/correct"} },
}

// visit asks as somebody; of a stream only how it is answered. The body of
// everything else comes with the status.
func (x *house) visit(b browser, method, path string, h http.Header) (int, http.Header, string) {
	x.t.Helper()
	ctx, cancel := context.WithCancel(x.t.Context())
	defer cancel()
	body := ""
	if strings.HasPrefix(path, "/v1/") {
		body = `{"userId":"visitor","event":"Visited"}`
	}
	r, err := http.NewRequestWithContext(ctx, method, x.URL+path, strings.NewReader(body))
	if err != nil {
		x.t.Fatal(err)
	}
	for k, v := range h {
		r.Header[k] = v
	}
	res, err := b.Do(r)
	if err != nil {
		x.t.Fatal(err)
	}
	defer res.Body.Close()
	if strings.HasPrefix(path, "/live/") && res.StatusCode == http.StatusOK {
		return res.StatusCode, res.Header, ""
	}
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(answer)
}

func TestEverybodyEverywhere(t *testing.T) {
	x := newHouse(t)
	lines := handlers.Lines()
	var table []string
	for _, l := range lines {
		table = append(table, l.Method+" "+l.Path)
	}
	slices.Sort(table)
	if diff := cmp.Diff(table, handlers.Registered(x.Config.Handler)); diff != "" {
		t.Fatalf("routes of the router that are not in the table (-table +router):\n%s", diff)
	}
	for _, l := range lines {
		name := l.Method + " " + l.Path
		t.Run(strings.ReplaceAll(name, "/", "|"), func(t *testing.T) {
			at := sample{own: l.Path}
			if find := samples[name]; find != nil {
				at = find(x)
			} else if strings.ContainsAny(l.Path, ":*") {
				t.Fatal("no sample of it in this test")
			}
			methods := []string{l.Method}
			if l.Method == http.MethodGet && !strings.HasPrefix(l.Path, "/live/") {
				methods = append(methods, http.MethodHead)
			}
			for _, method := range methods {
				switch l.Door {
				case "people":
					x.people(t, l, method, at)
				case "programs", "trackers":
					x.keys(t, l, method, at)
				case "anyone":
					if status, _, _ := x.visit(x.stranger(), method, at.own, nil); (status == http.StatusUnauthorized && l.Path != "/login") || status == http.StatusForbidden {
						t.Errorf("a stranger: %d", status)
					}
				case "displays":
					x.walls(t, method, at)
				default:
					t.Fatalf("nobody checks the door %q", l.Door)
				}
			}
		})
	}
}

const notYourRole = "not for your role"

// people: each role gets as far as the table says, strangers and disabled people nowhere.
func (x *house) people(t *testing.T, l handlers.Line, method string, at sample) {
	t.Helper()
	page := (method == http.MethodGet || method == http.MethodHead) && !strings.HasPrefix(l.Path, "/live/")
	for who, b := range map[string]browser{"a stranger": x.stranger(), "a disabled person": x.gone} {
		for _, path := range []string{at.own, at.other} {
			if path == "" {
				continue
			}
			status, h, _ := x.visit(b, method, path, nil)
			if page && (status != http.StatusSeeOther || h.Get("Location") != "/login?next="+url.QueryEscape(path)) || !page && status != http.StatusUnauthorized {
				t.Errorf("%s, %s %s: %d %s", who, method, path, status, h.Get("Location"))
			}
		}
	}
	for _, key := range []string{x.api, x.write, x.srv} {
		if status, _, _ := x.visit(x.stranger(), method, at.own, http.Header{"Authorization": {"Bearer " + key}}); status != http.StatusSeeOther && status != http.StatusUnauthorized {
			t.Errorf("a program, %s %s: %d", method, at.own, status)
		}
	}
	for role, b := range x.who {
		reach := l.Reach[role]
		status, _, body := x.visit(b, method, at.own, nil)
		switch byRole := status == http.StatusForbidden && (strings.Contains(body, notYourRole) || method == http.MethodHead); {
		case reach == "none" && !byRole:
			t.Errorf("%s, %s %s: %d, and it is none of their business", role, method, at.own, status)
		case reach != "none" && (byRole || status == http.StatusUnauthorized || status == http.StatusNotFound || status >= 500):
			t.Errorf("%s, %s %s: %d, and it is theirs", role, method, at.own, status)
		}
		if reach == "own" && strings.Contains(body, elsewhere) {
			t.Errorf("%s, %s %s: shows another team's lead", role, method, at.own)
		}
		if at.other == "" {
			continue
		}
		status, _, body = x.visit(b, method, at.other, nil)
		switch {
		case reach == "none" && status != http.StatusForbidden,
			(reach == "own" || reach == "self") && status != http.StatusNotFound,
			reach == "all" && (status == http.StatusNotFound || status == http.StatusUnauthorized || status >= 500):
			t.Errorf("%s of another team (reach %s), %s %s: %d", role, reach, method, at.other, status)
		}
		if reach != "all" && strings.Contains(body, elsewhere) {
			t.Errorf("%s, %s %s: shows another team's lead", role, method, at.other)
		}
	}
}

// keys: programs come with a living key of their kind, and with nothing else.
func (x *house) keys(t *testing.T, l handlers.Line, method string, at sample) {
	t.Helper()
	bearer := func(key string) http.Header { return http.Header{"Authorization": {"Bearer " + key}} }
	basic := func(key string) http.Header {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(key, "")
		return r.Header
	}
	auth, living, wrong := bearer, []string{x.api}, []string{x.write, x.srv, x.stale, "", "hl_api_guessed"}
	if l.Door == "trackers" {
		auth, living, wrong = basic, []string{x.write, x.srv}, []string{x.api, x.stale, "", "hl_write_guessed"}
	}
	for _, key := range living {
		if status, _, body := x.visit(x.stranger(), method, at.own, auth(key)); status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound || status >= 500 {
			t.Errorf("its key, %s %s: %d %s", method, at.own, status, body)
		}
	}
	if strings.Contains(l.Path, ":key") {
		return // the key stands in the path; the intake's own tests try wrong ones
	}
	for _, key := range wrong {
		if status, _, _ := x.visit(x.stranger(), method, at.own, auth(key)); status != http.StatusUnauthorized {
			t.Errorf("the key %.12q, %s %s: %d", key, method, at.own, status)
		}
	}
	if status, _, _ := x.visit(x.who[lead.Admin], method, at.own, nil); status != http.StatusUnauthorized {
		t.Errorf("a session, %s %s: %d", method, at.own, status)
	}
}

// walls: own is the address with a living link's token, other with a revoked one's.
func (x *house) walls(t *testing.T, method string, at sample) {
	t.Helper()
	status, _, body := x.visit(x.stranger(), method, at.own, nil)
	if status != http.StatusOK || strings.Contains(body, elsewhere) {
		t.Errorf("a living link, %s: %d", method, status)
	}
	for _, path := range []string{at.other, at.own + "x"} {
		for who, b := range map[string]browser{"a stranger": x.stranger(), "an admin": x.who[lead.Admin]} {
			if status, _, _ := x.visit(b, method, path, nil); status != http.StatusNotFound {
				t.Errorf("%s with no living link, %s: %d", who, method, status)
			}
		}
	}
}
