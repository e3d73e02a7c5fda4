package handlers_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"hotleads/handlers"
	"hotleads/lead"
)

var requestUUID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// A well-formed id that came with a request is kept, any other is replaced.
func TestRequestIDs(t *testing.T) {
	x := newSite(t)
	b := x.stranger()
	for _, given := range []string{"7f3a9c21", "Root-1.a_b-c", strings.Repeat("a", 64)} {
		if _, h, _ := b.do(http.MethodGet, "/healthz", nil, http.Header{"X-Request-Id": {given}}); h.Get("X-Request-Id") != given {
			t.Errorf("%q became %q", given, h.Get("X-Request-Id"))
		}
	}
	seen := map[string]bool{}
	for _, given := range []string{"", "short", strings.Repeat("a", 65), "has space in it", "ada@buyer.example", "quote\"quote", "level=ERROR msg=x", "-leading-dash", "naïve-naïve"} {
		_, h, _ := b.do(http.MethodGet, "/healthz", nil, http.Header{"X-Request-Id": {given}})
		if id := h.Get("X-Request-Id"); !requestUUID.MatchString(id) || seen[id] {
			t.Errorf("%q became %q", given, id)
		}
		seen[h.Get("X-Request-Id")] = true
	}
}

// Every line that a request logs, the answer's header and what is said about a
// failure tell the same id.
func TestRequestIDsFollowTheRequest(t *testing.T) {
	log := &heard{}
	db := &flaky{}
	x := newSite(t, func(c *handlers.Config) {
		c.Log = slog.New(handlers.LogRequests(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		db.Store = c.Store
		c.Store = db
	})
	x.person("Rosa", lead.Rep)
	rosa := x.signIn("Rosa")
	with := func(id string, more ...string) http.Header {
		h := http.Header{"X-Request-Id": {id}}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	rosa.do(http.MethodGet, "/board/emea", nil, with("request-page"))
	x.stranger().do(http.MethodGet, "/live/board/emea", nil, with("request-refused"))
	db.away.Store(true)
	if _, _, page := rosa.do(http.MethodGet, "/leads", nil, with("request-failed-page")); !strings.Contains(page, "request-failed-page") {
		t.Error("the page of a failure does not tell the request's id")
	}
	for _, path := range []string{"/api/v1/leads", "/v1/track"} {
		method, h := http.MethodGet, with("request-failed-api", "Authorization", "Bearer "+x.api)
		if path == "/v1/track" {
			method = http.MethodPost
			h.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(x.write+":")))
		}
		status, _, body := x.stranger().send(method, path, `{"userId":"1","event":"x"}`, h)
		var problem struct {
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(body), &problem); err != nil || status != http.StatusServiceUnavailable || problem.RequestID != "request-failed-api" {
			t.Errorf("%s: %d, %v, request_id %q", path, status, err, problem.RequestID)
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	found := map[string]int{}
	for _, line := range lines {
		var l struct {
			Msg       string `json:"msg"`
			RequestID string `json:"request_id"`
		}
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		if l.RequestID == "" || strings.Count(line, `"request_id"`) != 1 {
			t.Errorf("a line of a request without its id, or with two: %s", line)
		}
		found[fmt.Sprint(l.RequestID, " ", l.Msg)]++
	}
	for _, want := range []string{"request-page request", "request-refused refused", "request-failed-page request failed", "request-failed-api request failed", "request-failed-api intake unavailable"} {
		if found[want] == 0 {
			t.Errorf("no line %q in %v", want, found)
		}
	}
}
