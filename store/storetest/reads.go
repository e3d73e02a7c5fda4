package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

func (w *world) found(q lead.Search) []string {
	w.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	var out []string
	for _, c := range must(w.s.Find(w.ctx, q))(w) {
		out = append(out, c.Lead.ID)
	}
	slices.Sort(out)
	return out
}

// listed are the ids of all leads as a list shows them.
func (w *world) listed() []string {
	w.Helper()
	var out []string
	for _, c := range must(w.s.Find(w.ctx, lead.Search{Limit: 100}))(w) {
		out = append(out, c.Lead.ID)
	}
	return out
}

func search(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	set := func(f func(l *lead.Lead)) *lead.Work {
		return w.begin(func(x *lead.Work) { f(x.Lead) })
	}
	ada := set(func(l *lead.Lead) {
		l.Name, l.Company, l.Email, l.Phone, l.UserID = "Ada Lovelace", "Straßen & Söhne", "ada.l@example.com", "+493012345", "u-7"
		l.Stage, l.TeamID, l.OwnerID = lead.Claimed, emea.ID, "rosa"
	})
	zoe := set(func(l *lead.Lead) {
		l.Name, l.Title, l.Stage, l.TeamID = "ZOË Ünal", "CTO", lead.MQL, apac.ID
	})
	held := set(func(l *lead.Lead) { l.Name, l.HandRaisedAt, l.Source = "Held", now, "fair" })
	backlog := set(func(l *lead.Lead) { l.Name, l.Phone, l.Backlog = "Βασίλης 漢字", "+494012345", true })
	gone := set(func(l *lead.Lead) { l.Name = "Ada Gone" })
	w.alter(gone.Lead.ID, now, func(x *lead.Work) { x.Lead.MergedInto = ada.Lead.ID })
	sorted := func(works ...*lead.Work) []string {
		out := ids(works...)
		slices.Sort(out)
		return out
	}
	for _, c := range []struct {
		what string
		q    lead.Search
		want []string
	}{
		{"everybody who is not merged", lead.Search{}, sorted(ada, zoe, held, backlog)},
		{"a stage", lead.Search{Stage: lead.MQL}, sorted(zoe)},
		{"a team", lead.Search{Team: emea.ID}, sorted(ada)},
		{"an owner", lead.Search{OwnerID: "rosa"}, sorted(ada)},
		{"the backlog", lead.Search{Backlog: true}, sorted(backlog)},
		{"those held back", lead.Search{Held: true, Now: now}, sorted(held, backlog)},
		{"those held back by one thing", lead.Search{Hold: lead.HoldTraits, Now: now}, sorted(held)},
		{"a source", lead.Search{Source: "fair"}, sorted(held)},
		{"a source, exactly", lead.Search{Source: "fai"}, nil},
		{"a tier", lead.Search{Tiers: []scoring.Tier{scoring.Hot, scoring.Fire}}, sorted(held)},
		{"what one team sees", lead.Search{Seen: []string{emea.ID}}, sorted(ada, held, backlog)},
		{"what somebody without a team sees", lead.Search{Seen: []string{}}, sorted(held, backlog)},
		{"a first name", lead.Search{Words: "ada"}, sorted(ada)},
		{"the beginnings of words in any order", lead.Search{Words: "love AD"}, sorted(ada)},
		{"two words of two leads", lead.Search{Words: "ada zoe"}, nil},
		{"the middle of a word", lead.Search{Words: "velace"}, nil},
		{"without accents", lead.Search{Words: "zoe unal"}, sorted(zoe)},
		{"with accents, decomposed", lead.Search{Words: "Zoe\u0308"}, sorted(zoe)},
		{"a sharp s", lead.Search{Words: "strassen sohne"}, sorted(ada)},
		{"another script, another case", lead.Search{Words: "ΒΑΣΊΛΗΣ"}, sorted(backlog)},
		{"a script without cases", lead.Search{Words: "漢"}, sorted(backlog)},
		{"a mail address", lead.Search{Words: "ada.l@example.com"}, sorted(ada)},
		{"a phone number", lead.Search{Words: "+4930"}, sorted(ada)},
		{"a user id", lead.Search{Words: "u-7"}, sorted(ada)},
		{"a title", lead.Search{Words: "cto"}, sorted(zoe)},
		{"wildcards are none", lead.Search{Words: "a%"}, sorted(ada)},
		{"nothing but signs", lead.Search{Words: "%_'\"--"}, nil},
		{"spaces only", lead.Search{Words: "  "}, sorted(ada, zoe, held, backlog)},
		{"several at once", lead.Search{Words: "ada", Team: apac.ID}, nil},
	} {
		w.same(c.what, c.want, w.found(c.q))
		if n := must(w.s.Count(w.ctx, c.q, 3))(w); n != min(3, len(c.want)) {
			w.Errorf("%s: counted %d, want %d and no further than 3", c.what, n, len(c.want))
		}
	}
	w.alter(ada.Lead.ID, now, func(x *lead.Work) { x.Lead.Name, x.Lead.Email = "Countess Lovelace", "" })
	w.same("by a name it no longer has", []string{}, w.found(lead.Search{Words: "ada"}))
	w.same("by its new one", ids(ada), w.found(lead.Search{Words: "countess"}))
	w.same("by what it kept", ids(ada), w.found(lead.Search{Words: "lovelace"}))
}

