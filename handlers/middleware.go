package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// csp lets a page load and send only from and to this server; no inline script
// or style, no frame around it.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"

// harden sets the headers that every answer carries.
func (s *server) harden(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
		if s.https(c.Request()) {
			h.Set("Strict-Transport-Security", "max-age=63072000")
		}
		return next(c)
	}
}

// observe gives every request an id, counts it, and logs what failed.
func (s *server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		id := uuid.NewString()
		c.Response().Header().Set("X-Request-Id", id)
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		status := c.Response().Status
		s.metrics.request(c.Path(), c.Request().Method, status, time.Since(began))
		if status >= 500 {
			s.Log.Error("request failed", slog.String("request_id", id), slog.String("route", c.Path()), slog.Int("status", status), slog.Any("error", err))
		} else {
			s.Log.Debug("request", slog.String("request_id", id), slog.String("method", c.Request().Method), slog.String("route", c.Path()), slog.Int("status", status), slog.Duration("took", time.Since(began)))
		}
		return nil
	}
}

// recover turns a panic into an error, so that one request fails alone.
func (s *server) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				s.Log.Error("panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		return next(c)
	}
}

// sameOrigin refuses what another site makes a browser send.
func (s *server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := s.guard.Check(c.Request()); err != nil {
			return &lead.Refusal{Kind: lead.ErrForbidden, Text: "another site sent this request: open the page here and try again"}
		}
		return next(c)
	}
}

// bounded ends what a page or API call may take.
func bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
		defer cancel()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, 1<<20)
		c.SetRequest(r.WithContext(ctx))
		return next(c)
	}
}

const (
	plainCookie  = "hotleads"
	secureCookie = "__Host-hotleads"
)

// viewer is the person who asks; nil where nobody has signed in.
func viewer(c echo.Context) *lead.User {
	u, _ := c.Get("viewer").(*lead.User)
	return u
}

// identify reads who asks from the session, without writing it.
func (s *server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u, err := s.signedIn(c)
		if err != nil {
			return err
		}
		if u != nil {
			c.Set("viewer", u)
		}
		return next(c)
	}
}

func (s *server) signedIn(c echo.Context) (*lead.User, error) {
	r := c.Request()
	name := plainCookie
	if s.https(r) {
		name = secureCookie
	}
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" {
		return nil, nil
	}
	ctx, err := s.sessions.Load(r.Context(), cookie.Value)
	if err != nil {
		return nil, err
	}
	id := s.sessions.GetString(ctx, "user")
	if id == "" {
		return nil, nil
	}
	u, err := s.Store.User(r.Context(), id)
	if errors.Is(err, lead.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !u.Active() || s.sessions.GetString(ctx, "stamp") != stamp(u) {
		return nil, nil
	}
	return &u, nil
}

// allow lets only people of these roles in; strangers go to the sign-in page.
func (s *server) allow(roles ...lead.Role) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			u := viewer(c)
			if u == nil {
				return errSignIn
			}
			for _, r := range roles {
				if u.Role == r {
					return next(c)
				}
			}
			return &lead.Refusal{Kind: lead.ErrForbidden, Text: "this page is not for your role"}
		}
	}
}

// errSignIn: nobody has signed in, or the session ended.
var errSignIn = errors.New("sign in first")

func ipNet(p netip.Prefix) *net.IPNet {
	bits := 32
	if p.Addr().Is6() {
		bits = 128
	}
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), bits)}
}

// fragment tells whether htmx asks: it wants partials, not a page.
func fragment(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }

func isAPI(c echo.Context) bool { return strings.HasPrefix(c.Request().URL.Path, "/api/") }
