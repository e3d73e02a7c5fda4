package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/test/bench/crowd"
)

// The live table holds ours against its peers, and says what was left out.
func TestLiveTable(t *testing.T) {
	b := &bench{options: options{liveRounds: 3, watchers: 1000}, liveResults: liveResults{
		fans: map[string]*fanOut{
			raw:  {cost: []float64{5, 4, 6}, p50: []float64{4}, p99: []float64{10}, idle: []float64{1000}},
			ours: {cost: []float64{7}, p50: []float64{5}, p99: []float64{9}, idle: []float64{16_400}},
		},
		stuck:   map[int]*stuckAmong{0: {p99: []float64{20}, of50: []float64{1}, of99: []float64{1}}, 1: {p99: []float64{20.4}, of50: []float64{1.02}, of99: []float64{1.02}}, 50: {p99: []float64{19}, of50: []float64{0.95}, of99: []float64{0.95}}, 500: {p99: []float64{30}, of50: []float64{1.5}, of99: []float64{1.5}, closed: []float64{500}, left: []float64{0}}},
		whole:   wholeWay{claim: crowd.Latency{P50: 60, P99: 88}, across: crowd.Latency{P50: 11, P99: 33}, most: most{watchers: 10_000, seen: 10_000}, storm: storm{watchers: 5000, back: []float64{1, 3.25}}},
		leftOut: "there is no network",
	}}
	b.where = "2 × a machine"
	text := b.liveTable()
	for _, want := range []string{"1.40 × it", "0.90 × it", "16.4 kB", "+2.0 % (+2 to +2)", "-5.0 %", "+50.0 %", "500; +0, +0.0 MB", "p50 60, p99 88 ms", "p50 11, p99 33 ms", "3.2 s", "10000 up to date", "Left out: mercure and centrifuge: there is no network"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	var names []string
	for name := range b.pictures() {
		names = append(names, name)
	}
	if len(names) != 6 {
		t.Errorf("the pictures are %v", names)
	}
}

// A row that shows a later activity of its lead shows the earlier ones with it.
func TestLags(t *testing.T) {
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	all := []sent{{0, 98, at(1000)}, {0, 99, at(1010)}, {0, 100, at(1020)}, {1, 5, at(1000)}, {1, 6, at(1100)}}
	seen := []shown{{"a", "99", 1060}, {"a", "100", 1110}, {"b", "5", 990}}
	times, missing := lags(all, seen, []string{"a", "b"})
	if want := []float64{60, 50, 90, 0}; !cmp.Equal(times, want) || missing != 1 {
		t.Errorf("%v and %d missing, want %v and 1", times, missing, want)
	}
}
