package handlers

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// shelf is a Taker that keeps messages by id, and the Keys to it.
type shelf struct {
	mu   sync.Mutex
	kept map[string]lead.Message
	fail error            // of a whole Take
	each map[string]error // by message id
}

func (s *shelf) Take(_ context.Context, msgs []lead.Message) ([]error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return nil, s.fail
	}
	errs := make([]error, len(msgs))
	for i, m := range msgs {
		if errs[i] = s.each[m.ID]; errs[i] == nil {
			s.kept[m.ID] = m
		}
	}
	return errs, nil
}

func (s *shelf) Key(_ context.Context, secret string) (lead.Key, error) {
	switch secret {
	case "write-key-1":
		return lead.Key{Kind: lead.WriteKey}, nil
	case "server-key-1":
		return lead.Key{Kind: lead.ServerKey}, nil
	case "api-key-1":
		return lead.Key{Kind: lead.APIKey}, nil
	case "away":
		return lead.Key{}, fmt.Errorf("store: %w", lead.ErrUnavailable)
	}
	return lead.Key{}, lead.ErrNotFound
}

// intake is a served Intake over an empty shelf.
func intake(t *testing.T) (*shelf, *Intake, string) {
	t.Helper()
	s := &shelf{kept: map[string]lead.Message{}}
	in := &Intake{Taker: s, Keys: s, bodies: new(bodies), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) }}
	e := echo.New()
	e.POST("/v1/:call", in.Call)
	e.GET("/v1/projects/:key/settings", in.Settings)
	e.OPTIONS("/v1/*", in.Preflight)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return s, in, server.URL
}

// post sends a body; headers are pairs, "key" is the Basic user.
func post(t *testing.T, url, body string, headers ...string) (int, string, http.Header) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "key" {
			req.SetBasicAuth(headers[i+1], "ignored")
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	return do(t, req)
}

func do(t *testing.T, req *http.Request) (int, string, http.Header) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(text)), resp.Header
}

