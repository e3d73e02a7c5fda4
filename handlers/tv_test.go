package handlers_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
)

// displays are the site's, under its secret.
func (x *site) displays() handlers.Displays {
	return x.store.Displays([]byte(siteSecret))
}

// display makes a display of the site's team and returns its link's token.
func (x *site) display(privacy lead.Privacy) (string, lead.Display) {
	x.t.Helper()
	token, d, err := x.displays().Add(x.t.Context(), lead.Operator, lead.Display{Name: "Lobby", TeamID: x.team.ID, Privacy: privacy}, lead.Now())
	if err != nil {
		x.t.Fatal(err)
	}
	return token, d
}

func (x *site) wall(privacy lead.Privacy) string {
	token, _ := x.display(privacy)
	return token
}

func (x *site) someDisplay() string {
	_, d := x.display(lead.ShowFull)
	return d.ID
}

func (x *site) revokedWall() string {
	x.t.Helper()
	token, d := x.display(lead.ShowFull)
	if _, err := x.displays().Revoke(x.t.Context(), lead.Operator, d.ID, lead.Now()); err != nil {
		x.t.Fatal(err)
	}
	return token
}

// samuel is a rep whose second name no wall may show.
func (x *site) samuel() lead.User {
	x.t.Helper()
	u, err := x.store.AddUser(x.t.Context(), lead.Operator, lead.User{Email: "sam@example.com", Name: "Samuel Plantedrep", Role: lead.Rep, Teams: []string{x.team.ID}}, lead.Now())
	if err != nil {
		x.t.Fatal(err)
	}
	return u
}

// planted is a lead about whom a wall must not say too much.
func (x *site) planted(user, name string) string {
	x.t.Helper()
	x.send(x.write,
		map[string]any{"type": "identify", "userId": user, "traits": map[string]any{
			"email": user + "@secretmail.example", "phone": "+493055512345", "name": name, "company": "Analytical Engines", "title": "Plantedtitle", "city": "Plantedcity"}},
		map[string]any{"type": "track", "userId": user, "event": "Demo Requested", "properties": map[string]any{"message": "Plantedmessage"}})
	_, l := x.call(http.MethodGet, "/api/v1/leads/user:"+user, nil)
	return l["id"].(string)
}

func TestAWallSaysNoMoreThanItsLevelAllows(t *testing.T) {
	x := newSite(t)
	sam := x.samuel()
	id := x.planted("planteduser", "Adaline Plantedsurname")
	x.planted("namelessuser", "somebody@secretmail.example")
	if _, err := x.desk.Move(t.Context(), id, lead.Request{Move: lead.Claim}, lead.Person(sam, "page"), lead.Now()); err != nil {
		t.Fatal(err)
	}
	never := []string{"Plantedsurname", "plantedsurname", "planteduser", "namelessuser", "secretmail", "5551234", "Plantedtitle", "Plantedcity", "Plantedmessage", "Plantedrep", sam.ID, sam.Email, "data-owner", "data-move"}
	for level, c := range map[lead.Privacy]struct{ shows, hides []string }{
		lead.ShowFull:     {shows: []string{"Adaline P.", "Analytical Engines", "Samuel"}},
		lead.ShowInitials: {shows: []string{"A. P.", "Analytical Engines", "Samuel"}, hides: []string{"Adaline"}},
		lead.ShowCompany:  {shows: []string{"Analytical Engines", "Samuel"}, hides: []string{"Adaline", "A. P."}},
	} {
		token := x.wall(level)
		status, h, page := x.stranger().get("/tv/" + token)
		if status != http.StatusOK {
			t.Fatalf("the wall: %d", status)
		}
		for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Set-Cookie": ""} {
			if got := h.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if n := strings.Count(page, "data-live="); n != 1 || !strings.Contains(page, `data-live="/live/tv/`+token+`"`) {
			t.Errorf("the page has %d streams", n)
		}
		stream, end := x.open(x.stranger(), "/live/tv/"+token)
		if got := stream.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("the stream's Referrer-Policy is %q", got)
		}
		snapshot := stream.until(id)
		// A change and a lead that is newly on fire, which takes the stage.
		fire := x.planted("planteduser"+string(level), "Adaline Plantedsurname")
		x.send(x.write, map[string]any{"type": "identify", "userId": "planteduser" + string(level), "traits": map[string]any{"title": "VP Plantedtitle"}},
			map[string]any{"type": "track", "userId": "planteduser" + string(level), "event": "Trial Started"}, map[string]any{"type": "track", "userId": "planteduser" + string(level), "event": "Contact Sales Requested"})
		frames := stream.until("New on fire")
		if !strings.Contains(frames, "moment") || fire == "" {
			t.Error("nothing took the stage")
		}
		end()
		for where, text := range map[string]string{"page": page, "snapshot": snapshot, "frame": frames} {
			for _, s := range append(never, c.hides...) {
				if strings.Contains(text, s) {
					t.Errorf("%s: the %s shows %q", level, where, s)
				}
			}
		}
		for where, text := range map[string]string{"page": page, "snapshot": snapshot} {
			for _, s := range append(c.shows, `data-lead="`+id+`"`, `data-tier="`, `data-stage="claimed"`, `data-clock="decision"`) {
				if !strings.Contains(text, s) {
					t.Errorf("%s: the %s lacks %q", level, where, s)
				}
			}
		}
	}
}

