package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hotleads/lead"
	"hotleads/scoring"
	"hotleads/sla"
)

// full is a lead with every field set.
func full(id string, seed int) lead.Lead {
	var l lead.Lead
	fill(&l, seed)
	l.ID, l.Version, l.MergedInto = id, 0, ""
	return l
}

// onlyInViews are fields that are not stored.
var onlyInViews = cmpopts.IgnoreFields(lead.Life{}, "Note")

// outsideUndo: an undo keeps the lead's number of history rows.
var outsideUndo = cmpopts.IgnoreFields(lead.Undo{}, "Life.HistorySeq", "Life.Note")

func everyField(w *world) {
	work := w.begin(nil)
	id := work.Lead.ID
	for i, seed := range []int{1000, 5000} {
		want := full(id, seed)
		w.alter(id, now, func(x *lead.Work) {
			want.Version = x.Lead.Version
			*x.Lead = want
			x.Lead.Traits["nested"] = map[string]any{"a": []any{1.5, true, nil, "x"}}
			var c lead.Clock
			fill(&c, seed+3000)
			c.Current, c.Target, c.Used = true, time.Hour, 1234567*time.Microsecond
			x.Clocks = []lead.Clock{c}
		})
		want.Version, want.ListedAt = int64(i+2), want.UpdatedAt
		got := w.card(id)
		w.same("the lead", want, got.Lead, onlyInViews, outsideUndo)
		for _, at := range []time.Time{got.Lead.CreatedAt, got.Lead.UpdatedAt, got.Lead.LastActivityAt, got.Clocks[0].StartedAt, got.Clocks[0].StoppedAt} {
			w.same("zone", time.UTC, at.Location(), cmp.Comparer(func(a, b *time.Location) bool { return a == b }))
		}
		cards := must(w.s.Cards(w.ctx, []string{id, "nobody"}))(w)
		w.same("its card", map[string]lead.Card{id: got}, cards)
		w.change(func(tx lead.Tx) error {
			works, err := tx.Lock(w.ctx, []string{id, "nobody"})
			w.same("locked", map[string]*lead.Work{id: {Lead: &got.Lead, Clocks: got.Clocks}}, works, cmpopts.IgnoreUnexported(lead.Work{}, lead.Weight{}))
			return err
		})
	}
	w.alter(id, now, func(x *lead.Work) { x.Lead.MergedInto = "another" })
	w.same("a merged lead is given as it is", "another", w.card(id).Lead.MergedInto)
}

func missing(w *world) {
	work := w.begin(nil)
	got := w.card(work.Lead.ID)
	w.same("a lead of which nothing is known", *work.Lead, got.Lead)
	if got.Lead.Traits == nil || got.Lead.Ledger == nil || got.Lead.Since == nil || got.Lead.TraitTimes == nil {
		w.Error("maps that can't be written to")
	}
	if n := w.count(`SELECT COUNT(*) FROM leads WHERE owner_id IS NULL AND team_id IS NULL AND wake_at IS NULL AND last_activity_at IS NULL`); n != 1 {
		w.Error("what is missing is not NULL in the table")
	}
	// And what was there can go again.
	w.alter(work.Lead.ID, now, func(x *lead.Work) { *x.Lead = full(work.Lead.ID, 100) })
	w.alter(work.Lead.ID, now, func(x *lead.Work) {
		x.Lead.Life, x.Lead.Profile, x.Lead.LastActivityAt, x.Lead.Undo = lead.Life{Stage: lead.Nurture}, lead.Profile{}, time.Time{}, nil
	})
	l := w.card(work.Lead.ID).Lead
	w.same("life", lead.Life{Stage: lead.Nurture}, l.Life)
	w.same("profile", lead.Profile{}, l.Profile)
	if !l.LastActivityAt.IsZero() || l.Undo != nil {
		w.Errorf("last activity %v and undo %v, want none", l.LastActivityAt, l.Undo)
	}
}

func longTexts(w *world) {
	text := strings.Repeat("Ünï¢ødé 漢字 العربية 👩‍👩‍👧 '\"\\%_;-- $1 ? \u2028\t", 400)
	work := w.begin(func(x *lead.Work) {
		x.Lead.Name, x.Lead.Company, x.Lead.Title, x.Lead.Source = text, text, text, text
		x.Lead.Traits["long"] = text
		x.History = []lead.History{{Seq: 1, RecordedAt: now, OccurredAt: now, Note: text, Cause: text}}
	})
	w.same("the lead", *work.Lead, w.card(work.Lead.ID).Lead)
	w.same("the note", text, must(w.s.Note(w.ctx, work.Lead.ID, 1))(w))
	w.change(func(tx lead.Tx) error {
		return tx.Append(w.ctx, []lead.Activity{{MessageID: "m", LeadID: work.Lead.ID, Name: text, Properties: map[string]any{text: text}, OccurredAt: now, ReceivedAt: now}})
	})
	acts := must(w.s.Activities(w.ctx, work.Lead.ID, nil, 10))(w)
	w.same("the activity", map[string]any{text: text}, acts[0].Properties)
	w.same("its name", text, acts[0].Name)
}

