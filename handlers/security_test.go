package handlers_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/store"
)

var formType = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}

func with(h http.Header, pairs ...string) http.Header {
	h = h.Clone()
	if h == nil {
		h = http.Header{}
	}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func credentials(name string) url.Values {
	return url.Values{"email": {strings.ToLower(name) + "@example.com"}, "password": {password}}
}

func TestCookies(t *testing.T) {
	proxy := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for about, c := range map[string]struct {
		base    string
		proxies []netip.Prefix
		proto   string
		secure  bool
	}{
		"plain http":                         {},
		"a forwarded protocol of a stranger": {proto: "https"},
		"a trusted proxy's https":            {proxies: proxy, proto: "https", secure: true},
		"a trusted proxy's http":             {proxies: proxy, proto: "http"},
		"BASE_URL with https":                {base: "https://leads.example.com", secure: true},
		"BASE_URL with http":                 {base: "http://leads.example.com", proxies: proxy, proto: "https"},
	} {
		t.Run(about, func(t *testing.T) {
			x := newSite(t, func(h *handlers.Config) { h.BaseURL, h.TrustedProxies = c.base, c.proxies })
			x.person("Rosa", lead.Rep)
			h := formType.Clone()
			if c.proto != "" {
				h.Set("X-Forwarded-Proto", c.proto)
			}
			_, head, _ := x.stranger().do(http.MethodPost, "/login", credentials("Rosa"), h)
			cookie, err := http.ParseSetCookie(head.Get("Set-Cookie"))
			if err != nil {
				t.Fatal(err)
			}
			if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.Secure != c.secure || strings.HasPrefix(cookie.Name, "__Host-") != c.secure {
				t.Errorf("the cookie is %s", head.Get("Set-Cookie"))
			}
			if sts := head.Get("Strict-Transport-Security"); (sts != "") != c.secure {
				t.Errorf("Strict-Transport-Security is %q", sts)
			}
			h.Set("Cookie", cookie.Name+"="+cookie.Value)
			if status, _, _ := x.stranger().do(http.MethodGet, "/board/emea", nil, h); status != http.StatusOK {
				t.Errorf("the cookie does not sign in: %d", status)
			}
			if c.secure {
				h.Set("Cookie", strings.TrimPrefix(cookie.Name, "__Host-")+"="+cookie.Value)
				if status, _, _ := x.stranger().do(http.MethodGet, "/board/emea", nil, h); status != http.StatusSeeOther {
					t.Errorf("a cookie that plain http could have set signs in: %d", status)
				}
			}
		})
	}
}

func TestOtherSitesRequests(t *testing.T) {
	x := newSite(t, func(c *handlers.Config) { c.BaseURL = "http://leads.example.com" })
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	rosa := x.signIn("Rosa")
	for _, h := range []http.Header{
		with(formType, "Origin", "https://evil.example"), with(formType, "Sec-Fetch-Site", "cross-site"), with(formType, "Sec-Fetch-Site", "same-site"), with(formType, "Origin", "null"),
		with(formType, "Origin", "https://evil.example", "Hx-Request", "true"),
	} {
		for _, path := range []string{"/leads/" + id + "/claim", "/login", "/logout", "/setup", "/nowhere"} {
			if status, _, body := rosa.do(http.MethodPost, path, nil, h); status != http.StatusForbidden || body == "" {
				t.Errorf("POST %s with %v: %d", path, h, status)
			}
		}
		if status, _, _ := rosa.do(http.MethodGet, "/board/emea", nil, h); status != http.StatusOK {
			t.Errorf("a link from another site: %d", status)
		}
		h = h.Clone()
		h.Set("Authorization", "Bearer "+x.api)
		h.Set("Content-Type", "application/json")
		if status, _, body := x.stranger().send(http.MethodPost, "/api/v1/sla/due", `{"calendar":{"time_zone":"UTC"},"start":"2026-01-01T00:00:00Z","minutes":1}`, h); status != http.StatusOK {
			t.Errorf("the API with %v: %d %s", h, status, body)
		}
		if status, _, _ := x.stranger().send(http.MethodPost, "/api/nope", "", h); status != http.StatusNotFound {
			t.Errorf("an unknown address of the API with %v: %d", h, status)
		}
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL+"/v1/track", strings.NewReader(`{"userId":"1","event":"x","writeKey":"`+x.write+`"}`))
		r.Header = with(h, "Content-Type", "text/plain")
		r.Header.Del("Authorization")
		if status, head, body := x.roundTrip(r); status != http.StatusOK || head.Get("Access-Control-Allow-Origin") != "*" || head.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("the intake with %v: %d %s", h, status, body)
		}
	}
	if status, _, _ := rosa.do(http.MethodPost, "/leads/"+id+"/claim", nil, with(formType, "Origin", "http://leads.example.com")); status != http.StatusSeeOther {
		t.Errorf("a claim from the public address: %d", status)
	}
}

