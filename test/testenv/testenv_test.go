package testenv

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"
)

func TestPostgresIsThisTestsOwn(t *testing.T) {
	for i := range 2 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			db, err := sql.Open("postgres", Postgres(t))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "CREATE TABLE leads (id TEXT PRIMARY KEY)"); err != nil {
				t.Errorf("an empty database should take the table: %v", err)
			}
		})
	}
}

func TestRedisIsThisTestsOwn(t *testing.T) {
	var clients []*redis.Client
	for range 2 {
		options, err := redis.ParseURL(Redis(t))
		if err != nil {
			t.Fatal(err)
		}
		client := redis.NewClient(options)
		defer client.Close()
		clients = append(clients, client)
	}
	if err := clients[0].Set(t.Context(), "rank", 1, 0).Err(); err != nil {
		t.Fatal(err)
	}
	if n, err := clients[1].DBSize(t.Context()).Result(); err != nil || n != 0 {
		t.Errorf("the other database has %d keys (%v), want none", n, err)
	}
}

const sample = `<!doctype html><html lang="en"><title>Board</title><link rel="icon" href="data:,">
<p id="script">off</p><noscript>on</noscript>
<script>document.getElementById("script").textContent = "on"</script>`

func TestBrowserShowsAPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, sample)
	}))
	defer server.Close()
	ctx := Browser(t, Screen{Width: 390, Height: 844, Dark: true, Still: true})
	complaints := Complaints(t, ctx)
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	type look struct {
		Width, Height int
		Dark, Still   bool
	}
	seen := func() look {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`({Width: innerWidth, Height: innerHeight,
			Dark: matchMedia("(prefers-color-scheme: dark)").matches,
			Still: matchMedia("(prefers-reduced-motion: reduce)").matches})`))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff(look{390, 844, true, true}, seen()); diff != "" {
		t.Errorf("a dark phone (-want +got):\n%s", diff)
	}
	if got := complaints(); len(got) > 0 {
		t.Errorf("a clean page complains: %q", got)
	}

	if err := chromedp.Do(ctx, Show(Screen{})); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(look{1280, 800, false, false}, seen()); diff != "" {
		t.Errorf("a laptop (-want +got):\n%s", diff)
	}

	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`console.error("stale board"), console.log("fine"), true`)); err != nil {
		t.Fatal(err)
	}
	if got := complaints(); len(got) != 1 || !strings.Contains(got[0], "stale board") {
		t.Errorf("complaints %q, want the one error", got)
	}
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`fetch("http://third-party.example/").then(() => true, () => false)`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if got := complaints(); len(got) != 1 || !strings.Contains(got[0], "ERR_NAME_NOT_RESOLVED") {
		t.Errorf("complaints %q, want that another host does not resolve", got)
	}
}

func TestBrowserWithoutScript(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, sample)
	}))
	defer server.Close()
	ctx := Browser(t, Screen{NoScript: true})
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	if got, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("#script"))); err != nil || got != "off" {
		t.Errorf("the page says script is %q (%v), want off", got, err)
	}
}
