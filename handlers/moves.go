package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// moveForm is a move's fields as pages and API send them.
type moveForm struct {
	Actor   string `json:"actor"`
	Reason  string `json:"reason"`
	Note    string `json:"note"`
	Date    string `json:"date"`
	Channel string `json:"channel"`
	Outcome string `json:"outcome"`
	Amount  amount `json:"amount"`
	To      string `json:"to"`
}

// clean trims what people type, and what no store keeps.
func (f moveForm) clean() moveForm {
	for _, s := range []*string{&f.Actor, &f.Reason, &f.Note, &f.Date, &f.Channel, &f.Outcome, &f.To} {
		*s = plain(*s)
	}
	f.Outcome = strings.ReplaceAll(f.Outcome, "_", " ") // "no_answer", as keys are written
	return f
}

// plain is a text without what a store can't keep: NUL and broken UTF-8.
func plain(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""))
}

func moveOf(name string) (lead.Move, error) {
	if m := lead.Move(name); slices.Contains(lead.PersonMoves, m) {
		return m, nil
	}
	return "", lead.NotFound("the move " + name)
}

// make makes a move. Whom the form names is looked up; who is not found, and an
// amount that is none, are refused by the move itself, after what goes before.
func (s *server) make(ctx context.Context, id string, m lead.Move, f moveForm, actor lead.Actor) (lead.Scored, error) {
	r := lead.Request{Move: m, Reason: f.Reason, Note: f.Note, Date: f.Date, Channel: f.Channel, Outcome: f.Outcome, Amount: f.Amount.minor}
	if slug, ok := strings.CutPrefix(f.To, "team:"); ok {
		book, err := s.Store.Book(ctx)
		if err != nil {
			return lead.Scored{}, err
		}
		r.ToTeam = teamOf(book, slug)
	} else if f.To != "" {
		u, err := s.Store.User(ctx, f.To)
		if err != nil && !errors.Is(err, lead.ErrNotFound) {
			return lead.Scored{}, err
		}
		if err == nil {
			r.To = &u
		}
	}
	l, err := s.Desk.Move(ctx, id, r, actor, s.Now())
	var refused *lead.Refusal
	if f.Amount.bad != nil && errors.As(err, &refused) && refused.Field == "amount" {
		err = f.Amount.bad
	}
	return l, err
}

// teamOf finds a team by slug or id; nil where there is none.
func teamOf(book *lead.Book, ref string) *lead.Team {
	for i, t := range book.Teams {
		if t.Slug == ref || t.ID == ref {
			return &book.Teams[i]
		}
	}
	return nil
}

// move is a click on a button of a lead, or its form without JavaScript.
func (s *server) move(c echo.Context) error {
	ctx, u, id := c.Request().Context(), *viewer(c), c.Param("id")
	m, err := moveOf(c.Param("move"))
	if err != nil {
		return err
	}
	form := moveForm{
		Reason: c.FormValue("reason"), Note: c.FormValue("note"), Date: c.FormValue("date"), Channel: c.FormValue("channel"),
		Outcome: c.FormValue("outcome"), To: c.FormValue("to"), Amount: majorAmount(c.FormValue("amount")),
	}.clean()
	l, err := s.make(ctx, id, m, form, lead.Person(u, "page"))
	if errors.Is(err, lead.ErrNotFound) { // it may go by another name, or as another one by now
		if now, missing := s.Desk.Find(ctx, id, &u, s.Now()); missing == nil && now.ID != id {
			id = now.ID
			l, err = s.make(ctx, id, m, form, lead.Person(u, "page"))
		}
	}
	var refused *lead.Refusal
	switch {
	case err == nil:
		return s.moved(c, u, m, l)
	case errors.As(err, &refused) && !errors.Is(err, lead.ErrNotFound):
		return s.refused(c, u, id, refused)
	}
	return err
}

// undoable moves offer an undo.
var undoable = []lead.Move{lead.Claim, lead.Accept, lead.Return, lead.Touch}

// moved answers a move that succeeded.
func (s *server) moved(c echo.Context, u lead.User, m lead.Move, l lead.Scored) error {
	if !fragment(c) {
		return c.Redirect(http.StatusSeeOther, afterMove(c, l.ID))
	}
	var undo *views.UndoModel
	if slices.Contains(undoable, m) && mayUndo(l, u, s.Now()) {
		undo = undoOf(l)
	}
	ctx := c.Request().Context()
	if onProfile(c) {
		return s.profileAnswer(c, u, http.StatusOK, l, undo, "")
	}
	row, err := s.rowFor(ctx, c, u, l)
	if err != nil {
		return err
	}
	html, err := views.MoveDone(ctx, l.ID, row, undo)
	if err != nil {
		return err
	}
	return s.htmlFragment(c, http.StatusOK, html)
}

// mayUndo tells whether the last move is still the person's to take back.
func mayUndo(l lead.Scored, u lead.User, now time.Time) bool {
	return l.Undo != nil && l.Undo.By == u.ID && l.Undo.Until.After(now)
}

func undoOf(l lead.Scored) *views.UndoModel {
	return &views.UndoModel{LeadID: l.ID, LeadName: l.DisplayName(), Move: string(l.Undo.Move), Until: l.Undo.Until}
}

// refused answers a move that was not made: a fragment says so in the row, a
// plain form gets the lead's page with the words and the status.
func (s *server) refused(c echo.Context, u lead.User, id string, r *lead.Refusal) error {
	ctx := c.Request().Context()
	status, text := statusOf(r)
	l, err := s.Desk.Find(ctx, id, &u, s.Now())
	if err != nil {
		return r
	}
	if !fragment(c) || onProfile(c) {
		return s.profileAnswer(c, u, status, l, nil, sentence(text))
	}
	row, err := s.rowFor(ctx, c, u, l)
	if err != nil {
		return err
	}
	return s.htmlFragment(c, status, views.MoveRefused(l.ID, row, sentence(text)))
}

// rowFor is the lead's row as the viewer's board shows it. One that has left
// the board is marked so and hides: only the stream takes rows away, so that what
// it says next still finds the row that it believes is there.
func (s *server) rowFor(ctx context.Context, c echo.Context, u lead.User, l lead.Scored) ([]byte, error) {
	page, err := url.Parse(c.Request().Header.Get("HX-Current-URL"))
	mine := err == nil && page.Query().Get("mine") == "1"
	sc, err := s.scene(ctx)
	if err != nil {
		return nil, err
	}
	m := sc.row(sc.shown(l))
	if !l.OnBoard() || !audienceOf(l.TeamID, u, mine).shows(l) {
		m.Stage = views.Gone
	}
	return views.RenderRow(ctx, m)
}

func (s *server) htmlFragment(c echo.Context, status int, html []byte) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.HTMLBlob(status, html)
}

// onProfile tells whether the click came from a lead's own page.
func onProfile(c echo.Context) bool {
	u, err := url.Parse(c.Request().Header.Get("HX-Current-URL"))
	return err == nil && strings.HasPrefix(u.Path, "/leads/")
}

// afterMove is where a plain form goes on: the board or the lead it came from.
func afterMove(c echo.Context, id string) string {
	own := "/leads/" + url.PathEscape(id)
	u, err := url.Parse(c.Request().Referer())
	if err == nil && u.Host == c.Request().Host && (u.Path == own || u.Path == "/board" || strings.HasPrefix(u.Path, "/board/")) {
		return u.RequestURI()
	}
	return own
}
