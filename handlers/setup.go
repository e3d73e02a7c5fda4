package handlers

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// proposedZones are offered at set-up; any IANA name is taken.
var proposedZones = []string{
	"Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Madrid", "Europe/Warsaw", "America/New_York", "America/Chicago", "America/Denver",
	"America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "UTC",
}

func (s *server) setupPage(c echo.Context) error {
	empty, err := s.Store.Empty(c.Request().Context())
	if err != nil {
		return err
	}
	if !empty {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	return s.render(c, http.StatusOK, views.SetupPage(s.page(c, ""), views.SetupModel{Zones: proposedZones}))
}

// setup makes the company, its first team and its administrator, once: of two
// who try at the same time one is told that somebody was faster.
func (s *server) setup(c echo.Context) error {
	ctx := c.Request().Context()
	empty, err := s.Store.Empty(ctx)
	if err != nil {
		return err
	}
	if !empty { // before a stranger's password is hashed, which is work
		return errSetUp
	}
	form := lead.SetUp{
		Company: plain(c.FormValue("company")), Zone: plain(c.FormValue("zone")), Team: plain(c.FormValue("team")),
		Name: plain(c.FormValue("name")), Email: plain(c.FormValue("email")), Password: c.FormValue("password"),
	}
	u, err := s.Store.SetUp(ctx, form, s.Now())
	if errors.Is(err, lead.ErrInvalid) {
		return s.render(c, http.StatusUnprocessableEntity, views.SetupPage(s.page(c, ""), views.SetupModel{
			Company: form.Company, Zone: form.Zone, Zones: proposedZones, Team: form.Team, Name: form.Name, Email: form.Email,
			Errors: fieldsOf(err),
		}))
	}
	if err != nil {
		return err
	}
	if err := s.startSession(c, u); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/")
}
