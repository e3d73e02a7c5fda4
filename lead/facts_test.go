package lead_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/sla"
)

// told are the messages that say how clocks stand, in order.
func (s *story) told(k sla.Kind) []string {
	var topics []string
	for _, o := range s.outbox {
		if o.Data["clock"] == k {
			topics = append(topics, o.Topic)
		}
	}
	return topics
}

func TestAClockSaysWhoStoppedItAndByWhat(t *testing.T) {
	rosa := rosa
	for _, c := range []struct {
		name  string
		stage lead.Stage
		by    lead.Actor
		r     lead.Request
		kind  sla.Kind
		want  lead.Stopped
	}{
		{"claim", lead.MQL, person(sam), lead.Request{Move: lead.Claim}, sla.Claim, lead.Stopped{Kind: lead.ByPerson, Via: "page", By: "sam", Move: lead.Claim, Owner: "sam", Seq: 2}},
		{"claim on behalf", lead.MQL, person(mia), lead.Request{Move: lead.Claim, To: &rosa}, sla.Claim, lead.Stopped{Kind: lead.ByPerson, Via: "page", By: "mia", Move: lead.Claim, Owner: "rosa", Seq: 2}},
		{"return from the board", lead.MQL, person(sam), lead.Request{Move: lead.Return, Reason: "wrong_fit"}, sla.Claim, lead.Stopped{Kind: lead.ByPerson, Via: "page", By: "sam", Move: lead.Return, Owner: "sam", Seq: 2}},
		{"accept", lead.Claimed, person(sam), lead.Request{Move: lead.Accept}, sla.Decision, lead.Stopped{Kind: lead.ByPerson, Via: "page", By: "sam", Move: lead.Accept, Owner: "sam", Seq: 3}},
		{"release", lead.Claimed, person(mia), lead.Request{Move: lead.Release}, sla.Decision, lead.Stopped{Kind: lead.ByPerson, Via: "page", By: "mia", Move: lead.Release, Owner: "sam", Seq: 3}},
		{"log call, the claim", lead.MQL, person(sam), lead.Request{Move: lead.Touch, Outcome: "reached"}, sla.Claim, lead.Stopped{Kind: lead.ByPerson, Via: "page", By: "sam", Move: lead.Claim, Owner: "sam", Seq: 2}},
		{"log call, the response", lead.MQL, person(sam), lead.Request{Move: lead.Touch, Outcome: "reached"}, sla.Response, lead.Stopped{Kind: lead.ByPerson, Via: "page", By: "sam", Move: lead.Touch, Owner: "sam", Seq: 4}},
		{"the CRM", lead.SAL, crm, lead.Request{Move: lead.Opportunity}, sla.Touch, lead.Stopped{Kind: lead.ByKey, Via: "api", By: "key-1", Move: lead.Opportunity, Owner: "sam", Seq: 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bring(t, c.stage)
			s.move(c.by, c.r)
			clock := s.clock(c.kind)
			c.want.Via = c.by.Via
			if diff := cmp.Diff(c.want, clock.Stopped); diff != "" {
				t.Errorf("stopped by (-want +got):\n%s", diff)
			}
			if clock.TeamID != "emea" || clock.Agreement != 1 || clock.Policy != s.rules.PolicyPrint(&s.book.Teams[0]) {
				t.Errorf("of team %q, agreement %d, policy %q", clock.TeamID, clock.Agreement, clock.Policy)
			}
		})
	}
}

// The response goes from hand to hand: it is told of whoever has the lead, and of who
// called in the end.
func TestTheResponseIsWhoseTheLeadIs(t *testing.T) {
	sam, rosa := sam, rosa
	s := bring(t, lead.MQL)
	for _, step := range []struct {
		by   lead.User
		r    lead.Request
		want string
	}{
		{sam, lead.Request{Move: lead.Claim}, "sam"},
		{sam, lead.Request{Move: lead.UndoMove}, ""},
		{mia, lead.Request{Move: lead.Claim, To: &rosa}, "rosa"},
		{rosa, lead.Request{Move: lead.Release}, ""},
		{sam, lead.Request{Move: lead.Claim}, "sam"},
		{mia, lead.Request{Move: lead.Reassign, To: &rosa}, "rosa"},
		{rosa, lead.Request{Move: lead.Accept}, "rosa"},
		{mia, lead.Request{Move: lead.Reassign, To: &sam}, "sam"},
		{sam, lead.Request{Move: lead.Touch, Outcome: "reached"}, "sam"},
		{sam, lead.Request{Move: lead.UndoMove}, "sam"},
		{sam, lead.Request{Move: lead.Return, Reason: "wrong_fit"}, "sam"},
	} {
		s.pass(time.Second)
		s.move(person(step.by), step.r)
		if got := s.clock(sla.Response).Rep(); got != step.want {
			t.Errorf("after %s by %s the response is %q's, want %q's", step.r.Move, step.by.ID, got, step.want)
		}
	}
}

