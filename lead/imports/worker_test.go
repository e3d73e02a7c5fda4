package imports_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hotleads/lead"
	"hotleads/lead/imports"
	"hotleads/store"
	"hotleads/store/storetest"
)

// shop is an installation that files are uploaded to.
type shop struct {
	*testing.T
	s    *store.Store
	desk *lead.Desk
	team lead.Team
	by   lead.Actor
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s, r := storetest.Open(t, storetest.SQLite(t)), storetest.Embedded(t)
	team, err := s.AddTeam(t.Context(), lead.Operator, lead.Team{Name: "EMEA"}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	mara, err := s.AddUser(t.Context(), lead.Operator, lead.User{Email: "mara@acme.example", Name: "Mara", Role: lead.Manager}, lead.Now())
	if err != nil {
		t.Fatal(err)
	}
	return &shop{t, s, lead.NewDesk(s, r, r, slog.New(slog.DiscardHandler)), team, lead.Person(mara, "page")}
}

func (x *shop) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

// upload stores a file in small parts and lets it be taken.
func (x *shop) upload(csv, mapping string, live bool) string {
	x.Helper()
	ctx := x.Context()
	i, err := x.s.AddImport(ctx, x.by, "leads.csv", nil, lead.Now())
	x.must(err)
	for n := 0; n*1000 < len(csv); n++ {
		part, err := imports.Pack([]byte(csv[n*1000 : min(len(csv), n*1000+1000)]))
		x.must(err)
		x.must(x.s.AddChunk(ctx, i.ID, n, part))
	}
	x.must(x.s.Uploaded(ctx, i.ID, int64(len(csv))))
	x.must(x.s.StartImport(ctx, x.by, i.ID, mapping, live, lead.Now()))
	return i.ID
}

// work lets a worker work until nothing waits; after some batches (0: never) it
// is cut off, and another one goes on.
func (x *shop) work(cutAfter int) {
	x.Helper()
	for {
		w := imports.NewWorker(x.desk, x.s, slog.New(slog.DiscardHandler))
		batches := 0
		w.Batch = func() error {
			if batches++; cutAfter > 0 && batches >= cutAfter {
				return errors.New("cut off")
			}
			return nil
		}
		again, err := w.Once(x.Context(), lead.Now())
		if err != nil && !errors.Is(err, imports.ErrStopped) && !errors.Is(err, lead.ErrUnavailable) {
			x.Fatal(err)
		}
		if !again && err == nil {
			return
		}
	}
}

func (x *shop) record(id string) lead.Import {
	x.Helper()
	i, err := x.s.ImportOf(x.Context(), id)
	x.must(err)
	return i
}

func (x *shop) find(ref string) *lead.Scored {
	x.Helper()
	l, err := x.desk.Find(x.Context(), ref, nil, lead.Now())
	if errors.Is(err, lead.ErrNotFound) {
		return nil
	}
	x.must(err)
	return &l
}

const mapping = "identity: {user_id: No, email: Email}\ntraits: {name: Name, visits: Visits}\n"

// An import that is cut off after each batch comes to what one does that never
// was, and tells the same.
func TestWorkerGoesOn(t *testing.T) {
	var b strings.Builder
	b.WriteString("No,Email,Name,Visits\n")
	for n := range 2*imports.BatchRows + 200 {
		switch n % 100 {
		case 7:
			fmt.Fprintf(&b, ",nobody,X,%d\n", n)
		case 8:
			fmt.Fprintf(&b, "%d,%d@x.io,short\n", n, n)
		case 9:
			fmt.Fprintf(&b, "1,1@x.io,One again,%d\n", n)
		default:
			fmt.Fprintf(&b, "%d,%d@x.io,Lead,%d\n", n, n, n)
		}
	}
	whole, cut := newShop(t), newShop(t)
	a, c := whole.upload(b.String(), mapping, false), cut.upload(b.String(), mapping, false)
	whole.work(0)
	cut.work(1)
	want, got := whole.record(a), cut.record(c)
	if want.State != lead.ImportDone || want.Tally.Read != 1200 || want.Tally.Refused != 24 || want.Tally.New != 1164 || want.Tally.Changed != 12 || want.Offset != want.Size {
		t.Errorf("uninterrupted: %+v", want)
	}
	if got.State != want.State || got.Tally != want.Tally || got.Rows != want.Rows || got.Offset != want.Offset {
		t.Errorf("interrupted: %+v\nwant %+v", got, want)
	}
	if w, g := sheet(whole, a), sheet(cut, c); w != g || strings.Count(w, "\n") != 24 || !strings.HasPrefix(w, "9,") {
		t.Errorf("refused rows %q, uninterrupted %q", g, w)
	}
	if l := cut.find("user:1"); l.Traits["visits"] != 1109.0 || l.Version < 2 {
		t.Errorf("got %+v", l)
	}
	again := cut.upload(b.String(), mapping, false)
	cut.work(0)
	if i := cut.record(again); i.Tally.New != 0 || i.Tally.Changed != 0 || i.Tally.Unchanged != 1176 {
		t.Errorf("the same file again: %+v", i.Tally)
	}
}

// sheet are the refused rows of an import.
func sheet(x *shop, id string) string {
	x.Helper()
	var b strings.Builder
	for seq := -1; ; {
		next, part, err := x.s.RefusedPart(x.Context(), id, seq)
		if errors.Is(err, lead.ErrNotFound) {
			return b.String()
		}
		x.must(err)
		text, err := imports.Unpack(part)
		x.must(err)
		b.Write(text)
		seq = next
	}
}

func TestUndoOfAnImport(t *testing.T) {
	x := newShop(t)
	ctx := t.Context()
	say := func(traits map[string]any) {
		x.Helper()
		now := lead.Now()
		_, err := x.desk.TakeAt(ctx, []lead.Message{{ID: fmt.Sprint(now.UnixNano()), Type: lead.Identify, UserID: "known", Traits: traits, OccurredAt: now, ReceivedAt: now}}, now)
		x.must(err)
	}
	say(map[string]any{"name": "As it was", "visits": 3.0, "color": "red"})
	before := x.find("user:known")

	id := x.upload("No,Email,Name,Visits\nknown,known@x.io,Imported,9\na,a@x.io,A,1\nb,b@x.io,B,2\nc,c@x.io,C,3\nc,c@x.io,C the second,3\n", mapping, false)
	x.work(0)
	if i := x.record(id); i.Tally.New != 3 || i.Tally.Changed != 2 {
		t.Fatalf("got %+v", i.Tally)
	}
	now := lead.Now()
	_, err := x.desk.TakeAt(ctx, []lead.Message{{ID: "visit", Type: lead.Track, UserID: "b", Event: "Pricing Viewed", OccurredAt: now, ReceivedAt: now}}, now)
	x.must(err)
	made, stay, changed, err := x.s.UndoPreview(ctx, id)
	x.must(err)
	if made != 3 || stay != 1 || changed != 1 {
		t.Errorf("the preview: %d made, %d stay, %d changed", made, stay, changed)
	}
	x.must(x.s.UndoImport(ctx, x.by, id, lead.Now()))
	if err := x.s.UndoImport(ctx, x.by, id, lead.Now()); !errors.Is(err, lead.ErrConflict) {
		t.Errorf("undone twice: %v", err)
	}
	x.work(1)
	i := x.record(id)
	if want := (lead.UndoTally{Removed: 2, Restored: 1, Kept: 1}); i.State != lead.ImportUndone || i.Undo != want || i.UndoneBy != x.by.ID {
		t.Errorf("got %+v", i)
	}
	if x.find("user:a") != nil || x.find("email:c@x.io") != nil {
		t.Error("leads that the import made are still there")
	}
	if b := x.find("email:b@x.io"); b == nil || b.Name != "B" {
		t.Errorf("who has done something since is gone or changed: %+v", b)
	}
	after := x.find("user:known")
	if after.Name != before.Name || after.Traits["visits"] != 3.0 || after.Email != "" || x.find("email:known@x.io") != nil || !after.TraitTimes["name"].Equal(before.TraitTimes["name"]) {
		t.Errorf("the changed lead is not as it was: %+v", after.Profile)
	}
	kept, err := x.s.KeptTraces(ctx, id, 10)
	x.must(err)
	if len(kept) != 1 || kept[0].LeadID != x.find("user:b").ID || kept[0].Why != "it has done something since" {
		t.Errorf("kept: %+v", kept)
	}
	again := x.upload("No,Email,Name,Visits\na,a@x.io,A,1\nb,b@x.io,B,2\n", mapping, false)
	x.work(0)
	if i := x.record(again); i.Tally.New != 1 || i.Tally.Unchanged != 1 {
		t.Errorf("a mended file: %+v", i.Tally)
	}
}

// What somebody said since stays, the rest goes back.
func TestUndoKeepsWhatWasSaidSince(t *testing.T) {
	x := newShop(t)
	now := lead.Now()
	_, err := x.desk.TakeAt(t.Context(), []lead.Message{{ID: "1", Type: lead.Identify, UserID: "known", Traits: map[string]any{"name": "Old", "visits": 3.0}, OccurredAt: now, ReceivedAt: now}}, now)
	x.must(err)
	id := x.upload("No,Email,Name,Visits\nknown,known@x.io,Imported,9\n", mapping, false)
	x.work(0)
	now = lead.Now()
	_, err = x.desk.TakeAt(t.Context(), []lead.Message{{ID: "2", Type: lead.Identify, UserID: "known", Traits: map[string]any{"name": "New"}, OccurredAt: now, ReceivedAt: now}}, now)
	x.must(err)
	x.must(x.s.UndoImport(t.Context(), x.by, id, lead.Now()))
	x.work(0)
	l := x.find("user:known")
	if l.Name != "New" || l.Traits["visits"] != 3.0 || l.Email != "" {
		t.Errorf("got %+v", l.Profile)
	}
	if kept, err := x.s.KeptTraces(t.Context(), id, 10); err != nil || len(kept) != 1 || kept[0].Why != "said anew since: name" {
		t.Errorf("kept: %+v, %v", kept, err)
	}
}

// A live import's leads leave the board again.
func TestUndoClearsTheBoard(t *testing.T) {
	x := newShop(t)
	now := lead.Now()
	var visits []lead.Message
	for n, event := range []string{"Products Compared", "Products Compared", "Pricing Viewed"} {
		visits = append(visits, lead.Message{ID: fmt.Sprint(n), Type: lead.Track, UserID: "u1", Event: event, OccurredAt: now, ReceivedAt: now})
	}
	_, err := x.desk.TakeAt(t.Context(), visits, now)
	x.must(err)
	id := x.upload("No,Email,Name,Visits\nu1,ada@x.io,Ada,1\nu2,bob@x.io,Bob,2\n", mapping, true)
	x.work(0)
	if i := x.record(id); i.Tally.Ready != 1 || x.find("user:u1").Stage != lead.MQL {
		t.Fatalf("got %+v", i.Tally)
	}
	x.must(x.s.UndoImport(t.Context(), x.by, id, lead.Now()))
	x.work(0)
	if i := x.record(id); i.Undo.Removed != 1 || i.Undo.Kept != 1 {
		t.Errorf("got %+v", i.Undo)
	}
}

func TestWorkerCancelled(t *testing.T) {
	x := newShop(t)
	csv := "No,Email,Name,Visits\n"
	for n := range 3 * imports.BatchRows {
		csv += fmt.Sprintf("%d,%d@x.io,Lead,1\n", n, n)
	}
	waits, runs := x.upload("No,Email,Name,Visits\n1,a@x.io,A,1\n", mapping, false), ""
	x.must(x.s.CancelImport(t.Context(), x.by, waits, lead.Now()))
	runs = x.upload(csv, mapping, false)
	w := imports.NewWorker(x.desk, x.s, slog.New(slog.DiscardHandler))
	w.Batch = func() error {
		if err := x.s.CancelImport(t.Context(), x.by, runs, lead.Now()); err != nil && !errors.Is(err, lead.ErrConflict) {
			return err
		}
		return nil
	}
	if _, err := w.Once(t.Context(), lead.Now()); err != nil {
		t.Fatal(err)
	}
	if i := x.record(waits); i.State != lead.ImportCancelled || i.Rows != 0 || i.EndedAt.IsZero() {
		t.Errorf("one that waited: %+v", i)
	}
	if i := x.record(runs); i.State != lead.ImportCancelled || i.Rows == 0 || i.Rows == 3*imports.BatchRows || i.Tally.New != i.Rows {
		t.Errorf("one that ran: %+v", i)
	}
	if err := x.s.CancelImport(t.Context(), x.by, runs, lead.Now()); !errors.Is(err, lead.ErrConflict) {
		t.Errorf("cancelled twice: %v", err)
	}
}

// Whoever has lost the lease stores nothing more.
func TestWorkerWithoutLease(t *testing.T) {
	x := newShop(t)
	id := x.upload("No,Email,Name,Visits\n1,a@x.io,A,1\n", mapping, false)
	ctx, now := t.Context(), lead.Now()
	first, err := x.s.ClaimImport(ctx, "one", now, now.Add(time.Minute))
	x.must(err)
	if _, err := x.s.ClaimImport(ctx, "two", now, now.Add(time.Minute)); !errors.Is(err, lead.ErrNotFound) {
		t.Errorf("claimed twice: %v", err)
	}
	_, err = x.s.ClaimImport(ctx, "two", now.Add(2*time.Minute), now.Add(3*time.Minute))
	x.must(err)
	err = x.s.Change(ctx, func(tx lead.Tx) error {
		_, err := tx.NoteImport(ctx, lead.ImportNote{Import: first, Worker: "one", Until: now.Add(time.Minute)})
		return err
	})
	if !errors.Is(err, lead.ErrConflict) {
		t.Errorf("%s: who lost the lease goes on: %v", id, err)
	}
}

// A run that is stopped and run again comes to the same, and says how far it was.
func TestRunStopped(t *testing.T) {
	x := newShop(t)
	var b strings.Builder
	b.WriteString("No,Email,Name,Visits\n")
	for n := range 2 * imports.BatchRows {
		fmt.Fprintf(&b, "%d,%d@x.io,Lead,1\n", n, n)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var got imports.Tally
	run := func(ctx context.Context, tick func(int)) error {
		r, err := imports.NewReader(strings.NewReader(b.String()))
		x.must(err)
		m, err := imports.ParseMapping([]byte(mapping))
		x.must(err)
		p, err := m.Bind(r.Head(), nil)
		x.must(err)
		got = imports.Tally{}
		return (&imports.Run{Desk: x.desk, Reader: r, Plan: p, Done: func(c imports.Commit) { got.Add(c.Tally) }, Tick: func(_ int64, rows int) { tick(rows) }}).All(ctx)
	}
	if err := run(ctx, func(rows int) {
		if rows == imports.BatchRows+10 {
			cancel()
		}
	}); !errors.Is(err, imports.ErrStopped) || got.New != imports.BatchRows {
		t.Errorf("stopped: %v, %+v", err, got)
	}
	if err := run(t.Context(), func(int) {}); err != nil || got.New != imports.BatchRows || got.Unchanged != imports.BatchRows {
		t.Errorf("run again: %v, %+v", err, got)
	}
}

// Whose import it is decides what it may do for as long as it runs: who is
// disabled imports nothing more, who goes to another team nothing about the old
// one's leads.
func TestWorkerAsksWhatTheOwnerMay(t *testing.T) {
	var rows strings.Builder
	rows.WriteString("No,Email,Name,Visits\n")
	for n := range 3 * imports.BatchRows {
		fmt.Fprintf(&rows, "%d,%d@x.io,Lead,%d\n", n, n, n)
	}
	x := newShop(t)
	running, queued := x.upload(rows.String(), mapping, false), x.upload("No,Email,Name,Visits\nq,q@x.io,Q,1\n", mapping, false)
	_, err := x.s.AddUser(x.Context(), lead.Operator, lead.User{Email: "anna@acme.example", Name: "Anna", Role: lead.Admin}, lead.Now())
	x.must(err)
	w := imports.NewWorker(x.desk, x.s, slog.New(slog.DiscardHandler))
	w.Batch = func() error { // after the first batch
		w.Batch = nil
		return x.s.Disable(x.Context(), lead.Operator, x.by.ID, lead.Now())
	}
	for again := true; again; {
		again, err = w.Once(x.Context(), lead.Now())
		x.must(err)
	}
	if i := x.record(running); i.State != lead.ImportCancelled || i.Rows == 0 || i.Rows >= 3*imports.BatchRows || !strings.Contains(i.Problem, "Mara may no longer import") {
		t.Errorf("the import that ran: %s after %d rows: %q", i.State, i.Rows, i.Problem)
	}
	if i := x.record(queued); i.State != lead.ImportCancelled || i.Rows != 0 {
		t.Errorf("the one that waited: %s after %d rows", i.State, i.Rows)
	}
	if x.find("email:q@x.io") != nil {
		t.Error("a disabled person's file made a lead")
	}

	x = newShop(t)
	far, err := x.s.AddTeam(x.Context(), lead.Operator, lead.Team{Name: "APAC"}, lead.Now())
	x.must(err)
	x.must(x.s.ChangePerson(x.Context(), lead.Operator, x.by.ID, lead.Persona{Name: "Mara", Role: lead.Manager, Teams: []string{x.team.ID}}, lead.Now()))
	id := x.upload("No,Email,Name,Team\n1,1@x.io,One,EMEA\n2,2@x.io,Two,APAC\n", "identity: {user_id: No, email: Email}\ntraits: {name: Name}\nteam: Team\n", false)
	x.must(x.s.ChangePerson(x.Context(), lead.Operator, x.by.ID, lead.Persona{Name: "Mara", Role: lead.Manager, Teams: []string{far.ID}}, lead.Now()))
	x.work(0)
	if x.find("email:1@x.io") != nil || x.find("email:2@x.io") == nil {
		t.Errorf("a file of who changed the team did not keep to the new one: %+v", x.record(id).Tally)
	}
}
