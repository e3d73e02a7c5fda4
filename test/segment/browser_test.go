package segment

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"hotleads/test/testenv"
)

// site is a customer's page with Segment's snippet, cut down to what it does: remember the calls, then
// load analytics.js, which finds them in window.analytics. _cdn is the whole change a customer makes.
const site = `<!doctype html><html lang="en"><title>Pricing</title><link rel="icon" href="data:,">
<script>
window.analytics = [["page", "Pricing", {plan: "team"}],
  ["identify", "ada-1", {email: "ada@analytical.example"}],
  ["track", "Products Compared", {products: ["Pro", "Team"]}],
  ["group", "acme", {plan: "trial"}],
  ["alias", "ada-1"]]
analytics._writeKey = "write-key-1"
analytics._cdn = %q
</script>
<script src="/analytics.js"></script>`

func TestWhatTheBrowserSends(t *testing.T) {
	bundle, ok := BrowserBundle()
	if !ok {
		testenv.LeaveOut(t, "analytics.js in a browser", "the npm packages are not installed (make test does it)")
	}
	rec := &recorder{client: "browser", statuses: []int{http.StatusOK}}
	api := httptest.NewServer(cors(rec))
	defer api.Close()
	// With sampleRate above 0 the library would send figures about itself to Segment each flushTimer.
	rec.settings = fmt.Sprintf(`{"integrations":{"Segment.io":{"apiKey":"write-key-1","apiHost":"%s/v1","protocol":"http"}},"metrics":{"sampleRate":0,"flushTimer":10}}`,
		strings.TrimPrefix(api.URL, "http://"))
	customer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/analytics.js" {
			http.ServeFile(w, req, bundle)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, site, api.URL)
	}))
	defer customer.Close()

	ctx := testenv.Browser(t, testenv.Screen{})
	complaints := testenv.Complaints(t, ctx)
	if err := chromedp.Do(ctx, chromedp.Navigate(customer.URL+"/pricing?utm_source=mail")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](`performance.getEntriesByType("resource").filter(e => e.name.includes("/v1/") && e.initiatorType === "fetch" && e.responseEnd > 0).length >= 6`)); err != nil {
		t.Fatalf("the page never sent its calls: %v", err)
	}
	if got := complaints(); len(got) > 0 {
		t.Errorf("the browser complains: %q", got)
	}

	rec.mu.Lock()
	defer rec.mu.Unlock()
	var paths []string
	for _, got := range rec.captures {
		paths = append(paths, got.Method+" "+got.Path)
		if got.Method != http.MethodPost {
			continue
		}
		var message struct {
			Type        string    `json:"type"`
			WriteKey    string    `json:"writeKey"`
			MessageID   string    `json:"messageId"`
			AnonymousID string    `json:"anonymousId"`
			Timestamp   time.Time `json:"timestamp"`
			SentAt      time.Time `json:"sentAt"`
		}
		if err := json.Unmarshal(got.Body, &message); err != nil {
			t.Fatalf("%s: %v", got.Path, err)
		}
		if want := "/v1/" + message.Type[:1]; got.Path != want {
			t.Errorf("a %s call went to %s, want %s", message.Type, got.Path, want)
		}
		if message.WriteKey != "write-key-1" || message.MessageID == "" || message.AnonymousID == "" || message.Timestamp.IsZero() || message.SentAt.IsZero() {
			t.Errorf("%s lacks what identifies it: %+v", message.Type, message)
		}
		if !strings.HasPrefix(got.Header["Content-Type"], "text/plain") {
			t.Errorf("%s has content type %q, want text/plain", message.Type, got.Header["Content-Type"])
		}
		if *update {
			got.Body = bytes.ReplaceAll(got.Body, []byte(customer.URL), []byte("https://analytical.example"))
			write(t, "browser-"+message.Type+".json", got)
		}
	}
	slices.Sort(paths)
	want := []string{"GET /v1/projects/write-key-1/settings", "POST /v1/a", "POST /v1/g", "POST /v1/i", "POST /v1/p", "POST /v1/t"}
	if !slices.Equal(paths, want) {
		t.Errorf("the browser asked for %q, want %q", paths, want)
	}
}
