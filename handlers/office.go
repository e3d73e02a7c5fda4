package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// People changes who works here and in which teams.
type People interface {
	Users(ctx context.Context) ([]lead.User, error)
	ChangePerson(ctx context.Context, by lead.Actor, id string, p lead.Persona, now time.Time) error
	Rename(ctx context.Context, by lead.Actor, id, name string, now time.Time) error
	OldPassword(ctx context.Context, id, old string) error
	ChangePassword(ctx context.Context, id, old, password string, now time.Time) (lead.User, error)
	Disable(ctx context.Context, by lead.Actor, id string, now time.Time) error
	Enable(ctx context.Context, by lead.Actor, id string, now time.Time) error
}

// Sessions keeps who is signed in, in which browser.
type Sessions interface {
	scs.CtxStore
	ID(token string) string
	Began(ctx context.Context, token string, x lead.Session) error
	Seen(ctx context.Context, token string, x lead.Session) error
	Of(ctx context.Context, user string, now time.Time) ([]lead.Session, error)
	LastSeen(ctx context.Context, now time.Time) (map[string]time.Time, error)
	Alive(ctx context.Context, ids []string, now time.Time) (map[string]time.Time, error)
	End(ctx context.Context, by lead.Actor, user, id string, now time.Time) error
	EndAll(ctx context.Context, by lead.Actor, user, keep string, now time.Time) error
}

// Links keeps one-time links: invites, and resets of passwords.
type Links interface {
	Invite(ctx context.Context, by lead.Actor, i lead.Invite, now time.Time) (string, lead.Invite, error)
	Renew(ctx context.Context, by lead.Actor, id string, now time.Time) (string, lead.Invite, error)
	Withdraw(ctx context.Context, by lead.Actor, id string, now time.Time) (lead.Invite, error)
	Invites(ctx context.Context) ([]lead.Invite, error)
	Invited(ctx context.Context, token string, now time.Time) (lead.Invite, error)
	Join(ctx context.Context, token, password string, now time.Time) (lead.User, error)
	Reset(ctx context.Context, by lead.Actor, user string, now time.Time) (string, time.Time, error)
	ResetOf(ctx context.Context, token string, now time.Time) (lead.User, error)
	UseReset(ctx context.Context, token, password string, now time.Time) (lead.User, error)
}

// me is the actor that the viewer is on a page.
func me(c echo.Context) lead.Actor { return lead.Person(*viewer(c), "page") }

// refusal is how a form tells that it was refused: the status, and the words by
// the field that they stand beside ("": the whole form). Anything else that went
// wrong is no form's.
func refusal(err error) (int, map[string]string, bool) {
	if len(lead.RefusalsOf(err)) == 0 || !errors.Is(err, lead.ErrInvalid) && !errors.Is(err, lead.ErrConflict) {
		return 0, nil, false
	}
	status, _ := statusOf(err)
	return status, fieldsOf(err), true
}

// fieldsOf are the sentences about each field that an error refuses.
func fieldsOf(err error) map[string]string {
	wrong := map[string]string{}
	for _, r := range lead.RefusalsOf(err) {
		wrong[r.Field] = strings.TrimSpace(wrong[r.Field] + " " + sentence(r.Text))
	}
	return wrong
}

// chosen are the values of a field that may be given several times, cleaned,
// each once.
func chosen(c echo.Context, field string) []string {
	form, err := c.FormParams()
	if err != nil {
		return nil
	}
	var out []string
	for _, v := range form[field] {
		if v = plain(v); v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// settings is the frame of a page under /settings.
func (s *server) settings(c echo.Context, title string) views.Page {
	p := s.page(c, "settings")
	p.Title, p.Flash = title, done[c.QueryParam("done")]
	return p
}

// done is what a form did, by the word that its redirect carries.
var done = map[string]string{
	"changed": "Saved.", "enabled": "Enabled: they can sign in again.", "back": "Noted: they are not away then.", "withdrawn": "The invite is withdrawn.", "ended": "Signed out there.",
	"password": "Your password is changed; you are signed out everywhere else.", "name": "Your name is changed.",
	"disabled": "Disabled. They are signed out, and what they had claimed is back on the board.",
	"added":    "Added.", "removed": "Removed.", "revoked": "Revoked: it is refused within a second.", "renamed": "Saved.",
	"team-disabled": "The team is disabled.", "team-enabled": "The team is enabled.",
}

// after leads to a page that tells what was done.
func after(c echo.Context, path, what string) error {
	return c.Redirect(http.StatusSeeOther, path+"?done="+what)
}
