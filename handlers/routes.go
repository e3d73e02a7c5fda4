package handlers

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/static"
)

// route is a line of the table: an address, what answers there and who may come.
// GET answers HEAD as well, but for streams, which have no end.
type route struct {
	method, path string
	handler      echo.HandlerFunc
	access       access
}

// table is what the server answers, and to whom. How who asks is known is
// decided before, by the path alone (doors).
func (s *server) table() []route {
	in := &Intake{Taker: countedTaker{s.Desk, s.metrics}, Keys: s.intakeKeys(), Now: s.Now, Log: s.Log, BaseURL: s.BaseURL, bodies: &s.calls}
	return []route{
		{"GET", "/healthz", s.healthz, public},
		{"GET", "/readyz", s.readyz, public},
		{"GET", "/metrics", s.metricsPage, public},
		{"GET", "/static/*", echo.WrapHandler(static.Handler()), public},

		{"POST", "/v1/:call", in.Call, tracking},
		{"GET", "/v1/projects/:key/settings", in.Settings, tracking},
		{"OPTIONS", "/v1/*", in.Preflight, public},

		{"GET", "/api/v1/leads", s.apiLeads, api},
		{"POST", "/api/v1/leads", s.apiAdd, api},
		{"GET", "/api/v1/leads/:id", s.apiLead, api},
		{"PATCH", "/api/v1/leads/:id", s.apiCorrect, api},
		{"GET", "/api/v1/leads/:id/history", s.apiHistory, api},
		{"GET", "/api/v1/leads/:id/activities", s.apiActivities, api},
		{"POST", "/api/v1/leads/:id/:move", s.apiMove, api},
		{"GET", "/api/v1/board", s.apiBoard, api},
		{"GET", "/api/v1/agreement", s.apiAgreement, api},
		{"PUT", "/api/v1/agreement", s.apiPutAgreement, api},
		{"GET", "/api/v1/agreement/draft", s.apiDraft, api},
		{"POST", "/api/v1/agreement/sign", s.apiSign, api},
		{"GET", "/api/v1/agreements", s.apiAgreements, api},
		{"GET", "/api/v1/agreements/:version", s.apiAgreementVersion, api},
		{"GET", "/api/v1/reports/sla", s.apiSLA, api},
		{"GET", "/api/v1/absences", s.apiAbsences, api},
		{"POST", "/api/v1/absences", s.apiAway, api},
		{"DELETE", "/api/v1/absences/:id", s.apiBack, api},
		{"GET", "/api/v1/holidays", s.apiHolidays, api},
		{"POST", "/api/v1/sla/due", s.apiDue, api},
		{"POST", "/api/v1/sla/elapsed", s.apiElapsed, api},

		{"GET", "/api/v1/openapi.json", s.apiDocument, public},
		{"GET", "/docs/api", s.apiDocs, public},

		{"GET", "/live/board/:team", s.boardStream, everybody},
		{"GET", "/live/leads/:id", s.profileStream, everybody},
		{"GET", "/live/imports/:id", s.importStream, importers},
		{"GET", "/live/backlog/:team", s.backlogStream, watchers},
		{"GET", "/live/sla", s.slaStream, watchers},
		{"GET", "/live/team", s.holdingsStream, managers},
		{"GET", "/live/notices", s.noticesStream, everybody},
		{"GET", "/live/tv/:token", s.wallStream, walls},

		{"GET", "/", s.start, public},
		{"GET", "/login", s.loginPage, public},
		{"POST", "/login", s.login, public},
		{"POST", "/logout", s.logout, public},
		{"GET", "/setup", s.setupPage, public},
		{"POST", "/setup", s.setup, public},
		{"GET", "/me.css", s.meCSS, public},
		{"GET", "/board", s.boardHome, everybody},
		{"GET", "/board/:team", s.boardPage, everybody},
		{"GET", "/leads", s.leadsPage, everybody},
		{"GET", "/leads/import", s.importsPage, importers},
		{"POST", "/leads/import", s.importUpload, importers},
		{"GET", "/leads/import/:id", s.importPage, importers},
		{"POST", "/leads/import/:id/preview", s.importPreview, importers},
		{"POST", "/leads/import/:id/map", s.importMap, importers},
		{"POST", "/leads/import/:id/start", s.importStart, importers},
		{"POST", "/leads/import/:id/cancel", s.importCancel, importers},
		{"GET", "/leads/import/:id/undo", s.importUndoPage, importers},
		{"POST", "/leads/import/:id/undo", s.importUndo, importers},
		{"POST", "/leads/import/:id/delete", s.importDelete, importers},
		{"GET", "/leads/import/:id/refused.csv", s.importRefused, importers},
		{"GET", "/leads.csv", s.leadsCSV, everybody},
		{"GET", "/leads/held", s.heldPage, everybody},
		{"GET", "/leads/open", s.openPage, everybody},
		{"GET", "/leads/duplicates", s.duplicatesPage, everybody},
		{"GET", "/leads/backlog", s.backlogPage, watchers},
		{"POST", "/leads/backlog", s.backlog, managers},
		{"GET", "/leads/new", s.newLeadPage, movers},
		{"POST", "/leads/new", s.newLead, movers},
		{"GET", "/leads/:id/correct", s.correctPage, movers},
		{"POST", "/leads/:id/correct", s.correct, movers},
		{"GET", "/leads/:id", s.profilePage, everybody},
		{"POST", "/leads/:id/:move", s.move, movers},
		{"GET", "/sla", s.slaPage, watchers},
		{"GET", "/sla.csv", s.slaCSV, watchers},
		{"GET", "/sla/clocks", s.slaClocksPage, watchers},
		{"GET", "/sla/clocks.csv", s.slaClocksCSV, watchers},
		{"GET", "/tv/:token", s.wallPage, walls},
		{"GET", "/settings/displays", s.displaysPage, admins},
		{"POST", "/settings/displays", s.addDisplay, admins},
		{"POST", "/settings/displays/:id", s.changeDisplay, admins},
		{"POST", "/settings/displays/:id/link", s.renewDisplay, admins},
		{"POST", "/settings/displays/:id/revoke", s.revokeDisplay, admins},
		{"GET", "/notices", s.noticesPage, everybody},
		{"POST", "/notices/read", s.readNotices, everybody},
		{"GET", "/team", s.holdingsPage, managers},
		{"POST", "/team/away", s.teamAway, managers},
		{"POST", "/team/move", s.teamMove, managers},
		{"GET", "/account/away", s.awayPage, oneself},
		{"POST", "/account/away", s.away, oneself},

		{"GET", "/account", s.accountPage, oneself},
		{"POST", "/account", s.changeName, oneself},
		{"POST", "/account/password", s.changePassword, oneself},
		{"POST", "/account/sessions", s.endOwnSessions, oneself},
		{"GET", "/invite/:token", s.invitePage, public},
		{"POST", "/invite/:token", s.join, public},
		{"GET", "/reset/:token", s.resetPage, public},
		{"POST", "/reset/:token", s.useReset, public},

		{"GET", "/settings", s.settingsHome, admins},
		{"GET", "/settings/people", s.peoplePage, admins},
		{"POST", "/settings/people", s.invite, admins},
		{"GET", "/settings/people/:id", s.personPage, admins},
		{"POST", "/settings/people/:id", s.changePerson, admins},
		{"POST", "/settings/people/:id/disable", s.disablePerson, admins},
		{"POST", "/settings/people/:id/enable", s.enablePerson, admins},
		{"POST", "/settings/people/:id/away", s.personBack, admins},
		{"POST", "/settings/people/:id/reset", s.resetLink, admins},
		{"POST", "/settings/people/:id/sessions", s.endPersonSessions, admins},
		{"POST", "/settings/invites/:id/renew", s.renewInvite, admins},
		{"POST", "/settings/invites/:id/withdraw", s.withdrawInvite, admins},
		{"GET", "/settings/teams", s.teamsPage, admins},
		{"POST", "/settings/teams", s.addTeam, admins},
		{"GET", "/settings/teams/:id", s.teamPage, admins},
		{"POST", "/settings/teams/:id", s.changeTeam, admins},
		{"POST", "/settings/teams/:id/disable", s.disableTeam, admins},
		{"POST", "/settings/teams/:id/enable", s.enableTeam, admins},
		{"GET", "/settings/keys", s.keysPage, admins},
		{"POST", "/settings/keys", s.addKey, admins},
		{"POST", "/settings/keys/:id/revoke", s.revokeKey, admins},
		{"GET", "/settings/lists", s.listsPage, admins},
		{"POST", "/settings/lists", s.addToList, admins},
		{"POST", "/settings/lists/remove", s.removeFromList, admins},
		{"GET", "/settings/company", s.companyPage, admins},
		{"POST", "/settings/company", s.nameCompany, admins},
		{"GET", "/settings/audit", s.auditPage, admins},
		{"GET", "/settings/audit.csv", s.auditCSV, admins},
	}
}

