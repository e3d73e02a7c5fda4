package handlers

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// moveForm is a move as pages and API ask for it.
type moveForm struct {
	Actor   string      `json:"actor"`
	Reason  string      `json:"reason"`
	Note    string      `json:"note"`
	Date    string      `json:"date"`
	Channel string      `json:"channel"`
	Outcome string      `json:"outcome"`
	Amount  minorAmount `json:"amount"`
	To      string      `json:"to"`
}

// minorAmount is money in minor units of the company currency.
type minorAmount int64

// request makes a domain request of a form. Whom it names is looked up; who is
// not found is told by the move itself, after what is refused earlier.
func (s *server) request(ctx context.Context, name string, f moveForm) (lead.Request, error) {
	m := lead.Move(name)
	if !slices.Contains(lead.PersonMoves, m) {
		return lead.Request{}, lead.NotFound("the move " + name)
	}
	r := lead.Request{Move: m, Reason: f.Reason, Note: strings.TrimSpace(f.Note), Date: f.Date, Channel: f.Channel, Outcome: f.Outcome, Amount: int64(f.Amount)}
	if f.To == "" {
		return r, nil
	}
	book, err := s.Store.Book(ctx)
	if err != nil {
		return r, err
	}
	if slug, ok := strings.CutPrefix(f.To, "team:"); ok {
		for _, t := range book.Teams {
			if t.Slug == slug || t.ID == slug {
				r.ToTeam = &t
			}
		}
		return r, nil
	}
	u, err := s.Store.User(ctx, f.To)
	if errors.Is(err, lead.ErrNotFound) {
		return r, nil
	}
	r.To = &u
	return r, err
}

// move is a click on a button of a lead, or its form without JavaScript.
func (s *server) move(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	form := moveForm{Reason: c.FormValue("reason"), Note: c.FormValue("note"), Date: c.FormValue("date"),
		Channel: c.FormValue("channel"), Outcome: c.FormValue("outcome"), To: c.FormValue("to")}
	id := c.Param("id")
	l, err := s.Desk.Find(ctx, id, &u, s.Now())
	if err != nil {
		return err
	}
	amount, err := formAmount(c.FormValue("amount"))
	if err == nil {
		form.Amount = amount
		var r lead.Request
		if r, err = s.request(ctx, c.Param("move"), form); err == nil {
			before := l
			if l, err = s.Desk.Move(ctx, l.ID, r, lead.Person(u, "page"), s.Now()); err == nil {
				return s.moved(c, u, r.Move, before, l)
			}
		}
	}
	var refused *lead.Refusal
	if !errors.As(err, &refused) || refused.Kind == lead.ErrNotFound {
		return err
	}
	return s.refused(c, u, id, refused)
}

// formAmount reads money as people write it, in major units: 1200 or 1,200.50.
func formAmount(text string) (minorAmount, error) {
	text = strings.ReplaceAll(strings.TrimSpace(text), ",", "")
	if text == "" {
		return 0, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f >= 0 && f < 1e13) {
		return 0, lead.Invalid("amount", "%q is not an amount such as 1200 or 1,200.50", text)
	}
	return minorAmount(math.Round(f * 100)), nil
}

// undoable moves offer an undo.
var undoable = []lead.Move{lead.Claim, lead.Accept, lead.Return, lead.Touch}

// moved answers a move that succeeded.
func (s *server) moved(c echo.Context, u lead.User, m lead.Move, before, l lead.Scored) error {
	if !fragment(c) {
		return c.Redirect(http.StatusSeeOther, afterMove(c, l.ID))
	}
	var undo *views.UndoModel
	if slices.Contains(undoable, m) && l.Undo != nil && l.Undo.By == u.ID {
		undo = &views.UndoModel{LeadID: l.ID, LeadName: l.DisplayName(), Move: string(m), Until: l.Undo.Until}
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

// refused answers a move that was not made: a fragment says so in the row, a
// plain form gets the lead's page with the words and the status.
func (s *server) refused(c echo.Context, u lead.User, ref string, r *lead.Refusal) error {
	ctx := c.Request().Context()
	status, text := statusOf(r)
	l, err := s.Desk.Find(ctx, ref, &u, s.Now())
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

// rowFor is the lead's row as the viewer's board shows it; nil if it doesn't.
func (s *server) rowFor(ctx context.Context, c echo.Context, u lead.User, l lead.Scored) ([]byte, error) {
	page, err := url.Parse(c.Request().Header.Get("HX-Current-URL"))
	mine := err == nil && page.Query().Get("mine") == "1"
	if !l.OnBoard() || !audienceOf(l.TeamID, u, mine).shows(l) {
		return nil, nil
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return nil, err
	}
	// As the board shows it: with the score of the board's moment.
	return views.RenderRow(ctx, sc.row(sc.rules.Explain(l.Lead, l.Clocks, sc.rules.Moment(sc.now))))
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

// afterMove is where a plain form goes on: the page it came from.
func afterMove(c echo.Context, id string) string {
	u, err := url.Parse(c.Request().Referer())
	if err == nil && u.Host == c.Request().Host && (strings.HasPrefix(u.Path, "/board") || strings.HasPrefix(u.Path, "/leads")) && !strings.HasSuffix(u.Path, c.Param("move")) {
		return u.RequestURI()
	}
	return "/leads/" + url.PathEscape(id)
}
