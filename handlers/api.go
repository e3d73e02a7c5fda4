package handlers

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/sla"
)

var (
	errKey  = errors.New("an API key is needed: Authorization: Bearer API_KEY")
	errJSON = errors.New("the body is not JSON")
)

// apiKey lets in who brings a living key of the kind api.
func (s *server) apiKey(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		scheme, secret, _ := strings.Cut(c.Request().Header.Get("Authorization"), " ")
		if !strings.EqualFold(scheme, "Bearer") || secret == "" {
			return errKey
		}
		k, err := s.Store.Key(c.Request().Context(), strings.TrimSpace(secret))
		if errors.Is(err, lead.ErrNotFound) || (err == nil && k.Kind != lead.APIKey) {
			return errKey
		}
		if err != nil {
			return err
		}
		c.Set("key", k)
		c.Response().Header().Set("Cache-Control", "no-store")
		return next(c)
	}
}

// listJSON is a page of a list.
type listJSON struct {
	Data       any     `json:"data"`
	NextCursor *string `json:"next_cursor"`
}

// limit reads ?limit=, clamped to 1 … 1000; 100 where it is not given.
func limit(c echo.Context) (int, error) {
	text := c.QueryParam("limit")
	if text == "" {
		return 100, nil
	}
	n, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrRange) && !strings.HasPrefix(text, "-") {
		n, err = 1000, nil
	}
	if err != nil || n < 1 {
		return 0, lead.Invalid("limit", "limit is %q; it wants a number from 1 to 1000", text)
	}
	return min(n, 1000), nil
}

// apiTeam finds the team of ?team= by slug, id or name; the default team where
// there is none. No team at all: nil.
func (s *server) apiTeam(c echo.Context, otherwise bool) (*lead.Team, error) {
	book, err := s.Store.Book(c.Request().Context())
	if err != nil {
		return nil, err
	}
	ref := c.QueryParam("team")
	for i, t := range book.Teams {
		if (ref == "" && otherwise) || t.Slug == ref || t.ID == ref || strings.EqualFold(t.Name, ref) && ref != "" {
			return &book.Teams[i], nil
		}
	}
	if ref != "" {
		return nil, lead.NotFound("the team " + ref)
	}
	return nil, nil
}

