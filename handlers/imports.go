package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/imports"
	"hotleads/views"
)

// Imports are the files that were uploaded, and what became of them.
type Imports interface {
	imports.Chunks
	AddImport(ctx context.Context, by lead.Actor, name string, teams []string, now time.Time) (lead.Import, error)
	AddChunk(ctx context.Context, id string, seq int, body []byte) error
	Uploaded(ctx context.Context, id string, size int64) error
	DropImport(ctx context.Context, id string) error
	ImportOf(ctx context.Context, id string) (lead.Import, error)
	Imports(ctx context.Context, by, before string, limit int) ([]lead.Import, error)
	StartImport(ctx context.Context, by lead.Actor, id, mapping string, live bool, now time.Time) error
	CancelImport(ctx context.Context, by lead.Actor, id string, now time.Time) error
	UndoImport(ctx context.Context, by lead.Actor, id string, now time.Time) error
	UndoPreview(ctx context.Context, id string) (made, stay, changed int, err error)
	KeptTraces(ctx context.Context, id string, limit int) ([]lead.UndoneTrace, error)
	RefusedPart(ctx context.Context, id string, after int) (int, []byte, error)
	DeleteImportFile(ctx context.Context, by lead.Actor, id string, now time.Time) error
}

// importsShown is how many imports a page of the list has.
const importsShown = 30

// seesImport tells whether a person sees an import: a manager only their own.
func seesImport(u lead.User, i lead.Import) bool {
	return u.Role != lead.Manager || (i.By.Kind == lead.ByPerson && i.By.ID == u.ID)
}

// importOf reads the import of the address, if who asks may see it.
func (s *server) importOf(c echo.Context) (lead.Import, error) {
	i, err := s.Store.ImportOf(c.Request().Context(), c.Param("id"))
	if err == nil && (i.State == lead.ImportUploading || !seesImport(*viewer(c), i)) {
		err = lead.NotFound("the import " + c.Param("id"))
	}
	return i, err
}

func (s *server) importsPage(c echo.Context) error { return s.showImports(c, http.StatusOK, "") }

func (s *server) showImports(c echo.Context, status int, wrong string) error {
	ctx, u := c.Request().Context(), viewer(c)
	m := views.ImportsModel{Error: wrong, MiB: maxUpload >> 20, Theirs: u.Role != lead.Manager}
	by := ""
	if !m.Theirs {
		by = u.ID
	}
	list, err := s.Store.Imports(ctx, by, c.QueryParam("before"), importsShown+1)
	if err != nil {
		return err
	}
	book, err := s.Store.Book(ctx)
	if err != nil {
		return err
	}
	if len(list) > importsShown {
		list = list[:importsShown]
		m.Older = "/leads/import?before=" + list[importsShown-1].ID
	}
	for _, i := range list {
		m.Rows = append(m.Rows, views.ImportLine{ID: i.ID, Name: i.Name, Who: book.Name(i.By.ID), State: string(i.State), At: i.CreatedAt,
			New: takenBack(i.Tally.New, i.Undo.Removed, "taken back"), Changed: takenBack(i.Tally.Changed, i.Undo.Restored, "put back"), Refused: imports.Thousands(i.Tally.Refused)})
	}
	return s.render(c, status, views.ImportsPage(s.importFrame(c, "Import"), m))
}

func (s *server) importFrame(c echo.Context, title string) views.Page {
	p := s.page(c, "leads")
	p.Title = title
	return p
}

// importPage is an import as it stands: its mapping to be chosen, its progress,
// or its result.
func (s *server) importPage(c echo.Context) error {
	i, err := s.importOf(c)
	switch {
	case err != nil:
		return err
	case i.State == lead.ImportMapping:
		return s.mappingPage(c, i)
	}
	return s.showImport(c, http.StatusOK, i, "")
}

func (s *server) showImport(c echo.Context, status int, i lead.Import, wrong string) error {
	m, err := s.importModel(c.Request().Context(), i)
	if err != nil {
		return err
	}
	m.Error = wrong
	p := s.importFrame(c, i.Name)
	if m.LiveURL != "" {
		if p, err = s.livePage(c, p.Nav, p.Title); err != nil {
			return err
		}
	}
	return s.render(c, status, views.ImportPage(p, m))
}

