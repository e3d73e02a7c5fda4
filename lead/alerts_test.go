package lead_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hotleads/lead"
	"hotleads/sla"
)

// tell notes who is told of occasions: "claim.risk: rosa sam", those in brackets later.
func (s *story) tell(occasions []lead.Occasion) {
	s.t.Helper()
	sc := s.scene(lead.System)
	for _, o := range occasions {
		c := o.Asking(&s.l)
		i := slices.IndexFunc(s.clocks, func(c lead.Clock) bool { return c.ID == o.ClockID })
		if i >= 0 {
			c = s.clocks[i]
		}
		if i < 0 && (!o.Asks() || !c.Running()) || o.LeadID != s.l.ID || !o.NotedAt.Equal(s.now) || o.At.After(s.now) {
			s.t.Fatalf("an occasion of nothing: %+v", o)
		}
		var names []string
		for _, u := range lead.Hearers(sc, o, &s.l, &c) {
			if lead.HearAt(sc, u, lead.First(sc, u, &s.l, o, c)).After(s.now) {
				u.ID = "(" + u.ID + ")"
			}
			names = append(names, u.ID)
		}
		s.news = append(s.news, fmt.Sprintf("%s: %s", o.What, strings.Join(names, " ")))
	}
}

// heard expects what people were told since the last time.
func (s *story) heard(want ...string) {
	s.t.Helper()
	if d := cmp.Diff(want, s.news); d != "" {
		s.t.Errorf("at %s people are told (-want +got):\n%s", s.now.Format("Mon 15:04"), d)
	}
	s.news = nil
}

