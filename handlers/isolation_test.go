package handlers_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
)

// Whoever loses the right to watch is told at one instance; streams at another
// one, which hears nothing of it, end within five seconds, and only theirs.
func TestStreamsEndWithTheRightToWatch(t *testing.T) {
	x := newSite(t)
	ctx := t.Context()
	var ahead atomic.Int64 // of the other instance's clock
	other := x.another(func(c *handlers.Config) {
		c.Now = func() time.Time { return lead.Now().Add(time.Duration(ahead.Load())) }
	})
	far, err := x.store.AddTeam(ctx, lead.Operator, lead.Team{Name: "Far"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	x.person("Anna", lead.Admin)
	id := x.hot("ada")
	watch := func(b browser, path string) *stream {
		t.Helper()
		s, end := other.open(b, path)
		t.Cleanup(end)
		if s.status != http.StatusOK {
			t.Fatalf("%s: %d", path, s.status)
		}
		s.next()
		return s
	}
	person := func(name string, teams ...string) (lead.User, browser, *stream) {
		t.Helper()
		u := x.person(name, lead.Rep, teams...)
		b := x.signIn(name)
		return u, b, watch(b, "/live/board/emea")
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	post := func(b browser, path string, form url.Values) {
		t.Helper()
		if status, _, page := b.post(path, form); status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", path, status, page)
		}
	}
	admin := x.signIn("Anna")
	var gone, stay = map[string]*stream{}, map[string]*stream{}

	dora, doras, s := person("Dora")
	gone["a disabled person's board"], gone["their own leads"], gone["their lead"] = s, watch(doras, "/live/board/emea?mine=1"), watch(doras, "/live/leads/"+id)
	mark, _, s := person("Mark")
	gone["of whose role changed"] = s
	tina, _, s := person("Tina", x.team.ID, far.ID)
	gone["of who left the team"] = s
	pia, pias, s := person("Pia")
	gone["of whose password changed"], gone["where they changed it"] = s, watch(pias, "/live/leads/"+id)
	_, lous, s := person("Lou")
	gone["of the session that signed out"], stay["their other browser"] = s, watch(x.signIn("Lou"), "/live/board/emea")
	elke, elkes, s := person("Elke")
	gone["of a session that an admin ended"] = s
	x.person("Fay", lead.Rep, far.ID)
	gone["of a team that was disabled"] = watch(x.signIn("Fay"), "/live/board/far")
	_, _, stay["whom nothing happened to"] = person("Sam")

	token, revoked := x.display(lead.ShowFull)
	gone["a revoked display"] = watch(x.stranger(), "/live/tv/"+token)
	token, renewed := x.display(lead.ShowFull)
	gone["a display with another link"] = watch(x.stranger(), "/live/tv/"+token)
	token, quiet := x.display(lead.ShowFull)
	gone["a display that shows less"] = watch(x.stranger(), "/live/tv/"+token)
	stay["another display"] = watch(x.stranger(), "/live/tv/"+x.wall(lead.ShowFull))

	post(admin, "/settings/people/"+dora.ID+"/disable", nil)
	must("another role", x.store.ChangePerson(ctx, lead.Operator, mark.ID, lead.Persona{Name: "Mark", Role: lead.Manager, Teams: mark.Teams}, lead.Now()))
	must("another team", x.store.ChangePerson(ctx, lead.Operator, tina.ID, lead.Persona{Name: "Tina", Role: lead.Rep, Teams: []string{far.ID}}, lead.Now()))
	if _, err := x.store.ChangePassword(ctx, pia.ID, password, "quite another horse", lead.Now()); err != nil {
		t.Fatal(err)
	}
	post(lous, "/logout", nil)
	post(admin, "/settings/people/"+elke.ID+"/sessions", url.Values{"session": {"all"}})
	must("a disabled team", x.store.DisableTeam(ctx, lead.Operator, far.ID, lead.Now()))
	_, err = x.displays().Revoke(ctx, lead.Operator, revoked.ID, lead.Now())
	must("a revoked display", err)
	_, _, err = x.displays().Renew(ctx, lead.Operator, renewed.ID, lead.Now())
	must("another link", err)
	_, err = x.displays().Change(ctx, lead.Operator, quiet.ID, quiet.Name, quiet.TeamID, lead.ShowCompany, lead.Now())
	must("another level", err)

	for what, s := range gone {
		if took := s.ended(); took > 5*time.Second {
			t.Errorf("%s: the stream went on for %v", what, took)
		}
	}
	x.hot("eve")
	for what, s := range stay {
		if !strings.Contains(s.until("eve"), "eve") {
			t.Errorf("%s: the stream ended", what)
		}
	}
	for name, b := range map[string]browser{"disabled": doras, "signed out": lous, "ended": elkes, "with a new password": pias} {
		r := browser{b.Client, other}
		if status, _, body := r.get("/live/board/emea"); status != http.StatusUnauthorized || strings.Contains(body, "ada") {
			t.Errorf("%s: back for another stream, they get %d %s", name, status, body)
		}
	}

	ahead.Store(int64(15 * 24 * time.Hour))
	for _, what := range []string{"whom nothing happened to", "their other browser"} {
		if took := stay[what].ended(); took > 5*time.Second {
			t.Errorf("%s: the stream of an expired session went on for %v", what, took)
		}
	}
	x.hot("joe")
	stay["another display"].until("joe")
}

// forwarded is a connection through a trusted proxy, for whoever it says.
type forwarded struct{ from *string }

func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	if *f.from != "" {
		r.Header.Set("X-Forwarded-For", *f.from)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestHowManyStreamsThereMayBe(t *testing.T) {
	x := newSite(t, func(c *handlers.Config) {
		c.AddressStreams, c.TrustedProxies = 2, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	x.person("Rosa", lead.Rep)
	x.person("Sam", lead.Rep)
	from := ""
	fill := func(b browser, path string, n int, address func(i int) string) func(words string) {
		t.Helper()
		b.Client = &http.Client{Transport: forwarded{&from}, Jar: b.Jar}
		var last func()
		for i := range n {
			from = address(i)
			s, end := x.open(b, path)
			t.Cleanup(end)
			if last = end; s.status != http.StatusOK {
				t.Fatalf("stream %d of %s from %q: %d", i, path, from, s.status)
			}
			s.next()
		}
		return func(words string) {
			t.Helper()
			from = address(n)
			status, h, body := b.get(path)
			if status != http.StatusTooManyRequests || h.Get("Retry-After") != "30" || !strings.Contains(body, words) {
				t.Errorf("one more of %s from %q: %d, Retry-After %q, %q; want words like %q", path, from, status, h.Get("Retry-After"), body, words)
			}
			open := x.hub.Stats().Watchers
			last()
			poll := time.NewTicker(5 * time.Millisecond)
			defer poll.Stop()
			for x.hub.Stats().Watchers == open { // the server has not read that it was closed
				<-poll.C
			}
			s, end := x.open(b, path)
			t.Cleanup(end)
			if s.status != http.StatusOK {
				t.Errorf("%s: where one was closed there is no room for another: %d", path, s.status)
			}
		}
	}
	elsewhere := func(i int) string { return fmt.Sprintf("198.51.100.%d", i) }
	fill(x.signIn("Rosa"), "/live/board/emea", 24, elsewhere)("you have too many live pages open")
	fill(x.stranger(), "/live/tv/"+x.wall(lead.ShowFull), 12, elsewhere)("too many screens show this display's link")
	sam := x.signIn("Sam")
	fill(sam, "/live/board/emea", 2, func(int) string { return "203.0.113.7" })("from your address")
	fill(sam, "/live/board/emea", 2, func(i int) string { return fmt.Sprintf("2001:db8:1:2::%d", i) })("from your address")
	for range 4 { // nobody said for whom
		from = ""
		s, end := x.open(browser{&http.Client{Transport: forwarded{&from}, Jar: sam.Jar}, x}, "/live/board/emea")
		t.Cleanup(end)
		if s.status != http.StatusOK {
			t.Errorf("the address of this machine is bounded: %d", s.status)
		}
	}
}
