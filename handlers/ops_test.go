package handlers_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"hotleads/handlers"
	"hotleads/lead"
)

// flaky is a store whose database can be taken away.
type flaky struct {
	handlers.Store
	away atomic.Bool
}

func (f *flaky) err() error {
	if f.away.Load() {
		return fmt.Errorf("store: %w", lead.ErrUnavailable)
	}
	return nil
}

func (f *flaky) Ping(ctx context.Context) error { return cmp.Or(f.err(), f.Store.Ping(ctx)) }

func (f *flaky) Key(ctx context.Context, secret string) (lead.Key, error) {
	k, err := f.Store.Key(ctx, secret)
	return k, cmp.Or(f.err(), err)
}

func (f *flaky) User(ctx context.Context, ref string) (lead.User, error) {
	u, err := f.Store.User(ctx, ref)
	return u, cmp.Or(f.err(), err)
}

func (f *flaky) Book(ctx context.Context) (*lead.Book, error) {
	b, err := f.Store.Book(ctx)
	return b, cmp.Or(f.err(), err)
}

func (f *flaky) Empty(ctx context.Context) (bool, error) {
	empty, err := f.Store.Empty(ctx)
	return empty, cmp.Or(f.err(), err)
}

func TestReadiness(t *testing.T) {
	var draining atomic.Bool
	db := &flaky{}
	x := newSite(t, func(c *handlers.Config) {
		db.Store = c.Store
		c.Store, c.Draining = db, draining.Load
	})
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	rosa, b := x.signIn("Rosa"), x.stranger()
	expect := func(path string, status int, says string) {
		t.Helper()
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			got, h, body := b.do(method, path, nil, nil)
			if got != status || method == http.MethodGet && !strings.Contains(body, says) {
				t.Errorf("%s %s: %d %s, want %d with %s", method, path, got, body, status, says)
			}
			if status == http.StatusServiceUnavailable && h.Get("Retry-After") == "" {
				t.Errorf("%s %s does not say when to try again", method, path)
			}
		}
	}
	expect("/healthz", 200, "ok")
	expect("/readyz", 200, `"ok"`)
	draining.Store(true)
	expect("/readyz", 503, "draining")
	expect("/healthz", 200, "ok")
	draining.Store(false)

	if err := x.redis.Close(); err != nil {
		t.Fatal(err)
	}
	expect("/readyz", 200, "degraded")
	if status, _, page := rosa.get("/board/emea"); status != http.StatusOK || !strings.Contains(page, "lead-"+id) || !strings.Contains(page, "Degraded") {
		t.Errorf("the board without Redis: %d", status)
	}
	if status, _, _ := rosa.post("/leads/"+id+"/claim", nil); status != http.StatusSeeOther {
		t.Errorf("a claim without Redis: %d", status)
	}
	if status, _, _ := x.stranger().post("/login", credentials("Rosa")); status != http.StatusSeeOther {
		t.Errorf("a sign-in without Redis: %d", status)
	}

	db.away.Store(true)
	expect("/healthz", 200, "ok")
	expect("/readyz", 503, "unavailable")
	for _, path := range []string{"/board/emea", "/leads", "/login", "/"} {
		if status, h, page := rosa.get(path); status != http.StatusServiceUnavailable || h.Get("Retry-After") == "" || !strings.Contains(page, "</html>") {
			t.Errorf("%s without the database: %d", path, status)
		}
	}
	if status, p := x.call(http.MethodGet, "/api/v1/leads", nil); status != http.StatusServiceUnavailable {
		t.Errorf("the API without the database: %d %v", status, p)
	}
	if status, _, _ := rosa.get("/live/board/emea"); status != http.StatusServiceUnavailable {
		t.Errorf("a stream without the database: %d", status)
	}
	db.away.Store(false)
	expect("/readyz", 200, "degraded")
}

func TestMetricsAreBoundedAndImpersonal(t *testing.T) {
	x := newSite(t)
	x.person("Rosa", lead.Rep)
	id := x.hot("ada")
	rosa := x.signIn("Rosa")
	for i := range 20 {
		rosa.get(fmt.Sprintf("/nowhere/%d", i))
		rosa.get(fmt.Sprintf("/leads/%d", i))
		rosa.get(fmt.Sprintf("/static/%d", i))
		rosa.get(fmt.Sprintf("/board/emea?q=%d", i))
		rosa.do(fmt.Sprintf("VERB%d", i), "/leads/"+id, nil, nil)
		x.call(http.MethodGet, fmt.Sprintf("/api/v1/nowhere/%d", i), nil)
		x.call(http.MethodGet, "/api/v1/leads/email:ada@buyer.example", nil)
	}
	s, end := x.open(rosa, "/live/board/emea")
	s.next()
	status, _, before := x.stranger().get("/metrics")
	end()
	if status != http.StatusOK {
		t.Fatalf("/metrics: %d", status)
	}
	if n := strings.Count(before, "hotleads_http_request_seconds_count"); n > 30 {
		t.Errorf("%d series of requests:\n%s", n, before)
	}
	for _, text := range []string{"ada", "rosa", "Rosa", id, "/nowhere", "VERB", "buyer", x.team.ID} {
		if strings.Contains(before, text) {
			t.Errorf("the metrics tell %q", text)
		}
	}
	for _, want := range []string{`hotleads_build_info{version="test"} 1`, "hotleads_streams 1", "hotleads_leads_to_rescore 0", `hotleads_messages_total{result="taken"} 2`, `route="/leads/:id"`, `method="other"`} {
		if !strings.Contains(before, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if m := regexp.MustCompile(`route="/live[^"]*"`).FindString(before); m != "" {
		t.Errorf("how long a stream was open counts as %s", m)
	}
}

// BenchmarkBoardPage draws the board with 200 leads for one rep.
func BenchmarkBoardPage(b *testing.B) {
	x := newSite(b)
	x.person("Rosa", lead.Rep)
	var batch []map[string]any
	for i := range 200 {
		user := fmt.Sprintf("lead%d", i)
		batch = append(batch, map[string]any{"type": "identify", "userId": user, "traits": map[string]any{"email": user + "@buyer.example", "name": "Buyer " + user, "company": "Acme", "title": "VP Sales", "employees": 120}},
			map[string]any{"type": "track", "userId": user, "event": "Demo Requested"}, map[string]any{"type": "track", "userId": user, "event": "Products Compared", "properties": map[string]any{"products": []string{"Pro", "Team"}}})
	}
	x.send(x.write, batch...)
	rosa := x.signIn("Rosa")
	if _, _, page := rosa.get("/board/emea"); len(rowsOf(page)) != 200 {
		b.Fatalf("the board has %d leads", len(rowsOf(page)))
	}
	for b.Loop() {
		rosa.get("/board/emea")
	}
}
