package handlers_test

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hotleads/handlers"
	"hotleads/lead"
)

// everyHeader is what each answer carries, and what of it a value has to hold.
var everyHeader = map[string][]string{
	"Content-Security-Policy":      {"default-src 'none'", "script-src 'self';", "style-src 'self';", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"},
	"X-Content-Type-Options":       {"nosniff"},
	"X-Frame-Options":              {"DENY"},
	"Referrer-Policy":              {"same-origin"},
	"Permissions-Policy":           {"camera=()", "geolocation=()", "microphone=()", "payment=()", "usb=()"},
	"Cross-Origin-Opener-Policy":   {"same-origin"},
	"Cross-Origin-Embedder-Policy": {"require-corp"},
	"Cross-Origin-Resource-Policy": {""},
	"Cache-Control":                {""},
	"X-Request-Id":                 {""},
}

var forbiddenMarkup = regexp.MustCompile(`(?i)<script>|<style|\son[a-z]+=|style="|javascript:`)

// checkHeaders holds what every answer has to carry against one.
func checkHeaders(t *testing.T, what string, path string, h http.Header, body string) {
	t.Helper()
	for name, parts := range everyHeader {
		got := h.Values(name)
		if len(got) != 1 || got[0] == "" {
			t.Errorf("%s has %s %q", what, name, got)
			continue
		}
		for _, part := range parts {
			if !strings.Contains(got[0], part) {
				t.Errorf("%s has %s %q, which lacks %q", what, name, got[0], part)
			}
		}
	}
	if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
		t.Errorf("%s has the policy %q", what, h.Get("Content-Security-Policy"))
	}
	opened, corp := strings.HasPrefix(path, "/v1/"), h.Get("Cross-Origin-Resource-Policy")
	if opened && corp != "cross-origin" || !opened && corp != "same-origin" {
		t.Errorf("%s may be loaded by %q", what, corp)
	}
	for _, name := range []string{"Server", "X-Powered-By"} {
		if h.Get(name) != "" {
			t.Errorf("%s tells its %s: %q", what, name, h.Get(name))
		}
	}
	cache, asset := h.Get("Cache-Control"), strings.HasPrefix(path, "/static/app.") && strings.HasSuffix(what, "OK")
	if asset != strings.Contains(cache, "immutable") || !asset && cache != "no-store" && !strings.HasPrefix(cache, "private") {
		t.Errorf("%s is cached as %q", what, cache)
	}
	if strings.Contains(body, "<html") && (cache != "no-store" || forbiddenMarkup.MatchString(body)) {
		t.Errorf("%s has what the policy forbids, or may be stored (%q)", what, cache)
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	db := &flaky{}
	var panics atomic.Bool
	x := newSite(t, func(c *handlers.Config) {
		db.Store = c.Store
		c.Store = db
		ping := c.RedisPing
		c.RedisPing = func(ctx context.Context) error {
			if panics.Load() {
				panic("a fault of this test")
			}
			return ping(ctx)
		}
	})
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	rosa := x.signIn("Rosa")
	seen := map[int]bool{}
	check := func(method, path, body string, h http.Header) {
		t.Helper()
		status, head, answer := rosa.send(method, path, body, h)
		seen[status] = true
		checkHeaders(t, method+" "+path+" → "+http.StatusText(status), path, head, answer)
	}
	_, _, login := x.stranger().get("/login")
	script := regexp.MustCompile(`src="(/static/[^"]+\.js)"`).FindStringSubmatch(login)
	if script == nil {
		t.Fatal("the page loads no script")
	}
	paths := []string{
		"/", "/login", "/board", "/board/emea", "/leads", "/leads/" + id, "/me.css", "/nowhere", "/healthz", "/readyz", "/metrics", "/api/v1/leads", "/api/nope", "/v1/track", "/v1/no/where",
		"/v1/projects/" + x.write + "/settings", "/v1/projects/guess/settings", script[1], "/static/nothing", "/leads/x/claim", "/live/nothing", "/setup", "/sla", "/%00", "/leads?q=%ff",
	}
	for _, path := range paths {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodOptions, "BREW"} {
			check(method, path, "", nil)
		}
	}
	check(http.MethodPost, "/login", "email=a", formType)
	check(http.MethodPost, "/login", "{}", http.Header{"Content-Type": {"application/json"}})
	check(http.MethodPost, "/login", "email="+strings.Repeat("x", 2<<20), formType)
	check(http.MethodPost, "/login", "%zz", formType)
	check(http.MethodPost, "/leads/"+id+"/return", "reason=", formType)
	check(http.MethodPost, "/leads/"+id+"/claim", "", fragmentOf("/board/emea"))
	check(http.MethodPost, "/leads/"+id+"/claim", "", with(formType, "Sec-Fetch-Site", "cross-site"))
	check(http.MethodPost, "/v1/track", event, http.Header{"Authorization": {"Basic Z3Vlc3M6"}})
	check(http.MethodPost, "/v1/track", `{"writeKey":"`+x.write+`",`+event[1:], nil)
	check(http.MethodPost, "/api/v1/sla/due", "{", http.Header{"Authorization": {"Bearer " + x.api}})
	stream, end := x.open(rosa, "/live/board/emea")
	checkHeaders(t, "the stream", "/live/board/emea", stream.header, "")
	end()
	panics.Store(true)
	check(http.MethodGet, "/readyz", "", nil)
	panics.Store(false)
	db.away.Store(true)
	for _, path := range []string{"/board/emea", "/readyz", "/live/board/emea", "/v1/projects/" + x.write + "/settings"} {
		check(http.MethodGet, path, "", nil)
	}
	db.away.Store(false)
	check(http.MethodPost, "/logout", "", formType)
	for _, status := range []int{200, 204, 303, 400, 401, 403, 404, 405, 413, 415, 422, 500, 503} {
		if !seen[status] {
			t.Errorf("no answer was a %d", status)
		}
	}
}

