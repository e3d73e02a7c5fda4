package handlers

import (
	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/static"
)

// routes is the table of what the server answers. Roles stand with the pages;
// which leads and teams a person sees is checked where they are read.
func (s *server) routes(e *echo.Echo) {
	all := s.allow(lead.Rep, lead.Manager, lead.Marketing, lead.Admin)
	movers := s.allow(lead.Rep, lead.Manager, lead.Marketing)
	watchers := s.allow(lead.Manager, lead.Marketing, lead.Admin)

	e.GET("/healthz", s.healthz)
	e.GET("/readyz", s.readyz)
	e.GET("/metrics", s.metricsPage)
	e.GET("/static/*", echo.WrapHandler(static.Handler()))
	e.HEAD("/static/*", echo.WrapHandler(static.Handler()))

	// Programs: a key lets in, never a cookie.
	in := &Intake{Taker: countedTaker{s.Desk, s.metrics}, Keys: s.intakeKeys(), Now: s.Now, Log: s.Log, BaseURL: s.BaseURL}
	e.POST("/v1/:call", in.Call)
	e.GET("/v1/projects/:key/settings", in.Settings)
	e.OPTIONS("/v1/*", in.Preflight)

	api := e.Group("/api/v1", bounded, s.apiKey)
	api.GET("/leads", s.apiLeads)
	api.GET("/leads/:id", s.apiLead)
	api.GET("/leads/:id/history", s.apiHistory)
	api.GET("/leads/:id/activities", s.apiActivities)
	api.POST("/leads/:id/:move", s.apiMove)
	api.GET("/board", s.apiBoard)
	api.POST("/sla/due", s.apiDue)
	api.POST("/sla/elapsed", s.apiElapsed)
	api.RouteNotFound("/*", notFound)

	// Streams: no time-out, no body, no write to the session.
	live := e.Group("/live", s.sameOrigin, s.identify, all)
	live.GET("/board/:team", s.boardStream)
	live.GET("/leads/:id", s.profileStream)
	live.GET("/sla", s.slaStream, watchers)

	page := e.Group("", bounded, s.sameOrigin, s.identify)
	page.GET("/", s.start)
	page.GET("/login", s.loginPage)
	page.POST("/login", s.login)
	page.POST("/logout", s.logout)
	page.GET("/setup", s.setupPage)
	page.POST("/setup", s.setup)
	page.GET("/me.css", s.meCSS)
	page.GET("/board", s.boardHome, all)
	page.GET("/board/:team", s.boardPage, all)
	page.GET("/leads", s.leadsPage, all)
	page.GET("/leads/:id", s.profilePage, all)
	page.POST("/leads/:id/:move", s.move, movers)
	page.GET("/sla", s.slaPage, watchers)
	page.RouteNotFound("/*", notFound)
}

func notFound(c echo.Context) error { return lead.NotFound("the page " + c.Request().URL.Path) }
