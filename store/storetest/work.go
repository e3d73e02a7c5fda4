package storetest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"hotleads/lead"
)

func history(w *world) {
	work := w.begin(nil)
	var rows []lead.History
	w.alter(work.Lead.ID, now, func(x *lead.Work) {
		for i := range 3 {
			var h lead.History
			fill(&h, 100*i)
			h.Seq = int64(i + 1)
			rows = append(rows, h)
		}
		rows[1].Note = ""
		x.History = rows
		x.Outbox = []lead.Outgoing{{Topic: "lead.claimed", Seq: 2, NotBefore: now.Add(10 * time.Second).In(east), Data: map[string]any{"owner": "rosa"}}, {Topic: "clock.risk", NotBefore: now}}
	})
	slices.Reverse(rows)
	got := must(w.s.History(w.ctx, work.Lead.ID, 0, 10))(w)
	w.same("history, the newest first", rows, got)
	for i, h := range got {
		if h.OccurredAt.Location() != time.UTC || h.RecordedAt.Location() != time.UTC {
			w.Errorf("row %d is not in UTC", i)
		}
	}
	w.same("a note", rows[0].Note, must(w.s.Note(w.ctx, work.Lead.ID, 3))(w))
	w.same("no note", "", must(w.s.Note(w.ctx, work.Lead.ID, 2))(w))
	if n := w.count(`SELECT COUNT(*) FROM outbox WHERE lead_id = $1 AND dispatched_at IS NULL`, work.Lead.ID); n != 2 {
		w.Errorf("%d rows in the outbox, want 2", n)
	}
	if n := w.count(`SELECT COUNT(*) FROM outbox WHERE topic = 'lead.claimed' AND seq = 2 AND data = '{"owner":"rosa"}' AND not_before = $1`, now.Add(10*time.Second)); n != 1 {
		w.Error("the outbox row is not as it was written")
	}
	err := w.s.Change(w.ctx, func(tx lead.Tx) error {
		works, err := tx.Lock(w.ctx, ids(work))
		w.ok(err)
		works[work.Lead.ID].History = []lead.History{{Seq: 2, RecordedAt: now, OccurredAt: now}}
		return tx.Write(w.ctx, now, []*lead.Work{works[work.Lead.ID]})
	})
	if err == nil || errors.Is(err, lead.ErrUnavailable) {
		w.Errorf("history was written over: %v", err)
	}
}

func clocks(w *world) {
	work := w.begin(nil)
	two := make([]lead.Clock, 2)
	w.alter(work.Lead.ID, now, func(x *lead.Work) {
		for i := range two {
			fill(&two[i], 100*i)
			two[i].ID, two[i].Current = fmt.Sprint("clock-", i), true
		}
		x.Clocks = slices.Clone(two)
	})
	w.same("current clocks", two, w.card(work.Lead.ID).Clocks)
	w.alter(work.Lead.ID, now, func(x *lead.Work) {
		x.Clocks[0].Current, x.Clocks[1].Outcome, x.Clocks[1].StoppedAt = false, "met", time.Time{}
		two[1] = x.Clocks[1]
	})
	w.same("one is no longer current, the other changed", two[1:], w.card(work.Lead.ID).Clocks)
	if n := w.count(`SELECT COUNT(*) FROM clocks`); n != 2 {
		w.Errorf("%d rows, want both: what is not current is kept", n)
	}
}

func takeBack(w *world) {
	work := w.begin(func(x *lead.Work) {
		x.Outbox = []lead.Outgoing{{Topic: "early", Seq: 1, NotBefore: now}, {Topic: "undone", Seq: 2, NotBefore: now}, {Topic: "gone out", Seq: 3, NotBefore: now}}
		for i := range 2 {
			var c lead.Clock
			fill(&c, 100*i)
			c.ID, c.Current = fmt.Sprint("clock-", i), true
			x.Clocks = append(x.Clocks, c)
		}
	})
	w.begin(func(x *lead.Work) { x.Outbox = []lead.Outgoing{{Topic: "another's", Seq: 2, NotBefore: now}} })
	w.db.MustExecContext(w.ctx, `UPDATE outbox SET dispatched_at = created_at WHERE topic = 'gone out'`)
	w.alter(work.Lead.ID, now, func(x *lead.Work) {
		x.DropOutboxSeq, x.DropClocks, x.Clocks = 2, []string{"clock-1"}, x.Clocks[:1]
		x.Outbox = []lead.Outgoing{{Topic: "undo", Seq: 4, NotBefore: now}}
	})
	var topics []string
	w.ok(w.db.SelectContext(w.ctx, &topics, `SELECT topic FROM outbox ORDER BY topic`))
	w.same("the outbox", []string{"another's", "early", "gone out", "undo"}, topics)
	if n := w.count(`SELECT COUNT(*) FROM clocks WHERE lead_id = $1`, work.Lead.ID); n != 1 {
		w.Errorf("%d clocks, want the one that was before", n)
	}
}

func holdings(w *world) {
	team, other := w.team("EMEA"), w.team("APAC")
	rosa, ben := w.rep("rosa", team, other), w.rep("ben", team)
	hold := func(name string, team lead.Team, owner lead.User, stage lead.Stage, since time.Duration, touched bool) *lead.Work {
		x := w.waiting(team, name)
		w.alter(x.Lead.ID, now, func(x *lead.Work) {
			x.Lead.Stage, x.Lead.OwnerID, x.Lead.StageAt = stage, owner.ID, now.Add(since)
			if touched {
				x.Lead.TouchedAt = now
			}
		})
		return x
	}
	second := hold("second", team, rosa, lead.Claimed, -time.Minute, false)
	first := hold("first", team, rosa, lead.Claimed, -time.Hour, false)
	untouched := hold("untouched", team, rosa, lead.SAL, -time.Hour, false)
	hold("touched", team, rosa, lead.SAL, 0, true)
	hold("ben's", team, ben, lead.Claimed, 0, false)
	away := hold("elsewhere", other, rosa, lead.Claimed, 0, false)
	w.change(func(tx lead.Tx) error {
		h, err := tx.Holding(w.ctx, rosa.ID, team.ID)
		w.same("holding, the oldest first", lead.Holding{
			Claimed:   []lead.Held{{ID: first.Lead.ID, Label: "first", Since: now.Add(-time.Hour)}, {ID: second.Lead.ID, Label: "second", Since: now.Add(-time.Minute)}},
			Untouched: []lead.Held{{ID: untouched.Lead.ID, Label: "untouched", Since: now.Add(-time.Hour)}},
		}, h)
		w.ok(err)
		_, err = tx.Holding(w.ctx, "nobody", team.ID)
		w.refused("nobody's", err, lead.ErrConflict)
		claims, err := tx.Claims(w.ctx, rosa.ID)
		want := ids(first, second, away)
		slices.Sort(want)
		w.same("claims, in every team", want, claims)
		return err
	})
	w.ok(w.s.Disable(w.ctx, lead.Operator, ben.ID, now))
	w.change(func(tx lead.Tx) error {
		_, err := tx.Holding(w.ctx, ben.ID, team.ID)
		w.refused("of who is disabled", err, lead.ErrConflict)
		w.same("the words", "ben is no longer active", fmt.Sprint(err))
		return nil
	})
}
