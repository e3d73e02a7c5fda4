package sla

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// parsed is a calendar of Berlin, Monday to Friday 09:00 to 17:30, with more in it.
func parsed(t *testing.T, more string) *Calendar {
	t.Helper()
	day := `[["09:00","17:30"]]`
	cal, err := ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"mon":` + day + `,"tue":` + day + `,"wed":` + day + `,"thu":` + day + `,"fri":` + day + `}` + more + `}`))
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// 2026-11-16 is a Monday, 2026-11-20 a Friday.
func TestRecompute(t *testing.T) {
	hot := func(minutes float64) Policy {
		p := DefaultPolicy()
		p.Targets = Targets{"warm": p.Targets["warm"], "fire": p.Targets["fire"], "hot": {Claim: minutes, Decision: 60, Touch: 60}}
		return p
	}
	lunch := `,"breaks":{"2026-11-17":[["10:20","11:00"]]}`
	holiday := `,"holidays":["2026-11-18"]`
	for _, tt := range []struct {
		name     string
		tier     string
		asked    string
		before   func(*Calendar, Clock) Clock // what happened to it
		policy   Policy
		calendar string
		now      string
		want     State // recorded by then
		risk     string
		due      string
		moved    bool
	}{
		{"nothing changed", "hot", "2026-11-17 10:00", nil, hot(30), "", "2026-11-17 10:10", OnTime, "2026-11-17 10:22:30", "2026-11-17 10:30", false},
		{"a break comes in between", "hot", "2026-11-17 10:00", nil, hot(30), lunch, "2026-11-17 10:10", OnTime, "2026-11-17 11:02:30", "2026-11-17 11:10", true},
		{"a holiday tomorrow", "hot", "2026-11-17 17:20", nil, hot(30), holiday, "2026-11-17 17:25", OnTime, "2026-11-19 09:12:30", "2026-11-19 09:20", true},
		{"a longer target", "hot", "2026-11-17 10:00", nil, hot(60), "", "2026-11-17 10:10", OnTime, "2026-11-17 10:45", "2026-11-17 11:00", true},
		{"a shorter target", "hot", "2026-11-17 10:00", nil, hot(20), "", "2026-11-17 10:10", OnTime, "2026-11-17 10:15", "2026-11-17 10:20", true},
		{"shorter than what is used: due now, not earlier", "hot", "2026-11-17 10:00", nil, hot(5), "", "2026-11-17 10:10", OnTime, "2026-11-17 10:10", "2026-11-17 10:10", true},
		{"at risk stays at risk", "hot", "2026-11-17 10:00", nil, hot(60), "", "2026-11-17 10:25", AtRisk, "2026-11-17 10:22:30", "2026-11-17 11:00", true},
		{"breached stays breached", "hot", "2026-11-17 10:00", nil, hot(60), "", "2026-11-17 10:31", Breached, "2026-11-17 10:22:30", "2026-11-17 10:30", false},
		{"arrived on Saturday, which is open now", "hot", "2026-11-21 10:00", nil, hot(30), `,"shifts":{"2026-11-21":[["09:00","12:00"]]}`, "2026-11-21 10:10", OnTime, "2026-11-21 10:45", "2026-11-21 11:00", true},
		{"hotter, and the hotter tier's target stays", "warm", "2026-11-17 10:00", func(cal *Calendar, c Clock) Clock {
			c, err := DefaultPolicy().Hotter(cal, c, "fire", at(t, berlin, "2026-11-17 10:10"))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}, hot(60), "", "2026-11-17 10:12", OnTime, "2026-11-17 10:17:30", "2026-11-17 10:20", false},
		{"hotter, then a break", "warm", "2026-11-17 10:00", func(cal *Calendar, c Clock) Clock {
			c, err := DefaultPolicy().Hotter(cal, c, "hot", at(t, berlin, "2026-11-17 10:10"))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}, hot(30), lunch, "2026-11-17 10:12", OnTime, "2026-11-17 11:12:30", "2026-11-17 11:20", true},
		{"released: what was used before stays used", "hot", "2026-11-17 09:00", func(cal *Calendar, c Clock) Clock {
			c, err := DefaultPolicy().Resume(cal, c.Stop(cal, at(t, berlin, "2026-11-17 09:10"), ""), at(t, berlin, "2026-11-17 10:10"))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}, hot(30), lunch, "2026-11-17 10:12", OnTime, "2026-11-17 11:02:30", "2026-11-17 11:10", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cal, now := parsed(t, ""), at(t, berlin, tt.now)
			clock := start(t, Claim, tt.tier, tt.asked, 0)
			if tt.before != nil {
				clock = tt.before(cal, clock)
			}
			got, states, err := tt.policy.Recompute(parsed(t, tt.calendar), clock, "another day", now, now)
			if err != nil {
				t.Fatal(err)
			}
			want := clock
			want.Target, want.StartedAt, want.Used = got.Target, got.StartedAt, got.Used
			want.RiskAt, want.DueAt = at(t, berlin, tt.risk), at(t, berlin, tt.due)
			if tt.want != OnTime {
				want.AtRiskAt = want.RiskAt
			}
			if tt.want == Breached {
				want.BreachedAt = want.DueAt
			}
			if tt.moved {
				want = want.with(Change{What: Recomputed, At: now, DueFrom: clock.DueAt, DueTo: want.DueAt, Cause: "another day"})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the clock (-want +got):\n%s", diff)
			}
			if n := map[State]int{OnTime: 0, AtRisk: 1, Breached: 2}[tt.want]; len(states) != n {
				t.Errorf("it became %v, want %d states", states, n)
			}
			again, states, err := tt.policy.Recompute(parsed(t, tt.calendar), got, "another day", now, now)
			if err != nil || !cmp.Equal(again, got) && got.DueAt.After(now) || len(states) > 0 && got.DueAt.After(now) {
				t.Errorf("computed again it is %+v, %v, %v", again, states, err)
			}
		})
	}
	stopped := start(t, Claim, "hot", "2026-11-17 10:00", 0).Stop(parsed(t, ""), at(t, berlin, "2026-11-17 10:01"), "")
	got, states, err := hot(5).Recompute(parsed(t, lunch), stopped, "", at(t, berlin, "2026-11-17 10:02"), at(t, berlin, "2026-11-17 10:02"))
	if err != nil || !cmp.Equal(got, stopped) || states != nil {
		t.Errorf("a stopped clock changes: %+v, %v (%v)", got, states, err)
	}
}

// What is due after the change was heard of is due by the new promise.
func TestRecomputeBeforeTheOldDueTimeIsRecorded(t *testing.T) {
	now := at(t, berlin, "2026-11-17 10:30:10")
	clock := start(t, Claim, "hot", "2026-11-17 10:00", 0)
	clock.AtRiskAt = clock.RiskAt
	got, states, err := DefaultPolicy().Recompute(parsed(t, `,"breaks":{"2026-11-17":[["10:20","11:00"]]}`), clock, "", now.Add(-time.Minute), now)
	if err != nil || len(states) > 0 || !got.DueAt.Equal(at(t, berlin, "2026-11-17 11:10")) || !got.BreachedAt.IsZero() {
		t.Errorf("due at %v, %v (%v), want 11:10", got.DueAt, states, err)
	}
}
