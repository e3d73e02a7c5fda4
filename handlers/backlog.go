package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/views"
)

// backlogPage shows a team's backlog, the viewer's first one's where none is named.
func (s *server) backlogPage(c echo.Context) error {
	return s.showBacklog(c, http.StatusOK, c.QueryParam("team"), views.BacklogModel{Confirm: c.QueryParam("confirm") == "all", Notice: s.released(c)})
}

// released tells what the form before did.
func (s *server) released(c echo.Context) string {
	n, err := strconv.Atoi(c.QueryParam("released"))
	switch {
	case err != nil || n < 0:
		return ""
	case n == 0:
		return "Nobody was released: those leads are no longer in this backlog, or are held back by now."
	}
	return views.Count(n, "lead is", "leads are") + " on the board now."
}

// showBacklog draws the page; m holds what is told beside the backlog itself.
func (s *server) showBacklog(c echo.Context, status int, slug string, m views.BacklogModel) error {
	ctx, u := c.Request().Context(), *viewer(c)
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	if m.LeadsFrame, err = s.leadsFrame(ctx, sc, u, "/leads/backlog"); err != nil {
		return err
	}
	teams := seenTeams(sc.book, u)
	if len(teams) == 0 && slug == "" {
		p := s.page(c, "leads")
		p.Title = "Backlog"
		return s.render(c, status, views.BacklogPage(p, m))
	}
	p, err := s.livePage(c, "leads", "Backlog")
	if err != nil {
		return err
	}
	team, err := s.backlogTeam(teams, u, slug)
	if err != nil {
		return err
	}
	m.At = sc.now
	m.Team, m.Slug, m.LiveURL, m.MayRelease = team.Name, team.Slug, "/live/backlog/"+team.Slug, u.Role == lead.Manager
	for _, t := range teams {
		m.Teams = append(m.Teams, views.TeamLink{Slug: t.Slug, Name: t.Name, Current: t.ID == team.ID})
	}
	list := leadList{leadFilter: leadFilter{Team: team.Slug}, search: lead.Search{Backlog: true, Team: team.ID}}
	if m.Count, err = s.Store.Count(ctx, list.search, countedBacklog); err != nil {
		return err
	}
	if list.search.After, err = readCursor[lead.SearchPoint](c.QueryParam("cursor")); err != nil {
		return err
	}
	cards, next, err := s.pageOf(ctx, list, leadsShown)
	if err != nil {
		return err
	}
	if next != nil {
		m.Paging.Next = list.url("/leads/backlog", writeCursor(*next))
	}
	if list.search.After != nil {
		m.First = list.url("/leads/backlog", "")
	}
	for _, card := range cards {
		m.Rows = append(m.Rows, sc.line(card))
	}
	if err := s.dripWords(ctx, sc, team, &m); err != nil {
		return err
	}
	return s.render(c, status, views.BacklogPage(p, m))
}

// countedBacklog is how far a backlog is counted.
const countedBacklog = 1_000_000

// backlogTeam is the team of a slug among those that somebody sees; "": their
// first one.
func (s *server) backlogTeam(teams []lead.Team, u lead.User, slug string) (lead.Team, error) {
	for _, t := range teams {
		if t.Slug == slug || (slug == "" && (len(u.Teams) == 0 || t.ID == u.Teams[0])) {
			return t, nil
		}
	}
	if slug == "" && len(teams) > 0 {
		return teams[0], nil
	}
	return lead.Team{}, lead.NotFound("the team " + slug)
}

