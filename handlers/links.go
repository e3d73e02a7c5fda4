package handlers

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// Who comes by a one-time link is nobody yet: the link alone lets them choose a
// password. Looking at the page uses nothing up, for mail programs look, too.

func (s *server) invitePage(c echo.Context) error { return s.invited(c, http.StatusOK, nil) }

func (s *server) invited(c echo.Context, status int, wrong map[string]string) error {
	i, err := s.Links.Invited(c.Request().Context(), c.Param("token"), s.Now())
	if err != nil {
		return err
	}
	return s.choosePassword(c, status, views.PasswordModel{
		Action: "/invite/" + c.Param("token"), Title: "Welcome, " + i.Name, Email: i.Email, Button: "Come in", Errors: wrong,
		Intro: "You sign in with this address and the password that you choose now.",
	})
}

func (s *server) resetPage(c echo.Context) error { return s.reset(c, http.StatusOK, nil) }

func (s *server) reset(c echo.Context, status int, wrong map[string]string) error {
	u, err := s.Links.ResetOf(c.Request().Context(), c.Param("token"), s.Now())
	if err != nil {
		return err
	}
	return s.choosePassword(c, status, views.PasswordModel{
		Action: "/reset/" + c.Param("token"), Title: "A new password", Email: u.Email, Button: "Use it from now on", Errors: wrong,
		Intro: "Choose the password you sign in with from now on. Wherever you are signed in, you are signed out.",
	})
}

// choosePassword draws the page of a link, whose address goes nowhere else.
func (s *server) choosePassword(c echo.Context, status int, m views.PasswordModel) error {
	c.Response().Header().Set("Referrer-Policy", "no-referrer")
	p := s.page(c, "")
	p.Title, p.Viewer = m.Title, views.Viewer{} // who is signed in here is not who the link is for
	return s.render(c, status, views.PasswordPage(p, m))
}

func (s *server) join(c echo.Context) error {
	i, err := s.Links.Invited(c.Request().Context(), c.Param("token"), s.Now())
	if err != nil {
		return err
	}
	return s.useLink(c, s.Links.Join, s.invited, i.Email, i.Name)
}

func (s *server) useReset(c echo.Context) error {
	u, err := s.Links.ResetOf(c.Request().Context(), c.Param("token"), s.Now())
	if err != nil {
		return err
	}
	return s.useLink(c, s.Links.UseReset, s.reset, u.Email, u.Name)
}

// useLink sets the password that was chosen and signs the person in; about is
// what they are called.
func (s *server) useLink(c echo.Context, use linkUse, again func(echo.Context, int, map[string]string) error, about ...string) error {
	password := c.FormValue("password")
	if err := lead.Together(lead.CheckPassword(password, about...), differ(c)); err != nil {
		return again(c, http.StatusUnprocessableEntity, fieldsOf(err))
	}
	u, err := use(c.Request().Context(), c.Param("token"), password, s.Now())
	if err != nil {
		return err
	}
	s.endStreams(u.ID)
	if err := s.startSession(c, u); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/")
}

// linkUse sets a password by a link's token.
type linkUse = func(ctx context.Context, token, password string, now time.Time) (lead.User, error)
