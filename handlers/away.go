package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// awayForm is what the form of being away sends.
type awayForm struct {
	Person string // whose; "" for one's own
	Back   string // the first day back
	Now    bool   // they are there
	From   string // the first day of a planned time away
	Plan   bool   // it is a planned time away
	Drop   string // the planned time away that is taken back
}

func readAway(c echo.Context) awayForm {
	return awayForm{Person: plain(c.FormValue("person")), Back: plain(c.FormValue("back")), Now: c.FormValue("now") != "",
		From: plain(c.FormValue("from")), Plan: c.FormValue("plan") != "", Drop: plain(c.FormValue("drop"))}
}

// setAway does what the form asks for. The days are those of the person's team.
func (s *server) setAway(c echo.Context, sc scene, id string, f awayForm) error {
	ctx, by := c.Request().Context(), lead.Person(*viewer(c), "page")
	switch {
	case f.Drop != "":
		return s.Desk.DropLeave(ctx, id, f.Drop, by, sc.now)
	case f.Plan:
		_, err := s.Desk.PlanLeave(ctx, id, f.From, f.Back, sc.homeZone(id), by, sc.now)
		return err
	}
	if f.Now {
		_, _, err := s.Desk.SetAway(ctx, id, time.Time{}, by, sc.now)
		return err
	}
	_, _, err := s.Desk.GoAway(ctx, id, f.Back, sc.homeZone(id), by, sc.now)
	return err
}

// homeZone is the zone of a person's days.
func (sc scene) homeZone(id string) *time.Location {
	return sc.rules.HomeZone(sc.book, sc.book.Users[id])
}

// awayModel is the form as it stands for a person.
func (sc scene) awayModel(u lead.User, action string) views.AwayModel {
	zone := sc.homeZone(u.ID)
	m := views.AwayModel{Action: action, MayGo: u.Role == lead.Rep, First: sc.now.In(zone).AddDate(0, 0, 1).Format(time.DateOnly)}
	if u.Active() && !u.There(sc.now) {
		m.Until = u.BackAt(sc.now).In(zone)
	}
	for _, a := range u.TimesAway(sc.now) {
		if a.ID != u.ID {
			m.Planned = append(m.Planned, views.Planned{ID: a.ID, From: a.From.In(zone), Until: a.Until.In(zone)})
		}
	}
	return m
}

// typed puts back into the form what was refused.
func (f awayForm) typed(m *views.AwayModel, refused *lead.Refusal) {
	m.Error = sentence(refused.Text)
	if m.Planning = f.Plan || f.Drop != ""; m.Planning {
		m.From, m.Back, m.Wrong = f.From, f.Back, refused.Field
		return
	}
	m.Day = f.Back
}

// awayPage is one's own form; other pages may show the same (views.AwayForm).
func (s *server) awayPage(c echo.Context) error { return s.showAway(c, http.StatusOK, awayForm{}, nil) }

func (s *server) showAway(c echo.Context, status int, f awayForm, refused *lead.Refusal) error {
	sc, err := s.scene(c.Request().Context())
	if err != nil {
		return err
	}
	m := sc.awayModel(*viewer(c), "/account/away")
	if refused != nil {
		f.typed(&m, refused)
	}
	p := s.page(c, "")
	p.Title = "Away"
	return s.render(c, status, views.AwayPage(p, m))
}

// away begins or ends being away oneself.
func (s *server) away(c echo.Context) error {
	sc, err := s.scene(c.Request().Context())
	if err != nil {
		return err
	}
	f := readAway(c)
	err = s.setAway(c, sc, viewer(c).ID, f)
	var refused *lead.Refusal
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, cameFrom(c, "/account/away"))
	case errors.As(err, &refused):
		status, _ := statusOf(err)
		return s.showAway(c, status, f, refused)
	}
	return err
}

// cameFrom is the page on this server that a form came from, else another one.
func cameFrom(c echo.Context, otherwise string) string {
	u, err := url.Parse(c.Request().Referer())
	if err != nil || u.Host != c.Request().Host || u.Path == "" {
		return otherwise
	}
	return ownPath(u.RequestURI())
}
