package storetest

import (
	"context"
	"time"

	"hotleads/lead"
)

var marketer = lead.Actor{Kind: lead.ByPerson, ID: "mara", Via: "page"}

// uploaded is an import whose file came in whole.
func (w *world) uploaded(name string, parts ...string) lead.Import {
	w.Helper()
	i := must(w.s.AddImport(w.ctx, marketer, name, []string{"a"}, now))(w)
	size := 0
	for n, part := range parts {
		w.ok(w.s.AddChunk(w.ctx, i.ID, n, []byte(part)))
		size += len(part)
	}
	w.ok(w.s.Uploaded(w.ctx, i.ID, int64(size)))
	return must(w.s.ImportOf(w.ctx, i.ID))(w)
}

func importFiles(w *world) {
	half := must(w.s.AddImport(w.ctx, marketer, "half.csv", nil, now))(w)
	w.ok(w.s.AddChunk(w.ctx, half.ID, 0, []byte("x")))
	i := w.uploaded("leads.csv", "one", "two\x00")
	w.same("as stored", lead.Import{ID: i.ID, Name: "leads.csv", By: marketer, Teams: []string{"a"}, State: lead.ImportMapping, Size: 7, CreatedAt: now}, i)
	w.same("a part", "two\x00", string(must(w.s.Chunk(w.ctx, i.ID, 1))(w)))
	_, err := w.s.Chunk(w.ctx, i.ID, 2)
	w.refused("behind the last part", err, lead.ErrNotFound)
	later := w.uploaded("later.csv")
	w.same("hers, newest first", []lead.Import{later, i}, must(w.s.Imports(w.ctx, "mara", "", 10))(w))
	w.same("the page after", []lead.Import{i}, must(w.s.Imports(w.ctx, "", later.ID, 10))(w))
	w.same("somebody else's", []lead.Import{}, must(w.s.Imports(w.ctx, "boss", "", 10))(w))
	_, err = w.s.ImportOf(w.ctx, "nothing")
	w.refused("an unknown one", err, lead.ErrNotFound)

	w.ok(w.s.DropImport(w.ctx, later.ID))
	_, err = w.s.ImportOf(w.ctx, later.ID)
	w.refused("one that was dropped", err, lead.ErrNotFound)
	w.same("tidied", false, must(w.s.TidyImports(w.ctx, now.Add(2*time.Hour)))(w))
	w.same("uploads that were left", 0, w.count(`SELECT COUNT(*) FROM imports WHERE state = 'uploading'`))
	w.same("parts that are left", 2, w.count(`SELECT COUNT(*) FROM import_chunks`))
	must(w.s.TidyImports(w.ctx, now.Add(8*24*time.Hour)))(w)
	w.same("parts of what nobody took", 0, w.count(`SELECT COUNT(*) FROM import_chunks`))
}