func searchPages(w *world) {
	var want []string
	for i := range 25 {
		x := w.begin(func(x *lead.Work) { x.Lead.UpdatedAt = now.Add(time.Duration(i/4) * time.Microsecond) })
		want = append(want, x.Lead.ID)
	}
	slices.SortFunc(want, func(a, b string) int { return 0 }) // ids grow with time: stored in the order that a search reverses
	var got []string
	var after *lead.SearchPoint
	for {
		page := must(w.s.Find(w.ctx, lead.Search{After: after, Limit: 4}))(w)
		for _, c := range page {
			got = append(got, c.Lead.ID)
		}
		if len(page) < 4 {
			break
		}
		last := page[len(page)-1].Lead
		after = &lead.SearchPoint{ListedAt: last.ListedAt.In(east), ID: last.ID}
	}
	slices.Reverse(got)
	w.same("all pages", want, got)
}

// What lists show moves a lead up in them; activity alone does once an hour, so
// that it doesn't have every index written anew.
func listOrder(w *world) {
	var leads []*lead.Work
	for i := range 3 {
		leads = append(leads, w.begin(func(x *lead.Work) { x.Lead.UpdatedAt = now.Add(time.Duration(i) * time.Second) }))
	}
	a, b, c := leads[0], leads[1], leads[2]
	w.same("the last changed first", ids(c, b, a), w.listed())
	for _, step := range []struct {
		what   string
		lead   *lead.Work
		after  time.Duration
		change func(*lead.Work)
		want   []string
	}{
		{"activity within the hour", a, time.Minute, func(*lead.Work) {}, ids(c, b, a)},
		{"another stage", b, 2 * time.Minute, func(x *lead.Work) { x.Lead.Stage = lead.MQL }, ids(b, c, a)},
		{"another name", c, 3 * time.Minute, func(x *lead.Work) { x.Lead.Name = "Grace" }, ids(c, b, a)},
		{"activity, an hour after it was listed", a, time.Hour, func(*lead.Work) {}, ids(a, c, b)},
		{"activity within the next", b, 61 * time.Minute, func(*lead.Work) {}, ids(a, c, b)},
	} {
		at := now.Add(step.after)
		w.alter(step.lead.Lead.ID, at, func(x *lead.Work) { step.change(x); x.Lead.UpdatedAt = at })
		w.same(step.what, step.want, w.listed())
	}
}

func historyPages(w *world) {
	work := w.begin(func(x *lead.Work) {
		for i := range 10 {
			x.History = append(x.History, lead.History{Seq: int64(i + 1), RecordedAt: now, OccurredAt: now, Note: fmt.Sprint("note ", i+1)})
		}
	})
	var got []string
	for before := int64(0); ; {
		page := must(w.s.History(w.ctx, work.Lead.ID, before, 3))(w)
		if len(page) == 0 {
			break
		}
		for _, h := range page {
			got = append(got, h.Note)
			before = h.Seq
		}
	}
	w.same("notes", []string{"note 10", "note 9", "note 8", "note 7", "note 6", "note 5", "note 4", "note 3", "note 2", "note 1"}, got)
}

