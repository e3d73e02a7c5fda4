package sla

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const berlin = "Europe/Berlin"

func start(t *testing.T, kind Kind, tier, now string, used time.Duration) Clock {
	t.Helper()
	clock, err := DefaultPolicy().Start(defaultCalendar(t), kind, tier, at(t, berlin, now), used)
	if err != nil {
		t.Fatal(err)
	}
	return clock
}

func defaultCalendar(t *testing.T) *Calendar {
	t.Helper()
	cal, err := DefaultCalendar(berlin)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

// 2026-11-16 is a Monday, 2026-11-20 a Friday.
func TestStart(t *testing.T) {
	tests := []struct {
		name, tier, now string
		kind            Kind
		used            time.Duration
		target          time.Duration
		started         string
		risk, due       string
		waiting         bool
		state           State
	}{
		{name: "claim while open", kind: Claim, tier: "hot", now: "2026-11-17 10:00", target: 30 * time.Minute, started: "2026-11-17 10:00", risk: "2026-11-17 10:22:30", due: "2026-11-17 10:30", state: OnTime},
		{name: "due after the night", kind: Touch, tier: "hot", now: "2026-11-17 17:00", target: time.Hour, started: "2026-11-17 17:00", risk: "2026-11-18 09:15", due: "2026-11-18 09:30", state: OnTime},
		{name: "due on the closing time", kind: Claim, tier: "hot", now: "2026-11-17 17:00", target: 30 * time.Minute, started: "2026-11-17 17:00", risk: "2026-11-17 17:22:30", due: "2026-11-17 17:30", state: OnTime},
		{name: "response is the sum", kind: Response, tier: "fire", now: "2026-11-17 10:00", target: 30 * time.Minute, started: "2026-11-17 10:00", risk: "2026-11-17 10:22:30", due: "2026-11-17 10:30", state: OnTime},
		{name: "arrived on Friday evening, on fire", kind: Claim, tier: "fire", now: "2026-11-20 20:00", target: time.Hour, started: "2026-11-23 09:00", risk: "2026-11-23 09:45", due: "2026-11-23 10:00", waiting: true, state: OnTime},
		{name: "arrived at the closing time", kind: Claim, tier: "hot", now: "2026-11-20 17:30", target: time.Hour, started: "2026-11-23 09:00", risk: "2026-11-23 09:45", due: "2026-11-23 10:00", waiting: true, state: OnTime},
		{name: "arrived on Saturday, warm has longer anyway", kind: Claim, tier: "warm", now: "2026-11-21 20:00", target: 4 * time.Hour, started: "2026-11-23 09:00", risk: "2026-11-23 12:00", due: "2026-11-23 13:00", waiting: true, state: OnTime},
		{name: "response of an arrival while closed has the claim's longer time", kind: Response, tier: "fire", now: "2026-11-20 20:00", target: 80 * time.Minute, started: "2026-11-23 09:00", risk: "2026-11-23 10:00", due: "2026-11-23 10:20", waiting: true, state: OnTime},
		{name: "claimed on Saturday: the decision has its own target", kind: Decision, tier: "fire", now: "2026-11-21 20:00", target: 10 * time.Minute, started: "2026-11-23 09:00", risk: "2026-11-23 09:07:30", due: "2026-11-23 09:10", waiting: true, state: OnTime},
		{name: "goes on with time used", kind: Decision, tier: "hot", now: "2026-11-17 10:00", used: 20 * time.Minute, target: time.Hour, started: "2026-11-17 10:00", risk: "2026-11-17 10:25", due: "2026-11-17 10:40", state: OnTime},
		{name: "goes on at risk", kind: Decision, tier: "hot", now: "2026-11-17 10:00", used: 50 * time.Minute, target: time.Hour, started: "2026-11-17 10:00", risk: "2026-11-17 10:00", due: "2026-11-17 10:10", state: AtRisk},
		{name: "goes on breached", kind: Decision, tier: "hot", now: "2026-11-17 10:00", used: time.Hour, target: time.Hour, started: "2026-11-17 10:00", risk: "2026-11-17 10:00", due: "2026-11-17 10:00", state: Breached},
		{name: "a claim that goes on while closed keeps its plain target", kind: Claim, tier: "fire", now: "2026-11-20 20:00", used: 4 * time.Minute, target: 10 * time.Minute, started: "2026-11-23 09:00", risk: "2026-11-23 09:03:30", due: "2026-11-23 09:06", waiting: true, state: OnTime},
	}
	for _, tier := range []string{"none", ""} { // no tier has its targets, and no report a name for it
		if c := start(t, Decision, tier, "2026-11-17 10:00", 0); c.Tier != "warm" || c.Target != 4*time.Hour {
			t.Errorf("a lead of tier %q is held to %v of %q, want warm's", tier, c.Target, c.Tier)
		}
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now := at(t, berlin, tt.now)
			got := start(t, tt.kind, tt.tier, tt.now, tt.used)
			want := Clock{Kind: tt.kind, Tier: tt.tier, Target: tt.target, Used: tt.used, AskedAt: now,
				StartedAt: at(t, berlin, tt.started), RiskAt: at(t, berlin, tt.risk), DueAt: at(t, berlin, tt.due)}
			if tt.waiting {
				want.WaitingSince = now
			}
			if tt.state != OnTime {
				want.AtRiskAt = now
			}
			if tt.state == Breached {
				want.BreachedAt = now
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the clock differs (-want +got):\n%s", diff)
			}
			if state := got.State(now); state != tt.state {
				t.Errorf("it is %s, want %s", state, tt.state)
			}
			if _, changes := got.Record(now); changes != nil {
				t.Errorf("%v are news at the start", changes)
			}
		})
	}
}

