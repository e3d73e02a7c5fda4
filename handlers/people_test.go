package handlers_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
)

var once = regexp.MustCompile(`id="once" value="([^"]+)"`)

// shownOnce is the secret that a page shows, as a path where it is a link.
func (x *site) shownOnce(page string) string {
	x.t.Helper()
	m := once.FindStringSubmatch(page)
	if m == nil {
		x.t.Fatalf("the page shows no secret:\n%s", page)
	}
	return strings.TrimPrefix(html.UnescapeString(m[1]), x.URL)
}

// says fails where an answer has another status, or not these words.
func (x *site) says(what string, status int, body string, want int, words ...string) {
	x.t.Helper()
	if status != want {
		x.t.Errorf("%s: %d, want %d\n%s", what, status, want, body)
	}
	for _, w := range words {
		if !strings.Contains(html.UnescapeString(body), w) {
			x.t.Errorf("%s: does not say %q", what, w)
		}
	}
}

func guest(name string, more ...string) url.Values {
	f := url.Values{"name": {name}, "email": {strings.ToLower(name) + "@example.com"}, "role": {"rep"}}
	for i := 0; i < len(more); i += 2 {
		f[more[i]] = append(f[more[i]], more[i+1])
	}
	return f
}

func chosenPassword(p string) url.Values { return url.Values{"password": {p}, "again": {p}} }

func TestInvites(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	anna := x.signIn("Anna")

	status, h, page := anna.post("/settings/people", guest("Gina", "team", x.team.ID))
	x.says("an invite", status, page, http.StatusOK, "Invited, not here yet", "Gina")
	if !strings.Contains(h.Get("Cache-Control"), "no-store") {
		t.Error("a page with a secret may be stored")
	}
	first := x.shownOnce(page)
	if _, _, page := anna.get("/settings/people"); strings.Contains(page, first[len("/invite/"):]) {
		t.Error("the link is shown a second time")
	}
	status, _, page = anna.post("/settings/people", guest("Gina", "name", "Gina Again"))
	x.says("a second invite of one address", status, page, http.StatusConflict, "is invited already", `value="gina@example.com"`)
	for about, form := range map[string]url.Values{
		"an address that is none": guest("Hans", "email", ""), "no role": {"name": {"Hans"}, "email": {"hans@example.com"}}, "no such team": guest("Hans", "team", "nowhere"),
		"no name": {"email": {"hans@example.com"}, "role": {"rep"}},
	} {
		if about == "an address that is none" {
			form.Set("email", "hans")
		}
		status, _, page = anna.post("/settings/people", form)
		x.says(about, status, page, http.StatusUnprocessableEntity, `class="wrong"`, html.UnescapeString(form.Get("name")))
	}
	status, _, page = anna.post("/settings/people", guest("Anna"))
	x.says("somebody who is here", status, page, http.StatusConflict, "Anna is here already")

	// Made anew, only the new link is good.
	id := regexp.MustCompile(`/settings/invites/([^/]+)/renew`).FindStringSubmatch(page)[1]
	status, _, page = anna.post("/settings/invites/"+id+"/renew", nil)
	x.says("made anew", status, page, http.StatusOK)
	link := x.shownOnce(page)
	for what, path := range map[string]string{"the old link": first, "a guessed one": "/invite/AAAAAAAAAAAAAAAAAAAAAAAAAA", "a cut one": link[:len(link)-2], "a reset by an invite": strings.Replace(link, "invite", "reset", 1)} {
		status, _, page := x.stranger().get(path)
		x.says(what, status, page, http.StatusGone, "copy it again")
	}

	gina := x.stranger()
	for range 2 { // looking uses nothing up
		status, h, page = gina.get(link)
		x.says("the invite's page", status, page, http.StatusOK, "Welcome, Gina", "gina@example.com")
		if h.Get("Referrer-Policy") != "no-referrer" {
			t.Error("the link may be told to others")
		}
	}
	for about, form := range map[string]url.Values{
		"too short": chosenPassword("kettle"), "too common": chosenPassword("password123"), "her own address": chosenPassword("gina@example.com"),
		"written two ways": {"password": {"the kettle sings"}, "again": {"the kettle sinks"}}, "nothing": nil,
	} {
		status, h, page = gina.post(link, form)
		x.says("a password that is "+about, status, page, http.StatusUnprocessableEntity, `class="wrong"`)
		if h.Get("Set-Cookie") != "" {
			t.Errorf("a password that is %s signs in", about)
		}
	}
	status, h, page = gina.post(link, chosenPassword("the kettle sings"))
	x.says("coming in", status, page, http.StatusSeeOther)
	if h.Get("Location") != "/" {
		t.Errorf("she is led to %s", h.Get("Location"))
	}
	if status, _, _ := gina.get("/board/emea"); status != http.StatusOK {
		t.Errorf("her team's board: %d", status)
	}
	for _, b := range []browser{gina, x.stranger()} {
		status, _, page = b.get(link)
		x.says("the link once more", status, page, http.StatusGone, "has been used already")
		status, _, page = b.post(link, chosenPassword("another kettle sings"))
		x.says("a second person with it", status, page, http.StatusGone, "has been used already")
	}
	status, _, page = anna.post("/settings/invites/"+id+"/withdraw", nil)
	x.says("withdrawing what was used", status, page, http.StatusConflict, "used or withdrawn meanwhile")

	_, _, page = anna.post("/settings/people", guest("Hans"))
	link = x.shownOnce(page)
	id = regexp.MustCompile(`/settings/invites/([^/]+)/withdraw`).FindStringSubmatch(page)[1]
	if status, _, _ = anna.post("/settings/invites/"+id+"/withdraw", nil); status != http.StatusSeeOther {
		t.Errorf("withdrawing: %d", status)
	}
	status, _, page = x.stranger().post(link, chosenPassword("the kettle sings"))
	x.says("a withdrawn invite", status, page, http.StatusGone, "withdrawn")
}

