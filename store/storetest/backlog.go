package storetest

import (
	"fmt"
	"sync"
	"time"

	"hotleads/lead"
)

// stock stores leads in a team's backlog, the best of them last.
func (w *world) stock(team lead.Team, n int) []*lead.Work {
	w.Helper()
	out := make([]*lead.Work, n)
	w.change(func(tx lead.Tx) error {
		for i := range out {
			x := lead.NewLead(must(w.s.Rules(w.ctx))(w), now)
			x.Lead.Email, x.Lead.TeamID, x.Lead.Backlog = fmt.Sprintf("%s%03d@buyer.example", team.Slug, i), team.ID, true
			if i == n-1 {
				x.Lead.Title = "VP Sales"
			}
			out[i] = x
		}
		return tx.Write(w.ctx, now, out)
	})
	return out
}

func backlogs(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	stock := w.stock(emea, 5)
	w.stock(apac, 1)
	w.change(func(tx lead.Tx) error {
		if n := must(tx.CountBacklog(w.ctx, emea.ID))(w); n != 5 {
			w.Errorf("%d leads are in the backlog", n)
		}
		if got := must(tx.Backlog(w.ctx, emea.ID, 3))(w); len(got) != 3 || got[0] != stock[4].Lead.ID {
			w.Errorf("the best of the backlog are %v", got)
		}
		return nil
	})
	var got []string
	q := lead.Search{Backlog: true, Team: emea.ID, Limit: 2}
	for {
		page := must(w.s.Find(w.ctx, q))(w)
		for _, c := range page {
			got = append(got, c.Lead.Email)
		}
		if len(page) < q.Limit {
			break
		}
		q.After = &lead.SearchPoint{ID: page[1].Lead.ID}
	}
	w.same("in pages, the best first", []string{"emea004@buyer.example", "emea003@buyer.example", "emea002@buyer.example", "emea001@buyer.example", "emea000@buyer.example"}, got)
}

func drips(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	var d lead.Drip
	fill(&d, 1)
	d.TeamID = emea.ID
	utc := d
	utc.NextAt, utc.SetAt, utc.LastAt = d.NextAt.UTC(), d.SetAt.UTC(), d.LastAt.UTC()
	w.change(func(tx lead.Tx) error {
		w.same("none", lead.Drip{TeamID: emea.ID}, must(tx.Drip(w.ctx, emea.ID))(w))
		w.ok(tx.SetDrip(w.ctx, lead.Drip{TeamID: apac.ID, Pending: 1}))
		w.ok(tx.SetDrip(w.ctx, lead.Drip{TeamID: emea.ID, PerRep: 1}))
		return tx.SetDrip(w.ctx, d)
	})
	w.change(func(tx lead.Tx) error {
		w.same("whole", utc, must(tx.Drip(w.ctx, emea.ID))(w))
		w.ok(tx.SetDrip(w.ctx, lead.Drip{TeamID: apac.ID, NextAt: now}))
		return tx.Record(w.ctx, lead.Act{At: now, Actor: lead.Person(lead.User{ID: "mia"}, "page"), What: lead.DripSet, Subject: emea.ID, Detail: "5 a rep"})
	})
	w.same("what has nothing to release has ended", []lead.Drip{utc}, must(w.s.Drips(w.ctx))(w))
	acts := must(w.s.Acts(w.ctx, lead.ActSearch{What: "backlog.", Limit: 10}))(w)
	if len(acts) != 1 || acts[0].Actor.ID != "mia" || acts[0].Detail != "5 a rep" {
		w.Errorf("the audit trail: %+v", acts)
	}
}

// Any number of instances sweep, and each day's share is released once.
func dripRace(w *world) {
	team := w.team("EMEA")
	w.rep("rosa", team)
	w.rep("sam", team)
	mia := must(w.s.AddUser(w.ctx, lead.Operator, lead.User{Email: "mia@acme.example", Name: "mia", Role: lead.Manager, Teams: []string{team.ID}}, now))(w)
	w.stock(team, 20)
	instances := make([]*lead.Desk, 2)
	for i := range instances {
		instances[i], _ = w.desk()
	}
	w.ok(instances[0].StartDrip(w.ctx, team.ID, 3, lead.Person(mia, "page"), now))
	sweep := func(at time.Time) {
		w.Helper()
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				if _, err := instances[i%2].Sweep(w.ctx, at, 2); err != nil {
					w.Error(err)
				}
			})
		}
		wg.Wait()
	}
	day := 24 * time.Hour
	for _, c := range []struct {
		what string
		at   time.Time
		want int
	}{
		{"on the day itself nothing, it is past its opening", now.Add(time.Minute), 0},
		{"the next morning its share", now.Add(day), 6},
		{"that day no more", now.Add(day + time.Hour), 6},
		{"after days of downtime one share", now.Add(4 * day), 12},
		{"on Saturday none", now.Add(5 * day), 12},
		{"on Monday the next", now.Add(7 * day), 18},
		{"the day after what is left", now.Add(8 * day), 20},
		{"and then it is over", now.Add(9 * day), 20},
	} {
		for range 2 {
			sweep(c.at)
		}
		if n := w.count(`SELECT COUNT(*) FROM history WHERE move = 'qualify' AND actor_id = $1`, mia.ID); n != c.want {
			w.Errorf("%s: %d released in all, want %d", c.what, n, c.want)
		}
	}
	w.same("drips", []lead.Drip{}, must(w.s.Drips(w.ctx))(w))
	if n := w.count(`SELECT COUNT(*) FROM acts WHERE what = 'backlog.release'`); n != 4 {
		w.Errorf("%d days in the audit trail, want 4", n)
	}
}

