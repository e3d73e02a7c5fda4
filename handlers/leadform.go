package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

const (
	traitRows = 3   // empty rows for further traits, and how many "add more" adds
	traitMost = 100 // rows that a form takes
)

// leadFields are the fields of a lead's form, in their order.
var leadFields = []views.LeadField{
	{Name: "email", Label: "Email", Kind: "email"}, {Name: "phone", Label: "Phone", Kind: "tel", Tip: "International, such as +49 30 123456."},
	{Name: "name", Label: "Name", Kind: "text"}, {Name: "company", Label: "Company", Kind: "text"}, {Name: "title", Label: "Title", Kind: "text"},
	{Name: "country", Label: "Country", Kind: "text"}, {Name: "user_id", Label: "User id", Kind: "text", Tip: "As your product knows them, if it does."},
}

// leadForm is what somebody types about a lead.
type leadForm struct {
	fields  map[string]string // by name
	traits  [][2]string       // name and value of each row
	team    string            // slug
	version int64
	more    bool // asks for more rows, not to be kept
}

func readLeadForm(c echo.Context) leadForm {
	f := leadForm{fields: map[string]string{}, team: plain(c.FormValue("team")), more: c.FormValue("more") != ""}
	f.version, _ = strconv.ParseInt(c.FormValue("version"), 10, 64) // 0: whichever it is
	for _, field := range leadFields {
		f.fields[field.Name] = plain(c.FormValue(field.Name))
	}
	names, values := c.Request().PostForm["trait"], c.Request().PostForm["value"]
	for i := range min(len(names), traitMost) {
		row := [2]string{plain(names[i]), ""}
		if i < len(values) {
			row[1] = plain(values[i])
		}
		if row != [2]string{} {
			f.traits = append(f.traits, row)
		}
	}
	return f
}

// formOf is the form of a lead as it is.
func formOf(l *lead.Lead) leadForm {
	f := leadForm{fields: coreOf(l), version: l.Version}
	for _, name := range slices.Sorted(maps.Keys(l.Traits)) {
		if text, ok := formText(l.Traits[name]); ok {
			f.traits = append(f.traits, [2]string{name, text})
		}
	}
	return f
}

func coreOf(l *lead.Lead) map[string]string {
	return map[string]string{"email": l.Email, "phone": l.Phone, "name": l.Name, "company": l.Company, "title": l.Title, "country": l.Country, "user_id": l.UserID}
}

// formText is a trait as a field holds it; false where no field can: lists and
// objects, and texts of several lines.
func formText(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, !strings.ContainsAny(v, "\r\n")
	case float64, bool, int, int64, json.Number:
		return valueText(v), true
	}
	return "", false
}

// entry is what the form says of a new lead.
func (f leadForm) entry() lead.Entry {
	e := lead.Entry{UserID: f.fields["user_id"], Traits: map[string]any{}}
	for name, text := range f.fields {
		if name != "user_id" {
			e.Traits[name] = text
		}
	}
	for _, row := range f.traits {
		name := row[0]
		_, twice := e.Traits[name]
		switch {
		case name == "" && row[1] != "":
			e.Bad = lead.Together(e.Bad, lead.Invalid("traits", "the value %q has no trait", row[1]))
		case twice:
			e.Bad = lead.Together(e.Bad, lead.Invalid("traits."+name, "%s is said twice", name))
		default:
			e.Traits[name] = row[1]
		}
	}
	return e
}

// correction is what the form says otherwise than the lead as it is. A number or
// yes and no stays one where it is said so again.
func (f leadForm) correction(l *lead.Lead) lead.Entry {
	e := f.entry()
	e.Version = f.version
	if e.UserID == l.UserID {
		e.UserID = ""
	}
	core := coreOf(l)
	for name, said := range e.Traits {
		text, isText := said.(string)
		was, known := l.Traits[name]
		shown, _ := formText(was)
		if coreText, isCore := core[name]; isCore {
			known, shown = true, coreText
		}
		var typed any
		switch {
		case !isText:
		case text == shown && (known || text == ""):
			delete(e.Traits, name)
		case text != "" && known && json.Unmarshal([]byte(text), &typed) == nil:
			switch was.(type) {
			case float64:
				if n, ok := typed.(float64); ok {
					e.Traits[name] = n
				}
			case bool:
				if b, ok := typed.(bool); ok {
					e.Traits[name] = b
				}
			}
		}
	}
	return e
}

