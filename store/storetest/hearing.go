package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotleads/lead"
)

// morning: however much waits for people, each transaction tells a bounded part of it,
// and each of them hears of all in one digest.
func morning(w *world) {
	team := w.team("EMEA")
	rosa, sam, tom := w.rep("rosa", team), w.rep("sam", team), w.rep("tom", team)
	desk, _ := w.desk()
	l := w.card(w.raised(desk, now, "ada")[0]).Lead
	w.tellAll(desk, now)
	clock := w.card(l.ID).Clocks[0].ID
	opening := now.Add(24 * time.Hour)
	wait := func(u lead.User, n int) {
		alerts := make([]lead.Alert, n)
		for i := range alerts {
			o := lead.Occasion{LeadID: l.ID, ClockID: clock, What: lead.Happening(fmt.Sprint("night ", i)), At: now, NotedAt: opening.Add(-time.Duration(n-i) * time.Second)}
			alerts[i] = lead.Alert{UserID: u.ID, Occasion: o, HearAt: opening.Add(-time.Minute)}
		}
		w.ok(w.s.Tell(w.ctx, func(t lead.Teller) error { return t.Note(w.ctx, alerts) }))
	}
	wait(rosa, 1100)
	wait(sam, 1050)
	wait(tom, 30)

	// What the store tells of it.
	w.ok(w.s.Tell(w.ctx, func(t lead.Teller) error {
		of := func(n int, but ...string) (who []string, all int) {
			for _, x := range must(t.Waiting(w.ctx, opening, n, but))(w) {
				who, all = append(who, x.UserID), all+x.Alerts
			}
			slices.Sort(who)
			return who, all
		}
		who, all := of(5000)
		w.same("who waits", []string{rosa.ID, sam.ID, tom.ID}, who)
		w.same("for how much", 2180, all)
		who, all = of(5000, sam.ID, tom.ID)
		w.same("but for two", []string{rosa.ID}, who)
		w.same("for how much but for two", 1100, all)
		_, all = of(70)
		w.same("of so many", 70, all)
		w.same("before", 0, len(must(t.Waiting(w.ctx, opening.Add(-time.Hour), 10, nil))(w)))
		w.same("due for two", 1080, len(must(t.Due(w.ctx, []string{sam.ID, tom.ID}, opening, 5000))(w)))
		w.same("due, at most", 7, len(must(t.Due(w.ctx, []string{rosa.ID}, opening, 7))(w)))
		w.same("due before", 0, len(must(t.Due(w.ctx, []string{rosa.ID}, opening.Add(-time.Hour), 7))(w)))
		return nil
	}))

	counted := &countedTellings{Store: w.s}
	r := Embedded(w)
	w.tellAll(lead.NewDesk(counted, r, r, quiet), opening)
	if counted.most > 2000 {
		w.Errorf("%d notices were told in one transaction", counted.most)
	}
	for u, n := range map[*lead.User]int{&rosa: 1100, &sam: 1050, &tom: 30} {
		w.same("told to "+u.Name, n, w.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1 AND how = 'digest'`, u.ID))
		w.same("digests of "+u.Name, 1, w.count(`SELECT COUNT(DISTINCT heard_at) FROM alerts WHERE user_id = $1 AND how = 'digest'`, u.ID))
	}

	// Of what somebody has not seen, as much is read as is shown.
	unread := must(w.s.Unread(w.ctx, []string{rosa.ID, tom.ID}, opening.Add(-time.Minute), 100))(w)
	w.same("unread", []int{100, 0, 30}, []int{len(unread[rosa.ID]), len(unread[sam.ID]), len(unread[tom.ID])})
	newest := must(w.s.Alerts(w.ctx, rosa.ID, nil, 1))(w)[0]
	w.same("the newest", newest.ID, unread[rosa.ID][0].ID)
	if !slices.IsSortedFunc(unread[rosa.ID], func(a, b lead.Alert) int { return strings.Compare(b.ID, a.ID) }) {
		w.Error("what is unread is in no order")
	}
	w.same("of nobody", 0, len(must(w.s.Unread(w.ctx, nil, now, 100))(w)))
}

// backEarly: whoever is back before they said hears then of what waited for them; nobody
// else does, and what waits for anything else goes on waiting.
func backEarly(w *world) {
	team := w.team("EMEA")
	rosa, sam := w.rep("rosa", team), w.rep("sam", team)
	desk, _ := w.desk()
	l := w.card(w.raised(desk, now, "ada")[0]).Lead
	w.tellAll(desk, now)
	clock, friday := w.card(l.ID).Clocks[0].ID, now.Add(96*time.Hour)
	leave := func(u lead.User) string {
		return must(w.s.AddLeave(w.ctx, lead.Operator, u.ID, lead.Leave{From: now.Add(-time.Hour), Until: friday}, now))(w)
	}
	wait := func(what lead.Happening) {
		var alerts []lead.Alert
		for _, u := range []lead.User{rosa, sam} {
			alerts = append(alerts, lead.Alert{UserID: u.ID, Occasion: lead.Occasion{LeadID: l.ID, ClockID: clock, What: what, At: now, NotedAt: now}, HearAt: friday})
		}
		w.ok(w.s.Tell(w.ctx, func(t lead.Teller) error { return t.Note(w.ctx, alerts) }))
	}
	told := func(u lead.User, at time.Time) int {
		w.tellAll(desk, at.Add(2*time.Second))
		return w.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1 AND how = 'loud'`, u.ID) - 1
	}
	leave(rosa)
	wait("one")
	at := now.Add(time.Hour)
	w.same("while she is away", 0, told(rosa, at))
	w.ok(w.s.SetAway(w.ctx, lead.Operator, rosa.ID, time.Time{}, at))
	w.same("back", 1, told(rosa, at))
	w.same("of who is not", 0, told(sam, at))
	first := leave(rosa)
	second := leave(rosa)
	wait("two")
	w.ok(w.s.DropLeave(w.ctx, lead.Operator, rosa.ID, first, at))
	w.same("still away", 1, told(rosa, at))
	w.ok(w.s.DropLeave(w.ctx, lead.Operator, rosa.ID, second, at))
	w.same("back again", 2, told(rosa, at))
	w.same("on the day that was said", friday, must(w.s.Alerts(w.ctx, sam.ID, nil, 1))(w)[0].HearAt)
}

