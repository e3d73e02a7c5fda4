package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
)

func displays(w *world) {
	team, other := w.team("EMEA"), w.team("APAC")
	t := w.s.Displays([]byte("secret"))
	anna := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "anna@acme.example", Name: "Anna", Role: lead.Admin}, now))(w)
	by := lead.Person(anna, "page")
	token, lobby, err := t.Add(w.ctx, by, lead.Display{Name: "Lobby", TeamID: team.ID, Privacy: lead.ShowFull}, now.In(east))
	w.ok(err)
	w.same("as made", lead.Display{Name: "Lobby", TeamID: team.ID, Privacy: lead.ShowFull, CreatedBy: anna.ID, CreatedAt: now, LinkedAt: now}, lobby, cmpopts.IgnoreFields(lead.Display{}, "ID"))
	if n := w.count(`SELECT COUNT(*) FROM displays WHERE token LIKE '%' || $1 || '%'`, token); n != 0 || len(token) < 32 {
		w.Errorf("the token %q is stored, or short", token)
	}
	second, hall, err := t.Add(w.ctx, lead.Operator, lead.Display{Name: "Hall", TeamID: other.ID, Privacy: lead.ShowCompany, CreatedBy: "forged", SeenAt: now}, now.Add(time.Second))
	w.ok(err)
	if hall.CreatedBy != "" || !hall.SeenAt.IsZero() || second == token {
		w.Errorf("the operator's display is %+v", hall)
	}
	w.same("by its token", lobby, must(t.ByToken(w.ctx, token))(w))
	w.same("all, the oldest first", []lead.Display{lobby, hall}, must(t.All(w.ctx))(w))
	for _, wrong := range []string{"", token + "x", strings.ToLower(token) + "-", lobby.ID} {
		_, err := t.ByToken(w.ctx, wrong)
		w.refused(fmt.Sprintf("the token %q", wrong), err, lead.ErrNotFound)
	}
	_, err = w.s.Displays([]byte("another")).ByToken(w.ctx, token)
	w.refused("under another secret", err, lead.ErrNotFound)
	for _, d := range []lead.Display{
		{Name: "", TeamID: team.ID, Privacy: lead.ShowFull}, {Name: "x", TeamID: "none", Privacy: lead.ShowFull}, {Name: "x", TeamID: team.ID, Privacy: "all"},
	} {
		_, _, err := t.Add(w.ctx, by, d, now)
		w.refused(fmt.Sprintf("making %+v", d), err, lead.ErrInvalid)
		_, err = t.Change(w.ctx, by, lobby.ID, d.Name, d.TeamID, d.Privacy, now)
		w.refused(fmt.Sprintf("changing to %+v", d), err, lead.ErrInvalid)
	}

	changed := must(t.Change(w.ctx, by, lobby.ID, "Kitchen", other.ID, lead.ShowInitials, now.Add(2*time.Second)))(w)
	want := lobby
	want.Name, want.TeamID, want.Privacy = "Kitchen", other.ID, lead.ShowInitials
	w.same("changed", want, changed)
	w.same("with the same link", want, must(t.ByToken(w.ctx, token))(w))
	must(t.Change(w.ctx, by, lobby.ID, "Kitchen", other.ID, lead.ShowInitials, now.Add(3*time.Second)))(w)
	_, err = t.Change(w.ctx, by, "none", "x", team.ID, lead.ShowFull, now)
	w.refused("changing none", err, lead.ErrNotFound)

	fresh, renewed, err := t.Renew(w.ctx, by, lobby.ID, now.Add(4*time.Second))
	w.ok(err)
	want.LinkedAt = now.Add(4 * time.Second)
	w.same("with a new link", want, renewed)
	_, err = t.ByToken(w.ctx, token)
	w.refused("the old link", err, lead.ErrNotFound)
	w.same("the new link", want, must(t.ByToken(w.ctx, fresh))(w))

	revoked := must(t.Revoke(w.ctx, by, "Kitchen", now.Add(5*time.Second)))(w)
	want.RevokedAt = now.Add(5 * time.Second)
	w.same("revoked", want, revoked)
	w.same("its link says so", want, must(t.ByToken(w.ctx, fresh))(w))
	_, err = t.Revoke(w.ctx, by, lobby.ID, now)
	w.refused("once more", err, lead.ErrNotFound)
	_, err = t.Change(w.ctx, by, lobby.ID, "x", team.ID, lead.ShowFull, now)
	w.refused("changing a revoked one", err, lead.ErrConflict)
	_, _, err = t.Renew(w.ctx, by, lobby.ID, now)
	w.refused("a new link for a revoked one", err, lead.ErrConflict)
	_, _, err = t.Add(w.ctx, by, lead.Display{Name: "Hall", TeamID: team.ID, Privacy: lead.ShowFull}, now)
	w.ok(err)
	_, err = t.Revoke(w.ctx, by, "Hall", now)
	w.refused("one of two of a name", err, lead.ErrConflict)
	must(t.Revoke(w.ctx, by, hall.ID, now.Add(6*time.Second)))(w)

	var acts []string
	for _, a := range must(w.s.Acts(w.ctx, lead.ActSearch{What: "display.", Limit: 100}))(w) {
		if a.Subject == lobby.ID {
			acts = append(acts, string(a.What)+" "+a.Detail)
		}
		if strings.Contains(a.Detail, token) || strings.Contains(a.Detail, fresh) {
			w.Errorf("a token stands in %+v", a)
		}
	}
	w.same("the trail, newest first", []string{
		"display.revoke Kitchen", "display.link Kitchen", "display.change Lobby is now Kitchen, team APAC, full to initials", "display.add Lobby: team EMEA, full",
	}, acts)
}