// model is the form as a page shows it. Known traits keep their names.
func (f leadForm) model(known map[string]any) views.LeadFormModel {
	m := views.LeadFormModel{Fields: slices.Clone(leadFields)}
	for i := range m.Fields {
		m.Fields[i].Value = f.fields[m.Fields[i].Name]
	}
	for _, row := range f.traits {
		_, fixed := known[row[0]]
		m.Traits = append(m.Traits, views.TraitField{Name: row[0], Value: row[1], Fixed: fixed})
	}
	for range min(traitRows, max(0, traitMost-len(m.Traits))) {
		m.Traits = append(m.Traits, views.TraitField{})
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if _, ok := formText(known[name]); !ok {
			m.Others = append(m.Others, views.Trait{Name: name, Value: valueText(known[name])})
		}
	}
	return m
}

// refuse puts what is refused beside the fields that it is about.
func refuse(m *views.LeadFormModel, err error) {
	for field, text := range fieldsOf(err) {
		refuseField(m, field, text)
	}
}

func refuseField(m *views.LeadFormModel, field, text string) {
	for i, f := range m.Fields {
		if f.Name == field {
			m.Fields[i].Error = text
			return
		}
	}
	if field == "team" && m.Team != nil {
		m.TeamError = text
		return
	}
	if name, ok := strings.CutPrefix(field, "traits."); ok {
		for i, t := range m.Traits {
			if t.Name == name || strings.HasPrefix(t.Name, name) && t.Name != "" {
				m.Traits[i].Error = text
				return
			}
		}
	}
	if field == "traits" || strings.HasPrefix(field, "traits.") {
		m.Error2 = strings.TrimSpace(m.Error2 + " " + text)
		return
	}
	m.Error = strings.TrimSpace(m.Error + " " + text)
}

// newLeadPage is the form that adds a lead by hand.
func (s *server) newLeadPage(c echo.Context) error {
	sc, err := s.scene(c.Request().Context())
	if err != nil {
		return err
	}
	return s.newLeadForm(c, http.StatusOK, sc, leadForm{}, nil)
}

func (s *server) newLeadForm(c echo.Context, status int, sc scene, f leadForm, refused error) error {
	u := *viewer(c)
	m := f.model(nil)
	m.Action, m.Back = "/leads/new", "/leads"
	teams := seenTeams(sc.book, u)
	m.Team = &views.Filter{Name: "team", Label: "Team", Value: f.team, Options: teamOptions(teams)}
	switch {
	case u.Role != lead.Rep:
		m.Team.Any = "As routing decides"
	case len(teams) < 2:
		m.Team = nil
	}
	refuse(&m, refused)
	m.Twin = s.twinOf(c.Request().Context(), u, refused, "")
	p := s.page(c, "leads")
	p.Title = "Add a lead"
	return s.render(c, status, views.LeadFormPage(p, m))
}

// twinOf is the other lead whose identity was refused; nil where it is none of
// the person's business, or the refusal is about something else.
func (s *server) twinOf(ctx context.Context, u lead.User, refused error, own string) *views.Twin {
	r, ok := errors.AsType[*lead.Refusal](refused)
	if !ok || r.Lead == nil || !errors.Is(r.Kind, lead.ErrConflict) || r.Lead.ID == own {
		return nil
	}
	l, err := s.Desk.Find(ctx, r.Lead.ID, &u, s.Now())
	if err != nil {
		return nil
	}
	return &views.Twin{ID: l.ID, Name: l.DisplayName()}
}

// newLead adds it. A rep's goes to a team of theirs.
func (s *server) newLead(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	f := readLeadForm(c)
	if f.more {
		return s.newLeadForm(c, http.StatusOK, sc, f, nil)
	}
	e := f.entry()
	teams := seenTeams(sc.book, u)
	switch {
	case f.team != "":
		t := teamOf(&lead.Book{Teams: teams}, f.team)
		if t == nil {
			e.Bad = lead.Together(e.Bad, lead.Invalid("team", "that is no team to which you can add leads"))
		} else {
			e.TeamID = t.ID
		}
	case u.Role == lead.Rep && len(teams) > 0:
		e.TeamID = teams[0].ID
	}
	l, err := s.Desk.Add(ctx, e, lead.Person(u, "page"), s.Now())
	var refused *lead.Refusal
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, "/leads/"+url.PathEscape(l.ID))
	case errors.As(err, &refused):
		status, _ := statusOf(err)
		return s.newLeadForm(c, status, sc, f, err)
	}
	return err
}

