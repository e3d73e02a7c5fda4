package handlers

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/lead/imports"
)

// csvStep is how many leads a file takes from the database at a time, and
// csvPatience how long the browser may take for them.
const (
	csvStep     = 500
	csvPatience = 30 * time.Second
)

var csvHead = []string{"id", "name", "email", "phone", "user_id", "company", "title", "country", "stage", "tier", "score", "team", "owner", "source", "held_back", "created_at", "last_activity_at"}

// leadsCSV is the list as a file (RFC 4180, UTF-8 with a byte order mark, without
// which spreadsheets take it for something else), a page of it at a time: the newest
// first, so that leads that change meanwhile neither go missing nor come twice.
// Where the database fails on the way the connection is cut, for a file that just
// ends would look whole.
func (s *server) leadsCSV(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	l, err := s.list(sc, u, readFilter(c))
	if err != nil {
		return err
	}
	l.search.Newest, l.search.Hold = true, ""
	cards, next, err := s.pageOf(ctx, l, csvStep)
	if err != nil {
		return err
	}
	h, control := c.Response().Header(), http.NewResponseController(c.Response())
	h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	h.Set("Content-Disposition", `attachment; filename="leads-`+sc.now.In(sc.zone("")).Format(time.DateOnly)+`.csv"`)
	h.Set("Cache-Control", "no-store")
	c.Response().WriteHeader(http.StatusOK)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, _ = c.Response().Write([]byte("\xEF\xBB\xBF")) // as below: a failure shows at Flush
	w := csv.NewWriter(c.Response())
	w.UseCRLF = true
	_ = w.Write(csvHead)
	for {
		for _, card := range cards {
			_ = w.Write(sc.csvLine(card))
		}
		if w.Flush(); w.Error() != nil {
			return nil // the browser has left
		}
		if next == nil {
			return nil
		}
		if err := control.SetWriteDeadline(time.Now().Add(csvPatience)); err != nil {
			return err
		}
		l.search.After = next
		if cards, next, err = s.pageOf(ctx, l, csvStep); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// csvLine is a lead in a file. Texts are made safe for spreadsheets; what is
// computed here (score and times) is left as it is.
func (sc scene) csvLine(card lead.Card) []string {
	l := sc.rules.Explain(card.Lead, nil, sc.now)
	team, owner := "", ""
	if t := sc.book.Team(l.TeamID); t != nil {
		team = t.Name
	}
	if l.OwnerID != "" {
		owner = sc.book.Name(l.OwnerID)
	}
	held, _ := sc.heldOff(&l.Lead)
	out := []string{l.ID, l.Name, l.Email, l.Phone, l.UserID, l.Company, l.Title, l.Country, string(l.Stage), string(l.Tier), "", team, owner, l.Source, held.Text}
	for i, text := range out {
		out[i] = imports.Harmless(text)
	}
	out[10] = strconv.FormatFloat(l.Score.Total, 'f', 1, 64)
	return append(out, csvTime(l.CreatedAt), csvTime(l.LastActivityAt))
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
