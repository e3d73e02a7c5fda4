package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"hotleads/lead"
	"hotleads/live"
	"hotleads/views"
)

// timelineMost is how many entries a profile shows at once.
const timelineMost = 100

func (s *server) profilePage(c echo.Context) error {
	ctx, u := c.Request().Context(), *viewer(c)
	l, err := s.Desk.Find(ctx, c.Param("id"), &u, s.Now())
	if err != nil {
		return err
	}
	if l.ID != c.Param("id") {
		return c.Redirect(http.StatusMovedPermanently, "/leads/"+url.PathEscape(l.ID))
	}
	return s.profileAnswer(c, u, http.StatusOK, l, nil, "")
}

// profileAnswer is a lead's page, or its live parts for a click made there.
func (s *server) profileAnswer(c echo.Context, u lead.User, status int, l lead.Scored, undo *views.UndoModel, message string) error {
	ctx := c.Request().Context()
	m, err := s.profile(ctx, l, c.QueryParam("before"))
	if err != nil {
		return err
	}
	m.Message, m.Undo = message, undo
	if undo == nil && l.Undo != nil && l.Undo.By == u.ID && l.Undo.Until.After(s.Now()) {
		m.Undo = &views.UndoModel{LeadID: l.ID, LeadName: l.DisplayName(), Move: string(l.Undo.Move), Until: l.Undo.Until}
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
	p := s.page(c, "leads")
	p.Title, p.Live = l.DisplayName(), true
	return s.render(c, status, views.ProfilePage(p, m))
}

// profile is everything of one lead. before is the moment from which older
// entries of the timeline are wanted, "" for the newest.
func (s *server) profile(ctx context.Context, l lead.Scored, before string) (views.ProfileModel, error) {
	sc, err := s.scene(ctx)
	if err != nil {
		return views.ProfileModel{}, err
	}
	m := views.ProfileModel{
		LiveURL: "/live/leads/" + url.PathEscape(l.ID), Receipt: sc.receipt(l), Contact: sc.contact(l), Traits: traits(l.Lead),
		Head: views.ProfileHead{
			ID: l.ID, Name: l.DisplayName(), Company: l.Company, Title: l.Title, Score: l.Score.Total, Tier: string(l.Tier), Stage: string(l.Stage), Version: l.Version,
			Owner: sc.person(l.OwnerID), Badges: sc.badges(l), HeldBack: l.HeldBack, Reasons: sc.reasons(l.TeamID), Currency: "EUR",
		},
	}
	m.Head.Delta, _ = heat(l)
	if t := sc.book.Team(l.TeamID); t != nil {
		m.Head.Team = t.Name
	}
	if l.Backlog {
		m.Head.HeldBack = "in the backlog: ready through an import or a new agreement; a fresh activity or a manager releases it"
	}
	for _, c := range l.Clocks {
		if c.Running() {
			m.Head.Clocks = append(m.Head.Clocks, sc.clock(c, l.TeamID))
		}
	}
	for _, u := range sc.book.Users {
		if u.Role == lead.Rep && u.Active() && u.In(l.TeamID) && u.ID != l.OwnerID {
			m.Head.People = append(m.Head.People, views.Person{ID: u.ID, Name: u.Name})
		}
	}
	slices.SortFunc(m.Head.People, func(a, b views.Person) int { return strings.Compare(a.Name, b.Name) })
	m.Timeline, m.Older, err = s.timeline(ctx, sc, l.Lead, before)
	return m, err
}

// timeline merges what the lead did and what was done with it, newest first.
func (s *server) timeline(ctx context.Context, sc scene, l lead.Lead, before string) ([]views.EventModel, string, error) {
	var point *lead.ActivityPoint
	var seq int64
	if at, rest, ok := strings.Cut(before, "~"); ok {
		t, err := time.Parse(time.RFC3339Nano, at)
		n, err2 := strconv.ParseInt(rest, 10, 64)
		if err := errors.Join(err, err2); err != nil {
			return nil, "", lead.NotFound("that part of the timeline")
		}
		point, seq = &lead.ActivityPoint{OccurredAt: t}, n
	}
	acts, err := s.Store.Activities(ctx, l.ID, point, timelineMost+1)
	if err != nil {
		return nil, "", err
	}
	moves, err := s.Store.History(ctx, l.ID, seq, timelineMost+1)
	if err != nil {
		return nil, "", err
	}
	type event struct {
		views.EventModel
		seq int64
	}
	var events []event
	for _, a := range acts {
		events = append(events, event{EventModel: views.EventModel{At: a.OccurredAt, Kind: "activity", Text: a.Name, Detail: doing(a)}})
	}
	for _, h := range moves {
		events = append(events, event{views.EventModel{At: h.OccurredAt, Kind: "move", Text: moveWords[h.Move], Detail: sc.moveDetail(h), Who: sc.who(h), Score: strconv.Itoa(int(h.Score + .5))}, h.Seq})
	}
	sort.SliceStable(events, func(i, j int) bool { return events[i].At.After(events[j].At) })
	older := ""
	if len(events) > timelineMost {
		events = events[:timelineMost]
		last, lowest := events[len(events)-1], seq
		for _, e := range events {
			if e.seq > 0 {
				lowest = e.seq
			}
		}
		if lowest == 0 && len(moves) > 0 {
			lowest = moves[0].Seq + 1
		}
		older = "/leads/" + url.PathEscape(l.ID) + "?before=" + url.QueryEscape(last.At.Format(time.RFC3339Nano)+"~"+strconv.FormatInt(lowest, 10))
	}
	out := make([]views.EventModel, len(events))
	for i, e := range events {
		out[i] = e.EventModel
	}
	return out, older, nil
}

var moveWords = map[lead.Move]string{
	lead.Qualify: "Qualified", lead.Cool: "Cooled", lead.Claim: "Claimed", lead.Release: "Released", lead.Expire: "Claim expired", lead.Accept: "Accepted",
	lead.Return: "Returned", lead.Touch: "Contacted", lead.Opportunity: "Opportunity", lead.Win: "Won", lead.Lose: "Lost", lead.Reopen: "Back in nurture",
	lead.Disqualify: "Disqualified", lead.Reassign: "Reassigned", lead.UndoMove: "Undone",
}

func (sc scene) moveDetail(h lead.History) string {
	var parts []string
	add := func(s string) {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if r, ok := sc.rules.Reason(h.Reason); ok {
		add(r.Label)
	} else {
		add(h.Reason)
	}
	if h.Move == lead.UndoMove {
		add(moveWords[lead.Move(h.Cause)])
	} else {
		add(h.Cause)
	}
	if h.Channel != "" {
		add(h.Channel + ", " + h.Outcome)
	}
	if h.Amount > 0 {
		add(fmt.Sprintf("%.2f", float64(h.Amount)/100))
	}
	if h.Move == lead.Reassign {
		add("to " + sc.book.Name(h.OwnerAfter))
	}
	if h.Note != "" {
		add("“" + h.Note + "”")
	}
	return strings.Join(parts, " · ")
}

func (sc scene) who(h lead.History) string {
	switch h.ActorKind {
	case lead.ByPerson:
		return sc.book.Name(h.ActorID)
	case lead.ByKey:
		return "the CRM"
	}
	return "the system"
}

// doing is the telling part of an activity's properties.
func doing(a lead.Activity) string {
	for _, k := range []string{"products", "title", "name", "path", "url", "customer", "subject"} {
		switch v := a.Properties[k].(type) {
		case string:
			if v != "" {
				return v
			}
		case []any:
			var names []string
			for _, x := range v {
				names = append(names, fmt.Sprint(x))
			}
			return strings.Join(names, ", ")
		}
	}
	return ""
}

func traits(l lead.Lead) []views.Trait {
	var out []views.Trait
	for k, v := range l.Traits {
		out = append(out, views.Trait{Name: k, Value: fmt.Sprint(v)})
	}
	for k, v := range map[string]string{"user id": l.UserID, "country": l.Country, "source": l.Source} {
		if v != "" {
			out = append(out, views.Trait{Name: k, Value: v})
		}
	}
	slices.SortFunc(out, func(a, b views.Trait) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (s *server) profileStream(c echo.Context) error {
	u := *viewer(c)
	l, err := s.Desk.Find(c.Request().Context(), c.Param("id"), &u, s.Now())
	if err != nil {
		return err
	}
	id := l.ID
	return s.Hub.Serve(c.Response(), c.Request(), live.View{
		Topic: "lead|" + id, Frames: partFrames{},
		Concerns: func(n live.Notice) bool { return n.Lead(id) },
		Look: func(ctx context.Context, _ time.Time) (live.Page, error) {
			l, err := s.Desk.Find(ctx, id, nil, s.Now())
			if err != nil {
				return live.Page{}, err
			}
			sc, err := s.scene(ctx)
			if err != nil {
				return live.Page{}, err
			}
			l = sc.rules.Explain(l.Lead, l.Clocks, sc.rules.Moment(sc.now))
			m, err := s.profile(ctx, l, "")
			if err != nil {
				return live.Page{}, err
			}
			return live.Page{Parts: []live.Part{{Target: "#profile", Rev: revOf(m), HTML: func() ([]byte, error) { return views.ProfileFrame(context.Background(), m) }}}}, nil
		},
	}, u.ID)
}