func (s *server) apiLeads(c echo.Context) error {
	ctx := c.Request().Context()
	n, err := limit(c)
	if err != nil {
		return err
	}
	q := lead.Search{Words: c.QueryParam("q"), Stage: lead.Stage(c.QueryParam("stage")), Limit: n + 1}
	if q.Stage != "" && !q.Stage.Valid() {
		return lead.Invalid("stage", "%q is not a stage", string(q.Stage))
	}
	team, err := s.apiTeam(c, false)
	if err != nil {
		return err
	}
	if team != nil {
		q.Team = team.ID
	}
	if q.After, err = readCursor[lead.SearchPoint](c.QueryParam("cursor")); err != nil {
		return err
	}
	cards, err := s.Store.Find(ctx, q)
	if err != nil {
		return err
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	list := listJSON{}
	if len(cards) > n {
		cards = cards[:n]
		cursor := writeCursor(lead.SearchPoint{UpdatedAt: cards[n-1].Lead.UpdatedAt, ID: cards[n-1].Lead.ID})
		list.NextCursor = &cursor
	}
	data := make([]leadJSON, len(cards))
	for i, card := range cards {
		data[i] = sc.json(sc.rules.Explain(card.Lead, card.Clocks, sc.now), "")
	}
	list.Data = data
	return c.JSON(http.StatusOK, list)
}

// find reads the lead that the path names; a merged lead's id redirects.
func (s *server) find(c echo.Context) (lead.Scored, bool, error) {
	ref, err := url.PathUnescape(c.Param("id"))
	if err != nil {
		ref = c.Param("id")
	}
	l, err := s.Desk.Find(c.Request().Context(), ref, nil, s.Now())
	if err != nil {
		return l, false, err
	}
	return l, !strings.Contains(ref, ":") && l.ID != ref, nil
}

// moved redirects to what a merged lead became part of.
func redirectMerged(c echo.Context, l lead.Scored) error {
	u := *c.Request().URL
	u.Path = strings.Replace(u.Path, c.Param("id"), l.ID, 1)
	u.RawPath = ""
	return c.Redirect(http.StatusPermanentRedirect, u.RequestURI())
}

func (s *server) apiLead(c echo.Context) error {
	l, merged, err := s.find(c)
	if err != nil {
		return err
	}
	if merged {
		return redirectMerged(c, l)
	}
	return s.answerLead(c, l)
}

func (s *server) answerLead(c echo.Context, l lead.Scored) error {
	ctx := c.Request().Context()
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	note := ""
	if l.BackAgain() {
		if note, err = s.Store.Note(ctx, l.ID, l.ReturnSeq); err != nil {
			return err
		}
	}
	return c.JSON(http.StatusOK, sc.json(l, note))
}

func (s *server) apiHistory(c echo.Context) error {
	l, merged, err := s.find(c)
	if err != nil {
		return err
	}
	if merged {
		return redirectMerged(c, l)
	}
	n, err := limit(c)
	if err != nil {
		return err
	}
	before, err := readCursor[int64](c.QueryParam("cursor"))
	if err != nil {
		return err
	}
	if before == nil {
		before = new(int64)
	}
	rows, err := s.Store.History(c.Request().Context(), l.ID, *before, n+1)
	if err != nil {
		return err
	}
	sc, err := s.scene(c.Request().Context())
	if err != nil {
		return err
	}
	list := listJSON{}
	if len(rows) > n {
		rows = rows[:n]
		cursor := writeCursor(rows[n-1].Seq)
		list.NextCursor = &cursor
	}
	data := make([]historyJSON, len(rows))
	for i, h := range rows {
		data[i] = sc.history(h)
	}
	list.Data = data
	return c.JSON(http.StatusOK, list)
}

func (s *server) apiActivities(c echo.Context) error {
	l, merged, err := s.find(c)
	if err != nil {
		return err
	}
	if merged {
		return redirectMerged(c, l)
	}
	n, err := limit(c)
	if err != nil {
		return err
	}
	after, err := readCursor[lead.ActivityPoint](c.QueryParam("cursor"))
	if err != nil {
		return err
	}
	acts, err := s.Store.Activities(c.Request().Context(), l.ID, after, n+1)
	if err != nil {
		return err
	}
	list := listJSON{}
	if len(acts) > n {
		acts = acts[:n]
		cursor := writeCursor(lead.ActivityPoint{OccurredAt: acts[n-1].OccurredAt, MessageID: acts[n-1].MessageID})
		list.NextCursor = &cursor
	}
	data := make([]activityJSON, len(acts))
	for i, a := range acts {
		data[i] = activityJSON{MessageID: a.MessageID, Name: a.Name, Properties: a.Properties, OccurredAt: a.OccurredAt, ReceivedAt: a.ReceivedAt, SaidAt: optional(a.SaidAt)}
	}
	list.Data = data
	return c.JSON(http.StatusOK, list)
}

func (s *server) apiBoard(c echo.Context) error {
	ctx := c.Request().Context()
	team, err := s.apiTeam(c, true)
	if err != nil {
		return err
	}
	data := []leadJSON{}
	if team != nil {
		sc, err := s.scene(ctx)
		if err != nil {
			return err
		}
		rows, err := s.Desk.Board(ctx, team.ID, sc.now)
		if err != nil {
			return err
		}
		for _, l := range rows {
			data = append(data, sc.json(l, ""))
		}
	}
	return c.JSON(http.StatusOK, listJSON{Data: data})
}

// refusedLead carries the lead as it is now in a conflict's problem.
type refusedLead struct {
	error
	lead leadJSON
}

func (r *refusedLead) Unwrap() error { return r.error }

// outcomeMoves may come without an actor: from the CRM.
var outcomeMoves = []lead.Move{lead.Opportunity, lead.Win, lead.Lose}

func (s *server) apiMove(c echo.Context) error {
	ctx := c.Request().Context()
	l, merged, err := s.find(c)
	if err != nil {
		return err
	}
	if merged {
		return redirectMerged(c, l)
	}
	var form moveForm
	if err := readJSON(c, &form, true); err != nil {
		return err
	}
	r, err := s.request(ctx, c.Param("move"), form)
	if err != nil {
		return err
	}
	key := c.Get("key").(lead.Key)
	actor := lead.Actor{Kind: lead.ByKey, ID: key.ID, Via: "api"}
	switch {
	case form.Actor != "":
		u, err := s.Store.User(ctx, form.Actor)
		if errors.Is(err, lead.ErrNotFound) || (err == nil && !u.Active()) {
			return lead.Invalid("actor", "%q is not an active person here", form.Actor)
		}
		if err != nil {
			return err
		}
		actor = lead.Person(u, "api")
	case !slices.Contains(outcomeMoves, r.Move):
		return lead.Invalid("actor", "say whose move it is: the email of an active person")
	}
	moved, err := s.Desk.Move(ctx, l.ID, r, actor, s.Now())
	var refused *lead.Refusal
	if errors.As(err, &refused) && refused.Kind == lead.ErrConflict {
		sc, serr := s.scene(ctx)
		now, ferr := s.Desk.Find(ctx, l.ID, nil, s.Now())
		if serr == nil && ferr == nil {
			return &refusedLead{err, sc.json(now, "")}
		}
	}
	if err != nil {
		return err
	}
	return s.answerLead(c, moved)
}

// readJSON reads a JSON body into v; an empty body is allowed where empty is.
func readJSON(c echo.Context, v any, empty bool) error {
	d := json.NewDecoder(c.Request().Body)
	err := d.Decode(v)
	var typ *json.UnmarshalTypeError
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil && d.More():
		return fmt.Errorf("%w: there is something behind it", errJSON)
	case err == nil, empty && err != nil && err.Error() == "EOF":
		return nil
	case errors.As(err, &tooLarge):
		return err
	case errors.As(err, &typ):
		return lead.Invalid(typ.Field, "%s: got %s, want %s", typ.Field, typ.Value, jsonKind(typ.Type.Kind().String()))
	}
	var refused *lead.Refusal
	if errors.As(err, &refused) {
		return err
	}
	return fmt.Errorf("%w: %w", errJSON, err)
}