// routes makes the router know the table.
func (s *server) routes(e *echo.Echo) {
	for _, r := range s.table() {
		methods := []string{r.method}
		if r.method == http.MethodGet && !strings.HasPrefix(r.path, "/live/") {
			methods = append(methods, http.MethodHead)
		}
		e.Match(methods, r.path, permit(r.access, r.handler))
	}
}

// doors lets in who asks, as the path's kind wants it, before there is a route:
// so addresses and methods that are not there are refused in the same order.
// Programs bring a key and no cookie opens them anything; pages and streams know
// people by their session and refuse what another site makes a browser send.
func (s *server) doors(next echo.HandlerFunc) echo.HandlerFunc {
	api := s.bounded(s.apiKey(s.limited(s.counted(textual(next)))))
	stream := s.sameOrigin(byTurns(knocking, s.identify(s.fromDirectory), textual(next))) // no time-out, no form
	wall, wallStream := compressed(s.bounded(s.onWalls(next))), s.onWalls(next)
	page := compressed(s.bounded(s.sameOrigin(s.counted(s.form(s.identify(s.Store.User)(s.seen(textual(next))))))))
	return func(c echo.Context) error {
		if c.Request().URL.Path == documentPath {
			return s.bounded(next)(c)
		}
		if freight(c.Request()) {
			return stream(c)
		}
		switch root, _, _ := strings.Cut(strings.TrimPrefix(c.Request().URL.Path, "/"), "/"); root {
		case "api":
			return api(c)
		case "live":
			if strings.HasPrefix(c.Request().URL.Path, "/live/tv/") {
				return wallStream(c)
			}
			return stream(c)
		case "tv":
			return wall(c)
		case "v1", "static", "healthz", "readyz", "metrics":
			return next(c)
		}
		return page(c)
	}
}
