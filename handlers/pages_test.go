package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hotleads/lead"
)

// fragmentOf is what htmx sends along from a page.
func fragmentOf(page string) http.Header {
	return http.Header{"Hx-Request": {"true"}, "Hx-Current-Url": {"http://there" + page}, "Content-Type": {"application/x-www-form-urlencoded"}}
}

func TestWhoMaySeeAPage(t *testing.T) {
	x := newSite(t)
	other, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Elsewhere"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Rosa", lead.Rep)
	x.person("Far", lead.Rep, other.ID)
	x.person("Boss", lead.Manager)
	x.person("Chief", lead.Manager, []string{}...)
	x.person("Mara", lead.Marketing)
	x.person("Anna", lead.Admin)
	id := x.hot("ada")
	people := []string{"", "Rosa", "Far", "Boss", "Mara", "Anna"}
	browsers := map[string]browser{"": x.stranger()}
	for _, name := range people[1:] {
		browsers[name] = x.signIn(name)
	}
	const out = 303
	for _, c := range []struct {
		path string
		want [6]int // by people
	}{
		{"/board", [6]int{out, 303, 303, 303, 303, 303}},
		{"/board/emea", [6]int{out, 200, 404, 200, 200, 200}},
		{"/board/emea?mine=1", [6]int{out, 200, 404, 200, 200, 200}},
		{"/board/elsewhere", [6]int{out, 404, 200, 404, 200, 200}},
		{"/board/nowhere", [6]int{out, 404, 404, 404, 404, 404}},
		{"/leads", [6]int{out, 200, 200, 200, 200, 200}},
		{"/leads?q=ada&stage=mql", [6]int{out, 200, 200, 200, 200, 200}},
		{"/leads?stage=hot", [6]int{out, 422, 422, 422, 422, 422}},
		{"/leads?cursor=x", [6]int{out, 422, 422, 422, 422, 422}},
		{"/leads/" + id, [6]int{out, 200, 404, 200, 200, 200}},
		{"/leads/" + id + "?before=x", [6]int{out, 422, 404, 422, 422, 422}},
		{"/leads/user:ada", [6]int{out, 303, 404, 303, 303, 303}},
		{"/leads/user%3Aada", [6]int{out, 303, 404, 303, 303, 303}},
		{"/leads/nobody", [6]int{out, 404, 404, 404, 404, 404}},
		{"/sla", [6]int{out, 403, 403, 200, 200, 200}},
		{"/", [6]int{303, 303, 303, 303, 303, 303}},
		{"/login", [6]int{200, 303, 303, 303, 303, 303}},
		{"/setup", [6]int{303, 303, 303, 303, 303, 303}},
		{"/me.css", [6]int{200, 200, 200, 200, 200, 200}},
		{"/nowhere", [6]int{404, 404, 404, 404, 404, 404}},
		{"/nowhere/at/all", [6]int{404, 404, 404, 404, 404, 404}},
		{"/leads/" + id + "/claim", [6]int{405, 405, 405, 405, 405, 405}},
		{"/static/nothing.js", [6]int{404, 404, 404, 404, 404, 404}},
	} {
		for i, name := range people {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				status, h, body := browsers[name].do(method, c.path, nil, nil)
				if status != c.want[i] {
					t.Errorf("%s %s as %q: %d, want %d", method, c.path, name, status, c.want[i])
				}
				if method == http.MethodHead && body != "" {
					t.Errorf("HEAD %s has a body", c.path)
				}
				if name == "" && status == http.StatusSeeOther && !strings.HasPrefix(h.Get("Location"), "/login") && c.path != "/" {
					t.Errorf("a stranger at %s goes to %s", c.path, h.Get("Location"))
				}
				if method == http.MethodGet && status >= 400 && !strings.HasPrefix(c.path, "/static") {
					if !strings.Contains(body, "<h1>") || !strings.Contains(body, "</html>") || !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
						t.Errorf("a %d at %s is not a page", status, c.path)
					}
					if signedIn := strings.Contains(body, `action="/logout"`); signedIn != (name != "") {
						t.Errorf("the %d at %s for %q does not know who asks", status, c.path, name)
					}
				}
			}
		}
	}
	for path, want := range map[string]map[string]string{
		"/":                  {"": "/login", "Rosa": "/board", "Boss": "/board", "Mara": "/sla", "Anna": "/board"},
		"/board":             {"": "/login?next=%2Fboard", "Rosa": "/board/emea", "Far": "/board/elsewhere", "Mara": "/board/emea", "Anna": "/board/emea"},
		"/board?mine=1":      {"": "/login?next=%2Fboard%3Fmine%3D1", "Rosa": "/board/emea?mine=1"},
		"/leads/user:ada":    {"Rosa": "/leads/" + id},
		"/login?next=/leads": {"Rosa": "/leads"},
	} {
		for name, to := range want {
			if _, h, _ := browsers[name].get(path); h.Get("Location") != to {
				t.Errorf("%s leads %q to %q, want %q", path, name, h.Get("Location"), to)
			}
		}
	}
	chief := x.signIn("Chief")
	for _, path := range []string{"/board/emea", "/board/elsewhere", "/leads/" + id, "/sla"} {
		if status, _, _ := chief.get(path); status != http.StatusOK {
			t.Errorf("%s for a manager of every team: %d", path, status)
		}
	}
	if _, _, page := browsers["Far"].get("/leads?q=ada"); strings.Contains(page, id) {
		t.Error("a rep's search finds another team's lead")
	}
	if _, _, page := browsers["Boss"].get("/leads?q=ada"); !strings.Contains(page, id) {
		t.Error("a manager's search does not find the team's lead")
	}
}

