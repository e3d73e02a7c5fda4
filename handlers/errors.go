package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/static"
	"hotleads/views"
)

var (
	errSignIn    = errors.New("sign in first") // nobody has signed in, or the session ended
	errKey       = errors.New("an API key is needed: Authorization: Bearer API_KEY")
	errThrottled = errors.New("too many failed sign-ins: wait a few minutes and try again")
	errQuota     = errors.New("too many requests with this key: wait as Retry-After says")
	errGuessing  = errors.New("too many unknown keys from this address: wait as Retry-After says")
	errManyPages = errors.New("you have too many live pages open: close one")
	errManyWalls = errors.New("too many screens show this display's link: make a display for each")
	errManyHere  = errors.New("too many live pages are open from your address: close some, or have STREAMS_PER_ADDRESS raised")
	errForm      = errors.New("the form can't be read")
	errMedia     = errors.New("the body is no form: it wants application/x-www-form-urlencoded or multipart/form-data")
	errJSON      = errors.New("the body is not JSON")
	errRole      = &lead.Refusal{Kind: lead.ErrForbidden, Text: "this is not for your role"}
	errSetUp     = fmt.Errorf("%w: this installation is set up already: sign in", lead.ErrConflict)
)

const diskFull = "the database's disk is full: nothing can be stored until there is room; try again later"

// statuses is the one table from errors to HTTP statuses, with the words where
// the error's own are not for people.
var statuses = []struct {
	err    error
	status int
	text   string
}{
	{errSignIn, http.StatusUnauthorized, ""},
	{errKey, http.StatusUnauthorized, ""},
	{errThrottled, http.StatusTooManyRequests, ""},
	{errQuota, http.StatusTooManyRequests, ""},
	{errGuessing, http.StatusTooManyRequests, ""},
	{errForm, http.StatusBadRequest, ""},
	{errMedia, http.StatusUnsupportedMediaType, ""},
	{errJSON, http.StatusBadRequest, ""},
	{errSetUp, http.StatusConflict, "this installation is set up already: sign in"},
	{errRevoked, http.StatusNotFound, "this display link was revoked"},
	{errNoDisplay, http.StatusNotFound, "there is no display at this address"},
	{lead.ErrNotFound, http.StatusNotFound, ""},
	{lead.ErrForbidden, http.StatusForbidden, ""},
	{lead.ErrChanged, http.StatusPreconditionFailed, ""},
	{lead.ErrGone, http.StatusGone, ""},
	{lead.ErrConflict, http.StatusConflict, ""},
	{lead.ErrInvalid, http.StatusUnprocessableEntity, ""},
	{lead.ErrFull, http.StatusServiceUnavailable, diskFull},
	{lead.ErrUnavailable, http.StatusServiceUnavailable, "the database does not answer: try again in a moment"},
	{lead.ErrBusy, http.StatusTooManyRequests, "too much at once: try again in a moment"},
	{errManyPages, http.StatusTooManyRequests, ""},
	{errManyWalls, http.StatusTooManyRequests, ""},
	{errManyHere, http.StatusTooManyRequests, ""},
	{live.ErrGone, http.StatusNotFound, "there is nothing of this to be seen any more"},
	{live.ErrClosed, http.StatusServiceUnavailable, "the server is stopping: try again in a moment"},
	{live.ErrKicked, http.StatusServiceUnavailable, "the stream was ended: try again in a moment"},
	{echo.ErrNotFound, http.StatusNotFound, "there is nothing at this address"},
	{echo.ErrMethodNotAllowed, http.StatusMethodNotAllowed, "this address does not take that method"},
}

// refusalOrder is which of several refusals an answer's status is: what can't be
// seen, what isn't theirs to do, what can't be now, what is wrong with it. Any
// other status comes after these.
var refusalOrder = []int{http.StatusUnprocessableEntity, http.StatusConflict, http.StatusForbidden, http.StatusNotFound}

// goesFirst tells whether a refusal is told before another one.
func goesFirst(status, other int) bool {
	return slices.Index(refusalOrder, status) > slices.Index(refusalOrder, other)
}

