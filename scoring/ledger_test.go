package scoring

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var monday = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func mustCompile(t testing.TB, m Model) *Scorer {
	t.Helper()
	s, err := Compile(m)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return s
}

// oneRule is a model of a single rule for the event "E".
func oneRule(halfLife float64, r Rule) Model {
	m := DefaultModel()
	m.HalfLifeDays, m.Fit = halfLife, nil
	r.ID, r.Label, r.When = "r", "did it", on("E")
	m.Behaviour = []Rule{r}
	return m
}

func at(minutes float64) time.Time {
	return monday.Add(time.Duration(minutes * float64(time.Minute)))
}

// did are activities "E" at minutes after monday, with ids in their order.
func did(minutes ...float64) []Activity {
	var all []Activity
	for i, m := range minutes {
		all = append(all, Activity{ID: fmt.Sprintf("m%02d", i), Event: "E", At: at(m)})
	}
	return all
}

func TestDeriveKeepsCapsAndWindows(t *testing.T) {
	const day = 24 * 60
	tests := []struct {
		name     string
		halfLife float64
		rule     Rule
		minutes  []float64
		value    float64
		count    int
		last     float64
	}{
		{"one activity", 14, Rule{Points: 10}, []float64{0}, 10, 1, 0},
		{"points halve in a half-life, then more are added", 14, Rule{Points: 10}, []float64{0, 14 * day}, 15, 2, 14 * day},
		{"no half-life, no decay", 0, Rule{Points: 10}, []float64{0, 1000 * day}, 20, 2, 1000 * day},
		{"a cap clips each addition", 14, Rule{Points: 10, Cap: ptr(15)}, []float64{0, 0, 14 * day}, 15, 3, 14 * day},
		{"what was clipped does not come back", 14, Rule{Points: 10, Cap: ptr(12)}, []float64{0, 0, 28 * day}, 12, 3, 28 * day},
		{"decay makes room under the cap", 14, Rule{Points: 10, Cap: ptr(20)}, []float64{0, 0, 14 * day}, 20, 3, 14 * day},
		{"a cap holds negative points by absolute value", 14, Rule{Points: -15, Cap: ptr(20)}, []float64{0, 0}, -20, 2, 0},
		{"the sign of a cap says nothing", 14, Rule{Points: -15, Cap: ptr(-20)}, []float64{0, 0}, -20, 2, 0},
		{"a cap under the points", 14, Rule{Points: 10, Cap: ptr(4)}, []float64{0}, 4, 1, 0},
		{"a cap of nothing", 14, Rule{Points: 10, Cap: ptr(0)}, []float64{0, 5}, 0, 2, 5},
		{"once in a window", 0, Rule{Points: 10, OncePer: 30}, []float64{0, 10, 29.999}, 10, 1, 0},
		{"a window ends before its end", 0, Rule{Points: 10, OncePer: 30}, []float64{0, 30}, 20, 2, 30},
		{"what doesn't count opens no window", 0, Rule{Points: 10, OncePer: 30}, []float64{0, 20, 40, 60, 70}, 30, 3, 70},
		{"windows of a fraction of a minute", 0, Rule{Points: 10, OncePer: 0.5}, []float64{0, 0.25, 0.5}, 20, 2, 0.5},
		{"windows and caps together", 0, Rule{Points: 10, OncePer: 30, Cap: ptr(15)}, []float64{0, 30, 60}, 15, 3, 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			acc := mustCompile(t, oneRule(tt.halfLife, tt.rule)).Derive(did(tt.minutes...))["r"]
			if !near(acc.Value, tt.value) || acc.Count != tt.count || !acc.LastAt.Equal(at(tt.last)) {
				t.Errorf("got %v points, %d counted, last at %v; want %v, %d, %v",
					acc.Value, acc.Count, acc.LastAt, tt.value, tt.count, at(tt.last))
			}
		})
	}
}