const event = `{"type":"track","event":"Replied","userId":"ada","messageId":"m-1"}`

func TestStrictTransportOnlyBehindHTTPS(t *testing.T) {
	for base, want := range map[string]string{
		"":                             "",
		"http://leads.example.com":     "",
		"https://leads.example.com":    "max-age=63072000; includeSubDomains",
		"https://leads.example.co.uk":  "max-age=63072000; includeSubDomains",
		"https://leads.example.com:99": "max-age=63072000; includeSubDomains",
		"https://example.com":          "max-age=63072000",
		"https://example.co.uk":        "max-age=63072000",
		"https://intranet":             "max-age=63072000",
	} {
		x := newBareSite(t, func(c *handlers.Config) { c.BaseURL = base })
		for _, path := range []string{"/login", "/healthz", "/nowhere", "/v1/track", "/api/v1/leads"} {
			if _, h, _ := x.stranger().get(path); h.Get("Strict-Transport-Security") != want {
				t.Errorf("%s of %q has %q, want %q", path, base, h.Get("Strict-Transport-Security"), want)
			}
		}
	}
}

// TestBrowsersKeepNothing holds that signing out leaves nothing of anybody behind:
// pages are never stored, the cookie goes, and scripts write into the browser's
// storage only wishes, the version that was loaded and, until somebody signs out,
// ids of leads that were notified of.
func TestBrowsersKeepNothing(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	rosa := x.signIn("Rosa")
	_, h, _ := rosa.post("/logout", nil)
	cookie, err := http.ParseSetCookie(h.Get("Set-Cookie"))
	if err != nil || cookie.MaxAge >= 0 || cookie.Value != "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("signing out answers %v", h)
	}
	files, err := filepath.Glob("../static/app/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(file) == "common.js" { // remember and remembered, through which all of it goes
			text = bytes.ReplaceAll(text, []byte("where = 'localStorage'"), nil)
		}
		for _, key := range regexp.MustCompile(`remember\(([^,]*),`).FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains([]string{"'build'", "'told'", "what"}, key[1]) {
				t.Errorf("%s remembers %s", file, key[1])
			}
		}
		text = bytes.ReplaceAll(text, []byte(", 'sessionStorage')"), nil)
		if found := regexp.MustCompile(`localStorage|sessionStorage|indexedDB|document\.cookie|caches\.|serviceWorker|innerHTML|eval\(|document\.write`).Find(text); found != nil {
			t.Errorf("%s uses %s", file, found)
		}
	}
}
