package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"hotleads/lead"
	"hotleads/lead/report"
	"hotleads/sla"
)

// figures: what a report says of random stories is what a naive recount of the
// leads' history says.
func figures(w *world) {
	const leads = 40
	random := rand.New(rand.NewPCG(6, 4))
	desk, _ := w.desk()
	a := must(lead.DefaultAgreement("Europe/Berlin"))(w)
	must(w.s.Activate(w.ctx, lead.Operator, a, now))(w)
	emea, apac := w.team("EMEA"), w.team("APAC")
	reps := map[string][]lead.User{emea.ID: {w.rep("rosa", emea), w.rep("sam", emea)}, apac.ID: {w.rep("aki", apac)}}
	boss := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "boss@acme.example", Name: "Boss", Role: lead.Manager}, now))(w)
	crm := lead.Actor{Kind: lead.ByKey, ID: "crm", Via: "api"}
	type act struct {
		lead int
		at   time.Time
	}
	var acts []act
	for i := range leads { // each comes at a random moment of three weeks and lives through some moves
		at := now.Add(time.Duration(random.IntN(21*24*3600)) * time.Second)
		for range 1 + random.IntN(7) {
			acts = append(acts, act{i, at})
			at = at.Add(time.Duration(random.ExpFloat64()*3000) * time.Second)
		}
	}
	slices.SortStableFunc(acts, func(a, b act) int { return a.at.Compare(b.at) })
	ids, moved := map[int]string{}, 0
	for _, x := range acts {
		must(desk.Sweep(w.ctx, x.at, 100))(w)
		id, here := ids[x.lead]
		if !here {
			who := fmt.Sprint("visitor", x.lead)
			traits := map[string]any{"email": who + "@buyer.example"}
			if x.lead%3 == 0 {
				traits["title"] = "CEO"
			}
			msg := lead.Message{ID: who, Type: lead.Track, UserID: who, Event: "Demo Requested", Traits: traits, Source: fmt.Sprint("fair ", x.lead%2), OccurredAt: x.at, ReceivedAt: x.at}
			w.same("taken", []error{nil}, must(desk.TakeAt(w.ctx, []lead.Message{msg}, x.at))(w))
			ids[x.lead] = must(w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByUser, Value: who}))(w)
			if x.lead%4 == 0 {
				must(desk.Move(w.ctx, ids[x.lead], lead.Request{Move: lead.Reassign, ToTeam: &apac}, lead.Person(boss, "page"), x.at))(w)
			}
			continue
		}
		l := w.card(id).Lead
		mates := reps[l.TeamID]
		rep := mates[random.IntN(len(mates))]
		via := []string{"page", "api"}[random.IntN(2)]
		actor := lead.Person(rep, via)
		if l.OwnerID != "" {
			actor = lead.Person(must(w.s.User(w.ctx, l.OwnerID))(w), via)
		}
		r := []lead.Request{{Move: lead.Claim}, {Move: lead.Claim}, {Move: lead.Accept}, {Move: lead.Accept}, {Move: lead.Touch, Channel: "call", Outcome: "reached"}, {Move: lead.Touch, Channel: "email", Outcome: "sent"},
			{Move: lead.Release}, {Move: lead.Return, Reason: "wrong_person"}, {Move: lead.UndoMove}, {Move: lead.Opportunity}, {Move: lead.Disqualify}, {Move: lead.Reassign, To: &rep}}[random.IntN(12)]
		switch {
		case r.Move == lead.Disqualify || r.Move == lead.Reassign:
			actor = lead.Person(boss, "page")
		case r.Move == lead.Opportunity && random.IntN(2) == 0:
			actor = crm
		}
		_, err := desk.Move(w.ctx, id, r, actor, x.at)
		var refused *lead.Refusal
		if err != nil && !errors.As(err, &refused) {
			w.Fatal(err)
		}
		if err == nil {
			moved++
		}
		if err == nil && random.IntN(8) == 0 {
			_, err = desk.Move(w.ctx, id, lead.Request{Move: lead.UndoMove}, actor, x.at.Add(3*time.Second))
			if err != nil && !errors.As(err, &refused) {
				w.Fatal(err)
			}
		}
	}
	if moved < leads {
		w.Errorf("only %d moves were made: the test tests nothing", moved)
	}
	end := acts[len(acts)-1].at.Add(7 * time.Minute)
	must(desk.Sweep(w.ctx, end, 100))(w)

	var told []promise
	for _, id := range ids {
		rows := must(w.s.History(w.ctx, id, 0, 1000))(w)
		slices.Reverse(rows)
		told = append(told, recount(w, a, undone(rows), end)...)
	}
	last := slices.MaxFunc(told, func(a, b promise) int { return a.asked.Compare(b.asked) }).asked
	zone := a.SLA.Calendar.Zone()
	for _, q := range []report.Query{
		{From: now, To: end},
		{From: report.Monday(end, zone), To: end},
		{From: now, To: end, Team: apac.ID},
		{From: now, To: end, Rep: reps[emea.ID][0].ID},
		{From: now, To: end, Tier: "fire"},
		{From: now.AddDate(0, 0, 5), To: now.AddDate(0, 0, 9), Source: "fair 1"},
		{From: now.AddDate(0, 0, -9), To: now.AddDate(0, 0, -2)},
		{From: now, To: last}, // what was asked for later this week is of this week alone
	} {
		q.Now, q.Zone = end, zone
		got := must(report.Read(q, func(from, to time.Time) ([]lead.Facts, error) {
			return w.s.Facts(w.ctx, lead.FactsQuery{From: from, To: to, Now: q.Now})
		}))(w)
		for i := range got.Clocks { // a drawing of the same waits; it has a test of its own
			got.Clocks[i].Bins = nil
		}
		for _, shares := range [][]report.Share{got.Teams, got.Reps, got.Tiers, got.Sources} {
			slices.SortFunc(shares, func(a, b report.Share) int { return strings.Compare(a.Key, b.Key) })
		}
		want := naive(q, told)
		got.Query, want.Query = report.Query{}, report.Query{}
		w.same(fmt.Sprintf("figures of %+v", q), want, got)
		behind := lead.ClockSearch{FactsQuery: lead.FactsQuery{From: q.From, To: q.To, Now: q.Now}, Rep: q.Rep, Tier: q.Tier, Source: q.Source, Limit: 1000}
		if q.Team != "" {
			behind.Teams = []string{q.Team}
		}
		for _, c := range got.Clocks { // every figure leads to as many clocks
			behind.Kind = c.Kind
			for result, n := range map[string]int{lead.ClocksMissed: c.Missed + c.ClosedMissed, lead.ClocksJudged: c.Missed + c.ClosedMissed + c.Met + c.ClosedMet, "met": c.Met + c.ClosedMet, lead.ClocksOpen: c.Open + c.ClosedOpen, lead.ClocksDone: c.Done, lead.ClocksOrdinary: c.Met + c.Missed, "cancelled": c.Cancelled} {
				behind.Result = result
				w.same(fmt.Sprintf("%s clocks of %s", result, c.Kind), n, len(must(w.s.FindClocks(w.ctx, behind))(w)))
			}
		}
		behind.Kind, behind.Result = "", lead.ClocksUnclaimed
		w.same("claimed by none", got.Unclaimed, len(must(w.s.FindClocks(w.ctx, behind))(w)))
	}
	onRep(w, lead.FactsQuery{From: now, To: end, Now: end})
	some := must(w.s.Facts(w.ctx, lead.FactsQuery{Teams: []string{apac.ID}, From: now, To: end, Now: end}))(w)
	if len(some) == 0 || slices.ContainsFunc(some, func(f lead.Facts) bool { return f.TeamID != apac.ID }) {
		w.Error("facts of one team are not of that team alone")
	}
	w.same("facts of no team", 0, len(must(w.s.Facts(w.ctx, lead.FactsQuery{Teams: []string{}, From: now, To: end, Now: end}))(w)))
	w.same("before the first", 0, len(must(w.s.Facts(w.ctx, lead.FactsQuery{From: now.AddDate(0, -1, 0), To: now, Now: end}))(w)))
}

