package storetest

import (
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
	both := []string{rosa.ID, ben.ID}
	w.same("who holds what", want, must(w.s.Holds(w.ctx, both, nil))(w))
	w.same("of a team", want[:4], must(w.s.Holds(w.ctx, both, []string{emea.ID}))(w))
	w.same("by one", want[4:], must(w.s.Holds(w.ctx, []string{ben.ID}, []string{emea.ID, apac.ID}))(w))
	w.same("of no team", []lead.Holds{}, must(w.s.Holds(w.ctx, both, []string{}))(w))
	w.same("by nobody", []lead.Holds{}, must(w.s.Holds(w.ctx, nil, nil))(w))
}