func TestACookieOpensNothingToPrograms(t *testing.T) {
	x := newSite(t)
	x.person("Anna", lead.Admin)
	anna := x.signIn("Anna")
	for _, path := range []string{"/api/v1/leads", "/api/v1/board", "/api/v1/nope"} {
		if status, h, _ := anna.get(path); status != http.StatusUnauthorized || h.Get("WWW-Authenticate") == "" {
			t.Errorf("%s with a session only: %d", path, status)
		}
	}
	if status, _, _ := anna.send(http.MethodPost, "/v1/track", `{"userId":"1","event":"x"}`, http.Header{"Content-Type": {"application/json"}}); status != http.StatusUnauthorized {
		t.Errorf("the intake with a session only: %d", status)
	}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL+"/board/emea", nil)
	r.Header.Set("Authorization", "Bearer "+x.api)
	if status, _, _ := x.roundTrip(r); status != http.StatusSeeOther {
		t.Errorf("a page with a key only: %d", status)
	}
	for _, auth := range []string{"Bearer", "Bearer ", "Basic " + x.api, x.api, "Bearer " + x.api + "x"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL+"/api/v1/leads", nil)
		r.Header.Set("Authorization", auth)
		if status, _, _ := x.roundTrip(r); status != http.StatusUnauthorized {
			t.Errorf("%.10s…: %d", auth, status)
		}
	}
}

// from is a stranger's browser that comes from another address of this machine.
func (x *site) from(ip string) browser {
	b := x.stranger()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
	b.Transport = &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}
	return b
}

func TestFailedSignInsWait(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	x.person("Sam", lead.Rep)
	wrong := url.Values{"email": {"Rosa@example.com"}, "password": {"wrong password"}, "next": {"/leads"}}
	b := x.stranger()
	for i := range 9 {
		status, h, body := b.post("/login", wrong)
		if status != http.StatusUnauthorized || h.Get("Set-Cookie") != "" || !strings.Contains(body, `name="password"`) || !strings.Contains(body, "Rosa@example.com") || strings.Contains(body, "wrong password") {
			t.Fatalf("failure %d: %d %s", i, status, body)
		}
	}
	if status, h, _ := b.post("/login", credentials("Rosa")); status != http.StatusSeeOther || h.Get("Set-Cookie") == "" {
		t.Fatalf("the right password after nine wrong ones: %d", status)
	}
	for i := range 10 { // a success was not counted and forgave the failures
		wrong.Set("email", []string{"rosa@example.com", " ROSA@EXAMPLE.COM"}[i%2])
		if status, _, _ := b.do(http.MethodPost, "/login", wrong, with(formType, "X-Forwarded-For", fmt.Sprintf("10.0.0.%d", i), "X-Real-Ip", fmt.Sprintf("10.0.1.%d", i))); status != http.StatusUnauthorized {
			t.Fatalf("failure %d: %d", i, status)
		}
	}
	for _, form := range []url.Values{wrong, credentials("Rosa")} {
		status, h, body := b.post("/login", form)
		if status != http.StatusTooManyRequests || h.Get("Retry-After") == "" || !strings.Contains(body, `name="password"`) || h.Get("Set-Cookie") != "" {
			t.Errorf("the eleventh: %d, Retry-After %q", status, h.Get("Retry-After"))
		}
	}
	if status, _, _ := b.post("/login", credentials("Sam")); status != http.StatusSeeOther {
		t.Errorf("a colleague at the same address: %d", status)
	}
	if status, _, _ := x.from("127.0.0.2").post("/login", credentials("Rosa")); status != http.StatusSeeOther {
		t.Errorf("Rosa at another address: %d", status)
	}
	ttl, err := x.redis.Keys(t.Context(), "hl:attempts:*").Result()
	if err != nil || len(ttl) == 0 {
		t.Fatalf("the failures are kept as %v %v", ttl, err)
	}
	for _, key := range ttl {
		if d, err := x.redis.TTL(t.Context(), key).Result(); err != nil || d <= 0 || d > 15*time.Minute {
			t.Errorf("%s is kept for %v %v", key, d, err)
		}
		if strings.Contains(key, "rosa") {
			t.Errorf("%s tells whose it is", key)
		}
	}
}

