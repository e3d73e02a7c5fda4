package main

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// ownMetrics are what Hot Leads itself counts, with their labels. Beside them
// stand those of Go, the process and the pools of connections.
var ownMetrics = []string{
	"hotleads_announce_failed_total", "hotleads_announce_seconds", "hotleads_body_bytes door", "hotleads_body_room_bytes", "hotleads_build_info version", "hotleads_connections", "hotleads_connections_most",
	"hotleads_due_lag_seconds", "hotleads_http_panics_total", "hotleads_http_request_seconds method route status", "hotleads_http_requests_in_flight",
	"hotleads_intake_group_messages", "hotleads_intake_group_seconds result", "hotleads_intake_room", "hotleads_intake_room_bytes", "hotleads_intake_waiting", "hotleads_intake_waiting_bytes", "hotleads_leads_to_rescore",
	"hotleads_loop_failures_total loop", "hotleads_loop_success_timestamp_seconds loop", "hotleads_messages_total result", "hotleads_moves_total move",
	"hotleads_notices_heard_total", "hotleads_notices_sent_total", "hotleads_ranking_lag_seconds", "hotleads_redis_connections",
	"hotleads_stream_bytes_total", "hotleads_stream_draws_failed_total", "hotleads_stream_frames_total", "hotleads_stream_lagged_total", "hotleads_stream_looks_failed_total",
	"hotleads_stream_looks_total", "hotleads_stream_refused_total", "hotleads_stream_rows_total", "hotleads_stream_snapshots_total", "hotleads_stream_views",
	"hotleads_streams", "hotleads_sweep_late_seconds", "hotleads_up part",
}

// scraped is what /metrics says: values by series.
type scraped map[string]string

func scrape(t *testing.T, base string) (scraped, string) {
	t.Helper()
	status, text := get(t, http.DefaultClient, base+"/metrics")
	if status != http.StatusOK {
		t.Fatalf("/metrics: %d", status)
	}
	s := scraped{}
	for line := range strings.Lines(text) {
		if i := strings.LastIndexByte(line, ' '); !strings.HasPrefix(line, "#") {
			s[line[:i]] = strings.TrimSpace(line[i:])
		}
	}
	return s, text
}

