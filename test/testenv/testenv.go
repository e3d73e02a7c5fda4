// Package testenv hands tests the services that `make test` brings up: Postgres, Redis and a real
// browser. A test that asks for one which is not there is skipped, saying what was left out and how to
// have it; with CI set it fails, so that nothing is left out unseen.
//
//	url := testenv.Postgres(t)                        // a fresh, empty database of this test's own
//	ctx := testenv.Browser(t, testenv.Screen{Width: 390, Height: 844, Dark: true})
//	err := chromedp.Do(ctx, chromedp.Navigate(server.URL))
package testenv

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/redis/go-redis/v9"
)

// The settings that make test exports.
const (
	postgresVar = "HOTLEADS_TEST_POSTGRES_URL" // a server on which databases may be created
	redisVar    = "HOTLEADS_TEST_REDIS_URL"    // a server whose databases from 1 on belong to tests
	chromiumVar = "HOTLEADS_TEST_CHROMIUM"     // the browser's binary
)

// cleanupTimeout bounds what a test's end waits for a service.
const cleanupTimeout = 10 * time.Second

// LeaveOut skips the test, or fails it with CI set. what names what is left out, why the reason.
func LeaveOut(t testing.TB, what, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s must not be left out in CI: %s", what, why)
	}
	t.Skipf("left out: %s: %s", what, why)
}

// Postgres returns the URL of an empty database of this test's own. It is dropped, with whoever is still
// connected, when the test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	// template0 is as empty as Postgres gets and, unlike template1, is copied while others copy it.
	return database(t, "template0")
}

// PostgresCopy is Postgres with what the database at an address holds, to which nobody may be connected.
func PostgresCopy(t testing.TB, of string) string {
	t.Helper()
	template, err := url.Parse(of)
	if err != nil {
		t.Fatal(err)
	}
	return database(t, strings.TrimPrefix(template.Path, "/"))
}

// database makes a database of the test's own from a template.
func database(t testing.TB, template string) string {
	t.Helper()
	address := os.Getenv(postgresVar)
	if address == "" {
		LeaveOut(t, "Postgres", postgresVar+" is not set (make test starts a server and sets it)")
	}
	server, err := sql.Open("postgres", address)
	if err != nil {
		t.Fatalf("%s: %v", postgresVar, err)
	}
	own, err := url.Parse(address)
	if err != nil {
		t.Fatalf("%s: %v", postgresVar, err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	if _, err := server.ExecContext(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("create a database of the test's own: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if _, err := server.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
		if err := server.Close(); err != nil {
			t.Errorf("close the connection to Postgres: %v", err)
		}
	})
	own.Path = "/" + name
	return own.String()
}

// Redis returns the URL of an empty logical database of this test's own, emptied again when the test
// ends. Channels are the whole server's: two tests that publish at once hear each other unless their
// channel names differ. A test may call FLUSHDB, never FLUSHALL.
func Redis(t testing.TB) string {
	t.Helper()
	address := os.Getenv(redisVar)
	if address == "" {
		LeaveOut(t, "Redis", redisVar+" is not set (make test starts a server and sets it)")
	}
	options, err := redis.ParseURL(address)
	if err != nil {
		t.Fatalf("%s: %v", redisVar, err)
	}
	server := redis.NewClient(options)
	// Database 0 only counts the ones handed out, so that packages tested at the same time never meet.
	number, err := server.Incr(t.Context(), "testenv:databases").Result()
	if err != nil {
		t.Fatalf("take a Redis database of the test's own: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Fatalf("close the connection to Redis: %v", err)
	}
	options.DB = int(number)
	own := redis.NewClient(options)
	flush := func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := own.FlushDB(ctx).Err(); err != nil {
			t.Errorf("empty the test's Redis database: %v", err)
		}
	}
	flush()
	t.Cleanup(func() {
		flush()
		if err := own.Close(); err != nil {
			t.Errorf("close the connection to Redis: %v", err)
		}
	})
	path, err := url.Parse(address)
	if err != nil {
		t.Fatalf("%s: %v", redisVar, err)
	}
	path.Path = "/" + strconv.Itoa(options.DB)
	return path.String()
}

// Chromium returns the path of the browser's binary.
func Chromium(t testing.TB) string {
	t.Helper()
	if path := os.Getenv(chromiumVar); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const mac = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
	if _, err := os.Stat(mac); err == nil {
		return mac
	}
	LeaveOut(t, "the browser", chromiumVar+" is not set and no Chromium is on PATH (make test installs one)")
	return ""
}