func zipped(t *testing.T, body string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const event = `{"type":"track","event":"Replied","userId":"ada-1","messageId":"m-1"}`

func TestReplies(t *testing.T) {
	good, bad := event, `{"type":"track","event":7,"userId":"ada-1"}`
	huge := `{"type":"track","event":"e","userId":"a","properties":{"x":"` + strings.Repeat("x", 33<<10) + `"}}`
	whole := zipped(t, event)
	for _, test := range []struct {
		name, path, body string
		headers          []string
		status           int
		reply            string // whole, or "…" and what it contains
		kept             int
	}{
		{"taken", "track", good, []string{"key", "write-key-1"}, 200, `{"success":true}`, 1},
		{"short name, text/plain, key in the body", "t", `{"writeKey":"write-key-1",` + good[1:], []string{"Content-Type", "text/plain"}, 200, `{"success":true}`, 1},
		{"a form that is JSON", "batch", `{"batch":[` + good + `]}`, []string{"key", "write-key-1", "Content-Type", "application/x-www-form-urlencoded"}, 200, `{"success":true}`, 1},
		{"a batch's key in the body", "b", `{"writeKey":"write-key-1","batch":[` + good + `]}`, nil, 200, `{"success":true}`, 1},
		{"some bad", "batch", `{"batch":[` + bad + `,` + good + `,` + huge + `]}`, []string{"key", "write-key-1"}, 200,
			`{"success":true,"rejected":[{"index":0,"error":"event: wants text, got number"},{"index":2,"error":"too large: the message is over 32 KiB"}]}`, 1},
		{"all bad", "batch", `{"batch":[` + bad + `,` + huge + `]}`, []string{"key", "write-key-1"}, 400,
			`{"success":false,"error":"every message was refused","rejected":[{"index":0,"error":"event: wants text, got number"},{"index":1,"error":"too large: the message is over 32 KiB"}]}`, 0},
		{"the only one bad", "track", bad, []string{"key", "write-key-1"}, 400,
			`{"success":false,"error":"event: wants text, got number","rejected":[{"index":0,"error":"event: wants text, got number"}]}`, 0},
		{"not JSON", "track", `{`, []string{"key", "write-key-1"}, 400, `…the body is not JSON`, 0},
		{"not JSON, and so no key", "track", `{`, nil, 400, `…the body is not JSON`, 0},
		{"empty body", "track", ``, []string{"key", "write-key-1"}, 400, `…the body is empty`, 0},
		{"too many", "batch", `{"batch":[` + strings.Repeat(`1,`, 2500) + `1]}`, []string{"key", "write-key-1"}, 400, `…more than 2500 messages`, 0},
		{"no key", "track", good, nil, 401, `…the write key is missing`, 0},
		{"unknown key", "track", good, []string{"key", "guess"}, 401, `{"success":false,"error":"the write key is unknown or revoked"}`, 0},
		{"unknown key in the body", "track", `{"writeKey":"guess",` + good[1:], nil, 401, `…unknown or revoked`, 0},
		{"the header before the body", "track", `{"writeKey":"write-key-1",` + good[1:], []string{"key", "guess"}, 401, `…unknown or revoked`, 0},
		{"a stranger learns nothing of the body", "track", `{"writeKey":"guess"}`, nil, 401, `…unknown or revoked`, 0},
		{"an api key", "track", good, []string{"key", "api-key-1"}, 401, `…a key of kind api does not open the intake`, 0},
		{"Bearer is for the API", "track", good, []string{"Authorization", "Bearer write-key-1"}, 401, `…the write key is missing`, 0},
		{"a cookie is no key", "track", good, []string{"Cookie", "session=write-key-1; writeKey=write-key-1"}, 401, `…the write key is missing`, 0},
		{"keys cannot be read", "track", good, []string{"key", "away"}, 503, `…try again`, 0},
		{"no such call", "import", good, []string{"key", "write-key-1"}, 404, `…there is no such call`, 0},
		{"a message over 32 KiB", "track", huge, []string{"key", "write-key-1"}, 413, `…too large`, 0},
		{"only messages over 32 KiB", "batch", `{"batch":[` + huge + `]}`, []string{"key", "write-key-1"}, 413, `…{"index":0,"error":"too large`, 0},
		{"a batch over 500 KiB", "batch", `{"batch":[` + good + strings.Repeat(` `, 500<<10) + `]}`, []string{"key", "write-key-1"}, 413, `…over 500 KiB`, 0},
		{"a batch far over 500 KiB", "batch", `{"batch":[` + good + strings.Repeat(` `, 1500<<10) + `]}`, []string{"key", "write-key-1"}, 413, `…over 500 KiB`, 0},
		{"gzip", "track", whole, []string{"key", "write-key-1", "Content-Encoding", "gzip"}, 200, `{"success":true}`, 1},
		{"gzip, key in the body", "track", zipped(t, `{"writeKey":"write-key-1",`+good[1:]), []string{"Content-Encoding", "GZIP"}, 200, `{"success":true}`, 1},
		{"gzip cut off", "track", whole[:len(whole)-9], []string{"key", "write-key-1", "Content-Encoding", "gzip"}, 400, `…the gzip body is broken`, 0},
		{"gzip that is none", "track", good, []string{"key", "write-key-1", "Content-Encoding", "gzip"}, 400, `…the gzip body is broken`, 0},
		{"gzip with a wrong checksum", "track", whole[:len(whole)-8] + "12345678", []string{"key", "write-key-1", "Content-Encoding", "gzip"}, 400, `…the gzip body is broken`, 0},
		{"gzip bomb", "batch", zipped(t, strings.Repeat(" ", 8<<20)), []string{"key", "write-key-1", "Content-Encoding", "gzip"}, 413, `…over 500 KiB`, 0},
		{"gzip of nothing, endlessly", "batch", strings.Repeat(zipped(t, ""), 100_000), []string{"key", "write-key-1", "Content-Encoding", "gzip"}, 413, `…over 2048 KiB`, 0},
		{"another encoding", "track", good, []string{"key", "write-key-1", "Content-Encoding", "br"}, 415, `…wants gzip or none`, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, _, url := intake(t)
			status, reply, header := post(t, url+"/v1/"+test.path, test.body, test.headers...)
			part, contains := strings.CutPrefix(test.reply, "…")
			if status != test.status || !contains && reply != test.reply || !strings.Contains(reply, part) {
				t.Errorf("%d %s, want %d %s", status, reply, test.status, test.reply)
			}
			if len(s.kept) != test.kept {
				t.Errorf("%d messages kept, want %d", len(s.kept), test.kept)
			}
			if (header.Get("Retry-After") != "") != (status == 503) {
				t.Errorf("%d with Retry-After %q", status, header.Get("Retry-After"))
			}
			if header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Set-Cookie") != "" || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
				t.Errorf("headers %v", header)
			}
			if !json.Valid([]byte(reply)) {
				t.Errorf("the reply is not JSON: %s", reply)
			}
		})
	}
}

