package handlers

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

func (s *server) settingsHome(c echo.Context) error {
	return c.Redirect(http.StatusSeeOther, "/settings/people")
}

func (s *server) peoplePage(c echo.Context) error {
	return s.people(c, http.StatusOK, views.PersonForm{}, nil, nil)
}

// people draws /settings/people: with the form as it was filled in, and with a
// link that was just made.
func (s *server) people(c echo.Context, status int, f views.PersonForm, teams []string, made *views.LinkModel) error {
	ctx := c.Request().Context()
	users, err := s.Store.Users(ctx)
	if err != nil {
		return err
	}
	book, err := s.Store.Book(ctx)
	if err != nil {
		return err
	}
	seen, err := s.Sessions.LastSeen(ctx, s.Now())
	if err != nil {
		return err
	}
	invites, err := s.Links.Invites(ctx)
	if err != nil {
		return err
	}
	f.Teams = teamChoices(book, teams)
	m := views.PeopleModel{Form: f, Made: made}
	for _, u := range users {
		m.People = append(m.People, s.personLine(c, book, u, seen[u.ID]))
	}
	for _, i := range invites {
		m.Invites = append(m.Invites, views.InviteLine{ID: i.ID, Name: i.Name, Email: i.Email, Role: string(i.Role), Teams: teamList(book, i.Teams), Until: i.ExpiresAt, Expired: i.Expired(s.Now())})
	}
	return s.render(c, status, views.PeoplePage(s.settings(c, "People"), m))
}

func (s *server) personLine(c echo.Context, book *lead.Book, u lead.User, seen time.Time) views.PersonLine {
	line := views.PersonLine{ID: u.ID, Name: u.Name, Email: u.Email, Role: string(u.Role), Teams: teamList(book, u.Teams), Seen: seen, State: "active", You: u.ID == viewer(c).ID}
	switch {
	case !u.Active():
		line.State = "disabled"
	case !u.There(s.Now()):
		line.State = "away"
	}
	return line
}

// teamList are the names of teams, with commas.
func teamList(book *lead.Book, ids []string) string {
	var names []string
	for _, id := range ids {
		if t := book.Team(id); t != nil {
			names = append(names, t.Name)
		}
	}
	return strings.Join(names, ", ")
}

// teamChoices are the teams that a person may be in; disabled ones only where
// they are in one.
func teamChoices(book *lead.Book, ids []string) []views.Choice {
	var out []views.Choice
	in := lead.User{Teams: ids}
	for _, t := range book.Teams {
		if t.DisabledAt.IsZero() || in.In(t.ID) {
			out = append(out, views.Choice{Value: t.ID, Text: t.Name, Chosen: in.In(t.ID)})
		}
	}
	return out
}

func (s *server) invite(c echo.Context) error {
	i := lead.Invite{Email: plain(c.FormValue("email")), Name: plain(c.FormValue("name")), Role: lead.Role(plain(c.FormValue("role"))), Teams: chosen(c, "team")}
	token, made, err := s.Links.Invite(c.Request().Context(), me(c), i, s.Now())
	if status, wrong, ok := refusal(err); ok {
		return s.people(c, status, views.PersonForm{Name: i.Name, Email: i.Email, Role: string(i.Role), Errors: wrong}, i.Teams, nil)
	}
	if err != nil {
		return err
	}
	return s.people(c, http.StatusOK, views.PersonForm{}, nil, s.inviteLink(c, token, made))
}

func (s *server) inviteLink(c echo.Context, token string, i lead.Invite) *views.LinkModel {
	return &views.LinkModel{
		Title: "Send this link to " + i.Name, Label: "Invite of " + i.Email, Value: s.base(c.Request()) + "/invite/" + token,
		Text: "Whoever opens it first chooses the password. It works once, until " + i.ExpiresAt.Format("2 January 2006, 15:04") + " UTC.",
	}
}

func (s *server) renewInvite(c echo.Context) error {
	token, i, err := s.Links.Renew(c.Request().Context(), me(c), c.Param("id"), s.Now())
	if err != nil {
		return err
	}
	return s.people(c, http.StatusOK, views.PersonForm{}, nil, s.inviteLink(c, token, i))
}

func (s *server) withdrawInvite(c echo.Context) error {
	if _, err := s.Links.Withdraw(c.Request().Context(), me(c), c.Param("id"), s.Now()); err != nil {
		return err
	}
	return after(c, "/settings/people", "withdrawn")
}

