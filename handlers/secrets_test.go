package handlers_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hotleads/handlers"
	"hotleads/lead"
)

// heard is a log that is kept.
type heard struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// TestLogsTellNoLinks: the secrets that stand in addresses, and the people behind
// them, are in no log and no metric, whether it works, is refused, panics or the
// database is away.
func TestLogsTellNoLinks(t *testing.T) {
	log, db := &heard{}, &flaky{}
	var panics atomic.Bool
	x := &house{site: newSite(t, func(c *handlers.Config) {
		db.Store = c.Store
		c.Store = db
		c.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		ping := c.RedisPing
		c.RedisPing = func(ctx context.Context) error {
			if panics.Load() {
				panic("a fault of this test")
			}
			return ping(ctx)
		}
	}), who: map[lead.Role]browser{}}
	x.person("Anna", lead.Admin)
	x.hot("ada")
	anna := x.signIn("Anna")
	u, _ := url.Parse(x.URL)
	wall, invite := x.wall(lead.ShowFull), x.invited()
	secrets := map[string]string{
		"display link": wall, "revoked display link": x.revokedWall(), "invite": invite, "session": anna.Jar.Cookies(u)[0].Value, "write key": x.write, "API key": x.api,
		"address": "anna@example.com", "lead's address": "ada@buyer.example", "password": password,
	}
	drive := func() {
		for _, secret := range secrets {
			s := url.PathEscape(secret)
			for _, path := range []string{"/tv/" + s, "/tv/" + s + "/x", "/live/tv/" + s + "x", "/invite/" + s, "/reset/" + s, "/v1/projects/" + s + "/settings", "/leads/email:" + s, "/leads?q=" + s, "/api/v1/leads/email:" + s, "/settings/people/" + s, "/" + s} {
				anna.do(http.MethodGet, path, nil, http.Header{"Authorization": {"Bearer " + x.api}})
				x.stranger().do(http.MethodPost, path, url.Values{"password": {secret}, "again": {secret}}, formType)
			}
		}
	}
	drive()
	panics.Store(true)
	anna.get("/tv/" + wall)
	if status, _, body := anna.get("/settings/people?q=" + invite); status != http.StatusInternalServerError || body == "" { // the page about it panics, too
		t.Errorf("a panic is answered with %d %s", status, body)
	}
	panics.Store(false)
	db.away.Store(true)
	drive()
	db.away.Store(false)
	_, _, metrics := anna.get("/metrics")
	text := log.String()
	if !strings.Contains(text, `"route":"/tv/:token"`) || !strings.Contains(text, "a fault of this test") || !strings.Contains(text, `"status":503`) {
		t.Fatalf("not everything was logged: %.1000s", text)
	}
	for what, secret := range secrets {
		for where, told := range map[string]string{"log": text, "metrics": metrics} {
			if i := strings.Index(told, secret); i >= 0 {
				t.Errorf("the %s tells the %s: …%.200s…", where, what, told[max(0, i-150):])
			}
		}
	}
}
