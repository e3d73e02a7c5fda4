package handlers

import (
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

var csvHead = []string{"id", "name", "email", "phone", "user_id", "company", "title", "country", "stage", "tier", "score", "team", "owner", "source", "held_back", "created_at", "last_activity_at"}

// scoreColumn is the one column that is neither a text nor a time.
const scoreColumn = 10

// leadsCSV is the list as a file, a page of it at a time: the newest first, so
// that leads that change meanwhile neither go missing nor come twice.
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
	f := csvTo(c, "leads-"+sc.now.In(sc.zone("")).Format(time.DateOnly)+".csv", slices.Clone(csvHead), scoreColumn)
	if f == nil {
		return nil
	}
	for {
		for _, card := range cards {
			f.line(sc.csvLine(card))
		}
		if f.flush() != nil || next == nil {
			return nil
		}
		l.search.After = next
		if cards, next, err = s.pageOf(ctx, l, csvStep); err != nil {
			cutShort()
		}
	}
}

// csvLine is a lead in a file.
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
	return []string{
		l.ID, l.Name, l.Email, l.Phone, l.UserID, l.Company, l.Title, l.Country, string(l.Stage), string(l.Tier),
		strconv.FormatFloat(l.Score.Total, 'f', 1, 64), team, owner, l.Source, held.Text, csvTime(l.CreatedAt), csvTime(l.LastActivityAt),
	}
}

func csvTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
