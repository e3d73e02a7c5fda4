package store_test

import (
	"errors"
	"time"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// work does what a day does, and looks at every page.
func (b *busy) work() {
	b.intake()
	b.moves()
	b.pages()
	b.loops()
	b.imports()
}

// intake: old and new people, a visitor who gives a name, what comes late, a sale.
func (b *busy) intake() {
	late := b.did("reader0", "Pricing Viewed")
	late.OccurredAt = b.now.Add(-time.Hour)
	visit := b.did("", "Page Viewed")
	visit.AnonymousID = "nobody yet"
	b.take(b.did("reader0", "Pricing Viewed"), visit, b.who("new"), b.did("won", "Page Viewed"))
	named := b.who("reader1")
	named.AnonymousID = "nobody yet"
	renamed := b.who("reader2")
	renamed.Traits["name"] = "Eve"
	sale := b.did("accepted", "Deal Won")
	sale.Server = true
	b.take(late, named, renamed, sale)
	b.s.AtOnce(1) // of a visitor who did more, the rest follows
	for range 2 {
		much := b.did("", "Page Viewed")
		much.AnonymousID = "very much"
		b.take(much)
	}
	known := b.who("reader0")
	known.AnonymousID = "very much"
	b.take(known)
	shared := b.who("reader2")
	shared.Traits["email"] = "waiting@waiting.example"
	b.take(shared)
	_, err := b.desk.Add(b.ctx, lead.Entry{Traits: map[string]any{"email": "by@hand.example"}}, lead.Person(b.mia, "page"), b.now)
	b.ok(err)
	_, err = b.desk.Correct(b.ctx, b.find("reader0").ID, lead.Entry{Traits: map[string]any{"name": "Adam"}}, lead.Person(b.mia, "page"), b.now)
	b.ok(err)
}

func (b *busy) moves() {
	b.take(b.who("next"), b.did("next", "Demo Requested"))
	by := lead.Person(b.mia, "page")
	b.move("claimed", lead.Request{Move: lead.Release})
	_, err := b.desk.Move(b.ctx, b.find("claimed").ID, lead.Request{Move: lead.Claim, To: &b.sam}, by, b.now)
	var refused *lead.Refusal
	if err != nil && !errors.As(err, &refused) { // the crowd is more than anybody may hold
		b.Fatal(err)
	}
	b.ok(b.desk.StartDrip(b.ctx, b.team.ID, 1, by, b.now))
	_, err = b.desk.Release(b.ctx, b.team.ID, []string{b.find("backlog").ID}, by, b.now)
	b.ok(err)
	_, err = b.s.Holds(b.ctx, []string{b.sam.ID}, []string{b.mia.ID}, []string{b.team.ID}, 500)
	b.ok(err)
	_, err = b.s.HeldCounts(b.ctx, []string{b.sam.ID}, []string{b.team.ID})
	b.ok(err)
	_, err = b.desk.GiveAll(b.ctx, []string{b.find("accepted").ID}, b.sam, by, b.now)
	b.ok(err)
	b.ok(b.s.Change(b.ctx, func(tx lead.Tx) error {
		_, err := tx.Holding(b.ctx, b.sam.ID, b.team.ID)
		_, cerr := tx.Claims(b.ctx, b.sam.ID)
		return errors.Join(err, cerr)
	}))
}

func (b *busy) pages() {
	l := b.find("returned")
	for _, q := range []lead.Search{
		{}, {Newest: true}, {After: &lead.SearchPoint{ListedAt: b.now, ID: l.ID}}, {Newest: true, After: &lead.SearchPoint{ID: l.ID}}, {Words: "ada retur"}, {Stage: lead.MQL},
		{Team: b.team.ID}, {Seen: []string{b.team.ID}}, {Seen: []string{}}, {OwnerID: b.sam.ID}, {Source: "fair7"}, {Tiers: []scoring.Tier{scoring.Hot}}, {Held: true, Now: b.now},
		{Hold: lead.HoldBacklog, Now: b.now}, {Backlog: true, Team: b.team.ID}, {Backlog: true, Team: b.team.ID, After: &lead.SearchPoint{ID: b.find("backlog").ID}},
	} {
		q.Limit = 50
		_, err := b.s.Find(b.ctx, q)
		b.ok(err)
		_, err = b.s.Count(b.ctx, q, 1000)
		b.ok(err)
	}
	_, err := b.s.Sources(b.ctx, 100)
	b.ok(err)
	for _, q := range []lead.DuplicateSearch{{}, {LeadID: l.ID}, {Seen: []string{b.team.ID}}, {After: &lead.DuplicatePoint{SeenAt: b.now, A: l.ID, B: l.ID}}} {
		q.Limit = 20
		_, err := b.s.Duplicates(b.ctx, q)
		b.ok(err)
	}
	_, err = b.desk.Board(b.ctx, b.team.ID, b.now)
	b.ok(err)
	_, err = b.s.OnBoard(b.ctx, b.team.ID)
	b.ok(err)
	_, err = b.s.Versions(b.ctx, []string{l.ID})
	b.ok(err)
	for _, before := range []int64{0, 5} {
		_, err = b.s.History(b.ctx, l.ID, before, 20)
		b.ok(err)
	}
	_, err = b.s.Note(b.ctx, l.ID, 1)
	b.ok(err)
	_, err = b.s.Activities(b.ctx, l.ID, nil, 20)
	b.ok(err)
	for _, teams := range [][]string{nil, {b.team.ID}} {
		for _, rep := range []string{"", b.sam.ID} {
			_, err = b.s.Running(b.ctx, lead.RunningSearch{Teams: teams, Rep: rep, Limit: 50})
			b.ok(err)
		}
		_, err = b.s.Overdue(b.ctx, teams, b.now)
		b.ok(err)
		for _, circle := range []lead.Circle{lead.OfManager, lead.OfEvery} {
			_, err = b.s.Find(b.ctx, lead.Search{Circle: circle, Seen: teams, Limit: 50})
			b.ok(err)
			_, err = b.s.Count(b.ctx, lead.Search{Circle: circle, Seen: teams}, 50)
			b.ok(err)
		}
	}
	for _, teams := range [][]string{nil, {b.team.ID}} {
		_, err = b.s.Facts(b.ctx, lead.FactsQuery{Teams: teams, From: b.now.AddDate(0, 0, -1), To: b.now, Now: b.now})
		b.ok(err)
		period := lead.FactsQuery{Teams: teams, From: b.now.AddDate(0, 0, -1), To: b.now, Now: b.now}
		for _, q := range []lead.ClockSearch{{FactsQuery: period}, {FactsQuery: period, Result: lead.ClocksMissed, Kind: sla.Claim}, {FactsQuery: period, Result: lead.ClocksDone, UsedFrom: time.Minute}, {FactsQuery: period, Result: lead.ClocksOrdinary, Rep: "x"},
			{FactsQuery: period, After: &lead.ClockPoint{AskedAt: b.now, ID: "x"}, Spans: [][2]time.Time{{b.now.Add(-time.Hour), b.now}}}} {
			q.Limit = 50
			_, err = b.s.FindClocks(b.ctx, q)
			b.ok(err)
		}
	}
	_, err = b.s.Day(b.ctx, b.team.ID, b.now.Add(-9*time.Hour), b.now)
	b.ok(err)
}

// loops: sweeps, rankings, another agreement, retention.
func (b *busy) loops() {
	_, err := b.desk.Sweep(b.ctx, b.now.Add(time.Hour), 20)
	b.ok(err)
	_, err = b.s.Unannounced(b.ctx, b.now, 10)
	b.ok(err)
	_, err = b.s.Lag(b.ctx, b.now)
	b.ok(err)
	a, err := lead.DefaultAgreement("UTC")
	b.ok(err)
	version, err := b.s.Activate(b.ctx, lead.Operator, a, b.now)
	b.ok(err)
	_, err = b.s.Outdated(b.ctx, version, 10)
	b.ok(err)
	_, err = b.desk.Rescore(b.ctx, b.now, 5)
	b.ok(err)
	a.SLA.RiskShare = .5 // the clocks follow
	_, err = b.s.Activate(b.ctx, lead.Operator, a, b.now)
	b.ok(err)
	_, err = b.desk.Recompute(b.ctx, b.now, 5)
	b.ok(err)
	some, err := b.desk.BringAlong(b.ctx, b.now, 5)
	b.ok(err)
	if !some {
		b.Error("nothing was left behind: a statement is not looked at")
	}
	b.ok(b.desk.Rerank(b.ctx, b.now))
	_, err = b.desk.DropActivities(b.ctx, b.now, 10)
	b.ok(err)
	_, err = b.s.Strays(b.ctx, b.now)
	b.ok(err)
	b.telling()
}

// telling: what happened is told, and somebody looks at what they were told.
func (b *busy) telling() {
	b.take(b.who("told"), b.did("told", "Demo Requested"))
	by := lead.Person(b.mia, "page")
	l := b.find("told")
	_, err := b.desk.Tell(b.ctx, b.now, 50)
	b.ok(err)
	_, err = b.desk.Tell(b.ctx, b.now.Add(time.Minute), 50)
	b.ok(err)
	_, err = b.s.Untold(b.ctx, b.now)
	b.ok(err)
	newest, err := b.s.Alerts(b.ctx, b.sam.ID, nil, 50)
	b.ok(err)
	_, err = b.s.Alerts(b.ctx, b.sam.ID, &lead.AlertPoint{At: b.now, ID: l.ID}, 50)
	b.ok(err)
	_, err = b.s.HistorySince(b.ctx, []string{l.ID, b.find("won").ID}, b.now)
	b.ok(err)
	_, err = b.s.Unread(b.ctx, []string{b.sam.ID, b.mia.ID}, b.now.Add(-time.Hour), lead.MostUnread)
	b.ok(err)
	b.ok(b.desk.ReadAlert(b.ctx, b.sam.ID, newest[0].ID, b.now))
	b.ok(b.desk.ReadAlerts(b.ctx, b.sam.ID, lead.AlertPoint{At: b.now, ID: l.ID}, b.now))
	_, err = b.s.DropAlerts(b.ctx, b.now.AddDate(0, 0, -90), 1000)
	b.ok(err)
	b.ok(b.s.SetAway(b.ctx, lead.Operator, b.sam.ID, b.now.Add(time.Hour), b.now))
	b.ok(b.s.SetAway(b.ctx, lead.Operator, b.sam.ID, time.Time{}, b.now))
	hours, err := sla.ParseCalendar([]byte(`{"time_zone":"Europe/Paris"}`))
	b.ok(err)
	b.ok(b.s.ChangeTeam(b.ctx, lead.Operator, b.team.ID, lead.TeamPlan{Name: b.team.Name, Calendar: hours, MaxClaimed: 3, MaxUntouched: 5}, b.now))
	for _, r := range []lead.Request{{Move: lead.Reassign, To: &b.sam}, {Move: lead.UndoMove}} { // as far as it may
		if _, err := b.desk.Move(b.ctx, l.ID, r, by, b.now); err != nil && !errors.As(err, new(*lead.Refusal)) {
			b.Fatal(err)
		}
	}
}

func (b *busy) imports() {
	_, _, _, err := b.s.UndoPreview(b.ctx, "import 3")
	b.ok(err)
	_, err = b.s.Traces(b.ctx, "import 3", 10)
	b.ok(err)
	_, err = b.s.KeptTraces(b.ctx, "import 3", 10)
	b.ok(err)
	_, err = b.s.TidyImports(b.ctx, b.now)
	b.ok(err)
	gone := b.find("new").ID
	b.ok(b.s.Change(b.ctx, func(tx lead.Tx) error {
		return tx.Forget(b.ctx, []string{gone}, []string{"message 1"}, []lead.Identity{{Kind: lead.ByUser, Value: "new"}})
	}))
}