func TestStartRefuses(t *testing.T) {
	cal, now := defaultCalendar(t), at(t, berlin, "2026-11-17 10:00")
	p := DefaultPolicy()
	if _, err := p.Start(cal, "reply", "hot", now, 0); err == nil {
		t.Error("an unknown kind starts a clock")
	}
	if _, err := p.Start(cal, Claim, "tepid", now, 0); err == nil {
		t.Error("an unknown tier starts a clock")
	}
	if _, err := p.Start(cal, Claim, "hot", now, -1); !errors.Is(err, ErrNegative) {
		t.Errorf("negative time used: %v, want ErrNegative", err)
	}
	if _, err := p.Start(cal, Claim, "hot", time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC), 0); !errors.Is(err, ErrTooFar) {
		t.Errorf("at the end of time: %v, want ErrTooFar", err)
	}
	p.Targets["hot"][Claim] = -1
	if _, err := p.Start(cal, Claim, "hot", now, 0); err == nil {
		t.Error("a negative target starts a clock")
	}
}

func TestStatesAreRecordedOnceAtTheirMoment(t *testing.T) {
	clock := start(t, Claim, "hot", "2026-11-17 10:00", 0)
	risk, due := at(t, berlin, "2026-11-17 10:22:30"), at(t, berlin, "2026-11-17 10:30")
	for text, want := range map[string]State{
		"2026-11-17 10:22:29": OnTime, "2026-11-17 10:22:30": AtRisk, "2026-11-17 10:29:59": AtRisk, "2026-11-17 10:30": Breached,
	} {
		if got := clock.State(at(t, berlin, text)); got != want {
			t.Errorf("at %s the clock is %s, want %s", text, got, want)
		}
	}
	if when, state, more := clock.NextChange(); !more || state != AtRisk || !when.Equal(risk) {
		t.Errorf("next change: %s at %s (%v), want at risk at %s", state, when, more, risk)
	}
	if same, changes := clock.Record(risk.Add(-1)); changes != nil || !cmp.Equal(same, clock) {
		t.Errorf("a moment before, %v is recorded", changes)
	}

	atRisk, changes := clock.Record(risk.Add(time.Minute))
	if diff := cmp.Diff([]State{AtRisk}, changes); diff != "" || !atRisk.AtRiskAt.Equal(risk) {
		t.Errorf("recorded %v at %s, want at risk at %s", changes, atRisk.AtRiskAt, risk)
	}
	if _, changes := atRisk.Record(risk.Add(time.Minute)); changes != nil {
		t.Errorf("recorded again: %v", changes)
	}
	if when, state, more := atRisk.NextChange(); !more || state != Breached || !when.Equal(due) {
		t.Errorf("next change: %s at %s (%v), want breached at %s", state, when, more, due)
	}

	late, changes := clock.Record(due.Add(48 * time.Hour))
	if diff := cmp.Diff([]State{AtRisk, Breached}, changes); diff != "" || !late.AtRiskAt.Equal(risk) || !late.BreachedAt.Equal(due) {
		t.Errorf("a late sweep recorded %v at %s and %s, want both at their own moments", changes, late.AtRiskAt, late.BreachedAt)
	}
	if _, _, more := late.NextChange(); more {
		t.Error("a breached clock has a next change")
	}
}