func moments(w *world) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	w.ok(err)
	// In order, whatever zone they were said in and however many digits they have.
	base := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // the hour that Berlin has twice
	var want []string
	all := []time.Time{
		base.In(east), base.Add(time.Microsecond).In(berlin), base.Add(500 * time.Millisecond), base.Add(510 * time.Millisecond).In(east),
		base.Add(time.Second).In(berlin), base.Add(time.Hour).In(berlin), base.Add(90 * time.Minute).In(east), base.Add(10 * time.Hour).In(berlin),
	}
	for i, at := range all {
		id := fmt.Sprintf("lead-%02d", 99-i) // against the order of ids
		want = append(want, id)
		w.begin(func(x *lead.Work) {
			x.Lead.ID, x.Lead.CallbackAt, x.Lead.UpdatedAt, x.Lead.LastActivityAt = id, at, at, at.Add(999)
		})
	}
	w.same("by due time", want, must(w.s.Due(w.ctx, base.Add(24*time.Hour).In(east), 100))(w))
	w.same("due by a moment in another zone, itself included", want[:5], must(w.s.Due(w.ctx, all[4].In(east), 100))(w))
	found := must(w.s.Find(w.ctx, lead.Search{Limit: 100}))(w)
	var order []string
	for _, c := range found {
		order = append(order, c.Lead.ID)
	}
	slices.Reverse(order)
	w.same("by last change", want, order)
	l := w.card(want[1]).Lead
	if !l.LastActivityAt.Equal(all[1]) || l.LastActivityAt.Location() != time.UTC {
		w.Errorf("%v came back as %v, want it in UTC, cut to microseconds", all[1].Add(999), l.LastActivityAt)
	}
	var latest any
	w.ok(w.db.GetContext(w.ctx, &latest, `SELECT MAX(wake_at) FROM leads`))
	if got := fmt.Sprint(latest); !strings.Contains(got, "2026-10-25 10:30:00") {
		w.Errorf("MAX is %s, want the last moment", got)
	}
}

func unknownLeads(w *world) {
	_, _, err := w.s.Lead(w.ctx, "nobody")
	w.refused("a lead", err, lead.ErrNotFound)
	_, err = w.s.LeadID(w.ctx, lead.Identity{Kind: lead.ByEmail, Value: "nobody@acme.example"})
	w.refused("an identity", err, lead.ErrNotFound)
	w.same("cards", map[string]lead.Card{}, must(w.s.Cards(w.ctx, nil))(w))
	w.same("versions", []lead.BoardEntry{}, must(w.s.Versions(w.ctx, []string{"nobody"}))(w))
	w.same("board", []lead.BoardEntry{}, must(w.s.OnBoard(w.ctx, "no-team"))(w))
	w.same("history", []lead.History{}, must(w.s.History(w.ctx, "nobody", 0, 10))(w))
	w.same("note", "", must(w.s.Note(w.ctx, "nobody", 1))(w))
	w.same("activities", []lead.Activity{}, must(w.s.Activities(w.ctx, "nobody", nil, 10))(w))
	w.change(func(tx lead.Tx) error {
		works, err := tx.Lock(w.ctx, []string{"nobody"})
		w.same("locked", map[string]*lead.Work{}, works)
		return err
	})
}

func versions(w *world) {
	work := w.begin(nil)
	w.same("a new lead's version, in the work", int64(1), work.Lead.Version)
	w.alter(work.Lead.ID, now, func(x *lead.Work) { x.Lead.Name = "Ada" })
	w.same("versions", []lead.BoardEntry{{ID: work.Lead.ID, Version: 2}}, must(w.s.Versions(w.ctx, []string{work.Lead.ID}))(w))
	// Begun and merged in one transaction: never stored.
	merged := w.begin(func(x *lead.Work) { x.Lead.MergedInto = work.Lead.ID })
	_, _, err := w.s.Lead(w.ctx, merged.Lead.ID)
	w.refused("a lead that began and ended in one transaction", err, lead.ErrNotFound)
}