func TestLinksExpire(t *testing.T) {
	x := newSite(t)
	anna := x.person("Anna", lead.Admin)
	long := lead.Now().Add(-lead.InviteFor - time.Minute)
	links := x.store.Links([]byte(siteSecret))
	invite, _, err := links.Invite(t.Context(), lead.Operator, lead.Invite{Email: "gina@example.com", Name: "Gina", Role: lead.Rep}, long)
	if err != nil {
		t.Fatal(err)
	}
	reset, _, err := links.Reset(t.Context(), lead.Operator, anna.ID, lead.Now().Add(-lead.ResetFor-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/invite/" + invite, "/reset/" + reset} {
		status, _, page := x.stranger().get(path)
		x.says("looking at "+path[:7], status, page, http.StatusGone, "has expired")
		status, _, page = x.stranger().post(path, chosenPassword("the kettle sings"))
		x.says("using "+path[:7], status, page, http.StatusGone, "has expired")
	}
	_, _, page := x.signIn("Anna").get("/settings/people")
	x.says("the list", 200, page, 200, "Link has expired")
}

func TestSomebodyAdministers(t *testing.T) {
	x := newSite(t)
	anna := x.person("Anna", lead.Admin)
	b := x.signIn("Anna")
	own := "/settings/people/" + anna.ID
	status, _, page := b.post(own, url.Values{"name": {"Anna"}, "role": {"rep"}})
	x.says("the only administrator's role", status, page, http.StatusConflict, "the only administrator")
	status, _, page = b.post(own+"/disable", nil)
	x.says("oneself", status, page, http.StatusConflict, "disables themselves")
	if err := x.store.Disable(t.Context(), lead.Operator, anna.ID, lead.Now()); err == nil {
		t.Error("the command line disables the only administrator")
	}
	ben := x.person("Ben", lead.Admin)
	if status, _, _ := x.signIn("Ben").post("/settings/people/"+anna.ID+"/disable", nil); status != http.StatusSeeOther {
		t.Errorf("the second administrator disables the first: %d", status)
	}
	if status, _, _ := b.get("/settings/people"); status != http.StatusSeeOther {
		t.Errorf("who was disabled goes on administering: %d", status)
	}
	status, _, page = x.signIn("Ben").post("/settings/people/"+ben.ID, url.Values{"name": {""}, "role": {"admin"}})
	x.says("no name", status, page, http.StatusUnprocessableEntity, "called")
	if status, _, _ := x.signIn("Ben").get("/settings/people/nobody"); status != http.StatusNotFound {
		t.Errorf("nobody's page: %d", status)
	}
}

func TestDisabledPeopleLetGo(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	rosa := x.person("Rosa", lead.Rep)
	claimed, accepted := x.hot("ada"), x.hot("eve")
	x.move(claimed, "claim", "rosa")
	x.move(accepted, "accept", "rosa")
	b, anna := x.signIn("Rosa"), x.signIn("Anna")
	stream, end := x.open(b, "/live/board/emea")
	defer end()
	stream.next()
	_, _, page := anna.get("/settings/people/" + rosa.ID)
	x.says("her page", 200, page, 200, "Holds", "<b>1</b> claimed", "<b>1</b> accepted", "Disable Rosa")
	if status, _, page := anna.post("/settings/people/"+rosa.ID+"/disable", nil); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, page)
	}
	if took := stream.ended(); took > 5*time.Second {
		t.Errorf("her stream went on for %v", took)
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+claimed, nil); l["stage"] != "mql" || l["owner"] != nil {
		t.Errorf("what she claimed is %v of %v", l["stage"], l["owner"])
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+accepted, nil); l["stage"] != "sal" || l["owner"] == nil {
		t.Errorf("what she accepted is %v of %v", l["stage"], l["owner"])
	}
	_, _, page = anna.get("/settings/people/" + rosa.ID)
	x.says("afterwards", 200, page, 200, "Disabled", "Nowhere.", "Enable")
	status, _, page := anna.post("/settings/people/"+rosa.ID+"/reset", nil)
	x.says("a reset link of hers", status, page, http.StatusConflict, "enable them first")
	anna.post("/settings/people/"+rosa.ID+"/enable", nil)
	x.signIn("Rosa")

	x.move(claimed, "claim", "rosa")
	if status, _, _ := anna.post("/settings/people/"+rosa.ID, url.Values{"name": {"Rosa Park"}, "role": {"rep"}}); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	if _, l := x.call(http.MethodGet, "/api/v1/leads/"+claimed, nil); l["stage"] != "mql" {
		t.Errorf("what she claimed in a team she left is %v", l["stage"])
	}
	_, _, page = anna.get("/settings/audit")
	x.says("the audit trail", 200, page, 200, "name: Rosa → Rosa Park; teams: EMEA → none", "Disabled a person", "Enabled a person")
}

