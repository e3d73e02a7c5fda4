package handlers

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/views"
)

// boardHome leads to one's first team's board, marketing's to the default team's.
func (s *server) boardHome(c echo.Context) error {
	book, err := s.Store.Book(c.Request().Context())
	if err != nil {
		return err
	}
	u := viewer(c)
	to, ok := homeTeam(book, *u)
	if !ok {
		text := "You are in no team yet. Ask an administrator to add you to one."
		if len(book.Teams) == 0 {
			text = "There is no team yet. An administrator makes the first with: hotleads team add --name EMEA"
		}
		return s.render(c, http.StatusOK, views.ErrorPage(s.page(c, "board"), views.ErrorModel{Status: http.StatusOK, Title: "No board yet", Text: text}))
	}
	path := "/board/" + to.Slug
	if q := c.QueryString(); q != "" {
		path += "?" + q
	}
	return c.Redirect(http.StatusSeeOther, path)
}

// seenTeams are the teams whose boards the person may look at.
func seenTeams(book *lead.Book, u lead.User) []lead.Team {
	return slices.DeleteFunc(slices.Clone(book.Teams), func(t lead.Team) bool { return !u.Sees(t.ID) || !t.DisabledAt.IsZero() })
}

// team finds the team of a slug that the viewer may see.
func (s *server) team(ctx context.Context, slug string, u lead.User) (lead.Team, error) {
	book, err := s.Store.Book(ctx)
	if err != nil {
		return lead.Team{}, err
	}
	for _, t := range seenTeams(book, u) {
		if t.Slug == slug {
			return t, nil
		}
	}
	return lead.Team{}, lead.NotFound("the team " + slug)
}

func (s *server) boardPage(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	team, err := s.team(ctx, c.Param("team"), u)
	if err != nil {
		return err
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	a := audienceOf(team.ID, u, mine(c))
	rows, err := s.Desk.Board(ctx, team.ID, sc.now)
	if err != nil {
		return err
	}
	stats, err := s.boardStats(ctx, team, rows, sc)
	if err != nil {
		return err
	}
	looks := u.Role == lead.Marketing || u.Role == lead.Admin
	m := views.BoardModel{
		Team: team.Name, Slug: team.Slug, LiveURL: liveURL(team.Slug, a.mine), Mine: a.mine, LooksOnly: looks,
		FirstTime: looks, MakesKeys: viewer(c).Role == lead.Admin, BaseURL: s.base(c.Request()), Stats: stats, Reasons: sc.reasons(team.ID),
	}
	for _, l := range rows {
		if l.OwnerID == u.ID {
			m.Stats.Mine++
		}
		if mayUndo(l, u, sc.now) {
			m.Undo = undoOf(l)
		}
		if !a.shows(l) {
			continue
		}
		html, err := views.RenderRow(ctx, sc.row(l))
		if err != nil {
			return err
		}
		m.Rows = append(m.Rows, views.RenderedRow{ID: l.ID, HTML: html})
	}
	for _, t := range seenTeams(sc.book, u) {
		m.Teams = append(m.Teams, views.TeamLink{Slug: t.Slug, Name: t.Name, Current: t.ID == team.ID})
	}
	p := s.page(c, "board")
	if a.mine {
		p.Nav = "mine"
	}
	p.Title, p.Live = team.Name, true
	home, _ := homeTeam(sc.book, u)
	if p.Waiting, err = s.waitingBeside(ctx, home.ID, team.ID, stats.Waiting); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, views.BoardPage(p, m))
}

func liveURL(slug string, mine bool) string {
	if mine {
		return "/live/board/" + slug + "?mine=1"
	}
	return "/live/board/" + slug
}

// mine tells whether only one's own leads are asked for.
func mine(c echo.Context) bool { return c.QueryParam("mine") == "1" }

// audience is what somebody sees of a team's board. Everybody sees what waits and
// what is claimed; accepted and untouched leads only their owner and managers.
type audience struct {
	team     string
	owner    string // whose accepted leads are shown; "": nobody's
	accepted bool   // everybody's accepted leads are shown
	mine     bool   // nothing but the owner's leads is shown
}