// What happened while nothing ran is recorded at the moment it was due, once, and
// says that it was found late; clocks that are set change no fact.
func TestClocksAreFacts(t *testing.T) {
	type moment struct {
		at   time.Duration // after qualifying; the target is 240 minutes, at risk after 180
		move lead.Request  // none: the sweep runs
		by   lead.User
	}
	claim := lead.Request{Move: lead.Claim}
	for _, c := range []struct {
		name    string
		moments []moment
		told    []string
		late    bool
		outcome sla.Outcome
	}{
		{"the sweep comes in time", []moment{{at: 180*minute + time.Second}, {at: 240*minute + 900*time.Millisecond}}, []string{"clock.risk", "clock.breached"}, false, ""},
		{"it comes again and again", []moment{{at: 180 * minute}, {at: 180 * minute}, {at: 200 * minute}, {at: 240 * minute}, {at: 240 * minute}, {at: 300 * minute}}, []string{"clock.risk", "clock.breached"}, false, ""},
		{"nothing ran until long after", []moment{{at: 300 * minute}}, []string{"clock.risk", "clock.breached"}, true, ""},
		{"claimed before the sweep came again", []moment{{at: 300 * minute, move: claim, by: sam}}, []string{"clock.risk", "clock.breached"}, true, sla.Missed},
		{"the clock is set an hour ahead", []moment{{at: 170 * minute}, {at: 230 * minute}, {at: 231 * minute}}, []string{"clock.risk"}, true, ""},
		{"the clock is set back after it was at risk", []moment{{at: 180 * minute}, {at: 100 * minute}, {at: 180 * minute}, {at: 181 * minute}}, []string{"clock.risk"}, false, ""},
		{"the clock is set back after the breach", []moment{{at: 240 * minute}, {at: 100 * minute, move: claim, by: sam}}, []string{"clock.risk", "clock.breached"}, true, sla.Missed},
		{"the clock is set back to before it was asked for", []moment{{at: -60 * minute, move: claim, by: sam}}, nil, false, sla.Met},
		{"undone", []moment{{at: 180 * minute}, {at: 239*minute + 55*time.Second, move: claim, by: sam}, {at: 239*minute + 59*time.Second, move: lead.Request{Move: lead.UndoMove}, by: sam}, {at: 240 * minute}}, []string{"clock.risk", "clock.breached"}, false, ""},
		{"undone after it was found late", []moment{{at: 300 * minute, move: claim, by: sam}, {at: 300*minute + time.Second, move: lead.Request{Move: lead.UndoMove}, by: sam}, {at: 301 * minute}}, []string{"clock.risk", "clock.breached"}, true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bring(t, lead.MQL)
			from := s.clock(sla.Claim).AskedAt
			for _, m := range c.moments {
				if s.now = from.Add(m.at); m.move.Move == "" {
					s.wake()
				} else {
					s.move(person(m.by), m.move)
				}
			}
			got := s.clock(sla.Claim)
			if diff := cmp.Diff(c.told, s.told(sla.Claim)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
			if got.FoundLate() != c.late || got.Outcome != c.outcome {
				t.Errorf("found late: %v, outcome %q", got.FoundLate(), got.Outcome)
			}
			if at := from.Add(180 * minute); slices.Contains(c.told, "clock.risk") != got.AtRiskAt.Equal(at) {
				t.Errorf("at risk at %v, want %v", got.AtRiskAt, at)
			}
			if at := from.Add(240 * minute); slices.Contains(c.told, "clock.breached") != got.BreachedAt.Equal(at) {
				t.Errorf("breached at %v, want %v", got.BreachedAt, at)
			}
			if got.Used < 0 {
				t.Errorf("used %v", got.Used)
			}
		})
	}
}

// While a claim can be undone, what time does to the clocks that it left alone
// stays done.
func TestUndoKeepsWhatTimeDidToOtherClocks(t *testing.T) {
	s := bring(t, lead.MQL)
	response := s.clock(sla.Response)
	s.now = response.RiskAt.Add(-time.Second)
	s.wake()
	s.move(person(sam), lead.Request{Move: lead.Claim})
	s.pass(2 * time.Second)
	s.move(person(sam), lead.Request{Move: lead.UndoMove})
	s.pass(time.Second)
	if diff := cmp.Diff([]string{"clock.risk"}, s.told(sla.Response)); diff != "" {
		t.Errorf("told of the response (-want +got):\n%s", diff)
	}
	if got := s.clock(sla.Response); !got.AtRiskAt.Equal(response.RiskAt) {
		t.Errorf("at risk at %v, want %v", got.AtRiskAt, response.RiskAt)
	}
}

// Nothing but a person's act, or a CRM's, stops a clock.
func TestNoActivityStopsAClock(t *testing.T) {
	for _, stage := range []lead.Stage{lead.MQL, lead.Claimed, lead.SAL} {
		t.Run(string(stage), func(t *testing.T) {
			s := bring(t, stage)
			before := s.running()
			s.does("Email Sent", "Email Opened", "Email Link Clicked", "Replied", "Chat Started", "Call Logged", "touch")
			s.consider(lead.ByImport, map[string]any{"last_contacted": "2026-03-01", "touched": true})
			s.wantRunning(before...)
			if !s.l.TouchedAt.IsZero() || s.l.Attempts != 0 {
				t.Errorf("touched at %v, %d attempts", s.l.TouchedAt, s.l.Attempts)
			}
		})
	}
}

func TestAnotherTeamsCalendar(t *testing.T) {
	s := bring(t, lead.MQL)
	cal, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"mon":[["11:00","17:30"]],"tue":[["09:00","17:30"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	s.book.Teams[1].Calendar = cal
	due := s.clock(sla.Claim).DueAt
	apac := s.book.Teams[1]
	s.move(person(boss), lead.Request{Move: lead.Reassign, ToTeam: &apac})
	got := s.clock(sla.Claim)
	want := []sla.Change{{What: sla.Recomputed, At: s.now, DueFrom: due, DueTo: due.Add(time.Hour - got.AskedAt.Sub(monday)).Truncate(time.Minute), Cause: lead.CauseTeam}}
	if diff := cmp.Diff(want, got.Changes); diff != "" || got.TeamID != "apac" || !got.DueAt.Equal(want[0].DueTo) {
		t.Errorf("of team %s, due %v (-want +got):\n%s", got.TeamID, got.DueAt, diff)
	}
	s.wantRunning(sla.Claim, sla.Response)
}
