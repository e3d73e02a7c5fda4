package handlers_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"hotleads/lead"
	"hotleads/sla"
)

// alwaysOpen has a site's teams work around the clock.
func (x *site) alwaysOpen() {
	x.t.Helper()
	a, err := lead.DefaultAgreement("UTC")
	if err != nil {
		x.t.Fatal(err)
	}
	if a.SLA.Calendar, err = sla.ParseCalendar([]byte(`{"time_zone":"UTC"}`)); err != nil {
		x.t.Fatal(err)
	}
	if _, err := x.store.Activate(x.t.Context(), lead.Operator, a, lead.Now()); err != nil {
		x.t.Fatal(err)
	}
}

// tell lets people hear of what happened until now.
func (x *site) tell() {
	x.t.Helper()
	if _, err := x.desk.Tell(x.t.Context(), lead.Now(), 100); err != nil {
		x.t.Fatal(err)
	}
}

var upTo = regexp.MustCompile(`name="upto" value="([^"]+)"`)

// What somebody is told stands on every page of theirs, live, and on nobody else's.
func TestNotices(t *testing.T) {
	x := newSite(t)
	x.alwaysOpen()
	far, err := x.store.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "Far"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	sam := x.person("Sam", lead.Rep)
	for name, role := range map[string]lead.Role{"Rosa": lead.Rep, "Boss": lead.Manager, "Mara": lead.Marketing, "Anna": lead.Admin} {
		x.person(name, role)
	}
	x.person("Kim", lead.Rep, far.ID)
	everybody := map[string]browser{}
	for _, name := range []string{"Rosa", "Sam", "Boss", "Mara", "Anna", "Kim"} {
		everybody[name] = x.signIn(name)
	}
	page := func(name, path string) string {
		t.Helper()
		status, _, html := everybody[name].get(path)
		if status != http.StatusOK {
			t.Fatalf("%s of %s: %d", path, name, status)
		}
		return html
	}
	unread := func(name string) string {
		t.Helper()
		_, rest, _ := strings.Cut(page(name, "/account"), `class="bell"`)
		_, rest, _ = strings.Cut(rest, "<b>")
		n, _, _ := strings.Cut(rest, "</b>")
		return n
	}
	for name := range everybody {
		if html := page(name, "/notices"); !strings.Contains(html, "Nothing yet") || !strings.Contains(html, "At most 10 times an hour") {
			t.Errorf("%s, who was told nothing, reads %.2000s", name, html)
		}
	}
	watch := func(name, path string) *stream {
		t.Helper()
		s, end := x.open(everybody[name], path)
		t.Cleanup(end)
		return s
	}
	rosa, list, sams, kim := watch("Rosa", "/live/board/emea?mine=1"), watch("Rosa", "/live/notices"), watch("Sam", "/live/board/emea"), watch("Kim", "/live/board/far")
	for _, s := range []*stream{rosa, list, sams, kim} {
		s.until("#notices")
	}
	ada := x.hot("ada")
	x.tell()
	for _, s := range []*stream{rosa, sams} {
		if frame := s.until(`data-key=`); !strings.Contains(frame, `data-text="is hot · EMEA">ada</li>`) || strings.Contains(frame, "#board") {
			t.Errorf("they are told in %s", frame)
		}
	}
	list.until("still waits")
	if html := page("Rosa", "/notices"); !strings.Contains(html, `href="/leads/`+ada+`"`) || !strings.Contains(html, "still waits") {
		t.Errorf("her notices are %s", html)
	}
	for name, want := range map[string]string{"Rosa": "1", "Sam": "1", "Boss": "", "Mara": "", "Anna": "", "Kim": ""} {
		if got := unread(name); got != want {
			t.Errorf("%s has %q unread, want %q", name, got, want)
		}
	}

	// What a colleague does about it shows at once.
	if status, _, body := everybody["Sam"].post("/leads/"+ada+"/claim", nil); status != http.StatusSeeOther {
		t.Fatalf("the claim: %d %s", status, body)
	}
	rosa.until(`<b></b>`)
	list.until("claimed by Sam within a minute")
	if html := page("Sam", "/notices"); !strings.Contains(html, "claimed by you within a minute") {
		t.Errorf("his notices are %s", html)
	}

	// Who has read theirs has read nobody else's.
	eve := x.hot("eve")
	x.tell()
	sams.until(">eve</li>")
	if unread("Rosa") != "1" || unread("Sam") != "1" {
		t.Errorf("unread: %s and %s", unread("Rosa"), unread("Sam"))
	}
	m := upTo.FindStringSubmatch(page("Rosa", "/notices"))
	if m == nil {
		t.Fatal("nothing to mark as read")
	}
	for name := range everybody {
		if name == "Sam" {
			continue
		}
		if status, h, _ := everybody[name].post("/notices/read", url.Values{"upto": {m[1]}}); status != http.StatusSeeOther || h.Get("Location") != "/notices" {
			t.Errorf("%s reads theirs: %d", name, status)
		}
	}
	if unread("Rosa") != "" || unread("Sam") != "1" {
		t.Errorf("once Rosa has read hers: %q and %q", unread("Rosa"), unread("Sam"))
	}
	if status, _, _ := everybody["Sam"].post("/notices/read", url.Values{"upto": {"nonsense"}}); status < 400 || status > 422 {
		t.Errorf("nonsense: %d", status)
	}

	// A lead that is another team's by now has no name.
	if err := x.store.ChangePerson(t.Context(), lead.Operator, sam.ID, lead.Persona{Name: "Sam", Role: lead.Rep, Teams: []string{far.ID}}, lead.Now()); err != nil {
		t.Fatal(err)
	}
	if html := page("Sam", "/notices"); strings.Contains(html, ">eve<") || strings.Contains(html, eve) || !strings.Contains(html, "A lead of another team") {
		t.Errorf("of another team's leads he reads %s", html)
	}
	for {
		select {
		case frame := <-kim.frames:
			if strings.Contains(frame, "ada") || strings.Contains(frame, "eve") {
				t.Errorf("Kim is told %s", frame)
			}
			continue
		default:
		}
		break
	}
}