// onRep: reports, lists of clocks and what runs go by one rule of who had to act.
func onRep(w *world, period lead.FactsQuery) {
	w.Helper()
	ids := func(of func(lead.Clock) bool, clocks ...lead.LeadClock) (out []string) {
		for _, c := range clocks {
			if of(c.Clock) {
				out = append(out, c.ID)
			}
		}
		slices.Sort(out)
		return out
	}
	find := func(rep string) []lead.LeadClock {
		return must(w.s.FindClocks(w.ctx, lead.ClockSearch{FactsQuery: period, Rep: rep, Limit: 1000}))(w)
	}
	all, told := find(""), map[string]int{}
	for _, f := range must(w.s.Facts(w.ctx, period))(w) {
		told[f.Rep] += len(f.Each)
	}
	waits := 0
	for rep, n := range told {
		of := func(c lead.Clock) bool { return c.Rep() == rep }
		w.same("clocks by "+rep, n, len(ids(of, all...)))
		if rep == "" {
			continue
		}
		w.same("a list of those by "+rep, ids(of, all...), ids(of, find(rep)...))
		runs := func(c lead.Clock) bool { return of(c) && c.Running() && c.Kind == sla.Response }
		waits += len(ids(runs, all...))
		var on []string
		for _, c := range must(w.s.Running(w.ctx, lead.RunningSearch{Kind: sla.Response, Rep: rep, Limit: 1000}))(w) {
			on = append(on, c.ID)
		}
		slices.Sort(on)
		w.same("who waits on "+rep, ids(runs, all...), on)
	}
	if waits == 0 {
		w.Error("nobody waits on a rep: the test tests nothing")
	}
}

// undone leaves out the rows that an undo reversed, and the undo.
func undone(rows []lead.History) []lead.History {
	var kept []lead.History
	for _, h := range rows {
		if h.Move == lead.UndoMove {
			kept = slices.DeleteFunc(kept, func(k lead.History) bool { return k.Seq >= h.UndoOf })
		} else {
			kept = append(kept, h)
		}
	}
	return kept
}