func TestTrustedProxyNamesTheAddress(t *testing.T) {
	x := newSite(t, func(c *handlers.Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	x.person("Rosa", lead.Rep)
	wrong := url.Values{"email": {"rosa@example.com"}, "password": {"wrong password"}}
	try := func(b browser, forwarded string) int {
		status, _, _ := b.do(http.MethodPost, "/login", wrong, with(formType, "X-Forwarded-For", forwarded))
		return status
	}
	for i := range 11 { // what a client wrote before the proxy's own entry does not count
		if got := try(x.stranger(), fmt.Sprintf("6.6.6.%d, 203.0.113.7", i)); (got == http.StatusTooManyRequests) != (i == 10) {
			t.Errorf("try %d through the proxy: %d", i, got)
		}
	}
	if got := try(x.stranger(), "203.0.113.8"); got != http.StatusUnauthorized {
		t.Errorf("another address through the proxy: %d", got)
	}
	for i := range 11 { // one customer's IPv6 addresses are one place
		if got := try(x.stranger(), fmt.Sprintf("2001:db8:1:2::%x", i+1)); (got == http.StatusTooManyRequests) != (i == 10) {
			t.Errorf("IPv6 try %d: %d", i, got)
		}
	}
	for i := range 11 { // who is no proxy is not believed
		if got := try(x.from("127.0.0.3"), fmt.Sprintf("198.51.100.%d", i)); (got == http.StatusTooManyRequests) != (i == 10) {
			t.Errorf("try %d from no proxy: %d", i, got)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	x := newSite(t)
	rosa := x.person("Rosa", lead.Rep)
	cookieOf := func(b browser) string {
		u, _ := url.Parse(x.URL)
		for _, c := range b.Jar.Cookies(u) {
			return c.Name + "=" + c.Value
		}
		return ""
	}
	replay := func(cookie string) int {
		status, _, _ := x.stranger().do(http.MethodGet, "/board/emea", nil, http.Header{"Cookie": {cookie}})
		return status
	}

	b := x.stranger()
	u, _ := url.Parse(x.URL)
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "hotleads", Value: "an-attacker-chose-this", Path: "/"}})
	b.post("/login", credentials("Rosa"))
	first := cookieOf(b)
	if strings.Contains(first, "attacker") || replay("hotleads=an-attacker-chose-this") != http.StatusSeeOther {
		t.Error("a session can be fixed before the sign-in")
	}
	b.post("/login", credentials("Rosa"))
	second := cookieOf(b)
	if first == second || replay(first) != http.StatusSeeOther || replay(second) != http.StatusOK {
		t.Error("a second sign-in does not replace the first session")
	}
	status, h, _ := b.post("/logout", nil)
	if status != http.StatusSeeOther || h.Get("Location") != "/login" || cookieOf(b) != "" || replay(second) != http.StatusSeeOther {
		t.Errorf("after signing out: %d %q, the old cookie: %d", status, h.Get("Location"), replay(second))
	}
	if status, _, _ := x.stranger().post("/logout", nil); status != http.StatusSeeOther {
		t.Errorf("a stranger signs out: %d", status)
	}

	old := x.signIn("Rosa")
	hash, err := store.HashPassword("another password")
	if err != nil {
		t.Fatal(err)
	}
	if err := x.store.SetPassword(t.Context(), lead.Operator, rosa.ID, hash, lead.Now()); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := old.get("/board/emea"); status != http.StatusSeeOther {
		t.Errorf("an old session after a new password: %d", status)
	}
	b.post("/login", url.Values{"email": {"rosa@example.com"}, "password": {"another password"}})
	if err := x.store.Disable(t.Context(), lead.Operator, rosa.ID, lead.Now()); err != nil {
		t.Fatal(err)
	}
	id := x.hot("ada")
	for _, c := range []struct {
		method, path string
		want         int
	}{{"GET", "/board/emea", 303}, {"POST", "/leads/" + id + "/claim", 401}, {"GET", "/live/board/emea", 401}} {
		if status, _, _ := b.do(c.method, c.path, nil, nil); status != c.want {
			t.Errorf("a disabled person's %s %s: %d", c.method, c.path, status)
		}
	}
	if status, _, _ := b.post("/login", url.Values{"email": {"rosa@example.com"}, "password": {"another password"}}); status != http.StatusUnauthorized {
		t.Errorf("a disabled person signs in: %d", status)
	}
}

func TestNoWayOutByRedirects(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	rosa := x.signIn("Rosa")
	for _, next := range []string{
		"https://evil.example", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/%5cevil.example/../..", "javascript:alert(1)", "http:evil.example", "evil.example",
		" //evil.example", "/\t/evil.example", "//evil.example@" + x.Listener.Addr().String(), "/%09/evil.example", "https:/evil.example", "",
	} {
		form := credentials("Rosa")
		form.Set("next", next)
		_, h, _ := x.stranger().post("/login", form)
		_, h2, _ := rosa.get("/login?next=" + url.QueryEscape(next))
		for _, to := range []string{h.Get("Location"), h2.Get("Location")} {
			base, _ := url.Parse(x.URL + "/login")
			u, err := base.Parse(to)
			if err != nil || u.Host != base.Host || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`) {
				t.Errorf("next=%q leads to %q", next, to)
			}
		}
		status, h, _ := rosa.do(http.MethodPost, "/leads/"+id+"/claim", nil, with(formType, "Referer", strings.ReplaceAll(next, "\t", ""), "Hx-Current-Url", strings.ReplaceAll(next, "\t", "")))
		if to := h.Get("Location"); status != http.StatusSeeOther || to != "/leads/"+id {
			t.Errorf("a move from %q goes on to %d %q", next, status, to)
		}
	}
	for _, referer := range []string{x.URL + "//evil.example/", x.URL + "/board/../..//evil.example", x.URL + "//evil.example/board"} {
		for _, path := range []string{"/leads/" + id + "/claim", "/leads/nobody/claim"} {
			_, h, body := rosa.do(http.MethodPost, path, nil, with(formType, "Referer", referer))
			if strings.HasPrefix(h.Get("Location"), "//") || strings.Contains(body, `href="//`) {
				t.Errorf("the referrer %q leads out: %q", referer, h.Get("Location"))
			}
		}
	}
	status, h, _ := x.stranger().get("/board/emea?mine=1&x=%0d%0aSet-Cookie:%20a=b")
	if status != http.StatusSeeOther || h.Get("Set-Cookie") != "" || strings.ContainsAny(h.Get("Location"), "\r\n") {
		t.Errorf("line ends in the address: %d %v", status, h)
	}
	if status, h, _ := rosa.get("/board?x=%0d%0aSet-Cookie:%20a=b"); status != http.StatusSeeOther || h.Get("Set-Cookie") != "" {
		t.Errorf("line ends in the query: %d %v", status, h)
	}
}

