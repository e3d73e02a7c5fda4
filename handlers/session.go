package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// The session's cookie. Behind https it has the prefix that keeps other hosts
// and plain http from setting it.
const (
	plainCookie  = "hotleads"
	secureCookie = "__Host-hotleads"
)

// lifetime of a session, from the sign-in on.
const lifetime = 14 * 24 * time.Hour

func (s *server) cookieName(r *http.Request) string {
	if s.https(r) {
		return secureCookie
	}
	return plainCookie
}

// token is what the browser brought as its session; "" for none.
func (s *server) token(c echo.Context) string {
	cookie, err := c.Cookie(s.cookieName(c.Request()))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// stamp changes with the password, so that a new password ends old sessions.
func stamp(u lead.User) string {
	h := sha256.Sum256([]byte(u.Password))
	return hex.EncodeToString(h[:8])
}

// fromDirectory is a person as the directory has them: half a second old at most.
// That will do where their sessions end with their rights, and who watches is
// judged again. Thousands who come at the same moment share one directory.
func (s *server) fromDirectory(ctx context.Context, id string) (lead.User, error) {
	book, err := s.Store.Book(ctx)
	if err != nil {
		return lead.User{}, err
	}
	if u, ok := book.Users[id]; ok {
		return u, nil
	}
	return s.Store.User(ctx, id) // who has just been added
}

// signedIn is the person of the session, as person reads them; nil where there is
// none, or who was disabled or got a new password since.
func (s *server) signedIn(c echo.Context, person func(context.Context, string) (lead.User, error)) (*lead.User, error) {
	token, ctx := s.token(c), c.Request().Context()
	if token == "" {
		return nil, nil
	}
	session, err := s.sessions.Load(ctx, token)
	if err != nil {
		return nil, err
	}
	id := s.sessions.GetString(session, "user")
	if id == "" {
		return nil, nil
	}
	u, err := person(ctx, id)
	switch {
	case errors.Is(err, lead.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	case !u.Active() || s.sessions.GetString(session, "stamp") != stamp(u):
		return nil, nil
	}
	c.Set("session", s.Sessions.ID(token))
	return &u, nil
}

// sessionID names the session of who asks; "" where nobody has signed in.
func sessionID(c echo.Context) string {
	id, _ := c.Get("session").(string)
	return id
}

// here is the browser that asks, as its session is described.
func (s *server) here(c echo.Context, user string) lead.Session {
	agent := plain(c.Request().UserAgent())
	now := s.Now()
	return lead.Session{UserID: user, CreatedAt: now, SeenAt: now, Address: c.RealIP(), Agent: strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], "")}
}

// maxAgent is how much of what a browser calls itself is kept, in bytes.
const maxAgent = 300

// seen notes that the session is in use: pages do, streams and style sheets don't.
func (s *server) seen(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if u := viewer(c); u != nil && c.Request().URL.Path != "/me.css" {
			if err := s.Sessions.Seen(c.Request().Context(), s.token(c), s.here(c, u.ID)); err != nil {
				s.Log.WarnContext(c.Request().Context(), "a session's use is not noted", slog.Any("error", err))
			}
		}
		return next(c)
	}
}

// startSession signs a person in: with a token of its own, whatever the browser
// brought, and in place of the session that it had.
func (s *server) startSession(c echo.Context, u lead.User) error {
	if err := s.endSession(c); err != nil {
		return err
	}
	ctx, err := s.sessions.Load(c.Request().Context(), "")
	if err != nil {
		return err
	}
	s.sessions.Put(ctx, "user", u.ID)
	s.sessions.Put(ctx, "stamp", stamp(u))
	token, expiry, err := s.sessions.Commit(ctx)
	if err != nil {
		return err
	}
	if err := s.Sessions.Began(ctx, token, s.here(c, u.ID)); err != nil {
		return err
	}
	s.setCookie(c, token, expiry)
	return nil
}

// endSession ends the session that the browser brought, if there is one.
func (s *server) endSession(c echo.Context) error {
	token := s.token(c)
	if token == "" {
		return nil
	}
	return s.Sessions.DeleteCtx(c.Request().Context(), token)
}

// setCookie gives the browser its session; an empty value takes it away.
func (s *server) setCookie(c echo.Context, value string, expiry time.Time) {
	cookie := &http.Cookie{
		Name: s.cookieName(c.Request()), Value: value, Path: "/", Expires: expiry,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.https(c.Request()),
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	c.SetCookie(cookie)
}
