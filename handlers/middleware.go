package handlers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"hotleads/lead"
	"hotleads/static"
)

// observe gives every request an id, counts it, and logs what failed.
func (s *server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		nameRequest(c)
		ctx := c.Request().Context()
		watched := strings.HasPrefix(c.Path(), "/live/")
		if !watched {
			s.metrics.inFlight.Inc()
			defer s.metrics.inFlight.Dec()
		}
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		status, took := c.Response().Status, time.Since(began)
		attrs := []slog.Attr{slog.String("method", c.Request().Method), slog.String("route", c.Path()), slog.Int("status", status)}
		if !watched { // how long a stream was watched says nothing
			s.metrics.request(c.Path(), c.Request().Method, status, took)
			attrs = append(attrs, slog.Duration("took", took))
		}
		if status >= 500 && err != nil && ctx.Err() == nil { // else nothing failed here: the browser left, or the answer is a finding
			s.Log.LogAttrs(ctx, slog.LevelError, "request failed", append(attrs, slog.Any("error", err))...)
			return nil
		}
		if status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests {
			s.Log.LogAttrs(ctx, slog.LevelInfo, "refused", append(attrs, s.whoAsked(c)...)...)
			return nil
		}
		s.Log.LogAttrs(ctx, slog.LevelDebug, "request", attrs...)
		return nil
	}
}

// whoAsked is what a log tells of who was refused: an address, and the id of the
// person or key where they are known. Never what they said.
func (s *server) whoAsked(c echo.Context) []slog.Attr {
	attrs := []slog.Attr{slog.String("from", c.RealIP())}
	if u := viewer(c); u != nil {
		attrs = append(attrs, slog.String("user", u.ID))
	}
	if k, ok := c.Get("key").(lead.Key); ok {
		attrs = append(attrs, slog.String("key", k.ID))
	}
	return attrs
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
				s.metrics.panics.Inc()
				s.Log.ErrorContext(c.Request().Context(), "panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
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

const (
	longest  = 20 * time.Second // that a page or an API call may take
	maxBody  = 1 << 20          // bytes
	maxParts = 256 << 10        // bytes of a multipart form kept in memory; files come by another door (freight)
)

// bounded ends what a page or an API call may take.
func (s *server) bounded(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		ctx, cancel := context.WithTimeout(r.Context(), longest)
		defer cancel()
		r.Body = http.MaxBytesReader(c.Response(), r.Body, maxBody)
		c.SetRequest(r.WithContext(ctx))
		defer c.SetRequest(r) // an error is told after the time is over
		return next(c)
	}
}

// forms are what browsers send forms as.
var forms = []string{echo.MIMEApplicationForm, echo.MIMEMultipartForm}

// form reads the form of a POST, so that one that is too large or broken is
// refused as such, not as one whose fields are missing.
func (s *server) form(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Method != http.MethodPost {
			return next(c)
		}
		if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.ContentLength != 0 && (err != nil || !slices.Contains(forms, kind)) {
			return errMedia // its fields would be taken for missing
		}
		err := r.ParseForm()
		if err == nil {
			if err = r.ParseMultipartForm(maxParts); errors.Is(err, http.ErrNotMultipart) {
				err = nil
			}
		}
		var tooLarge *http.MaxBytesError
		if err != nil && !errors.As(err, &tooLarge) && !errors.Is(err, lead.ErrBusy) {
			err = fmt.Errorf("%w: %w", errForm, err)
		}
		if err != nil {
			return err
		}
		return next(c)
	}
}

// textual refuses addresses that no text names: NUL and broken UTF-8, which
// stores refuse in ways of their own.
func textual(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u := c.Request().URL
		if plain(u.Path) != strings.TrimSpace(u.Path) {
			return echo.ErrNotFound
		}
		for name, values := range u.Query() {
			for _, v := range values {
				if plain(v) != strings.TrimSpace(v) {
					return lead.Invalid(name, "the query holds what is no text")
				}
			}
		}
		return next(c)
	}
}

// identify reads who asks from the session, without writing it, and the person by a
// function of their id.
func (s *server) identify(person func(context.Context, string) (lead.User, error)) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			u, err := s.signedIn(c, person)
			if err != nil {
				return err
			}
			if u != nil {
				c.Set("viewer", u)
			}
			return next(c)
		}
	}
}

// viewer is the person who asks; nil where nobody has signed in.
func viewer(c echo.Context) *lead.User {
	u, _ := c.Get("viewer").(*lead.User)
	return u
}

// fragment tells whether htmx asks: it wants partials, not a page.
func fragment(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }

// compressed sends pages compressed: a board of 200 leads is half a megabyte of text. No
// page holds a secret beside what its visitor sends, so its length tells nothing.
var compressed = middleware.GzipWithConfig(middleware.GzipConfig{
	Level: 5, MinLength: 1400,
	Skipper: func(c echo.Context) bool { return !static.AcceptsGzip(c.Request().Header.Get("Accept-Encoding")) },
})