func importWork(w *world) {
	i, second := w.uploaded("leads.csv", "x"), w.uploaded("second.csv", "y")
	until := now.Add(time.Minute)
	_, err := w.s.ClaimImport(w.ctx, "one", now, until)
	w.refused("nothing waits", err, lead.ErrNotFound)
	w.ok(w.s.StartImport(w.ctx, marketer, i.ID, "identity: {email: E}", true, now))
	w.refused("started twice", w.s.StartImport(w.ctx, marketer, i.ID, "", true, now), lead.ErrConflict)
	w.ok(w.s.DropImport(w.ctx, i.ID)) // too late: nothing happens
	w.ok(w.s.StartImport(w.ctx, marketer, second.ID, "m", false, now))
	w.ok(w.s.CancelImport(w.ctx, marketer, second.ID, now))
	w.same("one that waited", lead.ImportCancelled, must(w.s.ImportOf(w.ctx, second.ID))(w).State)

	got := must(w.s.ClaimImport(w.ctx, "one", now, until))(w)
	if got.ID != i.ID || got.State != lead.ImportRunning || got.Mapping != "identity: {email: E}" || !got.Live || !got.StartedAt.Equal(now) {
		w.Errorf("claimed %+v", got)
	}
	_, err = w.s.ClaimImport(w.ctx, "two", now, until)
	w.refused("claimed twice", err, lead.ErrNotFound)

	work := w.begin(func(x *lead.Work) { x.Lead.Email = "a@x.io" })
	note := lead.ImportNote{Import: got, Worker: "one", Until: until, Refused: []byte("sheet")}
	note.Rows, note.Offset, note.Encoding, note.Tally = 500, 9000, "UTF-8", lead.ImportTally{Read: 500, New: 499, Refused: 1}
	note.Traces = []lead.ImportTrace{
		{LeadID: work.Lead.ID, Seq: 500, New: true, At: now, Messages: []string{"m"}, HistorySeq: work.Lead.HistorySeq, Profile: "p"},
		{LeadID: "other", Seq: 500, At: now, Traits: map[string]lead.TraitWas{"title": {Value: "CTO", At: now}, "new": {}}},
	}
	w.note(note, nil)
	after := must(w.s.ImportOf(w.ctx, i.ID))(w)
	w.same("how far it is", note.Tally, after.Tally)
	w.same("rows", [2]int64{500, 9000}, [2]int64{int64(after.Rows), after.Offset})
	w.same("encoding", "UTF-8", after.Encoding)
	seq, part, err := w.s.RefusedPart(w.ctx, i.ID, -1)
	w.ok(err)
	w.same("refused rows", "500 sheet", string(append([]byte("500 "), part...)))
	_, _, err = w.s.RefusedPart(w.ctx, i.ID, seq)
	w.refused("behind the last refused rows", err, lead.ErrNotFound)
	w.same("traces", []lead.ImportTrace{note.Traces[1], note.Traces[0]}, must(w.s.Traces(w.ctx, i.ID, 10))(w))
	made, stay, changed, err := w.s.UndoPreview(w.ctx, i.ID)
	w.ok(err)
	w.same("what an undo would come to", [3]int{1, 0, 1}, [3]int{made, stay, changed})

	w.refused("undone while it runs", w.s.UndoImport(w.ctx, marketer, i.ID, now), lead.ErrConflict)
	w.refused("its file deleted while it runs", w.s.DeleteImportFile(w.ctx, marketer, i.ID, now), lead.ErrConflict)
	w.ok(w.s.CancelImport(w.ctx, marketer, i.ID, now))
	w.same("asked to end", true, w.note(lead.ImportNote{Import: after, Worker: "one", Until: until}, nil))
	w.note(lead.ImportNote{Import: after, Worker: "two", Until: until}, lead.ErrConflict)
	w.same("taken over", i.ID, must(w.s.ClaimImport(w.ctx, "two", until, until.Add(time.Minute)))(w).ID)
	w.note(lead.ImportNote{Import: after, Worker: "one", Until: until}, lead.ErrConflict)
	after.State, after.EndedAt = lead.ImportCancelled, now
	w.note(lead.ImportNote{Import: after, Worker: "two"}, nil)
	for at, want := range map[time.Time]int{now.Add(-time.Hour): 0, now.Add(time.Hour): 1} { // its own activity, or one since
		w.alter(work.Lead.ID, now, func(x *lead.Work) { x.Lead.LastActivityAt = at })
		_, stay, _, err := w.s.UndoPreview(w.ctx, i.ID)
		w.ok(err)
		w.same("what stays with an activity at "+at.String(), want, stay)
	}
	w.importUndone(i.ID, note.Traces)
}

