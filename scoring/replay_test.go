package scoring

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// replay derives rules anew from all activities as who reads them from a store
// does, and returns how many it read.
func replay(s *Scorer, l Ledger, rules []string, all []Activity) (read int) {
	all = slices.SortedFunc(slices.Values(all), func(a, b Activity) int { return compareMoments(b.At, b.ID, a.At, a.ID) })
	p := s.Replay(rules, time.Time{})
	events := p.Events()
	for i, a := range all {
		if i%100 == 0 {
			events = p.Events()
		}
		if slices.Contains(events, Fold(a.Event)) {
			p.Add(a)
			read++
		}
	}
	p.Into(l)
	return read
}

var exceptCount = cmpopts.IgnoreFields(Accumulator{}, "Count")

// Who does the same ten thousand times has the score that all of it makes, although
// most of it is not looked at.
func TestReplayOfVeryMuch(t *testing.T) {
	const often = 10_000
	less := 0
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 23))
		s := mustCompile(t, randomModel(rng))
		all := manyActivities(rng, often, at(0), at(pick(rng, 1.0, 1000, 100_000, 10_000_000)))
		want, got := s.Derive(all), Ledger{}
		if replay(s, got, nil, all) < often/2 {
			less++
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(near), exceptCount); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
	}
	if less < 2 {
		t.Errorf("only %d of them were spared to look at everything", less)
	}
}

func TestReplayLooksAtWhatMatters(t *testing.T) {
	pages := func(n int, path string, each time.Duration) []Activity {
		all := make([]Activity, n)
		for i := range all {
			all[i] = Activity{ID: fmt.Sprintf("%s%07d", path, i), Event: "Page Viewed", Properties: map[string]any{"path": path}, At: monday.Add(time.Duration(i) * each)}
		}
		return all
	}
	prices := Rule{When: on("Page Viewed"), Points: 10, Cap: ptr(30), OncePer: 30}
	prices.When[0].Where = where("path", OpStartsWith, "/pricing")
	tests := []struct {
		name  string
		rule  Rule
		all   []Activity
		most  int // that may be looked at
		exact bool
	}{
		{"a cap that is reached", Rule{When: on("Page Viewed"), Points: 1, Cap: ptr(5)}, pages(60_000, "/", time.Second), looksAtLeast + 100, true},
		{"a cap that is reached by what does not count each time", prices, pages(60_000, "/pricing", 31*time.Minute), looksAtLeast + 100, true},
		{"what has faded", Rule{When: on("Page Viewed"), Points: 1}, pages(10_000, "/", 24*time.Hour), 2000, true},
		{"without a pause", prices, pages(60_000, "/pricing", time.Second), looksAtMost + 100, false},
		{"nothing that fires it", prices, pages(60_000, "/", time.Second), looksAtMost + 100, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := DefaultModel()
			tt.rule.ID, tt.rule.Label = "r", "did it"
			m.Behaviour = []Rule{tt.rule}
			s := mustCompile(t, m)
			before := Accumulator{Value: 1, Count: 70_000, LastAt: monday, LastID: "x"}
			l := Ledger{"r": before}
			if n := replay(s, l, []string{"r"}, tt.all); n > tt.most {
				t.Errorf("looked at %d", n)
			}
			want := Ledger{"r": before} // what came late came too late
			if tt.exact {
				want = s.Derive(tt.all)
			}
			if diff := cmp.Diff(want, l, cmp.Comparer(near), exceptCount); diff != "" || l["r"].Count != 70_000 {
				t.Errorf("%d counted (-want +got):\n%s", l["r"].Count, diff)
			}
		})
	}
}

func TestReplayOfWhatCameAfter(t *testing.T) {
	s := mustCompile(t, oneRule(0, Rule{Points: 1, Cap: ptr(100)}))
	p := s.Replay(nil, at(4))
	for i, a := range slices.Backward(did(1, 2, 3, 4, 5, 6)) {
		if events := p.Events(); (len(events) == 0) != (i < 3) {
			t.Errorf("before %d: wants %v", i+1, events)
		}
		p.Add(a)
	}
	l := Ledger{}
	if p.Into(l); l["r"].Count != 2 || math.Abs(l["r"].Value-2) > 0 {
		t.Errorf("%+v", l)
	}
}