// As a lead goes its way, those who have to act are told, and those who answer for
// them once it is late.
func TestWhoIsToldOfWhat(t *testing.T) {
	s := begin(t)
	s.does("Products Compared", "Products Compared", "Pricing Viewed") // warm
	s.heard()
	s.pass(200 * minute)
	s.heard() // at risk, but warm
	s.does("Demo Requested")
	s.heard("lead.hot: rosa sam")
	s.does("Pricing Viewed", "Pricing Viewed")
	s.heard() // no hotter
	s.pass(30 * minute)
	s.heard("claim.breached: boss ines mia rosa sam")
	s.move(person(mia), lead.Request{Move: lead.Claim, To: &sam})
	s.heard("lead.given: sam")
	s.move(person(mia), lead.Request{Move: lead.UndoMove})
	s.move(person(rosa), lead.Request{Move: lead.Claim})
	s.heard()
	s.pass(50 * minute)
	s.heard("decision.risk: rosa")
	s.move(person(mia), lead.Request{Move: lead.Reassign, To: &sam})
	s.heard("lead.given: sam")
	s.move(person(sam), lead.Request{Move: lead.Accept})
	s.pass(61 * minute)
	s.heard("touch.breached: boss mia sam")
	s.pass(100 * minute)
	s.heard("response.breached: sam")
	s.move(person(sam), lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"})
	s.pass(100 * time.Hour)
	s.heard()
}

// What nobody did in time, and is hotter now, waits all the more for whoever acts.
func TestWhoIsToldOfWhatGetsHotterAfterItBreached(t *testing.T) {
	for _, c := range []struct {
		stage      lead.Stage
		kind       sla.Kind
		late, told string
	}{
		{lead.MQL, sla.Claim, "claim.breached: boss mia", "lead.hot: rosa sam"},
		{lead.Claimed, sla.Decision, "decision.breached: boss mia sam", "lead.hot: sam"},
		{lead.SAL, sla.Touch, "touch.breached: boss mia sam", "lead.hot: sam"},
	} {
		s := bring(t, c.stage)
		s.news = nil
		s.now = s.clock(c.kind).DueAt
		s.wake()
		s.heard(c.late)
		before := s.clock(c.kind)
		s.does("Demo Requested")
		s.heard(c.told)
		hotter := s.clock(c.kind)
		if hotter.Tier != "hot" || len(hotter.Changes) != 1 || hotter.Changes[0].What != sla.MadeHotter {
			t.Errorf("the %s clock has not got hotter: %+v", c.kind, hotter)
		}
		hotter.Tier, hotter.Changes = before.Tier, before.Changes
		if d := cmp.Diff(before, hotter); d != "" {
			t.Errorf("but for its tier the %s clock changed (-before +after):\n%s", c.kind, d)
		}
		s.pass(minute)
		s.heard() // once
		if c.stage != lead.MQL {
			continue
		}
		s.move(person(rosa), lead.Request{Move: lead.Claim})
		s.move(person(rosa), lead.Request{Move: lead.Release})
		s.heard("lead.hot: rosa sam", "claim.breached: boss ines mia rosa sam")
	}
}

func TestWhoIsToldWhereAClaimEscalates(t *testing.T) {
	s := begin(t, escalating)
	s.does("Products Compared", "Products Compared", "Pricing Viewed")
	s.pass(121 * minute)
	s.heard("lead.manager: boss mia")
	s.pass(120 * minute)
	s.heard("claim.breached: boss mia", "lead.every: otto")
}

// A lead that comes back is its last rep's first: the others hear of it when it
// may be theirs.
func TestWhoIsToldOfALeadThatComesBack(t *testing.T) {
	s := bring(t, lead.Claimed)
	s.news = nil
	s.move(person(sam), lead.Request{Move: lead.Return, Reason: "not_now", Date: "2026-03-10"})
	s.does("Demo Requested")
	s.heard("lead.offered: sam", "lead.hot: (rosa)")
	s.pass(25 * minute)
	s.heard("claim.risk: rosa sam")
}

// What is back on a board is told again: whoever knows is not told twice, but the
// others are. So is what moves to another team's board, while it waits.
func TestWhoIsToldOfALeadThatIsBackOrMoves(t *testing.T) {
	s := bring(t, lead.MQL, escalating)
	s.does("Demo Requested")
	s.news = nil
	s.move(person(sam), lead.Request{Move: lead.Claim})
	s.heard()
	s.move(person(sam), lead.Request{Move: lead.Release})
	s.heard("lead.hot: rosa sam")
	s.pass(16 * minute)
	s.heard("lead.manager: boss mia")
	s.pass(16 * minute)
	s.heard("claim.breached: boss ines mia otto rosa sam", "lead.every: otto")
	s.move(person(rosa), lead.Request{Move: lead.Claim})
	s.move(person(rosa), lead.Request{Move: lead.Release})
	s.heard("lead.manager: boss mia", "lead.every: otto", "lead.hot: otto rosa sam", "claim.breached: boss ines mia otto rosa sam")
	s.move(person(mia), lead.Request{Move: lead.Reassign, ToTeam: &s.book.Teams[1]})
	s.heard("lead.manager: boss kim", "lead.every: rosa sam", "lead.hot: otto rosa sam")

	s = bring(t, lead.MQL) // a warm one disturbs nobody
	s.move(person(mia), lead.Request{Move: lead.Reassign, ToTeam: &s.book.Teams[1]})
	s.heard()
}

func TestWhoIsAwayOrGoneIsNotTold(t *testing.T) {
	away, gone, backLater := sam, rosa, mia
	away.AwayUntil, gone.DisabledAt = monday.Add(24*time.Hour), monday
	backLater.Leaves = []lead.Leave{{From: monday.Add(-time.Hour), Until: monday.Add(48 * time.Hour)}}
	s := begin(t)
	s.book = newBook(away, gone, backLater, boss, anna)
	s.does("Demo Requested")
	s.heard("lead.hot: ")
	s.pass(31 * minute)
	s.heard("claim.breached: boss (mia)")
}

func TestWhenPeopleAreTold(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, berlin) }
	tokyo, err := sla.ParseCalendar([]byte(`{"time_zone":"Asia/Tokyo","hours":{"tue":[["09:00","12:00"]]}}`))
	if err != nil {
		t.Fatal(err)
	}
	book := newBook(staff...)
	book.Teams[1].Calendar = tokyo
	closed := book.Teams[1]
	closed.ID, closed.DisabledAt = "closed", monday
	book.Teams = append(book.Teams, closed)
	never := book.Teams[1]
	never.ID, never.Calendar = "never", &sla.Calendar{}
	book.Teams = append(book.Teams, never)
	early := book.Teams[1]
	early.ID = "early"
	if early.Calendar, err = sla.ParseCalendar([]byte(`{"time_zone":"Europe/Berlin","hours":{"sun":[["00:00","02:15"],["02:30","06:00"]],"mon":[["09:00","17:00"]]}}`)); err != nil {
		t.Fatal(err)
	}
	cairo := book.Teams[1]
	cairo.ID = "cairo"
	if cairo.Calendar, err = sla.ParseCalendar([]byte(`{"time_zone":"Africa/Cairo","hours":{"fri":[["00:30","08:00"]]}}`)); err != nil {
		t.Fatal(err)
	}
	book.Teams = append(book.Teams, early, cairo)
	sunday := lead.User{Teams: []string{"early"}}
	utc := func(month time.Month, day, hour, minute int) time.Time {
		return time.Date(2026, month, day, hour, minute, 0, 0, time.UTC)
	}
	leave := func(from, until time.Time) []lead.Leave { return []lead.Leave{{From: from, Until: until}} }
	for _, c := range []struct {
		what    string
		u       lead.User
		t, want time.Time
	}{
		{"within their hours", sam, at(2, 10, 0), at(2, 10, 0)},
		{"before them", sam, at(2, 7, 0), at(2, 9, 0)},
		{"on Friday night", sam, at(6, 18, 0), at(9, 9, 0)},
		{"by the first team's hours", lead.User{Teams: []string{"apac", "emea"}}, at(2, 10, 0), at(3, 1, 0)},
		{"of which is not disabled", lead.User{Teams: []string{"closed", "emea"}}, at(2, 10, 0), at(2, 10, 0)},
		{"of no team: the company's", boss, at(2, 20, 0), at(3, 9, 0)},
		{"away", lead.User{Teams: sam.Teams, AwayUntil: at(4, 0, 0)}, at(2, 10, 0), at(4, 9, 0)},
		{"away from the next opening on", lead.User{Teams: sam.Teams, Leaves: leave(at(3, 0, 0), at(5, 11, 0))}, at(2, 18, 0), at(5, 11, 0)},
		{"back within the day", lead.User{Teams: sam.Teams, Leaves: leave(at(2, 9, 0), at(2, 12, 0))}, at(2, 10, 0), at(2, 12, 0)},
		// On 29 March the clocks go from 2:00 to 3:00 (1:00 UTC), on 25 October from 3:00 back to 2:00 (1:00 UTC).
		{"they close in the hour that is skipped, and open in it", sunday, utc(3, 29, 0, 59), utc(3, 29, 0, 59)},
		{"at the first moment after it", sunday, utc(3, 29, 1, 0), utc(3, 29, 1, 0)},
		{"the Sunday before", sunday, utc(3, 22, 1, 20), utc(3, 22, 1, 30)},
		{"at midnight, which is skipped", lead.User{Teams: []string{"cairo"}}, utc(4, 23, 12, 0), utc(4, 23, 22, 0)},
		{"away until that midnight", lead.User{Teams: []string{"cairo"}, AwayUntil: utc(4, 23, 22, 0)}, utc(4, 22, 12, 0), utc(4, 23, 22, 0)},
		{"between two openings, in the first of the two hours", sunday, utc(10, 25, 0, 20), utc(10, 25, 0, 30)},
		{"open in the first", sunday, utc(10, 25, 0, 45), utc(10, 25, 0, 45)},
		{"open at the beginning of the second", sunday, utc(10, 25, 1, 0), utc(10, 25, 1, 0)},
		{"between two openings, in the second", sunday, utc(10, 25, 1, 20), utc(10, 25, 1, 30)},
		{"away until the day after", lead.User{Teams: sunday.Teams, AwayUntil: time.Date(2026, 10, 26, 0, 0, 0, 0, berlin)}, utc(10, 25, 1, 20), utc(10, 26, 8, 0)},
		{"of a team that never opens", lead.User{Teams: []string{"never"}}, at(2, 10, 0), at(2, 10, 0)},
	} {
		sc := lead.Scene{Rules: rulesWith(t, nil), Book: book, Now: c.t}
		if got := lead.HearAt(sc, c.u, c.t); !got.Equal(c.want) {
			t.Errorf("%s: told at %v, want %v", c.what, got.In(berlin), c.want)
		}
	}
}

