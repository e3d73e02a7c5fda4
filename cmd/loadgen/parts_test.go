package main

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/scoring"
)

func TestOptions(t *testing.T) {
	env := map[string]string{"WRITE_KEY": "k"}
	for _, c := range []struct{ flags, want string }{
		{"--url https://leads.example.com", "wants http://"},
		{"--url http://leads.example.com", "not of this machine"},
		{"--url http://10.0.0.1:8080", "not of this machine"},
		{"--url http://127.0.0.1.example.com", "not of this machine"},
		{"--batch 0", "--batch"},
		{"--batch 10,2501", "--batch"},
		{"--write-key=", "key add"},
		{"--known 20000", "--known"},
		{"--boards 2", "--email"},
		{"--claims 2 --email a@b.c", "PASSWORD"},
		{"--skew 1", "--skew"},
		{"--warm-up 10s", "--for"},
		{"--prefix A", "--prefix"},
		{"here", "no flag"},
		{"--nothing", "nothing"},
	} {
		_, err := readOptions(strings.Fields(c.flags), func(name string) string { return env[name] })
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.flags, err, c.want)
		}
	}
	for _, address := range []string{"http://localhost:9000", "http://127.0.0.1", "http://[::1]:80/"} {
		if _, err := loopback(address); err != nil {
			t.Error(err)
		}
	}
	if text := help(); !strings.Contains(text, "--warm-up TIME") || strings.Contains(text, "`") {
		t.Error(text)
	}
}

// A message id tells its number to who knows the run, and to nobody else.
func TestMessageIDs(t *testing.T) {
	l := newLedger("abcd1234")
	l.open(make([]line, 5000))
	seen := map[string]bool{}
	for seq := range int64(5000) {
		id := string(l.id(nil, seq))
		if got, ok := l.seq(id); !ok || got != seq || seen[id] {
			t.Fatalf("%s is read as %d, %v", id, got, ok)
		}
		seen[id] = true
	}
	other := newLedger("abcd1235")
	other.open(make([]line, 5000))
	for _, id := range []string{"", "x", string(other.id(nil, 7)), string(l.id(nil, 5000)), string(l.id(nil, 7)) + "0"} {
		if seq, ok := l.seq(id); ok {
			t.Errorf("%q is taken for message %d", id, seq)
		}
	}
}

// Histograms of several clients make one.
func TestLatencies(t *testing.T) {
	all, other := newCounts(), newCounts()
	for i := range 100 {
		to := all
		if i%2 == 0 {
			to = other
		}
		to.replies.add(time.Duration(i+1) * 10 * time.Millisecond)
		to.errors["status 429"]++
	}
	all.merge(other)
	got := all.replies.report()
	near := func(v, want float64) bool { return v > want*0.98 && v < want*1.02 }
	if got.Count != 100 || !near(got.P50, 500) || !near(got.P99, 990) || !near(got.Max, 1000) || all.errors["status 429"] != 100 {
		t.Errorf("got %+v %v", got, all.errors)
	}
	extreme := newLatencies()
	extreme.add(-time.Second)
	extreme.add(time.Hour)
	if extreme.report().Count != 2 {
		t.Error("what is out of range is left out")
	}
}

// With a rate a request's moment stands however late it is sent.
func TestOpenLoop(t *testing.T) {
	tr := newTraffic(options{Rate: 100, For: time.Hour, Messages: 25}, deeds{})
	tr.start = time.Now().Add(-10 * time.Second)
	for i, want := range []struct {
		n  int
		at time.Duration
	}{{10, 0}, {10, 100 * time.Millisecond}, {5, 200 * time.Millisecond}} {
		n := 10
		at, ok := tr.turn(t.Context(), &n)
		if !ok || n != want.n || at.Sub(tr.start) != want.at {
			t.Errorf("turn %d: %d messages at %v, %v", i, n, at.Sub(tr.start), ok)
		}
	}
	n := 10
	if _, ok := tr.turn(t.Context(), &n); ok {
		t.Error("there is one more turn than messages")
	}
}

func TestWaitFor(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{"3": 3 * time.Second, "0": 0, "": time.Second, "soon": time.Second, "-1": time.Second, "9999": time.Minute,
		now.Add(5 * time.Second).Format(http.TimeFormat): 5 * time.Second, now.Add(-time.Hour).Format(http.TimeFormat): 0} {
		if got := waitFor(text, now); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// The agreement decides what buyers do and what readers do.
func TestDeeds(t *testing.T) {
	d := deedsOf(scoring.DefaultModel())
	names := func(of []deed) map[string]bool {
		m := map[string]bool{}
		for _, one := range of {
			m[one.name] = true
		}
		return m
	}
	if buying := names(d.buying); !buying[`"Demo Requested"`] || !buying[`"Products Compared"`] || buying[`"Webinar Viewed"`] {
		t.Errorf("buyers do %v", buying)
	}
	if diff := cmp.Diff(map[string]bool{`"Page Viewed"`: true, `"Webinar Viewed"`: true, `"Case Study Viewed"`: true, `"Email Link Clicked"`: true, `"Email Opened"`: true}, names(d.reading)); diff != "" {
		t.Error(diff)
	}
	if d.raise == nil || d.raise.name != `"Demo Requested"` {
		t.Errorf("a hand-raise is %v", d.raise)
	}
	if p := fulfil([]scoring.Condition{{Field: "path", Op: scoring.OpStartsWith, Value: "/pricing"}, {Field: "plan", Op: scoring.OpOneOf, Value: []any{"Team", "Pro"}}}); p["path"] != "/pricing" || p["plan"] != "Team" {
		t.Errorf("got %v", p)
	}
}

// With more skew the first leads have more of the traffic, and nobody is outside.
func TestSkew(t *testing.T) {
	share := func(skew float64) float64 {
		c, rng, first := newCrowd(options{Leads: 1000, Skew: skew}), rand.New(rand.NewPCG(1, 2)), 0
		for range 20_000 {
			if n := c.anybody(rng); n < 0 || n >= 1000 {
				t.Fatalf("lead %d", n)
			} else if n < 100 {
				first++
			}
		}
		return float64(first) / 20_000
	}
	if even, half := share(0), share(0.5); even < 0.08 || even > 0.12 || half < 0.28 || half > 0.36 {
		t.Errorf("the first tenth has %.2f and %.2f", even, half)
	}
}
