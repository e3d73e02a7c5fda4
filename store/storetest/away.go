package storetest

import (
	"errors"
	"slices"
	"time"

	"hotleads/lead"
)

func awayAndHolds(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	rosa, ben := w.rep("rosa", emea), w.rep("ben", apac)
	until := now.Add(48 * time.Hour)
	w.ok(w.s.SetAway(w.ctx, lead.Operator, rosa.ID, until.In(east), now))
	w.same("away", until, must(w.s.User(w.ctx, rosa.ID))(w).AwayUntil)
	w.same("in the book at once", until, must(w.s.Book(w.ctx))(w).Users[rosa.ID].AwayUntil)
	w.ok(w.s.SetAway(w.ctx, lead.Operator, rosa.ID, time.Time{}, now))
	w.same("back", time.Time{}, must(w.s.User(w.ctx, rosa.ID))(w).AwayUntil)
	w.ok(w.s.Disable(w.ctx, lead.Operator, ben.ID, now))
	w.ok(w.s.SetAway(w.ctx, lead.Operator, ben.ID, until, now))
	w.same("who is disabled is not away", time.Time{}, must(w.s.User(w.ctx, ben.ID))(w).AwayUntil)
	w.same("the trail", 2, len(must(w.s.Acts(w.ctx, lead.ActSearch{What: "person.", Limit: 9}))(w))-3)

	var want []lead.Holds
	held := func(team lead.Team, owner lead.User, stage lead.Stage, touched bool) {
		x := w.begin(func(x *lead.Work) {
			x.Lead.Stage, x.Lead.TeamID, x.Lead.OwnerID = stage, team.ID, owner.ID
			if touched {
				x.Lead.TouchedAt = now
			}
		})
		if stage != lead.Won && stage != lead.MQL {
			want = append(want, lead.Holds{LeadID: x.Lead.ID, OwnerID: owner.ID, TeamID: team.ID, Stage: stage, Touched: touched})
		}
	}
	held(emea, rosa, lead.Claimed, false)
	held(emea, rosa, lead.SAL, false)
	held(emea, rosa, lead.SAL, true)
	held(emea, rosa, lead.SQL, true)
	held(emea, rosa, lead.Won, true)
	held(emea, lead.User{}, lead.MQL, false)
	held(apac, ben, lead.SAL, true)
	held(emea, rosa, lead.SQL, true)
	all, both := []string{emea.ID, apac.ID}, []string{rosa.ID, ben.ID}
	slices.Sort(both)
	counts := must(w.s.HeldCounts(w.ctx, both, nil))(w)
	wantCounts := []lead.HeldCount{
		{OwnerID: rosa.ID, TeamID: emea.ID, Stage: lead.Claimed, N: 1},
		{OwnerID: rosa.ID, TeamID: emea.ID, Stage: lead.SAL, N: 1},
		{OwnerID: rosa.ID, TeamID: emea.ID, Stage: lead.SAL, Touched: true, N: 1},
		{OwnerID: rosa.ID, TeamID: emea.ID, Stage: lead.SQL, Touched: true, N: 2},
		{OwnerID: ben.ID, TeamID: apac.ID, Stage: lead.SAL, Touched: true, N: 1},
	}
	w.same("how many of each kind", wantCounts, counts)
	w.same("how many of a team", wantCounts[:4], must(w.s.HeldCounts(w.ctx, both, []string{emea.ID}))(w))
	w.same("how many of no team", 0, len(must(w.s.HeldCounts(w.ctx, both, []string{}))(w)))
	for _, c := range []struct {
		what                 string
		owners, leave, teams []string
		limit                int
		want                 []lead.Holds
	}{
		{"what waits", both, nil, nil, 9, want[:2]},
		{"and all of who leaves", both, []string{rosa.ID, ben.ID}, nil, 9, want},
		{"of a team", both, both, []string{emea.ID}, 9, slices.Concat(want[:4], want[5:])},
		{"by one", []string{ben.ID}, []string{ben.ID}, all, 9, want[4:5]},
		{"at most", both, both, nil, 2, want[:2]},
		{"of no team", both, both, []string{}, 9, nil},
		{"by nobody", nil, nil, nil, 9, nil},
	} {
		got := must(w.s.Holds(w.ctx, c.owners, c.leave, c.teams, c.limit))(w)
		w.same("who holds what: "+c.what, c.want, got)
	}
}