// Many notices are pages of them, and a digest where they came together.
func TestNoticesInPages(t *testing.T) {
	x := newSite(t)
	x.alwaysOpen()
	x.person("Rosa", lead.Rep)
	b := x.signIn("Rosa")
	var all []map[string]any
	for i := range 55 {
		who := fmt.Sprint("buyer", i)
		all = append(all, map[string]any{"type": "identify", "userId": who, "traits": map[string]any{"email": who + "@buyer.example"}}, map[string]any{"type": "track", "userId": who, "event": "Demo Requested"})
	}
	x.send(x.write, all...)
	x.tell()
	status, _, html := b.get("/notices")
	if n := strings.Count(html, "is hot"); status != http.StatusOK || n != 50 || !strings.Contains(html, "in a digest") || !strings.Contains(html, `data-key="digest `) || !strings.Contains(html, ">55 notices</li>") || !strings.Contains(html, " and 52 more") {
		t.Errorf("%d: %d notices of 50 on the page: %.1500s", status, n, html)
	}
	m := regexp.MustCompile(`href="(/notices\?cursor=[^"]+)"`).FindStringSubmatch(html)
	if m == nil {
		t.Fatal("there is no way to the older ones")
	}
	_, _, older := b.get(m[1])
	if n := strings.Count(older, "is hot"); n != 5 || strings.Contains(older, "data-live") || !strings.Contains(older, `href="/notices"`) {
		t.Errorf("%d older ones", n)
	}
}

// A lead that its rep has called asks again: they are told, see what was done about it,
// and mark it as read by itself.
func TestNoticesOfALeadThatAsksAgain(t *testing.T) {
	x := newSite(t)
	x.alwaysOpen()
	for _, name := range []string{"Rosa", "Sam"} {
		x.person(name, lead.Rep)
	}
	rosa, sam := x.signIn("Rosa"), x.signIn("Sam")
	ada := x.hot("ada")
	x.tell()
	call := func() {
		t.Helper()
		if status, _, body := rosa.post("/leads/"+ada+"/touch", url.Values{"channel": {"call"}, "outcome": {"reached"}}); status != http.StatusSeeOther {
			t.Fatalf("the call: %d %s", status, body)
		}
	}
	asks := func() string {
		t.Helper()
		x.send(x.write, map[string]any{"type": "track", "userId": "ada", "event": "Demo Requested"})
		x.tell()
		_, _, html := rosa.get("/notices")
		return html
	}
	call()
	html := asks()
	if !strings.Contains(html, "asked for sales again") || !strings.Contains(html, "nobody has acted on it yet") || !strings.Contains(html, `data-text="asked for sales again · EMEA">ada</li>`) {
		t.Errorf("she reads %s", html)
	}
	if _, _, page := sam.get("/notices"); strings.Contains(page, "asked for sales again") {
		t.Errorf("Sam reads %s", page)
	}
	call()
	if _, _, html = rosa.get("/notices"); !strings.Contains(html, "contacted by you within a minute") || strings.Contains(html, "nobody has acted") || strings.Contains(html, "<b>1</b>") {
		t.Errorf("once she has called again she reads %s", html)
	}
	html = asks()
	if n := strings.Count(html, "asked for sales again"); n < 2 {
		t.Errorf("the second time: %s", html)
	}
	one := regexp.MustCompile(`name="notice" value="([^"]+)"`).FindAllStringSubmatch(html, -1)
	if len(one) != 1 {
		t.Fatalf("%d notices can be marked: %s", len(one), html)
	}
	for who, want := range map[*browser]int{&sam: http.StatusNotFound, &rosa: http.StatusSeeOther} {
		status, h, _ := who.post("/notices/read", url.Values{"notice": {one[0][1]}})
		if status != want || want == http.StatusSeeOther && h.Get("Location") != "/notices#notice-"+one[0][1] {
			t.Errorf("marked as read: %d %s", status, h.Get("Location"))
		}
	}
	if _, _, html = rosa.get("/notices"); strings.Contains(html, `name="notice"`) || !strings.Contains(html, "nobody has acted on it yet") || !strings.Contains(html, "<b></b>") {
		t.Errorf("once she has seen it she reads %s", html)
	}
}