func TestResetLinks(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	rosa := x.person("Rosa", lead.Rep)
	anna, old := x.signIn("Anna"), x.signIn("Rosa")
	_, _, page := anna.post("/settings/people/"+rosa.ID+"/reset", nil)
	first := x.shownOnce(page)
	_, _, page = anna.post("/settings/people/"+rosa.ID+"/reset", nil)
	link := x.shownOnce(page)
	status, _, page := x.stranger().get(first)
	x.says("a link before the last one", status, page, http.StatusGone, "there is a newer one")
	status, _, page = x.stranger().post(link, chosenPassword("rosa@example.com"))
	x.says("her address as a password", status, page, http.StatusUnprocessableEntity, "take another one")
	b := x.stranger()
	if status, _, page := b.post(link, chosenPassword("the kettle sings")); status != http.StatusSeeOther {
		t.Fatalf("%d %s", status, page)
	}
	if status, _, _ := b.get("/board/emea"); status != http.StatusOK {
		t.Errorf("afterwards she is not signed in: %d", status)
	}
	if status, _, _ := old.get("/board/emea"); status != http.StatusSeeOther {
		t.Errorf("an old session goes on: %d", status)
	}
	status, _, page = x.stranger().post(link, chosenPassword("the kettle sings again"))
	x.says("the link once more", status, page, http.StatusGone, "used already")
	if status, _, _ := x.stranger().post("/login", url.Values{"email": {"rosa@example.com"}, "password": {"the kettle sings"}}); status != http.StatusSeeOther {
		t.Errorf("the new password: %d", status)
	}
}

