package handlers

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/views"
)

// Trail reads the audit trail.
type Trail interface {
	Acts(ctx context.Context, q lead.ActSearch) ([]lead.Act, error)
}

const actsShown = 50

// deeds are the administrative acts in words. One that is not here is shown as
// it is kept.
var deeds = map[lead.Deed]string{
	lead.CompanySetUp: "Set up the installation", lead.CompanyNamed: "Renamed the company",
	lead.PersonAdded: "Added a person", lead.PersonInvited: "Invited a person", lead.InviteRenewed: "Made an invite anew", lead.InviteWithdrawn: "Withdrew an invite",
	lead.PersonChanged: "Changed a person", lead.PersonDisabled: "Disabled a person", lead.PersonEnabled: "Enabled a person", lead.PasswordSet: "Set a password",
	lead.ResetLinkMade: "Made a reset link", lead.SessionEnded: "Ended sessions", lead.PersonAway: "Noted somebody away", lead.PersonBack: "Noted somebody back",
	lead.LeaveNoted: "Planned somebody’s time away", lead.LeaveEnded: "Took back somebody’s time away",
	lead.TeamAdded: "Added a team", lead.TeamChanged: "Changed a team", lead.TeamDisabled: "Disabled a team", lead.TeamEnabled: "Enabled a team",
	lead.KeyAdded: "Made a key", lead.KeyRevoked: "Revoked a key", lead.ListAdded: "Added to a list", lead.ListRemoved: "Took off a list",
	lead.DisplayAdded: "Added a display", lead.DisplayChanged: "Changed a display", lead.DisplayLinked: "Made a display’s link", lead.DisplayRevoked: "Revoked a display",
	lead.AgreementDrafted: "Drafted an agreement", lead.AgreementSigned: "Signed an agreement", lead.AgreementActivated: "Put an agreement in force",
	lead.ImportStarted: "Started an import", lead.ImportStopped: "Cancelled an import", lead.ImportUndoBegun: "Undid an import", lead.ImportFileGone: "Deleted an import’s file",
	lead.BacklogReleased: "Released a backlog", lead.DripSet: "Set how a backlog goes to its board", lead.DripStopped: "Stopped a backlog from going to its board by itself",
}

// deedGroups are what the trail is narrowed to.
var deedGroups = [][2]string{
	{"person.", "People"}, {"team.", "Teams"}, {"key.", "Keys"}, {"display.", "Displays"}, {"list.", "Lists"}, {"agreement.", "Agreement"},
	{"company.", "Company"}, {"import.", "Imports"}, {"backlog.", "Backlog"},
}

func deedWords(d lead.Deed) string {
	if w, ok := deeds[d]; ok {
		return w
	}
	return string(d)
}

// actSearch is what the page's filter asks for; unknown kinds narrow to nothing
// that there is.
func actSearch(c echo.Context) lead.ActSearch {
	q := lead.ActSearch{Actor: plain(c.QueryParam("who")), What: plain(c.QueryParam("what")), Limit: actsShown + 1}
	if q.Actor == string(lead.ByOperator) {
		q.Actor, q.Kind = "", lead.ByOperator
	}
	return q
}

