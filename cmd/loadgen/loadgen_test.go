package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// few is a run that ends soon, over everything that a message can be.
var few = []string{"--messages", "300", "--for", "1m", "--clients", "4", "--batch", "1,7", "--leads", "40", "--buyers", "5", "--buying", "20", "--new", "5", "--anonymous", "30", "--traits", "10"}

// counted runs loadgen against a server and reads its report.
func (w world) counted(at string, flags ...string) (report, int, string) {
	w.Helper()
	var out, errs bytes.Buffer
	status := run(w.Context(), append([]string{"--url", at, "--json"}, flags...), w.getenv, &out, &errs)
	var r report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		w.Fatalf("status %d: %v: %s%s", status, err, &out, &errs)
	}
	return r, status, errs.String()
}

// What an honest server took in is all there, once.
func TestHonestServer(t *testing.T) {
	w := newWorld(t)
	r, status, errs := w.counted(w.url, few...)
	if status != statusDone || r.Check == nil || r.Check.Lost+r.Check.Doubled+r.Check.Misplaced != 0 {
		t.Fatalf("status %d: %s: %+v", status, errs, r.Check)
	}
	if r.Check.Messages < 150 || r.Check.Leads < 20 || r.Replies.Count == 0 || r.Activities <= 0 || len(r.Errors) != 0 || r.Rejected != 0 {
		t.Errorf("got %+v with %+v", r, r.Check)
	}
	var text bytes.Buffer
	if status := run(t.Context(), append([]string{"--url", w.url}, few...), w.getenv, &text, io.Discard); status != statusDone || !strings.Contains(text.String(), "0 lost, 0 doubled") {
		t.Errorf("status %d: %s", status, &text)
	}
}

// A server that loses, doubles and mixes up a message is found out, each kind by
// its name.
func TestDishonestServer(t *testing.T) {
	w := newWorld(t)
	target, err := url.Parse(w.url)
	must(t, err)
	for _, c := range []struct {
		name   string
		spoil  *spoiler
		lost   int64
		twice  int64
		astray int64
	}{
		{"loses a message", &spoiler{batch: func(all []map[string]any) []map[string]any { return all[1:] }}, 1, 0, 0},
		{"shows a message twice", &spoiler{shown: func(all []any) []any { return append(all, all[0]) }}, 0, 1, 0},
		{"takes a message for another lead's", &spoiler{batch: func(all []map[string]any) []map[string]any {
			all[0]["userId"] = all[len(all)-1]["userId"]
			return all
		}}, 1, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spoil.Handler = httputil.NewSingleHostReverseProxy(target)
			proxy := httptest.NewServer(c.spoil)
			defer proxy.Close()
			// One client and as many leads as there are messages: those of a batch are of different leads.
			r, status, errs := w.counted(proxy.URL, "--messages", "60", "--for", "1m", "--clients", "1", "--batch", "10", "--leads", "100000", "--buyers", "0", "--anonymous", "0", "--traits", "0", "--known", "100000")
			if status != statusFailed || r.Check == nil || r.Check.Lost != c.lost || r.Check.Doubled != c.twice || r.Check.Misplaced != c.astray {
				t.Errorf("status %d, %q: got %+v; want %d lost, %d doubled, %d astray", status, errs, r.Check, c.lost, c.twice, c.astray)
			}
		})
	}
}

// spoiler spoils one request or answer on its way.
type spoiler struct {
	http.Handler
	batch func([]map[string]any) []map[string]any // what of the first batch gets through
	shown func([]any) []any                       // what of the first answer that is not empty does
	mu    sync.Mutex
	done  bool
}

func (s *spoiler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.done:
		s.Handler.ServeHTTP(w, r)
	case s.batch != nil && r.URL.Path == "/v1/batch":
		var body map[string]any
		var all struct{ Batch []map[string]any }
		text, _ := io.ReadAll(r.Body)
		if json.Unmarshal(text, &body) == nil && json.Unmarshal(text, &all) == nil {
			body["batch"] = s.batch(all.Batch)
		}
		text, _ = json.Marshal(body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		s.done = true
		s.Handler.ServeHTTP(w, r)
	case s.shown != nil && strings.HasSuffix(r.URL.Path, "/activities"):
		r.Header.Set("Accept-Encoding", "identity")
		answer := httptest.NewRecorder()
		s.Handler.ServeHTTP(answer, r)
		var body map[string]any
		text := answer.Body.Bytes()
		if json.Unmarshal(text, &body) == nil {
			if all, ok := body["data"].([]any); ok && len(all) > 0 {
				body["data"] = s.shown(all)
				text, _ = json.Marshal(body)
				s.done = true
			}
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(text)
	default:
		s.Handler.ServeHTTP(w, r)
	}
}

// Boards that are open show hand-raises; pages are read and leads claimed.
func TestOffice(t *testing.T) {
	w := newWorld(t)
	o, err := readOptions([]string{"--url", w.url, "--boards", "3", "--probes", "50", "--looks", "50", "--claims", "50", "--for", "5m"}, w.getenv)
	must(t, err)
	d, err := agreed(t.Context(), o)
	must(t, err)
	reps, err := signInAll(t.Context(), o)
	must(t, err)
	f := visit(t.Context(), newTraffic(o, d), reps)
	eventually(t, "a hand-raise on three boards, a page and a claim", func() bool {
		shown := f.boards.report().Shown.Count
		f.mu.Lock()
		defer f.mu.Unlock()
		return shown >= 3 && f.look.h.TotalCount() > 0 && f.claim.h.TotalCount() > 0
	})
	var r report
	f.leave(&r)
	if r.Boards.Open != 3 || r.Boards.Breaks != 0 || r.Boards.Frames == 0 || r.Boards.Bytes == 0 || r.Look.Count == 0 || r.Claim.Count == 0 {
		t.Errorf("got %+v %+v", r, r.Boards)
	}
}

// What is refused for a while or not answered is sent again as it was; what is
// refused for good is not.
func TestTriesAgain(t *testing.T) {
	var mu sync.Mutex
	var bodies []string
	fault := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		bodies = append(bodies, string(body))
		n := len(bodies)
		mu.Unlock()
		switch n {
		case 1:
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusTooManyRequests)
		case 2:
			panic(http.ErrAbortHandler) // the connection is closed without an answer
		case 3:
			_, _ = io.WriteString(w, `{"success":true,"rejected":[{"index":1,"error":"no"}]}`)
		default:
			w.WriteHeader(http.StatusBadRequest)
		}
	}))
	defer fault.Close()
	w := world{T: t, env: map[string]string{"WRITE_KEY": "k"}}
	r, status, _ := w.counted(fault.URL, "--messages", "6", "--for", "1m", "--clients", "1", "--batch", "3")
	if status != statusDone || len(bodies) != 4 || bodies[0] != bodies[1] || bodies[1] != bodies[2] || bodies[2] == bodies[3] {
		t.Fatalf("status %d, requests %q", status, bodies)
	}
	if got := kinds(r.Errors); r.Retries != 2 || r.Rejected != 1 || got != "connection closed: 1, status 400: 1, status 429: 1" {
		t.Errorf("got %s and %+v", got, r)
	}
}
