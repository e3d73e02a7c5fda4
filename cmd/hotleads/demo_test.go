package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hotleads/cmd/hotleads/demo"
)

// screen is what a command prints while it runs.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestDemo runs the demo on a port that is taken, looks at it, and stops it.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errs screen
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--days", strconv.Itoa(demo.FewestDays), "--addr", taken.Addr().String()}, getenv(nil), strings.NewReader(""), &out, &errs)
	}()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !strings.Contains(out.String(), "Ctrl-C") {
		select {
		case status := <-ended:
			t.Fatalf("it ended with status %d: %s", status, errs.String())
		case <-tick.C:
		}
	}
	text := out.String()
	for _, want := range []string{
		"Port " + strconv.Itoa(port) + " is taken", "a company that does not exist", "alex@lumenfold.example", "mira@lumenfold.example", "hot-leads-demo", "curl -u hl_write_", "hl_api_", "/tv/",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "priya@") {
		t.Errorf("it offers the sign-in of a simulated rep:\n%s", text)
	}
	url := regexp.MustCompile(`http://\S+`).FindString(text)
	key := regexp.MustCompile(`hl_api_\S+`).FindString(text)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/api/v1/board?team=emea", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("%s/api/v1/board answers %s", url, res.Status)
	}
	stop()
	if status := <-ended; status != statusDone {
		t.Errorf("stopped, it ended with status %d: %s", status, errs.String())
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("it left %v behind (%v)", left, err)
	}
}

// TestDemoStopsWhileItPlaysThePast interrupts the demo before it serves.
func TestDemoStopsWhileItPlaysThePast(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errs screen
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--addr", "127.0.0.1:0"}, getenv(nil), strings.NewReader(""), &out, &errs)
	}()
	eventually(t, "playing the past", func() bool { return strings.Contains(errs.String(), "Playing") })
	stop()
	if status := <-ended; status != statusDone {
		t.Errorf("it ended with status %d: %s", status, errs.String())
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("it left %v behind (%v)", left, err)
	}
}

func TestDemoRefusesAWrongPast(t *testing.T) {
	for _, days := range []string{"0", "3", "-1", "281", "many"} {
		if r := hotleads(t, nil, "", "demo", "--days", days); r.status != statusUsage || !strings.Contains(r.err, "days") {
			t.Errorf("%s days: status %d, %s", days, r.status, r.err)
		}
	}
}

func TestDemoRefusesAWrongPace(t *testing.T) {
	for _, pace := range []string{"0", "-1", "NaN", "1000"} {
		if r := hotleads(t, nil, "", "demo", "--pace", pace); r.status != statusUsage || !strings.Contains(r.err, "--pace") {
			t.Errorf("pace %s: status %d, %s", pace, r.status, r.err)
		}
	}
}
