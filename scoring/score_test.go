package scoring

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func ledgerOf(s *Scorer, events ...string) Ledger {
	l := Ledger{}
	for i, e := range events {
		s.Add(l, Activity{ID: string(rune('a' + i)), Event: e, At: monday})
	}
	return l
}

// fitOf is a fit of so many points, before the limit.
func fitOf(s *Scorer, points float64) Fit {
	return Fit{Points: points, Counted: min(points, s.fitLimit)}
}

func TestTheDefaultModelDoesWhatItsPageSays(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	tests := []struct {
		name   string
		events []string
		fit    float64
		total  float64
		intent float64
		tier   Tier
		ready  bool
	}{
		{"two comparisons and a pricing view at fit 0", []string{"Products Compared", "Products Compared", "Pricing Viewed"}, 0, 50, 50, Warm, true},
		{"comparison and pricing at fit 25", []string{"Products Compared", "Pricing Viewed"}, 25, 55, 30, Warm, true},
		{"all the content in the world at fit 33", repeat(20, "Webinar Viewed", "Case Study Viewed", "Email Link Clicked", "Email Opened", "Page Viewed"), 33, 71, 0, Warm, false},
		{"fit counts up to 70 % of the threshold", nil, 40, 33.6, 0, None, false},
		{"a demo request and a comparison", []string{"Demo Requested", "Products Compared"}, 15, 75, 60, Hot, true},
		{"everything at once is on fire", []string{"Demo Requested", "Contact Sales Requested", "Trial Started", "Products Compared"}, 0, 130, 130, Fire, true},
		{"a careers page cools", []string{"Products Compared", "Products Compared", "Careers Viewed", "Careers Viewed"}, 10, 35, 40, None, false},
		{"replies and chats each have their own cap", repeat(3, "Replied", "Chat Started"), 0, 60, 60, Warm, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sc := s.Score(ledgerOf(s, tt.events...), fitOf(s, tt.fit), monday)
			if !near(sc.Total, tt.total) || !near(sc.Intent, tt.intent) || sc.Tier != tt.tier || s.Ready(sc) != tt.ready {
				t.Errorf("got %+v, ready %v; want total %v, intent %v, %s, ready %v", sc, s.Ready(sc), tt.total, tt.intent, tt.tier, tt.ready)
			}
			if sc.Total != sc.Fit+sc.Engagement {
				t.Errorf("total %v is not fit %v + engagement %v", sc.Total, sc.Fit, sc.Engagement)
			}
		})
	}
}

func repeat(n int, events ...string) (out []string) {
	for range n {
		out = append(out, events...)
	}
	return out
}

func TestScoreDecaysWithTheHalfLife(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	l := ledgerOf(s, "Demo Requested")
	for days, want := range map[float64]float64{0: 40, 7: 40 * math.Sqrt2 / 2, 14: 20, 28: 10, 140: 40.0 / 1024, -3: 40, 1e6: 0} {
		got := s.Score(l, Fit{}, monday.Add(time.Duration(math.Min(days, 1e5)*24)*time.Hour)).Total
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("after %v days: %v, want %v", days, got, want)
		}
	}
}

func TestIntentCanBeTurnedOff(t *testing.T) {
	m := DefaultModel()
	m.IntentPoints = 0
	s := mustCompile(t, m)
	if !s.Ready(Score{Total: 48, Intent: -15}) {
		t.Error("intent_points 0 asks for no intent")
	}
}

func TestTiers(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	for total, want := range map[float64]Tier{-40: None, 47.99: None, 48: Warm, 74.99: Warm, 75: Hot, 120: Fire, 1e6: Fire} {
		if got := s.TierOf(total); got != want {
			t.Errorf("%v is %s, want %s", total, got, want)
		}
	}
	for i, tier := range []Tier{None, Warm, Hot, Fire} {
		if tier.Rank() != i {
			t.Errorf("%s ranks %d, want %d", tier, tier.Rank(), i)
		}
	}
}

func TestColdAt(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	noDecay := DefaultModel()
	noDecay.HalfLifeDays = 0
	forever := mustCompile(t, noDecay)
	lasting := DefaultModel()
	lasting.HalfLifeDays = 30000
	slow := mustCompile(t, lasting)
	fifty := ledgerOf(s, "Products Compared", "Products Compared", "Pricing Viewed")
	tests := []struct {
		name  string
		s     *Scorer
		l     Ledger
		fit   float64
		share float64
		days  float64 // from monday; -1 = never
	}{
		{"fifty points at fit 0 cool in 2.95 days", s, fifty, 0, 0.9, 14 * math.Log2(50/43.2)},
		{"fit makes it slower", s, fifty, 20, 0.9, 14 * math.Log2(50/23.2)},
		{"fit alone over the bar never cools", s, fifty, 33, 0.6, -1},
		{"already", s, fifty, -10, 0.9, 0},
		{"nothing decays", forever, fifty, 0, 0.9, -1},
		{"nothing decays, already", forever, Ledger{}, 0, 0.9, 0},
		{"negative engagement only rises", s, ledgerOf(s, "Careers Viewed"), 33, 0.3, -1},
		{"in 87 years", slow, fifty, 0, 0.5, 30000 * math.Log2(50.0/24)},
		{"in more than a hundred years", slow, fifty, 0, 0.3, -1},
		{"not before the newest activity", s, fifty, 0, 50.0 / 48, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.s.ColdAt(tt.l, fitOf(tt.s, tt.fit), tt.share, monday)
			if ok != (tt.days >= 0) {
				t.Fatalf("got %v, %v; want %v days", got, ok, tt.days)
			}
			if want := monday.Add(time.Duration(tt.days * 24 * float64(time.Hour))); ok && got.Sub(want).Abs() > 10*time.Millisecond {
				t.Errorf("got %v, want %v", got, want)
			}
		})
	}
}