func TestAddSaysWhatIsTooLateToAdd(t *testing.T) {
	tests := []struct {
		name     string
		halfLife float64
		rule     Rule
		minutes  []float64 // in order of arrival; the last one is asked about
		late     bool
	}{
		{"no cap", 14, Rule{Points: 10}, []float64{60, 0}, false},
		{"a cap that all together don't reach", 14, Rule{Points: 10, Cap: ptr(20)}, []float64{60, 0}, false},
		{"a cap that may have clipped", 14, Rule{Points: 10, Cap: ptr(25)}, []float64{60, 120, 0}, true},
		{"a cap that is reached anyway", 14, Rule{Points: 10, Cap: ptr(20)}, []float64{60, 60, 0}, false},
		{"a cap without decay", 0, Rule{Points: 10, Cap: ptr(25)}, []float64{60, 120, 0}, false},
		{"a cap, of the same moment", 14, Rule{Points: 10, Cap: ptr(25)}, []float64{0, 60, 60}, false},
		{"once_per, before the window", 14, Rule{Points: 10, OncePer: 30}, []float64{60, 0}, true},
		{"once_per, in the window", 14, Rule{Points: 10, OncePer: 30}, []float64{60, 80, 70}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, l := mustCompile(t, oneRule(tt.halfLife, tt.rule)), Ledger{}
			all := did(tt.minutes...)
			last := len(all) - 1
			for _, a := range all[:last] {
				s.Add(l, a)
			}
			before := l["r"]
			late := s.Add(l, all[last])
			if tt.late && tt.rule.OncePer == 0 {
				before.Count++
			}
			if slices.Contains(late, "r") != tt.late {
				t.Fatalf("late = %v, want %v", late, tt.late)
			}
			if tt.late {
				if diff := cmp.Diff(before, l["r"]); diff != "" {
					t.Errorf("a rule that is to be derived again was changed:\n%s", diff)
				}
				replay(s, l, late, all)
			}
			compareLedgers(t, l, s.Derive(all))
		})
	}
}

// TestArrivingInAnyOrderGivesTheSameScore is the promise of the ledger, on
// random models, streams and orders, against an oracle that knows none of its tricks.
func TestArrivingInAnyOrderGivesTheSameScore(t *testing.T) {
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 7))
		s := mustCompile(t, randomModel(rng))
		all := randomStream(rng)
		want := s.Derive(all)
		compareLedgers(t, want, oracle(s.Model(), all))

		l := Ledger{}
		pending := map[string]bool{}
		for i, a := range all {
			for _, id := range s.Add(l, a) {
				pending[id] = true
			}
			if len(pending) > 0 && (i == len(all)-1 || rng.IntN(3) == 0) {
				replay(s, l, sortedKeys(pending), all[:i+1])
				clear(pending)
			}
		}
		compareLedgers(t, l, want)
		moment := at(rng.Float64() * 4000)
		fit := Fit{}
		if a, b := s.Score(l, fit, moment).Total, s.Score(want, fit, moment).Total; math.Abs(a-b) > 1e-7 {
			t.Errorf("scores %v and %v", a, b)
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestReplayTouchesOnlyTheNamedRules(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	all := []Activity{{ID: "1", Event: "Demo Requested", At: at(0)}, {ID: "2", Event: "Replied", At: at(1)}}
	l := Ledger{"replied": {Value: 1, Count: 9}, "demo_requested": {Value: 2, Count: 9}, "trial_started": {Value: 3, Count: 1}}
	replay(s, l, []string{"replied", "trial_started"}, all)
	want := Ledger{
		"replied":        {Value: 15, Count: 1, LastAt: at(1), LastID: "2"},
		"demo_requested": {Value: 2, Count: 9},
	}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
}

func TestLedgerRoundTripsThroughJSON(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 1))
		l := mustCompile(t, randomModel(rng)).Derive(randomStream(rng))
		data, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		var back Ledger
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(l, back); diff != "" {
			t.Fatalf("came back different:\n%s", diff)
		}
	}
}

