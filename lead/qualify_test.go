package lead_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// bare is a lead whose mail address tells nothing: fit 0.
func bare(t *testing.T, change ...func(*lead.Agreement)) *story {
	s := begin(t, change...)
	s.l.Email, s.l.Phone = "", "+4930123456"
	return s
}

func TestThresholdWithIntent(t *testing.T) {
	for _, c := range []struct {
		name   string
		traits map[string]any
		events []string
		want   lead.Stage
	}{
		{"two comparisons and a pricing view: 50", nil, []string{"Products Compared", "Products Compared", "Pricing Viewed"}, lead.MQL},
		{"two comparisons: 40", nil, []string{"Products Compared", "Products Compared"}, lead.Nurture},
		{"a comparison and pricing at fit 25", map[string]any{"title": "VP Sales", "employees": 200.0}, []string{"Products Compared", "Pricing Viewed"}, lead.MQL},
		{"all the content in the world at fit 33 (the limit)", map[string]any{"title": "CEO", "employees": 200.0, "email": "a@engines.example"},
			[]string{"Webinar Viewed", "Webinar Viewed", "Webinar Viewed", "Case Study Viewed", "Case Study Viewed", "Email Link Clicked", "Email Link Clicked", "Email Opened", "Page Viewed"}, lead.Nurture},
		{"a reader who unsubscribes", nil, []string{"Products Compared", "Unsubscribed", "Products Compared", "Pricing Viewed"}, lead.Nurture},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bare(t)
			s.l.Learn(c.traits, s.now)
			s.does(c.events...)
			s.wantStage(c.want)
			if c.want == lead.MQL && (s.last().Cause != lead.CauseScore || !s.last().Counted || s.last().ActorKind != lead.BySystem) {
				t.Errorf("history: %+v", s.last())
			}
		})
	}
}

func TestRequiredTraits(t *testing.T) {
	s := begin(t)
	s.l.Email = ""
	s.does("Products Compared", "Products Compared", "Pricing Viewed")
	s.wantStage(lead.Nurture)
	if !strings.Contains(s.l.HeldBack, "email or phone") {
		t.Errorf("held back: %q", s.l.HeldBack)
	}
	s.consider(lead.ByTrait, map[string]any{"name": "Ada"})
	s.wantStage(lead.Nurture)
	s.consider(lead.ByTrait, map[string]any{"phone": "+49 30 123456"})
	s.wantStage(lead.MQL)
	if s.l.HeldBack != "" {
		t.Errorf("held back: %q", s.l.HeldBack)
	}
	s = begin(t, func(a *lead.Agreement) { a.Criteria.RequiredTraits = nil })
	s.l.Email = ""
	s.hot()
}

func TestABareDemoRequestReachesARep(t *testing.T) {
	s := bare(t)
	s.does("Demo Requested")
	s.wantStage(lead.MQL)
	if s.tier() != scoring.Hot || s.last().Cause != lead.CauseHand {
		t.Errorf("tier %s, cause %q", s.tier(), s.last().Cause)
	}
	if c := s.clock(sla.Claim); c.Target != 30*minute {
		t.Errorf("%v to claim it", c.Target)
	}
	// On fire with fit of 10 or more.
	s = bare(t)
	s.l.Learn(map[string]any{"title": "Director"}, s.now)
	s.does("Demo Requested")
	if s.tier() != scoring.Fire {
		t.Errorf("tier %s with fit 10", s.tier())
	}
	// It never cools, and is hot until it is touched.
	s.pass(30 * day)
	s.wantStage(lead.MQL)
	s.move(person(sam), lead.Request{Move: lead.Touch, Outcome: "reached"})
	if s.tier() != scoring.None {
		t.Errorf("touched: tier %s, score %v", s.tier(), s.score().Total)
	}
	// It waits for the traits.
	s = begin(t)
	s.l.Email = ""
	s.does("Demo Requested")
	s.wantStage(lead.Nurture)
	s.pass(3 * day)
	s.consider(lead.ByTrait, map[string]any{"email": "ada@engines.example"})
	s.wantStage(lead.MQL)
	// Whatever traits come by, an import's too: no backlog for who asked.
	s = begin(t)
	s.l.Email = ""
	s.does("Demo Requested")
	s.consider(lead.ByImport, map[string]any{"email": "ada@engines.example"})
	s.wantStage(lead.MQL)
}