// What a person hears of is told by itself, with others, later or never.
func TestHowSomebodyIsTold(t *testing.T) {
	s := begin(t)
	const fresh = time.Second
	running := lead.Clock{ID: "runs"}
	stopped := func(id string, ago time.Duration) lead.Clock {
		return lead.Clock{ID: id, Clock: sla.Clock{StoppedAt: monday.Add(-ago)}}
	}
	clocks := map[string]lead.Clock{"runs": running, "just": stopped("just", 4*time.Second), "over": stopped("over", 10*time.Second)}
	team, ended, merged := running, stopped("ended", time.Second), stopped("merged", time.Hour)
	team.Kind, ended.Kind, merged.Kind = sla.Claim, sla.Decision, sla.Decision
	ended.Stopped, merged.Stopped = lead.Stopped{Kind: lead.BySystem, Move: lead.Expire}, lead.Stopped{Kind: lead.BySystem, Move: lead.Merge}
	clocks["team"], clocks["ended"], clocks["merged"] = team, ended, merged
	cards := map[string]lead.Card{"": {Lead: lead.Lead{Life: lead.Life{TeamID: "emea"}}}}
	ago := func(minutes ...int) (out []time.Time) {
		for _, m := range minutes {
			out = append(out, monday.Add(-time.Duration(m)*minute))
		}
		return out
	}
	due := func(noted time.Duration, ids ...string) (out []lead.Alert) {
		for i, id := range ids {
			out = append(out, lead.Alert{ID: fmt.Sprint(i), Occasion: lead.Occasion{ClockID: id, NotedAt: monday.Add(-noted)}})
		}
		return out
	}
	fire := due(time.Second, "team", "team")
	fire[0].What = lead.OnFire
	managers := due(time.Second, "team", "team")
	managers[0].What = lead.ForManager
	breached := due(time.Second, "ended", "merged", "over")
	for i := range breached {
		breached[i].What = "decision.breached"
	}
	elsewhere := due(time.Second, "runs", "runs")
	elsewhere[0].LeadID = "moved"
	cards["moved"] = lead.Card{Lead: lead.Lead{Life: lead.Life{TeamID: "apac"}}}
	offered := due(fresh, "team", "team")
	offered[0].LeadID = "offered"
	cards["offered"] = lead.Card{Lead: lead.Lead{Life: lead.Life{Stage: lead.MQL, TeamID: "emea", OfferedTo: "rosa", OfferedUntil: monday.Add(30 * minute)}}}
	full := ago(59, 50, 50, 50, 40, 30, 20, 10, 9, 8)
	gone := sam
	gone.DisabledAt = monday
	away := sam
	away.AwayUntil = monday.Add(time.Hour)
	for _, c := range []struct {
		what   string
		u      lead.User
		due    []lead.Alert
		recent []time.Time // a digest that is told now, or loud
		want   string      // how each; or in how many seconds they are to hear of it
	}{
		{"one", sam, due(fresh, "runs"), nil, "loud"},
		{"three at once", sam, due(fresh, "runs", "runs", "runs"), nil, "loud loud loud"},
		{"four at once", sam, due(fresh, "runs", "runs", "runs", "runs"), nil, "digest digest digest digest"},
		{"one that waited for the opening", sam, due(time.Hour, "runs"), nil, "loud"},
		{"two that waited", sam, due(time.Hour, "runs", "runs"), nil, "digest digest"},
		{"what a colleague took", sam, due(time.Hour, "over", "runs"), nil, "over loud"},
		{"what is undone perhaps", sam, due(fresh, "just"), nil, "6"},
		{"what was undone", sam, due(fresh, "unknown"), nil, "over"},
		{"the last of the hour", sam, due(fresh, "runs"), full[1:], "loud"},
		{"two of which one would be too many", sam, due(fresh, "runs", "runs"), full[1:], "digest digest"},
		{"one too many", sam, due(fresh, "runs", "over"), full, "60 over"},
		{"the last of a team's", sam, due(fresh, "team"), full[4:], "loud"},
		{"two of a team's, of which one would be too many", sam, due(fresh, "team", "team"), full[4:], "digest digest"},
		{"one too many of a team's, and one's own", sam, due(fresh, "team", "runs"), full[3:], "600 loud"},
		{"on fire before a team's", sam, fire, full[3:], "loud 600"},
		{"a manager's turn before a team's", mia, managers, full[3:], "loud 600"},
		{"a team's wait until there is room again", sam, due(fresh, "team"), full, "600"},
		{"one's own before a team's", sam, due(fresh, "team", "runs", "team", "runs"), nil, "digest loud digest loud"},
		{"the rest of a digest that is more than one transaction takes", sam, due(fresh, "team", "over"), append(ago(0), full[1:]...), "digest over"},
		{"breached, and ended by the system", sam, breached, nil, "loud over over"},
		{"moved to another team", sam, elsewhere, nil, "over loud"},
		{"disabled meanwhile", gone, due(time.Hour, "runs"), nil, "over"},
		{"offered to a colleague", sam, offered, nil, "1800 loud"},
		{"away meanwhile", away, due(time.Hour, "runs"), nil, "3600"},
	} {
		var recent []lead.Telling
		for _, t := range c.recent {
			how := lead.Loud
			if t.Equal(monday) {
				how = lead.Digest
			}
			recent = append(recent, lead.Telling{At: t, How: how})
		}
		told := lead.Turn(s.scene(lead.System), c.u, c.due, cards, clocks, recent)
		var got []string
		for _, a := range c.due {
			if a.How == "" {
				got = append(got, fmt.Sprint(int(a.HearAt.Sub(monday).Seconds())))
				continue
			}
			got = append(got, string(a.How))
			if !a.HeardAt.Equal(monday) {
				t.Errorf("%s: told at %v", c.what, a.HeardAt)
			}
		}
		if diff := strings.Join(got, " "); diff != c.want {
			t.Errorf("%s: %s, want %s", c.what, diff, c.want)
		}
		if heard := strings.Contains(c.want, "loud") || strings.Contains(c.want, "digest"); told != heard {
			t.Errorf("%s: told %v", c.what, told)
		}
	}
}