func TestWhatTheStoreRefuses(t *testing.T) {
	s, _, url := intake(t)
	batch := `{"batch":[{"type":"nothing"},` + event + `,` + strings.Replace(event, "m-1", "m-2", 1) + `]}`
	s.each = map[string]error{"m-1": lead.Invalid("userId", "that person is erased")}
	status, reply, _ := post(t, url+"/v1/batch", batch, "key", "write-key-1")
	want := `{"success":true,"rejected":[{"index":0,"error":"type: wants one of track, identify, page, screen, group, alias, got \"nothing\""},{"index":1,"error":"that person is erased"}]}`
	if status != 200 || reply != want {
		t.Errorf("%d %s, want 200 %s", status, reply, want)
	}
	s.each["m-2"] = s.each["m-1"]
	if status, reply, _ := post(t, url+"/v1/batch", batch, "key", "write-key-1"); status != 400 || !strings.Contains(reply, `"success":false`) {
		t.Errorf("with every message refused: %d %s", status, reply)
	}
	for err, want := range map[error]int{fmt.Errorf("x: %w", lead.ErrUnavailable): 503, fmt.Errorf("x: %w", lead.ErrBusy): 429, errors.New("secret detail"): 500} {
		for _, whole := range []bool{true, false} {
			if s.fail, s.each = nil, map[string]error{"m-2": err}; whole {
				s.fail = err
			}
			status, reply, header := post(t, url+"/v1/batch", batch, "key", "write-key-1")
			if status != want || strings.Contains(reply, "secret") || strings.Contains(reply, `"success":true`) || want != 500 && header.Get("Retry-After") == "" {
				t.Errorf("%v (of the whole request: %v): %d %s %v, want %d", err, whole, status, reply, header, want)
			}
		}
	}
}

// TestOutcomesAreBelievedByKey holds that only a server key marks messages as its own.
func TestOutcomesAreBelievedByKey(t *testing.T) {
	for key, want := range map[string]bool{"write-key-1": false, "server-key-1": true} {
		for _, inBody := range []bool{false, true} {
			s, _, url := intake(t)
			body, headers := event, []string{"key", key}
			if inBody {
				body, headers = `{"writeKey":"`+key+`",`+event[1:], nil
			}
			if status, reply, _ := post(t, url+"/v1/track", body, headers...); status != 200 || s.kept["m-1"].Server != want {
				t.Errorf("%s (in the body: %v): %d %s, marked as a server's %v, want %v", key, inBody, status, reply, s.kept["m-1"].Server, want)
			}
		}
	}
}

// TestClients replays requests recorded from unmodified clients.
func TestClients(t *testing.T) {
	files, err := filepath.Glob("../test/segment/testdata/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recorded requests: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var captured struct {
				Method, Path string
				Header       map[string]string
				Body         json.RawMessage
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &captured); err != nil {
				t.Fatal(err)
			}
			s, _, url := intake(t)
			body := string(captured.Body)
			if captured.Header["Content-Encoding"] == "gzip" {
				body = zipped(t, body)
			}
			var headers []string
			for name, value := range captured.Header {
				headers = append(headers, name, value)
			}
			status, reply, _ := post(t, url+captured.Path, body, headers...)
			if status != 200 || reply != `{"success":true}` || len(s.kept) == 0 {
				t.Errorf("%d %s, %d messages kept", status, reply, len(s.kept))
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	_, _, url := intake(t)
	for _, path := range []string{"/v1/t", "/v1/batch", "/v1/projects/write-key-1/settings"} {
		req, err := http.NewRequest(http.MethodOptions, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", "https://customer.example")
		req.Header.Set("Access-Control-Request-Method", "POST")
		status, body, header := do(t, req)
		if status != 204 || body != "" || header.Get("Access-Control-Allow-Origin") != "*" || header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("OPTIONS %s: %d %q %v", path, status, body, header)
		}
		for name, wants := range map[string][]string{
			"Access-Control-Allow-Methods": {"POST", "GET"},
			"Access-Control-Allow-Headers": {"Authorization", "Content-Type", "X-Retry-Count"},
		} {
			for _, want := range wants {
				if !strings.Contains(header.Get(name), want) {
					t.Errorf("OPTIONS %s: %s %q lacks %s", path, name, header.Get(name), want)
				}
			}
		}
	}
}

func TestSettings(t *testing.T) {
	_, in, url := intake(t)
	get := func(path string) (int, string, http.Header) {
		req, err := http.NewRequest(http.MethodGet, url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return do(t, req)
	}
	for base, want := range map[string][2]string{
		"":                          {"http", strings.TrimPrefix(url, "http://") + "/v1"},
		"https://leads.example":     {"https", "leads.example/v1"},
		"https://in.example:8443/x": {"https", "in.example:8443/x/v1"},
	} {
		in.BaseURL = base
		status, body, header := get("/v1/projects/write-key-1/settings")
		wantBody := `{"integrations":{"Segment.io":{"apiHost":"` + want[1] + `","apiKey":"write-key-1","protocol":"` + want[0] + `"}},"metrics":{"sampleRate":0}}`
		if diff := cmp.Diff(wantBody, body); status != 200 || diff != "" || header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("base URL %q: %d %v (-want +got):\n%s", base, status, header, diff)
		}
	}
	for key, want := range map[string]int{"guess": 404, "server-key-1": 404, "api-key-1": 404, "away": 503} {
		if status, body, header := get("/v1/projects/" + key + "/settings"); status != want || !strings.Contains(body, `"success":false`) || header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("settings of key %s: %d %s, want %d", key, status, body, want)
		}
	}
}
