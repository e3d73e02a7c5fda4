package storetest

import (
	"fmt"
	"slices"
	"time"

	"hotleads/lead"
	"hotleads/sla"
)

// asksAgain: a lead that its rep has called and that asks again is one notice of theirs,
// neither over at once nor told twice, until somebody acts; what was done about it, the
// lead's history tells.
func asksAgain(w *world) {
	team := w.team("EMEA")
	rosa, sam := w.rep("rosa", team), w.rep("sam", team)
	desk, _ := w.desk()
	two := lead.NewDesk(Open(w, w.url), Embedded(w), Embedded(w), quiet)
	at, n := now, 0
	ada := w.raised(desk, at, "ada")[0]
	w.tellAll(desk, at)
	does := func(events ...string) {
		w.Helper()
		var msgs []lead.Message
		for _, e := range events {
			n++
			msgs = append(msgs, lead.Message{ID: fmt.Sprint("again ", n), Type: lead.Track, UserID: "ada", Event: e, OccurredAt: at, ReceivedAt: at})
		}
		w.same("taken", make([]error, len(msgs)), must(desk.TakeAt(w.ctx, msgs, at))(w))
	}
	tell := func() {
		w.Helper()
		for _, err := range together(4, func(n int) error {
			_, err := []*lead.Desk{desk, two}[n%2].Tell(w.ctx, at, 50)
			return err
		}) {
			w.ok(err)
		}
		w.tellAll(two, at)
	}
	told := func(u lead.User) (out []string) {
		w.Helper()
		for _, a := range must(w.s.Alerts(w.ctx, u.ID, nil, 100))(w) {
			if a.Asks() {
				out = append(out, fmt.Sprintf("%s %s", a.What, a.How))
			}
		}
		slices.Reverse(out)
		return out
	}
	unread := func(u lead.User) (out []string) {
		w.Helper()
		for _, a := range must(w.s.Unread(w.ctx, []string{u.ID}, at.Add(-lead.UnreadFor), lead.MostUnread))(w)[u.ID] {
			out = append(out, string(a.What))
		}
		return out
	}
	move := func(u lead.User, r lead.Request) {
		w.Helper()
		must(desk.Move(w.ctx, ada, r, lead.Person(u, "page"), at))(w)
	}
	call := lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"}

	move(rosa, call)
	at = at.Add(time.Minute)
	does("Pricing Viewed", "Demo Requested")
	tell()
	does("Demo Requested") // they know
	at = at.Add(time.Minute)
	tell()
	w.same("told", []string{"lead.asked loud"}, told(rosa))
	w.same("to be read", []string{"lead.asked"}, unread(rosa))
	w.same("nobody else is told", 0, len(told(sam)))
	first := must(w.s.Alerts(w.ctx, rosa.ID, nil, 1))(w)[0]
	answered := func() lead.Clock {
		w.Helper()
		l := w.card(ada).Lead
		return first.Answered(&l, must(w.s.HistorySince(w.ctx, []string{ada, "nobody"}, first.At))(w)[ada])
	}
	w.same("nobody acted on it", true, answered().Running())

	move(rosa, call)
	w.same("done", 0, len(unread(rosa)))
	done := answered()
	w.same("by whom", lead.Stopped{Kind: lead.ByPerson, By: rosa.ID, Via: "page", Move: lead.Touch, Seq: done.Stopped.Seq}, done.Stopped)
	w.same("when", at, done.StoppedAt)
	at = at.Add(time.Second)
	move(rosa, lead.Request{Move: lead.UndoMove})
	w.same("undone", []string{"lead.asked"}, unread(rosa))
	tell()
	w.same("told once", []string{"lead.asked loud"}, told(rosa))
	w.ok(desk.ReadAlerts(w.ctx, rosa.ID, lead.AlertPoint{At: first.NotedAt, ID: first.ID}, at))
	w.same("seen", 0, len(unread(rosa)))

	// Again, and done before she could hear of it; and while what was done may be undone.
	move(rosa, call)
	at = now.Add(10 * time.Hour) // they are closed
	does("Pricing Viewed")
	tell()
	w.same("at night", []string{"lead.asked loud", "lead.intent "}, told(rosa))
	move(rosa, call)
	at = now.Add(24 * time.Hour)
	tell()
	w.same("done by the morning", []string{"lead.asked loud", "lead.intent over"}, told(rosa))
	does("Pricing Viewed")
	move(rosa, call)
	tell()
	w.same("it may be undone", []string{"lead.asked loud", "lead.intent over", "lead.intent "}, told(rosa))
	move(rosa, lead.Request{Move: lead.UndoMove})
	at = at.Add(lead.UndoFor)
	tell()
	w.same("and was", []string{"lead.asked loud", "lead.intent over", "lead.intent loud"}, told(rosa))

	// A visitor who asks, and turns out to be the lead.
	at = at.Add(time.Hour)
	visitor := []lead.Message{{ID: "visit", Type: lead.Track, AnonymousID: "visitor", Event: "Demo Requested", OccurredAt: at, ReceivedAt: at}}
	must(desk.TakeAt(w.ctx, visitor, at))(w)
	must(desk.TakeAt(w.ctx, []lead.Message{{ID: "is", Type: lead.Identify, UserID: "ada", AnonymousID: "visitor", OccurredAt: at, ReceivedAt: at}}, at))(w)
	tell()
	w.same("to be read, the newest alone", []string{"lead.asked"}, unread(rosa))

	// Somebody else's now.
	mia := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "mia@acme.example", Name: "Mia", Role: lead.Manager, Teams: []string{team.ID}}, now))(w)
	at = at.Add(time.Minute)
	move(mia, lead.Request{Move: lead.Reassign, To: &sam})
	tell()
	w.same("of whose it was", 0, len(unread(rosa)))
	w.same("of whose it is", []string{"lead.asked"}, unread(sam))
}

