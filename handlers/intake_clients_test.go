package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hotleads/lead"
	"hotleads/test/segment"
	"hotleads/test/testenv"
)

// TestNodeClients runs the unmodified libraries from npm against the intake.
func TestNodeClients(t *testing.T) {
	if ok, why := segment.Available(); !ok {
		testenv.LeaveOut(t, "the Segment and RudderStack clients", why)
	}
	calls := []segment.Call{
		{Type: "page", AnonymousID: "anon-7", Name: "Pricing", MessageID: "m-1"},
		{Type: "identify", UserID: "ada-1", AnonymousID: "anon-7", Traits: map[string]any{"email": "ada@analytical.example"}, MessageID: "m-2"},
		{Type: "track", UserID: "ada-1", Event: "Products Compared", Timestamp: time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC), MessageID: "m-3"},
		{Type: "screen", UserID: "ada-1", Name: "Plans", MessageID: "m-4"},
		{Type: "group", UserID: "ada-1", GroupID: "acme", Traits: map[string]any{"name": "Acme"}, MessageID: "m-5"},
		{Type: "alias", UserID: "ada-1", PreviousID: "anon-7", MessageID: "m-6"},
	}
	for _, client := range []segment.Client{segment.Segment, segment.Rudder} {
		t.Run(string(client), func(t *testing.T) {
			s, _, url := intake(t)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if err := segment.Send(ctx, client, url, "write-key-1", calls); err != nil {
				t.Fatal(err)
			}
			for _, call := range calls {
				m := s.kept[call.MessageID]
				if string(m.Type) != call.Type || m.UserID != call.UserID || m.AnonymousID != call.AnonymousID || m.PreviousID != call.PreviousID {
					t.Errorf("%s came as %+v", call.Type, m)
				}
			}
			if m := s.kept["m-3"]; !m.OccurredAt.Equal(calls[2].Timestamp) || m.Event != "Products Compared" {
				t.Errorf("the track came as %+v", m)
			}
			if m := s.kept["m-1"]; m.Properties["name"] != "Pricing" || m.Event != "Page Viewed" {
				t.Errorf("the page came as %+v", m)
			}
			if m := s.kept["m-5"]; m.Traits["company"] != "Acme" {
				t.Errorf("the group came as %+v", m)
			}
		})
	}
}

// TestBrowserClient runs the unmodified analytics.js on a customer's page of
// another origin. What the intake's settings make it do is all it does.
func TestBrowserClient(t *testing.T) {
	bundle, ok := segment.BrowserBundle()
	if !ok {
		testenv.LeaveOut(t, "analytics.js in a browser", "the npm packages are not installed (make test does it)")
	}
	s, _, url := intake(t)
	customer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/analytics.js" {
			http.ServeFile(w, req, bundle)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><title>Pricing</title><link rel="icon" href="data:,">
<script>
window.analytics = [["page", "Pricing"], ["identify", "ada-1", {email: "ada@analytical.example"}], ["track", "Products Compared"]]
analytics._writeKey = "write-key-1"
analytics._cdn = %q
</script>
<script src="/analytics.js"></script>`, url)
	}))
	defer customer.Close()

	ctx := testenv.Browser(t, testenv.Screen{})
	complaints := testenv.Complaints(t, ctx)
	if err := chromedp.Do(ctx, chromedp.Navigate(customer.URL+"/pricing?utm_source=mail")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`performance.getEntriesByType("resource").filter(e => /\/v1\/[pit]$/.test(e.name) && e.responseStatus === 200).length >= 3`)); err != nil {
		t.Fatalf("the page never got its calls taken: %v", err)
	}
	asked, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`performance.getEntriesByType("resource").map(e => e.name)`))
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range asked {
		if !strings.HasPrefix(address, url+"/v1/") && !strings.HasPrefix(address, customer.URL) {
			t.Errorf("the page asked %s", address)
		}
	}
	if got := complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	events := map[lead.MessageType]lead.Message{}
	for _, m := range s.kept {
		events[m.Type] = m
	}
	if m := events[lead.PageView]; m.Properties["path"] != "/pricing" || m.Source != "mail" || m.TimeZone == "" {
		t.Errorf("the page view came as %+v", m)
	}
	if m := events[lead.Identify]; m.UserID != "ada-1" || m.AnonymousID == "" || m.Traits["email"] != "ada@analytical.example" {
		t.Errorf("the identify came as %+v", m)
	}
	if m := events[lead.Track]; m.Event != "Products Compared" {
		t.Errorf("the track came as %+v", m)
	}
}
