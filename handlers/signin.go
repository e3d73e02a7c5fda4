package handlers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// Failed sign-ins count for attemptWindow; over the bounds the next ones wait.
// Nobody locks an account by failing: from one address they soon keep out only
// themselves, and from many at once only those who are not where the account is
// signed in already.
const (
	attemptWindow     = 15 * time.Minute
	attemptsByName    = 10  // failures for one account from one address
	attemptsByIP      = 100 // failures from one address
	attemptsByAccount = 50  // failures for one account from everywhere
)

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
	m := views.LoginModel{Next: ownPath(c.QueryParam("next"))}
	if c.QueryParam("ended") != "" {
		m.Notice = "Your session has ended. Sign in again: you come back to where you were."
	}
	return s.render(c, http.StatusOK, views.LoginPage(s.page(c, ""), m))
}

// ownPath is a path of this server to go to, else the start page.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) {
		return "/"
	}
	return u.RequestURI()
}

func (s *server) login(c echo.Context) error {
	ctx, email, next := c.Request().Context(), plain(c.FormValue("email")), ownPath(c.FormValue("next"))
	again := func(status int, err error) error {
		_, text := statusOf(err)
		return s.render(c, status, views.LoginPage(s.page(c, ""), views.LoginModel{Email: email, Next: next, Error: sentence(text)}))
	}
	// The account's try is counted before the password is checked, so that many
	// at the same time are no way around the bound; who gets in is forgiven.
	from := network(c.RealIP())
	account, everywhere := accountKey(lead.NormalEmail(email), from), accountKey(lead.NormalEmail(email), "")
	if s.attempts(ctx, account, true) > attemptsByName || s.attempts(ctx, from, false) >= attemptsByIP ||
		s.attempts(ctx, everywhere, false) >= attemptsByAccount && !s.knownFrom(ctx, email, from) {
		c.Response().Header().Set("Retry-After", strconv.Itoa(int(attemptWindow.Seconds())))
		return again(http.StatusTooManyRequests, errThrottled)
	}
	u, err := s.Store.SignIn(ctx, email, c.FormValue("password"))
	if errors.Is(err, lead.ErrForbidden) {
		s.attempts(ctx, from, true)
		s.attempts(ctx, everywhere, true)
		return again(http.StatusUnauthorized, err)
	}
	s.forgive(ctx, account)
	if err != nil {
		return err
	}
	if err := s.startSession(c, u); err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "signed in", slog.String("user", u.ID), slog.String("from", c.RealIP()))
	return c.Redirect(http.StatusSeeOther, next)
}

// knownFrom tells whether the account is signed in at that place: its owner is
// more likely there than who guesses.
func (s *server) knownFrom(ctx context.Context, email, from string) bool {
	u, err := s.Store.User(ctx, email)
	if err != nil {
		return false
	}
	list, err := s.Sessions.Of(ctx, u.ID, s.Now())
	return err == nil && slices.ContainsFunc(list, func(x lead.Session) bool { return network(x.Address) == from })
}

// attempts is how many sign-ins of a name failed within the window, the present
// one included where it is added. Without Redis nobody is kept out: passwords
// still take their time to check.
func (s *server) attempts(ctx context.Context, name string, add bool) int64 {
	n, err := s.Attempts.Attempts(ctx, name, attemptWindow, add)
	if err != nil {
		s.Log.WarnContext(ctx, "failed sign-ins are not counted", slog.Any("error", err))
		return 0
	}
	return n
}

// forgive forgets the failures of a name.
func (s *server) forgive(ctx context.Context, name string) {
	if err := s.Attempts.Forgive(ctx, name); err != nil {
		s.Log.WarnContext(ctx, "failed sign-ins are not forgotten", slog.Any("error", err))
	}
}

// network is what stands for one place where people sign in: an address, or the
// half of an IPv6 address that one customer of a provider has all of.
func network(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Unmap().Is4() {
		return ip
	}
	p, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return ip
	}
	return p.String()
}

// accountKey names an account as tried from a place, without telling whose it is.
func accountKey(email, from string) string {
	h := sha256.Sum256([]byte(email + "|" + from))
	return hex.EncodeToString(h[:16])
}

// logout ends the session here and now, and the streams that it may have open.
func (s *server) logout(c echo.Context) error {
	if err := s.endSession(c); err != nil {
		return err
	}
	s.endSessionStreams(sessionID(c))
	s.setCookie(c, "", time.Unix(1, 0))
	return c.Redirect(http.StatusSeeOther, "/login")
}

// start leads to the page of one's role.
func (s *server) start(c echo.Context) error {
	u := viewer(c)
	if u == nil {
		return c.Redirect(http.StatusSeeOther, "/login") // which leads on to the set-up where nobody is here yet
	}
	if u.Role == lead.Marketing {
		return c.Redirect(http.StatusSeeOther, "/sla")
	}
	return c.Redirect(http.StatusSeeOther, "/board")
}

func (s *server) meCSS(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "private, no-store")
	var css []byte
	if u := viewer(c); u != nil {
		css = views.MeCSS(u.ID, string(u.Role), u.Teams)
	}
	return c.Blob(http.StatusOK, "text/css; charset=utf-8", css)
}