// importUndone goes on with an import that has ended.
func (w *world) importUndone(id string, traces []lead.ImportTrace) {
	w.Helper()
	w.ok(w.s.DeleteImportFile(w.ctx, marketer, id, now))
	w.refused("its file deleted twice", w.s.DeleteImportFile(w.ctx, marketer, id, now), lead.ErrConflict)
	_, err := w.s.Chunk(w.ctx, id, 0)
	w.refused("a file that is gone", err, lead.ErrNotFound)
	w.ok(w.s.UndoImport(w.ctx, marketer, id, now))
	i := must(w.s.ClaimImport(w.ctx, "one", now.Add(time.Hour), now.Add(2*time.Hour)))(w)
	w.same("what is to be done", lead.ImportUndoing, i.State)
	i.Undo = lead.UndoTally{Removed: 1, Kept: 1}
	w.note(lead.ImportNote{Import: i, Worker: "one", Until: now.Add(2 * time.Hour), Undone: []lead.UndoneTrace{
		{ImportTrace: traces[0], Fate: lead.Removed}, {ImportTrace: traces[1], Fate: lead.Kept, Why: "it has moved since"}}}, nil)
	w.same("what is left", []lead.ImportTrace{}, must(w.s.Traces(w.ctx, id, 10))(w))
	w.same("what stays", []lead.UndoneTrace{{ImportTrace: lead.ImportTrace{LeadID: "other"}, Fate: lead.Kept, Why: "it has moved since"}}, must(w.s.KeptTraces(w.ctx, id, 10))(w))
	i.State, i.EndedAt = lead.ImportUndone, now
	w.note(lead.ImportNote{Import: i, Worker: "one"}, nil)
	w.same("tidied", false, must(w.s.TidyImports(w.ctx, now.Add(lead.ImportKept+time.Hour)))(w))
	w.same("traces after the time", 0, w.count(`SELECT COUNT(*) FROM import_traces`))
	end := must(w.s.ImportOf(w.ctx, id))(w)
	w.same("the counts stay", lead.UndoTally{Removed: 1, Kept: 1}, end.Undo)
	w.same("acts: start, cancel, delete, undo", 4, w.count(`SELECT COUNT(*) FROM acts WHERE what LIKE 'import.%' AND subject = $1`, id))
}

func (w *world) note(n lead.ImportNote, want error) (cancel bool) {
	w.Helper()
	err := w.s.Change(w.ctx, func(tx lead.Tx) (err error) {
		cancel, err = tx.NoteImport(w.ctx, n)
		return err
	})
	if want == nil {
		w.ok(err)
	} else {
		w.refused("a note", err, want)
	}
	return cancel
}

// forget removes a lead with all that is its own, and nothing else.
func forgetLeads(w *world) {
	team := w.team("EMEA")
	gone, stays := w.waiting(team, "gone"), w.waiting(team, "stays")
	ids := []lead.Identity{{Kind: lead.ByEmail, Value: "gone@x.io"}, {Kind: lead.ByEmail, Value: "stays@x.io"}, {Kind: lead.ByPhone, Value: "+49301234567"}}
	w.change(func(tx lead.Tx) error {
		for n, id := range []string{gone.Lead.ID, stays.Lead.ID, stays.Lead.ID} {
			if _, err := tx.Identify(w.ctx, ids[n], id); err != nil {
				return err
			}
		}
		if err := tx.SuspectDuplicate(w.ctx, gone.Lead.ID, stays.Lead.ID, "name", now); err != nil {
			return err
		}
		_, err := tx.NewMessages(w.ctx, []string{"a", "b"}, now)
		return err
	})
	w.change(func(tx lead.Tx) error {
		return tx.Forget(w.ctx, []string{gone.Lead.ID}, []string{"a", "never heard"}, ids[2:])
	})
	_, _, err := w.s.Lead(w.ctx, gone.Lead.ID)
	w.refused("a lead that is forgotten", err, lead.ErrNotFound)
	for text, want := range map[string]int{
		`SELECT COUNT(*) FROM leads`: 1, `SELECT COUNT(*) FROM identities`: 1, `SELECT COUNT(*) FROM duplicates`: 0,
		`SELECT COUNT(*) FROM lead_words WHERE word = 'gone'`: 0, `SELECT COUNT(DISTINCT lead_id) FROM lead_words`: 1,
	} {
		w.same(text, want, w.count(text))
	}
	w.change(func(tx lead.Tx) error {
		isNew, err := tx.NewMessages(context.WithoutCancel(w.ctx), []string{"a", "b"}, now)
		w.same("messages that may come again", map[string]bool{"a": true}, isNew)
		return err
	})
}
