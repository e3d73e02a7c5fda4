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
}

func readAway(c echo.Context) awayForm {
	return awayForm{Person: plain(c.FormValue("person")), Back: plain(c.FormValue("back")), Now: c.FormValue("now") != ""}
}

// setAway does what the form asks for. The days are those of the person's team.
func (s *server) setAway(c echo.Context, sc scene, id string, f awayForm) error {
	if f.Back == "" && !f.Now {
		return lead.Invalid("back", "name the first day back")
	}
	if f.Now {
		f.Back = ""
	}
	until, err := lead.BackOn(f.Back, sc.homeZone(id), sc.now)
	if err != nil {
		return err
	}
	_, _, err = s.Desk.SetAway(c.Request().Context(), id, until, lead.Person(*viewer(c), "page"), sc.now)
	return err
}

// homeZone is the zone of a person's first team.
func (sc scene) homeZone(id string) *time.Location {
	team := ""
	if u := sc.book.Users[id]; len(u.Teams) > 0 {
		team = u.Teams[0]
	}
	return sc.zone(team)
}

// awayModel is the form as it stands for a person.
func (sc scene) awayModel(u lead.User, action string) views.AwayModel {
	zone := sc.homeZone(u.ID)
	m := views.AwayModel{Action: action, First: sc.now.In(zone).AddDate(0, 0, 1).Format(time.DateOnly)}
	if u.Active() && !u.There(sc.now) {
		m.Until = u.AwayUntil.In(zone)
	}
	return m
}

// awayPage is a rep's own form; other pages may show the same (views.AwayForm).
func (s *server) awayPage(c echo.Context) error { return s.showAway(c, http.StatusOK, "", nil) }

func (s *server) showAway(c echo.Context, status int, typed string, refused *lead.Refusal) error {
	sc, err := s.scene(c.Request().Context())
	if err != nil {
		return err
	}
	m := sc.awayModel(*viewer(c), "/account/away")
	if refused != nil {
		m.Day, m.Error = typed, sentence(refused.Text)
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
		return s.showAway(c, status, f.Back, refused)
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