func audienceOf(team string, u lead.User, mine bool) audience {
	switch {
	case mine:
		return audience{team: team, owner: u.ID, mine: true}
	case u.Role == lead.Manager:
		return audience{team: team, accepted: true}
	}
	return audience{team: team, owner: u.ID}
}

// topic names what many watch together. They share one view and its frames,
// however many they are: what only one of them may see is for that one alone
// ([audience.watched]).
func (a audience) topic() string {
	switch {
	case a.mine:
		return "board|" + a.team + "|mine"
	case a.accepted:
		return "board|" + a.team + "|managers"
	}
	return "board|" + a.team
}

// watched tells whether a lead is in the view of the audience's topic, and for
// whom alone; "" is for everybody there.
func (a audience) watched(l lead.Scored) (only string, is bool) {
	if a.mine || !a.accepted && l.Stage == lead.SAL {
		return l.OwnerID, l.OwnerID != ""
	}
	return "", true
}

func (a audience) shows(l lead.Scored) bool {
	own := a.owner != "" && l.OwnerID == a.owner
	return own || !a.mine && (a.accepted || l.Stage != lead.SAL)
}

func (s *server) boardStream(c echo.Context) error {
	u := *viewer(c)
	team, err := s.team(c.Request().Context(), c.Param("team"), u)
	if err != nil {
		return err
	}
	book, err := s.Store.Book(c.Request().Context())
	if err != nil {
		return err
	}
	home, _ := homeTeam(book, u)
	a := audienceOf(team.ID, u, mine(c))
	topic := a.topic()
	if home.ID != team.ID {
		topic += countedAt(home.ID)
	}
	return s.streamTo(c, live.View{
		Topic: topic, Frames: boardFrames{},
		Concerns: func(n live.Notice) bool { return n.Team(team.ID) },
		Look:     func(ctx context.Context, _ time.Time) (live.Page, error) { return s.lookBoard(ctx, team, a, home.ID) },
	}, book)
}

// rowAudience begins the revs of rows whose bytes are for people who sign in.
const rowAudience = "people|"

// lookBoard is what those should see now who watch an audience's topic and come to
// the board of a home team.
func (s *server) lookBoard(ctx context.Context, team lead.Team, a audience, home string) (live.Page, error) {
	sc, err := s.scene(ctx)
	if err != nil {
		return live.Page{}, err
	}
	rows, err := s.Desk.Board(ctx, team.ID, sc.now)
	if err != nil {
		return live.Page{}, err
	}
	stats, err := s.boardStats(ctx, team, rows, sc)
	if err != nil {
		return live.Page{}, err
	}
	stats.Mine = views.ByViewer
	waiting, err := s.waitingBeside(ctx, home, team.ID, stats.Waiting)
	if err != nil {
		return live.Page{}, err
	}
	var page live.Page
	for _, l := range rows {
		only, is := a.watched(l)
		if !is {
			continue
		}
		m := sc.row(l)
		page.Rows = append(page.Rows, live.Row{ID: m.ID, Rev: rowAudience + revOf(m), For: only, HTML: func() ([]byte, error) { return views.RenderRow(context.Background(), m) }})
	}
	page.Parts = []live.Part{
		{Target: "#board-stats", Rev: revOf(stats), HTML: func() ([]byte, error) { return views.PartialStats(context.Background(), stats) }},
		waitingPart(waiting),
	}
	return page, nil
}

// boardFrames writes a board's frames.
type boardFrames struct{}

func (boardFrames) Row(id string, html []byte) []byte { return views.PartialRow(id, html) }
func (boardFrames) New(html []byte) []byte            { return views.PartialNew(html) }
func (boardFrames) Gone(id string) []byte             { return views.PartialGone(id) }
func (boardFrames) Order(ids []string) []byte         { return views.PartialOrder(ids) }
func (boardFrames) Part(_ string, html []byte) []byte { return html }
func (boardFrames) Age(asOf time.Time) []byte         { return views.PartialAge(asOf) }
func (boardFrames) Around(ids []string) (before, behind []byte) {
	return views.SnapshotAround(ids)
}

// partFrames writes the frames of pages without a list of leads.
type partFrames struct{ boardFrames }

func (partFrames) Around([]string) (before, behind []byte) { return nil, nil }