func TestMarkupOfLeadsIsText(t *testing.T) {
	x := newSite(t)
	x.person("Mara", lead.Marketing)
	evil := "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>\r\n\r\ndata: <b>x</b>\n\u202Egnp.exe\u2028<!-- ${alert(1)} {{1}}"
	user := `"'><img src=x onerror=alert(1)>/../?#%2f`
	x.identify(user, map[string]any{
		"email": "ada@evil.example", "name": evil, "company": evil, "title": "VP " + evil, "phone": "+1555<script>", "country": evil, "city": evil, "timezone": evil, evil: evil, "list": []string{evil},
	})
	x.send(x.write, map[string]any{"type": "track", "userId": user, "event": "Products Compared", "properties": map[string]any{"products": []string{evil, evil}, "title": evil}})
	x.send(x.write, map[string]any{"type": "track", "userId": user, "event": evil, "properties": map[string]any{"name": evil}, "context": map[string]any{"campaign": map[string]any{"source": evil}}})
	x.track(user, "Demo Requested", nil)
	hash, err := store.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := x.store.AddUser(t.Context(), lead.Operator, lead.User{Email: "rep@example.com", Name: evil[:strings.Index(evil, "\r")], Role: lead.Rep, Teams: []string{x.team.ID}, Password: hash}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, found := x.call(http.MethodGet, "/api/v1/leads/email:ada@evil.example", nil)
	id, _ := found["id"].(string)
	if found["stage"] != "mql" || found["name"] == "" {
		t.Fatalf("the lead is %v", found)
	}
	if status, p := x.move(id, "claim", "rep", "note", evil); status != http.StatusOK {
		t.Fatalf("%s claims: %d %v", rep.Name, status, p)
	}
	mara := x.signIn("Mara")
	form := url.Values{"email": {evil + "@example.com"}, "password": {password}, "next": {"/leads?q=" + evil}}
	_, _, login := x.stranger().post("/login", form)
	pages := map[string]string{"login": login}
	for _, path := range []string{
		"/board/emea", "/leads", "/leads?q=" + url.QueryEscape(evil), "/leads/" + id, "/sla", "/leads/" + url.PathEscape(evil), "/leads?stage=" + url.QueryEscape(evil), "/nowhere/" + url.PathEscape(evil),
		"/board/" + url.PathEscape(evil), "/leads?cursor=" + url.QueryEscape(evil), "/leads/" + id + "?before=" + url.QueryEscape(evil),
	} {
		_, _, pages[path] = mara.get(path)
	}
	for _, h := range []http.Header{formType, fragmentOf("/board/emea"), fragmentOf("/leads/" + id)} {
		_, _, pages["refusal "+h.Get("Hx-Current-Url")] = mara.do(http.MethodPost, "/leads/"+id+"/claim", url.Values{"note": {evil}}, h)
		_, _, pages["unknown "+h.Get("Hx-Current-Url")] = mara.do(http.MethodPost, "/leads/"+id+"/disqualify", url.Values{"note": {strings.Repeat(evil, 100)}, "reason": {evil}}, h)
	}
	for _, path := range []string{"/live/board/emea", "/live/leads/" + id, "/live/sla"} {
		stream, end := x.open(mara, path)
		pages[path] = stream.next()
		if path != "/live/sla" && !strings.Contains(pages[path], "alert(1)") {
			t.Errorf("%s does not show the lead", path)
		}
		end()
	}
	for path, page := range pages {
		for _, bad := range []string{"<script>alert", "<img src=x", "onerror=alert(1)>\"", "<b>x</b>", "<!-- $"} {
			if strings.Contains(page, bad) {
				t.Errorf("%s holds %q as markup", path, bad)
			}
		}
	}
	if !strings.Contains(pages["/board/emea"], "&lt;script&gt;alert(1)") {
		t.Error("the board does not show the name as text")
	}
	if strings.ContainsAny(strings.TrimSuffix(pages["/live/board/emea"], "\n"), "\r\n") {
		t.Error("a frame has line ends in it")
	}
	for _, path := range []string{"/api/v1/leads/" + url.PathEscape(evil), "/api/v1/leads?stage=" + url.QueryEscape(evil), "/api/v1/board?team=" + url.QueryEscape(evil)} {
		if status, _ := x.call(http.MethodGet, path, nil); status < 400 || status >= 500 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestIntakeBelievesNoStrangersProtocol(t *testing.T) {
	for proto, proxies := range map[string][]netip.Prefix{"http": nil, "https": {netip.MustParsePrefix("127.0.0.1/32")}} {
		x := newSite(t, func(c *handlers.Config) { c.TrustedProxies = proxies })
		r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, x.URL+"/v1/projects/"+x.write+"/settings", nil)
		r.Header.Set("X-Forwarded-Proto", "https")
		if status, _, body := x.roundTrip(r); status != http.StatusOK || !strings.Contains(body, `"protocol":"`+proto+`"`) {
			t.Errorf("with proxies %v: %d %s", proxies, status, body)
		}
	}
}