func boards(w *world) {
	team, other := w.team("EMEA"), w.team("APAC")
	on := []*lead.Work{w.waiting(team, "ada"), w.waiting(team, "bob"), w.waiting(team, "cleo")}
	w.alter(on[1].Lead.ID, now, func(x *lead.Work) { x.Lead.Stage, x.Lead.OwnerID = lead.Claimed, "rosa" })
	w.alter(on[2].Lead.ID, now, func(x *lead.Work) { x.Lead.Stage, x.Lead.OwnerID = lead.SAL, "rosa" })
	off := []*lead.Work{w.waiting(team, "touched"), w.waiting(team, "nurture"), w.waiting(team, "merged"), w.waiting(other, "elsewhere")}
	w.alter(off[0].Lead.ID, now, func(x *lead.Work) { x.Lead.Stage, x.Lead.TouchedAt = lead.SAL, now })
	w.alter(off[1].Lead.ID, now, func(x *lead.Work) { x.Lead.Stage = lead.Nurture })
	w.alter(off[2].Lead.ID, now, func(x *lead.Work) { x.Lead.MergedInto = on[0].Lead.ID })
	entries := must(w.s.OnBoard(w.ctx, team.ID))(w)
	slices.SortFunc(entries, func(a, b lead.BoardEntry) int { return strings.Compare(a.ID, b.ID) })
	w.same("on the board", []lead.BoardEntry{{ID: on[0].Lead.ID, Version: 1}, {ID: on[1].Lead.ID, Version: 2}, {ID: on[2].Lead.ID, Version: 2}}, entries)

	if got := must(w.s.Unannounced(w.ctx, now.Add(-time.Microsecond), 100))(w); len(got) != 0 {
		w.Errorf("%d leads unannounced before they were stored", len(got))
	}
	all := append(ids(on...), ids(off...)...)
	slices.Sort(all)
	w.same("unannounced, departures included", all, must(w.s.Unannounced(w.ctx, now, 100))(w))
	w.same("at most so many", all[:2], must(w.s.Unannounced(w.ctx, now, 2))(w))
	w.ok(w.s.Announced(w.ctx, map[string]int64{on[0].Lead.ID: 1, on[1].Lead.ID: 1, on[2].Lead.ID: 9, "nobody": 3}))
	left := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return id == on[0].Lead.ID || id == on[2].Lead.ID })
	w.same("an older version's announcement is not this one's", left, must(w.s.Unannounced(w.ctx, now, 100))(w))
	w.same("announcing is no change", int64(1), w.card(on[0].Lead.ID).Lead.Version)
	w.ok(w.s.Announced(w.ctx, nil))
}

// unannounced: a departure that nobody could tell is told later, whatever
// happens to the lead meanwhile.
func unannounced(w *world) {
	work := w.waiting(w.team("EMEA"), "ada")
	w.alter(work.Lead.ID, now, func(x *lead.Work) { x.Lead.Stage = lead.Nurture })
	w.alter(work.Lead.ID, now.Add(time.Hour), func(x *lead.Work) { x.Lead.Name = "Ada" })
	w.same("unannounced", ids(work), must(w.s.Unannounced(w.ctx, now, 10))(w))
	w.same("for a while", lead.Lag{Announced: time.Minute}, must(w.s.Lag(w.ctx, now.Add(time.Minute).In(time.FixedZone("", 3600))))(w))
	w.ok(w.s.Announced(w.ctx, map[string]int64{work.Lead.ID: 3}))
	w.alter(work.Lead.ID, now, func(x *lead.Work) { x.Lead.Name = "Ada B" })
	w.same("a change beside the boards", []string{}, must(w.s.Unannounced(w.ctx, now, 10))(w))
}

func due(w *world) {
	at := func(d time.Duration) func(*lead.Work) {
		return func(x *lead.Work) { x.Lead.CallbackAt = now.Add(d) }
	}
	late, soon := w.begin(at(-time.Hour)), w.begin(at(-time.Minute))
	w.begin(at(time.Minute))
	clock := w.begin(func(x *lead.Work) {
		x.Lead.Stage = lead.Claimed
		x.Clocks = []lead.Clock{{ID: "c", Current: true, Clock: sla.Clock{Kind: sla.Decision, Target: time.Hour, StartedAt: now, RiskAt: now.Add(-30 * time.Minute), DueAt: now}}}
	})
	gone := w.begin(at(-2 * time.Hour))
	w.alter(gone.Lead.ID, now, func(x *lead.Work) { x.Lead.MergedInto = late.Lead.ID })
	w.same("due", ids(late, clock, soon), must(w.s.Due(w.ctx, now, 10))(w))
	w.same("at most one", ids(late), must(w.s.Due(w.ctx, now, 1))(w))
	w.same("the oldest's age", lead.Lag{Due: time.Hour}, must(w.s.Lag(w.ctx, now))(w))
	w.same("nothing due yet", lead.Lag{}, must(w.s.Lag(w.ctx, now.Add(-2*time.Hour)))(w))
}

// thousands: more than a statement has placeholders for.
func thousands(w *world) {
	const n = 1200
	var works []*lead.Work
	var all []string
	rules := must(w.s.Rules(w.ctx))(w)
	for range n {
		x := lead.NewLead(rules, now)
		x.Lead.Name, x.Lead.Ledger = "Ada Lovelace", scoring.Ledger{"r": {Value: 1, LastAt: now}}
		works, all = append(works, x), append(all, x.Lead.ID)
	}
	w.change(func(tx lead.Tx) error { return tx.Write(w.ctx, now, works) })
	for range 40000 {
		all = append(all, "nobody")
	}
	if got := must(w.s.Cards(w.ctx, all))(w); len(got) != n {
		w.Errorf("%d cards, want %d", len(got), n)
	}
	if got := must(w.s.Versions(w.ctx, all))(w); len(got) != n {
		w.Errorf("%d versions, want %d", len(got), n)
	}
	w.change(func(tx lead.Tx) error {
		got, err := tx.Lock(w.ctx, all)
		if len(got) != n {
			w.Errorf("%d locked, want %d", len(got), n)
		}
		return err
	})
}