func TestOldHandRaisesAreHistory(t *testing.T) {
	s := bare(t)
	s.doesAt(s.now.Add(-15*day), "Demo Requested") // a replay
	s.wantStage(lead.Nurture)
	s = bring(t, lead.SAL)
	before := s.now
	s.pass(time.Minute)
	s.move(person(sam), lead.Request{Move: lead.Touch, Outcome: "reached"})
	s.doesAt(before, "Demo Requested") // said before the call
	if s.tier() == scoring.Fire || !s.l.HandRaisedAt.IsZero() {
		t.Error("what was said before the call lifts the tier after it")
	}
	s.does("Contact Sales Requested")
	if s.l.HandRaisedAt.IsZero() {
		t.Error("asking again after the call lifts the tier again")
	}
}

func TestExclusions(t *testing.T) {
	lists := lead.Exclusions{
		lead.OwnDomains: {"us.example": true}, lead.CompetitorDomains: {"them.example": true}, lead.CustomerDomains: {"loyal.example": true},
		lead.DoNotContact: {"ada@engines.example": true, "+49301234567": true, "quiet.example": true},
	}
	for _, c := range []struct{ email, phone, why string }{
		{"a@us.example", "", "own domain"},
		{"a@mail.us.example", "", "own domain"},
		{"a@notus.example", "", ""},
		{"a@them.example", "", "competitor"},
		{"a@loyal.example", "", "customer"},
		{"ada@engines.example", "", "do-not-contact"},
		{"bob@engines.example", "", ""},
		{"a@quiet.example", "", "do-not-contact"},
		{"", "+49301234567", "do-not-contact"},
		{"", "+49301234568", ""},
		{"a@mailinator.com", "", "disposable"},
		{"a@gmail.com", "", ""},
	} {
		s := begin(t)
		s.rules.Excluded = lists
		s.l.Email, s.l.Phone = c.email, c.phone
		s.does("Demo Requested")
		if (s.l.Stage == lead.MQL) != (c.why == "") || !strings.Contains(s.l.HeldBack, c.why) {
			t.Errorf("%s%s: %s, held back %q, want %q", c.email, c.phone, s.l.Stage, s.l.HeldBack, c.why)
		}
		if c.why != "" && (s.l.TeamID != "emea" || len(s.history) > 0) {
			t.Errorf("%s: excluded after routing", c.email)
		}
	}
}

func TestEmailKinds(t *testing.T) {
	for domain, want := range map[string]string{
		"example.com": "business", "engines.example": "business", "test.com": "business", "acme.co.uk": "business",
		"gmail.com": "free", "web.de": "free", "mailinator.com": "disposable", "sub.mailinator.com": "disposable", "com": "business", "": "business",
	} {
		if got := lead.EmailKind(domain); got != want {
			t.Errorf("%s is %s, want %s", domain, got, want)
		}
	}
}