func TestLastAtIsInUTCWithoutMonotonicClock(t *testing.T) {
	s, l := mustCompile(t, oneRule(14, Rule{Points: 1})), Ledger{}
	now := time.Now()
	s.Add(l, Activity{ID: "1", Event: "E", At: now})
	if l["r"].LastAt != now.UTC().Round(0) {
		t.Errorf("kept %#v of %#v", l["r"].LastAt, now)
	}
}

func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b))
}

func compareLedgers(t *testing.T, got, want Ledger) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmp.Comparer(near)); diff != "" {
		t.Errorf("ledgers differ (-want +got):\n%s", diff)
	}
}

func sortedKeys(m map[string]bool) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func pick[T any](rng *rand.Rand, of ...T) T { return of[rng.IntN(len(of))] }

func randomModel(rng *rand.Rand) Model {
	m := DefaultModel()
	m.HalfLifeDays = pick(rng, 0, 1e-9, 0.001, 0.1, 1, 14, 300)
	m.Fit, m.Behaviour = nil, nil
	for i := range 6 {
		r := Rule{
			ID: fmt.Sprint("r", i), Label: "did it", When: on(pick(rng, "A", "B")),
			Points:  pick(rng, 1, 3, 10, 0.1, -15, 0),
			OncePer: pick(rng, 0.0, 0, 5, 30),
			Detail:  pick(rng, "", "did {what}"),
		}
		if rng.IntN(3) > 0 {
			r.Cap = ptr(pick(rng, 0, 2.0, 10, 25, 1000))
		}
		if rng.IntN(2) == 0 {
			r.When = append(r.When, Trigger{Event: "a", Where: where("n", OpAtLeast, 3)})
		}
		m.Behaviour = append(m.Behaviour, r)
	}
	return m
}

// randomStream has many activities of the same moment, and pauses of minutes or days.
func randomStream(rng *rand.Rand) []Activity {
	span := pick(rng, 3.0, 60, 3000)
	all := make([]Activity, rng.IntN(40))
	for i := range all {
		minute := math.Floor(rng.Float64()*span) + pick(rng, 0, 0, 1e-6)
		all[i] = Activity{
			ID: fmt.Sprintf("%03d", i), Event: pick(rng, "A", " b ", "C"), At: at(minute),
			Properties: map[string]any{"n": float64(rng.IntN(6)), "what": fmt.Sprint("thing ", i)},
		}
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// oracle scores by walking over each rule's activities in order, in the words of the product.
func oracle(m Model, all []Activity) Ledger {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Activity) int {
		if a.At.Equal(b.At) {
			if a.ID < b.ID {
				return -1
			}
			return 1
		}
		return int(a.At.Sub(b.At))
	})
	l := Ledger{}
	for _, r := range m.Behaviour {
		var acc Accumulator
		var windowEnd time.Time
		for _, a := range all {
			event := Fold(a.Event)
			fires := event == Fold(r.When[0].Event) || len(r.When) > 1 && event == "a" && a.Properties["n"].(float64) >= 3
			if !fires || a.At.Before(windowEnd) {
				continue
			}
			if r.OncePer > 0 {
				windowEnd = a.At.Add(time.Duration(r.OncePer) * time.Minute)
			}
			if m.HalfLifeDays > 0 {
				acc.Value *= math.Pow(0.5, a.At.Sub(acc.LastAt).Hours()/24/m.HalfLifeDays)
			}
			acc.Value += r.Points
			if r.Cap != nil && math.Abs(acc.Value) > *r.Cap {
				acc.Value = math.Copysign(*r.Cap, acc.Value)
			}
			acc.Count++
			acc.LastAt, acc.LastID, acc.Detail = a.At, a.ID, ""
			if r.Detail != "" {
				acc.Detail = "did " + a.Properties["what"].(string)
			}
		}
		if acc.Count > 0 {
			l[r.ID] = acc
		}
	}
	return l
}
