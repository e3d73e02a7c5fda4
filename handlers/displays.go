package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// displayForm is what a display is made or changed by.
type displayForm struct{ Name, Team, Privacy string }

func readDisplay(c echo.Context) displayForm {
	return displayForm{plain(c.FormValue("name")), plain(c.FormValue("team")), plain(c.FormValue("privacy"))}
}

// shown is the form again, as it was typed, with why it was refused.
func (f displayForm) shown(refused error) views.DisplayForm {
	return views.DisplayForm{Name: f.Name, Team: f.Team, Privacy: f.Privacy, Errors: fieldsOf(refused)}
}

func (s *server) displaysPage(c echo.Context) error {
	return s.showDisplays(c, http.StatusOK, func(*views.DisplaysModel) {})
}

// showDisplays draws the list, with what differs by how it came to it.
func (s *server) showDisplays(c echo.Context, status int, change func(*views.DisplaysModel)) error {
	ctx := c.Request().Context()
	all, err := s.Displays.All(ctx)
	if err != nil {
		return err
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	m := views.DisplaysModel{New: views.DisplayForm{Privacy: string(lead.ShowInitials)}}
	for _, t := range sc.book.Teams {
		if t.DisabledAt.IsZero() {
			m.Teams = append(m.Teams, views.Option{Value: t.ID, Word: t.Name})
		}
	}
	for _, d := range all {
		team := sc.book.Team(d.TeamID)
		if team == nil {
			return fmt.Errorf("the display %s is of no team", d.ID)
		}
		if !d.Living() {
			m.Revoked = append(m.Revoked, views.RevokedLine{Name: d.Name, Team: team.Name, At: d.RevokedAt})
			continue
		}
		line := views.DisplayLine{
			ID: d.ID, Name: d.Name, Team: team.Name, Privacy: string(d.Privacy), Made: d.CreatedAt,
			Seen: sc.seen(d), Missed: d.Missed(sc.rules, team, sc.now), Form: displayForm{d.Name, d.TeamID, string(d.Privacy)}.shown(nil),
		}
		if d.CreatedBy != "" {
			line.By = sc.book.Name(d.CreatedBy)
		}
		m.Lines = append(m.Lines, line)
	}
	change(&m)
	p := s.page(c, "settings")
	p.Title = "Displays"
	return s.render(c, status, views.DisplaysPage(p, m))
}

// seen tells when a display was last seen.
func (sc scene) seen(d lead.Display) string {
	since := func(t time.Time) string { return t.In(sc.zone(d.TeamID)).Format("2 Jan 15:04") }
	missed := d.Missed(sc.rules, sc.book.Team(d.TeamID), sc.now)
	switch ago := sc.now.Sub(d.SeenAt); {
	case d.SeenAt.IsZero() && missed:
		return "never seen since it was made"
	case d.SeenAt.IsZero():
		return "not seen yet"
	case missed:
		return "not seen since " + since(d.SeenAt)
	case ago < 2*time.Minute: // noted once a minute
		return "on now"
	case ago < time.Hour:
		return fmt.Sprintf("last seen %d min ago", int(ago.Minutes()))
	}
	return "last seen " + since(d.SeenAt)
}

// link is the whole address of a display's wall.
func (s *server) link(c echo.Context, token string) string {
	return s.base(c.Request()) + "/tv/" + token
}

func (s *server) addDisplay(c echo.Context) error {
	f := readDisplay(c)
	d := lead.Display{Name: f.Name, TeamID: f.Team, Privacy: lead.Privacy(f.Privacy)}
	token, d, err := s.Displays.Add(c.Request().Context(), lead.Person(*viewer(c), "page"), d, s.Now())
	if status, _, ok := refusal(err); ok {
		return s.showDisplays(c, status, func(m *views.DisplaysModel) { m.New = f.shown(err) })
	}
	if err != nil {
		return err
	}
	return s.showDisplays(c, http.StatusOK, func(m *views.DisplaysModel) { m.Link, m.LinkOf = s.link(c, token), d.Name })
}

func (s *server) changeDisplay(c echo.Context) error {
	f, id := readDisplay(c), c.Param("id")
	_, err := s.Displays.Change(c.Request().Context(), lead.Person(*viewer(c), "page"), id, f.Name, f.Team, lead.Privacy(f.Privacy), s.Now())
	switch {
	case errors.Is(err, lead.ErrInvalid):
		return s.showDisplays(c, http.StatusUnprocessableEntity, func(m *views.DisplaysModel) {
			for i := range m.Lines {
				if m.Lines[i].ID == id {
					m.Lines[i].Form, m.Lines[i].Open = f.shown(err), true
				}
			}
		})
	case err != nil:
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/settings/displays")
}

// renewDisplay shows the new link, once.
func (s *server) renewDisplay(c echo.Context) error {
	token, d, err := s.Displays.Renew(c.Request().Context(), lead.Person(*viewer(c), "page"), c.Param("id"), s.Now())
	if err != nil {
		return err
	}
	return s.showDisplays(c, http.StatusOK, func(m *views.DisplaysModel) { m.Link, m.LinkOf = s.link(c, token), d.Name })
}

func (s *server) revokeDisplay(c echo.Context) error {
	if _, err := s.Displays.Revoke(c.Request().Context(), lead.Person(*viewer(c), "page"), c.Param("id"), s.Now()); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/settings/displays")
}
