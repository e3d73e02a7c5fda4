package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/static"
)

// routes is the table of what the server answers. Roles stand with the pages;
// which leads and teams a person sees is checked where they are read. How who
// asks is known is decided before, by the path alone (doors).
func (s *server) routes(e *echo.Echo) {
	all := s.allow(lead.Rep, lead.Manager, lead.Marketing, lead.Admin)
	movers := s.allow(lead.Rep, lead.Manager, lead.Marketing)
	watchers := s.allow(lead.Manager, lead.Marketing, lead.Admin)
	get := func(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) {
		e.Match([]string{http.MethodGet, http.MethodHead}, path, h, m...)
	}

	get("/healthz", s.healthz)
	get("/readyz", s.readyz)
	get("/metrics", s.metricsPage)
	get("/static/*", echo.WrapHandler(static.Handler()))

	in := &Intake{Taker: countedTaker{s.Desk, s.metrics}, Keys: s.intakeKeys(), Now: s.Now, Log: s.Log, BaseURL: s.BaseURL}
	e.POST("/v1/:call", in.Call)
	e.GET("/v1/projects/:key/settings", in.Settings)
	e.OPTIONS("/v1/*", in.Preflight)

	get("/api/v1/leads", s.apiLeads)
	get("/api/v1/leads/:id", s.apiLead)
	get("/api/v1/leads/:id/history", s.apiHistory)
	get("/api/v1/leads/:id/activities", s.apiActivities)
	e.POST("/api/v1/leads/:id/:move", s.apiMove)
	get("/api/v1/board", s.apiBoard)
	e.POST("/api/v1/sla/due", s.apiDue)
	e.POST("/api/v1/sla/elapsed", s.apiElapsed)

	e.GET("/live/board/:team", s.boardStream, all)
	e.GET("/live/leads/:id", s.profileStream, all)
	e.GET("/live/sla", s.slaStream, watchers)

	get("/", s.start)
	get("/login", s.loginPage)
	e.POST("/login", s.login)
	e.POST("/logout", s.logout)
	get("/setup", s.setupPage)
	e.POST("/setup", s.setup)
	get("/me.css", s.meCSS)
	get("/board", s.boardHome, all)
	get("/board/:team", s.boardPage, all)
	get("/leads", s.leadsPage, all)
	get("/leads/:id", s.profilePage, all)
	e.POST("/leads/:id/:move", s.move, movers)
	get("/sla", s.slaPage, watchers)
}

// doors lets in who asks, as the path's kind wants it, before there is a route:
// so addresses and methods that are not there are refused in the same order.
// Programs bring a key and no cookie opens them anything; pages and streams know
// people by their session and refuse what another site makes a browser send.
func (s *server) doors(next echo.HandlerFunc) echo.HandlerFunc {
	api := s.bounded(s.apiKey(textual(next)))
	stream := s.sameOrigin(s.identify(textual(next))) // no time-out and no body
	page := compressed(s.bounded(s.sameOrigin(s.form(s.identify(textual(next))))))
	return func(c echo.Context) error {
		switch root, _, _ := strings.Cut(strings.TrimPrefix(c.Request().URL.Path, "/"), "/"); root {
		case "api":
			return api(c)
		case "live":
			return stream(c)
		case "v1", "static", "healthz", "readyz", "metrics":
			return next(c)
		}
		return page(c)
	}
}
