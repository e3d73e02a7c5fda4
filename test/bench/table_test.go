package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// The table holds medians against each other and stands in columns.
func TestTable(t *testing.T) {
	r := newResults()
	r.rates = map[kind][]float64{plainInserts: {90_000, 120_000, 100_000}, naiveSingle: {5_000, 6_000, 4_000}, single: {14_000, 13_000, 15_000}, batches: {40_000, 20_000, 60_000}}
	r.memory, r.where = []float64{100e6, 110e6, 105e6}, "2 × a machine"
	r.halfBatch.Claim = &latency{Count: 9, P50: 1.5, P99: 12, P999: 13}
	r.errors["status 429"] = 3
	text := (&bench{options: options{rounds: 3}, results: r}).table()
	for _, want := range []string{"100 000/s (90 000 to 120 000)", "0.050 of limit", "0.14 of limit", "2.80 of naive", "0.40 of limit", "p50 1.5, p99 12.0, p99.9 13.0 ms", "100, 110, 105 MB", "1.05 of start", "status 429: 3"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	_, table, _ := strings.Cut(text, "\n\n")
	width := 0
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		if n := utf8.RuneCountInString(line); width != 0 && n != width {
			t.Errorf("not as wide as the others: %s", line)
		} else {
			width = n
		}
	}
}
