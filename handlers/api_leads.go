package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

func (s *server) apiLeads(c echo.Context) error {
	ctx := c.Request().Context()
	n, err := limit(c)
	if err != nil {
		return err
	}
	q := lead.Search{Words: c.QueryParam("q"), Newest: true, Limit: n + 1}
	if q.Stage, err = stageParam(c); err != nil {
		return err
	}
	if ref := c.QueryParam("team"); ref != "" {
		team, err := s.apiTeam(ctx, ref)
		if err != nil {
			return err
		}
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
	return answerList(c, cards, n,
		func(card lead.Card) leadJSON { return sc.json(sc.rules.Explain(card.Lead, card.Clocks, sc.now), "") },
		func(card lead.Card) any { return searchPoint(card) })
}

func searchPoint(card lead.Card) lead.SearchPoint {
	return lead.SearchPoint{ListedAt: card.Lead.ListedAt, ID: card.Lead.ID}
}

// stageParam reads ?stage=; "" is all.
func stageParam(c echo.Context) (lead.Stage, error) {
	stage := lead.Stage(c.QueryParam("stage"))
	if stage != "" && !stage.Valid() {
		return "", lead.Invalid("stage", "%q is not a stage", string(stage))
	}
	return stage, nil
}

func (s *server) apiLead(c echo.Context) error {
	l, redirected, err := s.find(c)
	if err != nil || redirected {
		return err
	}
	return s.answerLead(c, l)
}

func (s *server) answerLead(c echo.Context, l lead.Scored) error {
	out, err := s.leadJSON(c.Request().Context(), l)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// leadJSON is one lead whole, with the note of its last return.
func (s *server) leadJSON(ctx context.Context, l lead.Scored) (leadJSON, error) {
	sc, err := s.scene(ctx)
	if err != nil {
		return leadJSON{}, err
	}
	note := ""
	if l.BackAgain() {
		if note, err = s.Store.Note(ctx, l.ID, l.ReturnSeq); err != nil {
			return leadJSON{}, err
		}
	}
	return sc.json(l, note), nil
}

func (s *server) apiHistory(c echo.Context) error {
	l, redirected, err := s.find(c)
	if err != nil || redirected {
		return err
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
	return answerList(c, rows, n, sc.history, func(h lead.History) any { return h.Seq })
}

func (s *server) apiActivities(c echo.Context) error {
	l, redirected, err := s.find(c)
	if err != nil || redirected {
		return err
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
	return answerList(c, acts, n, activity, func(a lead.Activity) any { return activityPoint(a) })
}

func activityPoint(a lead.Activity) lead.ActivityPoint {
	return lead.ActivityPoint{OccurredAt: a.OccurredAt, MessageID: a.MessageID}
}

// apiBoard is the ranking of a team, the default one where none is named.
func (s *server) apiBoard(c echo.Context) error {
	ctx := c.Request().Context()
	team, err := s.apiTeam(ctx, c.QueryParam("team"))
	if err != nil {
		return err
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	var rows []lead.Scored
	if team != nil {
		if rows, err = s.Desk.Board(ctx, team.ID, sc.now); err != nil {
			return err
		}
	}
	return answerList(c, rows, lead.MaxBoard, func(l lead.Scored) leadJSON { return sc.json(l, "") }, nil)
}