// correctPage is the form of what is known of a lead.
func (s *server) correctPage(c echo.Context) error {
	u := *viewer(c)
	l, err := s.Desk.Find(c.Request().Context(), c.Param("id"), &u, s.Now())
	if err != nil {
		return err
	}
	if !u.MayCorrect(&l.Lead) {
		return c.Redirect(http.StatusSeeOther, "/leads/"+url.PathEscape(l.ID)) // which tells who holds it
	}
	return s.correctForm(c, http.StatusOK, l.Lead, formOf(&l.Lead), nil)
}

func (s *server) correctForm(c echo.Context, status int, l lead.Lead, f leadForm, refused error) error {
	ctx, u := c.Request().Context(), *viewer(c)
	m := f.model(l.Traits)
	m.Action, m.Back, m.Name = "/leads/"+url.PathEscape(l.ID)+"/correct", "/leads/"+url.PathEscape(l.ID), l.DisplayName()
	m.Version = strconv.FormatInt(f.version, 10)
	switch {
	case refused == nil:
	case errors.Is(refused, lead.ErrConflict) && f.version != 0 && l.Version != f.version:
		m.Error = "Somebody changed this lead meanwhile. What you typed is kept, and stands beside what it is by now: save again to keep yours."
		m.Version = strconv.FormatInt(l.Version, 10)
		beside(&m, &l)
	default:
		refuse(&m, refused)
		if errors.Is(refused, lead.ErrConflict) {
			m.Twin = s.twinByIdentity(ctx, u, f, l.ID)
		}
	}
	p := s.page(c, "leads")
	p.Title = "Correct " + l.DisplayName()
	return s.render(c, status, views.LeadFormPage(p, m))
}

// beside shows, where what was typed differs from what the lead is by now, both.
func beside(m *views.LeadFormModel, l *lead.Lead) {
	core := coreOf(l)
	for i, f := range m.Fields {
		if now := core[f.Name]; now != f.Value {
			m.Fields[i].Now, m.Fields[i].Changed = now, true
		}
	}
	shown := map[string]bool{}
	for i, t := range m.Traits {
		now, _ := formText(l.Traits[t.Name])
		if shown[t.Name] = true; t.Name != "" && now != t.Value {
			m.Traits[i].Now, m.Traits[i].Changed = now, true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Traits)) { // said since the form was opened: kept as it is
		if now, ok := formText(l.Traits[name]); ok && !shown[name] {
			m.Traits = append(m.Traits, views.TraitField{Name: name, Value: now, Fixed: true, Now: now, Changed: true})
		}
	}
}

// twinByIdentity is the lead that an identity of the form leads to, if the person
// may see it and it is another.
func (s *server) twinByIdentity(ctx context.Context, u lead.User, f leadForm, own string) *views.Twin {
	for _, ref := range []string{"user:" + f.fields["user_id"], "email:" + f.fields["email"], "phone:" + f.fields["phone"]} {
		if strings.HasSuffix(ref, ":") {
			continue
		}
		if l, err := s.Desk.Find(ctx, ref, &u, s.Now()); err == nil && l.ID != own {
			return &views.Twin{ID: l.ID, Name: l.DisplayName()}
		}
	}
	return nil
}

// correct keeps what is said otherwise.
func (s *server) correct(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	l, err := s.Desk.Find(ctx, c.Param("id"), &u, s.Now())
	if err != nil {
		return err
	}
	f := readLeadForm(c)
	if f.more {
		return s.correctForm(c, http.StatusOK, l.Lead, f, nil)
	}
	e := f.correction(&l.Lead)
	if f.fields["user_id"] == "" && l.UserID != "" {
		e.Bad = lead.Together(e.Bad, lead.Invalid("user_id", "a user id can be replaced, not removed"))
	}
	_, err = s.Desk.Correct(ctx, l.ID, e, lead.Person(u, "page"), s.Now())
	var refused *lead.Refusal
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, "/leads/"+url.PathEscape(l.ID))
	case errors.As(err, &refused) && !errors.Is(err, lead.ErrNotFound) && !errors.Is(err, lead.ErrForbidden):
		now := l.Lead
		if refused.Lead != nil {
			now = *refused.Lead
		}
		status, _ := statusOf(err)
		return s.correctForm(c, status, now, f, err)
	}
	return err
}