// TestColdAtIsTheFirstMomentUnderTheBar holds the closed form against Score.
func TestColdAtIsTheFirstMomentUnderTheBar(t *testing.T) {
	found := 0
	for seed := range uint64(3000) {
		rng := rand.New(rand.NewPCG(seed, 3))
		s := mustCompile(t, randomModel(rng))
		l := s.Derive(randomStream(rng))
		fit := fitOf(s, float64(rng.IntN(40)-10))
		now := at(rng.Float64() * 3000)
		share := rng.Float64()
		cold, ok := s.ColdAt(l, fit, share, now)
		if !ok {
			for _, later := range []time.Duration{0, time.Hour, 1000 * time.Hour, 100_000 * time.Hour} {
				moment := now.Add(later)
				for _, acc := range l {
					if acc.LastAt.After(moment) {
						moment = acc.LastAt
					}
				}
				if sc := s.Score(l, fit, moment); sc.Total < share*48 {
					t.Fatalf("seed %d: never, but %v at %v", seed, sc.Total, moment)
				}
			}
			continue
		}
		if sc := s.Score(l, fit, cold); sc.Total >= share*48 {
			t.Fatalf("seed %d: %v at %v is not under %v", seed, sc.Total, cold, share*48)
		}
		if before := cold.Add(-2 * time.Millisecond); before.After(now) && !newer(l, before) {
			found++
			if sc := s.Score(l, fit, before); sc.Total < share*48-1e-9 {
				t.Fatalf("seed %d: was under before %v", seed, cold)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d leads cooled: the test proves little", found)
	}
}

func newer(l Ledger, than time.Time) bool {
	for _, acc := range l {
		if acc.LastAt.After(than) {
			return true
		}
	}
	return false
}

func TestSignalsExplainTheScore(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	l := Ledger{}
	for _, a := range []Activity{
		{ID: "1", Event: "demo requested ", At: at(0)},
		{ID: "2", Event: "Products Compared", At: at(1), Properties: map[string]any{"products": []any{"Pro", "Team"}}},
		{ID: "3", Event: "Page Viewed", At: at(2), Properties: map[string]any{"path": "/Pricing/teams"}},
		{ID: "4", Event: "Webinar Viewed", At: at(3), Properties: map[string]any{"title": "Spread spectrum"}},
		{ID: "5", Event: "Careers Viewed", At: at(4)},
	} {
		s.Add(l, a)
	}
	fit := s.Fit(Traits{"title": "VP Operations", "employees": "240", "email_kind": "business", "country": "DE"})
	if diff := cmp.Diff(Fit{Points: 30, Counted: 30, Rules: []string{"title_top", "employees_50_1000", "email_business"}}, fit); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, g := range s.Signals(l, fit, at(4)) {
		got = append(got, g.Text())
	}
	want := []string{
		"requested a demo", "compared Pro with Team", "looked at careers", "C-level, VP or head",
		"50–1,000 people", "looked at pricing", "business mail", "webinar “Spread spectrum”", "visited the site",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	first := s.Signals(l, fit, at(0))[0]
	if diff := cmp.Diff(Signal{Rule: "demo_requested", Label: "requested a demo", Points: 40, Count: 1, LastAt: at(0), Intent: true, HandRaise: true}, first); diff != "" {
		t.Error(diff)
	}
}

func TestSignalsNameWhatTheFitLimitCutsOff(t *testing.T) {
	m := DefaultModel()
	m.FitLimit = ptr(0.25)
	s := mustCompile(t, m)
	fit := s.Fit(Traits{"title": "CTO"})
	got := s.Signals(Ledger{}, fit, monday)
	want := []Signal{
		{Rule: "title_top", Label: "C-level, VP or head", Points: 15, Fit: true},
		{Rule: FitLimitRule, Label: "fit counts up to 12 points", Points: -3, Fit: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSignalsAddUpToTheScore(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 5))
		m := randomModel(rng)
		m.Fit = defaultFit()
		m.FitLimit = pick(rng, nil, ptr(0), ptr(0.1), ptr(0.7))
		s := mustCompile(t, m)
		l := s.Derive(randomStream(rng))
		fit := s.Fit(Traits{"title": pick(rng, "CEO", "Intern", ""), "employees": rng.IntN(100), "email_kind": "business"})
		now := at(rng.Float64() * 5000)
		sum, strongest := 0.0, math.Inf(1)
		for _, g := range s.Signals(l, fit, now) {
			if sum += g.Points; math.Abs(g.Points) > strongest {
				t.Fatalf("seed %d: %s is out of order", seed, g.Rule)
			}
			strongest = math.Abs(g.Points)
		}
		if total := s.Score(l, fit, now).Total; math.Abs(sum-total) > 1e-9 {
			t.Fatalf("seed %d: signals make %v, the score is %v", seed, sum, total)
		}
	}
}

// TestColdAtNeverWakesTooEarly where fit lies a rounding error under the bar,
// and engagement has to fade below what can be told apart.
func TestColdAtNeverWakesTooEarly(t *testing.T) {
	s := mustCompile(t, DefaultModel())
	l := ledgerOf(s, "Demo Requested")
	for _, short := range []float64{1e-3, 1e-9, 1e-14, 7.2e-15} {
		fit := Fit{Points: 24 - short, Counted: 24 - short}
		cold, ok := s.ColdAt(l, fit, 0.5, monday)
		if !ok {
			t.Fatalf("%v under the bar: never", short)
		}
		if sc := s.Score(l, fit, cold); sc.Total >= 24 {
			t.Errorf("%v under the bar: still %v at %v", short, sc.Total, cold)
		}
	}
}
