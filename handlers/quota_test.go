package handlers_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotleads/handlers"
	"hotleads/lead"
	"hotleads/store"
)

// ask asks a server for leads with a key.
func (x *site) ask(server, key string) (int, http.Header, string) {
	x.t.Helper()
	r, err := http.NewRequestWithContext(x.t.Context(), http.MethodGet, server+"/api/v1/leads", nil)
	if err != nil {
		x.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	return x.roundTrip(r)
}

var rateLimit = regexp.MustCompile(`^"key";r=(\d+);t=(\d+)$`)

// oneWindow counts within a window that does not end during a test.
type oneWindow struct{ handlers.Quotas }

func (q oneWindow) Use(ctx context.Context, name string, window time.Duration, now time.Time) (int64, time.Duration, error) {
	n, _, err := q.Quotas.Use(ctx, name, 100_000*time.Hour, now)
	return n, window - time.Second/2, err
}

func TestKeysAreLimited(t *testing.T) {
	var config handlers.Config
	x := newSite(t, func(c *handlers.Config) { c.APIRate, c.Quotas = 1, oneWindow{c.Quotas}; config = *c })
	second, err := handlers.New(config)
	if err != nil {
		t.Fatal(err)
	}
	other := httptest.NewServer(second)
	t.Cleanup(other.Close)
	servers := []string{x.URL, other.URL}
	asked, last := 0, 10
	var status int
	var h http.Header
	var body string
	for status != http.StatusTooManyRequests && asked < 12 {
		status, h, body = x.ask(servers[asked%2], x.api)
		asked++
		m := rateLimit.FindStringSubmatch(h.Get("RateLimit"))
		if m == nil || h.Get("RateLimit-Policy") != `"key";q=10;w=10` {
			t.Fatalf("RateLimit %q, RateLimit-Policy %q", h.Get("RateLimit"), h.Get("RateLimit-Policy"))
		}
		left, _ := strconv.Atoi(m[1])
		full, _ := strconv.Atoi(m[2])
		if left != max(0, last-1) || full != 10 {
			t.Errorf("request %d: %d left, all in %d s", asked, left, full)
		}
		last = left
	}
	if asked != 11 || status != http.StatusTooManyRequests || last != 0 {
		t.Fatalf("request %d over two instances: %d", asked, status)
	}
	if m := rateLimit.FindStringSubmatch(h.Get("RateLimit")); h.Get("Retry-After") != m[2] || h.Get("Content-Type") != "application/problem+json" || !strings.Contains(body, `"violated-policies":["key"]`) || !strings.Contains(body, "#quota-exceeded") {
		t.Errorf("%v %s", h, body)
	}
	for _, path := range []string{"/api/v1/nope", "/api/v1/leads/nobody"} { // whatever is asked for
		if status, _ := x.call(http.MethodPost, path, nil); status != http.StatusTooManyRequests {
			t.Errorf("%s: %d", path, status)
		}
	}
	key, _, err := x.store.NewKey(t.Context(), lead.Operator, lead.APIKey, "second", lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	if status, h, _ := x.ask(x.URL, key); status != http.StatusOK || !strings.HasPrefix(h.Get("RateLimit"), `"key";r=9;`) {
		t.Errorf("another key: %d, %s", status, h.Get("RateLimit"))
	}
	if status, h, _ := x.ask(x.URL, "nonsense"); status != http.StatusUnauthorized || h.Get("RateLimit") != "" {
		t.Errorf("an unknown key: %d, %s", status, h.Get("RateLimit"))
	}
}

func TestWithoutRedisNobodyIsLimited(t *testing.T) {
	var log bytes.Buffer
	x := newSite(t, func(c *handlers.Config) {
		away, err := store.OpenRedis("redis://127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { away.Close() })
		c.Quotas, c.APIRate, c.Log = away, 1, slog.New(slog.NewTextHandler(&log, nil))
	})
	for range 25 {
		if status, h, _ := x.ask(x.URL, x.api); status != http.StatusOK || h.Get("RateLimit") != "" {
			t.Fatalf("%d, %q", status, h.Get("RateLimit"))
		}
		if status, _, _ := x.ask(x.URL, "nonsense"); status != http.StatusUnauthorized {
			t.Fatalf("an unknown key: %d", status)
		}
	}
	if n := strings.Count(log.String(), "not limited"); n != 1 {
		t.Errorf("%d lines in the log:\n%s", n, log.String())
	}
}

func TestGuessingKeys(t *testing.T) {
	x := newSite(t)
	status, asked := 0, 0
	var h http.Header
	for ; status != http.StatusTooManyRequests && asked < 1200; asked++ {
		status, h, _ = x.ask(x.URL, "hl_api_"+strconv.Itoa(asked))
	}
	if asked < 601 || asked == 1200 || h.Get("Retry-After") == "" {
		t.Errorf("the guess %d: %d, Retry-After %q", asked, status, h.Get("Retry-After"))
	}
	if status, _, _ := x.ask(x.URL, x.api); status != http.StatusOK {
		t.Errorf("a right key from the same address: %d", status)
	}
	if status, _ := x.callWith("", http.MethodGet, "/api/v1/leads", nil); status != http.StatusUnauthorized {
		t.Errorf("no key from the same address: %d", status)
	}
}
