package lead_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/sla"
)

// What clocks tell of themselves. 2026-11-20 is a Friday; the team is in Berlin and
// open from 9 to 17 on weekdays.
func TestClocksTellTheirStory(t *testing.T) {
	cal, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","17:00"]],"tue":[["09:00","17:00"]],"wed":[["09:00","17:00"]],"thu":[["09:00","17:00"]],"fri":[["09:00","17:00"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	noon, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","12:00"],["14:00","17:00"]],"fri":[["09:00","17:00"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	lunch, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"mon":[["09:00","10:00"],["11:00","17:00"]],"fri":[["09:00","17:00"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	policy := sla.Policy{RiskShare: .75, AfterHoursClaim: 60, Targets: sla.Targets{
		"warm": {sla.Claim: 240, sla.Decision: 30, sla.Touch: 2400}, "hot": {sla.Claim: 15, sla.Decision: 30, sla.Touch: 60}, "fire": {sla.Claim: 10, sla.Decision: 10, sla.Touch: 10}}}
	at := func(text string) time.Time {
		t.Helper()
		v, err := time.ParseInLocation("2006-01-02 15:04", "2026-"+text, cal.Zone())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	must := func(c sla.Clock, err error) sla.Clock {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	start := func(k sla.Kind, tier, when string) sla.Clock {
		t.Helper()
		return must(policy.Start(cal, k, tier, at(when), 0))
	}
	facts := func(c sla.Clock) lead.Clock {
		return lead.Clock{Clock: c, OwnerID: "sam", Policy: "p." + cal.Print(), RiskNotedAt: c.AtRiskAt, BreachNotedAt: c.BreachedAt}
	}
	by := func(c lead.Clock, when string, o sla.Outcome, s lead.Stopped) lead.Clock {
		t.Helper()
		c.Clock = c.Stop(cal, at(when), o)
		c.RiskNotedAt, c.BreachNotedAt, c.Stopped = c.AtRiskAt, c.BreachedAt, s
		return c
	}
	sams := func(m lead.Move) lead.Stopped { return lead.Stopped{Kind: lead.ByPerson, By: "sam", Move: m} }
	friday := start(sla.Claim, "hot", "11-20 16:50")
	monday := start(sla.Claim, "warm", "11-16 10:00")
	crm := lead.Stopped{Kind: lead.ByKey, Move: lead.Opportunity}
	breached, _ := friday.Record(at("11-23 09:05"))
	noted := facts(breached)
	noted.BreachNotedAt = at("11-23 09:40")
	paused := monday.Stop(cal, at("11-16 10:30"), "")
	again := must(policy.Resume(cal, paused, at("11-16 11:00")))
	other := monday
	other, _, err = policy.Recompute(lunch, other, lead.CauseCalendar, at("11-16 09:59"), at("11-16 10:01"))
	if err != nil {
		t.Fatal(err)
	}
	moved := facts(other)
	moved.Policy = "p." + lunch.Print()
	wide := monday
	wide.Changes = []sla.Change{{What: sla.Widened, At: at("11-16 12:00"), Cause: "manager"}, {What: sla.Widened, At: at("11-16 13:00"), Cause: "every"}}
	carried := facts(must(policy.Start(cal, sla.Decision, "warm", at("11-16 10:00"), 12*time.Minute)))
	old := facts(monday)
	old.Policy = "p.another"

	// Of what is over: hours that were changed elsewhere are still its own.
	since := func(c lead.Clock) lead.Clock { c.Policy = "p.another"; return c }
	done := since(by(facts(friday), "11-23 09:08", "", sams(lead.Claim)))
	left := since(by(facts(monday), "11-16 10:20", "", sams(lead.Claim)))
	resumed := since(by(facts(again), "11-16 11:10", "", sams(lead.Claim)))
	second := since(by(carried, "11-16 10:03", "", sams(lead.Accept)))
	hotter := since(by(facts(must(policy.Hotter(cal, monday, "fire", at("11-16 10:10")))), "11-16 10:15", "", sams(lead.Claim)))

	tests := []struct {
		name  string
		clock lead.Clock
		cal   *sla.Calendar
		now   string
		want  string
		parts string
	}{
		{"runs", facts(monday), cal, "11-16 10:01", "qualified Mon 10:00, due 14:00", "open risk"},
		{"over a weekend", facts(friday), cal, "11-23 09:06", "qualified Fri 16:50, 10 min used before closing, opened Mon 09:00, at risk 09:01, breached 09:05", "open closed open risk on"},
		{"still to open", facts(friday), cal, "11-21 09:00", "qualified Fri 16:50, 10 min used before closing, opens Mon 09:00, due 09:05", "open closed open risk"},
		{"weeks ago", facts(friday), cal, "12-21 09:00", "qualified Fri 20 Nov 16:50, 10 min used before closing, opened Mon 23 Nov 09:00, at risk 09:01, breached 09:05", "open closed open risk on"},
		{"found late", noted, cal, "11-23 10:00", "qualified Fri 16:50, 10 min used before closing, opened Mon 09:00, at risk 09:01, breached 09:05 (found late, by 35 min)", "open closed open risk on"},
		{"met", by(facts(monday), "11-16 10:20", "", sams(lead.Claim)), cal, "11-16 11:00", "qualified Mon 10:00, claimed 10:20 by Sam: met with 20 min used of 4:00 h", "open left"},
		{"missed", by(facts(friday), "11-23 09:08", "", sams(lead.Claim)), cal, "11-23 10:00", "qualified Fri 16:50, 10 min used before closing, opened Mon 09:00, at risk 09:01, breached 09:05, claimed 09:08 by Sam: missed with 18 min used of 15 min", "open closed open risk over"},
		{"unrecorded", by(facts(start(sla.Touch, "hot", "11-16 10:00")), "11-16 10:30", sla.Unrecorded, crm), cal, "11-16 11:00", "Sam’s to contact from Mon 10:00, made an opportunity 10:30 by the CRM: unrecorded, neither met nor missed", "open"},
		{"given to somebody else", by(facts(start(sla.Decision, "hot", "11-16 10:00")), "11-16 10:05", sla.Cancelled, lead.Stopped{Kind: lead.ByPerson, By: "mia", Move: lead.Reassign}), cal, "11-16 11:00", "Sam’s to decide from Mon 10:00, reassigned 10:05 by Mia: no longer asked for", "open"},
		{"the system's stop", by(facts(monday), "11-16 10:05", sla.Cancelled, lead.Stopped{Kind: lead.BySystem, Move: lead.Cool}), cal, "11-16 11:00", "qualified Mon 10:00, cooled 10:05 by the system: no longer asked for", "open"},
		{"nobody noted who", by(facts(monday), "11-16 10:00", "", lead.Stopped{}), cal, "11-16 11:00", "qualified Mon 10:00, stopped 10:00: met with 0 s used of 4:00 h", "left"},
		{"hotter", facts(must(policy.Hotter(cal, monday, "fire", at("11-16 10:10")))), cal, "11-16 10:11", "qualified Mon 10:00, hotter 10:10 (warm → on fire, due 10:20 instead of 14:00), due 10:20", "open risk"},
		{"hotter, due as before", facts(must(policy.Hotter(cal, friday, "fire", at("11-23 09:00")))), cal, "11-23 09:00", "qualified Fri 16:50, 10 min used before closing, opened Mon 09:00, hotter 09:00 (hot → on fire, due as before), due 09:05", "open closed open risk"},
		{"released", facts(again), cal, "11-16 11:01", "qualified Mon 10:00, claimed 10:30 with 30 min used, back on the board 11:00 (due 14:30 instead of 14:00), due 14:30", "open paused open risk"},
		{"another calendar", moved, lunch, "11-16 10:01", "qualified Mon 10:00, computed again 10:01 (another calendar, due 15:00 instead of 14:00), opens 11:00, due 15:00", "closed open risk"},
		{"hours not known any more", old, cal, "11-16 10:01", "qualified Mon 10:00, by hours that have changed since, due 14:00", "unsure"},
		{"of other hours by now, but not then", done, cal, "11-23 10:00", "qualified Fri 16:50, 10 min used before closing, opened Mon 09:00, at risk 09:01, breached 09:05, claimed 09:08 by Sam: missed with 18 min used of 15 min", "open closed open risk over"},
		{"and one that had gone on", resumed, cal, "11-16 12:00", "qualified Mon 10:00, claimed 10:30 with 30 min used, back on the board 11:00 (due 14:30 instead of 14:00), claimed 11:10 by Sam: met with 40 min used of 4:00 h", "open paused open left"},
		{"and one of which some had been used", second, cal, "11-16 12:00", "Sam’s to decide from Mon 10:00, 12 min had been used before, accepted 10:03 by Sam: met with 15 min used of 30 min", "open left"},
		{"and one that was made hotter", hotter, cal, "11-16 12:00", "qualified Mon 10:00, hotter 10:10 (warm → on fire, due 10:20 instead of 14:00), claimed 10:15 by Sam: met with 15 min used of 20 min", "open left"},
		{"other hours while it ran", left, lunch, "11-16 12:00", "qualified Mon 10:00, by hours that have changed since, claimed 10:20 by Sam: met with 20 min used of 4:00 h", "unsure left"},
		{"other hours until it was due", left, noon, "11-16 12:00", "qualified Mon 10:00, by hours that have changed since, claimed 10:20 by Sam: met with 20 min used of 4:00 h", "unsure left"},
		{"arrived while closed", facts(start(sla.Claim, "hot", "11-21 10:00")), cal, "11-23 09:00", "qualified Sat 10:00 while the team was closed, opened Mon 09:00, due 10:00", "closed open risk"},
		{"wider", facts(wide), cal, "11-16 13:01", "qualified Mon 10:00, the manager’s to claim, too, from 12:00, every team’s to claim from 13:00, at risk 13:00, due 14:00", "open risk"},
		{"used before", carried, cal, "11-16 10:01", "Sam’s to decide from Mon 10:00, 12 min had been used before, due 10:18", "open risk"},
		{"many nights", facts(start(sla.Touch, "warm", "11-16 10:00")), cal, "11-16 10:01", "Sam’s to contact from Mon 10:00, opens Tue 09:00, closed 4 times more, opens Mon 23 Nov 09:00, due 10:00", "open closed open closed open closed open risk closed risk closed risk"},
	}
	book := newBook(sam, mia)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := lead.InWords(tt.clock.Story(tt.cal, book, at(tt.now))); got != tt.want {
				t.Errorf("it tells\n%s, want\n%s", got, tt.want)
			}
			c, parts := tt.clock, ""
			if c.Running() {
				c.Clock, _ = c.Record(at(tt.now))
			}
			course := c.Course(tt.cal)
			for i, p := range course {
				parts += " " + p.What
				if i > 0 && !p.From.Equal(course[i-1].To) {
					t.Errorf("part %d does not follow the one before: %v", i, course)
				}
			}
			if diff := cmp.Diff(" "+tt.parts, parts); diff != "" {
				t.Errorf("its course (-want +got):\n%s", diff)
			}
		})
	}
}