// keptShown bounds the list of leads that an undo left.
const keptShown = 200

// importModel is an import that waits, runs or is over, as everybody who may see
// it does.
func (s *server) importModel(ctx context.Context, i lead.Import) (views.ImportModel, error) {
	book, err := s.Store.Book(ctx)
	if err != nil {
		return views.ImportModel{}, err
	}
	m := views.ImportModel{ID: i.ID, Name: i.Name, Who: book.Name(i.By.ID), State: string(i.State), Refused: i.Tally.Refused, FileGone: i.FileGone,
		MayCancel: (i.State == lead.ImportQueued || i.State == lead.ImportRunning) && !i.Cancel, Backlog: i.Tally.Backlog > 0 && i.State != lead.ImportUndone,
		MayUndo: i.State.MayUndo() && s.Now().Sub(i.EndedAt) < lead.ImportKept && i.Tally.New+i.Tally.Changed > 0, MayDelete: i.State.Ended() && !i.FileGone}
	if i.State.Waits() {
		m.LiveURL = "/live/imports/" + i.ID
	}
	if i.Size > 0 {
		m.Percent = int(min(100, 100*i.Offset/i.Size))
	}
	m.Sentence, m.Aside = importSentence(i)
	m.Facts = importFacts(i)
	if i.State == lead.ImportUndoing || i.State == lead.ImportUndone {
		if total := i.Tally.New + i.Tally.Changed; total > 0 && i.State == lead.ImportUndoing {
			m.Percent = min(100, 100*(i.Undo.Removed+i.Undo.Restored+i.Undo.Kept)/total)
		}
		kept, err := s.Store.KeptTraces(ctx, i.ID, keptShown)
		if err != nil {
			return m, err
		}
		for _, k := range kept {
			m.Kept = append(m.Kept, views.ImportKeptLine{ID: k.LeadID, Why: k.Why})
		}
	}
	return m, nil
}

func importSentence(i lead.Import) (string, string) {
	rows := imports.Thousands(i.Rows)
	switch i.State {
	case lead.ImportQueued:
		return "It waits for its turn.", "You can leave this page: it goes on by itself."
	case lead.ImportRunning:
		if i.Cancel {
			return "It is being stopped.", rows + " rows are in."
		}
		return rows + " rows so far.", "You can leave this page: it goes on by itself."
	case lead.ImportDone:
		return "All " + rows + " rows are dealt with.", ""
	case lead.ImportFailed:
		return "It could not go on: " + sentence(i.Problem), rows + " rows were dealt with before; what is in stays."
	case lead.ImportCancelled:
		return "It was stopped after " + rows + " rows.", "What is in stays."
	case lead.ImportUndoing:
		return "It is being undone.", "You can leave this page: it goes on by itself."
	case lead.ImportUndone:
		return "It was undone.", fmt.Sprintf("%s leads went, %s went back to what they were, %s stayed.",
			imports.Thousands(i.Undo.Removed), imports.Thousands(i.Undo.Restored), imports.Thousands(i.Undo.Kept))
	}
	return "", ""
}

// takenBack is how many there were, and how many of them an undo took away.
func takenBack(n, undone int, what string) string {
	text := imports.Thousands(n)
	switch {
	case undone == 0:
	case undone >= n:
		text += ", " + what
	default:
		text += ", " + imports.Thousands(undone) + " of them " + what
	}
	return text
}

func importFacts(i lead.Import) []views.Trait {
	var facts []views.Trait
	add := func(name string, n int, always bool) {
		if always || n > 0 {
			facts = append(facts, views.Trait{Name: name, Value: imports.Thousands(n)})
		}
	}
	facts = append(facts, views.Trait{Name: "New leads", Value: takenBack(i.Tally.New, i.Undo.Removed, "taken back")},
		views.Trait{Name: "Rows with news of known leads", Value: takenBack(i.Tally.Changed, i.Undo.Restored, "put back")})
	add("Rows known before", i.Tally.Unchanged, true)
	add("Rows refused", i.Tally.Refused, true)
	if i.State != lead.ImportUndone { // where the leads were is not where they are
		add("Closed, won or lost", i.Tally.Ended, false)
		add("Ready, but held back", i.Tally.Held, false)
		add("In the backlog", i.Tally.Backlog, false)
		add("On the board", i.Tally.Ready, false)
	}
	if i.Encoding != "" {
		facts = append(facts, views.Trait{Name: "Encoding", Value: i.Encoding})
	}
	return facts
}