// countedTellings counts how many notices the largest transaction tells.
type countedTellings struct {
	lead.Store
	most int
}

func (c *countedTellings) Tell(ctx context.Context, f func(lead.Teller) error) error {
	n := 0
	err := c.Store.Tell(ctx, func(t lead.Teller) error {
		n = 0
		return f(countedTeller{t, &n})
	})
	c.most = max(c.most, n)
	return err
}

type countedTeller struct {
	lead.Teller
	n *int
}

func (t countedTeller) Heard(ctx context.Context, alerts []lead.Alert) error {
	*t.n += len(alerts)
	return t.Teller.Heard(ctx, alerts)
}

// mergedNotices: what people were told of a visitor, or are to be told, is what they
// were told of whom the visitor turns out to be.
func mergedNotices(w *world) {
	team := w.team("EMEA")
	rosa := w.rep("rosa", team)
	a := must(lead.DefaultAgreement("UTC"))(w)
	a.Criteria.RequiredTraits = nil
	must(w.s.Activate(w.ctx, lead.Operator, a, now))(w)
	desk, _ := w.desk()
	at := now
	send := func(m lead.Message) {
		at = at.Add(time.Second)
		m.ID, m.OccurredAt, m.ReceivedAt = fmt.Sprint(at), at, at
		w.same("taken", []error{nil}, must(desk.TakeAt(w.ctx, []lead.Message{m}, at))(w))
	}
	who := func(kind lead.IdentityKind, value string) string {
		return must(w.s.LeadID(w.ctx, lead.Identity{Kind: kind, Value: value}))(w)
	}
	var visitors []string
	for _, v := range []string{"one", "two"} {
		send(lead.Message{Type: lead.Track, AnonymousID: v, Event: "Demo Requested"})
		visitors = append(visitors, who(lead.ByAnonymous, v))
	}
	w.tellAll(desk, at)
	w.same("told of visitors", 2, len(must(w.s.Alerts(w.ctx, rosa.ID, nil, 10))(w)))
	must(desk.Move(w.ctx, visitors[1], lead.Request{Move: lead.Claim}, lead.Person(rosa, "page"), at))(w)
	must(desk.Move(w.ctx, visitors[1], lead.Request{Move: lead.Release}, lead.Person(rosa, "page"), at.Add(time.Minute)))(w)
	at = at.Add(2 * time.Minute)
	if n := w.count(`SELECT COUNT(*) FROM occasions WHERE lead_id = $1`, visitors[1]); n == 0 {
		w.Fatal("nothing is to be told of the second visitor")
	}
	send(lead.Message{Type: lead.Identify, UserID: "ada", Traits: map[string]any{"email": "ada@buyer.example"}})
	for _, v := range []string{"one", "two"} {
		send(lead.Message{Type: lead.Identify, UserID: "ada", AnonymousID: v})
	}
	ada := who(lead.ByUser, "ada")
	for i, v := range visitors {
		w.same("the visitor is", ada, w.card(v).Lead.MergedInto)
		w.same("left of a visitor", 0, w.count(`SELECT (SELECT COUNT(*) FROM alerts WHERE lead_id = $1) + (SELECT COUNT(*) FROM occasions WHERE lead_id = $1)`, visitors[i]))
	}
	w.tellAll(desk, at.Add(lead.UndoFor))
	for _, a := range must(w.s.Alerts(w.ctx, rosa.ID, nil, 10))(w) {
		w.same("told of", ada, a.LeadID)
	}
}