// What many people are told within an hour is bounded, and far above what a morning
// brings: what is one's own, or on fire, is noted after a flood.
func TestHowMuchIsNoted(t *testing.T) {
	decision := lead.Clock{Clock: sla.Clock{Kind: sla.Decision}}
	clocks := map[string]lead.Clock{"team": {Clock: sla.Clock{Kind: sla.Claim}}, "own": decision}
	alert := func(what lead.Happening, clock string) lead.Alert {
		return lead.Alert{UserID: "sam", Occasion: lead.Occasion{What: what, ClockID: clock}}
	}
	hot, fire, manager := alert(lead.GotHot, "team"), alert(lead.OnFire, "team"), alert(lead.ForManager, "team")
	own := alert("decision.risk", "own")
	for _, c := range []struct {
		what   string
		noted  int
		alerts []lead.Alert
		want   []bool
	}{
		{"after a weekend's, all at risk and late", 60, []lead.Alert{hot, fire, manager, own}, []bool{true, true, true, true}},
		{"the last of a team's", 299, []lead.Alert{hot, hot, fire}, []bool{true, false, true}},
		{"after a flood", 300, []lead.Alert{hot, fire, manager, own}, []bool{false, true, true, true}},
		{"what is left out takes no place", 300, append(slices.Repeat([]lead.Alert{hot}, 400), fire), append(make([]bool, 400), true)},
		{"the last of all", 599, []lead.Alert{hot, fire, own}, []bool{false, true, false}},
	} {
		var want []lead.Alert
		for i, a := range c.alerts {
			a.ID = fmt.Sprint(i)
			if c.alerts[i] = a; c.want[i] {
				want = append(want, a)
			}
		}
		got := lead.Bounded(c.alerts, clocks, map[string]int{"sam": c.noted})
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.what, d)
		}
	}
}

