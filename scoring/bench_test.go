package scoring

import (
	"fmt"
	"testing"
	"time"
)

// busyLedger is of a lead that has done everything the default model knows.
func busyLedger(s *Scorer) Ledger {
	l := Ledger{}
	for i, e := range s.Events() {
		s.Add(l, Activity{ID: fmt.Sprint(i), Event: e, At: monday})
	}
	return l
}

func BenchmarkAdd(b *testing.B) {
	s := mustCompile(b, DefaultModel())
	l := busyLedger(s)
	a := Activity{ID: "x", Event: "Page Viewed", Properties: map[string]any{"path": "/pricing"}, At: monday}
	b.ReportAllocs()
	for b.Loop() {
		a.At = a.At.Add(time.Minute)
		s.Add(l, a)
	}
}

func BenchmarkScore(b *testing.B) {
	s := mustCompile(b, DefaultModel())
	l := busyLedger(s)
	fit := s.Fit(Traits{"title": "VP Sales", "employees": 200.0})
	at := monday.Add(50 * time.Hour)
	b.ReportAllocs()
	for b.Loop() {
		s.Score(l, fit, at)
	}
}

func BenchmarkSignals(b *testing.B) {
	s := mustCompile(b, DefaultModel())
	l := busyLedger(s)
	fit := s.Fit(Traits{"title": "VP Sales", "employees": 200.0})
	b.ReportAllocs()
	for b.Loop() {
		s.Signals(l, fit, monday)
	}
}

func BenchmarkFit(b *testing.B) {
	s := mustCompile(b, DefaultModel())
	traits := Traits{"title": "VP Sales", "employees": 200.0, "email_kind": "business"}
	b.ReportAllocs()
	for b.Loop() {
		s.Fit(traits)
	}
}

// TestScoreAllocatesNothing, because the board re-ranks from it each minute.
func TestScoreAllocatesNothing(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	l := busyLedger(s)
	if n := testing.AllocsPerRun(100, func() { s.Score(l, Fit{}, monday) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