// dripWords tell how the team's backlog goes to its board by itself.
func (s *server) dripWords(ctx context.Context, sc scene, team lead.Team, m *views.BacklogModel) error {
	drips, err := s.Store.Drips(ctx)
	if err != nil {
		return err
	}
	for _, d := range drips {
		if d.TeamID != team.ID {
			continue
		}
		m.Pending = d.Pending
		if d.PerRep == 0 {
			continue
		}
		zone, reps := sc.zone(team.ID), sc.book.RepsThere(team.ID, sc.now)
		m.Drip = fmt.Sprintf("Releases %d a rep each morning", d.PerRep)
		m.Next = d.NextAt.In(zone).Format("Mon 2 Jan, 15:04") + ": " + views.Count(min(m.Count, d.PerRep*reps), "lead", "leads")
		m.SetBy = sc.book.Name(d.SetBy) + ", " + d.SetAt.In(zone).Format("2 Jan")
		m.NoReps = reps == 0
		if m.PerRep == "" {
			m.PerRep = strconv.Itoa(d.PerRep)
		}
	}
	return nil
}

// recounted is how long a backlog's count is shown before it is read again: it
// may be a million leads.
const recounted = 2 * time.Second

// backlogStream is what is going on with a team's backlog.
func (s *server) backlogStream(c echo.Context) error {
	u := *viewer(c)
	team, err := s.team(c.Request().Context(), c.Param("team"), u)
	if err != nil {
		return err
	}
	may := u.Role == lead.Manager
	var count int
	var counted time.Time
	return s.stream(c, live.View{
		Topic: fmt.Sprintf("backlog|%s|%t", team.ID, may), Frames: partFrames{},
		Concerns: func(n live.Notice) bool { return n.Team(team.ID) },
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			sc, err := s.scene(ctx)
			if err != nil {
				return live.Page{}, err
			}
			if time.Since(counted) >= recounted {
				at := time.Now()
				if count, err = s.Store.Count(ctx, lead.Search{Backlog: true, Team: team.ID}, countedBacklog); err != nil {
					return live.Page{}, err
				}
				counted = at
			}
			m := views.BacklogModel{Team: team.Name, Slug: team.Slug, MayRelease: may, Count: count}
			if err := s.dripWords(ctx, sc, team, &m); err != nil {
				return live.Page{}, err
			}
			return live.Page{Parts: []live.Part{{Target: "#backlog-state", Rev: revOf(m), HTML: func() ([]byte, error) { return views.BacklogFrame(context.Background(), m) }}}}, nil
		},
	})
}

// backlog does what a manager asks for: release some, all, so many a rep a day,
// or stop.
func (s *server) backlog(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	book, err := s.Store.Book(ctx)
	if err != nil {
		return err
	}
	team, err := s.backlogTeam(seenTeams(book, u), u, plain(c.FormValue("team")))
	if err != nil {
		return err
	}
	back, by, now := "/leads/backlog?team="+url.QueryEscape(team.Slug), lead.Person(u, "page"), s.Now()
	perRep := plain(c.FormValue("per_rep"))
	switch what := c.FormValue("do"); what {
	case "some":
		var n int
		if n, err = s.Desk.Release(ctx, team.ID, c.Request().PostForm["lead"], by, now); err == nil {
			back += "&released=" + strconv.Itoa(n)
		}
	case "all":
		_, err = s.Desk.ReleaseAll(ctx, team.ID, by, now)
	case "drip":
		n, bad := strconv.Atoi(perRep)
		if bad != nil {
			n = 0 // refused in the desk's words
		}
		err = s.Desk.StartDrip(ctx, team.ID, n, by, now)
	case "stop":
		err = s.Desk.StopDrip(ctx, team.ID, by, now)
	default:
		err = lead.Invalid("do", "%q is nothing that can be done: some, all, drip or stop", what)
	}
	var refused *lead.Refusal
	switch {
	case err == nil:
		return c.Redirect(http.StatusSeeOther, back)
	case errors.As(err, &refused) && (errors.Is(err, lead.ErrInvalid) || errors.Is(err, lead.ErrConflict)):
		status, text := statusOf(err)
		m := views.BacklogModel{}
		if refused.Field == "per_rep" {
			m.PerRep, m.Error = perRep, sentence(text)
		} else {
			m.Notice = sentence(text)
		}
		return s.showBacklog(c, status, team.Slug, m)
	}
	return err
}