// Never a rep's name beside a breach.
func TestAWallNamesNobodyBesideABreach(t *testing.T) {
	var ahead time.Duration
	x := newSite(t, func(c *handlers.Config) { c.Now = func() time.Time { return lead.Now().Add(ahead) } })
	sam := x.samuel()
	id := x.hot("ada")
	if _, err := x.desk.Move(t.Context(), id, lead.Request{Move: lead.Claim}, lead.Person(sam, "page"), lead.Now()); err != nil {
		t.Fatal(err)
	}
	token := x.wall(lead.ShowFull)
	rowOf := func() string {
		_, _, page := x.stranger().get("/tv/" + token)
		_, row, _ := strings.Cut(page, `id="lead-`+id)
		row, _, _ = strings.Cut(row, "</li>")
		return row
	}
	if row := rowOf(); !strings.Contains(row, "Samuel") {
		t.Errorf("who has it is not named: %s", row)
	}
	ahead = 30 * 24 * time.Hour
	if row := rowOf(); strings.Contains(row, "Samuel") || !strings.Contains(row, `data-state="breached"`) || !strings.Contains(row, "claimed") {
		t.Errorf("beside a breach stands %s", row)
	}
}

func TestARevokedLinkEndsItsStream(t *testing.T) {
	x := newSite(t)
	x.hot("ada")
	token, d := x.display(lead.ShowFull)
	other := x.wall(lead.ShowFull)
	stream, end := x.open(x.stranger(), "/live/tv/"+token)
	defer end()
	stays, endOther := x.open(x.stranger(), "/live/tv/"+other)
	defer endOther()
	stream.until("lead-")
	stays.until("lead-")
	if _, err := x.displays().Revoke(t.Context(), lead.Operator, d.ID, lead.Now()); err != nil {
		t.Fatal(err)
	}
	if took := stream.ended(); took > 5*time.Second {
		t.Errorf("the stream ended after %v", took)
	}
	x.send(x.write, map[string]any{"type": "track", "userId": "ada", "event": "Trial Started"})
	stays.until("lead-")
	for _, path := range []string{"/tv/", "/live/tv/"} {
		status, h, page := x.stranger().get(path + token)
		if status != http.StatusNotFound || !strings.Contains(strings.ToLower(page), "this display link was revoked") || strings.Contains(page, "ada") {
			t.Errorf("%s of a revoked link: %d %s", path, status, page)
		}
		if h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s of a revoked link: %v", path, h)
		}
	}
	if _, h, page := x.stranger().get("/tv/" + token + "x"); h.Get("Refresh") != "60" || !strings.Contains(page, "There is no display at this address") || strings.Contains(page, "revoked") || !strings.Contains(page, "wall-gone") {
		t.Errorf("an unknown link: %s", page)
	}
}

// What a display's link opens changes while its wall looks on.
func TestAWallFollowsItsDisplay(t *testing.T) {
	x := newSite(t)
	x.planted("ada", "Adaline Byron")
	token, d := x.display(lead.ShowFull)
	stream, end := x.open(x.stranger(), "/live/tv/"+token)
	defer end()
	stream.until("Adaline")
	if _, err := x.displays().Change(t.Context(), lead.Operator, d.ID, d.Name, d.TeamID, lead.ShowCompany, lead.Now()); err != nil {
		t.Fatal(err)
	}
	if took := stream.ended(); took > 5*time.Second {
		t.Errorf("the stream ended after %v", took)
	}
	again, endAgain := x.open(x.stranger(), "/live/tv/"+token)
	defer endAgain()
	if f := again.until("lead-"); strings.Contains(f, "Adaline") {
		t.Error("the wall still says who")
	}
	for range 20 { // it was seen, which the server noted by itself
		if all, err := x.displays().All(t.Context()); err != nil || !all[0].SeenAt.IsZero() {
			return
		}
		again.next()
	}
	t.Error("nobody noted that the display was seen")
}

// notebook is a log that may be read while it is written.
type notebook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.Write(p)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.text.String()
}

// A display's link opens its wall and nothing else, and stands in no log.
func TestADisplaysLinkOpensNothingElse(t *testing.T) {
	var log notebook
	x := newSite(t, func(c *handlers.Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	id := x.hot("ada")
	token := x.wall(lead.ShowFull)
	as := http.Header{"Authorization": {"Bearer " + token}, "Cookie": {"hotleads=" + token}, "Referer": {x.URL + "/tv/" + token}}
	for _, path := range []string{"/board/emea", "/leads", "/leads/" + id, "/sla", "/live/board/emea", "/live/leads/" + id, "/live/sla", "/api/v1/leads", "/api/v1/board", "/settings/displays", "/board/emea?token=" + token} {
		if status, _, page := x.stranger().do(http.MethodGet, path, nil, as); status != http.StatusSeeOther && status != http.StatusUnauthorized && status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, status, page)
		}
	}
	for _, path := range []string{"/tv/" + token, "/live/tv/" + token, "/leads/" + id + "/claim", "/tv/" + token + "/claim", "/tv", "/tv/", "/tv/%00", "/live/tv/"} {
		if status, _, _ := x.stranger().do(http.MethodPost, path, nil, as); status < 400 {
			t.Errorf("a post to %s: %d", path, status)
		}
	}
	x.stranger().get("/tv/" + token)
	_, _, metrics := x.stranger().get("/metrics")
	if strings.Contains(log.String(), token) || strings.Contains(metrics, token) {
		t.Error("the token stands in the log or the metrics")
	}
	if !strings.Contains(metrics, `route="/tv/:token"`) {
		t.Error("the metrics don't know the route")
	}
}