// Time alone never makes a lead qualify: whatever it did, however long one
// waits, however often the sweep looks; negative points fade, too.
func TestTimeAloneNeverQualifies(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	events := []string{"Products Compared", "Pricing Viewed", "Trial Started", "Webinar Viewed", "Unsubscribed", "Careers Viewed", "Page Viewed", "Replied"}
	would := 0
	for range 300 {
		s := bare(t, func(a *lead.Agreement) { a.Scoring.Behaviour[len(a.Scoring.Behaviour)-1].Points = -60 })
		for range 1 + rnd.IntN(8) {
			s.now = s.now.Add(time.Duration(rnd.Int64N(int64(day))))
			s.does(events[rnd.IntN(len(events))])
			if rnd.IntN(4) == 0 && s.l.Stage == lead.MQL {
				s.move(person(sam), lead.Request{Move: lead.Return, Reason: "wrong_person"})
			}
		}
		if s.l.Stage != lead.Nurture {
			continue
		}
		for range 40 {
			s.now = s.now.Add(time.Duration(rnd.Int64N(int64(20 * day))))
			if s.rules.Scorer.Ready(s.score()) {
				would++
			}
			err := s.change(lead.System, func(w *lead.Work, sc lead.Scene) error {
				_, err := w.Wake(sc) // even unasked
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			s.wantStage(lead.Nurture)
		}
	}
	if would == 0 {
		t.Error("no lead's score ever rose over the threshold by time: the test proves nothing")
	}
}

func TestCooling(t *testing.T) {
	// 50 points at fit 0 fall under 43.2 after three days, long after the claim
	// clock has breached.
	s := bare(t)
	s.hot()
	cold := s.l.CoolAt.Sub(s.now)
	if cold < 68*time.Hour || cold > 72*time.Hour {
		t.Errorf("cools after %v, want 14 d · log2(50/43.2) = 2.95 days", cold)
	}
	s.now = s.l.CoolAt.Add(-time.Millisecond)
	s.wake()
	s.wantStage(lead.MQL)
	s.now = s.l.CoolAt
	s.wake()
	s.wantStage(lead.Nurture)
	if h := s.last(); h.Move != lead.Cool || h.ActorKind != lead.BySystem || h.Cause != lead.CauseCold || h.TeamBefore != "emea" {
		t.Errorf("the leak is not recorded as one: %+v", h)
	}
	if c := s.clock(sla.Claim); c.Outcome != sla.Missed {
		t.Errorf("the claim clock: %s", c.Outcome)
	}
	if c := s.clock(sla.Response); c.Outcome == sla.Met {
		t.Errorf("nobody responded, but the response clock is %s", c.Outcome)
	}
	s.wantRunning()

	// Both must hold: a cold score on a Friday evening waits for the breach.
	s = bare(t, func(a *lead.Agreement) { a.Scoring.HalfLifeDays = 0.5 })
	s.now = time.Date(2026, 3, 6, 16, 0, 0, 0, time.UTC) // 17:00, 30 minutes to closing
	s.hot()
	if due := s.clock(sla.Claim).DueAt; !s.l.CoolAt.Equal(due) || due.Weekday() != time.Monday {
		t.Errorf("cools %v, the claim is due %v", s.l.CoolAt, due)
	}

	// Ten days without activity, whatever the score.
	s = bare(t, func(a *lead.Agreement) { a.Scoring.HalfLifeDays = 0 })
	s.hot()
	last := s.now
	s.pass(6 * day)
	s.does("Page Viewed")
	s.pass(5 * day)
	s.wantStage(lead.MQL)
	if !near(s.l.CoolAt.Sub(last), 16*day) {
		t.Errorf("cools %v after it qualified", s.l.CoolAt.Sub(last))
	}
	s.pass(5*day + time.Second)
	s.wantStage(lead.Nurture)
	// The next activity brings it back.
	s.does("Page Viewed")
	s.wantStage(lead.MQL)

	// What somebody holds does not cool.
	s = bring(t, lead.Claimed)
	s.pass(60 * day)
	s.wantStage(lead.Claimed)
	// What gets warmer stays longer; what is cold but warms up in time stays.
	s = bare(t)
	s.hot()
	before := s.l.CoolAt
	s.does("Trial Started")
	if !s.l.CoolAt.After(before) {
		t.Errorf("cools %v, before it was %v", s.l.CoolAt, before)
	}
}

// Negative points fade: who was under the bar when the moment was computed may
// be over it when the moment comes, and then stays.
func TestALeadThatWarmsUpByItselfStays(t *testing.T) {
	s := bare(t, func(a *lead.Agreement) {
		a.Scoring.FitLimit = nil
		a.Scoring.Fit[0].Points = 60
		a.Scoring.Fit[0].Group = ""
		a.SLA.Targets["warm"][sla.Claim], a.SLA.Targets["hot"][sla.Claim] = 2000, 2000
		a.Scoring.HalfLifeDays = 0.1
	})
	s.l.Learn(map[string]any{"title": "CEO"}, s.now)
	s.hot() // fit 60 and engagement
	s.does("Unsubscribed", "Careers Viewed")
	s.now = s.now.Add(12 * time.Hour)
	s.does("Unsubscribed")
	if s.score().Total >= 43.2 {
		t.Fatalf("score %v is not cold", s.score().Total)
	}
	s.now = s.l.CoolAt
	s.wake()
	s.wantStage(lead.MQL)
	if s.score().Total < 43.2 {
		t.Fatalf("score %v has not warmed up", s.score().Total)
	}
}

func TestBacklog(t *testing.T) {
	ready := func() *story {
		s := bare(t, func(a *lead.Agreement) { a.Scoring.IntentPoints, a.Scoring.FitLimit = 0, nil; a.Scoring.Threshold = 20 })
		s.consider(lead.ByImport, map[string]any{"title": "CEO", "employees": 200.0})
		s.wantStage(lead.Nurture)
		if !s.l.Backlog || len(s.clocks) > 0 || len(s.history) > 0 {
			t.Fatalf("backlog %v, clocks %v", s.l.Backlog, s.clocks)
		}
		return s
	}
	s := ready()
	s.pass(100 * day)
	s.consider(lead.ByTrait, map[string]any{"country": "DE"})
	s.wantStage(lead.Nurture)
	s.refused(person(sam), lead.Request{Move: lead.Qualify}, lead.ErrForbidden)
	s.refused(person(ines), lead.Request{Move: lead.Qualify}, lead.ErrForbidden)
	s.move(person(mia), lead.Request{Move: lead.Qualify})
	s.wantStage(lead.MQL)
	if h := s.last(); h.Cause != lead.CauseBacklog || h.ActorID != "mia" || s.l.Backlog {
		t.Errorf("history: %+v", h)
	}
	s.wantRunning(sla.Claim, sla.Response)
	s = ready()
	s.does("Page Viewed")
	s.wantStage(lead.MQL)
	if s.l.Backlog || s.last().Cause != lead.CauseScore {
		t.Errorf("backlog %v, %+v", s.l.Backlog, s.last())
	}
	s = ready()
	s.rules.Excluded = lead.Exclusions{lead.DoNotContact: {"+4930123456": true}}
	s.refused(person(mia), lead.Request{Move: lead.Qualify}, lead.ErrConflict)
	// Live, it starts clocks.
	s = bare(t, func(a *lead.Agreement) { a.Scoring.IntentPoints, a.Scoring.FitLimit = 0, nil; a.Scoring.Threshold = 20 })
	s.consider(lead.ByTrait, map[string]any{"title": "CEO", "employees": 200.0})
	s.wantStage(lead.MQL)
}

func TestCountsOnceInNinetyDays(t *testing.T) {
	s := begin(t)
	var counted []bool
	for range 4 {
		s.does("Demo Requested")
		s.wantStage(lead.MQL)
		counted = append(counted, s.last().Counted)
		s.move(person(sam), lead.Request{Move: lead.Return, Reason: "wrong_person"})
		s.pass(40 * day)
	}
	if !slices.Equal(counted, []bool{true, false, false, true}) {
		t.Errorf("qualified every 40 days, counted %v", counted)
	}
}

func TestLostIsNurtureAgain(t *testing.T) {
	s := bring(t, lead.Lost)
	s.does("Products Compared", "Trial Started")
	s.wantStage(lead.Lost)
	s.pass(30*day - minute)
	s.wantStage(lead.Lost)
	s.pass(minute)
	s.wantStage(lead.Nurture)
	if h := s.last(); h.Move != lead.Reopen || h.Cause != lead.CauseLost || h.ActorKind != lead.BySystem {
		t.Errorf("history: %+v", h)
	}
	s = bring(t, lead.Lost)
	s.pass(day)
	s.does("Demo Requested")
	s.wantStage(lead.MQL)
	s.wantRows(lead.Lose, lead.Reopen, lead.Qualify)
	// What was said before it was lost brings nothing back.
	s = bring(t, lead.Lost)
	s.doesAt(s.now.Add(-time.Hour), "Demo Requested")
	s.wantStage(lead.Lost)
}

func TestWhatIsOwnedNeverEntersTheBoard(t *testing.T) {
	for _, st := range []lead.Stage{lead.Claimed, lead.SAL, lead.SQL, lead.Won} {
		s := bring(t, st)
		rows := len(s.history)
		s.does("Demo Requested", "Trial Started", "Page Viewed")
		s.wantStage(st)
		if len(s.history) != rows {
			t.Errorf("%s: %+v", st, s.history[rows:])
		}
		told := 0
		for _, o := range s.outbox {
			if o.Topic == "lead.activity" && o.Data["owner"] == "sam" {
				told++
			}
		}
		if told != 3 {
			t.Errorf("%s: its owner was told of %d activities", st, told)
		}
	}
}

func TestRoutingDecidesOnce(t *testing.T) {
	s := bare(t)
	s.l.TeamID = ""
	route, err := scoring.CompileFilter([]scoring.Condition{{Field: "country", Op: scoring.OpOneOf, Value: []any{"JP", "AU"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.book.Teams[1].Route = route
	s.l.Learn(map[string]any{"country": "JP"}, s.now)
	s.hot()
	if s.l.TeamID != "apac" || s.last().TeamAfter != "apac" || s.last().TeamBefore != "" {
		t.Errorf("team %q, %+v", s.l.TeamID, s.last())
	}
	s.consider(lead.ByTrait, map[string]any{"country": "DE"})
	if s.l.TeamID != "apac" {
		t.Error("a trait moved the lead to another team")
	}
	s = bare(t)
	s.l.TeamID = ""
	s.book.Teams[1].Route = route
	s.hot()
	if s.l.TeamID != "emea" {
		t.Errorf("the default team is the oldest: %q", s.l.TeamID)
	}
	s = bare(t)
	s.l.TeamID, s.book.Teams = "", nil
	s.hot()
	if s.l.TeamID != "" || s.l.OnBoard() {
		t.Errorf("no team: %q", s.l.TeamID)
	}
}

// Half a minute between the click and its arrival costs no lead its place.
func TestTheScoreCountsAsOfWhatWasDone(t *testing.T) {
	s := bare(t, func(a *lead.Agreement) { a.Scoring.Threshold, a.Scoring.Tiers.Warm = 50, 50 })
	at := s.now
	s.now = s.now.Add(30 * time.Second)
	for _, e := range []string{"Products Compared", "Products Compared", "Pricing Viewed"} {
		s.doesAt(at, e)
	}
	s.wantStage(lead.MQL)
}