// longerHours: what waits until people are there again comes sooner where their hours
// become longer, be it their first team's or the agreement's; nothing comes before they
// are there.
func longerHours(w *world) {
	team, other := w.team("EMEA"), w.team("APAC")
	rosa, otto := w.rep("rosa", team), w.rep("otto", other, team)
	boss := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "boss@acme.example", Name: "Boss", Role: lead.Manager}, now))(w)
	desk, _ := w.desk()
	l := w.card(w.raised(desk, now, "ada")[0])
	night := now.Truncate(24 * time.Hour).Add(20 * time.Hour)
	people := []lead.User{rosa, otto, boss}
	w.tellAll(desk, now)
	wait := func(what lead.Happening) {
		var alerts []lead.Alert
		for _, u := range people {
			alerts = append(alerts, lead.Alert{UserID: u.ID, Occasion: lead.Occasion{LeadID: l.Lead.ID, ClockID: l.Clocks[0].ID, What: what, At: night, NotedAt: night}, HearAt: night.Add(13 * time.Hour)})
		}
		w.ok(w.s.Tell(w.ctx, func(t lead.Teller) error { return t.Note(w.ctx, alerts) }))
	}
	told := func(at time.Time) (out []int) {
		w.Helper()
		w.tellAll(desk, at)
		for _, u := range people {
			out = append(out, w.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1 AND how IN ('loud', 'digest') AND what LIKE 'night%'`, u.ID))
		}
		return out
	}
	hours := func(to string) *sla.Calendar {
		return must(sla.ParseCalendar([]byte(`{"time_zone":"UTC","hours":{"mon":[["09:00","` + to + `"]],"tue":[["09:00","17:00"]]}}`)))(w)
	}
	plan := func(t lead.Team, c *sla.Calendar) lead.TeamPlan {
		return lead.TeamPlan{Name: t.Name, Calendar: c, MaxClaimed: t.MaxClaimed, MaxUntouched: t.MaxUntouched}
	}
	wait("night 1")
	w.same("closed", []int{0, 0, 0}, told(night))
	w.ok(w.s.ChangeTeam(w.ctx, lead.Operator, team.ID, plan(team, hours("22:00")), night))
	w.same("one team is open for longer", []int{1, 0, 0}, told(night.Add(2*time.Second)))
	later := night.Add(3 * time.Hour)
	wait("night 2")
	w.ok(w.s.ChangeTeam(w.ctx, lead.Operator, team.ID, plan(team, hours("23:30")), later))
	a := must(lead.DefaultAgreement("UTC"))(w)
	a.SLA.Calendar = hours("24:00")
	must(w.s.Activate(w.ctx, lead.Operator, a, later))(w)
	w.same("and all others are", []int{2, 2, 2}, told(later.Add(2*time.Second)))
}