// leaves: what is planned comes back, earliest first; who returns early ends what
// goes on; its claims are strays from its beginning to its end.
func leaves(w *world) {
	team := w.team("EMEA")
	rosa, ben := w.rep("rosa", team), w.rep("ben", team)
	day := 24 * time.Hour
	add := func(who lead.User, from, until time.Duration) {
		must(w.s.AddLeave(w.ctx, lead.Operator, who.ID, lead.Leave{From: now.Add(from).In(east), Until: now.Add(until)}, now))(w)
	}
	add(rosa, 10*day, 12*day)
	add(rosa, -day, day)
	w.ok(w.s.Disable(w.ctx, lead.Operator, ben.ID, now))
	add(ben, day, 2*day)
	planned := func(id string) (out [][2]time.Duration) {
		for _, u := range []lead.User{must(w.s.User(w.ctx, id))(w), must(w.s.Book(w.ctx))(w).Users[id]} {
			out = nil
			for _, l := range u.Leaves {
				out = append(out, [2]time.Duration{l.From.Sub(now), l.Until.Sub(now)})
			}
		}
		return out
	}
	w.same("planned", [][2]time.Duration{{-day, day}, {10 * day, 12 * day}}, planned(rosa.ID))
	w.same("nobody plans for who is disabled", [][2]time.Duration{}, planned(ben.ID))
	w.begin(func(x *lead.Work) { x.Lead.Stage, x.Lead.TeamID, x.Lead.OwnerID = lead.Claimed, team.ID, rosa.ID })
	strays := func(at time.Duration) []string { return must(w.s.Strays(w.ctx, now.Add(at)))(w) }
	w.same("away now", []string{rosa.ID}, strays(0))
	w.same("there on the first day back", []string{}, strays(day))
	w.same("away again", []string{rosa.ID}, strays(10*day))
	w.ok(w.s.SetAway(w.ctx, lead.Operator, rosa.ID, time.Time{}, now))
	w.same("back earlier", [][2]time.Duration{{10 * day, 12 * day}}, planned(rosa.ID))
	w.ok(w.s.DropLeave(w.ctx, lead.Operator, rosa.ID, must(w.s.User(w.ctx, rosa.ID))(w).Leaves[0].ID, now))
	w.same("taken back", [][2]time.Duration{}, planned(rosa.ID))
	if err := w.s.DropLeave(w.ctx, lead.Operator, rosa.ID, "gone", now); !errors.Is(err, lead.ErrNotFound) {
		w.Errorf("taken back again: %v", err)
	}
}

// circles: what every team may claim is on every board while it waits, and a
// manager keeps what was escalated to them.
func circles(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	open := w.begin(func(x *lead.Work) {
		x.Lead.Stage, x.Lead.TeamID, x.Lead.QualifiedAt, x.Lead.Circle = lead.MQL, emea.ID, now, lead.OfEvery
	})
	w.same("the circle comes back", lead.OfEvery, w.card(open.Lead.ID).Lead.Circle)
	on := func(team lead.Team) (out []string) {
		for _, e := range must(w.s.OnBoard(w.ctx, team.ID))(w) {
			out = append(out, e.ID)
		}
		return out
	}
	w.same("on its own board, once", ids(open), on(emea))
	w.same("on the other's", ids(open), on(apac))
	found := func(q lead.Search) (out []string) {
		q.Limit = 10
		for _, c := range must(w.s.Find(w.ctx, q))(w) {
			out = append(out, c.Lead.ID)
		}
		if q.After == nil {
			w.same("as many as are found", len(out), must(w.s.Count(w.ctx, q, 100))(w))
		}
		return out
	}
	its := w.waiting(emea, "its team's")
	escalated := w.waiting(emea, "its manager's")
	w.alter(escalated.Lead.ID, now, func(x *lead.Work) { x.Lead.Circle = lead.OfManager })
	w.same("whoever asks", ids(open), found(lead.Search{Circle: lead.OfEvery, Seen: []string{apac.ID}}))
	w.same("a manager's", ids(escalated, open), found(lead.Search{Circle: lead.OfManager, Seen: []string{emea.ID}}))
	w.same("every manager's", ids(escalated, open), found(lead.Search{Circle: lead.OfManager}))
	w.same("another manager's", []string(nil), found(lead.Search{Circle: lead.OfManager, Seen: []string{apac.ID}}))
	w.same("from a point on", ids(open), found(lead.Search{Circle: lead.OfManager, After: &lead.SearchPoint{ID: escalated.Lead.ID}}))
	for _, id := range ids(its, escalated) {
		w.alter(id, now, func(x *lead.Work) { x.Lead.Stage = lead.Nurture })
	}
	manager := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "mia@acme.example", Name: "Mia", Role: lead.Manager, Teams: []string{emea.ID}}, now))(w)
	w.alter(open.Lead.ID, now, func(x *lead.Work) { x.Lead.Stage, x.Lead.OwnerID = lead.Claimed, manager.ID })
	w.same("claimed, on its own board", [][]string{ids(open), nil}, [][]string{on(emea), on(apac)})
	w.same("its manager keeps it", []string{}, must(w.s.Strays(w.ctx, now))(w))
	w.alter(open.Lead.ID, now, func(x *lead.Work) { x.Lead.Circle = lead.OfTeam })
	w.same("not what did not escalate", []string{manager.ID}, must(w.s.Strays(w.ctx, now))(w))
}