// However large a team is, so many reps are told of a lead, all in turn, and with
// them whoever answers for them.
func TestManyTakeTurns(t *testing.T) {
	var users []lead.User
	for i := range 130 {
		users = append(users, lead.User{ID: fmt.Sprintf("rep%03d", i), Role: lead.Rep, Teams: []string{"emea"}})
	}
	sc := lead.Scene{Rules: rulesWith(t, nil), Book: newBook(append(users, mia, boss, ines)...), Now: monday}
	c := lead.Clock{Clock: sla.Clock{Kind: sla.Claim, Tier: "hot"}}
	seen := map[string]bool{}
	for i := range 20 {
		l := lead.Lead{ID: fmt.Sprint("lead", i), Life: lead.Life{Stage: lead.MQL, TeamID: "emea"}}
		first := lead.Hearers(sc, lead.Occasion{What: lead.GotHot}, &l, &c)
		again := lead.Hearers(sc, lead.Occasion{What: lead.GotHot}, &l, &c)
		if len(first) != 100 || cmp.Diff(first, again) != "" {
			t.Errorf("%d are told of a lead, or others the second time", len(first))
		}
		late := lead.Hearers(sc, lead.Occasion{What: "claim.breached"}, &l, &c)
		if len(late) != 103 || slices.IndexFunc(late, func(u lead.User) bool { return u.ID == mia.ID }) < 0 {
			t.Errorf("%d are told once it is late, or its manager is not", len(late))
		}
		for _, u := range first {
			seen[u.ID] = true
		}
	}
	if len(seen) != len(users) {
		t.Errorf("%d of %d are ever told", len(seen), len(users))
	}
}