func TestStop(t *testing.T) {
	cal := defaultCalendar(t)
	tests := []struct {
		name, now string
		outcome   Outcome
		want      Outcome
		used      time.Duration
		state     State
	}{
		{"in time", "2026-11-17 17:10", "", Met, 10 * time.Minute, OnTime},
		{"in time, at risk", "2026-11-17 17:25", "", Met, 25 * time.Minute, AtRisk},
		{"a second before due", "2026-11-17 17:29:59", "", Met, 30*time.Minute - time.Second, AtRisk},
		{"at the due moment", "2026-11-17 17:30", "", Missed, 30 * time.Minute, Breached},
		{"at night, after it was due", "2026-11-17 22:00", "", Missed, 30 * time.Minute, Breached},
		{"days later", "2026-11-19 09:30", "", Missed, 9*time.Hour + 30*time.Minute, Breached},
		{"in the CRM, not on the board", "2026-11-19 09:30", Unrecorded, Unrecorded, 9*time.Hour + 30*time.Minute, OnTime},
		{"cancelled", "2026-11-17 17:10", Cancelled, Cancelled, 10 * time.Minute, OnTime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now := at(t, berlin, tt.now)
			got := start(t, Claim, "hot", "2026-11-17 17:00", 0).Stop(cal, now, tt.outcome)
			if got.Outcome != tt.want || got.Used != tt.used || !got.StoppedAt.Equal(now) {
				t.Errorf("stopped as %q after %v at %s, want %q after %v", got.Outcome, got.Used, got.StoppedAt, tt.want, tt.used)
			}
			if state := got.State(now.AddDate(1, 0, 0)); state != tt.state {
				t.Errorf("a year later it is %s, want %s", state, tt.state)
			}
			if _, _, more := got.NextChange(); more {
				t.Error("a stopped clock has a next change")
			}
			if again := got.Stop(cal, now.Add(time.Hour), ""); !cmp.Equal(again, got) {
				t.Error("stopping twice changes it")
			}
		})
	}
	early := start(t, Claim, "hot", "2026-11-20 20:00", 0).Stop(cal, at(t, berlin, "2026-11-21 12:00"), "")
	if early.Outcome != Met || early.Used != 0 {
		t.Errorf("claimed before it counted: %q after %v, want met after 0", early.Outcome, early.Used)
	}
}

func TestResume(t *testing.T) {
	cal, p := defaultCalendar(t), DefaultPolicy()
	claimed := start(t, Claim, "fire", "2026-11-20 20:00", 0).Stop(cal, at(t, berlin, "2026-11-23 09:20"), "")
	released, err := p.Resume(cal, claimed, at(t, berlin, "2026-11-23 11:00"))
	if err != nil {
		t.Fatal(err)
	}
	want := Clock{Kind: Claim, Tier: "fire", Target: time.Hour, Used: 20 * time.Minute, WaitingSince: at(t, berlin, "2026-11-20 20:00"),
		AskedAt: at(t, berlin, "2026-11-20 20:00"), StartedAt: at(t, berlin, "2026-11-23 11:00"), RiskAt: at(t, berlin, "2026-11-23 11:25"), DueAt: at(t, berlin, "2026-11-23 11:40"),
		Changes: []Change{{What: Resumed, At: at(t, berlin, "2026-11-23 11:00"), PausedAt: at(t, berlin, "2026-11-23 09:20"), Used: 20 * time.Minute,
			DueFrom: at(t, berlin, "2026-11-23 10:00"), DueTo: at(t, berlin, "2026-11-23 11:40")}}}
	if diff := cmp.Diff(want, released); diff != "" {
		t.Errorf("a released lead's claim clock differs (-want +got):\n%s", diff)
	}
	if same, err := p.Resume(cal, released, at(t, berlin, "2026-11-23 12:00")); err != nil || !cmp.Equal(same, released) {
		t.Errorf("resuming a running clock changes it (%v)", err)
	}

	missed := released.Stop(cal, at(t, berlin, "2026-11-23 12:00"), "")
	again, err := p.Resume(cal, missed, at(t, berlin, "2026-11-24 10:00"))
	if err != nil {
		t.Fatal(err)
	}
	if again.State(at(t, berlin, "2026-11-24 10:00")) != Breached || !again.BreachedAt.Equal(at(t, berlin, "2026-11-23 11:40")) {
		t.Errorf("after a release the clock is %+v, want breached since 11:40", again)
	}
	if _, changes := again.Record(at(t, berlin, "2026-11-25 10:00")); changes != nil {
		t.Errorf("the breach is told again: %v", changes)
	}
}

