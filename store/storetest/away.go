package storetest

import (
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