func TestWhoMayMove(t *testing.T) {
	x := newSite(t)
	other, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Elsewhere"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Rosa", lead.Rep)
	x.person("Far", lead.Rep, other.ID)
	x.person("Mara", lead.Marketing)
	x.person("Anna", lead.Admin)
	id := x.hot("ada")
	rosa, far, mara, anna, nobody := x.signIn("Rosa"), x.signIn("Far"), x.signIn("Mara"), x.signIn("Anna"), x.stranger()
	for _, c := range []struct {
		who  browser
		move string
		form url.Values
		want int
	}{
		{nobody, "claim", nil, 401}, {nobody, "fly", nil, 401}, {far, "claim", nil, 404}, {mara, "claim", nil, 403}, {mara, "accept", nil, 403}, {mara, "return", nil, 403}, {mara, "touch", nil, 403},
		{mara, "reassign", nil, 403}, {mara, "win", nil, 403}, {mara, "release", nil, 403}, {mara, "qualify", nil, 403}, {anna, "claim", nil, 403}, {anna, "disqualify", nil, 403},
		{rosa, "fly", nil, 404}, {rosa, "release", nil, 409}, {rosa, "touch", nil, 422}, {rosa, "return", url.Values{"reason": {"bored"}}, 422}, {rosa, "reopen", nil, 403},
	} {
		for _, h := range []http.Header{{"Content-Type": {"application/x-www-form-urlencoded"}}, fragmentOf("/board/emea"), fragmentOf("/leads/" + id)} {
			status, head, body := c.who.do(http.MethodPost, "/leads/"+id+"/"+c.move, c.form, h)
			if status != c.want || body == "" || head.Get("Location") != "" {
				t.Errorf("%s (fragment: %v): %d, want %d", c.move, h.Get("Hx-Current-Url"), status, c.want)
			}
			if whole := strings.Contains(body, "<html"); whole != (h.Get("Hx-Request") == "") {
				t.Errorf("%s (fragment: %v): a whole page is %v", c.move, h.Get("Hx-Current-Url"), whole)
			}
		}
	}
	if status, _, _ := rosa.post("/leads/nobody/claim", nil); status != http.StatusNotFound {
		t.Errorf("claiming nobody: %d", status)
	}
	for _, do := range []struct {
		move string
		form url.Values
		to   string
	}{{"disqualify", url.Values{"reason": {"spam"}}, "disqualified"}, {"reopen", nil, "nurture"}} {
		if status, _, body := mara.post("/leads/"+id+"/"+do.move, do.form); status != http.StatusSeeOther {
			t.Errorf("marketing's %s: %d %s", do.move, status, body)
		}
		if _, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil); l["stage"] != do.to {
			t.Errorf("after %s it is %v", do.move, l["stage"])
		}
	}
}

