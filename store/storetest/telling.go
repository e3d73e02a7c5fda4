package storetest

import (
	"fmt"
	"slices"
	"time"

	"hotleads/lead"
)

// raised brings leads onto the board by a hand-raise each, at a moment.
func (w *world) raised(desk *lead.Desk, at time.Time, names ...string) (ids []string) {
	w.Helper()
	var msgs []lead.Message
	for _, name := range names {
		m := lead.Message{Type: lead.Identify, UserID: name, OccurredAt: at, ReceivedAt: at, Traits: map[string]any{"email": name + "@buyer.example", "name": name}}
		for _, event := range []string{"", "Demo Requested"} {
			if m.ID, m.Event = name+" "+event, event; event != "" {
				m.Type = lead.Track
			}
			msgs = append(msgs, m)
		}
	}
	errs, err := desk.TakeAt(w.ctx, msgs, at)
	w.ok(err)
	for _, err := range errs {
		w.ok(err)
	}
	for _, name := range names {
		ids = append(ids, must(w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByUser, Value: name}))(w))
	}
	return ids
}

// tellAll lets people hear of all that there is.
func (w *world) tellAll(desk *lead.Desk, at time.Time) {
	w.Helper()
	for more := true; more; {
		more = must(desk.Tell(w.ctx, at, 50))(w)
	}
}

// hows counts a person's notices by how they were told.
func (w *world) hows(user lead.User) map[lead.How]int {
	w.Helper()
	counts := map[lead.How]int{}
	for _, a := range must(w.s.Alerts(w.ctx, user.ID, nil, 1000))(w) {
		counts[a.How]++
	}
	return counts
}

// tellingRace: whatever happens becomes one notice of each person, and nobody is
// told more than an hour allows, however many instances tell at once.
func tellingRace(w *world) {
	team := w.team("EMEA")
	reps := []lead.User{w.rep("rosa", team), w.rep("sam", team)}
	one, _ := w.desk()
	two := lead.NewDesk(Open(w, w.url), Embedded(w), Embedded(w), quiet)
	const leads, ofTeams = 24, lead.LoudAnHour - 3 // which are kept for what is one's own
	for i := range leads {
		at := now.Add(time.Duration(i) * time.Second)
		id := w.raised(one, at, fmt.Sprint("lead", i))[0]
		for _, err := range together(4, func(n int) error {
			_, err := []*lead.Desk{one, two}[n%2].Tell(w.ctx, at, 50)
			return err
		}) {
			w.ok(err)
		}
		if n := w.count(`SELECT COUNT(*) FROM alerts WHERE lead_id = $1`, id); n != len(reps) {
			w.Errorf("%d notices of a lead for %d people", n, len(reps))
		}
	}
	w.same("occasions that are left", 0, w.count(`SELECT COUNT(*) FROM occasions`))
	for _, u := range reps {
		w.same(u.Name, map[lead.How]int{lead.Loud: ofTeams, "": leads - ofTeams}, w.hows(u))
	}
	later := now.Add(time.Hour + time.Second) // the first of the hour was longer ago
	for _, err := range together(4, func(n int) error {
		_, err := []*lead.Desk{one, two}[n%2].Tell(w.ctx, later, 50)
		return err
	}) {
		w.ok(err)
	}
	for _, u := range reps {
		w.same(u.Name+" an hour later", map[lead.How]int{lead.Loud: ofTeams, lead.Digest: leads - ofTeams}, w.hows(u))
	}
	w.same("digests", len(reps), w.count(`SELECT COUNT(*) FROM (SELECT DISTINCT user_id, heard_at FROM alerts WHERE how = 'digest') AS d`))

	var flood []string
	for i := range 80 {
		flood = append(flood, fmt.Sprint("flood", i))
	}
	later = later.Add(2 * time.Hour)
	w.raised(one, later, flood...)
	w.tellAll(two, later)
	for _, u := range reps {
		w.same("notices of a flood", len(flood), w.count(`SELECT COUNT(*) FROM alerts WHERE user_id = $1 AND noted_at >= $2`, u.ID, later))
	}
}