// displaySeen: one write a minute, whoever sees it.
func displaySeen(w *world) {
	team := w.team("EMEA")
	t := w.s.Displays([]byte("secret"))
	_, d, err := t.Add(w.ctx, lead.Operator, lead.Display{Name: "Lobby", TeamID: team.ID, Privacy: lead.ShowFull}, now)
	w.ok(err)
	_, gone, err := t.Add(w.ctx, lead.Operator, lead.Display{Name: "Gone", TeamID: team.ID, Privacy: lead.ShowFull}, now.Add(time.Second))
	w.ok(err)
	must(t.Revoke(w.ctx, lead.Operator, gone.ID, now))(w)
	seen := func() []time.Time {
		var out []time.Time
		for _, d := range must(t.All(w.ctx))(w) {
			out = append(out, d.SeenAt)
		}
		return out
	}
	w.ok(t.Seen(w.ctx, nil, now))
	w.same("not yet", []time.Time{{}, {}}, seen())
	for _, c := range []struct{ at, want time.Duration }{
		{0, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {30 * time.Second, time.Minute},
	} {
		w.ok(t.Seen(w.ctx, []string{d.ID, gone.ID, "none"}, now.Add(c.at).In(east)))
		w.same(fmt.Sprintf("after %v", c.at), []time.Time{now.Add(c.want), {}}, seen())
	}
}

// day: what a team did, as moves tell it.
func day(w *world) {
	team, other := w.team("EMEA"), w.team("APAC")
	rosa, ben, far := w.rep("rosa", team), w.rep("ben", team), w.rep("far", other)
	desk, _ := w.desk()
	var leads []lead.Work
	for i, team := range []lead.Team{team, team, team, team, other} {
		x := w.waiting(team, fmt.Sprint("lead", i))
		w.alter(x.Lead.ID, now, func(x *lead.Work) {
			x.History = []lead.History{{Seq: 1, Move: lead.Qualify, From: lead.Nurture, To: lead.MQL, TeamAfter: team.ID, OccurredAt: now, RecordedAt: now}}
			x.Lead.HistorySeq = 1
			rules := must(w.s.Rules(w.ctx))(w)
			c := must(rules.SLA.Start(rules.CalendarOf(nil), "claim", "hot", now, 0))(w)
			x.Clocks = []lead.Clock{{ID: fmt.Sprint("clock", i), Current: true, Clock: c}}
		})
		leads = append(leads, *x)
	}
	move := func(i int, who lead.User, r lead.Request, after time.Duration) {
		w.Helper()
		_, err := desk.Move(w.ctx, leads[i].Lead.ID, r, lead.Person(who, "page"), now.Add(after))
		w.ok(err)
	}
	move(0, rosa, lead.Request{Move: lead.Claim}, 5*time.Minute)
	move(0, rosa, lead.Request{Move: lead.Accept}, 6*time.Minute)
	move(1, ben, lead.Request{Move: lead.Accept}, 2*time.Minute) // claims in the same step
	move(2, ben, lead.Request{Move: lead.Accept}, time.Minute)
	move(2, ben, lead.Request{Move: lead.UndoMove}, time.Minute+5*time.Second)
	move(3, rosa, lead.Request{Move: lead.Touch, Outcome: "reached"}, 7*time.Minute)
	move(4, far, lead.Request{Move: lead.Accept}, time.Minute)
	move(0, rosa, lead.Request{Move: lead.Opportunity}, 8*time.Minute)
	move(0, rosa, lead.Request{Move: lead.Win, Amount: 5}, 9*time.Minute)
	got := must(w.s.Day(w.ctx, team.ID, now.In(east), now.Add(time.Hour)))(w)
	w.same("the day", lead.Day{HandedOver: 4, Accepted: 3, Claims: []lead.Taken{
		{OwnerID: ben.ID, At: now.Add(2 * time.Minute), Used: 2 * time.Minute},
		{OwnerID: rosa.ID, At: now.Add(5 * time.Minute), Used: 5 * time.Minute},
		{OwnerID: rosa.ID, At: now.Add(7 * time.Minute), Used: 7 * time.Minute},
	}, Wins: []lead.Deal{{LeadID: leads[0].Lead.ID, OwnerID: rosa.ID, At: now.Add(9 * time.Minute)}}}, got)
	w.same("another", lead.Day{}, must(w.s.Day(w.ctx, team.ID, now.Add(time.Hour), now.Add(2*time.Hour)))(w))
	w.same("nobody's", lead.Day{}, must(w.s.Day(w.ctx, "none", now, now.Add(time.Hour)))(w))
}
