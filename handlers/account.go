package handlers

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

func (s *server) accountPage(c echo.Context) error {
	return s.account(c, http.StatusOK, viewer(c).Name, nil)
}

// account draws /account with what was refused.
func (s *server) account(c echo.Context, status int, name string, wrong map[string]string) error {
	u := *viewer(c)
	book, err := s.Store.Book(c.Request().Context())
	if err != nil {
		return err
	}
	m := views.AccountModel{Name: name, Email: u.Email, Role: string(u.Role), Teams: teamList(book, u.Teams), Errors: wrong}
	if m.Sessions, err = s.sessionsOf(c, u, "/account/sessions"); err != nil {
		return err
	}
	p := s.page(c, "account")
	p.Title, p.Flash = "Your account", done[c.QueryParam("done")]
	return s.render(c, status, views.AccountPage(p, m))
}

func (s *server) changeName(c echo.Context) error {
	u, name := *viewer(c), plain(c.FormValue("name"))
	err := s.Store.Rename(c.Request().Context(), me(c), u.ID, name, s.Now())
	if status, wrong, ok := refusal(err); ok {
		return s.account(c, status, name, wrong)
	}
	if err != nil {
		return err
	}
	return after(c, "/account", "name")
}

// changePassword asks for the old password, so that an unlocked screen is not
// an account, and as seldom as a sign-in. All other sessions end.
func (s *server) changePassword(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	tries := accountKey(u.Email, "signed in")
	if s.attempts(ctx, tries, true) > attemptsByName {
		return s.account(c, http.StatusTooManyRequests, u.Name, map[string]string{"old": sentence(errThrottled.Error())})
	}
	old, password := c.FormValue("old"), c.FormValue("password")
	err := lead.Together(lead.CheckPassword(password, u.Email, u.Name), differ(c))
	fresh := u
	if err != nil { // nothing will change: all that is wrong is told at once
		err = lead.Together(s.Store.OldPassword(ctx, u.ID, old), err)
	} else {
		fresh, err = s.Store.ChangePassword(ctx, u.ID, old, password, s.Now())
	}
	status, wrong, ok := refusal(err)
	if wrong["old"] == "" {
		s.forgive(ctx, tries)
	}
	if ok {
		return s.account(c, status, u.Name, wrong)
	}
	if err != nil {
		return err
	}
	if err := s.startSession(c, fresh); err != nil {
		return err
	}
	s.endStreams(u.ID)
	return after(c, "/account", "password")
}

// differ tells that a new password was not written the same way twice.
func differ(c echo.Context) error {
	if c.FormValue("password") != c.FormValue("again") {
		return lead.Invalid("again", "the two passwords differ")
	}
	return nil
}

// sessionsOf are the browsers in which a person is signed in.
func (s *server) sessionsOf(c echo.Context, u lead.User, action string) (views.SessionsModel, error) {
	m := views.SessionsModel{Action: action, Own: u.ID == viewer(c).ID}
	list, err := s.Sessions.Of(c.Request().Context(), u.ID, s.Now())
	for _, x := range list {
		m.Lines = append(m.Lines, views.SessionLine{ID: x.ID, Browser: browserWords(x.Agent), Address: x.Address, Began: x.CreatedAt, Seen: x.SeenAt, Here: x.ID == sessionID(c)})
	}
	return m, err
}

func (s *server) endOwnSessions(c echo.Context) error {
	return s.endSessions(c, *viewer(c), "/account")
}

func (s *server) endPersonSessions(c echo.Context) error {
	u, err := s.Store.User(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return s.endSessions(c, u, "/settings/people/"+u.ID)
}

// endSessions ends one of a person's sessions, or "all", but never the one that
// asks for it: that is what signing out is for.
func (s *server) endSessions(c echo.Context, u lead.User, back string) error {
	ctx, id := c.Request().Context(), plain(c.FormValue("session"))
	var err error
	switch id {
	case "":
		err = lead.Invalid("session", "say which session to end, or all")
	case sessionID(c):
		err = lead.Invalid("session", "this is the session you are in: sign out instead")
	case "all":
		keep := ""
		if u.ID == viewer(c).ID {
			keep = sessionID(c)
		}
		if err = s.Sessions.EndAll(ctx, me(c), u.ID, keep, s.Now()); err == nil {
			s.endStreams(u.ID) // browsers that are still signed in come back
		}
	default:
		if err = s.Sessions.End(ctx, me(c), u.ID, id, s.Now()); err == nil {
			s.endSessionStreams(id)
		}
	}
	if err != nil {
		return err
	}
	return after(c, back, "ended")
}