// statusOf is an error's status and what a person may read of it.
func statusOf(err error) (int, string) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is over %d KiB", tooLarge.Limit>>10)
	}
	for _, s := range statuses {
		if !errors.Is(err, s.err) {
			continue
		}
		var r *lead.Refusal
		switch {
		case errors.As(err, &r):
			return s.status, r.Text
		case s.text != "":
			return s.status, s.text
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
	defer func() { // what failed may fail again while the page about it is drawn
		if p := recover(); p != nil && !c.Response().Committed {
			s.Log.ErrorContext(c.Request().Context(), "panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			_ = c.String(http.StatusInternalServerError, text)
		}
	}()
	h, r := c.Response().Header(), c.Request()
	if (status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests) && h.Get("Retry-After") == "" {
		h.Set("Retry-After", "2")
	}
	h.Set("Cache-Control", "no-store")
	looks := r.Method == http.MethodGet || r.Method == http.MethodHead
	switch root, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/"); {
	case root == "api", root == "v1":
		err = problem(c, status, text, err)
	case root == "live", fragment(c):
		err = c.String(status, text)
	case root == "tv":
		err = s.wallGone(c, status, text)
	case status == http.StatusUnauthorized && looks:
		err = c.Redirect(http.StatusSeeOther, "/login?next="+url.QueryEscape(r.URL.RequestURI()))
	default:
		err = s.render(c, status, views.ErrorPage(s.frame(c, ""), views.ErrorModel{Status: status, Text: sentence(text), Back: back(c), Reference: reference(c, status)}))
	}
	if err != nil {
		s.Log.ErrorContext(r.Context(), "an error could not be told", slog.Any("error", err))
	}
}

// back is where a refused form came from, on this server; "" for nowhere.
func back(c echo.Context) string {
	u, err := url.Parse(c.Request().Referer())
	if err != nil || u.Host != c.Request().Host || u.Path == c.Request().URL.Path {
		return ""
	}
	if to := ownPath(u.RequestURI()); to != "/" {
		return to
	}
	return ""
}

// sentence makes a page's text of an error's.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return ""
	}
	s = string(unicode.ToUpper(first)) + s[size:]
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

	Errors           lead.Faults `json:"errors,omitempty"` // of a document: everything that is wrong
	ViolatedPolicies []string    `json:"violated-policies,omitempty"`
	RequestID        string      `json:"request_id,omitempty"`
}

func problem(c echo.Context, status int, text string, err error) error {
	p := problemJSON{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: text, RequestID: requestID(c.Request().Context())}
	var r *lead.Refusal
	if errors.As(err, &r) {
		p.Field = r.Field
	}
	if errors.Is(err, errQuota) {
		p.Type, p.ViolatedPolicies = quotaExceeded, []string{policyName}
	}
	if errors.As(err, &p.Errors) {
		p.Detail = p.Errors.Brief()
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

// page is the frame around a page for who asks, with what they were told.
func (s *server) page(c echo.Context, nav string) views.Page {
	p := s.frame(c, nav)
	if p.Viewer.ID != "" {
		p.Bell = s.bell(c.Request().Context(), p.Viewer.ID)
	}
	return p
}

// frame is page without anything that is theirs: to tell of trouble, too.
func (s *server) frame(c echo.Context, nav string) views.Page {
	p := views.Page{Nav: nav, Now: s.Now(), Build: s.build(), Asset: static.URL}
	if u := viewer(c); u != nil {
		p.Viewer = views.Viewer{ID: u.ID, Name: u.Name, Role: string(u.Role), Away: len(u.TimesAway(p.Now)) > 0}
	}
	if p.Viewer.ID != "" {
		p.Problem = s.problem(c.Request().Context())
	}
	return p
}

// livePage is the frame around a page with a stream.
func (s *server) livePage(c echo.Context, nav, title string) (views.Page, error) {
	p, ctx := s.page(c, nav), c.Request().Context()
	p.Title, p.Live = title, true
	book, err := s.Store.Book(ctx)
	if err != nil {
		return p, err
	}
	if home, ok := homeTeam(book, *viewer(c)); ok {
		p.Waiting, err = s.waiting(ctx, home.ID)
	}
	return p, err
}