func jsonKind(kind string) string {
	switch {
	case strings.HasPrefix(kind, "int"):
		return "a whole number"
	case strings.HasPrefix(kind, "float"):
		return "a number"
	case kind == "string":
		return "text"
	}
	return "an object"
}

// UnmarshalJSON takes whole numbers only: money is integer minor units.
func (m *minorAmount) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return nil
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return lead.Invalid("amount", "the amount is %s; it wants a whole number of minor units, such as 120000", b)
	}
	*m = minorAmount(n)
	return nil
}

// instantJSON reads an RFC 3339 instant of a field.
func instantJSON(field, text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 0 || t.Year() > 9999 {
		return t, lead.Invalid(field, "%q is not an instant such as 2026-01-02T15:04:05Z (RFC 3339)", text)
	}
	return t, nil
}

func calendarJSON(raw json.RawMessage) (*sla.Calendar, error) {
	if len(raw) == 0 {
		return nil, lead.Invalid("calendar", "the calendar is missing")
	}
	cal, err := sla.ParseCalendar(raw)
	if err != nil {
		return nil, lead.Invalid("calendar", "%s", err)
	}
	return cal, nil
}

func (s *server) apiDue(c echo.Context) error {
	var q struct {
		Calendar json.RawMessage `json:"calendar"`
		Start    string          `json:"start"`
		Minutes  *float64        `json:"minutes"`
	}
	if err := readJSON(c, &q, false); err != nil {
		return err
	}
	cal, err := calendarJSON(q.Calendar)
	if err != nil {
		return err
	}
	start, err := instantJSON("start", q.Start)
	if err != nil {
		return err
	}
	if q.Minutes == nil {
		return lead.Invalid("minutes", "minutes is missing: it wants a number of business minutes from 0")
	}
	due, err := cal.DueMinutes(start, *q.Minutes)
	if err != nil {
		return lead.Invalid("minutes", "%s", err)
	}
	return c.JSON(http.StatusOK, map[string]any{"due": due.UTC()})
}

func (s *server) apiElapsed(c echo.Context) error {
	var q struct {
		Calendar json.RawMessage `json:"calendar"`
		From     string          `json:"from"`
		To       string          `json:"to"`
	}
	if err := readJSON(c, &q, false); err != nil {
		return err
	}
	cal, err := calendarJSON(q.Calendar)
	if err != nil {
		return err
	}
	from, err := instantJSON("from", q.From)
	if err != nil {
		return err
	}
	to, err := instantJSON("to", q.To)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, map[string]any{"seconds": cal.ElapsedSeconds(from, to)})
}
