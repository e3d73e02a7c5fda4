package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/views"
)

func (s *server) profilePage(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	ref, err := leadRef(c)
	if err != nil {
		return err
	}
	l, err := s.Desk.Find(ctx, ref, &u, s.Now())
	if err != nil {
		return err
	}
	if l.ID != ref { // merged, or named by what may lead elsewhere one day
		return c.Redirect(http.StatusSeeOther, "/leads/"+url.PathEscape(l.ID))
	}
	return s.profileAnswer(c, u, http.StatusOK, l, nil, "")
}

// profileAnswer is a lead's page, or its live parts for a click made there.
func (s *server) profileAnswer(c echo.Context, u lead.User, status int, l lead.Scored, undo *views.UndoModel, message string) error {
	ctx := c.Request().Context()
	before, err := pageOfTimeline(c)
	if err != nil {
		return err
	}
	sc, err := s.scene(ctx)
	if err != nil {
		return err
	}
	m, err := s.profile(ctx, sc, l, u.TeamsSeen(), before)
	if err != nil {
		return err
	}
	m.Message, m.Undo = message, undo
	if undo == nil && mayUndo(l, u, s.Now()) {
		m.Undo = undoOf(l)
	}
	if status == http.StatusUnprocessableEntity && (c.Param("move") == string(lead.Return) || c.Param("move") == string(lead.Touch)) {
		m.Ask = c.Param("move")
	}
	if fragment(c) && onProfile(c) {
		html, err := views.ProfileFrame(ctx, m)
		if err != nil {
			return err
		}
		if message != "" {
			html = append(html, views.PartialMessage(l.ID, message)...)
		}
		if undo != nil {
			bar, err := views.PartialUndo(ctx, undo)
			if err != nil {
				return err
			}
			html = append(html, bar...)
		}
		return s.htmlFragment(c, status, html)
	}
	p, err := s.livePage(c, "leads", l.DisplayName())
	if err != nil {
		return err
	}
	return s.render(c, status, views.ProfilePage(p, m))
}

// profile is everything of one lead for those who see the teams, its timeline from
// a point on.
func (s *server) profile(ctx context.Context, sc scene, l lead.Scored, teams []string, before timelinePoint) (views.ProfileModel, error) {
	l = sc.shown(l)
	m := views.ProfileModel{
		LiveURL: "/live" + before.url(l.ID), Receipt: sc.receipt(l), Contact: sc.contact(l), Traits: traits(l.Lead),
		Head: views.ProfileHead{
			ID: l.ID, Name: l.DisplayName(), Company: l.Company, Title: l.Title, Score: l.Score.Total, Tier: string(l.Tier), Stage: string(l.Stage), Version: l.Version,
			Owner: sc.person(l.OwnerID), Badges: sc.badges(l), Backlog: l.Backlog, Reasons: sc.reasons(l.TeamID), Currency: currency,
		},
	}
	m.Head.Delta, _ = heat(l)
	if circle, _ := l.Claimable(); circle != lead.OfTeam {
		m.Head.Open = l.TeamID
	}
	if t := sc.book.Team(l.TeamID); t != nil {
		m.Head.Team = t.Name
	}
	if a, held := sc.heldOff(&l.Lead); held {
		m.Head.HeldBack, m.Head.WayOut = a.Text, a.Way
	}
	for _, c := range l.Clocks {
		if c.Running() {
			m.Head.Clocks = append(m.Head.Clocks, sc.clock(c, l.TeamID))
		}
		m.Clocks = append(m.Clocks, sc.working(c, l.TeamID))
	}
	for _, u := range sc.book.Users {
		if u.Role == lead.Rep && u.Active() && u.In(l.TeamID) && u.ID != l.OwnerID {
			m.Head.People = append(m.Head.People, views.Person{ID: u.ID, Name: u.Name})
		}
	}
	sortPeople(m.Head.People)
	var err error
	if m.Twins, err = s.twins(ctx, l.ID, teams); err != nil {
		return m, err
	}
	if m.Timeline, m.Older, err = s.timeline(ctx, sc, l.Lead, before); err != nil || m.Older != "" {
		return m, err
	}
	if since, err := s.Store.ActivitiesSince(ctx); err != nil || l.CreatedAt.Before(since) {
		m.Forgotten = since
		return m, err
	}
	return m, nil
}

func traits(l lead.Lead) []views.Trait {
	var out []views.Trait
	for k, v := range l.Traits {
		out = append(out, views.Trait{Name: k, Value: valueText(v)})
	}
	for k, v := range map[string]string{"user id": l.UserID, "country": l.Country, "source": l.Source} {
		if v != "" {
			out = append(out, views.Trait{Name: k, Value: v})
		}
	}
	slices.SortFunc(out, func(a, b views.Trait) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// valueText is a trait or property as people read it: 1000000, not 1e+06.
func valueText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func (s *server) profileStream(c echo.Context) error {
	u := *viewer(c)
	l, err := s.Desk.Find(c.Request().Context(), c.Param("id"), &u, s.Now())
	if err != nil {
		return err
	}
	before, err := pageOfTimeline(c)
	if err != nil {
		return err
	}
	id := l.ID
	var shown atomic.Pointer[string] // the lead that it is by now: it may be merged while it is watched
	shown.Store(&id)
	return s.stream(c, live.View{
		Topic: "lead|" + id + "|" + before.cursor() + "|" + teamsTopic(u.TeamsSeen()), Frames: partFrames{},
		Concerns: func(n live.Notice) bool { return n.Lead(id) || n.Lead(*shown.Load()) },
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			page, is, err := s.lookProfile(ctx, id, u, before)
			if err == nil {
				shown.Store(&is)
			}
			return page, err
		},
	})
}

// lookProfile is a lead as those see it now who see the same teams as u, and which lead it
// is. When it
// goes to another team their streams end: its page is not there for them.
func (s *server) lookProfile(ctx context.Context, id string, u lead.User, before timelinePoint) (page live.Page, is string, err error) {
	sc, err := s.scene(ctx)
	if err != nil {
		return page, is, err
	}
	l, err := s.Desk.Find(ctx, id, &u, sc.now)
	if errors.Is(err, lead.ErrNotFound) {
		return page, is, fmt.Errorf("%w: %w", err, live.ErrGone)
	}
	if err != nil {
		return page, is, err
	}
	m, err := s.profile(ctx, sc, l, u.TeamsSeen(), before)
	if err != nil {
		return page, is, err
	}
	return live.Page{Parts: []live.Part{{Target: "#profile", Rev: revOf(m), HTML: func() ([]byte, error) { return views.ProfileFrame(context.Background(), m) }}}}, l.ID, nil
}