// notices are a person's own: in pages, read by them, over when somebody acted,
// taken back with what they are about, and dropped after a while.
func notices(w *world) {
	team := w.team("EMEA")
	rosa, sam := w.rep("rosa", team), w.rep("sam", team)
	desk, _ := w.desk()
	start := now
	ids := w.raised(desk, now, "ada")
	w.tellAll(desk, now)
	ids = append(ids, w.raised(desk, now.Add(time.Second), "eve", "grace")...)
	w.tellAll(desk, now.Add(time.Second))

	var got []string
	var after *lead.AlertPoint
	for page := must(w.s.Alerts(w.ctx, rosa.ID, nil, 2))(w); len(page) > 0; page = must(w.s.Alerts(w.ctx, rosa.ID, after, 2))(w) {
		for _, a := range page {
			got = append(got, a.LeadID)
			if a.UserID != rosa.ID || a.What != lead.GotHot || a.How != lead.Loud || a.ReadAt != (time.Time{}) || a.At.Location() != time.UTC {
				w.Errorf("not as it was noted: %+v", a)
			}
		}
		last := page[len(page)-1]
		after = &lead.AlertPoint{At: last.NotedAt, ID: last.ID}
	}
	slices.Sort(got[:2])
	want := []string{ids[1], ids[2], ids[0]}
	slices.Sort(want[:2])
	w.same("notices, newest first", want, got)
	unread := func(u lead.User) (out []string) {
		for _, a := range must(w.s.Unread(w.ctx, []string{rosa.ID, sam.ID}, start.Add(-time.Hour), lead.MostUnread))(w)[u.ID] {
			out = append(out, a.LeadID)
		}
		slices.Sort(out)
		return out
	}
	all := slices.Sorted(slices.Values(ids))
	w.same("unread", all, unread(rosa))
	w.ok(desk.ReadAlerts(w.ctx, rosa.ID, *after, now))
	w.same("the oldest is read", slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == ids[0] }), unread(rosa))
	w.same("by nobody else", all, unread(sam))
	mine := must(w.s.Unread(w.ctx, []string{rosa.ID}, start.Add(-time.Hour), lead.MostUnread))(w)[rosa.ID]
	for range 2 { // the second time nothing changes
		w.ok(desk.ReadAlert(w.ctx, rosa.ID, mine[0].ID, now))
		w.same("and one by itself", []string{mine[1].LeadID}, unread(rosa))
		w.same("of nobody else", all, unread(sam))
	}
	for _, id := range []string{must(w.s.Alerts(w.ctx, sam.ID, nil, 1))(w)[0].ID, "nonsense"} {
		w.refused("somebody else's", desk.ReadAlert(w.ctx, rosa.ID, id, now), lead.ErrNotFound)
	}
	w.same("hers only", all, unread(sam))

	// A colleague takes one, and has it for a while.
	_, err := desk.Move(w.ctx, ids[1], lead.Request{Move: lead.Claim}, lead.Person(rosa, "page"), now.Add(2*time.Second))
	w.ok(err)
	w.same("over, and nothing to read", slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == ids[1] }), unread(sam))
	_, err = desk.Move(w.ctx, ids[1], lead.Request{Move: lead.UndoMove}, lead.Person(rosa, "page"), now.Add(3*time.Second))
	w.ok(err)
	w.same("back again", all, unread(sam))

	// What a manager gives and takes back is not told, if nobody has heard of it.
	mia := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "mia@acme.example", Name: "Mia", Role: lead.Manager, Teams: []string{team.ID}}, now))(w)
	give := func(at time.Time) {
		_, err := desk.Move(w.ctx, ids[2], lead.Request{Move: lead.Claim, To: &sam}, lead.Person(mia, "page"), at)
		w.ok(err)
	}
	given := func() int {
		return w.count(`SELECT (SELECT COUNT(*) FROM alerts WHERE what = 'lead.given') + (SELECT COUNT(*) FROM occasions)`)
	}
	give(now.Add(20 * time.Second))
	w.same("given", 1, given())
	_, err = desk.Move(w.ctx, ids[2], lead.Request{Move: lead.UndoMove}, lead.Person(mia, "page"), now.Add(21*time.Second))
	w.ok(err)
	w.same("taken back", 0, given())

	// At night nothing is told; what is over by the morning never is.
	night := now.Add(10 * time.Hour)
	lost := w.raised(desk, night, "nina", "otto", "pia")
	w.tellAll(desk, night)
	w.same("at night", 3, w.hows(sam)[""])
	morning := now.Truncate(24 * time.Hour).Add(33 * time.Hour)
	_, err = desk.Move(w.ctx, lost[0], lead.Request{Move: lead.Claim}, lead.Person(rosa, "page"), night)
	w.ok(err)
	w.tellAll(desk, morning.Add(-time.Second))
	w.same("still closed", 3, w.hows(sam)[""])
	w.tellAll(desk, morning)
	w.same("in the morning", map[lead.How]int{lead.Loud: 3, lead.Digest: 2, lead.Over: 1}, w.hows(sam))

	w.change(func(tx lead.Tx) error { return tx.Forget(w.ctx, lost[1:2], nil, nil) })
	w.same("of a lead that is forgotten", 0, w.count(`SELECT COUNT(*) FROM alerts WHERE lead_id = $1`, lost[1]))
	w.same("dropped", int64(6), must(w.s.DropAlerts(w.ctx, now.Add(time.Minute), 100))(w))
	w.same("dropped again", int64(0), must(w.s.DropAlerts(w.ctx, now.Add(time.Minute), 100))(w))
	w.same("left", 2, len(must(w.s.Alerts(w.ctx, sam.ID, nil, 100))(w)))

	// What nobody took for a day is no news.
	w.raised(desk, morning, "quinn")
	w.tellAll(desk, morning.Add(25*time.Hour))
	w.same("old news", 0, w.count(`SELECT COUNT(*) FROM alerts a JOIN leads l ON l.id = a.lead_id WHERE l.user_id = 'quinn'`))
}

