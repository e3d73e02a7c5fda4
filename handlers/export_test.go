package handlers

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"

	"github.com/alexedwards/scs/v2"
	"github.com/labstack/echo/v4"

	"hotleads/lead"
)

// Line is a line of the table of routes, for the test that walks it.
type Line struct {
	Method, Path, Door string
	Reach              map[lead.Role]string
}

// The reaches as a test names them.
var reaches = map[reach]string{none: "none", own: "own", all: "all", self: "self"}

// Lines are the table's.
func Lines() []Line {
	var lines []Line
	for _, r := range (&server{}).table() {
		l := Line{Method: r.method, Path: r.path, Door: string(r.access.door), Reach: map[lead.Role]string{}}
		for _, role := range []lead.Role{lead.Rep, lead.Manager, lead.Marketing, lead.Admin} {
			l.Reach[role] = reaches[r.access.of(role)]
		}
		lines = append(lines, l)
	}
	return lines
}

// Registered are the router's own routes, as "GET /path".
func Registered(h http.Handler) []string {
	var out []string
	for _, r := range h.(*echo.Echo).Routes() {
		if r.Method != http.MethodHead {
			out = append(out, r.Method+" "+r.Path)
		}
	}
	slices.Sort(out)
	return out
}

// SignIn begins a session of somebody, as their password would: to hash that takes
// longer than most of what a test does then.
func SignIn(c Config, u lead.User) ([]*http.Cookie, error) {
	s := &server{Config: c, sessions: scs.New()}
	s.Now = lead.Now
	s.sessions.Store, s.sessions.Lifetime = c.Sessions, lifetime
	r, w := httptest.NewRequest(http.MethodPost, "/login", nil), httptest.NewRecorder()
	r.RemoteAddr = "127.0.0.1:4711"
	r.Header.Set("User-Agent", "Go-http-client/1.1")
	err := s.startSession(echo.New().NewContext(r, w), u)
	return w.Result().Cookies(), err
}

// DeedSaid tells whether an act has words, and a group to narrow the trail to.
func DeedSaid(d lead.Deed) bool {
	return deeds[d] != "" && slices.ContainsFunc(deedGroups, func(g [2]string) bool { return strings.HasPrefix(string(d), g[0]) })
}