func TestMoveAnswers(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	x.person("Sam", lead.Rep)
	rosa, sam := x.signIn("Rosa"), x.signIn("Sam")
	id := x.hot("ada")

	status, _, body := rosa.do(http.MethodPost, "/leads/"+id+"/claim", nil, fragmentOf("/board/emea"))
	if status != http.StatusOK || !strings.Contains(body, `data-stage="claimed"`) || !strings.Contains(body, `data-move="undo"`) || strings.ContainsAny(body, "\n\r") {
		t.Errorf("a claim's fragment: %d %s", status, body)
	}
	status, _, body = sam.do(http.MethodPost, "/leads/"+id+"/claim", nil, fragmentOf("/board/emea"))
	if status != http.StatusConflict || !strings.Contains(body, "Rosa has it since") || !strings.Contains(body, `data-stage="claimed"`) {
		t.Errorf("the loser's fragment: %d %s", status, body)
	}
	status, _, body = sam.post("/leads/"+id+"/claim", nil)
	if status != http.StatusConflict || !strings.Contains(body, "Rosa has it since") || !strings.Contains(body, "</html>") {
		t.Errorf("the loser's page: %d", status)
	}
	for from, want := range map[string]string{
		"/board/emea": "/board/emea", "/board/emea?mine=1": "/board/emea?mine=1", "/leads/" + id: "/leads/" + id, "/sla": "/leads/" + id, "": "/leads/" + id, "/boardwalk": "/leads/" + id,
	} {
		h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		if from != "" {
			h.Set("Referer", x.URL+from)
		}
		if status, head, _ := rosa.do(http.MethodPost, "/leads/"+id+"/claim", nil, h); status != http.StatusSeeOther || head.Get("Location") != want {
			t.Errorf("a claim from %q goes on to %d %q, want %q", from, status, head.Get("Location"), want)
		}
	}
	status, _, body = rosa.do(http.MethodPost, "/leads/"+id+"/touch", url.Values{"channel": {"call"}, "outcome": {"no_answer"}}, fragmentOf("/board/emea"))
	if status != http.StatusOK || !strings.Contains(body, `data-stage="gone"`) {
		t.Errorf("a touched lead stays on the board: %d %s", status, body)
	}
	if status, _, _ := rosa.post("/leads/"+id+"/opportunity", nil); status != http.StatusSeeOther {
		t.Errorf("opportunity: %d", status)
	}
	if status, _, body := rosa.post("/leads/"+id+"/win", url.Values{"amount": {"lots"}}); status != http.StatusUnprocessableEntity || !strings.Contains(body, "is not an amount") {
		t.Errorf("a win of lots: %d", status)
	}
	if status, _, _ := rosa.post("/leads/"+id+"/win", url.Values{"amount": {"1,200.50"}}); status != http.StatusSeeOther {
		t.Errorf("win: %d", status)
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+id, nil); l["amount"] != 120050.0 {
		t.Errorf("1,200.50 is %v in minor units", l["amount"])
	}
	if _, _, page := rosa.get("/leads/" + id); !strings.Contains(page, "1200.50") {
		t.Error("the timeline does not tell the amount")
	}
	large := url.Values{"note": {strings.Repeat("x", 2<<20)}}
	if status, _, _ := rosa.post("/leads/"+id+"/return", large); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a form of 2 MiB: %d", status)
	}
	if status, _, _ := x.stranger().post("/login", large); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a sign-in of 2 MiB: %d", status)
	}
	if status, _, _ := rosa.send(http.MethodPost, "/leads/"+id+"/return", "a=%zz", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}); status != http.StatusBadRequest {
		t.Errorf("a broken form: %d", status)
	}
}

var (
	formTag   = regexp.MustCompile(`<form[^>]*action="/leads/[^"]*"[^>]*>.*?</form>`)
	scoreAttr = regexp.MustCompile(`data-score="([^"]*)"`)
	clockTag  = regexp.MustCompile(`<time data-due="([^"]+)" data-clock="(claim|decision|touch)" data-state="(ontime|risk|breached)"[^>]* datetime="([^"]+)"`)
)

