package handlers

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/scoring"
	"hotleads/sla"
	"hotleads/static"
	"hotleads/views"
)

// onWall is how many leads a wall shows.
const onWall = 8

// wall is what everybody sees who looks at a team's board at one level of
// privacy. It remembers what was on the stage; one look at a time.
type wall struct {
	s       *server
	team    string // id
	privacy lead.Privacy
	stage   stage

	day   lead.Day
	dayAt time.Time
}

// topic is unlike any other audience's.
func (w *wall) topic() string { return "wall|" + w.team + "|" + string(w.privacy) }

// picture is a wall at one moment.
type picture struct {
	rows  []views.WallRow
	head  views.WallHead
	strip views.WallStrip
	state views.WallState
	fires []lead.Scored // on fire
	zone  *time.Location
}

// draw reads what the wall shows now.
func (w *wall) draw(ctx context.Context, sc scene) (picture, error) {
	team := sc.book.Team(w.team)
	if team == nil || !team.DisabledAt.IsZero() {
		return picture{}, lead.NotFound("the team of this display")
	}
	rows, err := w.s.Desk.Board(ctx, w.team, sc.now)
	if err != nil {
		return picture{}, err
	}
	stats, err := w.s.boardStats(ctx, *team, rows, sc)
	if err != nil {
		return picture{}, err
	}
	p := picture{zone: sc.zone(w.team)}
	if err := w.readDay(ctx, sc, p.zone); err != nil {
		return picture{}, err
	}
	for _, l := range rows {
		if l.Tier == scoring.Fire {
			p.fires = append(p.fires, l)
		}
		if l.Stage == lead.SAL {
			continue // between its rep and the managers
		}
		if len(p.rows) < onWall {
			p.rows = append(p.rows, w.row(sc, l))
		}
	}
	cal := sc.rules.CalendarOf(team)
	p.head = views.WallHead{Team: team.Name, Waiting: stats.Waiting, Closed: !cal.IsOpen(sc.now)}
	if opens, err := cal.NextOpening(sc.now); err == nil && p.head.Closed {
		p.head.Opens = opens.In(p.zone).Format("Mon 15:04")
	}
	p.strip = w.strip(sc, stats, p.zone)
	p.state = views.WallState{Closed: p.head.Closed, Shift: int(sc.now.Unix()/3600) % 9}
	return p, nil
}

// readDay reads the team's day anew every few seconds.
func (w *wall) readDay(ctx context.Context, sc scene, zone *time.Location) (err error) {
	if since := sc.now.Sub(w.dayAt); since >= 0 && since <= statsFor {
		return nil
	}
	if w.day, err = w.s.Store.Day(ctx, w.team, lead.Today(sc.now, zone), sc.now.Add(time.Second)); err == nil {
		w.dayAt = sc.now
	}
	return err
}

// row is a lead as its level lets it be shown. A rep's name never stands beside
// a breach.
func (w *wall) row(sc scene, l lead.Scored) views.WallRow {
	m := views.WallRow{
		ID: l.ID, Name: w.privacy.Name(&l.Lead), Company: w.privacy.Company(&l.Lead), Score: tenth(l.Score.Total),
		Tier: string(l.Tier), Stage: string(l.Stage), Version: l.Version, Clock: sc.stepOf(l),
	}
	if l.OwnerID != "" && m.Clock.State != string(sla.Breached) {
		m.Holder = lead.FirstName(sc.book.Name(l.OwnerID))
	}
	return m
}

// stepOf is the clock that the lead's stage waits for; zero where none runs.
func (sc scene) stepOf(l lead.Scored) (m views.Clock) {
	for _, c := range l.Clocks {
		if c.Kind == stepClock[l.Stage] && c.Running() {
			m = sc.clock(c, l.TeamID)
		}
	}
	return m
}

func (w *wall) strip(sc scene, stats views.StatsModel, zone *time.Location) views.WallStrip {
	m := views.WallStrip{FirstTouch: stats.FirstTouch, InTime: stats.InTime, HandedOver: w.day.HandedOver, Accepted: w.day.Accepted}
	if t, ok := w.day.Fastest(); ok {
		m.Fastest, m.FastestBy = shortSpan(t.Used), colleague(sc, t.OwnerID)
	}
	if t, ok := w.day.Last(); ok {
		m.LastClaim, m.LastClaimBy = t.At.In(zone).Format("15:04"), colleague(sc, t.OwnerID)
	}
	return m
}

// shortSpan is a stretch of time as people say it, to the second where it is
// under a minute: 48 s, 6 min, 1:05 h. No wall shows it as a time of day.
func shortSpan(d time.Duration) string {
	if d = d.Round(time.Second); d < time.Minute {
		return strconv.Itoa(int(d.Seconds())) + " s"
	}
	return views.Minutes(d)
}