func TestOwnAccount(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	x.person("Sam", lead.Rep)
	b, other, third, sam := x.signIn("Rosa"), x.signIn("Rosa"), x.signIn("Rosa"), x.signIn("Sam")
	in := func(b browser) bool {
		status, _, _ := b.get("/board/emea")
		return status == http.StatusOK
	}
	_, _, page := b.get("/account")
	x.says("the page", 200, page, 200, "rosa@example.com", "EMEA", "this one", "127.0.0.1")
	sessions := regexp.MustCompile(`name="session" value="([0-9a-f]{64})"`).FindAllStringSubmatch(page, -1)
	if len(sessions) != 2 {
		t.Fatalf("%d other sessions are listed, want 2", len(sessions))
	}
	if status, _, _ := sam.post("/account/sessions", url.Values{"session": {sessions[0][1]}}); status != http.StatusNotFound {
		t.Errorf("somebody else's session: %d", status)
	}
	if status, _, _ := b.post("/account/sessions", url.Values{"session": {sessions[0][1]}}); status != http.StatusSeeOther || in(other) == in(third) || !in(b) {
		t.Errorf("one of hers: %d, then %v %v %v", status, in(b), in(other), in(third))
	}
	if status, _, _ := b.post("/account/sessions", url.Values{"session": {"all"}}); status != http.StatusSeeOther || in(other) || in(third) || !in(b) {
		t.Errorf("all others of hers: %d, then %v %v %v", status, in(b), in(other), in(third))
	}
	if status, _, _ := b.post("/account/sessions", nil); status != http.StatusUnprocessableEntity {
		t.Errorf("no session: %d", status)
	}

	status, _, page := b.post("/account", url.Values{"name": {strings.Repeat("x", 101)}})
	x.says("a long name", status, page, http.StatusUnprocessableEntity, "at most 100", strings.Repeat("x", 101))
	b.post("/account", url.Values{"name": {"Rosa Park"}, "role": {"admin"}, "team": {"x"}})
	if u, err := x.store.User(t.Context(), "rosa@example.com"); err != nil || u.Name != "Rosa Park" || u.Role != lead.Rep || !u.In(x.team.ID) {
		t.Errorf("she is %+v %v", u, err)
	}

	other = x.signIn("Rosa")
	change := func(old, password, again string) url.Values {
		return url.Values{"old": {old}, "password": {password}, "again": {again}}
	}
	for about, c := range map[string]struct {
		form url.Values
		says string
	}{
		"the wrong old one": {change("nonsense", "the kettle sings", "the kettle sings"), "not your present password"},
		"a common one":      {change(password, "password123", "password123"), "everybody tries"},
		"two ways":          {change(password, "the kettle sings", "the kettle sinks"), "differ"},
		"none":              {nil, "not your present"},
	} {
		status, _, page := b.post("/account/password", c.form)
		x.says("a new password, "+about, status, page, http.StatusUnprocessableEntity, c.says)
		if strings.Contains(page, "kettle") {
			t.Errorf("%s: the page tells the password", about)
		}
	}
	if status, _, _ := b.post("/account/password", change(password, "the kettle sings", "the kettle sings")); status != http.StatusSeeOther || !in(b) || in(other) {
		t.Errorf("a new password: %d, here %v, elsewhere %v", status, in(b), in(other))
	}
	for range 10 {
		b.post("/account/password", change("nonsense", "the kettle sinks", "the kettle sinks"))
	}
	status, _, page = b.post("/account/password", change("the kettle sings", "the kettle sinks", "the kettle sinks"))
	x.says("after ten wrong ones", status, page, http.StatusTooManyRequests, "wait a few minutes")
}

func TestAdministratorsEndSessions(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	rosa := x.person("Rosa", lead.Rep)
	anna, b := x.signIn("Anna"), x.stranger()
	b.do(http.MethodPost, "/login", credentials("Rosa"), with(formType, "User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"))
	_, _, page := anna.get("/settings/people/" + rosa.ID)
	x.says("her page", 200, page, 200, "Chrome on Windows", "Sign out everywhere")
	if status, _, _ := anna.post("/settings/people/"+rosa.ID+"/sessions", url.Values{"session": {"all"}}); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	if status, _, _ := b.get("/board/emea"); status != http.StatusSeeOther {
		t.Errorf("her session goes on: %d", status)
	}
	if status, _, _ := anna.get("/settings/people"); status != http.StatusOK {
		t.Errorf("the administrator's own ended: %d", status)
	}
}

func TestManyAddressesLockNobodyOut(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	home := x.from("127.0.0.9")
	home.post("/login", credentials("Rosa"))
	wrong := url.Values{"email": {"rosa@example.com"}, "password": {"wrong password"}}
	for place := range 5 {
		b := x.from("127.0.1." + string(rune('1'+place)))
		for range 10 {
			if status, _, _ := b.post("/login", wrong); status != http.StatusUnauthorized {
				t.Fatalf("place %d: %d", place, status)
			}
		}
	}
	if status, _, _ := x.from("127.0.2.1").post("/login", wrong); status != http.StatusTooManyRequests {
		t.Errorf("a sixth place: %d", status)
	}
	if status, _, _ := x.from("127.0.0.9").post("/login", credentials("Rosa")); status != http.StatusSeeOther {
		t.Errorf("Rosa, where she is signed in: %d", status)
	}
}