func TestElementsOfTheBoard(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	x.person("Mara", lead.Marketing)
	var all []string
	for i := range 5 {
		user := fmt.Sprintf("lead%d", i)
		all = append(all, x.hot(user))
		for range i {
			x.track(user, "Products Compared", nil)
		}
	}
	if status, p := x.move(all[2], "claim", "Rosa"); status != http.StatusOK {
		t.Fatal(status, p)
	}
	for _, name := range []string{"Rosa", "Mara"} {
		page := x.board(name)
		if n := strings.Count(page, "data-live="); n != 1 {
			t.Errorf("the board of %s has %d data-live", name, n)
		}
		if !regexp.MustCompile(`<ol id="board"[^>]* data-live="/live/board/emea"`).MatchString(page) || !regexp.MustCompile(`id="connection" data-state="(live|reconnecting|offline)"`).MatchString(page) {
			t.Error("the board does not say where its stream is, or how the connection is")
		}
		if got := rowsOf(page); len(got) != 5 || !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(all))) {
			t.Errorf("the board has %v", got)
		}
		last := 1e9
		for _, m := range scoreAttr.FindAllStringSubmatch(page, -1) {
			score, err := strconv.ParseFloat(m[1], 64)
			if err != nil || score > last {
				t.Errorf("%s stands under %v", m[1], last)
			}
			last = score
		}
		if n := len(clockTag.FindAllString(page, -1)); n != 5 {
			t.Errorf("the board has %d clocks", n)
		}
		for _, attr := range []string{`data-lead="` + all[2] + `"`, `data-owner="` + rosa.ID + `"`, `data-owner=""`, `data-stage="claimed"`, `data-tier="hot"`, `data-version="`} {
			if !strings.Contains(page, attr) {
				t.Errorf("the board has no %s", attr)
			}
		}
		forms := formTag.FindAllString(page, -1)
		for _, move := range []string{"claim", "accept", "return", "release", "undo", "touch"} {
			if n := strings.Count(page, `data-move="`+move+`"`); n < 5 {
				t.Errorf("%d of 5 leads have a button to %s", n, move)
			}
		}
		if len(forms) < 30 {
			t.Errorf("the board has %d forms", len(forms))
		}
		for _, f := range forms {
			if strings.Contains(f, `type="hidden"`) || !strings.Contains(f, `method="post"`) {
				t.Errorf("a move's form has hidden fields or is none: %s", f)
			}
		}
	}
	status, _, page := x.signIn("Rosa").get("/leads/" + all[2])
	if status != http.StatusOK || strings.Count(page, "data-live=") != 1 || !strings.Contains(page, `data-live="/live/leads/`+all[2]+`"`) || strings.Count(page, `id="lead-`) != 1 {
		t.Errorf("the profile: %d, %d data-live, %d leads", status, strings.Count(page, "data-live="), strings.Count(page, `id="lead-`))
	}
	for _, f := range formTag.FindAllString(page, -1) {
		if strings.Contains(f, `type="hidden"`) {
			t.Errorf("a form of the profile has hidden fields: %s", f)
		}
	}
	if strings.Count(page, `name="reason"`) < 9 {
		t.Error("the profile does not offer the reasons of a return")
	}
	if _, _, page := x.signIn("Mara").get("/sla"); strings.Count(page, "data-live=") != 1 || len(clockTag.FindAllString(page, -1)) != 5 {
		t.Errorf("/sla has %d data-live and %d clocks", strings.Count(page, "data-live="), len(clockTag.FindAllString(page, -1)))
	}
	if _, _, page := x.signIn("Rosa").get("/board/emea?mine=1"); !slices.Equal(rowsOf(page), []string{all[2]}) || !strings.Contains(page, `data-live="/live/board/emea?mine=1"`) {
		t.Errorf("one's own board has %v", rowsOf(page))
	}
}

func TestWhoSeesAcceptedLeads(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	for name, role := range map[string]lead.Role{"Sam": lead.Rep, "Boss": lead.Manager, "Mara": lead.Marketing, "Anna": lead.Admin} {
		x.person(name, role)
	}
	id := x.hot("ada")
	if status, p := x.move(id, "accept", "Rosa"); status != http.StatusOK {
		t.Fatal(status, p)
	}
	for name, sees := range map[string]bool{"Rosa": true, "Boss": true, "Sam": false, "Mara": false, "Anna": false} {
		if got := slices.Contains(rowsOf(x.board(name)), id); got != sees {
			t.Errorf("%s sees an accepted, untouched lead of Rosa's: %v", name, got)
		}
	}
}

