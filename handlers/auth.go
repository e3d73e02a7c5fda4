package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// Failed sign-ins count for attemptWindow; over the bounds the next ones wait.
const (
	attemptWindow  = 15 * time.Minute
	attemptsByName = 10  // failures for one account from one address
	attemptsByIP   = 100 // failures from one address
)

var errThrottled = errors.New("too many failed sign-ins: wait a few minutes and try again")

// stamp changes with the password, so that a new password ends old sessions.
func stamp(u lead.User) string {
	h := sha256.Sum256([]byte(u.Password))
	return hex.EncodeToString(h[:8])
}

func (s *server) loginPage(c echo.Context) error {
	empty, err := s.Store.Empty(c.Request().Context())
	switch {
	case err != nil:
		return err
	case empty:
		return c.Redirect(http.StatusSeeOther, "/setup")
	case viewer(c) != nil:
		return c.Redirect(http.StatusSeeOther, ownPath(c.QueryParam("next")))
	}
	return s.render(c, http.StatusOK, views.LoginPage(s.page(c, ""), views.LoginModel{Next: ownPath(c.QueryParam("next"))}))
}

// ownPath is a path of this server to go to, else the start page.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(next, `\`) {
		return "/"
	}
	return u.RequestURI()
}

func (s *server) login(c echo.Context) error {
	ctx, email, next := c.Request().Context(), c.FormValue("email"), ownPath(c.FormValue("next"))
	again := func(status int, text string) error {
		return s.render(c, status, views.LoginPage(s.page(c, ""), views.LoginModel{Email: email, Next: next, Error: sentence(text)}))
	}
	ip := c.RealIP()
	name := nameHash(lead.NormalEmail(email) + "|" + ip)
	if s.throttled(ctx, name, attemptsByName) || s.throttled(ctx, ip, attemptsByIP) {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(attemptWindow.Seconds())))
		return again(http.StatusTooManyRequests, errThrottled.Error())
	}
	u, err := s.Store.SignIn(ctx, email, c.FormValue("password"))
	if errors.Is(err, lead.ErrForbidden) {
		for _, n := range []string{name, ip} {
			if _, err := s.Attempts.Attempts(ctx, n, attemptWindow, true); err != nil {
				s.Log.Warn("failed sign-ins are not counted", "error", err)
			}
		}
		return again(http.StatusUnauthorized, err.Error())
	}
	if err != nil {
		return err
	}
	if err := s.Attempts.Forgive(ctx, name); err != nil {
		s.Log.Warn("failed sign-ins are not forgotten", "error", err)
	}
	if err := s.startSession(c, u); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// throttled tells whether a name has failed too often. Without Redis nobody is
// kept out: passwords still take their time to check.
func (s *server) throttled(ctx context.Context, name string, most int64) bool {
	n, err := s.Attempts.Attempts(ctx, name, attemptWindow, false)
	return err == nil && n >= most
}

func nameHash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:16])
}

func (s *server) startSession(c echo.Context, u lead.User) error {
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
	s.setCookie(c, token, expiry)
	return nil
}

func (s *server) setCookie(c echo.Context, value string, expiry time.Time) {
	cookie := &http.Cookie{Name: plainCookie, Value: value, Path: "/", Expires: expiry, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if s.https(c.Request()) {
		cookie.Name, cookie.Secure = secureCookie, true
	}
	if value == "" {
		cookie.MaxAge = -1
	}
	c.SetCookie(cookie)
}

func (s *server) logout(c echo.Context) error {
	for _, name := range []string{plainCookie, secureCookie} {
		cookie, err := c.Cookie(name)
		if err != nil {
			continue
		}
		if err := s.Sessions.DeleteCtx(c.Request().Context(), cookie.Value); err != nil {
			return err
		}
	}
	s.setCookie(c, "", time.Unix(1, 0))
	return c.Redirect(http.StatusSeeOther, "/login")
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

// proposedZones are offered at set-up; any IANA name is taken.
var proposedZones = []string{"Europe/Berlin", "Europe/London", "Europe/Paris", "Europe/Madrid", "Europe/Warsaw", "America/New_York", "America/Chicago",
	"America/Denver", "America/Los_Angeles", "America/Sao_Paulo", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "UTC"}

func (s *server) setup(c echo.Context) error {
	form := lead.SetUp{
		Company: strings.TrimSpace(c.FormValue("company")), Zone: strings.TrimSpace(c.FormValue("zone")), Team: strings.TrimSpace(c.FormValue("team")),
		Name: strings.TrimSpace(c.FormValue("name")), Email: c.FormValue("email"), Password: c.FormValue("password"),
	}
	u, err := s.Store.SetUp(c.Request().Context(), form, s.Now())
	var r *lead.Refusal
	if errors.As(err, &r) && (r.Kind == lead.ErrInvalid || r.Kind == lead.ErrConflict) {
		status, _ := statusOf(err)
		return s.render(c, status, views.SetupPage(s.page(c, ""), views.SetupModel{
			Company: form.Company, Zone: form.Zone, Zones: proposedZones, Team: form.Team, Name: form.Name, Email: form.Email,
			Errors: map[string]string{r.Field: sentence(r.Text)},
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

// start leads to the page of one's role.
func (s *server) start(c echo.Context) error {
	u := viewer(c)
	if u == nil {
		empty, err := s.Store.Empty(c.Request().Context())
		if err != nil {
			return err
		}
		if empty {
			return c.Redirect(http.StatusSeeOther, "/setup")
		}
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	if u.Role == lead.Marketing {
		return c.Redirect(http.StatusSeeOther, "/sla")
	}
	return c.Redirect(http.StatusSeeOther, "/board")
}

func (s *server) meCSS(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "private, no-store")
	u := viewer(c)
	if u == nil {
		return c.Blob(http.StatusOK, "text/css; charset=utf-8", nil)
	}
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", views.MeCSS(u.ID, string(u.Role)))
}
