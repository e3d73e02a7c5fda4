package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/static"
	"hotleads/views"
)

// statuses is the one table from errors to HTTP statuses.
var statuses = []struct {
	err    error
	status int
}{
	{errSignIn, http.StatusUnauthorized},
	{errKey, http.StatusUnauthorized},
	{errThrottled, http.StatusTooManyRequests},
	{errJSON, http.StatusBadRequest},
	{lead.ErrNotFound, http.StatusNotFound},
	{lead.ErrForbidden, http.StatusForbidden},
	{lead.ErrConflict, http.StatusConflict},
	{lead.ErrInvalid, http.StatusUnprocessableEntity},
	{lead.ErrUnavailable, http.StatusServiceUnavailable},
	{live.ErrTooMany, http.StatusTooManyRequests},
	{live.ErrClosed, http.StatusServiceUnavailable},
	{live.ErrKicked, http.StatusServiceUnavailable},
}

// statusOf is an error's status and what a person may read of it.
func statusOf(err error) (int, string) {
	var he *echo.HTTPError
	if errors.As(err, &he) {
		text, _ := he.Message.(string)
		return he.Code, text
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, "the request is too large"
	}
	for _, s := range statuses {
		if !errors.Is(err, s.err) {
			continue
		}
		var r *lead.Refusal
		if errors.As(err, &r) {
			return s.status, r.Text
		}
		if s.status == http.StatusServiceUnavailable {
			return s.status, "the database does not answer: try again in a moment"
		}
		return s.status, err.Error()
	}
	return http.StatusInternalServerError, "something went wrong here; it has been noted"
}

// fail answers an error: as problem+json, as words for a fragment, or as a page.
func (s *server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status, text := statusOf(err)
	h := c.Response().Header()
	if status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		if h.Get("Retry-After") == "" {
			h.Set("Retry-After", "2")
		}
	}
	h.Set("Cache-Control", "no-store")
	switch {
	case isAPI(c) || strings.HasPrefix(c.Request().URL.Path, "/v1/"):
		err = problem(c, status, text, err)
	case strings.HasPrefix(c.Request().URL.Path, "/live/"), fragment(c), c.Request().Method == http.MethodHead:
		err = c.String(status, text)
	case status == http.StatusUnauthorized && c.Request().Method == http.MethodGet:
		err = c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(c.Request().URL.RequestURI()))
	default:
		err = s.render(c, status, views.ErrorPage(s.page(c, ""), views.ErrorModel{Status: status, Text: sentence(text), Back: back(c)}))
	}
	if err != nil {
		s.Log.Error("an error could not be told", "error", err)
	}
}

// back is where a refused form came from, on this server.
func back(c echo.Context) string {
	u, err := url.Parse(c.Request().Referer())
	if err != nil || u.Host != c.Request().Host || u.Path == "" || u.Path == c.Request().URL.Path {
		return ""
	}
	return u.RequestURI()
}

// sentence makes a page's text of an error's.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// problemJSON is an RFC 9457 problem.
type problemJSON struct {
	Type   string    `json:"type"`
	Title  string    `json:"title"`
	Status int       `json:"status"`
	Detail string    `json:"detail,omitempty"`
	Field  string    `json:"field,omitempty"`
	Lead   *leadJSON `json:"lead,omitempty"`
}

func problem(c echo.Context, status int, text string, err error) error {
	p := problemJSON{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: text}
	var r *lead.Refusal
	if errors.As(err, &r) {
		p.Field = r.Field
	}
	var with *refusedLead
	if errors.As(err, &with) {
		p.Lead = &with.lead
	}
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if status == http.StatusUnauthorized {
		c.Response().Header().Set("WWW-Authenticate", "Bearer")
	}
	return c.Blob(status, "application/problem+json", b)
}

// render draws a page whole before the first byte is sent: an error is a clean
// 500, never half a page.
func (s *server) render(c echo.Context, status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(c.Request().Context(), &b); err != nil {
		return err
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.HTMLBlob(status, b.Bytes())
}

// page is the frame around a page for who asks.
func (s *server) page(c echo.Context, nav string) views.Page {
	p := views.Page{Nav: nav, Now: s.Now(), Asset: static.URL}
	if u := viewer(c); u != nil {
		p.Viewer = views.Viewer{ID: u.ID, Name: u.Name, Role: string(u.Role)}
	}
	if s.RedisPing != nil && p.Viewer.ID != "" && s.degraded(c.Request().Context()) {
		p.Problem = "Degraded: live ranking is away. Boards read the database; nothing is lost."
	}
	return p
}