// importStart lets the rows be taken with the mapping of the form.
func (s *server) importStart(c echo.Context) error {
	i, err := s.importOf(c)
	if err != nil {
		return err
	}
	if i.State != lead.ImportMapping {
		return c.Redirect(http.StatusSeeOther, "/leads/import/"+i.ID) // sent twice
	}
	f, err := s.mappingForm(c, i)
	if err != nil {
		return err
	}
	if f.wrong != nil {
		return s.showMapping(c, http.StatusUnprocessableEntity, f)
	}
	text, err := f.mapping.YAML()
	if err != nil {
		return err
	}
	err = s.Store.StartImport(c.Request().Context(), lead.Person(*viewer(c), "page"), i.ID, string(text), f.live, s.Now())
	if err != nil && !errors.Is(err, lead.ErrConflict) {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/leads/import/"+i.ID)
}

func (s *server) importCancel(c echo.Context) error {
	return s.importDeed(c, func(ctx context.Context, by lead.Actor, i lead.Import) (string, error) {
		return "/leads/import/" + i.ID, s.Store.CancelImport(ctx, by, i.ID, s.Now())
	})
}

// importDelete deletes the file of an import that is over, or one that was not
// begun as a whole.
func (s *server) importDelete(c echo.Context) error {
	return s.importDeed(c, func(ctx context.Context, by lead.Actor, i lead.Import) (string, error) {
		if i.State == lead.ImportMapping {
			return "/leads/import", s.Store.DropImport(ctx, i.ID)
		}
		return "/leads/import/" + i.ID, s.Store.DeleteImportFile(ctx, by, i.ID, s.Now())
	})
}

func (s *server) importUndo(c echo.Context) error {
	return s.importDeed(c, func(ctx context.Context, by lead.Actor, i lead.Import) (string, error) {
		if !viewer(c).MayUndoImport(i) {
			return "", &lead.Refusal{Kind: lead.ErrForbidden, Text: "the import is about leads of a team that is not yours any more: an administrator can take it back"}
		}
		return "/leads/import/" + i.ID, s.Store.UndoImport(ctx, by, i.ID, s.Now())
	})
}

// importDeed does something with an import; where its state does not allow it,
// the page says why.
func (s *server) importDeed(c echo.Context, do func(context.Context, lead.Actor, lead.Import) (string, error)) error {
	i, err := s.importOf(c)
	if err != nil {
		return err
	}
	to, err := do(c.Request().Context(), lead.Person(*viewer(c), "page"), i)
	switch {
	case errors.Is(err, lead.ErrConflict) && i.State != lead.ImportMapping:
		return s.showImport(c, http.StatusConflict, i, sentence(err.Error()))
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, to)
}

func (s *server) importUndoPage(c echo.Context) error {
	i, err := s.importOf(c)
	if err != nil {
		return err
	}
	m := views.ImportUndoModel{ID: i.ID, Name: i.Name}
	if !i.State.MayUndo() {
		m.Error = "It can't be undone: it is not over, or undone already."
	}
	if m.Made, m.Stay, m.Changed, err = s.Store.UndoPreview(c.Request().Context(), i.ID); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.ImportUndoPage(s.importFrame(c, "Undo an import"), m))
}

// listed are the lines of a text field.
func listed(text string) []string {
	var out []string
	for _, v := range strings.Split(plain(text), "\n") {
		if v = strings.TrimSpace(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// fileSize is a number of bytes as people read it.
func fileSize(n int64) string {
	switch {
	case n < 10<<10:
		return strconv.FormatInt(n, 10) + " bytes"
	case n < 10<<20:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n>>20, 10) + " MiB"
}
