package handlers

import (
	"cmp"
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

// mappingForm is a form about an import's mapping, with the file's beginning.
type mappingForm struct {
	lead.Import
	sample  *imports.Sample
	choice  imports.Proposal
	live    bool
	mapping *imports.Mapping
	plan    *imports.Plan
	wrong   error // with the mapping
}

// look reads the beginning of an import's file.
func (s *server) look(ctx context.Context, i lead.Import) (*mappingForm, error) {
	if i.By.Kind == lead.ByPerson { // what its owner may now, not what they might at the upload
		u, err := s.Store.User(ctx, i.By.ID)
		if err == nil {
			i.Teams, err = u.Importable()
		}
		if err != nil {
			return nil, err
		}
	}
	sample, err := imports.Look(imports.File(ctx, s.Store, i.ID))
	if errors.Is(err, lead.ErrUnavailable) || ctx.Err() != nil {
		return nil, errors.Join(err, ctx.Err())
	}
	return &mappingForm{Import: i, sample: sample, wrong: err}, nil
}

// bind makes a plan of the choice.
func (s *server) bind(ctx context.Context, f *mappingForm) error {
	book, err := s.Store.Book(ctx)
	if err != nil {
		return err
	}
	if f.mapping, f.wrong = f.choice.Mapping(f.sample.Head); f.wrong != nil {
		return nil
	}
	if f.plan, f.wrong = f.mapping.Bind(f.sample.Head, book.Teams); f.wrong == nil {
		f.plan.Within(f.Teams)
	}
	return nil
}

// mappingPage proposes a mapping.
func (s *server) mappingPage(c echo.Context, i lead.Import) error {
	ctx := c.Request().Context()
	f, err := s.look(ctx, i)
	if err != nil {
		return err
	}
	if f.sample != nil {
		f.choice = imports.Propose(f.sample.Head, f.sample.Cells())
		if err := s.bind(ctx, f); err != nil {
			return err
		}
	}
	return s.showMapping(c, http.StatusOK, f)
}

// mappingForm reads a form about the mapping.
func (s *server) mappingForm(c echo.Context, i lead.Import) (*mappingForm, error) {
	ctx := c.Request().Context()
	f, err := s.look(ctx, i)
	if err != nil || f.sample == nil {
		return f, err
	}
	f.live = c.FormValue("live") == "1"
	f.choice = imports.Proposal{Columns: make([]imports.Meaning, len(f.sample.Head)), Won: listed(c.FormValue("won")), Lost: listed(c.FormValue("lost")), Empty: listed(c.FormValue("empty"))}
	for n := range f.choice.Columns {
		f.choice.Columns[n] = imports.Meaning(c.FormValue("as-" + strconv.Itoa(n)))
	}
	return f, s.bind(ctx, f)
}

// importPreview shows what a changed mapping comes to.
func (s *server) importPreview(c echo.Context) error {
	i, err := s.importOf(c)
	if err != nil {
		return err
	}
	if i.State != lead.ImportMapping {
		return c.Redirect(http.StatusSeeOther, "/leads/import/"+i.ID)
	}
	f, err := s.mappingForm(c, i)
	if err != nil {
		return err
	}
	if !fragment(c) {
		return s.showMapping(c, http.StatusOK, f)
	}
	html, err := views.ImportPreviewFrame(c.Request().Context(), s.preview(f))
	if err != nil {
		return err
	}
	return c.HTMLBlob(http.StatusOK, html)
}

// importMap is the mapping of the form as the command line reads it.
func (s *server) importMap(c echo.Context) error {
	i, err := s.importOf(c)
	if err != nil {
		return err
	}
	if i.State != lead.ImportMapping {
		return c.Redirect(http.StatusSeeOther, "/leads/import/"+i.ID)
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
	c.Response().Header().Set("Content-Disposition", `attachment; filename="map.yaml"`)
	return c.Blob(http.StatusOK, "application/yaml", text)
}

func (s *server) showMapping(c echo.Context, status int, f *mappingForm) error {
	m := views.ImportMappingModel{ID: f.ID, Name: f.Name, Size: fileSize(f.Size), Live: f.live}
	p := s.importFrame(c, f.Name)
	if f.sample == nil {
		m.Problem = sentence(f.wrong.Error())
		return s.render(c, status, views.ImportMappingPage(p, m))
	}
	m.Encoding, m.Separator = f.sample.Encoding, imports.SeparatorName(f.sample.Separator)
	m.Empty, m.Won, m.Lost = strings.Join(f.choice.Empty, "\n"), strings.Join(f.choice.Won, "\n"), strings.Join(f.choice.Lost, "\n")
	for _, means := range imports.Meanings {
		m.Choices = append(m.Choices, views.ImportChoice{Value: string(means), Text: views.ImportMeaning(string(means))})
	}
	head := f.sample.Head
	for n, name := range head {
		col := views.ImportColumn{Index: n, Name: cmp.Or(name, "column "+strconv.Itoa(n+1)), Means: string(f.choice.Columns[n]), Samples: f.first(n),
			Fixed: name == "" || slices.Index(head, name) != n || slices.Contains(head[n+1:], name)}
		m.Columns = append(m.Columns, col)
	}
	m.Preview = s.preview(f)
	return s.render(c, status, views.ImportMappingPage(p, m))
}

// first are a column's first three values.
func (f *mappingForm) first(column int) string {
	var values []string
	for _, r := range f.sample.Rows {
		if v := strings.TrimSpace(r.Cells[column]); v != "" && !slices.Contains(values, clipped(v, 40)) {
			if values = append(values, clipped(v, 40)); len(values) == 3 {
				break
			}
		}
	}
	return strings.Join(values, " · ")
}

// clipped is a text's beginning.
func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

// previewShown is how many rows a preview shows of each kind.
const previewShown = 8

func (s *server) preview(f *mappingForm) views.ImportPreview {
	if f.wrong != nil {
		return views.ImportPreview{Error: sentence(f.wrong.Error())}
	}
	taken, refused := f.sample.Preview(f.plan, s.Now())
	m := views.ImportPreview{Good: len(taken), Bad: len(refused), Looked: len(taken) + len(refused), Whole: f.sample.Whole}
	for _, r := range taken[:min(len(taken), previewShown)] {
		m.Taken = append(m.Taken, previewRow(r))
	}
	for _, r := range refused[:min(len(refused), previewShown)] {
		m.Refused = append(m.Refused, views.ImportPreviewRow{Line: r.Line, Reason: clipped(r.Why.Error(), 300)})
	}
	return m
}

// weight puts what a lead is known by before the rest.
func weight(trait string) int {
	if i := slices.Index(imports.Meanings, imports.Meaning(trait)); i >= 0 {
		return i
	}
	return len(imports.Meanings)
}

func previewRow(r imports.PreviewRow) views.ImportPreviewRow {
	row := views.ImportPreviewRow{Line: r.Line}
	var who, then []string
	if r.Message.UserID != "" {
		who = append(who, r.Message.UserID)
	}
	names := make([]string, 0, len(r.Message.Traits))
	for name := range r.Message.Traits {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(a, b))
	})
	for _, name := range names {
		text := fmt.Sprint(r.Message.Traits[name])
		value := clipped(text, 80)
		switch {
		case name == "email" && lead.NormalEmail(text) == "": // leads to nobody, and is kept as a trait
			name = lead.EmailAsGiven
		case name == "email", name == "phone" && lead.NormalPhone(text) != "":
			who = append(who, value)
			continue
		}
		if len(row.Known) < 12 {
			row.Known = append(row.Known, views.Trait{Name: name, Value: value})
		}
	}
	im := r.Message.Import
	switch im.Outcome {
	case lead.Won:
		then = append(then, "won")
	case lead.Lost:
		then = append(then, "lost")
	}
	if im.TeamID != "" {
		then = append(then, "of its team")
	}
	if !im.CreatedAt.IsZero() {
		then = append(then, "created "+im.CreatedAt.Format(time.DateOnly))
	}
	row.Who, row.Then = strings.Join(who, " · "), strings.Join(then, ", ")
	return row
}