func sources(w *world) {
	for _, s := range []string{"google", "", "fair", "google", "import", "gone"} {
		x := w.begin(func(x *lead.Work) { x.Lead.Source = s })
		if s == "gone" {
			w.alter(x.Lead.ID, now, func(x *lead.Work) { x.Lead.MergedInto = "other" })
		}
	}
	w.same("each once", []string{"fair", "gone", "google", "import"}, must(w.s.Sources(w.ctx, 10))(w))
	w.same("no more than asked for", []string{"fair"}, must(w.s.Sources(w.ctx, 1))(w))
}

func duplicateLists(w *world) {
	emea, apac := w.team("EMEA"), w.team("APAC")
	in := func(team lead.Team) string { return w.begin(func(x *lead.Work) { x.Lead.TeamID = team.ID }).Lead.ID }
	a, b, c, far, gone := in(emea), in(emea), in(lead.Team{}), in(apac), in(emea)
	w.change(func(tx lead.Tx) error {
		for i, pair := range [][2]string{{a, b}, {c, a}, {a, far}, {far, c}, {b, gone}} {
			w.ok(tx.SuspectDuplicate(w.ctx, pair[0], pair[1], "email", now.Add(time.Duration(i)*time.Second)))
		}
		return nil
	})
	w.alter(gone, now, func(x *lead.Work) { x.Lead.MergedInto = b })
	pairs := func(q lead.DuplicateSearch) (out []string) {
		w.Helper()
		names := map[string]string{a: "a", b: "b", c: "c", far: "far"}
		q.Limit = 2
		for {
			page := must(w.s.Duplicates(w.ctx, q))(w)
			for _, d := range page {
				out = append(out, names[d.A]+" "+names[d.B])
			}
			if len(page) < q.Limit {
				return out
			}
			last := page[len(page)-1]
			q.After = &lead.DuplicatePoint{SeenAt: last.SeenAt.In(east), A: last.A, B: last.B}
		}
	}
	w.same("all, the latest first", []string{"c far", "a far", "a c", "a b"}, pairs(lead.DuplicateSearch{}))
	w.same("of a lead", []string{"a far", "a c", "a b"}, pairs(lead.DuplicateSearch{LeadID: a}))
	w.same("what a team sees", []string{"a c", "a b"}, pairs(lead.DuplicateSearch{Seen: []string{emea.ID}}))
	w.same("what somebody without a team sees", []string{}, pairs(lead.DuplicateSearch{Seen: []string{}}))
}

// A hold ends when the score has faded under the threshold.
func holds(w *world) {
	rules := must(w.s.Rules(w.ctx))(w)
	x := w.begin(func(x *lead.Work) {
		x.Lead.Email = "ada@buyer.example"
		for i := range 8 {
			rules.Scorer.Add(x.Lead.Ledger, act(fmt.Sprint(i), x.Lead.ID, []string{"Webinar Viewed", "Case Study Viewed", "Products Compared", "Products Compared", "Pricing Viewed", "Email Link Clicked"}[i%6], now).Scoring())
		}
		x.Lead.ReturnedAt, x.Lead.ReturnReason = now.Add(-time.Hour), "wrong_person"
	})
	ends := rules.HoldEnds(x.Lead, now)
	if !ends.After(now) {
		w.Fatalf("the hold %q ends at %v", rules.Hold(x.Lead, now), ends)
	}
	w.same("before", ids(x), w.found(lead.Search{Hold: lead.HoldRequalify, Now: ends.Add(-time.Second)}))
	w.same("after", []string{}, w.found(lead.Search{Held: true, Now: ends}))
}