// What was hotter before it was claimed is at risk as long before it is due as it was.
func TestResumeWhatWasHotter(t *testing.T) {
	cal, p := defaultCalendar(t), DefaultPolicy()
	hot, err := p.Hotter(cal, start(t, Claim, "warm", "2026-11-17 10:00", 0), "hot", at(t, berlin, "2026-11-17 11:40"))
	if err != nil {
		t.Fatal(err)
	}
	claimed := hot.Stop(cal, at(t, berlin, "2026-11-17 11:45"), "")
	released, err := p.Resume(cal, claimed, at(t, berlin, "2026-11-17 11:46"))
	if err != nil {
		t.Fatal(err)
	}
	if !released.AtRiskAt.IsZero() || !released.RiskAt.Equal(at(t, berlin, "2026-11-17 12:03:30")) || !released.DueAt.Equal(at(t, berlin, "2026-11-17 12:11")) {
		t.Errorf("it is at risk at %v (recorded %v) and due at %v; want 12:03:30 and 12:11", released.RiskAt, released.AtRiskAt, released.DueAt)
	}
	again, _, err := p.Recompute(cal, released, "the same", at(t, berlin, "2026-11-17 11:50"), at(t, berlin, "2026-11-17 11:50"))
	if diff := cmp.Diff(released, again); err != nil || diff != "" {
		t.Errorf("by the same calendar it is another clock (%v; -want +got):\n%s", err, diff)
	}
}

func TestHotter(t *testing.T) {
	tests := []struct {
		name, tier, now string
		to              string
		at              string
		risk, due       string
		target          time.Duration
		becomes         string
	}{
		{"the new target is earlier", "warm", "2026-11-17 10:00", "fire", "2026-11-17 11:00", "2026-11-17 11:07:30", "2026-11-17 11:10", 70 * time.Minute, "fire"},
		{"the old due is earlier", "hot", "2026-11-17 10:00", "fire", "2026-11-17 10:25", "2026-11-17 10:22:30", "2026-11-17 10:30", 30 * time.Minute, "fire"},
		{"the old risk is earlier", "hot", "2026-11-17 10:00", "fire", "2026-11-17 10:18", "2026-11-17 10:22:30", "2026-11-17 10:28", 28 * time.Minute, "fire"},
		{"not hotter", "hot", "2026-11-17 10:00", "warm", "2026-11-17 10:10", "2026-11-17 10:22:30", "2026-11-17 10:30", 30 * time.Minute, "hot"},
		{"the same", "hot", "2026-11-17 10:00", "hot", "2026-11-17 10:10", "2026-11-17 10:22:30", "2026-11-17 10:30", 30 * time.Minute, "hot"},
		{"breached stays breached", "hot", "2026-11-17 10:00", "fire", "2026-11-17 10:30", "2026-11-17 10:22:30", "2026-11-17 10:30", 30 * time.Minute, "fire"},
		{"while closed", "warm", "2026-11-21 10:00", "fire", "2026-11-21 12:00", "2026-11-23 09:45", "2026-11-23 10:00", time.Hour, "fire"},
		{"arrived while closed, hotter when open", "warm", "2026-11-21 10:00", "fire", "2026-11-23 09:05", "2026-11-23 09:12:30", "2026-11-23 09:15", 15 * time.Minute, "fire"},
		{"back below the threshold, hotter again", "none", "2026-11-17 10:00", "hot", "2026-11-17 10:00", "2026-11-17 10:22:30", "2026-11-17 10:30", 30 * time.Minute, "hot"},
		{"below the threshold, over it again", "none", "2026-11-17 10:00", "warm", "2026-11-17 11:00", "2026-11-17 13:00", "2026-11-17 14:00", 4 * time.Hour, "warm"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cal, now := defaultCalendar(t), at(t, berlin, tt.at)
			clock := start(t, Claim, tt.tier, tt.now, 0)
			got, err := DefaultPolicy().Hotter(cal, clock, tt.to, now)
			if err != nil {
				t.Fatal(err)
			}
			want := clock
			want.Tier, want.Target, want.RiskAt, want.DueAt = tt.becomes, tt.target, at(t, berlin, tt.risk), at(t, berlin, tt.due)
			if tt.becomes != clock.Tier {
				want.Changes = []Change{{What: MadeHotter, At: now, TierFrom: clock.Tier, TierTo: tt.becomes, DueFrom: clock.DueAt, DueTo: want.DueAt}}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the hotter clock differs (-want +got):\n%s", diff)
			}
			if passes := cal.Elapsed(got.StartedAt, got.DueAt); passes != got.Target-got.Used {
				t.Errorf("%v to the due moment, the target leaves %v", passes, got.Target-got.Used)
			}
		})
	}
	stopped := start(t, Claim, "hot", "2026-11-17 10:00", 0).Stop(defaultCalendar(t), at(t, berlin, "2026-11-17 10:01"), "")
	if got, err := DefaultPolicy().Hotter(defaultCalendar(t), stopped, "fire", at(t, berlin, "2026-11-17 10:02")); err != nil || !cmp.Equal(got, stopped) {
		t.Errorf("a stopped clock changes: %+v (%v)", got, err)
	}
}