func activityPages(w *world) {
	work := w.begin(nil)
	var want []lead.Activity
	for i := range 10 {
		a := act(fmt.Sprintf("m%02d", 20-i), work.Lead.ID, "Page Viewed", now.Add(time.Duration(-i/3)*time.Microsecond))
		if i == 4 {
			a.SaidAt = now.Add(time.Hour)
		}
		want = append(want, a)
	}
	w.change(func(tx lead.Tx) error { return tx.Append(w.ctx, want) })
	var got []lead.Activity
	var after *lead.ActivityPoint
	for {
		page := must(w.s.Activities(w.ctx, work.Lead.ID, after, 2))(w)
		if len(page) == 0 {
			break
		}
		got = append(got, page...)
		last := got[len(got)-1]
		after = &lead.ActivityPoint{OccurredAt: last.OccurredAt.In(east), MessageID: last.MessageID}
	}
	w.same("the latest first", want, got)
}

func clockLists(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	clock := func(id string, kind sla.Kind, due time.Duration, stopped time.Duration, outcome sla.Outcome) lead.Clock {
		c := lead.Clock{ID: id, Current: true, Clock: sla.Clock{Kind: kind, Target: time.Hour, AskedAt: now, StartedAt: now, RiskAt: now, DueAt: now.Add(due), Outcome: outcome}}
		if outcome != "" {
			c.StoppedAt = now.Add(stopped)
		}
		return c
	}
	on := func(team lead.Team, clocks ...lead.Clock) string {
		x := w.waiting(team, "ada")
		w.alter(x.Lead.ID, now, func(x *lead.Work) { x.Clocks = clocks })
		return x.Lead.ID
	}
	old := clock("old", sla.Claim, -time.Hour, 0, "")
	old.Current = false
	later := clock("later", sla.Claim, time.Hour, 0, "")
	later.Source = "fair"
	first := on(emea, later, clock("response", sla.Response, 0, 0, ""), old, clock("met", sla.Decision, 0, 0, sla.Met))
	second := on(apac, clock("sooner", sla.Decision, time.Minute, 0, ""), clock("missed", sla.Claim, 0, time.Hour, sla.Missed), clock("cancelled", sla.Claim, 0, 0, sla.Cancelled), clock("unrecorded", sla.Touch, 0, 0, sla.Unrecorded))

	w.alter(first, now, func(x *lead.Work) { x.Lead.Source = "newsletter" })
	running := func(q lead.RunningSearch) (out []string) {
		q.Limit = cmp.Or(q.Limit, 10)
		for _, c := range must(w.s.Running(w.ctx, q))(w) {
			out = append(out, c.LeadID+" "+c.ID)
		}
		return out
	}
	w.same("what a person acts on, by due time", []string{second + " sooner", first + " later"}, running(lead.RunningSearch{}))
	w.same("at most one", []string{second + " sooner"}, running(lead.RunningSearch{Limit: 1}))
	w.same("of a team", []string{first + " later"}, running(lead.RunningSearch{Teams: []string{emea.ID}}))
	w.same("of no team", []string{}, running(lead.RunningSearch{Teams: []string{}}))
	w.same("of a kind", []string{first + " later"}, running(lead.RunningSearch{Kind: sla.Claim}))
	w.same("the response", []string{first + " response"}, running(lead.RunningSearch{Kind: sla.Response}))
	w.same("of a tier that none has", []string{}, running(lead.RunningSearch{Tier: "nothing"}))
	w.same("of the source that it was asked for by, whatever became its lead's", []string{first + " later"}, running(lead.RunningSearch{Source: "fair"}))
	w.same("of the lead's source", []string{}, running(lead.RunningSearch{Source: "newsletter"}))
	w.same("of a source that none has", []string{}, running(lead.RunningSearch{Source: "nothing"}))
	w.same("of somebody who holds none", []string{}, running(lead.RunningSearch{Rep: "rosa"}))
	w.same("of nobody", []string{second + " sooner", first + " later"}, running(lead.RunningSearch{Rep: lead.Nobody}))
	overdue := func(teams []string, after time.Duration) int {
		return must(w.s.Overdue(w.ctx, teams, now.Add(after).In(east)))(w)
	}
	w.same("overdue", []int{0, 1, 2, 1, 0}, []int{overdue(nil, 0), overdue(nil, time.Minute), overdue(nil, time.Hour), overdue([]string{emea.ID}, time.Hour), overdue([]string{}, time.Hour)})
	all := must(w.s.Running(w.ctx, lead.RunningSearch{Limit: 10}))(w)
	w.same("whole", clock("sooner", sla.Decision, time.Minute, 0, ""), all[0].Clock)
}
