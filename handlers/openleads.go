package handlers

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// openPath lists the leads that every team may claim.
const openPath = "/leads/open"

// openLeads reads a page of the waiting leads that a circle may claim: of its team's
// managers those of the teams (nil: of all), of every team all.
func (s *server) openLeads(ctx context.Context, sc scene, u lead.User, q lead.Search) ([]views.OpenLead, error) {
	cards, err := s.Store.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	out := make([]views.OpenLead, len(cards))
	for i, card := range cards {
		l := sc.rules.Explain(card.Lead, card.Clocks, sc.now)
		circle, since := l.Claimable()
		out[i] = views.OpenLead{LeadLine: sc.line(card), Who: sc.circleWords(l, circle), Since: since.In(sc.zone(l.TeamID)), Claim: u.MayTake(&l.Lead)}
	}
	return out, nil
}

// openPage lists the leads that every team may claim.
func (s *server) openPage(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	q := lead.Search{Circle: lead.OfEvery, Limit: leadsShown + 1}
	if q.After, err = readCursor[lead.SearchPoint](c.QueryParam("cursor")); err != nil {
		return err
	}
	var m views.OpenLeadsModel
	if m.Rows, err = s.openLeads(ctx, sc, u, q); err != nil {
		return err
	}
	if q.After != nil {
		m.First = openPath
	}
	if len(m.Rows) > leadsShown {
		m.Rows = m.Rows[:leadsShown]
		m.Next = openPath + "?cursor=" + writeCursor(lead.SearchPoint{ID: m.Rows[leadsShown-1].ID})
	}
	if m.LeadsFrame, err = s.leadsFrame(ctx, sc, u, openPath); err != nil {
		return err
	}
	p := s.page(c, "leads")
	p.Title = "Open to every team"
	return s.render(c, http.StatusOK, views.OpenLeadsPage(p, m))
}