// toldAfterAll: what the system ends is told all the same; what was over before it
// could be told is told when the lead is back; a lead that moves is told to the team
// that it moves to, and no more to the one that it leaves.
func toldAfterAll(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	rosa, sam, otto := w.rep("rosa", emea), w.rep("sam", emea), w.rep("otto", apac)
	mia := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "mia@acme.example", Name: "Mia", Role: lead.Manager, Teams: []string{emea.ID}}, now))(w)
	a, err := lead.DefaultAgreement("UTC")
	w.ok(err)
	a.SLA.ReleaseOnBreach = true
	must(w.s.Activate(w.ctx, lead.Operator, a, now))(w)
	desk, _ := w.desk()
	move := func(u lead.User, id string, r lead.Request, at time.Time) {
		w.Helper()
		must(desk.Move(w.ctx, id, r, lead.Person(u, "page"), at))(w)
	}
	told := func(u lead.User, id string) (out []string) {
		w.Helper()
		for _, a := range must(w.s.Alerts(w.ctx, u.ID, nil, 1000))(w) {
			if a.LeadID == id {
				out = append(out, fmt.Sprintf("%s %s", a.What, a.How))
			}
		}
		slices.Sort(out)
		return out
	}
	unread := func(u lead.User, at time.Time) (out []string) {
		w.Helper()
		for _, a := range must(w.s.Unread(w.ctx, []string{u.ID}, at.Add(-lead.UnreadFor), lead.MostUnread))(w)[u.ID] {
			out = append(out, string(a.What))
		}
		slices.Sort(out)
		return out
	}

	at := now
	ada := w.raised(desk, at, "ada")[0]
	w.tellAll(desk, at)
	move(sam, ada, lead.Request{Move: lead.Claim}, at)
	at = at.Add(241 * time.Minute)
	must(desk.Sweep(w.ctx, at, 100))(w)
	w.tellAll(desk, at)
	w.same("back on the board", lead.MQL, w.card(ada).Lead.Stage)
	w.same("its manager", []string{"decision.breached loud"}, told(mia, ada))
	w.same("its rep", []string{"decision.breached loud", "lead.hot loud"}, told(sam, ada))
	w.same("the others, once", []string{"lead.hot loud"}, told(rosa, ada))
	w.same("to be read by its manager", []string{"decision.breached"}, unread(mia, at))
	w.same("to be read by its rep", []string{"decision.breached", "lead.hot"}, unread(sam, at))
	move(rosa, ada, lead.Request{Move: lead.Touch, Channel: "call", Outcome: "reached"}, at)
	w.same("called meanwhile, but late", []string{"decision.breached"}, unread(mia, at))

	night := now.Truncate(24 * time.Hour).Add(20 * time.Hour)
	morning := night.Add(13 * time.Hour)
	moves, back := w.raised(desk, night, "moves")[0], w.raised(desk, night, "back")[0]
	w.tellAll(desk, night)
	move(rosa, back, lead.Request{Move: lead.Claim}, night)
	move(mia, moves, lead.Request{Move: lead.Reassign, ToTeam: &apac}, night)
	w.tellAll(desk, night)
	w.same("of the other team, at night", []string{"lead.hot "}, told(otto, moves))
	w.tellAll(desk, morning)
	w.same("of the other team", []string{"lead.hot loud"}, told(otto, moves))
	w.same("of the team that it left", []string{"lead.hot over"}, told(sam, moves))
	w.same("of what somebody claimed", []string{"lead.hot over"}, told(sam, back))
	w.ok(desk.ReadAlerts(w.ctx, sam.ID, lead.AlertPoint{At: morning}, morning))
	for range 2 { // the second time they know
		morning = morning.Add(time.Minute)
		move(rosa, back, lead.Request{Move: lead.Release}, morning)
		w.tellAll(desk, morning)
		w.same("of what is back", []string{"lead.hot loud"}, told(sam, back))
		w.same("to be read", []string{"lead.hot"}, unread(sam, morning))
		move(rosa, back, lead.Request{Move: lead.Claim}, morning)
	}
	w.same("occasions that are left", 0, w.count(`SELECT COUNT(*) FROM occasions`))
}
