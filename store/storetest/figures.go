package storetest

import (
	"cmp"
	"fmt"
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
	st := newStories(w)
	end := st.tell()
	var told []promise
	for i, id := range st.ids {
		rows := must(w.s.History(w.ctx, id, 0, 1000))(w)
		slices.Reverse(rows)
		rows = undone(rows)
		st.count(rows)
		told = append(told, recount(w, st.regimes, rows, st.heats[i], end)...)
	}
	st.enough(told)
	apac, zone := st.apac, st.regimes[0].a.SLA.Calendar.Zone()
	last := slices.MaxFunc(told, func(a, b promise) int { return a.asked.Compare(b.asked) }).asked
	santiago := must(time.LoadLocation("America/Santiago"))(w)
	sunday := time.Date(2026, 9, 6, 4, 0, 0, 0, time.UTC) // whose clocks went from 0:00 to 1:00 then
	for _, q := range []report.Query{
		{From: now, To: end},
		{From: report.Monday(end, zone), To: end},
		{From: now, To: end, Team: apac.ID},
		{From: now, To: end, Rep: st.reps[st.emea.ID][0].ID},
		{From: now, To: end, Rep: lead.Nobody},
		{From: now, To: end, Tier: "fire"},
		{From: now.AddDate(0, 0, 5), To: now.AddDate(0, 0, 9), Source: "fair 1"},
		{From: now.AddDate(0, 0, -9), To: now.AddDate(0, 0, -2)},
		{From: now, To: last}, // what was asked for later this week is of this week alone
		{From: sunday, To: end, Zone: santiago},
	} {
		if q.Now = end; q.Zone == nil {
			q.Zone = zone
		}
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
	w.same("of an hour that there was none of", 0, len(must(w.s.FindClocks(w.ctx, lead.ClockSearch{FactsQuery: lead.FactsQuery{From: now, To: end, Now: end}, Spans: [][2]time.Time{}, Limit: 10}))(w)))
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
		asked := cmp.Or(rep, lead.Nobody)
		if found := find(asked); len(found) != n {
			w.Errorf("%d clocks are listed by %s, want %d", len(found), asked, n)
		} else {
			w.same("a list of those by "+asked, ids(of, all...), ids(of, found...))
		}
		runs := func(c lead.Clock) bool { return of(c) && c.Running() && c.Kind == sla.Response }
		if rep != "" {
			waits += len(ids(runs, all...))
		}
		var on []string
		for _, c := range must(w.s.Running(w.ctx, lead.RunningSearch{Kind: sla.Response, Rep: asked, Limit: 1000}))(w) {
			on = append(on, c.ID)
		}
		slices.Sort(on)
		w.same("who waits on "+asked, ids(runs, all...), on)
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