func (s *server) personPage(c echo.Context) error {
	u, err := s.Store.User(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	return s.person(c, http.StatusOK, u, views.PersonModel{Form: views.PersonForm{Name: u.Name, Role: string(u.Role)}}, u.Teams)
}

// heldCounted is how far what a person holds is counted.
const heldCounted = 100_000

// person draws a person's page around what the model says already.
func (s *server) person(c echo.Context, status int, u lead.User, m views.PersonModel, teams []string) error {
	ctx := c.Request().Context()
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	m.Away = sc.awayModel(u, "/settings/people/"+u.ID+"/away")
	m.Away.Person = u.ID
	if m.Sessions, err = s.sessionsOf(c, u, "/settings/people/"+u.ID+"/sessions"); err != nil {
		return err
	}
	for stage, n := range map[lead.Stage]*int{lead.Claimed: &m.Claimed, lead.SAL: &m.Accepted} {
		if *n, err = s.Store.Count(ctx, lead.Search{OwnerID: u.ID, Stage: stage}, heldCounted); err != nil {
			return err
		}
	}
	m.PersonLine, m.Form.Teams = s.personLine(c, sc.book, u, time.Time{}), teamChoices(sc.book, teams)
	return s.render(c, status, views.PersonPage(s.settings(c, u.Name), m))
}

func (s *server) changePerson(c echo.Context) error {
	ctx := c.Request().Context()
	u, err := s.Store.User(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	p := lead.Persona{Name: plain(c.FormValue("name")), Role: lead.Role(plain(c.FormValue("role"))), Teams: chosen(c, "team")}
	err = s.Store.ChangePerson(ctx, me(c), u.ID, p, s.Now())
	if status, wrong, ok := refusal(err); ok {
		return s.person(c, status, u, views.PersonModel{Form: views.PersonForm{Name: p.Name, Role: string(p.Role), Errors: wrong}}, p.Teams)
	}
	if err != nil {
		return err
	}
	s.letGo(c, u)
	return after(c, "/settings/people/"+u.ID, "changed")
}

// letGo puts back what the person may no longer hold. The change is done: what
// fails here the sweep does again.
func (s *server) letGo(c echo.Context, u lead.User) {
	if _, err := s.Desk.LetGo(c.Request().Context(), u.ID, s.Now()); err != nil {
		s.Log.WarnContext(c.Request().Context(), "claims are not let go yet", slog.Any("error", err))
	}
}

func (s *server) disablePerson(c echo.Context) error {
	return s.actOn(c, "disabled", func(u lead.User) error {
		if err := s.Store.Disable(c.Request().Context(), me(c), u.ID, s.Now()); err != nil {
			return err
		}
		s.letGo(c, u)
		s.endStreams(u.ID)
		return nil
	})
}

func (s *server) enablePerson(c echo.Context) error {
	return s.actOn(c, "enabled", func(u lead.User) error { return s.Store.Enable(c.Request().Context(), me(c), u.ID, s.Now()) })
}

// personBack ends a person's being away, or takes a planned time back: whoever they
// are by now.
func (s *server) personBack(c echo.Context) error {
	return s.actOn(c, "back", func(u lead.User) error {
		return s.Desk.EndAbsence(c.Request().Context(), u.ID, cmp.Or(readAway(c).Drop, u.ID), me(c), s.Now())
	})
}

// actOn does something to a person and tells so on their page, or why not.
func (s *server) actOn(c echo.Context, what string, f func(lead.User) error) error {
	u, err := s.Store.User(c.Request().Context(), c.Param("id"))
	if err != nil {
		return err
	}
	err = f(u)
	if status, wrong, ok := refusal(err); ok {
		m := views.PersonModel{Form: views.PersonForm{Name: u.Name, Role: string(u.Role)}}
		for _, text := range wrong {
			m.Error = text
		}
		return s.person(c, status, u, m, u.Teams)
	}
	if err != nil {
		return err
	}
	return after(c, "/settings/people/"+u.ID, what)
}

// resetLink makes a link by which the person chooses a new password.
func (s *server) resetLink(c echo.Context) error {
	ctx := c.Request().Context()
	u, err := s.Store.User(ctx, c.Param("id"))
	if err != nil {
		return err
	}
	m := views.PersonModel{Form: views.PersonForm{Name: u.Name, Role: string(u.Role)}}
	token, until, err := s.Links.Reset(ctx, me(c), u.ID, s.Now())
	status, wrong, ok := refusal(err)
	switch {
	case ok:
		m.Error = wrong[""]
		return s.person(c, status, u, m, u.Teams)
	case err != nil:
		return err
	}
	m.Made = &views.LinkModel{
		Title: "Send this link to " + u.Name, Label: "Password reset of " + u.Email, Value: s.base(c.Request()) + "/reset/" + token,
		Text: "Whoever opens it first chooses the password. It works once, until " + until.Format("2 January 2006, 15:04") + " UTC; one made before no longer does.",
	}
	return s.person(c, http.StatusOK, u, m, u.Teams)
}