var (
	labelOf = regexp.MustCompile(`[{,](\w+)="`)
	status  = regexp.MustCompile(`status="\d{3}"`)
	suffix  = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// names are the metrics with their labels, as ownMetrics writes them.
func (s scraped) names() []string {
	var names []string
	for series := range s {
		name, _, _ := strings.Cut(series, "{")
		if !strings.HasPrefix(name, "hotleads_") {
			continue
		}
		words := []string{suffix.ReplaceAllString(name, "")}
		for _, m := range labelOf.FindAllStringSubmatch(series, -1) {
			if m[1] != "le" {
				words = append(words, m[1])
			}
		}
		slices.Sort(words[1:])
		names = append(names, strings.Join(words, " "))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// places are the series but for the statuses in them, of which there are few, and
// for what loops do by themselves.
func (s scraped) places() map[string]bool {
	places := map[string]bool{}
	for series := range s {
		if !strings.HasPrefix(series, "hotleads_loop_") {
			places[status.ReplaceAllString(series, "")] = true
		}
	}
	return places
}

// hostile asks for what is not there, with keys, methods, names and headers that
// nobody else uses, each made of a word.
func hostile(t *testing.T, base, word string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &asked{t: t, url: base, Client: &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	for _, path := range []string{"/" + word, "/leads/" + word, "/board/" + word, "/board?team=" + word, "/static/" + word, "/tv/" + word, "/live/" + word, "/live/board/" + word, "/invite/" + word, "/v1/" + word, "/v1/projects/" + word + "/settings", "/api/v1/" + word, "/api/v1/leads/" + word, "/settings/" + word, "/metrics/" + word, "/debug/" + word} {
		a.do(http.MethodGet, path, "")
		a.do(http.MethodPost, path, word, form...)
		a.do(strings.ToUpper(word), path, "")
		a.do(http.MethodGet, path, "", "Authorization", "Bearer "+word, "X-Request-Id", "request-"+word)
	}
	a.do(http.MethodPost, "/v1/track", `{"userId":"`+word+`","event":"x"}`, "basic", word)
	a.do(http.MethodPost, "/v1/track", `{"userId":"`+word+`","event":"`+word+`"}`, "basic", "try-me")
	a.do(http.MethodPost, "/v1/track", `{"userId":"`+word+`"`, "basic", "try-me")
	a.do(http.MethodPost, "/login", url.Values{"email": {word}, "password": {word}}.Encode(), form...)
}

// TestMetrics: they are those that are documented, they move, they tell of nobody,
// and whatever strangers send makes no new series.
func TestMetrics(t *testing.T) {
	env := company(t)
	env["WRITE_KEY"] = "try-me"
	s := startServer(t, env)
	send(t, s.url, "try-me", map[string]any{"userId": "user-planted-42", "event": "Demo Requested", "context": map[string]any{"traits": map[string]any{"email": "ada.planted@example.org", "name": "Adaplanted"}}})
	stream := openStream(t, s.url)
	defer stream.Close()
	eventually(t, "the loops have run, and the notice is heard", func() bool {
		got, _ := scrape(t, s.url)
		return got[`hotleads_loop_success_timestamp_seconds{loop="sweep"}`] != "" && got[`hotleads_loop_success_timestamp_seconds{loop="rankings"}`] != "" && got["hotleads_notices_heard_total"] != "0" && got["hotleads_stream_snapshots_total"] == "1"
	})
	got, _ := scrape(t, s.url)
	names := got.names()
	if i := slices.Index(names, "hotleads_loop_failures_total loop"); i < 0 { // where no loop has failed it has no series
		names = append(names, "hotleads_loop_failures_total loop")
		slices.Sort(names)
	}
	if diff := cmp.Diff(ownMetrics, names); diff != "" {
		t.Errorf("other metrics than are listed (-listed +told):\n%s", diff)
	}
	for series, want := range map[string]string{
		`hotleads_up{part="sql"}`: "1", `hotleads_up{part="redis"}`: "1", `hotleads_messages_total{result="taken"}`: "1", `hotleads_moves_total{move="qualify"}`: "1",
		"hotleads_streams": "1", "hotleads_intake_group_messages_count": "1", "hotleads_intake_group_messages_sum": "1", `hotleads_intake_group_seconds_count{result="stored"}`: "1",
		"hotleads_due_lag_seconds": "0", "hotleads_ranking_lag_seconds": "0", "hotleads_announce_failed_total": "0", "hotleads_http_panics_total": "0", "hotleads_intake_waiting": "0", "hotleads_intake_waiting_bytes": "0",
	} {
		if got[series] != want {
			t.Errorf("%s is %q, want %s", series, got[series], want)
		}
	}
	for _, series := range []string{"go_goroutines", "process_resident_memory_bytes", "process_open_fds", `go_sql_wait_duration_seconds_total{db_name="write"}`, `go_sql_open_connections{db_name="read"}`, "hotleads_connections", "hotleads_connections_most", "hotleads_intake_room", "hotleads_announce_seconds_count"} {
		if got[series] == "" || got[series] == "0" && !strings.Contains(series, "wait") {
			t.Errorf("%s is %q", series, got[series])
		}
	}

	hostile(t, s.url, "strangera")
	first, _ := scrape(t, s.url)
	before := first.places()
	for i := range 5 {
		hostile(t, s.url, fmt.Sprintf("stranger%c", 'b'+i))
	}
	after, text := scrape(t, s.url)
	for series := range after.places() {
		if !before[series] {
			t.Errorf("strangers made the series %s", series)
		}
	}
	if len(after) > 2500 {
		t.Errorf("%d series", len(after))
	}
	for _, word := range []string{"planted", "stranger", "rosa", "EMEA", "emea", "try-me", "example.org", "example.com", "Demo"} {
		if i := strings.Index(strings.ToLower(text), strings.ToLower(word)); i >= 0 {
			t.Errorf("the metrics tell %q: …%.120s…", word, text[max(0, i-60):])
		}
	}
}
