package segment

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hotleads/test/testenv"
)

var update = flag.Bool("update", false, "write what the clients send to testdata")

// capture is one request as a client sent it: the body decompressed, otherwise untouched.
type capture struct {
	Client string            `json:"client"`
	Method string            `json:"method"`
	Path   string            `json:"path"`
	Header map[string]string `json:"header"`
	Body   json.RawMessage   `json:"body"`
}

// recorder answers every request with the next status of a list, the last one for ever.
type recorder struct {
	client   Client
	settings string // what a GET is answered with
	mu       sync.Mutex
	statuses []int
	captures []capture
}

// cors lets the browser send from another origin, and asks of a server what Segment's library needs:
// its Authorization header makes every one of its posts a preflighted one.
func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if req.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-Retry-Count")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, req)
	})
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(req.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		body = unzipped
	}
	text, err := io.ReadAll(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	header := map[string]string{}
	for _, name := range []string{"Authorization", "Content-Encoding", "Content-Type", "User-Agent"} {
		if value := req.Header.Get(name); value != "" {
			header[name] = value
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.captures = append(r.captures, capture{string(r.client), req.Method, req.URL.Path, header, text})
	status := r.statuses[0]
	if len(r.statuses) > 1 {
		r.statuses = r.statuses[1:]
	}
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	if req.Method == http.MethodGet {
		fmt.Fprintln(w, r.settings)
		return
	}
	fmt.Fprintln(w, `{"success":true}`)
}

// send makes the calls against a server that answers with the statuses, and returns what it was sent.
func send(t *testing.T, client Client, statuses []int, calls []Call) ([]capture, error) {
	t.Helper()
	if ok, why := Available(); !ok {
		testenv.LeaveOut(t, "the Segment and RudderStack clients", why)
	}
	rec := &recorder{client: client, statuses: statuses}
	server := httptest.NewServer(rec)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := Send(ctx, client, server.URL, "write-key-1", calls)
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.captures, err
}

// visit is a fictional lead: anonymous first, then with a name, then comparing products.
var visit = []Call{
	{Type: "page", AnonymousID: "anon-7", Name: "Pricing", Properties: map[string]any{"path": "/pricing", "url": "https://analytical.example/pricing"}, MessageID: "m-1"},
	{Type: "identify", UserID: "ada-1", AnonymousID: "anon-7", Traits: map[string]any{
		"email": "Ada@Analytical.example", "firstName": "Ada", "lastName": "Byron", "title": "VP Operations",
		"company": map[string]any{"name": "Analytical Engines", "employees": 120}, "country": "GB",
	}, MessageID: "m-2"},
	{Type: "track", UserID: "ada-1", Event: "Products Compared", Properties: map[string]any{
		"products": []any{"Pro", "Team"}, "call_me": true, "total": 129.5,
	}, Timestamp: time.Date(2026, 3, 2, 8, 30, 0, 0, time.UTC), MessageID: "m-3"},
	{Type: "track", UserID: "ada-1", Event: "Webinar Viewed"},
	{Type: "screen", UserID: "ada-1", Name: "Plans", MessageID: "m-5"},
	{Type: "group", UserID: "ada-1", GroupID: "acme", Traits: map[string]any{"plan": "trial"}, MessageID: "m-6"},
	{Type: "alias", UserID: "ada-1", PreviousID: "anon-7", MessageID: "m-7"},
}

type batch struct {
	WriteKey string           `json:"writeKey"`
	SentAt   time.Time        `json:"sentAt"`
	Batch    []map[string]any `json:"batch"`
}

func TestWhatTheClientsSend(t *testing.T) {
	for _, client := range []Client{Segment, Rudder} {
		t.Run(string(client), func(t *testing.T) {
			captures, err := send(t, client, []int{http.StatusOK}, visit)
			if err != nil {
				t.Fatal(err)
			}
			var messages []map[string]any
			for i, got := range captures {
				if got.Method != http.MethodPost || got.Path != "/v1/batch" {
					t.Errorf("request %d is %s %s, want POST /v1/batch", i, got.Method, got.Path)
				}
				var b batch
				if err := json.Unmarshal(got.Body, &b); err != nil {
					t.Fatalf("request %d: %v", i, err)
				}
				if b.SentAt.IsZero() {
					t.Errorf("request %d has no sentAt", i)
				}
				if basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("write-key-1:")); got.Header["Authorization"] != basic && b.WriteKey != "write-key-1" {
					t.Errorf("request %d carries the write key neither as Basic user nor in its body", i)
				}
				messages = append(messages, b.Batch...)
				if *update {
					write(t, fmt.Sprintf("%s-%d.json", client, i+1), got)
				}
			}
			if len(messages) != len(visit) {
				t.Fatalf("%d messages arrived, want %d", len(messages), len(visit))
			}
			for i, call := range visit {
				check(t, call, messages[i])
			}
		})
	}
}

// check holds what a client made of a call against the call.
func check(t *testing.T, call Call, message map[string]any) {
	t.Helper()
	if message["type"] != call.Type {
		t.Errorf("a %s call arrived as %v", call.Type, message["type"])
	}
	id, _ := message["messageId"].(string)
	if id == "" || call.MessageID != "" && id != call.MessageID {
		t.Errorf("%s: messageId %q, want %q", call.Type, id, call.MessageID)
	}
	if call.Event != "" && message["event"] != call.Event {
		t.Errorf("event %v, want %q", message["event"], call.Event)
	}
	stamp, _ := message["timestamp"].(string)
	if stamp == "" {
		stamp, _ = message["originalTimestamp"].(string)
	}
	at, err := time.Parse(time.RFC3339, stamp)
	if err != nil || !call.Timestamp.IsZero() && !at.Equal(call.Timestamp) {
		t.Errorf("%s: occurred at %q (%v), want %s", call.Type, stamp, err, call.Timestamp)
	}
}

func TestWhatTheClientsRetry(t *testing.T) {
	call := []Call{{Type: "track", UserID: "ada-1", Event: "Webinar Viewed", MessageID: "m-1"}}
	for _, test := range []struct {
		client   Client
		statuses []int
		requests int
		fails    bool
	}{
		{Segment, []int{400}, 1, true},
		{Segment, []int{401}, 1, true},
		{Segment, []int{503, 503, 200}, 3, false},
		{Segment, []int{429, 200}, 2, false},
		{Rudder, []int{400}, 1, true},
		{Rudder, []int{401}, 1, true},
		{Rudder, []int{503, 503, 200}, 3, false},
		{Rudder, []int{429, 200}, 2, false},
	} {
		t.Run(fmt.Sprint(test.client, test.statuses), func(t *testing.T) {
			t.Parallel()
			captures, err := send(t, test.client, test.statuses, call)
			if len(captures) != test.requests {
				t.Errorf("%d requests, want %d", len(captures), test.requests)
			}
			if (err != nil) != test.fails {
				t.Errorf("error %v, want one: %v", err, test.fails)
			}
			for _, got := range captures {
				if !strings.Contains(string(got.Body), `"m-1"`) {
					t.Errorf("a retry lost its messageId: %s", got.Body)
				}
			}
		})
	}
}

func write(t *testing.T, name string, got capture) {
	t.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(got); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", name), text.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