func (s *server) auditPage(c echo.Context) error {
	ctx, q := c.Request().Context(), actSearch(c)
	var err error
	if q.Before, err = readCursor[lead.ActPoint](c.QueryParam("cursor")); err != nil {
		return err
	}
	acts, err := s.Store.Acts(ctx, q)
	if err != nil {
		return err
	}
	names, err := s.actNames(ctx)
	if err != nil {
		return err
	}
	who, what := c.QueryParam("who"), c.QueryParam("what")
	link := func(path, cursor string) string {
		v := url.Values{}
		for k, x := range map[string]string{"who": who, "what": what, "cursor": cursor} {
			if x != "" {
				v.Set(k, x)
			}
		}
		if len(v) == 0 {
			return path
		}
		return path + "?" + v.Encode()
	}
	m := views.AuditModel{CSVURL: link("/settings/audit.csv", ""), Narrowed: who+what != ""}
	if len(acts) > actsShown {
		acts = acts[:actsShown]
		last := acts[actsShown-1]
		m.NextURL = link("/settings/audit", writeCursor(lead.ActPoint{At: last.At, ID: last.ID}))
	}
	if q.Before != nil {
		m.FirstURL = link("/settings/audit", "")
	}
	for _, a := range acts {
		m.Acts = append(m.Acts, names.line(a))
	}
	m.Who = append(m.Who, views.Choice{Value: string(lead.ByOperator), Text: "The command line", Chosen: who == string(lead.ByOperator)})
	for _, u := range names.people {
		m.Who = append(m.Who, views.Choice{Value: u.ID, Text: u.Name, Chosen: who == u.ID})
	}
	for _, g := range deedGroups {
		m.Kinds = append(m.Kinds, views.Choice{Value: g[0], Text: g[1], Chosen: what == g[0]})
	}
	return s.render(c, http.StatusOK, views.AuditPage(s.settings(c, "Audit trail"), m))
}

// actNames tells who and what the ids of acts are.
type actNames struct {
	people []lead.User // by name
	byID   map[string]string
}

func (s *server) actNames(ctx context.Context) (actNames, error) {
	n := actNames{byID: map[string]string{}}
	users, err := s.Store.Users(ctx)
	if err != nil {
		return n, err
	}
	book, err := s.Store.Book(ctx)
	if err != nil {
		return n, err
	}
	keys, err := s.Store.Keys(ctx)
	if err != nil {
		return n, err
	}
	for _, u := range users {
		n.byID[u.ID] = u.Name
	}
	for _, t := range book.Teams {
		n.byID[t.ID] = t.Name
	}
	for _, k := range keys {
		n.byID[k.ID] = k.Name
	}
	slices.SortFunc(users, func(a, b lead.User) int { return strings.Compare(a.Name, b.Name) })
	n.people = users
	return n, nil
}

func (n actNames) line(a lead.Act) views.ActLine {
	line := views.ActLine{At: a.At, What: deedWords(a.What), To: n.byID[a.Subject], Detail: a.Detail, Via: "on a page"}
	if line.To != "" { // who is named once is named enough
		line.Detail = strings.TrimSpace(strings.TrimPrefix(strings.TrimSuffix(a.Detail, line.To), line.To))
	}
	switch a.Actor.Kind {
	case lead.ByOperator:
		line.Who, line.Via = "The command line", ""
	case lead.BySystem:
		line.Who, line.Via = "The product itself", ""
	default:
		if line.Who = n.byID[a.Actor.ID]; line.Who == "" {
			line.Who = "Somebody"
		}
		switch a.Actor.Via {
		case "page":
		case "invite":
			line.Via = "by an invite"
		case "reset link":
			line.Via = "by a reset link"
		case "":
			line.Via = ""
		default:
			line.Via = "by " + a.Actor.Via
		}
	}
	return line
}

// auditCSV is the trail as a file, the newest first, a step at a time: however
// long it is, all of it.
func (s *server) auditCSV(c echo.Context) error {
	ctx, q := c.Request().Context(), actSearch(c)
	names, err := s.actNames(ctx)
	if err != nil {
		return err
	}
	q.Limit = csvStep
	acts, err := s.Store.Acts(ctx, q)
	if err != nil {
		return err
	}
	f := csvTo(c, "audit-trail.csv", []string{"when", "who", "via", "act", "kind", "to", "id", "detail"})
	if f == nil {
		return nil
	}
	for {
		for _, a := range acts {
			l := names.line(a)
			f.line([]string{csvTime(a.At), l.Who, l.Via, l.What, string(a.What), l.To, a.Subject, l.Detail})
		}
		if f.flush() != nil || len(acts) < csvStep {
			return nil
		}
		last := acts[len(acts)-1]
		q.Before = &lead.ActPoint{At: last.At, ID: last.ID}
		if acts, err = s.Store.Acts(ctx, q); err != nil {
			cutShort()
		}
	}
}
