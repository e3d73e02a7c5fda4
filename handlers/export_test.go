package handlers

import (
	"net/http"
	"slices"
	"strings"

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

// DeedSaid tells whether an act has words, and a group to narrow the trail to.
func DeedSaid(d lead.Deed) bool {
	return deeds[d] != "" && slices.ContainsFunc(deedGroups, func(g [2]string) bool { return strings.HasPrefix(string(d), g[0]) })
}