func TestFirstVisit(t *testing.T) {
	x := newBareSite(t)
	b := x.stranger()
	for _, path := range []string{"/", "/login", "/board"} {
		status, h, _ := b.get(path)
		for range 3 {
			if to := h.Get("Location"); status == http.StatusSeeOther && to != "/setup" {
				status, h, _ = b.get(to)
			}
		}
		if h.Get("Location") != "/setup" {
			t.Errorf("the first visit of %s ends at %d %q", path, status, h.Get("Location"))
		}
	}
	form := func(change ...string) url.Values {
		f := url.Values{"company": {"Acme"}, "zone": {"Europe/Berlin"}, "team": {"EMEA"}, "name": {"Anna"}, "email": {"anna@example.com"}, "password": {password}}
		for i := 0; i < len(change); i += 2 {
			f.Set(change[i], change[i+1])
		}
		return f
	}
	for field, value := range map[string]string{"company": "", "zone": "Mars/Base", "team": " ", "name": "", "email": "anna", "password": "short"} {
		status, _, body := b.post("/setup", form(field, value))
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, `aria-invalid`) || strings.Contains(body, password) {
			t.Errorf("a wrong %s: %d", field, status)
		}
	}
	got := make(chan int, 2)
	for i := range 2 {
		go func() {
			status, _, _ := x.stranger().post("/setup", form("email", fmt.Sprintf("anna%d@example.com", i), "company", fmt.Sprintf("Acme %d", i)))
			got <- status
		}()
	}
	if a, b := <-got, <-got; a+b != http.StatusSeeOther+http.StatusConflict {
		t.Errorf("two who set up at the same time: %d and %d", a, b)
	}
	if status, h, _ := b.get("/setup"); status != http.StatusSeeOther || h.Get("Location") != "/login" {
		t.Errorf("set-up after it was done: %d %q", status, h.Get("Location"))
	}
	if status, _, body := b.post("/setup", form()); status != http.StatusConflict || !strings.Contains(body, "set up already") {
		t.Errorf("a second set-up: %d", status)
	}
	users, err := x.store.Users(t.Context())
	if err != nil || len(users) != 1 || users[0].Role != lead.Admin {
		t.Fatalf("the people are %v %v", users, err)
	}
	status, h, _ := b.post("/login", url.Values{"email": {users[0].Email}, "password": {password}})
	if status != http.StatusSeeOther || h.Get("Location") != "/" {
		t.Errorf("the administrator's sign-in: %d %q", status, h.Get("Location"))
	}
	if status, _, page := b.get("/board/emea"); status != http.StatusOK || !strings.Contains(page, "curl") || !strings.Contains(page, `href="/settings/keys"`) {
		t.Errorf("the administrator's first board: %d", status)
	}
}

func TestNoTeamYet(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep, []string{}...)
	if status, _, page := x.signIn("Rosa").get("/board"); status != http.StatusOK || !strings.Contains(page, "in no team yet") {
		t.Errorf("the board of a rep without a team: %d", status)
	}
}