// colleague is a rep as walls name them.
func colleague(sc scene, id string) string {
	if name := lead.FirstName(sc.book.Name(id)); name != "" {
		return name
	}
	return "Somebody"
}

// look is what the wall should show, and what takes the stage.
func (w *wall) look(ctx context.Context, _ time.Time) (live.Page, error) {
	sc, err := w.s.scene(ctx)
	if err != nil {
		return live.Page{}, err
	}
	p, err := w.draw(ctx, sc)
	if err != nil {
		return live.Page{}, err
	}
	moment, err := w.onStage(ctx, sc, p.fires)
	if err != nil {
		return live.Page{}, err
	}
	var page live.Page
	for _, m := range p.rows {
		page.Rows = append(page.Rows, live.Row{ID: m.ID, Rev: "wall|" + revOf(m), HTML: func() ([]byte, error) { return views.RenderWallRow(context.Background(), m) }})
	}
	page.Parts = []live.Part{
		wallPart("#tv-head", p.head, views.PartialWallHead),
		wallPart("#tv-strip", p.strip, views.PartialWallStrip),
		wallPart("#tv-state", p.state, views.PartialWallState),
		wallPart("#tv-moment", moment, views.PartialWallMoment),
	}
	return page, nil
}

func wallPart[T any](target string, m T, draw func(context.Context, T) ([]byte, error)) live.Part {
	return live.Part{Target: target, Rev: revOf(m), HTML: func() ([]byte, error) { return draw(context.Background(), m) }}
}

// onStage is what the wall's stage shows now.
func (w *wall) onStage(ctx context.Context, sc scene, fires []lead.Scored) (views.WallMoment, error) {
	at := w.stage.at(sc.now, fires, w.day.Wins)
	switch {
	case at.fire != nil:
		row := w.row(sc, *at.fire)
		return views.WallMoment{Kind: "fire", Name: row.Name, Company: row.Company, Score: row.Score, Clock: row.Clock}, nil
	case at.win != nil:
		cards, err := w.s.Store.Cards(ctx, []string{at.win.LeadID})
		if err != nil {
			return views.WallMoment{}, err
		}
		l := cards[at.win.LeadID].Lead
		m := views.WallMoment{Kind: "win", Name: w.privacy.Name(&l), Company: w.privacy.Company(&l)}
		if at.win.OwnerID != "" {
			m.By = lead.FirstName(sc.book.Name(at.win.OwnerID))
		}
		return m, nil
	}
	return views.WallMoment{}, nil
}

func (s *server) wallPage(c echo.Context) error {
	ctx := c.Request().Context()
	d, err := s.display(c)
	if err != nil {
		return err
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	w := &wall{s: s, team: d.TeamID, privacy: d.Privacy}
	p, err := w.draw(ctx, sc)
	if err != nil {
		return err
	}
	m := views.WallModel{
		LiveURL: "/live/tv/" + c.Param("token"), Light: c.QueryParam("light") != "", Zone: p.zone.String(), Time: sc.now.In(p.zone).Format("15:04"),
		Head: p.head, Strip: p.strip, State: p.state,
	}
	for _, row := range p.rows {
		html, err := views.RenderWallRow(ctx, row)
		if err != nil {
			return err
		}
		m.Rows = append(m.Rows, views.RenderedRow{ID: row.ID, HTML: html})
	}
	return s.render(c, http.StatusOK, views.WallPage(views.Page{Now: sc.now, Build: s.build(), Asset: static.URL}, m))
}

func (s *server) wallStream(c echo.Context) error {
	d, err := s.display(c)
	if err != nil {
		return err
	}
	w := &wall{s: s, team: d.TeamID, privacy: d.Privacy}
	s.namePage(c, "")
	return s.serve(c, live.View{
		Topic: w.topic(), Frames: wallFrames{},
		Concerns: func(n live.Notice) bool { return n.Team(d.TeamID) },
		Look:     w.look,
	}, live.Visitor{Name: displayWatcher(d), Limits: []live.Limit{{Of: displayLimit + d.ID, Most: displayStreams}}})
}

// wallFrames are a board's, whose rows are a wall's.
type wallFrames struct{ boardFrames }

// How soon a wall that has nothing to show looks again, in seconds.
const (
	againSoon  = "10" // the trouble is ours
	againLater = "60" // the link is
)

// wallGone says in large type why there is no board.
func (s *server) wallGone(c echo.Context, status int, text string) error {
	again, hint := againLater, "Ask an administrator for a new link."
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		again, hint = againSoon, "It tries again by itself."
	}
	c.Response().Header().Set("Refresh", again)
	return s.render(c, status, views.WallGone(views.Page{Asset: static.URL}, sentence(text), hint))
}