func TestTimelineByPages(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	const more = 230
	var batch []map[string]any
	for i := range more { // all at one moment: the worst case for paging
		batch = append(batch, map[string]any{"type": "track", "userId": "ada", "event": fmt.Sprintf("Thing %03d", i), "timestamp": "2026-01-05T09:00:00Z", "messageId": fmt.Sprintf("m%03d", i)})
	}
	x.send(x.write, batch...)
	rosa := x.signIn("Rosa")
	seen := map[string]int{}
	path, pages := "/leads/"+id, 0
	for ; path != "" && pages < 10; pages++ {
		status, _, page := rosa.get(path)
		if status != http.StatusOK {
			t.Fatalf("%s: %d", path, status)
		}
		for _, m := range regexp.MustCompile(`Thing \d+`).FindAllString(page, -1) {
			seen[m]++
		}
		// What is live on a page is that page's, and so is the answer to a click on it.
		live := regexp.MustCompile(`data-live="([^"]*)"`).FindStringSubmatch(page)[1]
		stream, end := x.open(rosa, strings.ReplaceAll(live, "&amp;", "&"))
		frame := stream.next()
		end()
		_, _, answer := rosa.do(http.MethodPost, "/leads/"+id+"/win", nil, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "HX-Request": {"true"}, "HX-Current-URL": {x.URL + path}})
		for what, text := range map[string]string{"stream": frame, "answer to a click": answer} {
			if got, want := timelineIn(text), timelineIn(page); got != want {
				t.Errorf("%s: the %s has the timeline\n%.200s\nnot\n%.200s", path, what, got, want)
			}
		}
		path = ""
		if m := regexp.MustCompile(`href="(/leads/[^"]*before=[^"]*)"`).FindStringSubmatch(page); m != nil {
			path = m[1]
		}
	}
	for i := range more {
		if name := fmt.Sprintf("Thing %03d", i); seen[name] != 1 {
			t.Errorf("%s stands %d times on the timeline", name, seen[name])
		}
	}
	if pages != 3 {
		t.Errorf("the timeline has %d pages", pages)
	}
	const letGo = "What it did is kept since"
	if _, _, page := rosa.get("/leads/" + id); strings.Contains(page, letGo) {
		t.Error("a timeline that is whole says that it is not")
	}
	if _, err := x.store.DropActivities(t.Context(), lead.Now().AddDate(0, 6, 0), 3); err != nil {
		t.Fatal(err)
	}
	if _, _, page := rosa.get("/leads/" + id); !strings.Contains(page, letGo) || strings.Contains(page, "Thing 007") {
		t.Error("the timeline does not say since when activities are kept")
	}
}

// timelineIn is what a lead did, as a page or frame tells it.
func timelineIn(text string) string {
	_, list, _ := strings.Cut(text, `<ol class="timeline">`)
	list, _, _ = strings.Cut(list, "</ol>")
	return strings.Join(strings.Fields(list), " ")
}

func TestManagerReleasesTheBacklog(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	x.person("Boss", lead.Manager)
	x.person("Mara", lead.Marketing)
	now := lead.Now()
	message := func(id string, m lead.Message) lead.Message {
		m.ID, m.UserID, m.OccurredAt, m.ReceivedAt = id, "ada", now, now
		return m
	}
	if _, err := x.desk.Take(t.Context(), []lead.Message{message("1", lead.Message{Type: lead.Track, Event: "Products Compared"}), message("2", lead.Message{Type: lead.Track, Event: "Products Compared"}),
		message("3", lead.Message{Type: lead.Track, Event: "Pricing Viewed"})}); err != nil {
		t.Fatal(err)
	}
	row := message("4", lead.Message{Type: lead.Identify, Traits: map[string]any{"email": "ada@buyer.example", "title": "VP Sales"}, Import: &lead.Imported{}})
	if errs, err := x.desk.Import(t.Context(), []lead.Message{row}, false, now); err != nil || errs[0] != nil {
		t.Fatal(errs, err)
	}
	_, l := x.call(http.MethodGet, "/api/v1/leads/user:ada", nil)
	id := l["id"].(string)
	if l["backlog"] != true || l["stage"] != "nurture" {
		t.Fatalf("the imported lead is %v, in the backlog: %v", l["stage"], l["backlog"])
	}
	boss := x.signIn("Boss")
	if _, _, page := boss.get("/leads/" + id); !strings.Contains(page, `action="/leads/`+id+`/qualify"`) {
		t.Error("its page offers a manager no way to the board")
	}
	for _, name := range []string{"Rosa", "Mara"} {
		if status, _, _ := x.signIn(name).post("/leads/"+id+"/qualify", nil); status != http.StatusForbidden {
			t.Errorf("%s releases it: %d", name, status)
		}
	}
	if status, _, _ := boss.post("/leads/"+id+"/qualify", nil); status != http.StatusSeeOther {
		t.Errorf("the manager releases it: %d", status)
	}
	if got := rowsOf(x.board("Rosa")); !slices.Equal(got, []string{id}) {
		t.Errorf("the board has %v", got)
	}
	if _, _, page := boss.get("/leads/" + id); strings.Contains(page, "/qualify") {
		t.Error("a lead on the board can still be released")
	}
}
